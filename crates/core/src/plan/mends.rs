//! External ids that somebody exchanged, or gave to two: whom the ledger knows under an address, and which group by the
//! organization's own id, gets the id back that was pushed.
//!
//! On Bitwarden's server two members or groups with one id let every import fail. So these ids are set right before anything else
//! is decided: the rest of a plan is made for the organization as it will be then. `witnesses.rs` says whose a membership is.

use super::change::{Cause, Change, Subject};
use super::copies;
use super::recognized;
use super::refusal::Refusal;
use super::standing::Standing;
use super::witnesses::{Disputed, Unclear};
use super::{Plan, PlanInput};
use crate::ledger::{LedgerState, ManagedGroup, ManagedPerson, RefusedBefore, RefusedKind};
use crate::names::{ExternalId, MemberId, Timestamp};
use crate::observed::{MemberStatus, Observed, ObservedGroup, ObservedMember, OrganizationState, ServerKind};
use crate::wire::{ImportMember, Request};
use hashbrown::{HashMap, HashSet};
use std::collections::BTreeSet;

/// What the server refused is not asked for again within a day, in milliseconds.
const NOT_AGAIN_FOR: i64 = 24 * 60 * 60 * 1000;

/// Whose id is set right: positions in the organization, with the id.
#[derive(Default)]
pub(super) struct Mends {
    members: Wrong,
    groups: Wrong,
    /// Memberships that cannot be told apart.
    unclear: Vec<Unclear>,
}

/// Who or what has another one's id.
#[derive(Default)]
struct Wrong {
    /// Whose is set right.
    mended: Vec<(usize, ExternalId)>,
    /// Who keeps it: the server refuses the right one, or a third one has that. Everything is decided about whom they are all the
    /// same; only an import names them by what they have.
    unmended: Vec<(usize, ExternalId)>,
    /// Who has a copy of an id and is nobody whom the ledger knows: it is taken away.
    copies: Vec<usize>,
    /// What the server refused within the last day.
    refused: Vec<(Subject, RefusedBefore)>,
}

impl Wrong {
    fn add(&mut self, (place, about, before): (usize, Subject, Option<RefusedBefore>)) {
        let id = about.external_id.clone();
        match before {
            None => self.mended.push((place, id)),
            Some(before) => {
                self.unmended.push((place, id));
                self.refused.push((about, before));
            }
        }
    }

    /// Takes copies away, but for those of which the server refused that within the last day.
    fn add_copies<'s>(
        &mut self,
        places: Vec<usize>,
        input: &PlanInput<'_>,
        what: impl Fn(usize) -> Option<(RefusedKind, &'s str, &'s str)>,
    ) {
        for place in places {
            let Some((kind, id, name)) = what(place) else { continue };
            match refused_before(kind, id, input) {
                None => self.copies.push(place),
                Some(before) => {
                    let about = Subject { name: name.to_owned(), external_id: ExternalId::new("") };
                    self.refused.push((about, before));
                }
            }
        }
    }

    fn places(&self) -> HashSet<usize> {
        self.all().map(|(place, _)| *place).collect()
    }

    /// Which ids two have among all of these, once the others are set right: ids and names.
    fn doubled<'a>(&'a self, all: &[(Option<&'a ExternalId>, &str)], of_groups: bool) -> Vec<Refusal> {
        let mended: HashMap<usize, &ExternalId> =
            self.mended.iter().map(|(place, id)| (*place, id)).collect();
        let kept = |place: &usize, id: Option<&'a ExternalId>| id.filter(|_| !self.copies.contains(place));
        let ids = || {
            let all = all.iter().enumerate();
            all.map(|(place, (id, name))| (mended.get(&place).copied().or(kept(&place, *id)), *name))
        };
        let held: BTreeSet<&ExternalId> =
            self.unmended.iter().filter_map(|(place, _)| all[*place].0).collect();
        let refusal = |id: &ExternalId| {
            let holders: Vec<String> =
                ids().filter(|(it, _)| *it == Some(id)).map(|(_, name)| name.to_owned()).collect();
            let external_id = id.clone();
            (holders.len() > 1).then_some(Refusal::RepeatedExternalId { external_id, of_groups, holders })
        };
        held.into_iter().filter_map(refusal).collect()
    }

    fn all(&self) -> impl Iterator<Item = &(usize, ExternalId)> {
        self.mended.iter().chain(&self.unmended)
    }

    fn is_nothing(&self) -> bool {
        self.all().next().is_none() && self.copies.is_empty()
    }
}

