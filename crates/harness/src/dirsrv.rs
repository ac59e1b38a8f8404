//! 389 Directory Server as a private instance on loopback.
//!
//! Its own tool makes the instance, below a folder of ours and in a network of its own, because it binds every address
//! while it is set up; then the server is started directly, on one address. Making it takes root and some five seconds,
//! so a test binary makes one and asks everything of it.

use std::fmt::Write as _;
use std::fs::File;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::output::{Output, finish};
use crate::slapd::probe::binds;
use crate::{HarnessError, create_folder, find_program, temporary_folder, write_file};

/// The account under which everything is allowed.
pub const ROOT_DN: &str = "cn=Directory Manager";

const DEFAULTS: &str = "/usr/share/dirsrv/inf/defaults.inf";
const TEMPLATES: &str = "/usr/share/dirsrv/data";
const CONFIGURATION: &str = "/etc/dirsrv";
const PACKAGE: &str = "389-ds-base";
const MAKE_LIMIT: Duration = Duration::from_secs(120);
const START_LIMIT: Duration = Duration::from_secs(60);

/// A running 389 Directory Server, ended with its data when dropped.
pub struct DirectoryServer {
    suffix: String,
    password: String,
    port: u16,
    process: Option<Child>,
    folder: tempfile::TempDir,
}

impl DirectoryServer {
    /// Makes an instance with an entry for `suffix` and starts it; returns when it answers.
    ///
    /// # Errors
    /// The package missing, an instance that cannot be made (with the words of `dscreate`), or no answer in time.
    pub fn start(suffix: &str) -> Result<Self, HarnessError> {
        let dscreate = find_program("dscreate", PACKAGE)?;
        let program = find_program("ns-slapd", PACKAGE)?;
        let folder = temporary_folder()?;
        let home = folder.path();
        let password = home.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .and_then(|listener| listener.local_addr())
            .map_err(HarnessError::NoPort)?
            .port();
        prepare(home)?;
        write_file(&home.join("root.password"), &password)?;
        write_file(&home.join("instance.inf"), instance(suffix, &password, port))?;
        let mut make = Command::new(find_program("unshare", "util-linux")?);
        make.args(["-n", "sh", "-c", "ip link set lo up && exec \"$@\"", "sh"]).arg(dscreate);
        make.arg("from-file").arg(home.join("instance.inf")).env("PREFIX", home);
        succeed(make, MAKE_LIMIT)?;
        let mut server = Self { suffix: suffix.to_owned(), password, port, process: None, folder };
        server.listen_on_loopback()?;
        server.start_process(&program)?;
        Ok(server)
    }

    /// Ends the server and starts it again: some plug-ins begin to work with a start only.
    ///
    /// # Errors
    /// No answer in time.
    pub fn restart(&mut self) -> Result<(), HarnessError> {
        self.end();
        self.start_process(&find_program("ns-slapd", PACKAGE)?)
    }

    /// The port for `ldap://` on 127.0.0.1.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The password of [`ROOT_DN`], different for every instance.
    #[must_use]
    pub fn password(&self) -> &str {
        &self.password
    }

