//! What a plan notices, a sync says as well: whoever runs the sync alone must not think that all is well.

use super::refused_stage;
use crate::laws::stage::{Stage, Tree, dn};
use bwdc_sandbox::organization::Options;

/// A directory in which nobody has an address brings nobody over, and nothing refuses that.
#[test]
fn a_sync_of_a_directory_without_addresses_says_so_in_a_log_too() {
    let stage = Stage::new(Options::official(), "", |_| {});
    let directory = Tree::of(3).serve();
    stage.read(&directory);
    assert_eq!(stage.run(&["config", "sync.userEmailAttribute", "mobile"]).code, Some(0));
    let plan = stage.run(&["plan"]).stdout;
    let nobody = "The directory lists 3 people, nobody with an address that can be used: nobody is brought over. Check ";
    let plan = plan.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(plan.contains(nobody), "{plan}");
    let synced = stage.run(&["sync"]);
    assert_eq!(synced.code, Some(0), "{}", synced.stderr);
    assert_eq!(synced.stderr.matches(nobody).count(), 1, "{}", synced.stderr);
    let again = stage.run(&["sync"]);
    assert!(again.stderr.contains(nobody), "as long as it is so: {}", again.stderr);
}

/// What the settings name and the directory has not lets the same run do nothing.
#[test]
fn a_pilot_group_that_is_not_there_is_said_by_the_sync() {
    let stage = Stage::new(Options::official(), "[invitations]\npilot-group = \"Pilots\"\n", |_| {});
    let directory = Tree::of(3).serve();
    stage.read(&directory);
    let synced = stage.run(&["sync"]);
    let missing = "The directory has no group `Pilots`, which `invitations.pilot-group` names.\n";
    assert!(synced.stderr.contains(missing), "{synced:?}");
}

/// What the limits hold back, or refuse with everything else, is not what the next sync does.
#[test]
fn an_explanation_tells_what_the_next_sync_does_within_the_limits() {
    let (stage, _directory) = refused_stage();
    let told = || {
        let text = stage.run(&["explain", "p29@example.test"]).stdout;
        let who = "`p29@example.test` is a member of the organization, and not in the directory.\n  next sync              ";
        text.strip_prefix(who).expect("one answer").trim_end().to_owned()
    };
    let revoke = "- revoke p29@example.test no longer in the directory";
    assert_eq!(told(), format!("nothing: the limits refuse the run. Without them: {revoke}"));
    assert_eq!(stage.approve().code, Some(0));
    assert_eq!(told(), revoke);
}

#[test]
fn an_explanation_of_somebody_whom_a_limit_keeps_says_so() {
    let stage = Stage::new(Options::official(), "[leavers]\ndisabled = \"revoke\"\n", |_| {});
    let directory = Tree::of(40).serve();
    stage.read(&directory);
    stage.sync();
    stage.everybody_confirms();
    for number in 1..=9 {
        directory.modify(&dn(&format!("p{number:02}")), "userAccountControl", ["514"]).expect("an entry");
    }
    let told = stage.run(&["explain", "p02@example.test"]).stdout;
    let next = told.lines().find_map(|it| it.strip_prefix("  next sync              "));
    assert_eq!(
        next,
        Some("kept: disabled in the directory; waits for an approval: a limit holds it back"),
        "{told}"
    );
}
