//! Groups whose members the account may not see.

use super::{PASSWORD, READER, SCOPE, SUFFIX, Setup, people};
use bwdc_core::desired::Desired;
use bwdc_core::settings::SyncSettings;
use bwdc_core::snapshot::Snapshot;
use bwdc_engine::directory::snapshot_cache::{IncrementalRead, Refresh, SnapshotCache};
use bwdc_harness::slapd;
use bwdc_sandbox::ldap::{Action, At, Fault, Options, ResultCode, Server};

/// Of the groups `open` with a member, `none` without one, and `secret` with one, those that are said to hide their members.
async fn hiding(access: &str) -> Vec<String> {
    hiding_beside(access, "").await
}

/// So where something else is said of the account first.
async fn hiding_beside(access: &str, of_reader: &str) -> Vec<String> {
    hiding_of("memberUid", access, of_reader).await
}

/// So where members are looked for in this attribute.
async fn hiding_of(attribute: &str, access: &str, of_reader: &str) -> Vec<String> {
    let group = |(name, number): (&str, u32), more: &str| {
        format!("dn: cn={name},{SUFFIX}\nobjectClass: posixGroup\ncn: {name}\ngidNumber: {number}\n{more}\n")
    };
    let member = "memberUid: u0\n";
    let groups = [group(("open", 1), member), group(("none", 2), ""), group(("secret", 3), member)].concat();
    let options = slapd::Options::new(SUFFIX).ldif_text(people(1) + &groups);
    let options = options.database_line("access to attrs=userPassword by * auth").database_line(access);
    let server = options.database_line("access to * by * read").start().unwrap();
    let reader = format!("uid=u0,{SUFFIX}");
    let password = format!("dn: {reader}\nchangetype: modify\nadd: userPassword\nuserPassword: pw\n");
    server.ldapmodify(&password).unwrap();
    let mut setup = Setup::new(server.port(), &reader, "pw");
    if !of_reader.is_empty() {
        server.ldapmodify(&format!("dn: {reader}\nchangetype: modify\n{of_reader}\n")).unwrap();
        setup.layout.primary_groups = true;
    }
    setup.layout.group_object_class = Some("posixGroup".to_owned());
    setup.layout.member_attribute = attribute.to_owned();
    let rules = SyncSettings::from_stored(&serde_json::Map::new()).unwrap();
    let desired = Desired::build(setup.read().await.unwrap(), &rules).unwrap();
    assert_eq!(desired.groups().len(), 3);
    let hiding = desired.groups().iter().filter(|it| !it.shows_members);
    hiding.map(|it| desired.text(it.name).to_owned()).collect()
}

#[tokio::test]
async fn a_group_whose_members_are_not_shown_is_not_taken_for_an_empty_one() {
    assert!(hiding("access to dn.exact=\"cn=nobody,dc=x\" by * read").await.is_empty());
    let of_secret =
        |right: &str| format!("access to dn.exact=\"cn=secret,{SUFFIX}\" attrs=memberUid by * {right}");
    assert_eq!(hiding(&of_secret("none")).await, ["secret"]);
    // What may be searched and not read.
    assert_eq!(hiding(&of_secret("search")).await, ["secret"]);
    // Whoever has it as primary group is told elsewhere; the others are not.
    let primary = "add: objectClass\nobjectClass: posixAccount\n-\nadd: uidNumber\nuidNumber: 1\n-\nadd: gidNumber\ngidNumber: 3\n\
                   -\nadd: homeDirectory\nhomeDirectory: /\n";
    assert_eq!(hiding_beside(&of_secret("none"), primary).await, ["secret"]);
    // Where no group shows anybody, the schema tells that there is such an attribute; of an empty one nobody can tell then.
    let nothing = "access to attrs=memberUid by * none";
    assert_eq!(hiding(nothing).await, ["open", "none", "secret"]);
    // Where there is none the setting is wrong, and the limits decide.
    assert!(hiding_of("memberUids", nothing, "").await.is_empty());
    // Nor is one that no group has.
    assert!(hiding_of("description", "access to dn.exact=\"cn=nobody,dc=x\" by * read", "").await.is_empty());
}

