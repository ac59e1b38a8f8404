//! `bwdc ledger`

use super::session::open;
use crate::error::CommandError;
use crate::global::GlobalArguments;
use crate::output::{Answer, Done, Failed};
use crate::progress::Progress;
use crate::runtime::block_on;
use bwdc_engine::{Cancel, Control, FrontEnd, Trigger};
use bwdc_messages::sync::{ledger_empty, ledger_rebuilt};
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
    #[command(after_help = "\
Examples:
  bwdc ledger rebuild")]
    Rebuild,
    /// Clear the ledger, and everything else in `connector.db`. The next run records who is there and removes nobody.
    #[command(after_help = "\
Examples:
  bwdc ledger purge")]
    Purge,
}

pub(super) fn run(arguments: &LedgerArguments, global: &GlobalArguments) -> Result<Done, Failed> {
    let mut engine = open(global)?;
    match arguments.command {
        LedgerCommand::Purge => {
            engine.forget_ledger()?;
            Ok(Answer::title(ledger_empty()).into())
        }
        LedgerCommand::Rebuild => {
            let progress = Progress::start(!global.quiet);
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
