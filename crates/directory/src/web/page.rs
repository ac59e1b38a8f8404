//! Lists that come in pages. The end of a list is what the service calls the end; anything else is an error.

use super::error::{WebReadError, shown};
use super::request::{Answer, WebRequest};
use super::session::WebSession;
use reqwest::header::{HeaderMap, LINK};
use serde::de::DeserializeOwned;
use std::collections::HashSet;
use url::Url;

/// How often a list is begun whose later pages the service forgets.
pub const STARTS: u32 = 3;

/// What follows a page, as the service says.
#[derive(Clone, Debug)]
pub enum Next {
    /// Nothing: the list is complete.
    Last,
    /// The page at this address.
    Page(Url),
}

/// The pages of one list, in order.
pub struct Pages<'s, 'a, T> {
    session: &'s WebSession<'a>,
    request: Option<WebRequest>,
    next: fn(&Answer<T>) -> Result<Next, String>,
    seen: HashSet<String>,
}

impl<'a> WebSession<'a> {
    /// The pages of a list, from its first. `next` reads what follows out of a page: only what it calls [`Next::Last`] ends
    /// the list, and its error is a page that cannot be understood.
    pub fn pages<T: DeserializeOwned>(
        &self,
        first: WebRequest,
        next: fn(&Answer<T>) -> Result<Next, String>,
    ) -> Pages<'_, 'a, T> {
        let seen = HashSet::from([first.url.to_string()]);
        Pages { session: self, request: Some(WebRequest { page: 1, ..first }), next, seen }
    }

    /// Reads a list to its end. A service may have forgotten a later page by the time that it is asked for: then the list
    /// is begun again, a few times, and `take` gets another page 1.
    ///
    /// # Errors
    /// As [`Pages::next`].
    pub async fn each_page<T: DeserializeOwned>(
        &self,
        first: WebRequest,
        next: fn(&Answer<T>) -> Result<Next, String>,
        mut take: impl FnMut(Answer<T>),
    ) -> Result<(), WebReadError> {
        for start in 1.. {
            let mut pages = self.pages(first.clone(), next);
            let ended = loop {
                match pages.next().await {
                    Ok(Some(page)) => take(page),
                    Ok(None) => break Ok(()),
                    Err(error) => break Err(error),
                }
            };
            match ended {
                Err(error) if error.is_forgotten_page() && start < STARTS => {
                    tracing::info!(%error, "a page is not there any more; the list is begun again");
                }
                ended => return ended,
            }
        }
        unreachable!("the last start returns")
    }
}

impl<T: DeserializeOwned> Pages<'_, '_, T> {
    /// The next page; None after the one that the service called the last.
    ///
    /// # Errors
    /// [`WebReadError`] when it cannot be read, or when what follows it was read before or lies on another server.
    pub async fn next(&mut self) -> Result<Option<Answer<T>>, WebReadError> {
        let Some(mut request) = self.request.take() else { return Ok(None) };
        let answer = self.session.json::<T>(&request).await?;
        let next = (self.next)(&answer).map_err(|reason| self.session.malformed(&request, reason))?;
        if let Next::Page(url) = next {
            let (service, here, page) = (self.session.service().name(), shown(&request.url), request.page);
            if url.origin() != request.url.origin() {
                let elsewhere = url.origin().ascii_serialization();
                return Err(WebReadError::Strayed { service, url: here, page, elsewhere });
            }
            if !self.seen.insert(url.to_string()) {
                return Err(WebReadError::Circle { service, url: here, page });
            }
            request.url = url;
            request.page += 1;
            self.request = Some(request);
        }
        Ok(Some(answer))
    }
}

