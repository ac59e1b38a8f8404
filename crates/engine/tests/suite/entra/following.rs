//! Reads by what changed show what a full read shows, and any doubt is a full read.

use super::{SCOPE, id, reader, reader_with, server, tenant, text};
use bwdc_core::names::Timestamp;
use bwdc_core::settings::{EntraOptions, Guests};
use bwdc_core::snapshot::{ReadScope, Snapshot};
use bwdc_engine::clock::Clock;
use bwdc_engine::directory::ReadError;
use bwdc_engine::directory::entra::EntraDirectory;
use bwdc_engine::directory::snapshot_cache::{Refresh, SnapshotCache};
use bwdc_engine::event::Event;
use bwdc_engine::ledger::{Ledger, Opened};
use bwdc_sandbox::cloud::graph::{DeltaHabits, Group, Member, Server, Tenant, User};
use bwdc_sandbox::faults::{Answer, Fault, Rule};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

const NOW: Timestamp = Timestamp(1_795_180_720_171);

/// What a read shows, without its order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Shown {
    people: BTreeSet<(String, Option<String>, String)>,
    groups: BTreeMap<String, (String, BTreeSet<String>)>,
    set_aside: usize,
}

fn shown(snapshot: Snapshot) -> Shown {
    let people = snapshot.people().iter().map(|it| {
        let mail = it.mail.map(|mail| text(&snapshot, mail));
        (text(&snapshot, it.external_id), mail, format!("{:?}", it.state))
    });
    let groups = snapshot.groups().iter().map(|group| {
        let members = snapshot.members(group).iter().map(|it| text(&snapshot, *it)).collect();
        (text(&snapshot, group.external_id), (text(&snapshot, group.name), members))
    });
    let (people, groups) = (people.collect(), groups.collect());
    let sync = bwdc_core::settings::SyncSettings::from_stored(&serde_json::Map::new()).unwrap();
    let set_aside =
        bwdc_core::desired::Desired::build(snapshot, &sync).map_or(usize::MAX, |it| it.set_aside().len());
    Shown { people, groups, set_aside }
}

/// A ledger that keeps the cache between reads, as runs do.
pub(super) struct Follower {
    ledger: Ledger,
    _folder: tempfile::TempDir,
    scope: ReadScope,
}

impl Follower {
    pub(super) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (Opened::New(ledger) | Opened::Existing(ledger) | Opened::Recovered { ledger, .. }) =
            Ledger::open(&folder.path().join("connector.db"), Clock::System).unwrap();
        Self { ledger, _folder: folder, scope: SCOPE }
    }

    /// What a run sees, and whether it saw it by what changed.
    pub(super) async fn follow(&mut self, directory: &EntraDirectory) -> (Shown, bool) {
        self.try_follow(directory).await.unwrap()
    }

    pub(super) async fn try_follow(
        &mut self,
        directory: &EntraDirectory,
    ) -> Result<(Shown, bool), ReadError> {
        let snapshot_cache = self.ledger.snapshot_cache("directory", "basis", NOW).unwrap();
        let by_changes = AtomicBool::new(false);
        let note = |event| {
            if matches!(event, Event::IncrementalRead { .. }) {
                by_changes.store(true, Ordering::Relaxed);
            }
        };
        let followed = directory.read_incremental(self.scope, snapshot_cache, &note).await?;
        let changed = matches!(followed.refresh, Refresh::Change { .. });
        self.ledger.refresh_snapshot_cache("directory", "basis", &followed.refresh, NOW).unwrap();
        assert_eq!(changed, by_changes.load(Ordering::Relaxed));
        Ok((shown(followed.snapshot), changed))
    }

    pub(super) fn has_snapshot_cache(&self) -> bool {
        self.ledger.snapshot_cache("directory", "basis", NOW).unwrap().is_some()
    }

    pub(super) fn snapshot_cache(&self) -> SnapshotCache {
        self.ledger.snapshot_cache("directory", "basis", NOW).unwrap().unwrap()
    }

    pub(super) fn put_back(&mut self, snapshot_cache: &SnapshotCache) {
        self.ledger
            .refresh_snapshot_cache("directory", "basis", &Refresh::Replace(snapshot_cache.clone()), NOW)
            .unwrap();
    }

    pub(super) fn forget(&mut self) {
        self.ledger.refresh_snapshot_cache("directory", "basis", &Refresh::Drop, NOW).unwrap();
    }
}

