//! What a service tells its log, and why one did not answer.

use crate::text;
use crate::time::moment;
use crate::{CommandLine, NextStep, Step, describe};
use bwdc_engine::lock::GROUP;
use bwdc_engine::service::{AskError, EndpointError, Metric, News, ServiceError};
use bwdc_engine::status::Readiness;
use bwdc_engine::{EngineError, Verification};

/// A line for the log.
pub fn news(news: &News<'_>) -> String {
    let profile = match news {
        News::Scheduled { profile, .. }
        | News::Unusable { profile, .. }
        | News::Waits { profile, .. }
        | News::Ended { profile, .. } => Some(profile),
        _ => None,
    };
    // Whoever reads the log of many profiles types commands for the one that a line is about.
    let commands = profile.map(|it| CommandLine::of_profile((*it).clone())).unwrap_or_default();
    commands.in_text(&in_words(news, &commands)).into_owned()
}

fn in_words(news: &News<'_>, commands: &CommandLine) -> String {
    match news {
        News::Began { profiles } => {
            text!("service.began", "Started with {profiles:profile/profiles}.", profiles = *profiles)
        }
        News::Scheduled { profile, next, readiness } => {
            let profile = profile.to_string();
            match (readiness, next) {
                (Readiness::Scheduled, Some(next)) => {
                    text!(
                        "service.next",
                        "{profile}: the next run is due at {next}.",
                        profile,
                        next = moment(*next)
                    )
                }
                (Readiness::WaitsForFirstSync, _) => {
                    let steps = commands.sentences(&[Step::run("plan").into(), Step::run("sync").into()]);
                    text!("service.first", "{profile}: waiting for the first sync. {steps}", profile, steps)
                }
                (Readiness::Paused, _) => text!("service.paused", "{profile}: paused.", profile),
                _ => {
                    let step =
                        Step::change("sync.interval").to(text!("service.to-schedule", "To schedule runs"));
                    let steps = commands.sentence(&step);
                    text!("service.no-schedule", "{profile}: no schedule. {steps}", profile, steps)
                }
            }
        }
        News::Unusable { profile, error } => text!(
            "service.unusable",
            "{profile}: the settings cannot be used, the schedule stays as it was. {error}",
            profile = profile.to_string(),
            error = in_one_line(error)
        ),
        News::Waits { profile, error } => text!(
            "service.waits",
            "{profile}: waiting. {error}",
            profile = profile.to_string(),
            error = in_one_line(error)
        ),
        News::Ended { profile, result: Ok(report), .. } => {
            let profile = profile.to_string();
            if report.verification == Verification::NothingSent {
                return text!("service.unchanged", "{profile}: nothing to change.", profile);
            }
            let changes = report.plan.changes.len();
            text!("service.synced", "{profile}: {changes:change/changes} made.", profile, changes)
        }
        News::Ended { profile, result: Err(error), .. } => text!(
            "service.failed",
            "{profile}: the run did not do everything. {error}",
            profile = profile.to_string(),
            error = in_one_line(error)
        ),
        News::NoSocket { path, error } => text!(
            "service.no-socket",
            "The socket `{path}` cannot be offered: {error}. Runs go on as scheduled.",
            path = path.display().to_string(),
            error = error.to_string()
        ),
        News::Listens { address } => {
            text!("service.listens", "Health and metrics at http://{address}.", address = address.to_string())
        }
        News::NoEndpoint { error } => text!(
            "service.no-endpoint",
            "Health and metrics cannot be offered: {reason} Runs go on as scheduled.",
            reason = endpoint(error)
        ),
        News::Stopping => text!("service.stopping", "Stopping."),
    }
}

/// What a metric is, in a line.
pub fn metric(metric: Metric) -> String {
    match metric {
        Metric::BuildInfo => text!("metric.build", "The version of the program."),
        Metric::Runs => text!("metric.runs", "Runs by how they ended."),
        Metric::Changes => text!("metric.changes", "Changes of runs that carried any out, by kind."),
        Metric::RunDuration => text!("metric.duration", "How long runs took."),
        Metric::Health => text!(
            "metric.health",
            "As the exit code of `bwdc status`: 0 healthy, 1 needs a person, 2 failing, 3 cannot tell."
        ),
        Metric::LastRun => text!("metric.last-run", "When the last run began."),
        Metric::LastSuccess => text!("metric.last-success", "When the last successful run began."),
        Metric::NextRun => text!("metric.next-run", "When the next run is due."),
        Metric::Failures => text!("metric.failures", "Runs that failed in a row."),
        Metric::Approvals => text!("metric.approvals", "Refused runs that wait for an approval."),
        Metric::Members => text!("metric.members", "Members that the connector manages."),
        Metric::Groups => text!("metric.groups", "Groups that the connector manages."),
        Metric::Requests => text!("metric.requests", "HTTP requests that were sent, repeated ones included."),
        Metric::Throttled => text!("metric.throttled", "Answers with status 429: too many requests."),
    }
}

