//! What it takes to speak to an organization: addresses, keys, and the way there.

use super::{ApiKey, Connection, Organization, OrganizationError, Timeouts};
use crate::clock::Clock;
use crate::http::ProxyChoice;
use secrecy::SecretString;

/// Everything that settings and secrets say about an organization.
pub struct OrganizationAccess {
    /// Addresses and the organization's own key.
    pub connection: Connection,
    /// Which proxy stands between.
    pub proxy: ProxyChoice,
    /// How long answers are waited for.
    pub timeouts: Timeouts,
    /// The time by which tokens are judged.
    pub clock: Clock,
    /// How many entries a list may have; None: as what is known decides.
    pub list_limit: Option<u32>,
    /// How many people or groups the ledger knows.
    pub known: usize,
    /// The token of an earlier run, where there is one.
    pub token: Option<SecretString>,
    /// An administrator's own key, by which the organization is observed where its own key sees nothing.
    pub observer: Option<ApiKey>,
    /// The token that an earlier run was given for it.
    pub observer_token: Option<SecretString>,
}

impl OrganizationAccess {
    /// Makes a client; nothing is sent.
    ///
    /// # Errors
    /// [`OrganizationError::Client`] when no client can be made of it.
    pub fn open(self) -> Result<Organization, OrganizationError> {
        let Self { connection, proxy, timeouts, clock, list_limit, known, token, observer, observer_token } =
            self;
        let mut organization = Organization::through(proxy, connection)?
            .with_clock(clock)
            .with_timeouts(timeouts)
            .with_list_limit(list_limit);
        organization.expect_entries(known);
        if let Some(token) = token {
            organization = organization.with_token(token);
        }
        if let Some(observer) = observer {
            organization = organization.with_observer(observer);
        }
        if let Some(token) = observer_token {
            organization = organization.with_observer_token(token);
        }
        Ok(organization)
    }
}
