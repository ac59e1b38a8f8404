//! The guard: what one run may take away and hand out, and the states of directory and organization in which nothing is
//! sent at all.
//!
//! What is taken away is counted as a set, together with what earlier runs took within the window: neither many small
//! runs nor a run that is tried again change the result.

use super::approval::ApprovalScope;
use super::change::{Cause, Change, Kept, KeptBecause};
use super::no_address::{LostAddresses, nobody_has_an_address};
use super::refusal::Held;
use super::refusal::{Refusal, RemovalLimits, Verdict};
use super::sources::Size;
use super::{Index, Plan, PlanInput};
use crate::desired::{Desired, DesiredPerson, NoUse};
use crate::names::{ExternalId, SourceName};
use crate::observed::{Observed, ObservedMember};
use crate::settings::Limits;
use crate::snapshot::AccountState;
use hashbrown::{HashMap, HashSet};
use std::collections::BTreeSet;

/// Groups of this size and below may lose any share of their members; how many of them may is limited.
const SMALL_GROUP: usize = 3;

/// What `limits.removals-percent` is where nobody set it.
const REMOVALS_PERCENT: u32 = 5;
/// So many may leave a small organization, where nobody set a limit: the second leaver of a day is no accident.
const FEW_REMOVALS: usize = 3;

/// What the limits are measured by, as of the run's beginning.
#[derive(Clone, Debug, Default)]
pub(super) struct Basis {
    recent: ApprovalScope,
    /// Managed members, with those whom earlier runs of the window removed.
    managed: usize,
    /// Groups with members, with those that earlier runs of the window emptied.
    filled_groups: usize,
    /// Whether the ledger knows of no run before.
    first_run: bool,
    /// Whether the settings are those of the last run that was carried out as a whole.
    settled: bool,
    /// People who are missing from the read and were not found disabled, deleted or gone.
    missing: usize,
    /// People whom the directory lists without an address, and who had one at the last run.
    lost_addresses: LostAddresses,
}

/// Why a plan is refused, and the actions that are.
struct Judgement {
    refusals: Vec<Refusal>,
    refused: ApprovalScope,
    /// External ids of groups that would lose too many.
    shrinking: BTreeSet<String>,
}

impl Plan {
    /// Judges the plan. An approval lets a run pass when every action that is refused is in the approved set.
    pub fn check(&self, limits: &Limits, approvals: &[ApprovalScope]) -> Verdict {
        let Judgement { refusals, refused, shrinking } = self.judge(limits);
        let approved = || approvals.iter().any(|approval| approval.covers(&refused));
        if refusals.is_empty() || (refusals.iter().all(Refusal::can_be_approved) && approved()) {
            Verdict::Go
        } else {
            match self.held(&refusals, shrinking, limits) {
                Some(held) => Verdict::Held(held),
                None => Verdict::Refused(refusals),
            }
        }
    }

    /// What is enough to hold back. None: everything, because it is not only about single groups or about people who lose access,
    /// or because something else is in doubt.
    fn held(&self, refusals: &[Refusal], groups: BTreeSet<String>, limits: &Limits) -> Option<Held> {
        let access = refusals.iter().any(|it| matches!(it, Refusal::TooManyRemovals { .. }));
        let is_adoption = |it: &Refusal| matches!(it, Refusal::TooManyAdoptedGroups { .. });
        let of_part = |it: &Refusal| {
            matches!(it, Refusal::TooManyRemovals { .. } | Refusal::GroupEmptied { .. }) || is_adoption(it)
        };
        let adoptions = refusals.iter().any(is_adoption);
        let in_doubt = access && (!self.basis.settled || self.basis.missing > self.removals_allowed(limits));
        let possible =
            refusals.iter().all(of_part) && self.sent.whole.is_none() && !self.basis.first_run && !in_doubt;
        possible.then(|| Held { refusals: refusals.to_vec(), access, groups, adoptions })
    }

    /// The actions that the limits refuse: an administrator approves exactly these.
    pub fn refused(&self, limits: &Limits) -> ApprovalScope {
        self.judge(limits).refused
    }

    /// What counts against the limits of later runs: everything that this plan takes away but for what was approved.
    pub fn counted(&self, limits: &Limits) -> ApprovalScope {
        let mut scope = self.scope();
        scope.remove(&self.judge(limits).refused);
        scope.invited.clear();
        scope.anew.clear();
        scope.replaced_people.clear();
        scope
    }

