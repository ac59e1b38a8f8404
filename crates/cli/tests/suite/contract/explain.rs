//! `bwdc explain` and `bwdc test --explain`: why somebody is in or out.

use crate::contract::stage::{ADA, BOB, STAFF, Stage, assert_answer};
use serde_json::{Value, json};

const MORE: &str = "\
dn: ou=Elsewhere,dc=example,dc=test
objectClass: organizationalUnit
ou: Elsewhere

dn: uid=eve,ou=Elsewhere,dc=example,dc=test
objectClass: inetOrgPerson
objectClass: person
uid: eve
cn: Eve
sn: E
mail: eve@example.test

dn: uid=dan,ou=People,dc=example,dc=test
objectClass: inetOrgPerson
objectClass: person
uid: dan
cn: Dan
sn: D

dn: cn=Odd,ou=Groups,dc=example,dc=test
objectClass: groupOfNames
cn: Odd
member: uid=eve,ou=Elsewhere,dc=example,dc=test
member: cn=Staff,ou=Groups,dc=example,dc=test
";

fn stage() -> Stage {
    let stage = Stage::signed_in();
    stage.directory.add(MORE).expect("entries");
    stage.change(|data| data["sync"]["userPath"] = json!("ou=People"));
    stage.organization.clear_requests();
    stage
}

#[track_caller]
fn told(stage: &Stage, arguments: &[&str]) -> String {
    let output = stage.run(arguments);
    assert_eq!((output.code, output.stderr.as_str()), (Some(0), ""), "{arguments:?}");
    output.stdout
}

fn subjects(stage: &Stage, who: &str) -> Value {
    let answer: Value = serde_json::from_str(&told(stage, &["explain", who, "--response"])).expect("JSON");
    answer["data"]["subjects"].clone()
}

#[test]
fn a_person_is_found_by_every_name_and_told_with_the_groups() {
    let stage = stage();
    let expected = json!([{
        "kind": "person", "name": ADA, "externalId": ADA, "email": "ada@example.test", "state": "enabled",
        "leftOut": null, "groups": ["Odd", "Staff"],
        "nextSync": ["+ invite ada@example.test new in the directory"]
    }]);
    for who in ["ada@example.test", "ADA@Example.test", ADA, "UID=Ada, ou=people,dc=example,dc=test"] {
        assert_eq!(subjects(&stage, who), expected, "{who}");
    }
    // By a name that the read does not know: the login.
    for who in ["ada", "Ada"] {
        assert_eq!(subjects(&stage, who), expected, "{who}");
    }
    let text = told(&stage, &["explain", "ada@example.test"]);
    assert!(
        text.starts_with("`ada@example.test` is brought over.\n") && text.contains("Odd, Staff"),
        "{text}"
    );
    assert!(text.contains("next sync") && text.contains("+ invite ada@example.test"), "{text}");
    assert!(stage.changes().is_empty(), "the organization is only asked");
}

#[test]
fn a_group_is_told_with_its_people_and_with_what_is_not_resolved() {
    let stage = stage();
    let found = subjects(&stage, "odd");
    assert_eq!(found[0]["members"], json!(["ada@example.test", "bob@example.test"]));
    assert_eq!(found[0]["unresolved"], json!(["uid=eve,ou=Elsewhere,dc=example,dc=test"]));
    assert_eq!(subjects(&stage, STAFF)[0]["unresolved"], json!([]));
    let text = told(&stage, &["explain", "Odd"]);
    assert!(text.contains("  + bob@example.test\n") && text.contains("  ? uid=eve,ou=Elsewhere"), "{text}");
}

#[test]
fn who_is_left_out_is_told_with_the_reason() {
    let stage = stage();
    let dan = subjects(&stage, "uid=dan,ou=People,dc=example,dc=test");
    assert_eq!(dan[0]["leftOut"], "has no address");
    for who in ["eve", "eve@example.test", "uid=eve,ou=Elsewhere,dc=example,dc=test"] {
        let text = told(&stage, &["explain", who]);
        assert!(
            text.starts_with("`uid=eve,ou=Elsewhere,dc=example,dc=test` is not read: the user filter"),
            "{text}"
        );
        assert!(text.contains("`ou=People,dc=example,dc=test` only (`sync.userPath`)"), "{text}");
    }
    stage.change(|data| data["sync"]["userFilter"] = json!("(!(uid=bob))"));
    let text = told(&stage, &["explain", BOB]);
    assert!(text.contains("neither the user filter `(&(objectClass=person)(!(uid=bob)))` nor"), "{text}");
    let text = told(&stage, &["explain", "nobody@example.test"]);
    assert!(text.starts_with("Nothing in the directory is called `nobody@example.test`"), "{text}");
    let text = told(&stage, &["explain", "*"]);
    assert!(text.starts_with("Nothing"), "a star is a character, not a pattern: {text}");
}