pub(super) fn flattening() -> EntraOptions {
    EntraOptions { flatten_hidden_groups: true, ..EntraOptions::default() }
}

pub(super) async fn full(server: &Server, users: &str, groups: &str, choices: &EntraOptions) -> Shown {
    shown(reader_with(server, users, groups, choices).read(SCOPE, &|_| ()).await.unwrap())
}

#[tokio::test]
async fn an_unchanged_tenant_costs_four_requests_and_one_more_for_its_units() {
    let server = server(tenant());
    for (users, requests) in [("", 4), (&format!("excludeAdministrativeUnit:{}", id(21)), 5)] {
        let mut follower = Follower::new();
        let directory = reader(&server, users, "");
        assert!(!follower.follow(&directory).await.1);
        // Another process, with a token of its own.
        let directory = reader(&server, users, "");
        server.forget_requests();
        let (now, by_changes) = follower.follow(&directory).await;
        assert!(by_changes);
        let paths: Vec<String> = server.requests().into_iter().map(|it| it.path).collect();
        assert_eq!(paths.len(), requests, "{paths:?}");
        assert_eq!(now, shown(directory.read(SCOPE, &|_| ()).await.unwrap()));
    }
}

#[tokio::test]
async fn what_changes_is_seen_by_what_changed() {
    let server = server(tenant());
    let mut follower = Follower::new();
    let directory = reader(&server, "", "");
    follower.follow(&directory).await;
    type Change = fn(&mut Tenant);
    let changes: [(&str, Change); 9] = [
        ("an address", |it| it.users[0].mail = Some("new@x.test".to_owned())),
        ("an address less", |it| it.users[0].mail = None),
        ("disabled", |it| it.users[4].enabled = false),
        ("a member less", |it| drop(it.groups[1].members.remove(0))),
        ("a group inside", |it| it.groups[3].members.push(Member::group(&id(13)))),
        ("another name", |it| it.groups[0].name = "Renamed".to_owned()),
        ("a group more", |it| {
            it.groups.push(Group { id: id(15), name: "New".to_owned(), members: vec![Member::user(&id(1))] });
        }),
        ("a group less", |it| it.delete_group(&id(12))),
        ("deleted", |it| it.delete_user(&id(2))),
    ];
    for (what, change) in changes {
        server.change(change);
        let (now, by_changes) = follower.follow(&directory).await;
        assert!(by_changes, "{what}");
        assert_eq!(now, full(&server, "", "", &flattening()).await, "{what}");
    }
    server.change(|tenant| tenant.purge_user(&id(2)));
    let (now, by_changes) = follower.follow(&directory).await;
    assert!(by_changes && !now.people.iter().any(|it| it.0 == id(2)));
}

#[tokio::test]
async fn somebody_who_is_restored_is_a_full_read() {
    for tells in [true, false] {
        let server = server(tenant());
        server.set_delta_habits(DeltaHabits { tells_of_deleted_members: tells, ..DeltaHabits::default() });
        let mut follower = Follower::new();
        let directory = reader(&server, "", "");
        let before = follower.follow(&directory).await.0;
        server.change(|tenant| tenant.delete_user(&id(1)));
        assert!(follower.follow(&directory).await.1);
        server.change(|tenant| tenant.restore_user(&id(1)));
        let (now, by_changes) = follower.follow(&directory).await;
        assert!(!by_changes);
        assert_eq!(now, before, "with the memberships");
        assert!(follower.follow(&directory).await.1);
    }
}

