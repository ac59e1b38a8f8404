//! What writes of the public API refuse, keep and clear.

use bwdc_sandbox::organization::{CollectionAccess, KnownAddresses, MemberStatus, NewMember, Official, Role};
use serde_json::{Value, json};

use super::support::{ImportExt as _, Organization, members, official, pairs, self_hosted};

const INVALID: &str = "The request's model state is invalid.";
const NO_OWNER: &str = "Organization must have at least one confirmed owner.";
const NOBODY: &str = "00000000-0000-0000-0000-000000000001";

async fn with_member() -> (Organization, String) {
    let organization = self_hosted().await;
    let id = organization.server.add_member(NewMember::confirmed("a@x").external_id("1"));
    (organization, format!("/members/{id}"))
}

#[tokio::test]
async fn unknown_group_or_collection_is_a_404_with_nothing_written() {
    let (organization, path) = with_member().await;
    for body in [
        json!({ "type": 1, "externalId": "2", "groups": [NOBODY] }),
        json!({ "type": 1, "externalId": "2", "collections": [{ "id": NOBODY, "readOnly": true }] }),
    ] {
        organization.call("PUT", &path, body).await.expect(404, "Resource not found.");
    }
    let member = organization.server.member("a@x").unwrap();
    assert_eq!((member.external_id.as_deref(), member.role), (Some("1"), Role::User));
    let new = json!({ "type": 2, "email": "new@x.example", "groups": [NOBODY] });
    organization.call("POST", "/members", new).await.expect(400, "Failed to invite users");
    assert_eq!(organization.people().len(), 1);
}

#[tokio::test]
async fn server_before_2026_2_says_404_without_a_body_to_revoke_and_restore() {
    let organization = official(Official { revoke: false, ..Official::default() }).await;
    let id = organization.server.add_member(NewMember::confirmed("a@x").external_id("1"));
    for action in ["revoke", "restore"] {
        let answer = organization.call("POST", &format!("/members/{id}/{action}"), json!({})).await;
        assert_eq!((answer.status, answer.text.as_str()), (404, ""), "{action}");
    }
    assert_eq!(organization.server.member("a@x").unwrap().status, MemberStatus::Confirmed);
    let config =
        organization.request("GET", "/api/config").send().await.unwrap().json::<Value>().await.unwrap();
    assert_eq!(config["version"], "2026.1.1");
}

#[tokio::test]
async fn number_as_an_id_is_refused_in_writes() {
    let (organization, path) = with_member().await;
    let group = organization.server.add_group("G", Some("g"), &[]);
    for (method, path, body) in [
        ("PUT", path.as_str(), json!({ "type": 2, "externalId": 5 })),
        ("POST", "/members", json!({ "type": 2, "email": "n@x.example", "externalId": true })),
        ("POST", "/groups", json!({ "name": "N", "externalId": 5 })),
        ("PUT", &format!("/groups/{group}"), json!({ "name": "N", "externalId": 1.5 })),
    ] {
        let reply = organization.call(method, path, body).await;
        reply.expect(400, INVALID);
        assert!(reply.json()["errors"]["$.externalId"].is_array(), "{}", reply.text);
    }
}

#[tokio::test]
async fn nul_is_never_stored_by_postgresql() {
    for known_addresses in [KnownAddresses::WithAccount, KnownAddresses::All] {
        let stores = known_addresses == KnownAddresses::All;
        let organization = official(Official { known_addresses, ..Official::default() }).await;
        let member = organization.server.add_member(NewMember::confirmed("a@x").external_id("1"));
        let group = organization.server.add_group("G", Some("g"), &[]);
        let collection = organization.server.add_collection(Some("c"));
        for (method, path, body, refused) in [
            ("PUT", format!("/members/{member}"), json!({ "type": 2, "externalId": "1\0" }), 500),
            ("PUT", format!("/groups/{group}"), json!({ "name": "G\0" }), 500),
            ("POST", "/groups".to_owned(), json!({ "name": "H", "externalId": "\0" }), 500),
            ("PUT", format!("/collections/{collection}"), json!({ "externalId": "c\0" }), 500),
            (
                "POST",
                "/members".to_owned(),
                json!({ "type": 2, "email": "b@x.example", "externalId": "\0" }),
                400,
            ),
        ] {
            let reply = organization.call(method, &path, body).await;
            assert_eq!(reply.status, if stores { 200 } else { refused }, "{method} {path}: {}", reply.text);
        }
        if !stores {
            assert_eq!(organization.people(), pairs(&[("a@x", "1")]));
            assert_eq!(organization.groups(), pairs(&[("G", "g")]));
        }
    }
}

