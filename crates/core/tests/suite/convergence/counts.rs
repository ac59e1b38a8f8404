//! What a run of the property came to, each so often: a rule that nothing reaches is tested by nothing.

use crate::convergence::directory::State;
use crate::convergence::model::{Member, Organization};
use crate::convergence::world::{Mode, World};
use bwdc_core::observed::MemberStatus;
use bwdc_core::plan::{
    AddressHeldBecause, Cause, Change, KeptBecause, LeftOutBecause, Plan, PlanNotice, Standing,
};
use bwdc_core::wire::Request;
use std::cell::RefCell;
use std::collections::BTreeMap;

/// How often a whole run of the property comes to each of these.
pub(crate) const LEAST: usize = 50;

/// For what somebody keeps access whom the policy takes it from. The list is closed.
const REASONS: [&str; 10] = [
    "reason: limit",
    "reason: grace",
    "reason: protected",
    "reason: role",
    "reason: unknown",
    "reason: baseline",
    "reason: refused by the server",
    "reason: a server without revoke",
    "reason: a foreign id in a shared organization",
    "reason: an address that another person has",
];

/// What once went wrong on real servers, by the numbers of docs and tests.
const SITUATIONS: [&str; 20] = [
    "O1 a leaver whose unit nobody can see",
    "O2 a refusal about one, and others who do not wait",
    "O3 a leaver whose address a colleague has",
    "O4 a group renamed, moved or entered anew",
    "O5 a leaver's address, and another person",
    "O6 a newcomer at a used name",
    "O7 somebody without a seat, and others who do not wait",
    "O8 an id exchanged or held twice",
    "O9 a leaver whose id somebody changed",
    "O10 overwritten, and not joined yet",
    "O11 an old entry that is disabled, and a new one",
    "O12 an import whose connection was cut",
    "V1 an account under an address that nobody sees",
    "V2 a ledger that somebody deleted",
    "V3 addresses exchanged",
    "V4 a leaver whose unit nobody can see",
    "V4 a group renamed",
    "V4 a newcomer at a used name",
    "changed by hand between two requests",
    "an address changed in the account",
];

/// What else the rules come to.
const OTHERS: [&str; 17] = [
    "passes on, compared",
    "passes on, not compared",
    "waits: another person",
    "waits: unconfirmed",
    "the newcomer waits for the id",
    "the import waits",
    "address held",
    "a group takes a place",
    "refused before",
    "kept: policy",
    "kept: as today",
    "kept: deleted or hidden",
    "kept: revoked already",
    "kept: sent as deleted already",
    "kept: address in use",
    "invited anew",
    "restored",
];

