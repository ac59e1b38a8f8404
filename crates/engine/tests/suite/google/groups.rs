//! A group is gone only where Google itself says so of its id.

use super::*;

async fn ask(setup: &Setup, ids: &[&str]) -> Vec<Presence> {
    let sought: Vec<LookupRequest> = ids
        .iter()
        .map(|id| LookupRequest { external_id: ExternalId::new(*id), stable_id: None, reference: None })
        .collect();
    let found = setup.directory().lookup_groups(&sought).await.expect("answers");
    sought.iter().map(|it| found[&it.external_id].clone()).collect()
}

#[tokio::test]
async fn a_group_is_gone_only_when_google_says_so() {
    let mut tenant = small();
    tenant.groups[1].name = String::new();
    let [here, nameless, lost] = [0, 1, 2].map(|number| tenant.groups[number].id.clone());
    let address = tenant.groups[3].email.clone();
    let server = start(tenant);
    // A filter of groups that lets none through.
    let setup = Setup::new(&server).sync("groupFilter", json!("include:none of them"));
    let path = |id: &str| format!("/admin/directory/v1/groups/{id}");
    server.faults().add(Rule::new("GET", &path(&lost), Fault::Answer(Answer::empty(404))));
    let found = ask(&setup, &[&here, &nameless, "g9", &address, &lost]).await;
    assert_eq!(found[..3], [Presence::Found { at: None }, Presence::Found { at: None }, Presence::NotFound]);
    assert!(matches!(found[3], Presence::Unknown { .. }), "an address is no id");
    assert!(matches!(found[4], Presence::Unknown { .. }), "a 404 that is not Google's");
    for status in [403, 429, 500] {
        server.faults().clear();
        server.faults().add(Rule::new("GET", &path("g9"), Fault::Answer(Answer::json(status, "{}"))));
        let found = ask(&setup, &["g9", &here]).await;
        assert!(matches!(found[0], Presence::Unknown { .. }), "{status}: {found:?}");
        assert_eq!(found[1], Presence::Found { at: None });
    }
}

#[tokio::test]
async fn no_group_is_gone_where_none_is_found() {
    let server = start(small());
    let setup = Setup::new(&server);
    let refusal =
        r#"{"error":{"code":404,"message":"Resource Not Found: groupKey","errors":[{"reason":"notFound"}]}}"#;
    let path = "/admin/directory/v1/groups/";
    server.faults().add(Rule::new("GET", path, Fault::Answer(Answer::json(404, refusal))));
    assert!(matches!(ask(&setup, &["g9"]).await[0], Presence::Unknown { .. }));
    server.faults().clear();
    assert_eq!(ask(&setup, &["g9"]).await, [Presence::NotFound]);
}
