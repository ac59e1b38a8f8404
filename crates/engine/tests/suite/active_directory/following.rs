//! Incremental reads by change numbers: after any change they show what a full read shows.

use crate::active_directory::data::{dn, group_dn};
use crate::active_directory::look_up::AUDITOR_PASSWORD;
use crate::active_directory::setup::{SCOPE, Setup, values};
use bwdc_core::desired::Desired;
use bwdc_core::names::{ExternalId, StableId, Timestamp};
use bwdc_core::observed::{LookupRequest, Presence};
use bwdc_core::settings::SyncSettings;
use bwdc_core::snapshot::{AccountState, SetAsideBecause};
use bwdc_engine::clock::Clock;
use bwdc_engine::directory::snapshot_cache::{IncrementalRead, Refresh};
use bwdc_engine::event::Event;
use bwdc_engine::ledger::Ledger;
use bwdc_harness::samba::{Domain, ROOT};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const NOW: Timestamp = Timestamp(1_795_180_720_171);
/// The most entries that one change may cost, those about the controller itself included.
const FEW: u64 = 10;

type People = BTreeSet<(String, String, String)>;
type Groups = BTreeMap<String, (String, BTreeSet<String>)>;

/// People with their state, groups with their people, without any order.
fn shown(desired: &Desired) -> (People, Groups) {
    let person = |it: &bwdc_core::desired::DesiredPerson| {
        let state = match it.state {
            AccountState::Enabled => "enabled",
            AccountState::Disabled => "disabled",
            AccountState::Deleted => "deleted",
        };
        (desired.text(it.external_id).to_owned(), desired.display_name(it).to_owned(), state.to_owned())
    };
    let groups = desired.groups().iter().enumerate().map(|(number, group)| {
        let members = desired.member_external_ids(number).map(str::to_owned).collect();
        (desired.text(group.external_id).to_owned(), (desired.text(group.name).to_owned(), members))
    });
    (desired.everybody().iter().map(person).collect(), groups.collect())
}

pub(crate) struct Following<'d> {
    domain: &'d Domain,
    setup: Setup,
    ledger: Ledger,
    _folder: tempfile::TempDir,
}

impl<'d> Following<'d> {
    pub(crate) fn new(domain: &'d Domain, setup: Setup) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&folder.path().join("connector.db"), Clock::System).unwrap().into_ledger();
        Self { domain, setup, ledger, _folder: folder }
    }

    /// Follows what changed and compares with a full read; how many entries came, None for a full read.
    pub(crate) async fn follow(&mut self) -> Option<u64> {
        let snapshot_cache = self.ledger.snapshot_cache("directory", "basis", NOW).unwrap();
        let entries = AtomicU64::new(u64::MAX);
        let note = |event| {
            if let Event::IncrementalRead { entries: count } = event {
                entries.store(count, Ordering::Relaxed);
            }
        };
        let IncrementalRead { snapshot, refresh } =
            self.setup.directory().follow(SCOPE, snapshot_cache, &note).await.unwrap();
        self.ledger.refresh_snapshot_cache("directory", "basis", &refresh, NOW).unwrap();
        let rules = SyncSettings::from_stored(&self.setup.sync).unwrap();
        let followed = shown(&Desired::build(snapshot, &rules).unwrap());
        let full = shown(&self.setup.desired().await);
        assert!(followed == full, "{:?}", difference(&followed, &full));
        match refresh {
            Refresh::Change { .. } => Some(entries.into_inner()),
            Refresh::Replace(_) => None,
            Refresh::Drop => panic!("the domain numbers its changes"),
        }
    }

    fn modify(&self, dn: &str, lines: &str) {
        self.domain.ldapmodify(&format!("dn: {dn}\nchangetype: modify\n{lines}\n\n")).unwrap();
    }

    fn rename(&self, dn: &str, to: &str, above: &str) {
        let ldif =
            format!("dn: {dn}\nchangetype: modrdn\nnewrdn: {to}\ndeleteoldrdn: 1\nnewsuperior: {above}\n\n");
        self.domain.ldapmodify(&ldif).unwrap();
    }
}

/// The first things in which two states differ.
fn difference(left: &(People, Groups), right: &(People, Groups)) -> Vec<String> {
    let people = left.0.symmetric_difference(&right.0).map(|it| format!("{it:?}"));
    let groups = left.1.iter().filter(|(id, it)| right.1.get(*id) != Some(it)).map(|(_, it)| it.0.clone());
    people.chain(groups).take(6).collect()
}

