//! Completions: the shells themselves complete with the scripts. PowerShell's is looked at only.

use crate::contract::stage::run;
use bwdc_harness::home::Home;
use std::path::Path;
use std::process::Command;

/// What every shell completes: what is typed, and a word that it has to offer.
const TYPED: [(&[&str], &str); 9] = [
    (&["bwdc", "last"], "last-sync"),
    (&["bwdc", "sync", "--det"], "--detailed-exitcode"),
    (&["bwdc", "test", "--log-level", "d"], "debug"),
    (&["bwdc", "config", "set", "limits.removals-p"], "limits.removals-percent"),
    (&["bwdc", "--quiet", "config", "LIMITS.REMOVALS-P"], "limits.removals-percent"),
    (&["bwdc", "config", "directory", "okt"], "okta"),
    (&["bwdc", "--log-level", "debug", "config", "set", "sync.removeDisabled", "tr"], "true"),
    (&["bwdc", "--profile", "ber"], "berlin"),
    (&["bwdc", "profile", "remove", "ber"], "berlin"),
];

/// What the scripts ask for is no word of a shell's: profiles, settings in any case, values, the last of several values.
#[test]
fn the_program_offers_what_its_scripts_do_not_hold() {
    let home = Home::new().unwrap();
    assert_eq!(run(&home, &["profile", "create", "berlin"]).code, Some(0));
    for (words, offered) in [
        (&["config", "."][..], "apply\n"),
        (&["config", "get", ".ldap.host"], "ldap.hostname\n"),
        (&["config", "leavers.gone", "."], "keep\nrevoke\n"),
        (&["--source", "branch", "config", "set", "leavers.gone", ".RE"], "revoke\nremove\n"),
        (&["--profile", ".b"], "berlin\n"),
        (&["profile", "copy", "."], "default\nberlin\n"),
        (&["sync", "."], ""),
        (&["config", "ldap.password", "."], ""),
        (&["config", "set", "nothing", "."], ""),
    ] {
        let output = run(&home, &[&["completions", "--offer", "--"][..], words].concat());
        assert_eq!((output.code, output.stderr.as_str()), (Some(0), ""), "{words:?}");
        assert!(output.stdout.contains(offered), "{words:?}: {}", output.stdout);
        assert_eq!(output.stdout.trim().is_empty(), offered.is_empty(), "{words:?}: {}", output.stdout);
    }
}

#[test]
fn every_shell_has_a_script_that_knows_the_commands() {
    let home = Home::new().unwrap();
    for (shell, parts) in [
        ("bash", &["complete -F _bwdc", "last-sync", "--nointeraction", "_bwdc_words \"$@\""][..]),
        ("zsh", &["#compdef bwdc", "last-sync", "--nointeraction"]),
        ("fish", &["complete -c bwdc", "last-sync", "nointeraction"]),
        (
            "powershell",
            &["Register-ArgumentCompleter", "last-sync", "--nointeraction", "bwdc completions --offer"],
        ),
    ] {
        let output = run(&home, &["completions", shell]);
        assert_eq!((output.code, output.stderr.as_str()), (Some(0), ""));
        for part in parts {
            assert!(output.stdout.contains(part), "{shell}: {part}");
        }
    }
    let output = run(&home, &["completions", "tcsh"]);
    assert_eq!((output.code, output.stdout.as_str()), (Some(1), ""));
    assert!(output.stderr.contains("bash, zsh, fish, powershell"), "{}", output.stderr);
}

/// Whether the shell is here; where everything is tested it has to be.
fn is_here(shell: &str) -> bool {
    let found = Command::new(shell).arg("--version").output().is_ok();
    assert!(found || std::env::var_os("CI").is_none(), "no {shell} here");
    found
}

/// A home with the shell's script under this name.
fn home_with(shell: &str, name: &str) -> Home {
    let home = Home::new().expect("the stage holds");
    std::fs::write(home.path().join(name), run(&home, &["completions", shell]).stdout)
        .expect("the stage holds");
    assert_eq!(run(&home, &["profile", "create", "berlin"]).code, Some(0));
    home
}

fn offers(home: &Home, shell: &str, arguments: &[&str]) -> String {
    let program = Path::new(env!("CARGO_BIN_EXE_bwdc")).parent().expect("a folder").display().to_string();
    let path = format!("{program}:{}", std::env::var("PATH").unwrap_or_default());
    let mut command = home.command(shell, arguments);
    let output = command.current_dir(home.path()).env("PATH", path).output().expect("the stage holds");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn bash_completes() {
    if !is_here("bash") {
        return;
    }
    let home = home_with("bash", "bwdc.bash");
    for (words, offered) in TYPED {
        let line = words.join(" ");
        let list = words.iter().map(|it| format!("'{it}'")).collect::<Vec<_>>().join(" ");
        let (last, before) = (words[words.len() - 1], words[words.len() - 2]);
        let code = format!(
            "source bwdc.bash; COMP_WORDS=({list}); COMP_CWORD={}; COMP_LINE='{line}'; _bwdc bwdc '{last}' '{before}'; \
             echo \"${{COMPREPLY[@]}}\"",
            words.len() - 1,
        );
        let found = offers(&home, "bash", &["-c", &code]);
        assert!(found.contains(offered), "{words:?}: {found}");
    }
}

#[test]
fn fish_completes() {
    if !is_here("fish") {
        return;
    }
    let home = home_with("fish", "bwdc.fish");
    for (words, offered) in TYPED {
        let code = format!("source bwdc.fish; complete -C '{}'", words.join(" "));
        let found = offers(&home, "fish", &["--no-config", "-c", &code]);
        assert!(found.contains(offered), "{words:?}: {found}");
    }
}

/// Zsh completes only where somebody types: it gets a terminal of its own.
#[test]
fn zsh_completes() {
    if !is_here("zsh") {
        return;
    }
    let home = home_with("zsh", "_bwdc");
    for (words, offered) in TYPED {
        let line = words.join(" ");
        // Each line waits until the one before was taken and the prompt edits again, which it tells the terminal.
        let code = format!(
            "zmodload zsh/zpty; zpty z env TERM=dumb zsh -f -i; zpty -r z shown '*2004h*'
             zpty -w z \"PS1='> '; fpath=(\\$PWD \\$fpath); autoload -U compinit; compinit -u -D; echo rea''dy\"
             zpty -r z shown '*ready*2004h*'
             zpty -w -n z $'{line}\\t\\t\\C-a\\C-k: done\\n'
             zpty -r z shown '*: done*'; print -r -- \"$shown\"; zpty -d z"
        );
        let found = offers(&home, "zsh", &["-f", "-c", &code]);
        assert!(found.contains(offered), "{words:?}: {found}");
    }
}
