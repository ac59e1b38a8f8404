//! `bwdc login` as an owner. The hashes that the server waits for were made with Python's hashlib and argon2-cffi.

use crate::contract::stage::{answer, assert_answer, run};
use bwdc_harness::home::{Home, Output};
use bwdc_sandbox::organization::{Account, KeyDerivation, Options, Role, Server, TwoStep};
use serde_json::json;
use std::path::Path;

const ANN: &str = "ann@example.test";
const PASSWORD: &str = "correct horse bättery";
const PBKDF2: (&str, KeyDerivation) =
    ("J1zTXn4Fv2ZngLtnRvKha71fZ9JB9pqw5KzyrX7jy48=", KeyDerivation::Pbkdf2 { iterations: 5_000 });
const ARGON2: (&str, KeyDerivation) = (
    "OiXJgLGJ3E81/XhvX85SQklK4GFrRlk14CPG+2EMeIA=",
    KeyDerivation::Argon2id { iterations: 2, memory: 16, parallelism: 1 },
);
const TOUCH: &str = "cccccccfhcbelrhifnjrrddcgrburluurftrgfdrdifj";

/// A server of which Ann is an owner, and a home that keeps its secrets readable, so that each can be searched for.
struct Scene {
    home: Home,
    server: Server,
}

impl Scene {
    fn new(mut options: Options, account: Account) -> Self {
        options.owner = Some(ANN.to_owned());
        let server = Server::start_blocking(options).expect("the stage holds");
        server.sign_up(account);
        let home = Home::with_plaintext_secrets().expect("the stage holds");
        let settings = json!({ "stateVersion": 8, "environmentUrls": { "base": server.url() } });
        home.write_data_json(&settings).expect("the stage holds");
        std::fs::write(home.path().join("password"), format!("{PASSWORD}\n")).expect("the stage holds");
        Self { home, server }
    }

    fn official(account: Account) -> Self {
        Self::new(Options::official(), account)
    }

    /// Signs in without questions.
    fn log_in(&self, more: &[&str]) -> Output {
        let fixed =
            ["login", "--nointeraction", "--email", " Ann@Example.test", "--password-file", "password"];
        run(&self.home, &[&fixed[..], more].concat())
    }

    /// Signs in with questions.
    fn converse(&self, arguments: &[&str], lines: &[&str]) -> Output {
        answer(&self.home, &[&["login"], arguments].concat(), &format!("{}\n", lines.join("\n")))
    }

    #[track_caller]
    fn assert_signed_in(&self, output: &Output) {
        assert_eq!(
            (output.code, output.stdout.as_str()),
            (Some(0), "You are logged in!\n"),
            "{}",
            output.stderr
        );
        let data = self.home.data_json().expect("the stage holds");
        assert_eq!(data["apiKeyClientId"], json!(self.server.client_id()));
        assert_eq!(data["apiKeyClientSecret"], json!(self.server.client_secret()));
        assert_eq!(data["organizationId"], json!(self.server.organization_id()));
        self.assert_nothing_of_the_person(output);
    }

    /// Neither password, hash nor personal key is printed, or in any file but the one that was made for it.
    #[track_caller]
    fn assert_nothing_of_the_person(&self, output: &Output) {
        let (_, personal) = self.server.personal_key(ANN).expect("an account");
        let secrets = [PASSWORD, PBKDF2.0, ARGON2.0, "KfPGhQXhvumpXnaEfu+", personal.as_str()];
        for secret in secrets {
            assert!(!output.stdout.contains(secret) && !output.stderr.contains(secret), "{}", output.stderr);
        }
        let found = holding(self.home.path(), &secrets);
        assert_eq!(found, [self.home.path().join("password").display().to_string()]);
    }

    #[track_caller]
    fn assert_refused(&self, output: &Output, parts: &[&str]) {
        assert_eq!((output.code, output.stdout.as_str()), (Some(1), ""));
        for part in parts {
            assert!(output.stderr.contains(part), "`{part}` is not in: {}", output.stderr);
        }
        let data = self.home.data_json().expect("the stage holds");
        assert!(data.get("apiKeyClientSecret").is_none() && data.get("accessToken").is_none());
        self.assert_nothing_of_the_person(output);
    }