    fn judge(&self, limits: &Limits) -> Judgement {
        let mut judgement = Judgement {
            refusals: self.refusals.clone(),
            refused: ApprovalScope::default(),
            shrinking: BTreeSet::new(),
        };
        if self.refusals.contains(&Refusal::OverwriteWithLargeImport) {
            // Scripts know this message, and it alone.
            judgement.refusals = vec![Refusal::OverwriteWithLargeImport];
            return judgement;
        }
        let scope = self.scope();
        for refusal in &self.refusals {
            match refusal {
                Refusal::EmptyDirectory { .. } => judgement.refused.empty_directory = true,
                Refusal::NoGroups { .. } => judgement.refused.no_groups = true,
                Refusal::FewFound { .. } => judgement.refused.few_found = true,
                _ => {}
            }
        }
        if limits.off {
            return judgement;
        }
        if judgement.refused.empty_directory || judgement.refused.no_groups {
            // Approving the emptiness approves what it takes away, and nothing beyond it.
            judgement.refused.add(&scope);
        }
        self.too_many_removals(limits, &scope, &mut judgement);
        self.too_many_memberships(limits, &scope, &mut judgement);
        self.too_many_groups(limits, &scope, &mut judgement);
        self.too_many_replaced_groups(limits, &scope, &mut judgement);
        self.too_many_adopted_groups(limits, &scope, &mut judgement);
        self.too_many_replaced_people(limits, &scope, &mut judgement);
        self.too_many_invitations(limits, &scope, &mut judgement);
        self.too_many_found_anew(limits, &scope, &mut judgement);
        self.too_many_lost_addresses(limits, &mut judgement);
        judgement
    }

    fn too_many_removals(&self, limits: &Limits, scope: &ApprovalScope, judgement: &mut Judgement) {
        let (managed, allowed) = (self.basis.managed, self.removals_allowed(limits));
        let people = scope.people().chain(self.basis.recent.people()).collect::<HashSet<_>>().len();
        // Under each address of a leaver somebody can be a member.
        let planned = people + scope.addresses.union(&self.basis.recent.addresses).count();
        let now = scope.people().collect::<HashSet<_>>().len() + scope.addresses.len();
        if now > 0 && planned > allowed {
            let earlier = planned - now;
            judgement.refusals.push(Refusal::TooManyRemovals {
                planned,
                allowed,
                managed,
                earlier,
                hours: limits.window_hours,
                needed: self.removals_needed(limits, planned),
            });
            judgement.refused.addresses.extend(scope.addresses.iter().cloned());
            judgement.refused.revoked.extend(scope.revoked.iter().cloned());
            judgement.refused.removed.extend(scope.removed.iter().cloned());
        }
    }

    /// From how many people one run may take access.
    fn removals_allowed(&self, limits: &Limits) -> usize {
        self.removals_share(limits).min(limits.removals as usize).max(1)
    }

    /// From how many people `limits.removals-percent` lets one run take access.
    fn removals_share(&self, limits: &Limits) -> usize {
        let managed = self.basis.managed;
        let share = |percent: u32| managed.saturating_mul(percent as usize) / 100;
        limits
            .removals_percent
            .map_or_else(|| share(REMOVALS_PERCENT).max(FEW_REMOVALS.min(managed / 2)), share)
    }

    /// What the limits have to be so that one run may take access from so many people.
    fn removals_needed(&self, limits: &Limits, people: usize) -> RemovalLimits {
        let percent = people.saturating_mul(100).div_ceil(self.basis.managed.max(1));
        if percent > 100 {
            // No setting allows more than all of them.
            return RemovalLimits::default();
        }
        RemovalLimits {
            removals: (people > limits.removals as usize).then_some(people),
            removals_percent: (people > self.removals_share(limits)).then_some(percent),
        }
    }

