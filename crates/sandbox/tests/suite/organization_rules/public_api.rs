//! Reads and writes of the official public API.

use bwdc_sandbox::organization::{CollectionAccess, MemberStatus, NewMember, Official, Role};
use serde_json::{Value, json};

use super::support::{ImportExt as _, Organization, members, official, self_hosted};

fn sorted_keys(value: &Value) -> Vec<&str> {
    let mut keys: Vec<&str> = value.as_object().unwrap().keys().map(String::as_str).collect();
    keys.sort_unstable();
    keys
}

/// A member with an external id, in a group, with direct access to a collection.
async fn stocked() -> (Organization, String, String, String) {
    let organization = self_hosted().await;
    let collection = organization.server.add_collection(Some("c"));
    let access = CollectionAccess::to(&collection);
    let member = NewMember::confirmed("a@x").external_id("1").name("Anna").collection(access.clone());
    let member = organization.server.add_member(member);
    let group = organization.server.add_group("G", Some("g"), &[&member]);
    organization.server.give_group(&group, &access);
    (organization, member, group, collection)
}

#[tokio::test]
async fn members_are_a_list_with_every_name() {
    let (organization, id, _, collection) = stocked().await;
    let list = organization.get("/members").await.ok().json();
    assert_eq!(list["object"], "list");
    let member = list["data"].as_array().unwrap().iter().find(|member| member["id"] == id).unwrap();
    assert_eq!(
        sorted_keys(member),
        [
            "collections",
            "email",
            "externalId",
            "id",
            "name",
            "object",
            "permissions",
            "resetPasswordEnrolled",
            "ssoExternalId",
            "status",
            "twoFactorEnabled",
            "type",
            "userId",
        ]
    );
    assert_eq!(member["object"], "member");
    assert_eq!((&member["type"], &member["status"]), (&json!(2), &json!(2)));
    assert_eq!(member["permissions"], Value::Null);
    let access = json!([{ "id": collection, "readOnly": false, "hidePasswords": false, "manage": false }]);
    assert_eq!(member["collections"], access);
    assert_eq!(organization.get(&format!("/members/{id}")).await.ok().json(), *member);
}

#[tokio::test]
async fn user_id_is_null_until_accepted() {
    let organization = self_hosted().await;
    organization.import(members(&[("a@x", "1")])).await.ok();
    let path = format!("/members/{}", organization.server.member("a@x").unwrap().id);
    assert_eq!(organization.get(&path).await.json()["userId"], Value::Null);
    assert!(organization.server.accept("a@x"));
    let member = organization.get(&path).await.json();
    assert!(member["userId"].is_string());
    assert_eq!(member["status"], 1);
}

#[tokio::test]
async fn statuses_have_their_numbers() {
    let organization = self_hosted().await;
    for (status, number) in [
        (MemberStatus::Revoked, -1),
        (MemberStatus::Invited, 0),
        (MemberStatus::Accepted, 1),
        (MemberStatus::Confirmed, 2),
        (MemberStatus::Staged, 3),
    ] {
        let id = organization.server.add_member(NewMember::confirmed("s@x").status(status));
        assert_eq!(organization.get(&format!("/members/{id}")).await.json()["status"], number);
    }
}

#[tokio::test]
async fn group_ids_and_member_ids_are_bare_lists() {
    let (organization, member, group, _) = stocked().await;
    let groups = organization.get(&format!("/members/{member}/group-ids")).await.ok().json();
    assert_eq!(groups, json!([group]));
    let members = organization.get(&format!("/groups/{group}/member-ids")).await.ok().json();
    assert_eq!(members, json!([member]));
}

#[tokio::test]
async fn groups_are_a_list_without_their_members() {
    let (organization, _, id, collection) = stocked().await;
    let list = organization.get("/groups").await.ok().json();
    let access = json!([{ "id": collection, "readOnly": false, "hidePasswords": false, "manage": false }]);
    let group = json!({ "name": "G", "externalId": "g", "object": "group", "id": id, "collections": access });
    assert_eq!(list, json!({ "object": "list", "data": [group] }));
    assert_eq!(organization.get(&format!("/groups/{id}")).await.ok().json(), group);
}

#[tokio::test]
async fn collections_are_a_list_without_names() {
    let (organization, _, group, id) = stocked().await;
    let list = organization.get("/collections").await.ok().json();
    let groups = json!([{ "id": group, "readOnly": false, "hidePasswords": false, "manage": false }]);
    let collection = json!({ "externalId": "c", "object": "collection", "id": id, "groups": groups });
    assert_eq!(list["data"], json!([collection]));
    assert_eq!(organization.get(&format!("/collections/{id}")).await.ok().json(), collection);
}

