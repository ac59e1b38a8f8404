//! Text of a directory or of a server in the findings of `doctor`: a line of it stays a line, and nothing is obeyed.

use bwdc_core::names::Timestamp;
use bwdc_engine::certificate::{Certificate, Chain, Trust};
use bwdc_engine::doctor::{Area, Check, Failure, Finding, Outcome};
use bwdc_messages::CommandLine;
use bwdc_messages::finding::{Described, problems, text};

const HOSTILE: &str = "a\u{1b}[2J\n  ok    Sign-in: b\u{202e}";
const SHOWN: &str = "a\\u{1b}[2J\\u{a}  ok    Sign-in: b\\u{202e}";

fn hostile() -> Described {
    let outcome = Outcome::Failed(Failure::NoAddress { reason: HOSTILE.to_owned() });
    let certificate = Certificate {
        subject: HOSTILE.to_owned(),
        issuer: HOSTILE.to_owned(),
        names: vec![HOSTILE.to_owned()],
        begins: Timestamp(0),
        ends: Timestamp(0),
    };
    Described::new(Finding {
        area: Area::Directory,
        check: Check::Certificate,
        subject: HOSTILE.to_owned(),
        outcome,
        facts: Vec::new(),
        chain: Some(Chain { certificates: vec![certificate], trust: Trust::Verified }),
    })
}

#[test]
fn text_from_outside_neither_begins_a_line_nor_moves_the_cursor() {
    let commands = CommandLine::default();
    let (title, message) = hostile().headline();
    assert_eq!(title, format!("Certificate {SHOWN}"));
    let drawn = hostile().lines(&commands).into_iter().map(|it| it.text);
    let several = [hostile(), hostile()];
    let everywhere = [
        message,
        hostile().details(&commands),
        drawn.collect::<Vec<_>>().join("\n"),
        text(&[hostile()], None, &commands),
        problems(&several, None, &commands),
    ];
    for shown in everywhere {
        assert!(shown.contains(SHOWN), "{shown}");
        assert!(!shown.contains(['\u{1b}', '\u{202e}']), "{shown}");
        assert!(!shown.lines().any(|it| it.starts_with("  ok ")), "{shown}");
    }
}
