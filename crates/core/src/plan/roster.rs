//! Who will be in the organization under which id, once a plan is carried out.

use super::claims::Claims;
use crate::names::ExternalId;
use hashbrown::{HashMap, HashSet};

/// Who will be in the organization under which id, once the plan is carried out.
pub(super) struct Roster<'a> {
    /// For each person of the snapshot the id that groups list; None: the id belongs to somebody else.
    pub(super) pushed: Vec<Option<&'a str>>,
    /// The same, to be shared by lists.
    pub(super) ids: Vec<Option<ExternalId>>,
    /// Ids under which the directory's people are pushed.
    pub(super) asked_for: HashSet<&'a str>,
    /// External ids of members after the run.
    pub(super) present: HashSet<&'a str>,
    /// Members under another id or none who get the directory's: positions in the organization by position in the snapshot.
    pub(super) identified: HashMap<usize, usize>,
    /// External ids that the run replaces, with what they become.
    pub(super) replaced: HashMap<&'a str, &'a str>,
    /// Addresses of entries that the ledger does not know, also of those who share one: a member who has such an address may be
    /// the same person.
    pub(super) entered_anew: HashSet<&'a str>,
    /// Addresses of the desired state's live members.
    pub(super) emails: HashSet<&'a str>,
    /// The ids under which the ledger notes people, which are not those that groups go by where a membership is another's.
    pub(super) settled: Vec<Option<ExternalId>>,
    /// Who claims whose membership.
    pub(super) claims: Claims<'a>,
    /// Ids of members whose fate does not depend on what the directory says of their own entry.
    pub(super) decided: HashSet<&'a str>,
    /// Addresses that invitations leave, which go to corrected ones.
    pub(super) left_addresses: HashSet<&'a str>,
    /// Ids of leavers that are newcomers' from this run on.
    pub(super) freed: HashSet<&'a str>,
    /// External ids of members of whom nobody knows whether they are still there: they stay in their groups.
    pub(super) unconfirmed: HashSet<String>,
    /// The pilot group of the settings, where the directory lacks it.
    pub(super) missing_pilot: Option<String>,
    /// The pilot group of the settings, where the directory does not show who is in it.
    pub(super) hidden_pilot: Option<String>,
}