#[tokio::test]
async fn blank_external_id_is_stored_as_sent_by_put_and_as_none_by_post() {
    let (organization, path) = with_member().await;
    let answer = organization.call("PUT", &path, json!({ "type": 2, "externalId": " " })).await.ok();
    assert_eq!(answer.json()["externalId"], " ");
    assert_eq!(organization.get(&path).await.json()["externalId"], " ");
    let new = json!({ "type": 2, "email": "n@x.example", "externalId": " " });
    let answer = organization.call("POST", "/members", new).await.ok();
    assert_eq!(answer.json()["externalId"], Value::Null);
}

#[tokio::test]
async fn permissions_belong_to_the_custom_role_and_that_to_the_plan() {
    let (organization, path) = with_member().await;
    let sent = json!({ "type": 2, "permissions": { "manageUsers": true } });
    organization.call("PUT", &path, sent).await.expect(400, INVALID);
    organization.call("PUT", &path, json!({ "type": 2, "permissions": null })).await.ok();
    let answer = organization.call("PUT", &path, json!({ "type": 4 })).await.ok().json();
    assert_eq!(answer["permissions"]["manageUsers"], false);

    let organization = official(Official { use_custom_permissions: false, ..Official::default() }).await;
    let id = organization.server.add_member(NewMember::confirmed("a@x"));
    let refused = "To enable custom permissions the organization must be on an Enterprise plan.";
    organization.call("PUT", &format!("/members/{id}"), json!({ "type": 4 })).await.expect(400, refused);
}

