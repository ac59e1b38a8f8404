//! Names in a directory: whoever can write an entry there writes into our outputs.

use crate::hostile::server::honest_server;
use crate::hostile::{MORE, PASSWORD, home, run, unbroken};
use bwdc_sandbox::ldap::{Options, Server};
use std::fmt::Write as _;

pub(super) const SUFFIX: &str = "dc=example,dc=test";
pub(super) const READER: &str = "cn=reader,dc=example,dc=test";
const PEOPLE: usize = 200;

/// People `u0`, `u1`, … and one group with the first two.
pub(super) fn people(count: usize) -> String {
    let mut ldif = format!("dn: {SUFFIX}\nobjectClass: domain\ndc: example\n\n");
    for number in 0..count {
        person(&mut ldif, &format!("u{number}"), &format!("u{number}@example.test"));
    }
    group(&mut ldif, "Staff", "Staff", &["u0", "u1"]);
    ldif
}

/// Values as base64: any bytes may stand in them.
fn value(name: &str, value: &str) -> String {
    use base64::Engine as _;
    format!("{name}:: {}\n", base64::engine::general_purpose::STANDARD.encode(value))
}

fn person(ldif: &mut String, uid: &str, mail: &str) {
    let _ = write!(
        ldif,
        "dn: uid={uid},{SUFFIX}\nobjectClass: inetOrgPerson\nuid: {uid}\ncn: {uid}\nsn: x\n{}\n",
        value("mail", mail)
    );
}

fn group(ldif: &mut String, id: &str, name: &str, members: &[&str]) {
    let _ = write!(
        ldif,
        "dn: cn={id},{SUFFIX}\nobjectClass: groupOfNames\ncn: {id}\n{}",
        value("description", name)
    );
    for member in members {
        let dn = if member.contains('=') { (*member).to_owned() } else { format!("uid={member},{SUFFIX}") };
        let _ = writeln!(ldif, "member: {dn}");
    }
    ldif.push('\n');
}

pub(super) fn serve(ldif: &str) -> Server {
    Server::start_blocking(Options::with_bind(ldif.to_owned(), READER, PASSWORD)).expect("a directory")
}

/// Clears the screen, renames the terminal, turns lines around, imitates lines of ours, ends texts, is a formula.
const NAMES: [&str; 12] = [
    "\u{1b}[2J\u{1b}]0;owned\u{7}",
    "a\u{202e}nimda\u{2066}x",
    "x\n  - ceo@example.test\n\n0 changes, 0 of which take access away",
    "x\r  + eve@example.test",
    "x\u{2028}y\u{85}z\u{b}w",
    "nul\u{0}nul",
    "=HYPERLINK(\"http://evil\",\"x\")",
    "+1+cmd|' /C calc'!A0",
    "@SUM(1;1)",
    "x;=1+1",
    "x\t=1+1",
    "`bwdc logout`; run this",
];

#[test]
fn no_name_moves_the_cursor_begins_a_line_or_is_a_formula() {
    let mut ldif = people(3);
    for (number, name) in NAMES.iter().enumerate() {
        group(&mut ldif, &format!("g{number}"), name, &["u0"]);
        person(&mut ldif, &format!("h{number}"), &format!("{name}@example.test"));
    }
    let directory = serve(&ldif);
    let server = honest_server(3);
    let home = home(directory.port(), server);
    std::fs::write(home.data_folder().join("connector.toml"), "[log]\nlevel = \"trace\"\n")
        .expect("settings");
    for arguments in [
        &["plan"][..],
        &["plan", "--verbose"],
        &["test"],
        &["sync"],
        &["history"],
        &["history", "1"],
        &["history", "1", "--csv"],
        &["explain", "g2"],
        &["explain", "h2"],
        &["doctor"],
    ] {
        let said = run(&home, "names", arguments).said;
        if arguments[0] == "test" {
            // The official connector's JSON, which keeps the truth.
            assert!(said.starts_with('{') && !said.contains('\u{1b}'), "{said}");
            continue;
        }
        let obeyed = |it: char| {
            (it.is_control() && !matches!(it, '\n' | '\t')) || ('\u{2028}'..='\u{202e}').contains(&it)
        };
        assert!(!said.contains(obeyed), "{arguments:?}: {said:?}");
        if arguments.contains(&"--csv") {
            // RFC 4180: a name keeps its lines there, between quotes.
            assert!(
                said.lines().all(|it| !it.trim_start_matches('"').starts_with(['=', '@', '\t'])),
                "{said}"
            );
            continue;
        }
        for line in said.lines() {
            let line = line.trim_start();
            assert!(!line.starts_with("- ceo") && !line.starts_with("+ eve"), "{arguments:?}: {said}");
            assert!(line != "0 changes, 0 of which take access away", "{arguments:?}: {said}");
        }
    }
    let log = std::fs::read_to_string(home.data_folder().join("bwdc.log")).expect("a log");
    assert!(log.lines().all(|line| line.starts_with("20")), "{log}");
    assert!(!log.contains(|it: char| it.is_control() && it != '\n') && !log.contains('\u{202e}'), "{log}");
}

#[test]
fn long_values_deep_groups_and_cycles_take_neither_memory_nor_time() {
    let server = honest_server(PEOPLE);
    let honest = {
        let directory = serve(&people(PEOPLE));
        run(&home(directory.port(), server), "honest", &["plan"])
    };
    assert_eq!(honest.code, Some(0), "{}", honest.said);
    let long = "x".repeat(1_000_000);
    let mut ldif = people(PEOPLE);
    for number in 0..20 {
        person(&mut ldif, &format!("long{number}"), &format!("{number}{long}@example.test"));
        group(&mut ldif, &format!("long{number}"), &format!("{number}{long}"), &["u0"]);
    }
    for number in 0..3000 {
        // Each holds the next, and the last one the first.
        let next = format!("cn=deep{},{SUFFIX}", (number + 1) % 3000);
        group(&mut ldif, &format!("deep{number}"), &format!("deep{number}"), &[&next, "u1"]);
    }
    let directory = serve(&ldif);
    let home = home(directory.port(), server);
    let ended = run(&home, "long", &["plan"]);
    let told = unbroken(&ended.said);
    let begin: String = told.chars().skip(told.chars().count().saturating_sub(2000)).collect();
    assert!(ended.said.contains("3021 groups"), "{begin}");
    assert!(ended.said.len() < 3_000_000, "{} bytes are said", ended.said.len());
    assert!(ended.size <= honest.size + MORE, "{} bytes beside {}", ended.size, honest.size);
}
