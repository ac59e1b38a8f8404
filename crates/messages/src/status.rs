//! How profiles are: for people, for scripts, and for monitoring, whose plugins answer in one line.

use crate::sync::allowed;
use crate::text;
use crate::time::moment;
use crate::{CommandLine, Step, describe};
use bwdc_core::ledger::Choice;
use bwdc_core::names::Timestamp;
use bwdc_engine::EngineError;
use bwdc_engine::clock::to_iso;
use bwdc_engine::paths::ProfileName;
use bwdc_engine::status::{Activity, Approved, Health, ProfileStatus, Readiness, Reason};
use serde_json::{Value, json};
use std::fmt::Write as _;

/// A profile with how it is, or why that cannot be told.
pub type Found<'a> = (&'a ProfileName, Result<ProfileStatus, EngineError>);

/// How profiles are, in words, as data, and as the exit code of a monitoring plugin.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// For people; the first line says it all.
    pub text: String,
    /// For scripts.
    pub data: Value,
    /// 0 healthy, 1 needs a person, 2 failing, 3 cannot tell.
    pub code: u8,
}

/// How the service of the operating system is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServiceState {
    /// It answers.
    Running,
    /// It is installed and does not.
    Stopped,
    /// There is none.
    Absent,
}

/// How all profiles are, at this time.
pub fn report(found: &[Found<'_>], service: ServiceState, now: Timestamp, commands: &CommandLine) -> Report {
    let of_profiles = found.iter().map(|(_, status)| health(status, now)).max().unwrap_or(Health::Unknown);
    let health = match service {
        ServiceState::Stopped => of_profiles.max(Health::Failing),
        ServiceState::Running | ServiceState::Absent => of_profiles,
    };
    let mut text = first_line(found, service, health, now);
    for (name, status) in found {
        text.push_str("\n\n");
        match status {
            Ok(status) => text.push_str(&profile(status, now, commands)),
            Err(error) => {
                let described = describe(error);
                let steps = commands.sentences(&described.next_steps);
                // A string takes what is written to it.
                let _ = write!(text, "{name}\n  {}\n  {steps}", described.message);
            }
        }
    }
    let newer = found.iter().find_map(|(_, status)| status.as_ref().ok()?.newer.as_ref());
    if let Some(newer) = newer {
        text.push_str("\n\n");
        let (version, page) = (&newer.version, &newer.page);
        text.push_str(&text!("status.newer", "Version {version} is available: {page}", version, page));
    }
    let profiles: Vec<Value> = found.iter().map(|(name, status)| data_of(name, status, now)).collect();
    let data = json!({
        "object": "status",
        "health": word(health),
        "service": service_word(service),
        "version": env!("CARGO_PKG_VERSION"),
        "newer": newer.map(|it| json!({ "version": it.version, "page": it.page })),
        "profiles": profiles,
    });
    Report { text: text.trim_end().to_owned(), data, code: code(health) }
}

/// That a service is there and may not be asked.
pub fn cannot_ask(reason: &str) -> Report {
    let text = text!("status.cannot-ask", "UNKNOWN: {reason}", reason);
    let data = json!({ "object": "status", "health": word(Health::Unknown), "message": reason });
    Report { text, data, code: code(Health::Unknown) }
}

fn health(status: &Result<ProfileStatus, EngineError>, now: Timestamp) -> Health {
    status.as_ref().map_or(Health::Unknown, |it| it.health(now))
}

fn code(health: Health) -> u8 {
    match health {
        Health::Healthy => 0,
        Health::NeedsPerson => 1,
        Health::Failing => 2,
        Health::Unknown => 3,
    }
}

/// The words of monitoring plugins.
fn sign(health: Health) -> &'static str {
    match health {
        Health::Healthy => "OK",
        Health::NeedsPerson => "WARNING",
        Health::Failing => "CRITICAL",
        Health::Unknown => "UNKNOWN",
    }
}

fn word(health: Health) -> &'static str {
    match health {
        Health::Healthy => "healthy",
        Health::NeedsPerson => "needsPerson",
        Health::Failing => "failing",
        Health::Unknown => "unknown",
    }
}