    /// Nobody is taken for it; but a wrong attribute would be followed by a standstill that nobody notices.
    fn too_many_lost_addresses(&self, limits: &Limits, judgement: &mut Judgement) {
        let addresses = &self.basis.lost_addresses;
        let (lost, allowed) = (addresses.people.len(), self.removals_allowed(limits));
        if lost > allowed {
            let managed = self.basis.managed;
            let source = addresses.source.clone().unwrap_or_else(SourceName::primary);
            let settings = addresses.settings.clone();
            judgement.refusals.push(Refusal::AddressesLost { lost, allowed, managed, source, settings });
            judgement.refused.addresses_lost.clone_from(&addresses.people);
        }
    }

    /// Access that passes to other entries is measured like access that is taken.
    fn too_many_replaced_people(&self, limits: &Limits, scope: &ApprovalScope, judgement: &mut Judgement) {
        let (planned, allowed) = (scope.replaced_people.len(), self.removals_allowed(limits));
        if planned > allowed {
            judgement.refusals.push(Refusal::TooManyReplacedPeople {
                planned,
                allowed,
                needed: self.removals_needed(limits, planned),
            });
            judgement.refused.replaced_people.extend(scope.replaced_people.iter().cloned());
        }
    }

    /// Memberships of people who lose access are counted there, not here.
    fn too_many_memberships(&self, limits: &Limits, scope: &ApprovalScope, judgement: &mut Judgement) {
        let recent = &self.basis.recent;
        let mut lost: HashMap<&str, HashSet<&str>> = HashMap::new();
        for (group, member) in scope.memberships.iter().chain(&recent.memberships) {
            lost.entry(group).or_default().insert(member);
        }
        let mut now_lost: HashMap<&str, Vec<&(String, String)>> = HashMap::new();
        for membership in &scope.memberships {
            now_lost.entry(&membership.0).or_default().push(membership);
        }
        let mut back = 0;
        for change in &self.changes {
            let (group, before) = match change {
                Change::ChangeMembers { group, before, removed, .. } if !removed.is_empty() => {
                    (group, *before)
                }
                Change::DeleteGroup { group, removed, .. } => (group, removed.len()),
                _ => continue,
            };
            let id = group.external_id.as_str();
            let Some(lost) = lost.get(id) else { continue };
            let now = now_lost.get(id).map_or(&[][..], Vec::as_slice);
            let before = before + lost.len() - now.len();
            back += lost.len() - now.len();
            if !now.is_empty()
                && before > SMALL_GROUP
                && lost.len() * 100 > before * limits.group_percent as usize
            {
                judgement.refusals.push(Refusal::GroupEmptied {
                    group: group.name.clone(),
                    before,
                    lost: lost.len(),
                    earlier: lost.len() - now.len(),
                });
                judgement.shrinking.insert(id.to_owned());
                judgement.refused.memberships.extend(now.iter().map(|&it| it.clone()));
            }
        }
        let planned: usize = lost.values().map(HashSet::len).sum();
        let all = self.totals.memberships + back;
        let share = all.saturating_mul(limits.memberships_percent as usize) / 100;
        let allowed = share.max(limits.memberships as usize);
        if !scope.memberships.is_empty() && planned > allowed {
            let earlier = planned - scope.memberships.len();
            judgement.refusals.push(Refusal::TooManyMemberships {
                planned,
                allowed,
                earlier,
                hours: limits.window_hours,
            });
            judgement.refused.memberships.extend(scope.memberships.iter().cloned());
        }
    }

    fn too_many_groups(&self, limits: &Limits, scope: &ApprovalScope, judgement: &mut Judgement) {
        let planned = scope.emptied_groups.union(&self.basis.recent.emptied_groups).count();
        let share = self.basis.filled_groups.saturating_mul(limits.emptied_groups_percent as usize) / 100;
        let allowed = share.max(1);
        if !scope.emptied_groups.is_empty() && planned > allowed {
            let earlier = planned - scope.emptied_groups.len();
            judgement.refusals.push(Refusal::TooManyGroups { planned, allowed, earlier });
            judgement.refused.emptied_groups.extend(scope.emptied_groups.iter().cloned());
        }
    }

    /// Access to collections that passes to new entries is measured like groups that are emptied.
    fn too_many_replaced_groups(&self, limits: &Limits, scope: &ApprovalScope, judgement: &mut Judgement) {
        let planned = scope.replaced_groups.union(&self.basis.recent.replaced_groups).count();
        let share = self.totals.managed_groups.saturating_mul(limits.emptied_groups_percent as usize) / 100;
        let allowed = share.max(1);
        if !scope.replaced_groups.is_empty() && planned > allowed {
            let earlier = planned - scope.replaced_groups.len();
            judgement.refusals.push(Refusal::TooManyReplacedGroups { planned, allowed, earlier });
            judgement.refused.replaced_groups.extend(scope.replaced_groups.iter().cloned());
        }
    }

