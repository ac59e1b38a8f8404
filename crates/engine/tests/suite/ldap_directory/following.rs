//! Incremental reads by content synchronization: after any change they show what a full read shows.

use super::{SCOPE, SUFFIX, Setup};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bwdc_core::names::Timestamp;
use bwdc_core::settings::{IdAttribute, LdapScope};
use bwdc_core::snapshot::{AccountState, Snapshot};
use bwdc_core::text::Text;
use bwdc_engine::clock::Clock;
use bwdc_engine::directory::snapshot_cache::{IncrementalRead, Refresh};
use bwdc_engine::event::Event;
use bwdc_engine::ledger::Ledger;
use bwdc_harness::slapd::{Options, Slapd};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use tempfile::TempDir;

const NOW: Timestamp = Timestamp(1_795_180_720_171);
const PEOPLE: &str = "ou=people,dc=example,dc=test";
const UNITS: [&str; 3] = ["people", "inner,ou=people", "left"];

/// A directory with content synchronization, and the ledger that keeps its cache.
struct Stage<S = Slapd> {
    server: S,
    setup: Setup,
    ledger: Ledger,
    _folder: TempDir,
}

/// What a read shows, without its order.
#[derive(Debug, PartialEq, Eq)]
struct Shown {
    people: BTreeSet<(String, String, Option<String>, bool)>,
    groups: BTreeMap<String, (String, BTreeSet<String>)>,
}

fn shown(snapshot: &Snapshot) -> Shown {
    let text = |text: Text| snapshot.texts().get(text).to_owned();
    let people = snapshot.people().iter().map(|person| {
        (
            text(person.external_id),
            text(person.key),
            person.mail.map(text),
            person.state == AccountState::Enabled,
        )
    });
    let keys: BTreeSet<String> = snapshot
        .people()
        .iter()
        .map(|it| text(it.key))
        .chain(snapshot.groups().iter().map(|it| text(it.key)))
        .collect();
    // Members outside of the scope may be remembered under an older name: they are nobody's.
    let groups = snapshot.groups().iter().map(|group| {
        let members =
            snapshot.members(group).iter().map(|it| text(*it)).filter(|it| keys.contains(it)).collect();
        (text(group.external_id), (text(group.name), members))
    });
    Shown { people: people.collect(), groups: groups.collect() }
}

fn ldif() -> String {
    let mut ldif =
        format!("dn: {SUFFIX}\nobjectClass: dcObject\nobjectClass: organization\ndc: example\no: x\n\n");
    for unit in ["people", "inner,ou=people", "left", "teams"] {
        let name = unit.split(',').next().unwrap();
        ldif += &format!("dn: ou={unit},{SUFFIX}\nobjectClass: organizationalUnit\nou: {name}\n\n");
    }
    for number in 0..6 {
        ldif += &entry(number, "people");
    }
    for number in 0..3 {
        ldif += &format!(
            "dn: cn=t{number},ou=teams,{SUFFIX}\nobjectClass: groupOfNames\ncn: t{number}\nmember: cn=nobody,{SUFFIX}\n\
             member: uid=u{number},{PEOPLE}\n\n"
        );
    }
    ldif
}

fn start(log: &[&str]) -> Slapd {
    Options::new(SUFFIX)
        .ldif_text(ldif())
        .overlay("refint", &["refint_attributes member"])
        .overlay("syncprov", log)
        .start()
        .unwrap()
}

fn entry(number: usize, unit: &str) -> String {
    format!(
        "dn: uid=u{number},ou={unit},{SUFFIX}\nobjectClass: inetOrgPerson\nuid: u{number}\ncn: User {number}\nsn: {number}\n\
         employeeType: staff\nmail: u{number}@example.test\n\n"
    )
}

impl Stage {
    fn new() -> Self {
        Self::logging(&["syncprov-sessionlog 100"])
    }

    /// A server that keeps this log of what was deleted.
    fn logging(log: &[&str]) -> Self {
        let server = start(log);
        let setup = Setup::slapd(&server);
        Self::at(server, setup)
    }

