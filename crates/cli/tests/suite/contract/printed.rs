//! What every command prints for people: commands to type name the profile that is in use, and a terminal's lines fit.

use crate::laws::stage::{Stage, Tree};
use bwdc_sandbox::ldap;
use bwdc_sandbox::organization::Options;
use std::fs;
use std::process::{Command, Stdio};
use std::time::Duration;

/// Columns of the terminal.
const WIDTH: usize = 80;

/// Leavers beyond the limits, one who has an account by hand, names that take a whole line: much has to be said.
const CONNECTOR: &str = "[leavers]\ngone = \"revoke\"\n";

/// Every command with what it is given, in an order in which each has something to say. None needs a terminal.
const COMMANDS: [&[&str]; 58] = [
    &["plan"],
    &["plan", "--verbose"],
    &["plan", "--out", "plan.json"],
    &["apply", "plan.json"],
    &["apply", "missing.json"],
    &["sync"],
    &["history"],
    &["history", "2"],
    &["history", "77"],
    &["approve"],
    &["approve", "77"],
    &["approve", "--restore", "p01@example.test"],
    &["approve", "--invite", "nobody@example.test"],
    &["approve", "2"],
    &["approve", "--withdraw"],
    &["approve", "--withdraw"],
    &["config", "limits.off", "true"],
    &["plan"],
    &["config", "unset", "limits.off"],
    &["status"],
    &["doctor"],
    &["doctor", "--all"],
    &["test"],
    &["test", "--last"],
    &["test", "--explain"],
    &["explain", "p01@example.test"],
    &["explain", "p30@example.test"],
    &["explain", "not-an-address"],
    &["explain", "nobody@example.test"],
    &["config"],
    &["config", "list"],
    &["config", "list", "--all"],
    &["config", "get", "ldap.hostname"],
    &["config", "set", "ldap.hostnam", "x"],
    &["config", "set", "ldap.port", "x"],
    &["config", "set", "ldap.ssl", "ture"],
    &["--nointeraction", "config", "set", "ldap.password"],
    &["config", "set", "ldap.username", "cn=another,dc=example,dc=test"],
    &["config", "set", "ldap.username", "cn=reader,dc=example,dc=test"],
    &["config", "validate"],
    &["config", "apply", "missing.toml"],
    &["secrets", "list"],
    &["notify", "test"],
    &["last-sync", "users"],
    &["last-sync", "everybody"],
    &["data-file"],
    &["update"],
    &["repair"],
    &["ledger", "rebuild"],
    &["ledger", "rebuild", "--force"],
    &["ledger", "purge"],
    &["service", "status"],
    &["profile", "list"],
    &["profile", "remove", "berlin"],
    &["clear-cache"],
    &["login"],
    &["logout"],
    &["sync"],
];

/// Those that answer questions, or that print no sentence.
const OTHERS: [&str; 7] = ["setup", "ui", "run", "demo", "completions", "man", "help"];

fn tree(people: usize) -> Tree {
    let long = "A department whose name takes more than a line of a terminal, as those of large companies do";
    Tree::of(people)
        .with_address("p03", "p04@example.test")
        .with_address("p05", "no address at all of the kind that a server of Bitwarden accepts, by far")
        .group("g1", long, &["p01", "p02", "p06"])
        .group("g2", "Staff", &["p01", "p07"])
}

/// An installation in a profile, whose last run was refused.
fn refused_in_a_profile() -> (Stage, ldap::Server) {
    let mut stage = Stage::prepared(Options::official(), CONNECTOR, |_| {});
    let made = stage.run(&["profile", "create", "berlin"]);
    assert_eq!(made.code, Some(0), "{}", made.stderr);
    let folder = stage.home.data_folder();
    for file in ["data.json", "connector.toml"] {
        fs::copy(folder.join(file), folder.join("profiles/berlin").join(file)).expect("a file");
    }
    stage.home.set("BWDC_PROFILE", "berlin");
    stage.sign_in();
    for people in [30, 18] {
        let directory = tree(people).serve();
        let port = directory.port().to_string();
        for set in [["ldap.port", &port], ["conflicts.same-address", "skip"]] {
            let saved = stage.run(&["config", set[0], set[1]]);
            assert_eq!(saved.code, Some(0), "{}", saved.stderr);
        }
        let ended = stage.run(&["sync"]);
        if people == 18 {
            assert_eq!(ended.code, Some(1), "{}", ended.stderr);
            return (stage, directory);
        }
        stage.everybody_confirms();
    }
    unreachable!("the second run was refused");
}

/// Where a command is named without the profile.
fn without_profile(text: &str) -> Vec<&str> {
    let named = text.split("`bwdc ").skip(1);
    named.filter(|it| !it.starts_with("--profile berlin ") && !it.starts_with("profile ")).collect()
}

#[test]
fn every_command_is_named_with_the_profile_that_is_in_use() {
    let (stage, _directory) = refused_in_a_profile();
    let mut named = 0;
    for arguments in COMMANDS {
        let output = stage.run(arguments);
        let text = format!("{}{}", output.stdout, output.stderr);
        assert_eq!(without_profile(&text), [""; 0], "{arguments:?}: {text}");
        named += text.matches("`bwdc --profile berlin ").count();
    }
    assert!(named > 20, "{named}");
    for (arguments, lines) in [("setup", "3\n\n"), ("ui --plain", "1\n:back\n4\n:back\n:quit\n")] {
        let arguments: Vec<&str> = arguments.split(' ').collect();
        let output = answered(&stage, &arguments, lines);
        assert_eq!(without_profile(&output), [""; 0], "{arguments:?}: {output}");
        assert!(output.contains("profile berlin"), "{output}");
    }
}

