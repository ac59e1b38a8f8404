//! The key of the encrypted file: from a file, a credential or a passphrase, and from one to another.

use bwdc_engine::paths::{Platform, ProcessEnvironment, Profile};
use bwdc_engine::secrets::{KeyKind, SecretError, SecretName, SecretStore, Secrets};
use bwdc_engine::store::Store;
use bwdc_harness::secret;
use secrecy::{ExposeSecret, SecretString};
use std::path::Path;
use tempfile::TempDir;

const PASSPHRASE: (&str, &str) = ("BWDC_SECRETS_PASSPHRASE", "correct horse");

fn profile() -> (TempDir, Profile) {
    let folder = tempfile::tempdir().expect("a folder");
    let profile = Profile::new(folder.path());
    (folder, profile)
}

fn secrets(profile: &Profile, variables: &[(&str, &str)]) -> Secrets {
    Secrets::open(profile, &ProcessEnvironment::new(Platform::Linux, None, variables.iter().copied()))
}

fn set(profile: &Profile, variables: &[(&str, &str)]) -> Result<(), SecretError> {
    let mut store = Store::open(profile).expect("readable");
    secrets(profile, variables).set(&mut store, SecretName::LdapPassword, &SecretString::from(secret("ldap")))
}

fn get(profile: &Profile, variables: &[(&str, &str)]) -> Result<Option<String>, SecretError> {
    let store = Store::open(profile).expect("readable");
    let found = secrets(profile, variables).get(store.data(), SecretName::LdapPassword)?;
    Ok(found.map(|it| it.expose_secret().to_owned()))
}

fn text(profile: &Profile, name: &str) -> String {
    std::fs::read_to_string(profile.folder.join(name)).unwrap_or_default()
}

