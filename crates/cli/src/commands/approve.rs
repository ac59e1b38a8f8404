//! `bwdc approve`

use super::remote::{Patience, by_service};
use super::session::{WaitArguments, open};
use crate::global::GlobalArguments;
use crate::output::{Answer, Done, Failed};
use crate::runtime::block_on;
use bwdc_core::ledger::Choice;
use bwdc_engine::Cancel;
use bwdc_engine::ledger::RunId;
use bwdc_engine::service::Command;
use bwdc_messages::sync::{approved, decision_data, decision_text};
use clap::Args;
use serde_json::json;

/// Approve what a refused run would have taken away, or settle what becomes of a person who waits.
///
/// For 24 hours, runs that take no more than that pass; a run that takes more is refused again. `bwdc history` shows what
/// a refused run would have done. An approval that names a person holds until a sync has carried it out, within the limits.
#[derive(Args)]
#[command(after_help = "\
Examples:
  bwdc approve
  bwdc approve 12
  bwdc approve --restore ann@example.com
  bwdc approve --withdraw --restore ann@example.com")]
pub(crate) struct ApproveArguments {
    /// The number of the refused run; by default the last one.
    pub(crate) run: Option<i64>,

    /// Give the membership with this address to the entry that has the address now.
    #[arg(long, value_name = "ADDRESS", group = "person", conflicts_with = "run")]
    pub(crate) restore: Option<String>,

    /// Remove the membership with this address, and invite the entry that has the address now.
    #[arg(long, value_name = "ADDRESS", group = "person", conflicts_with = "run")]
    pub(crate) invite: Option<String>,

    /// Take the approval of a person back.
    #[arg(long, requires = "person")]
    pub(crate) withdraw: bool,

    #[command(flatten)]
    pub(crate) wait: WaitArguments,
}

impl ApproveArguments {
    fn person(&self) -> Option<(&str, Choice)> {
        let restore = self.restore.as_deref().map(|it| (it, Choice::Restore));
        restore.or(self.invite.as_deref().map(|it| (it, Choice::Invite)))
    }
}

pub(super) fn run(arguments: &ApproveArguments, global: &GlobalArguments) -> Result<Done, Failed> {
    if let Some((address, choice)) = arguments.person() {
        return person(address, choice, arguments, global);
    }
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

/// Settles what becomes of somebody who waits.
fn person(
    address: &str,
    choice: Choice,
    arguments: &ApproveArguments,
    global: &GlobalArguments,
) -> Result<Done, Failed> {
    let withdraw = arguments.withdraw;
    let (of, word) = (address.to_owned(), choice.word().to_owned());
    let command = Command::Decide { address: of, choice: word, withdraw };
    if let Some(done) = by_service(global, command, Patience::Short) {
        return done;
    }
    let mut engine = open(global)?;
    let cancel = Cancel::default();
    let work = async || match withdraw {
        true => engine.withdraw_decision(address),
        false => engine.decide(address, choice),
    };
    let decision = block_on(arguments.wait.patiently(&cancel, global.quiet, work))?;
    let (data, text) = (decision_data(&decision, withdraw), decision_text(&decision, withdraw));
    Ok(Answer::Report { data, text }.into())
}
