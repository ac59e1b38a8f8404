//! Looks an installation over, from the folder to the organization, and changes nothing.
//!
//! Every check that can be made is made; one that needs an earlier one says what it waits for. Findings are data: what
//! they are called and what to do next is the front end's to say.

mod bundle;
mod directory;
mod installation;
mod network;
mod organization;

pub(crate) use bundle::write_bundle;
pub use bundle::{BundleError, Bundled};

use crate::certificate::{Chain, Lack};
use crate::clock::Clock;
use crate::directory::ReadError;
use crate::directory::probe;
use crate::event::Events;
use crate::installation::{Installation, SetupError};
use crate::paths::{ProcessEnvironment, Profile};
use crate::run::RunError;
use crate::tls_failure::TlsFailure;
use std::io;
use std::path::PathBuf;

/// What a check is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Area {
    /// The program, its folder, its files.
    Installation,
    /// The directory that is read.
    Directory,
    /// The organization that follows it.
    Organization,
}

/// One check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Check {
    /// Which program on which system.
    Program,
    /// The folder of the profile: there, writable, its owner's.
    Folder,
    /// Whether the folder is on a local disk.
    FileSystem,
    /// `data.json`.
    Settings,
    /// `connector.toml`.
    ConnectorSettings,
    /// Where secrets are kept.
    SecretStore,
    /// Whether a secret that is needed can be read.
    Secret,
    /// `connector.db`.
    Ledger,
    /// The database with the lease of several machines.
    Lease,
    /// Whether everything that the directory needs is set.
    DirectorySettings,
    /// By which way an address is reached.
    Proxy,
    /// The addresses of a host.
    Name,
    /// A connection to it.
    Connection,
    /// The certificates that it shows.
    Certificate,
    /// What it answers, once it is connected to.
    Answer,
    /// Its clock beside ours.
    Clock,
    /// A finding of the directory's own.
    Directory(probe::Check),
    /// The organization's key.
    SignIn,
    /// What the organization's server is.
    Server,
    /// Whether what is sent to the organization is encrypted.
    Encryption,
    /// Whether the organization can be read.
    Members,
}

/// What came of a check.
#[derive(Debug)]
pub enum Outcome {
    /// As it should be.
    Good,
    /// It works, and somebody should know.
    Concern(Concern),
    /// It does not work.
    Failed(Failure),
    /// It could not be made before that check passes.
    WaitsFor(Check),
}

/// Something that works and should not stay so.
#[derive(Debug)]
pub enum Concern {
    /// The directory's own.
    Directory(probe::Concern),
    /// A folder or a file that others can read.
    OpenToOthers {
        /// Its permission bits.
        mode: u32,
        /// The bits that it should have.
        wanted: u32,
    },
    /// The profile's folder is not there yet.
    NoFolder,
    /// Everybody on this machine can write to a folder: the profile's own, or one above it.
    OpenToEverybody {
        /// The folder.
        path: PathBuf,
    },
    /// Secrets stand in the settings as they are, because a variable asks for it.
    PlainText,
    /// A secret stands in the settings as it is, and nothing asks for it any more.
    LeftInPlainText,
    /// Every limit is off.
    LimitsOff,
    /// The settings bring neither people nor groups over.
    NothingSynced,
    /// The first certificate of the chain to end does so soon.
    EndsSoon {
        /// Whole days that are left.
        days: i64,
    },
    /// The organization's key travels in clear text.
    ClearText,
    /// The certificate is not verified, and would be refused if it were.
    NotVerified,
    /// The two clocks differ.
    ClocksDiffer {
        /// By how many seconds ours is ahead.
        ahead: i64,
    },
    /// The server cannot be read with the organization's key, and nobody's own is there.
    NotReadable,
    /// The server is too old to take access and keep the membership.
    CannotRevoke,
    /// So many members have external ids that this connector never gave that another one may be at work, and no setting says so.
    MayBeShared {
        /// How many.
        people: usize,
    },
    /// The server has its groups switched off, and the settings ask for groups.
    GroupsOff,
    /// The directory has further servers: this one does not work.
    OneOfSeveral(Box<Failure>),
    /// A setting has a value that would not be taken if it were set now. It was left as it is, and is used.
    UnfitValue(Box<RunError>),
}

