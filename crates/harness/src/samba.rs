//! Samba as a private Active Directory domain controller on loopback.
//!
//! Provisioning takes five seconds, so a test binary makes one domain and asks everything of it. The LDAP ports of a
//! domain controller are fixed: every instance has an address of its own in 127.0.0.0/8, which takes root. The process
//! ends with its standard input, and so also when the test binary is killed.

use std::fs::{File, Permissions};
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::certificates::Certificates;
use crate::output::{Output, finish};
use crate::{HarnessError, create_folder, find_program, temporary_folder, write_file};

/// The domain's root.
pub const ROOT: &str = "DC=ad,DC=example,DC=test";
/// The domain's short name, as in `ADTEST\name`.
pub const SHORT_NAME: &str = "ADTEST";
/// The password of the domain's `Administrator`.
pub const PASSWORD: &str = "Passw0rd-Adm1n";
/// The account under which everything is allowed.
pub const ADMINISTRATOR: &str = "CN=Administrator,CN=Users,DC=ad,DC=example,DC=test";

/// Debian's own interpreter: Samba's modules belong to it.
const PYTHON: &str = "/usr/bin/python3";
const PORTS: [u16; 6] = [88, 389, 464, 636, 3268, 3269];
const REALM: &str = "AD.EXAMPLE.TEST";
const START_LIMIT: Duration = Duration::from_secs(20);
const TOOL_LIMIT: Duration = Duration::from_secs(180);
const ADDRESS_ATTEMPTS: u32 = 50;

const PROVISION: &str = r#"
import logging, sys
from samba.auth import system_session
from samba.param import LoadParm
from samba.provision import provision

folder, password = sys.argv[1], sys.stdin.read()
lp = LoadParm()
lp.load(folder + "/empty.conf")
provision(logging.getLogger(), system_session(), smbconf=None, targetdir=folder, realm="AD.EXAMPLE.TEST", domain="ADTEST",
          hostname="dc1", hostip="127.0.0.1", adminpass=password, dom_for_fun_level=4, use_rfc2307=True,
          serverrole="active directory domain controller", dns_backend="NONE", skip_sysvolacl=True, lp=lp)
"#;

/// Puts an entry in front of an access list; `samba-tool dsacl` does not see the container of deleted entries.
const GRANT: &str = r#"
import sys
import ldb
from samba.auth import system_session
from samba.dcerpc import security
from samba.ndr import ndr_pack, ndr_unpack
from samba.param import LoadParm
from samba.samdb import SamDB

folder, name, entry = sys.argv[1:]
lp = LoadParm()
lp.load(folder + "/smb.conf")
db = SamDB(url=folder + "/private/sam.ldb", session_info=system_session(), lp=lp)
shown = ["show_deleted:1"]
attribute = "nTSecurityDescriptor"
found = db.search(base=name, scope=ldb.SCOPE_BASE, attrs=[attribute], controls=shown)[0]
domain = security.dom_sid(db.get_domain_sid())
text = ndr_unpack(security.descriptor, found[attribute][0]).as_sddl(domain)
place = text.index("(", text.index("D:"))
descriptor = security.descriptor.from_sddl(text[:place] + entry + text[place:], domain)
change = ldb.Message(found.dn)
change[attribute] = ldb.MessageElement(ndr_pack(descriptor), ldb.FLAG_MOD_REPLACE, attribute)
db.modify(change, shown)
"#;

/// Switches the Recycle Bin on, for good; Samba takes this from the system's own account only.
const RECYCLE_BIN: &str = r#"
import sys
import ldb
from samba.auth import system_session
from samba.param import LoadParm
from samba.samdb import SamDB

folder = sys.argv[1]
lp = LoadParm()
lp.load(folder + "/smb.conf")
db = SamDB(url=folder + "/private/sam.ldb", session_info=system_session(), lp=lp)
feature = "CN=Partitions,%s:766ddcd8-acd0-445e-f3b9-a7f9b6744f2a" % db.get_config_basedn()
change = ldb.Message(ldb.Dn(db, ""))
change["enableOptionalFeature"] = ldb.MessageElement(feature, ldb.FLAG_MOD_ADD, "enableOptionalFeature")
db.modify(change)
"#;

/// A running domain controller, ended with its data when dropped.
pub struct Domain {
    address: Ipv4Addr,
    certificates: Certificates,
    process: Option<Child>,
    folder: tempfile::TempDir,
}

