//! `connector.toml`: what the official file has no place for. A missing file or key means the default, and the defaults
//! keep today's behaviour of an installation that is taken over, except that limits are on.

use serde::{Deserialize, Serialize};

/// All of `connector.toml`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct ConnectorSettings {
    /// What happens to people who leave the scope.
    pub leavers: LeaverPolicy,
    /// How much one run may take away.
    pub limits: Limits,
    /// Addresses or external ids of people whom no removal may touch.
    pub protected: Vec<String>,
    /// How long the directory may take.
    pub time_limits: TimeLimits,
    /// PEM file of further authorities to trust for the organization's server.
    pub organization_ca_path: Option<String>,
}

/// What is done to a member whose cause to be there has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LeaverAction {
    /// Stays and is counted.
    Keep,
    /// Loses access; the membership can be restored.
    Revoke,
    /// Loses the membership.
    Remove,
}

/// One action per cause; None: what today's connector does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct LeaverPolicy {
    /// Disabled in the directory. None: as `sync.removeDisabled` says, through the import.
    pub disabled: Option<LeaverAction>,
    /// Listed by the directory as deleted. None: sent as deleted, through the import.
    pub deleted: Option<LeaverAction>,
    /// Confirmed not to exist any more. None: kept.
    pub gone: Option<LeaverAction>,
    /// Exists, and is not selected any more. None: kept.
    pub out_of_scope: Option<LeaverAction>,
}

/// How much one run may take away. A run that would take more sends nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Limits {
    /// Most people that one run may remove or revoke.
    pub removals: u32,
    /// Most people that one run may remove or revoke, in percent of the managed members; never below one person.
    pub removals_percent: u32,
    /// Most memberships that one run may take away, in percent of all; never below 20 memberships.
    pub memberships_percent: u32,
    /// Whether a directory that returns nobody may take anything away.
    pub allow_empty_directory: bool,
    /// Turns every limit off.
    pub off: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            removals: 10,
            removals_percent: 5,
            memberships_percent: 10,
            allow_empty_directory: false,
            off: false,
        }
    }
}

/// How long the directory may take, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct TimeLimits {
    /// To connect, TLS included.
    pub connect: u64,
    /// To bind.
    pub bind: u64,
    /// To answer one page.
    pub page: u64,
}

impl Default for TimeLimits {
    fn default() -> Self {
        Self { connect: 15, bind: 30, page: 120 }
    }
}
