//! `sync.overwriteExisting`: a schedule of today goes on, within the limits; somebody at a terminal is asked.

use crate::laws::stage::{Stage, Tree, dn, mail};
use bwdc_sandbox::ldap;
use bwdc_sandbox::organization::Options;

/// Thirty confirmed people, of whom so many are missing from the directory by now.
fn stage(missing: usize) -> (Stage, ldap::Server) {
    let stage = Stage::new(Options::official(), "", |settings| {
        settings["sync"]["overwriteExisting"] = true.into();
    });
    let directory = Tree::of(30).serve();
    stage.read(&directory);
    stage.sync();
    stage.everybody_confirms();
    for number in 0..missing {
        directory.delete(&dn(&format!("p{:02}", 30 - number))).expect("is there");
    }
    stage.organization.clear_requests();
    (stage, directory)
}

#[test]
fn a_schedule_of_today_is_not_asked_and_keeps_to_the_limits() {
    let (within, _directory) = stage(1);
    let output = within.run(&["sync"]);
    assert_eq!(
        (output.code, output.stdout.as_str()),
        (Some(0), "Syncing complete.\nSynced 0 group(s) and 29 user(s).\n")
    );
    assert_eq!(within.state().status("p30"), None);
    assert_eq!(within.writes().len(), 1);
    let (beyond, _directory) = stage(4);
    let output = beyond.run(&["sync"]);
    assert_eq!((output.code, output.stdout.as_str()), (Some(1), ""));
    assert!(output.stderr.contains("4 of 30"), "{}", output.stderr);
    assert_eq!(beyond.writes(), [""; 0]);
}

#[cfg(target_os = "linux")]
#[test]
fn somebody_at_a_terminal_is_asked_with_the_names() {
    for (arguments, typed, goes) in [
        ("sync", "n\n", false),
        ("sync", "\n", false),
        ("sync", "y\n", true),
        ("sync --nointeraction", "", true),
    ] {
        let (stage, _directory) = stage(1);
        let told = at_a_terminal(&stage, arguments, typed);
        let asked = told.contains("Delete from the organization? (y/N)") && told.contains(&mail("p30"));
        assert_eq!(asked, arguments == "sync", "{told}");
        assert_eq!(stage.state().status("p30").is_none(), goes, "{arguments} {typed:?}: {told}");
        assert_eq!(stage.writes().len(), usize::from(goes), "{told}");
    }
    let (stage, directory) = stage(0);
    directory.modify(&dn("p01"), "mail", ["other@example.test"]).expect("is there");
    let told = at_a_terminal(&stage, "sync", "");
    assert!(!told.contains("Delete"), "nobody would be deleted: {told}");
}

/// Runs the program with a terminal of its own; what it says, and what the terminal echoes.
#[cfg(target_os = "linux")]
fn at_a_terminal(stage: &Stage, arguments: &str, typed: &str) -> String {
    use std::io::Write as _;
    use std::process::{Command, Stdio};

    let program = stage.command(&[]);
    let mut command = Command::new("script");
    let line = format!("{} {arguments}", program.get_program().to_str().expect("a path in UTF-8"));
    command.args(["-q", "-e", "-c", &line, "/dev/null"]).env_clear();
    command.envs(program.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("`script`, which is part of util-linux");
    child.stdin.take().expect("piped").write_all(typed.as_bytes()).expect("it listens");
    let output = child.wait_with_output().expect("it ends");
    String::from_utf8_lossy(&output.stdout).into_owned()
}
