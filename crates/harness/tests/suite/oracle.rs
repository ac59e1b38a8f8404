//! The oracle's own answers where a person can check them by reading the awkward directory.

use bwdc_harness::awkward;
use bwdc_harness::oracle::{Question, expected};
use serde_json::{Value, json};

fn texts(list: &Value, key: &str) -> Vec<String> {
    list.as_array().into_iter().flatten().filter_map(|item| item[key].as_str()).map(str::to_owned).collect()
}

fn members(answer: &Value, group: &str) -> Value {
    let mut groups = answer["groups"].as_array().into_iter().flatten();
    groups.find(|item| item["displayName"] == group).map_or(Value::Null, |found| found["userIds"].clone())
}

#[test]
fn people_are_told_apart_and_put_in_order() {
    let server = awkward::options().start().unwrap();
    let printed = expected(&server, "groupOfNames", "member", Question::Test).unwrap();
    assert!(printed.ends_with("\"deletedUsers\":[],\"object\":\"test\"}\n") && printed.lines().count() == 1);
    let answer: Value = serde_json::from_str(&printed).unwrap();

    let disabled = ["hex.flags@", "otto@", "petra@", "wordy@"].map(|name| format!("{name}example.test"));
    assert_eq!(texts(&answer["disabledUsers"], "displayName"), disabled);
    let enabled = texts(&answer["enabledUsers"], "displayName");
    assert_eq!(enabled[..2], ["", "anna.lund@example.test"]);
    let seats: Vec<&String> = enabled.iter().filter(|name| name.starts_with("user")).collect();
    assert_eq!(
        seats,
        ["user02@example.test", "user2@example.test", "user9@example.test", "user10@example.test"]
    );
    assert_eq!(
        enabled.iter().map(String::len).filter(|length| *length > 200).collect::<Vec<_>>(),
        [256, 256]
    );
    assert_eq!(answer["disabledUsers"][1]["externalId"], "11ee00ff-22dd-33cc-bb44-aa5599668877");
}

#[test]
fn members_are_found_in_every_spelling_and_depth() {
    let server = awkward::options().start().unwrap();
    let printed = expected(&server, "groupOfNames", "member", Question::PrettyTest).unwrap();
    assert!(printed.starts_with("{\n  \"groups\": [\n    {\n      \"externalId\": \"cn=_underscore,"));
    let answer: Value = serde_json::from_str(&printed).unwrap();
    let staff = |names: &[&str]| {
        json!(names.iter().map(|cn| format!("cn={cn},ou=staff,dc=example,dc=test")).collect::<Vec<_>>())
    };
    for (group, people) in [
        ("Other Case", &["Anna Lund", "Chloë Núñez"][..]),
        ("Other Spaces", &["Loud"]),
        ("Other Escapes", &["Doe\\2C Jane", "R\\2BD \\3D \\22Lab\\22", "Chloë Núñez", "mid#hash"]),
        ("Other Order", &["Pair+uid=pair"]),
        ("Dangling", &["Silent Sam", "One Too Many", "Blank Address"]),
        ("Placeholder", &[]),
        ("Mirror", &["Gap"]),
        ("Ring A", &["seat 10", "seat 2", "seat 9", "Pair+uid=pair"]),
        ("Ring B", &["seat 2", "seat 9", "Pair+uid=pair", "seat 10"]),
        ("Depth 2", &["Apostrophe", "Loud", "Tagged"]),
        ("Diamond Top", &["Padded", "No Flags", "Wordy Flags"]),
    ] {
        assert_eq!(members(&answer, group), staff(people), "{group}");
    }

    let posix = expected(&server, "posixGroup", "memberUid", Question::Test).unwrap();
    let posix: Value = serde_json::from_str(&posix).unwrap();
    let unix = members(&posix, "Unix");
    assert_eq!(unix[0], "12345678-9abc-def0-1122-334455667788");
    let others: Vec<Value> = unix.as_array().unwrap()[1..].to_vec();
    assert_eq!(json!(others), staff(&["Loud", "Anna Lund", "Doe\\2C Jane", "Gap", "Silent Sam"]));
}

#[test]
fn the_first_import_keeps_the_directorys_order() {
    let server = awkward::options().start().unwrap();
    let body = expected(&server, "groupOfNames", "member", Question::Import).unwrap();
    let ending = ",\"overwriteExisting\":false,\"largeImport\":false,\"inviteUsersAfterProvisioning\":false}";
    assert!(
        body.starts_with("{\"groups\":[{\"name\":\"Keyed\",\"externalId\":\"3c2d1e0f-")
            && body.ends_with(ending)
    );
    let body: Value = serde_json::from_str(&body).unwrap();
    let first = json!({"email": "ida@example.test", "externalId": "12345678-9abc-def0-1122-334455667788", "deleted": false});
    assert_eq!(body["members"][0], first);
    assert_eq!(body["members"].as_array().map(Vec::len), Some(31));
}