#[test]
fn somebody_without_a_valid_address_or_disabled_is_not_said_to_be_brought_over() {
    let stage = stage();
    stage
        .directory
        .modify("uid=dan,ou=People,dc=example,dc=test", "mail", ["not an address"])
        .expect("is there");
    let text = told(&stage, &["explain", "not an address"]);
    assert!(
        text.starts_with("`not an address` is left out: `not an address` is not a valid e-mail address."),
        "{text}"
    );
    stage.change(|data| data["sync"]["removeDisabled"] = json!(true));
    stage.directory.modify(BOB, "userAccountControl", ["514"]).expect("is there");
    let text = told(&stage, &["explain", "bob"]);
    assert!(text.starts_with("`bob@example.test` is left out: disabled in the directory."), "{text}");
}

#[test]
fn a_leaver_is_told_as_a_member_with_what_the_next_sync_does() {
    let stage = Stage::signed_in();
    assert_eq!(stage.run(&["sync"]).code, Some(0));
    stage.directory.delete(BOB).expect("is there");
    let text = told(&stage, &["explain", "Bob@example.test"]);
    assert!(
        text.starts_with("`bob@example.test` is a member of the organization, and not in the directory.\n"),
        "{text}"
    );
    assert!(text.contains("next sync") && text.contains("no longer in the directory"), "{text}");
    let found = subjects(&stage, "bob@example.test");
    assert_eq!((&found[0]["kind"], &found[0]["externalId"]), (&json!("member"), &json!(BOB)));
    assert_eq!(subjects(&stage, "nobody@example.test"), json!([]));
}

#[test]
fn a_test_lists_who_is_left_out_and_what_is_not_resolved() {
    let stage = stage();
    let before = stage.data_bytes();
    let expected = "\
People who are left out (1)
  uid=dan,ou=People,dc=example,dc=test
    has no address
Members that are neither a person nor a group that is read (1)
  Odd (1)
    uid=eve,ou=Elsewhere,dc=example,dc=test
Entries outside the search bases and filters are not read; `bwdc explain` looks for one entry there.
";
    assert_answer(&stage.run(&["test", "--explain"]), expected);
    let answer: Value =
        serde_json::from_str(&told(&stage, &["test", "--explain", "--response"])).expect("JSON");
    assert_eq!(answer["data"]["people"][0]["leftOut"], "has no address");
    assert_eq!(answer["data"]["groups"][0]["unresolved"], json!(["uid=eve,ou=Elsewhere,dc=example,dc=test"]));
    assert_eq!(stage.data_bytes(), before);
}

#[test]
fn addresses_of_several_people_are_listed_with_all_of_them() {
    let stage = stage();
    for name in ["fay", "gus"] {
        let dn = format!("uid={name},ou=People,dc=example,dc=test");
        let entry = format!(
            "dn: {dn}\nobjectClass: inetOrgPerson\nobjectClass: person\nuid: {name}\ncn: {name}\nsn: {name}\nmail: ADA@example.test\n"
        );
        stage.directory.add(&entry).expect("an entry");
    }
    let output = stage.run(&["test", "--explain"]);
    let lines: std::collections::BTreeSet<&str> = output.stdout.lines().map(str::trim).collect();
    assert_eq!((output.code, output.stderr.as_str()), (Some(1), ""));
    for line in [
        "Addresses that several people have (1)",
        "ada@example.test",
        ADA,
        "uid=fay,ou=People,dc=example,dc=test",
        "uid=gus,ou=People,dc=example,dc=test",
    ] {
        assert!(lines.contains(line), "{line}: {}", output.stdout);
    }
    assert_eq!(stage.run(&["test"]).code, Some(1), "without the option it is the error of always");
}
