//! Whether a configuration is complete and fits together, without asking any server.

use crate::directory::open::{SourceError, open};
use crate::file;
use crate::installation::{
    DirectoryConfiguration, Installation, OrganizationConfiguration, SetupError, sync_settings,
};
use crate::schedule::Schedule;
use crate::secrets::SecretName;
use crate::settings::Origin;
use crate::settings::variable::{UnknownVariable, unknown_variables};
use crate::store::TooOpen;
use bwdc_core::names::SourceName;
use bwdc_core::settings::{Setting, SettingKind, SettingsError};
use serde_json::Value;
use std::path::PathBuf;

/// What stands in the way of a run, or will.
#[derive(Debug)]
pub enum Problem {
    /// The run would fail with this.
    Failure(SourceError),
    /// A variable looks like ours, and no setting is meant by it.
    UnknownVariable(UnknownVariable),
    /// A path below the root path ends with the root path itself, so that no entry has the name that both make together.
    NotRelative {
        /// The setting.
        setting: &'static str,
        /// What it would be below the root path.
        relative: String,
    },
    /// Neither people nor groups are to be synced.
    NothingToSync,
    /// A file that a setting names cannot be read.
    File {
        /// The setting.
        setting: &'static str,
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        source: std::io::Error,
    },
    /// Others than the owner can read the settings.
    TooOpen(TooOpen),
    /// Something of a further source.
    OfSource {
        /// Which.
        name: SourceName,
        /// What.
        problem: Box<Problem>,
    },
}

/// Everything that is wrong with the configuration, as far as this machine can tell; empty: nothing is. Further sources come
/// last; of a further source alone, only its own settings are looked at.
///
/// # Errors
/// [`SetupError`] when the settings cannot be read at all.
pub(crate) fn validate(installation: &Installation) -> Result<Vec<Problem>, SetupError> {
    if !installation.profile().source.is_primary() {
        return of_directory(installation);
    }
    let mut problems: Vec<_> =
        unknown_variables(installation.environment()).into_iter().map(Problem::UnknownVariable).collect();
    let connector = installation.connector_settings()?;
    let organization = OrganizationConfiguration::of(installation, &connector);
    // Another mistake in an address is among the wrong values.
    if let Ok(organization) = &organization {
        problems.extend(failure(organization.expect_encrypted_or_stored()));
    }
    problems.extend(failure(installation.signed_in().map(drop)));
    for name in SecretName::SIGN_IN {
        problems.extend(failure(
            installation.secrets().get(installation.data(), name).map(drop).map_err(Into::into),
        ));
    }
    problems.extend(of_directory(installation)?);
    if wrong_values(installation)?.is_empty() {
        match sync_settings(installation) {
            Ok(sync) if !sync.users && !sync.groups => problems.push(Problem::NothingToSync),
            Ok(sync) => {
                let schedule = Schedule::of(sync.interval_minutes, &connector.schedule, "");
                problems.extend(failure(schedule.map(drop).map_err(Into::into)));
            }
            Err(error) => problems.push(Problem::Failure(error.into())),
        }
        problems.extend(failure(organization.map(drop)));
    }
    problems.dedup_by_key(|problem| match problem {
        Problem::Failure(error) => Some(error.to_string()),
        _ => None,
    });
    problems.extend(of_further_sources(installation));
    Ok(problems)
}

fn failure(result: Result<(), SetupError>) -> Option<Problem> {
    result.err().map(|it| Problem::Failure(it.into()))
}

fn of_further_sources(installation: &Installation) -> Vec<Problem> {
    let names = match installation.source_names() {
        Ok(names) => names,
        Err(error) => return vec![Problem::Failure(error.into())],
    };
    let problems = names.into_iter().flat_map(|name| {
        let source = installation.open_source(name.as_str());
        let found = source.and_then(|it| of_directory(&it));
        let found = found.unwrap_or_else(|error| vec![Problem::Failure(error.into())]);
        found.into_iter().map(move |it| Problem::OfSource { name: name.clone(), problem: Box::new(it) })
    });
    problems.collect()
}

