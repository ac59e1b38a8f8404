//! The rules alone, at 5,000, 50,000 and 500,000 people: flatten, build, plan, serialize. One tenth as many groups, 30
//! people each, nested 3 deep. Allocations are counted: the largest amount that a rule holds at once is its memory beyond
//! what was read.

use bwdc_core::desired::Desired;
use bwdc_core::flatten::{Rows, flatten};
use bwdc_core::import::official_request;
use bwdc_core::ledger::{LedgerState, ManagedGroup, ManagedPerson, Marks};
use bwdc_core::names::{Email, ExternalId, GroupId, MemberId, SourceName, Timestamp};
use bwdc_core::observed::{
    MemberStatus, Membership, Observed, ObservedGroup, ObservedMember, OrganizationState, Presences, Role,
    ServerKind,
};
use bwdc_core::plan::{After, ApprovalScope, Identity, Plan, PlanInput};
use bwdc_core::settings::{AddressRule, ConnectorSettings, SyncSettings};
use bwdc_core::snapshot::{
    AccountState, PersonEntry, PersonMarks, ReadScope, Section, Snapshot, SnapshotBuilder,
};
use bwdc_core::test_report::TestReport;
use divan::{AllocProfiler, Bencher};
use std::sync::LazyLock;

#[global_allocator]
static ALLOCATIONS: AllocProfiler = AllocProfiler::system();

const PEOPLE: [u32; 3] = [5_000, 50_000, 500_000];
const MEMBERS: u32 = 30;

fn main() {
    divan::main();
}

#[divan::bench(args = PEOPLE, sample_count = 10)]
fn flatten_groups(bencher: Bencher, people: u32) {
    let groups = people / 10;
    let (mut direct, mut inner) = (Rows::default(), Rows::default());
    for group in 0..groups {
        direct.push(members(group, people));
        inner.push(inner_group(group, groups));
    }
    bencher.bench(|| flatten(&direct, &inner, people as usize));
}

/// Groups in one cycle: each has every person of it in its list, so that the lists alone are the square of the cycle.
#[divan::bench(args = [2_500, 5_000, 10_000], sample_count = 3)]
fn flatten_one_cycle(bencher: Bencher, groups: u32) {
    let (mut direct, mut inner) = (Rows::default(), Rows::default());
    for group in 0..groups {
        direct.push([group]);
        inner.push([(group + 1) % groups]);
    }
    bencher.bench(|| flatten(&direct, &inner, groups as usize));
}

/// The same cycle with ten people in all.
#[divan::bench(args = [2_500, 5_000, 10_000, 100_000], sample_count = 3)]
fn flatten_one_cycle_of_few(bencher: Bencher, groups: u32) {
    let (mut direct, mut inner) = (Rows::default(), Rows::default());
    for group in 0..groups {
        direct.push(group.is_multiple_of(groups / 10).then_some(group / (groups / 10)));
        inner.push([(group + 1) % groups, (group + 7) % groups]);
    }
    bencher.bench(|| flatten(&direct, &inner, groups as usize));
}

#[divan::bench(args = PEOPLE, sample_count = 5)]
fn build_desired(bencher: Bencher, people: u32) {
    bencher
        .with_inputs(|| snapshot(people))
        .bench_values(|snapshot| Desired::build(snapshot, &settings()).expect("a valid directory"));
}

#[divan::bench(args = PEOPLE, sample_count = 5)]
fn serialize_test(bencher: Bencher, people: u32) {
    let desired = desired(people);
    bencher.bench(|| {
        let mut counted = std::io::BufWriter::with_capacity(1 << 16, std::io::sink());
        serde_json::to_writer(&mut counted, &TestReport::new(&desired))
    });
}

#[divan::bench(args = PEOPLE, sample_count = 5)]
fn serialize_import(bencher: Bencher, people: u32) {
    let desired = desired(people);
    bencher.bench(|| serde_json::to_vec(&official_request(&desired, &settings())));
}

