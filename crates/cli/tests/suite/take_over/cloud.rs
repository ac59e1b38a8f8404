//! The services that are read over HTTP.

use super::{FIELDS, UNUSED, file, ids, is_named, test};
use bwdc_harness::home::Home;
use bwdc_sandbox::cloud::{google, graph, okta, onelogin};
use serde_json::{Value, json};

/// Keys of `sync` that say nothing where they are not used. Paths and classes are LDAP's, and are left over from another directory.
const KEYS: [&str; 13] = [
    "userFilter",
    "groupFilter",
    "userPath",
    "groupPath",
    "userObjectClass",
    "groupObjectClass",
    "groupNameAttribute",
    "userEmailAttribute",
    "memberAttribute",
    "emailSuffix",
    "emailPrefixAttribute",
    "creationDateAttribute",
    "revisionDateAttribute",
];

/// What Google asks for.
const GOOGLE: &[(&str, &str)] =
    &[("clientEmail", "gsuite.clientEmail"), ("adminUser", "gsuite.adminUser"), ("privateKey", "gsuite.key")];

/// Nine people and three groups come, whatever stands for "not used", also in the directory's own object; without what is `needed`
/// the refusal names it.
fn comes_whole(kind: u8, key: &str, directory: &Value, own: &[&str], needed: &[(&str, &str)]) {
    let home = Home::with_plaintext_secrets().expect("a home");
    for unused in UNUSED {
        let mut settings = file(kind, key, directory.clone());
        KEYS.iter().for_each(|it| unused.write(&mut settings["sync"], it));
        own.iter().for_each(|it| unused.write(&mut settings[key], it));
        let (_, fields) = FIELDS.iter().find(|(of, _)| *of == key).expect("a kind");
        let known = fields.iter().filter(|it| directory.get(it).is_some() && !own.contains(it)).count();
        assert_eq!(known + own.len() + 1, fields.len(), "{key}: every field but its id is given or not used");
        settings[key]["id"] = json!("5f0f62d0-65c3-4d19-9d4a-70a6b6a5a6a1");
        let answer = test(&home, &settings);
        assert!(answer.is_ok(), "{key} {unused:?}: {answer:?}");
        let answer = answer.unwrap_or_default();
        assert_eq!(
            (ids(&answer, "enabledUsers").len(), ids(&answer, "groups").len()),
            (9, 3),
            "{key} {unused:?}"
        );
        assert!(
            answer["groups"].as_array().expect("a list").iter().all(|it| it["userIds"]
                .as_array()
                .expect("a list")
                .len()
                == 4)
        );
    }
    for unused in UNUSED {
        for (field, setting) in needed {
            let mut settings = file(kind, key, directory.clone());
            unused.write(&mut settings[key], field);
            let error = test(&home, &settings).expect_err("it cannot be reached");
            assert!(is_named(&error, setting), "{setting} {unused:?}: {error}");
        }
    }
    // The official connector takes what it does not understand for no filter, and invites everybody.
    for filter in ["nonsense", "nonsense:x", "include", "include:", "exclude:"] {
        for setting in ["userFilter", "groupFilter"] {
            let mut settings = file(kind, key, directory.clone());
            settings["sync"][setting] = json!(filter);
            let error = test(&home, &settings).expect_err("it is no filter");
            assert!(error.contains(&format!("sync.{setting}")), "{key} {filter}: {error}");
        }
    }
}

#[test]
fn entra_comes_whole() {
    let spec = graph::Spec { users: 9, groups: 3, members_per_group: 4, nested_every: 0, seed: 3 };
    let server =
        graph::Server::start(graph::Options::new(graph::Tenant::generate(spec))).expect("a stand-in");
    let given = server.options();
    let directory = json!({ "authorityUrl": server.url(), "graphUrl": server.url(), "tenant": given.tenant_id, "applicationId": given.application_id, "key": given.secret });
    comes_whole(
        1,
        "directoryEntra",
        &directory,
        &["identityAuthority"],
        &[("tenant", "entra.tenant"), ("applicationId", "entra.applicationId"), ("key", "entra.key")],
    );
}

#[test]
fn google_comes_whole() {
    let server =
        google::Server::start(google::Options::new(google::Tenant::generate(9, 3, 4))).expect("a stand-in");
    let key: Value = serde_json::from_str(&server.key_file()).expect("JSON");
    let directory = json!({
        "clientEmail": key["client_email"], "privateKey": key["private_key"], "adminUser": "admin@example.test", "customer": "my_customer", "tokenUrl": server.token_url(), "apiUrl": server.url()
    });
    comes_whole(2, "directoryGsuite", &directory, &["domain"], GOOGLE);
    let mut by_domain = directory;
    by_domain["domain"] = json!("example.test");
    comes_whole(2, "directoryGsuite", &by_domain, &["customer"], GOOGLE);
}

#[test]
fn okta_comes_whole() {
    let server =
        okta::Server::start(okta::Options::new(okta::Tenant::generate(9, 3, 4))).expect("a stand-in");
    let directory = json!({ "orgUrl": server.url(), "token": server.token() });
    comes_whole(3, "directoryOkta", &directory, &[], &[("orgUrl", "okta.orgUrl"), ("token", "okta.token")]);
}

#[test]
fn onelogin_comes_whole() {
    let server = onelogin::Server::start(onelogin::Options::new(onelogin::Tenant::generate(9, 3, 4)))
        .expect("a stand-in");
    let directory = json!({ "clientId": server.client_id(), "clientSecret": server.client_secret(), "url": server.url() });
    comes_whole(
        4,
        "directoryOnelogin",
        &directory,
        &["region"],
        &[("clientId", "onelogin.clientId"), ("clientSecret", "onelogin.secret")],
    );
}
