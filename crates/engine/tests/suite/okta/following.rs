//! Incremental reads: after any change they show what a full read shows, in a few requests.
//!
//! Only who is in no group and is deleted for good without a stop in between is left to the daily full read.

use super::{WHOLE, directory, place_of, server, small};
use bwdc_core::filter::{Accepted, Filter};
use bwdc_core::names::Timestamp;
use bwdc_core::settings::OktaFilters;
use bwdc_core::snapshot::{AccountState, Snapshot};
use bwdc_core::text::Text;
use bwdc_engine::clock::Clock;
use bwdc_engine::directory::snapshot_cache::{IncrementalRead, Refresh};
use bwdc_engine::ledger::Ledger;
use bwdc_sandbox::cloud::okta::{Group, Server, Tenant, User};
use bwdc_sandbox::faults::{Answer, Fault, Rule};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use std::collections::{BTreeMap, BTreeSet};
use tempfile::TempDir;

const NOW: Timestamp = Timestamp(1_795_180_720_171);

type Shown = (BTreeSet<(String, Option<String>, &'static str)>, BTreeMap<String, (String, BTreeSet<String>)>);

fn shown(snapshot: &Snapshot) -> Shown {
    let text = |text: Text| snapshot.texts().get(text).to_owned();
    let state = |state| match state {
        AccountState::Enabled => "enabled",
        AccountState::Disabled => "disabled",
        AccountState::Deleted => "deleted",
    };
    let people =
        snapshot.people().iter().map(|it| (text(it.external_id), it.mail.map(text), state(it.state)));
    let groups = snapshot.groups().iter().map(|it| {
        (text(it.external_id), (text(it.name), snapshot.members(it).iter().map(|it| text(*it)).collect()))
    });
    (people.collect(), groups.collect())
}

struct Stage {
    server: Server,
    filters: OktaFilters,
    ledger: Ledger,
    _folder: TempDir,
}

impl Stage {
    fn new(tenant: Tenant) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let ledger = Ledger::open(&folder.path().join("connector.db"), Clock::System)
            .expect("a local disk")
            .into_ledger();
        Self { server: server(tenant), filters: OktaFilters::default(), ledger, _folder: folder }
    }

    /// Follows what changed and compares with a full read; the requests that it took, None for a full read.
    async fn follow(&mut self) -> Option<usize> {
        let directory = directory(&self.server, self.filters.clone(), 1_000.0);
        let snapshot_cache = self.ledger.snapshot_cache("directory", "basis", NOW).expect("readable");
        self.server.forget_requests();
        let IncrementalRead { snapshot, refresh } =
            directory.read_incremental(WHOLE, snapshot_cache, &|_| {}).await.expect("a whole read");
        let requests = self.server.requests().len();
        let full = directory.read(WHOLE, &|_| {}).await.expect("a whole read");
        assert_eq!(shown(&snapshot), shown(&full));
        self.ledger.refresh_snapshot_cache("directory", "basis", &refresh, NOW).expect("writable");
        match refresh {
            Refresh::Change { .. } => Some(requests),
            Refresh::Replace(_) => None,
            Refresh::Drop => unreachable!("Okta tells what changed"),
        }
    }
}

#[tokio::test]
async fn an_unchanged_organization_takes_three_requests() {
    let mut stage = Stage::new(Tenant::generate(2_000, 2_000, 3));
    assert_eq!(stage.follow().await, None, "the first read is a full one");
    assert_eq!(stage.follow().await, Some(3));
    assert_eq!(stage.follow().await, Some(3));
}

#[tokio::test]
async fn one_group_that_changed_takes_one_request_more() {
    let mut stage = Stage::new(small());
    stage.follow().await;
    let now = stage.server.now();
    stage.server.change(|tenant| {
        tenant.groups[7].members.pop();
        tenant.groups[7].last_membership_updated.clone_from(&now);
    });
    assert_eq!(stage.follow().await, Some(4));
    // A second change may have the same date: within the margin the group is read again.
    stage.server.change(|tenant| drop(tenant.groups[7].members.pop()));
    assert_eq!(stage.follow().await, Some(4));
}

/// Somebody was deprovisioned and deleted for good since the last read: Okta takes both out of their groups.
fn purge(tenant: &mut Tenant, id: &str, now: &str) {
    tenant.users.retain(|user| user.id != id);
    for group in tenant.groups.iter_mut().filter(|group| group.members.iter().any(|it| it == id)) {
        group.members.retain(|it| it != id);
        group.last_membership_updated = now.to_owned();
    }
}

#[tokio::test]
async fn who_was_deleted_for_good_is_noticed_by_the_groups_that_were_left() {
    let mut tenant = Tenant::generate(450, 5, 3);
    let everyone: Vec<String> = tenant.users.iter().map(|user| user.id.clone()).collect();
    tenant.groups[4].members.clone_from(&everyone);
    let mut stage = Stage::new(tenant);
    stage.follow().await;
    let now = stage.server.now();
    stage.server.change(|tenant| purge(tenant, &everyone[400], &now));
    // The lists, the group of everyone, and the question by id.
    assert_eq!(stage.follow().await, Some(3 + 1 + 1));
    // Whoever leaves a group and is in another needs no question.
    stage.server.change(|tenant| {
        tenant.groups[0].members.pop();
        tenant.groups[0].last_membership_updated.clone_from(&now);
    });
    assert_eq!(stage.follow().await, Some(3 + 2));
    // Many questions cost more than the list of people: 3 pages of it and 1 of deprovisioned ones.
    stage.server.change(|tenant| {
        for id in &everyone[300..310] {
            purge(tenant, id, &now);
        }
    });
    assert_eq!(stage.follow().await, Some(3 + 2 + 3 + 1));
    // A group that goes takes its members along.
    stage.server.change(|tenant| drop(tenant.groups.pop()));
    assert!(stage.follow().await.is_some());
}

#[tokio::test]
async fn a_query_of_oktas_own_is_never_incremental() {
    let mut stage = Stage::new(small());
    stage.filters.users =
        Filter::parse("|status eq \"ACTIVE\"", Accepted::NAMES_AND_QUERY).expect("a filter");
    let directory = directory(&stage.server, stage.filters.clone(), 1_000.0);
    let followed = directory.read_incremental(WHOLE, None, &|_| {}).await.expect("a whole read");
    assert_eq!(followed.refresh, Refresh::Drop);
}

#[tokio::test]
async fn a_fault_at_any_request_leaves_the_mirror_as_it_was() {
    let mut stage = Stage::new(small());
    stage.follow().await;
    let now = stage.server.now();
    stage.server.change(|tenant| {
        tenant.users[9].status = "SUSPENDED".to_owned();
        tenant.users[9].last_updated.clone_from(&now);
        tenant.groups[7].members.pop();
        tenant.groups[7].last_membership_updated.clone_from(&now);
    });
    let directory = directory(&stage.server, OktaFilters::default(), 1_000.0);
    let snapshot_cache = stage.ledger.snapshot_cache("directory", "basis", NOW).expect("readable");
    stage.server.forget_requests();
    directory.read_incremental(WHOLE, snapshot_cache.clone(), &|_| {}).await.expect("a whole read");
    let requests = stage.server.requests();
    assert_eq!(requests.len(), 4, "{requests:?}");
    for request in requests {
        for fault in [
            Fault::Answer(Answer::empty(500)),
            Fault::CutAfterHandling,
            Fault::TruncateBody(1),
            Fault::Answer(Answer::json(429, "{}").header("retry-after", "1")),
            Fault::Answer(Answer::json(200, "[]")),
        ] {
            stage.server.faults().clear();
            stage.server.faults().add(Rule::new("GET", place_of(&request), fault.clone()));
            let result = directory.read_incremental(WHOLE, snapshot_cache.clone(), &|_| {}).await;
            assert!(result.is_err(), "{fault:?} at {request}");
        }
    }
    stage.server.faults().clear();
    assert_eq!(stage.follow().await, Some(4));
}

#[derive(Clone, Debug)]
enum Step {
    Mail(usize, u8),
    Status(usize, usize),
    Add(usize),
    Join(usize, usize),
    Leave(usize, usize),
    Rename(usize, u8),
    NewGroup(usize),
    DropGroup(usize),
    Purge(usize),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (0..9usize, any::<u8>()).prop_map(|(who, what)| Step::Mail(who, what)),
        (0..9usize, 0..4usize).prop_map(|(who, status)| Step::Status(who, status)),
        (9..12usize).prop_map(Step::Add),
        (0..9usize, 0..5usize).prop_map(|(who, group)| Step::Join(who, group)),
        (0..9usize, 0..5usize).prop_map(|(who, group)| Step::Leave(who, group)),
        (0..5usize, any::<u8>()).prop_map(|(group, name)| Step::Rename(group, name)),
        (5..8usize).prop_map(Step::NewGroup),
        (0..8usize).prop_map(Step::DropGroup),
        (0..9usize).prop_map(Step::Purge),
    ]
}

