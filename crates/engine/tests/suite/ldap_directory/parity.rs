//! What the official connector would have overlooked in the same directory.

use super::{PASSWORD, READER, SCOPE, SUFFIX, Setup, people};
use bwdc_core::desired::Desired;
use bwdc_core::settings::SyncSettings;
use bwdc_core::snapshot::Overlooked;
use bwdc_core::text::Text;
use bwdc_harness::slapd;
use bwdc_sandbox::ldap::{Options, Server};
use serde_json::json;

/// Group, person and reason, in the order of the directory.
async fn overlooked(setup: &Setup) -> Vec<(String, String, Overlooked)> {
    let snapshot = setup.directory().read(SCOPE, &|_| ()).await.unwrap();
    let sync = json!({"users": true, "groups": true});
    let rules = SyncSettings::from_stored(sync.as_object().unwrap()).unwrap();
    let desired = Desired::build(snapshot, &rules).unwrap();
    let group = |id: Text| {
        desired
            .groups()
            .iter()
            .find(|it| it.external_id == id)
            .map(|it| desired.text(it.name).to_owned())
            .unwrap()
    };
    let person = |id: Text| {
        let person = desired.everybody().iter().find(|it| it.external_id == id).unwrap();
        desired.display_name(person).to_owned()
    };
    desired.overlooked().iter().map(|it| (group(it.group), person(it.person), it.why)).collect()
}

fn address(number: usize) -> String {
    format!("u{number}@example.test")
}

#[tokio::test]
async fn names_and_logins_in_another_spelling_are() {
    let group = |name: &str, class: &str, lines: &str| {
        format!("dn: cn={name},{SUFFIX}\nobjectClass: {class}\ncn: {name}\n{lines}\n")
    };
    let names = format!("member: uid=u0,{SUFFIX}\nmember: UID=u1, {SUFFIX}\n");
    let ldif = people(4)
        + &format!("dn: uid=\"x, y\",{SUFFIX}\nobjectClass: inetOrgPerson\nuid: x\ncn: x\nsn: x\nmail: x@example.test\n\n")
            .replace("\"x, y\"", "x\\, y")
        + &group("names", "groupOfNames", &(names + &format!("member: uid=x\\, y,{SUFFIX}\n")))
        + &group("outer", "groupOfNames", &format!("member: CN=late,{SUFFIX}\n"))
        + &group("late", "groupOfNames", &format!("member: uid=u2,{SUFFIX}\n"))
        + &group("logins", "posixGroup", "gidNumber: 1\nmemberUid: u0\nmemberUid: U3\n");
    let server = slapd::Options::new(SUFFIX).ldif_text(ldif).start().unwrap();
    let mut setup = Setup::slapd(&server);
    let found = overlooked(&setup).await;
    let expected = [
        ("names".to_owned(), address(1), Overlooked::Spelling),
        ("outer".to_owned(), address(2), Overlooked::Spelling),
    ];
    assert_eq!(found, expected);
    setup.layout.group_object_class = Some("posixGroup".to_owned());
    setup.layout.member_attribute = "memberUid".to_owned();
    assert_eq!(overlooked(&setup).await, [("logins".to_owned(), address(3), Overlooked::Spelling)]);
}

#[tokio::test]
async fn members_under_an_attribute_in_another_spelling_are() {
    let ldif = people(2)
        + &format!("dn: cn=both,{SUFFIX}\nobjectClass: groupOfNames\ncn: both\nmember: uid=u0,{SUFFIX}\n\n");
    let server = slapd::Options::new(SUFFIX).ldif_text(ldif).start().unwrap();
    let mut setup = Setup::slapd(&server);
    assert_eq!(overlooked(&setup).await, []);
    setup.layout.member_attribute = "Member".to_owned();
    assert_eq!(overlooked(&setup).await, [("both".to_owned(), address(0), Overlooked::AttributeName)]);
}

#[tokio::test]
async fn lists_that_come_in_parts_are() {
    let list = |count| (0..count).map(|it| format!("member: uid=u{it},{SUFFIX}\n")).collect::<String>();
    let ldif = people(7)
        + &format!("dn: cn=big,{SUFFIX}\nobjectClass: groupOfNames\ncn: big\n{}\n", list(7))
        + &format!("dn: cn=small,{SUFFIX}\nobjectClass: groupOfNames\ncn: small\n{}\n", list(3));
    let options = Options { value_limit: Some(5), ..Options::with_bind(ldif, READER, PASSWORD) };
    let server = Server::start(options).await.unwrap();
    let expected: Vec<_> = (0..7).map(|it| ("big".to_owned(), address(it), Overlooked::LongList)).collect();
    assert_eq!(overlooked(&Setup::sandbox(&server)).await, expected);
}
