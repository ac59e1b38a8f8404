//! What a plan goes without because the server refuses it for one person or group: everything else is carried out.
//!
//! An import goes by external ids. Where a new one is refused, the import that follows names the person or group by the id that
//! it has; and who was to get that id waits, or would inherit what belongs to somebody else.

use super::change::Change;
use super::standing::Standing;
use super::{Plan, PlanInput};
use crate::import::RefusedRecord;
use crate::ledger::{RefusedBefore, RefusedKind};
use crate::names::{ExternalId, Timestamp};
use crate::observed::{ChangedId, ObservedMember, OrganizationState};
use crate::wire::{ImportMember, ImportRequest, Request};
use hashbrown::{HashMap, HashSet};

/// Ids that members or groups keep: by the id that was refused, the one that they have, where they have one.
#[derive(Default)]
struct Kept {
    members: HashMap<ExternalId, Option<ExternalId>>,
    /// Addresses of members who stay although they were to be removed: nobody is invited under them.
    addresses: HashSet<String>,
    groups: HashMap<ExternalId, Option<ExternalId>>,
}

impl Plan {
    /// Leaves out what the server refused within the last day, where nothing about it has changed since, unless everything is
    /// asked for again.
    pub(super) fn hold_back(&mut self, input: &PlanInput<'_>) {
        let some = !input.ledger.refused.is_empty() && !input.resend;
        let Some(state) = input.observed.state().filter(|_| some) else { return };
        let before: HashMap<(RefusedKind, &str), &RefusedBefore> =
            input.ledger.refused.iter().map(|it| ((it.kind, it.id.as_str()), it)).collect();
        for request in self.sent.single() {
            let Some(known) = RefusedKind::of(&request).and_then(|key| before.get(&key)) else { continue };
            let Some(about) = self.about(&request).cloned() else { continue };
            if !known.waits(&self.mark(&request, state), input.now) {
                continue;
            }
            self.give_up(&request);
            let (what, reason, since) = (known.kind, known.reason.clone(), known.since);
            self.standing.push(Standing::Refused { what, about, reason, since });
            self.held.push((*known).clone());
        }
        if !self.held.is_empty() && self.is_empty() {
            // All that is left to do is what waits.
            self.sent.whole = None;
            self.sent.import.members.clear();
            self.sent.import.groups.clear();
        }
    }

    /// This plan without a request about one person or group, and without the change that it was for.
    pub fn give_up(&mut self, request: &Request) {
        let Some(about) = self.about(request).cloned() else { return };
        let kept = self.kept_ids(std::slice::from_ref(request));
        rewrite(&mut self.sent.import, &kept);
        if let Some(whole) = &mut self.sent.whole {
            rewrite(whole, &kept);
        }
        let kind = RefusedKind::of(request).map(|(kind, _)| kind);
        let stays_held = |id: &ExternalId| kept.members.values().flatten().any(|it| it == id);
        // Whoever was to get an id that stays with somebody else waits, and is named.
        let waiting = self.changes.iter().filter_map(|change| match change {
            Change::Invite { person, .. } | Change::Stage { person, .. } => Some(person),
            _ => None,
        });
        let waiting = waiting.filter(|it| stays_held(&it.external_id)).map(|person| {
            let (person, holder) = (person.clone(), about.name.clone());
            Standing::ExternalIdTaken { person, holder }
        });
        self.standing.extend(waiting.collect::<Vec<_>>());
        for id in &mut self.ids {
            *id = id.take().filter(|it| !stays_held(it));
        }
        self.changes.retain(|change| match (kind, change) {
            (Some(RefusedKind::Restore), Change::Restore { person, .. })
            | (Some(RefusedKind::MemberId), Change::ReplaceExternalId { person, .. }) => *person != about,
            (Some(RefusedKind::GroupId), Change::AdoptGroup { group, .. })
            | (Some(RefusedKind::DeleteGroup), Change::DeleteGroup { group, .. }) => *group != about,
            // Their ids stay with others.
            (_, Change::Invite { person, .. } | Change::Stage { person, .. }) => {
                !stays_held(&person.external_id)
            }
            (_, Change::CreateGroup { group, .. }) => {
                !kept.groups.values().flatten().any(|it| *it == group.external_id)
            }
            _ => true,
        });
        self.sent.forget(request);
    }

    /// This plan without what a rule of the server forbids, which stays as a difference.
    #[must_use]
    pub fn without_forbidden(
        mut self,
        forbidden: &[(Request, RefusedRecord)],
        remembered: &[RefusedBefore],
    ) -> Self {
        for (request, record) in forbidden {
            let Some((what, id)) = RefusedKind::of(request) else { continue };
            let Some(about) = self.about(request).cloned() else { continue };
            let Some(known) = remembered.iter().find(|it| it.kind == what && it.id == id) else { continue };
            self.give_up(request);
            let (reason, since) = (record.reason.clone(), known.since);
            self.standing.push(Standing::Refused { what, about, reason, since });
        }
        self
    }

    /// An import of this plan, as it is sent after the server has refused these requests.
    pub fn after_refusals(&self, mut import: ImportRequest, refused: &[Request]) -> ImportRequest {
        rewrite(&mut import, &self.kept_ids(refused));
        import
    }

