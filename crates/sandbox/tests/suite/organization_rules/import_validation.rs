//! What the official import accepts as a request.

use bwdc_sandbox::organization::Official;
use serde_json::{Value, json};

use super::support::{ImportExt as _, members, official, pairs, self_hosted};

const INVALID: &str = "The request's model state is invalid.";

#[tokio::test]
async fn success_is_200_with_an_empty_body() {
    let reply = self_hosted().await.import(members(&[("a@x.example", "1")])).await;
    assert_eq!((reply.status, reply.text.as_str()), (200, ""));
}

fn group(name: Value, external_id: Value, ids: Value) -> Value {
    let group = json!({ "name": name, "externalId": external_id, "memberExternalIds": ids });
    members(&[]).set("groups", json!([group]))
}

fn member(email: Value, external_id: Value, deleted: Value) -> Value {
    members(&[]).set("members", json!([{ "email": email, "externalId": external_id, "deleted": deleted }]))
}

fn long(length: usize) -> Value {
    Value::String("x".repeat(length))
}

fn long_address(length: usize) -> Value {
    Value::String(format!("{}@x.example", "x".repeat(length - "@x.example".len())))
}

#[tokio::test]
async fn refused_requests_name_the_field() {
    let organization = self_hosted().await;
    let cases = [
        ("overwriteExisting missing", json!({ "groups": [], "members": [] }), "OverwriteExisting"),
        ("overwriteExisting null", members(&[]).set("overwriteExisting", Value::Null), "OverwriteExisting"),
        (
            "overwriteExisting of another type",
            members(&[]).set("overwriteExisting", "yes"),
            "$.overwriteExisting",
        ),
        ("groups not a list", members(&[]).set("groups", json!({})), "$.groups"),
        ("group name missing", group(Value::Null, json!("g"), json!([])), "Groups[0].Name"),
        ("group name empty", group(json!(""), json!("g"), json!([])), "Groups[0].Name"),
        ("group name blank", group(json!("  "), json!("g"), json!([])), "Groups[0].Name"),
        ("group name of 101", group(long(101), json!("g"), json!([])), "Groups[0].Name"),
        ("group name a number", group(json!(5), json!("g"), json!([])), "$.groups[0].name"),
        ("group externalId missing", group(json!("G"), Value::Null, json!([])), "Groups[0].ExternalId"),
        ("group externalId blank", group(json!("G"), json!(" "), json!([])), "Groups[0].ExternalId"),
        ("group externalId of 301", group(json!("G"), long(301), json!([])), "Groups[0].ExternalId"),
        (
            "memberExternalIds an object",
            group(json!("G"), json!("g"), json!({})),
            "$.groups[0].memberExternalIds",
        ),
        ("email not an address", member(json!("nobody"), json!("1"), json!(false)), "Members[0].Email"),
        ("email begins with @", member(json!("@x"), json!("1"), json!(false)), "Members[0].Email"),
        ("email ends with @", member(json!("x@"), json!("1"), json!(false)), "Members[0].Email"),
        ("email with two @", member(json!("a@b@c"), json!("1"), json!(false)), "Members[0].Email"),
        ("email with a line break", member(json!("a@b\nc"), json!("1"), json!(false)), "Members[0].Email"),
        ("email of 257", member(long_address(257), json!("1"), json!(false)), "Members[0].Email"),
        ("email empty though deleted", member(json!(""), json!("1"), json!(true)), "Members[0].Email"),
        ("email null of a live member", member(Value::Null, json!("1"), json!(false)), "Members[0].Email"),
        (
            "member externalId missing",
            member(json!("a@b"), Value::Null, json!(false)),
            "Members[0].ExternalId",
        ),
        ("member externalId of 301", member(json!("a@b"), long(301), json!(false)), "Members[0].ExternalId"),
        (
            "member externalId an object",
            member(json!("a@b"), json!({}), json!(false)),
            "$.members[0].externalId",
        ),
        ("deleted null", member(json!("a@b"), json!("1"), Value::Null), "$.members[0].deleted"),
    ];
    for (name, body, key) in cases {
        let reply = organization.import(body).await;
        assert_eq!(reply.status, 400, "{name}: {}", reply.text);
        let answer = reply.json();
        assert_eq!(answer["object"], "error", "{name}");
        assert_eq!(answer["message"], INVALID, "{name}");
        let keys: Vec<&String> = answer["errors"].as_object().unwrap().keys().collect();
        assert_eq!(keys, [key], "{name}");
    }
    assert_eq!((organization.people().len(), organization.groups().len()), (0, 0));
}

