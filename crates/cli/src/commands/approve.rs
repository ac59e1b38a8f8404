//! `bwdc approve`

use super::remote::{Patience, by_service};
use super::session::{WaitArguments, open};
use crate::global::GlobalArguments;
use crate::output::{Answer, Done, Failed};
use crate::runtime::block_on;
use bwdc_engine::Cancel;
use bwdc_engine::ledger::RunId;
use bwdc_engine::service::Command;
use bwdc_messages::sync::approved;
use clap::Args;
use serde_json::json;

/// Approve what a refused run would have taken away.
///
/// For 24 hours, runs that take no more than that pass; a run that takes more is refused again. `bwdc history` shows what
/// a refused run would have done.
#[derive(Args)]
#[command(after_help = "\
Examples:
  bwdc approve
  bwdc approve 12")]
pub(crate) struct ApproveArguments {
    /// The number of the refused run; by default the last one.
    pub(crate) run: Option<i64>,

    #[command(flatten)]
    pub(crate) wait: WaitArguments,
}

pub(super) fn run(arguments: &ApproveArguments, global: &GlobalArguments) -> Result<Done, Failed> {
    let command = Command::Approve { run: arguments.run };
    if let Some(done) = by_service(global, command, Patience::Short) {
        return done;
    }
    let mut engine = open(global)?;
    let cancel = Cancel::default();
    let work = async || engine.approve(arguments.run.map(RunId));
    let (run, takings) = block_on(arguments.wait.patiently(&cancel, global.quiet, work))?;
    let text = approved(run, &takings);
    let data = json!({ "object": "approval", "run": run.0, "takings": takings });
    Ok(Answer::Report { data, text }.into())
}
