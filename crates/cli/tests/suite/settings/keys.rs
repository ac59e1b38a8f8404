//! Every key that today's connector has in `data.json`, set by its name on the command line and looked up in the file.

use crate::settings::{answer, home};
use serde_json::{Value, json};

/// Section of the command line, object of the file, keys with a value of their type.
type Section = (&'static str, &'static str, Vec<(&'static str, Value)>);

fn keys() -> Vec<Section> {
    let (yes, text) = (|| json!(true), |text: &str| json!(text));
    vec![
        (
            "ldap",
            "directoryLdap",
            vec![
                ("ssl", yes()),
                ("startTls", yes()),
                ("tlsCaPath", text(A_FILE)),
                ("sslAllowUnauthorized", yes()),
                ("sslCertPath", text(A_FILE)),
                ("sslKeyPath", text(A_FILE)),
                ("sslCaPath", text(A_FILE)),
                ("hostname", text("ldap.example.test")),
                ("port", json!(636)),
                ("domain", text("example.test")),
                ("rootPath", text("dc=example,dc=test")),
                ("currentUser", yes()),
                ("username", text("cn=reader")),
                ("password", text("one")),
                ("ad", yes()),
                ("pagedSearch", yes()),
            ],
        ),
        (
            "gsuite",
            "directoryGsuite",
            vec![
                ("clientEmail", text("c@example.test")),
                ("privateKey", text("two")),
                ("domain", text("example.test")),
                ("adminUser", text("a@example.test")),
                ("customer", text("C1")),
            ],
        ),
        (
            "entra",
            "directoryEntra",
            vec![
                ("identityAuthority", text("login.microsoftonline.us")),
                ("tenant", text("t")),
                ("applicationId", text("00001111-aaaa-2222-bbbb-3333cccc4444")),
                ("key", text("three")),
            ],
        ),
        ("okta", "directoryOkta", vec![("orgUrl", text("https://o.example.test")), ("token", text("four"))]),
        (
            "onelogin",
            "directoryOnelogin",
            vec![("clientId", text("c")), ("clientSecret", text("five")), ("region", text("eu"))],
        ),
        (
            "sync",
            "sync",
            vec![
                ("users", yes()),
                ("groups", yes()),
                ("interval", json!(15)),
                ("userFilter", text("(a=b)")),
                ("groupFilter", text("(c=d)")),
                ("removeDisabled", yes()),
                ("overwriteExisting", yes()),
                ("largeImport", yes()),
                ("inviteUsersAfterProvisioning", yes()),
                ("groupObjectClass", text("g")),
                ("userObjectClass", text("u")),
                ("groupPath", text("ou=g")),
                ("userPath", text("ou=u")),
                ("groupNameAttribute", text("cn")),
                ("userEmailAttribute", text("mail")),
                ("memberAttribute", text("member")),
                ("useEmailPrefixSuffix", yes()),
                ("emailPrefixAttribute", text("uid")),
                ("emailSuffix", text("@example.test")),
                ("creationDateAttribute", text("whenCreated")),
                ("revisionDateAttribute", text("whenChanged")),
            ],
        ),
        (
            "server",
            "environmentUrls",
            ["base", "webVault", "api", "identity"]
                .map(|key| (key, json!(format!("https://{}.example.test", key.to_lowercase()))))
                .to_vec(),
        ),
    ]
}

/// Where the command line has a word of its own.
fn name(section: &str, key: &str) -> String {
    match (section, key) {
        ("gsuite", "privateKey") => "gsuite.key".to_owned(),
        ("onelogin", "clientSecret") => "onelogin.secret".to_owned(),
        _ => format!("{section}.{key}"),
    }
}

/// A file that is there: one that is missing is warned of.
const A_FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");

#[test]
fn each_key_of_the_official_file_is_stored_under_its_name_with_its_type() {
    let home = home();
    let keys = keys();
    for (section, _, fields) in &keys {
        for (key, value) in fields {
            let typed = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            answer(&home, &["config", &name(section, key), &typed]);
        }
    }
    let mut data = home.data_json().expect("settings");
    for (_, object, fields) in &keys {
        let stored = data[object].as_object_mut().expect("an object");
        if object.starts_with("directory") {
            let id = stored.shift_remove("id").expect("an id");
            assert_eq!(id.as_str().map(str::len), Some(36), "{object}: {id}");
        }
        let expected: serde_json::Map<String, Value> =
            fields.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect();
        assert_eq!(*stored, expected, "{object}");
    }
}
