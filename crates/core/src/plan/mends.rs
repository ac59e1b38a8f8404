//! External ids that somebody exchanged, or gave to two: whom the ledger knows under an address, and which group by the
//! organization's own id, gets the id back that was pushed.
//!
//! On Bitwarden's server two members or groups with one id let every import fail. So these ids are set right before anything else
//! is decided: the rest of a plan is made for the organization as it will be then.

use super::change::{Cause, Change, Subject};
use super::leavers::is_protected;
use super::standing::Standing;
use super::{Plan, PlanInput};
use crate::ledger::{ManagedGroup, ManagedPerson, RefusedBefore, RefusedKind};
use crate::names::{ExternalId, MemberId, Timestamp};
use crate::observed::{MemberStatus, Observed, ObservedMember, OrganizationState, ServerKind};
use crate::wire::{ImportMember, Request};
use hashbrown::{HashMap, HashSet};

/// What the server refused is not asked for again within a day, in milliseconds.
const NOT_AGAIN_FOR: i64 = 24 * 60 * 60 * 1000;

/// Whose id is set right: positions in the organization, with the id.
#[derive(Default)]
pub(super) struct Mends {
    members: Vec<(usize, ExternalId)>,
    groups: Vec<(usize, ExternalId)>,
    /// What the server refused within the last day.
    refused: Vec<(Subject, RefusedBefore)>,
}

impl Mends {
    pub(super) fn of(input: &PlanInput<'_>) -> Self {
        let Observed::Live(state) = input.observed else { return Self::default() };
        if !input.ledger.baseline_taken || !input.desired.people_wanted() {
            return Self::default();
        }
        let groups = input.sync.groups && input.server != ServerKind::Vaultwarden;
        let mut refused = Vec::new();
        let members = members(input, state, &mut refused);
        let groups = if groups { self::groups(input, state, &mut refused) } else { Vec::new() };
        Self { members, groups, refused }
    }

    /// The organization once the ids are right; None: they are.
    pub(super) fn observed(&self, input: &PlanInput<'_>) -> Option<Observed> {
        let Observed::Live(state) = input.observed else { return None };
        if self.members.is_empty() && self.groups.is_empty() {
            return None;
        }
        let mut state = state.clone();
        for (place, id) in &self.members {
            state.members[*place].external_id = Some(id.clone());
        }
        for (place, id) in &self.groups {
            state.groups[*place].external_id = Some(id.clone());
        }
        Some(Observed::Live(state))
    }