    fn change(&self, ldif: &str) {
        self.server.ldapmodify(ldif).unwrap();
    }
}

impl<S> Stage<S> {
    fn at(server: S, mut setup: Setup) -> Self {
        setup.layout.user_bases = vec![PEOPLE.to_owned()];
        setup.layout.user_filter = Some("(employeeType=staff)".to_owned());
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&folder.path().join("connector.db"), Clock::System).unwrap().into_ledger();
        Self { server, setup, ledger, _folder: folder }
    }

    /// Follows what changed and compares with a full read; the number of entries that came, None for a full read.
    async fn follow(&mut self) -> Option<u64> {
        let snapshot_cache = self.ledger.snapshot_cache("directory", "basis", NOW).unwrap();
        let entries = AtomicU64::new(u64::MAX);
        let directory = self.setup.directory();
        let note = |event| {
            if let Event::IncrementalRead { entries: count } = event {
                entries.store(count, Ordering::Relaxed);
            }
        };
        let IncrementalRead { snapshot, refresh } =
            directory.follow(SCOPE, snapshot_cache, &note).await.unwrap();
        let full = self.setup.read().await.unwrap();
        assert_eq!(shown(&snapshot), shown(&full));
        self.ledger.refresh_snapshot_cache("directory", "basis", &refresh, NOW).unwrap();
        match refresh {
            Refresh::Change { .. } => Some(entries.into_inner()),
            Refresh::Replace(_) => None,
            Refresh::Drop => panic!("the server tells what changed"),
        }
    }
}

fn modify(dn: &str, lines: &str) -> String {
    format!("dn: {dn}\nchangetype: modify\n{lines}\n\n")
}

fn rename(dn: &str, to: &str, above: &str) -> String {
    format!("dn: {dn}\nchangetype: modrdn\nnewrdn: {to}\ndeleteoldrdn: 1\nnewsuperior: {above}\n\n")
}

/// The most entries that one change may cost, the server's own entry included.
const FEW: u64 = 10;

#[tokio::test]
async fn one_change_of_each_kind_is_read_by_a_few_entries() {
    changes_of_each_kind(Stage::new()).await;
}

/// Then the server names everybody who is still there.
#[tokio::test]
async fn so_it_is_where_the_server_keeps_no_log_of_what_was_deleted() {
    changes_of_each_kind(Stage::logging(&[])).await;
}

/// A server on which replication was set up before groups that work out their members: asked for these in a synchronization, it
/// would abort (OpenLDAP 2.5).
#[tokio::test]
async fn groups_that_work_out_their_members_end_no_server_that_is_followed() {
    let team = format!("ou=left,{SUFFIX}");
    let dynamic = format!(
        "dn: cn=all,{team}\nobjectClass: applicationProcess\nobjectClass: labeledURIObject\ncn: all\n\
         labeledURI: ldap:///{SUFFIX}??sub?(employeeType=nobody)\n\n"
    );
    let server = Options::new(SUFFIX)
        .ldif_text(ldif() + &dynamic)
        .overlay("syncprov", &["syncprov-sessionlog 100"])
        .overlay("dynlist", &["dynlist-attrset labeledURIObject labeledURI member"])
        .start()
        .unwrap();
    let mut setup = Setup::slapd(&server);
    setup.layout.group_bases = vec![format!("ou=teams,{SUFFIX}")];
    let mut stage = Stage::at(server, setup);
    assert_eq!(stage.follow().await, None, "the first read is a full one");
    for _ in 0..3 {
        assert!(stage.follow().await.unwrap() <= FEW, "nothing changed");
    }
    stage.change(&modify(&format!("uid=u1,{PEOPLE}"), "replace: sn\nsn: other"));
    assert!(stage.follow().await.unwrap() <= FEW);
}

