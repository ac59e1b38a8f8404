use super::*;
use crate::settings::DefaultList;
use serde_json::json;
use std::collections::BTreeSet;

fn stored(name: &str, typed: &str) -> Result<Value, SettingsError> {
    Setting::find(name).expect("a setting").parse(typed).map(|value| value.to_json())
}

#[test]
fn names_are_found_in_any_case_and_by_their_older_name() {
    assert_eq!(Setting::find("LDAP.Password").map(|it| it.name), Some("ldap.password"));
    assert_eq!(Setting::find("azure.KEY").map(|it| it.name), Some("entra.key"));
    assert_eq!(Setting::find("ldap"), None);
    assert_eq!(Setting::find(""), None);
}

#[test]
fn no_name_and_no_place_occurs_twice() {
    let names: BTreeSet<String> = Setting::all()
        .iter()
        .flat_map(|it| it.aliases.iter().chain([&it.name]))
        .map(|name| name.to_ascii_lowercase())
        .collect();
    assert_eq!(names.len(), Setting::all().iter().map(|it| 1 + it.aliases.len()).sum::<usize>());
    let places: BTreeSet<_> =
        Setting::all().iter().map(|it| (it.place.file, it.place.object, it.place.field)).collect();
    assert_eq!(places.len(), Setting::all().len());
}

#[test]
fn each_setting_has_a_variable_of_its_own_that_means_nothing_else() {
    let variable = |name| Setting::find(name).expect("a setting").variable();
    assert_eq!(variable("ldap.hostname"), "BWDC_LDAP_HOSTNAME");
    assert_eq!(variable("ldap.sslAllowUnauthorized"), "BWDC_LDAP_SSL_ALLOW_UNAUTHORIZED");
    assert_eq!(variable("leavers.out-of-scope"), "BWDC_LEAVERS_OUT_OF_SCOPE");
    let variables: BTreeSet<_> = Setting::all().iter().map(Setting::variable).collect();
    assert_eq!(variables.len(), Setting::all().len());
    for other in ["BWDC_PROFILE", "BWDC_SECRETS_DIR", "BWDC_SECRETS_PASSPHRASE"] {
        assert!(!variables.contains(other), "{other}");
    }
    assert!(!variables.iter().any(|it| it.starts_with("BWDC_SECRET_")));
}

#[test]
fn every_setting_of_our_own_file_is_one_that_the_file_takes() {
    let mut file = json!({});
    for setting in Setting::all().iter().filter(|it| it.place.file == SettingsFile::Connector) {
        let value = match &setting.kind {
            SettingKind::Choice(words) => json!(words[0]),
            SettingKind::Flag => json!(true),
            SettingKind::Number { range, .. } => json!(range.start()),
            SettingKind::List | SettingKind::Attributes | SettingKind::Servers | SettingKind::Sources => {
                json!(["a", "b"])
            }
            SettingKind::Names => json!(["ou=a", "ou=b"]),
            SettingKind::Mailboxes => json!(["a@x.test", "b@x.test"]),
            SettingKind::Mailbox => json!("a@x.test"),
            SettingKind::Listen => json!("9464"),
            SettingKind::Words(words) => json!(words),
            SettingKind::Domains => json!(["a.test", "b.test"]),
            SettingKind::Form(TextRule::Database) => json!("postgres://me@db.test/x"),
            SettingKind::Webhook => json!("https://a.test/?b=c"),
            SettingKind::Form(TextRule::WebAddress) | SettingKind::Address => json!("http://a.test"),
            _ => json!("text"),
        };
        let value = setting.parse_json(&value).expect("a value of its kind").to_json();
        match setting.place.object {
            Some(object) => file[object][setting.place.field] = value,
            None => file[setting.place.field] = value,
        }
    }
    let known = serde_json::to_value(crate::settings::ConnectorSettings::default()).expect("JSON");
    let settings: crate::settings::ConnectorSettings =
        serde_json::from_value(file.clone()).expect("all known");
    assert_eq!(serde_json::to_value(settings).expect("JSON"), file);
    let leaves = |value: &Value| -> usize {
        let parts = value.as_object().expect("an object").values();
        parts.map(|part| part.as_object().map_or(1, serde_json::Map::len)).sum()
    };
    assert_eq!(leaves(&known), leaves(&file), "a key of `connector.toml` cannot be set");
}

#[test]
fn the_default_of_our_own_file_is_the_table_s() {
    let known = serde_json::to_value(crate::settings::ConnectorSettings::default()).expect("JSON");
    let none = |_: &str| Value::Null;
    // What tells who is disabled depends on the server, and is not in the file unless somebody chose.
    let is_of_server = |it: &Setting| it.default == DefaultValue::List(DefaultList::DisabledBy);
    let ours = Setting::all().iter().filter(|it| it.place.file == SettingsFile::Connector);
    for setting in ours.filter(|it| !is_of_server(it)) {
        let object = setting.place.object.map_or(&known, |it| &known[it]);
        let counts = match &object[setting.place.field] {
            Value::Array(items) if items.is_empty() => Value::Null,
            // Not set is off.
            Value::Null if setting.kind == SettingKind::Flag => Value::Bool(false),
            counts => counts.clone(),
        };
        assert_eq!(setting.default_in(&none), counts, "{}", setting.name);
    }
}

