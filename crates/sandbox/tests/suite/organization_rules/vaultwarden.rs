//! The rules of Vaultwarden.

use std::time::Duration;

use bwdc_sandbox::organization::{MemberStatus, NewMember, Options, Role, Vaultwarden};
use serde_json::{Value, json};

use super::support::{ImportExt as _, Organization, members, pairs, send, vaultwarden, vaultwarden_with};

#[tokio::test]
async fn configuration_version_and_signs_of_life() {
    let organization = vaultwarden().await;
    let get = async |path: &str| {
        send(organization.http.get(format!("{}{path}", organization.server.url()))).await.ok().text
    };
    let config: Value = serde_json::from_str(&get("/api/config").await).unwrap();
    assert_eq!(config["version"], "2026.6.0");
    assert_eq!(config["server"]["name"], "Vaultwarden");
    assert!(config["featureStates"].get("pm-34423-staged-status").is_none());
    assert_eq!(get("/api/version").await, "\"1.37.2\"");
    get("/alive").await;
    get("/api/alive").await;
}

#[tokio::test]
async fn no_other_public_path_exists() {
    let organization = vaultwarden().await;
    for path in [
        "/members",
        "/members/x",
        "/members/x/group-ids",
        "/groups",
        "/groups/x",
        "/groups/x/member-ids",
        "/collections",
        "/policies",
        "/events",
        "/organization/subscription",
        "/organization/import",
    ] {
        let request = organization.http.get(format!("{}/public{path}", organization.server.api_url()));
        let reply = send(request).await;
        assert_eq!((reply.status, &reply.json()["error"]["code"]), (404, &json!(404)), "{path}");
    }
    for method in ["GET", "PUT", "DELETE"] {
        let reply = organization.call(method, "/organization/import", json!({})).await;
        assert_eq!((reply.status, &reply.json()["error"]["code"]), (404, &json!(404)), "{method}");
    }
}

#[tokio::test]
async fn import_with_a_slash_at_the_end_works() {
    let organization = vaultwarden().await;
    organization.call("POST", "/organization/import/", members(&[("a@x.example", "1")])).await.ok();
    assert_eq!(organization.people().len(), 1);
}

#[tokio::test]
async fn api_error_has_an_empty_string_as_error() {
    let organization = vaultwarden().await;
    let reply = organization.import(members(&[("nobody", "1")])).await;
    let message = "User email nobody is not a valid email address";
    reply.expect(400, message);
    let expected = json!({
        "message": message,
        "validationErrors": { "": [message] },
        "errorModel": { "message": message, "object": "error" },
        "error": "",
        "error_description": "",
        "exceptionMessage": null,
        "exceptionStackTrace": null,
        "innerExceptionMessage": null,
        "object": "error",
    });
    assert_eq!(reply.json(), expected);
}

#[tokio::test]
async fn framework_error_is_json_or_a_page_by_what_is_accepted() {
    let organization = vaultwarden().await;
    let json = organization.import(json!({})).await;
    assert_eq!(json.status, 422);
    assert_eq!(json.json()["error"]["code"], 422);
    assert_eq!(json.json()["error"]["reason"], "Unprocessable Entity");
    let url = format!("{}/public/organization/import", organization.server.api_url());
    let page = send(organization.http.post(url).bearer_auth(&organization.token).body("{}")).await;
    assert_eq!(page.status, 422);
    assert!(page.headers["content-type"].to_str().unwrap().starts_with("text/html"));
    assert!(page.text.starts_with("<!DOCTYPE html>"), "{}", page.text);
}

#[tokio::test]
async fn unknown_path_outside_the_api_is_a_page_and_inside_it_is_json() {
    let organization = vaultwarden().await;
    let get =
        async |path: &str| send(organization.http.get(format!("{}{path}", organization.server.url()))).await;
    assert!(get("/nothing").await.text.starts_with("<!DOCTYPE html>"));
    assert_eq!(get("/api/nothing").await.json()["error"]["code"], 404);
}

#[tokio::test]
async fn bad_tokens_are_401_before_the_body_is_looked_at() {
    let organization = vaultwarden().await;
    let url = format!("{}/public/organization/import", organization.server.api_url());
    let expired = organization.server.issue_token("api.organization", Duration::ZERO);
    let of_a_user = organization.server.issue_token("api", Duration::from_secs(60));
    for value in [
        format!("Bearer {expired}"),
        format!("Bearer {of_a_user}"),
        "Bearer forged".to_owned(),
        format!("bearer {}", organization.token),
    ] {
        let request =
            organization.http.post(&url).header("authorization", value).header("accept", "application/json");
        let reply = send(request.body("not json")).await;
        assert_eq!((reply.status, &reply.json()["error"]["code"]), (401, &json!(401)));
    }
}

