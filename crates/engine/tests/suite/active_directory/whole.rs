//! Reads of the whole domain beside what `samba-tool` and the server's own nesting search say.

use crate::active_directory::data::{DISABLED, IN_EVERYBODY, PEOPLE, dn, group_dn};
use crate::active_directory::setup::{Setup, members, values};
use bwdc_core::desired::{Desired, OverlookedMembership};
use bwdc_core::settings::SyncSettings;
use bwdc_core::snapshot::{AccountState, Overlooked, PersonEntry, Snapshot};
use bwdc_engine::notice::Notice;
use bwdc_harness::samba::{Domain, ROOT};
use std::collections::BTreeSet;

const NESTED: &str = "memberOf:1.2.840.113556.1.4.1941:";

pub(crate) async fn people_are_those_of_the_domain(domain: &Domain) {
    let (snapshot, _) = Setup::new(domain).read().await;
    let people = || snapshot.people().iter();
    let count = |state| people().filter(|it| it.state == state).count();

    // Without a path the whole domain is read, and a computer is a person, too; it has no address.
    let listed = |arguments: &[&str]| domain.samba_tool(arguments).unwrap().lines().count();
    let computers = listed(&["computer", "list"]);
    assert_eq!(people().count(), listed(&["user", "list"]) + computers);
    let enabled = listed(&["user", "list", "--hide-disabled"]) + computers;
    assert_eq!(count(AccountState::Enabled), enabled);
    assert_eq!(count(AccountState::Disabled), people().count() - enabled);
    assert_eq!(people().filter(|it| it.mail.is_some()).count(), PEOPLE);
    let disabled = people().filter(|it| it.mail.is_some() && it.state == AccountState::Disabled).count();
    assert_eq!(disabled, DISABLED.len());

    let shown = domain.samba_tool(&["user", "show", "u42", "--attributes=objectGUID"]).unwrap();
    let guid = values(&shown, "objectGUID").pop_first().unwrap();
    let person = find(&snapshot, 42);
    assert_eq!(snapshot.texts().get(person.external_id), guid);
    assert_eq!(
        person.stable_id.map(|it| snapshot.texts().get(it)),
        Some(format!("objectGUID:{guid}").as_str())
    );
}

pub(crate) async fn groups_are_those_of_the_domain(domain: &Domain) {
    let desired = Setup::new(domain).desired().await;
    let ours = |name| members(&desired, name);
    for name in ["One", "Two", "Three", "Four", "Everybody"] {
        let filter = format!("(&(objectClass=user)({NESTED}={}))", group_dn(name));
        let theirs = values(&domain.ldapsearch(&filter, &["mail"]).unwrap(), "mail");
        assert_eq!(ours(name), theirs, "{name}");
    }
    assert_eq!((ours("One").len(), ours("Four").len(), ours("Everybody").len()), (4, 4, IN_EVERYBODY));

    for name in ["Primary", "Domain Users"] {
        let theirs = domain.samba_tool(&["group", "listmembers", name]).unwrap();
        let theirs: BTreeSet<String> = theirs
            .lines()
            .filter(|it| it.strip_prefix('u').is_some_and(|number| number.parse::<usize>().is_ok()))
            .map(|login| format!("{login}@example.test"))
            .collect();
        assert_eq!(ours(name), theirs, "{name}");
    }
    assert_eq!((ours("Primary").len(), ours("Domain Users").len()), (3, PEOPLE));

    let (snapshot, _) = Setup::new(domain).read().await;
    let rules = SyncSettings::from_stored(&Setup::new(domain).sync).unwrap();
    let beside = Desired::build(Setup::new(domain).read().await.0, &rules).unwrap();
    let overlooked = |name: &str| {
        let group = beside.groups().iter().find(|it| beside.text(it.name) == name).unwrap().external_id;
        let of_group = |it: &&OverlookedMembership| it.group == group;
        let found = beside.overlooked().iter().filter(of_group);
        found.map(|it| (it.person, it.why)).collect::<Vec<_>>()
    };
    let (primary, all) = (overlooked("Primary"), overlooked("Domain Users"));
    assert!(primary.len() == 2 && all.len() >= PEOPLE - 2, "{} {}", primary.len(), all.len());
    assert!(primary.iter().chain(&all).all(|(_, why)| *why == Overlooked::PrimaryGroup));
    assert!(overlooked("Everybody").is_empty() && overlooked("One").is_empty());
    let primary = direct(&snapshot, "Primary");
    let [listed, others @ ..] = primary.as_slice() else { panic!("nobody is in the group") };
    assert_eq!(*listed, dn(12), "listed members come first");
    assert_eq!(BTreeSet::from_iter(others), BTreeSet::from_iter(&[10, 11].map(dn)));
}

pub(crate) async fn a_group_arrives_whole_by_ranges(domain: &Domain) {
    let mut setup = Setup::new(domain);
    let (whole, _) = setup.read().await;
    let part = domain.ldapsearch("(sAMAccountName=Everybody)", &["member;range=0-499"]).unwrap();
    assert_eq!(values(&part, "member;range=0-499").len(), 500, "the server answers in parts");
    for range in ["member;range=0-499", "member;Range=0-0", "member;range=0-*"] {
        setup.member_attribute = Some(range);
        let (ranged, _) = setup.read().await;
        let sorted = |snapshot| BTreeSet::from_iter(direct(snapshot, "Everybody"));
        assert_eq!(direct(&ranged, "Everybody").len(), IN_EVERYBODY, "{range}");
        assert_eq!(sorted(&ranged), sorted(&whole), "{range}");
    }
}

