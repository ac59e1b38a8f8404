//! A group is gone only where Okta itself says so of its id.

use super::*;

async fn ask(directory: &OktaDirectory, ids: &[&str]) -> Vec<Presence> {
    let sought: Vec<LookupRequest> = ids
        .iter()
        .map(|id| LookupRequest { external_id: ExternalId::new(*id), stable_id: None, reference: None })
        .collect();
    let found = directory.lookup_groups(&sought).await.expect("answers");
    sought.iter().map(|it| found[&it.external_id].clone()).collect()
}

#[tokio::test]
async fn a_group_is_gone_only_when_okta_says_so() {
    let mut tenant = small();
    tenant.groups[1].name = String::new();
    let [here, nameless, lost] = [0, 1, 2].map(|number| tenant.groups[number].id.clone());
    let server = server(tenant);
    // A filter of groups that lets none through.
    let stored = json!({ "groupFilter": "include:none of them" });
    let filters = OktaFilters::from_stored(stored.as_object().expect("an object")).expect("filters");
    let directory = directory(&server, filters, 1_000.0);
    server.faults().add(Rule::new(
        "GET",
        &format!("/api/v1/groups/{lost}"),
        Fault::Answer(Answer::empty(404)),
    ));
    let found = ask(&directory, &[&here, &nameless, "00g9", "cn=x,dc=y", &lost]).await;
    assert_eq!(found[..3], [Presence::Found { at: None }, Presence::Found { at: None }, Presence::NotFound]);
    assert!(matches!(found[3], Presence::Unknown { .. }), "another directory's id");
    assert!(matches!(found[4], Presence::Unknown { .. }), "a 404 that is not Okta's");
    for status in [403, 429, 500] {
        server.faults().clear();
        let path = "/api/v1/groups/00g9";
        server.faults().add(Rule::new("GET", path, Fault::Answer(Answer::json(status, "{}"))));
        let found = ask(&directory, &["00g9", &here]).await;
        assert!(matches!(found[0], Presence::Unknown { .. }), "{status}: {found:?}");
        assert_eq!(found[1], Presence::Found { at: None });
    }
}

#[tokio::test]
async fn no_group_is_gone_where_none_is_found() {
    let server = server(small());
    let refusal = r#"{"errorCode":"E0000007","errorSummary":"Not found: Resource not found"}"#;
    server.faults().add(Rule::new("GET", "/api/v1/groups/", Fault::Answer(Answer::json(404, refusal))));
    let directory = directory(&server, OktaFilters::default(), 1_000.0);
    assert!(matches!(ask(&directory, &["00g9"]).await[0], Presence::Unknown { .. }));
    server.faults().clear();
    assert_eq!(ask(&directory, &["00g9"]).await, [Presence::NotFound]);
}
