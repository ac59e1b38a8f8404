//! What the official import makes of texts, numbers, encodings and odd entries.

use bwdc_sandbox::organization::{KnownAddresses, NewMember, Official};
use serde_json::{Value, json};

use super::support::{ImportExt as _, Organization, Reply, members, official, pairs, self_hosted, send};

const INVALID: &str = "The request's model state is invalid.";
const UNHANDLED: &str = "An unhandled server error has occurred.";

#[track_caller]
fn keys(reply: &Reply) -> Vec<String> {
    assert_eq!((reply.status, reply.message().as_str()), (400, INVALID), "{}", reply.text);
    reply.json()["errors"].as_object().unwrap().keys().cloned().collect()
}

#[tokio::test]
async fn addresses_are_lowered_letter_by_letter() {
    let organization = self_hosted().await;
    let typed = ["\u{130}@x", "\u{39f}\u{3a3}@x", "\u{1e9e}@x", "\u{ff21}@x", "\u{c9}@x", "E\u{301}@x"];
    let people: Vec<(&str, &str)> = typed.iter().map(|email| (*email, *email)).collect();
    organization.import(members(&people)).await.ok();
    let mut stored: Vec<String> = organization.people().into_iter().map(|(email, _)| email).collect();
    stored.sort();
    let mut wanted = ["\u{130}@x", "\u{3bf}\u{3c3}@x", "\u{df}@x", "\u{ff41}@x", "\u{e9}@x", "e\u{301}@x"];
    wanted.sort_unstable();
    assert_eq!(stored, wanted);
}

#[tokio::test]
async fn numbers_as_ids_are_written_out_as_decimals() {
    let organization = self_hosted().await;
    for (number, id) in [("5.50", "5.50"), ("1e2", "100"), ("true", "True"), ("false", "False")] {
        let body = format!(
            r#"{{"overwriteExisting":false,"groups":[],"members":[{{"email":"{id}@x","externalId":{number}}}]}}"#
        );
        organization.import_text(&body).await.ok();
        assert!(
            organization.people().contains(&(format!("{id}@x").to_lowercase(), id.to_owned())),
            "{number}"
        );
    }
    let body = r#"{"overwriteExisting":false,"groups":[],"members":[{"email":"a@x","externalId":1e29}]}"#;
    assert_eq!(keys(&organization.import_text(body).await), ["$.members[0].externalId"]);
}

#[tokio::test]
async fn null_is_refused_where_it_has_no_meaning() {
    let organization = self_hosted().await;
    let group = json!([{ "name": "G", "externalId": "g", "memberExternalIds": ["1", null] }]);
    for (body, key) in [
        (members(&[]).set("largeImport", Value::Null), "$.largeImport"),
        (members(&[]).set("inviteUsersAfterProvisioning", Value::Null), "$.inviteUsersAfterProvisioning"),
        (members(&[]).set("groups", group), "$.groups[0].memberExternalIds"),
    ] {
        assert_eq!(keys(&organization.import(body).await), [key]);
    }
}

#[tokio::test]
async fn null_entry_ends_in_500_before_anything_among_members_and_after_them_among_groups() {
    let organization = self_hosted().await;
    organization.server.add_member(NewMember::confirmed("old@x").external_id("0"));
    let mut among_members = members(&[("a@x", "1")]).deleted(None, "0");
    among_members["members"].as_array_mut().unwrap().push(Value::Null);
    organization.import(among_members).await.expect(500, UNHANDLED);
    assert_eq!(organization.people(), pairs(&[("old@x", "0")]));
    let group = json!({ "name": "G", "externalId": "g", "memberExternalIds": [] });
    let among_groups = members(&[("a@x", "1")]).set("groups", json!([group, null]));
    organization.import(among_groups).await.expect(500, UNHANDLED);
    assert_eq!(organization.people(), pairs(&[("a@x", "1"), ("old@x", "0")]));
    assert!(organization.groups().is_empty());
}

