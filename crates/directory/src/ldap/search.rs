//! One search to its very end, page by page.
//!
//! [`Pages::next`] returns nothing more only after the server said "success" and gave no cookie for another page. Every
//! other end is an error, so that a caller cannot take a part for the whole.

use super::connect::Connection;
use super::entry::{Entry, Extent};
use super::error::{LdapReadError, Outcome, SearchPlace, Step};
use super::request::{Elsewhere, Request};
use bwdc_core::settings::Aliases;
use ldap3::asn1::{PL, StructureTag, parse_tag};
use ldap3::controls::{Control, PagedResults};
use ldap3::{DerefAliases, LdapResult, ResultEntry, Scope, SearchOptions, SearchStream};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, Sleep};

/// Sizes that are tried when the server refuses larger pages.
const SMALLER_PAGES: [i32; 8] = [500, 250, 100, 50, 20, 10, 5, 1];
/// Without pages, the time limit starts again after so many entries.
const ENTRIES_PER_LIMIT: u64 = 1000;
/// Partitions of an Active Directory that hold no people; every search from the domain's root names them.
const PEOPLE_LESS: [&str; 3] = ["cn=configuration,", "dc=forestdnszones,", "dc=domaindnszones,"];

const PAGED_RESULTS: &str = "1.2.840.113556.1.4.319";
const SIZE_LIMIT_EXCEEDED: u32 = 4;
const ADMIN_LIMIT_EXCEEDED: u32 = 11;
/// How servers refuse pages to an account, whatever their size: no control, no right, no will.
const PAGES_REFUSED: [u32; 3] = [ADMIN_LIMIT_EXCEEDED, 12, 53];

/// A search under way.
pub(super) struct Pages<'c> {
    connection: &'c mut Connection,
    request: Request,
    stream: Option<SearchStream<'static, String, Arc<[String]>>>,
    limit: Pin<Box<Sleep>>,
    paged: bool,
    cookie: Vec<u8>,
    page: u32,
    taken: u64,
    taken_in_page: u64,
    references: Vec<String>,
    final_controls: Vec<Control>,
    ended: bool,
}

impl Connection {
    /// Begins a search; nothing is sent before the first entry is asked for.
    pub(super) fn search(&mut self, request: Request) -> Pages<'_> {
        Pages::new(self, request)
    }

    pub(super) fn place(&self, request: &Request, paged: bool) -> SearchPlace {
        SearchPlace {
            server: self.server.clone(),
            base: request.base.clone(),
            filter: request.filter.clone(),
            setting: request.setting,
            vendor: self.root.vendor.clone(),
            username: Some(self.username.clone()),
            paged,
            pages_refused: self.page_refused.is_some(),
            page: 1,
            taken: 0,
        }
    }
}

impl<'c> Pages<'c> {
    pub(super) fn new(connection: &'c mut Connection, request: Request) -> Self {
        let paged = connection.offers_pages()
            && request.in_pages
            && request.scope != Scope::Base
            && request.enough.is_none();
        let limit = Box::pin(tokio::time::sleep(connection.page_limit()));
        Self {
            connection,
            request,
            stream: None,
            limit,
            paged,
            cookie: Vec::new(),
            page: 1,
            taken: 0,
            taken_in_page: 0,
            references: Vec::new(),
            final_controls: Vec::new(),
            ended: false,
        }
    }

    /// The next entry; nothing after the last one of a complete answer.
    pub(super) async fn next(&mut self) -> Result<Option<StructureTag>, LdapReadError> {
        while let Some(item) = self.next_item().await? {
            if !item.is_intermediate() {
                return Ok(Some(item.0));
            }
        }
        Ok(None)
    }

    /// The controls of the last page, once it has come.
    pub(super) fn final_controls(&self) -> &[Control] {
        &self.final_controls
    }

    /// Whether the server has named others that hold a part of what was asked for.
    pub(super) fn names_others(&self) -> bool {
        !self.references.is_empty()
    }

    /// The next entry with its controls, or intermediate message; nothing after the last one of a complete answer.
    pub(super) async fn next_item(&mut self) -> Result<Option<ResultEntry>, LdapReadError> {
        while !self.ended {
            let Some(stream) = self.stream.as_mut() else {
                self.ask().await?;
                continue;
            };
            let item = tokio::select! {
                biased;
                item = stream.next() => item,
                () = self.limit.as_mut() => return Err(self.late()),
            };
            match item {
                Ok(Some(message)) if message.is_intermediate() => return Ok(Some(message)),
                Ok(Some(entry)) if entry.is_ref() => self.note_references(&entry.0),
                Ok(Some(entry)) => {
                    self.taken += 1;
                    self.taken_in_page += 1;
                    if !self.paged && self.taken.is_multiple_of(ENTRIES_PER_LIMIT) {
                        self.restart_limit();
                    }
                    self.connection.entries += 1;
                    return Ok(Some(entry));
                }
                Ok(None) => match stream.res.take() {
                    Some(result) => self.end_page(&result)?,
                    None => return Err(self.lost(ldap3::LdapError::EndOfStream).await),
                },
                Err(error) => return Err(self.lost(error).await),
            }
        }
        Ok(None)
    }

