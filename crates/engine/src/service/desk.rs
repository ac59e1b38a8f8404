//! Answers what callers ask of a service.

use super::duty::Duty;
use super::protocol::{Command, PROTOCOL, Reply, Request};
use super::{Caller, Host};
use crate::directory::snapshot_cache::ReadMode;
use crate::error::EngineError;
use crate::event::{Cancel, Control};
use crate::history::{ApprovalState, HistoryEntry, SinceRefused, WithdrawnApproval};
use crate::ledger::{FrontEnd, RunId, RunRecord};
use crate::paths::ProfileName;
use crate::run::{Planned, SyncReport};
use crate::settings::Entry;
use crate::status::ProfileStatus;
use bwdc_core::ledger::{Choice, Decision};
use bwdc_core::plan::ApprovalScope;
use bwdc_core::settings::{Setting, SettingsError};
use serde_json::Value;

/// What a caller asked for, to be put into words.
pub enum Answered<'a> {
    /// How each profile is.
    Status(Vec<(&'a ProfileName, Result<ProfileStatus, EngineError>)>),
    /// What a sync would change.
    Plan(&'a Planned, Told),
    /// What a sync did.
    Synced(&'a SyncReport),
    /// A refused run was approved.
    Approved(RunId, &'a ApprovalScope, SinceRefused),
    /// A refused run was approved before, and was carried out.
    NeedsNoApproval {
        /// The refused run.
        run: RunId,
        /// The run that carried it out.
        by: RunId,
    },
    /// Somebody decided about a person who waits, or took that back.
    Decided {
        /// The decision.
        decision: &'a Decision,
        /// Whether it was taken back.
        withdrawn: bool,
    },
    /// A word that is no decision.
    NoSuchChoice(&'a str),
    /// The approval of a run was taken back.
    Withdrawn(&'a WithdrawnApproval),
    /// The latest runs.
    History(&'a [RunRecord]),
    /// What one run did.
    Run(&'a RunRecord, &'a [HistoryEntry], Told),
    /// All settings.
    Settings(&'a [Entry]),
    /// A setting was changed.
    Set(&'a Setting),
    /// A setting of this name does not exist, or is a secret.
    NoSuchSetting(&'a str),
    /// A value is not one of the setting.
    NotTaken(&'a SettingsError),
    /// Settings are read again.
    Reloaded,
    /// It came to nothing.
    Failed(&'a EngineError),
}

/// How much of long lists is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// The first of each group.
    InShort,
    /// Everything.
    Whole,
}

impl Told {
    fn of(verbose: bool) -> Self {
        if verbose { Self::Whole } else { Self::InShort }
    }
}

/// An answer in words and as data.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answer {
    /// For scripts.
    pub data: Value,
    /// For people.
    pub text: String,
    /// What the administrator should know besides.
    pub notices: Vec<String>,
    /// The exit code of a command that ends with it.
    pub code: u8,
    /// Why it came to nothing: kind, message, next step.
    pub error: Option<(String, String, Option<String>)>,
}

impl From<Answer> for Reply {
    fn from(answer: Answer) -> Self {
        let Answer { data, text, notices, code, error } = answer;
        let error = error.map(|(kind, message, hint)| super::protocol::Refusal { kind, message, hint });
        Self { protocol: PROTOCOL, code, data, text, notices, error }
    }
}

/// Answers one question.
pub(super) async fn answer(request: Request, caller: Caller, duties: &[Duty<'_>], host: &dyn Host) -> Reply {
    if request.protocol != PROTOCOL {
        return Reply::refused("protocol", format!("protocol {PROTOCOL}"));
    }
    let name = match request.profile.as_deref().map_or_else(|| Ok(ProfileName::default()), ProfileName::parse)
    {
        Ok(name) => name,
        Err(error) => return Reply::refused("profile", error.to_string()),
    };
    let say = |about: Answered<'_>| Reply::from(host.answer(&name, about));
    match request.command {
        Command::Status => {
            let all = duties.iter().map(|it| (&it.name, it.status())).collect();
            return say(Answered::Status(all));
        }
        Command::Reload => {
            duties.iter().for_each(Duty::reload);
            return say(Answered::Reloaded);
        }
        _ => {}
    }
    let Some(duty) = duties.iter().find(|it| it.name == name) else {
        return Reply::refused("profile", name.to_string());
    };
    match of_profile(request.command, caller, duty, &say).await {
        Ok(reply) => reply,
        Err(error) => say(Answered::Failed(&error)),
    }
}

async fn of_profile(
    command: Command,
    caller: Caller,
    duty: &Duty<'_>,
    say: &impl Fn(Answered<'_>) -> Reply,
) -> Result<Reply, EngineError> {
    let mode = |full| if full { ReadMode::Full } else { ReadMode::Incremental };
    Ok(match command {
        Command::Plan { full, verbose } => {
            let _turn = duty.turn.lock().await;
            let (events, cancel) = (|_| (), Cancel::default());
            let control = Control { events: &events, cancel: &cancel };
            let planned = duty.engine()?.plan(mode(full), control).await?;
            say(Answered::Plan(&planned, Told::of(verbose)))
        }
        Command::Sync { full } => {
            tracing::info!(profile = %duty.name, by = caller.name(), "a sync was asked for");
            say(Answered::Synced(&duty.run_asked(FrontEnd::Command, mode(full)).await?))
        }
        Command::Approve { run } => {
            let by = caller.name();
            let mut engine = duty.engine()?;
            let refused = engine.refused_run(run.map(RunId))?;
            if let ApprovalState::CarriedOut { by } = refused.approval {
                return Ok(say(Answered::NeedsNoApproval { run: refused.record.id, by }));
            }
            let since = refused.since;
            let (run, scope) = engine.approve_as(run.map(RunId), Some(&by))?;
            tracing::info!(profile = %duty.name, run = run.0, by, "approved");
            say(Answered::Approved(run, &scope, since))
        }
        Command::Decide { address, choice, withdraw } => {
            let Some(choice) = Choice::from_word(&choice) else {
                return Ok(say(Answered::NoSuchChoice(&choice)));
            };
            let mut engine = duty.engine()?;
            let decision = if withdraw {
                engine.withdraw_decision(&address)?
            } else {
                let _turn = duty.turn.lock().await;
                let (events, cancel) = (|_| (), Cancel::default());
                let control = Control { events: &events, cancel: &cancel };
                engine.decide(&address, choice, control).await?
            };
            let (by, word) = (caller.name(), choice.word());
            tracing::info!(profile = %duty.name, choice = word, withdraw, by, "decided about a person");
            say(Answered::Decided { decision: &decision, withdrawn: withdraw })
        }
        Command::History { most } => say(Answered::History(&duty.engine()?.history(most.min(10_000))?)),
        Command::Withdraw { run } => {
            let by = caller.name();
            let withdrawn = duty.engine()?.withdraw_approval(run.map(RunId))?;
            tracing::info!(profile = %duty.name, run = withdrawn.run.0, by, "approval withdrawn");
            say(Answered::Withdrawn(&withdrawn))
        }
        Command::Run { run, verbose } => {
            let (record, entries) = duty.engine()?.run_of_history(RunId(run))?;
            say(Answered::Run(&record, &entries, Told::of(verbose)))
        }
        Command::Settings => say(Answered::Settings(&duty.engine()?.settings()?)),
        Command::Set { setting, value } => set(duty, caller, &setting, value, say)?,
        Command::Status | Command::Reload => say(Answered::Reloaded),
    })
}

/// The settings that make a program run, or say where secrets and files with secrets are sent, and by whom it is believed that
/// it is there. Secrets that the environment gives are bound to no address.
const OF_THE_MACHINE: [&str; 33] = [
    "secrets.command",
    "notify.command",
    "secrets.store",
    "server",
    "server.webVault",
    "server.api",
    "server.identity",
    "allow-http",
    "organization-ca-path",
    "directory-ca-path",
    "proxy",
    "ldap.hostname",
    "ldap.port",
    "ldap.domain",
    "ldap.further-servers",
    "ldap.ssl",
    "ldap.startTls",
    "ldap.tlsCaPath",
    "ldap.sslCaPath",
    "ldap.sslAllowUnauthorized",
    "entra.authority-url",
    "entra.graph-url",
    "entra.metadata-url",
    "entra.token-file",
    "gsuite.token-url",
    "gsuite.api-url",
    "okta.orgUrl",
    "onelogin.url",
    "notify.mail-server",
    "notify.mail-security",
    "lease.database",
    "lease.ca-path",
    "update-feed",
];

/// Whether a setting can be changed over the socket: no secret, and nothing that makes a program run or sends secrets elsewhere.
pub fn is_settable(setting: &Setting) -> bool {
    !setting.is_secret() && !OF_THE_MACHINE.contains(&setting.name)
}

/// Secrets are not entered over the socket, and neither is what makes a program run or sends secrets elsewhere: whoever may ask a
/// service may not read them.
fn set(
    duty: &Duty<'_>,
    caller: Caller,
    name: &str,
    value: Option<String>,
    say: &impl Fn(Answered<'_>) -> Reply,
) -> Result<Reply, EngineError> {
    let found = Setting::find(name).filter(|it| is_settable(it));
    let Some(setting) = found else { return Ok(say(Answered::NoSuchSetting(name))) };
    let mut engine = duty.engine()?;
    match value.map(|value| setting.parse(&value)).transpose() {
        Ok(Some(value)) => engine.set(setting, &value)?,
        Ok(None) => engine.unset(setting)?,
        Err(error) => return Ok(say(Answered::NotTaken(&error))),
    }
    tracing::info!(profile = %duty.name, setting = setting.name, by = caller.name(), "a setting was changed");
    duty.reload();
    Ok(say(Answered::Set(setting)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_address_and_program_is_a_setting_of_the_machine() {
        for name in OF_THE_MACHINE {
            assert!(Setting::find(name).is_some(), "{name}");
        }
        let sends = |name: &str| {
            [
                "-url", "Url", ".url", "hostname", "-server", "-servers", ".command", "-file", "CaPath",
                "-ca-path", "-feed",
            ]
            .iter()
            .any(|end| name.ends_with(end))
        };
        // What is sent there holds no secret of ours.
        const HARMLESS: [&str; 1] = ["notify.webhook-url"];
        for setting in Setting::all().iter().filter(|it| sends(it.name) && !HARMLESS.contains(&it.name)) {
            assert!(OF_THE_MACHINE.contains(&setting.name), "{}", setting.name);
        }
    }
}
