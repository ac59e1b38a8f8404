use super::*;
use serde_json::json;

fn stored(value: Value) -> Map<String, Value> {
    value.as_object().expect("an object").clone()
}

fn server(change: Value) -> Result<LdapSettings, SettingsError> {
    let mut fields = stored(json!({
        "hostname": "dc1", "port": 389, "rootPath": "dc=example,dc=test", "username": "cn=reader",
    }));
    fields.extend(stored(change));
    LdapSettings::from_stored(&fields, &LdapOptions::default())
}

#[test]
fn start_tls_without_ssl_is_refused_and_names_the_setting() {
    assert_eq!(
        server(json!({"startTls": true, "ssl": false})),
        Err(SettingsError::Contradiction(Contradiction::StartTlsWithoutTls))
    );
    assert_eq!(Contradiction::StartTlsWithoutTls.settings(), ("ldap.startTls", "ldap.ssl"));
}

#[test]
fn security_follows_ssl_and_start_tls() {
    for (ssl, start_tls, expected) in [
        (false, false, Security::ClearText),
        (true, false, Security::Ldaps),
        (true, true, Security::StartTls),
    ] {
        assert_eq!(server(json!({"ssl": ssl, "startTls": start_tls})).map(|it| it.security), Ok(expected));
    }
}

#[test]
fn a_port_may_be_stored_as_text_but_has_to_be_one() {
    assert_eq!(server(json!({"port": "636"})).map(|it| it.port), Ok(636));
    assert!(server(json!({"port": 70000})).is_err());
    assert!(server(json!({"port": 0})).is_err());
    assert_eq!(server(json!({"port": null})), Err(SettingsError::Missing { key: "ldap.port" }));
}

#[test]
fn a_base_is_the_path_before_the_root_from_its_first_dc() {
    for (path, root, expected) in [
        ("ou=p", "ou=x,DC=example,dc=test", "ou=p,DC=example,dc=test"),
        ("", "ou=x,dc=example", "dc=example"),
        (" ", "o=corp", "o=corp"),
        ("ou=p", "o=corp", "ou=p,o=corp"),
        ("ou=p, O=Corp", "o=corp", "ou=p, O=Corp"),
        ("ou=p,o=subsidiary", "o=corp", "ou=p,o=subsidiary"),
    ] {
        assert_eq!(search_base(path, root), expected);
    }
    assert_eq!(search_bases(&[String::new(), "ou=a".to_owned()], "dc=x", LdapScope::Subtree), ["dc=x"]);
    let root = |root: &str| server(json!({ "rootPath": root })).expect("valid");
    assert_eq!(root("OU=x, DC=example").cut_from_root(), Some("OU=x"));
    assert_eq!((root("dc=example").cut_from_root(), root("o=corp").cut_from_root()), (None, None));
}

#[test]
fn active_directory_brings_its_own_names() {
    let ldap = server(json!({"ad": true})).expect("valid");
    let layout = LdapLayout::from_stored(
        &stored(json!({"userObjectClass": "x", "groups": true})),
        &ldap,
        &LdapOptions::default(),
    )
    .expect("valid");
    assert_eq!(layout.user_bases, ["dc=example,dc=test"]);
    assert_eq!(layout.user_object_class.as_deref(), Some("person"));
    assert_eq!((layout.group_name_attribute.as_str(), layout.member_attribute.as_str()), ("name", "member"));
}

#[test]
fn a_class_or_a_filter_is_needed() {
    let ldap = server(json!({})).expect("valid");
    let missing =
        |sync| LdapLayout::from_stored(&stored(sync), &ldap, &LdapOptions::default()).expect_err("missing");
    assert_eq!(missing(json!({})), SettingsError::Missing { key: "sync.userObjectClass" });
    assert_eq!(
        missing(json!({"userObjectClass": "person", "groups": true})),
        SettingsError::Missing { key: "sync.groupObjectClass" }
    );
}

fn with(options: Value) -> LdapOptions {
    serde_json::from_value(options).expect("options")
}