    /// Reads the values of a long attribute that the server kept back, from number `from` to the end.
    ///
    /// Values that are taken out between two parts move the others up, so that some would be in neither part. `last`, the
    /// value before number `from`, is therefore asked for again with each part, and has to stand where it stood.
    pub(super) async fn values_from(
        &mut self,
        name: &str,
        attribute: &str,
        mut from: u64,
        last: &[u8],
        mut each: impl FnMut(&[u8]),
    ) -> Result<(), LdapReadError> {
        let started = Instant::now();
        let mut last = last.to_vec();
        loop {
            let again = from.saturating_sub(1);
            let wanted = format!("{attribute};range={again}-*");
            let request = Request::new(
                name.to_owned(),
                Scope::Base,
                "(objectClass=*)".to_owned(),
                &[&wanted],
                self.request.setting,
            );
            let mut pages = Pages::new(self.connection, request);
            let mut extent = Extent::Broken;
            while let Some(tag) = pages.next().await? {
                let Some(entry) = Entry::parse(&tag) else { continue };
                if entry.values(attribute).next() != Some(last.as_slice()) {
                    return Err(self.broken_range(name, attribute, from));
                }
                let mut is_first = true;
                extent = entry.values_from(attribute, again, |value| {
                    if !std::mem::take(&mut is_first) {
                        each(value);
                    }
                });
                last = entry.values(attribute).last().unwrap_or_default().to_vec();
            }
            match extent {
                Extent::Whole => break,
                Extent::Until(next) if next > from => from = next,
                Extent::Until(_) | Extent::Broken => return Err(self.broken_range(name, attribute, from)),
            }
        }
        let deadline = self.limit.deadline() + started.elapsed();
        self.limit.as_mut().reset(deadline);
        Ok(())
    }

    async fn ask(&mut self) -> Result<(), LdapReadError> {
        self.restart_limit();
        self.taken_in_page = 0;
        let mut controls = self.request.controls.clone();
        if self.paged {
            let cookie = std::mem::take(&mut self.cookie);
            controls.push(PagedResults { size: self.connection.page_size, cookie: cookie.clone() }.into());
            self.cookie = cookie;
        }
        let ldap = &mut self.connection.ldap;
        if !controls.is_empty() {
            ldap.with_controls(controls);
        }
        let limit = self.request.enough.unwrap_or(0);
        let aliases = match self.request.aliases {
            Aliases::Never => DerefAliases::Never,
            Aliases::Finding => DerefAliases::Finding,
            Aliases::Searching => DerefAliases::Searching,
            Aliases::Always => DerefAliases::Always,
        };
        ldap.with_search_options(SearchOptions::new().sizelimit(limit).deref(aliases));
        let Request { base, scope, filter, attributes, .. } = &self.request;
        let started = tokio::select! {
            biased;
            started = ldap.streaming_search(base, *scope, filter, Arc::clone(attributes)) => started,
            () = self.limit.as_mut() => return Err(self.late()),
        };
        match started {
            Ok(stream) => self.stream = Some(stream),
            Err(error) => return Err(self.lost(error).await),
        }
        Ok(())
    }

    fn end_page(&mut self, result: &LdapResult) -> Result<(), LdapReadError> {
        self.stream = None;
        self.log_page(result.rc);
        let enough = self.request.enough.is_some() && result.rc == SIZE_LIMIT_EXCEEDED && self.taken > 0;
        if result.rc != 0 && !enough {
            if self.paged
                && result.rc == ADMIN_LIMIT_EXCEEDED
                && self.taken == 0
                && let Some(smaller) =
                    SMALLER_PAGES.into_iter().find(|&size| size < self.connection.page_size)
            {
                self.connection.page_size = smaller;
                self.page = 1;
                self.cookie.clear();
                return Ok(());
            }
            if self.paged && self.taken == 0 && self.page == 1 && PAGES_REFUSED.contains(&result.rc) {
                // Some limits forbid pages to an account (OpenLDAP's `size.prtotal=disabled`): asked once without them.
                self.paged = false;
                self.connection.page_refused = Some(result.rc);
                self.cookie.clear();
                return Ok(());
            }
            return Err(LdapReadError::Refused {
                place: Box::new(self.place()),
                outcome: Outcome { code: result.rc, text: result.text.clone() },
                referrals: result.refs.clone(),
            });
        }
        if !self.references.is_empty() && self.request.elsewhere == Elsewhere::Missing {
            let urls = std::mem::take(&mut self.references);
            return Err(LdapReadError::References { place: Box::new(self.place()), urls });
        }
        self.final_controls.clone_from(&result.ctrls);
        let cookie = if self.paged { self.next_cookie(&result.ctrls)? } else { Vec::new() };
        if cookie.is_empty() || self.request.one_page {
            self.ended = true;
        } else if cookie == self.cookie && self.taken_in_page == 0 {
            return Err(self.malformed("the same empty page twice"));
        }
        self.cookie = cookie;
        self.page += 1;
        Ok(())
    }