/// Counts of one run of the property.
#[derive(Default)]
pub(crate) struct Reached(RefCell<BTreeMap<&'static str, usize>>);

/// What a run began with.
pub(crate) struct Begun {
    pub(crate) organization: Organization,
    purged: bool,
    disturbed: bool,
    accounts_changed: bool,
}

impl Begun {
    pub(crate) fn of(world: &World) -> Self {
        Self {
            organization: world.organization.clone(),
            purged: world.purged,
            disturbed: world.meanwhile.is_some(),
            accounts_changed: world.accounts_changed,
        }
    }
}

impl Reached {
    pub(crate) fn one(&self, what: &'static str) {
        *self.0.borrow_mut().entry(what).or_default() += 1;
    }

    fn if_so(&self, is_so: bool, what: &'static str) {
        if is_so {
            self.one(what);
        }
    }

    /// What was reached less often, and how often.
    pub(crate) fn rarer_than(&self, least: usize) -> Vec<(&'static str, usize)> {
        let reached = self.0.borrow();
        let all = REASONS.iter().chain(&SITUATIONS).chain(&OTHERS);
        let times = all.map(|it| (*it, reached.get(it).copied().unwrap_or_default()));
        times.filter(|(_, times)| *times < least).collect()
    }

    pub(crate) fn table(&self) -> String {
        self.0.borrow().iter().map(|(what, times)| format!("{times:>7} {what}\n")).collect()
    }

    /// Counts a run that was carried out.
    pub(crate) fn run(&self, begun: &Begun, world: &World, plan: &Plan, refused: &[Request]) {
        plan.notices.iter().for_each(|it| self.remark(it, world));
        plan.changes.iter().for_each(|it| self.change(it, begun, world));
        plan.standing.iter().for_each(|it| self.standing(it));
        for kept in &plan.kept {
            self.if_so(kept.cause == Some(Cause::Hidden), "kept: deleted or hidden");
            self.kept(&kept.because);
        }
        let official = world.mode == Mode::Official;
        self.if_so(!plan.waits_for.is_empty(), "the import waits");
        self.if_so(!plan.waits_for.is_empty(), SITUATIONS[7]);
        let without_seat = plan.left_out.iter().any(|it| matches!(it.because, LeftOutBecause::NoSeat { .. }));
        self.if_so(without_seat && !plan.changes.is_empty(), SITUATIONS[6]);
        self.if_so(!refused.is_empty(), "reason: refused by the server");
        self.if_so(!refused.is_empty() && !plan.changes.is_empty(), SITUATIONS[1]);
        self.if_so(begun.purged && !official && !plan.requests().is_empty(), SITUATIONS[13]);
        self.if_so(begun.disturbed, SITUATIONS[18]);
        self.if_so(begun.accounts_changed, SITUATIONS[19]);
        self.if_so(is_replaced(world), SITUATIONS[10]);
        self.if_so(!official && is_exchanged(world), SITUATIONS[14]);
        let not_joined = |it: &Member| matches!(it.status, MemberStatus::Invited | MemberStatus::Staged);
        let pending = plan.requests().iter().any(|it| match it {
            Request::Remove(id) => {
                begun.organization.members.iter().any(|it| it.id == id.as_str() && not_joined(it))
            }
            _ => false,
        });
        let overwritten = |it: &Change| matches!(it, Change::Remove { cause: Cause::Overwritten, .. });
        self.if_so(pending && plan.changes.iter().any(overwritten), SITUATIONS[9]);
    }

    fn remark(&self, remark: &PlanNotice, world: &World) {
        match remark {
            PlanNotice::EntryReplaced { compared: true, .. } => self.one("passes on, compared"),
            PlanNotice::EntryReplaced { compared: false, .. } => self.one("passes on, not compared"),
            PlanNotice::IdChanged { .. } => {
                self.if_so(
                    world.connector.shared_organization,
                    "reason: a foreign id in a shared organization",
                );
            }
            _ => {}
        }
    }

    fn change(&self, change: &Change, begun: &Begun, world: &World) {
        let official = world.mode == Mode::Official;
        match change {
            Change::ReplaceExternalId { cause: Cause::NameUsed, .. } => {
                self.one(if official { SITUATIONS[5] } else { SITUATIONS[17] });
            }
            Change::ReplaceExternalId { cause: Cause::ChangedThere, .. } => self.one(SITUATIONS[7]),
            Change::AdoptGroup { cause, .. } => {
                self.if_so(*cause == Cause::Gone, "a group takes a place");
                self.if_so(official, SITUATIONS[3]);
            }
            Change::RenameGroup { .. } => self.if_so(official, SITUATIONS[3]),
            Change::Restore { .. } => self.one("restored"),
            Change::Remove { cause: Cause::EntryReplaced, .. } => self.one("invited anew"),
            _ => {}
        }
        let Some(person) = change.person().filter(|_| change.takes_access()) else { return };
        if change.cause() == Cause::Hidden {
            self.one(if official { SITUATIONS[0] } else { SITUATIONS[15] });
        }
        let found = begun.organization.members.iter().find(|it| it.email == person.name);
        let Some(found) = found else { return };
        let changed = world.given.get(&found.id).is_some_and(|it| found.known_id() != Some(it));
        self.if_so(changed, SITUATIONS[8]);
        let colleague = world.directory.people.iter().any(|it| {
            let known = world
                .ledger
                .people
                .iter()
                .find(|known| known.stable_id.as_ref().is_some_and(|id| id.as_str() == it.stable));
            it.email == found.email && known.is_some_and(|known| known.external_id != person.external_id)
        });
        self.if_so(colleague, SITUATIONS[2]);
    }

    fn standing(&self, standing: &Standing) {
        match standing {
            Standing::AddressOfLeaver { because, .. } => {
                self.one(match because {
                    AddressHeldBecause::AnotherPerson { .. } => "waits: another person",
                    AddressHeldBecause::NotCompared => "waits: not compared",
                    AddressHeldBecause::KnownBefore => "waits: known before",
                    AddressHeldBecause::Unconfirmed => "waits: unconfirmed",
                    AddressHeldBecause::HeldBack => "waits: held back",
                });
                self.if_so(matches!(because, AddressHeldBecause::AnotherPerson { .. }), SITUATIONS[4]);
            }
            Standing::ExternalIdTaken { .. } => self.one("the newcomer waits for the id"),
            Standing::Refused { .. } => self.one("refused before"),
            Standing::AddressUnseen { .. } => self.one(SITUATIONS[12]),
            Standing::AddressHeld { .. } => self.one("address held"),
            Standing::GroupNameKept { .. } => self.one(SITUATIONS[16]),
            Standing::MembershipUnclear { .. } => self.one("a membership that cannot be told apart"),
            _ => {}
        }
    }

    fn kept(&self, because: &KeptBecause) {
        self.one(match because {
            KeptBecause::Policy => "kept: policy",
            KeptBecause::Parity => "kept: as today",
            KeptBecause::Grace { .. } => "reason: grace",
            KeptBecause::AlreadyRevoked => "kept: revoked already",
            KeptBecause::SentAsDeleted => "kept: sent as deleted already",
            KeptBecause::AddressShared { .. } => "reason: an address that another person has",
            KeptBecause::AddressInUse => "kept: address in use",
            KeptBecause::Role => "reason: role",
            KeptBecause::Protected => "reason: protected",
            KeptBecause::Unconfirmed { .. } => "reason: unknown",
            KeptBecause::FormerDirectory { .. } => "kept: former directory",
            KeptBecause::MembershipUnclear => "kept: a membership that cannot be told apart",
            KeptBecause::NoUsableAddress => "kept: no usable address",
            KeptBecause::Baseline => "reason: baseline",
            KeptBecause::NoSeat { .. } => "kept: no seat",
            KeptBecause::ServerCannotRevoke => "reason: a server without revoke",
            KeptBecause::HeldBack => "reason: limit",
        });
    }

    pub(crate) fn cut_off(&self) {
        self.one(SITUATIONS[11]);
    }
}

/// Whether somebody has a disabled entry and an enabled one with its address.
fn is_replaced(world: &World) -> bool {
    let of = |state| world.directory.selected().filter(move |it| it.state == state);
    of(State::Disabled).any(|old| of(State::Enabled).any(|it| it.email == old.email))
}

/// Whether two people of the directory have each the address that the ledger last noted of the other one.
fn is_exchanged(world: &World) -> bool {
    let known = |stable: &str| {
        let is_it = |it: &&bwdc_core::ledger::ManagedPerson| {
            it.stable_id.as_ref().is_some_and(|id| id.as_str() == stable)
        };
        world.ledger.people.iter().find(is_it).map(|it| it.email.as_str())
    };
    let people: Vec<(&str, &str)> = world
        .directory
        .selected()
        .filter_map(|it| Some((it.email.as_str(), known(&it.stable)?)))
        .filter(|(now, before)| now != before)
        .collect();
    people.iter().any(|(now, before)| people.contains(&(*before, *now)))
}
