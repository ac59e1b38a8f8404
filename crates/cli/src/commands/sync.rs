//! `bwdc sync`, and `bwdc apply`, which is a sync with a plan to keep to

use super::{detailed, open};
use crate::args::{ApplyArguments, GlobalArguments, RunArguments, SyncArguments};
use crate::error::CommandError;
use crate::output::{Answer, Done, Failed};
use crate::plan_text;
use crate::progress::Progress;
use crate::runtime::block_on;
use bwdc_engine::{EngineError, ReadMode, SavedPlan, SyncReport, Verification};

/// How many changes somebody at a terminal is shown.
const SHOWN: usize = 20;

pub(super) fn run(arguments: &SyncArguments, global: &GlobalArguments) -> Result<Done, Failed> {
    let mode = if arguments.full { ReadMode::Full } else { ReadMode::Incremental };
    carry_out(&Work::Sync(mode), &arguments.run, global)
}

pub(super) fn apply(arguments: &ApplyArguments, global: &GlobalArguments) -> Result<Done, Failed> {
    carry_out(&Work::Apply(SavedPlan::read(&arguments.file)?), &arguments.run, global)
}

enum Work {
    Sync(ReadMode),
    Apply(SavedPlan),
}

fn carry_out(work: &Work, arguments: &RunArguments, global: &GlobalArguments) -> Result<Done, Failed> {
    let mut engine = open()?;
    let progress = Progress::start(!global.quiet);
    let result = block_on(async {
        let events = |event| progress.tell(event);
        match work {
            Work::Apply(saved) => engine.apply(saved, &events).await.map_err(CommandError::from),
            Work::Sync(mode) => engine.sync(*mode, &events).await.map_err(CommandError::from),
        }
    });
    let notices = progress.finish();
    match result {
        Ok(report) => {
            let changed = report.verification != Verification::NothingSent;
            let code = if arguments.detailed_exitcode && changed { detailed::CHANGES } else { 0 };
            Ok(Done { answer: answer(&report), notices, asides: told(&report), code })
        }
        Err(CommandError::Interrupted) => Err(CommandError::RunInterrupted.into()),
        Err(error) => {
            let refused = matches!(
                error,
                CommandError::Engine(EngineError::Refused { .. } | EngineError::PlanChanged { .. })
            );
            let mut failed = Failed { notices, ..Failed::from(error) };
            if refused && arguments.detailed_exitcode {
                failed.code = detailed::REFUSED;
            }
            Err(failed)
        }
    }
}

fn answer(report: &SyncReport) -> Answer {
    Answer::Message {
        title: "Syncing complete.".to_owned(),
        message: Some(format!("Synced {} group(s) and {} user(s).", report.groups, report.users)),
        raw: None,
    }
}

fn told(report: &SyncReport) -> Vec<String> {
    let mut lines = Vec::new();
    if report.invited_all_the_same {
        lines.push(
            "This server knows no staged members: whoever was new has been invited by mail.".to_owned(),
        );
    }
    match &report.verification {
        Verification::NothingSent => {}
        Verification::Verified => {
            lines.extend(plan_text::changes(&report.plan, SHOWN));
            lines.push("The organization was read back and is as planned.".to_owned());
        }
        Verification::SentNotVerified => {
            lines.extend(plan_text::changes(&report.plan, SHOWN));
            lines.push("Sent, not verified: this server cannot be read.".to_owned());
        }
    }
    lines
}
