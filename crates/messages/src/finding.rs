//! The findings of `doctor` in words: what was looked at, what came of it, and what to do.

use crate::text;
use crate::wrap::broken;
use cause::{concern_words, failure_words};
mod cause;

pub use cause::DescribeError;

use bwdc_engine::certificate::{Certificate, Chain, Trust};
use bwdc_engine::clock::to_iso;
use bwdc_engine::directory::probe;
use bwdc_engine::doctor::{Area, Check, Finding, Outcome};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::path::Path;

/// Where the text of a check begins.
const INDENT: usize = 8;

/// A finding in words.
pub struct Told {
    area: Area,
    check: Check,
    subject: String,
    outcome: Word,
    message: String,
    cure: Option<String>,
    facts: Vec<(&'static str, String)>,
    chain: Option<Chain>,
}

/// What came of a check, in one word.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Word {
    Ok,
    Warn,
    Fail,
    Waiting,
}

impl Word {
    fn text(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Fail => "fail",
            Self::Waiting => "waiting",
        }
    }

    /// For the eye: what failed stands out.
    fn mark(self) -> &'static str {
        match self {
            Self::Fail => "FAIL",
            Self::Waiting => "-",
            word => word.text(),
        }
    }
}

impl Told {
    /// Puts a finding into words.
    pub fn new(finding: Finding, describe: DescribeError<'_>) -> Self {
        let Finding { area, check, subject, outcome, facts, chain } = finding;
        let learned = facts_text(&facts);
        let (outcome, message, cure) = match outcome {
            Outcome::Good => (Word::Ok, learned, None),
            Outcome::Concern(concern) => {
                let (text, cure) = concern_words(concern, &subject, describe);
                let told = matches!(check, Check::Clock | Check::Certificate) || learned.is_empty();
                (Word::Warn, if told { text } else { format!("{text} ({learned})") }, cure)
            }
            Outcome::Failed(failure) => {
                let (text, cure) = failure_words(failure, describe);
                (Word::Fail, text, cure)
            }
            Outcome::WaitsFor(check) => {
                (Word::Waiting, format!("waits for: {}", title(check).to_lowercase()), None)
            }
        };
        Self { area, check, subject, outcome, message, cure, facts, chain }
    }

    /// Whether it does not work.
    pub fn is_failure(&self) -> bool {
        self.outcome == Word::Fail
    }
}

/// That an archive for somebody who helps was written.
pub fn bundle_written(path: &Path) -> String {
    text!(
        "finding.bundle",
        "Wrote `{path}`: no secrets are in it, and addresses are numbers. Look through it before you pass it on.",
        path = path.display().to_string()
    )
}

/// For people: one line a check, under the name of its area, with the cure below. At a terminal, lines are broken at its
/// `width` in columns.
pub fn text(findings: &[Told], width: Option<usize>) -> String {
    let mut text = String::new();
    let mut area = None;
    for finding in findings {
        if area != Some(finding.area) {
            text.push_str(if area.is_some() { "\n" } else { "" });
            area = Some(finding.area);
            text.push_str(area_name(finding.area));
            text.push('\n');
        }
        // A string takes what is written to it.
        let _ = writeln!(text, "  {:<5} {}", finding.outcome.mark(), broken(&line(finding), width, INDENT));
        for more in finding.cure.iter().chain(&chain(finding)) {
            let _ = writeln!(text, "        {}", broken(more, width, INDENT));
        }
    }
    text.push('\n');
    text.push_str(&summary(findings));
    text
}

/// For scripts.
pub fn data(findings: &[Told]) -> Value {
    let checks: Vec<Value> = findings.iter().map(check_data).collect();
    json!({
        "object": "doctor",
        "ok": count(findings, Word::Ok),
        "warnings": count(findings, Word::Warn),
        "failures": count(findings, Word::Fail),
        "waiting": count(findings, Word::Waiting),
        "checks": checks,
    })
}

fn check_data(finding: &Told) -> Value {
    let facts: serde_json::Map<String, Value> =
        finding.facts.iter().map(|(name, value)| ((*name).to_owned(), value.as_str().into())).collect();
    let mut data = json!({
        "area": area_name(finding.area).to_ascii_lowercase(),
        "check": name(finding.check),
        "subject": finding.subject,
        "outcome": finding.outcome.text(),
        "message": finding.message,
        "cure": finding.cure,
        "facts": facts,
    });
    if let Some(chain) = &finding.chain {
        data["certificates"] = chain.certificates.iter().map(certificate_data).collect();
    }
    data
}

fn certificate_data(certificate: &Certificate) -> Value {
    json!({
        "subject": certificate.subject,
        "issuer": certificate.issuer,
        "names": certificate.names,
        "begins": to_iso(certificate.begins),
        "ends": to_iso(certificate.ends),
    })
}

fn summary(findings: &[Told]) -> String {
    let count = |word| count(findings, word);
    let mut text =
        format!("{} ok, {} to look at, {} failed", count(Word::Ok), count(Word::Warn), count(Word::Fail));
    if count(Word::Waiting) > 0 {
        let _ = write!(text, ", {} waiting for another check", count(Word::Waiting));
    }
    text.push('.');
    text
}

fn count(findings: &[Told], word: Word) -> usize {
    findings.iter().filter(|it| it.outcome == word).count()
}

fn area_name(area: Area) -> &'static str {
    match area {
        Area::Installation => "Installation",
        Area::Directory => "Directory",
        Area::Organization => "Organization",
    }
}

