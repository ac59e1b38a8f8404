//! What is said of a run that was approved already.

use super::refused_stage;

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
