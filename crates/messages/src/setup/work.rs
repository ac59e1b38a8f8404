//! What a set-up asks a front end to carry out, and what came of it.

use super::Counted;
use crate::approval::Approval;
use crate::finding::Described;
use crate::form::Choice;
use crate::line::Line;
use bwdc_core::settings::Setting;
use bwdc_engine::{Discovered, Entry};
use secrecy::SecretString;

/// What an installation holds, as far as a set-up asks.
#[derive(Clone, Debug, Default)]
pub struct SetupFacts {
    /// Every setting as it counts.
    pub entries: Vec<Entry>,
    /// As whom the installation is signed in.
    pub client_id: Option<String>,
    /// Whether a run has brought people or groups over.
    pub has_synced: bool,
}

/// What was typed and is not stored yet.
#[derive(Clone, Default)]
pub struct Typed {
    /// Settings with their values as they were typed.
    pub settings: Vec<(&'static Setting, String)>,
    /// The secret of the directory.
    pub secret: Option<(&'static Setting, SecretString)>,
}

/// One thing to carry out. A front end does one at a time and gives what came of it to [`super::Setup::done`].
#[derive(Clone)]
pub enum SetupWork {
    /// Look at the installation.
    Read,
    /// Store what was typed, and look at the installation again.
    Save(Typed),
    /// Sign in with an organization's key.
    LogIn {
        /// `organization.<id>`.
        client_id: String,
        /// The key's secret.
        client_secret: SecretString,
    },
    /// Sign in as an owner and fetch the organization's key.
    SignIn {
        /// The owner's address.
        email: String,
        /// The master password.
        password: SecretString,
    },
    /// Answer what the sign-in asks.
    Answer(SecretString),
    /// Read the key file of a service account.
    KeyFile(String),
    /// Ask an LDAP server what it is.
    Discover(Typed),
    /// Test the connection to the directory as it was typed.
    Try(Typed),
    /// Read the directory as it was typed, and count.
    Count(Typed),
    /// Make a plan; nothing is sent.
    Plan,
    /// Sync.
    Sync,
    /// Sync, approve what the limits refuse, and sync again: the reader typed this number. Where another one is refused by
    /// then, nothing is approved.
    SyncApproved(usize),
}

/// What came of it.
pub enum SetupDone {
    /// The installation was looked at, after it was changed where it was to be changed.
    Facts(SetupFacts),
    /// The sign-in asks something; the answer goes back as [`SetupWork::Answer`].
    Asks {
        /// The question.
        question: String,
        /// What can be chosen; empty: something is typed.
        choices: Vec<Choice>,
        /// What was wrong with the last answer.
        error: Option<String>,
    },
    /// What the key file holds.
    KeyFile {
        /// The service account.
        client_email: String,
        /// Its key.
        key: SecretString,
    },
    /// What an LDAP server says of itself.
    Discovered(Discovered),
    /// What a test of the connection found.
    Tried(Vec<Described>),
    /// What a read of the directory brought.
    Counted(Counted),
    /// What a sync would do.
    Planned(SetupPlan),
    /// What a sync did.
    Synced(Vec<Line>),
    /// How far it is.
    Progress(String),
    /// Several entries have one address, and no setting says what becomes of them: what to say.
    SharedAddress(String),
    /// It came to nothing: what to say, the next step at the end.
    Failed(String),
}

/// What a first sync would do, in short.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SetupPlan {
    /// The verdict first, then numbers, then the first changes.
    pub lines: Vec<Line>,
    /// Whether there is anything to do.
    pub has_changes: bool,
    /// Whether a sync would send it.
    pub is_allowed: bool,
    /// People to whom a sync would send an invitation by e-mail.
    pub mailed: usize,
    /// What has to be typed to approve what the limits refuse; None: nothing can be approved.
    pub approval: Option<Approval>,
}
