//! Settings files in the shape that the official connector's contract gives, of each kind of directory, with every path and filter empty,
//! null and missing: the same people and groups as there, or a refusal that says why. The files are written here by that contract; what the official
//! connector answered was recorded for LDAP only.

#[path = "take_over/cloud.rs"]
mod cloud;
#[path = "take_over/ldap.rs"]
mod ldap;

use bwdc_harness::home::{Home, ORGANIZATION_ID};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// How a setting that is not in use stands in a file.
const UNUSED: [Unused; 3] = [Unused::Missing, Unused::Null, Unused::Empty];

#[derive(Clone, Copy, Debug)]
enum Unused {
    Missing,
    Null,
    Empty,
}

impl Unused {
    fn write(self, object: &mut Value, key: &str) {
        match self {
            Self::Missing => drop(object.as_object_mut().expect("an object").remove(key)),
            Self::Null => object[key] = Value::Null,
            Self::Empty => object[key] = json!(""),
        }
    }
}

/// Every field of each kind's object.
const FIELDS: [(&str, &[&str]); 5] = [
    (
        "directoryLdap",
        &[
            "id",
            "ssl",
            "startTls",
            "tlsCaPath",
            "sslAllowUnauthorized",
            "sslCertPath",
            "sslKeyPath",
            "sslCaPath",
            "hostname",
            "port",
            "domain",
            "rootPath",
            "currentUser",
            "username",
            "password",
            "ad",
            "pagedSearch",
        ],
    ),
    ("directoryGsuite", &["id", "clientEmail", "privateKey", "domain", "adminUser", "customer"]),
    ("directoryEntra", &["id", "identityAuthority", "tenant", "applicationId", "key"]),
    ("directoryOkta", &["id", "orgUrl", "token"]),
    ("directoryOnelogin", &["id", "clientId", "clientSecret", "region"]),
];

/// The file of somebody who is signed in, with the object of one kind of directory, and with what the window and earlier choices leave
/// behind: the other kinds' objects, its own state, and marks of the last sync.
fn file(kind: u8, key: &str, directory: Value) -> Value {
    let mut file = of_kind(kind, key, directory);
    for (other, fields) in FIELDS.iter().filter(|(other, _)| *other != key) {
        file[other] = fields.iter().map(|it| ((*it).to_owned(), Value::Null)).collect();
    }
    for (key, value) in [
        ("refreshToken", json!("refresh")),
        ("lastSyncHash", json!("aGFzaA==")),
        ("userDeltaToken", json!("https://graph.test/users/delta?$deltatoken=u")),
        ("groupDeltaToken", json!("https://graph.test/groups/delta?$deltatoken=g")),
        ("lastUserSync", json!("2026-01-02T03:04:05.678Z")),
        ("lastGroupSync", json!("2026-01-02T03:04:05.678Z")),
        ("syncingDir", json!(false)),
        ("locale", json!("en")),
        ("window", json!({ "width": 800, "height": 600, "isMaximized": false })),
        ("enableTray", json!(true)),
        ("enableMinimizeToTray", json!(false)),
        ("enableCloseToTray", json!(false)),
        ("alwaysShowDock", json!(false)),
        ("enableAlwaysOnTop", json!(false)),
    ] {
        file[key] = value;
    }
    file
}

fn of_kind(kind: u8, key: &str, directory: Value) -> Value {
    json!({
        "stateVersion": 8,
        "installedVersion": "2026.6.1",
        "appId": "0d7c1c0e-53a4-4f0c-8f0a-64c1b86b1c55",
        "directoryType": kind,
        key: directory,
        "sync": {
            "users": true, "groups": true, "interval": 5, "removeDisabled": false, "overwriteExisting": false,
            "largeImport": false, "inviteUsersAfterProvisioning": false, "useEmailPrefixSuffix": false
        },
        "environmentUrls": { "base": "http://127.0.0.1:9" },
        "organizationId": ORGANIZATION_ID,
        "entityId": ORGANIZATION_ID,
        "accessToken": "e30.eyJleHAiOjQxMDI0NDQ4MDB9.c2ln",
        "apiKeyClientId": format!("organization.{ORGANIZATION_ID}"),
        "apiKeyClientSecret": "not-a-real-secret"
    })
}

/// What `test` says of such a file: the answer, or the words of the refusal.
fn test(home: &Home, file: &Value) -> Result<Value, String> {
    home.write_data_json(file).expect("a settings file");
    let before = std::fs::read(home.data_json_path()).expect("a file");
    let output = home.run(env!("CARGO_BIN_EXE_bwdc"), &["test"]).expect("the program runs");
    assert_eq!(std::fs::read(home.data_json_path()).expect("a file"), before, "a look changes nothing");
    match output.code {
        Some(0) => Ok(serde_json::from_str(&output.stdout).expect("JSON")),
        _ => Err(output.stderr),
    }
}

/// The external ids of a list of an answer.
fn ids(answer: &Value, list: &str) -> BTreeSet<String> {
    let list = answer[list].as_array().expect("a list").iter();
    list.map(|it| it["externalId"].as_str().expect("a text").to_owned()).collect()
}

/// The official connector's words, or the setting.
fn is_named(error: &str, setting: &str) -> bool {
    let official = ["Directory configuration incomplete.", "Username/password are not configured."];
    error.contains(setting) || official.iter().any(|it| error.contains(it))
}