#[test]
fn every_command_is_looked_at() {
    let stage = Stage::prepared(Options::official(), CONNECTOR, |_| {});
    let help = stage.run(&["help"]).stdout;
    let commands = help.lines().skip_while(|it| !it.starts_with("Usage")).filter_map(|it| {
        let word = it.strip_prefix("  ")?.split(' ').next()?;
        word.starts_with(|first: char| first.is_ascii_lowercase()).then_some(word)
    });
    let looked_at = |it: &&str| OTHERS.contains(it) || COMMANDS.iter().any(|all| all[0] == *it);
    let all: Vec<&str> = commands.take_while(|it| *it != "bwdc").collect();
    assert!(all.len() > 25, "{help}");
    let missing: Vec<&&str> = all.iter().filter(|it| !looked_at(it)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

/// A command that is named with a source is one that can be typed.
#[test]
fn a_command_that_names_a_source_works_as_it_is_printed() {
    let stage = Stage::new(Options::official(), CONNECTOR, |_| {});
    let directory = tree(3).serve();
    stage.read(&directory);
    assert_eq!(stage.run(&["config", "sources", "hr"]).code, Some(0));
    let told = stage.run(&["test"]).stderr;
    let listed = stage.run(&["config", "list", "--source", "hr"]).stdout;
    let doctor = stage.run(&["doctor"]).stdout;
    assert!(doctor.contains("of source `hr`"), "{doctor}");
    let mut typed = 0;
    let doctor = doctor.split_whitespace().collect::<Vec<_>>().join(" ");
    for command in doctor.split('`').filter(|it| it.contains("directory <number>")) {
        assert_eq!(command, "bwdc config directory --source hr <number>");
    }
    for command in told.split('`').chain(listed.split('`')).filter(|it| it.starts_with("bwdc config ")) {
        let words: Vec<&str> =
            command.split(' ').skip(1).map(|it| if it == "<number>" { "0" } else { it }).collect();
        let output = stage.run(&words);
        assert_eq!(output.code, Some(0), "{command}: {}", output.stderr);
        assert!(command.contains("--source hr"), "{command}");
        typed += 1;
    }
    assert!(typed >= 2, "{told} {listed}");
}

fn answered(stage: &Stage, arguments: &[&str], lines: &str) -> String {
    use std::io::Write as _;
    let mut command = stage.command(arguments);
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("starts");
    child.stdin.take().expect("a pipe").write_all(lines.as_bytes()).expect("is read");
    let output = child.wait_with_output().expect("ends");
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
#[cfg(target_os = "linux")]
fn every_line_fits_a_terminal_of_eighty_columns() {
    let (mut stage, _directory) = refused_in_a_profile();
    stage.home.set_limit(Duration::from_secs(120));
    let (mut wide, mut lines) = (Vec::new(), 0);
    for arguments in COMMANDS {
        let text = at_a_terminal(&stage, arguments);
        lines += text.lines().count();
        wide.extend(text.lines().filter(|it| is_wide(it)).map(|it| format!("{arguments:?}: {it}")));
    }
    assert!(lines > 300, "{lines}");
    assert!(wide.is_empty(), "{} lines:\n{}", wide.len(), wide.join("\n"));
}

/// What a command shows at a terminal, where every question is left without an answer.
#[cfg(target_os = "linux")]
fn at_a_terminal(stage: &Stage, arguments: &[&str]) -> String {
    let quoted: Vec<String> = arguments.iter().map(|it| format!("'{it}'")).collect();
    let script = format!("stty cols {WIDTH} rows 24; '{}' {}", env!("CARGO_BIN_EXE_bwdc"), quoted.join(" "));
    let mut command: Command = stage.home.command("script", &["-qec", &script, "/dev/null"]);
    let output =
        command.env("NO_COLOR", "1").env("TERM", "dumb").stdin(Stdio::null()).output().expect("script runs");
    plain(&String::from_utf8_lossy(&output.stdout))
}

/// Without what moves the cursor; of a line that was drawn again, what was drawn last.
#[cfg(target_os = "linux")]
fn plain(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text.chars().peekable();
    while let Some(next) = rest.next() {
        match next {
            '\u{1b}' => while rest.next().is_some_and(|it| !it.is_ascii_alphabetic()) {},
            '\r' if rest.peek() != Some(&'\n') => {
                plain.truncate(plain.rfind('\n').map_or(0, |it| it + 1));
            }
            '\r' => {}
            other => plain.push(other),
        }
    }
    plain
}

/// Whether a line is too long although it has a place to break: between words, or in a list.
#[cfg(target_os = "linux")]
fn is_wide(line: &str) -> bool {
    let is_list = line.contains(',') && !line.contains(['=', '`', '/']);
    line.chars().count() > WIDTH && (line.trim().contains(' ') || is_list)
}
