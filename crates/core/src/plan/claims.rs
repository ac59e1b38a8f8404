//! New entries of the directory that have the address of a member whose own entry is gone.

use super::notice::PlanNotice;
use super::standing::AddressHeldBecause;
use hashbrown::{HashMap, HashSet};

/// A new entry that has a member's address.
#[derive(Clone)]
pub(super) struct Claim<'a> {
    /// The id that the membership has.
    pub(super) old: &'a str,
    /// The position of the member in the organization.
    pub(super) place: usize,
    /// The id that the new entry is pushed under.
    pub(super) pushed: &'a str,
    pub(super) verdict: Verdict,
}

/// What becomes of the membership.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It goes on under the new entry.
    PassesOn,
    /// It is removed, and the address invited anew.
    InvitedAnew,
    /// The new entry waits.
    Waits(AddressHeldBecause),
}

/// Who claims whose membership.
#[derive(Default)]
pub(super) struct Claims<'a> {
    /// By position in the directory.
    pub(super) of: HashMap<usize, Claim<'a>>,
    /// Ids of members whose address somebody else has: another person by the marks.
    pub(super) strangers: HashSet<&'a str>,
    /// Positions of disabled or deleted entries whose membership goes on under another entry.
    pub(super) left_behind: HashSet<usize>,
    pub(super) notices: Vec<PlanNotice>,
}
