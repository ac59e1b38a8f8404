//! A server that fails on one record gets everything else, and the record is named.

use crate::laws::TAKING;
use crate::laws::stage::{Stage, Tree, dn, mail};
use bwdc_sandbox::faults::{Answer, Fault, Rule};
use bwdc_sandbox::organization::{MemberStatus, Options};
use serde_json::Value;

const IMPORT: &str = "/api/public/organization/import";

fn server_error() -> Fault {
    Fault::Answer(Answer::json(
        500,
        r#"{"object":"error","message":"An unhandled server error has occurred.","errors":null}"#,
    ))
}

fn imports(stage: &Stage) -> usize {
    stage.writes().iter().filter(|it| it.ends_with(IMPORT)).count()
}

fn failure(stage: &Stage) -> Value {
    let output = stage.run(&["sync", "--response"]);
    assert_eq!(output.code, Some(1), "{}", output.stdout);
    serde_json::from_str(&output.stdout).expect("an answer")
}

#[test]
fn everybody_but_the_one_bad_record_is_brought_over() {
    let stage = Stage::new(Options::official(), TAKING, |_| {});
    let directory = Tree::of(60).group("g", "Everybody", &["p01", "p37", "p60"]).serve();
    stage.read(&directory);
    let id = dn("p37");
    stage
        .organization
        .faults()
        .add(Rule::new("POST", IMPORT, server_error()).containing(&format!(r#""email":"{}""#, mail("p37"))));
    let told = failure(&stage);
    let message = told["message"].as_str().expect("a text");
    assert!(message.contains(&mail("p37")) && message.contains(&id), "{message}");
    assert!(message.contains("An unhandled server error has occurred."), "{message}");
    assert_eq!(told["kind"], "organization");
    let state = stage.state();
    assert_eq!(state.people.len(), 60, "the owner, and 59 of 60");
    assert_eq!(state.status("p37"), None);
    let members = &state.groups[&crate::laws::stage::group_dn("g")].1;
    assert_eq!(members.iter().cloned().collect::<Vec<_>>(), [mail("p01"), mail("p60")]);
    assert!(imports(&stage) <= 4 * 6 + 9, "{} imports for 61 records", imports(&stage));
    let history = stage.run(&["history", "--response"]);
    assert!(history.stdout.contains("partial"), "{}", history.stdout);

    // As soon as the server takes her, the next run brings her over, and nobody twice.
    stage.organization.faults().clear();
    stage.organization.clear_requests();
    stage.sync();
    assert_eq!(stage.state().status("p37"), Some(MemberStatus::Invited));
    assert_eq!(stage.state().groups[&crate::laws::stage::group_dn("g")].1.len(), 3);
    stage.organization.clear_requests();
    stage.sync();
    assert_eq!(stage.writes(), [""; 0]);
}

#[test]
fn a_record_that_the_server_names_is_taken_out_directly() {
    let stage = Stage::new(Options::official(), TAKING, |_| {});
    let directory = Tree::of(30).serve();
    stage.read(&directory);
    let body = r#"{"object":"error","message":"The request's model state is invalid.","errors":{"Members[4].Email":["The Email field is not a valid e-mail address."]}}"#;
    let named = Fault::Answer(Answer::json(400, body));
    stage.organization.faults().add(Rule::new("POST", IMPORT, named).containing(&mail("p05")));
    let told = failure(&stage);
    assert!(told["message"].as_str().is_some_and(|it| it.contains(&mail("p05"))), "{told}");
    assert_eq!((imports(&stage), stage.state().people.len()), (2, 30));
}

#[test]
fn rights_rates_and_conflicts_are_never_cut_and_seats_are_sought_in_few_imports() {
    for (status, message) in [
        (400, "Seat limit has been reached."),
        (400, "Errors have occurred."),
        (401, "no"),
        (402, "An error has occurred."),
        (403, "no"),
        (409, "conflict"),
    ] {
        let stage = Stage::new(Options::official(), TAKING, |_| {});
        let directory = Tree::of(20).serve();
        stage.read(&directory);
        let body = format!(r#"{{"object":"error","message":"{message}","errors":null}}"#);
        stage.organization.faults().add(Rule::new(
            "POST",
            IMPORT,
            Fault::Answer(Answer::json(status, &body)),
        ));
        failure(&stage);
        // A refused token is asked for once more. How many seats there are is found with 8 further imports at most.
        let most = match message {
            "Seat limit has been reached." => 2 + 8,
            _ if status == 401 => 2,
            _ => 1,
        };
        assert!(imports(&stage) <= most, "{status} {message}: {} imports", imports(&stage));
        assert_eq!(stage.state().people.len(), 1);
    }
}

#[test]
fn a_fault_of_the_whole_organization_ends_the_search_soon() {
    let stage = Stage::new(Options::official(), TAKING, |_| {});
    let directory = Tree::of(64).serve();
    stage.read(&directory);
    stage.organization.faults().add(Rule::new("POST", IMPORT, server_error()));
    let told = failure(&stage);
    assert_eq!(told["message"], "An unhandled server error has occurred.");
    assert_eq!((imports(&stage), told["kind"].as_str()), (5, Some("unknown-effect")));
    stage.organization.faults().clear();
    stage.sync();
    assert_eq!(stage.state().people.len(), 65);
}

#[test]
fn a_request_that_overwrites_is_never_cut() {
    let change = |settings: &mut Value| settings["sync"]["overwriteExisting"] = true.into();
    let stage = Stage::new(Options::official(), TAKING, change);
    let directory = Tree::of(20).serve();
    stage.read(&directory);
    stage.sync();
    stage.everybody_confirms();
    let directory = Tree::of(21).serve();
    stage.read(&directory);
    stage.organization.clear_requests();
    stage.organization.faults().add(Rule::new("POST", IMPORT, server_error()).containing(&mail("p21")));
    failure(&stage);
    assert_eq!((imports(&stage), stage.state().people.len()), (1, 21));
}
