//! What a plan sends, in order.

use super::Plan;
use super::change::{Cause, Change, Subject};
use crate::import::{BATCH, BatchSize, ImportPace, RefusedRecord, batches, without};
use crate::ledger::RefusedKind;
use crate::names::{ExternalId, GroupId, MemberId};
use crate::observed::ServerKind;
use crate::wire::{ImportRequest, Request};
use hashbrown::HashSet;
use serde::Serialize;
use std::sync::Arc;

/// What a plan sends. Every request but an import concerns one person or one group.
#[derive(Clone, Debug)]
pub(super) struct Sent {
    /// What takes access or a group.
    scope: Vec<(Subject, Request)>,
    /// New ids for members and groups.
    repairs: Vec<(Subject, Request)>,
    pub(super) import: ImportRequest,
    /// In its place, where it overwrites.
    pub(super) whole: Option<ImportRequest>,
    restorations: Vec<(Subject, Request)>,
    /// Groups that this run brings to the point where their members can be read, at most.
    pub(super) unread: HashSet<ExternalId>,
    pub(super) again: SentAgain,
}

/// What is sent although nothing is known to differ, because somebody asked for it where nobody can look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SentAgain {
    /// How many people.
    pub people: usize,
    /// How many groups.
    pub groups: usize,
}

impl SentAgain {
    /// Whether there is nothing of the kind.
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

impl Sent {
    pub(super) fn new(invite_users_after_provisioning: bool) -> Self {
        Self {
            scope: Vec::new(),
            repairs: Vec::new(),
            import: ImportRequest {
                groups: Vec::new(),
                members: Vec::new(),
                overwrite_existing: false,
                large_import: false,
                invite_users_after_provisioning,
            },
            whole: None,
            restorations: Vec::new(),
            unread: HashSet::new(),
            again: SentAgain::default(),
        }
    }

    pub(super) fn take(&mut self, about: Subject, request: Request) {
        self.scope.push((about, request));
    }

    pub(super) fn repair(&mut self, about: Subject, request: Request) {
        self.repairs.push((about, request));
    }

    /// What gives this member another id, or removes the member, besides; None: nothing does.
    pub(super) fn settles_id(&self, member: &MemberId) -> Option<Request> {
        let all = self.scope.iter().chain(&self.repairs).map(|(_, request)| request);
        let mut single = all.filter(|it| match it {
            Request::Remove(id) | Request::PutMember { id, .. } => member == id,
            _ => false,
        });
        single.next().cloned()
    }

    /// What gives this group another id, or deletes it, besides.
    pub(super) fn settles_group(&self, group: &GroupId) -> Option<Request> {
        let mut all = self.scope.iter().chain(&self.repairs).map(|(_, request)| request);
        let found = all
            .find(|it| matches!(it, Request::DeleteGroup(id) | Request::PutGroup { id, .. } if id == group));
        found.cloned()
    }

    /// As [`Sent::repair`], before those that are there.
    pub(super) fn repair_first(&mut self, requests: Vec<(Subject, Request)>) {
        self.repairs.splice(0..0, requests);
    }

    /// The requests about one person or group.
    pub(super) fn single(&self) -> Vec<Request> {
        let all = self.scope.iter().chain(&self.repairs).chain(&self.restorations);
        all.map(|(_, request)| request.clone()).collect()
    }

    /// Who is given something, or which group is changed, by a request of its own.
    pub(super) fn kinds(&self) -> HashSet<(Subject, RefusedKind)> {
        let all = self.scope.iter().chain(&self.repairs).chain(&self.restorations);
        all.filter_map(|(about, request)| Some((about.clone(), RefusedKind::of(request)?.0))).collect()
    }

    /// The member to whom a request of its own gives access, or from whom it takes it.
    pub(super) fn member_of(&self, person: &Subject) -> Option<&MemberId> {
        let mut all = self.scope.iter().chain(&self.restorations).filter(|(about, _)| about == person);
        all.find_map(|(_, request)| match request {
            Request::Revoke(id) | Request::Remove(id) | Request::Restore(id) => Some(id),
            _ => None,
        })
    }

    /// From whom access is taken by a request of its own.
    pub(super) fn taken_from(&self) -> HashSet<Subject> {
        let takes = |request: &Request| matches!(request, Request::Revoke(_) | Request::Remove(_));
        self.scope.iter().filter(|(_, it)| takes(it)).map(|(about, _)| about.clone()).collect()
    }

