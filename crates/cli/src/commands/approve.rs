//! `bwdc approve`

use super::remote::{Patience, by_service, is_elsewhere};
use super::session::{WaitArguments, extent, may_ask, open};
use crate::error::CommandError;
use crate::global::GlobalArguments;
use crate::output::{Answer, Done, Failed, colored_lines, colors, columns, in_columns};
use crate::prompt::Prompt;
use crate::runtime::block_on;
use crate::typed::run_number;
use bwdc_core::ledger::Choice;
use bwdc_engine::ledger::RunId;
use bwdc_engine::service::Command;
use bwdc_engine::{ApprovalState, Cancel, Control, RefusedRun, SinceRefused};
use bwdc_messages::CommandLine;
use bwdc_messages::line::Line;
use bwdc_messages::plan::Extent;
use bwdc_messages::refused_run;
use bwdc_messages::sync::{decision_data, decision_text};
use clap::Args;
use console::Term;
use serde_json::json;
use std::io;

/// Approve what a refused run would have taken away, or settle what becomes of a person who waits.
///
/// At a terminal, the command shows whose access is in question and asks; without one, it needs the number of the run, which
/// the refused run printed. For 24 hours, runs that take no more than that pass; a run that takes more is refused again.
/// An approval that names a person looks up who waits under the address, and is for that entry and that membership alone. It holds
/// until a sync has carried it out, within the limits.
#[derive(Args)]
#[command(after_help = "\
Examples:
  bwdc approve
  bwdc approve 12
  bwdc approve --withdraw 12
  bwdc approve --restore ann@example.com
  bwdc approve --withdraw --restore ann@example.com")]
pub(crate) struct ApproveArguments {
    /// The number of the refused run; at a terminal, by default the last one.
    #[arg(value_parser = run_number)]
    pub(crate) run: Option<i64>,

    /// Give the membership with this address to the entry that has the address now.
    #[arg(long, value_name = "ADDRESS", group = "person", conflicts_with = "run")]
    pub(crate) restore: Option<String>,

    /// Remove the membership with this address, and invite the entry that has the address now.
    #[arg(long, value_name = "ADDRESS", group = "person", conflicts_with = "run")]
    pub(crate) invite: Option<String>,

    /// Withdraw the approval of this run, by default the last one that counts, or that of the person.
    #[arg(long)]
    pub(crate) withdraw: bool,

    /// Name everybody instead of the first of each group.
    #[arg(long, conflicts_with = "withdraw")]
    pub(crate) verbose: bool,

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
    let command = match arguments.withdraw {
        true => Command::Withdraw { run: arguments.run },
        false => Command::Approve { run: arguments.run },
    };
    // The service is asked as anybody without a terminal.
    if is_elsewhere(global) && arguments.run.is_none() && !arguments.withdraw {
        return Err(CommandError::WhichRun { last: None }.into());
    }
    if let Some(done) = by_service(global, command, Patience::Short) {
        return done;
    }
    let cancel = Cancel::default();
    let mut engine = open(global)?;
    if arguments.withdraw {
        let work = async || engine.withdraw_approval(arguments.run.map(RunId));
        let withdrawn = block_on(arguments.wait.patiently(&cancel, global, work))?;
        let data = json!({ "object": "withdrawal", "run": withdrawn.run.0 });
        return Ok(Answer::Report { data, text: refused_run::withdrawn(&withdrawn) }.into());
    }
    let refused = engine.refused_run(arguments.run.map(RunId))?;
    let id = refused.record.id;
    let mut since = refused.since;
    if let (ApprovalState::CarriedOut { by }, true) =
        (refused.approval, arguments.run.is_some() || may_ask(global))
    {
        let (data, text) =
            (refused_run::needs_no_approval_data(id, by), refused_run::needs_no_approval(id, by));
        return Ok(Answer::Report { data, text }.into());
    }
    if may_ask(global) {
        ask(&refused, extent(arguments.verbose), &global.commands())?;
        since = SinceRefused::default();
    } else if arguments.run.is_none() {
        return Err(CommandError::WhichRun { last: Some((id, refused.approval)) }.into());
    }
    let work = async || engine.approve(Some(id));
    let (run, scope) = block_on(arguments.wait.patiently(&cancel, global, work))?;
    let data = refused_run::approval_data(run, &scope, refused.since);
    let text = refused_run::approved(run, &scope, since);
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
    if let Some(done) = by_service(global, command, Patience::Long) {
        return done;
    }
    let mut engine = open(global)?;
    let (events, cancel) = (|_| (), Cancel::default());
    let work = async || match withdraw {
        true => engine.withdraw_decision(address),
        false => engine.decide(address, choice, Control { events: &events, cancel: &cancel }).await,
    };
    let decision = block_on(arguments.wait.patiently(&cancel, global, work))?;
    let (data, text) = (decision_data(&decision, withdraw), decision_text(&decision, withdraw));
    Ok(Answer::Report { data, text }.into())
}

/// Shows whose access is in question, and asks for the number that the limits refused, so that nobody approves what nobody read.
fn ask(refused: &RefusedRun, extent: Extent, commands: &CommandLine) -> Result<(), CommandError> {
    let columns = columns(&Term::stderr());
    let lines: Vec<Line> = refused_run::lines(refused, extent)
        .into_iter()
        .map(|it| Line { text: in_columns(&commands.in_text(&it.text), columns), ..it })
        .collect();
    let mut shown = Vec::new();
    colored_lines(&mut shown, &lines, colors(&io::stderr())).map_err(CommandError::Prompt)?;
    let prompt = Prompt { visible: true };
    prompt.show_colored(&String::from_utf8_lossy(&shown))?;
    let Some((number, question)) = refused_run::question(refused) else { return Ok(()) };
    let typed = block_on(prompt.line(&question))?;
    if typed.is_some_and(|it| it == number.to_string()) {
        Ok(())
    } else {
        Err(CommandError::NotApproved { number, run: refused.record.id, approval: refused.approval })
    }
}