/// What is wrong with the settings that each source has of its own.
fn of_directory(installation: &Installation) -> Result<Vec<Problem>, SetupError> {
    let mut problems: Vec<_> = installation.too_open().map(Problem::TooOpen).into_iter().collect();
    // A file that cannot be read is an error of its own.
    installation.connector_settings()?;
    let wrong = wrong_values(installation)?;
    let well_formed = wrong.is_empty();
    problems.extend(wrong.into_iter().map(|error| Problem::Failure(error.into())));
    let entries = super::list(installation)?;
    // A value that is wrong was named above; the directory would only name it again.
    if well_formed {
        problems.extend(open_directory(installation).err().map(Problem::Failure));
        problems.extend(not_relative(&entries));
    }
    // One that the directory could not do without was named above.
    let is_named = |path: &str, problems: &[Problem]| {
        problems.iter().any(|it| matches!(it, Problem::Failure(error) if error.to_string().contains(path)))
    };
    for entry in used(&entries) {
        let path = entry.value.as_str().unwrap_or_default();
        problems.extend(unreadable_file(entry.setting, path).filter(|_| !is_named(path, &problems)));
    }
    Ok(problems)
}

/// The settings that matter as things are.
fn used(entries: &[super::Entry]) -> Vec<&super::Entry> {
    let value = |name: &str| {
        let found = entries.iter().find(|it| it.setting.name == name);
        found.map(|it| it.value.clone()).unwrap_or_default()
    };
    entries.iter().filter(|it| it.setting.is_shown(&value)).collect()
}

/// The file that a setting names, where it cannot be read; None: it can, or the setting names none.
pub fn unreadable_file(setting: &'static Setting, path: &str) -> Option<Problem> {
    if setting.kind != SettingKind::File || path.trim().is_empty() {
        return None;
    }
    let path = PathBuf::from(path);
    match file::read(&path, file::CERTIFICATES) {
        Ok(_) => None,
        Err(source) => Some(Problem::File { setting: setting.name, path, source }),
    }
}

/// Paths that repeat the root path. One without `dc=` is not put behind a path, as in the official connector.
fn not_relative(entries: &[super::Entry]) -> Vec<Problem> {
    let text = |name: &str| {
        let entry = entries.iter().find(|it| it.setting.name == name);
        entry.and_then(|it| it.value.as_str()).unwrap_or_default().trim().to_owned()
    };
    let root = text("ldap.rootPath");
    let repeats = |setting: &'static str| {
        let relative = relative_path(&text(setting), &root)?;
        Some(Problem::NotRelative { setting, relative })
    };
    ["sync.userPath", "sync.groupPath"].into_iter().filter_map(repeats).collect()
}

/// What a path would be that repeats the root below which it is looked for; None: it does not.
pub fn relative_path(path: &str, root: &str) -> Option<String> {
    if root.is_empty() || !root.to_lowercase().contains("dc=") {
        return None;
    }
    // However either is spaced: from the end, part by part.
    let same = |one: &str, other: &str| {
        let plain =
            |part: &str| part.split('=').map(|it| it.trim().to_lowercase()).collect::<Vec<_>>().join("=");
        plain(one) == plain(other)
    };
    let mut left = Some(path.trim());
    for part in root.rsplit(',') {
        let (before, last) = match left?.rsplit_once(',') {
            Some((before, last)) => (Some(before), last),
            None => (None, left?),
        };
        if !same(last, part) {
            return None;
        }
        left = before;
    }
    Some(left.unwrap_or_default().trim_end_matches([' ', ',']).to_owned())
}

fn open_directory(installation: &Installation) -> Result<(), SourceError> {
    open(DirectoryConfiguration::read(installation)?).map(drop)
}

/// The settings whose values are of no use by the rules of the table, one error each.
pub(crate) fn wrong_values(installation: &Installation) -> Result<Vec<SetupError>, SetupError> {
    let kind = installation.data().directory_kind()?;
    let entries = super::list(installation)?;
    let set = entries.iter().filter(|it| matches!(it.origin, Origin::Set | Origin::Variable));
    let check = |it: &super::Entry| {
        checked(it.setting, &it.value)?;
        kind.zip(it.value.as_str()).map_or(Ok(()), |(kind, text)| super::check_filter(kind, it.setting, text))
    };
    Ok(set.filter_map(|it| check(it).err()).collect())
}

/// The official connector stores some numbers as text.
fn checked(setting: &Setting, value: &Value) -> Result<(), SettingsError> {
    match (&setting.kind, value) {
        (SettingKind::Number { .. }, Value::String(text)) if text.trim().is_empty() => Ok(()),
        (SettingKind::Number { .. }, Value::String(text)) => setting.parse(text).map(drop),
        _ => setting.parse_json(value).map(drop),
    }
}