async fn changes_of_each_kind(mut stage: Stage) {
    assert_eq!(stage.follow().await, None, "the first read is a full one");
    assert!(stage.follow().await.unwrap() <= FEW, "nothing changed");
    let u0 = format!("uid=u0,{PEOPLE}");
    let inner = format!("ou=inner,{PEOPLE}");
    let changes = [
        ("another address", modify(&u0, "replace: mail\nmail: new@example.test")),
        ("no longer matches the filter", modify(&u0, "replace: employeeType\nemployeeType: guest")),
        ("matches again", modify(&u0, "replace: employeeType\nemployeeType: staff")),
        ("moved out of the base", rename(&u0, "uid=u0", &format!("ou=left,{SUFFIX}"))),
        ("moved back", rename(&format!("uid=u0,ou=left,{SUFFIX}"), "uid=u0", PEOPLE)),
        ("renamed", rename(&u0, "uid=u0x", &inner)),
        ("somebody else under the old name", entry(0, "people")),
        ("a deleted member", format!("dn: uid=u1,{PEOPLE}\nchangetype: delete\n\n")),
        ("a new one under the name", entry(1, "people")),
        (
            "a group within a group",
            modify(
                &format!("cn=t0,ou=teams,{SUFFIX}"),
                &format!("add: member\nmember: cn=t1,ou=teams,{SUFFIX}"),
            ),
        ),
        (
            "a nested group is renamed",
            rename(&format!("cn=t1,ou=teams,{SUFFIX}"), "cn=t1x", &format!("ou=teams,{SUFFIX}")),
        ),
        ("a group is deleted", format!("dn: cn=t2,ou=teams,{SUFFIX}\nchangetype: delete\n\n")),
    ];
    for (what, ldif) in changes {
        if ldif.contains("changetype") {
            stage.change(&ldif);
        } else {
            stage.server.ldapadd(&ldif).unwrap();
        }
        let entries = stage.follow().await;
        assert!(entries.is_some_and(|it| it <= FEW), "{what}: {entries:?}");
    }
}

#[cfg(unix)]
#[tokio::test]
#[ignore = "needs root and 389 Directory Server: `scripts/test dirsrv`"]
async fn directory_server_changes_are_read_by_a_few_entries() {
    use bwdc_harness::dirsrv::{DirectoryServer, ROOT_DN};
    let mut server = DirectoryServer::start(SUFFIX).unwrap();
    let enable = |name: &str| {
        format!(
            "dn: cn={name},cn=plugins,cn=config\nchangetype: modify\nreplace: nsslapd-pluginEnabled\n\
             nsslapd-pluginEnabled: on\n\n"
        )
    };
    server.ldapmodify(&(enable("Retro Changelog Plugin") + &enable("Content Synchronization"))).unwrap();
    server.restart().unwrap();
    let (_, entries) =
        ldif().split_once("\n\n").map(|(head, rest)| (head.to_owned(), rest.to_owned())).unwrap();
    server.ldapmodify(&entries).unwrap();
    let setup = Setup::new(server.port(), ROOT_DN, server.password());
    let mut stage = Stage::at(server, setup);
    assert_eq!(stage.follow().await, None, "the first read is a full one");
    let u0 = format!("uid=u0,{PEOPLE}");
    stage.server.ldapmodify(&modify(&u0, "replace: mail\nmail: unseen@example.test")).unwrap();
    assert_eq!(stage.follow().await, None, "a changelog without unique ids tells of nothing");
    let ids = modify(
        "cn=Retro Changelog Plugin,cn=plugins,cn=config",
        "add: nsslapd-attribute\nnsslapd-attribute: nsuniqueid:targetUniqueId",
    );
    stage.server.ldapmodify(&ids).unwrap();
    stage.server.restart().unwrap();
    stage.ledger.refresh_snapshot_cache("directory", "basis", &Refresh::Drop, NOW).unwrap();
    assert_eq!(stage.follow().await, None);
    for (what, ldif) in [
        ("another address", modify(&u0, "replace: mail\nmail: new@example.test")),
        ("no longer matches the filter", modify(&u0, "replace: employeeType\nemployeeType: guest")),
        ("matches again", modify(&u0, "replace: employeeType\nemployeeType: staff")),
        ("moved out of the base", rename(&u0, "uid=u0", &format!("ou=left,{SUFFIX}"))),
        ("moved back", rename(&format!("uid=u0,ou=left,{SUFFIX}"), "uid=u0", PEOPLE)),
        ("a member more", modify(&format!("cn=t1,ou=teams,{SUFFIX}"), &format!("add: member\nmember: {u0}"))),
        ("a deleted member", format!("dn: uid=u1,{PEOPLE}\nchangetype: delete\n\n")),
    ] {
        stage.server.ldapmodify(&ldif).unwrap();
        let entries = stage.follow().await;
        assert!(entries.is_some_and(|it| it <= FEW), "{what}: {entries:?}");
    }
}