#[test]
fn what_is_stored_goes_before_the_preset() {
    let ldap = server(json!({})).expect("valid");
    let sync = stored(json!({"groups": true, "memberAttribute": "owner"}));
    for preset in LdapPreset::ALL.into_iter().filter(|it| !it.is_active_directory()) {
        let options = LdapOptions { preset: Some(preset), ..LdapOptions::default() };
        let layout = LdapLayout::from_stored(&sync, &ldap, &options).expect("a preset names its classes");
        assert_eq!(layout.member_attribute, "owner");
        assert_eq!(layout.user_object_class.as_deref(), Some("inetOrgPerson"));
    }
    let samba = with(json!({"preset": "samba"}));
    let fields = json!({"hostname": "dc1", "port": 389, "rootPath": "dc=x", "username": "r"});
    assert!(LdapSettings::from_stored(&stored(fields), &samba).expect("valid").active_directory);
    let freeipa = with(json!({"preset": "freeipa"}));
    let layout = LdapLayout::from_stored(&stored(json!({})), &ldap, &freeipa).expect("valid");
    assert_eq!(layout.user_bases, ["cn=users,cn=accounts,dc=example,dc=test"]);
    assert_eq!(layout.disabled_by, [DisabledBy::NsAccountLock]);
}

#[test]
fn a_base_inside_another_is_read_once() {
    let paths = ["ou=a", "OU=inner, ou=a", "ou=b", "ou=B"].map(str::to_owned);
    assert_eq!(search_bases(&paths, "dc=x", LdapScope::Subtree), ["ou=a,dc=x", "ou=b,dc=x"]);
    assert_eq!(search_bases(&paths, "dc=x", LdapScope::OneLevel).len(), 3);
    let inner_first = ["ou=inner,ou=a", "ou=a"].map(str::to_owned);
    assert_eq!(search_bases(&inner_first, "dc=x", LdapScope::Subtree), ["ou=a,dc=x"]);
    assert_eq!(search_bases(&["ou=sa".to_owned(), "ou=a".to_owned()], "dc=x", LdapScope::Subtree).len(), 2);
}

#[test]
fn who_is_disabled_is_told_by_attributes_that_are_known() {
    let ldap = server(json!({})).expect("valid");
    let sync = stored(json!({"userObjectClass": "person"}));
    let layout = |options| LdapLayout::from_stored(&sync, &ldap, &with(options)).map(|it| it.disabled_by);
    assert_eq!(layout(json!({})), Ok(vec![DisabledBy::UserAccountControl]));
    assert_eq!(layout(json!({"disabled-by": ["shadowexpire"]})), Ok(vec![DisabledBy::ShadowExpire]));
    let error = layout(json!({"disabled-by": ["accountStatus"]})).expect_err("unknown").to_string();
    assert!(error.contains("ldap.disabled-by") && error.contains("pwdAccountLockedTime"), "{error}");
}

#[test]
fn further_servers_have_the_port_of_the_first_unless_told() {
    let options = with(json!({"further-servers": ["dc2", "dc3:3269", "fe80::1", "[fe80::2]:636"]}));
    let fields = json!({"hostname": "dc1", "port": 389, "rootPath": "dc=x", "username": "r"});
    let settings = LdapSettings::from_stored(&stored(fields.clone()), &options).expect("valid");
    let found: Vec<_> = settings.further_servers.iter().map(|it| (it.hostname.as_str(), it.port)).collect();
    assert_eq!(found, [("dc2", 389), ("dc3", 3269), ("fe80::1", 389), ("fe80::2", 636)]);
    for wrong in ["dc2:0", "dc2:abc", "ldap://dc2", ""] {
        let options = LdapOptions { further_servers: vec![wrong.to_owned()], ..LdapOptions::default() };
        assert!(LdapSettings::from_stored(&stored(fields.clone()), &options).is_err(), "{wrong}");
    }
}

#[test]
fn a_password_in_clear_text_is_seen_on_a_network_only() {
    let shows = |change| server(change).expect("valid").shows_password();
    assert!(shows(json!({})) && shows(json!({"hostname": "192.0.2.1"})));
    assert!(!shows(json!({"ssl": true})) && !shows(json!({"ssl": true, "startTls": true})));
    assert!(!shows(json!({"currentUser": true})));
    for here in ["localhost", "127.0.0.1", "::1", "[::1]", "/run/ldapi"] {
        assert!(!shows(json!({"hostname": here})), "{here}");
    }
}

