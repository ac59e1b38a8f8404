//! From a plan to requests, in order.

use super::change::{Cause, Change, Kept, KeptBecause, Subject};
use super::leavers::is_protected;
use super::roster::Roster;
use super::{Evidence, Index, Plan, PlanInput, Refusal};
use crate::import::{BATCH, BatchSize, RefusedRecord, batches, official_request, without};
use crate::names::ExternalId;
use crate::observed::{MemberStatus, ObservedMember, Role, ServerKind};
use crate::wire::{ImportMember, ImportRequest, Request};
use hashbrown::{HashMap, HashSet};

impl Plan {
    /// What is sent, in order: what takes access (it frees seats), new ids for members and groups (the import finds them by
    /// these), the import or its batches, what gives access back.
    pub fn requests(&self) -> Vec<Request> {
        let mut requests: Vec<Request> = self.takings.iter().chain(&self.repairs).cloned().collect();
        if let Some(whole) = &self.whole {
            requests.push(Request::WholeImport(whole.clone()));
        } else if !self.import.members.is_empty() || !self.import.groups.is_empty() {
            let counted = self.large_import || self.server == ServerKind::OfficialCloud;
            let entries = if counted { BATCH } else { usize::MAX };
            let limit = BatchSize { entries, bytes: BatchSize::BYTES };
            requests.extend(batches(self.import.clone(), limit).into_iter().map(Request::Import));
        }
        requests.extend(self.restorations.iter().cloned());
        requests
    }
}

impl Plan {
    /// The groups that appear, each with the members that are sent for it.
    pub fn new_groups(&self) -> impl Iterator<Item = (&ExternalId, &[ExternalId])> {
        let new: HashSet<&ExternalId> = self
            .changes
            .iter()
            .filter_map(|it| {
                if let Change::CreateGroup { group, .. } = it { Some(&group.external_id) } else { None }
            })
            .collect();
        let groups = self.import.groups.iter().filter(move |it| new.contains(&it.external_id));
        groups.map(|it| (&it.external_id, it.member_external_ids.as_slice()))
    }

    /// This plan without records that the server did not take.
    #[must_use]
    pub fn without(mut self, refused: &[RefusedRecord]) -> Self {
        without(&mut self.import, refused);
        self
    }

    fn restored(&self) -> impl Iterator<Item = &str> {
        self.changes.iter().filter_map(|change| match change {
            Change::Restore { person, .. } => Some(person.external_id.as_str()),
            _ => None,
        })
    }
}