#[tokio::test]
async fn changes_that_come_later_than_the_list_of_deleted_people_take_nobody() {
    let server = server(tenant());
    let mut follower = Follower::new();
    let directory = reader(&server, "", "");
    let before = follower.follow(&directory).await.0;
    server.change(|tenant| tenant.deleted.push(tenant.users[0].clone()));
    let (now, by_changes) = follower.follow(&directory).await;
    assert!(by_changes);
    assert_eq!(now, before);
}

#[tokio::test]
async fn a_token_that_is_not_accepted_is_a_full_read() {
    let server = server(tenant());
    let mut follower = Follower::new();
    let directory = reader(&server, "", "");
    follower.follow(&directory).await;
    server.expire_deltas();
    assert!(!follower.follow(&directory).await.1);
    assert!(follower.follow(&directory).await.1);
    for (status, code) in
        [(410, "resyncRequired"), (400, "Directory_ExpiredPageToken"), (404, "itemNotFound")]
    {
        for path in ["/v1.0/users/delta?$deltatoken", "/v1.0/groups/delta?$deltatoken"] {
            let body = format!("{{\"error\":{{\"code\":\"{code}\"}}}}");
            server.faults().add(Rule::new("GET", path, Fault::Answer(Answer::json(status, &body))).nth(1));
            assert!(!follower.follow(&directory).await.1, "{status} {path}");
            server.heal();
            assert!(follower.follow(&directory).await.1);
        }
    }
}

#[tokio::test]
async fn what_is_said_twice_in_two_ways_is_a_full_read() {
    let server = server(tenant());
    let member =
        |id: &str, more: &str| format!("{{\"@odata.type\":\"#microsoft.graph.user\",\"id\":\"{id}\"{more}}}");
    let of_group = |inner: &str| format!("{{\"id\":\"{}\",\"members@delta\":[{inner}]}}", id(11));
    let removed = ",\"@removed\":{\"reason\":\"deleted\"}";
    let user = |more: &str| format!("{{\"id\":\"{}\"{more}}}", id(1));
    let both = |one: String, other: String| format!("{one},{other}");
    for (list, items) in [
        ("users", both(user(",\"mail\":\"a@x.test\""), user(",\"mail\":null"))),
        ("users", both(user(",\"accountEnabled\":true"), user(",\"@removed\":{\"reason\":\"changed\"}"))),
        ("users", format!("{{\"id\":\"{}\",\"mail\":\"a@x.test\"}}", id(70))),
        ("groups", both(of_group(&member(&id(1), "")), of_group(&member(&id(1), removed)))),
        ("groups", of_group(&format!("{{\"id\":\"{}\"}}", id(1)))),
        ("groups", format!("{{\"id\":\"{}\",\"members@delta\":[]}}", id(71))),
        (
            "groups",
            format!(
                "{{\"id\":\"{}\",\"displayName\":\"Unlisted\",\"members@delta\":[{}]}}",
                id(13),
                member(&id(1), removed)
            ),
        ),
    ] {
        let mut follower = Follower::new();
        let directory = reader(&server, "", "");
        follower.follow(&directory).await;
        let link = format!("{}/v1.0/{list}/delta?$deltatoken=x", server.url());
        let body = format!("{{\"value\":[{items}],\"@odata.deltaLink\":\"{link}\"}}");
        let path = format!("/v1.0/{list}/delta?$deltatoken");
        server.faults().add(Rule::new("GET", &path, Fault::ReplaceBody(body)).nth(1));
        let (now, by_changes) = follower.follow(&directory).await;
        server.heal();
        let plain = items.contains("Unlisted");
        assert_eq!(by_changes, plain, "{items}");
        if !plain {
            assert_eq!(now, full(&server, "", "", &flattening()).await);
        }
    }
}