    /// Which of the requests that the server refused were refused for the same reason before, when nothing was different.
    pub fn is_known_refusal(&self, request: &Request, reason: &str, input: &PlanInput<'_>) -> bool {
        let Some(state) = input.observed.state() else { return false };
        let Some((kind, id)) = RefusedKind::of(request) else { return false };
        let mark = self.mark(request, state);
        let is_same = |it: &&RefusedBefore| it.kind == kind && it.id == id;
        let known = input.ledger.refused.iter().find(is_same);
        known.is_some_and(|it| it.mark == mark && it.reason == reason)
    }

    /// What is remembered of refusals: those that this plan went by, and those that it met.
    pub fn refusals_after(
        &self,
        met: &[(Request, RefusedRecord)],
        input: &PlanInput<'_>,
        now: Timestamp,
    ) -> Vec<RefusedBefore> {
        let mut all = self.held.clone();
        let Some(state) = input.observed.state() else { return all };
        for (request, record) in met {
            let Some((kind, id)) = RefusedKind::of(request) else { continue };
            let known = self.is_known_refusal(request, &record.reason, input);
            let before = input.ledger.refused.iter().find(|it| it.kind == kind && it.id == id);
            let since = before.filter(|_| known).map_or(now, |it| it.since);
            let (mark, reason) = (self.mark(request, state), record.reason.clone());
            all.push(RefusedBefore { kind, id: id.to_owned(), mark, reason, since, tried_at: now });
        }
        all
    }

    /// What directory and organization hold of whom a request is about.
    fn mark(&self, request: &Request, state: &OrganizationState) -> String {
        let about = self.about(request);
        let name = about.map_or("", |it| it.name.as_str());
        let id = about.map_or("", |it| it.external_id.as_str());
        let held = match request {
            Request::Restore(member) | Request::PutMember { id: member, .. } => {
                let found = state.members.iter().find(|it| it.id.as_ref() == Some(member));
                // Also what somebody changed the id to.
                let id = |it: &ObservedMember| match &it.changed_id {
                    None => it.external_id.clone(),
                    Some(ChangedId::Cleared) => None,
                    Some(ChangedId::Other(held)) => Some(held.clone()),
                };
                found.map(|it| format!("{:?}", (it.email.as_str(), id(it), it.status, it.role)))
            }
            Request::PutGroup { id: group, .. } | Request::DeleteGroup(group) => {
                let found = state.groups.iter().find(|it| it.id.as_ref() == Some(group));
                found.map(|it| format!("{:?}", (&it.name, &it.external_id)))
            }
            _ => None,
        };
        format!("{:?}", (name, id, held.unwrap_or_default()))
    }

    fn kept_ids(&self, refused: &[Request]) -> Kept {
        let mut kept = Kept::default();
        for request in refused {
            let Some(about) = self.about(request) else { continue };
            let of_change = |change: &Change| match (request, change) {
                (Request::PutMember { .. }, Change::ReplaceExternalId { person, old, .. }) => {
                    (person == about).then(|| Some(old.clone()))
                }
                (Request::PutGroup { .. }, Change::AdoptGroup { group, old, .. }) => {
                    (group == about).then(|| old.clone())
                }
                _ => None,
            };
            let old = self.changes.iter().find_map(of_change).flatten();
            match request {
                Request::PutMember { external_id, .. } => drop(kept.members.insert(external_id.clone(), old)),
                Request::PutGroup { external_id, .. } => drop(kept.groups.insert(external_id.clone(), old)),
                Request::Remove(_) => drop(kept.addresses.insert(about.name.clone())),
                Request::InviteAnew { from, .. } => drop(kept.addresses.insert(from.clone())),
                _ => {}
            }
        }
        kept
    }
}

/// Names people and groups by the ids that they keep, and leaves out who was to get one of these.
fn rewrite(import: &mut ImportRequest, kept: &Kept) {
    let still_held: HashSet<&ExternalId> = kept.members.values().flatten().collect();
    import.members.retain(|it| !still_held.contains(&it.external_id));
    let stays = |it: &ImportMember| it.email.as_ref().is_some_and(|it| kept.addresses.contains(it));
    import.members.retain(|it| it.deleted || !stays(it));
    import.members.retain_mut(|it| keep(&mut it.external_id, &kept.members));
    let still_held_groups: HashSet<&ExternalId> = kept.groups.values().flatten().collect();
    import.groups.retain(|it| !still_held_groups.contains(&it.external_id));
    import.groups.retain_mut(|it| keep(&mut it.external_id, &kept.groups));
    for group in &mut import.groups {
        group.member_external_ids.retain(|it| !still_held.contains(it));
        group.member_external_ids.retain_mut(|it| keep(it, &kept.members));
    }
}

/// Whether it goes by an id that the organization knows; by which, where another one was refused.
fn keep(id: &mut ExternalId, kept: &HashMap<ExternalId, Option<ExternalId>>) -> bool {
    match kept.get(id) {
        None => true,
        Some(Some(old)) => {
            *id = old.clone();
            true
        }
        Some(None) => false,
    }
}