    fn paths(&self) -> Vec<String> {
        self.server.requests().into_iter().map(|it| it.path).collect()
    }
}

fn holding(folder: &Path, texts: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(holding(&path, texts));
        } else {
            let bytes = std::fs::read(&path).expect("readable by its owner");
            if texts.iter().any(|text| bytes.windows(text.len()).any(|it| it == text.as_bytes())) {
                found.push(path.display().to_string());
            }
        }
    }
    found
}

fn ann((hash, derivation): (&str, KeyDerivation)) -> Account {
    Account::new(ANN, hash, derivation)
}

#[test]
fn an_owner_signs_in_at_either_server_with_either_kind_of_hash_and_only_the_key_is_kept() {
    for options in [Options::official(), Options::vaultwarden()] {
        for kind in [PBKDF2, ARGON2] {
            let scene = Scene::new(options.clone(), ann(kind));
            let output = scene.log_in(&[]);
            scene.assert_signed_in(&output);
            assert_eq!(output.stderr, "");
            let key = format!("/api/organizations/{}/api-key", scene.server.organization_id());
            assert_eq!(
                scene.paths(),
                [
                    "/identity/accounts/prelogin",
                    "/identity/connect/token",
                    "/api/accounts/profile",
                    key.as_str(),
                    "/identity/connect/token"
                ]
            );
            assert_answer(&run(&scene.home, &["logout"]), "You have logged out.\n");
        }
    }
}

#[test]
fn the_password_grant_has_the_form_of_the_official_clients() {
    let scene = Scene::official(ann(PBKDF2));
    scene.assert_signed_in(&scene.log_in(&[]));
    let requests = scene.server.requests();
    let sent = requests.iter().find(|it| it.path.ends_with("/connect/token")).expect("a sign-in");
    let app_id =
        scene.home.data_json().expect("the stage holds")["appId"].as_str().expect("a text").to_owned();
    let (number, name) = match std::env::consts::OS {
        "windows" => ("6", "windows"),
        "macos" => ("7", "macos"),
        _ => ("8", "linux"),
    };
    assert_eq!(
        sent.body,
        format!(
            "grant_type=password&username=ann%40example.test&password=(hidden)&scope=api+offline_access\
             &client_id=connector&deviceType={number}&deviceIdentifier={app_id}&deviceName={name}"
        )
    );
    // base64url of ann@example.test, which servers before autumn 2025 ask for.
    assert_eq!(sent.header("auth-email"), Some("YW5uQGV4YW1wbGUudGVzdA"));
}

#[test]
fn a_password_comes_from_a_variable_or_a_question_too() {
    let mut scene = Scene::official(ann(PBKDF2));
    scene.assert_refused(
        &run(&scene.home, &["login", "--email", ANN, "--nointeraction"]),
        &["Master password is required.", "BW_PASSWORD"],
    );
    let output = scene.converse(&[], &[ANN, PASSWORD]);
    scene.assert_signed_in(&output);
    assert_answer(&run(&scene.home, &["logout"]), "You have logged out.\n");
    scene.assert_signed_in(&scene.converse(&["--email"], &[ANN, PASSWORD]));
    assert_answer(&run(&scene.home, &["logout"]), "You have logged out.\n");
    scene.home.set("BW_PASSWORD", PASSWORD);
    scene.assert_signed_in(&run(&scene.home, &["login", ANN, "--nointeraction"]));
}

#[test]
fn a_wrong_password_is_told_in_the_servers_words_and_changes_nothing() {
    for (options, words) in [
        (Options::official(), "Username or password is incorrect. Try again."),
        (Options::vaultwarden(), "Username or password is incorrect. Try again"),
    ] {
        let scene = Scene::new(options, ann(PBKDF2));
        let output = scene.converse(&["--email", ANN], &["wrong horse"]);
        assert!(output.stderr.contains(words) && !output.stderr.contains("wrong horse"), "{}", output.stderr);
        scene.assert_refused(&output, &["bwdc login organization.<id>"]);
        let output = scene.converse(&["--email", ANN, "--response"], &["wrong horse"]);
        let failure: serde_json::Value = serde_json::from_str(&output.stdout).expect("JSON");
        assert_eq!((&failure["success"], &failure["kind"]), (&json!(false), &json!("sign-in")));
        assert_eq!(failure["message"], json!(words));
    }
}

