//! `bwdc history`

use super::remote::{Patience, by_service};
use super::session::{extent, open};
use crate::error::CommandError;
use crate::global::GlobalArguments;
use crate::output::{Answer, Done, Failed};
use crate::typed::run_number;
use bwdc_core::names::Timestamp;
use bwdc_engine::clock::from_iso;
use bwdc_engine::ledger::RunId;
use bwdc_engine::service::Command;
use bwdc_messages::history;
use clap::{Args, Subcommand};
use serde_json::json;

/// Print the latest runs, or what one of them did and why.
#[derive(Args)]
#[command(after_help = "\
Examples:
  bwdc history
  bwdc history 12
  bwdc history --csv > runs.csv
  bwdc history 12 --response --pretty")]
#[command(args_conflicts_with_subcommands = true, disable_help_subcommand = true)]
pub(crate) struct HistoryArguments {
    #[command(subcommand)]
    pub(crate) command: Option<HistoryCommand>,

    /// The number of a run.
    #[arg(value_parser = run_number)]
    pub(crate) run: Option<i64>,

    /// How many runs to list.
    #[arg(long, default_value_t = 20, value_name = "NUMBER", conflicts_with = "run")]
    pub(crate) most: u32,

    /// Of one run, name everybody instead of the first of each group.
    #[arg(long)]
    pub(crate) verbose: bool,

    /// Print comma-separated values.
    #[arg(long)]
    pub(crate) csv: bool,
}

#[derive(Subcommand)]
pub(crate) enum HistoryCommand {
    /// Delete runs from the history: those before a day, or all of them.
    ///
    /// What the limits still count is kept. `--all` also deletes the copies of directories that incremental reads keep. The
    /// list of managed people and groups is kept; `bwdc ledger purge` deletes it.
    #[command(after_help = "\
Examples:
  bwdc history purge --before 2026-01-31
  bwdc history purge --all")]
    Purge(PurgeArguments),
}

#[derive(Args)]
#[group(required = true, multiple = false)]
pub(crate) struct PurgeArguments {
    /// Runs that began before this day (YYYY-MM-DD, in UTC).
    #[arg(long, value_name = "DATE")]
    pub(crate) before: Option<String>,

    /// All runs.
    #[arg(long)]
    pub(crate) all: bool,
}

pub(super) fn run(arguments: &HistoryArguments, global: &GlobalArguments) -> Result<Done, Failed> {
    if let Some(HistoryCommand::Purge(arguments)) = &arguments.command {
        let before = arguments.before.as_deref().map(day).transpose()?;
        let forgotten = open(global)?.forget_history(before)?;
        let data = json!({ "object": "purge", "runs": forgotten });
        return Ok(Answer::Report { data, text: history::forgotten(forgotten) }.into());
    }
    let command = match arguments.run {
        Some(run) => Command::Run { run, verbose: arguments.verbose },
        None => Command::History { most: arguments.most },
    };
    if let Some(done) = (!arguments.csv).then(|| by_service(global, command, Patience::Short)).flatten() {
        return done;
    }
    let engine = open(global)?;
    let answer = match arguments.run {
        Some(number) => {
            let (record, actions) = engine.run_of_history(RunId(number))?;
            let text = if arguments.csv {
                history::run_csv(&actions)
            } else {
                history::run(&record, &actions, extent(arguments.verbose), &global.commands())
            };
            report(arguments.csv, history::run_data(&record, &actions), text)
        }
        None => {
            let runs = engine.history(arguments.most)?;
            let text = if arguments.csv { history::table_csv(&runs) } else { history::table(&runs) };
            report(arguments.csv, history::table_data(&runs), text)
        }
    };
    Ok(answer.into())
}

fn report(is_csv: bool, data: serde_json::Value, text: String) -> Answer {
    if is_csv { Answer::Data { data, text } } else { Answer::Report { data, text } }
}

/// The beginning of a day in UTC.
fn day(typed: &str) -> Result<Timestamp, CommandError> {
    let unreadable = || CommandError::NoDay { typed: typed.to_owned() };
    let is_day = typed.len() == 10 && typed.is_char_boundary(10);
    from_iso(&format!("{typed}T00:00:00.000Z")).filter(|_| is_day).ok_or_else(unreadable)
}