#[tokio::test]
async fn a_renamed_unit_is_a_full_read() {
    let mut stage = Stage::new();
    stage.server.ldapadd(&entry(7, "inner,ou=people")).unwrap();
    assert_eq!(stage.follow().await, None);
    stage.change(&rename(&format!("ou=inner,{PEOPLE}"), "ou=other", PEOPLE));
    assert_eq!(stage.follow().await, None);
    stage.change(&rename(&format!("ou=other,{PEOPLE}"), "ou=other", &format!("ou=left,{SUFFIX}")));
    assert_eq!(stage.follow().await, None, "out of the base with everybody in it");
    stage.change(&rename(&format!("ou=other,ou=left,{SUFFIX}"), "ou=other", PEOPLE));
    assert_eq!(stage.follow().await, None, "and back");
}

#[tokio::test]
async fn a_new_reference_to_another_server_is_not_overlooked() {
    let mut stage = Stage::new();
    assert_eq!(stage.follow().await, None);
    let reference = format!(
        "dn: ou=far,{PEOPLE}\nobjectClass: referral\nobjectClass: extensibleObject\nou: far\n\
         ref: ldap://far.example.test/ou=far,{PEOPLE}\n"
    );
    stage.server.ldapadd(&reference).unwrap();
    let snapshot_cache = stage.ledger.snapshot_cache("directory", "basis", NOW).unwrap();
    let followed = stage.setup.directory().follow(SCOPE, snapshot_cache, &|_| ()).await;
    let error = followed.err().expect("people are missing").to_string();
    assert!(error.contains("far.example.test"), "{error}");
}

#[tokio::test]
async fn a_server_that_was_put_back_to_an_older_state_is_read_in_full() {
    let mut stage = Stage::new();
    stage.change(&modify(&format!("uid=u0,{PEOPLE}"), "replace: mail\nmail: new@example.test"));
    assert_eq!(stage.follow().await, None);
    let mut snapshot_cache = stage.ledger.snapshot_cache("directory", "basis", NOW).unwrap().unwrap();
    let mut cursor: serde_json::Value = serde_json::from_str(&snapshot_cache.cursor).unwrap();
    let cookie = &mut cursor["Synchronization"]["cookie"];
    let text = String::from_utf8(STANDARD.decode(cookie.as_str().unwrap()).unwrap()).unwrap();
    let (head, time) = text.split_once("csn=").unwrap();
    *cookie = STANDARD.encode(format!("{head}csn=2999{}", &time[4..])).into();
    snapshot_cache.cursor = cursor.to_string();
    let followed = stage.setup.directory().follow(SCOPE, Some(snapshot_cache), &|_| ()).await.unwrap();
    assert!(matches!(followed.refresh, Refresh::Replace(_)), "the cookie is newer than the server");
}

#[tokio::test]
async fn a_filter_over_what_the_server_works_out_is_never_incremental() {
    let mut stage = Stage::new();
    stage.setup.layout.user_filter = Some("(memberOf=cn=t0,ou=teams,dc=example,dc=test)".to_owned());
    let directory = stage.setup.directory();
    let followed = directory.follow(SCOPE, None, &|_| ()).await.unwrap();
    assert_eq!(followed.refresh, Refresh::Drop);
    drop(stage.ledger);
}

