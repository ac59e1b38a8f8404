//! `bwdc approve`

use super::open;
use crate::args::{ApproveArguments, GlobalArguments};
use crate::output::{Answer, Done, Failed};
use bwdc_engine::ledger::RunId;
use bwdc_messages::sync::approved;
use serde_json::json;

pub(super) fn run(arguments: &ApproveArguments, global: &GlobalArguments) -> Result<Done, Failed> {
    let (run, takings) = open(global)?.approve(arguments.run.map(RunId))?;
    let text = approved(run, &takings);
    let data = json!({ "object": "approval", "run": run.0, "takings": takings });
    Ok(Answer::Report { data, text }.into())
}
