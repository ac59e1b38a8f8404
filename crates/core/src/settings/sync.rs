//! What to bring over, and how addresses are made.

use super::{SettingsError, flag, number, text};
use serde_json::{Map, Value};

/// How a person's address is made from what was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AddressRule {
    /// Appended to the prefix attribute of people who have no address of their own; None: nothing is composed.
    pub suffix: Option<String>,
}

/// The checked part of `sync` that every kind of directory shares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyncSettings {
    /// People become members.
    pub users: bool,
    /// Groups and memberships follow.
    pub groups: bool,
    /// Minutes between automatic runs.
    pub interval_minutes: Option<i64>,
    /// Disabled people are sent as deleted.
    pub remove_disabled: bool,
    /// The server deletes every external member that the directory does not list.
    pub overwrite_existing: bool,
    /// Requests are cut into batches of 2,000.
    pub large_import: bool,
    /// New members are mailed at once; otherwise staged, where the server knows it.
    pub invite_users_after_provisioning: bool,
    /// How addresses are made.
    pub address: AddressRule,
}

impl SyncSettings {
    /// Checks `sync`.
    ///
    /// # Errors
    /// [`SettingsError`] names the setting that is of the wrong kind.
    pub fn from_stored(stored: &Map<String, Value>) -> Result<Self, SettingsError> {
        let composed = flag(stored, "useEmailPrefixSuffix", "sync.useEmailPrefixSuffix")?;
        let suffix = text(stored, "emailSuffix", "sync.emailSuffix")?;
        Ok(Self {
            users: flag(stored, "users", "sync.users")?,
            groups: flag(stored, "groups", "sync.groups")?,
            interval_minutes: number(stored, "interval", "sync.interval")?,
            remove_disabled: flag(stored, "removeDisabled", "sync.removeDisabled")?,
            overwrite_existing: flag(stored, "overwriteExisting", "sync.overwriteExisting")?,
            large_import: flag(stored, "largeImport", "sync.largeImport")?,
            invite_users_after_provisioning: flag(
                stored,
                "inviteUsersAfterProvisioning",
                "sync.inviteUsersAfterProvisioning",
            )?,
            address: AddressRule { suffix: suffix.filter(|_| composed) },
        })
    }
}
