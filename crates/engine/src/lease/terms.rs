//! What the settings ask for.

use super::LeaseError;
use bwdc_core::settings::LeaseSettings;
use secrecy::{ExposeSecret as _, SecretString};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode};

/// What a lease is taken by.
#[derive(Clone)]
pub(crate) struct Terms {
    pub(super) address: String,
    pub(super) password: Option<SecretString>,
    pub(super) ca_path: Option<PathBuf>,
    pub(super) length: Duration,
    /// Which of the duties in the database.
    pub(super) duty: String,
    /// By which this machine's folder is told from every other: processes that share it have the run lock between them.
    pub(super) holder: String,
    /// The same for people.
    pub(super) who: String,
}

impl PartialEq for Terms {
    fn eq(&self, other: &Self) -> bool {
        let secret = |it: &Self| it.password.as_ref().map(|it| it.expose_secret().to_owned());
        let rest = |it: &Self| {
            (it.address.clone(), it.ca_path.clone(), it.length, it.duty.clone(), it.holder.clone())
        };
        rest(self) == rest(other) && secret(self) == secret(other)
    }
}

impl Terms {
    /// What the settings ask for; None: no lease. `duty`: which organization it is about; `lock`: the run lock, which is there.
    pub(crate) fn of(
        settings: LeaseSettings,
        password: Option<SecretString>,
        duty: String,
        lock: &Path,
    ) -> Option<Self> {
        Some(Self {
            address: settings.database?,
            password,
            ca_path: settings.ca_path.map(PathBuf::from),
            length: Duration::from_secs(u64::from(settings.seconds.max(2))),
            duty,
            holder: identity(lock),
            who: format!("{}, process {}", machine(), std::process::id()),
        })
    }

    /// How the database is reached, and whether by an encrypted connection: always, but on this machine, unless the address asks
    /// for it.
    pub(super) fn config(&self) -> Result<(Config, bool), LeaseError> {
        let wrong = |reason: &str| LeaseError::Address { reason: reason.to_owned() };
        let mut config: Config = self
            .address
            .parse()
            .map_err(|_| wrong("is not an address such as `postgres://user@host/database`"))?;
        if config.get_password().is_some() {
            return Err(wrong("has a password in it, which belongs into the secret `lease.password`"));
        }
        if let Some(password) = &self.password {
            config.password(password.expose_secret());
        }
        let is_here = |host: &Host| match host {
            Host::Tcp(name) => {
                name == "localhost" || name.parse().is_ok_and(|it: std::net::IpAddr| it.is_loopback())
            }
            #[cfg(unix)]
            Host::Unix(_) => true,
        };
        let asked = config.get_ssl_mode() == SslMode::Require;
        let encrypted = asked || !config.get_hosts().iter().all(is_here);
        config.connect_timeout(self.length.min(Duration::from_secs(10)));
        config.application_name("bwdc");
        Ok((config, encrypted))
    }
}

/// The kernel that runs, and the file that its run lock is on: two machines have two kernels, and processes with both in common
/// exclude each other already.
#[cfg(target_os = "linux")]
fn identity(lock: &Path) -> String {
    use std::os::unix::fs::MetadataExt as _;
    let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    let file = std::fs::metadata(lock).map(|it| format!("{}:{}", it.dev(), it.ino()));
    match (boot.trim(), file) {
        ("", _) | (_, Err(_)) => of_process(),
        (boot, Ok(file)) => format!("{boot} {file}"),
    }
}

#[cfg(not(target_os = "linux"))]
fn identity(_lock: &Path) -> String {
    of_process()
}

/// Where nothing better is known each process is a machine of its own.
fn of_process() -> String {
    static OWN: std::sync::OnceLock<String> = std::sync::OnceLock::new();
    OWN.get_or_init(|| uuid::Uuid::new_v4().to_string()).clone()
}

fn machine() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let name = name.trim().to_owned();
    if name.is_empty() {
        std::env::var("COMPUTERNAME").unwrap_or_else(|_| "another machine".to_owned())
    } else {
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms(address: &str) -> Terms {
        Terms {
            address: address.to_owned(),
            password: None,
            ca_path: None,
            length: Duration::from_secs(2),
            duty: String::new(),
            holder: String::new(),
            who: String::new(),
        }
    }

    #[test]
    fn only_on_this_machine_a_connection_is_in_clear_text_and_a_password_is_no_setting() {
        let encrypted = |address: &str| terms(address).config().map(|(_, encrypted)| encrypted);
        assert_eq!(encrypted("postgres://bwdc@127.0.0.1:5432/bwdc"), Ok(false));
        assert_eq!(encrypted("postgres://bwdc@localhost/bwdc"), Ok(false));
        assert_eq!(encrypted("postgres://bwdc@localhost/bwdc?sslmode=require"), Ok(true));
        assert_eq!(encrypted("postgres://bwdc@db.example.test/bwdc?sslmode=disable"), Ok(true));
        assert_eq!(encrypted("postgres://bwdc@db.example.test/bwdc"), Ok(true));
        assert_eq!(encrypted("postgres://bwdc@localhost,db.example.test/bwdc"), Ok(true));
        let wrong = |address: &str| terms(address).config().is_err();
        assert!(wrong("postgres://bwdc:secret@localhost/bwdc") && wrong("db.example.test:5432 \u{0}"));
    }
}