    /// Leaves out what takes something from somebody who is not meant for certain.
    pub(super) fn keep_scope(&mut self, which: impl Fn(&Subject) -> bool) {
        self.scope.retain(|(about, _)| which(about));
    }

    /// Leaves a request out.
    pub(super) fn forget(&mut self, request: &Request) {
        for requests in [&mut self.scope, &mut self.repairs, &mut self.restorations] {
            requests.retain(|(_, it)| it != request);
        }
    }

    pub(super) fn restore(&mut self, about: Subject, request: Request) {
        self.restorations.push((about, request));
    }
}

impl Plan {
    /// What is sent, in order: what takes access (it frees seats), new ids for members and groups (the import finds them by
    /// these), the import or its batches, what gives access back.
    pub fn requests(&self) -> Vec<Request> {
        self.requests_at(ImportPace::default())
    }

    /// As [`Plan::requests`], for a server that is known to import so fast: an import that would take too long is cut.
    pub fn requests_at(&self, pace: ImportPace) -> Vec<Request> {
        let single = |of: &[(Subject, Request)]| of.iter().map(|(_, it)| it.clone()).collect::<Vec<_>>();
        let mut requests = single(&self.sent.scope);
        requests.extend(single(&self.sent.repairs));
        let import = &self.sent.import;
        if let Some(whole) = &self.sent.whole {
            requests.push(Request::WholeImport(whole.clone()));
        } else if !import.members.is_empty() || !import.groups.is_empty() {
            let counted = self.large_import || self.server == ServerKind::OfficialCloud;
            let entries = if counted { BATCH } else { usize::MAX };
            let limit = BatchSize { entries, bytes: BatchSize::BYTES, pace };
            requests.extend(batches(import.clone(), limit).into_iter().map(Request::Import));
        }
        requests.extend(single(&self.sent.restorations));
        requests
    }

    /// The changes that take access from one person, each as a request that can be taken back: who is to be removed is revoked.
    /// All that may be sent while an earlier import may still be under way.
    pub fn revocations(&self) -> Vec<(Change, Request)> {
        let taking = |person: &Subject, cause: &Cause| {
            let of_person = |(about, _): &&(Subject, Request)| about == person;
            match self.sent.scope.iter().find(of_person)? {
                (_, Request::Revoke(id) | Request::Remove(id)) => {
                    let change = Change::Revoke { person: person.clone(), cause: *cause };
                    Some((change, Request::Revoke(id.clone())))
                }
                _ => None,
            }
        };
        let changes = self.changes.iter().filter_map(|change| match change {
            Change::Revoke { person, cause } | Change::Remove { person, cause } => taking(person, cause),
            _ => None,
        });
        changes.collect()
    }

    /// The one person or group that a request of this plan is about; None: an import, which is about many.
    pub fn about(&self, request: &Request) -> Option<&Subject> {
        let Sent { scope, repairs, restorations, .. } = &self.sent;
        let mut single = scope.iter().chain(repairs).chain(restorations);
        single.find(|(_, it)| it == request).map(|(about, _)| about)
    }

    /// The groups that appear, each with the members that are sent for it.
    pub fn new_groups(&self) -> impl Iterator<Item = (&ExternalId, &Arc<[ExternalId]>)> {
        let mut new = HashSet::new();
        for change in &self.changes {
            if let Change::CreateGroup { group, .. } = change {
                new.insert(&group.external_id);
            }
        }
        let groups = self.sent.import.groups.iter().filter(move |it| new.contains(&it.external_id));
        groups.map(|it| (&it.external_id, &it.member_external_ids))
    }

    /// Whether an import can go out although the server refused these: ids that two have let every import fail.
    pub fn can_import_without(&self, refused: &[Request]) -> bool {
        !refused.iter().any(|it| self.mended.contains(it))
    }

    /// This plan without records that the server did not take.
    #[must_use]
    pub fn without(mut self, refused: &[RefusedRecord]) -> Self {
        without(&mut self.sent.import, refused);
        self
    }

    /// Whether the import overwrites, and goes out in one.
    pub fn overwrites(&self) -> bool {
        self.sent.whole.is_some()
    }

    /// The import that is sent, whether it overwrites or not.
    pub(super) fn import(&self) -> &ImportRequest {
        self.sent.whole.as_ref().unwrap_or(&self.sent.import)
    }
}