    /// Whoever may create an entry below the base could otherwise have any group made by hand, and its collections.
    fn too_many_adopted_groups(&self, limits: &Limits, scope: &ApprovalScope, judgement: &mut Judgement) {
        let planned = scope.adopted_groups.union(&self.basis.recent.adopted_groups).count();
        let share = self.totals.managed_groups.saturating_mul(limits.emptied_groups_percent as usize) / 100;
        let allowed = share.max(1);
        if !scope.adopted_groups.is_empty() && planned > allowed {
            let earlier = planned - scope.adopted_groups.len();
            judgement.refusals.push(Refusal::TooManyAdoptedGroups {
                planned,
                allowed,
                earlier,
                hours: limits.window_hours,
            });
            judgement.refused.adopted_groups.extend(scope.adopted_groups.iter().cloned());
        }
    }

    /// Access that nobody decided to give is measured like access that is taken.
    fn too_many_found_anew(&self, limits: &Limits, scope: &ApprovalScope, judgement: &mut Judgement) {
        let planned = scope.anew.len();
        let share = self.totals.memberships.saturating_mul(limits.memberships_percent as usize) / 100;
        let allowed = share.max(limits.memberships as usize);
        if planned > allowed {
            judgement.refusals.push(Refusal::TooManyFoundAnew { planned, allowed });
            judgement.refused.anew.extend(scope.anew.iter().cloned());
        }
    }

    fn too_many_invitations(&self, limits: &Limits, scope: &ApprovalScope, judgement: &mut Judgement) {
        let planned = scope.invited.len();
        let share = self.basis.managed.saturating_mul(limits.invitations_percent as usize) / 100;
        let allowed = share.max(limits.invitations as usize);
        if !self.basis.first_run && planned > allowed {
            judgement.refusals.push(Refusal::TooManyInvitations { planned, allowed });
            judgement.refused.invited.extend(scope.invited.iter().cloned());
        }
    }
}

/// Notes what the limits are measured by. A directory that turned empty is taken for a fault, not for the truth.
pub(super) fn look(input: &PlanInput<'_>, index: &Index<'_>, plan: &mut Plan) {
    let removed_before: HashSet<&String> =
        input.recent.people().filter(|id| !index.by_external_id.contains_key(id.as_str())).collect();
    let filled = |number: &&usize| index.state.is_some_and(|it| !it.groups[**number].members.is_empty());
    let filled_now = index.groups.values().filter(filled).count();
    let emptied_before = input
        .recent
        .emptied_groups
        .iter()
        .filter(|id| index.groups.get(id.as_str()).is_none_or(|number| !filled(&number)));
    plan.basis = Basis {
        recent: input.recent.clone(),
        managed: plan.totals.managed + removed_before.len(),
        filled_groups: filled_now + emptied_before.count(),
        first_run: plan.baseline,
        settled: input.settled,
        missing: missing(input, index, plan),
        lost_addresses: LostAddresses::new(input, index),
    };
    plan.refusals.extend(few_found(input, index, plan));
    look_for_empty_sources(input, index, plan);
    plan.notices.extend(nobody_has_an_address(input, index, plan));
}

fn look_for_empty_sources(input: &PlanInput<'_>, index: &Index<'_>, plan: &mut Plan) {
    if input.connector.limits.allow_empty_directory || input.connector.limits.off {
        return;
    }
    plan.refusals.extend(empty_sources(input, index, plan));
}