fn service_word(service: ServiceState) -> &'static str {
    match service {
        ServiceState::Running => "running",
        ServiceState::Stopped => "stopped",
        ServiceState::Absent => "absent",
    }
}

fn first_line(found: &[Found<'_>], service: ServiceState, health: Health, now: Timestamp) -> String {
    let mut parts = Vec::new();
    if service == ServiceState::Stopped {
        parts.push(text!("status.stopped", "the service is installed and does not run"));
    }
    for (name, status) in found {
        let reasons: Vec<String> = match status {
            Ok(status) => status.reasons(now).iter().map(|it| reason(*it, status)).collect(),
            Err(error) => vec![describe(error).message.trim_end_matches('.').to_owned()],
        };
        if !reasons.is_empty() {
            let reasons = reasons.join(", ");
            parts.push(if found.len() == 1 { reasons } else { format!("{name}: {reasons}") });
        }
    }
    if parts.is_empty() {
        parts.push(text!("status.healthy", "{profiles:profile/profiles} healthy", profiles = found.len()));
    }
    format!("{}: {}", sign(health), parts.join("; "))
}

fn reason(reason: Reason, status: &ProfileStatus) -> String {
    match reason {
        Reason::NotSetUp => text!("status.not-set-up", "not signed in to an organization"),
        Reason::ApprovalPending => match &status.pending {
            Some(pending) => {
                text!(
                    "status.approval",
                    "run {run} was refused and waits for an approval",
                    run = pending.run.0
                )
            }
            None => text!("status.refused", "the last run was refused"),
        },
        Reason::ApprovedNext => {
            text!("status.approved-next", "the refused run is approved and waits for the next sync")
        }
        Reason::NeverSynced => text!("status.never-synced", "nothing was synced here yet"),
        Reason::Refused => text!("status.refused", "the last run was refused"),
        Reason::PartlyRefused => {
            text!("status.partly", "the server did not accept some people or groups in the last run")
        }
        Reason::Paused => text!("status.paused", "the schedule is paused"),
        Reason::WaitsForFirstSync => text!("status.waits", "waiting for the first sync: look at the plan"),
        Reason::NeverRan => text!("status.never-ran", "the first scheduled run is due and has not started"),
        Reason::Failing => {
            text!("status.failing", "{runs:run/runs} failed in a row", runs = status.tally.failures)
        }
        Reason::Overdue => text!("status.overdue", "no run has succeeded within three intervals"),
    }
}

fn profile(status: &ProfileStatus, now: Timestamp, commands: &CommandLine) -> String {
    let mut text = match &status.client_id {
        Some(client) => format!("{} ({client})", status.profile),
        None => status.profile.to_string(),
    };
    let none = || "-".to_owned();
    let last = status.tally.last.as_ref().map(|run| {
        let outcome = crate::history::outcome_in_words(run);
        format!("{}, {outcome}", moment(run.started_at))
    });
    let mut rows = vec![
        (text!("status.row.schedule", "Schedule"), schedule(status)),
        (text!("status.row.last", "Last run"), last.unwrap_or_else(none)),
        (text!("status.row.success", "Last success"), status.tally.last_success.map_or_else(none, moment)),
        (
            text!("status.row.next", "Next run"),
            status.next.map_or_else(none, |it| next(it, now, status.activity.is_some())),
        ),
    ];
    if status.tally.failures > 0 {
        rows.push((text!("status.row.failures", "Failures in a row"), status.tally.failures.to_string()));
    }
    if let Some((people, groups)) = status.managed.filter(|_| status.tally.last_start.is_some()) {
        let managed =
            text!("status.managed", "{people:person/people}, {groups:group/groups}", people, groups);
        rows.push((text!("status.row.managed", "Managed"), managed));
    }
    let mut approved = text!("status.row.approved", "Approved");
    for line in approvals(&status.approved) {
        rows.push((std::mem::take(&mut approved), line));
    }
    match &status.activity {
        Some(Activity::Running { since }) => {
            let since = text!("status.running", "a run since {since}", since = moment(*since));
            rows.push((text!("status.row.now", "Now"), since));
        }
        Some(Activity::WaitsForLock { holder }) => {
            let holder = holder.clone().unwrap_or_else(|| text!("status.somebody", "another process"));
            let waits = text!("status.waits-for", "waiting for {holder}", holder);
            rows.push((text!("status.row.now", "Now"), waits));
        }
        Some(Activity::Standby { holder }) => {
            let waits = text!("status.standby", "standing by: {holder} has the lease", holder);
            rows.push((text!("status.row.now", "Now"), waits));
        }
        Some(Activity::Idle) | None => {}
    }
    for (title, value) in rows {
        let _ = write!(text, "\n  {title:<18} {value}");
    }
    for reason in status.reasons(now) {
        if let Some(step) = step(reason, status) {
            let _ = write!(text, "\n  {}", commands.sentences(&[step.into()]));
        }
    }
    text
}

/// What was approved and counts still, a line each.
fn approvals(approved: &Approved) -> Vec<String> {
    let runs = approved.runs.iter().map(|(run, until, scope)| {
        text!(
            "status.approved-run",
            "run {run}, until {until}: {parts}",
            run = run.0,
            until = moment(*until),
            parts = allowed(scope).join(", ")
        )
    });
    let people = approved.people.iter().map(|it| {
        let address = it.address.as_str();
        match it.choice {
            Choice::Restore => {
                text!("status.approved-restore", "the next sync gives `{address}` to the new entry", address)
            }
            Choice::Invite => text!(
                "status.approved-invite",
                "the next sync removes the membership of `{address}` and invites the new entry",
                address
            ),
        }
    });
    runs.chain(people).collect()
}

/// Where nothing that starts runs tells of itself, a time that has passed stays the time.
fn next(due: Timestamp, now: Timestamp, is_served: bool) -> String {
    match (due <= now, is_served) {
        (false, true) => moment(due),
        (false, false) => {
            text!("status.due-unserved", "{due}: no service answers that would start it", due = moment(due))
        }
        (true, true) => text!("status.due", "now"),
        (true, false) => {
            text!("status.due-since", "due since {due}: no service starts it", due = moment(due))
        }
    }
}

fn schedule(status: &ProfileStatus) -> String {
    let text = match &status.schedule {
        None => return text!("status.no-schedule", "none: runs do not start automatically"),
        Some(schedule) => match (schedule.interval_minutes(), schedule.cron()) {
            (Some(minutes), _) => {
                text!("status.interval", "every {minutes:minute/minutes}", minutes)
            }
            (None, Some(cron)) => text!("status.cron", "at `{cron}`", cron),
            (None, None) => String::new(),
        },
    };
    match status.readiness {
        Readiness::Paused => text!("status.schedule-paused", "{text}, paused", text),
        Readiness::WaitsForFirstSync => {
            text!("status.schedule-waits", "{text}, waiting for the first sync", text)
        }
        Readiness::Scheduled | Readiness::NoSchedule => text,
    }
}

fn step(reason: Reason, status: &ProfileStatus) -> Option<Step> {
    Some(match reason {
        Reason::NotSetUp => Step::run("login"),
        Reason::ApprovalPending => Step::run(format!("history {}", status.pending.as_ref()?.run.0)),
        Reason::ApprovedNext => Step::run("sync"),
        Reason::NeverSynced => Step::run("plan"),
        Reason::NeverRan => Step::run("service status"),
        Reason::Overdue if status.tally.last.is_none() => Step::run("service status"),
        Reason::Refused | Reason::PartlyRefused | Reason::Failing | Reason::Overdue => {
            Step::run(format!("history {}", status.tally.last.as_ref()?.id.0))
        }
        Reason::Paused => Step::set("schedule.paused", "false"),
        Reason::WaitsForFirstSync => Step::run("plan"),
    })
}

fn data_of(name: &ProfileName, status: &Result<ProfileStatus, EngineError>, now: Timestamp) -> Value {
    let status = match status {
        Ok(status) => status,
        Err(error) => {
            let described = describe(error);
            let (kind, message) = (described.kind.name(), described.message);
            return json!({
                "profile": name.to_string(),
                "health": word(Health::Unknown),
                "kind": kind,
                "message": message,
            });
        }
    };
    let schedule = status.schedule.as_ref();
    json!({
        "profile": name.to_string(),
        "health": word(status.health(now)),
        "reasons": status.reasons(now).iter().map(|it| reason_word(*it)).collect::<Vec<_>>(),
        "clientId": status.client_id,
        "schedule": {
            "state": readiness_word(status.readiness),
            "intervalMinutes": schedule.and_then(|it| it.interval_minutes()),
            "cron": schedule.and_then(|it| it.cron()),
        },
        "lastRun": status.tally.last.as_ref().map(crate::history::data_of),
        "lastSuccess": status.tally.last_success.map(to_iso),
        "nextRun": status.next.map(to_iso),
        "failures": status.tally.failures,
        "pendingApproval": status.pending.as_ref().map(|it| json!({ "run": it.run.0, "scope": it.scope })),
        "approved": status.approved.runs.iter().map(|(run, until, scope)| {
            json!({ "run": run.0, "until": to_iso(*until), "scope": scope })
        }).collect::<Vec<_>>(),
        "approvedPeople": status.approved.people.iter().map(|it| {
            json!({ "address": it.address, "choice": it.choice })
        }).collect::<Vec<_>>(),
        "people": status.managed.map(|it| it.0),
        "groups": status.managed.map(|it| it.1),
        "standby": matches!(status.activity, Some(Activity::Standby { .. })),
        "running": matches!(status.activity, Some(Activity::Running { .. })),
    })
}

fn readiness_word(readiness: Readiness) -> &'static str {
    match readiness {
        Readiness::Scheduled => "scheduled",
        Readiness::NoSchedule => "none",
        Readiness::Paused => "paused",
        Readiness::WaitsForFirstSync => "waitsForFirstSync",
    }
}

