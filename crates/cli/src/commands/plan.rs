//! `bwdc plan`

use super::{detailed, open};
use crate::args::{GlobalArguments, PlanArguments};
use crate::error::CommandError;
use crate::output::{Answer, Done, Failed};
use crate::progress::Progress;
use crate::runtime::block_on;
use bwdc_core::plan::Verdict;
use bwdc_engine::ReadMode;

pub(super) fn run(arguments: &PlanArguments, global: &GlobalArguments) -> Result<Done, Failed> {
    let mut engine = open(global)?;
    let mode = if arguments.full { ReadMode::Full } else { ReadMode::Incremental };
    let progress = Progress::start(!global.quiet);
    let planned = block_on(async {
        let events = |event| progress.tell(event);
        engine.plan(mode, &events).await.map_err(CommandError::from)
    })?;
    if let Some(path) = &arguments.out {
        planned.saved.write(path).map_err(CommandError::from)?;
    }
    let code = match &planned.verdict {
        _ if !arguments.run.detailed_exitcode => 0,
        Verdict::Refused(_) => detailed::REFUSED,
        Verdict::Go if planned.plan.is_empty() => 0,
        Verdict::Go => detailed::CHANGES,
    };
    Ok(Done { answer: Answer::Plan(Box::new(planned)), notices: progress.finish(), asides: Vec::new(), code })
}
