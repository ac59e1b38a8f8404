//! An import whose connection was cut. The server goes on with what it found when the import began, and the run that follows waits
//! for it, in the time of the test.

use crate::convergence::model::{Member, Organization};
use crate::convergence::world::World;
use bwdc_core::import::{ImportPace, Looks, Named, Settled};
use bwdc_core::ledger::{Intent, IntentId, IntentState, LedgerState};
use bwdc_core::names::{SourceName, Timestamp};
use bwdc_core::plan::{ApprovalScope, Verdict};
use bwdc_core::wire::Request;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// Between two looks.
const APART: i64 = 10_000;

/// Looks that are enough for every import here.
const LOOKS: usize = 100;

/// What the server has still to write, and when: people, then groups.
#[derive(Clone, Debug)]
pub(crate) struct UnderWay {
    before: Organization,
    after: Organization,
    people_at: Option<i64>,
    groups_at: Option<i64>,
}

impl UnderWay {
    /// Writes what is due. Whoever came in meanwhile is not looked at: that is what two imports at once do to an organization.
    fn land(&mut self, now: i64, organization: &mut Organization) {
        if self.people_at.is_some_and(|it| it <= now) {
            self.people_at = None;
            self.land_people(organization);
        }
        if self.groups_at.is_some_and(|it| it <= now) {
            self.groups_at = None;
            self.land_groups(organization);
        }
    }

    /// Whether nothing is left to be written.
    fn is_over(&self, organization: &Organization) -> bool {
        let mut after = organization.clone();
        self.clone().land(i64::MAX, &mut after);
        after == *organization
    }

    fn land_people(&mut self, organization: &mut Organization) {
        let before: BTreeMap<&str, &Member> =
            self.before.members.iter().map(|it| (it.id.as_str(), it)).collect();
        for member in &self.after.members {
            match before.get(member.id.as_str()) {
                None => organization.members.push(member.clone()),
                Some(old) if *old != member => {
                    let found = organization.members.iter_mut().find(|it| it.id == member.id);
                    if let Some(found) = found {
                        if old.external_id != member.external_id {
                            found.external_id.clone_from(&member.external_id);
                        }
                        if old.status != member.status {
                            (found.status, found.former) = (member.status, member.former);
                        }
                    }
                }
                Some(_) => {}
            }
        }
        let stays = |id: &str| self.after.members.iter().any(|it| it.id == id);
        let gone = before.keys().filter(|it| !stays(it)).map(|it| (*it).to_owned()).collect();
        organization.remove(&gone);
    }

    fn land_groups(&self, organization: &mut Organization) {
        for group in &self.after.groups {
            match self.before.groups.iter().find(|it| it.id == group.id) {
                None => organization.groups.push(group.clone()),
                Some(old) if old != group => {
                    if let Some(found) = organization.groups.iter_mut().find(|it| it.id == group.id) {
                        found.name.clone_from(&group.name);
                        found.members.clone_from(&group.members);
                    }
                }
                Some(_) => {}
            }
        }
        let there: Vec<String> = organization.members.iter().map(|it| it.id.clone()).collect();
        organization.groups.iter_mut().for_each(|it| it.members.retain(|id| there.contains(id)));
    }
}

impl World {
    /// Sends a plan until its import, whose connection is cut: the journal is all that is left of the run. Whether it came so far.
    pub(crate) fn send_and_be_cut_off(&mut self) -> bool {
        let Some(cut) = self.cut.take() else { return false };
        let plan = &self.plan(|plan, _| plan.clone());
        let requests = plan.requests();
        let imports = |it: &Request| matches!(it, Request::Import(_) | Request::WholeImport(_));
        let Some(import) = requests.iter().position(imports) else { return false };
        let mut organization = self.organization.clone();
        for request in &requests[..import] {
            if organization.apply(request).is_err() {
                return false;
            }
        }
        let mut after = organization.clone();
        if after.apply(&requests[import]).is_err() {
            return false;
        }
        organization.skip_ids(&after);
        let now = Timestamp(self.now);
        for (number, request) in requests[..=import].iter().enumerate() {
            let state = if number == import { IntentState::Unknown } else { IntentState::Accepted };
            self.note(request.clone(), state, now);
        }
        let counted = plan.counted(&self.connector.limits);
        self.taken.push((self.now, counted));
        self.note_given(&organization);
        self.organization = organization;
        let most = 55_000;
        let at = |share: u8| self.now + most * i64::from(share) / 255;
        let (people_at, groups_at) = (Some(at(cut / 2)), Some(at(cut)));
        let before = self.organization.clone();
        self.under_way = Some(UnderWay { before, after, people_at, groups_at });
        self.now += 1_000;
        true
    }