fn endpoint(error: &EndpointError) -> String {
    match error {
        EndpointError::Address { address } => text!(
            "service.endpoint-address",
            "`{address}` in `service.listen` is not an address of this machine with a port.",
            address
        ),
        EndpointError::TokenMissing { address } => text!(
            "service.endpoint-token",
            "`{address}` can be reached from other machines, so it needs a token: `service.metrics-token`.",
            address = address.to_string()
        ),
        EndpointError::Token { reason } => {
            text!("service.endpoint-unreadable", "the token cannot be read: {reason}.", reason)
        }
        EndpointError::Listen { address, source } => text!(
            "service.endpoint-listen",
            "`{address}` is not available: {reason}.",
            address = address.to_string(),
            reason = source.to_string()
        ),
    }
}

fn in_one_line(error: &EngineError) -> String {
    describe(error).message.lines().collect::<Vec<_>>().join(" ")
}

/// Why a service cannot work at all.
pub fn cannot_serve(error: &ServiceError) -> String {
    match error {
        ServiceError::Profiles(error) => crate::error::sentence(&crate::error::with_causes(error)),
        ServiceError::Signals(error) => {
            text!("service.signals", "Cannot listen to signals: {error}.", error = error.to_string())
        }
    }
}

/// Why a service did not answer.
pub fn no_answer(error: &AskError) -> String {
    match error {
        AskError::NotRunning { path } => {
            text!("service.not-running", "No service answers at `{path}`.", path = path.display().to_string())
        }
        AskError::NotAllowed { path } => text!(
            "service.not-allowed",
            "This account may not use the service at `{path}`: only root and the group `{group}` may.",
            path = path.display().to_string(),
            group = GROUP
        ),
        AskError::OfAnother { path } => text!(
            "service.of-another",
            "`{path}` belongs to another account, or others may write there: it was not asked.",
            path = path.display().to_string()
        ),
        AskError::Broken { path, source } => text!(
            "service.broken",
            "The service at `{path}` did not answer: {source}.",
            path = path.display().to_string(),
            source = source.to_string()
        ),
        AskError::OtherProtocol { path } => text!(
            "service.protocol",
            "The service at `{path}` is of another version than this program.",
            path = path.display().to_string()
        ),
    }
}

/// What to do when a service did not answer.
pub fn steps(error: &AskError) -> Vec<NextStep> {
    let say = |text: String| vec![NextStep::from(Step::Say(text))];
    match error {
        AskError::NotRunning { .. } => vec![Step::run("service start").into()],
        AskError::NotAllowed { .. } => say(text!(
            "step.service.group",
            "Run the command as root, or add this account to the group `{group}` and sign in again.",
            group = GROUP
        )),
        AskError::Broken { .. } => vec![Step::run("service status").into()],
        AskError::OfAnother { .. } => say(text!(
            "step.service.of-another",
            "Set `XDG_RUNTIME_DIR` to a folder that only this account can write to."
        )),
        AskError::OtherProtocol { .. } => vec![Step::run("service restart").into()],
    }
}

/// That a command waits for a lock, and who holds it.
pub fn waits(error: &EngineError) -> String {
    text!("service.wait", "Waiting. {error}", error = in_one_line(error))
}

/// That settings are read again.
pub fn reloaded() -> String {
    text!("service.reloaded", "The service reads its settings again.")
}

/// That a word is no decision about a person.
pub fn no_such_choice(word: &str) -> String {
    text!("service.no-such-choice", "`{word}` is neither `restore` nor `invite`.", word)
}

/// That a setting cannot be changed through a service.
pub fn no_such_setting(name: &str) -> String {
    text!(
        "service.no-such-setting",
        "`{name}` is not a setting that can be changed through the service.",
        name
    )
}