impl Domain {
    /// Provisions a domain and starts its controller; returns when it answers.
    ///
    /// # Errors
    /// Samba missing, a provisioning that fails (with its words), no address with free ports, or no answer in time.
    pub fn start() -> Result<Self, HarnessError> {
        let program = find_program("samba", "samba")?;
        let folder = temporary_folder()?;
        let home = folder.path();
        let address = free_address()?;
        let certificates = Certificates::make_for(home, &["localhost", &address.to_string()])?;
        protect(&certificates.server_key)?;
        write_file(&home.join("administrator.password"), PASSWORD)?;
        write_file(&home.join("empty.conf"), "")?;
        write_file(&home.join("provision.py"), PROVISION)?;
        let mut command = Command::new(PYTHON);
        command.arg(home.join("provision.py")).arg(home);
        command.stdin(open(&home.join("administrator.password"))?);
        succeed(command)?;
        for name in ["lock", "pid", "ncalrpc", "winbindd", "ntp_signd"] {
            create_folder(&home.join(name))?;
        }
        write_file(&home.join("smb.conf"), configuration(home, address, &certificates))?;
        write_file(&home.join("krb5.conf"), kerberos_configuration(address))?;
        let mut domain = Self { address, certificates, process: None, folder };
        domain.start_process(&program)?;
        domain.ldapmodify(&format!(
            "dn: CN=DC1,OU=Domain Controllers,{ROOT}\nchangetype: modify\nadd: servicePrincipalName\n\
             servicePrincipalName: ldap/{address}\nservicePrincipalName: ldap/localhost\n"
        ))?;
        Ok(domain)
    }

    /// The Kerberos configuration that finds this domain (`KRB5_CONFIG`).
    #[must_use]
    pub fn kerberos_configuration(&self) -> PathBuf {
        self.folder.path().join("krb5.conf")
    }

    /// Gets a ticket for an account of the domain; where it is kept (`KRB5CCNAME`).
    ///
    /// # Errors
    /// What `kinit` says.
    pub fn ticket(&self, account: &str, password: &str) -> Result<String, HarnessError> {
        let home = self.folder.path();
        let cache = format!("FILE:{}", home.join(format!("ticket-{account}")).display());
        let typed = home.join("typed.password");
        write_file(&typed, password)?;
        let mut command = Command::new(find_program("kinit", "krb5-user")?);
        command.args(["-c", &cache, &format!("{account}@{REALM}")]);
        command.env("KRB5_CONFIG", self.kerberos_configuration()).stdin(open(&typed)?);
        succeed(command)?;
        Ok(cache)
    }

    /// The address on which LDAP (389), LDAPS (636) and the global catalog (3268, 3269) answer.
    #[must_use]
    pub fn address(&self) -> Ipv4Addr {
        self.address
    }

    /// The certificates; the server's names its address and `localhost`.
    #[must_use]
    pub fn certificates(&self) -> &Certificates {
        &self.certificates
    }

    /// Adds entries given as LDIF, over LDAPS.
    ///
    /// # Errors
    /// What `ldapadd` says.
    pub fn ldapadd(&self, ldif: &str) -> Result<(), HarnessError> {
        self.tool("ldapadd", &[], Some(ldif)).map(drop)
    }

    /// Applies LDIF change records, over LDAPS.
    ///
    /// # Errors
    /// What `ldapmodify` says.
    pub fn ldapmodify(&self, ldif: &str) -> Result<(), HarnessError> {
        self.tool("ldapmodify", &[], Some(ldif)).map(drop)
    }

    /// Searches the whole domain and returns LDIF with unfolded lines.
    ///
    /// # Errors
    /// What `ldapsearch` says.
    pub fn ldapsearch(&self, filter: &str, attributes: &[&str]) -> Result<String, HarnessError> {
        let mut arguments = vec!["-LLL", "-o", "ldif-wrap=no", "-E", "pr=1000/noprompt", "-b", ROOT, filter];
        arguments.extend(attributes);
        self.tool("ldapsearch", &arguments, None).map(|output| output.stdout)
    }

    /// What `samba-tool` says, asked of the database itself and so without LDAP.
    ///
    /// # Errors
    /// What `samba-tool` says when it fails.
    pub fn samba_tool(&self, arguments: &[&str]) -> Result<String, HarnessError> {
        let home = self.folder.path();
        let mut command = Command::new(PYTHON);
        command.arg(find_program("samba-tool", "samba")?).args(arguments);
        command.arg("-H").arg(home.join("private/sam.ldb")).arg("-s").arg(home.join("smb.conf"));
        succeed(command).map(|output| output.stdout)
    }

    /// Puts an entry in the language of security descriptors, such as `(A;;LCRP;;;<sid>)`, in front of an object's access list.
    ///
    /// # Errors
    /// What Samba says when it refuses.
    pub fn set_access(&self, object: &str, entry: &str) -> Result<(), HarnessError> {
        let script = self.folder.path().join("grant.py");
        write_file(&script, GRANT)?;
        let mut command = Command::new(PYTHON);
        command.arg(script).arg(self.folder.path()).args([object, entry]);
        succeed(command).map(drop)
    }

    /// Switches on the Recycle Bin, which keeps what deleted entries held. It cannot be switched off again.
    ///
    /// # Errors
    /// What Samba says when it refuses.
    pub fn enable_recycle_bin(&self) -> Result<(), HarnessError> {
        let script = self.folder.path().join("recycle-bin.py");
        write_file(&script, RECYCLE_BIN)?;
        let mut command = Command::new(PYTHON);
        command.arg(script).arg(self.folder.path());
        succeed(command).map(drop)
    }

