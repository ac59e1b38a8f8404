//! Reads that succeed, and what is in them.

use super::{READER, SUFFIX, Setup, groups, people, people_of_groups, text};
use crate::hint::hint;
use bwdc_core::snapshot::AccountState;
use bwdc_engine::directory::ldap::LdapReadError;
use bwdc_engine::event::Event;
use bwdc_engine::notice::Notice;
use bwdc_harness::slapd;
use bwdc_sandbox::ldap::{Action, At, Fault, LoggedOperation, Options, PageLimit, Server};
use std::time::Duration;

const AWKWARD: &str = r#"
dn: cn=Comma\, Inc,dc=example,dc=test
objectClass: inetOrgPerson
cn: Comma, Inc
sn: x
uid: Comma
mail: first@example.test
mail: second@example.test

dn: cn=Plus\+ \"Q\",dc=example,dc=test
objectClass: inetOrgPerson
cn: Plus+ "Q"
sn: x
uid: plus

dn: cn=Zoë,dc=example,dc=test
objectClass: inetOrgPerson
cn: Zoë
sn: x
uid: zoe
mail: Zoe@Example.Test

dn: cn=Names,dc=example,dc=test
objectClass: groupOfNames
cn: Names
member: CN=comma\2C  inc, DC=Example,dc=test
member: cn=Plus\2B \22q\22,dc=example,dc=test
member: cn=ZOË,dc=example,dc=test
member: cn=Nobody,dc=example,dc=test

dn: cn=Logins,dc=example,dc=test
objectClass: posixGroup
cn: Logins
gidNumber: 1
memberUid: COMMA
memberUid: zoe
"#;

fn awkward() -> slapd::Slapd {
    slapd::Options::new(SUFFIX).ldif_text(people(0) + AWKWARD).start().unwrap()
}

#[tokio::test]
async fn names_are_spelled_with_pairs_and_compared_without_spelling() {
    let server = awkward();
    let (snapshot, events) = Setup::slapd(&server).read_with_events().await;
    let references: Vec<&str> = snapshot.people().iter().map(|it| text(&snapshot, it.reference)).collect();
    let expected = [
        "cn=Comma\\2C Inc,dc=example,dc=test",
        "cn=Plus\\2B \\22Q\\22,dc=example,dc=test",
        "cn=Zoë,dc=example,dc=test",
    ];
    assert_eq!(references, expected);
    assert!(snapshot.people().iter().all(|it| it.external_id == it.reference));
    let stable = snapshot.people()[0].stable_id.map(|id| text(&snapshot, id)).unwrap();
    assert!(stable.strip_prefix("entryUUID:").is_some_and(|id| id.len() == 36), "{stable}");
    assert_eq!(snapshot.people()[0].mail.map(|mail| text(&snapshot, mail)), Some("first@example.test"));
    assert_eq!(snapshot.people()[1].mail, None);
    assert!(snapshot.people().iter().all(|it| it.state == AccountState::Enabled));

    assert_eq!(events.last(), Some(&Event::Reading { people: 3, groups: 1 }));
    let (groups, nobody) = people_of_groups(snapshot);
    assert_eq!(groups, [("Names".to_owned(), expected.map(str::to_owned).to_vec())]);
    assert_eq!(nobody, ["cn=Nobody,dc=example,dc=test"]);
}

#[tokio::test]
async fn member_uid_meets_uid_in_any_case() {
    let server = awkward();
    let mut setup = Setup::slapd(&server);
    setup.layout.group_object_class = Some("posixGroup".to_owned());
    setup.layout.member_attribute = "MemberUID".to_owned();
    let (snapshot, _) = setup.read_with_events().await;
    let listed = ["cn=Comma\\2C Inc", "cn=Zoë"].map(|it| format!("{it},dc=example,dc=test"));
    assert_eq!(people_of_groups(snapshot), (vec![("Logins".to_owned(), listed.to_vec())], Vec::new()));
}

#[tokio::test]
async fn attribute_names_and_filters_are_taken_as_typed() {
    let server = awkward();
    let mut setup = Setup::slapd(&server);
    setup.layout.email_attributes = vec!["MAIL".to_owned()];
    setup.layout.email_prefix_attribute = Some("UID".to_owned());
    setup.layout.user_filter = Some("sn=x".to_owned());
    setup.layout.group_filter = Some("(cn=N*)".to_owned());
    setup.layout.group_name_attribute = "description".to_owned();
    let (snapshot, _) = setup.read_with_events().await;
    let first = &snapshot.people()[0];
    assert_eq!(first.prefix.map(|prefix| text(&snapshot, prefix)), Some("Comma"));
    assert_eq!(first.mail.map(|mail| text(&snapshot, mail)), Some("first@example.test"));
    assert_eq!((groups(&snapshot)[0].0.as_str(), snapshot.people().len()), ("Names", 3));
}