#[tokio::test]
async fn a_new_group_counts_only_if_its_list_shows_the_same() {
    let server = server(tenant());
    let mut follower = Follower::new();
    let directory = reader(&server, "", "");
    follower.follow(&directory).await;
    server.change(|tenant| {
        tenant.groups.push(Group { id: id(16), name: "New".to_owned(), members: vec![Member::user(&id(1))] });
    });
    let lie = format!(
        "{{\"value\":[{{\"id\":\"{}\",\"displayName\":\"New\",\"members@delta\":[]}}],\"@odata.deltaLink\":\"{}/v1.0/groups/delta?$deltatoken=x\"}}",
        id(16),
        server.url()
    );
    server.faults().add(Rule::new("GET", "/v1.0/groups/delta?$deltatoken", Fault::ReplaceBody(lie)).nth(1));
    let (now, by_changes) = follower.follow(&directory).await;
    assert!(!by_changes);
    assert_eq!(now.groups[&id(16)].1, BTreeSet::from([id(1)]));
}

#[tokio::test]
async fn a_mirror_of_another_tenant_or_a_broken_one_is_a_full_read() {
    let (one, other) = (server(tenant()), server(tenant()));
    let mut follower = Follower::new();
    follower.follow(&reader(&one, "", "")).await;
    assert!(!follower.follow(&reader(&other, "", "")).await.1);
    let mut snapshot_cache = follower.ledger.snapshot_cache("directory", "basis", NOW).unwrap().unwrap();
    snapshot_cache.objects[2].body = b"{".to_vec();
    follower
        .ledger
        .refresh_snapshot_cache("directory", "basis", &Refresh::Replace(snapshot_cache), NOW)
        .unwrap();
    assert!(!follower.follow(&reader(&other, "", "")).await.1);
}

#[tokio::test]
async fn lists_and_delta_that_do_not_agree_keep_nothing() {
    let server = server(tenant());
    let mut follower = Follower::new();
    let directory = reader(&server, "", "");
    for (list, item) in [
        (
            "users",
            format!("{{\"id\":\"{}\",\"userPrincipalName\":\"x@x.test\",\"accountEnabled\":true}}", id(1)),
        ),
        ("groups", format!("{{\"id\":\"{}\",\"displayName\":\"Outer\",\"members@delta\":[]}}", id(11))),
    ] {
        let body =
            format!("{{\"value\":[{item}],\"@odata.deltaLink\":\"{}/v1.0/{list}/delta\"}}", server.url());
        server.faults().add(Rule::new("GET", &format!("/v1.0/{list}/delta"), Fault::ReplaceBody(body)));
        let (now, _) = follower.follow(&directory).await;
        assert_eq!(now.people.len(), 6, "the lists count");
        assert!(follower.ledger.snapshot_cache("directory", "basis", NOW).unwrap().is_none(), "{list}");
        server.heal();
    }
}

/// Numbers are taken modulo what there is.
#[derive(Clone, Debug)]
enum Step {
    Mail(usize, u8),
    Name(usize, u8),
    Disable(usize, bool),
    Guest(usize, bool),
    Delete(usize),
    Restore(usize),
    Purge(usize),
    Hire,
    Member(usize, usize),
    Nested(usize, usize),
    Device(usize),
    RenameGroup(usize, u8),
    DeleteGroup(usize),
    FoundGroup(u8, usize),
    Unit(usize, bool),
    Filter(usize, usize),
    Habits(bool, bool, bool, bool, usize),
    Expire,
}

