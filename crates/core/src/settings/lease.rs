//! Which database holds the lease, as `connector.toml` has it.

use serde::{Deserialize, Serialize};

/// By which of several machines only one syncs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct LeaseSettings {
    /// Address of a PostgreSQL database, without a password: `postgres://bwdc@db.example.test/bwdc`. None: this machine is alone.
    pub database: Option<String>,
    /// Seconds after which another machine takes over where nothing is heard of the one that syncs.
    pub seconds: u32,
    /// PEM file of further authorities to trust for the database.
    pub ca_path: Option<String>,
}

impl Default for LeaseSettings {
    fn default() -> Self {
        Self { database: None, seconds: 30, ca_path: None }
    }
}