#[tokio::test]
async fn policies_are_a_list_and_are_put_by_type() {
    let organization = self_hosted().await;
    assert_eq!(organization.get("/policies").await.ok().json(), json!({ "object": "list", "data": [] }));
    assert_eq!(organization.get("/policies/1").await.status, 404);
    organization
        .call("PUT", "/policies/1", json!({ "enabled": true, "data": { "minLength": 12 } }))
        .await
        .ok();
    let policy = organization.get("/policies/1").await.ok().json();
    assert_eq!(sorted_keys(&policy), ["data", "enabled", "id", "object", "type"]);
    assert_eq!((&policy["type"], &policy["data"]["minLength"]), (&json!(1), &json!(12)));
}

#[tokio::test]
async fn subscription_is_told_in_the_cloud_and_refused_self_hosted() {
    let organization =
        official(Official { seats: Some(7), max_autoscale: Some(9), ..Official::cloud() }).await;
    let answer = organization.get("/organization/subscription").await.ok().json();
    assert_eq!(answer["passwordManager"]["seats"], 7);
    assert_eq!(answer["passwordManager"]["maxAutoScaleSeats"], 9);
    let refused = self_hosted().await.get("/organization/subscription").await;
    refused.expect(400, "Only allowed when not self hosted.");
}

#[tokio::test]
async fn subscription_is_changed_in_the_cloud_and_refused_self_hosted() {
    let organization =
        official(Official { seats: Some(7), max_autoscale: Some(9), ..Official::cloud() }).await;
    let path = "/organization/subscription";
    let told = async || {
        let answer = organization.get(path).await.ok().json();
        (answer["passwordManager"]["seats"].clone(), answer["passwordManager"]["maxAutoScaleSeats"].clone())
    };
    let buy = |body: Value| json!({ "passwordManager": body });
    let reply =
        organization.call("PUT", path, buy(json!({ "seats": 8, "maxAutoScaleSeats": 12 }))).await.ok();
    assert_eq!(reply.json(), json!({ "message": "Subscription updated successfully." }));
    assert_eq!(told().await, (json!(8), json!(12)));
    organization.call("PUT", path, buy(json!({ "seats": 2 }))).await.ok();
    assert_eq!(told().await, (json!(2), json!(12)));
    organization.server.add_member(NewMember::confirmed("a@x"));
    for refused in [json!({ "seats": 13 }), json!({ "maxAutoScaleSeats": 1 }), json!({ "seats": 1 })] {
        let reply = organization.call("PUT", path, buy(refused.clone())).await;
        reply.expect(500, "An error occurred while updating the subscription.");
        assert_eq!(told().await, (json!(2), json!(12)), "{refused}");
    }
    // The new maximum counts.
    organization.call("PUT", path, buy(json!({ "maxAutoScaleSeats": 2 }))).await.ok();
    organization.import(members(&[("b@x", "1")])).await.expect(400, "Seat limit has been reached.");
    let other = organization.call("PUT", path, json!({ "secretsManager": {} })).await.ok();
    assert_eq!(other.json()["message"], "Organization has no access to Secrets Manager.");
    let nothing = organization.call("PUT", path, json!({})).await;
    nothing.expect(400, "The request's model state is invalid.");
    assert_eq!(sorted_keys(&nothing.json()["errors"]), [""]);

    let refused = self_hosted().await.call("PUT", path, buy(json!({ "seats": 3 }))).await;
    refused.expect(400, "Only allowed when not self hosted.");
}

#[tokio::test]
async fn events_are_paged_to_a_null_token() {
    let organization = official(Official { events_page: 2, ..Official::default() }).await;
    organization
        .import(members(&[("a@x", "1"), ("b@x", "2")]).group("G", "g", &[]).group("H", "h", &[]))
        .await
        .ok();
    organization.import(members(&[]).deleted(None, "1")).await.ok();
    let mut kinds = Vec::new();
    let mut path = "/events".to_owned();
    let mut pages = 0;
    loop {
        let page = organization.get(&path).await.ok().json();
        pages += 1;
        kinds.extend(page["data"].as_array().unwrap().iter().map(|event| event["type"].as_i64().unwrap()));
        match page["continuationToken"].as_str() {
            Some(token) => path = format!("/events?continuationToken={token}"),
            None => {
                assert!(page.as_object().unwrap().contains_key("continuationToken"));
                break;
            }
        }
    }
    assert_eq!((pages, kinds), (3, vec![1503, 1400, 1400, 1500, 1500]));
}

