//! The gentler death of a run: a request whose answer is lost, cut short or replaced on its way.

use crate::kill::assert_recovers;
use crate::kill::scenario::Scenario;
use bwdc_sandbox::faults::{Answer, Fault, Rule};

fn recovers_from_each(scenario: &Scenario) {
    let gateway = Answer { status: 502, headers: Vec::new(), body: "<html>Bad gateway</html>".to_owned() };
    let faults = [
        Fault::CutBeforeHandling,
        Fault::CutAfterHandling,
        Fault::AnswerAfterHandling(Answer::json(
            500,
            r#"{"message":"An unhandled server error has occurred."}"#,
        )),
        Fault::AnswerAfterHandling(gateway.clone()),
        Fault::Answer(gateway),
        Fault::ReplaceBody("<html>Please sign in</html>".to_owned()),
    ];
    for write in &scenario.writes {
        let (method, path) = write.split_once(' ').expect("method and path");
        for fault in &faults {
            let stage = scenario.stage();
            stage.organization.faults().add(Rule::new(method, path, fault.clone()));
            let what = format!("{write}, {fault:?}");
            let output = stage.run(&["sync"]);
            assert_eq!(output.code, Some(1), "{what}: {}", output.stdout);
            stage.organization.faults().clear();
            assert_recovers(scenario, &stage, &what);
        }
    }
}

#[test]
fn a_lost_answer_of_a_sync_that_does_everything() {
    recovers_from_each(&Scenario::of_everything());
}

#[test]
fn a_lost_answer_of_a_first_run() {
    recovers_from_each(&Scenario::of_a_first_run());
}

#[test]
fn a_lost_answer_of_a_whole_import() {
    recovers_from_each(&Scenario::of_a_whole_import());
}

#[test]
fn a_lost_answer_of_a_server_that_cannot_be_read() {
    recovers_from_each(&Scenario::of_vaultwarden());
}
