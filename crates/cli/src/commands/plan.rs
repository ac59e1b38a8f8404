//! `bwdc plan`

use super::remote::{Patience, by_service};
use super::session::{RunArguments, detailed, extent, open};
use crate::error::CommandError;
use crate::global::GlobalArguments;
use crate::output::{Answer, Done, Failed};
use crate::progress::Progress;
use crate::runtime::block_on;
use bwdc_core::plan::Verdict;
use bwdc_engine::{Cancel, Control, ReadMode, service};
use bwdc_messages::plan::saved;
use clap::Args;
use std::path::PathBuf;

/// Show what a sync would change, and change nothing.
///
/// The verdict comes first and last; between them stand the changes, and who is kept or left out, grouped by reason. Long
/// groups are cut: `--verbose` shows all of them.
#[derive(Args)]
#[command(after_help = "\
Examples:
  bwdc plan
  bwdc plan --verbose | less
  bwdc plan --out plan.json
  bwdc plan --response --pretty
  bwdc plan --detailed-exitcode --quiet")]
pub(crate) struct PlanArguments {
    #[command(flatten)]
    pub(crate) run: RunArguments,

    /// Show what `sync --full` would do: send everything again to a server that cannot be read.
    #[arg(long, conflicts_with = "out")]
    pub(crate) full: bool,

    /// Save the plan in this file, for `bwdc apply`.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,

    /// Name everybody, with external ids, instead of the first of each group.
    #[arg(long)]
    pub(crate) verbose: bool,
}

pub(super) fn run(arguments: &PlanArguments, global: &GlobalArguments) -> Result<Done, Failed> {
    // A plan that is saved is applied by this account: it has to be its own.
    if let Some(done) = arguments
        .out
        .is_none()
        .then(|| {
            by_service(
                global,
                service::Command::Plan { full: arguments.full, verbose: arguments.verbose },
                Patience::Long,
            )
        })
        .flatten()
    {
        return done;
    }
    let mut engine = open(global)?;
    let mode = if arguments.full { ReadMode::Full } else { ReadMode::Incremental };
    let progress = Progress::start(global);
    let planned = block_on(async {
        let (events, cancel) = (|event| progress.tell(event), Cancel::default());
        let control = Control { events: &events, cancel: &cancel };
        engine.plan(mode, control).await.map_err(CommandError::from)
    })?;
    let mut notices = progress.finish();
    if let Some(path) = &arguments.out {
        planned.saved.write(path).map_err(CommandError::from)?;
        notices.push(saved(&planned, path, &global.commands()));
    }
    let code = match &planned.verdict {
        _ if !arguments.run.detailed_exitcode => 0,
        Verdict::Held(_) | Verdict::Refused(_) => detailed::REFUSED,
        Verdict::Go if planned.plan.is_empty() => 0,
        Verdict::Go => detailed::CHANGES,
    };
    let answer = Answer::Plan { planned: Box::new(planned), extent: extent(arguments.verbose) };
    Ok(Done { answer, notices, asides: Vec::new(), code })
}