impl Mends {
    pub(super) fn of(input: &PlanInput<'_>) -> Self {
        let Observed::Live(state) = input.observed else { return Self::default() };
        if !input.ledger.baseline_taken || !input.desired.people_wanted() {
            return Self::default();
        }
        let groups = input.sync.groups && input.server != ServerKind::Vaultwarden;
        let groups = if groups { self::groups(input, state) } else { Wrong::default() };
        if is_as_remembered(input.ledger, state) {
            return Self { groups, ..Self::default() };
        }
        let disputed = Disputed::of(input, state);
        let members = members(input, state, &disputed);
        Self { members, groups, unclear: disputed.unclear }
    }

    /// Where the members stand who cannot be told apart.
    pub(super) fn unclear(&self) -> HashSet<usize> {
        self.unclear.iter().map(|it| it.place).collect()
    }

    /// Where the members stand who have another one's id.
    pub(super) fn places(&self) -> HashSet<usize> {
        self.members.all().map(|(place, _)| *place).chain(self.members.copies.iter().copied()).collect()
    }

    /// The organization once the ids are right; None: they are.
    pub(super) fn observed(&self, input: &PlanInput<'_>) -> Option<Observed> {
        let Observed::Live(state) = input.observed else { return None };
        if self.members.is_nothing() && self.groups.is_nothing() {
            return None;
        }
        let mut state = state.clone();
        for &place in &self.members.copies {
            state.members[place].external_id = None;
        }
        for &place in &self.groups.copies {
            state.groups[place].external_id = None;
        }
        for (place, id) in self.members.all() {
            state.members[*place].external_id = Some(id.clone());
        }
        for (place, id) in self.groups.all() {
            state.groups[*place].external_id = Some(id.clone());
        }
        Some(Observed::Live(state))
    }

    /// Ids that two have although others are set right.
    pub(super) fn doubled(&self, input: &PlanInput<'_>) -> Vec<Refusal> {
        let Observed::Live(state) = input.observed else { return Vec::new() };
        let members = state.members.iter().map(|it| (it.external_id.as_ref(), it.email.as_str()));
        let groups = state.groups.iter().map(|it| (it.external_id.as_ref(), it.name.as_str()));
        let mut doubled = self.members.doubled(&members.collect::<Vec<_>>(), false);
        doubled.extend(self.groups.doubled(&groups.collect::<Vec<_>>(), true));
        doubled
    }