#[tokio::test]
async fn nul_is_refused_by_postgresql_alone() {
    let name = |organization: &Organization| (organization.people(), organization.groups());
    for known_addresses in [KnownAddresses::WithAccount, KnownAddresses::All] {
        let stores = known_addresses == KnownAddresses::All;
        let organization = official(Official { known_addresses, ..Official::default() }).await;
        for body in [members(&[("a@x", "1"), ("b\0@x", "2")]), members(&[("a@x", "1"), ("b@x", "2\0")])] {
            let reply = organization.import(body.group("G", "g", &[])).await;
            if stores {
                reply.ok();
            } else {
                reply.expect(400, "Errors have occurred.");
                assert!(!reply.text.contains("b@x"), "{}", reply.text);
                assert_eq!(name(&organization), (Vec::new(), Vec::new()));
            }
        }
        let group = members(&[("c@x", "3")]).group("G\0", "h", &[]);
        let reply = organization.import(group).await;
        assert_eq!(reply.status, if stores { 200 } else { 500 }, "{}", reply.text);
        assert!(organization.people().contains(&("c@x".to_owned(), "3".to_owned())));
    }
}

#[tokio::test]
async fn blank_is_white_space_and_lengths_count_utf_16() {
    let organization = self_hosted().await;
    for (id, accepted) in [("\u{a0}", false), ("\u{3000}", false), ("\u{200b}", true), ("\u{feff}", true)] {
        let reply = organization.import(members(&[(&format!("{}@x", id.len()), id)])).await;
        assert_eq!(reply.status == 200, accepted, "{id:?}: {}", reply.text);
    }
    for (emoji, accepted) in [(50, true), (51, false)] {
        let reply = organization.import(members(&[]).group(&"\u{1f600}".repeat(emoji), "g", &[])).await;
        assert_eq!(reply.status == 200, accepted, "{emoji}: {}", reply.text);
    }
}

#[tokio::test]
async fn only_the_first_wrong_type_in_the_text_is_named() {
    let body = r#"{"members":[{"deleted":1,"email":2}],"overwriteExisting":"x"}"#;
    assert_eq!(keys(&self_hosted().await.import_text(body).await), ["$.members[0].deleted"]);
    let broken = r#"{"members":[{"email":"a@x","externalId":[]}],"#;
    assert_eq!(keys(&self_hosted().await.import_text(broken).await), ["$.members[0].externalId"]);
}

#[tokio::test]
async fn every_rule_of_a_field_is_told_and_a_missing_address_only_when_all_else_is_right() {
    let organization = self_hosted().await;
    let entry =
        |email: Value, id: &str| members(&[]).set("members", json!([{ "email": email, "externalId": id }]));
    let reply = organization.import(entry(json!("x".repeat(257)), "1")).await;
    let texts = reply.json()["errors"]["Members[0].Email"].clone();
    let not_valid = "The Email field is not a valid e-mail address.";
    assert_eq!(texts, json!([not_valid, "The field Email must be a string with a maximum length of 256."]));
    for blank in ["", " "] {
        let reply = organization.import(entry(json!(blank), "1")).await;
        assert_eq!(reply.json()["errors"], json!({ "Members[0].Email": [not_valid] }));
    }
    assert_eq!(keys(&organization.import(entry(Value::Null, " ")).await), ["Members[0].ExternalId"]);
}

#[tokio::test]
async fn of_a_name_given_twice_the_last_counts_in_any_case() {
    let organization = self_hosted().await;
    let body = r#"{"OverwriteExisting":true,"overwriteExisting":false,"groups":[],
        "members":[{"externalId":"1","email":"a@x","EMAIL":"b@x"}]}"#;
    organization.import_text(body).await.ok();
    assert_eq!(organization.people(), pairs(&[("b@x", "1")]));
}