#[test]
fn what_is_shown_depends_on_settings_that_there_are() {
    for setting in Setting::all() {
        for condition in setting.shown_when {
            let named = match condition {
                Condition::On(name) | Condition::Off(name) => (*name, SettingKind::Flag, None),
                Condition::Is(name, value) => {
                    let kind = Setting::find(name).map(|it| it.kind.clone()).expect("a setting");
                    (*name, kind, Some(*value))
                }
                _ => continue,
            };
            let found = Setting::find(named.0).expect("a setting");
            assert_eq!(found.kind, named.1, "{}", setting.name);
            if let Some(value) = named.2 {
                assert!(found.parse(value).is_ok(), "{}", setting.name);
            }
        }
    }
}

#[test]
fn a_setting_is_shown_where_it_matters_and_its_default_follows_the_others() {
    let values = json!({ "directory": 0, "ldap.ssl": true, "ldap.preset": "lldap", "sync.users": true });
    let value_of = |name: &str| values[name].clone();
    let shown = |name| Setting::find(name).expect("a setting").is_shown(&value_of);
    assert!(shown("ldap.sslCaPath") && shown("sync.userObjectClass") && shown("limits.removals"));
    assert!(!shown("ldap.tlsCaPath") && !shown("ldap.domain") && !shown("okta.token"));
    assert!(!shown("sync.groupFilter"));
    let default = |name| Setting::find(name).expect("a setting").default_in(&value_of);
    assert_eq!(default("sync.userPath"), json!("ou=people"));
    assert_eq!(default("sync.memberAttribute"), json!("member"));
    assert_eq!(default("sync.groupObjectClass"), json!("groupOfUniqueNames"));
    assert_eq!(default("ldap.disabled-by"), json!(["userAccountControl"]));
    assert_eq!(default("ldap.primary-groups"), json!(false));
    for (preset, signs, primary) in [
        ("openldap", json!(["pwdAccountLockedTime"]), false),
        ("freeipa", json!(["nsAccountLock"]), false),
        ("open-directory", json!(["userAccountControl"]), true),
    ] {
        let values = json!({ "directory": 0, "ldap.preset": preset });
        let value_of = |name: &str| values[name].clone();
        let default = |name| Setting::find(name).expect("a setting").default_in(&value_of);
        assert_eq!((default("ldap.disabled-by"), default("ldap.primary-groups")), (signs, json!(primary)));
    }
}

#[test]
fn a_value_of_another_type_is_refused_in_a_file() {
    let parse = |name, value| Setting::find(name).expect("a setting").parse_json(&value);
    assert!(parse("ldap.ssl", json!("true")).is_err());
    assert!(parse("ldap.hostname", json!(3)).is_err());
    assert!(parse("protected", json!(["a", 1])).is_err());
    assert!(parse("directory", json!("exchange")).is_err());
    for (value, number) in [(json!("ldap"), 0), (json!("entra"), 1), (json!(3), 3)] {
        assert_eq!(parse("directory", value).map(|it| it.to_json()), Ok(json!(number)));
    }
    for (word, kind) in DirectoryKind::WORDS.iter().zip(DirectoryKind::ALL) {
        assert_eq!(parse("directory", json!(word)), Ok(SettingValue::Directory(kind)));
    }
    assert_eq!(parse("ldap.port", json!(636)), Ok(SettingValue::Number(636)));
    assert!(parse("leavers.gone", json!("delete")).is_err());
}

#[test]
fn each_kind_is_checked_and_stored_as_its_own_type() {
    assert_eq!(stored("ldap.port", " 636 "), Ok(json!(636)));
    assert_eq!(stored("ldap.ssl", "True"), Ok(json!(true)));
    assert_eq!(stored("sync.userFilter", "(cn=a) "), Ok(json!("(cn=a) ")));
    assert_eq!(stored("sync.userFilter", " "), Ok(json!(null)));
    assert_eq!(stored("directory", "3"), Ok(json!(3)));
    assert_eq!(stored("server", "vault.example.test//"), Ok(json!("https://vault.example.test")));
    for cloud in ["null", "bitwarden.com", "https://bitwarden.com/"] {
        assert_eq!(stored("server", cloud), Ok(json!(null)), "{cloud}");
    }
}

