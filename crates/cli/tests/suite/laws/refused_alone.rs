//! A refusal about one person changes nothing for another: everything else is done, the person is named, and the next run
//! tries again.

use crate::laws::TAKING;
use crate::laws::stage::{Stage, Tree, mail};
use bwdc_sandbox::faults::{Answer, Fault, Rule};
use bwdc_sandbox::organization::{MemberStatus, Options};
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
    for (name, status) in
        [("p04", MemberStatus::Confirmed), ("p05", MemberStatus::Confirmed), ("n1", MemberStatus::Invited)]
    {
        assert_eq!(state.status(name), Some(status), "{name}");
    }

    stage.organization.faults().clear();
    stage.sync();
    assert_eq!(stage.state().status("p03"), Some(MemberStatus::Confirmed));
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
