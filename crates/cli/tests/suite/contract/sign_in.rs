//! `bwdc login` and `bwdc logout`.

use crate::contract::stage::{Stage, answer, assert_answer, assert_failure, contents, run};
use bwdc_harness::home::Home;
use bwdc_sandbox::faults::{Answer, Fault, Rule};
use serde_json::json;

#[test]
fn a_sign_in_by_arguments_is_remembered_until_the_logout() {
    let stage = Stage::signed_out();
    assert_answer(&stage.log_in(), "You are logged in!\n");
    let id = stage.organization.organization_id();
    let data = stage.home.data_json().unwrap();
    assert_eq!((&data["organizationId"], &data["entityId"]), (&json!(id), &json!(id)));
    assert_eq!(data["apiKeyClientId"], json!(stage.organization.client_id()));
    assert!(data["accessToken"].is_string());

    assert_failure(&stage.log_in(), &format!("You are already logged in as organization.{id}.\n"));

    let app_id = data["appId"].clone();
    assert_answer(&stage.run(&["logout"]), "You have logged out.\n");
    let data = stage.home.data_json().unwrap();
    assert_eq!(
        (&data["organizationId"], &data["entityId"], &data["appId"]),
        (&json!(id), &json!(id), &app_id)
    );
    for key in ["accessToken", "refreshToken", "apiKeyClientId", "apiKeyClientSecret"] {
        assert!(data.get(key).is_none_or(serde_json::Value::is_null), "{key}");
    }
    assert_failure(&stage.run(&["logout"]), "You are not logged in.\n");
}

/// What the run says is what works: the new secret is taken, a wrong one changes nothing, and all else stays.
#[test]
fn a_key_that_was_rotated_is_renewed_by_the_command_that_the_error_names() {
    let mut stage = Stage::signed_in();
    let id = stage.organization.client_id();
    assert_eq!(stage.run(&["sync"]).code, Some(0));
    let ledger = stage.run(&["history", "--response"]).stdout;
    let secret = stage.organization.rotate_key();
    stage.organization.revoke_tokens();
    let refused = stage.run(&["sync"]);
    assert_eq!(refused.code, Some(1));
    assert!(refused.stderr.contains("run `bwdc login --renew`"), "{}", refused.stderr);

    let before = stage.data_bytes();
    let wrong = stage.run(&["login", "--renew", &id, "wrong", "--nointeraction"]);
    assert_eq!((wrong.code, wrong.stdout.as_str()), (Some(1), ""));
    assert!(wrong.stderr.contains("`bwdc login --renew`"), "{}", wrong.stderr);
    let other = stage.run(&["login", "--renew", "organization.other", &secret]);
    assert_eq!(other.stderr, format!("You are already logged in as {id}.\n"));
    assert_failure(&stage.run(&["login", "--renew", "--nointeraction"]), "Client Secret is required.\n");
    assert_eq!(stage.data_bytes(), before);

    stage.home.set("BW_CLIENTSECRET", &secret);
    let renewed = stage.run(&["login", "--renew", "--nointeraction"]);
    assert_answer(&renewed, "The new secret is stored, and the server accepts it.\n");
    assert_eq!(stage.run(&["sync"]).code, Some(0));
    let after = stage.run(&["history", "--response"]).stdout;
    assert!(ledger.len() < after.len(), "the history goes on: {after}");
    assert_answer(&stage.run(&["logout"]), "You have logged out.\n");
    assert_failure(&stage.run(&["login", "--renew", "--nointeraction"]), "You are not logged in.\n");
}

#[test]
fn a_sign_in_by_variables_asks_nothing() {
    let mut stage = Stage::signed_out();
    stage.home.set("BW_CLIENTID", stage.organization.client_id());
    assert_failure(&stage.run(&["login", "--nointeraction"]), "Client Secret is required.\n");
    stage.home.set("BW_CLIENTSECRET", stage.organization.client_secret());
    let output = stage.run(&["login", "--nointeraction", "--response"]);
    assert_answer(
        &output,
        "{\"success\":true,\"data\":{\"noColor\":false,\"object\":\"message\",\"title\":\"You are logged in!\",\"message\":null}}\n",
    );
}

#[test]
fn a_sign_in_by_questions_keeps_standard_output_clean() {
    let stage = Stage::signed_out();
    let secret = stage.organization.client_secret();
    let output = answer(&stage.home, &["login"], &format!("{}\n{secret}\n", stage.organization.client_id()));
    assert_eq!((output.code, output.stdout.as_str()), (Some(0), "You are logged in!\n"));
    assert!(!output.stderr.contains(&secret));
}

#[test]
fn nothing_is_asked_when_questions_are_forbidden() {
    let home = Home::new().unwrap();
    assert_failure(&run(&home, &["login", "--nointeraction"]), "Client ID is required.\n");
    assert_failure(
        &run(&home, &["--nointeraction", "login", "organization.1"]),
        "Client Secret is required.\n",
    );
}

#[test]
fn a_personal_key_is_refused_before_anything_is_sent() {
    let stage = Stage::signed_out();
    let before = contents(&stage.home);
    let output = stage.run(&["login", "user.d1f7f0a3", "secret"]);
    assert_eq!((output.code, output.stdout.as_str()), (Some(1), ""));
    assert!(output.stderr.contains("`user.d1f7f0a3`") && output.stderr.contains("organization.<id>"));
    assert!(stage.organization.requests().is_empty());
    assert!(contents(&stage.home) == before, "something was changed");
}

#[test]
fn an_answer_without_a_token_logs_nobody_in() {
    for (answer, part) in [
        (Answer::json(200, "{}"), "access token"),
        (Answer::json(400, r#"{"error":"invalid_client"}"#), "invalid_client"),
        (Answer::json(403, "<html>blocked</html>"), "403"),
    ] {
        let mut stage = Stage::signed_out();
        stage.home.unset("BITWARDENCLI_CONNECTOR_PLAINTEXT_SECRETS");
        assert_answer(&stage.run(&["config", "okta.token", "kept"]), "Saved setting `okta.token`.\n");
        let before = contents(&stage.home);
        assert!(before.len() > 1, "the token is in a file of its own");
        stage.organization.faults().add(Rule::new("POST", "/identity/connect/token", Fault::Answer(answer)));
        let secret = stage.organization.client_secret();
        let output = stage.log_in();
        assert_eq!((output.code, output.stdout.as_str()), (Some(1), ""));
        assert!(output.stderr.contains(part), "{}", output.stderr);
        assert!(output.stderr.lines().count() >= 2, "the next step is missing: {}", output.stderr);
        assert!(!output.stderr.contains(&secret));
        assert!(contents(&stage.home) == before, "something was changed");
    }
}

#[test]
fn a_wrong_secret_is_a_failure_with_its_kind() {
    let stage = Stage::signed_out();
    let output = stage.run(&["login", &stage.organization.client_id(), "wrong", "--response"]);
    assert_eq!((output.code, output.stderr.as_str()), (Some(1), ""));
    let failure: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!((&failure["success"], &failure["kind"]), (&json!(false), &json!("sign-in")));
    assert!(output.stdout.starts_with("{\"success\":false,\"message\":\""));
}