#[test]
fn an_authenticators_code_is_given_or_asked_for_and_may_be_typed_wrong() {
    for options in [Options::official(), Options::vaultwarden()] {
        let account = || ann(PBKDF2).two_step(TwoStep::Authenticator("123456".to_owned()));
        let scene = Scene::new(options.clone(), account());
        scene.assert_refused(
            &scene.log_in(&[]),
            &["two-step login wants a code (authenticator app)", "--method 0"],
        );
        scene.server.clear_requests();
        scene.assert_signed_in(&scene.log_in(&["--method", "0", "--code", "123456"]));
        let tokens = scene.paths().iter().filter(|it| it.ends_with("/connect/token")).count();
        assert_eq!(tokens, 2, "the code goes with the first attempt, then the key signs in");

        let scene = Scene::new(options.clone(), account());
        scene.assert_signed_in(&scene.log_in(&["--code", "123456"]));

        let scene = Scene::new(options.clone(), account());
        let output = scene.converse(&["--email", ANN], &[PASSWORD, "000000", "123456"]);
        scene.assert_signed_in(&output);
        assert!(output.stderr.contains("Code from the authenticator app"), "{}", output.stderr);

        let scene = Scene::new(options, account());
        let output = scene.converse(&["--email", ANN], &[PASSWORD, "1", "2", "3", "123456"]);
        scene.assert_refused(&output, &["nvalid"]);
    }
}

#[test]
fn a_mailed_code_is_sent_once_and_works_in_a_second_call() {
    for options in [Options::official(), Options::vaultwarden()] {
        for account in [
            ann(PBKDF2).two_step(TwoStep::Email),
            ann(PBKDF2).two_step(TwoStep::Email).two_step(TwoStep::Authenticator("1".to_owned())),
        ] {
            let scene = Scene::new(options.clone(), account);
            scene.assert_refused(&scene.log_in(&["--method", "1"]), &["wants a code (e-mail)"]);
            let codes = scene.server.mailed_codes();
            let [code] = codes.as_slice() else { panic!("one mail, not {}", codes.len()) };
            scene.assert_signed_in(&scene.log_in(&["--method", "1", "--code", code]));
            assert_eq!(scene.server.mailed_codes().len(), 1);
        }
    }
}

#[test]
fn a_touch_of_a_yubikey_is_known_by_its_letters() {
    let account = ann(PBKDF2)
        .two_step(TwoStep::Authenticator("1".to_owned()))
        .two_step(TwoStep::YubiKey(TOUCH.to_owned()))
        .two_step(TwoStep::WebAuthn);
    let scene = Scene::official(account);
    scene.assert_refused(&scene.log_in(&[]), &["(authenticator app, YubiKey, passkey)"]);
    scene.assert_refused(&scene.log_in(&["--method", "1"]), &["does not offer"]);
    scene.assert_signed_in(&scene.log_in(&["--code", TOUCH]));
    assert_answer(&run(&scene.home, &["logout"]), "You have logged out.\n");
    let output = scene.converse(&["--email", ANN], &[PASSWORD, "0", "1"]);
    scene.assert_signed_in(&output);
}

#[test]
fn two_step_login_that_needs_a_browser_is_named() {
    let scene = Scene::official(ann(PBKDF2).two_step(TwoStep::Duo).two_step(TwoStep::WebAuthn));
    scene.assert_refused(
        &scene.log_in(&[]),
        &["only Duo, passkey, which needs a browser", "organization.<id>"],
    );
}

