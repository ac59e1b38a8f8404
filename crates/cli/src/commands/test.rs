//! `bwdc test`

use super::session::open;
use crate::error::CommandError;
use crate::global::GlobalArguments;
use crate::output::{Answer, Done, Failed};
use crate::progress::Progress;
use crate::runtime::block_on;
use bwdc_core::desired::DesiredError;
use bwdc_engine::{Cancel, Control, EngineError, RunError};
use bwdc_messages::explanation;
use clap::Args;

/// Read the directory and print the people and groups that a sync would use.
///
/// The organization is not asked; `bwdc plan` compares with it.
#[derive(Args)]
#[command(after_help = "\
Examples:
  bwdc test --pretty
  bwdc test --explain
  bwdc test --last")]
pub(crate) struct TestArguments {
    /// Print only what changed since the last sync.
    #[arg(short, long)]
    pub(crate) last: bool,

    /// Instead, list who is left out and why, and the group members that could not be resolved.
    #[arg(long, conflicts_with = "last")]
    pub(crate) explain: bool,
}

pub(super) fn run(arguments: &TestArguments, global: &GlobalArguments) -> Result<Done, Failed> {
    let mut engine = open(global)?;
    let progress = Progress::start(global);
    let result = block_on(async {
        let (events, cancel) = (|event| progress.tell(event), Cancel::default());
        let control = Control { events: &events, cancel: &cancel };
        Ok(engine.test(arguments.last, control).await)
    })?;
    let desired = match result {
        Err(EngineError::Run(RunError::Desired(DesiredError::DuplicateAddresses(shared))))
            if arguments.explain =>
        {
            let (data, text) = (explanation::shared_data(&shared), explanation::shared(&shared));
            let answer = Answer::Report { data, text };
            return Ok(Done { answer, notices: progress.finish(), asides: Vec::new(), code: 1 });
        }
        result => result.map_err(CommandError::from)?,
    };
    let answer = if arguments.explain {
        let (data, text) = (explanation::left_out_data(&desired), explanation::left_out(&desired));
        Answer::Report { data, text }
    } else {
        Answer::Test { desired: Box::new(desired), last: arguments.last }
    };
    Ok(Done { answer, notices: progress.finish(), asides: Vec::new(), code: 0 })
}