/// What scripts know a check by.
fn name(check: Check) -> &'static str {
    match check {
        Check::Program => "program",
        Check::Folder => "folder",
        Check::FileSystem => "file-system",
        Check::Settings => "settings",
        Check::ConnectorSettings => "connector-settings",
        Check::SecretStore => "secret-store",
        Check::Secret => "secret",
        Check::Ledger => "ledger",
        Check::DirectorySettings => "directory-settings",
        Check::Proxy => "proxy",
        Check::Name => "name",
        Check::Connection => "connection",
        Check::Certificate => "certificate",
        Check::Clock => "clock",
        Check::SignIn => "sign-in",
        Check::Server => "server",
        Check::Encryption => "encryption",
        Check::Members => "members",
        Check::Directory(check) => match check {
            probe::Check::Reach => "reach",
            probe::Check::Encryption => "encryption",
            probe::Check::SignIn => "directory-sign-in",
            probe::Check::Service => "service",
            probe::Check::Right => "right",
            probe::Check::SearchBase => "search-base",
            probe::Check::People => "people",
            probe::Check::Groups => "groups",
            _ => "directory",
        },
    }
}

/// What people know a check by.
fn title(check: Check) -> &'static str {
    match check {
        Check::Program => "Program",
        Check::Folder => "Folder",
        Check::FileSystem => "Disk",
        Check::Settings => "Settings",
        Check::ConnectorSettings => "More settings",
        Check::SecretStore => "Secrets",
        Check::Secret => "Secret",
        Check::Ledger => "Ledger",
        Check::DirectorySettings => "Settings of the directory",
        Check::Proxy => "Way",
        Check::Name => "Name",
        Check::Connection => "Connection",
        Check::Certificate => "Certificate",
        Check::Clock => "Clock",
        Check::SignIn => "Sign-in",
        Check::Server => "Server",
        Check::Encryption => "Encryption",
        Check::Members => "Members",
        Check::Directory(check) => match check {
            probe::Check::Reach => "Connection",
            probe::Check::Encryption => "Encryption",
            probe::Check::SignIn => "Sign-in",
            probe::Check::Service => "Service",
            probe::Check::Right => "Right",
            probe::Check::SearchBase => "Search base",
            probe::Check::People => "People",
            probe::Check::Groups => "Groups",
            _ => "Directory",
        },
    }
}

fn line(finding: &Told) -> String {
    let title = title(finding.check);
    match (finding.subject.as_str(), finding.message.as_str()) {
        ("", "") => title.to_owned(),
        ("", message) => format!("{title}: {message}"),
        (subject, "") => format!("{title} {subject}"),
        (subject, message) => format!("{title} {subject}: {message}"),
    }
}

fn facts_text(facts: &[(&'static str, String)]) -> String {
    facts.iter().map(|(name, value)| fact_text(name, value)).collect::<Vec<_>>().join(", ")
}

fn fact_text(name: &str, value: &str) -> String {
    match (name, value) {
        ("direct", "this-machine") => "direct (it is this machine)".to_owned(),
        ("direct", "no-proxy") => "direct (no proxy is set for it)".to_owned(),
        ("direct", "socket") => "direct (a socket on this machine)".to_owned(),
        ("direct", "ldap") => "direct (LDAP is never sent through a proxy)".to_owned(),
        ("through", proxy) => format!("through {proxy}"),
        ("state", "none-yet") => "none yet".to_owned(),
        ("state", "defaults") => "none, the defaults count".to_owned(),
        ("state", "unreadable") => {
            "cannot be read; the next run begins an empty one and removes nobody".to_owned()
        }
        ("kept in", "data.json") => "in data.json, in plain text".to_owned(),
        ("kept in", "variable") => "in an environment variable".to_owned(),
        ("kept in", "file") => "in a file of its own".to_owned(),
        ("kept in", "keychain") => "in the keychain".to_owned(),
        ("kept in", "command") => "what a command prints".to_owned(),
        ("kept in", "elsewhere") => "in the store of another program".to_owned(),
        ("kept in", place) => format!("in {place}"),
        ("kind", "bitwarden-cloud") => "Bitwarden's cloud".to_owned(),
        ("kind", "bitwarden-self-hosted") => "Bitwarden, self-hosted".to_owned(),
        ("kind", "vaultwarden") => "Vaultwarden".to_owned(),
        ("kind", "unknown") => "does not say what it is and is treated as Vaultwarden".to_owned(),
        ("read by", "personal-key") => "read with the personal key".to_owned(),
        ("address" | "addresses" | "system" | "architecture", value) => value.to_owned(),
        ("milliseconds", value) => format!("{value} ms"),
        ("days left", value) => format!("{value} days left"),
        ("seconds ahead", "0" | "1" | "-1") => "agrees with ours".to_owned(),
        ("seconds ahead", value) => format!("ours is {value} s ahead"),
        (name, value) => format!("{name}: {value}"),
    }
}

/// The certificates that were shown; of a chain that is as it should be, the first.
fn chain(finding: &Told) -> Vec<String> {
    let Some(chain) = &finding.chain else { return Vec::new() };
    let shown = if chain.trust == Trust::Verified { 1 } else { chain.certificates.len() };
    let told = |(number, it): (usize, &Certificate)| {
        let names = if it.names.is_empty() { String::new() } else { format!(" for {}", it.names.join(", ")) };
        let until = to_iso(it.ends);
        let until = until.split('T').next().unwrap_or_default();
        format!("{}. {}{names}, signed by {}, until {until}", number + 1, it.subject, it.issuer)
    };
    chain.certificates.iter().take(shown).enumerate().map(told).collect()
}
