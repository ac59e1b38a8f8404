//! Runs: read, compare, guard, send, look again, remember.
//!
//! `look` stops before anything is sent; `settle` waits for an import of an earlier run; `sync` walks to the end, and `ending` is the one place that writes it.

mod ending;
mod error;
mod held_back;
mod inputs;
mod look;
mod missing;
mod observe;
mod outcome;
mod rebuild;
mod record;
mod remembered;
mod repair;
mod saved_plan;
mod seating;
mod send;
mod settle;
mod source;
mod sync;
mod unfound;
mod unrecorded;

pub use error::{RunError, UnreadSource};
pub(crate) use look::{find, plan, test};
pub use rebuild::Rebuilt;
pub(crate) use rebuild::rebuild;
pub use repair::Repairs;
pub(crate) use repair::{carry_out as carry_out_repairs, find as find_repairs};
pub use saved_plan::{PlanFileError, SavedPlan};
pub(crate) use sync::{Work, sync};
pub(crate) use unrecorded::record_failure;

use bwdc_core::plan::{Change, Plan, Verdict};

/// A plan and what the guard says of it.
pub struct Planned {
    /// The plan.
    pub plan: Plan,
    /// Whether a run may carry it out.
    pub verdict: Verdict,
    /// What a run would do where the limits hold back a part.
    pub left: Option<Plan>,
    /// The plan as it can be saved, reviewed and applied.
    pub saved: SavedPlan,
    /// Whether new members would be invited although the settings ask for none: the server knows no staged members.
    pub invites_all_the_same: bool,
    /// Whether it is what a run does that sends everything again where nobody can look.
    pub is_full: bool,
    /// Whether the limits alone would stop it, and what somebody approved lets it pass.
    pub is_approved: bool,
}

/// What a run did.
#[derive(Debug)]
pub struct SyncReport {
    /// People of the desired state when anything was sent, else 0.
    pub users: usize,
    /// Groups of the desired state when anything was sent, else 0.
    pub groups: usize,
    /// Requests that were sent.
    pub requests: usize,
    /// The plan that was carried out.
    pub plan: Plan,
    /// Changes that were made before the plan, while an import of an earlier run was under way.
    pub early: Vec<Change>,
    /// Changes of the plan that were not made.
    pub left: Vec<Change>,
    /// What a look at the organization afterwards showed.
    pub verification: Verification,
    /// Whether new members were invited although the settings ask for none: the server knows no staged members.
    pub invited_all_the_same: bool,
}

impl SyncReport {
    /// The changes that were made.
    pub fn changes_made(&self) -> impl Iterator<Item = &Change> {
        let nothing = self.verification == Verification::NothingSent;
        let of_plan = self.plan.changes.iter().filter(move |it| !nothing && !self.left.contains(it));
        self.early.iter().chain(of_plan)
    }

    /// How many changes were made.
    pub fn done(&self) -> usize {
        self.changes_made().count()
    }
}

/// Whether the organization is as planned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verification {
    /// Nothing was sent: the organization was as planned before.
    NothingSent,
    /// Read back, and equal but for the standing differences of the plan.
    Verified,
    /// As [`Verification::Verified`], but that the members of so many groups are read back by later runs: one run asks for
    /// so many only.
    VerifiedExcept {
        /// Groups that are still to be read back.
        groups: usize,
    },
    /// The server cannot be read.
    SentNotVerified,
}
