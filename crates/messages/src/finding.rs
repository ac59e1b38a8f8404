//! The findings of `doctor` in words: what was looked at, what came of it, and what to do.

use crate::foreign::fit_in_a_line;
use crate::line::{Line, Tone};
use crate::time::{day, moment};
use crate::wrap::broken;
use crate::{CommandLine, NextStep, text};
use cause::{concern_words, failure_words};
use names::{area_name, area_title, name, title};
mod cause;
mod names;

use bwdc_engine::certificate::{Certificate, Chain, Trust};
use bwdc_engine::clock::{from_iso, to_iso};
use bwdc_engine::doctor::{Area, Check, Finding, Outcome};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::path::Path;

/// The fact that names the authorities of the environment.
const EXTRA_AUTHORITIES: &str = "authorities of NODE_EXTRA_CA_CERTS";
/// Where the text of a check begins.
const INDENT: usize = 8;

/// A finding in words.
pub struct Described {
    area: Area,
    check: Check,
    subject: String,
    outcome: Level,
    message: String,
    steps: Vec<NextStep>,
    facts: Vec<(&'static str, String)>,
    chain: Option<Chain>,
}

/// What came of a check, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// As it should be.
    Ok,
    /// It works, and somebody should look.
    Warn,
    /// It does not work.
    Fail,
    /// It could not be tried before another check passes.
    Waiting,
}

impl Level {
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

impl Described {
    /// Puts a finding into words.
    pub fn new(finding: Finding) -> Self {
        let Finding { area, check, mut subject, outcome, facts, chain } = finding;
        let source = facts.iter().find(|(name, _)| *name == "source").map(|(_, name)| name.clone());
        let learned = facts_text(&facts);
        // What is trusted besides says why a certificate is not, and what else was tried.
        let trusted = facts.iter().find(|(name, _)| *name == EXTRA_AUTHORITIES);
        let with_trusted = |text: String| match trusted {
            Some((name, value)) => format!("{text} ({})", fact_text(name, value)),
            None => text,
        };
        let (outcome, message, steps) = match outcome {
            Outcome::Good => (Level::Ok, learned, Vec::new()),
            Outcome::Concern(concern) => {
                let (text, steps) = concern_words(concern, &subject);
                let is_whole = matches!(check, Check::Clock | Check::Certificate) || learned.is_empty();
                let text = if is_whole { with_trusted(text) } else { format!("{text} ({learned})") };
                (Level::Warn, text, steps)
            }
            Outcome::Failed(failure) => {
                let (text, steps) = failure_words(failure);
                (Level::Fail, with_trusted(text), steps)
            }
            Outcome::WaitsFor(check) => {
                let check = title(check).to_lowercase();
                (Level::Waiting, text!("finding.waits", "waits for: {check}", check), Vec::new())
            }
        };
        let steps = match &source {
            Some(name) => steps.into_iter().map(|it| it.of_source(name)).collect(),
            None => steps,
        };
        if let Some(name) = source.filter(|_| outcome != Level::Ok) {
            let of_source = text!("finding.of-source", "of source `{name}`", name);
            subject = format!("{subject} {of_source}").trim_start().to_owned();
        }
        Self { area, check, subject, outcome, message, steps, facts, chain }
    }

    /// What to do about it.
    pub fn steps(&self) -> &[NextStep] {
        &self.steps
    }

    fn cure(&self, command_line: &CommandLine) -> Option<String> {
        let one_line = |it: String| fit_in_a_line(&it).into_owned();
        (!self.steps.is_empty())
            .then(|| one_line(command_line.in_text(&command_line.sentences(&self.steps)).into_owned()))
    }

    /// The check in a line, and what to do about it in another, for front ends that draw.
    pub fn lines(&self, command_line: &CommandLine) -> Vec<Line> {
        let tone = match self.outcome {
            Level::Ok => Tone::Good,
            Level::Warn => Tone::Warning,
            Level::Fail => Tone::Bad,
            Level::Waiting => Tone::Faint,
        };
        let first = Line::new(format!("{:<4} {}", self.outcome.mark(), line(self)), tone);
        let cure = self.cure(command_line).map(|it| Line::new(format!("     {it}"), tone));
        [first].into_iter().chain(cure).collect()
    }

    /// The check in a line.
    pub fn line(&self) -> String {
        line(self)
    }

    /// What people know the check by.
    pub fn title(&self) -> String {
        title(self.check)
    }

    /// Whether all is as it should be.
    pub fn is_good(&self) -> bool {
        self.outcome == Level::Ok
    }

    /// What came of it.
    pub fn level(&self) -> Level {
        self.outcome
    }

    /// Whether it says that the organization's server can, or cannot, be reached; who is signed in does not matter.
    pub fn is_of_organization_server(&self) -> bool {
        let reached = matches!(
            self.check,
            Check::Proxy
                | Check::Name
                | Check::Connection
                | Check::Certificate
                | Check::Answer
                | Check::Clock
                | Check::Server
        );
        self.area == Area::Organization && reached
    }

