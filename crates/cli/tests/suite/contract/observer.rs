//! `bwdc login --observer`: a Vaultwarden organization that is read with an administrator's own key.

use crate::contract::stage::{Stage, assert_answer, assert_failure, run};
use bwdc_sandbox::organization::{Account, KeyDerivation, Options, Role};
use serde_json::{Value, json};

const ANN: &str = "ann@example.test";
const PASSWORD: &str = "correct horse bättery";
const HASH: &str = "J1zTXn4Fv2ZngLtnRvKha71fZ9JB9pqw5KzyrX7jy48=";

fn vaultwarden() -> Stage {
    of(Options::vaultwarden())
}

fn of(options: Options) -> Stage {
    let stage = Stage::signed_out_of(Options { owner: Some(ANN.to_owned()), ..options });
    stage.organization.sign_up(Account::new(ANN, HASH, KeyDerivation::Pbkdf2 { iterations: 5_000 }));
    stage
}

fn signed_in() -> Stage {
    let stage = vaultwarden();
    assert_answer(&stage.log_in(), "You are logged in!\n");
    stage
}

impl Stage {
    fn personal_key(&self) -> (String, String) {
        self.organization.personal_key(ANN).expect("an account")
    }

    #[track_caller]
    fn observe(&self) {
        let (id, secret) = self.personal_key();
        let output = self.run(&["login", "--observer", "--", &id, &secret]);
        assert_answer(&output, "The organization can be observed.\n");
    }

    /// The answer of a sync in JSON, and how many imports it sent.
    #[track_caller]
    fn sync(&self) -> (Value, usize) {
        self.organization.clear_requests();
        let output = self.run(&["sync", "--response"]);
        assert_eq!(output.code, Some(0), "{}{}", output.stdout, output.stderr);
        (serde_json::from_str(&output.stdout).expect("JSON"), self.changes().len())
    }
}

#[test]
fn a_change_by_hand_is_seen_with_the_observers_key_and_only_with_it() {
    let stage = signed_in();
    assert_eq!(stage.sync().1, 1);
    assert!(stage.organization.set_external_id("bob@example.test", None));
    assert_eq!(stage.sync().1, 0, "the ledger cannot know");

    stage.observe();
    assert_eq!(stage.sync().1, 1);
    let bob = stage.organization.member("bob@example.test").expect("a member");
    assert_eq!(bob.external_id.as_deref(), Some(crate::contract::stage::BOB));
    assert_eq!(stage.sync().1, 0, "run again with nothing new");
}

#[test]
fn the_organization_is_read_before_and_after_with_two_requests_each() {
    let stage = signed_in();
    stage.observe();
    stage.organization.clear_requests();
    let output = stage.run(&["sync"]);
    assert_eq!(output.code, Some(0), "{}", output.stderr);
    let id = stage.organization.organization_id();
    let looks: Vec<String> = stage
        .organization
        .requests()
        .into_iter()
        .map(|it| it.path)
        .filter(|path| path.starts_with(&format!("/api/organizations/{id}")))
        .collect();
    let look = [
        format!("/api/organizations/{id}/users?includeGroups=true&includeCollections=false"),
        format!("/api/organizations/{id}/groups"),
    ];
    assert_eq!(looks, [look.clone(), look].concat());
    let members = stage.organization.membership_by_external_ids();
    assert_eq!(members[crate::contract::stage::STAFF].len(), 2);
}

#[test]
fn a_key_that_cannot_see_the_organization_is_not_kept() {
    let stage = signed_in();
    let (id, secret) = stage.personal_key();
    let before = stage.data_bytes();
    let refused = |arguments: &[&str], parts: &[&str]| {
        let output = stage.run(&[&["login", "--observer"], arguments].concat());
        assert_eq!((output.code, output.stdout.as_str()), (Some(1), ""));
        for part in parts {
            assert!(output.stderr.contains(part), "`{part}` is not in: {}", output.stderr);
        }
        assert!(!output.stderr.contains(&secret));
        assert_eq!(stage.data_bytes(), before);
    };
    refused(&["--", &id, "wrong"], &["cannot be observed as", &id, "Incorrect client_secret", "--observer"]);
    refused(&["organization.1", "secret"], &["`user.<id>`"]);
    assert!(stage.organization.set_role(ANN, Role::User));
    refused(&["--", &id, &secret], &["cannot be observed as"]);
}

#[test]
fn an_observer_comes_after_the_organization_and_only_where_it_is_needed() {
    let stage = vaultwarden();
    let (id, secret) = stage.personal_key();
    assert_failure(&stage.run(&["login", "--observer", "--", &id, &secret]), "You are not logged in.\n");

    let official = of(Options::official());
    assert_answer(&official.log_in(), "You are logged in!\n");
    let (id, secret) = official.personal_key();
    let output = official.run(&["login", "--observer", "--", &id, &secret]);
    assert_eq!((output.code, output.stdout.as_str()), (Some(1), ""));
    assert!(output.stderr.contains("no personal key is needed"), "{}", output.stderr);
}

#[test]
fn an_observer_who_lost_the_right_stops_the_run_until_somebody_decides() {
    let stage = signed_in();
    stage.observe();
    assert_eq!(stage.sync().1, 1);
    assert!(stage.organization.set_role(ANN, Role::User));
    stage.organization.clear_requests();
    let output = stage.run(&["sync"]);
    assert_eq!((output.code, output.stdout.as_str()), (Some(1), ""));
    assert!(output.stderr.contains("cannot be observed as `user."), "{}", output.stderr);
    assert!(output.stderr.contains("bwdc logout --observer"), "{}", output.stderr);
    assert!(stage.changes().is_empty());
    assert_answer(&stage.run(&["logout", "--observer"]), "The personal API key was deleted.\n");
    assert_eq!(stage.sync().1, 0);
    assert!(stage.home.data_json().expect("the stage holds")["apiKeyClientSecret"].is_string());
}

#[test]
fn variables_and_an_owners_sign_in_give_the_key_too() {
    let mut stage = signed_in();
    let (id, secret) = stage.personal_key();
    stage.home.set("BW_OBSERVER_CLIENTID", &id);
    stage.home.set("BW_OBSERVER_CLIENTSECRET", &secret);
    let output = stage.run(&["login", "--observer", "--nointeraction"]);
    assert_answer(&output, "The organization can be observed.\n");
    assert_answer(&stage.run(&["logout"]), "You have logged out.\n");
    let data = stage.home.data_json().expect("the stage holds");
    assert!(data.get("observerClientSecret").is_none(), "a logout forgets both");

    let mut stage = vaultwarden();
    stage.home.set("BW_PASSWORD", PASSWORD);
    let output = stage.run(&["login", "--observer", "--email", ANN, "--nointeraction"]);
    assert_answer(&output, "The organization can be observed.\n");
    let data = stage.home.data_json().expect("the stage holds");
    let (id, secret) = stage.personal_key();
    assert_eq!((&data["observerClientId"], &data["observerClientSecret"]), (&json!(id), &json!(secret)));
    assert_eq!(data["apiKeyClientSecret"], json!(stage.organization.client_secret()));
    let printed = run(&stage.home, &["config", "list"]);
    assert!(!printed.stdout.contains(&secret) && !printed.stdout.contains(HASH));
}