pub(crate) async fn members_and_accounts_beyond_the_lists_are_noticed(domain: &Domain) {
    let (snapshot, notices) = Setup::new(domain).read().await;
    assert_eq!(find(&snapshot, 7).state, AccountState::Enabled);
    let [Notice::AccountsExpired { people }, Notice::MembersOfOtherDomains { members, groups }] =
        &notices[..]
    else {
        panic!("{notices:?}")
    };
    assert_eq!((people.count, &people.first), (1, &vec![dn(7)]));
    assert!(members.first.contains(&"S-1-5-21-1111-2222-3333-1000".to_owned()), "{members:?}");
    assert!(groups.first.contains(&"Partners".to_owned()), "{groups:?}");
}

pub(crate) async fn the_whole_domain_is_read_past_its_references(domain: &Domain) {
    let mut setup = Setup::new(domain);
    let without_a_path = setup.read().await.0.people().len();
    setup.user_base = Some(ROOT);
    let (snapshot, _) = setup.read().await;
    let controller = format!("CN=DC1,OU=Domain Controllers,{ROOT}");
    assert!(snapshot.people().iter().any(|it| snapshot.texts().get(it.reference) == controller));
    assert_eq!(snapshot.people().len(), without_a_path, "no path means the whole domain");
}

/// The recorded answer of the official connector for null; missing and empty are the same.
pub(crate) async fn an_empty_path_is_the_root_and_the_root_counts_from_its_first_dc(domain: &Domain) {
    let keys = |snapshot: &Snapshot| -> BTreeSet<String> {
        snapshot.people().iter().map(|it| snapshot.texts().get(it.key).to_owned()).collect()
    };
    let whole = keys(&Setup::new(domain).read().await.0);
    for root in [ROOT.to_owned(), format!("OU=Left,{ROOT}"), format!("CN=Nothing, OU=Here,{ROOT}")] {
        for path in [serde_json::Value::Null, "".into(), "  ".into()] {
            let mut setup = Setup::new(domain).with("rootPath", root.clone());
            for key in ["userPath", "groupPath"] {
                setup.sync.insert(key.to_owned(), path.clone());
            }
            let (snapshot, _) = setup.read().await;
            assert!(keys(&snapshot) == whole, "{root} {path}: {} people", snapshot.people().len());
            assert!(snapshot.groups().iter().any(|it| snapshot.texts().get(it.name) == "Everybody"));
        }
    }
    let mut setup = Setup::new(domain);
    setup.sync.insert("userPath".to_owned(), "CN=Users".into());
    let users = keys(&setup.read().await.0);
    assert!(users.is_subset(&whole) && users.len() < whole.len());
    setup.options.user_paths = vec![String::new()];
    assert!(keys(&setup.read().await.0) == whole, "a setting of ours reaches the root, too");
}

pub(crate) async fn the_global_catalog_says_the_same(domain: &Domain) {
    let at = |port| Setup::new(domain).with("port", port);
    let (domain_read, catalog_read) = (at(636).desired().await, at(3269).desired().await);
    for name in ["Everybody", "One", "Primary", "Domain Users"] {
        assert_eq!(members(&catalog_read, name), members(&domain_read, name), "{name}");
    }
    let ids = |desired: &bwdc_core::desired::Desired| -> BTreeSet<String> {
        desired.everybody().iter().map(|it| desired.text(it.external_id).to_owned()).collect()
    };
    assert_eq!(ids(&catalog_read), ids(&domain_read));
}

pub(crate) async fn deleted_people_keep_their_id(domain: &Domain) {
    let setup = Setup::new(domain);
    let (before, _) = setup.read().await;
    let id = before.texts().get(find(&before, 100).external_id).to_owned();
    let deleted = |snapshot: &Snapshot| -> Vec<(String, bool)> {
        let gone = snapshot.people().iter().filter(|it| it.state == AccountState::Deleted);
        gone.map(|it| (snapshot.texts().get(it.external_id).to_owned(), it.mail.is_some())).collect()
    };
    let earlier = deleted(&before);
    let marks = |snapshot: &Snapshot, id: &str| {
        let person = snapshot.people().iter().find(|it| snapshot.texts().get(it.external_id) == id).unwrap();
        person.marks.name.map(|it| snapshot.texts().get(it).to_owned())
    };
    let called = marks(&before, &id);
    domain.ldapmodify(&format!("dn: {}\nchangetype: delete\n", dn(100))).unwrap();
    let (after, _) = setup.read().await;
    let now = deleted(&after);
    assert_eq!(now.len(), earlier.len() + 1);
    assert_eq!(
        marks(&after, &id),
        called,
        "what stands behind the name of a deleted entry is not the person's"
    );
    assert!(now.contains(&(id, false)), "without the Recycle Bin the address is gone: {now:?}");
    assert_eq!(direct(&after, "Everybody").len(), direct(&before, "Everybody").len() - 1);
    let in_all = |snapshot| direct(snapshot, "Domain Users").len();
    assert_eq!(in_all(&after), in_all(&before) - 1);
}

fn find(snapshot: &Snapshot, number: usize) -> &PersonEntry {
    let mail = format!("u{number}@example.test");
    let is_wanted = |it: &&PersonEntry| it.mail.is_some_and(|text| snapshot.texts().get(text) == mail);
    snapshot.people().iter().find(is_wanted).unwrap()
}

fn direct(snapshot: &Snapshot, group: &str) -> Vec<String> {
    let group = snapshot.groups().iter().find(|it| snapshot.texts().get(it.name) == group).unwrap();
    snapshot.members(group).iter().map(|&member| snapshot.texts().get(member).to_owned()).collect()
}
