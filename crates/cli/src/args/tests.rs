//! Every command has examples that work, fits a terminal of 80 columns, and stands in docs/commands.md.

use super::*;
use crate::help::grouped;
use clap::{Command as Clap, CommandFactory as _};
use std::fmt::Write as _;

const WIDTH: usize = 80;

fn built() -> Clap {
    let mut command = Arguments::command().term_width(WIDTH);
    command.build();
    command
}

/// Every command with the words that lead to it, except the help that clap adds.
fn walk(command: &Clap, path: &str, visit: &mut dyn FnMut(&Clap, &str)) {
    visit(command, path);
    for inner in command.get_subcommands().filter(|it| it.get_name() != "help") {
        walk(inner, &format!("{path} {}", inner.get_name()), visit);
    }
}

fn examples(command: &Clap) -> Vec<String> {
    let text = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    let after = text.split_once("Examples:\n").map(|(_, rest)| rest.to_owned()).unwrap_or_default();
    after.lines().take_while(|it| it.starts_with("  ")).map(|it| it.trim().to_owned()).collect()
}

/// The words of an example, without what the shell takes for itself: variables before it, pipes and files after it.
fn words(example: &str) -> Vec<String> {
    let (mut words, mut word, mut quoted) = (Vec::new(), String::new(), false);
    for character in example.chars() {
        match character {
            '\'' => quoted = !quoted,
            ' ' if !quoted => words.push(std::mem::take(&mut word)),
            _ => word.push(character),
        }
    }
    words.push(word);
    let program = words.iter().position(|it| it == "bwdc").expect("an example begins with the program");
    let shell = |it: &String| matches!(it.as_str(), ">" | ">>" | "<" | "|");
    words.into_iter().skip(program).take_while(|it| !shell(it)).collect()
}

#[test]
fn the_command_line_is_well_formed() {
    Arguments::command().debug_assert();
}

#[test]
fn every_command_has_an_example_of_its_own_and_every_example_works() {
    walk(&built(), "bwdc", &mut |command, path| {
        let examples = examples(command);
        let own = |it: &String| {
            format!("{} ", words(it).join(" ")).contains(&format!("{} ", &path[5.min(path.len())..]))
        };
        assert!(examples.iter().any(own), "`{path}` has no example: {examples:?}");
        for example in &examples {
            let tried = Arguments::try_parse_from(words(example));
            assert!(tried.is_ok(), "{example}: {}", tried.err().map(|it| it.to_string()).unwrap_or_default());
        }
    });
}

#[test]
fn help_fits_a_terminal_of_80_columns_and_breaks_no_example() {
    walk(&built(), "bwdc", &mut |command, path| {
        let text = command.clone().term_width(WIDTH).render_long_help().to_string();
        for line in text.lines() {
            assert!(line.chars().count() <= WIDTH, "`{path}`: {line}");
        }
        let after = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        for line in after.lines() {
            assert!(line.chars().count() <= WIDTH, "`{path}` is broken where it should not be: {line}");
        }
        for example in examples(command) {
            assert!(
                text.contains(&format!("  {example}\n")) || text.trim_end().ends_with(&example),
                "{example}"
            );
        }
    });
}

#[test]
fn the_command_reference_is_what_the_program_says() {
    let mut text = String::from(
        "# Commands\n\n\
         Written from the program's own help by a test; `BWDC_WRITE_DOCS=1 cargo test -p bwdc --bin bwdc` writes it again.\n\
         Every setting: `bwdc help config` and [settings.schema.json](settings.schema.json).\n\n",
    );
    walk(&built(), "bwdc", &mut |command, path| {
        // A string takes what is written to it.
        let _ = writeln!(text, "## {path}\n\n```text");
        let help = grouped(&command.clone().term_width(WIDTH).render_long_help().to_string());
        // The settings have a reference of their own.
        let help = help.split("\nSettings:").next().unwrap_or_default();
        for line in help.trim_end().lines() {
            let _ = writeln!(text, "{}", line.trim_end());
        }
        text.push_str("```\n\n");
    });
    let text = format!("{}\n", text.trim_end());
    let published = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/commands.md");
    if std::env::var_os("BWDC_WRITE_DOCS").is_some() {
        std::fs::write(published, &text).expect("the reference");
    }
    assert!(
        std::fs::read_to_string(published).unwrap_or_default() == text,
        "run the test with BWDC_WRITE_DOCS=1 and look at the difference"
    );
}