    fn note(&mut self, request: Request, state: IntentState, at: Timestamp) {
        let id = IntentId(i64::try_from(self.ledger.open_intents.len()).expect("a few"));
        let resolved_at = Some(at);
        self.ledger.open_intents.push(Intent { id, request, state, intended_at: at, resolved_at });
    }

    /// What a run does before it imports anything, while nobody knows whether an import of an earlier one is over. Whether there was
    /// one, and whether it is over.
    pub(crate) fn settle(&mut self) -> (bool, bool) {
        let now = Timestamp(self.now);
        let open: Vec<Intent> = self.ledger.open_imports().map(|(intent, _)| intent.clone()).collect();
        let may_take =
            self.ledger.open_imports().map(|(it, import)| it.may_take(import, ImportPace::default()));
        let Some(may_take) = may_take.max() else { return (false, true) };
        let sent = open.iter().map(|it| it.intended_at).max().unwrap_or(now);
        let mut looks = Looks::new(may_take);
        for number in 0..LOOKS {
            self.land();
            if self.look(&open, sent, may_take, &mut looks) {
                break;
            }
            if number == 1 {
                self.revoke_first();
            }
            self.now += APART;
        }
        for intent in self.ledger.open_intents.iter_mut().filter(|it| it.may_be_under_way()) {
            intent.state = IntentState::Over;
        }
        (true, self.under_way.is_none())
    }

    /// What a run starts from: the ledger, with the people of requests whose end nobody knows.
    pub(crate) fn remembered(&self) -> LedgerState {
        let organization = self.state();
        self.ledger.clone().as_left_by_open_intents(organization.as_ref(), &SourceName::primary())
    }

    fn land(&mut self) {
        let Some(mut under_way) = self.under_way.take() else { return };
        let mut organization = self.organization.clone();
        under_way.land(self.now, &mut organization);
        self.note_given(&organization);
        self.under_way = Some(under_way).filter(|it| !it.is_over(&organization));
        self.organization = organization;
    }

    /// Looks once; whether the imports are over.
    fn look(&self, open: &[Intent], sent: Timestamp, may_take: Duration, looks: &mut Looks) -> bool {
        let at = Duration::from_millis(u64::try_from(self.now - sent.0).unwrap_or_default());
        let Some(state) = self.state() else { return at >= may_take };
        let imports = open.iter().filter_map(|it| match &it.request {
            Request::Import(import) | Request::WholeImport(import) => Some(import),
            _ => None,
        });
        let known = self.ledger.groups.iter().map(|it| (it.external_id.as_str(), &*it.members)).collect();
        let named = Named::new(imports, &known, self.server());
        let complete = named.is_complete(&state);
        match looks.take(at, named.traces(&state), complete) {
            Settled::NotYet => false,
            Settled::IfAllGroupsAre => complete || looks.left(at).is_zero(),
            Settled::Yes => true,
        }
    }

    /// Whoever is to lose access does not wait.
    fn revoke_first(&mut self) {
        let limits = self.connector.limits;
        let plan = self.plan(|plan, _| (plan.check(&limits, &[]) == Verdict::Go).then(|| plan.clone()));
        let Some(plan) = plan else { return };
        let mut revoked = BTreeSet::new();
        for (change, request) in plan.revocations() {
            let mut organization = self.organization.clone();
            if organization.apply(&request).is_err() {
                continue;
            }
            self.organization = organization;
            self.note(request, IntentState::Accepted, Timestamp(self.now));
            revoked.extend(change.person().map(|it| it.external_id.as_str().to_owned()));
        }
        self.taken.push((self.now, ApprovalScope { revoked, ..ApprovalScope::default() }));
    }
}
