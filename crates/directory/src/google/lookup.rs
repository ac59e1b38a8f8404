//! Asks for single people and groups by id: does Google still have them?
//!
//! Somebody who was deleted less than twenty days ago is found by the list of the deleted only, not by id: asked for by id,
//! the person is gone.

use super::model::{GroupResponse, UserResponse};
use super::{GoogleDirectory, IN_FLIGHT, NAME, NOT_FOUND};
use crate::web::{LookupEndpoint, WebReadError, WebSession};
use bwdc_core::observed::Presence;

/// The endpoint of single people.
pub(super) struct Lookup<'r, 'a> {
    pub(super) directory: &'r GoogleDirectory,
    pub(super) session: &'r WebSession<'a>,
}

impl LookupEndpoint for Lookup<'_, '_> {
    const SERVICE: &'static str = NAME;
    const BATCH: usize = 1;
    const IN_FLIGHT: usize = IN_FLIGHT;

    /// Google takes an address in the place of an id.
    fn is_id(&self, text: &str) -> bool {
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
    }

    async fn ask(&self, ids: &[&str]) -> Result<Vec<Presence>, WebReadError> {
        let mut presences = Vec::new();
        for id in ids {
            presences.push(match self.directory.account(self.session, id).await {
                Ok(found) if found.id != *id => {
                    Presence::Unknown { reason: format!("Google returned somebody else for `{id}`") }
                }
                Ok(found) => match found.is_disabled() {
                    Some(true) => Presence::Disabled { at: None },
                    Some(false) => Presence::Found { at: None },
                    None => Presence::Unknown {
                        reason: "Google does not tell whether the account is suspended".to_owned(),
                    },
                },
                Err(error) => denied(error)?,
            });
        }
        Ok(presences)
    }

    async fn anybody(&self) -> Result<Option<String>, WebReadError> {
        for query in self.directory.domains() {
            if let Some(first) =
                self.directory.first::<UserResponse>(self.session, &["users"], &query).await?
            {
                return Ok(Some(first.id));
            }
        }
        Ok(None)
    }
}

/// The endpoint of single groups.
pub(super) struct GroupLookup<'r, 'a> {
    pub(super) directory: &'r GoogleDirectory,
    pub(super) session: &'r WebSession<'a>,
}

impl LookupEndpoint for GroupLookup<'_, '_> {
    const SERVICE: &'static str = NAME;
    const BATCH: usize = 1;
    const IN_FLIGHT: usize = IN_FLIGHT;

    /// Google takes an address in the place of an id.
    fn is_id(&self, text: &str) -> bool {
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
    }

    async fn ask(&self, ids: &[&str]) -> Result<Vec<Presence>, WebReadError> {
        let mut presences = Vec::new();
        for id in ids {
            presences.push(match self.directory.id(self.session, &["groups", id]).await {
                Ok(found) if found == *id => Presence::Found { at: None },
                Ok(_) => Presence::Unknown { reason: format!("Google returned another group for `{id}`") },
                Err(error) => denied(error)?,
            });
        }
        Ok(presences)
    }

    async fn anybody(&self) -> Result<Option<String>, WebReadError> {
        for query in self.directory.domains() {
            let first = self.directory.first::<GroupResponse>(self.session, &["groups"], &query).await?;
            if let Some(first) = first {
                return Ok(Some(first.id));
            }
        }
        Ok(None)
    }
}

/// What a refusal means: Google's own "not found", or nothing.
fn denied(error: WebReadError) -> Result<Presence, WebReadError> {
    if error.status() == Some(404) && error.code() == Some(NOT_FOUND) {
        return Ok(Presence::NotFound);
    }
    Err(error)
}