#[tokio::test]
async fn accepted_requests() {
    let cases = [
        ("group name of 100", group(long(100), json!("g"), json!([]))),
        ("group externalId of 300", group(json!("G"), long(300), json!([]))),
        ("group externalId a number", group(json!("G"), json!(7), json!([]))),
        ("group externalId a boolean", group(json!("G"), json!(true), json!([]))),
        ("memberExternalIds a lone string", group(json!("G"), json!("g"), json!("1"))),
        ("memberExternalIds a lone number", group(json!("G"), json!("g"), json!(1))),
        ("memberExternalIds of numbers", group(json!("G"), json!("g"), json!([1, 2]))),
        ("email of 256", member(long_address(256), json!("1"), json!(false))),
        ("email with a blank in it", member(json!("a b@c d"), json!("1"), json!(false))),
        ("email null of a deleted member", member(Value::Null, json!("1"), json!(true))),
        ("member externalId of 300", member(json!("a@b"), long(300), json!(false))),
        ("member externalId a number", member(json!("a@b"), json!(12), json!(false))),
        ("deleted missing", members(&[]).set("members", json!([{ "email": "a@b", "externalId": "1" }]))),
        ("largeImport missing", json!({ "overwriteExisting": false, "groups": [], "members": [] })),
        ("other case of names", json!({ "OVERWRITEEXISTING": false, "Groups": [], "mEmbers": [] })),
        ("unknown names", members(&[]).set("somethingElse", 1)),
    ];
    for (name, body) in cases {
        let reply = self_hosted().await.import(body).await;
        assert_eq!(reply.status, 200, "{name}: {}", reply.text);
    }
}

#[tokio::test]
async fn number_as_external_id_becomes_text() {
    let organization = self_hosted().await;
    organization.import(member(json!("a@x.example"), json!(12), json!(false))).await.ok();
    organization.import(group(json!("G"), json!(7), json!(12))).await.ok();
    assert_eq!(organization.people(), pairs(&[("a@x.example", "12")]));
    assert_eq!(organization.in_group("7"), ["12"]);
}

#[tokio::test]
async fn live_member_without_email_is_told_that_it_is_required() {
    let reply = self_hosted().await.import(member(Value::Null, json!("1"), json!(false))).await;
    let texts = reply.json()["errors"]["Members[0].Email"].clone();
    assert_eq!(texts, json!(["Email is required for enabled members."]));
}

#[tokio::test]
async fn error_names_the_place_of_the_entry() {
    let organization = self_hosted().await;
    let body = members(&[("a@x", "1"), ("b@x", "2"), ("c@x", "3"), ("bad", "4")]);
    let errors = organization.import(body).await.json()["errors"].clone();
    assert!(errors.get("Members[3].Email").is_some(), "{errors}");
}

#[tokio::test]
async fn email_is_put_in_lower_case_and_not_trimmed() {
    let organization = self_hosted().await;
    organization.import(members(&[(" Anna@X.Example ", "1")])).await.ok();
    assert_eq!(organization.people(), pairs(&[(" anna@x.example ", "1")]));
}

#[tokio::test]
async fn empty_body_is_empty() {
    let reply = self_hosted().await.import_text("").await;
    reply.expect(400, INVALID);
    let errors = json!({ "": ["A non-empty request body is required."] });
    assert_eq!(reply.json()["errors"], errors);
}