fn reason_word(reason: Reason) -> &'static str {
    match reason {
        Reason::NotSetUp => "notSetUp",
        Reason::ApprovalPending => "approvalPending",
        Reason::ApprovedNext => "approvedNext",
        Reason::NeverSynced => "neverSynced",
        Reason::Refused => "refused",
        Reason::PartlyRefused => "partlyRefused",
        Reason::Paused => "paused",
        Reason::WaitsForFirstSync => "waitsForFirstSync",
        Reason::NeverRan => "neverRan",
        Reason::Failing => "failing",
        Reason::Overdue => "overdue",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bwdc_core::ledger::Decision;
    use bwdc_core::names::Email;
    use bwdc_core::plan::ApprovalScope;
    use bwdc_engine::ledger::RunId;

    #[test]
    fn a_run_that_nothing_starts_is_due_since_its_time() {
        let (due, now) = (Timestamp(3_600_000), Timestamp(90_000_000));
        assert_eq!(next(due, now, true), "now");
        assert_eq!(next(due, now, false), "due since 1970-01-01 01:00 UTC: no service starts it");
        assert_eq!(next(now, due, true), "1970-01-02 01:00 UTC");
        assert_eq!(next(now, due, false), "1970-01-02 01:00 UTC: no service answers that would start it");
    }

    #[test]
    fn what_was_approved_is_shown_as_long_as_it_counts() {
        let scope = ApprovalScope {
            revoked: ["a".to_owned(), "b".to_owned()].into(),
            no_groups: true,
            ..ApprovalScope::default()
        };
        let decision =
            |address: &str, choice| Decision { address: Email::new(address.to_owned()), choice, of: None };
        let approved = Approved {
            runs: vec![(RunId(12), Timestamp(0), scope)],
            people: vec![
                decision("ann@example.test", Choice::Restore),
                decision("bob@example.test", Choice::Invite),
            ],
        };
        assert_eq!(
            approvals(&approved),
            [
                "run 12, until 1970-01-01 00:00 UTC: 2 people may lose access, the directory may return no groups",
                "the next sync gives `ann@example.test` to the new entry",
                "the next sync removes the membership of `bob@example.test` and invites the new entry",
            ]
        );
        assert_eq!(approvals(&Approved::default()), [""; 0]);
    }
}
