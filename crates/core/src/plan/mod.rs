//! From what is desired and what is observed to what is done: every change with its cause, everything left out with why.
//!
//! A plan is data. Building it sends nothing; [`Plan::check`] is the guard, [`Plan::requests`] the way out.

mod addresses;
mod after;
mod anew;
mod approval;
mod called;
mod change;
mod claims;
mod copies;
mod corrected;
mod decided;
mod former;
mod given_up;
mod group_identity;
mod group_requests;
mod groups;
mod held;
mod identity;
mod import_waits;
mod index;
mod invitations;
mod joining;
mod leavers;
mod likeness;
mod limits;
mod listed;
mod member_by_address;
mod membership;
mod mended_once;
mod mends;
mod no_address;
mod notice;
mod notices;
mod once;
mod overwrite;
mod people;
mod person_requests;
mod recognized;
mod refusal;
mod repair;
mod request_order;
mod roster;
mod same_address;
mod seats;
mod seen;
mod shown;
mod sources;
mod standing;
mod successors;
mod used_names;
mod verify;
mod witnesses;

pub use addresses::newly_told;
pub use after::After;
use anew::Anew;
pub use approval::ApprovalScope;
pub use change::{Cause, Change, Kept, KeptBecause, LeftOut, LeftOutBecause, SharedAddress, Subject};
pub use claims::Waits;
pub use former::meet_again;
pub use groups::to_read;
pub use identity::{Identity, settled_absences};
pub(crate) use index::Index;
pub use likeness::Mark;
pub use limits::unfound;
use mends::Mends;
pub use notice::{PlanNotice, may_be_shared};
use recognized::Recognized;
pub use recognized::recognize;
pub use refusal::{Held, Refusal, RemovalLimits, Verdict};
pub use repair::{Disorder, Holder, Picks, RepairCase, repairs};
use request_order::Sent;
pub use request_order::SentAgain;
pub use seats::SeatCount;
use seats::Seating;
use shown::Shown;
pub use standing::{AddressHeldBecause, GroupKeptBecause, MembershipsKeptBecause, Standing};

use crate::desired::Desired;
use crate::ledger::{LedgerState, Mended, RefusedBefore};
use crate::names::{Email, ExternalId, Timestamp};
use crate::observed::MemberStatus;
use crate::observed::{
    Membership, Observed, ObservedGroup, ObservedMember, OrganizationState, Presences, Role, Seats,
    ServerKind,
};
use crate::settings::{ConnectorSettings, SyncSettings};
use crate::wire::Request;
use hashbrown::HashMap;
use serde::Serialize;
use std::collections::BTreeSet;

/// Everything that a plan is made of.
#[derive(Clone, Copy)]
pub struct PlanInput<'a> {
    /// What the directory asks for.
    pub desired: &'a Desired,
    /// Who in the directory is whom in the ledger and the organization.
    pub identity: &'a Identity,
    /// What the organization holds.
    pub observed: &'a Observed,
    /// Whom we manage.
    pub ledger: &'a LedgerState,
    /// What the directory answered for those who are missing from it.
    pub presences: &'a Presences,
    /// The shared settings.
    pub sync: &'a SyncSettings,
    /// Our own settings.
    pub connector: &'a ConnectorSettings,
    /// Which server answers.
    pub server: ServerKind,
    /// The seats of the organization, where the server tells.
    pub seats: Option<Seats>,
    /// Whether the server stores members without an invitation when asked to; None: it says nothing of itself.
    pub stages: Option<bool>,
    /// Whether the server can take a member's access and keep the membership.
    pub revokes: bool,
    /// What earlier runs took away within the window of the limits.
    pub recent: &'a ApprovalScope,
    /// Members whom a first run does not find, although the directory says that it has their ids; 0 on later runs.
    pub unfound_of_directory: usize,
    /// Whether somebody asked for everything to be sent again: a server that cannot be read gets back what was taken out there by
    /// hand only so, and what was refused today is tried again.
    pub resend: bool,
    /// Whether the settings that decide whom the directories list, and who is selected, are those of the last run that was
    /// carried out as a whole.
    pub settled: bool,
    /// When the plan is made.
    pub now: Timestamp,
}

/// How far the state of the organization is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Evidence {
    /// Read from the server in this run.
    Live,
    /// Remembered from what was accepted before.
    Believed,
    /// Not known: nobody is removed.
    Unknown,
}

/// Sizes that limits and reports refer to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Totals {
    /// People of the desired state.
    pub people: usize,
    /// Groups of the desired state.
    pub groups: usize,
    /// Members with an external id before the run.
    pub managed: usize,
    /// Memberships in managed groups before the run, as far as known.
    pub memberships: usize,
    /// Managed groups before the run.
    pub managed_groups: usize,
}

