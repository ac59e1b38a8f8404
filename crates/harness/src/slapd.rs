//! OpenLDAP's `slapd` as a private instance on loopback.
//!
//! Configuration is the old single file, because one text says all of it. Data goes in with `slapadd -q`, which is the
//! quick way and stores values as written (member values keep their odd spelling), but runs no overlays: entries that
//! an overlay must see are added with [`Slapd::ldapadd`] afterwards.

pub(crate) mod probe;

use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::certificates::Certificates;
use crate::output::{Output, finish};
use crate::slapd::probe::{binds, free_ports};
use crate::{HarnessError, create_folder, find_program, temporary_folder, write_file};

const SCHEMA_FOLDER: &str = "/etc/ldap/schema";
const MODULE_FOLDER: &str = "/usr/lib/ldap";
const START_LIMIT: Duration = Duration::from_secs(30);
const TOOL_LIMIT: Duration = Duration::from_secs(120);
const PORT_ATTEMPTS: usize = 5;

type Writer = Box<dyn FnOnce(&mut dyn Write) -> io::Result<()>>;

enum Ldif {
    Base,
    Text(String),
    File(PathBuf),
    Written(Writer),
}

/// What a [`Slapd`] is started with.
pub struct Options {
    suffix: String,
    ldif: Ldif,
    schemas: Vec<String>,
    global_lines: Vec<String>,
    database_lines: Vec<String>,
    modules: Vec<String>,
    overlay_lines: Vec<String>,
    tls: bool,
    demand_client_certificate: bool,
}

impl Options {
    /// Starts from an empty directory under `suffix` that holds the base entry only.
    #[must_use]
    pub fn new(suffix: impl Into<String>) -> Self {
        Self {
            suffix: suffix.into(),
            ldif: Ldif::Base,
            schemas: Vec::new(),
            global_lines: Vec::new(),
            database_lines: Vec::new(),
            modules: vec!["back_mdb".to_owned()],
            overlay_lines: Vec::new(),
            tls: false,
            demand_client_certificate: false,
        }
    }

    /// Loads this LDIF, which has to hold the base entry too.
    #[must_use]
    pub fn ldif_text(mut self, text: impl Into<String>) -> Self {
        self.ldif = Ldif::Text(text.into());
        self
    }

