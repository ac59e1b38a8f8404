//! `bwdc completions`

mod offer;

use crate::global::GlobalArguments;
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
    #[arg(required_unless_present = "offer")]
    pub(crate) shell: Option<CompletedShell>,

    /// Print what can stand in the place of the last of these words; the scripts ask for it.
    #[arg(long, hide = true, conflicts_with = "shell")]
    pub(crate) offer: bool,

    /// The words after the program's name.
    #[arg(last = true, hide = true, requires = "offer")]
    pub(crate) words: Vec<String>,
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

pub(super) fn run(
    arguments: &CompletionsArguments,
    mut whole: clap::Command,
    global: &GlobalArguments,
) -> Result<Done, Failed> {
    let Some(shell) = arguments.shell else {
        return Ok(Answer::Text(offer::offered(&arguments.words, &whole, global).join("\n")).into());
    };
    let generator = match shell {
        CompletedShell::Bash => Shell::Bash,
        CompletedShell::Zsh => Shell::Zsh,
        CompletedShell::Fish => Shell::Fish,
        CompletedShell::PowerShell => Shell::PowerShell,
    };
    let mut script = Vec::new();
    clap_complete::generate(generator, &mut whole, "bwdc", &mut script);
    let script = asking(shell, &String::from_utf8_lossy(&script));
    Ok(Answer::Text(script.trim_end().to_owned()).into())
}

/// The script with a question to the program before its own words: profiles and the values of settings are not in it.
fn asking(shell: CompletedShell, script: &str) -> String {
    match shell {
        CompletedShell::Bash => {
            let own = script.replacen("_bwdc() {", "_bwdc_words() {", 1);
            let last = own.rfind("\nif [[ \"${BASH_VERSINFO").unwrap_or(own.len());
            format!("{}{BASH}{}", &own[..last], &own[last..])
        }
        CompletedShell::Zsh => {
            let own = script.replacen("\n_bwdc() {", "\n_bwdc_words() {", 1);
            let last = own.rfind("\nif [ \"$funcstack[1]\"").unwrap_or(own.len());
            format!("{}{ZSH}{}", &own[..last], &own[last..])
        }
        CompletedShell::Fish => format!("{script}{FISH}"),
        CompletedShell::PowerShell => {
            const BEGIN: &str = "param($wordToComplete, $commandAst, $cursorPosition)\n";
            script.replacen(BEGIN, &format!("{BEGIN}{POWERSHELL}"), 1)
        }
    }
}

const BASH: &str = r#"
_bwdc() {
    local offered
    COMPREPLY=()
    while IFS= read -r offered; do
        [[ -n "$offered" ]] && COMPREPLY+=("$offered")
    done < <(command bwdc completions --offer -- "${COMP_WORDS[@]:1:COMP_CWORD-1}" ".${COMP_WORDS[COMP_CWORD]}" 2>/dev/null)
    [[ ${#COMPREPLY[@]} -gt 0 ]] || _bwdc_words "$@"
}
"#;

const ZSH: &str = r#"
_bwdc() {
    local -a offered
    offered=(${(f)"$(command bwdc completions --offer -- "${(@)words[2,CURRENT-1]}" ".${words[CURRENT]}" 2>/dev/null)"})
    if (( $#offered )); then
        compadd -U -- $offered
    else
        _bwdc_words "$@"
    fi
}
"#;

const FISH: &str = r#"
function __fish_bwdc_offer
    set -l before (commandline -opc)
    command bwdc completions --offer -- $before[2..] .(commandline -ct) 2>/dev/null
end
complete -c bwdc -n 'count (__fish_bwdc_offer) >/dev/null' -f -a '(__fish_bwdc_offer)'
"#;

const POWERSHELL: &str = r#"
    $before = @($commandAst.CommandElements | Select-Object -Skip 1 | ForEach-Object { $_.ToString() })
    if ($wordToComplete -ne '' -and $before.Count -gt 0) {
        $before = @($before | Select-Object -SkipLast 1)
    }
    $offered = @(& bwdc completions --offer -- @before ".$wordToComplete" 2>$null | Where-Object { $_ })
    if ($offered.Count -gt 0) {
        return $offered | ForEach-Object {
            [CompletionResult]::new($_, $_, [CompletionResultType]::ParameterValue, $_)
        }
    }
"#;