/// What a run would do.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    /// What is changed, in the order of the directory; removals first.
    pub changes: Vec<Change>,
    /// People who left the desired state and stay in the organization.
    pub kept: Vec<Kept>,
    /// People and groups of the directory that are not brought over.
    pub left_out: Vec<LeftOut>,
    /// Differences that no request could remove.
    pub standing: Vec<Standing>,
    /// What an administrator should know besides.
    pub notices: Vec<PlanNotice>,
    /// Addresses of managed members who have accepted and wait for somebody to confirm them.
    pub unconfirmed: Vec<String>,
    /// What is sent although nothing is known to differ.
    #[serde(skip_serializing_if = "SentAgain::is_nothing")]
    pub sent_again: SentAgain,
    /// Seats needed and free.
    pub seats: SeatCount,
    /// How the organization is known.
    pub evidence: Evidence,
    /// Sizes before the run.
    pub totals: Totals,
    /// Whether this run only records who is there and removes nobody.
    pub baseline: bool,
    /// Whether `overwriteExisting` is set and not carried out: whom it would delete cannot be seen, or may not be
    /// removed in this run.
    pub overwrite_withheld: bool,
    #[serde(skip)]
    refusals: Vec<Refusal>,
    #[serde(skip)]
    sent: Sent,
    /// Refusals of earlier runs by which this plan goes.
    #[serde(skip)]
    held: Vec<RefusedBefore>,
    /// Requests without which no import can go out.
    #[serde(skip)]
    mended: Vec<Request>,
    #[serde(skip)]
    room: seats::Room,
    /// Memberships that cannot be told apart.
    #[serde(skip)]
    unclear: Vec<witnesses::Unclear>,
    /// What is set right after somebody else changed it, or was and is changed again.
    #[serde(skip)]
    set_right: Vec<Mended>,
    /// External ids of people who wait for a seat.
    #[serde(skip)]
    waiting: Vec<ExternalId>,
    /// What keeps the import from being sent; what takes access is sent all the same.
    pub waits_for: Vec<Refusal>,
    #[serde(skip)]
    basis: limits::Basis,
    /// Memberships that begin because the directory is read better than before: group and member.
    #[serde(skip)]
    anew: BTreeSet<(String, String)>,
    /// Members whose external id somebody changed, by the one that our runs gave.
    #[serde(skip)]
    recognized: HashMap<ExternalId, Recognized>,
    /// Ids of memberships that go on under another entry.
    #[serde(skip)]
    replaced_people: BTreeSet<String>,
    /// Who waits for a membership, and can get it by an administrator's word.
    #[serde(skip)]
    waits: Vec<Waits>,
    /// Addresses about which somebody has decided, and under which nobody waits.
    #[serde(skip)]
    undisputed: Vec<Email>,
    /// For each person of the directory the id under which the organization has them, once the plan is carried out.
    #[serde(skip)]
    ids: Vec<Option<ExternalId>>,
    #[serde(skip)]
    called: called::Called,
    #[serde(skip)]
    server: ServerKind,
    #[serde(skip)]
    large_import: bool,
}

impl Plan {
    /// Compares, and decides: a fate for each person, one for each group against the people who will be there, then
    /// `overwriteExisting` over both. What is shown and what is sent are unfolded from these fates; what limits and reports
    /// need is told from that.
    pub fn build(input: &PlanInput<'_>) -> Self {
        Self::build_holding(input, None)
    }

    fn build_holding(input: &PlanInput<'_>, held: Option<&Held>) -> Self {
        let mends = Mends::of(input);
        let doubled = mends.doubled(input);
        let mut plan = match mends.observed(input) {
            Some(observed) => {
                Self::build_on(&PlanInput { observed: &observed, ..*input }, held, &mends, doubled)
            }
            None => Self::build_on(input, held, &mends, doubled),
        };
        mends.add_to(&mut plan, input);
        plan
    }