    /// What it is about, as a title.
    pub fn area(&self) -> String {
        area_title(self.area)
    }

    /// What was looked at and where, and what came of it.
    pub fn headline(&self) -> (String, String) {
        let title = title(self.check);
        let title = if self.subject.is_empty() { title } else { format!("{title} {}", self.subject) };
        (fit_in_a_line(&title).into_owned(), fit_in_a_line(&self.message).into_owned())
    }

    /// What came of it, what to do, and the certificates that were shown, in lines.
    pub fn details(&self, command_line: &CommandLine) -> String {
        let message = Some(fit_in_a_line(&self.message).into_owned()).filter(|it| !it.is_empty());
        let lines: Vec<String> =
            message.into_iter().chain(self.cure(command_line)).chain(chain(self)).collect();
        lines.join("\n")
    }

    /// Whether it does not work.
    pub fn is_failure(&self) -> bool {
        self.outcome == Level::Fail
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
pub fn text(findings: &[Described], width: Option<usize>, command_line: &CommandLine) -> String {
    let mut text = String::new();
    let mut area = None;
    for finding in findings {
        if area != Some(finding.area) {
            text.push_str(if area.is_some() { "\n" } else { "" });
            area = Some(finding.area);
            text.push_str(&area_title(finding.area));
            text.push('\n');
        }
        // A string takes what is written to it.
        let _ = writeln!(text, "  {:<5} {}", finding.outcome.mark(), broken(&line(finding), width, INDENT));
        for more in finding.cure(command_line).iter().chain(&chain(finding)) {
            let _ = writeln!(text, "        {}", broken(more, width, INDENT));
        }
    }
    text.push('\n');
    text.push_str(&summary(findings));
    text
}

/// What somebody has to look at, a cause once however many checks met it, with the numbers first and last.
pub fn problems(findings: &[Described], width: Option<usize>, command_line: &CommandLine) -> String {
    let verdict = summary(findings);
    let all = command_line.command("doctor --all");
    let rest = text!("finding.all", "`{all}` shows every check.", all);
    let mut met: Vec<(&Described, Vec<&str>)> = Vec::new();
    for finding in findings.iter().filter(|it| matches!(it.outcome, Level::Warn | Level::Fail)) {
        let same = |it: &&mut (&Described, Vec<&str>)| {
            let (known, _) = it;
            (known.outcome, &known.message, &known.steps)
                == (finding.outcome, &finding.message, &finding.steps)
        };
        match met.iter_mut().find(same) {
            Some((_, subjects)) => subjects.push(&finding.subject),
            None => met.push((finding, Vec::new())),
        }
    }
    if met.is_empty() {
        return format!("{verdict} {rest}");
    }
    let mut text = format!("{verdict}\n");
    let mut area = None;
    for (finding, others) in met {
        if area != Some(finding.area) {
            area = Some(finding.area);
            text.push_str(&format!("\n{}\n", area_title(finding.area)));
        }
        text.push_str(&format!(
            "  {:<5} {}\n",
            finding.outcome.mark(),
            broken(&line(finding), width, INDENT)
        ));
        let named = others.iter().filter(|it| !it.is_empty());
        let also = named.map(|it| fit_in_a_line(it).into_owned()).collect::<Vec<_>>();
        let also =
            (!also.is_empty()).then(|| text!("finding.also", "Also for {others}.", others = also.join(", ")));
        for more in also.iter().chain(&finding.cure(command_line)).chain(&chain(finding)) {
            text.push_str(&format!("        {}\n", broken(more, width, INDENT)));
        }
    }
    format!("{text}\n{}", broken(&format!("{verdict} {rest}"), width, 0))
}

/// For scripts.
pub fn data(findings: &[Described], command_line: &CommandLine) -> Value {
    let checks: Vec<Value> = findings.iter().map(|it| check_data(it, command_line)).collect();
    json!({
        "object": "doctor",
        "ok": count(findings, Level::Ok),
        "warnings": count(findings, Level::Warn),
        "failures": count(findings, Level::Fail),
        "waiting": count(findings, Level::Waiting),
        "checks": checks,
    })
}

fn check_data(finding: &Described, command_line: &CommandLine) -> Value {
    let facts: serde_json::Map<String, Value> =
        finding.facts.iter().map(|(name, value)| ((*name).to_owned(), value.as_str().into())).collect();
    let mut data = json!({
        "area": area_name(finding.area),
        "check": name(finding.check),
        "subject": finding.subject,
        "outcome": finding.outcome.text(),
        "message": finding.message,
        "cure": finding.cure(command_line),
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

fn summary(findings: &[Described]) -> String {
    let count = |word| count(findings, word);
    let (ok, warnings, failed) = (count(Level::Ok), count(Level::Warn), count(Level::Fail));
    match count(Level::Waiting) {
        0 => text!(
            "finding.summary",
            "{ok} ok, {warnings:warning/warnings}, {failed} failed.",
            ok,
            warnings,
            failed
        ),
        waiting => text!(
            "finding.summary-waiting",
            "{ok} ok, {warnings:warning/warnings}, {failed} failed, {waiting} waiting for another check.",
            ok,
            warnings,
            failed,
            waiting
        ),
    }
}

fn count(findings: &[Described], word: Level) -> usize {
    findings.iter().filter(|it| it.outcome == word).count()
}

fn line(finding: &Described) -> String {
    let title = title(finding.check);
    match (&*fit_in_a_line(&finding.subject), &*fit_in_a_line(&finding.message)) {
        ("", "") => title,
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
        ("direct", "this-machine") => text!("fact.direct-this-machine", "direct (it is this machine)"),
        ("direct", "no-proxy") => text!("fact.direct-no-proxy", "direct (no proxy is set for it)"),
        ("direct", "socket") => text!("fact.direct-socket", "direct (a socket on this machine)"),
        ("direct", "ldap") => text!("fact.direct-ldap", "direct (LDAP is never sent through a proxy)"),
        ("through", proxy) => text!("fact.through", "through {proxy}", proxy),
        ("held by", "nobody") => text!("fact.lease-nobody", "held by nobody"),
        ("held by", "this-machine") => text!("fact.lease-here", "held by this machine"),
        ("state", "none-yet") => text!("fact.none-yet", "none yet"),
        ("state", "defaults") => text!("fact.defaults", "none, the defaults apply"),
        ("state", "unreadable") => {
            text!("fact.unreadable", "cannot be read; the next run starts an empty one and removes nobody")
        }
        ("kept in", "data.json") => text!("fact.in-plain-text", "in data.json, in plain text"),
        ("kept in", "variable") => text!("fact.in-variable", "in an environment variable"),
        ("kept in", "file") => text!("fact.in-file", "in a file of its own"),
        ("kept in", "keychain") => text!("fact.in-keychain", "in the keychain"),
        ("kept in", "command") => text!("fact.of-command", "what a command prints"),
        ("kept in", "elsewhere") => text!("fact.elsewhere", "in the store of another program"),
        ("kept in", place) => text!("fact.in", "in {place}", place),
        ("last run", time) if let Some(time) = from_iso(time) => {
            text!("fact.last-run", "last run: {at}", at = moment(time))
        }
        ("kind", "bitwarden-cloud") => text!("fact.cloud", "Bitwarden's cloud"),
        ("kind", "bitwarden-self-hosted") => text!("fact.self-hosted", "Bitwarden, self-hosted"),
        ("kind", "vaultwarden") => text!("fact.vaultwarden", "Vaultwarden"),
        ("kind", "unknown") => {
            text!("fact.unknown-server", "does not say what it is and is treated as Vaultwarden")
        }
        ("read by", "personal-key") => text!("fact.personal-key", "read with the personal key"),
        ("address" | "addresses" | "system" | "architecture", value) => value.to_owned(),
        ("milliseconds", value) => text!("fact.milliseconds", "{value} ms", value),
        (EXTRA_AUTHORITIES, value) if value.ends_with(" (0)") => text!(
            "fact.no-extra-authorities",
            "NODE_EXTRA_CA_CERTS names a file of which nothing can be trusted: {path}",
            path = value.trim_end_matches(" (0)")
        ),
        ("people", value) => text!("fact.people", "people: {value}", value),
        ("groups", value) => text!("fact.groups", "groups: {value}", value),
        ("days left", "1" | "-1") => text!("fact.day-left", "{value} day left", value),
        ("days left", value) => text!("fact.days-left", "{value} days left", value),
        ("seconds ahead", "0" | "1" | "-1") => text!("fact.clocks-agree", "agrees with ours"),
        ("seconds ahead", value) => text!("fact.ahead", "ours is {value} s ahead", value),
        (name, value) => format!("{name}: {value}"),
    }
}

/// The certificates that were shown; of a chain that is as it should be, the first.
fn chain(finding: &Described) -> Vec<String> {
    let Some(chain) = &finding.chain else { return Vec::new() };
    let shown = if chain.trust == Trust::Verified { 1 } else { chain.certificates.len() };
    let line = |(number, it): (usize, &Certificate)| {
        let names = match &it.names[..] {
            [] => String::new(),
            names => text!("chain.names", " for {names}", names = names.join(", ")),
        };
        let line = text!(
            "chain.certificate",
            "{number}. {subject}{names}, signed by {issuer}, until {until}",
            number = number + 1,
            subject = it.subject,
            names,
            issuer = it.issuer,
            until = day(it.ends)
        );
        fit_in_a_line(&line).into_owned()
    };
    chain.certificates.iter().take(shown).enumerate().map(line).collect()
}