/// With `overwriteExisting` the whole desired state goes out in one request, and the plan names everybody whom the server
/// will delete for it. Members whom no removal may touch are listed in it, so that the server leaves them alone.
pub(super) fn overwrite(input: &PlanInput<'_>, index: &Index<'_>, people: &Roster<'_>, plan: &mut Plan) {
    if !input.sync.overwrite_existing || !input.desired.people_wanted() {
        return;
    }
    if input.sync.large_import && plan.totals.people + plan.totals.groups > BATCH {
        plan.refusals.push(Refusal::OverwriteWithLargeImport);
        return;
    }
    // Of a group whose members were not read, nobody could count who would go out.
    let certain = index.sources.all_read() && index.sources.all_known() && plan.unread.is_empty();
    if plan.baseline || plan.evidence != Evidence::Live || !certain {
        plan.overwrite_withheld = true;
        return;
    }
    let mut members = people.live.clone();
    let live: HashSet<ExternalId> = members.iter().map(|it| it.external_id.clone()).collect();
    let leaving: HashMap<ExternalId, bool> = plan
        .removals()
        .filter_map(|change| match change {
            Change::Revoke { person, .. } => Some((person.external_id.clone(), true)),
            Change::Remove { person, .. } => Some((person.external_id.clone(), false)),
            _ => None,
        })
        .collect();
    let kept: HashMap<ExternalId, usize> =
        plan.kept.iter().enumerate().map(|(number, it)| (it.person.external_id.clone(), number)).collect();
    // The server looks at those whom the same request marks as deleted, too.
    let deleted: HashSet<&str> =
        plan.import.members.iter().filter(|it| it.deleted).map(|it| it.external_id.as_str()).collect();
    let mut pending: Vec<String> = index
        .state
        .into_iter()
        .flat_map(|it| &it.members)
        .filter(|it| it.external_id.as_ref().is_some_and(|id| deleted.contains(id.as_str())))
        .filter(|it| has_not_joined(it))
        .map(|it| it.email.as_str().to_owned())
        .collect();
    let mut overwritten = HashSet::new();
    for member in index.state.into_iter().flat_map(|it| &it.members) {
        let Some(id) = member.external_id.as_ref().filter(|it| !it.as_str().trim().is_empty()) else {
            continue;
        };
        if live.contains(id) || leaving.get(id) == Some(&false) || people.replaced.contains_key(id.as_str()) {
            continue;
        }
        let person = Subject { name: member.email.as_str().to_owned(), external_id: id.clone() };
        // Vaultwarden restores whom it is shown, unless as deleted: that counts as listed, and takes nothing more away.
        let deleted = input.server == ServerKind::Vaultwarden && member.status == MemberStatus::Revoked;
        let listed = ImportMember { email: Some(person.name.clone()), external_id: id.clone(), deleted };
        if leaving.contains_key(id) {
            // Listed, the server leaves a revoked member as he is; Vaultwarden's `deleted` entry is in the import.
            members.extend((input.server != ServerKind::Vaultwarden).then_some(listed));
            continue;
        }
        let reason = kept.get(id).map(|&number| plan.kept[number].because.clone());
        if reason.is_some_and(|because| because != KeptBecause::AsToday) {
            members.push(listed);
            continue;
        }
        let because = if member.role != Role::User {
            Some(KeptBecause::Role)
        } else if people.emails.contains(member.email.as_str()) {
            Some(KeptBecause::AddressInUse)
        } else {
            is_protected(member, id.as_str(), member.email.as_str(), input).then_some(KeptBecause::Protected)
        };
        if let Some(because) = because {
            members.push(listed);
            plan.kept.push(Kept { person, cause: Some(Cause::Overwritten), because });
            continue;
        }
        if has_not_joined(member) {
            pending.push(person.name.clone());
        }
        overwritten.insert(id.clone());
        plan.changes.push(Change::Remove { person, cause: Cause::Overwritten });
    }
    plan.kept.retain(|kept| !overwritten.contains(&kept.person.external_id));
    if !pending.is_empty() && input.server != ServerKind::Vaultwarden {
        plan.refusals.push(Refusal::ServerRefusesOverwrite { pending });
    }
    if plan.changes.is_empty() {
        return;
    }
    if input.server == ServerKind::Vaultwarden {
        let restored: HashSet<&str> = plan.restored().collect();
        let revoked = |it: &ImportMember| {
            let number = index.by_external_id.get(it.external_id.as_str());
            number.is_some_and(|&number| index.member(number).status == MemberStatus::Revoked)
        };
        for member in &mut members {
            member.deleted |= revoked(member) && !restored.contains(member.external_id.as_str());
        }
    }
    members.extend(plan.import.members.iter().filter(|it| it.deleted).cloned());
    let groups = whole_groups(input, people);
    plan.whole = Some(ImportRequest { groups, members, overwrite_existing: true, ..plan.import.clone() });
}

/// Whether nobody has accepted the invitation. Of a revoked member it cannot be told.
fn has_not_joined(member: &ObservedMember) -> bool {
    matches!(member.status, MemberStatus::Invited | MemberStatus::Staged)
}

fn whole_groups(input: &PlanInput<'_>, people: &Roster<'_>) -> Vec<crate::wire::ImportGroup> {
    if !input.sync.groups {
        return Vec::new();
    }
    let mut groups = official_request(input.desired, input.sync).groups;
    for (number, group) in groups.iter_mut().enumerate() {
        let listed = input.desired.members(number).iter();
        group.member_external_ids =
            listed.filter_map(|&person| people.ids[person as usize].clone()).collect();
    }
    groups
}