#[tokio::test]
async fn a_server_without_synchronization_is_read_in_full() {
    let server = Options::new(SUFFIX).ldif_text(super::people(3)).start().unwrap();
    let followed = Setup::slapd(&server).directory().follow(SCOPE, None, &|_| ()).await.unwrap();
    assert_eq!(followed.refresh, Refresh::Drop);
    assert_eq!(followed.snapshot.people().len(), 3);
}

#[tokio::test]
async fn a_cookie_that_the_server_does_not_know_is_a_full_read() {
    let mut stage = Stage::new();
    assert_eq!(stage.follow().await, None);
    let mut snapshot_cache = stage.ledger.snapshot_cache("directory", "basis", NOW).unwrap().unwrap();
    let server = format!("ldap://127.0.0.1:{}", stage.server.port());
    assert!(snapshot_cache.cursor.contains(&server), "{}", snapshot_cache.cursor);
    let elsewhere = snapshot_cache.cursor.replace(&server, "ldap://ldap2.example.test:389");
    let unknown = format!("{{\"Synchronization\":{{\"server\":\"{server}\",\"cookie\":\"bm8gY29va2ll\"}}}}");
    for cursor in ["no json", &unknown, &elsewhere] {
        snapshot_cache.cursor = cursor.to_owned();
        let directory = stage.setup.directory();
        let followed = directory.follow(SCOPE, Some(snapshot_cache.clone()), &|_| ()).await.unwrap();
        assert_eq!(followed.snapshot.people().len(), 6, "{cursor}");
        assert!(matches!(followed.refresh, Refresh::Replace(_)), "{cursor}");
    }
}

/// One change to the directory; numbers are taken modulo what there is.
#[derive(Clone, Debug)]
enum Step {
    Add(usize, usize),
    Delete(usize),
    Mail(usize, u8),
    Type(usize, bool),
    Move(usize, usize),
    Join(usize, usize),
    Leave(usize, usize),
    Nest(usize, usize),
    Regroup(usize),
    Unit(bool),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (0..8usize, 0..3usize).prop_map(|(who, unit)| Step::Add(who, unit)),
        (0..8usize).prop_map(Step::Delete),
        (0..8usize, any::<u8>()).prop_map(|(who, what)| Step::Mail(who, what)),
        (0..8usize, any::<bool>()).prop_map(|(who, staff)| Step::Type(who, staff)),
        (0..8usize, 0..3usize).prop_map(|(who, unit)| Step::Move(who, unit)),
        (0..8usize, 0..3usize).prop_map(|(who, team)| Step::Join(who, team)),
        (0..8usize, 0..3usize).prop_map(|(who, team)| Step::Leave(who, team)),
        (0..3usize, 0..3usize).prop_map(|(outer, inner)| Step::Nest(outer, inner)),
        (0..3usize).prop_map(Step::Regroup),
        any::<bool>().prop_map(Step::Unit),
    ]
}

/// Where everybody is now; steps that are impossible at the moment change nothing.
struct World {
    people: BTreeMap<usize, String>,
    teams: Vec<String>,
    inner: String,
}

impl World {
    fn new() -> Self {
        Self {
            people: (0..6).map(|it| (it, format!("uid=u{it},{PEOPLE}"))).collect(),
            teams: (0..3).map(|it| format!("cn=t{it},ou=teams,{SUFFIX}")).collect(),
            inner: format!("ou=inner,{PEOPLE}"),
        }
    }

    fn unit(&self, number: usize) -> String {
        if number == 1 { self.inner.clone() } else { format!("ou={},{SUFFIX}", UNITS[number]) }
    }

