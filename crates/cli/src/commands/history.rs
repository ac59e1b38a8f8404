//! `bwdc history`

use super::open;
use crate::args::{GlobalArguments, HistoryArguments, HistoryCommand};
use crate::error::CommandError;
use crate::output::{Answer, Done, Failed};
use bwdc_core::names::Timestamp;
use bwdc_engine::clock::from_iso;
use bwdc_engine::ledger::RunId;
use bwdc_messages::history;
use serde_json::json;

pub(super) fn run(arguments: &HistoryArguments, global: &GlobalArguments) -> Result<Done, Failed> {
    if let Some(HistoryCommand::Purge(arguments)) = &arguments.command {
        let before = arguments.before.as_deref().map(day).transpose()?;
        let forgotten = open(global)?.forget_history(before)?;
        let data = json!({ "object": "purge", "runs": forgotten });
        return Ok(Answer::Report { data, text: history::forgotten(forgotten) }.into());
    }
    let engine = open(global)?;
    let answer = match arguments.run {
        Some(number) => {
            let (record, actions) = engine.run_of_history(RunId(number))?;
            let text =
                if arguments.csv { history::run_csv(&actions) } else { history::run(&record, &actions) };
            Answer::Report { data: history::run_data(&record, &actions), text }
        }
        None => {
            let runs = engine.history(arguments.most)?;
            let text = if arguments.csv { history::table_csv(&runs) } else { history::table(&runs) };
            Answer::Report { data: history::table_data(&runs), text }
        }
    };
    Ok(answer.into())
}

/// The beginning of a day in UTC.
fn day(typed: &str) -> Result<Timestamp, CommandError> {
    let unreadable = || CommandError::NoDay { typed: typed.to_owned() };
    let is_day = typed.len() == 10 && typed.is_char_boundary(10);
    from_iso(&format!("{typed}T00:00:00.000Z")).filter(|_| is_day).ok_or_else(unreadable)
}
