//! Secrets: in the file as they are when asked for, else encrypted; what is not here says so.

use crate::hint::hint;
use bwdc_core::settings::DirectoryKind;
use bwdc_engine::paths::{Platform, ProcessEnvironment, Profile};
use bwdc_engine::secrets::{SecretError, SecretName, SecretStore, Secrets};
use bwdc_engine::store::Store;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use tempfile::TempDir;

const LDAP: &str = r#"{"stateVersion": 8, "directoryLdap": {"id": "one", "hostname": "a", "username": "u", "password": null}}"#;

struct Home {
    _folder: TempDir,
    profile: Profile,
    store: Store,
}

fn home(data: &str) -> Home {
    let folder = tempfile::tempdir().expect("a folder");
    let profile = Profile::new(folder.path());
    std::fs::write(&profile.data_json, data).expect("writable");
    let store = Store::open(&profile).expect("valid");
    Home { _folder: folder, profile, store }
}

impl Home {
    fn secrets(&self, plaintext: bool) -> Secrets {
        let variables = plaintext.then_some(("BITWARDENCLI_CONNECTOR_PLAINTEXT_SECRETS", "true"));
        Secrets::open(&self.profile, &ProcessEnvironment::new(Platform::Linux, None, variables))
    }

    fn get(&self, name: SecretName) -> Result<Option<String>, SecretError> {
        let found = self.secrets(false).get(self.store.data(), name)?;
        Ok(found.map(|secret| secret.expose_secret().to_owned()))
    }

    fn set(&mut self, name: SecretName, value: &str) -> Result<(), SecretError> {
        self.secrets(false).set(&mut self.store, name, &SecretString::from(value))
    }

    fn file(&self, name: &str) -> std::path::PathBuf {
        self.profile.folder.join(name)
    }
}

