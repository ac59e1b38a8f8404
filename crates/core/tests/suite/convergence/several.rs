//! Two directories and one organization: each of them can fail, be new, or have the other's people or their ids, and a run
//! can be cut off between two requests.

use crate::convergence::directory::{Directory, Entry, Group, State};
use crate::convergence::model::{Kind, Known, Member, Organization};
use crate::convergence::world::Event;
use bwdc_core::desired::{Desired, DesiredError, Source, SourceRead};
use bwdc_core::ledger::{Intent, IntentId, IntentState, LedgerState};
use bwdc_core::names::{SourceName, Timestamp};
use bwdc_core::observed::{MemberStatus, Observed, Presence, Presences, Role, ServerKind};
use bwdc_core::plan::{After, ApprovalScope, Identity, Plan, PlanInput, Refusal, Standing, Verdict};
use bwdc_core::settings::{
    AcrossSources, AddressRule, ConflictRules, ConnectorSettings, LeaverAction, Limits, SameAddress,
    SameGroup, SyncSettings, VanishedGroups,
};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

const NAMES: [&str; 2] = ["", "b"];

struct World {
    directories: [Directory; 2],
    fails: [bool; 2],
    organization: Organization,
    ledger: LedgerState,
    sync: SyncSettings,
    connector: ConnectorSettings,
    server: ServerKind,
    now: i64,
    next: usize,
    /// After how many requests the next run is cut off.
    cut: Option<usize>,
}

impl World {
    fn new(settings: u64) -> Self {
        let bit = |place: u32| settings >> place & 1 == 1;
        let action = |place: u32| [LeaverAction::Revoke, LeaverAction::Remove][usize::from(bit(place))];
        let mut connector = ConnectorSettings::default();
        connector.leavers.disabled = Some(action(0));
        connector.leavers.deleted = Some(action(1));
        connector.leavers.gone = Some(action(2));
        connector.leavers.out_of_scope = bit(3).then_some(action(4));
        connector.leavers.vanished_groups =
            if bit(5) { VanishedGroups::Delete } else { VanishedGroups::Keep };
        connector.limits.off = bit(6);
        connector.limits.removals_percent = Some(60);
        connector.limits.emptied_groups_percent = 60;
        connector.protected = vec!["person1@example.test".to_owned()];
        connector.conflicts = ConflictRules {
            same_address: SameAddress::Fail,
            across_sources: [
                AcrossSources::First,
                AcrossSources::PreferEnabled,
                AcrossSources::Skip,
                AcrossSources::Fail,
            ][(settings >> 7 & 3) as usize],
            same_group: [SameGroup::First, SameGroup::Merge][usize::from(bit(9))],
        };
        let server = if bit(10) { ServerKind::OfficialCloud } else { ServerKind::Vaultwarden };
        let kind = if bit(10) {
            Kind::Official { staged: false, known: Known::Everybody }
        } else {
            Kind::Vaultwarden
        };
        let mut organization = Organization::new(kind);
        let id = organization.fresh_id();
        let owner = Member::new(id, "owner@example.test", MemberStatus::Confirmed);
        organization.add(Member { role: Role::Owner, ..owner });
        let ledger =
            LedgerState { new_sources: NAMES.map(SourceName::new).to_vec(), ..LedgerState::default() };
        Self {
            directories: [Directory::default(), Directory::default()],
            fails: [false; 2],
            organization,
            ledger,
            sync: SyncSettings {
                users: true,
                groups: true,
                interval_minutes: None,
                remove_disabled: false,
                overwrite_existing: bit(11) && bit(12),
                large_import: false,
                invite_users_after_provisioning: true,
                address: AddressRule::default(),
            },
            connector,
            server,
            now: 0,
            next: 0,
            cut: None,
        }
    }