#[tokio::test]
async fn own_default_collection_is_never_shown_and_survives() {
    let (organization, path) = with_member().await;
    let own = organization.server.add_default_collection("a@x").unwrap();
    let other = organization.server.add_collection(None);
    assert_eq!(organization.get(&path).await.json()["collections"], json!([]));
    let access = CollectionAccess::to(&other);
    organization.call("PUT", &path, json!({ "type": 2, "collections": [access] })).await.ok();
    organization.call("PUT", &path, json!({ "type": 2 })).await.ok();
    assert!(organization.server.has_access("a@x", &own));
    assert!(!organization.server.has_access("a@x", &other));
    assert_eq!(organization.get("/collections").await.json()["data"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn sending_back_what_was_read_changes_nothing() {
    let (organization, path) = with_member().await;
    let collection = organization.server.add_collection(Some("c"));
    let access = CollectionAccess { manage: true, ..CollectionAccess::to(&collection) };
    organization
        .call("PUT", &path, json!({ "type": 4, "externalId": "1", "collections": [access] }))
        .await
        .ok();
    let before = organization.get(&path).await.json();
    organization.call("PUT", &path, before.clone()).await.ok();
    assert_eq!(organization.get(&path).await.json(), before);
}

#[tokio::test]
async fn lists_of_ids_ignore_unknown_and_repeated_ones_and_a_missing_list_differs() {
    let (organization, path) = with_member().await;
    let id = organization.server.member("a@x").unwrap().id;
    let group = organization.server.add_group("G", Some("g"), &[&id]);
    let members_path = format!("/groups/{group}/member-ids");
    organization.call("PUT", &members_path, json!({ "memberIds": [id, NOBODY, id] })).await.ok();
    assert_eq!(organization.get(&members_path).await.json(), json!([id]));
    organization.call("PUT", &members_path, json!({})).await.ok();
    assert_eq!(organization.get(&members_path).await.json(), json!([]));
    let groups_path = format!("{path}/group-ids");
    organization.call("PUT", &groups_path, json!({ "groupIds": [group, NOBODY, group] })).await.ok();
    assert_eq!(organization.get(&groups_path).await.json(), json!([group]));
    organization
        .call("PUT", &groups_path, json!({}))
        .await
        .expect(500, "An unhandled server error has occurred.");
}

#[tokio::test]
async fn without_a_confirmed_owner_roles_and_owners_are_refused_and_all_else_works() {
    let mut options = bwdc_sandbox::organization::Options::official();
    options.owner = None;
    let organization = Organization::start(options).await;
    let server = &organization.server;
    let user = format!("/members/{}", server.add_member(NewMember::confirmed("a@x")));
    let owner = format!("/members/{}", server.add_member(NewMember::invited("o@x").role(Role::Owner)));
    organization.call("PUT", &user, json!({ "type": 2 })).await.expect(400, NO_OWNER);
    organization.call("PUT", &owner, json!({ "type": 1 })).await.expect(400, NO_OWNER);
    organization.call("POST", &format!("{owner}/revoke"), json!({})).await.expect(400, NO_OWNER);
    organization.call("DELETE", &owner, json!({})).await.expect(400, NO_OWNER);
    organization.call("PUT", &owner, json!({ "type": 0 })).await.ok();
    organization.call("POST", &format!("{user}/revoke"), json!({})).await.ok();
    organization.call("POST", &format!("{user}/restore"), json!({})).await.ok();
    organization.call("POST", "/members", json!({ "type": 2, "email": "n@x.example" })).await.ok();
    organization.call("POST", "/groups", json!({ "name": "G" })).await.ok();
    organization.import(members(&[]).group("H", "h", &[])).await.ok();
    organization.call("DELETE", &user, json!({})).await.ok();
}

#[tokio::test]
async fn plan_without_groups_refuses_to_make_and_change_them_and_nothing_else() {
    let organization = official(Official { use_groups: false, ..Official::default() }).await;
    let group = organization.server.add_group("G", Some("g"), &[]);
    let path = format!("/groups/{group}");
    let refused = "This organization cannot use groups.";
    organization.call("POST", "/groups", json!({ "name": "N" })).await.expect(400, refused);
    organization.call("PUT", &path, json!({ "name": "N" })).await.expect(400, refused);
    organization.get("/groups").await.ok();
    organization.get(&path).await.ok();
    organization.call("PUT", &format!("{path}/member-ids"), json!({ "memberIds": [] })).await.ok();
    organization.call("DELETE", &path, json!({})).await.ok();
}

#[tokio::test]
async fn post_members_compares_the_address_before_it_is_lowered() {
    let organization = self_hosted().await;
    organization.server.add_member(NewMember::confirmed("a@x.example"));
    let same = json!({ "type": 2, "email": "a@x.example" });
    organization.call("POST", "/members", same).await.expect(400, "This user has already been invited.");
    organization.call("POST", "/members", json!({ "type": 2, "email": "A@x.example" })).await.ok();
    organization.call("POST", "/members", json!({ "type": 2, "email": "i@x.example" })).await.ok();
    organization.call("POST", "/members", json!({ "type": 2, "email": "i@x.example" })).await.ok();
    let people = pairs(&[("a@x.example", ""), ("a@x.example", ""), ("i@x.example", ""), ("i@x.example", "")]);
    assert_eq!(organization.people(), people);
}

#[tokio::test]
async fn delete_or_put_of_one_twin_mends_a_repeated_external_id() {
    for method in ["DELETE", "PUT"] {
        let organization = self_hosted().await;
        organization.import(members(&[("a@x", "1"), ("b@x", "1")])).await.ok();
        organization.import(members(&[])).await.expect(500, "An unhandled server error has occurred.");
        let twin = organization.server.member("b@x").unwrap().id;
        organization
            .call(method, &format!("/members/{twin}"), json!({ "type": 2, "externalId": "2" }))
            .await
            .ok();
        organization.import(members(&[("a@x", "1")])).await.ok();
    }
}

#[tokio::test]
async fn staged_member_is_restored_to_staged_for_a_seat() {
    let organization = official(Official { seats: Some(1), ..Official::default() }).await;
    let staged = organization.server.add_member(NewMember::invited("s@x").status(MemberStatus::Staged));
    let path = format!("/members/{staged}");
    organization.call("POST", &format!("{path}/reinvite"), json!({})).await.expect(400, "User invalid.");
    organization.call("POST", &format!("{path}/revoke"), json!({})).await.ok();
    let refused = "Cannot autoscale on self-hosted instance.";
    organization.call("POST", &format!("{path}/restore"), json!({})).await.expect(400, refused);
    organization.server.set_seats(Some(2));
    organization.call("POST", &format!("{path}/restore"), json!({})).await.ok();
    assert_eq!(organization.server.member("s@x").unwrap().status, MemberStatus::Staged);
}

#[tokio::test]
async fn every_listed_group_that_is_there_is_logged_and_an_adoption_is_not() {
    let organization = self_hosted().await;
    organization.server.add_member(NewMember::confirmed("a@x"));
    organization.server.add_group("G", Some("g"), &[]);
    organization.import(members(&[("a@x", "1")]).group("G", "g", &[])).await.ok();
    let events = organization.get("/events").await.ok().json()["data"].clone();
    let kinds: Vec<i64> = events.as_array().unwrap().iter().map(|it| it["type"].as_i64().unwrap()).collect();
    assert_eq!(kinds, [1401]);
}