#[tokio::test]
async fn events_that_fill_the_last_page_end_there() {
    let organization = official(Official { events_page: 2, ..Official::default() }).await;
    organization.import(members(&[("a@x", "1"), ("b@x", "2")])).await.ok();
    let page = organization.get("/events").await.ok().json();
    assert_eq!((page["data"].as_array().unwrap().len(), &page["continuationToken"]), (2, &Value::Null));
}

#[tokio::test]
async fn event_has_every_name() {
    let organization = self_hosted().await;
    organization.import(members(&[("a@x", "1")])).await.ok();
    let event = organization.get("/events").await.ok().json()["data"][0].clone();
    assert_eq!(
        sorted_keys(&event),
        [
            "actingUserId",
            "collectionId",
            "date",
            "device",
            "groupId",
            "installationId",
            "ipAddress",
            "itemId",
            "memberId",
            "object",
            "policyId",
            "projectId",
            "secretId",
            "serviceAccountId",
            "type",
        ]
    );
    assert_eq!(event["memberId"], organization.server.member("a@x").unwrap().id);
}

#[tokio::test]
async fn events_between_dates_and_at_most_367_days() {
    let organization = self_hosted().await;
    organization.import(members(&[("a@x", "1")])).await.ok();
    let count = async |query: &str| {
        let reply = organization.get(&format!("/events?{query}")).await.ok();
        reply.json()["data"].as_array().unwrap().len()
    };
    assert_eq!(count("start=2001-01-01T00:00:00Z&end=2001-02-01T00:00:00Z").await, 0);
    assert_eq!(count("start=2001-01-01T00:00:00Z").await, 1);
    let refused = organization.get("/events?start=2001-01-01&end=2002-01-04").await;
    refused.expect(400, "Date range must be < 367 days.");
    assert_eq!(count("start=2001-01-01&end=2002-01-03").await, 0);
}

#[tokio::test]
async fn put_member_without_type_is_refused() {
    let (organization, id, ..) = stocked().await;
    let reply = organization.call("PUT", &format!("/members/{id}"), json!({ "externalId": "2" })).await;
    reply.expect(400, "The request's model state is invalid.");
    assert!(reply.json()["errors"].get("Type").is_some(), "{}", reply.text);
    assert_eq!(organization.server.member("a@x").unwrap().external_id.as_deref(), Some("1"));
}

#[tokio::test]
async fn put_member_clears_what_is_missing_but_keeps_groups_and_permissions() {
    let (organization, id, ..) = stocked().await;
    let path = format!("/members/{id}");
    let custom = json!({
        "type": 4, "externalId": "1", "permissions": { "manageUsers": true },
        "collections": organization.server.member("a@x").unwrap().collections,
    });
    organization.call("PUT", &path, custom).await.ok();
    assert_eq!(organization.server.member("a@x").unwrap().collections.len(), 1);
    let answer = organization.call("PUT", &path, json!({ "type": 4 })).await.ok().json();
    assert_eq!(answer["externalId"], Value::Null);
    assert_eq!(answer["collections"], Value::Null);
    assert_eq!(organization.get(&path).await.json()["collections"], json!([]));
    assert_eq!(answer["permissions"]["manageUsers"], true);
    assert_eq!(organization.get(&format!("{path}/group-ids")).await.json().as_array().unwrap().len(), 1);
    organization.call("PUT", &path, json!({ "type": 2, "groups": [] })).await.ok();
    assert_eq!(organization.get(&format!("{path}/group-ids")).await.json(), json!([]));
    assert_eq!(organization.server.member("a@x").unwrap().role, Role::User);
}

#[tokio::test]
async fn put_member_never_changes_the_email() {
    let (organization, id, ..) = stocked().await;
    organization.call("PUT", &format!("/members/{id}"), json!({ "type": 2, "email": "new@x" })).await.ok();
    assert!(organization.server.member("a@x").is_some());
}

#[tokio::test]
async fn put_group_rewrites_name_and_external_id_and_keeps_collections() {
    let (organization, member, id, _) = stocked().await;
    organization.call("PUT", &format!("/groups/{id}"), json!({ "name": "New" })).await.ok();
    let group = organization.server.groups().remove(0);
    assert_eq!((group.name.as_str(), group.external_id), ("New", None));
    assert_eq!(group.collections.len(), 1);
    assert!(group.members.contains(&member));
}

