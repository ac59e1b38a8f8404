//! `bwdc completions`

use crate::output::{Answer, Done, Failed};
use clap::{Args, ValueEnum};
use clap_complete::Shell;

/// Print a script that completes the command line in a shell.
#[derive(Args)]
#[command(after_help = "\
Examples:
  bwdc completions bash > /etc/bash_completion.d/bwdc
  bwdc completions zsh > ~/.zfunc/_bwdc
  bwdc completions fish > ~/.config/fish/completions/bwdc.fish
  bwdc completions powershell >> $PROFILE")]
pub(crate) struct CompletionsArguments {
    /// The shell.
    pub(crate) shell: CompletedShell,
}

/// The shells whose command line can be completed.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum CompletedShell {
    /// GNU Bash.
    Bash,
    /// Z shell.
    Zsh,
    /// fish.
    Fish,
    /// PowerShell, also on Linux and macOS.
    #[value(name = "powershell")]
    PowerShell,
}

pub(super) fn run(arguments: &CompletionsArguments, mut whole: clap::Command) -> Result<Done, Failed> {
    let shell = match arguments.shell {
        CompletedShell::Bash => Shell::Bash,
        CompletedShell::Zsh => Shell::Zsh,
        CompletedShell::Fish => Shell::Fish,
        CompletedShell::PowerShell => Shell::PowerShell,
    };
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut whole, "bwdc", &mut script);
    let script = String::from_utf8_lossy(&script);
    Ok(Answer::Text(script.trim_end().to_owned()).into())
}
