//! A sealed home folder in which the real program runs.
//!
//! The program sees an environment made here and nothing of the caller's: no `BW_*`, no proxy, no session bus, no
//! settings of whoever runs the tests.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

pub use crate::output::{Output, RECORD};
use crate::output::{finish, start};
use crate::slapd::Slapd;
use crate::{HarnessError, create_folder, temporary_folder, write_file};

const RUN_LIMIT: Duration = Duration::from_secs(120);

/// The organization that [`ldap_data_json`] is logged in to.
pub const ORGANIZATION_ID: &str = "6d1f7f0a-3f0b-4e0e-9a5b-2c1f6a7c9d10";

/// A home folder with a data folder in it, gone when dropped.
pub struct Home {
    folder: tempfile::TempDir,
    variables: BTreeMap<OsString, OsString>,
    limit: Duration,
}

impl Home {
    /// Makes an empty home. The data folder exists and is empty.
    ///
    /// # Errors
    /// Folders that cannot be made.
    pub fn new() -> Result<Self, HarnessError> {
        let folder = temporary_folder()?;
        let mut variables = BTreeMap::new();
        for name in ["PATH", "LLVM_PROFILE_FILE"] {
            if let Some(value) = std::env::var_os(name) {
                variables.insert(name.into(), value);
            }
        }
        for (name, place) in [
            ("HOME", ""),
            ("BITWARDENCLI_CONNECTOR_APPDATA_DIR", "data"),
            ("XDG_CONFIG_HOME", "config"),
            ("XDG_DATA_HOME", "share"),
            ("XDG_STATE_HOME", "state"),
            ("XDG_RUNTIME_DIR", "run"),
            ("TMPDIR", "tmp"),
        ] {
            let path = folder.path().join(place);
            create_folder(&path)?;
            variables.insert(name.into(), path.into());
        }
        variables.insert("LANG".into(), "C.UTF-8".into());
        Ok(Self { folder, variables, limit: RUN_LIMIT })
    }

    /// Makes a home in which secrets are kept in `data.json` as they are, as the official variable asks.
    ///
    /// # Errors
    /// As for [`Home::new`].
    pub fn with_plaintext_secrets() -> Result<Self, HarnessError> {
        let mut home = Self::new()?;
        home.set("BITWARDENCLI_CONNECTOR_PLAINTEXT_SECRETS", "true");
        Ok(home)
    }

    /// Sets a variable for everything that is run from now on.
    pub fn set(&mut self, name: impl Into<OsString>, value: impl Into<OsString>) {
        self.variables.insert(name.into(), value.into());
    }

    /// Takes a variable away from everything that is run from now on.
    pub fn unset(&mut self, name: impl AsRef<OsStr>) {
        self.variables.remove(name.as_ref());
    }

    /// Sets how long a run may take before it is ended; two minutes unless told.
    pub fn set_limit(&mut self, limit: Duration) {
        self.limit = limit;
    }

    /// The home folder itself.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The data folder, which holds `data.json`.
    #[must_use]
    pub fn data_folder(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// The path of `data.json`.
    #[must_use]
    pub fn data_json_path(&self) -> PathBuf {
        self.data_folder().join("data.json")
    }

    /// Writes `data.json` as the official program does: two spaces, keys in their order, no final newline, owner only.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn write_data_json(&self, value: &Value) -> Result<(), HarnessError> {
        let path = self.data_json_path();
        write_file(&path, format!("{value:#}"))?;
        owner_only(&path)
    }

    /// Reads `data.json`.
    ///
    /// # Errors
    /// A file that cannot be read or is not JSON.
    pub fn data_json(&self) -> Result<Value, HarnessError> {
        let path = self.data_json_path();
        let text = std::fs::read_to_string(&path).map_err(|source| HarnessError::File {
            action: "read",
            path: path.clone(),
            source,
        })?;
        serde_json::from_str(&text).map_err(|source| HarnessError::Json { path, source })
    }

    /// A command that sees this home only. Its input is empty.
    #[must_use]
    pub fn command(&self, program: impl AsRef<OsStr>, arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        command
            .args(arguments)
            .env_clear()
            .envs(&self.variables)
            .current_dir(self.path())
            .stdin(Stdio::null());
        command
    }

    /// Runs a program to its end. One that takes too long is ended by its id.
    ///
    /// # Errors
    /// A program that cannot be started or does not end in time; an exit code is no error.
    pub fn run(&self, program: impl AsRef<OsStr>, arguments: &[&str]) -> Result<Output, HarnessError> {
        finish(self.command(program, arguments), self.limit)
    }

    /// Starts a program with both outputs piped. Ending it is the caller's duty.
    ///
    /// # Errors
    /// A program that cannot be started.
    pub fn spawn(&self, program: impl AsRef<OsStr>, arguments: &[&str]) -> Result<Child, HarnessError> {
        let mut command = self.command(program, arguments);
        start(&mut command)
    }
}

/// The settings of an installation that is logged in and reads a [`Slapd`], in the shape of version 8.
///
/// Everything that a test may want to change is there to be overwritten; the token is for show and expires in 2100.
#[must_use]
pub fn ldap_data_json(server: &Slapd, group_class: &str, member_attribute: &str) -> Value {
    json!({
        "stateVersion": 8,
        "installedVersion": "2026.6.1",
        "appId": "0d7c1c0e-53a4-4f0c-8f0a-64c1b86b1c55",
        "directoryType": 0,
        "directoryLdap": {
            "ssl": false,
            "startTls": false,
            "sslAllowUnauthorized": false,
            "hostname": "127.0.0.1",
            "port": server.port(),
            "rootPath": server.suffix(),
            "currentUser": false,
            "username": server.root_dn(),
            "password": server.root_password(),
            "ad": false,
            "pagedSearch": true
        },
        "sync": {
            "users": true,
            "groups": true,
            "interval": 5,
            "removeDisabled": false,
            "overwriteExisting": false,
            "largeImport": false,
            "inviteUsersAfterProvisioning": false,
            "groupObjectClass": group_class,
            "userObjectClass": "person",
            "groupNameAttribute": "cn",
            "userEmailAttribute": "mail",
            "memberAttribute": member_attribute,
            "useEmailPrefixSuffix": false
        },
        "environmentUrls": { "base": "http://127.0.0.1:9" },
        "organizationId": ORGANIZATION_ID,
        "entityId": ORGANIZATION_ID,
        "accessToken": ACCESS_TOKEN,
        "apiKeyClientId": format!("organization.{ORGANIZATION_ID}"),
        "apiKeyClientSecret": "not-a-real-secret"
    })
}

/// Claims: `{"client_sub":"<ORGANIZATION_ID>","scope":["api.organization"],"exp":4102444800}`.
const ACCESS_TOKEN: &str = "eyJhbGciOiJub25lIn0.eyJjbGllbnRfc3ViIjoiNmQxZjdmMGEtM2YwYi00ZTBlLTlhNWItMmMxZjZhN2M5ZDEwIiwi\
c2NvcGUiOlsiYXBpLm9yZ2FuaXphdGlvbiJdLCJleHAiOjQxMDI0NDQ4MDB9.c2lnbmF0dXJl";

#[cfg(unix)]
fn owner_only(path: &Path) -> Result<(), HarnessError> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))
        .map_err(|source| HarnessError::File { action: "protect", path: path.to_owned(), source })
}

#[cfg(not(unix))]
fn owner_only(_path: &Path) -> Result<(), HarnessError> {
    Ok(())
}