#[tokio::test]
async fn content_type_is_not_looked_at() {
    let organization = vaultwarden().await;
    let request = organization.request("POST", "/api/public/organization/import");
    send(request.header("content-type", "text/plain").body(members(&[]).to_string())).await.ok();
}

#[tokio::test]
async fn body_that_is_not_text_is_400() {
    let organization = vaultwarden().await;
    let good = members(&[("a@x.example", "1")]).to_string();
    let with_mark = format!("\u{feff}{good}").into_bytes();
    let compressed = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3];
    let bad_text =
        good.replace('a', "\u{0}").into_bytes().into_iter().map(|b| if b == 0 { 0xff } else { b }).collect();
    for body in [with_mark, compressed, bad_text, b"{".to_vec()] {
        let reply = send(organization.request("POST", "/api/public/organization/import").body(body)).await;
        assert_eq!((reply.status, &reply.json()["error"]["code"]), (400, &json!(400)));
    }
    assert!(organization.people().is_empty());
}

#[tokio::test]
async fn body_over_20_000_000_bytes_is_413() {
    let organization = vaultwarden().await;
    let reply = organization.import_text(&" ".repeat(20_000_001)).await;
    assert_eq!((reply.status, &reply.json()["error"]["code"]), (413, &json!(413)));
}

#[tokio::test]
async fn everything_is_required_and_a_miss_is_422_with_nothing_stored() {
    let organization = vaultwarden().await;
    let good = members(&[("a@x.example", "1")]).group("G", "g", &["1"]);
    let without = |part: &str, name: &str| {
        let mut body = good.clone();
        let place = if part.is_empty() { &mut body } else { &mut body[part][0] };
        place.as_object_mut().unwrap().remove(name);
        body
    };
    let with = |part: &str, name: &str, value: Value| {
        let mut body = good.clone();
        let place = if part.is_empty() { &mut body } else { &mut body[part][0] };
        place[name] = value;
        body
    };
    let mut cases = Vec::new();
    for (part, name) in [
        ("", "groups"),
        ("", "members"),
        ("", "overwriteExisting"),
        ("groups", "name"),
        ("groups", "externalId"),
        ("groups", "memberExternalIds"),
        ("members", "email"),
        ("members", "externalId"),
        ("members", "deleted"),
    ] {
        cases.push((format!("{part} {name} missing"), without(part, name)));
        cases.push((format!("{part} {name} null"), with(part, name, Value::Null)));
    }
    cases.push(("number as externalId".to_owned(), with("members", "externalId", json!(1))));
    cases.push(("lone member id".to_owned(), with("groups", "memberExternalIds", json!("1"))));
    let mut renamed = without("", "overwriteExisting");
    renamed["OverwriteExisting"] = json!(false);
    cases.push(("other case".to_owned(), renamed));
    for (name, body) in cases {
        assert_eq!(organization.import(body).await.status, 422, "{name}");
    }
    assert!(organization.people().is_empty());
    organization.import(good.set("largeImport", "whatever").set("unknown", 1)).await.ok();
    assert_eq!(organization.people().len(), 1);
}

#[tokio::test]
async fn groups_are_silently_ignored_when_off() {
    let options = Vaultwarden { groups_enabled: false, ..Vaultwarden::default() };
    let organization = vaultwarden_with(options).await;
    organization.import(members(&[("a@x.example", "1")]).group("G", "g", &["1"])).await.ok();
    assert_eq!((organization.people().len(), organization.groups().len()), (1, 0));
}

#[tokio::test]
async fn members_are_matched_by_email_without_regard_to_case() {
    let organization = vaultwarden().await;
    organization.server.add_member(NewMember::confirmed("a@x.example").external_id("old"));
    organization.import(members(&[("A@X.example", "new")])).await.ok();
    assert_eq!(organization.people(), pairs(&[("a@x.example", "new")]));
    organization.import(members(&[("a@x.example", "")])).await.ok();
    assert_eq!(organization.people(), pairs(&[("a@x.example", "")]));
    organization.server.add_account("\u{d6}@x.example");
    for id in ["1", "2"] {
        organization.import(members(&[("\u{c9}@x.example", id), ("\u{d6}@x.example", id)])).await.ok();
        let people = [("a@x.example", ""), ("\u{e9}@x.example", id), ("\u{f6}@x.example", id)];
        assert_eq!(organization.people(), pairs(&people));
    }
    assert_eq!(organization.server.member("\u{f6}@x.example").unwrap().status, MemberStatus::Accepted);
}