#[tokio::test]
async fn body_that_is_not_json_is_a_400_keyed_by_a_json_path() {
    let reply = self_hosted().await.import_text("{\"members\": [").await;
    reply.expect(400, INVALID);
    assert!(reply.json()["errors"].get("$.members[0]").is_some(), "{}", reply.text);
}

#[tokio::test]
async fn missing_or_null_lists_end_in_500_with_nothing_done() {
    let organization = self_hosted().await;
    let someone = members(&[("a@x", "1")]);
    for body in [
        someone.clone().set("groups", Value::Null),
        json!({ "overwriteExisting": false, "members": someone["members"] }),
        members(&[]).group("G", "g", &[]).set("members", Value::Null),
        json!({ "overwriteExisting": false, "groups": [] }),
    ] {
        organization.import(body).await.expect(500, "An unhandled server error has occurred.");
    }
    assert_eq!((organization.people().len(), organization.groups().len()), (0, 0));
}

#[tokio::test]
async fn missing_member_external_ids_end_in_500_after_the_members_were_imported() {
    let organization = self_hosted().await;
    let body = members(&[("a@x.example", "1")]).set("groups", json!([{ "name": "G", "externalId": "g" }]));
    organization.import(body).await.expect(500, "An unhandled server error has occurred.");
    assert_eq!(organization.people(), pairs(&[("a@x.example", "1")]));
    assert!(organization.groups().is_empty());
}

#[tokio::test]
async fn no_more_than_200_errors_are_reported() {
    let addresses: Vec<String> = (0..300).map(|number| format!("bad{number}")).collect();
    let people: Vec<(&str, &str)> = addresses.iter().map(|email| (email.as_str(), email.as_str())).collect();
    let answer = self_hosted().await.import(members(&people)).await.json();
    let errors = answer["errors"].as_object().unwrap();
    assert_eq!(errors.len(), 200);
    assert_eq!(errors[""], json!([""]));
    assert!(errors.contains_key("Members[198].Email") && !errors.contains_key("Members[199].Email"));
}

fn many(members_count: usize, groups_count: usize, deleted_count: usize) -> Value {
    let people: Vec<Value> = (0..members_count)
        .map(|number| json!({ "email": format!("p{number}@x.example"), "externalId": format!("p{number}") }))
        .chain(
            (0..deleted_count).map(|number| json!({ "externalId": format!("d{number}"), "deleted": true })),
        )
        .collect();
    let groups: Vec<Value> = (0..groups_count)
        .map(|number| json!({ "name": "G", "externalId": format!("g{number}"), "memberExternalIds": [] }))
        .collect();
    json!({ "overwriteExisting": false, "members": people, "groups": groups })
}

#[tokio::test]
async fn cloud_takes_2000_live_members_and_2000_groups_and_any_number_of_deleted_ones() {
    official(Official::cloud()).await.import(many(2000, 2000, 50)).await.ok();
}

#[tokio::test]
async fn cloud_refuses_2001_members_or_groups_that_are_not_called_a_large_import() {
    let organization = official(Official::cloud()).await;
    for body in [many(2001, 0, 0), many(0, 2001, 0)] {
        organization.import(body).await.expect(400, "You cannot import this much data at once.");
    }
    assert!(organization.people().is_empty());
    organization.import(many(2001, 0, 0).set("largeImport", true)).await.ok();
    assert_eq!(organization.people().len(), 2001);
}

#[tokio::test]
async fn self_hosted_has_no_limit_of_2000() {
    self_hosted().await.import(many(2001, 0, 0)).await.ok();
}

#[tokio::test]
async fn body_over_30_000_000_bytes_is_too_large() {
    let organization = self_hosted().await;
    let blank = " ".repeat(30_000_001);
    assert_eq!(organization.import_text(&blank).await.status, 413);
}
