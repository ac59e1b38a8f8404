//! A session bus with GNOME Keyring on it: both of this test only, on sockets in a folder of its own.

use crate::{HarnessError, create_folder, temporary_folder, write_file};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(20);

/// A bus, and a keyring where one was started.
pub struct Session {
    folder: tempfile::TempDir,
    bus: Child,
    keyring: Option<Child>,
    address: String,
}

impl Session {
    /// Starts a bus on which nobody offers anything.
    ///
    /// # Errors
    /// A bus that is not installed or does not start.
    pub fn start() -> Result<Self, HarnessError> {
        let folder = temporary_folder()?;
        for name in ["home", "share", "run"] {
            create_folder(&folder.path().join(name))?;
        }
        let configuration = folder.path().join("bus.conf");
        write_file(
            &configuration,
            format!(
                "<busconfig><type>session</type><listen>unix:path={}</listen><auth>EXTERNAL</auth>\
                 <policy context=\"default\"><allow send_destination=\"*\" eavesdrop=\"true\"/>\
                 <allow eavesdrop=\"true\"/><allow own=\"*\"/></policy></busconfig>",
                folder.path().join("bus").display()
            ),
        )?;
        let mut command = Command::new("dbus-daemon");
        command
            .arg(format!("--config-file={}", configuration.display()))
            .args(["--nofork", "--print-address"]);
        let mut bus = spawn(command.stdout(Stdio::piped()), "dbus-daemon", "dbus")?;
        let mut address = String::new();
        if let Some(output) = bus.stdout.take() {
            // An address that cannot be read is empty, and the first call on the bus tells.
            let _ = BufReader::new(output).read_line(&mut address);
        }
        Ok(Self { folder, bus, keyring: None, address: address.trim().to_owned() })
    }

    /// Starts a bus with a keyring that a password unlocks.
    ///
    /// # Errors
    /// A program that is not installed or does not start.
    pub fn with_keyring(password: &str) -> Result<Self, HarnessError> {
        let mut session = Self::start()?;
        session.start_keyring(Some(password))?;
        Ok(session)
    }

    /// Starts the keyring, in the place of one that runs; without a password it stays locked.
    ///
    /// # Errors
    /// A keyring that is not installed or does not start.
    pub fn start_keyring(&mut self, password: Option<&str>) -> Result<(), HarnessError> {
        if let Some(running) = self.keyring.take() {
            end(running);
            self.wait_for_owner(false)?;
        }
        let mut command = Command::new("gnome-keyring-daemon");
        command.args(["--foreground", "--components=secrets"]);
        if password.is_some() {
            command.arg("--unlock");
        }
        command
            .env_clear()
            .env("HOME", self.path("home"))
            .env("XDG_DATA_HOME", self.path("share"))
            .env("XDG_RUNTIME_DIR", self.path("run"))
            .env("DBUS_SESSION_BUS_ADDRESS", &self.address)
            .stdin(Stdio::piped())
            .stdout(Stdio::null());
        let mut keyring = spawn(&mut command, "gnome-keyring-daemon", "gnome-keyring")?;
        if let (Some(mut input), Some(password)) = (keyring.stdin.take(), password) {
            // A keyring that has ended already is told by the wait below.
            let _ = input.write_all(password.as_bytes());
        }
        self.keyring = Some(keyring);
        self.wait_for_owner(true)
    }

    /// The address of the bus.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Runs `secret-tool`, which is a client of its own, with these arguments and this input; gives what it prints.
    ///
    /// # Errors
    /// A program that is not installed.
    pub fn secret_tool(&self, arguments: &[&str], input: &str) -> Result<String, HarnessError> {
        let mut command = Command::new("secret-tool");
        command.args(arguments).env("DBUS_SESSION_BUS_ADDRESS", &self.address);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = spawn(&mut command, "secret-tool", "libsecret-tools")?;
        if let Some(mut to) = child.stdin.take() {
            let _ = to.write_all(input.as_bytes());
        }
        let output = child
            .wait_with_output()
            .map_err(|source| HarnessError::Run { program: "secret-tool".to_owned(), source })?;
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    fn path(&self, name: &str) -> PathBuf {
        Path::new(self.folder.path()).join(name)
    }

    fn wait_for_owner(&self, wanted: bool) -> Result<(), HarnessError> {
        let end = Instant::now() + PATIENCE;
        loop {
            let mut command = Command::new("dbus-send");
            command
                .args([
                    "--session",
                    "--print-reply=literal",
                    "--dest=org.freedesktop.DBus",
                    "/org/freedesktop/DBus",
                ])
                .args(["org.freedesktop.DBus.NameHasOwner", "string:org.freedesktop.secrets"])
                .env("DBUS_SESSION_BUS_ADDRESS", &self.address);
            let failed = |source| HarnessError::Run { program: "dbus-send".to_owned(), source };
            let output = command.output().map_err(failed)?;
            if String::from_utf8_lossy(&output.stdout).contains(if wanted { "true" } else { "false" }) {
                return Ok(());
            }
            if Instant::now() >= end {
                return Err(HarnessError::TimedOut {
                    program: "gnome-keyring-daemon".to_owned(),
                    seconds: PATIENCE.as_secs(),
                    stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
                });
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if let Some(keyring) = self.keyring.take() {
            end(keyring);
        }
        let _ = self.bus.kill();
        let _ = self.bus.wait();
    }
}

fn end(mut child: Child) {
    let _ = child.kill();
    let _ = child.wait();
}

fn spawn(command: &mut Command, program: &'static str, package: &'static str) -> Result<Child, HarnessError> {
    command.stderr(Stdio::null()).spawn().map_err(|source| match source.kind() {
        std::io::ErrorKind::NotFound => HarnessError::Missing { program, package },
        _ => HarnessError::Run { program: program.to_owned(), source },
    })
}
