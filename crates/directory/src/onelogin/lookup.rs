//! Asks for single people by id: OneLogin keeps no trace of who was deleted.
//!
//! The second version lists people by their ids, a hundred to a request. Who is not in that list is asked for alone: only
//! OneLogin's own "not found" of one person counts.

use super::model::{AccountResponse, NumberResponse, OneResponse};
use super::{IN_FLIGHT, NAME, OneLoginDirectory};
use crate::web::{LookupEndpoint, WebReadError, WebSession};
use bwdc_core::observed::Presence;
use bwdc_core::settings::OneLoginApi;

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
        text.parse::<u64>().is_ok_and(|number| number.to_string() == text)
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
        let api = self.directory.settings.api;
        let request = self.directory.request(api, &["users"], &[("limit", "1"), ("fields", "id")]);
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
        Ok(match self.found(id).await {
            Ok(found) if found.id.to_string() != id => {
                Presence::Unknown { reason: format!("OneLogin returned somebody else for `{id}`") }
            }
            Ok(found) => self.presence(&found),
            Err(error) if error.status() == Some(404) && error.code().is_some_and(says_not_found) => {
                Presence::NotFound
            }
            Err(error) if error.status() == Some(401) => return Err(error),
            Err(error) => Presence::Unknown { reason: error.to_string() },
        })
    }

    fn presence(&self, account: &AccountResponse) -> Presence {
        match self.directory.is_active(account.status) {
            Some(true) => Presence::Found { at: None },
            Some(false) => Presence::Disabled { at: None },
            None => {
                Presence::Unknown { reason: "OneLogin does not tell the status of the account".to_owned() }
            }
        }
    }

    /// The person whom OneLogin returns for a number.
    async fn found(&self, id: &str) -> Result<AccountResponse, WebReadError> {
        let api = self.directory.settings.api;
        let request = self.directory.request(api, &["users", id], &[]);
        match api {
            OneLoginApi::Second => Ok(self.session.json::<AccountResponse>(&request).await?.value),
            OneLoginApi::First => {
                let answer = self.session.json::<OneResponse<AccountResponse>>(&request).await?.value;
                let one: Result<[AccountResponse; 1], _> = answer.data.try_into();
                match one {
                    Ok([one]) if !answer.status.error => Ok(one),
                    _ => Err(self.session.malformed(&request, "it is not about one person".to_owned())),
                }
            }
        }
    }
}

fn says_not_found(code: &str) -> bool {
    NOT_FOUND.iter().any(|known| known.eq_ignore_ascii_case(code))
}
