//! What is missing or wrong in a configuration.

use crate::{CommandLine, ErrorText, NextStep, Step, describe, text};
use bwdc_engine::Problem;

/// That nothing is missing or wrong.
pub fn complete() -> String {
    text!("setting.complete", "The configuration is complete.")
}

/// What stands in the way of a run, and what to do. `source`: the further source whose settings these are.
pub fn problem(problem: Problem, source: Option<&str>, commands: &CommandLine) -> String {
    match problem {
        Problem::Failure(error) => {
            let ErrorText { message, next_steps, .. } = describe(&error.into());
            let of_source = |it: NextStep| it.of_source(source.unwrap_or_default());
            let steps: Vec<_> = next_steps.into_iter().map(of_source).collect();
            let hint = commands.sentences(&steps);
            if hint.is_empty() || message.contains(&hint) { message } else { format!("{message} {hint}") }
        }
        Problem::UnknownVariable(name) => text!(
            "setting.unknown-variable",
            "The environment variable `{name}` does not belong to any setting. `bwdc config list --all` names them.",
            name
        ),
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
    }
}
