//! What is missing or wrong in a configuration.

use crate::error::of_source;
use crate::{CommandLine, ErrorText, NextStep, Step, describe, text};
use bwdc_engine::{Problem, UnknownVariable};

/// That nothing is missing or wrong.
pub fn complete() -> String {
    text!("setting.complete", "The configuration is complete.")
}

/// That a variable belongs to no setting, and which one is meant.
pub fn unknown_variable(unknown: &UnknownVariable, commands: &CommandLine) -> String {
    let name = unknown.name.as_str();
    match &unknown.meant {
        Some(meant) => text!(
            "setting.unknown-variable-meant",
            "The environment variable `{name}` does not belong to any setting. Did you mean `{meant}`?",
            name,
            meant
        ),
        None => text!(
            "setting.unknown-variable",
            "The environment variable `{name}` does not belong to any setting. `{list}` names them.",
            name,
            list = commands.command("config list --all")
        ),
    }
}

/// What stands in the way of a run, and what to do. `source`: the further source whose settings these are.
pub fn problem(found: Problem, source: Option<&str>, commands: &CommandLine) -> String {
    match found {
        Problem::Failure(error) => {
            let ErrorText { message, next_steps, .. } = describe(&error.into());
            let of_source = |it: NextStep| it.of_source(source.unwrap_or_default());
            let steps: Vec<_> = next_steps.into_iter().map(of_source).collect();
            let hint = commands.sentences(&steps);
            if hint.is_empty() || message.contains(&hint) { message } else { format!("{message} {hint}") }
        }
        Problem::UnknownVariable(unknown) => unknown_variable(&unknown, commands),
        Problem::NotRelative { setting, relative } => {
            let step = Step::set(setting, relative);
            let command = commands.sentence(&NextStep::from(step).of_source(source.unwrap_or_default()));
            text!(
                "setting.not-relative",
                "`{setting}` is relative to `ldap.rootPath` and repeats it. {command}",
                setting,
                command
            )
        }
        Problem::NothingToSync => text!(
            "setting.nothing-to-sync",
            "Neither users nor groups are synced: set `sync.users` or `sync.groups` to true."
        ),
        Problem::File { setting, path, source } => text!(
            "setting.file",
            "The file `{path}` of `{setting}` cannot be read: {reason}.",
            path = path.display().to_string(),
            setting,
            reason = source.to_string()
        ),
        Problem::TooOpen(found) => format!("{found}."),
        Problem::OfSource { name, problem: found } => {
            of_source(&name, &problem(*found, Some(name.as_str()), commands))
        }
    }
}
