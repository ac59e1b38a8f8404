//! Which settings a form has: those of the chosen directory, and of them those that matter as the others are.

use super::scenes::{entries, settings};
use bwdc_core::settings::Setting;
use bwdc_desktop::app::App;
use bwdc_messages::setting::label;
use serde_json::json;
use std::collections::BTreeMap;

/// What each field of the form holds in place of a value, by its setting, over all sections.
fn fields(app: &mut App) -> BTreeMap<&'static str, String> {
    let mut found = BTreeMap::new();
    for section in 0..app.settings.sections().len() {
        app.settings.select(section);
        found.extend(app.settings.fields().into_iter().map(|it| (it.name, it.placeholder)));
    }
    found
}

/// What the form has and has not when these are typed one after another.
fn check(typed: &[(&str, &str)], there: &[&str], hidden: &[&str]) {
    let mut app = settings(entries(&[("directory", json!(0)), ("ldap.ad", json!(false))]));
    for (name, text) in typed {
        app.settings.type_value(name, text);
    }
    let found = fields(&mut app);
    for name in there {
        assert!(found.contains_key(name), "{typed:?}: no `{name}` among {:?}", found.keys());
    }
    for name in hidden {
        assert!(!found.contains_key(name), "{typed:?}: `{name}` is there");
    }
}

#[test]
fn the_kinds_of_directory_stand_in_the_order_of_the_official_app_and_each_has_its_own_fields() {
    let mut app = settings(entries(&[]));
    app.settings.select(1);
    let kind = app.settings.fields().into_iter().find(|it| it.name == "directory").expect("the type");
    let shown: Vec<&str> = kind.choices.iter().map(String::as_str).filter(|it| !it.is_empty()).collect();
    let begins = ["Active Directory", "Microsoft Entra", "Google", "Okta", "OneLogin"];
    let of_kinds = &shown[shown.len() - begins.len()..];
    assert!(of_kinds.iter().zip(begins).all(|(it, begin)| it.contains(begin)), "{shown:?}");
    let own = ["ldap.hostname", "entra.tenant", "gsuite.customer", "okta.orgUrl", "onelogin.clientId"];
    for (number, name) in own.iter().enumerate() {
        let others: Vec<&str> = own.iter().copied().filter(|it| it != name).collect();
        check(&[("directory", &number.to_string())], &[name], &others);
    }
}

#[test]
fn active_directory_hides_what_it_knows_itself_and_other_servers_show_it() {
    let names = [
        "ldap.pagedSearch",
        "sync.userObjectClass",
        "sync.userEmailAttribute",
        "sync.groupObjectClass",
        "sync.groupNameAttribute",
        "sync.memberAttribute",
    ];
    let synced = [("sync.users", "true"), ("sync.groups", "true")];
    check(&synced, &names, &[]);
    let active_directory = [synced.as_slice(), &[("ldap.ad", "true")]].concat();
    check(&active_directory, &["sync.userPath", "sync.groupPath"], &names);
}

#[test]
fn encryption_shows_the_files_of_the_chosen_kind() {
    let of_tls = ["ldap.startTls", "ldap.sslAllowUnauthorized"];
    let of_ldaps = ["ldap.sslCaPath", "ldap.sslCertPath", "ldap.sslKeyPath"];
    check(&[], &["ldap.ssl"], &[of_tls.as_slice(), &of_ldaps, &["ldap.tlsCaPath"]].concat());
    check(&[("ldap.ssl", "true")], &[of_tls.as_slice(), &of_ldaps].concat(), &["ldap.tlsCaPath"]);
    let typed = [("ldap.ssl", "true"), ("ldap.startTls", "true")];
    check(&typed, &[of_tls.as_slice(), &["ldap.tlsCaPath"]].concat(), &of_ldaps);
}

#[test]
fn an_address_of_prefix_and_suffix_is_asked_for_where_it_is_made() {
    let both = ["sync.emailPrefixAttribute", "sync.emailSuffix"];
    check(&[], &["sync.useEmailPrefixSuffix"], &both);
    check(&[("sync.useEmailPrefixSuffix", "true")], &both, &[]);
    let typed = [("sync.useEmailPrefixSuffix", "true"), ("ldap.ad", "true")];
    check(&typed, &["sync.emailSuffix"], &["sync.emailPrefixAttribute"]);
    check(&[("directory", "4"), ("sync.useEmailPrefixSuffix", "true")], &["sync.emailSuffix"], &[]);
    check(&[("directory", "3")], &[], &["sync.useEmailPrefixSuffix"]);
}

#[test]
fn what_is_not_synced_has_no_filter_and_no_path() {
    let (people, groups) = (["sync.userFilter", "sync.userPath"], ["sync.groupFilter", "sync.groupPath"]);
    check(&[("sync.users", "true"), ("sync.groups", "true")], &[people, groups].concat(), &[]);
    check(&[("sync.users", "true")], &people, &groups);
    check(&[("sync.groups", "true")], &groups, &people);
}

#[test]
fn a_port_that_was_stored_as_text_is_shown_and_kept_as_it_is() {
    let mut app = settings(entries(&[("directory", json!(0)), ("ldap.port", json!("636"))]));
    app.settings.select(2);
    let port = app.settings.fields().into_iter().find(|it| it.name == "ldap.port").expect("the port");
    assert_eq!((port.value.as_str(), port.error.as_str()), ("636", ""));
    app.settings.type_value("ldap.port", "636");
    assert!(!app.settings.is_changed());
}

#[test]
fn each_cloud_of_microsoft_can_be_chosen_by_its_name() {
    let mut app = settings(entries(&[("directory", json!(1))]));
    app.settings.type_value("entra.identityAuthority", "login.microsoftonline.us");
    let section = app.settings.sections().iter().position(|(title, ..)| title.contains("Entra"));
    app.settings.select(section.expect("the section"));
    let shown = app.settings.fields();
    let cloud = shown.iter().find(|it| it.name == "entra.identityAuthority").expect("the cloud");
    assert!(cloud.error.is_empty() && (cloud.choice.is_some() || cloud.value.ends_with(".us")));
}

#[test]
fn every_filter_says_what_it_takes_and_is_checked_as_it_is_typed() {
    for kind in 0..5 {
        for name in ["sync.userFilter", "sync.groupFilter"] {
            let set = [("directory", json!(kind)), ("sync.users", json!(true)), ("sync.groups", json!(true))];
            let mut app = settings(entries(&set));
            app.settings.type_value(name, "exclude:");
            let mut found = None;
            for section in 0..app.settings.sections().len() {
                app.settings.select(section);
                found = found.or(app.settings.fields().into_iter().find(|it| it.name == name));
            }
            let found = found.expect("the filter");
            assert!(!found.help.is_empty(), "{kind}: {name}");
            assert_eq!(found.label.is_empty(), label(Setting::find(name).expect("it")).is_empty());
            assert!(!found.error.is_empty(), "{kind}: {name}: `exclude:` names nobody");
        }
    }
}