    fn start_process(&mut self, program: &Path) -> Result<(), HarnessError> {
        let name = program.display().to_string();
        let log_path = self.folder.path().join("samba.log");
        let failed = |source| HarnessError::File { action: "create", path: log_path.clone(), source };
        let log = File::create(&log_path).map_err(failed)?;
        let mut process = Command::new(program)
            .arg("-s")
            .arg(self.folder.path().join("smb.conf"))
            .args(["-i", "-M", "single", "--debug-stdout"])
            .env("TDB_NO_FSYNC", "1")
            .stdin(Stdio::piped())
            .stdout(log.try_clone().map_err(failed)?)
            .stderr(log)
            .spawn()
            .map_err(|source| HarnessError::Run { program: name.clone(), source })?;
        let deadline = Instant::now() + START_LIMIT;
        loop {
            if PORTS.iter().all(|port| answers(self.address, *port)) {
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

    fn tool(
        &self,
        name: &'static str,
        arguments: &[&str],
        input: Option<&str>,
    ) -> Result<Output, HarnessError> {
        let home = self.folder.path();
        let mut command = Command::new(find_program(name, "ldap-utils")?);
        command.args(["-x", "-H", &format!("ldaps://{}", self.address), "-D", ADMINISTRATOR, "-y"]);
        command.arg(home.join("administrator.password")).args(arguments);
        command.env_remove("LDAPNOINIT").env("LDAPTLS_CACERT", &self.certificates.ca);
        if let Some(text) = input {
            let path = home.join("input.ldif");
            write_file(&path, text)?;
            command.arg("-f").arg(path);
        }
        succeed(command)
    }
}

impl Drop for Domain {
    fn drop(&mut self) {
        if let Some(mut process) = self.process.take() {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

fn configuration(home: &Path, address: Ipv4Addr, certificates: &Certificates) -> String {
    let home = home.display();
    let key = certificates.server_key.display();
    let certificate = certificates.server_certificate.display();
    let authority = certificates.ca.display();
    format!(
        "[global]\n\
         netbios name = DC1\n\
         realm = AD.EXAMPLE.TEST\n\
         workgroup = {SHORT_NAME}\n\
         server role = active directory domain controller\n\
         server services = ldap, kdc\n\
         interfaces = {address}/8\n\
         bind interfaces only = Yes\n\
         private dir = {home}/private\n\
         state directory = {home}/state\n\
         cache directory = {home}/cache\n\
         lock directory = {home}/lock\n\
         pid directory = {home}/pid\n\
         ncalrpc dir = {home}/ncalrpc\n\
         binddns dir = {home}/bind-dns\n\
         winbindd socket directory = {home}/winbindd\n\
         ntp signd socket directory = {home}/ntp_signd\n\
         log file = {home}/samba.log\n\
         tls enabled = yes\n\
         tls keyfile = {key}\n\
         tls certfile = {certificate}\n\
         tls cafile = {authority}\n\
         ldap server require strong auth = allow_sasl_over_tls\n\
         ldb:nosync = true\n"
    )
}

fn kerberos_configuration(address: Ipv4Addr) -> String {
    format!(
        "[libdefaults]\n\
         default_realm = {REALM}\n\
         dns_lookup_kdc = false\n\
         dns_lookup_realm = false\n\
         dns_canonicalize_hostname = false\n\
         rdns = false\n\
         [realms]\n\
         {REALM} = {{\n\
         kdc = {address}\n\
         }}\n"
    )
}

/// An address in 127.0.0.0/8 on which nobody has the ports; the process id keeps test binaries apart.
fn free_address() -> Result<Ipv4Addr, HarnessError> {
    let mut last = io::Error::from(io::ErrorKind::AddrInUse);
    for attempt in 0..ADDRESS_ATTEMPTS {
        let [_, high, middle, low] = (std::process::id().wrapping_add(attempt * 7919)).to_be_bytes();
        let address = Ipv4Addr::new(127, high | 64, middle, low.clamp(2, 254));
        let taken: io::Result<Vec<TcpListener>> =
            PORTS.iter().map(|port| TcpListener::bind((address, *port))).collect();
        match taken {
            Ok(_) => return Ok(address),
            Err(error) => last = error,
        }
    }
    Err(HarnessError::NoPort(last))
}

fn answers(address: Ipv4Addr, port: u16) -> bool {
    TcpStream::connect_timeout(&SocketAddr::from((address, port)), Duration::from_secs(1)).is_ok()
}

fn protect(path: &Path) -> Result<(), HarnessError> {
    std::fs::set_permissions(path, Permissions::from_mode(0o600)).map_err(|source| HarnessError::File {
        action: "protect",
        path: path.to_owned(),
        source,
    })
}

fn open(path: &Path) -> Result<File, HarnessError> {
    File::open(path).map_err(|source| HarnessError::File { action: "open", path: path.to_owned(), source })
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
