//! Completions and manual pages.

use crate::stage::{answer, run};
use bwdc_harness::home::Home;
use std::process::Command;

#[test]
fn every_shell_has_a_script_that_knows_the_commands() {
    let home = Home::new().unwrap();
    for (shell, parts) in [
        ("bash", &["complete -F _bwdc", "last-sync", "--nointeraction"][..]),
        ("zsh", &["#compdef bwdc", "last-sync", "--nointeraction"]),
        ("fish", &["complete -c bwdc", "last-sync", "nointeraction"]),
        ("powershell", &["Register-ArgumentCompleter", "last-sync", "--nointeraction"]),
    ] {
        let output = run(&home, &["completions", shell]);
        assert_eq!((output.code, output.stderr.as_str()), (Some(0), ""));
        for part in parts {
            assert!(output.stdout.contains(part), "{shell}: {part}");
        }
    }
    let output = run(&home, &["completions", "tcsh"]);
    assert_eq!((output.code, output.stdout.as_str()), (Some(1), ""));
    assert!(output.stderr.contains("bash, zsh, fish, powershell"), "{}", output.stderr);
}

/// Bash itself completes a word with the script.
#[test]
fn bash_completes_commands_options_and_values() {
    if Command::new("bash").arg("--version").output().is_err() {
        eprintln!("no bash here");
        return;
    }
    let home = Home::new().unwrap();
    let script = home.path().join("bwdc.bash");
    std::fs::write(&script, run(&home, &["completions", "bash"]).stdout).unwrap();
    let complete = |words: &[&str]| {
        let line = words.join(" ");
        let list = words.iter().map(|it| format!("'{it}'")).collect::<Vec<_>>().join(" ");
        let code = format!(
            "source {}; COMP_WORDS=({list}); COMP_CWORD={}; COMP_LINE='{line}'; _bwdc bwdc '{}' '{}'; echo \"${{COMPREPLY[@]}}\"",
            script.display(),
            words.len() - 1,
            words.last().unwrap(),
            words[words.len() - 2]
        );
        let output = home.command("bash", &["-c", &code]).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    assert!(complete(&["bwdc", "last"]).contains("last-sync"));
    assert!(complete(&["bwdc", "sync", "--det"]).contains("--detailed-exitcode"));
    assert!(complete(&["bwdc", "test", "--log-level", "d"]).contains("debug"));
}

#[test]
fn the_manual_is_printed_or_written_page_by_page() {
    let home = Home::new().unwrap();
    let output = run(&home, &["man"]);
    assert_eq!((output.code, output.stderr.as_str()), (Some(0), ""));
    assert!(output.stdout.contains(".TH bwdc 1") && output.stdout.contains(".SH NAME"), "{}", output.stdout);
    let folder = home.path().join("man1");
    std::fs::create_dir(&folder).unwrap();
    let path = folder.display().to_string();
    let output = run(&home, &["man", "--out", &path]);
    assert_eq!(output.code, Some(0));
    assert_eq!(output.stdout, format!("The manual pages are in `{path}`.\n"));
    for page in ["bwdc.1", "bwdc-sync.1", "bwdc-doctor.1", "bwdc-config-set.1"] {
        let text = std::fs::read_to_string(folder.join(page)).unwrap_or_else(|_| panic!("no {page}"));
        assert!(text.contains(".SH NAME"), "{page}");
    }
    let output = run(&home, &["man", "--out", "/nowhere/at/all"]);
    assert_eq!(output.code, Some(1));
    assert!(
        output.stderr.contains("annot write the manual pages into `/nowhere/at/all`"),
        "{}",
        output.stderr
    );
    assert_eq!(answer(&home, &["completions"], "").code, Some(1));
}
