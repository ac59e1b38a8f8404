//! The directories of an organization: the one that `data.json` describes, and further ones.
//!
//! A further source is a folder of the same shape as the profile's own, `sources/<name>` in it: every setting of a
//! directory has the same name there, and secrets have the same stores. What concerns the organization (leavers, limits,
//! invitations) stands in the profile's own files alone.

use crate::directory::Directory;
use crate::directory::open::SourceError;
use crate::engine::Engine;
use crate::installation::SetupError;
use crate::store::Store;
use crate::sync::RunError;
use bwdc_core::import::fingerprint;
use bwdc_core::names::SourceName;
use bwdc_core::settings::{DirectoryKind, GoogleSettings, OneLoginSettings, SyncSettings};
use bwdc_core::snapshot::ReadScope;

/// Longest name of a source, in characters.
const LONGEST_NAME: usize = 32;

/// A directory that takes part in a run.
pub(crate) struct ConfiguredSource {
    pub(crate) name: SourceName,
    pub(crate) directory: Directory,
    /// What of it is brought over, and how addresses are made.
    pub(crate) sync: SyncSettings,
    /// Kind and account: people of another directory would be asked for in this one, and be "gone".
    pub(crate) place: String,
    /// A fingerprint of everything that decides what a read brings: this program's version, too.
    pub(crate) basis: String,
}

impl ConfiguredSource {
    pub(crate) fn scope(&self) -> ReadScope {
        ReadScope {
            people: self.sync.users || self.sync.groups,
            groups: self.sync.groups,
            deleted: self.sync.users,
            stable_ids: true,
        }
    }

    /// The name under which the mirror of the last read is kept.
    pub(crate) fn mirror(&self) -> String {
        if self.name.is_primary() { "directory".to_owned() } else { format!("source {}", self.name) }
    }
}

impl Engine {
    /// The names of the further sources, in the order that the settings give them.
    ///
    /// # Errors
    /// [`SetupError::SourceName`] for a name that cannot be a folder's, or stands there twice.
    pub fn further_sources(&self) -> Result<Vec<SourceName>, SetupError> {
        let mut names: Vec<SourceName> = Vec::new();
        for name in self.connector_settings()?.sources {
            let name = source_name(&name)?;
            if names.contains(&name) {
                return Err(SetupError::SourceName { name: name.as_str().to_owned() });
            }
            names.push(name);
        }
        Ok(names)
    }

    /// A further source's settings and secrets, to be looked at and changed like an installation's own. Nothing of the
    /// organization is in it.
    ///
    /// # Errors
    /// [`SetupError`] when the name cannot be one, or the source's settings cannot be read.
    pub fn open_source(&self, name: &str) -> Result<Self, SetupError> {
        let name = source_name(name)?;
        if !self.further_sources()?.contains(&name) {
            return Err(SetupError::NoSuchSource { name: name.as_str().to_owned() });
        }
        let profile = self.profile.of_source(&name);
        let store = Store::open(&profile)?;
        Ok(Self { environment: self.environment.clone(), profile, store, clock: self.clock })
    }

    /// Every source, the directory of `data.json` first. `sync` holds what counts for all of them.
    ///
    /// # Errors
    /// [`RunError`] of the first that is not configured; of a further one it names the source.
    pub(crate) fn sources(&self, sync: &SyncSettings) -> Result<Vec<ConfiguredSource>, RunError> {
        let mut sources = vec![self.configured(sync)?];
        for name in self.further_sources()? {
            let within = |error: SourceError| RunError::Source {
                name: name.as_str().to_owned(),
                source: Box::new(error),
            };
            let source = self.open_source(name.as_str()).map_err(|error| within(error.into()))?;
            sources.push(source.configured(sync).map_err(within)?);
        }
        Ok(sources)
    }

    fn configured(&self, of_all: &SyncSettings) -> Result<ConfiguredSource, SourceError> {
        let own = self.sync_settings()?;
        let name = self.profile.source.clone();
        // A further source brings groups unless that is set otherwise.
        let refuses_groups = self.store.data().sync()?.get("groups") == Some(&serde_json::Value::Bool(false));
        let groups = of_all.groups && (name.is_primary() || !refuses_groups);
        let mut source = ConfiguredSource {
            directory: self.directory()?,
            sync: SyncSettings { users: of_all.users, groups, ..own },
            place: self.directory_place()?,
            basis: String::new(),
            name,
        };
        source.basis = self.basis(source.scope())?;
        Ok(source)
    }

    /// Kind and account of the directory. A credential may be exchanged for another of the same account, where the account
    /// has a name of its own; another host of the same directory is the same.
    pub(crate) fn directory_place(&self) -> Result<String, SetupError> {
        let data = self.store.data();
        let kind = data.directory_kind()?.ok_or(SetupError::NoDirectory)?;
        let fields: &[&str] = match kind {
            DirectoryKind::Ldap => &["rootPath"],
            DirectoryKind::Entra => &["tenant"],
            DirectoryKind::Okta => &["orgUrl"],
            DirectoryKind::Google | DirectoryKind::OneLogin => &[],
        };
        let stored = data.directory(kind)?;
        let account = match kind {
            DirectoryKind::Google => GoogleSettings::account(stored),
            DirectoryKind::OneLogin => OneLoginSettings::account(stored),
            _ => fields.iter().find_map(|field| stored.get(*field)?.as_str()),
        };
        let account = account.unwrap_or_default();
        Ok(format!("{} {}", kind.number(), account.trim().trim_end_matches('/').to_lowercase()))
    }

    fn basis(&self, scope: ReadScope) -> Result<String, SetupError> {
        let data = self.store.data();
        let kind = data.directory_kind()?.ok_or(SetupError::NoDirectory)?;
        let decides = serde_json::json!([
            env!("CARGO_PKG_VERSION"),
            kind.number(),
            data.directory(kind)?,
            data.sync()?,
            self.connector_settings()?,
            format!("{scope:?}"),
        ]);
        Ok(fingerprint("", "", decides.to_string().as_bytes()))
    }
}

/// Checks the name of a source: small letters, digits and hyphens, so that it is a folder's name on every system.
pub(crate) fn source_name(name: &str) -> Result<SourceName, SetupError> {
    let reserved = ["con", "prn", "aux", "nul", "directory"];
    let allowed = |it: char| it.is_ascii_lowercase() || it.is_ascii_digit() || it == '-';
    let fits = !name.is_empty()
        && name.len() <= LONGEST_NAME
        && name.chars().all(allowed)
        && !name.starts_with('-')
        && !reserved.contains(&name);
    if fits { Ok(SourceName::new(name)) } else { Err(SetupError::SourceName { name: name.to_owned() }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_named_like_a_folder_everywhere() {
        for name in ["berlin", "hr-2", "9"] {
            assert!(source_name(name).is_ok(), "{name}");
        }
        for name in ["", "Berlin", "a/b", "..", "a.b", "-a", "nul", "ä", &"a".repeat(33)] {
            assert!(source_name(name).is_err(), "{name}");
        }
    }
}
