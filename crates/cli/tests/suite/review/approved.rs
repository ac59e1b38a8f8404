//! What is said of a run that was approved already.

use super::refused_stage;
use crate::laws::stage::Tree;

#[test]
fn an_approved_run_is_not_proposed_for_an_approval_again() {
    let (stage, _directory) = refused_stage();
    let without_number = || stage.run(&["approve"]).stderr;
    let waits = without_number();
    assert!(waits.contains("Run 2 was refused last. Look at it with `bwdc history 2`"), "{waits}");
    assert_eq!(stage.approve().code, Some(0));
    let approved = without_number();
    assert!(approved.contains("Run 2 is approved until "), "{approved}");
    assert!(approved.contains("To carry it out, run `bwdc sync`."), "{approved}");
    let plan = stage.run(&["plan"]).stdout;
    let verdict = "Approved, beyond the limits: `bwdc sync` would carry out ";
    assert!(plan.starts_with(verdict), "{plan}");
    assert!(plan.lines().rev().take(3).any(|it| it.starts_with(verdict)), "{plan}");
    assert!(!plan.contains("Within the limits"), "{plan}");
    assert_eq!(stage.run(&["sync"]).code, Some(0));
    let done = without_number();
    assert!(done.contains("Run 2 was approved, and run 3 carried it out."), "{done}");
}

/// What ran after a refused run, and settings that were changed after it, are said with the approval.
#[test]
fn an_approval_of_a_run_after_which_something_happened_says_so() {
    let (stage, _directory) = refused_stage();
    let to_do = "so the next sync may plan something else. Look at `bwdc plan` first. To withdraw an approval, run \
                 `bwdc approve --withdraw 2`.\n";
    stage.run(&["plan"]);
    let fresh = stage.run(&["approve", "2"]).stdout;
    assert!(fresh.ends_with("Nothing else is.\n") && fresh.lines().count() == 1, "{fresh}");
    stage.run(&["approve", "--withdraw", "2"]);
    let beyond = Tree::of(21).serve();
    stage.read(&beyond);
    assert_eq!(stage.run(&["sync"]).code, Some(1));
    let stale = stage.run(&["approve", "2"]).stdout;
    assert!(stale.contains("\nRun 3 ended after run 2"), "{stale}");
    assert!(stale.ends_with(to_do), "{stale}");
}
