//! `data.json` and `connector.toml`: read whole or refused, written whole, nothing lost.

use bwdc_core::names::Timestamp;
use bwdc_core::settings::{DirectoryKind, LeaverAction};
use bwdc_engine::paths::Profile;
use bwdc_engine::store::{Overrides, Store, StoreError, SyncedKind, read_connector_settings};
use serde_json::{Value, json};
use std::process::Command;
use tempfile::TempDir;

const OFFICIAL: &str = "{\n  \"stateVersion\": 8,\n  \"installedVersion\": \"2026.6.1\",\n  \"appId\": \"0c6f8b2e-1f0e-4a0b-9d43-5f4f6f1c1a11\",\n  \"zebra\": {\n    \"b\": [],\n    \"a\": {}\n  },\n  \"window\": {\n    \"width\": 800.5,\n    \"maximized\": false\n  },\n  \"syncingDir\": null,\n  \"aardvark\": 1e+21\n}";

fn profile_with(content: impl AsRef<[u8]>) -> (TempDir, Profile) {
    let folder = tempfile::tempdir().expect("a folder");
    let profile = Profile::new(folder.path());
    std::fs::write(&profile.data_json, content).expect("writable");
    (folder, profile)
}

fn content(profile: &Profile) -> String {
    std::fs::read_to_string(&profile.data_json).expect("readable")
}

#[test]
fn a_missing_file_is_a_new_installation_that_exists_from_the_first_change_on() {
    let folder = tempfile::tempdir().expect("a folder");
    let profile = Profile::new(folder.path().join("new"));
    let mut store = Store::open(&profile).expect("new");
    let id = store.data().app_id().expect("an id").to_owned();
    assert!(!store.update(|_| ()).expect("writable").written);
    assert!(!profile.data_json.exists());
    assert!(
        store
            .update(|data| data.set_last_sync(SyncedKind::Users, Some(Timestamp(1_795_180_720_171))))
            .expect("writable")
            .written
    );
    assert_eq!(
        content(&profile),
        format!(
            "{{\n  \"stateVersion\": 8,\n  \"appId\": \"{id}\",\n  \"lastUserSync\": \"2026-11-20T13:18:40.171Z\"\n}}"
        )
    );
    assert!(!profile.folder.join("data.json.lock").exists());
}

#[cfg(unix)]
#[test]
fn a_new_folder_and_file_are_the_owners_and_a_wider_file_is_tightened() {
    use std::os::unix::fs::PermissionsExt;
    let mode = |path: &std::path::Path| std::fs::metadata(path).expect("exists").permissions().mode() & 0o777;
    let folder = tempfile::tempdir().expect("a folder");
    let profile = Profile::new(folder.path().join("new"));
    let mut store = Store::open(&profile).expect("new");
    store.update(|data| data.set_entity_id(Some("x"))).expect("writable");
    assert_eq!((mode(&profile.folder), mode(&profile.data_json)), (0o700, 0o600));

    let widen = || {
        std::fs::set_permissions(&profile.data_json, PermissionsExt::from_mode(0o644)).expect("is ours");
    };
    widen();
    let warning = store.too_open().expect("too open");
    assert_eq!(warning.mode, 0o644);
    assert!(warning.to_string().contains("chmod 600"), "{warning}");
    let updated = store.update(|data| data.set_entity_id(Some("y"))).expect("writable");
    assert_eq!(updated.tightened, Some(warning));
    assert_eq!(mode(&profile.data_json), 0o600);
    widen();
    assert!(store.update(|_| ()).expect("writable").tightened.is_some());
    assert_eq!(mode(&profile.data_json), 0o600);
    assert!(store.update(|_| ()).expect("writable").tightened.is_none());
}

#[test]
fn unknown_keys_and_the_order_of_all_stay_byte_for_byte() {
    let (_folder, profile) = profile_with(OFFICIAL);
    let mut store = Store::open(&profile).expect("official");
    store.update(|data| data.set_last_sync_hash(Some("h"))).expect("writable");
    assert_eq!(
        content(&profile),
        format!("{},\n  \"lastSyncHash\": \"h\"\n}}", &OFFICIAL[..OFFICIAL.len() - 2])
    );
    store.update(|data| data.set_last_sync_hash(None)).expect("writable");
    assert_eq!(content(&profile), OFFICIAL);
}