/// Groups by name, whether they show who is in them, and how many are.
fn told(snapshot: Snapshot) -> Vec<(String, bool, usize)> {
    let members: Vec<usize> = snapshot.groups().iter().map(|it| snapshot.members(it).len()).collect();
    let rules = SyncSettings::from_stored(&serde_json::Map::new()).unwrap();
    let desired = Desired::build(snapshot, &rules).unwrap();
    let groups = desired.groups().iter().zip(members);
    groups.map(|(it, members)| (desired.text(it.name).to_owned(), it.shows_members, members)).collect()
}

/// A server that does not tell whether a group is empty is no reason to empty it.
#[tokio::test]
async fn a_group_of_which_the_server_refuses_to_tell_is_not_taken_for_an_empty_one() {
    let group = |name: &str, member: &str| {
        format!("dn: cn={name},{SUFFIX}\nobjectClass: groupOfNames\ncn: {name}\n{member}\n")
    };
    let groups = group("full", &format!("member: uid=u0,{SUFFIX}\n")) + &group("bare", "");
    let ldif = people(1) + &groups;
    let server = Server::start(Options::with_bind(ldif, READER, PASSWORD)).await.unwrap();
    let setup = Setup::sandbox(&server);
    let of = |shows: bool| [("bare".to_owned(), shows, 0), ("full".to_owned(), true, 1)];
    assert_eq!(told(setup.read().await.unwrap()), of(true));
    // After people and groups the third search asks who has no member.
    let code = ResultCode::InsufficentAccessRights;
    let refusal = Action::Answer { code, message: "not indexed".to_owned(), after_entries: 0 };
    server.inject(Fault::new(At::Search(3), refusal));
    assert_eq!(told(setup.read().await.unwrap()), of(false));
}

/// Rights that follow from what the entry says, so that both change together.
#[tokio::test]
async fn a_group_that_changes_and_hides_its_members_with_it_is_read_in_full() {
    let group = |(name, number): (&str, u32), members: &str| {
        format!(
            "dn: cn={name},{SUFFIX}\nobjectClass: posixGroup\ncn: {name}\ngidNumber: {number}\n{members}\n"
        )
    };
    let groups = [
        group(("left", 1), "memberUid: u1\n"),
        group(("open", 2), "memberUid: u0\nmemberUid: u1\n"),
        group(("other", 3), "memberUid: u0\n"),
    ];
    let server = slapd::Options::new(SUFFIX)
        .ldif_text(people(2) + &groups.concat())
        .database_line("access to attrs=userPassword by * auth")
        .database_line("access to filter=(description=secret) attrs=memberUid by * none")
        .database_line("access to * by * read")
        .overlay("syncprov", &["syncprov-sessionlog 100"])
        .start()
        .unwrap();
    let reader = format!("uid=u0,{SUFFIX}");
    let modify = |name: &str, lines: &str| {
        server.ldapmodify(&format!("dn: {name},{SUFFIX}\nchangetype: modify\n{lines}\n")).unwrap();
    };
    modify("uid=u0", "add: userPassword\nuserPassword: pw");
    let mut setup = Setup::new(server.port(), &reader, "pw");
    setup.layout.group_object_class = Some("posixGroup".to_owned());
    setup.layout.member_attribute = "memberUid".to_owned();
    let follow = async |cache: Option<SnapshotCache>| {
        let IncrementalRead { snapshot, refresh } =
            setup.directory().follow(SCOPE, cache, &|_| ()).await.unwrap();
        (told(snapshot), refresh)
    };
    let of = |left: (bool, usize), open: (bool, usize)| {
        vec![
            ("left".to_owned(), left.0, left.1),
            ("open".to_owned(), open.0, open.1),
            ("other".to_owned(), true, 1),
        ]
    };
    let (groups, refresh) = follow(None).await;
    assert_eq!(groups, of((true, 1), (true, 2)));
    let Refresh::Replace(cache) = refresh else { panic!("{refresh:?}") };

    // One that everybody has left is empty.
    modify("cn=left", "delete: memberUid");
    let (groups, refresh) = follow(Some(cache.clone())).await;
    assert_eq!(groups, of((true, 0), (true, 2)));
    assert!(matches!(refresh, Refresh::Change { .. }), "{refresh:?}");

    modify("cn=open", "add: description\ndescription: secret");
    let (groups, refresh) = follow(Some(cache)).await;
    assert_eq!(groups, of((true, 0), (false, 0)));
    assert!(matches!(refresh, Refresh::Drop), "{refresh:?}");
}
