//! `bwdc ui` and `bwdc setup`: conversations, which the console crate holds

use crate::error::CommandError;
use crate::global::GlobalArguments;
use crate::output::{Answer, Done, Failed};
use crate::prompt::TypedLines;
use bwdc_console::app::Start;
use bwdc_console::plain::Ended;
use bwdc_console::{plain, terminal};
use clap::Args;
use std::io::{self, IsTerminal as _};

/// Set up step by step: server, sign-in, directory, what to sync, first sync.
///
/// Each step is asked line by line, and what was answered is tested before it is saved. Nothing is sent to the organization
/// before you say so. Left half-way, the next start goes on where the last one ended. The answers can come through a pipe,
/// one a line.
#[derive(Args)]
#[command(after_help = "\
Examples:
  bwdc setup
  bwdc --profile berlin setup
  bwdc setup < answers.txt")]
pub(crate) struct SetupArguments {}

/// Start the console: set up, change settings, simulate, sync, look at history.
///
/// It needs a terminal of at least 60 by 16 characters. With `--plain` the same menu is asked line by line, for screen
/// readers and for scripts: a number chooses, `:back` goes back, `:keys` shows what else can be typed.
#[derive(Args)]
#[command(after_help = "\
Examples:
  bwdc ui
  bwdc ui --plain
  NO_COLOR=1 bwdc ui")]
pub(crate) struct UiArguments {
    /// Print the menu and ask line by line.
    #[arg(long)]
    pub(crate) plain: bool,
}

pub(super) fn setup(global: &GlobalArguments) -> Result<Done, Failed> {
    match by_lines(Start::Setup, global)? {
        Ended::Over => Ok(Answer::Nothing.into()),
        Ended::InputEnded => Err(CommandError::SetupEnded.into()),
    }
}

pub(super) fn ui(arguments: &UiArguments, global: &GlobalArguments) -> Result<Done, Failed> {
    if arguments.plain {
        by_lines(Start::Menu, global)?;
        return Ok(Answer::Nothing.into());
    }
    expect_answers(global)?;
    if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
        return Err(CommandError::NoTerminal.into());
    }
    terminal::run(global.environment(), Start::Menu).map_err(CommandError::Prompt)?;
    Ok(Answer::Nothing.into())
}

fn by_lines(start: Start, global: &GlobalArguments) -> Result<Ended, CommandError> {
    expect_answers(global)?;
    let mut lines = TypedLines::new()?;
    let ended = plain::run(global.environment(), start, &mut lines, &mut io::stdout().lock());
    ended.map_err(|error| match error.kind() {
        io::ErrorKind::Interrupted => CommandError::Interrupted,
        _ => CommandError::Prompt(error),
    })
}

/// A conversation with somebody who is not to be asked is none.
fn expect_answers(global: &GlobalArguments) -> Result<(), CommandError> {
    if global.nointeraction || global.quiet { Err(CommandError::NotToBeAsked) } else { Ok(()) }
}
