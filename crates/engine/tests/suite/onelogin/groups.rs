//! A role or a group is gone only where OneLogin itself says so of its number.

use super::{Setup, VERSIONS, small, start};
use bwdc_core::names::ExternalId;
use bwdc_core::observed::{LookupRequest, Presence};
use bwdc_sandbox::cloud::onelogin::Role;
use bwdc_sandbox::faults::{Answer, Fault, Rule};
use serde_json::json;

async fn ask(setup: &Setup, ids: &[&str]) -> Vec<Presence> {
    let sought: Vec<LookupRequest> = ids
        .iter()
        .map(|id| LookupRequest { external_id: ExternalId::new(*id), stable_id: None, reference: None })
        .collect();
    let found = setup.directory().lookup_groups(&sought).await.unwrap();
    sought.iter().map(|it| found[&it.external_id].clone()).collect()
}

#[tokio::test]
async fn a_role_or_group_is_gone_only_when_onelogin_says_so() {
    let mut tenant = small();
    tenant.roles[1].name = String::new();
    tenant.groups = vec![Role { id: 41, name: "Staff".to_owned(), users: Vec::new() }];
    let [here, nameless, lost] = [0, 1, 2].map(|number| tenant.roles[number].id.to_string());
    let server = start(tenant);
    for version in VERSIONS {
        server.faults().clear();
        // A filter of groups that lets none through.
        let mut setup = Setup::new(&server, version);
        setup.sync.insert("groupFilter".to_owned(), json!("include:none of them"));
        let path = |id: &str| format!("/api/{version}/roles/{id}");
        server.faults().add(Rule::new("GET", &path(&lost), Fault::Answer(Answer::empty(404))));
        let found = ask(&setup, &[&here, &nameless, "7", "cn=x,dc=y", &lost, "group-41", "group-42"]).await;
        assert_eq!(
            found[..3],
            [Presence::Found { at: None }, Presence::Found { at: None }, Presence::NotFound]
        );
        assert!(matches!(found[3], Presence::Unknown { .. }), "another directory's id");
        assert!(matches!(found[4], Presence::Unknown { .. }), "a 404 that is not OneLogin's");
        // The settings say roles; a group of before is asked for all the same.
        assert_eq!(found[5..], [Presence::Found { at: None }, Presence::NotFound]);
        for status in [403, 429, 500] {
            server.faults().clear();
            server.faults().add(Rule::new("GET", &path("7"), Fault::Answer(Answer::json(status, "{}"))));
            let found = ask(&setup, &["7", &here]).await;
            assert!(matches!(found[0], Presence::Unknown { .. }), "{status} by version {version}: {found:?}");
            assert_eq!(found[1], Presence::Found { at: None });
        }
    }
}

#[tokio::test]
async fn no_role_is_gone_where_none_is_found() {
    let server = start(small());
    for version in VERSIONS {
        server.faults().clear();
        let setup = Setup::new(&server, version);
        let refusal = if version == 1 {
            r#"{"status":{"error":true,"code":404,"type":"Not Found","message":"Resource not found"}}"#
        } else {
            r#"{"statusCode":404,"name":"NotFoundError","message":"not found"}"#
        };
        let path = format!("/api/{version}/roles/");
        server.faults().add(Rule::new("GET", &path, Fault::Answer(Answer::json(404, refusal))));
        assert!(matches!(ask(&setup, &["7"]).await[0], Presence::Unknown { .. }), "version {version}");
        server.faults().clear();
        assert_eq!(ask(&setup, &["7"]).await, [Presence::NotFound], "version {version}");
    }
}