    fn build_on(input: &PlanInput<'_>, held: Option<&Held>, mends: &Mends, doubled: Vec<Refusal>) -> Self {
        let unclear = mends.unclear();
        let with_wrong_id = mends.places().union(&unclear).copied().collect();
        let index = Index { with_wrong_id, unclear, ..Index::new(input) };
        let totals = index.totals(input);
        let mut refusals = Vec::new();
        let decide = |seating: &Seating| {
            let (people, mut roster) = people::decide(input, &index, seating, held);
            let replaced: Vec<String> = roster.claims.passed_on().map(|(_, id)| id.to_owned()).collect();
            let ids = std::mem::take(&mut roster.settled);
            (people, roster, replaced, ids)
        };
        let (mut people, mut roster, mut replaced, mut ids) = decide(&Seating::default());
        // Whoever is held back keeps the seat.
        let seating = Seating::of(&people, input, &index);
        if !seating.suffices() {
            (people, roster, replaced, ids) = decide(&seating);
        }
        let replaced_people = replaced.into_iter().collect();
        refusals.extend(roster.hidden_pilot.take().map(|group| Refusal::PilotGroupHidden { group }));
        let mut groups =
            if input.sync.groups { groups::decide(input, &index, &roster, held) } else { Vec::new() };
        if let Some(held) = held {
            held::keep_memberships(held, &mut groups, &index);
        }
        let anew = if index.baseline { anew::find(input, &roster, &groups) } else { Anew::default() };
        let mut overwriting = overwrite::decide(input, &index, &roster, totals, &mut people, &groups);
        refusals.extend(overwriting.refusal.take());
        let overwrite_withheld = overwriting.withheld;
        let given_back = recognized::ids_given_back(&people, input, &index);
        people.extend(given_back);

        let mut shown = Shown::default();
        let mut sent = Sent::new(input.sync.invite_users_after_provisioning);
        index.sources.notices(&mut shown.notices);
        shown.notices.append(&mut roster.claims.notices);
        let set_right = mended_once::of_groups(&groups);
        people.into_iter().for_each(|it| it.unfold(&mut shown, &mut sent));
        groups.into_iter().for_each(|it| it.unfold(&mut shown, &mut sent));
        shown.notices.extend(anew.notices);
        sent.whole = overwriting.request(input, &index, &roster, &shown, &sent);
        let Shown { changes, kept, left_out, standing, notices } = shown;
        let mut plan = Self {
            changes,
            kept,
            left_out,
            standing,
            notices,
            unconfirmed: Vec::new(),
            sent_again: sent.again,
            seats: SeatCount::default(),
            room: seats::Room::default(),
            evidence: index.evidence,
            totals,
            baseline: index.baseline,
            overwrite_withheld,
            refusals,
            sent,
            held: Vec::new(),
            mended: Vec::new(),
            unclear: Vec::new(),
            set_right,
            waiting: seating.waiting,
            waits_for: doubled,
            basis: limits::Basis::default(),
            anew: anew.memberships,
            recognized: index.recognized(),
            replaced_people,
            waits: roster.claims.waits(input, &index),
            undisputed: roster.claims.undisputed(input),
            ids,
            called: called::Called::default(),
            server: input.server,
            large_import: input.sync.large_import,
        };
        plan.hold_back(input);
        plan.mend_once(input);
        index.poison(&mut plan.waits_for);
        plan.waits_for.extend(seats::obstacle(input, &index, &plan));
        plan.hold_import(input);
        notices::look(input, &index, &roster, &mut plan);
        plan.tell_of_decisions(input);
        plan.seats = seats::count(input, &index, &plan);
        plan.room = seats::Room::of(input, &index, &plan);
        limits::look(input, &index, &mut plan);
        plan.called = called::find(input, &plan.changes, &plan.standing);
        plan
    }

    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.sent_again.is_nothing()
    }

    /// Who waits for a membership, and can get it by an administrator's word.
    pub fn waits(&self) -> &[Waits] {
        &self.waits
    }

    /// Which server answers.
    pub fn server(&self) -> ServerKind {
        self.server
    }

    /// Leavers who stay with their access. Whose access earlier runs took is no news.
    pub fn staying(&self) -> impl Iterator<Item = &Kept> {
        self.kept.iter().filter(|it| it.stays())
    }

    /// How many people, groups and members of groups are left out, each once however many groups list it.
    pub fn entries_left_out(&self) -> usize {
        self.each_left_out().count()
    }

    /// People, groups and members of groups that are left out, each once however many groups list it, with their places in
    /// [`Plan::left_out`].
    pub fn each_left_out(&self) -> impl Iterator<Item = (usize, &LeftOut)> {
        let mut names = BTreeSet::new();
        self.left_out.iter().enumerate().filter(move |(_, it)| names.insert(it.reference.as_str()))
    }

    /// The changes that take access or memberships away from somebody.
    pub fn removals(&self) -> impl Iterator<Item = &Change> {
        self.changes.iter().filter(|change| change.takes_access())
    }
}

/// The organization as the ledger remembers it: for servers that cannot be read.
pub fn believed(ledger: &LedgerState) -> Observed {
    if !ledger.baseline_taken {
        return Observed::Unknown;
    }
    let members = ledger.people.iter().map(|person| ObservedMember {
        id: None,
        email: person.email.clone(),
        external_id: Some(person.external_id.clone()),
        changed_id: None,
        status: if person.revoked_by_us { MemberStatus::Revoked } else { MemberStatus::Invited },
        role: Role::User,
    });
    let groups = ledger.groups.iter().map(|group| ObservedGroup {
        id: None,
        name: group.name.clone(),
        external_id: Some(group.external_id.clone()),
        members: Membership::Remembered(group.members.clone()),
        collections: None,
    });
    Observed::Believed(OrganizationState { members: members.collect(), groups: groups.collect() })
}

#[cfg(test)]
mod tests;
