//! Paths of the official server: case, slashes, ids and methods.

use serde_json::json;

use super::support::{members, self_hosted, send};

#[tokio::test]
async fn paths_are_matched_in_any_case_and_with_a_slash_at_the_end() {
    let organization = self_hosted().await;
    for path in ["/organization/import/", "/Organization/Import", "/ORGANIZATION/IMPORT/"] {
        organization.call("POST", path, members(&[])).await.ok();
    }
    let owner = organization.server.members().remove(0).id;
    organization.get(&format!("/MEMBERS/{}/", owner.to_uppercase())).await.ok();
    assert_eq!(
        organization.get("/events/?start=2001-01-01&end=2001-01-02").await.ok().json()["object"],
        "list"
    );
}

#[tokio::test]
async fn id_that_is_none_is_a_400_with_the_key_id() {
    let organization = self_hosted().await;
    for (method, path) in [
        ("GET", "/members/none"),
        ("PUT", "/members/7"),
        ("DELETE", "/members/none"),
        ("POST", "/members/none/revoke"),
        ("GET", "/members/none/group-ids"),
        ("GET", "/groups/none"),
        ("PUT", "/groups/none/member-ids"),
        ("GET", "/collections/none"),
    ] {
        let reply = organization.call(method, path, json!({ "type": 2 })).await;
        assert_eq!(reply.status, 400, "{method} {path}: {}", reply.text);
        assert!(reply.json()["errors"]["id"].is_array(), "{method} {path}: {}", reply.text);
    }
    let owner = organization.server.members().remove(0).id;
    for spelling in [owner.replace('-', ""), format!("{{{owner}}}"), owner.to_uppercase()] {
        organization.get(&format!("/members/{spelling}")).await.ok();
    }
}

#[tokio::test]
async fn what_is_wrong_in_the_path_and_in_the_body_is_told_together() {
    let organization = self_hosted().await;
    for (path, body, keys) in [
        ("/members/none", json!({}), ["Type", "id"]),
        ("/members/none/group-ids", json!({ "groupIds": 5 }), ["$.groupIds", "id"]),
        ("/groups/none", json!({ "externalId": "g" }), ["Name", "id"]),
        ("/groups/none/member-ids", json!({ "memberIds": [5] }), ["$.memberIds[0]", "id"]),
        ("/collections/none", json!({ "externalId": 5 }), ["$.externalId", "id"]),
        ("/policies/none", json!({}), ["Enabled", "type"]),
    ] {
        let reply = organization.call("PUT", path, body).await;
        reply.expect(400, "The request's model state is invalid.");
        let errors = reply.json()["errors"].clone();
        let mut told: Vec<&str> = errors.as_object().unwrap().keys().map(String::as_str).collect();
        told.sort_unstable();
        assert_eq!(told, keys, "{path}");
    }
    let other = send(organization.request("PUT", "/api/public/members/none").body("{}")).await;
    assert_eq!(other.status, 415);
}

#[tokio::test]
async fn what_cannot_be_read_in_a_path_or_a_query_is_a_400_with_its_name() {
    let organization = self_hosted().await;
    for (path, key) in [
        ("/policies/none", "type"),
        ("/events?start=none&end=2001-01-01", "start"),
        ("/events?itemId=none", "itemId"),
        ("/events?ActingUserId=7", "actingUserId"),
    ] {
        let reply = organization.get(path).await;
        assert_eq!(reply.status, 400, "{path}: {}", reply.text);
        assert!(reply.json()["errors"][key].is_array(), "{path}: {}", reply.text);
    }
    let reply = organization.call("PUT", "/policies/none", json!({ "enabled": true })).await;
    assert!(reply.json()["errors"]["type"].is_array(), "{}", reply.text);
    let reply = organization.get("/events?START=2001-01-01&end=2001-01-02&end=none&itemId=").await;
    assert_eq!(reply.ok().json()["data"], json!([]));
}

#[tokio::test]
async fn wrong_method_on_a_known_path_is_a_405_without_a_body() {
    let organization = self_hosted().await;
    for (method, path) in [
        ("GET", "/organization/import"),
        ("PATCH", "/members"),
        ("DELETE", "/groups"),
        ("HEAD", "/members"),
        ("OPTIONS", "/events"),
    ] {
        let reply = send(organization.request(method, &format!("/api/public{path}"))).await;
        assert_eq!((reply.status, reply.text.as_str()), (405, ""), "{method} {path}");
    }
}