    /// The socket on which the server knows a process by its user: root's is [`ROOT_DN`].
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        self.folder.path().join(format!("run/slapd-{}.socket", self.instance()))
    }

    /// Applies LDIF change records; entries without a change type are added.
    ///
    /// # Errors
    /// What `ldapmodify` says.
    pub fn ldapmodify(&self, ldif: &str) -> Result<(), HarnessError> {
        let path = self.folder.path().join("input.ldif");
        write_file(&path, ldif)?;
        self.tool("ldapmodify", &["-a", "-f", &path.to_string_lossy()]).map(drop)
    }

    /// Searches the whole suffix and returns LDIF with unfolded lines.
    ///
    /// # Errors
    /// What `ldapsearch` says.
    pub fn ldapsearch(&self, filter: &str, attributes: &[&str]) -> Result<String, HarnessError> {
        let mut arguments = vec!["-LLL", "-o", "ldif-wrap=no", "-b", &self.suffix, filter];
        arguments.extend(attributes);
        self.tool("ldapsearch", &arguments).map(|output| output.stdout)
    }

    fn tool(&self, name: &'static str, arguments: &[&str]) -> Result<Output, HarnessError> {
        let mut command = Command::new(find_program(name, "ldap-utils")?);
        command.args(["-x", "-H", &format!("ldap://127.0.0.1:{}", self.port), "-D", ROOT_DN, "-y"]);
        command.arg(self.folder.path().join("root.password")).args(arguments).env("LDAPNOINIT", "1");
        succeed(command, MAKE_LIMIT)
    }

    fn configuration(&self) -> PathBuf {
        self.folder.path().join("etc/dirsrv").join(format!("slapd-{}", self.instance()))
    }

    fn instance(&self) -> String {
        instance_name(self.port)
    }

    /// Written into the server's own file while it does not run.
    fn listen_on_loopback(&self) -> Result<(), HarnessError> {
        let path = self.configuration().join("dse.ldif");
        let text = std::fs::read_to_string(&path).map_err(|source| HarnessError::File {
            action: "read",
            path: path.clone(),
            source,
        })?;
        let line = "dn: cn=config\n";
        write_file(&path, text.replacen(line, &format!("{line}nsslapd-listenhost: 127.0.0.1\n"), 1))
    }

    fn end(&mut self) {
        if let Some(mut process) = self.process.take() {
            let _ = process.kill();
            let _ = process.wait();
        }
    }

    fn start_process(&mut self, program: &Path) -> Result<(), HarnessError> {
        let name = program.display().to_string();
        let log_path = self.folder.path().join("dirsrv.log");
        let log = File::create(&log_path).map_err(|source| HarnessError::File {
            action: "create",
            path: log_path.clone(),
            source,
        })?;
        let mut process = Command::new(program)
            .arg("-D")
            .arg(self.configuration())
            .arg("-i")
            .arg(self.folder.path().join("run/server.pid"))
            .args(["-d", "0"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .map_err(|source| HarnessError::Run { program: name.clone(), source })?;
        let deadline = Instant::now() + START_LIMIT;
        loop {
            let answers = binds(self.port, ROOT_DN, &self.password);
            if answers && UnixStream::connect(self.socket()).is_ok() {
                self.process = Some(process);
                return Ok(());
            }
            let words = || std::fs::read_to_string(&log_path).unwrap_or_default();
            match process.try_wait() {
                Ok(Some(status)) => {
                    let status = status.to_string();
                    return Err(HarnessError::Failed { program: name, status, stderr: words() });
                }
                Ok(None) if Instant::now() < deadline => std::thread::sleep(Duration::from_millis(20)),
                Ok(None) => {
                    let _ = process.kill();
                    let _ = process.wait();
                    let seconds = START_LIMIT.as_secs();
                    return Err(HarnessError::TimedOut { program: name, seconds, stderr: words() });
                }
                Err(source) => return Err(HarnessError::Run { program: name, source }),
            }
        }
    }
}

impl Drop for DirectoryServer {
    fn drop(&mut self) {
        self.end();
    }
}

/// The package's own files with every path moved below `home`, and nothing of systemd.
fn prepare(home: &Path) -> Result<(), HarnessError> {
    let defaults = std::fs::read_to_string(DEFAULTS)
        .map_err(|_| HarnessError::Missing { program: "dscreate", package: PACKAGE })?;
    let root = home.display();
    let mut moved = String::new();
    for line in defaults.lines() {
        let line = match line.split_once(" = ") {
            Some(("with_systemd", _)) => "with_systemd = 0".to_owned(),
            Some((key @ ("user" | "group"), _)) => format!("{key} = root"),
            Some((key, path)) if is_written(path) => format!("{key} = {root}{path}"),
            Some(("inst_dir", _)) => format!("inst_dir = {root}/lib/slapd-{{instance_name}}"),
            _ => line.to_owned(),
        };
        // The write into a String cannot fail.
        let _ = writeln!(moved, "{line}");
    }
    for name in ["share/dirsrv/inf", "etc/dirsrv", "etc/default", "run", "tmp"] {
        create_folder(&home.join(name))?;
    }
    write_file(&home.join("share/dirsrv/inf/defaults.inf"), moved)?;
    let mut copy = Command::new("cp");
    copy.args(["-r", TEMPLATES]).arg(home.join("share/dirsrv/"));
    succeed(copy, MAKE_LIMIT)?;
    let mut copy = Command::new("cp");
    copy.arg("-r").args(["config", "schema"].map(|name| format!("{CONFIGURATION}/{name}")));
    copy.arg(home.join("etc/dirsrv/"));
    succeed(copy, MAKE_LIMIT).map(drop)
}

fn is_written(path: &str) -> bool {
    ["/etc", "/var", "/run", "/dev/shm", "/tmp"].iter().any(|folder| path.starts_with(folder))
}

/// Its own for each instance: the server names a semaphore of the whole machine after it, and two that start at once under
/// one name end each other.
fn instance_name(port: u16) -> String {
    format!("test{port}")
}

fn instance(suffix: &str, password: &str, port: u16) -> String {
    let name = instance_name(port);
    format!(
        "[general]\nconfig_version = 2\nfull_machine_name = localhost\nstart = False\nstrict_host_checking = False\n\
         [slapd]\ninstance_name = {name}\nport = {port}\nsecure_port = 0\nroot_password = {password}\n\
         self_sign_cert = False\nuser = root\ngroup = root\n\
         [backend-userroot]\nsuffix = {suffix}\ncreate_suffix_entry = True\nsample_entries = no\n"
    )
}

fn succeed(command: Command, limit: Duration) -> Result<Output, HarnessError> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = finish(command, limit)?;
    if output.code == Some(0) {
        return Ok(output);
    }
    let status =
        output.code.map_or_else(|| "ended by a signal".to_owned(), |code| format!("exit code {code}"));
    Err(HarnessError::Failed { program, status, stderr: output.stderr + &output.stdout })
}