#[tokio::test]
async fn changed_email_makes_a_second_member() {
    let organization = vaultwarden().await;
    organization.import(members(&[("a@x.example", "1")])).await.ok();
    organization.import(members(&[("b@x.example", "1")])).await.ok();
    assert_eq!(organization.people(), pairs(&[("a@x.example", "1"), ("b@x.example", "1")]));
}

#[tokio::test]
async fn new_member_is_invited_or_accepted_when_there_is_an_account() {
    let organization = vaultwarden().await;
    organization.server.add_account("b@x.example");
    organization.import(members(&[("A@x.example", "1"), ("b@x.example", "2")])).await.ok();
    assert_eq!(organization.server.member("a@x.example").unwrap().status, MemberStatus::Invited);
    assert_eq!(organization.server.member("a@x.example").unwrap().email, "a@x.example");
    assert_eq!(organization.server.member("b@x.example").unwrap().status, MemberStatus::Accepted);
}

#[tokio::test]
async fn deleted_revokes_by_128_and_overwrites_the_external_id_and_keeps_groups() {
    let organization = vaultwarden().await;
    for (email, status, number) in [
        ("i@x.example", MemberStatus::Invited, -128),
        ("a@x.example", MemberStatus::Accepted, -127),
        ("c@x.example", MemberStatus::Confirmed, -126),
    ] {
        let member =
            organization.server.add_member(NewMember::confirmed(email).external_id("old").status(status));
        organization.server.add_group(email, Some(email), &[&member]);
        organization.import(members(&[]).deleted(Some(email), "new")).await.ok();
        let member = organization.server.member(email).unwrap();
        assert_eq!((member.status_number, member.external_id.as_deref()), (number, Some("new")));
        assert_eq!(organization.in_group(email), ["new"]);
        organization.import(members(&[(email, "new")])).await.ok();
        assert_eq!(organization.server.member(email).unwrap().status, status, "restored");
    }
}

#[tokio::test]
async fn deleted_unknown_address_does_nothing() {
    let organization = vaultwarden().await;
    organization.import(members(&[]).deleted(Some("a@x.example"), "1")).await.ok();
    assert!(organization.people().is_empty());
}

#[tokio::test]
async fn deleted_last_confirmed_owner_stays_but_gets_the_external_id() {
    let organization = vaultwarden().await;
    let owner = "owner@sandbox.example";
    organization.import(members(&[]).deleted(Some(owner), "o")).await.ok();
    let member = organization.server.member(owner).unwrap();
    assert_eq!((member.status, member.external_id.as_deref()), (MemberStatus::Confirmed, Some("o")));
    organization.server.add_member(NewMember::confirmed("p@x.example").role(Role::Owner));
    organization.import(members(&[]).deleted(Some("p@x.example"), "p")).await.ok();
    assert_eq!(organization.server.member("p@x.example").unwrap().status_number, -126);
}

#[tokio::test]
async fn overwrite_deletes_members_whose_external_id_is_not_listed() {
    let organization = vaultwarden().await;
    organization.server.add_member(NewMember::confirmed("a@x.example").external_id("1"));
    organization.server.add_member(NewMember::invited("i@x.example").external_id("2"));
    organization.server.add_member(NewMember::confirmed("hand@x.example"));
    organization.server.add_member(NewMember::confirmed("d@x.example").external_id("3"));
    organization.import(members(&[]).deleted(Some("d@x.example"), "3").overwrite()).await.ok();
    assert_eq!(organization.people(), pairs(&[("d@x.example", "3"), ("hand@x.example", "")]));
}

#[tokio::test]
async fn overwrite_keeps_the_last_confirmed_owner_only() {
    let organization = vaultwarden().await;
    organization.server.set_external_id("owner@sandbox.example", Some("o"));
    organization.server.add_member(NewMember::confirmed("p@x.example").role(Role::Owner).external_id("p"));
    organization.import(members(&[]).overwrite()).await.ok();
    let owners: Vec<String> = organization.server.members().into_iter().map(|member| member.email).collect();
    assert_eq!(owners.len(), 1);
}

