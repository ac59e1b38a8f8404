//! `bwdc ledger`

use super::session::open;
use crate::error::CommandError;
use crate::global::GlobalArguments;
use crate::output::{Answer, Done, Failed};
use crate::progress::Progress;
use crate::prompt::Prompt;
use crate::runtime::block_on;
use bwdc_engine::{Cancel, Control, FrontEnd, Trigger};
use bwdc_messages::sync::{ledger_empty, ledger_rebuilt, may_be_cleared, may_be_rebuilt};
use clap::{Args, Subcommand};
use serde_json::json;

/// Rebuild or clear the ledger: the list of people and groups that this connector manages.
#[derive(Args)]
#[command(after_help = "\
Examples:
  bwdc ledger rebuild
  bwdc ledger purge")]
#[command(disable_help_subcommand = true)]
pub(crate) struct LedgerArguments {
    #[command(subcommand)]
    pub(crate) command: LedgerCommand,
}

#[derive(Subcommand)]
pub(crate) enum LedgerCommand {
    /// Rebuild the ledger from what directory and organization hold now. Nothing is sent.
    ///
    /// Afterwards, this connector manages the people and groups that are in the directory and, with the same external id, in
    /// the organization. Nobody counts as revoked by this connector any more.
    ///
    /// At a terminal it asks first; elsewhere `--force` is required.
    #[command(after_help = "\
Examples:
  bwdc ledger rebuild")]
    Rebuild {
        /// Do not ask.
        #[arg(long)]
        force: bool,
    },
    /// Clear the ledger. The next run records who is there and removes nobody.
    ///
    /// At a terminal it asks first; elsewhere `--force` is required. The history of runs and approvals stay; `bwdc history
    /// purge` clears the history.
    #[command(after_help = "\
Examples:
  bwdc ledger purge")]
    Purge {
        /// Do not ask.
        #[arg(long)]
        force: bool,
    },
}

fn agree(force: bool, question: &str, global: &GlobalArguments) -> Result<(), CommandError> {
    let prompt = Prompt { visible: !global.quiet };
    if force || (!global.nointeraction && block_on(prompt.yes(question))?) {
        return Ok(());
    }
    Err(CommandError::LedgerDeclined)
}

pub(super) fn run(arguments: &LedgerArguments, global: &GlobalArguments) -> Result<Done, Failed> {
    let mut engine = open(global)?;
    match arguments.command {
        LedgerCommand::Purge { force } => {
            agree(force, &may_be_cleared(), global)?;
            engine.forget_ledger()?;
            Ok(Answer::title(ledger_empty()).into())
        }
        LedgerCommand::Rebuild { force } => {
            agree(force, &may_be_rebuilt(), global)?;
            let progress = Progress::start(global);
            let rebuilt = block_on(async {
                let events = |event| progress.tell(event);
                let cancel = Cancel::default();
                let control = Control { events: &events, cancel: &cancel };
                engine
                    .rebuild_ledger(Trigger::asked(FrontEnd::Command), control)
                    .await
                    .map_err(CommandError::from)
            })?;
            let text = ledger_rebuilt(rebuilt.people, rebuilt.groups);
            let data = json!({ "object": "ledger", "people": rebuilt.people, "groups": rebuilt.groups });
            let notices = progress.finish();
            Ok(Done { notices, ..Done::from(Answer::Report { data, text }) })
        }
    }
}
