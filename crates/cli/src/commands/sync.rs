//! `bwdc sync`, and `bwdc apply`, which is a sync with a plan to keep to

use super::remote::{Patience, by_service};
use super::session::{RunArguments, WaitArguments, detailed, may_ask, open};
use crate::error::CommandError;
use crate::global::GlobalArguments;
use crate::output::{Answer, Done, Failed};
use crate::progress::Progress;
use crate::prompt::Prompt;
use crate::runtime::{block_on, block_on_run};
use bwdc_core::plan::Verdict;
use bwdc_engine::{
    Cancel, Control, Engine, EngineError, Entry, FrontEnd, ReadMode, RunError, SavedPlan, SyncReport,
    Trigger, Verification, service,
};
use bwdc_messages::{outcome, sync as words};
use clap::Args;
use std::path::PathBuf;

/// Make the organization agree with the directory.
///
/// A run that would take more access away than the limits in `connector.toml` allow exits with 1. What is beyond a limit is held
/// back; where that leaves a doubt about the rest, nothing at all is sent.
#[derive(Args)]
#[command(after_help = "\
Examples:
  bwdc sync
  bwdc sync --full
  bwdc sync --response --nointeraction")]
pub(crate) struct SyncArguments {
    /// Read the whole directory instead of what changed, and send everything to a server that cannot be read.
    ///
    /// On such a server (Vaultwarden), this adds people again who were removed by hand, and restores people who were revoked
    /// by hand.
    #[arg(long)]
    pub(crate) full: bool,

    #[command(flatten)]
    pub(crate) run: RunArguments,

    #[command(flatten)]
    pub(crate) wait: WaitArguments,
}

/// Carry out a saved plan exactly, or nothing.
///
/// Directory and organization are read again. If the result differs from what `bwdc plan --out FILE` saved, nothing is
/// sent.
#[derive(Args)]
#[command(after_help = "\
Examples:
  bwdc plan --out plan.json
  bwdc apply plan.json")]
pub(crate) struct ApplyArguments {
    /// The file that `bwdc plan --out` wrote.
    pub(crate) file: PathBuf,

    #[command(flatten)]
    pub(crate) run: RunArguments,

    #[command(flatten)]
    pub(crate) wait: WaitArguments,
}

pub(super) fn run(arguments: &SyncArguments, global: &GlobalArguments) -> Result<Done, Failed> {
    let command = service::Command::Sync { full: arguments.full };
    if let Some(done) = by_service(global, command, Patience::Long) {
        return done;
    }
    let mode = if arguments.full { ReadMode::Full } else { ReadMode::Incremental };
    carry_out(&Work::Sync(mode), &arguments.run, arguments.wait, global)
}

pub(super) fn apply(arguments: &ApplyArguments, global: &GlobalArguments) -> Result<Done, Failed> {
    carry_out(
        &Work::Apply(SavedPlan::read(&arguments.file).map_err(CommandError::from)?),
        &arguments.run,
        arguments.wait,
        global,
    )
}

enum Work {
    Sync(ReadMode),
    Apply(SavedPlan),
}

fn carry_out(
    work: &Work,
    arguments: &RunArguments,
    wait: WaitArguments,
    global: &GlobalArguments,
) -> Result<Done, Failed> {
    let mut engine = open(global)?;
    let agreed = match work {
        Work::Sync(_) if may_ask(global) && overwrites(&engine)? => ask(&mut engine, global)?,
        _ => None,
    };
    let work = agreed.as_ref().unwrap_or(work);
    let progress = Progress::start(global);
    let cancel = Cancel::default();
    let result = block_on_run(&cancel, || progress.say_that_it_ends(), async {
        let events = |event| progress.tell(event);
        let control = Control { events: &events, cancel: &cancel };
        let trigger = Trigger::asked(FrontEnd::Command);
        let work = async || match work {
            Work::Apply(saved) => engine.apply(trigger, saved, control).await,
            Work::Sync(mode) => engine.sync(trigger, *mode, control).await,
        };
        wait.patiently(&cancel, global, work).await
    });
    let mut notices = progress.finish();
    match result {
        Ok(report) => {
            notices.extend(words::notices(&report));
            notices.extend(outcome::lines(&report));
            tracing::info!(
                users = report.users,
                groups = report.groups,
                verification = ?report.verification,
                "synced"
            );
            let changed = report.verification != Verification::NothingSent;
            let code = if arguments.detailed_exitcode && changed { detailed::CHANGES } else { 0 };
            let mut asides = words::details(&report);
            asides.retain(|it| !notices.contains(it));
            Ok(Done { answer: answer(&report), notices, asides, code })
        }
        Err(CommandError::Interrupted | CommandError::Engine(EngineError::Run(RunError::Cancelled))) => {
            Err(CommandError::RunInterrupted.into())
        }
        Err(error) => {
            let run = match &error {
                CommandError::Engine(EngineError::Run(error)) => Some(error),
                _ => None,
            };
            let refused = run.is_some_and(|it| {
                matches!(
                    it.cause(),
                    RunError::Held { .. } | RunError::Refused { .. } | RunError::PlanChanged { .. }
                )
            });
            let report = run.and_then(RunError::report);
            if let Some(report) = report {
                notices.extend(words::notices(report));
            }
            let after = report.map(outcome::lines).unwrap_or_default();
            let data = report.and_then(outcome::data);
            let mut failed = Failed { notices, after, run: data.map(Box::new), ..Failed::from(error) };
            if refused && arguments.detailed_exitcode {
                failed.code = detailed::REFUSED;
            }
            Err(failed)
        }
    }
}

fn overwrites(engine: &Engine) -> Result<bool, CommandError> {
    let settings = engine.settings()?;
    let set = |it: &Entry| it.setting.name == "sync.overwriteExisting" && it.value == true;
    Ok(settings.iter().any(set))
}

/// Names whom the server would delete for `sync.overwriteExisting`, and asks. What is agreed to is carried out exactly, or
/// nothing. None: there is nothing to ask.
fn ask(engine: &mut Engine, global: &GlobalArguments) -> Result<Option<Work>, CommandError> {
    let progress = Progress::start(global);
    let planned = block_on(async {
        let (events, cancel) = (|event| progress.tell(event), Cancel::default());
        let control = Control { events: &events, cancel: &cancel };
        engine.plan(ReadMode::Incremental, control).await.map_err(CommandError::from)
    })?;
    drop(progress);
    let overwritten = words::overwritten(&planned.plan);
    if overwritten.is_empty() || planned.verdict != Verdict::Go {
        return Ok(None);
    }
    let answer =
        block_on(Prompt { visible: true }.line(&words::may_overwrite(&overwritten)))?.unwrap_or_default();
    if matches!(answer.to_ascii_lowercase().as_str(), "y" | "yes") {
        Ok(Some(Work::Apply(planned.saved)))
    } else {
        Err(CommandError::Declined)
    }
}

fn answer(report: &SyncReport) -> Answer {
    Answer::Run {
        title: words::complete(),
        message: words::synced(report.groups, report.users),
        run: outcome::data(report),
    }
}
