//! People who hide from the account whether they are disabled, or in which groups they are.

use super::shapes::SCHEMA;
use super::{SCOPE, SUFFIX, Setup, people};
use bwdc_core::desired::Desired;
use bwdc_core::settings::{DisabledBy, SyncSettings};
use bwdc_core::snapshot::{AccountState, SetAsideBecause, Snapshot};
use bwdc_engine::directory::ReadError;
use bwdc_engine::directory::ldap::LdapReadError;
use bwdc_engine::directory::snapshot_cache::{IncrementalRead, Refresh, SnapshotCache};
use bwdc_harness::slapd::{self, Slapd};

/// A server with the rules of access, and who may read it as u3.
fn server(access: &[&str], entries: &str) -> (Slapd, Setup) {
    start(slapd::Options::new(SUFFIX), access, entries)
}

/// The same behind a rule for the whole server.
fn server_behind(rule: &str, access: &[&str]) -> (Slapd, Setup) {
    start(slapd::Options::new(SUFFIX).global_line(rule), access, "")
}

fn start(options: slapd::Options, access: &[&str], entries: &str) -> (Slapd, Setup) {
    let mut options = options.schema(SCHEMA).ldif_text(people(4) + entries);
    options = options.database_line("access to attrs=userPassword by * auth");
    for line in access {
        options = options.database_line(*line);
    }
    let options = options.overlay("syncprov", &["syncprov-sessionlog 100"]);
    let server = options.database_line("access to * by * read").start().unwrap();
    modify(&server, "uid=u3", "add: userPassword\nuserPassword: pw");
    let setup = Setup::new(server.port(), &format!("uid=u3,{SUFFIX}"), "pw");
    (server, setup)
}

fn modify(server: &Slapd, name: &str, lines: &str) {
    server.ldapmodify(&format!("dn: {name},{SUFFIX}\nchangetype: modify\n{lines}\n")).unwrap();
}

fn desired(snapshot: Snapshot) -> Desired {
    Desired::build(snapshot, &SyncSettings::from_stored(&serde_json::Map::new()).unwrap()).unwrap()
}

/// Who is enabled, disabled, and of whom it is not told, by the first part of the name.
pub(super) fn states(snapshot: Snapshot) -> [Vec<String>; 3] {
    let desired = desired(snapshot);
    let short = |it| desired.text(it).split([',', '@']).next().unwrap().replace("uid=", "");
    let of = |state: AccountState| {
        let people = desired.everybody().iter().filter(|it| it.state == state);
        people.map(|it| short(it.reference)).collect::<Vec<_>>()
    };
    let untold = desired.set_aside().iter().filter(|it| it.because == SetAsideBecause::StateNotTold);
    [of(AccountState::Enabled), of(AccountState::Disabled), untold.map(|it| short(it.reference)).collect()]
}

pub(super) fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|it| (*it).to_owned()).collect()
}

#[tokio::test]
async fn who_hides_whether_they_are_disabled_is_not_taken_for_enabled() {
    let of_one = format!("access to dn.exact=\"uid=u1,{SUFFIX}\" attrs=nsAccountLock by * none");
    let (server, mut setup) = server_with(&[&of_one]);
    lock(&server, &["uid=u0", "uid=u1"]);
    // What is not asked for tells nothing.
    assert_eq!(states(setup.read().await.unwrap())[2], names(&[]));
    setup.choose_signs(vec![DisabledBy::NsAccountLock]);
    let told = [names(&["u2", "u3"]), names(&["u0"]), names(&["u1"])];
    assert_eq!(states(setup.read().await.unwrap()), told);
    // A sign that nobody has, and one that there is not, make no difference.
    setup.layout.disabled_by.extend([DisabledBy::ShadowExpire, DisabledBy::LoginDisabled]);
    assert_eq!(states(setup.read().await.unwrap()), told);
}