fn step() -> impl Strategy<Value = Step> {
    let at = 0..12_usize;
    prop_oneof![
        3 => (at.clone(), 0..4_u8).prop_map(|(at, to)| Step::Mail(at, to)),
        1 => (at.clone(), 0..4_u8).prop_map(|(at, to)| Step::Name(at, to)),
        2 => (at.clone(), any::<bool>()).prop_map(|(at, off)| Step::Disable(at, off)),
        1 => (at.clone(), any::<bool>()).prop_map(|(at, is)| Step::Guest(at, is)),
        2 => at.clone().prop_map(Step::Delete),
        2 => at.clone().prop_map(Step::Restore),
        1 => at.clone().prop_map(Step::Purge),
        1 => Just(Step::Hire),
        5 => (at.clone(), at.clone()).prop_map(|(group, at)| Step::Member(group, at)),
        3 => (at.clone(), at.clone()).prop_map(|(outer, inner)| Step::Nested(outer, inner)),
        1 => at.clone().prop_map(Step::Device),
        2 => (at.clone(), 0..4_u8).prop_map(|(at, to)| Step::RenameGroup(at, to)),
        1 => at.clone().prop_map(Step::DeleteGroup),
        2 => (any::<u8>(), at.clone()).prop_map(|(name, at)| Step::FoundGroup(name, at)),
        1 => (at, any::<bool>()).prop_map(|(at, is)| Step::Unit(at, is)),
        1 => (0..6_usize, 0..5_usize).prop_map(|(users, groups)| Step::Filter(users, groups)),
        1 => (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>(), 1..4_usize)
            .prop_map(|(a, b, c, d, page)| Step::Habits(a, b, c, d, page)),
        1 => Just(Step::Expire),
    ]
}

/// Ids that steps give out, so that nobody gets one twice.
fn born(tenant: &Tenant) -> u32 {
    let taken = tenant.users.iter().chain(&tenant.deleted).map(|it| &it.id);
    let all = taken.chain(tenant.groups.iter().map(|it| &it.id));
    all.filter_map(|it| it.rsplit('-').next()?.parse::<u32>().ok()).max().unwrap_or(0).max(100) + 1
}

fn take(step: &Step, server: &Server, next: &mut u32) {
    server.change(|tenant| {
        *next = (*next).max(born(tenant));
        let (users, deleted, groups) = (tenant.users.len(), tenant.deleted.len(), tenant.groups.len());
        match *step {
            Step::Mail(at, to) if users > 0 => {
                let mail = (to > 0).then(|| format!("m{to}-{}@x.test", at % users));
                tenant.users[at % users].mail = mail;
            }
            Step::Name(at, to) if users > 0 => {
                let user = &mut tenant.users[at % users];
                user.user_principal_name = format!("n{to}-{}@x.test", user.id);
            }
            Step::Disable(at, off) if users > 0 => tenant.users[at % users].enabled = !off,
            Step::Guest(at, is) if users > 0 => tenant.users[at % users].guest = is,
            Step::Delete(at) if users > 0 => {
                let id = tenant.users[at % users].id.clone();
                tenant.delete_user(&id);
            }
            Step::Restore(at) if deleted > 0 => {
                let id = tenant.deleted[at % deleted].id.clone();
                tenant.restore_user(&id);
            }
            Step::Purge(at) if deleted > 0 => {
                let id = tenant.deleted[at % deleted].id.clone();
                tenant.purge_user(&id);
            }
            Step::Hire => tenant.users.push(User::new(&id(*next), &format!("u{next}@x.test"))),
            Step::Member(group, at) if users > 0 && groups > 0 => {
                let member = Member::user(&tenant.users[at % users].id);
                toggle(&mut tenant.groups[group % groups].members, member);
            }
            Step::Nested(outer, inner) if groups > 0 => {
                let member = Member::group(&tenant.groups[inner % groups].id);
                toggle(&mut tenant.groups[outer % groups].members, member);
            }
            Step::Device(at) if groups > 0 => {
                let kind = bwdc_sandbox::cloud::graph::MemberKind::Device;
                toggle(&mut tenant.groups[at % groups].members, Member { kind, id: id(90) });
            }
            Step::RenameGroup(at, to) if groups > 0 => {
                let names = ["Outer", "Inner", "Other", "Empty"];
                tenant.groups[at % groups].name = names[usize::from(to)].to_owned();
            }
            // The filters name it.
            Step::DeleteGroup(at) if groups > 0 && tenant.groups[at % groups].id != id(11) => {
                let id = tenant.groups[at % groups].id.clone();
                tenant.delete_group(&id);
            }
            Step::FoundGroup(name, at) => {
                let members = tenant.users.get(at).map(|user| Member::user(&user.id));
                let names = ["Outer", "Inner", "Circle"];
                tenant.groups.push(Group {
                    id: id(*next),
                    name: names[usize::from(name) % 3].to_owned(),
                    members: members.into_iter().collect(),
                });
            }
            Step::Unit(at, is) if users > 0 => {
                let members = &mut tenant.units[0].members;
                let member = Member::user(&tenant.users[at % users].id);
                members.retain(|it| *it != member);
                if is {
                    members.push(member);
                }
            }
            _ => {}
        }
    });
    match *step {
        Step::Habits(repeats, backwards, partial, tells, page) => server.set_delta_habits(DeltaHabits {
            page,
            members: page,
            repeats,
            backwards,
            partial,
            tells_of_deleted_members: tells,
            visibility: true,
        }),
        Step::Expire => server.expire_deltas(),
        _ => {}
    }
}

