//! The program itself: newer versions, manual pages.

use crate::{CommandLine, text};
use std::path::Path;

/// That there is a newer version.
pub fn newer(version: &str) -> String {
    text!("program.newer", "Version {version} is available.", version)
}

/// That there is none.
pub fn newest(version: &str) -> String {
    text!("program.newest", "No newer version than {version} is available.", version)
}

/// That this build does not know whom to ask.
pub fn cannot_check() -> String {
    text!("program.cannot-check", "This build cannot check for updates: no list of releases is set.")
}

/// Where new versions are, then.
pub fn where_releases_are(commands: &CommandLine) -> String {
    text!(
        "program.releases",
        "Look for new versions where you got this one. To check from here, run `{command}`.",
        command = commands.command("config set update-feed <address>")
    )
}

/// Where the manual pages were written.
pub fn manual(folder: &Path) -> String {
    text!("program.manual", "The manual pages are in `{folder}`.", folder = folder.display().to_string())
}

/// Why a private key is refused on the command line.
pub fn key_as_argument() -> String {
    text!(
        "program.key-as-argument",
        "a private key cannot be an argument, which everybody on this machine can see.\n\nGive the file with `--secretfile \
         FILE`, or an environment variable with `--secretenv NAME`."
    )
}

/// That an answer could not be written.
pub fn cannot_answer(reason: &str) -> String {
    text!("program.cannot-answer", "Cannot write the answer: {reason}.", reason)
}
