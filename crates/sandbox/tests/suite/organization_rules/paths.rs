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
async fn wrong_method_on_a_known_path_is_a_405_without_a_body() {
    let organization = self_hosted().await;
    for (method, path) in [("GET", "/organization/import"), ("PATCH", "/members"), ("DELETE", "/groups")] {
        let reply = send(organization.request(method, &format!("/api/public{path}"))).await;
        assert_eq!((reply.status, reply.text.as_str()), (405, ""), "{method} {path}");
    }
}