/// Why something does not work.
#[derive(Debug)]
pub enum Failure {
    /// An error that a command would end with; it carries the next step.
    Error(Box<RunError>),
    /// Nothing can be written there.
    NotWritable(io::Error),
    /// A secret stands as it is in a file that others can read.
    SecretOpenToOthers {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// A database in this folder can be damaged.
    NetworkFileSystem {
        /// The kind of file system.
        kind: String,
    },
    /// No address was found for a host.
    NoAddress {
        /// What the resolver says.
        reason: String,
    },
    /// No connection to any of the addresses.
    NoConnection {
        /// Whether a proxy may be on the way; LDAP goes through none.
        may_be_proxied: bool,
        /// What the operating system says of the last.
        reason: String,
    },
    /// The certificate is not trusted.
    Refused {
        /// The verifier's words.
        reason: String,
        /// What is missing, where that can be told.
        lack: Option<Lack>,
        /// Why.
        failure: TlsFailure,
        /// The setting that names further authorities.
        setting: &'static str,
    },
    /// No encryption came about for another reason, or the answer is none.
    NoAnswer {
        /// In the words of the innermost error.
        reason: String,
        /// Why the two sides did not agree on TLS, where they tried to.
        failure: Option<TlsFailure>,
        /// The setting that names further authorities.
        setting: &'static str,
    },
    /// The two clocks differ by more than signed requests allow.
    ClocksDiffer {
        /// By how many seconds ours is ahead.
        ahead: i64,
    },
}

/// One check with what came of it.
#[derive(Debug)]
pub struct Finding {
    /// What it is about.
    pub area: Area,
    /// What was looked at.
    pub check: Check,
    /// Where: a path, an address, a search base, a right.
    pub subject: String,
    /// What came of it.
    pub outcome: Outcome,
    /// What was learned, in the order in which it is worth telling.
    pub facts: Vec<(&'static str, String)>,
    /// The certificates that were shown.
    pub chain: Option<Chain>,
}

impl Finding {
    fn new(area: Area, check: Check, subject: impl Into<String>, outcome: Outcome) -> Self {
        Self { area, check, subject: subject.into(), outcome, facts: Vec::new(), chain: None }
    }

    fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.facts.push((name, value.into()));
        self
    }

    /// Whether something does not work.
    pub fn is_failure(&self) -> bool {
        matches!(self.outcome, Outcome::Failed(_))
    }

    /// The check that ended the way to a server; None: this one did not.
    fn ends_the_way(&self) -> Option<Check> {
        self.is_failure().then_some(match self.check {
            Check::Certificate | Check::Answer => self.check,
            _ => Check::Connection,
        })
    }
}

impl Outcome {
    /// What needs a way to the server waits for the check that ended it.
    fn waits_for_way(ended_by: Option<Check>) -> Self {
        Self::WaitsFor(ended_by.unwrap_or(Check::Connection))
    }

    /// A command would end with this error.
    fn failed(error: impl Into<RunError>) -> Self {
        Self::Failed(Failure::Error(Box::new(error.into())))
    }
}

impl From<probe::Finding> for Finding {
    fn from(found: probe::Finding) -> Self {
        let outcome = match found.grade {
            probe::Grade::Good => Outcome::Good,
            probe::Grade::Concern(concern) => Outcome::Concern(Concern::Directory(concern)),
            probe::Grade::Failed(error) => Outcome::failed(*error),
        };
        let (check, facts) = (Check::Directory(found.check), found.facts);
        Self { area: Area::Directory, check, subject: found.subject, outcome, facts, chain: None }
    }
}

/// Where findings go, as soon as each is there.
pub type Findings<'a> = &'a mut dyn FnMut(Finding);

/// Looks over the installation that the environment names.
///
/// 1. the folder and its files; 2. the directory: ways, certificates, clocks, then the directory's own findings; 3. the
///    organization in the same manner.
///
/// # Errors
/// [`SetupError::Path`] when the environment does not tell where the installation is.
pub(crate) async fn examine(
    environment: &ProcessEnvironment,
    clock: Clock,
    events: Events<'_>,
    findings: Findings<'_>,
) -> Result<(), SetupError> {
    let profile = Profile::from_environment(environment)?;
    let (opened, error) = match Installation::open(environment.clone(), profile.clone(), clock) {
        Ok(opened) => (Some(opened), None),
        Err(error) => (None, Some(error)),
    };
    installation::look(environment, &profile, opened.as_ref().map(Installation::data), error, findings);
    let Some(installation) = opened else {
        for (area, check) in
            [(Area::Directory, Check::DirectorySettings), (Area::Organization, Check::SignIn)]
        {
            findings(Finding::new(area, check, "", Outcome::WaitsFor(Check::Settings)));
        }
        return Ok(());
    };
    if let Some(finding) = installation::lease(&installation).await {
        findings(finding);
    }
    installation::values(&installation, findings);
    directory::look(&installation, events, findings).await;
    let failed = |error| Finding::new(Area::Directory, Check::DirectorySettings, "", Outcome::failed(error));
    match installation.source_names() {
        Ok(names) => {
            for name in names {
                let of_source = &mut |finding: Finding| findings(finding.with("source", name.as_str()));
                match installation.open_source(name.as_str()) {
                    Ok(source) => {
                        installation::secrets_of(environment, source.profile(), source.data(), of_source);
                        installation::values(&source, of_source);
                        directory::look(&source, events, of_source).await;
                    }
                    Err(error) => of_source(failed(error)),
                }
            }
        }
        Err(error) => findings(failed(error)),
    }
    organization::look(&installation, events, findings).await;
    Ok(())
}

/// The error of a command that reads the directory.
fn of_directory(error: impl Into<ReadError>) -> Outcome {
    Outcome::failed(error.into())
}