pub(crate) async fn changes_are_read_by_a_few_entries(domain: &Domain) {
    let mut setup = Setup::new(domain);
    setup.sync.insert("userFilter".to_owned(), "(!(department=away))".into());
    let mut following = Following::new(domain, setup);
    assert_eq!(following.follow().await, None, "the first read is a full one");
    assert!(following.follow().await.unwrap() <= FEW, "nothing changed");

    let users = format!("CN=Users,{ROOT}");
    let left = format!("OU=Left,{ROOT}");
    let check = |what: &str, entries: Option<u64>| {
        assert!(entries.is_some_and(|it| it <= FEW), "{what}: {entries:?}");
    };
    following.modify(&dn(200), "replace: mail\nmail: new200@example.test");
    check("another address", following.follow().await);
    following.modify(&dn(201), "replace: department\ndepartment: away");
    check("no longer matches the filter", following.follow().await);
    following.modify(&dn(202), "replace: userAccountControl\nuserAccountControl: 546");
    check("disabled", following.follow().await);
    following.rename(&dn(2), "CN=User 2", &left);
    check("moved out of the base", following.follow().await);
    following.rename(&format!("CN=User 2,{left}"), "CN=User 2", &users);
    check("and back", following.follow().await);
    following.rename(&dn(3), "CN=User 3 Renamed", &users);
    check("renamed, in groups that list the new name without having changed", following.follow().await);
    domain.ldapmodify(&format!("dn: {}\nchangetype: delete\n\n", dn(4))).unwrap();
    check("a deleted member", following.follow().await);
    let again = format!(
        "dn: {}\nobjectClass: user\nsAMAccountName: v4\nmail: v4@example.test\nuserAccountControl: 544\n\n",
        dn(4)
    );
    domain.ldapadd(&again).unwrap();
    check("somebody else under the name of a deleted member", following.follow().await);
    following.rename(&group_dn("Three"), "CN=Third", &users);
    check("a renamed nested group", following.follow().await);
    following.modify(&dn(203), "replace: accountExpires\naccountExpires: 116444736000000000");
    check("expired", following.follow().await);

    let fresh = format!("OU=Fresh,{ROOT}");
    domain.ldapadd(&format!("dn: {fresh}\nobjectClass: organizationalUnit\n\n")).unwrap();
    following.rename(&fresh, "OU=Gone", ROOT);
    assert!(following.follow().await.is_some(), "nobody is in the unit");
    following.rename(&dn(205), "CN=User 205", &format!("OU=Gone,{ROOT}"));
    check("moved into the unit", following.follow().await);
    following.setup.user_base = Some(ROOT);
    following.ledger.refresh_snapshot_cache("directory", "basis", &Refresh::Drop, NOW).unwrap();
    assert_eq!(following.follow().await, None, "another base is another snapshot cache");
    following.rename(&format!("OU=Gone,{ROOT}"), "OU=Fresh", ROOT);
    assert_eq!(following.follow().await, None, "a renamed unit with people in it is a full read");
    following.rename(&format!("CN=User 205,{fresh}"), "CN=User 205", &users);
    following.rename(&format!("CN=User 3 Renamed,{users}"), "CN=User 3", &users);
    following.rename(&format!("CN=Third,{users}"), "CN=Three", &users);
    assert!(following.follow().await.is_some(), "several changes at once");
}

/// Nothing changes in the directory, and yet somebody leaves: raw times are kept, and judged anew at every read.
pub(crate) async fn who_expires_by_the_clock_alone_leaves(domain: &Domain) {
    // A full read and one by changes have to fit in, also on a machine that has much else to do.
    const MARGIN: Duration = Duration::from_secs(25);
    let mut setup = Setup::new(domain);
    setup.options.disabled_by = vec!["userAccountControl".to_owned(), "accountExpires".to_owned()];
    let mut following = Following::new(domain, setup);
    assert_eq!(following.follow().await, None, "the first read is a full one");
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap() + MARGIN;
    let ends = 116_444_736_000_000_000 + since_1970.as_nanos() / 100;
    following.modify(&dn(206), &format!("replace: accountExpires\naccountExpires: {ends}"));
    let disabled = async |following: &mut Following<'_>| {
        assert!(following.follow().await.is_some_and(|it| it <= FEW));
        let desired = following.setup.desired().await;
        let person = desired.everybody().iter().find(|it| desired.display_name(it) == "u206@example.test");
        person.unwrap().state == AccountState::Disabled
    };
    assert!(!disabled(&mut following).await, "has {MARGIN:?} left");
    tokio::time::sleep(MARGIN + Duration::from_secs(1)).await;
    assert!(disabled(&mut following).await, "as a full read says, by what is remembered");
}

