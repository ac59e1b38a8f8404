//! Data files of older connectors: brought up to date whole, backed up, and never in the way of reading.

use bwdc_engine::paths::Profile;
use bwdc_engine::store::{Store, StoreError};
use serde_json::Value;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

fn corpus(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/suite/store_migrations").join(folder);
    let mut files: Vec<_> =
        std::fs::read_dir(folder).expect("a corpus").map(|entry| entry.expect("a file").path()).collect();
    files.retain(|path| !path.to_string_lossy().ends_with(".expected.json"));
    files.sort();
    assert!(files.len() >= 6);
    files
}

fn profile_with(bytes: &[u8]) -> (TempDir, Profile) {
    let folder = tempfile::tempdir().expect("a folder");
    let profile = Profile::new(folder.path());
    std::fs::write(&profile.data_json, bytes).expect("writable");
    (folder, profile)
}

fn backups(profile: &Profile) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(&profile.folder).expect("a folder").map(|it| it.expect("a file").path());
    entries.filter(|path| path.extension().is_some_and(|it| it == "bak")).collect()
}

#[test]
fn every_older_file_becomes_version_8_with_the_first_write_and_is_backed_up() {
    for path in corpus("good") {
        let bytes = std::fs::read(&path).expect("readable");
        let expected = std::fs::read(path.with_extension("expected.json")).expect("readable");
        let expected: Value = serde_json::from_slice(&expected).expect("valid");
        let (_folder, profile) = profile_with(&bytes);
        let mut store = Store::open(&profile).expect("older");
        // The order of the keys counts, hence text.
        let seen = serde_json::to_string_pretty(store.data().as_map()).expect("JSON");
        assert_eq!(seen, serde_json::to_string_pretty(&expected).expect("JSON"), "{}", path.display());
        assert!(store.data().migrated_from().is_some_and(|version| version < 8));

        assert!(!store.update(|_| ()).expect("writable").written);
        assert_eq!(std::fs::read(&profile.data_json).expect("kept"), bytes, "reading writes nothing");
        assert!(backups(&profile).is_empty());

        for entity in ["x", "y"] {
            store.update(|data| data.set_entity_id(Some(entity))).expect("writable");
            assert_eq!(store.data().migrated_from(), None);
        }
        let backups = backups(&profile);
        let [backup] = &backups[..] else { panic!("one backup: {backups:?}") };
        assert_eq!(std::fs::read(backup).expect("readable"), bytes);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(backup).expect("exists").permissions().mode() & 0o777, 0o600);
        }
        let mut expected = expected;
        expected["entityId"] = "y".into();
        let again = Store::open(&profile).expect("current");
        assert_eq!(Value::Object(again.data().as_map().clone()), expected);
        assert_eq!(again.data().migrated_from(), None);
    }
}

#[test]
fn a_file_that_cannot_be_brought_up_to_date_is_refused_and_kept() {
    for path in corpus("bad") {
        let bytes = std::fs::read(&path).expect("readable");
        let (_folder, profile) = profile_with(&bytes);
        let error = Store::open(&profile).err().expect("refused");
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        let as_expected = match name.as_str() {
            "version-1" => matches!(error, StoreError::TooOld { version: 1, .. }),
            "version-2" => matches!(error, StoreError::TooOld { version: 2, .. }),
            "version-4-ambiguous" | "version-4-account-missing" => {
                error.to_string().contains("activeUserId")
                    && matches!(error, StoreError::OldVersion { version: 4, .. })
            }
            "version-in-words" => matches!(error, StoreError::WrongType { key: "stateVersion", .. }),
            "no-version" => matches!(error, StoreError::Foreign { .. }),
            "version-7-cut" => matches!(error, StoreError::Invalid { line: 3, .. }),
            other => panic!("say what is expected of {other}"),
        };
        assert!(as_expected, "{name}: {error}");
        assert_eq!(std::fs::read(&profile.data_json).expect("kept"), bytes);
        assert!(backups(&profile).is_empty());
    }
}

#[test]
fn versions_1_and_2_are_told_what_to_do() {
    let (_folder, profile) = profile_with(br#"{"stateVersion": 2}"#);
    let error = Store::open(&profile).err().expect("refused").to_string();
    assert!(error.contains("version 2") && error.contains("move it away"), "{error}");
}
