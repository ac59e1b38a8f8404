//! Profiles.

use crate::list::enumerate;
use crate::text;
use bwdc_core::names::SourceName;
use bwdc_engine::paths::ProfileName;
use bwdc_engine::profiles::{Copied, ProfileEntry};
use bwdc_engine::secrets::SecretName;
use std::path::Path;

/// Every profile with its folder, one line each.
pub fn list(profiles: &[ProfileEntry]) -> String {
    let line = |it: &ProfileEntry| {
        let mark = if it.current { '*' } else { ' ' };
        format!("{mark} {:<32} {}", it.name.as_str(), it.folder.display())
    };
    profiles.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// That a profile was made.
pub fn created(name: &ProfileName) -> String {
    text!("profile.created", "Created profile `{name}`.", name = name.as_str())
}

/// How to go on after that.
pub fn set_up(name: &ProfileName, folder: &Path) -> String {
    text!(
        "profile.set-up",
        "Its folder is `{folder}`. To set it up, run `bwdc --profile {name} setup`.",
        folder = folder.display().to_string(),
        name = name.as_str()
    )
}

/// That a profile has the settings of another.
pub fn copied(from: &ProfileName, to: &ProfileName) -> String {
    text!(
        "profile.copied",
        "Copied the settings of `{from}` to `{to}`.",
        from = from.as_str(),
        to = to.as_str()
    )
}

/// Which secrets came along, and which did not.
pub fn copied_secrets(copied: &Copied, to: &ProfileName) -> Vec<String> {
    let mut notices = Vec::new();
    if !copied.secrets.is_empty() {
        notices.push(text!("profile.secrets", "Also copied: {secrets}.", secrets = labels(&copied.secrets)));
    }
    if !copied.missing.is_empty() {
        notices.push(text!(
            "profile.missing-secrets",
            "Not copied: {secrets}. Enter each with `bwdc --profile {to} config set <name>`.",
            to = to.as_str(),
            secrets = labels(&copied.missing)
        ));
    }
    notices
}

/// How to go on after a copy.
pub fn sign_in(to: &ProfileName) -> String {
    text!("profile.sign-in", "Sign in with `bwdc --profile {to} login`.", to = to.as_str())
}

/// That a profile was removed.
pub fn removed(name: &ProfileName) -> String {
    text!("profile.removed", "Removed profile `{name}`.", name = name.as_str())
}

/// Whether a profile may be removed.
pub fn may_be_removed(name: &ProfileName) -> String {
    text!(
        "profile.may-be-removed",
        "Remove the profile `{name}` with its settings, secrets, ledger and history? (y/N)",
        name = name.as_str()
    )
}

fn labels(secrets: &[(SourceName, SecretName)]) -> String {
    enumerate(secrets.iter().map(|(source, name)| match source.is_primary() {
        true => format!("`{}`", name.label()),
        false => text!(
            "profile.secret-of-source",
            "`{secret}` of the source `{source}`",
            secret = name.label(),
            source = source.to_string()
        ),
    }))
}
