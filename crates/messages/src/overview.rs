//! What an installation is at, in four lines: who, directory, runs, what waits for approval.

use crate::line::{Line, Tone};
use crate::refusal::message;
use crate::time::moment;
use crate::{history, remote, text};
use bwdc_core::names::Timestamp;
use bwdc_core::plan::Refusal;
use bwdc_core::settings::DirectoryKind;
use bwdc_engine::ledger::{RunOutcome, RunRecord};
use bwdc_engine::{ApprovalState, Entry};
use serde_json::Value;

/// What the lines are made of.
#[derive(Clone, Copy, Debug, Default)]
pub struct Overview<'a> {
    /// As whom the installation is signed in.
    pub client_id: Option<&'a str>,
    /// Every setting.
    pub entries: &'a [Entry],
    /// The last run.
    pub last: Option<&'a RunRecord>,
    /// When the next run is due; None: none starts by itself.
    pub next: Option<Timestamp>,
    /// What refused it.
    pub refused: &'a [Refusal],
    /// How far the approval of that run counts.
    pub approval: ApprovalState,
    /// Why the ledger cannot be read.
    pub ledger_error: Option<&'a str>,
    /// The version of `data.json`, where it is later than the one that this program knows.
    pub later_version: Option<i64>,
    /// Whether the service of the machine keeps the profile.
    pub by_service: bool,
}

impl Overview<'_> {
    /// The lines, each with what it is about before it.
    pub fn lines(&self) -> [(String, Line); 4] {
        [
            (text!("overview.organization", "Organization"), self.organization()),
            (text!("overview.directory", "Directory"), self.directory()),
            (text!("overview.runs", "Last run"), self.runs()),
            (text!("overview.waiting", "Approval"), self.waiting()),
        ]
    }

    /// What else is to be known of the installation.
    pub fn notes(&self) -> Vec<Line> {
        let mut notes = Vec::new();
        if self.by_service {
            notes.push(Line::new(remote::kept_by_service(), Tone::Faint));
        }
        if let Some(version) = self.later_version {
            notes.push(Line::new(
                text!(
                    "overview.later-version",
                    "`data.json` has version {version}, which is newer than this program knows: what it does not know there, it keeps. \
                     Update this program.",
                    version
                ),
                Tone::Warning,
            ));
        }
        notes
    }

    fn value(&self, name: &str) -> Option<&Value> {
        self.entries.iter().find(|it| it.setting.name == name).map(|it| &it.value)
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.value(name).and_then(Value::as_str).filter(|it| !it.is_empty())
    }

    fn organization(&self) -> Line {
        let server = self.text("server").unwrap_or("bitwarden.com");
        match self.client_id {
            Some(client_id) => Line::new(
                text!("overview.signed-in", "{client_id} at {server}", client_id, server),
                Tone::Good,
            ),
            None => {
                Line::new(text!("overview.signed-out", "Not signed in to {server}", server), Tone::Warning)
            }
        }
    }

    fn directory(&self) -> Line {
        let kind = self.value("directory").and_then(Value::as_i64).and_then(DirectoryKind::from_number);
        let Some(kind) = kind else {
            return Line::new(text!("overview.no-directory", "None chosen yet"), Tone::Warning);
        };
        let place = match kind {
            DirectoryKind::Ldap => self.text("ldap.hostname").or_else(|| self.text("ldap.domain")),
            DirectoryKind::Entra => self.text("entra.tenant"),
            DirectoryKind::Google => self.text("gsuite.domain").or_else(|| self.text("gsuite.customer")),
            DirectoryKind::Okta => self.text("okta.orgUrl"),
            DirectoryKind::OneLogin => self.text("onelogin.url").or_else(|| self.text("onelogin.region")),
        };
        let name = kind.name();
        match place {
            Some(place) => Line::plain(format!("{name}: {place}")),
            None => Line::new(text!("overview.incomplete", "{name}: not complete", name), Tone::Warning),
        }
    }

    fn runs(&self) -> Line {
        if let Some(error) = self.ledger_error {
            return Line::new(error, Tone::Bad);
        }
        let Some(run) = self.last else {
            return Line::new(
                text!("overview.no-run", "None yet. The first one removes nobody."),
                Tone::Faint,
            );
        };
        let tone = match run.outcome {
            Some(RunOutcome::Complete | RunOutcome::Unchanged) => Tone::Good,
            Some(RunOutcome::Refused | RunOutcome::Failed) => Tone::Bad,
            Some(RunOutcome::Partial | RunOutcome::Interrupted) | None => Tone::Warning,
        };
        let (started, outcome) = (moment(run.started_at), history::outcome_in_words(run));
        let what = match history::changes(run) {
            changes if history::has_changes(run) => format!("{outcome}, {changes}"),
            _ => outcome,
        };
        let said = match self.next {
            Some(next) => {
                let next = moment(next);
                text!(
                    "overview.run-next",
                    "{started}: {what}. The next one is due at {next}.",
                    started,
                    what,
                    next
                )
            }
            None => text!("overview.run", "{started}: {what}. No next run is scheduled.", started, what),
        };
        Line::new(said, tone)
    }

    /// What waits for an approval, or that nothing does.
    pub fn waiting(&self) -> Line {
        if self.refused.is_empty() {
            return Line::new(text!("overview.nothing-waits", "Nothing waits for approval"), Tone::Faint);
        }
        let run = self.last.map_or(0, |it| it.id.0);
        let why = self.refused.iter().map(message).collect::<Vec<_>>().join(" ");
        match self.approval {
            ApprovalState::Missing => {
                Line::new(text!("overview.refused", "Run {run} was refused. {why}", run, why), Tone::Bad)
            }
            ApprovalState::Counts { until } => Line::new(
                text!(
                    "overview.approved",
                    "Run {run} was refused and is approved until {until}: the next sync carries it out.",
                    run,
                    until = moment(until)
                ),
                Tone::Warning,
            ),
            ApprovalState::CarriedOut { by } => Line::new(
                text!(
                    "overview.carried-out",
                    "Run {run} was refused, approved, and carried out by run {by}.",
                    run,
                    by = by.0
                ),
                Tone::Faint,
            ),
            ApprovalState::Expired { since } => Line::new(
                text!(
                    "overview.expired",
                    "The approval of run {run} expired {since} without a sync. {why}",
                    run,
                    since = moment(since),
                    why
                ),
                Tone::Bad,
            ),
        }
    }
}