#[tokio::test]
async fn flags_and_object_ids_of_active_directory_are_read() {
    let server = bwdc_harness::awkward::options().start().unwrap();
    let (snapshot, _) = Setup::slapd(&server).read_with_events().await;
    let find = |name: &str| {
        let starts = format!("cn={name},");
        snapshot.people().iter().find(|it| text(&snapshot, it.reference).starts_with(&starts)).unwrap()
    };
    let ida = find("Ida Brandt");
    assert_eq!(text(&snapshot, ida.external_id), "12345678-9abc-def0-1122-334455667788");
    assert_eq!(
        ida.stable_id.map(|id| text(&snapshot, id)),
        Some("objectGUID:12345678-9abc-def0-1122-334455667788")
    );
    let states = ["Ida Brandt", "Otto Weiss", "Petra Gone", "Hex Flags", "Wordy Flags", "No Flags"]
        .map(|name| find(name).state == AccountState::Disabled);
    assert_eq!(states, [false, true, true, true, true, false]);
    let blank = find("Blank Address").mail.map(|mail| text(&snapshot, mail));
    assert_eq!(blank, Some(" "));
}

#[tokio::test]
async fn a_group_without_a_name_is_left_out_with_a_notice() {
    let ldif = people(1)
        + &format!(
            "dn: ou=nameless,{SUFFIX}\nobjectClass: groupOfNames\nou: nameless\nmember: uid=u0,{SUFFIX}\n"
        );
    let server = Server::start(Options::with_bind(ldif, READER, super::PASSWORD)).await.unwrap();
    let (snapshot, events) = Setup::sandbox(&server).read_with_events().await;
    assert!(snapshot.groups().is_empty());
    let notice = |event: &Event| matches!(event, Event::Notice(Notice::GroupWithoutName { group, .. }) if group.contains("ou=nameless"));
    assert_eq!(events.iter().filter(|event| notice(event)).count(), 1);
}

#[tokio::test]
async fn every_page_is_read_however_small_the_server_makes_it() {
    for page_limit in [PageLimit::None, PageLimit::Refuse(7), PageLimit::Shrink(7)] {
        let options = Options { page_limit, ..Options::with_bind(people(1203), READER, super::PASSWORD) };
        let server = Server::start(options).await.unwrap();
        let (snapshot, events) = Setup::sandbox(&server).read_with_events().await;
        assert_eq!(snapshot.people().len(), 1203, "{page_limit:?}");
        let steps = events.iter().filter(|event| matches!(event, Event::Reading { .. })).count();
        assert_eq!(steps, 3, "{page_limit:?}");
    }
}

#[tokio::test]
async fn a_server_without_pages_is_read_in_one_piece() {
    let options =
        Options { without_paging: true, ..Options::with_bind(people(1203), READER, super::PASSWORD) };
    let server = Server::start(options).await.unwrap();
    let (snapshot, _) = Setup::sandbox(&server).read_with_events().await;
    assert_eq!((snapshot.people().len(), server.counts().pages), (1203, 0));
}

#[tokio::test]
async fn openldap_reads_through_its_page_limit() {
    let server = slapd::Options::new(SUFFIX)
        .ldif_text(people(60))
        .database_line("access to * by * read")
        .database_line("limits anonymous size.soft=10 size.hard=20 size.pr=5 size.prtotal=none")
        .database_line(format!(
            "limits dn.exact=\"uid=u1,{SUFFIX}\" size.soft=10 size.hard=20 size.pr=5 size.prtotal=none"
        ));
    let server = server.start().unwrap();
    server
        .ldapmodify(&format!(
            "dn: uid=u1,{SUFFIX}\nchangetype: modify\nadd: userPassword\nuserPassword: pw\n"
        ))
        .unwrap();
    let setup = Setup::new(server.port(), &format!("uid=u1,{SUFFIX}"), "pw");
    assert_eq!(setup.read().await.unwrap().people().len(), 60);
}