    fn take(&mut self, step: &Step, server: &Slapd) {
        match step {
            Step::Add(who, unit) if !self.people.contains_key(who) => {
                let dn = format!("uid=u{who},{}", self.unit(*unit));
                let ldif = entry(*who, "people").replace(&format!("uid=u{who},{PEOPLE}"), &dn);
                server.ldapadd(&ldif).unwrap();
                self.people.insert(*who, dn);
            }
            Step::Delete(who) => {
                if let Some(dn) = self.people.remove(who) {
                    server.ldapmodify(&format!("dn: {dn}\nchangetype: delete\n\n")).unwrap();
                }
            }
            Step::Mail(who, what) => {
                if let Some(dn) = self.people.get(who) {
                    server
                        .ldapmodify(&modify(dn, &format!("replace: mail\nmail: m{what}-{who}@example.test")))
                        .unwrap();
                }
            }
            Step::Type(who, staff) => {
                if let Some(dn) = self.people.get(who) {
                    let kind = if *staff { "staff" } else { "guest" };
                    server
                        .ldapmodify(&modify(dn, &format!("replace: employeeType\nemployeeType: {kind}")))
                        .unwrap();
                }
            }
            Step::Move(who, unit) => {
                let above = self.unit(*unit);
                if let Some(dn) = self.people.get_mut(who) {
                    server.ldapmodify(&rename(dn, &format!("uid=u{who}"), &above)).unwrap();
                    *dn = format!("uid=u{who},{above}");
                }
            }
            Step::Join(who, team) | Step::Leave(who, team) => {
                let verb = if matches!(step, Step::Join(..)) { "add" } else { "delete" };
                if let Some(dn) = self.people.get(who) {
                    // Joining twice and leaving without being there are refused: that is no change.
                    let _ = server
                        .ldapmodify(&modify(&self.teams[*team], &format!("{verb}: member\nmember: {dn}")));
                }
            }
            Step::Nest(outer, inner) => {
                let ldif =
                    modify(&self.teams[*outer], &format!("add: member\nmember: {}", self.teams[*inner]));
                let _ = server.ldapmodify(&ldif);
            }
            Step::Regroup(team) => {
                let name = if self.teams[*team].starts_with("cn=t") { "cn=r" } else { "cn=t" };
                let (rdn, above) = (format!("{name}{team}"), format!("ou=teams,{SUFFIX}"));
                server.ldapmodify(&rename(&self.teams[*team], &rdn, &above)).unwrap();
                self.teams[*team] = format!("{rdn},{above}");
            }
            Step::Unit(within) => {
                let above = if *within { PEOPLE.to_owned() } else { format!("ou=left,{SUFFIX}") };
                let now = format!("ou=inner,{above}");
                if now != self.inner {
                    server.ldapmodify(&rename(&self.inner, "ou=inner", &above)).unwrap();
                    for dn in self.people.values_mut() {
                        *dn = dn.replace(&self.inner, &now);
                    }
                    self.inner = now;
                }
            }
            Step::Add(..) => {}
        }
    }
}

/// Runs random changes against a stage that `prepare` sets up.
fn follow_any_changes(cases: u32, prepare: impl Fn(&mut Setup)) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let config = Config { cases, max_shrink_iters: 40, failure_persistence: None, ..Config::default() };
    let steps = proptest::collection::vec(proptest::collection::vec(step(), 1..4), 1..8);
    TestRunner::new(config)
        .run(&steps, |rounds| {
            let mut stage = Stage::new();
            prepare(&mut stage.setup);
            let mut world = World::new();
            runtime.block_on(stage.follow());
            for round in &rounds {
                for step in round {
                    world.take(step, &stage.server);
                }
                runtime.block_on(stage.follow());
            }
            Ok(())
        })
        .unwrap();
}

#[test]
fn an_incremental_read_shows_what_a_full_read_shows_after_any_changes() {
    follow_any_changes(24, |_| ());
}

#[test]
fn so_it_does_with_several_bases_and_only_what_lies_directly_below_them() {
    follow_any_changes(12, |setup| {
        setup.layout.user_bases = vec![PEOPLE.to_owned(), format!("ou=left,{SUFFIX}")];
        setup.layout.user_scope = LdapScope::OneLevel;
        setup.layout.group_bases = vec![format!("ou=teams,{SUFFIX}")];
        setup.layout.group_scope = LdapScope::OneLevel;
        setup.layout.id_attribute = Some(IdAttribute::EntryUuid);
    });
}
