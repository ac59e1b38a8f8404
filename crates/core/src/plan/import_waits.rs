//! What is done where no import can be sent: everything that needs none.

use super::change::{Change, Subject};
use super::refusal::Refusal;
use super::{Plan, PlanInput};
use crate::ledger::{ManagedPerson, RefusedKind};
use crate::names::{ExternalId, MemberId};
use crate::observed::{Membership, Observed, ServerKind};
use crate::wire::Request;
use hashbrown::HashSet;

impl Plan {
    /// Leaves out what only an import can do, where none can be sent. What concerns groups alone holds back the groups alone.
    pub(super) fn hold_import(&mut self, input: &PlanInput<'_>) {
        let only_groups =
            self.waits_for.iter().all(|it| matches!(it, Refusal::RepeatedExternalId { of_groups: true, .. }));
        if self.waits_for.is_empty() {
            return;
        }
        self.keep_invitations();
        let repeated: Vec<ExternalId> =
            self.waits_for.iter().filter_map(Refusal::repeated_person).cloned().collect();
        self.double_nobody(&repeated);
        self.sent.whole = None;
        self.sent.import.groups.clear();
        // Nobody knows who of them is meant, unless the ledger does.
        let is_clear = |about: &Subject| {
            let is_it =
                |it: &ManagedPerson| it.external_id == about.external_id && it.email.as_str() == about.name;
            !repeated.contains(&about.external_id) || input.ledger.people.iter().any(is_it)
        };
        self.sent.keep_scope(is_clear);
        if !only_groups {
            self.sent.import.members.clear();
        }
        let out: Vec<Change> = self.changes.iter().filter_map(|it| self.taken_out(it, input)).collect();
        for change in &out {
            let Change::ChangeMembers { group, removed, .. } = change else { continue };
            if let Some(request) = take_out(group, removed, input) {
                self.sent.take(group.clone(), request);
            }
        }
        let kept: HashSet<(Subject, RefusedKind)> = self.sent.kinds();
        let named: HashSet<&ExternalId> = self.sent.import.members.iter().map(|it| &it.external_id).collect();
        let is_single = |about: &Subject, kind| kept.contains(&(about.clone(), kind));
        let taken: HashSet<Subject> = self.sent.taken_from();
        let changes = self.changes.iter().filter(|change| match change {
            Change::Invite { person, .. } | Change::Stage { person, .. } | Change::Adopt { person, .. } => {
                named.contains(&person.external_id)
            }
            Change::Revoke { person, .. } | Change::Remove { person, .. } => {
                taken.contains(person) || named.contains(&person.external_id)
            }
            Change::Restore { person, .. } => {
                is_single(person, RefusedKind::Restore) || named.contains(&person.external_id)
            }
            Change::ReplaceExternalId { person, .. } => is_single(person, RefusedKind::MemberId),
            Change::AdoptGroup { group, .. } => is_single(group, RefusedKind::GroupId),
            Change::DeleteGroup { group, .. } => is_single(group, RefusedKind::DeleteGroup),
            Change::CreateGroup { .. } | Change::RenameGroup { .. } | Change::ChangeMembers { .. } => false,
        });
        let changes: Vec<Change> = changes.cloned().collect();
        self.changes = changes.into_iter().chain(out).collect();
    }

    /// What of a change of members needs no import: who has to leave a group is taken out by a request for that group.
    fn taken_out(&self, change: &Change, input: &PlanInput<'_>) -> Option<Change> {
        let Change::ChangeMembers { group, removed, outside, before, cause, .. } = change else {
            return None;
        };
        let repeated = |it: &Refusal| matches!(it, Refusal::RepeatedExternalId { external_id, of_groups: true, .. } if *external_id == group.external_id);
        let leaving: HashSet<&str> =
            self.removals().filter_map(|it| Some(it.person()?.external_id.as_str())).collect();
        let removed: Vec<String> =
            removed.iter().filter(|it| !leaving.contains(it.as_str())).cloned().collect();
        let known = take_out(group, &removed, input).is_some();
        (known && !removed.is_empty() && !self.waits_for.iter().any(repeated)).then(|| {
            Change::ChangeMembers {
                group: group.clone(),
                added: Vec::new(),
                outside: outside.iter().filter(|it| removed.contains(it)).cloned().collect(),
                removed,
                before: *before,
                cause: *cause,
            }
        })
    }

    /// Nobody gets back an id that another one has a copy of: on the server two would have it.
    fn double_nobody(&mut self, repeated: &[ExternalId]) {
        for request in self.sent.single() {
            if matches!(&request, Request::PutMember { external_id, .. } if repeated.contains(external_id)) {
                self.give_up(&request);
            }
        }
    }
}

/// The request that takes these members out of a group; None where the organization does not show all of them.
fn take_out(group: &Subject, removed: &[String], input: &PlanInput<'_>) -> Option<Request> {
    let Observed::Live(state) = input.observed else { return None };
    if input.server == ServerKind::Vaultwarden {
        return None;
    }
    let found = state.groups.iter().find(|it| it.external_id.as_ref() == Some(&group.external_id))?;
    let Membership::Read(places) = &found.members else { return None };
    let inside = || places.iter().map(|&place| &state.members[place]);
    let of_name = |name: &String| {
        let mut named = inside().filter(|it| {
            it.external_id.as_ref().is_some_and(|id| id.as_str() == name) || it.email.as_str() == name
        });
        let member = named.next()?;
        // Of two with one id nobody knows who is meant.
        named.next().is_none().then(|| member.id.clone()).flatten()
    };
    let members: Option<Vec<MemberId>> = removed.iter().map(of_name).collect();
    Some(Request::TakeOut { group: found.id.clone()?, members: members? })
}