#[tokio::test]
async fn long_attributes_are_read_to_their_end() {
    let members: Vec<String> = (0..23).map(|number| format!("uid=u{number},{SUFFIX}")).collect();
    let lines: String = members.iter().map(|member| format!("member: {member}\n")).collect();
    let ldif = people(0)
        + &format!("dn: cn=big,{SUFFIX}\nobjectClass: groupOfNames\ncn: big\n{lines}\n")
        + &format!("dn: cn=small,{SUFFIX}\nobjectClass: groupOfNames\ncn: small\nmember: uid=u0,{SUFFIX}\n");
    let options = Options { value_limit: Some(5), ..Options::with_bind(ldif, READER, super::PASSWORD) };
    let server = Server::start(options).await.unwrap();
    let (snapshot, _) = Setup::sandbox(&server).read_with_events().await;
    assert_eq!(
        groups(&snapshot),
        [("big".to_owned(), members.clone()), ("small".to_owned(), members[..1].to_vec())]
    );
}

/// Who is taken out of one part moves everybody behind up, so that somebody would be in none.
#[tokio::test]
async fn a_long_attribute_that_changes_between_its_parts_is_no_whole_one() {
    let big = format!("cn=big,{SUFFIX}");
    let members: String = (0..23).map(|number| format!("member: uid=u{number},{SUFFIX}\n")).collect();
    let ldif = people(0) + &format!("dn: {big}\nobjectClass: groupOfNames\ncn: big\n{members}\n");
    let options = Options { value_limit: Some(5), ..Options::with_bind(ldif, READER, super::PASSWORD) };
    let server = Server::start(options).await.unwrap();
    server.inject(
        Fault::new(At::PageOf { base: big.clone(), page: 1 }, Action::Delay(Duration::from_secs(2))).once(),
    );
    let setup = Setup::sandbox(&server);
    let change = async {
        let asked = |it: &LoggedOperation| matches!(it, LoggedOperation::Search { base, .. } if *base == big);
        while !server.log().iter().any(asked) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        server.remove_value(&big, "member", format!("uid=u2,{SUFFIX}")).unwrap();
    };
    let (error, ()) = tokio::join!(setup.failure(), change);
    assert!(matches!(error, LdapReadError::Range { next: 5, .. }), "{error:?}");
    assert!(hint(&error).unwrap().contains("Run again"), "{:?}", hint(&error));
    assert_eq!(groups(&setup.read().await.unwrap())[0].1.len(), 22);
}

#[tokio::test]
async fn what_people_tell_in_long_lists_is_read_to_its_end() {
    let group = |number: usize| format!("cn=g{number},{SUFFIX}");
    let groups: String = (0..13)
        .map(|number| {
            format!(
                "dn: {}\nobjectClass: groupOfNames\ncn: g{number}\nmember: cn=nobody,{SUFFIX}\n\n",
                group(number)
            )
        })
        .collect();
    let belongs: String = (0..13).map(|number| format!("memberOf: {}\n", group(number))).collect();
    let old: String =
        (0..9).map(|number| format!("proxyAddresses: smtp:old{number}@example.test\n")).collect();
    let ldif = people(0)
        + &format!(
            "dn: uid=ann,{SUFFIX}\nobjectClass: inetOrgPerson\nuid: ann\ncn: Ann\nsn: a\n{belongs}{old}\
             proxyAddresses: SMTP:ann@example.test\n\n"
        )
        + &groups;
    let options = Options { value_limit: Some(5), ..Options::with_bind(ldif, READER, super::PASSWORD) };
    let server = Server::start(options).await.unwrap();
    let mut setup = Setup::sandbox(&server);
    setup.layout.member_of_attribute = Some("memberOf".to_owned());
    setup.layout.email_attributes = vec!["proxyAddresses".to_owned()];
    let snapshot = setup.read().await.unwrap();
    let ann = format!("uid=ann,{SUFFIX}");
    assert!(groups_of(&snapshot).all(|members| members == [ann.as_str()]));
    assert_eq!(snapshot.groups().len(), 13);
    let mail = snapshot.people()[0].mail.unwrap();
    assert!(super::text(&snapshot, mail).ends_with("ann@example.test"));
}

fn groups_of(snapshot: &bwdc_core::snapshot::Snapshot) -> impl Iterator<Item = Vec<&str>> {
    snapshot
        .groups()
        .iter()
        .map(|group| snapshot.members(group).iter().map(|&member| super::text(snapshot, member)).collect())
}

