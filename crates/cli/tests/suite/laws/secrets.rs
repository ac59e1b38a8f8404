//! Law 9: nothing that the program prints or writes shows a secret.

use crate::laws::TAKING;
use crate::laws::stage::{LDAP_PASSWORD, Stage, Tree};
use bwdc_sandbox::faults::{Answer, Fault, Rule};
use bwdc_sandbox::ldap::{Action, At, Fault as DirectoryFault};
use bwdc_sandbox::organization::Options;
use std::path::Path;

/// Every file below a folder whose bytes contain one of the texts.
fn holding(folder: &Path, texts: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(holding(&path, texts));
            continue;
        }
        let bytes = std::fs::read(&path).expect("readable by its owner");
        if texts.iter().any(|text| bytes.windows(text.len()).any(|it| it == text.as_bytes())) {
            found.push(path.display().to_string());
        }
    }
    found
}

/// Good runs and bad ones, with everything printed that can be asked for.
fn printed(stage: &mut Stage) -> String {
    stage.home.set("BITWARDENCLI_CONNECTOR_DEBUG", "true");
    stage.home.set("RUST_LOG", "trace");
    let directory = Tree::of(5).group("a", "Sales", &["p01"]).serve();
    stage.read(&directory);
    let mut printed = String::new();
    let mut run = |stage: &Stage, arguments: &[&str], code: i32| {
        let output = stage.run(arguments);
        assert_eq!(output.code, Some(code), "{arguments:?}: {}{}", output.stdout, output.stderr);
        printed.push_str(&output.stdout);
        printed.push_str(&output.stderr);
    };
    for arguments in [
        &["test"][..],
        &["plan", "--response"],
        &["sync"],
        &["sync", "--response"],
        &["sync", "--log-level", "trace"],
        &["doctor"],
    ] {
        run(stage, arguments, 0);
    }
    run(stage, &["login"], 1);
    stage.organization.revoke_tokens();
    run(stage, &["sync"], 0);
    let faults = stage.organization.faults();
    faults.add(Rule::new(
        "GET",
        "/api/public/members",
        Fault::Answer(Answer::json(403, r#"{"message":"no"}"#)),
    ));
    run(stage, &["sync", "--response"], 1);
    stage.organization.faults().clear();
    directory.inject(DirectoryFault::new(At::Search(1), Action::Garbage));
    run(stage, &["sync"], 1);
    directory.clear_faults();
    directory.inject(DirectoryFault::new(
        At::Bind,
        Action::answer(bwdc_sandbox::ldap::ResultCode::InvalidCredentials),
    ));
    run(stage, &["test"], 1);
    directory.clear_faults();
    stage.organization.rotate_key();
    stage.organization.revoke_tokens();
    run(stage, &["sync"], 1);
    run(stage, &["last-sync", "users"], 0);
    run(stage, &["logout"], 0);
    printed
}

#[test]
fn law_09_secrets_are_neither_printed_nor_written_in_plain_text() {
    let mut stage = Stage::new(Options::official(), TAKING, |_| {});
    let key = stage.organization.client_secret();
    let secrets = [LDAP_PASSWORD, key.as_str()];
    assert_eq!(holding(stage.home.path(), &secrets), Vec::<String>::new());
    let printed = printed(&mut stage);
    assert!(secrets.iter().all(|it| !printed.contains(it)), "{printed}");
    assert_eq!(holding(stage.home.path(), &secrets), Vec::<String>::new());
}

/// Where the official variable asks for plain text, it is in that one file; the token, too, can be searched for then.
#[test]
fn law_09_in_plain_text_secrets_are_in_the_settings_only() {
    let mut stage = Stage::prepared(Options::official(), TAKING, |_| {});
    stage.home.set("BITWARDENCLI_CONNECTOR_PLAINTEXT_SECRETS", "true");
    stage.sign_in();
    let token = stage.home.data_json().expect("readable")["accessToken"].as_str().expect("a text").to_owned();
    let key = stage.organization.client_secret();
    let secrets = [LDAP_PASSWORD, key.as_str(), token.as_str()];
    let settings = [stage.home.data_json_path().display().to_string()];
    assert_eq!(holding(stage.home.path(), &secrets), settings);
    let printed = printed(&mut stage);
    assert!(secrets.iter().all(|it| !printed.contains(it)), "{printed}");
    assert_eq!(holding(stage.home.path(), &secrets), settings);
}