#[test]
fn a_secret_is_kept_encrypted_and_the_settings_hold_a_marker() {
    let mut home = home(LDAP);
    assert!(!home.secrets(false).is_set(home.store.data(), SecretName::LdapPassword));
    home.set(SecretName::LdapPassword, "sesame ö").expect("stored");
    home.set(SecretName::ApiKeyClientSecret, "key").expect("stored");
    assert_eq!(home.get(SecretName::LdapPassword).expect("here").as_deref(), Some("sesame ö"));
    assert_eq!(home.get(SecretName::ApiKeyClientSecret).expect("here").as_deref(), Some("key"));
    assert_eq!(home.get(SecretName::AccessToken).expect("none"), None);
    let data = std::fs::read_to_string(&home.profile.data_json).expect("readable");
    assert!(data.contains("\"password\": \"[STORED SECURELY]\""), "{data}");
    assert!(data.contains("\"apiKeyClientSecret\": \"[STORED SECURELY]\""), "{data}");
    let stored = std::fs::read_to_string(home.file("secrets.json")).expect("readable");
    assert!(stored.contains("secretLdap:one") && !stored.contains("sesame"), "{stored}");
    #[cfg(unix)]
    for name in ["secrets.json", "secrets.key", "data.json"] {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(home.file(name)).expect("exists").permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}

#[test]
fn with_the_official_variable_the_secret_stands_in_the_settings() {
    let mut home = home(LDAP);
    home.set(SecretName::LdapPassword, "old").expect("stored");
    let secrets = home.secrets(true);
    assert_eq!(secrets.store().expect("settings"), SecretStore::Plaintext);
    secrets.set(&mut home.store, SecretName::LdapPassword, &SecretString::from("new")).expect("stored");
    let stored = home.store.data().directory(DirectoryKind::Ldap).expect("an object");
    assert_eq!(stored.get("password").and_then(Value::as_str), Some("new"));
    assert!(!std::fs::read_to_string(home.file("secrets.json")).expect("exists").contains("secretLdap"));
}

#[test]
fn plaintext_that_was_found_is_read_and_moves_only_when_it_is_set_again() {
    let mut home = home(
        r#"{"stateVersion": 8, "accessToken": "token", "directoryOkta": {"id": "o", "token": "plain"}}"#,
    );
    assert_eq!(home.get(SecretName::OktaToken).expect("here").as_deref(), Some("plain"));
    home.set(SecretName::OktaToken, "new").expect("stored");
    assert_eq!(home.get(SecretName::OktaToken).expect("here").as_deref(), Some("new"));
    let data = std::fs::read_to_string(&home.profile.data_json).expect("readable");
    assert!(!data.contains("plain") && !data.contains("new"), "{data}");
    assert!(data.contains("\"accessToken\": \"token\""), "{data}");
}

#[test]
fn what_another_program_keeps_is_named_with_the_command_that_enters_it() {
    let home = home(
        r#"{"stateVersion": 8, "apiKeyClientId": "[STORED SECURELY]", "directoryLdap": {"password": "[STORED SECURELY]"}}"#,
    );
    let error = home.get(SecretName::LdapPassword).expect_err("elsewhere");
    assert!(matches!(error, SecretError::NotHere { name: SecretName::LdapPassword }));
    assert_eq!(hint(&error).as_deref(), Some("To enter it again, run `bwdc config set ldap.password`."));
    let error = home.get(SecretName::ApiKeyClientId).expect_err("elsewhere");
    assert_eq!(hint(&error).as_deref(), Some("To enter it again, run `bwdc login`."));
}

#[test]
fn the_secret_of_one_account_is_not_given_to_another() {
    let mut home = home(LDAP);
    home.set(SecretName::LdapPassword, "sesame").expect("stored");
    let moved = home.store.update(|data| {
        data.update_directory(DirectoryKind::Ldap, |ldap| ldap.insert("hostname".into(), "evil".into()))
    });
    moved.expect("writable").value.expect("an object");
    assert!(matches!(home.get(SecretName::LdapPassword), Err(SecretError::NotHere { .. })));

    let text = std::fs::read_to_string(home.file("secrets.json")).expect("readable");
    let id = home.store.data().directory_id(DirectoryKind::Ldap).expect("an id");
    let renamed = text.replace("secretLdap:one", &format!("secretLdap:{id}"));
    std::fs::write(home.file("secrets.json"), renamed).expect("writable");
    assert!(matches!(home.get(SecretName::LdapPassword), Err(SecretError::Undecipherable { .. })));
}

#[test]
fn a_secret_can_be_entered_before_the_rest_of_its_directory() {
    let mut home = home(r#"{"stateVersion": 8}"#);
    home.set(SecretName::EntraKey, "k").expect("stored");
    assert!(home.store.data().directory_id(DirectoryKind::Entra).is_some());
    assert_eq!(home.get(SecretName::EntraKey).expect("here").as_deref(), Some("k"));
}

#[test]
fn a_removed_secret_is_gone_from_both_places_and_removing_again_is_no_error() {
    let mut home = home(LDAP);
    home.set(SecretName::LdapPassword, "sesame").expect("stored");
    home.set(SecretName::AccessToken, "token").expect("stored");
    for _ in 0..2 {
        for name in [SecretName::LdapPassword, SecretName::AccessToken] {
            home.secrets(false).remove(&mut home.store, name).expect("removed");
            assert_eq!(home.get(name).expect("none"), None);
        }
    }
    assert!(!home.store.data().as_map().contains_key("accessToken"));
    let stored = std::fs::read_to_string(home.file("secrets.json")).expect("readable");
    assert!(!stored.contains("secretLdap") && !stored.contains("accessToken"), "{stored}");
}

#[cfg(unix)]
#[test]
fn a_key_that_others_can_read_is_refused_with_the_cure() {
    use std::os::unix::fs::PermissionsExt;
    let mut home = home(LDAP);
    home.set(SecretName::LdapPassword, "sesame").expect("stored");
    std::fs::set_permissions(home.file("secrets.key"), PermissionsExt::from_mode(0o640)).expect("is ours");
    let error = home.get(SecretName::LdapPassword).expect_err("too open");
    assert!(matches!(error, SecretError::KeyTooOpen { mode: 0o640, .. }), "{error}");
    assert!(error.to_string().contains("chmod 600"), "{error}");
}

#[test]
fn a_lost_or_damaged_key_is_not_replaced_while_secrets_need_it() {
    let mut home = home(LDAP);
    home.set(SecretName::LdapPassword, "sesame").expect("stored");
    let key = home.file("secrets.key");
    std::fs::write(&key, "short").expect("writable");
    assert!(matches!(home.get(SecretName::LdapPassword), Err(SecretError::KeyDamaged { .. })));
    assert!(matches!(home.set(SecretName::AccessToken, "t"), Err(SecretError::KeyDamaged { .. })));
    std::fs::write(&key, [7; 32]).expect("writable");
    assert!(matches!(home.get(SecretName::LdapPassword), Err(SecretError::Undecipherable { .. })));
    std::fs::remove_file(&key).expect("is ours");
    assert!(matches!(home.get(SecretName::LdapPassword), Err(SecretError::KeyMissing { .. })));
    assert!(matches!(home.set(SecretName::AccessToken, "t"), Err(SecretError::KeyMissing { .. })));
    assert!(!key.exists());
}

#[test]
fn damaged_secrets_are_an_error_and_not_nothing() {
    let mut home = home(LDAP);
    home.set(SecretName::LdapPassword, "sesame").expect("stored");
    std::fs::write(home.file("secrets.json"), "{\"version\":1,").expect("writable");
    assert!(matches!(home.get(SecretName::LdapPassword), Err(SecretError::Damaged { .. })));
    assert!(matches!(home.set(SecretName::LdapPassword, "x"), Err(SecretError::Damaged { .. })));
}