/// What follows according to the `Link` headers (RFC 8288): several headers, or one with several links.
///
/// # Errors
/// In words, when a header cannot be understood, or two links claim to be the next.
pub fn link_next(headers: &HeaderMap, base: &Url) -> Result<Next, String> {
    let mut found: Option<Url> = None;
    for header in headers.get_all(LINK) {
        let mut rest = header.to_str().map_err(|_| "a Link header is no text".to_owned())?;
        while let Some((target, relations, after)) = link(rest)? {
            rest = after;
            if !relations.split_ascii_whitespace().any(|relation| relation.eq_ignore_ascii_case("next")) {
                continue;
            }
            let url =
                base.join(&target).map_err(|_| "the next page in a Link header is no address".to_owned())?;
            if found.replace(url).is_some() {
                return Err("two Link headers name a next page".to_owned());
            }
        }
    }
    Ok(found.map_or(Next::Last, Next::Page))
}

/// The first link of a header's value: target, relation types, and what comes after it.
fn link(text: &str) -> Result<Option<(String, String, &str)>, String> {
    let text = text.trim_start_matches([' ', '\t', ',']);
    if text.is_empty() {
        return Ok(None);
    }
    let broken = || "a Link header cannot be understood".to_owned();
    let (target, mut rest) = text.strip_prefix('<').and_then(|it| it.split_once('>')).ok_or_else(broken)?;
    let mut relations = None;
    loop {
        rest = rest.trim_start();
        let Some(parameter) = rest.strip_prefix(';') else {
            if rest.is_empty() || rest.starts_with(',') {
                return Ok(Some((target.to_owned(), relations.unwrap_or_default(), rest)));
            }
            return Err(broken());
        };
        let parameter = parameter.trim_start();
        let end = parameter.find(['=', ';', ',']).unwrap_or(parameter.len());
        let name = parameter[..end].trim();
        let mut value = String::new();
        rest = &parameter[end..];
        if let Some(after) = rest.strip_prefix('=') {
            (value, rest) = parameter_value(after.trim_start()).ok_or_else(broken)?;
        }
        // Only the first counts (RFC 8288, section 3.3).
        if name.eq_ignore_ascii_case("rel") && relations.is_none() {
            relations = Some(value);
        }
    }
}

fn parameter_value(text: &str) -> Option<(String, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find([';', ',']).unwrap_or(text.len());
        return Some((text[..end].trim().to_owned(), &text[end..]));
    };
    let mut value = String::new();
    let mut letters = quoted.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return Some((value, &quoted[at + 1..])),
            '\\' => value.push(letters.next()?.1),
            letter => value.push(letter),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::header::HeaderValue;

    fn next(values: &[&str]) -> Result<Option<String>, String> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(LINK, HeaderValue::from_str(value).expect("a test's own header"));
        }
        let base = Url::parse("https://a.test/api?x=1").expect("a test's own address");
        link_next(&headers, &base).map(|next| match next {
            Next::Last => None,
            Next::Page(url) => Some(url.to_string()),
        })
    }

    #[test]
    fn the_next_page_is_found_in_any_writing_of_the_header() {
        let page = Ok(Some("https://a.test/api?after=2".to_owned()));
        for values in [
            &["<https://a.test/api?after=2>; rel=\"next\""][..],
            &["<https://a.test/api>; rel=\"self\", <https://a.test/api?after=2>; rel=\"next\""],
            &["<https://a.test/api>; rel=\"self\"", "<https://a.test/api?after=2>;rel=next"],
            &["</api?after=2>; title=\"a, \\\"b\\\"; c\"; REL=\"prev Next\""],
        ] {
            assert_eq!(next(values), page, "{values:?}");
        }
        for values in [
            &[][..],
            &["<https://a.test/api>; rel=\"self\""],
            &["<https://a.test/next>; title=next"],
            &[" , "],
        ] {
            assert_eq!(next(values), Ok(None), "{values:?}");
        }
    }

    #[test]
    fn a_header_that_cannot_be_understood_is_no_end() {
        for values in [
            &["https://a.test; rel=next"][..],
            &["<https://a.test; rel=next"],
            &["<x>; rel=\"next"],
            &["<x> rel=next"],
            &["<x>; rel=next, <y>; rel=next"],
        ] {
            assert!(next(values).is_err(), "{values:?}");
        }
    }
}