#[tokio::test]
async fn group_is_never_renamed_and_a_hand_made_one_is_not_adopted() {
    let organization = vaultwarden().await;
    organization.server.add_group("Old", Some("g"), &[]);
    organization.server.add_group("Hand", None, &[]);
    organization.import(members(&[]).group("New", "g", &[]).group("Hand", "h", &[])).await.ok();
    assert_eq!(organization.groups(), pairs(&[("Old", "g"), ("Hand", ""), ("Hand", "h")]));
}

#[tokio::test]
async fn group_membership_is_replaced_and_unknown_and_repeated_members_are_ignored() {
    let organization = vaultwarden().await;
    organization
        .import(members(&[("a@x.example", "1"), ("b@x.example", "2")]).group("G", "g", &["1"]))
        .await
        .ok();
    organization.import(members(&[]).group("G", "g", &["2", "2", "nobody"])).await.ok();
    assert_eq!(organization.in_group("g"), ["2"]);
}

#[tokio::test]
async fn one_external_id_on_two_addresses_gives_two_members_and_the_group_the_first() {
    let organization = vaultwarden().await;
    organization
        .import(members(&[("a@x.example", "1"), ("b@x.example", "1")]).group("G", "g", &["1"]))
        .await
        .ok();
    assert_eq!(organization.people().len(), 2);
    let first = organization.server.member("a@x.example").unwrap().id;
    assert_eq!(organization.server.groups()[0].members.iter().collect::<Vec<_>>(), [&first]);
}

#[tokio::test]
async fn one_address_twice_gives_one_member_with_the_last_external_id() {
    let organization = vaultwarden().await;
    organization
        .import(members(&[("a@x.example", "1"), ("a@x.example", "2")]).group("G", "g", &["1"]))
        .await
        .ok();
    assert_eq!(organization.people(), pairs(&[("a@x.example", "2")]));
    assert!(organization.in_group("g").is_empty());
}

#[tokio::test]
async fn one_group_external_id_twice_gives_the_first_name_and_the_last_membership() {
    let organization = vaultwarden().await;
    let body = members(&[("a@x.example", "1"), ("b@x.example", "2")]).group("G", "g", &["1"]).group(
        "H",
        "g",
        &["2"],
    );
    organization.import(body).await.ok();
    assert_eq!(organization.groups(), pairs(&[("G", "g")]));
    assert_eq!(organization.in_group("g"), ["2"]);
}

#[tokio::test]
async fn empty_group_external_id_creates_a_group_on_every_import() {
    let organization = vaultwarden().await;
    for _ in 0..2 {
        organization.import(members(&[]).group("G", "", &[])).await.ok();
    }
    assert_eq!(organization.groups(), pairs(&[("G", ""), ("G", "")]));
}

#[tokio::test]
async fn lengths_of_external_id_and_group_name_are_not_enforced() {
    let organization = vaultwarden().await;
    let (id, name) = ("x".repeat(301), "n".repeat(101));
    organization
        .import(members(&[("a@x.example", &id)]).group(&name, "g", &[&id]).group("", "h", &[]))
        .await
        .ok();
    assert_eq!(organization.people(), pairs(&[("a@x.example", &id)]));
    assert_eq!(organization.groups(), pairs(&[(&name, "g"), ("", "h")]));
}

#[tokio::test]
async fn addresses_are_checked_by_part() {
    let longest = format!("{}@{}.example", "l".repeat(64), "d".repeat(246));
    for (email, status) in [
        (longest.clone(), 200),
        (format!("l{longest}"), 400),
        (format!("{longest}x"), 400),
        ("ä@ö.example".to_owned(), 200),
        (" a@x.example".to_owned(), 400),
        ("a@x.example ".to_owned(), 400),
        ("@x.example".to_owned(), 400),
        (String::new(), 400),
    ] {
        assert_eq!(vaultwarden().await.import(members(&[(&email, "1")])).await.status, status, "{email}");
    }
}

#[tokio::test]
async fn bad_address_leaves_what_came_before_it() {
    let organization = vaultwarden().await;
    let body = members(&[("a@x.example", "1"), ("bad", "2"), ("c@x.example", "3")]).group("G", "g", &["1"]);
    organization.import(body).await.expect(400, "User email bad is not a valid email address");
    assert_eq!(organization.people(), pairs(&[("a@x.example", "1")]));
    assert!(organization.groups().is_empty());
}

#[tokio::test]
async fn invitation_field_and_size_mean_nothing() {
    let organization = Organization::start(Options::vaultwarden()).await;
    let body = members(&[("a@x.example", "1")]).set("inviteUsersAfterProvisioning", false);
    organization.import(body).await.ok();
    assert_eq!(organization.server.member("a@x.example").unwrap().status, MemberStatus::Invited);
}
