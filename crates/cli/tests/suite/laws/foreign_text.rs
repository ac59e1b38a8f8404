//! Text from outside is shown without anything that a terminal would obey; JSON keeps it as it is.

use crate::laws::TAKING;
use crate::laws::stage::{Stage, Tree, group_dn};
use bwdc_sandbox::faults::{Answer, Fault, Rule};
use bwdc_sandbox::organization::Options;

/// Clears the screen, and turns the rest of the line around.
const NAME: &str = "Sales\u{1b}[2J\u{202e}admins";

fn is_obeyed(text: &str) -> bool {
    text.contains(['\u{1b}', '\u{202e}'])
}

#[test]
fn names_in_a_directory_and_answers_of_a_server_move_no_cursor() {
    let stage = Stage::new(Options::official(), TAKING, |_| {});
    let directory = Tree::of(3).group("g", NAME, &["p01"]).serve();
    stage.read(&directory);
    let shown = |arguments: &[&str]| {
        let output = stage.run(arguments);
        assert!(!is_obeyed(&output.stdout) && !is_obeyed(&output.stderr), "{arguments:?}: {output:?}");
        output.stdout + &output.stderr
    };
    assert!(shown(&["plan"]).contains("Sales\\u{1b}[2J\\u{202e}admins"));
    let plan = stage.run(&["plan", "--response"]).stdout;
    let plan: serde_json::Value = serde_json::from_str(&plan).expect("JSON");
    assert!(plan.to_string().contains("\\u001b[2J\u{202e}admins"), "JSON keeps the truth: {plan}");

    let body = "{\"object\":\"error\",\"message\":\"no \\u001b[2J\\u202e\",\"errors\":null}";
    let refused = Fault::Answer(Answer::json(400, body));
    stage.organization.faults().add(Rule::new("POST", "/api/public/organization/import", refused));
    let told = shown(&["sync"]);
    assert!(told.contains("[2J"), "{told}");
    stage.organization.faults().clear();
    stage.sync();
    for arguments in [
        &["history"][..],
        &["history", "--csv"],
        &["history", "1"],
        &["history", "2", "--csv"],
        &["explain", NAME],
        &["explain", &group_dn("g")],
    ] {
        shown(arguments);
    }
}
