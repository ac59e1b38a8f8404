//! A refusal about one person changes nothing for another: everything else is done, the person is named, and the next run
//! tries again.

use crate::laws::TAKING;
use crate::laws::stage::{Stage, Tree, dn, group_dn, mail};
use bwdc_sandbox::faults::{Answer, Fault, Rule};
use bwdc_sandbox::organization::{MemberStatus, Official, Options};
use serde_json::Value;

/// Lets every request about one person fail with this answer.
fn refuse(stage: &Stage, method: &str, name: &str, action: &str, answer: Answer) {
    let members = stage.organization.members();
    let member = members.iter().find(|it| it.email == mail(name)).expect("a member");
    let path = format!("/api/public/members/{}{action}", member.id);
    stage.organization.faults().add(Rule::new(method, &path, Fault::Answer(answer)));
}

/// A sync that is not complete; what it says.
fn incomplete(stage: &Stage) -> String {
    let output = stage.run(&["sync", "--response"]);
    assert_eq!(output.code, Some(1), "{}", output.stdout);
    let answer: Value = serde_json::from_str(&output.stdout).expect("an answer");
    answer["message"].as_str().expect("a text").to_owned()
}

fn of_forty() -> Stage {
    let stage = Stage::new(Options::official(), TAKING, |_| {});
    let directory = Tree::of(40).serve();
    stage.read(&directory);
    stage.sync();
    stage.everybody_confirms();
    stage
}

#[test]
fn a_leaver_whom_the_server_does_not_know_any_more_keeps_nobody_else_in_and_nobody_out() {
    let stage = of_forty();
    let directory = Tree::of(40).disabled("p01").disabled("p02").without("p03").person("n1").serve();
    stage.read(&directory);
    refuse(&stage, "DELETE", "p01", "", Answer::empty(404));
    let message = incomplete(&stage);
    let times = stage.home.data_json().expect("readable");
    assert!(!times["lastUserSync"].is_string(), "it was not complete");
    assert!(message.contains(&mail("p01")) && !message.contains(&mail("p02")), "{message}");
    let state = stage.state();
    assert_eq!(state.status("p01"), Some(MemberStatus::Confirmed), "refused");
    assert_eq!((state.status("p02"), state.status("p03")), (None, Some(MemberStatus::Revoked)));
    assert_eq!(state.status("n1"), Some(MemberStatus::Invited));

    stage.organization.faults().clear();
    stage.organization.clear_requests();
    stage.sync();
    assert_eq!(stage.state().status("p01"), None);
    assert_eq!(stage.writes().len(), 1, "{:?}", stage.writes());
}

#[test]
fn a_policy_against_one_who_returns_keeps_nobody_else_out() {
    let stage = of_forty();
    let directory = Tree::of(40).without("p03").without("p04").without("p05").serve();
    stage.read(&directory);
    stage.sync();
    let directory = Tree::of(40).person("n1").serve();
    stage.read(&directory);
    let policy = r#"{"object":"error","message":"p03@example.test is not compliant with the two-step login policy.","errors":null}"#;
    refuse(&stage, "POST", "p03", "/restore", Answer::json(400, policy));
    let message = incomplete(&stage);
    assert!(message.contains(&mail("p03")) && message.contains("two-step login policy"), "{message}");
    let state = stage.state();
    assert_eq!(state.status("p03"), Some(MemberStatus::Revoked));
    assert_eq!(
        on_record(&stage, "restore"),
        [mail("p04"), mail("p05")],
        "nobody is told to be back who is not"
    );
    for (name, status) in
        [("p04", MemberStatus::Confirmed), ("p05", MemberStatus::Confirmed), ("n1", MemberStatus::Invited)]
    {
        assert_eq!(state.status(name), Some(status), "{name}");
    }

    stage.organization.faults().clear();
    a_day_later(&stage);
    stage.sync();
    assert_eq!(stage.state().status("p03"), Some(MemberStatus::Confirmed));
}