    fn happen(&mut self, (kind, whom, how): (u8, u8, u8)) {
        let which = usize::from(how & 1);
        self.next += 1;
        let number = self.next;
        let directory = &mut self.directories[which];
        let (people, groups) = (directory.people.len(), directory.groups.len());
        let (one, group) = (usize::from(whom) % people.max(1), usize::from(whom) % groups.max(1));
        match kind {
            0..=3 => {
                let email = format!("person{}@example.test", whom % 9);
                if !directory.has_address(&email) {
                    directory.hire(format!("cn=p{number}"), email);
                }
            }
            4 if people > 0 => drop(directory.leave(one)),
            5 | 6 if people > 0 => {
                let states = [
                    State::Enabled,
                    State::Disabled,
                    State::OutOfScope,
                    State::Deleted,
                    State::DisabledOutOfScope,
                ];
                directory.people[one].state = states[usize::from(how / 2) % states.len()];
            }
            7 if groups < 3 => {
                // Few ids: both directories have groups of one id, and of one name.
                let (id, name) = (format!("cn=g{}", whom % 4), format!("Group {}", whom % 4));
                if directory.groups.iter().all(|it| it.id != id) {
                    directory.groups.push(Group { stable: None, id, name, members: Vec::new() });
                }
            }
            8 if groups > 0 && how % 4 < 2 => drop(directory.groups.remove(group)),
            9..=11 if groups > 0 && people > 0 => {
                let stable = directory.people[usize::from(how / 2) % people].stable.clone();
                let members = &mut directory.groups[group].members;
                match members.iter().position(|it| *it == stable) {
                    Some(place) if kind == 11 => drop(members.remove(place)),
                    None => members.push(stable),
                    Some(_) => {}
                }
            }
            12 | 18 => self.fails[which] = whom.is_multiple_of(2),
            13 => self.organization.confirm(),
            14 => directory.silent = whom.is_multiple_of(3),
            15 if people > 0 => directory.people[one].id = format!("cn=p{number}"),
            16 | 19 | 20 if people > 0 => {
                // The other directory has an entry of this name: the same person, or somebody else.
                let (id, email) = (directory.people[one].id.clone(), directory.people[one].email.clone());
                let email = if how % 4 < 2 { email } else { format!("person{}@example.test", how % 9) };
                let other = &mut self.directories[1 - which];
                if !other.has_address(&email) && other.people.iter().all(|it| it.id != id) {
                    other.hire(id, email);
                }
            }
            17 => self.cut = Some(usize::from(how / 2 % 4)),
            _ => {}
        }
    }

    fn desired(&self) -> Option<Desired> {
        let sources = NAMES.iter().zip(&self.directories).zip(self.fails).map(|((name, it), fails)| Source {
            name: SourceName::new(*name),
            read: if fails {
                Err("it does not answer".to_owned())
            } else {
                Ok(SourceRead { snapshot: it.snapshot(true), settings: self.sync.clone() })
            },
        });
        match Desired::merge(sources.collect(), true, self.connector.conflicts) {
            Err(DesiredError::DuplicateAddresses(_) | DesiredError::DuplicateExternalId { .. }) => None,
            merged => Some(merged.expect("nothing else stops a merge here")),
        }
    }

