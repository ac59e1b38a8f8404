//! The directories that make the desired state together.

use crate::names::SourceName;
use crate::settings::SyncSettings;
use crate::snapshot::Snapshot;

/// One of the directories that were to be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DesiredSource {
    /// Its name.
    pub name: SourceName,
    /// Whether its groups were read.
    pub groups: bool,
    /// Keys of its settings that say where addresses come from; none: there is no choice.
    pub address_settings: Vec<&'static str>,
    /// Why it could not be read; None: it was, completely.
    pub failure: Option<String>,
}

/// A complete read of one source, with the rules by which it is judged.
pub struct SourceRead {
    /// What was read.
    pub snapshot: Snapshot,
    /// The source's own rules.
    pub settings: SyncSettings,
}

/// One of several directories that make the desired state together.
pub struct Source {
    /// Its name.
    pub name: SourceName,
    /// The complete read, or why there is none.
    pub read: Result<SourceRead, String>,
}

impl DesiredSource {
    pub(super) fn read(name: SourceName, read: &SourceRead) -> Self {
        let suffix = read.settings.address.suffix.as_ref().map(|_| "sync.emailSuffix");
        let address_settings = read.snapshot.address_settings().iter().copied().chain(suffix).collect();
        Self { name, groups: read.snapshot.scope().groups, address_settings, failure: None }
    }

    pub(super) fn unread(name: SourceName, reason: String) -> Self {
        Self { name, groups: false, address_settings: Vec::new(), failure: Some(reason) }
    }
}
