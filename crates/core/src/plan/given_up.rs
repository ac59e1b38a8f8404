//! What a plan goes without because the server refuses it for one person or group: everything else is carried out.
//!
//! An import goes by external ids. Where a new one is refused, the import that follows names the person or group by the id that
//! it has; and who was to get that id waits, or would inherit what belongs to somebody else.

use super::change::{Cause, Change, Subject};
use super::mends::Mends;
use super::standing::Standing;
use super::{Plan, PlanInput};
use crate::import::RefusedRecord;
use crate::ledger::{RefusedBefore, RefusedKind};
use crate::names::{ExternalId, MemberId, Timestamp};
use crate::observed::{Observed, ObservedMember, OrganizationState};
use crate::wire::{ImportMember, ImportRequest, Request};
use hashbrown::{HashMap, HashSet};

/// Ids that members or groups keep: by the id that was refused, the one that they have, where they have one.
#[derive(Default)]
struct Kept {
    members: HashMap<ExternalId, Option<ExternalId>>,
    /// Ids that our runs gave, and somebody changed: they are nobody else's all the same.
    reserved: HashSet<ExternalId>,
    /// Addresses of members who stay although they were to be removed: nobody is invited under them.
    addresses: HashSet<String>,
    groups: HashMap<ExternalId, Option<ExternalId>>,
}

impl Kept {
    /// Whether a member keeps this id, who is another one than the one whom it was for.
    fn is_held(&self, id: &ExternalId) -> bool {
        let is_kept = || self.members.values().flatten().any(|it| it == id);
        !self.members.contains_key(id) && (self.reserved.contains(id) || is_kept())
    }

    fn name(&self, id: &ExternalId) -> Option<ExternalId> {
        name(id, &self.members).filter(|_| !self.is_held(id))
    }

