//! What is said of a run that was approved already.

use super::refused_stage;
use crate::laws::stage::{Stage, Tree};

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
    let again = stage.run(&["approve", "2"]);
    let told = "Run 2 was approved, and run 3 carried it out: it needs no approval. Nothing was changed.\n";
    assert_eq!((again.code, again.stdout.as_str()), (Some(0), told));
    assert_eq!(without_number(), done, "and it is not approved anew");
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

/// Settings count by what they hold: a file that was written again is no change, nor is what decides nothing.
#[test]
fn settings_that_hold_what_they_held_are_not_called_changed() {
    let (mut stage, _directory) = refused_stage();
    let approved = |stage: &Stage| {
        let said = stage.run(&["approve", "2"]).stdout;
        assert!(said.starts_with("Run 2 is approved for 24 hours: "), "{said}");
        assert_eq!(stage.run(&["approve", "--withdraw", "2"]).code, Some(0));
        said.lines().skip(1).map(str::to_owned).collect::<Vec<_>>()
    };
    let changed = "The settings were changed after run 2, so the next sync may plan something else. Look at `bwdc plan` first. To \
                   withdraw an approval, run `bwdc approve --withdraw 2`.";
    let later = std::time::SystemTime::now() + std::time::Duration::from_secs(3600);
    let folder = stage.home.data_folder();
    let written = |name: &str| {
        let file = std::fs::File::options().append(true).open(folder.join(name));
        file.expect("a file").set_modified(later).expect("a time");
    };
    for unchanged in [
        &["config", "log.level", "debug"][..],
        &["config", "schedule.quiet-hours", "12:00-13:00"],
        &["config", "notify.digest", "true"],
        &["config", "entra.tenant", "example.test"],
        &["config", "sync.removeDisabled", "false"],
    ] {
        assert_eq!(stage.run(unchanged).code, Some(0), "{unchanged:?}");
        written("data.json");
        written("connector.toml");
        assert_eq!(approved(&stage), [""; 0], "{unchanged:?}");
    }
    for (change, back) in [
        (
            &["config", "conflicts.same-address", "skip"][..],
            &["config", "unset", "conflicts.same-address"][..],
        ),
        (&["config", "limits.removals-percent", "7"], &["config", "unset", "limits.removals-percent"]),
        (&["config", "sources", "hr"], &["config", "unset", "sources"]),
    ] {
        assert_eq!(stage.run(change).code, Some(0), "{change:?}");
        assert_eq!(approved(&stage), [changed], "{change:?}");
        assert_eq!(stage.run(back).code, Some(0), "{back:?}");
        assert_eq!(approved(&stage), [""; 0], "{back:?}");
    }
    stage.home.set("BWDC_LIMITS_REMOVALS", "7");
    assert_eq!(approved(&stage), [changed], "a variable gives a setting, too");
    let data: serde_json::Value =
        serde_json::from_str(&stage.run(&["approve", "2", "--response"]).stdout).expect("JSON");
    assert_eq!(data["data"]["settingsChanged"], true, "{data}");
}

/// The history of a refused run does not propose what somebody has done since.
#[test]
fn the_history_of_a_refused_run_says_what_became_of_it() {
    let (stage, _directory) = refused_stage();
    let told = || {
        let lines = stage.run(&["history", "2"]).stdout;
        let said: Vec<&str> = lines
            .lines()
            .skip_while(|it| !it.starts_with("Refused: "))
            .take_while(|it| !it.is_empty())
            .collect();
        said.iter().flat_map(|it| it.split_whitespace()).collect::<Vec<_>>().join(" ")
    };
    let refused = "Refused: 8 of 30 managed members would lose access within a day. The limit is 3.";
    let waits = told();
    assert!(waits.starts_with(&format!("{refused} If this is intended, run `bwdc approve 2`.")), "{waits}");
    assert_eq!(stage.approve().code, Some(0));
    let approved = told();
    assert!(approved.starts_with(&format!("{refused} Run 2 is approved until ")), "{approved}");
    assert!(approved.ends_with(" A sync carries out this and nothing beyond it."), "{approved}");
    assert_eq!(stage.run(&["sync"]).code, Some(0));
    assert_eq!(told(), format!("{refused} Run 2 was approved, and run 3 carried it out."));
}