#[test]
fn a_server_that_cannot_revoke_keeps_leavers_in_and_nobody_else_out() {
    let old = Official { revoke: false, ..Official::default() };
    let stage = Stage::new(Options::with_official(old), TAKING, |_| {});
    let directory = Tree::of(40).serve();
    stage.read(&directory);
    stage.sync();
    stage.everybody_confirms();
    let directory = Tree::of(40).without("p01").disabled("p02").person("n1").serve();
    stage.read(&directory);
    let plan = stage.run(&["plan"]);
    let said = plan.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("since version 2026.2.0: update it, or set `leavers.gone` to remove"), "{said}");
    let doctor = stage.run(&["doctor"]);
    assert!(doctor.stdout.contains("2026.2.0"), "{}", doctor.stdout);
    stage.sync();
    let state = stage.state();
    let status = ["p01", "p02", "n1"].map(|it| state.status(it));
    assert_eq!(status, [Some(MemberStatus::Confirmed), None, Some(MemberStatus::Invited)]);
}

/// A server whose version does not tell it: the answer does.
#[test]
fn an_address_that_the_server_does_not_have_is_named() {
    let stage = of_forty();
    let directory = Tree::of(40).without("p01").person("n1").serve();
    stage.read(&directory);
    refuse(&stage, "POST", "p01", "/revoke", Answer::empty(404));
    let message = incomplete(&stage);
    assert!(message.contains(&mail("p01")) && message.contains("cannot revoke"), "{message}");
    assert_eq!(stage.state().status("n1"), Some(MemberStatus::Invited));
}

/// To whom the last run did this, as its history and the digest tell.
fn on_record(stage: &Stage, action: &str) -> Vec<String> {
    let ledger = rusqlite::Connection::open(stage.home.data_folder().join("connector.db")).expect("opens");
    let sql = "SELECT subject FROM actions WHERE run = (SELECT max(id) FROM runs) AND action = ?1 ORDER BY 1";
    let mut statement = ledger.prepare(sql).expect("a table");
    let rows = statement.query_map([action], |row| row.get(0)).expect("readable");
    rows.collect::<Result<_, _>>().expect("texts")
}

/// A day passes for what was refused.
fn a_day_later(stage: &Stage) {
    let ledger = rusqlite::Connection::open(stage.home.data_folder().join("connector.db")).expect("opens");
    let changed = ledger.execute("UPDATE refusals SET tried_at = tried_at - 86400000", []);
    assert_eq!(changed.expect("a table"), 1);
}

const PLAN: &str = r#"{"object":"error","message":"To enable custom permissions the organization must be on an Enterprise plan.","errors":null}"#;

#[test]
fn a_refused_new_id_keeps_nobody_else_out_and_is_tried_once_a_day_from_then_on() {
    let stage = Stage::new(Options::official(), TAKING, |_| {});
    let directory = Tree::of(40).group("g", "G", &["p01", "p02", "p03"]).serve();
    stage.read(&directory);
    stage.sync();
    stage.everybody_confirms();
    stage.organization.set_external_id(&mail("p01"), Some("by another program"));
    let directory = Tree::of(40).person("n1").group("g", "G", &["p01", "p02", "n1"]).serve();
    stage.read(&directory);
    refuse(&stage, "PUT", "p01", "", Answer::json(400, PLAN));
    let message = incomplete(&stage);
    assert!(message.contains(&mail("p01")) && message.contains("Enterprise plan"), "{message}");
    let state = stage.state();
    assert_eq!(state.status("n1"), Some(MemberStatus::Invited));
    let members = ["n1", "p01", "p02"].map(mail).into();
    assert_eq!(state.groups[&group_dn("g")], ("G".to_owned(), members), "p01 by the id that it keeps");

    // Not asked for again, and named.
    stage.organization.clear_requests();
    stage.sync();
    assert_eq!(stage.writes(), [""; 0]);
    let plan = stage.run(&["plan"]);
    assert!(plan.stdout.contains("Enterprise plan") && plan.stdout.contains("once a day"), "{}", plan.stdout);
    let puts = || stage.writes().iter().filter(|it| it.starts_with("PUT")).count();
    // The same refusal a day later is no news; after a change it is.
    a_day_later(&stage);
    stage.sync();
    assert_eq!(puts(), 1);
    stage.sync();
    assert_eq!(puts(), 1, "tried today");
    stage.organization.set_external_id(&mail("p01"), Some("by a third program"));
    incomplete(&stage);
    assert_eq!(puts(), 2);

    stage.organization.faults().clear();
    a_day_later(&stage);
    stage.sync();
    let id = stage.organization.members().into_iter().find(|it| it.email == mail("p01"));
    assert_eq!(id.and_then(|it| it.external_id), Some(dn("p01")));
    stage.organization.clear_requests();
    stage.sync();
    assert_eq!(stage.writes(), [""; 0]);
}