#[tokio::test]
async fn groups_are_created_filled_and_deleted() {
    let (organization, member, ..) = stocked().await;
    let group =
        organization.call("POST", "/groups", json!({ "name": "New", "externalId": "n" })).await.ok().json();
    let path = format!("/groups/{}", group["id"].as_str().unwrap());
    organization.call("PUT", &format!("{path}/member-ids"), json!({ "memberIds": [member] })).await.ok();
    assert_eq!(organization.in_group("n"), ["1"]);
    organization.call("PUT", &format!("{path}/member-ids"), json!({ "memberIds": [] })).await.ok();
    assert!(organization.in_group("n").is_empty());
    organization.call("DELETE", &path, json!({})).await.ok();
    assert_eq!(organization.get(&path).await.status, 404);
}

#[tokio::test]
async fn members_are_invited_by_hand() {
    let organization = self_hosted().await;
    let body = json!({ "type": 1, "email": "Hand@x.example", "externalId": "h" });
    let member = organization.call("POST", "/members", body.clone()).await.ok().json();
    assert_eq!(
        (&member["email"], &member["status"], &member["type"]),
        (&json!("hand@x.example"), &json!(0), &json!(1))
    );
    assert!(organization.server.accept("hand@x.example"));
    let again = json!({ "type": 1, "email": "hand@x.example" });
    organization.call("POST", "/members", again).await.expect(400, "This user has already been invited.");
    assert_eq!(organization.people().len(), 1);
}

#[tokio::test]
async fn group_ids_of_a_member_are_replaced() {
    let (organization, member, group, _) = stocked().await;
    let other = organization.server.add_group("Other", Some("o"), &[]);
    let path = format!("/members/{member}/group-ids");
    organization.call("PUT", &path, json!({ "groupIds": [other] })).await.ok();
    assert_eq!(organization.get(&path).await.json(), json!([other]));
    assert_ne!(group, other);
}

#[tokio::test]
async fn members_are_revoked_and_restored_to_what_they_were() {
    let organization = self_hosted().await;
    for status in [MemberStatus::Invited, MemberStatus::Accepted, MemberStatus::Confirmed] {
        let email = format!("{status:?}@x");
        let new = match status {
            MemberStatus::Invited => NewMember::invited(&email),
            _ => NewMember::confirmed(&email).status(status),
        };
        let path = format!("/members/{}", organization.server.add_member(new));
        organization.call("POST", &format!("{path}/revoke"), json!({})).await.ok();
        assert_eq!(organization.get(&path).await.json()["status"], -1);
        assert_eq!(organization.call("POST", &format!("{path}/revoke"), json!({})).await.status, 400);
        organization.call("POST", &format!("{path}/restore"), json!({})).await.ok();
        assert_eq!(organization.get(&path).await.json()["status"], status.number());
        assert_eq!(organization.call("POST", &format!("{path}/restore"), json!({})).await.status, 400);
    }
}

#[tokio::test]
async fn invited_members_alone_can_be_invited_again() {
    let organization = self_hosted().await;
    let invited = organization.server.add_member(NewMember::invited("i@x"));
    let confirmed = organization.server.add_member(NewMember::confirmed("c@x"));
    organization.call("POST", &format!("/members/{invited}/reinvite"), json!({})).await.ok();
    assert_eq!(
        organization.call("POST", &format!("/members/{confirmed}/reinvite"), json!({})).await.status,
        400
    );
}

#[tokio::test]
async fn delete_revoke_and_put_reach_owners_but_the_last_confirmed_one() {
    let organization = self_hosted().await;
    let owner = organization.server.member("owner@sandbox.example").unwrap().id;
    let other = organization.server.add_member(NewMember::confirmed("o@x").role(Role::Owner));
    organization.call("POST", &format!("/members/{other}/revoke"), json!({})).await.ok();
    let message = "Organization must have at least one confirmed owner.";
    organization.call("POST", &format!("/members/{owner}/revoke"), json!({})).await.expect(400, message);
    organization.call("DELETE", &format!("/members/{owner}"), json!({})).await.expect(400, message);
    organization.call("PUT", &format!("/members/{owner}"), json!({ "type": 2 })).await.expect(400, message);
    organization.call("POST", &format!("/members/{other}/restore"), json!({})).await.ok();
    organization.call("DELETE", &format!("/members/{owner}"), json!({})).await.ok();
    assert!(organization.server.member("owner@sandbox.example").is_none());
}
