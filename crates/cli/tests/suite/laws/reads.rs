//! A run asks the organization no more than its rate limit gives, however many groups there are.

use crate::laws::stage::{Stage, Tree, mail};
use bwdc_sandbox::organization::Options;

const GROUPS: usize = 5_000;
const MOST: usize = 1_000;

#[test]
fn five_thousand_groups_cost_a_thousand_reads_at_most() {
    let tree = |more: &[&str]| {
        (0..GROUPS).fold(Tree::of(6), |tree, number| {
            let own = format!("p{:02}", number % 3 + 1);
            let members = [&[own.as_str()], more].concat();
            tree.group(&format!("g{number:04}"), &format!("Group {number}"), &members)
        })
    };
    let in_batches = |settings: &mut serde_json::Value| settings["sync"]["largeImport"] = true.into();
    let stage = Stage::new(Options::official(), "", in_batches);
    let reads_of = |what: &str| {
        stage.organization.clear_requests();
        stage.sync();
        let reads = stage.organization.requests().iter().filter(|it| it.method == "GET").count();
        assert!((1..=MOST).contains(&reads), "{what}: {reads} reads");
    };

    let before = tree(&[]).serve();
    stage.read(&before);
    reads_of("every group is new");
    stage.everybody_confirms();
    reads_of("nothing is new");
    assert_eq!(stage.writes(), [""; 0]);

    let after = tree(&["p05"]).serve();
    stage.read(&after);
    let complete = || {
        let groups = stage.state().groups;
        let other = mail("p05");
        groups.len() == GROUPS && groups.values().all(|(_, it)| it.len() == 2 && it.contains(&other))
    };
    // What is beyond one run waits for the next.
    for run in 1.. {
        reads_of("every group has another member");
        if complete() {
            break;
        }
        assert!(run < 15, "after {run} runs there are groups without their new member");
    }
    reads_of("nothing is new any more");
    assert_eq!(stage.writes(), [""; 0]);
}
