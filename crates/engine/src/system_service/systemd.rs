//! Units of systemd, as texts.

use super::{Layout, Scope, Start, SystemServiceError};
use crate::paths::ProcessEnvironment;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

pub(super) const SERVICE: &str = "bwdc.service";
pub(super) const TIMER: &str = "bwdc.timer";

/// Where units of this scope are written.
pub(super) fn unit_folder(
    environment: &ProcessEnvironment,
    scope: Scope,
) -> Result<PathBuf, SystemServiceError> {
    match (scope, environment.variable("XDG_CONFIG_HOME"), environment.variable("HOME")) {
        (Scope::Machine, ..) => Ok("/etc/systemd/system".into()),
        (Scope::Account, Some(folder), _) => Ok(PathBuf::from(folder).join("systemd/user")),
        (Scope::Account, None, Some(home)) => Ok(PathBuf::from(home).join(".config/systemd/user")),
        (Scope::Account, None, None) => Err(SystemServiceError::NoManager),
    }
}

/// The account and the group of the machine's service, in the form of sysusers.d(5).
pub(super) const ACCOUNT: &str = "\
# Written when the service was installed; the next installation replaces it.
u bwdc - \"Directory connector for Bitwarden\" /var/lib/bwdc /usr/sbin/nologin
";

/// What the machine's service may do: nothing but talk to the network and write its own folder. That it may open
/// connections is what `systemd-analyze security` counts against it.
const HARDENING: &str = "\
# The service talks to a directory and to Bitwarden over the network, and writes its own folder. Nothing else is left to it.
NoNewPrivileges=yes
CapabilityBoundingSet=
AmbientCapabilities=
ProtectSystem=strict
ProtectHome=yes
ProtectProc=invisible
ProcSubset=pid
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
PrivateDevices=yes
PrivateMounts=yes
PrivateTmp=yes
DevicePolicy=closed
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
MemoryDenyWriteExecute=yes
RemoveIPC=yes
KeyringMode=private
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
SystemCallErrorNumber=EPERM
# Not set: IPAddressDeny=any (the network is what it is for), PrivateUsers=yes (it names who approved what).
";

/// The unit of a service that stays, or of a single run.
pub(super) fn service(layout: &Layout, start: Start, sealed_key: Option<&Path>) -> String {
    let mut unit = String::from(
        "# Written when the service was installed; the next installation replaces it.\n[Unit]\nDescription=Directory connector for Bitwarden (bwdc)\n\
         Wants=network-online.target\nAfter=network-online.target\n",
    );
    if start == Start::Stays {
        unit.push_str("StartLimitIntervalSec=0\n");
    }
    let program = quoted(&layout.program);
    // A string takes what is written to it.
    let _ = match start {
        Start::Stays => write!(
            unit,
            "\n[Service]\nType=notify\nNotifyAccess=main\nExecStart={program} run\nExecReload=/bin/sh -c \"kill -HUP $MAINPID\"\n\
             Restart=always\nRestartSec=5\nWatchdogSec=3min\nTimeoutStopSec=75\n"
        ),
        Start::Timer { .. } => write!(
            unit,
            "\n[Service]\nType=oneshot\nExecStart={program} sync --nointeraction --wait 600\nTimeoutStartSec=infinity\n\
             TimeoutStopSec=75\n"
        ),
    };
    unit.push_str("UMask=0077\n");
    if let Some(path) = sealed_key {
        let _ = writeln!(unit, "{}", super::credential::property(path));
    }
    let folder = escaped(&layout.folder);
    if layout.scope == Scope::Machine {
        let _ = write!(
            unit,
            "User=bwdc\nGroup=bwdc\nStateDirectory=bwdc\nStateDirectoryMode=0711\nRuntimeDirectory=bwdc\n\
             RuntimeDirectoryMode=0750\nEnvironment=\"BITWARDENCLI_CONNECTOR_APPDATA_DIR={folder}\"\n\n{HARDENING}"
        );
    } else {
        let _ = write!(
            unit,
            "Environment=\"BITWARDENCLI_CONNECTOR_APPDATA_DIR={folder}\"\nNoNewPrivileges=yes\n"
        );
    }
    let wanted = if layout.scope == Scope::Machine { "multi-user.target" } else { "default.target" };
    if start == Start::Stays {
        let _ = write!(unit, "\n[Install]\nWantedBy={wanted}\n");
    }
    unit
}