#[test]
fn a_restoration_that_a_policy_forbids_is_tried_once_a_day() {
    let stage = of_forty();
    let directory = Tree::of(40).without("p03").serve();
    stage.read(&directory);
    stage.sync();
    let directory = Tree::of(40).serve();
    stage.read(&directory);
    let policy = r#"{"object":"error","message":"p03@example.test is not compliant with the two-step login policy.","errors":null}"#;
    refuse(&stage, "POST", "p03", "/restore", Answer::json(400, policy));
    incomplete(&stage);
    stage.organization.clear_requests();
    stage.sync();
    assert_eq!(stage.writes(), [""; 0]);
    a_day_later(&stage);
    stage.sync();
    assert_eq!(stage.writes().len(), 1, "{:?}", stage.writes());
    stage.organization.faults().clear();
    let output = stage.run(&["sync", "--full"]);
    assert_eq!(output.code, Some(0), "{}", output.stderr);
    assert_eq!(
        stage.state().status("p03"),
        Some(MemberStatus::Confirmed),
        "a full sync does not wait for the day"
    );
}

#[test]
fn a_run_that_is_broken_off_names_whom_the_server_refused_before() {
    let stage = of_forty();
    let directory = Tree::of(40).disabled("p01").person("n1").serve();
    stage.read(&directory);
    refuse(&stage, "DELETE", "p01", "", Answer::empty(404));
    let unpaid = Answer::json(402, r#"{"object":"error","message":"Pay first.","errors":null}"#);
    stage.organization.faults().add(Rule::new("POST", "/api/public/organization", Fault::Answer(unpaid)));
    let message = incomplete(&stage);
    assert!(message.contains("Pay first.") && message.contains(&mail("p01")), "{message}");
}

#[test]
fn a_record_that_the_server_trips_over_keeps_nobody_else_and_a_server_that_is_ill_ends_the_run() {
    for ill in [1, 3] {
        let stage = of_forty();
        let directory = Tree::of(40).disabled("p01").disabled("p02").disabled("p03").person("n1").serve();
        stage.read(&directory);
        let failed =
            r#"{"object":"error","message":"An unhandled server error has occurred.","errors":null}"#;
        for name in ["p01", "p02", "p03"].into_iter().take(ill) {
            refuse(&stage, "DELETE", name, "", Answer::json(500, failed));
        }
        incomplete(&stage);
        assert_eq!(stage.state().status("n1").is_some(), ill == 1, "{ill}");
        assert_eq!(stage.state().status("p03").is_some(), ill == 3, "{ill}");
    }
}

#[test]
fn what_concerns_the_whole_organization_ends_the_run() {
    for status in [401, 402, 403] {
        let stage = of_forty();
        let directory = Tree::of(40).disabled("p01").person("n1").serve();
        stage.read(&directory);
        refuse(
            &stage,
            "DELETE",
            "p01",
            "",
            Answer::json(status, r#"{"object":"error","message":"no","errors":null}"#),
        );
        incomplete(&stage);
        assert_eq!(stage.state().status("n1"), None, "{status}");
    }
}
