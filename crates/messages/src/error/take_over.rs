//! Folders elsewhere that are not taken over.

use super::sentence::{because, say};
use super::{lock, profile, setup};
use crate::system_service::command;
use crate::{NextStep, Step, text};
use bwdc_engine::take_over::TakeOverError;

pub(super) fn message(error: &TakeOverError) -> String {
    match error {
        TakeOverError::Nothing { folder } => text!(
            "error.take-over.nothing",
            "There are no settings in `{folder}`: it has no `data.json`.",
            folder = folder.display().to_string()
        ),
        TakeOverError::Here { folder, name } => text!(
            "error.take-over.here",
            "`{folder}` is the profile `{name}` already.",
            folder = folder.display().to_string(),
            name = name.as_str()
        ),
        TakeOverError::Gone { folder, to } => text!(
            "error.take-over.gone",
            "The settings in `{folder}` were taken over before: they are in `{to}` now.",
            folder = folder.display().to_string(),
            to = to.display().to_string()
        ),
        TakeOverError::Occupied { name, folder } => text!(
            "error.take-over.occupied",
            "The profile `{name}` has settings already, in `{folder}`: nothing was taken over.",
            name = name.as_str(),
            folder = folder.display().to_string()
        ),
        TakeOverError::ForeignCommands { commands } => {
            let title = text!(
                "error.take-over.commands",
                "Nothing was taken over: another account chose what these settings would run."
            );
            let lines: Vec<String> = commands.iter().map(command).collect();
            format!("{title}\n{}", lines.join("\n"))
        }
        TakeOverError::Io { path, source } => because(
            text!(
                "error.take-over.io",
                "Nothing was taken over: cannot copy or mark `{path}`",
                path = path.display().to_string()
            ),
            Some(source),
        ),
        TakeOverError::Lock(error) => lock::message(error),
        TakeOverError::Setup(error) => setup::message(error),
        TakeOverError::Profile(error) => profile::message(error),
    }
}

pub(super) fn steps(error: &TakeOverError) -> Vec<NextStep> {
    match error {
        TakeOverError::Nothing { .. } => say(text!(
            "step.take-over.nothing",
            "Name the folder in which the connector keeps its `data.json`."
        )),
        TakeOverError::Here { name, .. } if name.is_default() => Vec::new(),
        TakeOverError::Here { name, .. } => vec![
            Step::Say(text!(
                "step.take-over.here",
                "Use it as it is: `--profile {name}`.",
                name = name.as_str()
            ))
            .into(),
        ],
        TakeOverError::Occupied { .. } => {
            say(text!("step.take-over.occupied", "Choose the name of a profile that does not exist yet."))
        }
        TakeOverError::ForeignCommands { .. } => say(text!(
            "step.take-over.commands",
            "Remove these settings in that folder, take it over, and set them here if you trust them."
        )),
        TakeOverError::Io { .. } => say(text!(
            "step.take-over.io",
            "The folder has to be readable, and a mark has to be written there so that nothing syncs from it any more. Check its \
             permissions, or do this as its account."
        )),
        TakeOverError::Gone { .. } => Vec::new(),
        TakeOverError::Lock(error) => lock::steps(error),
        TakeOverError::Setup(error) => setup::steps(error),
        TakeOverError::Profile(error) => profile::steps(error),
    }
}