    /// Loads this LDIF file, which has to hold the base entry too.
    #[must_use]
    pub fn ldif_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.ldif = Ldif::File(path.into());
        self
    }

    /// Loads the LDIF that `write` writes, so that a large directory is never held in memory.
    #[must_use]
    pub fn ldif_writer(mut self, write: impl FnOnce(&mut dyn Write) -> io::Result<()> + 'static) -> Self {
        self.ldif = Ldif::Written(Box::new(write));
        self
    }

    /// Adds a schema text in slapd's own schema format, after core, cosine, inetorgperson and nis.
    #[must_use]
    pub fn schema(mut self, text: impl Into<String>) -> Self {
        self.schemas.push(text.into());
        self
    }

    /// Sets the server's size limit, such as `size.soft=10 size.hard=20`; the root DN is exempt.
    #[must_use]
    pub fn size_limit(self, limit: &str) -> Self {
        self.global_line(format!("sizelimit {limit}"))
    }

    /// Sets limits for some clients only, such as `anonymous size.pr=5`.
    #[must_use]
    pub fn limits(self, limits: &str) -> Self {
        self.database_line(format!("limits {limits}"))
    }

    /// Adds a configuration line before the database.
    #[must_use]
    pub fn global_line(mut self, line: impl Into<String>) -> Self {
        self.global_lines.push(line.into());
        self
    }

    /// Adds a configuration line to the database, such as `index mail eq` or an access rule.
    #[must_use]
    pub fn database_line(mut self, line: impl Into<String>) -> Self {
        self.database_lines.push(line.into());
        self
    }

    /// Loads an overlay, such as `memberof`, with its own configuration lines.
    #[must_use]
    pub fn overlay(mut self, name: &str, lines: &[&str]) -> Self {
        self.modules.push(name.to_owned());
        self.overlay_lines.push(format!("overlay {name}"));
        self.overlay_lines.extend(lines.iter().map(|line| (*line).to_owned()));
        self
    }

    /// Serves LDAPS and StartTLS with certificates made on the spot.
    #[must_use]
    pub fn tls(mut self) -> Self {
        self.tls = true;
        self
    }

    /// Serves TLS, and only to clients that show a certificate of the test authority.
    #[must_use]
    pub fn demand_client_certificate(mut self) -> Self {
        self.tls = true;
        self.demand_client_certificate = true;
        self
    }

    /// Loads the data and starts the server; returns when it answers.
    ///
    /// # Errors
    /// `slapd` missing, a configuration or LDIF that it refuses (with its words), or no answer in time.
    pub fn start(self) -> Result<Slapd, HarnessError> {
        let program = find_program("slapd", "slapd")?;
        let folder = temporary_folder()?;
        let home = folder.path();
        create_folder(&home.join("db"))?;
        let certificates = if self.tls { Some(Certificates::make_in(home)?) } else { None };
        let root_password =
            home.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        let root_dn = format!("cn=admin,{}", self.suffix);
        for (index, schema) in self.schemas.iter().enumerate() {
            write_file(&home.join(format!("extra-{index}.schema")), schema)?;
        }
        let text = self.configuration(home, certificates.as_ref(), &root_dn, &root_password);
        write_file(&home.join("slapd.conf"), text)?;
        write_file(&home.join("root.password"), &root_password)?;
        load(home, self.ldif, &self.suffix)?;

        let mut server = Slapd {
            program,
            suffix: self.suffix,
            root_dn,
            root_password,
            certificates,
            port: 0,
            ldaps_port: 0,
            process: None,
            folder,
        };
        server.start_on_free_ports()?;
        Ok(server)
    }

    fn configuration(
        &self,
        home: &Path,
        certificates: Option<&Certificates>,
        root_dn: &str,
        root_password: &str,
    ) -> String {
        let mut lines: Vec<String> = ["core", "cosine", "inetorgperson", "nis"]
            .iter()
            .map(|name| format!("include {SCHEMA_FOLDER}/{name}.schema"))
            .collect();
        let extra =
            (0..self.schemas.len()).map(|index| format!("include {}/extra-{index}.schema", home.display()));
        lines.extend(extra);
        lines.push(format!("modulepath {MODULE_FOLDER}"));
        lines.extend(self.modules.iter().map(|module| format!("moduleload {module}")));
        lines.push(format!("pidfile {}/slapd.pid", home.display()));
        lines.push(format!("argsfile {}/slapd.args", home.display()));
        if let Some(certificates) = certificates {
            lines.push(format!("TLSCACertificateFile {}", certificates.ca.display()));
            lines.push(format!("TLSCertificateFile {}", certificates.server_certificate.display()));
            lines.push(format!("TLSCertificateKeyFile {}", certificates.server_key.display()));
            let verify = if self.demand_client_certificate { "demand" } else { "try" };
            lines.push(format!("TLSVerifyClient {verify}"));
        }
        lines.extend(self.global_lines.iter().cloned());
        lines.push("database mdb".to_owned());
        lines.push(format!("suffix \"{}\"", self.suffix));
        lines.push(format!("rootdn \"{root_dn}\""));
        lines.push(format!("rootpw {root_password}"));
        lines.push(format!("directory {}/db", home.display()));
        lines.push("maxsize 4294967296".to_owned());
        lines.push("dbnosync".to_owned());
        lines.push("index objectClass eq".to_owned());
        lines.extend(self.database_lines.iter().cloned());
        lines.extend(self.overlay_lines.iter().cloned());
        lines.into_iter().fold(String::new(), |mut text, line| {
            text.push_str(&line);
            text.push('\n');
            text
        })
    }
}

/// A running `slapd`, ended with its data when dropped.
pub struct Slapd {
    program: PathBuf,
    suffix: String,
    root_dn: String,
    root_password: String,
    certificates: Option<Certificates>,
    port: u16,
    ldaps_port: u16,
    process: Option<Child>,
    folder: tempfile::TempDir,
}