/// The timer that starts single runs.
pub(super) fn timer(minutes: i64) -> String {
    format!(
        "# Written when the service was installed; the next installation replaces it.\n[Unit]\nDescription=Runs of the directory connector for Bitwarden (bwdc)\n\n\
         [Timer]\nOnBootSec=2min\nOnUnitActiveSec={minutes}min\nRandomizedDelaySec=2min\nFixedRandomDelay=yes\n\n\
         [Install]\nWantedBy=timers.target\n"
    )
}

/// A path as one word of a unit.
fn quoted(path: &Path) -> String {
    let plain = |it: char| it.is_ascii_alphanumeric() || "/._-".contains(it);
    if path.display().to_string().chars().all(plain) {
        path.display().to_string()
    } else {
        format!("\"{}\"", escaped(path))
    }
}

/// A path between quotation marks of a unit.
fn escaped(path: &Path) -> String {
    path.display().to_string().replace('\\', "\\\\").replace('"', "\\\"").replace('%', "%%")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(scope: Scope) -> Layout {
        Layout { scope, program: "/usr/local/bin/bwdc".into(), folder: "/var/lib/bwdc/data".into() }
    }

    #[test]
    fn the_machines_service_has_an_account_and_nothing_to_spare() {
        let unit = service(&layout(Scope::Machine), Start::Stays, None);
        for line in [
            "ExecStart=/usr/local/bin/bwdc run",
            "Type=notify",
            "User=bwdc",
            "Environment=\"BITWARDENCLI_CONNECTOR_APPDATA_DIR=/var/lib/bwdc/data\"",
            "CapabilityBoundingSet=",
            "WantedBy=multi-user.target",
        ] {
            assert!(unit.lines().any(|it| it == line), "{line}\n{unit}");
        }
    }

    #[test]
    fn a_key_that_only_systemd_opens_is_named_in_the_unit() {
        let path = Path::new("/etc/credstore.encrypted/bwdc.key");
        for start in [Start::Stays, Start::Timer { minutes: 5 }] {
            let unit = service(&layout(Scope::Machine), start, Some(path));
            let line = "LoadCredentialEncrypted=bwdc.key:/etc/credstore.encrypted/bwdc.key";
            let (before, _) = unit.split_once(line).expect("the line");
            assert!(before.contains("[Service]") && !before.contains("[Install]"), "{unit}");
        }
    }

    #[test]
    fn an_accounts_own_service_keeps_the_accounts_folder() {
        let unit = service(&layout(Scope::Account), Start::Stays, None);
        assert!(
            unit.contains("WantedBy=default.target")
                && !unit.contains("User=")
                && !unit.contains("StateDirectory")
        );
    }

    #[test]
    fn a_timer_starts_single_runs() {
        let unit = service(&layout(Scope::Machine), Start::Timer { minutes: 60 }, None);
        assert!(unit.contains("Type=oneshot") && unit.contains("sync --nointeraction"));
        assert!(!unit.contains("[Install]") && !unit.contains("Watchdog"), "the timer starts it");
        assert!(timer(60).contains("OnUnitActiveSec=60min"));
    }

    #[test]
    fn a_path_with_blanks_stays_one_word() {
        assert_eq!(quoted(Path::new("/opt/my tools/100%/bwdc")), "\"/opt/my tools/100%%/bwdc\"");
        let layout = Layout { folder: "/home/ann/100% \"mine\"".into(), ..layout(Scope::Account) };
        let unit = service(&layout, Start::Stays, None);
        assert!(unit.contains("APPDATA_DIR=/home/ann/100%% \\\"mine\\\"\"\n"), "{unit}");
    }
}
