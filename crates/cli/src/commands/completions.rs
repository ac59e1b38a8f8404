//! `bwdc completions`

use crate::args::{Arguments, CompletedShell, CompletionsArguments};
use crate::output::{Answer, Done, Failed};
use clap::CommandFactory as _;
use clap_complete::Shell;

pub(super) fn run(arguments: &CompletionsArguments) -> Result<Done, Failed> {
    let shell = match arguments.shell {
        CompletedShell::Bash => Shell::Bash,
        CompletedShell::Zsh => Shell::Zsh,
        CompletedShell::Fish => Shell::Fish,
        CompletedShell::PowerShell => Shell::PowerShell,
    };
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "bwdc", &mut script);
    let script = String::from_utf8_lossy(&script);
    Ok(Answer::Text(script.trim_end().to_owned()).into())
}