    /// Single entries are asked for by the thousand: they are for who wants to know everything.
    fn log_page(&self, code: u32) {
        let (server, page, entries) = (self.connection.server(), self.page, self.taken_in_page);
        let (base, filter) = (&self.request.base, &self.request.filter);
        if self.request.scope == Scope::Base {
            tracing::trace!(server, base, entries, code, "asked the LDAP server for an entry");
        } else {
            tracing::debug!(server, base, filter, page, entries, code, "asked the LDAP server");
        }
    }

    /// A server that ignores the request for pages has answered whole, without the control (RFC 2696, section 3).
    fn next_cookie(&self, controls: &[Control]) -> Result<Vec<u8>, LdapReadError> {
        let Some(Control(_, raw)) = controls.iter().find(|Control(_, raw)| raw.ctype == PAGED_RESULTS) else {
            return if self.page == 1 {
                Ok(Vec::new())
            } else {
                Err(self.malformed("a page without its cookie"))
            };
        };
        let parsed = raw.val.as_deref().and_then(|value| parse_tag(value).ok());
        match parsed.map(|(_, tag)| tag.payload) {
            Some(PL::C(fields)) => match fields.into_iter().nth(1).map(|field| field.payload) {
                Some(PL::P(cookie)) => Ok(cookie),
                _ => Err(self.malformed("a page without its cookie")),
            },
            _ => Err(self.malformed("a page without its cookie")),
        }
    }

    fn note_references(&mut self, tag: &StructureTag) {
        let PL::C(urls) = &tag.payload else { return };
        for url in urls {
            let PL::P(url) = &url.payload else { continue };
            let url = String::from_utf8_lossy(url).into_owned();
            if !(self.connection.is_active_directory() && is_people_less(&url)) {
                self.references.push(url);
            }
        }
    }

    fn restart_limit(&mut self) {
        let limit = self.connection.page_limit();
        self.limit.as_mut().reset(Instant::now() + limit);
    }

    fn late(&self) -> LdapReadError {
        LdapReadError::TimeLimit {
            server: self.connection.server().into(),
            step: Step::Page(Box::new(self.place())),
            seconds: Duration::as_secs(&self.connection.page_limit()),
            setting: "time-limits.page",
        }
    }

    async fn lost(&mut self, error: ldap3::LdapError) -> LdapReadError {
        let step = Step::Page(Box::new(self.place()));
        self.connection.lost(error, step).await
    }

    /// The error for values of a long attribute that cannot be read on from number `next`.
    pub(super) fn broken_range(&self, name: &str, attribute: &str, next: u64) -> LdapReadError {
        LdapReadError::Range {
            server: self.connection.server().into(),
            entry: name.into(),
            attribute: attribute.into(),
            next,
        }
    }

    /// The error for an answer that does not follow the protocol.
    pub(super) fn malformed(&self, what: &'static str) -> LdapReadError {
        LdapReadError::Malformed { server: self.connection.server().into(), what }
    }

    fn place(&self) -> SearchPlace {
        SearchPlace { page: self.page, taken: self.taken, ..self.connection.place(&self.request, self.paged) }
    }
}

/// Whether a reference leads to a partition that holds no people, such as `ldap://x/CN=Configuration,DC=x`.
fn is_people_less(url: &str) -> bool {
    let name = url.split_once("://").and_then(|(_, rest)| rest.split_once('/')).map_or("", |(_, name)| name);
    PEOPLE_LESS
        .iter()
        .any(|prefix| name.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_references_of_a_domain_lead_to_no_people() {
        for url in [
            "ldap://ForestDnsZones.ad.example.test/DC=ForestDnsZones,DC=ad,DC=example,DC=test",
            "ldap://ad.example.test/CN=Configuration,DC=ad,DC=example,DC=test",
            "ldaps://DomainDnsZones.x/dc=domaindnszones,DC=x??base",
        ] {
            assert!(is_people_less(url), "{url}");
        }
        assert!(!is_people_less("ldap://child.ad.example.test/DC=child,DC=ad,DC=example,DC=test"));
        assert!(!is_people_less("ldap://CN=Configuration,DC=x"));
    }
}