    fn plan<T>(&self, desired: &Desired, then: impl FnOnce(&Plan, &PlanInput<'_>) -> T) -> T {
        let observed = Observed::Live(self.organization.observe());
        let ledger = self.remembered();
        let mut presences = Presences::new();
        let identity = Identity::new(desired, &ledger, observed.state());
        for (source, missing) in identity.lookups(&ledger) {
            // Whoever comes from nobody knows where is gone only where both say so, and disabled only where neither one has
            // a usable account nor fails to tell.
            for which in (0..2).filter(|&it| source.is_untold() || NAMES[it] == source.as_str()) {
                let answers = if self.fails[which] {
                    let unknown = || Presence::Unknown { reason: "it does not answer".to_owned() };
                    missing.iter().map(|it| (it.external_id.clone(), unknown())).collect()
                } else {
                    self.directories[which].look_up(&missing)
                };
                for (id, answer) in answers {
                    let known = presences.get(&id);
                    let counts = match known {
                        None | Some(Presence::NotFound) => true,
                        Some(Presence::Disabled { at: None }) => answer != Presence::NotFound,
                        Some(_) => answer == Presence::Found { at: None },
                    };
                    if counts {
                        presences.insert(id, answer);
                    }
                }
            }
        }
        let input = PlanInput {
            desired,
            identity: &identity,
            observed: &observed,
            ledger: &ledger,
            presences: &presences,
            sync: &self.sync,
            connector: &self.connector,
            server: self.server,
            seats: None,
            stages: Some(false),
            revokes: true,
            settled: false,
            recent: &ApprovalScope::default(),
            unfound_of_directory: 0,
            resend: false,
            now: Timestamp(self.now),
        };
        then(&Plan::build(&input), &input)
    }

    /// What a run starts from: the ledger, with those whom a run that was cut off may have invited.
    fn remembered(&self) -> LedgerState {
        let organization = self.organization.observe();
        self.ledger.clone().as_left_by_open_intents(Some(&organization), &SourceName::untold())
    }

    /// A run that ended between two requests: the journal is all that is left of it.
    fn cut_off(&mut self, plan: &Plan, after: usize, limits: &Limits) -> Result<(), TestCaseError> {
        if plan.check(limits, &[]) != Verdict::Go {
            return Ok(());
        }
        let mut organization = self.organization.clone();
        let mut intents = Vec::new();
        for (place, request) in plan.requests().into_iter().enumerate().take(after + 1) {
            // The last one was written down; half of the time it was sent, too.
            let last = place == after;
            let sent = !last || after.is_multiple_of(2);
            if sent && organization.apply(&request).is_err() {
                break;
            }
            let state = match (last, after) {
                (false, _) => IntentState::Accepted,
                (true, 0 | 1) => IntentState::Intended,
                (true, _) => IntentState::Unknown,
            };
            let number = i64::try_from(self.ledger.open_intents.len() + intents.len()).expect("a few");
            intents.push(Intent {
                id: IntentId(number),
                request,
                state,
                intended_at: Timestamp(self.now),
                resolved_at: None,
            });
        }
        self.hurts_nobody(plan, &organization)?;
        self.organization = organization;
        self.ledger.open_intents.extend(intents);
        self.now += 60_000;
        Ok(())
    }

    /// Where somebody of this address is listed, the first source first.
    fn entries(&self, email: &str) -> Vec<(usize, &Entry)> {
        let of = |which: usize| {
            let entries = self.directories[which].selected();
            entries.filter(|it| it.email == email && it.state != State::Deleted).map(move |it| (which, it))
        };
        of(0).chain(of(1)).collect()
    }

    /// Whether somebody with this address is asked for as an enabled member.
    fn wants(&self, email: &str) -> bool {
        let entries = self.entries(email);
        let enabled = |it: &&(usize, &Entry)| it.1.state == State::Enabled;
        match (self.connector.conflicts.across_sources, &entries[..]) {
            (AcrossSources::Skip | AcrossSources::Fail, [_, _]) => false,
            (AcrossSources::PreferEnabled, all) => all.iter().any(|it| enabled(&it)),
            (_, [first, ..]) => enabled(&first),
            (_, []) => false,
        }
    }

    /// One run, and what it must not do.
    fn run(&mut self) -> Result<Option<Plan>, TestCaseError> {
        let Some(desired) = self.desired().filter(|_| self.fails != [true, true]) else { return Ok(None) };
        let limits = self.connector.limits;
        if let Some(after) = self.cut.take() {
            let plan = self.plan(&desired, |plan, _| plan.clone());
            self.cut_off(&plan, after, &limits)?;
            return Ok(None);
        }
        let (plan, after, ledger) = {
            let mut organization = self.organization.clone();
            let mut sent = Ok(());
            let (plan, ledger) = self.plan(&desired, |plan, input| {
                if let Verdict::Go = plan.check(&limits, &[]) {
                    for request in plan.requests() {
                        sent = sent.and(organization.apply(&request));
                    }
                }
                let state = organization.observe();
                (plan.clone(), plan.ledger_after(input, After::Observed(&state), input.now))
            });
            let verdict = plan.check(&limits, &[]);
            let refusals = verdict.refusals();
            if !refusals.is_empty() {
                let overwrites = |it: &Refusal| matches!(it, Refusal::ServerRefusesOverwrite { .. });
                prop_assert!(!limits.off || refusals.iter().all(overwrites), "{refusals:?}");
                return Ok(None);
            }
            if sent.is_err() && self.sync.overwrite_existing {
                return Ok(None);
            }
            prop_assert!(sent.is_ok(), "{sent:?} {:#?}", plan.changes);
            (plan, organization, ledger)
        };
        self.hurts_nobody(&plan, &after)?;
        self.organization = after;
        self.ledger = ledger;
        self.now += 60_000;
        Ok(Some(plan))
    }

    fn hurts_nobody(&self, plan: &Plan, after: &Organization) -> Result<(), TestCaseError> {
        let now: BTreeMap<&str, &Member> = after.members.iter().map(|it| (it.id.as_str(), it)).collect();
        let failing = self.fails.contains(&true);
        let remembered = self.remembered();
        let mut lost = BTreeSet::new();
        for member in &self.organization.members {
            let stays = now.get(member.id.as_str());
            let loses = stays.is_none_or(|it| {
                it.status == MemberStatus::Revoked && member.status != MemberStatus::Revoked
            });
            if !loses {
                continue;
            }
            lost.insert(member.id.as_str());
            let told =
                || format!("{member:?} {:#?} {:#?} {:#?}", plan.changes, self.ledger, self.directories);
            let id = member.external_id.as_deref().unwrap_or_default();
            prop_assert!(member.role == Role::User && member.email != "person1@example.test", "{}", told());
            prop_assert!(!self.wants(&member.email) || failing, "{}", told());
            let known = remembered.people.iter().find(|it| it.external_id.as_str() == id);
            // Listed as disabled or deleted, by a directory that may be asked.
            let listed = |asked: &dyn Fn(usize) -> bool| {
                (0..2).any(|it| {
                    asked(it)
                        && self.directories[it]
                            .selected()
                            .any(|it| (it.id == id || it.email == member.email) && it.state != State::Enabled)
                })
            };
            let Some(known) = known else {
                // The journal of a run that was cut off may know of somebody under another name.
                prop_assert!(self.sync.overwrite_existing || listed(&|_| true), "{}", told());
                continue;
            };
            let which = NAMES.iter().position(|it| *it == known.source.as_str());
            prop_assert!(which.is_some() || known.source.is_untold(), "{}", told());
            prop_assert!(
                !which.is_some_and(|it| self.fails[it]),
                "of a source that was not read: {}",
                told()
            );
            prop_assert!(!self.ledger.new_sources.contains(&known.source), "of a new source: {}", told());
            let own = |it: &usize| which.is_none_or(|which| which == *it);
            let there: Vec<State> = (0..2)
                .filter(own)
                .flat_map(|it| &self.directories[it].people)
                // A journal tells a name, and nothing that survives another one; an entry of its own is another one's.
                .filter(|it| match &known.stable_id {
                    Some(stable) => it.stable == stable.as_str(),
                    None => it.id == id || it.email == member.email && which.is_some(),
                })
                .map(|it| it.state)
                .collect();
            let out_of_scope = !there.is_empty() && there.iter().all(|it| it.is_out_of_scope());
            let leavers = &self.connector.leavers;
            let keeps = !self.sync.overwrite_existing
                && there.iter().all(|it| match it {
                    State::DisabledOutOfScope => leavers.disabled.is_none(),
                    _ => leavers.out_of_scope.is_none(),
                });
            prop_assert!(!out_of_scope || !keeps || listed(&|_| true), "out of scope: {}", told());
            if failing {
                let rule = self.connector.conflicts.across_sources;
                prop_assert!(rule != AcrossSources::PreferEnabled, "{}", told());
                let out = listed(&|it| own(&it) && !self.fails[it]);
                prop_assert!(out, "left by absence while a source fails: {}", told());
            }
        }
        for group in &self.organization.groups {
            let known = self
                .ledger
                .groups
                .iter()
                .find(|it| Some(it.external_id.as_str()) == group.external_id.as_deref());
            let Some(known) = known else { continue };
            let which = NAMES.iter().position(|it| *it == known.source.as_str()).expect("a known source");
            if self.fails[which] {
                let found = after.groups.iter().find(|it| it.id == group.id);
                prop_assert!(found.is_some(), "{group:?} of a source that was not read was deleted");
                let members = found.map(|it| &it.members);
                let shrunk = group.members.iter().any(|it| {
                    !lost.contains(it.as_str()) && members.is_some_and(|members| !members.contains(it))
                });
                prop_assert!(!shrunk, "{group:?} became {found:?}: {:#?}", plan.changes);
            }
        }
        let mut addresses = BTreeSet::new();
        let before: BTreeSet<&str> = self.organization.members.iter().map(|it| it.id.as_str()).collect();
        for member in &after.members {
            // Whom a source that cannot be read has disabled is not invited because of another one. That an address is in
            // both, which stops a run, is seen only where both are read.
            let unseen = failing && self.connector.conflicts.across_sources == AcrossSources::Fail;
            let wanted = before.contains(member.id.as_str()) || unseen || self.wants(&member.email);
            prop_assert!(wanted, "{} came in: {:#?}", member.email, plan.changes);
            prop_assert!(addresses.insert(&member.email), "{} twice: {:#?}", member.email, plan.changes);
        }
        Ok(())
    }

    /// Whoever is asked for is there, in just the groups of all sources that list him.
    fn follows(&self, plan: &Plan) -> Result<(), TestCaseError> {
        let held: BTreeSet<&str> = plan
            .standing
            .iter()
            .filter_map(|it| match it {
                Standing::HeldUnderOtherId { person, .. }
                | Standing::AddressOfLeaver { person, .. }
                | Standing::ExternalIdTaken { person, .. }
                | Standing::AddressDiffers { person, .. }
                | Standing::AddressHeld { person, .. }
                | Standing::AddressUnseen { person, .. }
                | Standing::AddressOfAnother { person, .. }
                | Standing::MembershipUnclear { person, .. }
                | Standing::RevokedByHand { person } => Some(person.name.as_str()),
                Standing::MembershipsKept { .. }
                | Standing::Refused { .. }
                | Standing::ChangedAgain { .. }
                | Standing::GroupNameKept { .. }
                | Standing::IdOfAnother { .. }
                | Standing::GroupVanished { .. } => None,
            })
            .collect();
        let all = self.directories.iter().flat_map(|it| &it.people);
        let wanted: BTreeSet<&str> = all.map(|it| it.email.as_str()).filter(|it| self.wants(it)).collect();
        for email in &wanted {
            let found = self.organization.members.iter().find(|it| it.email == *email);
            let active = found.is_some_and(|it| it.status != MemberStatus::Revoked);
            prop_assert!(active || held.contains(email), "{email} is {found:?}: {:#?}", plan.standing);
        }
        let mut groups: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        let merges = self.connector.conflicts.same_group == SameGroup::Merge;
        for directory in &self.directories {
            for group in &directory.groups {
                if groups.contains_key(group.id.as_str()) && !merges {
                    continue;
                }
                let emails = directory
                    .selected()
                    .filter(|it| group.members.contains(&it.stable) && it.state != State::Deleted)
                    .map(|it| it.email.as_str());
                groups.entry(&group.id).or_default().extend(emails);
            }
        }
        // Of two groups with one id the first counts: what only the second one lists was not looked at.
        for (id, emails) in groups {
            let found = self.organization.groups.iter().find(|it| it.external_id.as_deref() == Some(id));
            let Some(found) = found else {
                return Err(TestCaseError::fail(format!("group {id} is missing")));
            };
            for email in emails.intersection(&wanted).filter(|it| !held.contains(*it)) {
                let member = self.organization.members.iter().find(|it| it.email == **email);
                let is_in = member.is_some_and(|it| found.members.contains(&it.id));
                prop_assert!(is_in, "{email} is not in {found:?}");
            }
            for member in self.organization.members.iter().filter(|it| found.members.contains(&it.id)) {
                let listed = emails.contains(member.email.as_str());
                prop_assert!(
                    listed || !wanted.contains(member.email.as_str()) || held.contains(member.email.as_str()),
                    "{member:?} is in {found:?}"
                );
            }
        }
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn the_organization_follows_two_directories(
        settings in any::<u64>(),
        steps in prop::collection::vec(prop::collection::vec((0u8..21, any::<u8>(), any::<u8>()), 0..14), 1..8),
    ) {
        follows(settings, &steps)?;
    }
}

fn follows(settings: u64, steps: &[Vec<Event>]) -> Result<(), TestCaseError> {
    let mut world = World::new(settings);
    for events in steps {
        events.iter().for_each(|&it| world.happen(it));
        let mut ran = true;
        // A first run takes nobody, freed ids wait for the next one.
        for _ in 0..6 {
            ran = world.run()?.is_some();
            if !ran {
                break;
            }
        }
        if !ran {
            continue;
        }
        let desired = world.desired().expect("it was there before");
        let again = world.plan(&desired, |plan, _| plan.clone());
        prop_assert!(again.is_empty() && again.requests().is_empty(), "{:#?}", again.changes);
        if world.fails == [false, false] {
            world.follows(&again)?;
        }
    }
    Ok(())
}

/// Found by the property above, which the entry's own id now judges by.
#[test]
fn who_is_gone_leaves_although_a_new_entry_out_of_scope_has_the_address() {
    let steps = [
        vec![(0, 211, 72), (19, 0, 88)],
        vec![(5, 0, 35)],
        vec![(4, 0, 8), (12, 20, 8)],
        vec![(0, 175, 90), (5, 0, 204), (12, 83, 104)],
    ];
    follows(4_628_340_775_404_651_632, &steps).unwrap_or_else(|it| panic!("{it}"));
}

/// Found by the property above: a run that was cut off had invited two people of the second source, the first source has the
/// name of one with the address of the other.
#[test]
fn a_name_out_of_a_journal_is_nobody_for_sure() {
    let steps = [vec![(0, 0, 19), (0, 47, 91), (17, 0, 0)], vec![(15, 103, 89), (5, 8, 199), (16, 44, 155)]];
    follows(9_241_264_033_193_508_896, &steps).unwrap_or_else(|it| panic!("{it}"));
    // The same while the second source cannot be read.
    let steps =
        [vec![(17, 0, 0), (0, 5, 13)], vec![(16, 0, 51), (18, 162, 31)], vec![(15, 0, 2)], vec![(5, 0, 46)]];
    follows(9_004_020_573_554_807_680, &steps).unwrap_or_else(|it| panic!("{it}"));
}