/// Nobody is let in, and nobody is taken for gone: the read says what it may not see.
#[tokio::test]
async fn where_of_nobody_it_is_shown_that_they_are_enabled_the_read_ends() {
    let hidden = "access to attrs=nsAccountLock by * none";
    // It can be read, and is nothing to search by: who has none is not told.
    let unsearched = "access to attrs=nsAccountLock by * =r";
    for (rule, is_schema_hidden) in [(hidden, false), (unsearched, false), (hidden, true)] {
        let (server, mut setup) = match is_schema_hidden {
            false => server_with(&[rule]),
            true => server_behind("access to dn.base=\"cn=Subschema\" by * none", &[rule]),
        };
        lock(&server, &["uid=u0", "uid=u1"]);
        setup.choose_signs(vec![DisabledBy::NsAccountLock]);
        let Err(ReadError::Ldap(error)) = setup.read().await else { panic!("{rule}") };
        let LdapReadError::StateHidden { attributes, .. } = &*error else { panic!("{error:?}") };
        assert_eq!(&**attributes, "nsAccountLock");
        // What the schema does not know hides nobody, and neither does the usual sign where nobody chose it.
        setup.choose_signs(vec![DisabledBy::LoginDisabled]);
        assert_eq!(setup.read().await.is_ok(), !is_schema_hidden);
        setup.layout.disabled_by_chosen = false;
        assert_eq!(states(setup.read().await.unwrap())[0].len(), 4);
    }
}

fn lock(server: &Slapd, names: &[&str]) {
    for name in names {
        modify(
            server,
            name,
            "add: objectClass\nobjectClass: borrowed\n-\nadd: nsAccountLock\nnsAccountLock: TRUE",
        );
    }
}

fn server_with(access: &[&str]) -> (Slapd, Setup) {
    server(access, "")
}

/// Rights that follow from what the entry says, so that both change together.
#[tokio::test]
async fn who_changes_and_hides_a_state_with_it_is_read_in_full() {
    let rule = "access to filter=(description=secret) attrs=shadowExpire by * none";
    let (server, mut setup) = server_with(&[rule]);
    setup.choose_signs(vec![DisabledBy::ShadowExpire]);
    let follow = async |cache: Option<SnapshotCache>| {
        let IncrementalRead { snapshot, refresh } =
            setup.directory().follow(SCOPE, cache, &|_| ()).await.unwrap();
        (states(snapshot), refresh)
    };
    let (told, refresh) = follow(None).await;
    assert_eq!(told[0].len(), 4);
    let Refresh::Replace(cache) = refresh else { panic!("{refresh:?}") };

    modify(&server, "uid=u1", "add: description\ndescription: open");
    let (told, refresh) = follow(Some(cache.clone())).await;
    assert_eq!(told[0].len(), 4);
    assert!(matches!(refresh, Refresh::Change { .. }), "{refresh:?}");

    modify(&server, "uid=u1", "replace: description\ndescription: secret");
    let (told, refresh) = follow(Some(cache)).await;
    assert_eq!(told, [names(&["u0", "u2", "u3"]), names(&[]), names(&["u1"])]);
    assert!(matches!(refresh, Refresh::Drop), "{refresh:?}");
}

/// The groups with the numbers of the people in them, and of those who may be.
pub(super) fn placed(snapshot: Snapshot) -> Vec<(String, Vec<u32>, Vec<u32>)> {
    let desired = desired(snapshot);
    let groups = desired.groups().iter().enumerate();
    groups
        .map(|(number, it)| {
            let doubtful = desired.doubtful(number).collect();
            (desired.text(it.name).to_owned(), desired.members(number).to_vec(), doubtful)
        })
        .collect()
}