#[test]
fn a_change_that_changes_nothing_does_not_touch_the_file() {
    let (_folder, profile) = profile_with("{\"stateVersion\":8,   \"entityId\":\"x\"}\n");
    let mut store = Store::open(&profile).expect("readable");
    let updated = store.update(|data| data.set_entity_id(Some("x"))).expect("writable");
    assert!(!updated.written);
    assert_eq!(content(&profile), "{\"stateVersion\":8,   \"entityId\":\"x\"}\n");
}

#[test]
fn a_byte_order_mark_is_accepted_and_goes_with_the_next_write() {
    let (_folder, profile) = profile_with(format!("\u{feff}{OFFICIAL}"));
    let mut store = Store::open(&profile).expect("readable");
    assert_eq!(store.data().installed_version(), Some("2026.6.1"));
    store.update(|data| data.set_last_sync_hash(Some("h"))).expect("writable");
    assert!(content(&profile).starts_with("{\n  \"stateVersion\": 8"));
}

#[test]
fn a_damaged_file_is_refused_with_its_place_and_kept() {
    let cases: [(&[u8], usize); 7] = [
        (&OFFICIAL.as_bytes()[..120], 5),
        (b"", 1),
        (b"[]", 1),
        (b"\"text\"", 1),
        (b"{\n  \"stateVersion\": 8,\n  \"accessToken\": \"sesame\" oops\n}", 3),
        (b"\0\0\0\0", 1),
        (b"\xff\xfe{\0}\0", 1),
    ];
    for (damaged, expected) in cases {
        let (_folder, profile) = profile_with(damaged);
        let error = Store::open(&profile).err().expect("damaged");
        let StoreError::Invalid { path, line, column, .. } = &error else { panic!("{error}") };
        assert_eq!((path, *line), (&profile.data_json, expected), "{error}");
        assert!(error.to_string().contains(&format!("line {line}, column {column}")), "{error}");
        assert!(!error.to_string().contains("sesame"));
        assert_eq!(std::fs::read(&profile.data_json).expect("kept"), damaged);
    }
}

#[test]
fn a_file_damaged_after_it_was_opened_is_not_overwritten() {
    let (_folder, profile) = profile_with(OFFICIAL);
    let mut store = Store::open(&profile).expect("readable");
    std::fs::write(&profile.data_json, "{\n  \"sta").expect("writable");
    let error = store.update(|data| data.set_entity_id(Some("x"))).expect_err("damaged");
    assert!(matches!(error, StoreError::Invalid { line: 2, .. }), "{error}");
    assert_eq!(content(&profile), "{\n  \"sta");
}

