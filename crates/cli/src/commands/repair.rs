//! `bwdc repair`

use super::session::open;
use crate::error::CommandError;
use crate::global::GlobalArguments;
use crate::output::{Answer, Done, Failed};
use crate::progress::Progress;
use crate::prompt::Prompt;
use crate::runtime::block_on;
use bwdc_core::plan::Picks;
use bwdc_engine::{Cancel, Control, FrontEnd, Trigger};
use bwdc_messages::repair::{carried_out, may_be_sent, only_listed, repairs};
use clap::Args;
use serde_json::json;
use std::io::{self, IsTerminal};

/// Settle what no sync decides by itself: two memberships under one address, and an external id that two have.
///
/// Lists each case with what would be sent for it. Of two memberships, the one that never joined is removed, after its groups and
/// collections were given to the other one. Where both have joined, or none, nothing is chosen: `--keep` names the one that stays.
/// Of several members or groups with one external id, all others lose it. What the ledger can tell, each sync mends by itself.
///
/// At a terminal it asks before anything is sent; elsewhere the list is all, unless `--force` is given. The limit of removals counts memberships that
/// are removed, and the history of runs names them. Owners, administrators, custom roles and protected members are never removed.
#[derive(Args)]
#[command(after_help = "\
Examples:
  bwdc repair
  bwdc repair --keep 0b6d3d5e-1111-4222-8333-944455556666
  bwdc repair --first --force")]
pub(crate) struct RepairArguments {
    /// The id of the membership or group that stays as it is, as the list shows it; can be repeated.
    #[arg(long, value_name = "ID")]
    pub(crate) keep: Vec<String>,

    /// Of memberships of which none has joined, keep the one that the server lists first.
    #[arg(long)]
    pub(crate) first: bool,

    /// Do not ask.
    #[arg(long)]
    pub(crate) force: bool,
}

pub(super) fn run(arguments: &RepairArguments, global: &GlobalArguments) -> Result<Done, Failed> {
    let mut engine = open(global)?;
    let picks = Picks { keep: arguments.keep.clone(), first: arguments.first };
    let progress = Progress::start(global);
    let found = block_on(async {
        let events = |event| progress.tell(event);
        let cancel = Cancel::default();
        let control = Control { events: &events, cancel: &cancel };
        engine.repairs(&picks, control).await.map_err(CommandError::from)
    })?;
    let mut notices = progress.finish();
    let text = repairs(&found, &global.commands());
    let data = |done: usize| json!({ "object": "repair", "cases": found.cases, "beyondLimit": found.beyond_limit, "done": done });
    if found.decided().next().is_none() {
        return Ok(Done { notices, ..Done::from(Answer::Report { data: data(0), text }) });
    }
    if !arguments.force {
        let prompt = Prompt { visible: !global.quiet };
        if global.nointeraction || !io::stdin().is_terminal() {
            let text = format!("{text}\n{}", only_listed());
            return Ok(Done { notices, ..Done::from(Answer::Report { data: data(0), text }) });
        }
        let question = format!("{text}\n{}", may_be_sent(&found));
        if !block_on(prompt.yes(&question))? {
            return Err(CommandError::Declined.into());
        }
    }
    let progress = Progress::start(global);
    let done = block_on(async {
        let events = |event| progress.tell(event);
        let cancel = Cancel::default();
        let control = Control { events: &events, cancel: &cancel };
        let trigger = Trigger::asked(FrontEnd::Command);
        engine.repair(&picks, &found, trigger, control).await.map_err(CommandError::from)
    })?;
    notices.extend(progress.finish());
    let text = format!("{text}\n{}", carried_out(done));
    Ok(Done { notices, ..Done::from(Answer::Report { data: data(done), text }) })
}