async fn import_bytes(organization: &Organization, kind: Option<&str>, body: Vec<u8>) -> Reply {
    let mut request = organization.request("POST", "/api/public/organization/import").body(body);
    if let Some(kind) = kind {
        request = request.header("content-type", kind);
    }
    send(request).await
}

#[tokio::test]
async fn byte_order_mark_and_utf_16_with_its_charset_are_read() {
    let organization = self_hosted().await;
    let body = |id: &str| members(&[(&format!("{id}@x"), id)]).to_string();
    let marked = [b"\xef\xbb\xbf".as_slice(), body("1").as_bytes()].concat();
    import_bytes(&organization, Some("application/json"), marked).await.ok();
    let wide = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    import_bytes(&organization, Some("application/json; charset=utf-16"), wide(&body("2"))).await.ok();
    let marked = wide(&format!("\u{feff}{}", body("3")));
    import_bytes(&organization, Some("application/json;charset=UTF-16"), marked).await.ok();
    assert_eq!(organization.people(), pairs(&[("1@x", "1"), ("2@x", "2"), ("3@x", "3")]));
    assert_eq!(keys(&import_bytes(&organization, Some("application/json"), wide(&body("4"))).await), ["$"]);
}

#[tokio::test]
async fn another_or_no_content_type_is_a_415_without_a_body() {
    let organization = self_hosted().await;
    let body = members(&[]).to_string().into_bytes();
    for kind in [
        None,
        Some("text/plain"),
        Some("application/x-www-form-urlencoded"),
        Some("application/json; charset=latin1"),
    ] {
        let reply = import_bytes(&organization, kind, body.clone()).await;
        assert_eq!((reply.status, reply.text.as_str()), (415, ""), "{kind:?}");
        let empty = import_bytes(&organization, kind, Vec::new()).await;
        assert_eq!((empty.status, empty.text.as_str()), (415, ""), "{kind:?}, empty");
    }
    for kind in ["application/json; charset=utf-8", "text/json", "application/ld+json"] {
        import_bytes(&organization, Some(kind), body.clone()).await.ok();
    }
}

#[tokio::test]
async fn comments_and_trailing_commas_are_refused_and_blanks_are_no_body() {
    let organization = self_hosted().await;
    for text in ["/* x */ {}", "{\"groups\":[],}", "   "] {
        assert_eq!(organization.import_text(text).await.status, 400, "{text}");
    }
    assert_eq!(keys(&organization.import_text("  ").await), ["$"]);
    assert_eq!(keys(&organization.import_text("null").await), [""]);
}

#[tokio::test]
async fn validation_comes_before_the_limit_and_that_before_missing_lists() {
    let organization = official(Official { use_directory: false, ..Official::cloud() }).await;
    let many: Vec<Value> =
        (0..2001).map(|it| json!({ "email": format!("p{it}@x"), "externalId": format!("{it}") })).collect();
    let mut body = json!({ "overwriteExisting": false, "groups": [], "members": many });
    organization.import(body.clone()).await.expect(400, "You cannot import this much data at once.");
    body["members"][0]["email"] = json!("bad");
    assert_eq!(keys(&organization.import(body).await), ["Members[0].Email"]);
    let missing = json!({ "overwriteExisting": false, "groups": [] });
    organization.import(missing).await.expect(500, UNHANDLED);
    let mut null_entry = members(&[]).set("largeImport", true);
    null_entry["members"] = json!([null]);
    organization.import(null_entry).await.expect(400, "Organization cannot use directory syncing.");
}

#[tokio::test]
async fn plan_without_groups_is_asked_after_the_members() {
    let organization = official(Official { use_groups: false, ..Official::default() }).await;
    organization.import(members(&[("a@x", "1")])).await.ok();
    let body = members(&[("b@x", "2")]).group("G", "g", &[]);
    organization.import(body).await.expect(400, "Organization cannot use groups.");
    assert_eq!(organization.people(), pairs(&[("a@x", "1"), ("b@x", "2")]));
}