#[test]
fn a_remembered_sign_in_asks_for_no_code_and_only_for_the_same_person() {
    let scene = Scene::official(ann(PBKDF2).two_step(TwoStep::Authenticator("123456".to_owned())));
    let bob = Account::new("bob@example.test", PBKDF2.0, PBKDF2.1);
    scene.server.sign_up(bob.two_step(TwoStep::Authenticator("9".to_owned())));
    scene.assert_signed_in(&scene.log_in(&["--method", "0", "--code", "123456", "--remember"]));
    assert!(scene.home.data_json().expect("the stage holds")["twoFactorToken"].is_string());
    assert_answer(&run(&scene.home, &["logout"]), "You have logged out.\n");
    scene.server.clear_requests();
    let bob = ["login", "--nointeraction", "--email", "bob@example.test", "--password-file", "password"];
    assert_eq!(run(&scene.home, &bob).code, Some(1));
    let bodies: Vec<String> = scene.server.requests().into_iter().map(|it| it.body).collect();
    assert!(bodies.iter().all(|it| !it.contains("twoFactorToken")), "{bodies:?}");
    scene.assert_signed_in(&scene.log_in(&[]));

    // Without the wish nothing is kept.
    let scene = Scene::official(ann(PBKDF2).two_step(TwoStep::Authenticator("123456".to_owned())));
    scene.assert_signed_in(&scene.log_in(&["--code", "123456"]));
    assert!(scene.home.data_json().expect("the stage holds").get("twoFactorToken").is_none());
}

#[test]
fn a_machine_that_is_new_to_the_account_wants_the_mailed_code() {
    let scene = Scene::official(ann(PBKDF2).verify_devices());
    scene.assert_refused(&scene.log_in(&[]), &["mailed a code to ann@example.test", "--code"]);
    let code = scene.server.mailed_codes().pop().expect("a mail");
    let wrong = if code == "000000" { "000001" } else { "000000" };
    scene.assert_refused(&scene.log_in(&["--code", wrong]), &["nvalid new device otp"]);
    scene.assert_signed_in(&scene.log_in(&["--code", &code]));
    assert_eq!(scene.server.mailed_codes().len(), 1);
    // From then on the machine is known.
    assert_answer(&run(&scene.home, &["logout"]), "You have logged out.\n");
    scene.assert_signed_in(&scene.log_in(&[]));
}

#[test]
fn one_of_several_organizations_is_named_or_chosen() {
    let account = || {
        ann(PBKDF2)
            .listed("11111111-0000-4000-8000-000000000000", "Acme", 0, true)
            .listed("22222222-0000-4000-8000-000000000000", "Only a member", 2, true)
            .listed("33333333-0000-4000-8000-000000000000", "Switched off", 0, false)
    };
    let scene = Scene::official(account());
    let id = scene.server.organization_id();
    let output = scene.log_in(&[]);
    scene.assert_refused(&output, &["owner of 2 organizations", &id, "Sandbox", "Acme", "--organization ID"]);
    assert!(!output.stderr.contains("Only a member") && !output.stderr.contains("Switched off"));
    scene.assert_refused(&scene.log_in(&["--organization", "Only a member"]), &["not an owner of", "Acme"]);
    scene.assert_signed_in(&scene.log_in(&["--organization", &id]));
    assert_answer(&run(&scene.home, &["logout"]), "You have logged out.\n");
    scene.assert_signed_in(&scene.log_in(&["--organization", "Sandbox"]));
    assert_answer(&run(&scene.home, &["logout"]), "You have logged out.\n");
    let output = scene.converse(&["--email", ANN], &[PASSWORD, "2"]);
    scene.assert_signed_in(&output);
    assert!(output.stderr.contains("1  Acme") && output.stderr.contains("2  Sandbox"), "{}", output.stderr);
}

#[test]
fn somebody_who_owns_nothing_is_told_so_and_gets_no_key() {
    for options in [Options::official(), Options::vaultwarden()] {
        let scene = Scene::new(options, ann(PBKDF2));
        assert!(scene.server.set_role(ANN, Role::Admin));
        scene.assert_refused(&scene.log_in(&[]), &["ann@example.test is not an owner of any organization"]);
        assert!(scene.paths().iter().all(|it| !it.ends_with("/api-key")));
    }
}

#[test]
fn a_server_that_asks_for_a_weak_hash_gets_none() {
    let weak = KeyDerivation::Pbkdf2 { iterations: 1 };
    let scene = Scene::official(Account::new(ANN, PBKDF2.0, weak));
    scene.assert_refused(&scene.log_in(&[]), &["1 PBKDF2 iterations", "nothing was sent"]);
    assert_eq!(scene.paths(), ["/identity/accounts/prelogin"]);
}
