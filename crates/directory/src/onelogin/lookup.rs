//! Asks for single people, roles and groups by id: OneLogin keeps no trace of what was deleted.
//!
//! The second version lists people by their ids, a hundred to a request. Who is not in that list is asked for alone: only
//! OneLogin's own "not found" of one person counts.

use super::model::{AccountResponse, NumberResponse, OneResponse};
use super::{GROUP, IN_FLIGHT, NAME, OneLoginDirectory};
use crate::web::{LookupEndpoint, WebReadError, WebSession};
use bwdc_core::observed::{LookupRequest, Presence};
use bwdc_core::settings::{OneLoginApi, OneLoginGroups};
use serde::de::DeserializeOwned;

/// How the two versions say that there is no such thing, in capitals or not; a 404 without it comes from somebody else.
const NOT_FOUND: [&str; 2] = ["Not Found", "NotFoundError"];

/// The endpoint of single people.
pub(super) struct Lookup<'r, 'a> {
    pub(super) directory: &'r OneLoginDirectory,
    pub(super) session: &'r WebSession<'a>,
}

impl LookupEndpoint for Lookup<'_, '_> {
    const SERVICE: &'static str = NAME;
    const BATCH: usize = 100;
    const IN_FLIGHT: usize = IN_FLIGHT;
    const FINDS_BY_ID: bool = false;

    fn is_id(&self, text: &str) -> bool {
        is_number(text)
    }

    async fn ask(&self, ids: &[&str]) -> Result<Vec<Presence>, WebReadError> {
        let listed = self.listed(ids).await;
        let mut presences = Vec::new();
        for id in ids {
            presences.push(match listed.iter().find(|account| account.id.to_string() == *id) {
                Some(account) => self.presence(account),
                None => self.ask_one(id).await?,
            });
        }
        Ok(presences)
    }

    async fn anybody(&self) -> Result<Option<String>, WebReadError> {
        self.first(self.directory.settings.api, "users").await
    }
}

/// The endpoint of single roles, or of single groups of OneLogin's own.
pub(super) struct GroupLookup<'r, 'a> {
    pub(super) of: Lookup<'r, 'a>,
    pub(super) kind: OneLoginGroups,
}

impl GroupLookup<'_, '_> {
    /// Whether one of OneLogin's own groups is asked for, not a role.
    pub(super) fn is_group(request: &LookupRequest) -> bool {
        request.external_id.as_str().starts_with(GROUP)
    }

    /// The version that knows them, and the last part of the list's path.
    fn list(&self) -> (OneLoginApi, &'static str) {
        match self.kind {
            OneLoginGroups::Roles => (self.of.directory.settings.api, "roles"),
            OneLoginGroups::Groups => (OneLoginApi::First, "groups"),
        }
    }

    fn prefix(&self) -> &'static str {
        match self.kind {
            OneLoginGroups::Roles => "",
            OneLoginGroups::Groups => GROUP,
        }
    }
}

impl LookupEndpoint for GroupLookup<'_, '_> {
    const SERVICE: &'static str = NAME;
    const BATCH: usize = 1;
    const IN_FLIGHT: usize = IN_FLIGHT;

    fn is_id(&self, text: &str) -> bool {
        text.strip_prefix(self.prefix()).is_some_and(is_number)
    }

    async fn ask(&self, ids: &[&str]) -> Result<Vec<Presence>, WebReadError> {
        let (api, list) = self.list();
        let mut presences = Vec::new();
        for id in ids {
            let number = id.strip_prefix(self.prefix()).unwrap_or(id);
            let found = self.of.one::<NumberResponse>(api, &[list, number]).await;
            presences.push(match found {
                Ok(found) if found.id.to_string() == number => Presence::Found { at: None },
                Ok(_) => Presence::Unknown { reason: format!("OneLogin returned another group for `{id}`") },
                Err(error) => denied(error)?,
            });
        }
        Ok(presences)
    }