/// Does a step to the tenant, which was `before` when it was read the last time.
fn take(step: &Step, now: &str, before: &Tenant, tenant: &mut Tenant) {
    const STATUSES: [&str; 4] = ["ACTIVE", "SUSPENDED", "DEPROVISIONED", "STAGED"];
    let group = |tenant: &mut Tenant, number: usize| {
        tenant.groups.iter().position(|it| it.id == format!("00g{number:017}"))
    };
    let user =
        |tenant: &mut Tenant, number: usize| tenant.users.iter().position(|it| it.id == User::new(number).id);
    match *step {
        Step::Mail(number, what) => {
            let Some(who) = user(tenant, number) else { return };
            tenant.users[who].email = Some(format!("m{what}-{number}@example.test"));
            tenant.users[who].last_updated = now.to_owned();
        }
        Step::Status(number, status) => {
            let Some(who) = user(tenant, number) else { return };
            tenant.users[who].status = STATUSES[status].to_owned();
            tenant.users[who].last_updated = now.to_owned();
        }
        Step::Add(who) => {
            let user = User { last_updated: now.to_owned(), ..User::new(who) };
            if tenant.users.iter().all(|it| it.id != user.id) {
                tenant.users.push(user);
            }
        }
        Step::Join(who, number) | Step::Leave(who, number) => {
            let (Some(place), Some(who)) = (group(tenant, number), user(tenant, who)) else { return };
            let id = tenant.users[who].id.clone();
            tenant.groups[place].members.retain(|it| *it != id);
            if matches!(step, Step::Join(..)) {
                tenant.groups[place].members.push(id);
            }
            tenant.groups[place].last_membership_updated = now.to_owned();
        }
        Step::Rename(number, name) => {
            let Some(place) = group(tenant, number) else { return };
            tenant.groups[place].name = format!("Renamed {name}");
            tenant.groups[place].last_updated = now.to_owned();
        }
        Step::NewGroup(number) => {
            if group(tenant, number).is_none() {
                tenant.groups.push(Group {
                    id: format!("00g{number:017}"),
                    name: format!("New {number}"),
                    members: tenant.users.iter().take(1).map(|user| user.id.clone()).collect(),
                    last_updated: now.to_owned(),
                    last_membership_updated: now.to_owned(),
                });
            }
        }
        Step::Purge(number) => {
            // Who is in no group leaves no trace, and who was deprovisioned before was deleted before: the daily full read.
            let id = User::new(number).id;
            let was_deprovisioned =
                before.users.iter().any(|user| user.id == id && user.status == "DEPROVISIONED");
            if !was_deprovisioned && before.groups.iter().any(|group| group.members.contains(&id)) {
                purge(tenant, &id, now);
            }
        }
        Step::DropGroup(number) => {
            if let Some(place) = group(tenant, number) {
                tenant.groups.remove(place);
            }
        }
    }
}

#[test]
fn an_incremental_read_shows_what_a_full_read_shows_after_any_changes() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let config = Config { cases: 24, max_shrink_iters: 60, failure_persistence: None, ..Config::default() };
    let steps = proptest::collection::vec(proptest::collection::vec(step(), 1..5), 1..8);
    TestRunner::new(config)
        .run(&steps, |rounds| {
            let mut stage = Stage::new(Tenant::generate(9, 5, 3));
            runtime.block_on(stage.follow());
            for round in &rounds {
                let now = stage.server.now();
                stage.server.change(|tenant| {
                    let before = tenant.clone();
                    round.iter().for_each(|step| take(step, &now, &before, tenant));
                });
                assert!(runtime.block_on(stage.follow()).is_some());
            }
            Ok(())
        })
        .expect("no difference");
}
