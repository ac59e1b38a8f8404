//! What is set right once: an id or a group that somebody changes again after a run set it right belongs to another program's
//! work. Two that undo each other's changes help nobody: it stays as it is, and is named.
//!
//! An id that somebody took away is given back in each run: without one a member could be named in no group. So is an id that two
//! have, since every import would fail.

use super::change::{Cause, Change, Subject};
use super::group_requests::GroupFate;
use super::standing::Standing;
use super::{After, Plan, PlanInput};
use crate::import::fingerprint;
use crate::ledger::{ManagedGroup, Mended, MendedKind};
use crate::names::ExternalId;
use crate::observed::{ObservedGroup, ObservedMember};
use crate::wire::Request;
use hashbrown::{HashMap, HashSet};

/// What earlier runs set right, and which groups they left.
pub(super) struct Once<'a> {
    before: HashMap<(MendedKind, &'a str), &'a Mended>,
    groups: HashMap<&'a str, &'a ManagedGroup>,
}

impl<'a> Once<'a> {
    pub(super) fn new(input: &PlanInput<'a>) -> Self {
        let ledger = input.ledger;
        // Who asks for everything to be sent again wants it set right.
        let before = ledger.mended.iter().filter(|it| !input.resend && it.holds(input.now));
        Self {
            before: before.map(|it| ((it.kind, it.id.as_str()), it)).collect(),
            groups: ledger.groups.iter().map(|it| (it.external_id.as_str(), it)).collect(),
        }
    }

    fn known(&self, kind: MendedKind, id: &str, mark: &str) -> Option<&'a Mended> {
        self.before.get(&(kind, id)).copied().filter(|it| it.mark == mark)
    }

    /// What a group is about to be set to, where the directory asks for nothing else than the last run left there: somebody else
    /// changed it. The second value says since when it is known to be changed again.
    pub(super) fn of_group(
        &self,
        group: &Subject,
        listed: &[ExternalId],
        input: &PlanInput<'_>,
    ) -> Option<(Mended, bool)> {
        let id = group.external_id.as_str();
        let mark = mark_of(&group.name, listed);
        if let Some(before) = self.known(MendedKind::Group, id, &mark) {
            return Some((before.clone(), true));
        }
        let known = self.groups.get(id)?;
        let left: HashSet<&ExternalId> = known.members.iter().collect();
        let same = known.name == group.name
            && known.observed_at.is_some()
            && left.len() == listed.len()
            && listed.iter().all(|it| left.contains(it));
        let mended = Mended { kind: MendedKind::Group, id: id.to_owned(), mark, at: input.now };
        same.then_some((mended, false))
    }
}

/// Name and members of a group.
fn mark_of(name: &str, listed: &[ExternalId]) -> String {
    let mut ids: Vec<&str> = listed.iter().map(ExternalId::as_str).collect();
    ids.sort_unstable();
    fingerprint("", name, ids.join("\n").as_bytes())
}

/// What the groups of a plan set right.
pub(super) fn of_groups(fates: &[GroupFate]) -> Vec<Mended> {
    let mended = fates.iter().filter_map(|fate| match fate {
        GroupFate::Known(change) => change.mended.clone(),
        _ => None,
    });
    mended.collect()
}

impl Plan {
    /// Leaves out ids that are changed again, and notes those that are set right.
    pub(super) fn mend_once(&mut self, input: &PlanInput<'_>) {
        let once = Once::new(input);
        for request in self.sent.single() {
            let (kind, id, mark) = match &request {
                Request::PutMember { id, external_id } => (MendedKind::MemberId, id.as_str(), external_id),
                Request::PutGroup { id, external_id, .. } => (MendedKind::GroupId, id.as_str(), external_id),
                _ => continue,
            };
            let Some(about) = self.about(&request).cloned() else { continue };
            if !self.changes.iter().any(|it| is_mend(it, &about)) {
                continue;
            }
            match once.known(kind, id, mark.as_str()) {
                Some(before) => {
                    let before = before.clone();
                    self.give_up(&request);
                    self.standing.push(Standing::ChangedAgain { what: kind, about, since: before.at });
                    self.set_right.push(before);
                }
                None => {
                    let (id, mark) = (id.to_owned(), mark.as_str().to_owned());
                    self.set_right.push(Mended { kind, id, mark, at: input.now });
                }
            }
        }
        if self.standing.iter().any(|it| matches!(it, Standing::ChangedAgain { .. })) {
            self.send_nothing_for_nothing();
        }
    }

    /// What is remembered of it after a run.
    pub(super) fn mended_after(&self, input: &PlanInput<'_>, after: After<'_>) -> Vec<Mended> {
        let mut all = self.set_right.clone();
        // What the server refused was not set right.
        all.retain(|it| input.ledger.mended.contains(it) || is_made(it, after));
        let new: HashSet<(MendedKind, String)> = all.iter().map(|it| (it.kind, it.id.clone())).collect();
        // What the organization does not show any more begins anew, should it come again.
        let before = input.ledger.mended.iter().filter(|it| it.holds(input.now));
        let before = before.filter(|it| it.kind != MendedKind::Membership);
        all.extend(before.filter(|it| !new.contains(&(it.kind, it.id.clone()))).cloned());
        all
    }
}

/// Whether the organization shows what was set right.
fn is_made(mended: &Mended, after: After<'_>) -> bool {
    let After::Observed(state) = after else { return false };
    let has = |id: &Option<ExternalId>| id.as_ref().is_some_and(|it| it.as_str() == mended.mark);
    match mended.kind {
        MendedKind::MemberId => {
            let is_it = |it: &&ObservedMember| it.id.as_ref().is_some_and(|it| it.as_str() == mended.id);
            state.members.iter().find(is_it).is_some_and(|it| has(&it.external_id))
        }
        MendedKind::GroupId => {
            let is_it = |it: &&ObservedGroup| it.id.as_ref().is_some_and(|it| it.as_str() == mended.id);
            state.groups.iter().find(is_it).is_some_and(|it| has(&it.external_id))
        }
        MendedKind::Group | MendedKind::Membership => true,
    }
}

/// Whether a change gives somebody, or a group, back the id that was changed to another one.
fn is_mend(change: &Change, about: &Subject) -> bool {
    match change {
        Change::ReplaceExternalId { person, cause: Cause::IdChanged, .. } => person == about,
        Change::AdoptGroup { group, old: Some(_), cause: Cause::RemovedThere, .. } => group == about,
        _ => false,
    }
}
