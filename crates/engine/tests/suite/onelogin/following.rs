//! People by what changed, roles in full: after any change that shows what a full read shows.

use super::{Setup, WHOLE, groups, small, start};
use bwdc_core::desired::Desired;
use bwdc_core::names::Timestamp;
use bwdc_core::settings::SyncSettings;
use bwdc_core::snapshot::{ReadScope, Snapshot};
use bwdc_engine::clock::Clock;
use bwdc_engine::directory::snapshot_cache::{IncrementalRead, Refresh, SnapshotCache};
use bwdc_engine::ledger::Ledger;
use bwdc_sandbox::cloud::onelogin::{Role, Server, Tenant, User};
use bwdc_sandbox::faults::{Answer, Fault, Rule};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::json;
use std::collections::BTreeSet;
use tempfile::TempDir;

const NOW: Timestamp = Timestamp(1_795_180_720_171);

struct Stage {
    server: Server,
    setup: Setup,
    ledger: Ledger,
    _folder: TempDir,
}

impl Stage {
    fn new(tenant: Tenant, version: i64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&folder.path().join("connector.db"), Clock::System).unwrap().into_ledger();
        let server = start(tenant);
        Self { setup: Setup::new(&server, version), server, ledger, _folder: folder }
    }

    fn snapshot_cache(&self) -> Option<SnapshotCache> {
        self.ledger.snapshot_cache("directory", "basis", NOW).unwrap()
    }

    /// Follows what changed and compares with a full read; the requests without that for a token, and whether only what
    /// changed was read.
    async fn follow(&mut self) -> (usize, bool) {
        let directory = self.setup.directory();
        let snapshot_cache = self.snapshot_cache();
        self.server.forget_requests();
        let IncrementalRead { snapshot, refresh } =
            directory.read_incremental(WHOLE, snapshot_cache, &|_| ()).await.unwrap();
        let requests = self.server.requests().len() - 1;
        let full = directory.read(WHOLE, &|_| ()).await.unwrap();
        assert_eq!(self.shown(snapshot), self.shown(full));
        self.ledger.refresh_snapshot_cache("directory", "basis", &refresh, NOW).unwrap();
        (requests, matches!(refresh, Refresh::Change { .. }))
    }

    fn shown(&self, snapshot: Snapshot) -> (BTreeSet<String>, BTreeSet<(String, BTreeSet<String>)>) {
        let sync = SyncSettings::from_stored(&self.setup.sync).unwrap();
        let desired = Desired::build(snapshot, &sync).unwrap();
        let person = |it: &bwdc_core::desired::DesiredPerson| {
            format!("{} {} {:?}", desired.text(it.external_id), desired.display_name(it), it.state)
        };
        (desired.everybody().iter().map(person).collect(), groups(&desired).into_iter().collect())
    }
}

#[tokio::test]
async fn an_unchanged_account_takes_two_requests_for_its_people() {
    let mut stage = Stage::new(Tenant::generate(3_500, 10, 3), 2);
    // 4 pages of people, 1 of roles, 1 for each role.
    assert_eq!(stage.follow().await, (4 + 1 + 10, false));
    assert_eq!(stage.follow().await, (2 + 1 + 10, true));
    let now = stage.server.now();
    stage.server.change(|tenant| {
        tenant.users[7].status = 2;
        tenant.users[7].updated_at = now;
        tenant.roles[3].users.pop();
    });
    assert_eq!(stage.follow().await, (2 + 1 + 10, true));
}

#[tokio::test]
async fn who_was_deleted_shows_in_the_total() {
    let mut stage = Stage::new(small(), 2);
    stage.follow().await;
    stage.server.change(|tenant| drop(tenant.users.remove(60)));
    let (_, by_changes) = stage.follow().await;
    assert!(!by_changes, "everybody is listed again");
    assert!(stage.follow().await.1);
    // Somebody new does not hide somebody who is gone.
    let now = stage.server.now();
    stage.server.change(|tenant| {
        tenant.users.remove(61);
        tenant.users.push(User { updated_at: now, ..User::new(900) });
    });
    assert!(!stage.follow().await.1);
}

#[tokio::test]
async fn groups_in_the_place_of_roles_follow_as_well() {
    let mut tenant = Tenant::generate(1_200, 0, 0);
    tenant.groups = vec![Role { id: 9, name: "Sales".to_owned(), users: Vec::new() }];
    tenant.users[3].group_id = Some(9);
    let mut stage = Stage::new(tenant, 2);
    stage.setup = stage.setup.with("groups", json!("groups"));
    stage.follow().await;
    let now = stage.server.now();
    stage.server.change(|tenant| {
        tenant.users[4].group_id = Some(9);
        tenant.users[4].updated_at = now;
    });
    assert_eq!(stage.follow().await, (2 + 1, true));
}

