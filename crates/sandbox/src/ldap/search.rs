//! What a search finds, and how it is cut into pages.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use ldap3_proto::proto::{LdapResult, LdapResultCode, LdapSearchScope};

use super::codec::{Paging, Search};
use super::dn::Dn;
use super::entry::Entry;
use super::matching::matches;
use super::options::{Options, PageLimit};
use super::tree::Tree;

/// What a search gives: entries, references, and the result behind them.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) entries: VecDeque<Arc<Entry>>,
    pub(super) references: Vec<String>,
}

/// Controls that change what is found.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct View {
    pub(super) show_deleted: bool,
    pub(super) manage_referrals: bool,
}

pub(super) fn result(code: LdapResultCode, message: &str) -> LdapResult {
    LdapResult { code, matcheddn: String::new(), message: message.to_owned(), referral: Vec::new() }
}

/// Everything that base, scope and filter take, or the result that says why not.
pub(super) fn find(tree: &Tree, options: &Options, search: &Search, view: View) -> Result<Found, LdapResult> {
    let base = base(tree, &search.base)?;
    if !view.manage_referrals {
        refer(tree, &base)?;
    }
    let exists = tree.get(&base).is_some_and(|entry| view.show_deleted || !entry.is_deleted());
    if !exists {
        let mut missing = result(LdapResultCode::NoSuchObject, "");
        missing.matcheddn = tree.closest(&base).unwrap_or_default().to_owned();
        return Err(missing);
    }
    let mut found = Found { entries: VecDeque::new(), references: Vec::new() };
    let base_only = search.scope == LdapSearchScope::Base;
    for (dn, entry) in tree.below(&base).take(if base_only { 1 } else { usize::MAX }) {
        let below = dn.depth() - base.depth();
        let in_scope = match search.scope {
            LdapSearchScope::Base => below == 0,
            LdapSearchScope::OneLevel => below == 1,
            LdapSearchScope::Subtree => true,
            LdapSearchScope::Children => below > 0,
        };
        if !in_scope || (!view.show_deleted && entry.is_deleted()) {
            continue;
        }
        if !view.manage_referrals && entry.has_class("referral") {
            found.references.extend(addresses(entry));
        } else if matches(&search.filter, entry, tree) {
            found.entries.push_back(Arc::clone(entry));
        }
    }
    if search.scope == LdapSearchScope::Subtree && tree.closest(&base).is_none() {
        found.references.extend(options.search_references.iter().cloned());
    }
    Ok(found)
}

fn base(tree: &Tree, text: &str) -> Result<Dn, LdapResult> {
    let guid = text.strip_prefix("<GUID=").or_else(|| text.strip_prefix("<guid="));
    if let Some(guid) = guid.and_then(|rest| rest.strip_suffix('>')) {
        let found = tree.by_guid(guid).map(|(dn, _)| dn.clone());
        return found.ok_or_else(|| result(LdapResultCode::NoSuchObject, ""));
    }
    Dn::parse(text).map_err(|_| result(LdapResultCode::InvalidDNSyntax, "invalid DN"))
}

fn refer(tree: &Tree, base: &Dn) -> Result<(), LdapResult> {
    let mut at = Some(base.clone());
    while let Some(dn) = at {
        if let Some(entry) = tree.get(&dn).filter(|entry| entry.has_class("referral")) {
            let mut referral = result(LdapResultCode::Referral, "");
            referral.matcheddn = entry.dn().to_owned();
            referral.referral = addresses(entry);
            return Err(referral);
        }
        at = dn.parent();
    }
    Ok(())
}

fn addresses(entry: &Entry) -> Vec<String> {
    entry.values("ref").map(|value| String::from_utf8_lossy(&value).into_owned()).collect()
}

/// Cuts what an unpaged search found down to the limits.
pub(super) fn limit(found: &mut Found, options: &Options, search: &Search) -> LdapResult {
    let client = Some(search.size_limit).filter(|limit| *limit > 0);
    let limit = [client, options.size_limit].into_iter().flatten().min();
    match limit {
        Some(limit) if found.entries.len() > limit => {
            found.entries.truncate(limit);
            found.references.clear();
            result(LdapResultCode::SizeLimitExceeded, "")
        }
        _ => result(LdapResultCode::Success, ""),
    }
}

/// A paged search that is not at its end.
#[derive(Debug)]
struct Cursor {
    search: Search,
    rest: Found,
    sent: usize,
    page: usize,
}

/// The paged searches of one connection.
#[derive(Debug, Default)]
pub(super) struct Cursors {
    open: HashMap<Vec<u8>, Cursor>,
    made: u64,
}

/// One page.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) found: Found,
    pub(super) result: LdapResult,
    pub(super) cookie: Vec<u8>,
}