/// People whom the read lacks although nobody found them disabled, deleted or gone: those who would lose access, and those who are
/// kept and were not missed before.
fn missing(input: &PlanInput<'_>, index: &Index<'_>, plan: &Plan) -> usize {
    let doubtful = |cause: Cause| matches!(cause, Cause::OutOfScope | Cause::Hidden);
    let leaving = plan.changes.iter().filter(|it| match it {
        Change::Revoke { cause, .. } | Change::Remove { cause, .. } => doubtful(*cause),
        _ => false,
    });
    let is_new = |kept: &&Kept| {
        let known = index.managed.get(kept.person.external_id.as_str());
        known.is_some_and(|&number| input.ledger.people[number].out.is_none())
    };
    let kept = plan.kept.iter().filter(|it| match it.because {
        KeptBecause::Unconfirmed { .. } => true,
        KeptBecause::AlreadyRevoked | KeptBecause::SentAsDeleted => false,
        _ => it.cause.is_some_and(doubtful),
    });
    leaving.count() + kept.filter(is_new).count()
}

/// Members with an external id whom a first run would not find in what was read: neither the id nor the address is in it; an enabled
/// entry without an address brings nobody. The engine asks the directory which of the ids are its own.
pub fn unfound<'a>(desired: &Desired, observed: &'a Observed) -> Vec<&'a ObservedMember> {
    let Observed::Live(state) = observed else { return Vec::new() };
    let everybody = || desired.everybody().iter();
    let counts = |it: &&DesiredPerson| {
        it.state != AccountState::Enabled || !desired.no_use(it).is_some_and(NoUse::is_lack)
    };
    let ids: HashSet<&str> = everybody().filter(counts).map(|it| desired.text(it.external_id)).collect();
    let addresses: HashSet<&str> = everybody().filter_map(|it| it.email).map(|it| desired.text(it)).collect();
    let carries =
        |it: &&ObservedMember| it.external_id.as_ref().is_some_and(|id| !id.as_str().trim().is_empty());
    let is_found = |it: &ObservedMember| {
        addresses.contains(it.email.as_str())
            || it.external_id.as_ref().is_some_and(|id| ids.contains(id.as_str()))
    };
    state.members.iter().filter(carries).filter(|it| !is_found(it)).collect()
}

/// Nobody is removed by a first run; but with a wrong base it would follow nobody from then on.
fn few_found(input: &PlanInput<'_>, index: &Index<'_>, plan: &Plan) -> Option<Refusal> {
    let limits = &input.connector.limits;
    if !plan.baseline || limits.off || input.unfound_of_directory == 0 {
        return None;
    }
    let found = index.by_external_id.len().saturating_sub(unfound(input.desired, input.observed).len());
    let members = found + input.unfound_of_directory;
    let percent = limits.first_read_percent;
    let nothing_synced = !input.desired.people_wanted() && !input.sync.groups;
    (found * 100 < members * percent as usize).then_some(Refusal::FewFound {
        found,
        members,
        percent,
        nothing_synced,
    })
}

/// Sources that turned empty. One alone stands for the whole organization; of several, each for what the ledger has of it.
fn empty_sources(input: &PlanInput<'_>, index: &Index<'_>, plan: &Plan) -> Vec<Refusal> {
    let (people_matter, groups_matter) =
        (input.desired.people_wanted() || input.sync.groups, input.sync.groups);
    let sizes = index.sources.sizes();
    let alone = input.desired.sources().len() == 1;
    // Told by another refusal, with its cause.
    let addresses_lost =
        plan.basis.lost_addresses.people.len() > plan.removals_allowed(&input.connector.limits);
    let is_empty = |size: &Size<'_>| size.people == 0 && !(addresses_lost && size.listed > 0);
    let mut refusals = Vec::new();
    for size in sizes {
        let here = |id: &ExternalId| index.by_external_id.contains_key(id.as_str());
        let of_source = input.ledger.people.iter().filter(|it| it.source == *size.name);
        let managed =
            if alone { plan.totals.managed } else { of_source.filter(|it| here(&it.external_id)).count() };
        if people_matter && is_empty(&size) && managed > 0 {
            let settings = if size.listed > 0 { size.address_settings() } else { Vec::new() };
            let (source, listed) = (size.name.clone(), size.listed);
            refusals.push(Refusal::EmptyDirectory { source, managed, listed, settings });
        }
        let of_source = input.ledger.groups.iter().filter(|it| it.source == *size.name).count();
        let known = if alone { input.ledger.groups.len() } else { of_source };
        let known = known.min(plan.totals.managed_groups);
        if groups_matter && size.groups_read && size.groups == 0 && known > 0 {
            refusals.push(Refusal::NoGroups { source: size.name.clone(), managed: known });
        }
    }
    refusals
}