#[tokio::test]
async fn the_first_version_is_always_read_in_full() {
    let stage = Stage::new(small(), 1);
    let followed = stage.setup.directory().read_incremental(WHOLE, None, &|_| ()).await.unwrap();
    assert_eq!(followed.refresh, Refresh::Drop);
    let groups_only = ReadScope { people: false, deleted: false, ..WHOLE };
    let followed =
        Setup::new(&stage.server, 2).directory().read_incremental(groups_only, None, &|_| ()).await.unwrap();
    assert_eq!(followed.refresh, Refresh::Drop);
}

#[tokio::test]
async fn a_fault_at_any_request_fails_the_read() {
    let mut tenant = small();
    tenant.roles.truncate(2);
    let mut stage = Stage::new(tenant, 2);
    stage.follow().await;
    let snapshot_cache = stage.snapshot_cache();
    stage.server.forget_requests();
    stage.setup.directory().read_incremental(WHOLE, snapshot_cache.clone(), &|_| ()).await.unwrap();
    let requests = stage.server.requests();
    assert_eq!(requests.len(), 1 + 2 + 1 + 2, "{requests:?}");
    for request in requests {
        for fault in [
            Fault::Answer(Answer::empty(500)),
            Fault::CutAfterHandling,
            Fault::TruncateBody(1),
            Fault::ReplaceBody("[{}]".to_owned()),
            Fault::ReplaceBody("{}".to_owned()),
            Fault::Answer(Answer::json(429, "{}").header("retry-after", "1")),
            Fault::Answer(Answer::json(200, "[]")),
        ] {
            stage.server.faults().clear();
            stage.server.faults().add(Rule::new("*", &request, fault.clone()));
            let result =
                stage.setup.directory().read_incremental(WHOLE, snapshot_cache.clone(), &|_| ()).await;
            assert!(result.is_err(), "{fault:?} at {request}");
        }
    }
}

#[derive(Clone, Debug)]
enum Step {
    Mail(usize, u8),
    Status(usize, u8),
    Add(usize),
    Delete(usize),
    Join(usize, usize),
    Leave(usize, usize),
    DropRole(usize),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (0..9usize, any::<u8>()).prop_map(|(who, what)| Step::Mail(who, what)),
        (0..9usize, 0..4u8).prop_map(|(who, status)| Step::Status(who, status)),
        (9..12usize).prop_map(Step::Add),
        (0..12usize).prop_map(Step::Delete),
        (0..9usize, 0..3usize).prop_map(|(who, role)| Step::Join(who, role)),
        (0..9usize, 0..3usize).prop_map(|(who, role)| Step::Leave(who, role)),
        (0..3usize).prop_map(Step::DropRole),
    ]
}

fn take(step: &Step, now: &str, tenant: &mut Tenant) {
    let id = |number: usize| User::new(number).id;
    let change = |tenant: &mut Tenant, number: usize, change: &dyn Fn(&mut User)| {
        if let Some(user) = tenant.users.iter_mut().find(|user| user.id == id(number)) {
            change(user);
            user.updated_at = now.to_owned();
        }
    };
    match *step {
        Step::Mail(who, what) => {
            change(tenant, who, &|user| user.email = Some(format!("m{what}-{who}@example.test")));
        }
        Step::Status(who, status) => change(tenant, who, &|user| user.status = status),
        Step::Add(who) if tenant.users.iter().all(|user| user.id != id(who)) => {
            tenant.users.push(User { updated_at: now.to_owned(), ..User::new(who) });
        }
        Step::Add(_) => {}
        Step::Delete(who) => {
            tenant.users.retain(|user| user.id != id(who));
            tenant.roles.iter_mut().for_each(|role| role.users.retain(|it| *it != id(who)));
        }
        Step::Join(who, role) | Step::Leave(who, role) => {
            let there = tenant.users.iter().any(|user| user.id == id(who));
            let Some(role) = tenant.roles.get_mut(role).filter(|_| there) else { return };
            role.users.retain(|it| *it != id(who));
            if matches!(step, Step::Join(..)) {
                role.users.push(id(who));
            }
        }
        Step::DropRole(role) if role < tenant.roles.len() => drop(tenant.roles.remove(role)),
        Step::DropRole(_) => {}
    }
}

#[test]
fn following_shows_what_a_full_read_shows_after_any_changes() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let config = Config { cases: 24, max_shrink_iters: 60, failure_persistence: None, ..Config::default() };
    let steps = proptest::collection::vec(proptest::collection::vec(step(), 0..5), 1..8);
    TestRunner::new(config)
        .run(&steps, |rounds| {
            let mut stage = Stage::new(Tenant::generate(9, 3, 3), 2);
            runtime.block_on(stage.follow());
            for round in &rounds {
                let now = stage.server.now();
                stage.server.change(|tenant| round.iter().for_each(|step| take(step, &now, tenant)));
                runtime.block_on(stage.follow());
            }
            Ok(())
        })
        .unwrap();
}