#[tokio::test]
async fn active_directory_lists_its_deleted_people() {
    let ldif = people(2)
        + "dn: CN=Deleted Objects,dc=example,dc=test\nobjectClass: container\ncn: Deleted Objects\nisDeleted: TRUE\n\n"
        + "dn: CN=gone\\0ADEL:1,CN=Deleted Objects,dc=example,dc=test\nobjectClass: inetOrgPerson\ncn: gone\nisDeleted: TRUE\n\n"
        + "dn: CN=kept\\0ADEL:2,CN=Deleted Objects,dc=example,dc=test\nobjectClass: inetOrgPerson\ncn: kept\nisDeleted: TRUE\n\
           mail: kept@example.test\n";
    let server = Server::start(Options::with_bind(ldif, READER, super::PASSWORD)).await.unwrap();
    let mut setup = Setup::sandbox(&server);
    let states = |snapshot: &bwdc_core::snapshot::Snapshot| -> Vec<AccountState> {
        snapshot.people().iter().map(|it| it.state).collect()
    };
    let read = setup.read().await.unwrap();
    assert!(states(&read).iter().all(|state| *state == AccountState::Enabled));
    setup.settings.active_directory = true;
    let read = setup.read().await.unwrap();
    let deleted = states(&read).iter().filter(|state| **state == AccountState::Deleted).count();
    assert_eq!(deleted, 2);
    assert_eq!(states(&read).last(), Some(&AccountState::Deleted));
    // The Recycle Bin keeps the address; without it, it is gone.
    let addresses = read.people().iter().filter(|it| it.state == AccountState::Deleted);
    let addresses: Vec<_> = addresses.map(|it| it.mail.map(|mail| super::text(&read, mail))).collect();
    assert_eq!(addresses, [None, Some("kept@example.test")]);
}

/// The list of people still has her, that of deleted ones has her, too.
#[tokio::test]
async fn who_is_deleted_between_two_lists_is_one_person_and_read_again() {
    let guid = "objectGUID:: AAECAwQFBgcICQoLDA0ODw==\n";
    let ann = format!("uid=ann,{SUFFIX}");
    let ldif = people(2)
        + &format!(
            "dn: {ann}\nobjectClass: inetOrgPerson\nuid: ann\ncn: Ann\nsn: a\nmail: ann@example.test\n{guid}\n"
        )
        + "dn: CN=Deleted Objects,dc=example,dc=test\nobjectClass: container\ncn: Deleted Objects\nisDeleted: TRUE\n\n"
        + &format!(
            "dn: CN=Ann\\0ADEL:1,CN=Deleted Objects,{SUFFIX}\nobjectClass: inetOrgPerson\ncn: Ann\nisDeleted: TRUE\n{guid}"
        );
    let server = Server::start(Options::with_bind(ldif, READER, super::PASSWORD)).await.unwrap();
    let deleted = format!("CN=Deleted Objects,{SUFFIX}");
    let lists = || {
        let of_deleted =
            |it: &&LoggedOperation| matches!(it, LoggedOperation::Search { base, .. } if *base == deleted);
        server.log().iter().filter(of_deleted).count()
    };
    let mut setup = Setup::sandbox(&server);
    setup.settings.active_directory = true;
    let states = |snapshot: &bwdc_core::snapshot::Snapshot| -> Vec<AccountState> {
        let of_ann =
            snapshot.people().iter().filter(|it| super::text(snapshot, it.external_id).starts_with("0302"));
        of_ann.map(|it| it.state).collect()
    };
    // She stays in both: after three reads she counts as she is listed.
    assert_eq!(states(&setup.read().await.unwrap()), [AccountState::Enabled]);
    assert_eq!(lists(), 3);
    // The deletion comes to an end during the first read: the second one has her once.
    server.clear_log();
    server.inject(
        Fault::new(At::PageOf { base: deleted.clone(), page: 1 }, Action::Delay(Duration::from_secs(1)))
            .once(),
    );
    let change = async {
        while lists() == 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        server.delete(&ann).unwrap();
    };
    let (read, ()) = tokio::join!(setup.read(), change);
    assert_eq!(states(&read.unwrap()), [AccountState::Deleted]);
    assert_eq!(lists(), 2);
}

#[tokio::test]
async fn without_the_right_to_see_deleted_people_there_is_a_notice() {
    let server = Server::start(Options::with_bind(people(2), READER, super::PASSWORD)).await.unwrap();
    let mut setup = Setup::sandbox(&server);
    setup.settings.active_directory = true;
    let (snapshot, events) = setup.read_with_events().await;
    assert_eq!(snapshot.people().len(), 2);
    assert!(
        events
            .iter()
            .any(|event| matches!(event, Event::Notice(Notice::DeletedPeopleUnreadable { reason }) if reason.contains("CN=Deleted Objects")))
    );
}
