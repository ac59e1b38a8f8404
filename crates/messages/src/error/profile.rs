//! Profiles, their folders, and the locks in them.

use super::lock;
use super::sentence::{because, say};
use super::{secrets, store};
use crate::text;
use crate::{NextStep, Step};
use bwdc_engine::paths::PathError;
use bwdc_engine::profiles::ProfileError;
use bwdc_engine::service::name_of;

pub(super) fn message(error: &ProfileError) -> String {
    match error {
        ProfileError::Exists { name, folder } => text!(
            "error.profile.exists",
            "There is already a profile `{name}`, in `{folder}`.",
            name = name.as_str(),
            folder = folder.display().to_string()
        ),
        ProfileError::Default { folder } => text!(
            "error.profile.default",
            "The default profile is shared with the official connector and is never removed. It is the folder `{folder}`.",
            folder = folder.display().to_string()
        ),
        ProfileError::Io { folder, source } => because(
            text!(
                "error.profile.io",
                "Cannot change the profile in `{folder}`",
                folder = folder.display().to_string()
            ),
            Some(source),
        ),
        ProfileError::Path(error) => of_path(error),
        ProfileError::Lock(error) => lock::message(error),
        ProfileError::Store(error) => store::message(error),
        ProfileError::Secret(error) => secrets::message(error),
    }
}

pub(super) fn steps(error: &ProfileError) -> Vec<NextStep> {
    match error {
        ProfileError::Exists { name, .. } if name.is_default() => say(other_name()),
        ProfileError::Exists { name, .. } => vec![
            Step::Say(other_name()).into(),
            Step::run(format!("profile remove {name}")).to(text!(
                "step.profile.remove-first",
                "Or, to remove that profile with its settings and secrets"
            )),
        ],
        ProfileError::Default { .. } => {
            say(text!("step.profile.default", "If that is what you want, remove the folder yourself."))
        }
        ProfileError::Io { .. } => say(text!(
            "step.profile.io",
            "Check the permissions of the folder, then run the same command again."
        )),
        ProfileError::Path(error) => path_steps(error),
        ProfileError::Lock(error) => lock::steps(error),
        ProfileError::Store(error) => store::steps(error),
        ProfileError::Secret(error) => secrets::steps(error),
    }
}

fn other_name() -> String {
    text!("step.profile.other-name", "Choose another name.")
}

pub(super) fn of_path(error: &PathError) -> String {
    match error {
        PathError::Folder { variable } => {
            text!("error.path.folder", "Cannot find the data folder: `{variable}` is not set.", variable)
        }
        PathError::OfAnother { folder, user } => text!(
            "error.path.of-another",
            "The data folder beside the program, `{folder}`, belongs to the account `{account}`: nothing was read from it and \
             nothing was sent.",
            folder = folder.display().to_string(),
            account = name_of(*user)
        ),
        PathError::ProfileName { typed } => {
            text!("error.path.profile-name", "`{typed}` cannot be the name of a profile.", typed)
        }
        PathError::NoSuchProfile { name } => {
            text!("error.path.no-profile", "There is no profile `{name}`.", name = name.as_str())
        }
    }
}

pub(super) fn path_steps(error: &PathError) -> Vec<NextStep> {
    match error {
        PathError::Folder { .. } => say(text!(
            "step.path.folder",
            "Set the variable, or name the data folder in `BITWARDENCLI_CONNECTOR_APPDATA_DIR`."
        )),
        PathError::OfAnother { .. } => say(text!(
            "step.path.of-another",
            "Name the data folder to use in `BITWARDENCLI_CONNECTOR_APPDATA_DIR`. If you do not know who made that one, remove it."
        )),
        PathError::ProfileName { .. } => say(text!(
            "step.path.profile-name",
            "A name has at most 32 letters from a to z, digits, `-` and `_`, and begins with a letter or a digit."
        )),
        PathError::NoSuchProfile { name } => vec![
            Step::run("profile list").to(text!("step.path.list", "To see the profiles")),
            Step::run(format!("profile create {name}")).to(text!("step.path.create", "To create this one")),
        ],
    }
}