impl Cursors {
    /// Which page a request asks for, from 1.
    pub(super) fn page_number(&self, paging: &Paging) -> usize {
        self.open.get(&paging.cookie).map_or(1, |cursor| cursor.page + 1)
    }

    /// The page asked for; `found` is called for the first one only. A cookie works once, and for the search it came from.
    pub(super) fn page(
        &mut self,
        options: &Options,
        search: &Search,
        paging: &Paging,
        found: impl FnOnce() -> Result<Found, LdapResult>,
    ) -> Result<Page, LdapResult> {
        let mut cursor = if paging.cookie.is_empty() {
            Cursor { search: search.clone(), rest: found()?, sent: 0, page: 0 }
        } else {
            self.open.remove(&paging.cookie).filter(|cursor| cursor.search == *search).ok_or_else(|| {
                result(LdapResultCode::UnwillingToPerform, "paged results cookie is invalid or old")
            })?
        };
        let nothing = || Found { entries: VecDeque::new(), references: Vec::new() };
        if paging.size == 0 && !paging.cookie.is_empty() {
            let result = result(LdapResultCode::Success, "");
            return Ok(Page { found: nothing(), result, cookie: Vec::new() });
        }
        let asked = if paging.size == 0 { usize::MAX } else { paging.size };
        let size = match options.page_limit {
            PageLimit::None => asked,
            PageLimit::Shrink(limit) => asked.min(limit),
            PageLimit::Refuse(limit) if asked > limit => {
                return Err(result(LdapResultCode::AdminLimitExceeded, "page size over the limit"));
            }
            PageLimit::Refuse(_) => asked,
        };
        let allowed = options.paged_total_limit.map_or(usize::MAX, |limit| limit.saturating_sub(cursor.sent));
        let rest = &mut cursor.rest.entries;
        if rest.len().min(size) > allowed {
            let entries = rest.drain(..allowed).collect();
            return Ok(Page {
                found: Found { entries, references: Vec::new() },
                result: result(LdapResultCode::SizeLimitExceeded, ""),
                cookie: Vec::new(),
            });
        }
        let entries: VecDeque<_> = rest.drain(..size.min(rest.len())).collect();
        cursor.sent += entries.len();
        cursor.page += 1;
        let done = result(LdapResultCode::Success, "");
        if cursor.rest.entries.is_empty() {
            let references = cursor.rest.references;
            return Ok(Page { found: Found { entries, references }, result: done, cookie: Vec::new() });
        }
        self.made += 1;
        let cookie = format!("page-{}", self.made).into_bytes();
        self.open.insert(cookie.clone(), cursor);
        Ok(Page { found: Found { entries, references: Vec::new() }, result: done, cookie })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ldap::filter::Filter;
    use crate::ldap::ldif;

    fn tree(people: usize) -> Tree {
        let mut text = "dn: dc=x\ndc: x\n\n".to_owned();
        for number in 0..people {
            text.push_str(&format!("dn: cn={number:03},dc=x\ncn: {number:03}\n\n"));
        }
        Tree::load(ldif::parse(&text).unwrap()).unwrap()
    }

    fn search(base: &str) -> Search {
        Search {
            base: base.into(),
            scope: LdapSearchScope::OneLevel,
            size_limit: 0,
            types_only: false,
            filter: Filter::Present("cn".into()),
            attributes: vec![],
        }
    }

    fn pages(options: &Options, people: usize, size: usize) -> (Vec<usize>, LdapResultCode) {
        let (tree, search, mut cursors) = (tree(people), search("dc=x"), Cursors::default());
        let (mut sizes, mut cookie) = (Vec::new(), Vec::new());
        loop {
            let paging = Paging { size, cookie };
            let found = || find(&tree, options, &search, View::default());
            match cursors.page(options, &search, &paging, found) {
                Ok(page) => {
                    sizes.push(page.found.entries.len());
                    cookie = page.cookie;
                    if cookie.is_empty() {
                        return (sizes, page.result.code);
                    }
                }
                Err(refused) => return (sizes, refused.code),
            }
        }
    }

    #[test]
    fn pages_cover_everything_once() {
        let options = Options::default();
        assert_eq!(pages(&options, 7, 3), (vec![3, 3, 1], LdapResultCode::Success));
        assert_eq!(pages(&options, 6, 3), (vec![3, 3], LdapResultCode::Success));
        assert_eq!(pages(&options, 0, 3), (vec![0], LdapResultCode::Success));
        assert_eq!(pages(&options, 4, 0), (vec![4], LdapResultCode::Success));
    }

    #[test]
    fn page_and_total_limits_hold() {
        let shrink = Options { page_limit: PageLimit::Shrink(2), ..Options::default() };
        assert_eq!(pages(&shrink, 5, 100), (vec![2, 2, 1], LdapResultCode::Success));
        let refuse = Options { page_limit: PageLimit::Refuse(2), ..Options::default() };
        assert_eq!(pages(&refuse, 5, 3), (vec![], LdapResultCode::AdminLimitExceeded));
        assert_eq!(pages(&refuse, 5, 2), (vec![2, 2, 1], LdapResultCode::Success));
        let total = Options { paged_total_limit: Some(5), ..Options::default() };
        assert_eq!(pages(&total, 5, 2), (vec![2, 2, 1], LdapResultCode::Success));
        assert_eq!(pages(&total, 6, 2), (vec![2, 2, 1], LdapResultCode::SizeLimitExceeded));
        assert_eq!(pages(&total, 9, 10), (vec![5], LdapResultCode::SizeLimitExceeded));
    }

    #[test]
    fn a_cookie_works_once_and_only_for_its_search() {
        let (tree, options, mut cursors) = (tree(5), Options::default(), Cursors::default());
        let found = || find(&tree, &options, &search("dc=x"), View::default());
        let paging = |cookie: &[u8], size| Paging { size, cookie: cookie.to_vec() };
        let first = cursors.page(&options, &search("dc=x"), &paging(b"", 2), found).unwrap();
        assert_eq!(cursors.page_number(&paging(&first.cookie, 2)), 2);
        let second = cursors.page(&options, &search("dc=x"), &paging(&first.cookie, 2), found).unwrap();
        let again = cursors.page(&options, &search("dc=x"), &paging(&first.cookie, 2), found);
        assert_eq!(again.unwrap_err().code, LdapResultCode::UnwillingToPerform);
        let mut other = search("dc=x");
        other.filter = Filter::Present("sn".into());
        let stolen = cursors.page(&options, &other, &paging(&second.cookie, 2), found);
        assert_eq!(stolen.unwrap_err().code, LdapResultCode::UnwillingToPerform);
        let third = cursors.page(&options, &search("dc=x"), &paging(b"", 2), found).unwrap();
        let given_up = cursors.page(&options, &search("dc=x"), &paging(&third.cookie, 0), found).unwrap();
        assert!(given_up.cookie.is_empty() && given_up.found.entries.is_empty());
    }

    #[test]
    fn unknown_and_malformed_bases_say_so() {
        let (tree, options) = (tree(1), Options::default());
        let missing = find(&tree, &options, &search("cn=no,ou=no,dc=x"), View::default()).unwrap_err();
        assert_eq!((missing.code, missing.matcheddn.as_str()), (LdapResultCode::NoSuchObject, "dc=x"));
        let malformed = find(&tree, &options, &search("nonsense"), View::default()).unwrap_err();
        assert_eq!(malformed.code, LdapResultCode::InvalidDNSyntax);
    }

    #[test]
    fn referrals_and_tombstones_show_only_to_those_who_ask() {
        let text = "dn: dc=x\n\ndn: ou=far,dc=x\nobjectClass: referral\ncn: far\nref: ldap://far.example.test/dc=y\n\n\
                    dn: cn=gone,dc=x\ncn: gone\nisDeleted: TRUE\n";
        let tree = Tree::load(ldif::parse(text).unwrap()).unwrap();
        let options = Options::default();
        let plain = find(&tree, &options, &search("dc=x"), View::default()).unwrap();
        assert_eq!((plain.entries.len(), plain.references.len()), (0, 1));
        let view = View { show_deleted: true, manage_referrals: true };
        let all = find(&tree, &options, &search("dc=x"), view).unwrap();
        assert_eq!((all.entries.len(), all.references.len()), (2, 0));
        let refused = find(&tree, &options, &search("cn=a,ou=far,dc=x"), View::default()).unwrap_err();
        assert_eq!(refused.referral, ["ldap://far.example.test/dc=y"]);
    }

    #[test]
    fn an_entry_is_found_by_its_guid() {
        let text = "dn: cn=a,dc=x\ncn: a\nobjectGUID:: AQIDBAUGBwgJCgsMDQ4PEA==\n";
        let tree = Tree::load(ldif::parse(text).unwrap()).unwrap();
        let by = |base: &str| {
            let search = Search { scope: LdapSearchScope::Base, ..search(base) };
            find(&tree, &Options::default(), &search, View::default()).map(|found| found.entries.len())
        };
        assert_eq!(by("<GUID=0102030405060708090a0b0c0d0e0f10>").unwrap(), 1);
        assert_eq!(by("<GUID=04030201-0605-0807-090a-0b0c0d0e0f10>").unwrap(), 1);
        assert_eq!(
            by("<GUID=00000000000000000000000000000000>").unwrap_err().code,
            LdapResultCode::NoSuchObject
        );
    }
}