fn toggle(members: &mut Vec<Member>, member: Member) {
    match members.iter().position(|it| *it == member) {
        Some(place) => drop(members.remove(place)),
        None => members.push(member),
    }
}

#[test]
fn after_any_changes_both_kinds_of_reads_show_the_same() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let users = [
        String::new(),
        format!("includeGroup:{}", id(11)),
        format!("excludeGroup:{}", id(11)),
        format!("includeAdministrativeUnit:{}", id(21)),
        format!("includeGroup:{}|exclude:u5@x.test", id(11)),
        "exclude:u1@x.test".to_owned(),
    ];
    let groups = [
        String::new(),
        "include:Outer,Inner".to_owned(),
        "exclude:Inner".to_owned(),
        format!("excludeAdministrativeUnit:{}", id(21)),
        "include:Nowhere".to_owned(),
    ];
    let (followed, reads) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let choices =
        (any::<bool>(), 0..3_usize, proptest::collection::vec(proptest::collection::vec(step(), 1..6), 1..6));
    let mut runner = TestRunner::new(Config { cases: 96, failure_persistence: None, ..Config::default() });
    runner
        .run(&choices, |(flatten, guests, rounds)| {
            let choices = EntraOptions {
                flatten_hidden_groups: flatten,
                guests: [Guests::Mail, Guests::Upn, Guests::Skip][guests],
                ..EntraOptions::default()
            };
            let server = server(tenant());
            let (mut follower, mut filters, mut next) = (Follower::new(), (0, 0), 0);
            for round in rounds {
                for step in &round {
                    take(step, &server, &mut next);
                    if let Step::Filter(users, groups) = *step {
                        filters = (users, groups);
                        // Another basis: the engine takes no cache that was made from other settings.
                        follower.forget();
                    }
                }
                let (users, groups) = (&users[filters.0], &groups[filters.1]);
                let directory = reader_with(&server, users, groups, &choices);
                let (now, by_changes) = runtime.block_on(follower.follow(&directory));
                followed.fetch_add(usize::from(by_changes), Ordering::Relaxed);
                reads.fetch_add(1, Ordering::Relaxed);
                prop_assert_eq!(now, runtime.block_on(full(&server, users, groups, &choices)));
            }
            Ok(())
        })
        .unwrap();
    let (followed, reads) = (followed.into_inner(), reads.into_inner());
    assert!(followed * 3 > reads, "{followed} of {reads} reads were by changes");
    eprintln!("{followed} of {reads} reads were by changes");
}
