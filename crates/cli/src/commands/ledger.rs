//! `bwdc ledger`

use super::open;
use crate::args::{GlobalArguments, LedgerArguments, LedgerCommand};
use crate::error::CommandError;
use crate::output::{Answer, Done, Failed};
use crate::progress::Progress;
use crate::runtime::block_on;
use bwdc_messages::sync::{ledger_empty, ledger_rebuilt};
use serde_json::json;

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
                engine.rebuild_ledger(&events).await.map_err(CommandError::from)
            })?;
            let text = ledger_rebuilt(rebuilt.people, rebuilt.groups);
            let data = json!({ "object": "ledger", "people": rebuilt.people, "groups": rebuilt.groups });
            let notices = progress.finish();
            Ok(Done { notices, ..Done::from(Answer::Report { data, text }) })
        }
    }
}
