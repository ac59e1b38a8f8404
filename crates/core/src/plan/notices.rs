//! What an administrator should know besides the changes: signs of somebody else at work, and who waits for whom.

use super::change::Subject;
use super::notice::{PlanNotice, may_be_shared};
use super::request_order::SentAgain;
use super::roster::Roster;
use super::{Evidence, Index, Plan, PlanInput};
use crate::names::ExternalId;
use crate::observed::{HiddenBecause, MemberStatus, Presence, ServerKind};
use hashbrown::HashSet;
use std::collections::BTreeMap;

/// How many examples a notice names.
const EXAMPLES: usize = 5;

pub(super) fn look(input: &PlanInput<'_>, index: &Index<'_>, people: &Roster<'_>, plan: &mut Plan) {
    deleted_or_hidden(input, index, plan);
    if let Some(name) = &people.missing_pilot {
        plan.notices.push(PlanNotice::NoPilotGroup { name: name.clone() });
    }
    let shared = input.desired.shared_ids();
    if !shared.is_empty() {
        let examples = shared.iter().take(EXAMPLES).map(|it| input.desired.text(*it).to_owned()).collect();
        plan.notices.push(PlanNotice::SharedIds { entries: shared.len(), examples });
    }
    if !plan.sent.unread.is_empty() {
        plan.notices.push(PlanNotice::GroupsWait { groups: plan.sent.unread.len() });
    }
    let sends_people = !plan.sent.import.members.is_empty();
    let everybody = plan.evidence == Evidence::Unknown || index.resends;
    if everybody && input.server == ServerKind::Vaultwarden && sends_people {
        plan.notices.push(PlanNotice::RestoresByHand);
    }
    let limits = &input.connector.limits;
    if !limits.off && limits.removals == 0 && plan.scope().people().take(2).count() == 1 {
        plan.notices.push(PlanNotice::OneMayLeave);
    }
    let SentAgain { people: sent, groups } = plan.sent_again;
    if sent + groups > 0 {
        plan.notices.push(PlanNotice::SentAgain { people: sent, groups });
    }
    let unseen = plan.evidence != Evidence::Live && input.server == ServerKind::Vaultwarden;
    if unseen && !plan.sent.import.groups.is_empty() {
        plan.notices.push(PlanNotice::GroupsUnseen { groups: plan.sent.import.groups.len() });
    }
    let Some(state) = index.state.filter(|_| plan.evidence == Evidence::Live) else { return };
    staged(input, index, people, plan);
    plan.unconfirmed = state
        .members
        .iter()
        .filter(|it| it.status == MemberStatus::Accepted && has_id(it.external_id.as_ref()))
        .map(|it| it.email.as_str().to_owned())
        .collect();
    changed_ids(input, index, people, plan);
    foreign_ids(input, index, people, plan);
}

/// Members whose entries are deleted or hidden, by what stands in the way; it comes first, since one renamed unit can explain
/// everything else. Who has lost access already is not named again.
fn deleted_or_hidden(input: &PlanInput<'_>, index: &Index<'_>, plan: &mut Plan) {
    let mut hidden: BTreeMap<&HiddenBecause, Vec<&str>> = BTreeMap::new();
    for (id, presence) in input.presences {
        let Presence::Hidden(because) = presence else { continue };
        let Some(&number) = index.by_external_id.get(id.as_str()) else { continue };
        let member = index.member(number);
        if member.status != MemberStatus::Revoked {
            hidden.entry(because).or_default().push(member.email.as_str());
        }
    }
    let policy = &input.connector.leavers;
    let notices = hidden.into_iter().map(|(because, people)| PlanNotice::DeletedOrHidden {
        because: because.clone(),
        people: people.len(),
        examples: people.into_iter().take(EXAMPLES).map(str::to_owned).collect(),
        action: policy.for_hidden(),
        grace_hours: policy.hidden_grace_hours,
    });
    plan.notices.splice(0..0, notices);
}

/// An import leaves staged members as they are, whatever it says of invitations.
fn staged(input: &PlanInput<'_>, index: &Index<'_>, people: &Roster<'_>, plan: &mut Plan) {
    if !input.sync.invite_users_after_provisioning {
        return;
    }
    let is_asked_for = |it: &ExternalId| people.asked_for.contains(it.as_str());
    let members = index.state.into_iter().flat_map(|it| &it.members);
    let members = members
        .filter(|it| it.status == MemberStatus::Staged && it.external_id.as_ref().is_some_and(is_asked_for));
    let people = members.clone().count();
    if people > 0 {
        let examples = members.take(EXAMPLES).map(|it| it.email.as_str().to_owned()).collect();
        plan.notices.push(PlanNotice::StayStaged { people, examples });
    }
}

fn changed_ids(input: &PlanInput<'_>, index: &Index<'_>, people: &Roster<'_>, plan: &mut Plan) {
    for managed in &input.ledger.people {
        if index.by_external_id.contains_key(managed.external_id.as_str()) {
            continue;
        }
        let Some(&number) = index.by_email.get(managed.email.as_str()) else { continue };
        let Some(observed) = index.member(number).external_id.as_ref().filter(|it| has_id(Some(it))) else {
            continue;
        };
        if !people.asked_for.contains(observed.as_str()) && !index.managed.contains_key(observed.as_str()) {
            let person =
                Subject { name: managed.email.as_str().to_owned(), external_id: managed.external_id.clone() };
            plan.notices.push(PlanNotice::IdChanged { person, observed: observed.clone() });
        }
    }
}

fn foreign_ids(input: &PlanInput<'_>, index: &Index<'_>, people: &Roster<'_>, plan: &mut Plan) {
    let Some(state) = index.state else { return };
    let desired = input.desired;
    let groups: HashSet<&str> = (0..desired.groups().len())
        .filter_map(|it| input.identity.group(it).id())
        .map(ExternalId::as_str)
        .chain(input.ledger.groups.iter().map(|it| it.external_id.as_str()))
        .collect();
    let strange_people = state.members.iter().filter(|it| {
        it.external_id.as_ref().is_some_and(|id| {
            has_id(Some(id))
                && !people.asked_for.contains(id.as_str())
                && !people.replaced.contains_key(id.as_str())
                && !index.managed.contains_key(id.as_str())
        })
    });
    let strange_groups = state.groups.iter().filter(|it| {
        it.external_id.as_ref().is_some_and(|id| has_id(Some(id)) && !groups.contains(id.as_str()))
    });
    let (people, groups) = (strange_people.clone().count(), strange_groups.clone().count());
    if people + groups > 0 {
        let named =
            strange_people.map(|it| it.email.as_str()).chain(strange_groups.map(|it| it.name.as_str()));
        let examples = named.take(EXAMPLES).map(str::to_owned).collect();
        let with_id = state.members.iter().filter(|it| has_id(it.external_id.as_ref())).count();
        let may_be_shared = !input.connector.shared_organization && may_be_shared(people, with_id);
        plan.notices.push(PlanNotice::ForeignIds { people, groups, examples, may_be_shared });
    }
}

fn has_id(id: Option<&ExternalId>) -> bool {
    id.is_some_and(|it| !it.as_str().trim().is_empty())
}