    /// Adds what sets them right to a plan that is made for the organization as it will be.
    pub(super) fn add_to(self, plan: &mut Plan, input: &PlanInput<'_>) {
        let Observed::Live(state) = input.observed else { return };
        let cause = Cause::ChangedThere;
        let (mut changes, mut requests) = (Vec::new(), Vec::new());
        self.leave_unmended(plan, state);
        plan.tell_unclear(self.unclear, input, state);
        for (place, id) in self.members.mended {
            let member = &state.members[place];
            let person = Subject { name: member.email.as_str().to_owned(), external_id: id.clone() };
            let old = member.external_id.clone().unwrap_or_else(|| ExternalId::new(""));
            // Whoever gets yet another id, or is removed, needs no other request; without that one no import can go out.
            if let Some(request) = member.id.as_ref().and_then(|it| plan.sent.settles_id(it)) {
                plan.mended.push(request);
                continue;
            }
            let email = Some(member.email.as_str());
            let is_listed = plan.sent.import.members.iter().any(|it| it.email.as_deref() == email);
            let vaultwarden = input.server == ServerKind::Vaultwarden;
            if vaultwarden && (is_listed || revokes_instead(plan, member, &id)) {
                continue;
            }
            match &member.id {
                Some(member) if input.server != ServerKind::Vaultwarden => {
                    requests.push((
                        person.clone(),
                        Request::PutMember { id: member.clone(), external_id: id.clone() },
                    ));
                }
                _ => plan.sent.import.members.insert(0, by_import(member, id.clone())),
            }
            // Whoever is removed by the import is found by the id, and has none in the end.
            let is_removed =
                |it: &Change| matches!(it, Change::Remove { person, .. } if person.external_id == id);
            if !plan.changes.iter().any(is_removed) {
                changes.push(Change::ReplaceExternalId { person, old, cause });
            }
        }
        let none = || ExternalId::new("");
        for &place in &self.members.copies {
            let member = &state.members[place];
            let (Some(id), Some(old)) = (member.id.clone(), member.external_id.clone()) else { continue };
            if let Some(request) = plan.sent.settles_id(&id) {
                plan.mended.push(request);
                continue;
            }
            let person = Subject { name: member.email.as_str().to_owned(), external_id: none() };
            requests.push((person.clone(), Request::PutMember { id, external_id: none() }));
            changes.push(Change::ReplaceExternalId { person, old, cause: Cause::IdCopied });
        }
        for &place in &self.groups.copies {
            let ObservedGroup { id: Some(id), name, external_id: old, collections, .. } =
                state.groups[place].clone()
            else {
                continue;
            };
            let group = Subject { name: name.clone(), external_id: none() };
            requests.push((group.clone(), Request::PutGroup { id, name, external_id: none() }));
            changes.push(Change::AdoptGroup { group, old, collections, cause: Cause::IdCopied });
        }
        for (place, external_id) in self.groups.mended {
            let found = &state.groups[place];
            let Some(id) = found.id.clone() else { continue };
            if let Some(request) = plan.sent.settles_group(&id) {
                plan.mended.push(request);
                continue;
            }
            let group = Subject { name: found.name.clone(), external_id: external_id.clone() };
            let name = found.name.clone();
            requests.push((group.clone(), Request::PutGroup { id, name, external_id }));
            let (old, collections) = (found.external_id.clone(), found.collections);
            changes.push(Change::AdoptGroup { group, old, collections, cause });
        }
        for (about, before) in self.members.refused.into_iter().chain(self.groups.refused) {
            let (what, reason, since) = (before.kind, before.reason.clone(), before.since);
            plan.standing.push(Standing::Refused { what, about, reason, since });
            plan.held.push(before);
        }
        plan.mended.extend(requests.iter().map(|(_, request)| request.clone()));
        plan.sent.repair_first(requests);
        plan.changes.splice(0..0, changes);
    }

    /// Lets an import name those who keep another one's id by what they have. Whose it is waits.
    fn leave_unmended(&self, plan: &mut Plan, state: &OrganizationState) {
        let members = self.members.unmended.iter().map(|(place, ours)| (ours, &state.members[*place]));
        for (ours, member) in members.clone() {
            let (Some(held), Some(id)) = (&member.external_id, &member.id) else { continue };
            plan.recognize(ours.clone(), id.clone(), held.clone());
        }
        let members = members.map(|(ours, it)| (ours.clone(), it.external_id.clone(), it.email.as_str()));
        let groups = self.groups.unmended.iter();
        let groups = groups.map(|(place, ours)| (ours.clone(), state.groups[*place].external_id.clone()));
        plan.go_by_ids_held(members, groups);
    }
}

/// Vaultwarden finds members by address, and gives them the id that stands there; whom it lists it restores, unless as deleted.
fn by_import(member: &ObservedMember, external_id: ExternalId) -> ImportMember {
    let deleted = member.status == MemberStatus::Revoked;
    ImportMember { email: Some(member.email.as_str().to_owned()), external_id, deleted }
}