fn files(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("a folder");
    let mut names: Vec<_> =
        entries.map(|it| it.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn a_passphrase_needs_no_key_file_and_a_wrong_one_opens_nothing() {
    let (_folder, profile) = profile();
    set(&profile, &[PASSPHRASE]).expect("stored");
    assert!(!files(&profile.folder).contains(&"secrets.key".to_owned()));
    assert_eq!(get(&profile, &[PASSPHRASE]).expect("here"), Some(secret("ldap")));
    let wrong = [("BWDC_SECRETS_PASSPHRASE", "wrong horse")];
    assert!(matches!(get(&profile, &wrong), Err(SecretError::Undecipherable { .. })));
    assert!(matches!(get(&profile, &[]), Err(SecretError::PassphraseMissing)));
    // Nor does a new secret get another key.
    assert!(matches!(set(&profile, &[]), Err(SecretError::PassphraseMissing)));
    let file = profile.folder.join("passphrase");
    std::fs::write(&file, "correct horse\r\n").expect("writable");
    let by_file = [("BWDC_SECRETS_PASSPHRASE_FILE", file.to_str().expect("a path"))];
    assert_eq!(get(&profile, &by_file).expect("here"), Some(secret("ldap")));
    let stored = text(&profile, "secrets.json");
    assert!(!stored.contains("horse") && !stored.contains(&secret("")), "{stored}");
}

#[test]
fn a_credential_of_systemd_is_a_key_and_must_be_there_again() {
    let (_folder, profile) = profile();
    let credentials = tempfile::tempdir().expect("a folder");
    let offered = [("CREDENTIALS_DIRECTORY", credentials.path().to_str().expect("a path"))];
    let write =
        |content: &str| std::fs::write(credentials.path().join("bwdc.key"), content).expect("writable");
    write("short\n");
    assert!(matches!(set(&profile, &offered), Err(SecretError::KeyDamaged { .. })));
    write("0123456789abcdef0123456789abcdef\n");
    set(&profile, &offered).expect("stored");
    assert!(!files(&profile.folder).contains(&"secrets.key".to_owned()));
    write("0123456789abcdef0123456789abcdef");
    assert_eq!(get(&profile, &offered).expect("here"), Some(secret("ldap")), "a line's end is no part of it");
    write("another key another key another key");
    assert!(matches!(get(&profile, &offered), Err(SecretError::Undecipherable { .. })));
    assert!(matches!(get(&profile, &[]), Err(SecretError::CredentialMissing)));
}

#[test]
fn a_key_is_changed_for_all_values_at_once_and_the_old_one_opens_nothing() {
    let (_folder, profile) = profile();
    set(&profile, &[]).expect("stored");
    let key = std::fs::read(profile.folder.join("secrets.key")).expect("a key");
    assert_eq!(
        secrets(&profile, &[PASSPHRASE]).key_kind(),
        KeyKind::File,
        "the file's own, not what is offered"
    );
    assert!(matches!(
        secrets(&profile, &[]).change_key(KeyKind::Passphrase),
        Err(SecretError::PassphraseMissing)
    ));
    assert_eq!(get(&profile, &[]).expect("here"), Some(secret("ldap")));
    secrets(&profile, &[PASSPHRASE]).change_key(KeyKind::Passphrase).expect("changed");
    assert!(!files(&profile.folder).contains(&"secrets.key".to_owned()));
    assert_eq!(get(&profile, &[PASSPHRASE]).expect("here"), Some(secret("ldap")));
    secrets(&profile, &[PASSPHRASE]).change_key(KeyKind::File).expect("changed");
    assert_eq!(get(&profile, &[]).expect("here"), Some(secret("ldap")));
    assert_ne!(std::fs::read(profile.folder.join("secrets.key")).expect("a key"), key);
}

#[test]
fn a_file_that_asks_for_absurd_work_is_refused() {
    let (_folder, profile) = profile();
    set(&profile, &[PASSPHRASE]).expect("stored");
    let stored = text(&profile, "secrets.json");
    for (from, to) in [
        ("65536", "4294967295"),
        ("\"passes\": 3", "\"passes\": 4000000000"),
        ("\"lanes\": 4", "\"lanes\": 0"),
    ] {
        assert!(stored.contains(from), "{stored}");
        std::fs::write(profile.folder.join("secrets.json"), stored.replace(from, to)).expect("writable");
        assert!(matches!(get(&profile, &[PASSPHRASE]), Err(SecretError::KeyDescription)), "{to}");
    }
}

#[test]
fn a_file_without_a_word_about_its_key_is_one_with_a_key_file() {
    let (_folder, profile) = profile();
    set(&profile, &[]).expect("stored");
    let stored = text(&profile, "secrets.json");
    if cfg!(not(windows)) {
        assert!(!stored.contains("\"key\""), "{stored}");
    }
    assert_eq!(get(&profile, &[PASSPHRASE]).expect("here"), Some(secret("ldap")));
}

#[test]
fn moving_is_all_or_nothing() {
    let (_folder, profile) = profile();
    set(&profile, &[]).expect("stored");
    let mut store = Store::open(&profile).expect("readable");
    store
        .update(|data| data.as_map_mut().insert("accessToken".into(), "[STORED SECURELY]".into()))
        .expect("writable");
    let plain = [("BITWARDENCLI_CONNECTOR_PLAINTEXT_SECRETS", "true")];
    let before = text(&profile, "data.json");
    let error =
        secrets(&profile, &plain).migrate(&mut store, SecretStore::Plaintext).expect_err("one is elsewhere");
    assert!(matches!(error, SecretError::NotHere { name: SecretName::AccessToken }), "{error}");
    assert_eq!(text(&profile, "data.json"), before);
    store.update(|data| data.as_map_mut().shift_remove("accessToken")).expect("writable");
    let error = secrets(&profile, &[]).migrate(&mut store, SecretStore::Plaintext).expect_err("not asked");
    assert!(matches!(error, SecretError::PlaintextNotAsked), "{error}");
    let error = secrets(&profile, &[]).migrate(&mut store, SecretStore::Keychain).expect_err("there is none");
    assert!(matches!(error, SecretError::KeychainChange { .. }), "{error}");
    assert_eq!(get(&profile, &[]).expect("still here"), Some(secret("ldap")));
    let moved = secrets(&profile, &plain).migrate(&mut store, SecretStore::Plaintext).expect("moved");
    assert_eq!(moved.moved.len(), 1);
    assert!(text(&profile, "data.json").contains(&secret("ldap")));
    assert!(!text(&profile, "secrets.json").contains("secretLdap"));
    let moved = secrets(&profile, &[]).migrate(&mut store, SecretStore::EncryptedFile).expect("moved back");
    assert_eq!(moved.moved.len(), 1);
    assert!(!text(&profile, "data.json").contains(&secret("")));
    assert_eq!(get(&profile, &[]).expect("here"), Some(secret("ldap")));
}