#[test]
fn several_hosts_may_stand_in_one_setting() {
    let settings = server(json!({"hostname": "dc1, dc2:3269;[fe80::2]:636", "port": 389})).expect("valid");
    assert_eq!(settings.hostname, "dc1");
    let found: Vec<_> = settings.further_servers.iter().map(|it| (it.hostname.as_str(), it.port)).collect();
    assert_eq!(found, [("dc2", 3269), ("fe80::2", 636)]);
    let error = server(json!({"hostname": "dc1, dc2:0"})).expect_err("no port");
    assert!(matches!(error, SettingsError::Invalid { key: "ldap.hostname", .. }), "{error:?}");
}

#[test]
fn without_a_server_the_domain_tells() {
    let located = server(json!({"hostname": null, "port": null, "domain": "example.test"})).expect("valid");
    assert_eq!((located.located_in.as_deref(), located.port), (Some("example.test"), 0));
    assert!(located.hostname.is_empty() && located.further_servers.is_empty());
    let catalog = server(json!({"hostname": "", "port": 3269, "domain": "example.test"})).expect("valid");
    assert_eq!((catalog.located_in.as_deref(), catalog.port), (Some("example.test"), 3269));
    let named = server(json!({"domain": "example.test"})).expect("valid");
    assert_eq!((named.located_in, named.hostname.as_str()), (None, "dc1"));
    assert_eq!(server(json!({"hostname": ""})), Err(SettingsError::Missing { key: "ldap.hostname" }));
}

#[test]
fn a_socket_needs_no_port_and_an_external_sign_in_needs_something_to_show() {
    let external = with(json!({"sign-in": "external"}));
    let fields = |hostname: &str, more: Value| {
        let mut fields = stored(json!({"hostname": hostname, "rootPath": "dc=x"}));
        fields.extend(stored(more));
        LdapSettings::from_stored(&fields, &external)
    };
    for path in ["/run/ldapi", "ldapi://%2Frun%2fldapi", "LDAPI:///run/ldapi"] {
        let settings = fields(path, json!({"ssl": true})).expect("valid");
        assert!(
            settings.local && settings.bind == Bind::External && settings.security == Security::ClearText
        );
        assert_eq!(settings.hostname, "/run/ldapi");
    }
    let shown = json!({"port": 636, "ssl": true, "sslCertPath": "c", "sslKeyPath": "k"});
    assert_eq!(fields("dc1", shown).map(|it| it.bind), Ok(Bind::External));
    for lacking in [json!({"port": 389}), json!({"port": 636, "ssl": true})] {
        assert!(matches!(
            fields("dc1", lacking),
            Err(SettingsError::Contradiction(Contradiction::ExternalWithoutCertificate))
        ));
    }
}

#[test]
fn the_settings_that_say_where_addresses_come_from_are_those_that_count() {
    let of = |ad: bool, attributes: &[&str], sync: Value| {
        let ldap = server(json!({ "ad": ad })).expect("valid");
        let email_attributes = attributes.iter().map(|it| (*it).to_owned()).collect();
        let options = LdapOptions { email_attributes, ..LdapOptions::default() };
        let mut fields = stored(json!({"userObjectClass": "person", "groupObjectClass": "groupOfNames"}));
        fields.extend(stored(sync));
        LdapLayout::from_stored(&fields, &ldap, &options).expect("valid").address_settings.join(" ")
    };
    let composed =
        || json!({"useEmailPrefixSuffix": true, "emailPrefixAttribute": "uid", "emailSuffix": "@x"});
    assert_eq!(of(false, &[], json!({})), "sync.userEmailAttribute");
    assert_eq!(of(false, &["email"], json!({})), "ldap.email-attributes");
    assert_eq!(of(false, &[], composed()), "sync.userEmailAttribute sync.emailPrefixAttribute");
    // There the attribute is fixed.
    assert_eq!(of(true, &[], json!({"userEmailAttribute": "mail"})), "ldap.email-attributes");
    assert_eq!(of(true, &[], composed()), "ldap.email-attributes");
}