/// Vaultwarden overwrites nobody whose id is listed, and this member has that of somebody who is: access is revoked, and the id set
/// right, by which the next run finds the member. Whether it was to be overwritten.
fn revokes_instead(plan: &mut Plan, member: &ObservedMember, ours: &ExternalId) -> bool {
    let Some(whole) = &mut plan.sent.whole else { return false };
    let is_it = |it: &&mut Change| matches!(it, Change::Remove { person, cause: Cause::Overwritten } if person.external_id == *ours);
    let Some(change) = plan.changes.iter_mut().find(is_it) else { return false };
    *change = Change::Revoke { person: change.subject().clone(), cause: Cause::Overwritten };
    let email = Some(member.email.as_str().to_owned());
    whole.members.insert(0, ImportMember { email, external_id: ours.clone(), deleted: true });
    true
}

/// What is held under ids: positions by id, of members or of groups.
struct Held<'s>(HashMap<&'s str, Vec<usize>>);

impl<'s> Held<'s> {
    fn new(ids: impl Iterator<Item = Option<&'s ExternalId>>) -> Self {
        let mut held: HashMap<&str, Vec<usize>> = HashMap::new();
        for (place, id) in ids.enumerate() {
            if let Some(id) = id.filter(|it| !it.as_str().trim().is_empty()) {
                held.entry(id.as_str()).or_default().push(place);
            }
        }
        Self(held)
    }

    fn places(&self, id: &ExternalId) -> &[usize] {
        self.0.get(id.as_str()).map_or(&[], Vec::as_slice)
    }

    fn is_shared(&self, id: &ExternalId) -> bool {
        self.places(id).len() > 1
    }

    /// Those who get ids that nobody else has in the end.
    fn possible(&self, wrong: &mut Wrong) {
        loop {
            let moving = wrong.mended.iter().map(|(place, _)| *place).chain(wrong.copies.iter().copied());
            let moving: HashSet<usize> = moving.collect();
            let is_free = |(place, id): &(usize, ExternalId)| {
                self.places(id).iter().all(|it| it == place || moving.contains(it))
            };
            let (free, others): (Vec<_>, Vec<_>) =
                std::mem::take(&mut wrong.mended).into_iter().partition(is_free);
            wrong.mended = free;
            if others.is_empty() {
                return;
            }
            wrong.unmended.extend(others);
        }
    }
}

/// Whether the membership of everybody is known, each has its own id, and no two members have one: as it is but for what somebody
/// changed by hand.
fn is_as_remembered(ledger: &LedgerState, state: &OrganizationState) -> bool {
    let known = recognized::known(ledger);
    let mut held = HashSet::with_capacity(state.members.len());
    let has_its_own = |member: &ObservedMember, has: &ExternalId| {
        member.id.as_ref().and_then(|it| known.get(it)).is_none_or(|ours| *ours == has)
    };
    ledger.people.iter().all(|it| it.member_id.is_some())
        && state.members.iter().all(|it| match &it.external_id {
            Some(has) => held.insert(has) && has_its_own(it, has),
            None => true,
        })
}

