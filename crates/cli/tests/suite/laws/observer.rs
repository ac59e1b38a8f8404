//! A Vaultwarden that is seen with an administrator's own key.

use crate::laws::TAKING;
use crate::laws::stage::{Stage, Tree, mail};
use bwdc_sandbox::faults::{Fault, Rule};
use bwdc_sandbox::organization::{
    Account, Flavor, KeyDerivation, MemberStatus, Options, RateLimits, Vaultwarden,
};
use std::time::Duration;

const ANN: &str = "ann@example.test";

/// An organization of Ann's, who lets us look.
fn observed(flavor: Vaultwarden, settings: &str) -> Stage {
    let flavor = Flavor::Vaultwarden(flavor);
    let options = Options { flavor, owner: Some(ANN.to_owned()), ..Options::vaultwarden() };
    let stage = Stage::new(options, settings, |_| {});
    stage.organization.sign_up(Account::new(ANN, "hash", KeyDerivation::Pbkdf2 { iterations: 600_000 }));
    let (id, secret) = stage.organization.personal_key(ANN).expect("an account");
    let mut login = stage.command(&["login", "--observer"]);
    let login = login.env("BW_OBSERVER_CLIENTID", id).env("BW_OBSERVER_CLIENTSECRET", secret);
    let output = login.output().expect("starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    stage
}

fn company() -> Tree {
    Tree::of(3).group("g", "G", &["p01", "p02"])
}

/// By default Vaultwarden gives ten tokens in a row, then one a minute.
#[test]
fn the_token_of_the_observer_lasts_for_many_runs() {
    let limited = Vaultwarden { login_limit: RateLimits::On { clock: 1.0 }, ..Vaultwarden::default() };
    let stage = observed(limited, TAKING);
    let directory = company().serve();
    stage.read(&directory);
    stage.sync();
    stage.organization.clear_requests();
    for _ in 0..12 {
        stage.sync();
    }
    let tokens =
        stage.organization.requests().iter().filter(|it| it.path.ends_with("/connect/token")).count();
    assert_eq!(tokens, 0);
    // Whoever forgets the key forgets the token.
    assert_eq!(stage.run(&["logout", "--observer"]).code, Some(0));
    let data = stage.home.data_json().expect("readable");
    assert!(data.get("observerAccessToken").is_none_or(serde_json::Value::is_null), "{data}");
}

#[test]
fn groups_that_are_switched_off_are_named_and_keep_nobody_out_and_no_leaver_in() {
    let off = Vaultwarden { groups_enabled: false, ..Vaultwarden::default() };
    let stage = observed(off, TAKING);
    let directory = company().serve();
    stage.read(&directory);
    for command in ["plan", "sync"] {
        let output = stage.run(&[command]);
        assert_eq!(output.code, Some(0), "{}", output.stderr);
        assert!(output.stderr.contains("ORG_GROUPS_ENABLED"), "{command}: {}", output.stderr);
        assert!(!output.stdout.contains("create"), "{command}: {}", output.stdout);
    }
    let doctor = stage.run(&["doctor"]);
    assert!(doctor.stdout.contains("ORG_GROUPS_ENABLED"), "{}", doctor.stdout);
    assert_eq!(stage.state().status("p01"), Some(MemberStatus::Invited));
    stage.everybody_confirms();
    let directory = company().without("p03").serve();
    stage.read(&directory);
    stage.sync();
    assert_eq!(stage.state().status("p03"), Some(MemberStatus::Revoked));

    let on = observed(Vaultwarden::default(), TAKING);
    on.read(&directory);
    for command in ["plan", "sync", "doctor"] {
        let output = on.run(&[command]);
        assert!(!format!("{}{}", output.stdout, output.stderr).contains("ORG_GROUPS_ENABLED"), "{command}");
    }
    assert_eq!(on.organization.groups().len(), 1);
}

#[test]
fn a_list_that_comes_slowly_says_where_the_time_limit_stands() {
    let stage = observed(Vaultwarden::default(), &format!("{TAKING}[time-limits]\norganization = 4\n"));
    let directory = company().serve();
    stage.read(&directory);
    assert!(!stage.run(&["plan"]).stderr.contains("time-limits.organization"));
    let slow = Rule::new("GET", "/api/organizations/", Fault::Delay(Duration::from_millis(2_200)));
    stage.organization.faults().add(slow.first(1));
    let output = stage.run(&["plan"]);
    assert_eq!(output.code, Some(0), "{}", output.stderr);
    assert!(output.stderr.contains("After 4 s"), "{}", output.stderr);
    assert!(output.stderr.contains("time-limits.organization"), "{}", output.stderr);
    assert!(output.stdout.contains(&mail("p01")), "{}", output.stdout);
}