#[tokio::test]
async fn who_hides_in_which_groups_they_are_may_be_in_any() {
    let group = |name: &str| {
        format!("dn: cn={name},{SUFFIX}\nobjectClass: groupOfNames\ncn: {name}\nmember: cn=x\n\n")
    };
    let groups = ["g", "h"].map(group).concat();
    let belongs = |server: &Slapd| {
        for name in ["uid=u0", "uid=u1"] {
            let class = "add: objectClass\nobjectClass: borrowed";
            modify(server, name, &format!("{class}\n-\nadd: belongsTo\nbelongsTo: cn=g,{SUFFIX}"));
        }
    };
    let of_one = format!("access to dn.exact=\"uid=u1,{SUFFIX}\" attrs=belongsTo by * none");
    let (one, mut setup) = server(&[&of_one], &groups);
    belongs(&one);
    setup.layout.member_of_attribute = Some("belongsTo".to_owned());
    let told = |of_g: &[u32], doubtful: &[u32]| {
        [("g".to_owned(), of_g.to_vec(), doubtful.to_vec()), ("h".to_owned(), vec![], doubtful.to_vec())]
    };
    assert_eq!(placed(setup.read().await.unwrap()), told(&[0], &[1]));
    // Somebody in no group is told from somebody who hides them; an attribute that there is not is a wrong setting.
    setup.layout.member_of_attribute = Some("belongToo".to_owned());
    assert_eq!(placed(setup.read().await.unwrap()), told(&[], &[]));

    let (all, mut setup) = server(&["access to attrs=belongsTo by * none"], &groups);
    belongs(&all);
    setup.layout.member_of_attribute = Some("belongsTo".to_owned());
    assert_eq!(placed(setup.read().await.unwrap()), told(&[], &[0, 1, 2, 3]));

    // A group that may itself be in any other one takes its people along.
    let of_group = format!("access to dn.exact=\"cn=g,{SUFFIX}\" attrs=belongsTo by * none");
    let (inner, mut setup) = server(&[&of_group], &groups);
    belongs(&inner);
    setup.layout.member_of_attribute = Some("belongsTo".to_owned());
    assert_eq!(placed(setup.read().await.unwrap()), told(&[0, 1], &[0, 1]));
}

#[tokio::test]
async fn who_hides_the_number_of_their_group_may_be_in_any() {
    let groups = format!(
        "dn: cn=one,{SUFFIX}\nobjectClass: posixGroup\ncn: one\ngidNumber: 7\n\n\
         dn: cn=two,{SUFFIX}\nobjectClass: posixGroup\ncn: two\ngidNumber: 8\n\n"
    );
    let of_one = |name: &str| format!("access to dn.exact=\"{name},{SUFFIX}\" attrs=gidNumber by * none");
    let read = async |hides: &str| {
        let (server, mut setup) = server(&[&of_one(hides)], &groups);
        for (number, name) in ["uid=u0", "uid=u1"].into_iter().enumerate() {
            let class =
                "add: objectClass\nobjectClass: posixAccount\n-\nadd: homeDirectory\nhomeDirectory: /";
            let numbers = format!("add: uidNumber\nuidNumber: {number}\n-\nadd: gidNumber\ngidNumber: 7");
            modify(&server, name, &format!("{class}\n-\n{numbers}"));
        }
        setup.layout.group_object_class = Some("posixGroup".to_owned());
        setup.layout.member_attribute = "memberUid".to_owned();
        setup.layout.primary_groups = true;
        setup.read().await.unwrap()
    };
    let told = [("one".to_owned(), vec![0], vec![1]), ("two".to_owned(), vec![], vec![1])];
    assert_eq!(placed(read("uid=u1").await), told);
    // A group that hides its own number does not show who is in it.
    let desired = desired(read("cn=one").await);
    let shows: Vec<bool> = desired.groups().iter().map(|it| it.shows_members).collect();
    assert_eq!(shows, [false, true]);
}

#[tokio::test]
async fn who_hides_the_login_by_which_groups_list_people_may_be_in_any() {
    let group = format!(
        "dn: cn=one,{SUFFIX}\nobjectClass: posixGroup\ncn: one\ngidNumber: 7\nmemberUid: u0\nmemberUid: u1\n\n"
    );
    let of_one = format!("access to dn.exact=\"uid=u1,{SUFFIX}\" attrs=uid by * none");
    let (_server, mut setup) = server(&[&of_one], &group);
    setup.layout.group_object_class = Some("posixGroup".to_owned());
    setup.layout.member_attribute = "memberUid".to_owned();
    assert_eq!(placed(setup.read().await.unwrap()), [("one".to_owned(), vec![0], vec![1])]);
}