#[test]
fn later_versions_are_read_and_kept() {
    let (_folder, profile) = profile_with(r#"{"stateVersion": 11, "entityId": "x"}"#);
    let mut store = Store::open(&profile).expect("later");
    store.update(|data| data.set_entity_id(None)).expect("writable");
    assert_eq!(content(&profile), "{\n  \"stateVersion\": 11\n}");
}

#[test]
fn a_file_without_a_version_is_taken_when_its_keys_are_ours_and_refused_otherwise() {
    let (_folder, profile) = profile_with(r#"{"directoryType": 0}"#);
    let mut store = Store::open(&profile).expect("flat");
    assert_eq!(store.data().directory_kind().expect("valid"), Some(DirectoryKind::Ldap));
    store.update(|data| data.set_entity_id(Some("x"))).expect("writable");
    assert_eq!(
        content(&profile),
        "{\n  \"directoryType\": 0,\n  \"stateVersion\": 8,\n  \"entityId\": \"x\"\n}"
    );

    let (_folder, profile) = profile_with(r#"{"name": "package"}"#);
    assert!(matches!(Store::open(&profile).err(), Some(StoreError::Foreign { .. })));
    let (_folder, profile) = profile_with("{}");
    assert!(Store::open(&profile).expect("as good as none").data().app_id().is_some());
}

#[test]
fn a_known_key_of_the_wrong_kind_is_named() {
    let (_folder, profile) =
        profile_with(r#"{"stateVersion": 8, "sync": "all", "directoryType": 9, "directoryLdap": null}"#);
    let store = Store::open(&profile).expect("readable");
    let error = store.data().sync().expect_err("a string");
    assert_eq!(error.to_string(), "`sync` in `data.json` should be an object");
    assert!(store.data().directory_kind().is_err());
    assert!(store.data().directory(DirectoryKind::Ldap).expect("null is none").is_empty());
}

#[test]
fn the_id_of_a_directory_stays_with_its_account() {
    let (_folder, profile) = profile_with(
        r#"{"stateVersion": 8, "directoryLdap": {"id": "one", "hostname": "a", "username": "u", "domain": ""}}"#,
    );
    let mut store = Store::open(&profile).expect("readable");
    let mut set = |field: &str, value: Value| {
        let updated = store
            .update(|data| {
                data.update_directory(DirectoryKind::Ldap, |ldap| ldap.insert(field.to_owned(), value))
            })
            .expect("writable");
        updated.value.expect("an object");
        store.data().directory_id(DirectoryKind::Ldap).expect("an id").to_owned()
    };
    assert_eq!(set("port", json!(636)), "one");
    assert_eq!(set("domain", Value::Null), "one");
    let second = set("hostname", json!("b"));
    assert_ne!(second, "one");
    assert_eq!(set("hostname", json!("b")), second);
    assert_ne!(set("username", json!("v")), second);
}

/// The account is what the contract says it is, for each kind: another value of one of its fields is another account, and
/// nothing else is.
#[test]
fn the_account_of_each_kind_of_directory_is_made_of_its_own_fields() {
    for (kind, object, account, others) in [
        (
            DirectoryKind::Ldap,
            "directoryLdap",
            &["hostname", "domain", "username"][..],
            &["rootPath", "tlsCaPath"][..],
        ),
        (DirectoryKind::Entra, "directoryEntra", &["tenant", "applicationId"], &["identityAuthority"]),
        (DirectoryKind::Okta, "directoryOkta", &["orgUrl"], &["clientId"]),
        (DirectoryKind::Google, "directoryGsuite", &["clientEmail", "domain", "customer"], &["adminUser"]),
        (DirectoryKind::OneLogin, "directoryOnelogin", &["clientId", "region"], &["groups"]),
    ] {
        for (field, same) in account.iter().map(|it| (it, false)).chain(others.iter().map(|it| (it, true))) {
            let mut settings = json!({ "id": "one" });
            for key in account.iter().chain(others) {
                settings[*key] = json!("before");
            }
            let (_folder, profile) = profile_with(json!({ "stateVersion": 8, object: settings }).to_string());
            let mut store = Store::open(&profile).expect("readable");
            let mut set = |value: &str| {
                let updated = store.update(|data| {
                    data.update_directory(kind, |fields| fields.insert((*field).to_owned(), json!(value)))
                });
                updated.expect("writable").value.expect("an object");
                store.data().directory_id(kind).expect("an id").to_owned()
            };
            assert_eq!(set("before"), "one", "{object}.{field}");
            assert_eq!(set("after") == "one", same, "{object}.{field}");
        }
    }
}

#[test]
fn another_organization_or_kind_of_directory_clears_the_times() {
    let text = r#"{"stateVersion": 8, "directoryType": 0, "organizationId": "o", "userDeltaToken": "t",
        "lastGroupSync": "2026-11-20T13:18:40.171Z", "lastSyncHash": "h"}"#;
    let remains = |change: fn(&mut bwdc_engine::store::DataFile)| {
        let (_folder, profile) = profile_with(text);
        let mut store = Store::open(&profile).expect("readable");
        store.update(change).expect("writable");
        let data = store.data();
        (
            data.delta_token(SyncedKind::Users).is_some(),
            data.last_sync(SyncedKind::Groups).is_some(),
            data.last_sync_hash().is_some(),
        )
    };
    assert_eq!(remains(|data| data.set_organization_id("o")), (true, true, true));
    assert_eq!(remains(|data| data.set_organization_id("p")), (false, false, true));
    assert_eq!(remains(|data| data.set_directory_kind(DirectoryKind::Ldap)), (true, true, true));
    assert_eq!(remains(|data| data.set_directory_kind(DirectoryKind::Okta)), (false, false, true));
    assert_eq!(remains(|data| data.clear_cache()), (false, false, false));
}

const WRITERS: usize = 8;
const KEYS: usize = 5;

#[test]
fn eight_writers_at_once_lose_nothing() {
    let (_folder, profile) = profile_with(OFFICIAL);
    let program = std::env::current_exe().expect("this test");
    let children: Vec<_> = (0..WRITERS)
        .map(|writer| {
            Command::new(&program)
                .args(["--exact", "store::one_writer", "--ignored"])
                .env("BWDC_TEST_FOLDER", &profile.folder)
                .env("BWDC_TEST_WRITER", writer.to_string())
                .stdout(std::process::Stdio::null())
                .spawn()
                .expect("starts")
        })
        .collect();
    for mut child in children {
        assert!(child.wait().expect("ends").success());
    }
    let store = Store::open(&profile).expect("whole");
    for writer in 0..WRITERS {
        for key in 0..KEYS {
            assert_eq!(store.data().as_map().get(&format!("key-{writer}-{key}")), Some(&json!(key)));
        }
    }
    assert_eq!(store.data().installed_version(), Some("2026.6.1"));
}

#[test]
#[ignore = "a part of eight_writers_at_once_lose_nothing, in a process of its own"]
fn one_writer() {
    let profile = Profile::new(std::env::var_os("BWDC_TEST_FOLDER").expect("set by the other test"));
    let writer = std::env::var("BWDC_TEST_WRITER").expect("set by the other test");
    let mut store = Store::open(&profile).expect("whole at any time");
    for key in 0..KEYS {
        store
            .update(|data| data.as_map_mut().insert(format!("key-{writer}-{key}"), json!(key)))
            .expect("in its turn");
    }
}

#[cfg(unix)]
#[test]
fn a_link_to_the_file_is_written_through() {
    let (_folder, profile) = profile_with(OFFICIAL);
    let elsewhere = profile.folder.join("elsewhere.json");
    std::fs::rename(&profile.data_json, &elsewhere).expect("is ours");
    std::os::unix::fs::symlink(&elsewhere, &profile.data_json).expect("is ours");
    let mut store = Store::open(&profile).expect("readable");
    store.update(|data| data.set_entity_id(Some("x"))).expect("writable");
    assert!(std::fs::symlink_metadata(&profile.data_json).expect("exists").is_symlink());
    assert!(std::fs::read_to_string(elsewhere).expect("readable").contains("\"entityId\": \"x\""));
}

#[test]
fn connector_toml_is_optional_and_an_unknown_key_is_named_with_its_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let profile = Profile::new(folder.path());
    assert_eq!(
        read_connector_settings(&profile, &Overrides::default()).expect("defaults"),
        Default::default()
    );

    std::fs::write(&profile.connector_toml, "\u{feff}[leavers]\ngone = \"revoke\"\n").expect("writable");
    let settings = read_connector_settings(&profile, &Overrides::default()).expect("valid");
    assert_eq!(settings.leavers.gone, Some(LeaverAction::Revoke));

    for (text, expected, word) in [
        ("[limits]\nremovals = 3\nremoval = 4\n", 3, "removal"),
        ("\n\n[limits]\nremovals = \"many\"\n", 4, "u32"),
        ("[leavers\n", 1, "]"),
    ] {
        std::fs::write(&profile.connector_toml, text).expect("writable");
        let error = read_connector_settings(&profile, &Overrides::default()).expect_err("invalid");
        let StoreError::Settings { line, reason, .. } = &error else { panic!("{error}") };
        assert_eq!(*line, expected, "{error}");
        assert!(reason.contains(word), "{error}");
    }
}
