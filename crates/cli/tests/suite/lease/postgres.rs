//! A PostgreSQL server of its own on loopback, and a way to it that can be cut.

use crate::service::daemon::until;
use bwdc_harness::certificates::Certificates;
use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tempfile::TempDir;

/// The server; it ends with the test.
pub(super) struct Postgres {
    server: Child,
    port: u16,
    folder: TempDir,
}

/// Where Debian's packages have the programs, the newest last.
fn programs() -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql").expect("PostgreSQL is installed");
    let mut versions: Vec<PathBuf> = versions.filter_map(|it| Some(it.ok()?.path().join("bin"))).collect();
    versions.sort();
    versions.pop().expect("a version")
}

/// Root may not run it: the account of the package does.
fn as_account(program: &str) -> Command {
    as_program(programs().join(program))
}

fn as_program(program: impl AsRef<std::ffi::OsStr>) -> Command {
    let is_root =
        std::fs::metadata("/proc/self").is_ok_and(|it| std::os::unix::fs::MetadataExt::uid(&it) == 0);
    if !is_root {
        return Command::new(program);
    }
    let mut command = Command::new("runuser");
    command.args(["-u", "postgres", "--"]).arg(program);
    command
}

impl Postgres {
    pub(super) fn start() -> Self {
        Self::with(|_| Vec::new())
    }

    /// With a certificate for `localhost`, and the file of the authority that signed it.
    pub(super) fn encrypted() -> (Self, PathBuf) {
        let mut authority = PathBuf::new();
        let server = Self::with(|folder| {
            let made = Certificates::make_in(folder).expect("certificates");
            authority.clone_from(&made.ca);
            // The account of the server has to own its key.
            for path in [&made.server_certificate, &made.server_key] {
                let mode = std::os::unix::fs::PermissionsExt::from_mode(0o644);
                std::fs::set_permissions(path, mode).expect("ours");
            }
            let key = folder.join("key.pem");
            let copied = as_program("cp").arg(&made.server_key).arg(&key).status().expect("cp");
            let closed = as_program("chmod").arg("0600").arg(&key).status().expect("chmod");
            assert!(copied.success() && closed.success());
            let set = |name: &str, path: &Path| format!("{name}={}", path.display());
            let certificate = set("ssl_cert_file", &made.server_certificate);
            vec!["ssl=on".to_owned(), certificate, set("ssl_key_file", &key)]
        });
        (server, authority)
    }

    fn with(settings: impl FnOnce(&Path) -> Vec<String>) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::set_permissions(folder.path(), std::os::unix::fs::PermissionsExt::from_mode(0o777))
            .expect("ours");
        let data = folder.path().join("data");
        let made =
            as_account("initdb").args(["-A", "trust", "-U", "bwdc", "--no-sync", "-D"]).arg(&data).output();
        let made = made.expect("it starts");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let settings = settings(folder.path());
        let port = TcpListener::bind("127.0.0.1:0").and_then(|it| it.local_addr()).expect("a port").port();
        let mut server = as_account("postgres");
        server.args([
            "-p",
            &port.to_string(),
            "-c",
            "listen_addresses=127.0.0.1",
            "-c",
            "fsync=off",
            "-k",
            "",
            "-D",
        ]);
        server.arg(&data);
        for setting in settings {
            server.args(["-c", &setting]);
        }
        let server = server.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts");
        let server = Self { server, port, folder };
        until("the database answers", || TcpStream::connect(("127.0.0.1", port)).ok());
        server
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // Its own processes end with it: by a signal that lets it remove what it shares with them.
        let first =
            std::fs::read_to_string(self.folder.path().join("data/postmaster.pid")).unwrap_or_default();
        if let Some(id) = first.lines().next() {
            let _ = Command::new("kill").args(["-INT", id]).status();
        }
        let _ = self.server.wait();
    }
}

/// A way to the database for one machine.
pub(super) struct Way {
    pub(super) port: u16,
    cut: Arc<AtomicBool>,
}

impl Way {
    pub(super) fn to(database: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let cut = Arc::new(AtomicBool::new(false));
        let is_cut = Arc::clone(&cut);
        std::thread::spawn(move || {
            for here in listener.incoming().map_while(Result::ok) {
                let Ok(there) = TcpStream::connect(("127.0.0.1", database)) else { continue };
                for (from, to) in [(&here, &there), (&there, &here)] {
                    let (from, to) = (from.try_clone().expect("a socket"), to.try_clone().expect("a socket"));
                    let is_cut = Arc::clone(&is_cut);
                    std::thread::spawn(move || carry(from, to, &is_cut));
                }
            }
        });
        Self { port, cut }
    }

    /// From now on nothing gets through, and nobody is told.
    pub(super) fn cut(&self) {
        self.cut.store(true, Ordering::SeqCst);
    }

    pub(super) fn mend(&self) {
        self.cut.store(false, Ordering::SeqCst);
    }

    pub(super) fn handle(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.cut)
    }
}

fn carry(mut from: TcpStream, mut to: TcpStream, is_cut: &AtomicBool) {
    let mut part = [0; 16 * 1024];
    while let Ok(read @ 1..) = from.read(&mut part) {
        while is_cut.load(Ordering::SeqCst) {
            std::thread::sleep(Duration::from_millis(10));
        }
        if to.write_all(part.get(..read).unwrap_or_default()).is_err() {
            break;
        }
    }
    // The other direction may have ended it.
    let _ = to.shutdown(Shutdown::Both);
}