#[divan::bench(args = PEOPLE, sample_count = 5)]
fn plan_into_an_empty_organization(bencher: Bencher, people: u32) {
    let desired = desired(people);
    let observed = Observed::Live(OrganizationState::default());
    let ledger = LedgerState::default();
    let (recent, presences) = (ApprovalScope::default(), Presences::new());
    let identity = Identity::new(&desired, &ledger, observed.state());
    bencher.bench(|| Plan::build(&input(&desired, &identity, &observed, &ledger, &presences, &recent)));
}

#[divan::bench(args = PEOPLE, sample_count = 5)]
fn who_is_whom(bencher: Bencher, people: u32) {
    let desired = desired(people);
    let state = equal_state(&desired);
    let ledger = ledger(&state);
    bencher.bench(|| Identity::new(&desired, &ledger, Some(&state)));
}

#[divan::bench(args = PEOPLE, sample_count = 5)]
fn plan_with_nothing_to_do(bencher: Bencher, people: u32) {
    let desired = desired(people);
    let state = equal_state(&desired);
    let ledger = ledger(&state);
    let observed = Observed::Live(state);
    let (recent, presences) = (ApprovalScope::default(), Presences::new());
    let identity = Identity::new(&desired, &ledger, observed.state());
    assert!(Plan::build(&input(&desired, &identity, &observed, &ledger, &presences, &recent)).is_empty());
    bencher.bench(|| Plan::build(&input(&desired, &identity, &observed, &ledger, &presences, &recent)));
}

/// Every group has lost its first member and got somebody else, and one person in a hundred is not a member yet.
#[divan::bench(args = PEOPLE, sample_count = 5)]
fn plan_with_a_change_in_every_group(bencher: Bencher, people: u32) {
    let desired = desired(people);
    let mut state = equal_state(&desired);
    for (number, group) in state.groups.iter_mut().enumerate() {
        if let Membership::Read(members) = &mut group.members {
            members[0] = (members[0] + number + 1) % people as usize;
        }
    }
    for member in state.members.iter_mut().step_by(100) {
        member.external_id = None;
        member.email = Email::new(format!("{}@elsewhere.test", member.email));
    }
    let ledger = ledger(&state);
    let observed = Observed::Live(state);
    let (recent, presences) = (ApprovalScope::default(), Presences::new());
    let identity = Identity::new(&desired, &ledger, observed.state());
    bencher.bench(|| {
        let plan = Plan::build(&input(&desired, &identity, &observed, &ledger, &presences, &recent));
        (plan.check(&ConnectorSettings::default().limits, &[]), plan.requests())
    });
}

#[divan::bench(args = PEOPLE, sample_count = 5)]
fn the_ledger_after_a_run(bencher: Bencher, people: u32) {
    let desired = desired(people);
    let state = equal_state(&desired);
    let ledger = ledger(&state);
    let observed = Observed::Live(state.clone());
    let (recent, presences) = (ApprovalScope::default(), Presences::new());
    let identity = Identity::new(&desired, &ledger, observed.state());
    let input = input(&desired, &identity, &observed, &ledger, &presences, &recent);
    let plan = Plan::build(&input);
    bencher.bench(|| plan.ledger_after(&input, After::Observed(&state), Timestamp(1)));
}

fn input<'a>(
    desired: &'a Desired,
    identity: &'a Identity,
    observed: &'a Observed,
    ledger: &'a LedgerState,
    presences: &'a Presences,
    recent: &'a ApprovalScope,
) -> PlanInput<'a> {
    static SETTINGS: LazyLock<(SyncSettings, ConnectorSettings)> =
        LazyLock::new(|| (settings(), ConnectorSettings::default()));
    PlanInput {
        desired,
        identity,
        observed,
        ledger,
        presences,
        sync: &SETTINGS.0,
        connector: &SETTINGS.1,
        server: ServerKind::OfficialSelfHosted,
        seats: None,
        stages: None,
        revokes: true,
        settled: false,
        recent,
        unfound_of_directory: 0,
        resend: false,
        now: Timestamp(0),
    }
}

