//! The words of the service, and the place for them: its log is the error stream, which a service manager keeps.

use crate::global::GlobalArguments;
use crate::journal::{Line, Log, Priority};
use crate::output::plan_data;
use bwdc_core::plan::Verdict;
use bwdc_engine::clock::Clock;
use bwdc_engine::paths::ProfileName;
use bwdc_engine::service::{Answer, Answered, Host, Metric, News, Told};
use bwdc_engine::{EngineError, Message, Occasion, SyncReport};
use bwdc_messages::foreign::fit;
use bwdc_messages::plan::Extent;
use bwdc_messages::status::{ServiceState, report};
use bwdc_messages::{
    CommandLine, describe, history, notification, outcome, plan, refused_run, service, setting, sync,
};
use serde_json::{Value, json};

/// The command line as the host of a service.
pub(crate) struct CommandHost {
    quiet: bool,
    log: Log,
    commands: CommandLine,
}

impl CommandHost {
    pub(crate) fn new(global: &GlobalArguments) -> Self {
        let environment = global.environment();
        let log = Log::of(environment.variable("JOURNAL_STREAM"));
        Self { quiet: global.quiet, log, commands: CommandLine::of(&environment) }
    }
}

impl Host for CommandHost {
    fn tell(&self, news: News<'_>) {
        let line = service::news(&news);
        let priority = match &news {
            News::Ended { result: Err(_), .. } | News::Unusable { .. } => Priority::Error,
            News::Waits { .. } | News::NoSocket { .. } | News::NoEndpoint { .. } => Priority::Warning,
            _ => Priority::Info,
        };
        match priority {
            Priority::Error => tracing::error!("{line}"),
            Priority::Warning => tracing::warn!("{line}"),
            Priority::Info => tracing::info!("{line}"),
        }
        if !self.quiet {
            self.log.write(&Line { priority, text: &fit(&line), fields: &fields(&news) });
        }
    }

    fn metric(&self, metric: Metric) -> String {
        service::metric(metric)
    }

    fn message(&self, occasion: &Occasion<'_>) -> Message {
        notification::message(occasion)
    }

    fn answer(&self, profile: &ProfileName, answered: Answered<'_>) -> Answer {
        let commands = CommandLine {
            variables: self.commands.variables.clone(),
            ..CommandLine::of_profile(profile.clone())
        };
        match answered {
            Answered::Status(found) => {
                let report = report(&found, ServiceState::Running, Clock::System.now(), &commands);
                Answer { data: report.data, text: report.text, code: report.code, ..Answer::default() }
            }
            Answered::Plan(planned, told) => Answer {
                data: plan_data(planned),
                text: plan::text(planned, extent(told), &commands),
                code: u8::from(matches!(planned.verdict, Verdict::Held(_) | Verdict::Refused(_))) * 3,
                ..Answer::default()
            },
            Answered::Synced(report) => Answer {
                data: synced(report),
                text: format!("{}\n{}", sync::complete(), sync::synced(report.groups, report.users)),
                notices: sync::notices(report).chain(outcome::lines(report)).collect(),
                ..Answer::default()
            },
            Answered::Approved(run, scope, since) => {
                of(refused_run::approval_data(run, scope, since), refused_run::approved(run, scope, since))
            }
            Answered::NeedsNoApproval { run, by } => {
                of(refused_run::needs_no_approval_data(run, by), refused_run::needs_no_approval(run, by))
            }
            Answered::Decided { decision, withdrawn } => {
                of(sync::decision_data(decision, withdrawn), sync::decision_text(decision, withdrawn))
            }
            Answered::NoSuchChoice(word) => failed("settings", service::no_such_choice(word), None),
            Answered::History(runs) => of(history::table_data(runs), history::table(runs)),
            Answered::Withdrawn(withdrawn) => of(
                json!({ "object": "withdrawal", "run": withdrawn.run.0 }),
                refused_run::withdrawn(withdrawn),
            ),
            Answered::Run(run, entries, told) => {
                of(history::run_data(run, entries), history::run(run, entries, extent(told), &commands))
            }
            Answered::Settings(entries) => {
                let data: Vec<Value> = entries.iter().map(setting::data).collect();
                let lines: Vec<String> =
                    entries.iter().map(|it| format!("{} {}", it.setting.name, setting::one(it))).collect();
                of(json!({ "object": "settings", "settings": data }), lines.join("\n"))
            }
            Answered::Set(changed) => of(
                json!({ "object": "message", "title": setting::saved(changed.name) }),
                setting::saved(changed.name),
            ),
            Answered::NoSuchSetting(name) => failed("settings", service::no_such_setting(name), None),
            Answered::NotTaken(error) => {
                failed("settings", bwdc_messages::error::settings::message(error), None)
            }
            Answered::Reloaded => {
                of(json!({ "object": "message", "title": service::reloaded() }), service::reloaded())
            }
            Answered::Failed(error) => {
                let described = describe(error);
                let hint = Some(commands.sentences(&described.next_steps)).filter(|it| !it.is_empty());
                let report = match error {
                    EngineError::Run(error) => error.report(),
                    _ => None,
                };
                Answer {
                    data: report.and_then(outcome::data).map_or(Value::Null, |run| json!({ "run": run })),
                    notices: report.map(outcome::lines).unwrap_or_default(),
                    ..failed(described.kind.name(), described.message, hint)
                }
            }
        }
    }
}

/// What programs tell lines of the log apart by.
fn fields(news: &News<'_>) -> Vec<(&'static str, String)> {
    let (event, profile) = match news {
        News::Began { .. } => ("began", None),
        News::Scheduled { profile, .. } => ("scheduled", Some(profile)),
        News::Unusable { profile, .. } => ("unusable", Some(profile)),
        News::Waits { profile, .. } => ("waits", Some(profile)),
        News::Ended { profile, .. } => ("ended", Some(profile)),
        News::NoSocket { .. } => ("noSocket", None),
        News::Listens { .. } => ("listens", None),
        News::NoEndpoint { .. } => ("noEndpoint", None),
        News::Stopping => ("stopping", None),
    };
    let mut fields = vec![("BWDC_EVENT", event.to_owned())];
    fields.extend(profile.map(|it| ("BWDC_PROFILE", it.to_string())));
    match news {
        News::Unusable { error, .. } | News::Waits { error, .. } | News::Ended { result: Err(error), .. } => {
            fields.push(("BWDC_KIND", describe(error).kind.name().to_owned()));
        }
        News::Ended { result: Ok(report), .. } => {
            fields.push(("BWDC_CHANGES", report.changes_made().count().to_string()));
        }
        _ => {}
    }
    fields
}

fn extent(told: Told) -> Extent {
    match told {
        Told::InShort => Extent::Short,
        Told::Whole => Extent::Whole,
    }
}

fn of(data: Value, text: String) -> Answer {
    Answer { data, text, ..Answer::default() }
}

/// As the printer gives it.
fn synced(report: &SyncReport) -> Value {
    let mut data = json!({
        "noColor": false,
        "object": "message",
        "title": sync::complete(),
        "message": sync::synced(report.groups, report.users),
    });
    if let Some(run) = outcome::data(report) {
        data["run"] = run;
    }
    data
}

fn failed(kind: &str, message: String, hint: Option<String>) -> Answer {
    Answer { code: 1, error: Some((kind.to_owned(), message, hint)), ..Answer::default() }
}
