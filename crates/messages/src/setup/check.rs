//! What is wrong with a value, where no server has to be asked and the setting's own rule does not say it.

use super::SetupKind;
use crate::{describe, text};
use bwdc_core::settings::Setting;
use bwdc_engine::{EngineError, check_filter, relative_path};

/// Checks a filter by the kind of directory, and a path by the root below which it is looked for.
///
/// # Errors
/// The sentence for whoever typed it.
pub(super) fn check(
    kind: Option<SetupKind>,
    root: &str,
    setting: &Setting,
    typed: &str,
) -> Result<(), String> {
    let Some(kind) = kind else { return Ok(()) };
    check_filter(kind.directory(), setting, typed)
        .map_err(|error| describe(&EngineError::from(error)).message)?;
    let is_path = matches!(setting.name, "sync.userPath" | "sync.groupPath");
    match relative_path(typed.trim(), root.trim()).filter(|_| is_path) {
        None => Ok(()),
        Some(path) if path.is_empty() => {
            Err(text!("setup.path-root", "Enter `-`: the root path itself is what is read without a path."))
        }
        Some(path) => Err(text!(
            "setup.path-relative",
            "This path is looked for below `{root}`: enter `{path}`.",
            root,
            path
        )),
    }
}