/// Members who are known to be somebody whose id they do not have: by the membership, or where none was noted by the address.
fn members(input: &PlanInput<'_>, state: &OrganizationState, disputed: &Disputed) -> Wrong {
    let held = Held::new(state.members.iter().map(|it| it.external_id.as_ref()));
    let mut by_address: HashMap<&str, Option<&ManagedPerson>> = HashMap::new();
    for person in &input.ledger.people {
        by_address.entry(person.email.as_str()).and_modify(|it| *it = None).or_insert(Some(person));
    }
    let remembered: HashSet<&MemberId> =
        input.ledger.people.iter().filter_map(|it| it.member_id.as_ref()).collect();
    let managed: HashSet<&ExternalId> = input.ledger.people.iter().map(|it| &it.external_id).collect();
    let listed = addresses_listed(input);
    let mut wrong = Wrong::default();
    let found = state.members.iter().enumerate().filter_map(|(place, member)| {
        let (has, email) = (member.external_id.as_ref()?, member.email.as_str());
        let settled = disputed.settled.iter().find(|(it, _)| *it == place).map(|(_, ours)| ours.clone());
        let by_address = || {
            if member.id.as_ref().is_some_and(|it| remembered.contains(it)) {
                return None;
            }
            let person = by_address.get(email).copied().flatten().filter(|it| it.member_id.is_none())?;
            let is_anothers = *has != person.external_id && (managed.contains(has) || held.is_shared(has));
            // An address that the directory changed, or gives to another one of these, settles nothing.
            let agrees = || listed.get(&person.external_id).is_none_or(|it| *it == Some(email));
            let passed_on = || listed.get(has).is_some_and(|it| *it == Some(email));
            let given = || input.ledger.may_have_given(member.id.as_ref(), has);
            (is_anothers && agrees() && !passed_on() && !given()).then(|| person.external_id.clone())
        };
        let external_id = settled.or_else(by_address)?;
        // Also of protected people: whoever has one's id in exchange would be protected, or lose access, in the other's place.
        if input.server != ServerKind::Vaultwarden && member.id.is_none() {
            return None;
        }
        let before =
            member.id.as_ref().and_then(|it| refused_before(RefusedKind::MemberId, it.as_str(), input));
        Some((place, Subject { name: email.to_owned(), external_id }, before))
    });
    found.for_each(|it| wrong.add(it));
    wrong.add_copies(copies::members(input, state, &wrong.places()), input, |place| {
        let member = &state.members[place];
        Some((RefusedKind::MemberId, member.id.as_ref()?.as_str(), member.email.as_str()))
    });
    held.possible(&mut wrong);
    wrong
}

/// Groups that the ledger knows by the organization's own id, under another external id than theirs.
fn groups(input: &PlanInput<'_>, state: &OrganizationState) -> Wrong {
    let held = Held::new(state.groups.iter().map(|it| it.external_id.as_ref()));
    let known: HashMap<&str, &ManagedGroup> =
        input.ledger.groups.iter().filter_map(|it| Some((it.group_id.as_ref()?.as_str(), it))).collect();
    let managed: HashSet<&ExternalId> = input.ledger.groups.iter().map(|it| &it.external_id).collect();
    let mut wrong = Wrong::default();
    let found = state.groups.iter().enumerate().filter_map(|(place, group)| {
        let (has, id) = (group.external_id.as_ref()?, group.id.as_ref()?.as_str());
        let known = known.get(id)?;
        let is_anothers = *has != known.external_id && (managed.contains(has) || held.is_shared(has));
        if !is_anothers {
            return None;
        }
        let about = Subject { name: group.name.clone(), external_id: known.external_id.clone() };
        Some((place, about, refused_before(RefusedKind::GroupId, id, input)))
    });
    found.for_each(|it| wrong.add(it));
    wrong.add_copies(copies::groups(input, state), input, |place| {
        let group = &state.groups[place];
        Some((RefusedKind::GroupId, group.id.as_ref()?.as_str(), group.name.as_str()))
    });
    held.possible(&mut wrong);
    wrong
}

/// The addresses that the directory gives now to those whom the ledger knows.
fn addresses_listed<'a>(input: &PlanInput<'a>) -> HashMap<&'a ExternalId, Option<&'a str>> {
    let desired = input.desired;
    let everybody = desired.everybody().iter().zip(input.identity.people());
    everybody.filter_map(|(it, id)| Some((id.as_ref()?, it.email.map(|it| desired.text(it))))).collect()
}

fn refused_before(kind: RefusedKind, id: &str, input: &PlanInput<'_>) -> Option<RefusedBefore> {
    let since = |at: Timestamp| input.now.0.saturating_sub(at.0);
    let waits = |at| (0..NOT_AGAIN_FOR).contains(&since(at));
    let mut refused = input.ledger.refused.iter().filter(|_| !input.resend);
    refused.find(|it| it.kind == kind && it.id == id && waits(it.tried_at)).cloned()
}