/// Everybody and everything in this state is ours.
fn ledger(state: &OrganizationState) -> LedgerState {
    let people = state.members.iter().filter_map(|it| {
        Some(ManagedPerson {
            external_id: it.external_id.clone()?,
            source: SourceName::primary(),
            stable_id: None,
            reference: None,
            email: it.email.clone(),
            revoked_by_us: false,
            out: None,
            member_id: None,
            marks: Marks::default(),
        })
    });
    let groups = state.groups.iter().filter_map(|it| {
        let Membership::Read(members) = &it.members else { return None };
        Some(ManagedGroup {
            external_id: it.external_id.clone()?,
            source: SourceName::primary(),
            stable_id: None,
            reference: None,
            group_id: it.id.clone(),
            name: it.name.clone(),
            members: members.iter().filter_map(|&it| state.members[it].external_id.clone()).collect(),
            observed_at: Some(Timestamp(0)),
        })
    });
    LedgerState {
        people: people.collect(),
        groups: groups.collect(),
        new_sources: Vec::new(),
        refused: Vec::new(),
        waiting: Vec::new(),
        without_address: Vec::new(),
        decisions: Vec::new(),
        mended: Vec::new(),
        seen: Vec::new(),
        addresses: Default::default(),
        open_intents: Vec::new(),
        baseline_taken: true,
    }
}

fn members(group: u32, people: u32) -> impl Iterator<Item = u32> {
    (0..MEMBERS).map(move |number| (group * MEMBERS + number * 7) % people)
}

/// Every group but each third holds the next one: chains of three.
fn inner_group(group: u32, groups: u32) -> Option<u32> {
    (group % 3 != 2 && group + 1 < groups).then_some(group + 1)
}

fn snapshot(people: u32) -> Snapshot {
    let scope = ReadScope { people: true, groups: true, deleted: false, stable_ids: false };
    let mut builder = SnapshotBuilder::new(scope);
    let person_name = |number: u32| format!("uid=person{number},ou=people,dc=example,dc=test");
    let group_name = |number: u32| format!("cn=group{number},ou=groups,dc=example,dc=test");
    for number in 0..people {
        let name = builder.text(&person_name(number));
        let mail = builder.text(&format!("Person{number}@example.test"));
        builder.person(PersonEntry {
            reference: name,
            key: name,
            login: None,
            external_id: name,
            stable_id: None,
            mail: Some(mail),
            prefix: None,
            state: AccountState::Enabled,
            marks: PersonMarks::default(),
        });
    }
    let groups = people / 10;
    for number in 0..groups {
        let name = builder.text(&group_name(number));
        let shown = builder.text(&format!("Group {number}"));
        let mut listed: Vec<_> = members(number, people).map(|it| builder.text(&person_name(it))).collect();
        listed.extend(inner_group(number, groups).map(|it| builder.text(&group_name(it))));
        builder.group(name, name, name, shown, &listed);
    }
    builder.end(Section::People);
    builder.end(Section::Groups);
    builder.finish().expect("every section has ended")
}

fn desired(people: u32) -> Desired {
    Desired::build(snapshot(people), &settings()).expect("a valid directory")
}

fn equal_state(desired: &Desired) -> OrganizationState {
    let members = desired.everybody().iter().enumerate().map(|(number, person)| ObservedMember {
        id: Some(MemberId::new(number.to_string())),
        email: Email::new(desired.display_name(person)),
        external_id: Some(ExternalId::new(desired.text(person.external_id))),
        changed_id: None,
        status: MemberStatus::Confirmed,
        role: Role::User,
    });
    let groups = desired.groups().iter().enumerate().map(|(number, group)| ObservedGroup {
        id: Some(GroupId::new(number.to_string())),
        name: desired.text(group.name).to_owned(),
        external_id: Some(ExternalId::new(desired.text(group.external_id))),
        members: Membership::Read(desired.members(number).iter().map(|&it| it as usize).collect()),
        collections: None,
    });
    OrganizationState { members: members.collect(), groups: groups.collect() }
}

fn settings() -> SyncSettings {
    SyncSettings {
        users: true,
        groups: true,
        interval_minutes: None,
        remove_disabled: false,
        overwrite_existing: false,
        large_import: false,
        invite_users_after_provisioning: true,
        address: AddressRule::default(),
    }
}
