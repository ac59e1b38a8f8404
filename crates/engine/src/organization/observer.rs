//! An administrator's own key, with which an organization can be seen whose key sees nothing: Vaultwarden's.
//!
//! Two requests show everything: members with the groups that they are in, and the groups. Nothing is changed with this
//! key: what is sent stays the import.

use super::credential::{Credential, Scope};
use super::error::OrganizationError;
use super::{AccessToken, ApiKey, Organization, SMALL, change, observe};
use crate::event::{Event, Events};
use crate::notice::Notice;
use bwdc_core::names::GroupId;
use bwdc_core::observed::{Membership, OrganizationState};
use bwdc_core::wire::{GroupResponse, UserDetailsResponse};
use secrecy::SecretString;
use serde::Deserialize;
use std::collections::HashMap;
use std::time::Instant;

/// What the client id of a person's own key begins with.
pub(super) const PERSON: &str = "user.";

/// What the client id of an organization's key begins with.
const ORGANIZATION: &str = "organization.";

/// What a person is told of the own organizations.
#[derive(Deserialize)]
struct ProfileResponse {
    #[serde(default)]
    organizations: Vec<ProfileOrganization>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ProfileOrganization {
    id: String,
    use_groups: Option<bool>,
}

impl Organization {
    /// Adds an administrator's own key.
    #[must_use]
    pub fn with_observer(mut self, key: ApiKey) -> Self {
        self.observer = Some(Credential::new(Scope::Person, key));
        self
    }

    /// Takes a stored token for that key, which is used while more than five minutes of it are left.
    #[must_use]
    pub fn with_observer_token(mut self, stored: SecretString) -> Self {
        let now = self.transport.clock.now();
        if let Some(observer) = &mut self.observer {
            observer.hold(stored, now);
        }
        self
    }

    /// The token in use for that key, for the store: Vaultwarden gives ten in a row, then one a minute.
    pub async fn observer_token(&self) -> Option<AccessToken> {
        match &self.observer {
            Some(observer) => observer.held().await,
            None => None,
        }
    }

    /// Whether groups are switched on at the server, as the administrator's own view of the organization says; None: it does not
    /// say, or there is no such key.
    pub async fn groups_are_on(&self, events: Events<'_>) -> Option<bool> {
        let observer = self.observer.as_ref()?;
        let id = self.credential.client_id().trim_start_matches(ORGANIZATION);
        // Nothing else depends on it.
        let profile: ProfileResponse =
            self.read_as(observer, "/accounts/profile", SMALL, events).await.ok()?;
        profile.organizations.into_iter().find(|it| it.id == id)?.use_groups
    }

    /// Whether there is such a key.
    pub fn has_observer(&self) -> bool {
        self.observer.is_some()
    }

    /// Reads members, groups and who is in which, with the administrator's key; None without one.
    ///
    /// # Errors
    /// [`OrganizationError::Observer`] when the key is refused, or its owner may not see the organization; else as for
    /// every read.
    pub async fn observed(
        &self,
        groups_wanted: bool,
        events: Events<'_>,
    ) -> Result<Option<OrganizationState>, OrganizationError> {
        let Some(observer) = &self.observer else { return Ok(None) };
        let refused = |error| match error {
            OrganizationError::SignIn(message) | OrganizationError::Refused(message)
                if (400..500).contains(&message.status) && message.status != 429 =>
            {
                OrganizationError::Observer { client_id: observer.client_id().to_owned(), message }
            }
            error => error,
        };
        let id = self.credential.client_id().trim_start_matches(ORGANIZATION);
        let path = format!("/organizations/{}", change::path_segment(id)?);
        let users = format!("{path}/users?includeGroups=true&includeCollections=false");
        let begun = Instant::now();
        let listed: Vec<UserDetailsResponse> =
            self.list_as(observer, &users, self.sizes.list(), events).await.map_err(refused)?;
        let (took, limit) = (begun.elapsed(), self.transport.timeouts.answer);
        if took > limit / 2 {
            let (seconds, limit) = (took.as_secs(), limit.as_secs());
            events(Event::Notice(Notice::ReadingSlow { seconds, limit }));
        }
        let groups: Vec<GroupResponse> = if groups_wanted {
            {
                let path = format!("{path}/groups");
                self.list_as(observer, &path, self.sizes.list(), events).await.map_err(refused)?
            }
        } else {
            Vec::new()
        };
        let mut members = Vec::with_capacity(listed.len());
        let mut inside: HashMap<GroupId, Vec<usize>> = HashMap::new();
        for (place, user) in listed.into_iter().enumerate() {
            let Some(of) = user.groups else {
                let reason = "it does not tell the groups of a member".to_owned();
                return Err(OrganizationError::Unreadable { url: self.api(&users), reason });
            };
            for group in of {
                inside.entry(group).or_default().push(place);
            }
            members.push(observe::member(user.member)?);
        }
        let groups = groups.into_iter().map(|response| {
            let members = inside.remove(&response.id).unwrap_or_default();
            let mut group = observe::group(response);
            group.members = Membership::Read(members);
            group
        });
        Ok(Some(OrganizationState { groups: groups.collect(), members }))
    }
}