    /// Whether the organization knows by it whom it means; it becomes the id that it has.
    fn keep(&self, id: &mut ExternalId) -> bool {
        let name = self.name(id);
        let is_known = name.is_some();
        if let Some(name) = name {
            *id = name;
        }
        is_known
    }
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
        if !self.held.is_empty() {
            self.send_nothing_for_nothing();
        }
    }

    /// Where all that is left to do is what waits or is left alone, nothing is sent.
    pub(super) fn send_nothing_for_nothing(&mut self) {
        if self.is_empty() {
            self.sent.whole = None;
            self.sent.import.members.clear();
            self.sent.import.groups.clear();
        }
    }

    /// This plan without a request about one person or group, and without the change that it was for.
    pub fn give_up(&mut self, request: &Request) {
        let Some(about) = self.about(request).cloned() else { return };
        let kept = self.kept_ids(std::slice::from_ref(request));
        let kind = RefusedKind::of(request).map(|(kind, _)| kind);
        self.changes.retain(|change| match (kind, change) {
            (Some(RefusedKind::Restore), Change::Restore { person, .. })
            | (
                Some(RefusedKind::MemberId),
                Change::ReplaceExternalId { person, .. } | Change::Adopt { person, cause: Cause::IdChanged },
            ) => *person != about,
            (Some(RefusedKind::GroupId), Change::AdoptGroup { group, .. })
            | (Some(RefusedKind::DeleteGroup), Change::DeleteGroup { group, .. }) => *group != about,
            _ => true,
        });
        self.sent.forget(request);
        self.go_by(&kept, &about.name);
    }

    /// Names members and groups in the import by the ids that they have, which are those of others: by the right one, the one that it
    /// has and, of members, the address.
    pub(super) fn go_by_ids_held<'m>(
        &mut self,
        members: impl Iterator<Item = (ExternalId, Option<ExternalId>, &'m str)>,
        groups: impl Iterator<Item = (ExternalId, Option<ExternalId>)>,
    ) {
        let mut kept = Kept { groups: groups.collect(), ..Kept::default() };
        let mut holder = "";
        for (ours, held, address) in members {
            kept.members.insert(ours, held);
            holder = address;
        }
        if !kept.members.is_empty() || !kept.groups.is_empty() {
            self.go_by(&kept, holder);
        }
    }

    /// Goes on with ids that members and groups keep. Whoever was to get one of these waits, and is named.
    fn go_by(&mut self, kept: &Kept, holder: &str) {
        rewrite(&mut self.sent.import, kept);
        if let Some(whole) = &mut self.sent.whole {
            rewrite(whole, kept);
        }
        self.give_nobody(kept, holder);
        let stays_held = |id: &ExternalId| kept.is_held(id);
        let waiting = self.changes.iter().filter_map(|change| match change {
            Change::Invite { person, .. } | Change::Stage { person, .. } => Some(person),
            _ => None,
        });
        let waiting = waiting.filter(|it| stays_held(&it.external_id)).map(|person| {
            let (person, holder) = (person.clone(), holder.to_owned());
            Standing::ExternalIdTaken { person, holder }
        });
        self.standing.extend(waiting.collect::<Vec<_>>());
        for id in &mut self.ids {
            *id = id.take().filter(|it| !stays_held(it));
        }
        for request in self.sent.single() {
            if matches!(&request, Request::InviteAnew { external_id, .. } if stays_held(external_id)) {
                self.sent.forget(&request);
            }
        }
        self.changes.retain(|change| match change {
            // Their ids stay with others.
            Change::Invite { person, .. } | Change::Stage { person, .. } => !stays_held(&person.external_id),
            Change::CreateGroup { group, .. } => {
                !kept.groups.values().flatten().any(|it| *it == group.external_id)
            }
            // No import can name a group without an id.
            Change::ChangeMembers { group, .. } | Change::RenameGroup { group, .. } => {
                kept.groups.get(&group.external_id) != Some(&None)
            }
            _ => true,
        });
        self.changes.iter_mut().for_each(|it| name_by_kept_ids(it, kept));
        self.changes.retain(|it| !is_nothing(it));
    }

    /// No member gets an id by a request of its own that another one keeps: two would have it.
    fn give_nobody(&mut self, kept: &Kept, holder: &str) {
        let requests = self.sent.single().into_iter();
        let given = requests
            .filter(|it| matches!(it, Request::PutMember { external_id, .. } if kept.is_held(external_id)));
        for request in given.collect::<Vec<_>>() {
            if let Some(person) = self.about(&request).cloned() {
                let holder = holder.to_owned();
                self.standing.push(Standing::ExternalIdTaken { person, holder });
                self.give_up(&request);
            }
        }
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
        let without_seat = self.without_seat(refused);
        import.members.retain(|it| it.deleted || !without_seat.contains(&it.external_id));
        if !without_seat.is_empty() {
            for group in &mut import.groups {
                let kept = group.member_external_ids.iter().filter(|it| !without_seat.contains(*it));
                group.member_external_ids = kept.cloned().collect();
            }
        }
        import
    }

    /// Which of the requests that the server refused were refused for the same reason before, when nothing was different.
    pub fn is_known_refusal(&self, request: &Request, reason: &str, input: &PlanInput<'_>) -> bool {
        let shown = as_shown(input);
        let Some(state) = shown.as_ref().or(input.observed.state()) else { return false };
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
        if met.is_empty() {
            return all;
        }
        let shown = as_shown(input);
        let Some(state) = shown.as_ref().or(input.observed.state()) else { return all };
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
        mark(request, self.about(request), state)
    }

    /// What somebody made of the id of the member whom a request is about; None: it is as our runs left it.
    fn held_by(&self, request: &Request) -> Option<Option<ExternalId>> {
        let Request::PutMember { id, .. } = request else { return None };
        self.recognized.values().find(|it| it.member == *id).map(|it| it.held.clone())
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
            let old = match self.held_by(request) {
                None => old,
                Some(held) => {
                    kept.reserved.extend(old);
                    held
                }
            };
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

/// What directory and organization hold of whom a request is about.
fn mark(request: &Request, about: Option<&Subject>, state: &OrganizationState) -> String {
    let name = about.map_or("", |it| it.name.as_str());
    let id = about.map_or("", |it| it.external_id.as_str());
    let held = match request {
        Request::Restore(member) | Request::PutMember { id: member, .. } => {
            let found = state.members.iter().find(|it| it.id.as_ref() == Some(member));
            // Also what somebody changed the id to.
            let id = |it: &ObservedMember| match &it.changed_id {
                None => it.external_id.clone(),
                Some(changed) => changed.held().cloned(),
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

/// Whether the server has refused within the day to give this member access again, where nothing about it has changed since.
pub(super) fn restoration_waits(
    about: &Subject,
    member: &MemberId,
    input: &PlanInput<'_>,
    state: &OrganizationState,
) -> bool {
    let request = Request::Restore(member.clone());
    let mut before = input.ledger.refused.iter().filter(|_| !input.resend);
    before.any(|it| {
        it.kind == RefusedKind::Restore
            && it.id == member.as_str()
            && it.waits(&mark(&request, Some(about), state), input.now)
    })
}

/// The organization as plans are made for it, with the ids that are set right in it; None: as it is.
fn as_shown(input: &PlanInput<'_>) -> Option<OrganizationState> {
    match Mends::of(input).observed(input)? {
        Observed::Live(state) | Observed::Believed(state) => Some(state),
        Observed::Unknown => None,
    }
}

/// A group's change of members by the ids that they keep, without whoever waits for one of these.
fn name_by_kept_ids(change: &mut Change, kept: &Kept) {
    let Change::ChangeMembers { added, .. } = change else { return };
    let named = added.iter().map(|it| kept.name(&ExternalId::new(it.as_str())));
    *added = named.flatten().map(|it| it.as_str().to_owned()).collect();
}

fn is_nothing(change: &Change) -> bool {
    matches!(change, Change::ChangeMembers { added, removed, .. } if added.is_empty() && removed.is_empty())
}

/// Names people and groups by the ids that they keep, and leaves out who was to get one of these.
fn rewrite(import: &mut ImportRequest, kept: &Kept) {
    let stays = |it: &ImportMember| it.email.as_ref().is_some_and(|it| kept.addresses.contains(it));
    import.members.retain(|it| it.deleted || !stays(it));
    import.members.retain_mut(|it| kept.keep(&mut it.external_id));
    import.groups.retain_mut(|it| match name(&it.external_id, &kept.groups) {
        Some(name) => {
            it.external_id = name;
            true
        }
        None => false,
    });
    for group in &mut import.groups {
        let mut ids = group.member_external_ids.to_vec();
        ids.retain_mut(|it| kept.keep(it));
        group.member_external_ids = ids.into();
    }
}

/// The id by which the organization knows whom this one means; None: by none, or it knows another one by it.
fn name(id: &ExternalId, kept: &HashMap<ExternalId, Option<ExternalId>>) -> Option<ExternalId> {
    match kept.get(id) {
        Some(held) => held.clone(),
        None if kept.values().flatten().any(|it| it == id) => None,
        None => Some(id.clone()),
    }
}
