//! What a run found when it looked again, how it ended, and what `data.json` says of it afterwards.

use super::RunError;
use super::inputs::Inputs;
use super::send::Failure;
use super::{Place, Verification};
use crate::engine::Engine;
use crate::event::Events;
use crate::ledger::{Ledger, RunOutcome, SharedMarks};
use crate::observe::observe_again;
use crate::organization::Organization;
use crate::secrets::SecretName;
use crate::store::{DataFile, SyncedKind};
use bwdc_core::import::{RefusedRecord, fingerprint, official_request};
use bwdc_core::names::{ExternalId, Timestamp};
use bwdc_core::observed::{Membership, Observed, OrganizationState};
use bwdc_core::plan::{Change, Plan};
use bwdc_core::wire::{ImportRequest, Request};
use std::collections::HashSet;

/// How a run ended whose requests were all answered.
pub(super) struct Ended {
    /// Whether anything was sent.
    pub(super) sent: bool,
    /// Whether the organization was read again.
    pub(super) read_back: bool,
    /// Groups whose members later runs read back.
    pub(super) unread_groups: usize,
    /// Changes that are still to be made.
    pub(super) left: usize,
    /// Records that the server did not take.
    pub(super) refused: Vec<RefusedRecord>,
    /// Sources that could not be read, with why.
    pub(super) unread: Vec<(String, String)>,
}

impl Ended {
    pub(super) fn everything_is_done(&self) -> bool {
        self.left == 0 && self.refused.is_empty() && self.unread.is_empty()
    }

    pub(super) fn outcome(&self) -> RunOutcome {
        if !self.everything_is_done() {
            RunOutcome::Partial
        } else if self.sent {
            RunOutcome::Complete
        } else {
            RunOutcome::Unchanged
        }
    }

    pub(super) fn verification(&self) -> Verification {
        match (self.sent, self.read_back) {
            (false, _) => Verification::NothingSent,
            (true, true) if self.unread_groups > 0 => {
                Verification::VerifiedExcept { groups: self.unread_groups }
            }
            (true, true) => Verification::Verified,
            (true, false) => Verification::SentNotVerified,
        }
    }

    /// What is not done, the gravest first.
    pub(super) fn error(&self, sent: usize) -> RunError {
        if !self.refused.is_empty() {
            RunError::RecordsRefused { records: self.refused.clone() }
        } else if self.left > 0 {
            RunError::NotTaken { left: self.left, sent }
        } else {
            RunError::SourcesNotRead { sources: self.unread.clone() }
        }
    }
}

impl From<Failure> for RunError {
    fn from(failure: Failure) -> Self {
        if failure.in_no_record {
            Self::OrganizationAtFault(failure.error)
        } else {
            Self::Apply(failure.error)
        }
    }
}

impl Engine {
    pub(super) async fn look_again(
        &self,
        organization: &Organization,
        inputs: &Inputs,
        plan: &Plan,
        requests: &[Request],
        events: Events<'_>,
    ) -> Result<Option<OrganizationState>, RunError> {
        let Observed::Live(before) = &inputs.observed else { return Ok(None) };
        if requests.is_empty() {
            return Ok(Some(before.clone()));
        }
        let touched = touched_groups(plan);
        Ok(observe_again(organization, before, &touched, inputs.sync.groups, events).await?)
    }

    /// Takes the hash out of `data.json` before anything is sent: ended from here on, the official connector must not take
    /// the state of before for the present one. Returns what it was.
    pub(super) fn withdraw_hash(&mut self, requests: &[Request]) -> Result<Option<String>, RunError> {
        let former = self.store.data().last_sync_hash().filter(|_| !requests.is_empty()).map(str::to_owned);
        if former.is_some() {
            self.store.update(|data| data.set_last_sync_hash(None))?;
        }
        Ok(former)
    }

    pub(super) async fn keep_token(&mut self, organization: &Organization) -> Result<(), RunError> {
        if let Some(token) = organization.token().await {
            let secrets = self.secrets();
            secrets.set(&mut self.store, SecretName::AccessToken, token.secret())?;
        }
        Ok(())
    }

    /// Notes the times of a run that did everything; the hash where just the official request was sent.
    pub(super) fn note_success(
        &mut self,
        now: Timestamp,
        inputs: &Inputs,
        requests: &[Request],
        place: &Place,
    ) -> Result<(), RunError> {
        // The official connector knows one directory.
        let alone = inputs.desired.sources().len() == 1;
        let hash = match requests {
            [Request::Import(sent) | Request::WholeImport(sent)]
                if alone && *sent == official_request(&inputs.desired, &inputs.sync) =>
            {
                hash_of(sent, &place.api, &place.organization_id)
            }
            _ => None,
        };
        let sync = &inputs.sync;
        self.store.update(|data| {
            data.clear_sync_times();
            if sync.users {
                data.set_last_sync(SyncedKind::Users, Some(now));
            }
            if sync.groups {
                data.set_last_sync(SyncedKind::Groups, Some(now));
            }
            data.set_last_sync_hash(hash.as_deref());
        })?;
        Ok(())
    }

    /// The marks that `data.json` holds now.
    pub(super) fn shared_marks(&self) -> SharedMarks {
        let data = self.store.data();
        SharedMarks {
            users: data.last_sync(SyncedKind::Users),
            groups: data.last_sync(SyncedKind::Groups),
            hash: data.last_sync_hash().map(str::to_owned),
        }
    }

    pub(super) fn remember_marks(&self, ledger: &mut Ledger) -> Result<(), RunError> {
        Ok(ledger.note_shared_marks(&self.shared_marks())?)
    }

    pub(super) fn forget_times(&mut self) -> Result<(), RunError> {
        self.store.update(DataFile::clear_cache)?;
        Ok(())
    }
}

fn touched_groups(plan: &Plan) -> HashSet<ExternalId> {
    plan.changes
        .iter()
        .filter_map(|change| match change {
            Change::CreateGroup { group, .. }
            | Change::RenameGroup { group, .. }
            | Change::AdoptGroup { group, .. }
            | Change::ChangeMembers { group, .. } => Some(group.external_id.clone()),
            _ => None,
        })
        .collect()
}

/// Managed groups whose members were not read, and are not remembered.
pub(super) fn unread_groups(state: &OrganizationState) -> usize {
    let managed = state.groups.iter().filter(|it| it.external_id.is_some());
    managed.filter(|it| it.members == Membership::NotRead).count()
}

/// How many changes are still to be made, after every request was accepted.
pub(super) fn left_to_do(plan: &Plan, after: Option<&OrganizationState>, requests: &[Request]) -> usize {
    after.filter(|_| !requests.is_empty()).map_or(0, |state| plan.unfinished(state).len())
}

fn hash_of(official: &ImportRequest, api: &str, organization_id: &str) -> Option<String> {
    serde_json::to_vec(official).ok().map(|body| fingerprint(api, organization_id, &body))
}
