//! Lists to their proved end.
//!
//! A list of the second version is complete when no cursor follows and as many entries came as the last page announced.
//! Entries that come or go while it is read spoil the count: it is then read once more before that is an error.

use super::model::{ListResponse, NumberResponse, Numbered};
use super::{NAME, OneLoginDirectory};
use crate::web::{Answer, Next, WebReadError, WebSession};
use bwdc_base::http;
use bwdc_core::names::Timestamp;
use bwdc_core::settings::OneLoginApi;
use serde::de::DeserializeOwned;
use std::collections::HashSet;
use url::Url;

const TOTAL: &str = "total-count";
const AFTER: &str = "after-cursor";
const NO_TOTAL: &str = "it has no Total-Count header, so whether the list is complete is not known";

/// A list with the time of its first page by the service's clock.
pub(super) struct Listed<T> {
    pub(super) entries: Vec<T>,
    pub(super) begun: Option<Timestamp>,
}

impl OneLoginDirectory {
    /// A list of the second version; `what` names its entries in an error.
    pub(super) async fn second<T: DeserializeOwned + Numbered>(
        &self,
        session: &WebSession<'_>,
        path: &[&str],
        query: &[(&str, &str)],
        what: &'static str,
    ) -> Result<Listed<T>, WebReadError> {
        let request = self.request(OneLoginApi::Second, path, query);
        let mut spoiled = (0, 0);
        for _ in 0..2 {
            let (mut entries, mut ids, mut announced) = (Vec::new(), HashSet::new(), 0);
            let mut begun = None;
            let take = |page: Answer<Vec<T>>| {
                if page.page == 1 {
                    entries.clear();
                    ids.clear();
                }
                begun = begun.or_else(|| http::date(&page.headers));
                announced = total(&page).unwrap_or(announced);
                entries.extend(page.value.into_iter().filter(|entry| ids.insert(entry.id())));
            };
            session.each_page(request.clone(), next_second, take).await?;
            if announced == ids.len() as u64 {
                return Ok(Listed { entries, begun });
            }
            spoiled = (announced, ids.len() as u64);
        }
        let mut url = request.url;
        url.set_query(None);
        let (announced, read) = spoiled;
        Err(WebReadError::Count { service: NAME, url: url.to_string(), what, announced, read })
    }

    /// How long a list of the second version is.
    pub(super) async fn length(&self, session: &WebSession<'_>, path: &[&str]) -> Result<u64, WebReadError> {
        let request = self.request(OneLoginApi::Second, path, &[("limit", "1"), ("fields", "id")]);
        let answer = session.json::<Vec<NumberResponse>>(&request).await?;
        total(&answer).ok_or_else(|| session.malformed(&request, NO_TOTAL.to_owned()))
    }

    /// A list of the first version, which tells no total.
    pub(super) async fn first<T: DeserializeOwned + Numbered>(
        &self,
        session: &WebSession<'_>,
        path: &[&str],
        query: &[(&str, &str)],
    ) -> Result<Vec<T>, WebReadError> {
        let request = self.request(OneLoginApi::First, path, query);
        let (mut entries, mut ids) = (Vec::new(), HashSet::new());
        let take = |page: Answer<ListResponse<T>>| {
            if page.page == 1 {
                entries.clear();
                ids.clear();
            }
            entries.extend(page.value.data.into_iter().filter(|entry| ids.insert(entry.id())));
        };
        session.each_page(request, next_first, take).await?;
        Ok(entries)
    }
}

fn total<T>(answer: &Answer<T>) -> Option<u64> {
    answer.headers.get(TOTAL)?.to_str().ok()?.trim().parse().ok()
}

fn next_second<T>(answer: &Answer<Vec<T>>) -> Result<Next, String> {
    if total(answer).is_none() {
        return Err(NO_TOTAL.to_owned());
    }
    let cursor = answer.headers.get(AFTER).map(|cursor| cursor.to_str().map(str::trim));
    match cursor {
        None | Some(Ok("")) => Ok(Next::Last),
        Some(Ok(_)) if answer.value.is_empty() => Err("it is empty, and more are said to follow".to_owned()),
        Some(Ok(cursor)) => Ok(Next::Page(at_cursor(&answer.url, cursor))),
        Some(Err(_)) => Err("its After-Cursor header is no text".to_owned()),
    }
}

/// The page at a cursor, which holds everything that was asked for: beside it OneLogin refuses the rest.
fn at_cursor(url: &Url, cursor: &str) -> Url {
    let mut next = url.clone();
    next.query_pairs_mut().clear().append_pair("cursor", cursor);
    next
}

fn next_first<T>(answer: &Answer<ListResponse<T>>) -> Result<Next, String> {
    if answer.value.status.error {
        return Err("it says that it is an error".to_owned());
    }
    match answer.value.pagination.next_link.as_deref().map(str::trim) {
        None | Some("") => Ok(Next::Last),
        Some(link) => {
            answer.url.join(link).map(Next::Page).map_err(|_| "the next page is no address".to_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_stands_alone() {
        let url = Url::parse("https://a.onelogin.com/api/2/users?limit=5&cursor=a%3D&fields=id")
            .expect("an address");
        assert_eq!(at_cursor(&url, "b=").as_str(), "https://a.onelogin.com/api/2/users?cursor=b%3D");
    }
}
