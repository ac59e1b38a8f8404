//! Profiles.

use crate::list::enumerate;
use crate::text;
use bwdc_core::names::SourceName;
use bwdc_engine::paths::ProfileName;
use bwdc_engine::profiles::{Copied, ProfileEntry};
use bwdc_engine::secrets::SecretName;
use bwdc_engine::take_over::{FoundFolder, TakenOver};
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

/// What lies in a folder elsewhere: names and values.
pub fn found(found: &FoundFolder) -> Vec<(String, String)> {
    let none = || text!("profile.found-nothing", "not set");
    let named = found.urls.base.clone().or_else(|| found.urls.api.clone());
    let server = named.unwrap_or_else(|| "https://vault.bitwarden.com".to_owned());
    let organization =
        found.organization.clone().unwrap_or_else(|| text!("profile.found-nobody", "nobody is signed in"));
    let mut facts = vec![
        (text!("profile.found-folder", "Folder"), found.folder.display().to_string()),
        (text!("profile.found-server", "Server"), server),
        (text!("profile.found-organization", "Organization"), organization),
        (
            text!("profile.found-directory", "Directory"),
            found.directory.map_or_else(none, |it| it.name().to_owned()),
        ),
    ];
    if let Some(user) = found.of_account {
        facts.push((text!("profile.found-account", "Account"), bwdc_engine::service::name_of(user)));
    }
    facts
}

/// What a take-over means, and what has to be done elsewhere first.
pub fn take_over_means(found: &FoundFolder) -> Vec<String> {
    let mut lines = vec![text!(
        "profile.take-over",
        "Settings, secrets, ledger and history are copied, and the folder is marked: no program of ours syncs from it any more. \
         Nothing is deleted there."
    )];
    if found.syncs_by_itself {
        lines.push(text!(
            "profile.take-over-syncs",
            "Automatic sync is on there. The official connector does not know the mark: end it, or two programs will sync one \
             organization."
        ));
    }
    lines
}

/// That a folder was taken over.
pub fn taken_over(taken: &TakenOver) -> String {
    text!(
        "profile.taken-over",
        "Took over `{from}` as profile `{name}`.",
        from = taken.found.folder.display().to_string(),
        name = taken.name.as_str()
    )
}

/// Which secrets did not come along.
pub fn left_behind(taken: &TakenOver) -> Option<String> {
    let left: Vec<_> = taken.left.iter().map(|it| (it.source.clone(), it.name)).collect();
    (!left.is_empty()).then(|| {
        text!(
            "profile.left",
            "Could not be read there, and must be entered again: {secrets}.",
            secrets = labels(&left)
        )
    })
}

/// Whether a folder may be taken over.
pub fn may_take_over(name: &ProfileName) -> String {
    text!("profile.may-take-over", "Take it over as profile `{name}`? (y/N)", name = name.as_str())
}

/// What to look at after that.
pub fn look_at_plan(name: &ProfileName) -> String {
    text!(
        "profile.look-at-plan",
        "See what a sync would change: `bwdc --profile {name} plan`.",
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