#[test]
fn a_wrong_value_says_what_would_be_right() {
    for (name, typed, expected) in [
        ("ldap.port", "0", "from 1 to 65535"),
        ("ldap.port", "abc", "from 1 to 65535"),
        ("ldap.ssl", "1", "true or false"),
        ("sync.interval", "4", "from 5"),
        ("directory", "abc", "2 (Google Workspace)"),
        ("directory", "5", "2 (Google Workspace)"),
        ("server.api", "ftp://x", "a URL"),
        ("server", "https://vault.example.test/#/login", "a URL"),
        ("server", "javascript:alert(1)", "a URL"),
        ("server", "https://vault.example.test:port", "a port from 1 to 65535"),
        ("server", "https://vault.example.test?x=1", "a URL"),
        ("ldap.hostname", "ldap://dc.example.test", "without a scheme"),
        ("ldap.hostname", "dc.example.test:389,other.example.test", "without a scheme"),
        ("ldap.hostname", "dc.example.test/", "without a scheme"),
        ("ldap.hostname", "dc.example.test,other.example.test:port", "a port from 1 to 65535"),
        ("ldap.hostname", "dc.example.test other.example.test", "without a scheme"),
        ("ldap.hostname", "[::1]:636", "without a scheme"),
        ("ldap.hostname", "::1:636:x", "without a scheme"),
        ("ldap.hostname", "dc.example.test,a b", "host:port"),
        ("notify.mail-server", "a b:465", "host:port"),
        ("ldap.rootPath", "example.com", "dc=example,dc=com"),
        ("sync.userPath", "people", "ou=people"),
        ("ldap.user-paths", "ou=people;staff", "distinguished names"),
        ("sync.userEmailAttribute", "mail address", "without blanks"),
        ("sync.userObjectClass", "person inetOrgPerson", "without blanks"),
        ("leavers.mark-attribute", "(employeeNumber=*)", "without blanks"),
        ("ldap.email-attributes", "mail,mail alias", "names of attributes"),
        ("ldap.further-servers", "ldaps://other.example.test", "host:port"),
        ("ldap.disabled-by", "nsAccountLock,sambaAcctFlags", "shadowExpire"),
        ("okta.active-statuses", "ACTIVE,DEPROVISIONED", "SUSPENDED"),
        ("onelogin.active-statuses", "gone", "a list of"),
        ("entra.tenant", "my tenant", "name or the id of a tenant"),
        ("entra.applicationId", "directory reader", "0000"),
        ("entra.identityAuthority", "login.example.test", "login.microsoftonline.com"),
        ("entra.metadata-url", "169.254.169.254", "a URL"),
        ("gsuite.domain", "example", "one domain, or several"),
        ("gsuite.adminUser", "boss", "an e-mail address"),
        ("gsuite.clientEmail", "sync", "an e-mail address"),
        ("gsuite.customer", "my customer", "my_customer"),
        ("okta.client-id", "an id", "without blanks"),
        ("onelogin.clientId", "an id", "without blanks"),
        ("sync.emailSuffix", "example.com", "@example.com"),
        ("ldap.domain", "example com", "a domain"),
        ("allowed-domains", "example.com, my company", "domains"),
        ("proxy", "proxy.example.test:3128", "an address"),
        ("lease.database", "db.example.test", "postgres://"),
    ] {
        let error = stored(name, typed).expect_err("refused").to_string();
        assert!(error.contains(expected) && error.contains(name), "{error}");
    }
}

#[test]
fn what_names_a_server_is_taken_as_it_is_meant() {
    for host in [
        "dc.example.test",
        "10.1.2.3",
        "[2001:db8::1]",
        "2001:db8::1",
        "one.test, two.test:3269",
        "/run/slapd/ldapi",
        "ldapi://%2frun%2fslapd%2fldapi",
    ] {
        assert_eq!(stored("ldap.hostname", host), Ok(json!(host)));
    }
    assert_eq!(
        stored("server", "https://vault.example.test:8443/bitwarden/"),
        Ok(json!("https://vault.example.test:8443/bitwarden"))
    );
    assert_eq!(stored("server", "http://[::1]:8080"), Ok(json!("http://[::1]:8080")));
    assert_eq!(stored("ldap.disabled-by", "nsaccountlock"), Ok(json!(["nsaccountlock"])));
    for (typed, number) in [("ldap", 0), ("AD", 0), ("entra", 1), ("google", 2), ("Okta", 3), ("onelogin", 4)]
    {
        assert_eq!(stored("directory", typed), Ok(json!(number)), "{typed}");
    }
}

#[test]
fn a_password_in_an_address_is_refused_and_not_shown() {
    let typed = [
        "http://me:hunter2@p.test",
        "me:hunter2@p.test",
        "http://hunter2@p.test",
        "http://a:hun/ter2@p.test",
    ];
    for name in ["proxy", "update-feed"] {
        for typed in typed {
            let error = stored(name, typed).expect_err(typed).to_string();
            assert!(!error.contains("ter2") && error.contains("HTTPS_PROXY"), "{error}");
        }
        assert_eq!(stored(name, " http://p.test:3128 "), Ok(json!("http://p.test:3128")));
        assert_eq!(stored(name, ""), Ok(json!(null)));
    }
    assert_eq!(without_credentials("http://me:hun@ter2@p.test"), "http://(hidden)@p.test");
    assert_eq!(without_credentials("(mail=*@example.test)"), "(mail=*@example.test)");
}

#[test]
fn a_typed_secret_is_not_repeated() {
    let error = stored("lease.database", "postgres://me:hunter2@db.test/x").expect_err("refused").to_string();
    assert!(!error.contains("hunter2"), "{error}");
    let error = stored("ldap.password", "hunter2").expect_err("refused").to_string();
    assert!(!error.contains("hunter2"), "{error}");
}
