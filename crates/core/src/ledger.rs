//! What the ledger remembers between runs: whom we manage and what was last accepted. Plain data; the engine stores it.

use crate::names::{Email, ExternalId, StableId, Timestamp};
use crate::wire::Request;

/// The ledger before a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LedgerState {
    /// Members whom we manage.
    pub people: Vec<ManagedPerson>,
    /// Groups that we manage.
    pub groups: Vec<ManagedGroup>,
    /// Requests of earlier runs whose outcome was never noted.
    pub open_intents: Vec<Intent>,
    /// Whether a run has recorded the organization before; until then nobody counts as having left.
    pub baseline_taken: bool,
}

/// One managed member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManagedPerson {
    /// The id that was pushed.
    pub external_id: ExternalId,
    /// The id that survives renames, where the directory gave one.
    pub stable_id: Option<StableId>,
    /// The address that was last pushed or seen.
    pub email: Email,
    /// Whether it was us who took this person's access.
    pub revoked_by_us: bool,
    /// Since when the person has been out of the desired state.
    pub out_since: Option<Timestamp>,
}

/// One managed group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManagedGroup {
    /// The id that was pushed.
    pub external_id: ExternalId,
    /// The name that was last pushed.
    pub name: String,
    /// The membership that was last accepted.
    pub members: Vec<ExternalId>,
    /// When the membership was last read from the organization.
    pub observed_at: Option<Timestamp>,
}

/// A request that was about to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intent {
    /// What was to be sent.
    pub request: Request,
    /// When.
    pub at: Timestamp,
}
