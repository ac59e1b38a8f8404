//! Lists page by page: the last page is the one without a token for the next.

use super::GoogleDirectory;
use super::model::{Entry, IdResponse, ListResponse, UserResponse};
use crate::web::{Answer, Next, WebReadError, WebRequest, WebSession, below};
use serde::de::DeserializeOwned;
use url::Url;

const PAGE_TOKEN: &str = "pageToken";

impl GoogleDirectory {
    /// The queries that together name all domains which the settings want.
    pub(super) fn domains(&self) -> Vec<Vec<(&'static str, &str)>> {
        let customer = self.settings.customer.as_deref().map(|customer| ("customer", customer));
        if self.settings.domains.is_empty() {
            return vec![customer.into_iter().collect()];
        }
        let domains = self.settings.domains.iter();
        domains.map(|domain| customer.into_iter().chain([("domain", domain.as_str())]).collect()).collect()
    }

    /// Reads a list to its end; `take` gets the number of each page, since a list may be begun again.
    pub(super) async fn list<T: Entry + DeserializeOwned>(
        &self,
        session: &WebSession<'_>,
        path: &[&str],
        query: &[(&str, &str)],
        mut take: impl FnMut(u32, Vec<T>),
    ) -> Result<(), WebReadError> {
        let mut url = below(&self.api, path);
        url.query_pairs_mut()
            .append_pair("fields", T::FIELDS)
            .append_pair("maxResults", T::MOST)
            .extend_pairs(query);
        let take = |page: Answer<ListResponse<T>>| take(page.page, page.value.entries);
        session.each_page(WebRequest::get(url), next_page::<T>, take).await
    }

    /// The first entry of a list.
    pub(super) async fn first<T: Entry + DeserializeOwned>(
        &self,
        session: &WebSession<'_>,
        path: &[&str],
        query: &[(&str, &str)],
    ) -> Result<Option<T>, WebReadError> {
        let mut url = below(&self.api, path);
        url.query_pairs_mut()
            .append_pair("fields", T::FIELDS)
            .append_pair("maxResults", "1")
            .extend_pairs(query);
        let request = WebRequest::get(url);
        let answer = session.json::<ListResponse<T>>(&request).await?;
        next_page(&answer).map_err(|reason| session.malformed(&request, reason))?;
        Ok(answer.value.entries.into_iter().next())
    }

    /// A single person by id, with nothing but the id and what tells whether the account may be used.
    pub(super) async fn account(
        &self,
        session: &WebSession<'_>,
        id: &str,
    ) -> Result<UserResponse, WebReadError> {
        let mut url = below(&self.api, &["users", id]);
        url.query_pairs_mut().append_pair("fields", "id,suspended,archived");
        Ok(session.json::<UserResponse>(&WebRequest::get(url)).await?.value)
    }

    /// The id of a single person or group, by any key that Google knows for it.
    pub(super) async fn id(&self, session: &WebSession<'_>, path: &[&str]) -> Result<String, WebReadError> {
        let mut url = below(&self.api, path);
        url.query_pairs_mut().append_pair("fields", "id");
        Ok(session.json::<IdResponse>(&WebRequest::get(url)).await?.value.id)
    }
}

fn next_page<T: Entry>(answer: &Answer<ListResponse<T>>) -> Result<Next, String> {
    if answer.value.kind != T::KIND {
        return Err(format!("it does not call itself `{}`", T::KIND));
    }
    let Some(token) = answer.value.next.as_deref().filter(|it| !it.is_empty()) else {
        return Ok(Next::Last);
    };
    Ok(Next::Page(with_token(&answer.url, token)))
}

fn with_token(url: &Url, token: &str) -> Url {
    let mut next = url.clone();
    let kept = url.query_pairs().filter(|(name, _)| name != PAGE_TOKEN);
    next.query_pairs_mut().clear().extend_pairs(kept).append_pair(PAGE_TOKEN, token);
    next
}
