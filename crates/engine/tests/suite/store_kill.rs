//! `data.json` and the secrets after a kill at every named place of a write. Runs with `--features failpoints`.

use bwdc_core::settings::DirectoryKind;
use bwdc_engine::paths::{Platform, ProcessEnvironment, Profile};
use bwdc_engine::secrets::{SecretName, Secrets};
use bwdc_engine::store::Store;
use secrecy::{ExposeSecret, SecretString};
use std::process::{Command, Stdio};

const BEFORE: &str = "{\n  \"stateVersion\": 8,\n  \"appId\": \"a\",\n  \"directoryLdap\": {\n    \"id\": \"one\",\n    \"password\": \"old\"\n  }\n}";

const STORE_PLACES: [&str; 4] =
    ["store.write.before", "store.fsync.after", "store.rename.before", "store.rename.after"];
const SECRET_PLACES: [&str; 8] = [
    "secrets.key.write.before",
    "secrets.key.fsync.after",
    "secrets.key.rename.before",
    "secrets.key.rename.after",
    "secrets.write.before",
    "secrets.fsync.after",
    "secrets.rename.before",
    "secrets.rename.after",
];

struct Home {
    _folder: tempfile::TempDir,
    profile: Profile,
}

fn home() -> Home {
    let folder = tempfile::tempdir().expect("a folder");
    let profile = Profile::new(folder.path());
    std::fs::write(&profile.data_json, BEFORE).expect("writable");
    Home { _folder: folder, profile }
}

impl Home {
    /// Runs one of the ignored tests below in a process of its own; returns whether it lived to its end.
    fn run(&self, part: &str, variables: &[(&str, &str)]) -> bool {
        Command::new(std::env::current_exe().expect("this test"))
            .args(["--exact", &format!("store_kill::{part}"), "--ignored"])
            .env("BWDC_TEST_FOLDER", &self.profile.folder)
            .envs(variables.iter().copied())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .expect("starts")
            .success()
    }

    fn passed(&self, part: &str) -> Vec<String> {
        let log = self.profile.folder.join("log");
        assert!(self.run(part, &[("BWDC_FAILPOINT_LOG", log.to_str().expect("UTF-8"))]));
        std::fs::read_to_string(log).expect("written").lines().map(str::to_owned).collect()
    }

    /// What ten seconds of waiting would do: the killed process left the official lock behind.
    fn age_official_lock(&self) {
        let lock = self.profile.folder.join("data.json.lock");
        if let Ok(folder) = std::fs::File::open(lock) {
            let old = std::time::SystemTime::now() - std::time::Duration::from_secs(11);
            folder.set_times(std::fs::FileTimes::new().set_modified(old)).expect("is ours");
        }
    }

    fn password(&self) -> String {
        let store = Store::open(&self.profile).expect("readable after a kill");
        let found = secrets(&self.profile).get(store.data(), SecretName::LdapPassword);
        found.expect("readable after a kill").expect("never lost").expose_secret().to_owned()
    }
}

fn secrets(profile: &Profile) -> Secrets {
    Secrets::open(profile, &ProcessEnvironment::new(Platform::Linux, None, None::<(&str, &str)>))
}

#[test]
fn the_settings_survive_a_kill_at_every_place_of_a_write() {
    assert_eq!(home().passed("change_settings"), STORE_PLACES);
    for place in STORE_PLACES {
        let home = home();
        assert!(!home.run("change_settings", &[("BWDC_FAILPOINT", place)]), "{place} was not passed");
        let text = std::fs::read_to_string(&home.profile.data_json).expect("exists");
        let changed = text.contains("\"entityId\": \"new\"");
        assert_eq!(changed, place == "store.rename.after", "{place}");
        assert!(changed || text == BEFORE, "{place}");
        Store::open(&home.profile).expect("readable after a kill");

        home.age_official_lock();
        assert!(home.run("change_settings", &[]), "{place}: the next run");
        let store = Store::open(&home.profile).expect("readable");
        assert_eq!(store.data().entity_id(), Some("new"), "{place}");
        let mut left: Vec<_> = std::fs::read_dir(&home.profile.folder)
            .expect("readable")
            .map(|entry| entry.expect("readable").file_name().into_string().expect("UTF-8"))
            .collect();
        left.sort();
        assert_eq!(left, ["bwdc-write.lock", "data.json"], "{place}");
    }
}

#[test]
fn the_number_of_the_pass_is_counted() {
    let home = home();
    assert!(home.run("change_settings", &[("BWDC_FAILPOINT", "store.fsync.after:2")]));
    assert!(!home.run("set_password", &[("BWDC_FAILPOINT", "secrets.fsync.after:1")]));
}

#[test]
fn a_secret_is_the_old_or_the_new_one_after_a_kill_at_every_place() {
    let passed = home().passed("set_password");
    assert_eq!(passed, SECRET_PLACES.into_iter().chain(STORE_PLACES).collect::<Vec<_>>());
    for place in passed {
        let home = home();
        assert!(!home.run("set_password", &[("BWDC_FAILPOINT", &place)]), "{place} was not passed");
        let expected = if place == "store.rename.after" { "new" } else { "old" };
        assert_eq!(home.password(), expected, "{place}");

        home.age_official_lock();
        assert!(home.run("set_password", &[]), "{place}: the next run");
        assert_eq!(home.password(), "new", "{place}");
        let store = Store::open(&home.profile).expect("readable");
        let ldap = store.data().directory(DirectoryKind::Ldap).expect("an object");
        assert_eq!(ldap.get("password").and_then(|it| it.as_str()), Some("[STORED SECURELY]"), "{place}");
    }
}

#[test]
#[ignore = "a part of the other tests, in a process of its own"]
fn change_settings() {
    let profile = Profile::new(std::env::var_os("BWDC_TEST_FOLDER").expect("set by the other test"));
    let mut store = Store::open(&profile).expect("readable");
    store.update(|data| data.set_entity_id(Some("new"))).expect("writable");
}

#[test]
#[ignore = "a part of the other tests, in a process of its own"]
fn set_password() {
    let profile = Profile::new(std::env::var_os("BWDC_TEST_FOLDER").expect("set by the other test"));
    let mut store = Store::open(&profile).expect("readable");
    let secret = SecretString::from("new");
    secrets(&profile).set(&mut store, SecretName::LdapPassword, &secret).expect("writable");
}