    /// Adds what sets them right to a plan that is made for the organization as it will be.
    pub(super) fn add_to(self, plan: &mut Plan, input: &PlanInput<'_>) {
        let Observed::Live(state) = input.observed else { return };
        let cause = Cause::ChangedThere;
        let (mut changes, mut requests) = (Vec::new(), Vec::new());
        for (place, id) in self.members {
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
            if is_listed && input.server == ServerKind::Vaultwarden {
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
        for (place, external_id) in self.groups {
            let found = &state.groups[place];
            let Some(id) = found.id.clone() else { continue };
            if let Some(request) = plan.sent.settles_group(&id) {
                plan.mended.push(request);
                continue;
            }
            let group = Subject { name: found.name.clone(), external_id: external_id.clone() };
            let name = found.name.clone();
            requests.push((group.clone(), Request::PutGroup { id, name, external_id }));
            changes.push(Change::AdoptGroup { group, old: found.external_id.clone(), cause });
        }
        for (about, before) in self.refused {
            let (what, reason, since) = (before.kind, before.reason.clone(), before.since);
            plan.standing.push(Standing::Refused { what, about, reason, since });
            plan.held.push(before);
        }
        plan.mended.extend(requests.iter().map(|(_, request)| request.clone()));
        plan.sent.repair_first(requests);
        plan.changes.splice(0..0, changes);
    }
}

/// Vaultwarden finds members by address, and gives them the id that stands there; whom it lists it restores, unless as deleted.
fn by_import(member: &ObservedMember, external_id: ExternalId) -> ImportMember {
    let deleted = member.status == MemberStatus::Revoked;
    ImportMember { email: Some(member.email.as_str().to_owned()), external_id, deleted }
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
    fn possible(&self, mut wrong: Vec<(usize, ExternalId)>) -> Vec<(usize, ExternalId)> {
        loop {
            let (before, moving) =
                (wrong.len(), wrong.iter().map(|(place, _)| *place).collect::<HashSet<_>>());
            wrong.retain(|(place, id)| self.places(id).iter().all(|it| it == place || moving.contains(it)));
            if wrong.len() == before {
                return wrong;
            }
        }
    }
}

/// Members whom the ledger knows by their address, under another id than theirs.
fn members(
    input: &PlanInput<'_>,
    state: &OrganizationState,
    refused: &mut Vec<(Subject, RefusedBefore)>,
) -> Vec<(usize, ExternalId)> {
    let held = Held::new(state.members.iter().map(|it| it.external_id.as_ref()));
    let mut by_address: HashMap<&str, Option<&ManagedPerson>> = HashMap::new();
    for person in &input.ledger.people {
        by_address.entry(person.email.as_str()).and_modify(|it| *it = None).or_insert(Some(person));
    }
    let by_membership: HashMap<&MemberId, &ManagedPerson> =
        input.ledger.people.iter().filter_map(|it| Some((it.member_id.as_ref()?, it))).collect();
    let managed: HashSet<&ExternalId> = input.ledger.people.iter().map(|it| &it.external_id).collect();
    let listed = addresses_listed(input);
    let wrong = state.members.iter().enumerate().filter_map(|(place, member)| {
        let (has, email) = (member.external_id.as_ref()?, member.email.as_str());
        // The membership's own id settles it; where none was noted, the address does, unless that is a matter of its own.
        let by_membership = member.id.as_ref().and_then(|it| by_membership.get(it).copied());
        let by_address = || by_address.get(email).copied().flatten().filter(|it| it.member_id.is_none());
        let person = by_membership.or_else(by_address)?;
        let is_anothers = *has != person.external_id && (managed.contains(has) || held.is_shared(has));
        // An address that the directory changed, or gives to another one of these, settles nothing.
        let agrees = || listed.get(&person.external_id).is_none_or(|it| *it == Some(email));
        let passed_on = || listed.get(has).is_some_and(|it| *it == Some(email));
        let settled = by_membership.is_some() || agrees() && !passed_on();
        let reachable = input.server == ServerKind::Vaultwarden || member.id.is_some();
        let protected = is_protected(member, has.as_str(), email, input)
            || is_protected(member, person.external_id.as_str(), email, input);
        if !is_anothers || !settled || !reachable || protected || may_be_ours(member, has, input) {
            return None;
        }
        let before =
            member.id.as_ref().and_then(|it| refused_before(RefusedKind::MemberId, it.as_str(), input));
        if let Some(before) = before {
            let external_id = person.external_id.clone();
            refused.push((Subject { name: email.to_owned(), external_id }, before));
            return None;
        }
        Some((place, person.external_id.clone()))
    });
    held.possible(wrong.collect())
}

/// Whether a run of ours that was cut off may have given the member this id.
fn may_be_ours(member: &ObservedMember, has: &ExternalId, input: &PlanInput<'_>) -> bool {
    let open = input.ledger.open_intents.iter().filter(|it| it.may_have_happened());
    open.map(|it| &it.request).any(|request| match request {
        Request::PutMember { id, .. } => member.id.as_ref() == Some(id),
        Request::Import(import) | Request::WholeImport(import) => {
            import.members.iter().any(|it| it.external_id == *has)
        }
        _ => false,
    })
}

/// Groups that the ledger knows by the organization's own id, under another external id than theirs.
fn groups(
    input: &PlanInput<'_>,
    state: &OrganizationState,
    refused: &mut Vec<(Subject, RefusedBefore)>,
) -> Vec<(usize, ExternalId)> {
    let held = Held::new(state.groups.iter().map(|it| it.external_id.as_ref()));
    let known: HashMap<&str, &ManagedGroup> =
        input.ledger.groups.iter().filter_map(|it| Some((it.group_id.as_ref()?.as_str(), it))).collect();
    let managed: HashSet<&ExternalId> = input.ledger.groups.iter().map(|it| &it.external_id).collect();
    let wrong = state.groups.iter().enumerate().filter_map(|(place, group)| {
        let (has, id) = (group.external_id.as_ref()?, group.id.as_ref()?.as_str());
        let known = known.get(id)?;
        let is_anothers = *has != known.external_id && (managed.contains(has) || held.is_shared(has));
        if !is_anothers {
            return None;
        }
        if let Some(before) = refused_before(RefusedKind::GroupId, id, input) {
            let (name, external_id) = (group.name.clone(), known.external_id.clone());
            refused.push((Subject { name, external_id }, before));
            return None;
        }
        Some((place, known.external_id.clone()))
    });
    held.possible(wrong.collect())
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
