//! `bwdc approve`

use super::session::open;
use crate::global::GlobalArguments;
use crate::output::{Answer, Done, Failed};
use bwdc_engine::ledger::RunId;
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
}

pub(super) fn run(arguments: &ApproveArguments, global: &GlobalArguments) -> Result<Done, Failed> {
    let (run, takings) = open(global)?.approve(arguments.run.map(RunId))?;
    let text = approved(run, &takings);
    let data = json!({ "object": "approval", "run": run.0, "takings": takings });
    Ok(Answer::Report { data, text }.into())
}