impl Slapd {
    /// The port for `ldap://` on 127.0.0.1.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The port for `ldaps://` on 127.0.0.1; it answers only with [`Options::tls`].
    #[must_use]
    pub fn ldaps_port(&self) -> u16 {
        self.ldaps_port
    }

    /// The URL `ldap://127.0.0.1:<port>`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("ldap://127.0.0.1:{}", self.port)
    }

    /// The URL `ldaps://127.0.0.1:<port>`; the server's certificate names that address and `localhost`.
    #[must_use]
    pub fn ldaps_url(&self) -> String {
        format!("ldaps://127.0.0.1:{}", self.ldaps_port)
    }

    /// The distinguished name under which everything is allowed.
    #[must_use]
    pub fn root_dn(&self) -> &str {
        &self.root_dn
    }

    /// The root DN's password, different for every instance.
    #[must_use]
    pub fn root_password(&self) -> &str {
        &self.root_password
    }

    /// A file that holds the root DN's password, for tools that would otherwise take it as an argument (`-y`).
    #[must_use]
    pub fn root_password_file(&self) -> PathBuf {
        self.folder.path().join("root.password")
    }

    /// The suffix of the database.
    #[must_use]
    pub fn suffix(&self) -> &str {
        &self.suffix
    }

    /// The certificates, when the server was started with TLS.
    #[must_use]
    pub fn certificates(&self) -> Option<&Certificates> {
        self.certificates.as_ref()
    }

    /// The server's process id while it runs.
    #[must_use]
    pub fn process_id(&self) -> Option<u32> {
        self.process.as_ref().map(Child::id)
    }

    /// Adds entries given as LDIF, over the wire and so with the overlays at work.
    ///
    /// # Errors
    /// What `ldapadd` says.
    pub fn ldapadd(&self, ldif: &str) -> Result<(), HarnessError> {
        self.tool("ldapadd", &[], Some(ldif)).map(drop)
    }

    /// Applies LDIF change records (`changetype: modify`, `delete`, `modrdn`, …).
    ///
    /// # Errors
    /// What `ldapmodify` says.
    pub fn ldapmodify(&self, ldif: &str) -> Result<(), HarnessError> {
        self.tool("ldapmodify", &[], Some(ldif)).map(drop)
    }

    /// Searches the whole suffix and returns LDIF with unfolded lines.
    ///
    /// # Errors
    /// What `ldapsearch` says.
    pub fn ldapsearch(&self, filter: &str, attributes: &[&str]) -> Result<String, HarnessError> {
        let mut arguments = vec!["-LLL", "-o", "ldif-wrap=no", "-b", &self.suffix, filter];
        arguments.extend(attributes);
        self.tool("ldapsearch", &arguments, None).map(|output| output.stdout)
    }

    /// Ends the server and keeps its data; it can be [restarted](Self::restart).
    ///
    /// # Errors
    /// A process that cannot be ended.
    pub fn stop(&mut self) -> Result<(), HarnessError> {
        let Some(mut process) = self.process.take() else { return Ok(()) };
        end(&mut process)
            .map_err(|source| HarnessError::Run { program: self.program.display().to_string(), source })
    }

    /// Starts the server again on the same ports.
    ///
    /// # Errors
    /// As for [`Options::start`], and when somebody took a port meanwhile.
    pub fn restart(&mut self) -> Result<(), HarnessError> {
        self.stop()?;
        self.start_process()
    }

    fn start_on_free_ports(&mut self) -> Result<(), HarnessError> {
        let mut attempt = 1;
        loop {
            [self.port, self.ldaps_port] = free_ports().map_err(HarnessError::NoPort)?;
            match self.start_process() {
                Err(HarnessError::Failed { .. }) if attempt < PORT_ATTEMPTS => attempt += 1,
                result => return result,
            }
        }
    }

    fn start_process(&mut self) -> Result<(), HarnessError> {
        let mut urls = format!("ldap://127.0.0.1:{}", self.port);
        if self.certificates.is_some() {
            // The write into a String cannot fail.
            let _ = write!(urls, " ldaps://127.0.0.1:{}", self.ldaps_port);
        }
        let program = self.program.display().to_string();
        let log_path = self.folder.path().join("slapd.log");
        let log = File::create(&log_path).map_err(|source| HarnessError::File {
            action: "create",
            path: log_path.clone(),
            source,
        })?;
        let mut process = Command::new(&self.program)
            .arg("-f")
            .arg(self.folder.path().join("slapd.conf"))
            .args(["-h", &urls, "-d", "0"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .map_err(|source| HarnessError::Run { program: program.clone(), source })?;

        let deadline = Instant::now() + START_LIMIT;
        loop {
            // A bind with this instance's own password: another server on the port could not accept it.
            if binds(self.port, &self.root_dn, &self.root_password) {
                self.process = Some(process);
                return Ok(());
            }
            let words = || std::fs::read_to_string(&log_path).unwrap_or_default();
            match process.try_wait() {
                Ok(Some(status)) => {
                    return Err(HarnessError::Failed {
                        program,
                        status: status.to_string(),
                        stderr: words(),
                    });
                }
                Ok(None) if Instant::now() < deadline => std::thread::sleep(Duration::from_millis(5)),
                Ok(None) => {
                    let _ = end(&mut process);
                    let seconds = START_LIMIT.as_secs();
                    return Err(HarnessError::TimedOut { program, seconds, stderr: words() });
                }
                Err(source) => return Err(HarnessError::Run { program, source }),
            }
        }
    }

    fn tool(
        &self,
        name: &'static str,
        arguments: &[&str],
        input: Option<&str>,
    ) -> Result<Output, HarnessError> {
        let mut command = Command::new(find_program(name, "ldap-utils")?);
        command.args(["-x", "-H", &self.url(), "-D", &self.root_dn, "-y"]).arg(self.root_password_file());
        command.args(arguments).env("LDAPNOINIT", "1");
        if let Some(text) = input {
            let path = self.folder.path().join("input.ldif");
            write_file(&path, text)?;
            command.arg("-f").arg(path);
        }
        succeed(command)
    }
}

impl Drop for Slapd {
    fn drop(&mut self) {
        let _ = self.stop();
    }
}

fn load(home: &Path, ldif: Ldif, suffix: &str) -> Result<(), HarnessError> {
    let own = home.join("data.ldif");
    let path = match ldif {
        Ldif::File(path) => path,
        Ldif::Text(text) => {
            write_file(&own, text)?;
            own
        }
        Ldif::Base => {
            write_file(&own, base_entry(suffix))?;
            own
        }
        Ldif::Written(write) => {
            let failed = |source| HarnessError::File { action: "write", path: own.clone(), source };
            let mut file = BufWriter::new(File::create(&own).map_err(failed)?);
            write(&mut file).and_then(|()| file.flush()).map_err(failed)?;
            own
        }
    };
    let mut command = Command::new(find_program("slapadd", "slapd")?);
    command.arg("-q").arg("-f").arg(home.join("slapd.conf")).arg("-l").arg(path);
    succeed(command).map(drop)
}

fn base_entry(suffix: &str) -> String {
    let first = suffix.split(',').next().unwrap_or(suffix);
    let (attribute, value) = first.split_once('=').unwrap_or(("dc", first));
    let classes = match attribute.trim().to_ascii_lowercase().as_str() {
        "dc" => "objectClass: dcObject\nobjectClass: organization\no: Test",
        "ou" => "objectClass: organizationalUnit",
        "c" => "objectClass: country",
        _ => "objectClass: organization",
    };
    format!("dn: {suffix}\n{classes}\n{attribute}: {value}\n")
}

fn succeed(command: Command) -> Result<Output, HarnessError> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = finish(command, TOOL_LIMIT)?;
    if output.code == Some(0) {
        return Ok(output);
    }
    let status =
        output.code.map_or_else(|| "ended by a signal".to_owned(), |code| format!("exit code {code}"));
    Err(HarnessError::Failed { program, status, stderr: output.stderr })
}

fn end(process: &mut Child) -> io::Result<()> {
    process.kill()?;
    process.wait().map(drop)
}
