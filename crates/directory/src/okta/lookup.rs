//! Asks for single people and groups by id: does Okta still have them?
//!
//! Somebody who is deprovisioned counts as not found: that is what "deleted" means with Okta, where only a deprovisioned
//! account can be removed for good, and a full read reports such people as deleted as well.

use super::model::{GroupResponse, UserResponse};
use super::{IN_FLIGHT, NAME, OktaDirectory};
use crate::web::{LookupEndpoint, WebReadError, WebRequest, WebSession, below};
use bwdc_core::observed::Presence;
use bwdc_core::snapshot::AccountState;
use serde::de::DeserializeOwned;

/// Okta's code for "no such object"; a 404 without it comes from a proxy or from another service.
const NOT_FOUND: &str = "E0000007";

/// The endpoint of single people.
#[derive(Clone, Copy)]
pub(super) struct Lookup<'r, 'a> {
    pub(super) directory: &'r OktaDirectory,
    pub(super) session: &'r WebSession<'a>,
}

impl LookupEndpoint for Lookup<'_, '_> {
    const SERVICE: &'static str = NAME;
    const BATCH: usize = 1;
    const IN_FLIGHT: usize = IN_FLIGHT;

    /// Okta takes a login in the place of an id.
    fn is_id(&self, text: &str) -> bool {
        is_id(text)
    }

    async fn ask(&self, ids: &[&str]) -> Result<Vec<Presence>, WebReadError> {
        let mut presences = Vec::new();
        for id in ids {
            presences.push(match self.by_id(id).await? {
                None => Presence::NotFound,
                Some(user) => match self.directory.state(&user.status) {
                    Some(AccountState::Enabled) => Presence::Found { at: None },
                    Some(AccountState::Disabled) => Presence::Disabled { at: None },
                    Some(AccountState::Deleted) => Presence::NotFound,
                    None => Presence::Unknown {
                        reason: format!(
                            "Okta says that the account is {}, which is not known here",
                            user.status
                        ),
                    },
                },
            });
        }
        Ok(presences)
    }

    async fn anybody(&self) -> Result<Option<String>, WebReadError> {
        let mut url = below(&self.directory.api, &["users"]);
        url.query_pairs_mut().append_pair("limit", "1");
        let request = WebRequest::get(url).bucket("users").needs(self.directory.needs.users);
        let listed = self.session.json::<Vec<UserResponse>>(&request).await?;
        Ok(listed.value.into_iter().next().map(|user| user.id))
    }
}

/// The endpoint of single groups.
pub(super) struct GroupLookup<'r, 'a>(pub(super) Lookup<'r, 'a>);

impl LookupEndpoint for GroupLookup<'_, '_> {
    const SERVICE: &'static str = NAME;
    const BATCH: usize = 1;
    const IN_FLIGHT: usize = IN_FLIGHT;

    fn is_id(&self, text: &str) -> bool {
        is_id(text)
    }

    async fn ask(&self, ids: &[&str]) -> Result<Vec<Presence>, WebReadError> {
        let Lookup { directory, session } = self.0;
        let mut presences = Vec::new();
        for id in ids {
            let request = WebRequest::get(below(&directory.api, &["groups", id]));
            let request = request.bucket("group").needs(directory.needs.groups);
            presences.push(match one(session, &request, id, |it: &GroupResponse| &it.id).await? {
                Some(_) => Presence::Found { at: None },
                None => Presence::NotFound,
            });
        }
        Ok(presences)
    }

    async fn anybody(&self) -> Result<Option<String>, WebReadError> {
        let Lookup { directory, session } = self.0;
        let mut url = below(&directory.api, &["groups"]);
        url.query_pairs_mut().append_pair("limit", "1");
        let request = WebRequest::get(url).bucket("groups").needs(directory.needs.groups);
        let listed = session.json::<Vec<GroupResponse>>(&request).await?;
        Ok(listed.value.into_iter().next().map(|group| group.id))
    }
}

impl Lookup<'_, '_> {
    /// Asks for one person by id; None: Okta has nobody of this id.
    pub(super) async fn by_id(&self, id: &str) -> Result<Option<UserResponse>, WebReadError> {
        let url = below(&self.directory.api, &["users", id]);
        let request = WebRequest::get(url).bucket("user").needs(self.directory.needs.users);
        one(self.session, &request, id, |it: &UserResponse| &it.id).await
    }
}

fn is_id(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// What is there under an id; None: Okta says that there is no such object.
async fn one<T: DeserializeOwned>(
    session: &WebSession<'_>,
    request: &WebRequest,
    id: &str,
    id_of: impl Fn(&T) -> &String,
) -> Result<Option<T>, WebReadError> {
    match session.json::<T>(request).await {
        Ok(answer) if id_of(&answer.value) == id => Ok(Some(answer.value)),
        Ok(_) => Err(session.malformed(request, "it is about somebody else".to_owned())),
        Err(error) if error.status() == Some(404) && error.code() == Some(NOT_FOUND) => Ok(None),
        Err(error) => Err(error),
    }
}