pub(crate) async fn another_controller_or_the_global_catalog_is_a_full_read(domain: &Domain) {
    let setup = Setup::new(domain);
    let followed = setup.directory().follow(SCOPE, None, &|_| ()).await.unwrap();
    let Refresh::Replace(mut snapshot_cache) = followed.refresh else { panic!("a full read") };
    let controller = snapshot_cache.cursor.split('"').nth(5).unwrap().to_owned();
    snapshot_cache.cursor =
        snapshot_cache.cursor.replace(&controller, "03020100-0504-0706-0809-0a0b0c0d0e0f");
    let followed = setup.directory().follow(SCOPE, Some(snapshot_cache.clone()), &|_| ()).await.unwrap();
    assert!(matches!(followed.refresh, Refresh::Replace(_)), "{}", snapshot_cache.cursor);

    let catalog = Setup::new(domain).with("port", 3269);
    let followed = catalog.directory().follow(SCOPE, Some(snapshot_cache), &|_| ()).await.unwrap();
    assert!(matches!(followed.refresh, Refresh::Drop));
}

pub(crate) async fn who_cannot_see_deleted_entries_reads_in_full(domain: &Domain) {
    let mut reader = Setup::new(domain).with("username", "reader@ad.example.test");
    reader.password = crate::active_directory::data::READER_PASSWORD.to_owned();
    let followed = reader.directory().follow(SCOPE, None, &|_| ()).await.unwrap();
    assert_eq!(followed.refresh, Refresh::Drop);
}

/// Changes are found by a number: where the account may not read it, none of them is.
pub(crate) async fn who_is_not_shown_changes_reads_in_full(domain: &Domain) {
    const CHANGE_NUMBER: &str = "bf967a6f-0de6-11d0-a285-00aa003049e2";
    let shown = domain.samba_tool(&["user", "show", "auditor", "--attributes=objectSid"]).unwrap();
    let sid = values(&shown, "objectSid").pop_first().unwrap();
    let mut auditor = Setup::new(domain).with("username", "auditor@ad.example.test");
    auditor.password = AUDITOR_PASSWORD.to_owned();
    let follows = async || {
        let followed = auditor.directory().follow(SCOPE, None, &|_| ()).await.unwrap();
        matches!(followed.refresh, Refresh::Replace(_))
    };
    assert!(follows().await, "it sees what was deleted");
    domain.set_access(&dn(50), &format!("(OD;;RP;{CHANGE_NUMBER};;{sid})")).unwrap();
    assert!(!follows().await);
}

/// An account that may not see whether people are enabled takes nobody for enabled.
pub(crate) async fn whose_state_is_not_shown_is_set_aside(domain: &Domain) {
    const ACCOUNT_CONTROL: &str = "bf967a68-0de6-11d0-a285-00aa003049e2";
    const ACCOUNT_EXPIRES: &str = "bf967915-0de6-11d0-a285-00aa003049e2";
    const PRIMARY_GROUP: &str = "bf967a00-0de6-11d0-a285-00aa003049e2";
    let shown = domain.samba_tool(&["user", "show", "auditor", "--attributes=objectSid"]).unwrap();
    let sid = values(&shown, "objectSid").pop_first().unwrap();
    let mut auditor = Setup::new(domain).with("username", "auditor@ad.example.test");
    auditor.password = AUDITOR_PASSWORD.to_owned();
    let sync = SyncSettings::from_stored(&serde_json::Map::new()).unwrap();
    let hidden = async || {
        let read = auditor.directory().read(SCOPE, &|_| ()).await.unwrap();
        let desired = Desired::build(read, &sync).unwrap();
        let aside = desired.set_aside().iter();
        let aside = aside.filter(|it| it.because == SetAsideBecause::StateNotTold);
        aside.map(|it| desired.text(it.external_id).to_owned()).collect::<Vec<_>>()
    };
    assert!(hidden().await.is_empty());
    domain.set_access(&dn(51), &format!("(OD;;RP;{ACCOUNT_CONTROL};;{sid})")).unwrap();
    let aside = hidden().await;
    assert_eq!(aside.len(), 1, "{aside:?}");
    let external_id = ExternalId::new(aside[0].as_str());
    let one = LookupRequest {
        external_id: external_id.clone(),
        stable_id: Some(StableId::new(format!("objectGUID:{}", aside[0]))),
        reference: Some(dn(51)),
    };
    let found = auditor.directory().look_up(&[one]).await.unwrap();
    assert!(matches!(found.get(&external_id), Some(Presence::Unknown { .. })), "{found:?}");

    // Each account has an end, and a primary group: where they are missing they are hidden.
    auditor.options.disabled_by = vec!["accountExpires".to_owned()];
    let read = async || {
        let read = auditor.directory().read(SCOPE, &|_| ()).await.unwrap();
        let desired = Desired::build(read, &sync).unwrap();
        (desired.set_aside().len(), desired.unplaced().count())
    };
    assert_eq!(read().await, (0, 0));
    domain.set_access(&dn(52), &format!("(OD;;RP;{ACCOUNT_EXPIRES};;{sid})")).unwrap();
    domain.set_access(&dn(53), &format!("(OD;;RP;{PRIMARY_GROUP};;{sid})")).unwrap();
    assert_eq!(read().await, (1, 1));
}