    async fn anybody(&self) -> Result<Option<String>, WebReadError> {
        let (api, list) = self.list();
        Ok(self.of.first(api, list).await?.map(|number| format!("{}{number}", self.prefix())))
    }
}

impl Lookup<'_, '_> {
    /// Those of several people whom one list shows; nobody where there is no such list. It proves who is there, and says
    /// nothing of the others.
    async fn listed(&self, ids: &[&str]) -> Vec<AccountResponse> {
        if self.directory.settings.api == OneLoginApi::First || ids.len() < 2 {
            return Vec::new();
        }
        let ids = ids.join(",");
        let query = [("limit", "100"), ("fields", "id,status"), ("user_ids", ids.as_str())];
        let request = self.directory.request(OneLoginApi::Second, &["users"], &query);
        match self.session.json::<Vec<AccountResponse>>(&request).await {
            Ok(answer) => answer.value,
            Err(error) => {
                tracing::debug!(%error, "OneLogin does not list people by their ids; each is asked for alone");
                Vec::new()
            }
        }
    }

    async fn ask_one(&self, id: &str) -> Result<Presence, WebReadError> {
        let api = self.directory.settings.api;
        Ok(match self.one::<AccountResponse>(api, &["users", id]).await {
            Ok(found) if found.id.to_string() != id => {
                Presence::Unknown { reason: format!("OneLogin returned somebody else for `{id}`") }
            }
            Ok(found) => self.presence(&found),
            Err(error) => denied(error)?,
        })
    }

    fn presence(&self, account: &AccountResponse) -> Presence {
        match self.directory.is_active(account.status) {
            Some(true) => Presence::Found { at: None },
            Some(false) => Presence::Disabled { at: None },
            None => Presence::Unknown {
                reason: match account.status {
                    Some(status) => {
                        format!(
                            "OneLogin says that the account has the status {status}, which is not known here"
                        )
                    }
                    None => "OneLogin does not tell the status of the account".to_owned(),
                },
            },
        }
    }

    /// What OneLogin returns for a number.
    async fn one<T: DeserializeOwned>(&self, api: OneLoginApi, path: &[&str]) -> Result<T, WebReadError> {
        let request = self.directory.request(api, path, &[]);
        match api {
            OneLoginApi::Second => Ok(self.session.json::<T>(&request).await?.value),
            OneLoginApi::First => {
                let answer = self.session.json::<OneResponse<T>>(&request).await?.value;
                let one: Result<[T; 1], _> = answer.data.try_into();
                match one {
                    Ok([one]) if !answer.status.error => Ok(one),
                    _ => Err(self.session.malformed(&request, "it is not about one entry".to_owned())),
                }
            }
        }
    }

    /// The number of the first entry of a list.
    async fn first(&self, api: OneLoginApi, list: &str) -> Result<Option<String>, WebReadError> {
        let request = self.directory.request(api, &[list], &[("limit", "1"), ("fields", "id")]);
        let first = match api {
            OneLoginApi::Second => {
                self.session.json::<Vec<NumberResponse>>(&request).await?.value.into_iter().next()
            }
            OneLoginApi::First => {
                let answer = self.session.json::<OneResponse<NumberResponse>>(&request).await?;
                answer.value.data.into_iter().next()
            }
        };
        Ok(first.map(|it| it.id.to_string()))
    }
}

fn is_number(text: &str) -> bool {
    text.parse::<u64>().is_ok_and(|number| number.to_string() == text)
}

/// What a refusal means: OneLogin's own "not found", nothing, or that nobody at all can be asked for.
fn denied(error: WebReadError) -> Result<Presence, WebReadError> {
    match error.status() {
        Some(404) if error.code().is_some_and(says_not_found) => Ok(Presence::NotFound),
        Some(401) => Err(error),
        _ => Ok(Presence::Unknown { reason: error.to_string() }),
    }
}

fn says_not_found(code: &str) -> bool {
    NOT_FOUND.iter().any(|known| known.eq_ignore_ascii_case(code))
}
