//! What a directory answers when it is looked over piece by piece, as `doctor` does: each finding is data, the words are
//! the front end's.
//!
//! A probe reads little (a sample of people and groups) and goes on after a failure as far as that makes sense; what could
//! not be looked at for want of an earlier step is left out. Whether a read comes to its end is seen by none of it: `doctor` reads
//! everything once more after it.

use super::ReadError;
use bwdc_core::names::Timestamp;

/// One thing that was looked at.
#[derive(Debug)]
pub struct Finding {
    /// What was looked at.
    pub check: Check,
    /// Where: a server, an endpoint, a search base, a right.
    pub subject: String,
    /// What came of it.
    pub grade: Grade,
    /// What was learned, in the order in which it is worth telling: a short name in the field's terms, and a value.
    pub facts: Vec<(&'static str, String)>,
}

/// What a finding is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Check {
    /// The name resolves, and a connection comes about.
    Reach,
    /// TLS, and whether the certificate is trusted.
    Encryption,
    /// The account or the app is accepted.
    SignIn,
    /// What the server or service is, and what it can do.
    Service,
    /// A right that the account needs.
    Right,
    /// A place in which people or groups are looked for.
    SearchBase,
    /// A few people, with the attributes that the settings name.
    People,
    /// A few groups, with the attributes that the settings name.
    Groups,
    /// Everything, as a sync reads it.
    Read,
}

/// What came of looking.
#[derive(Debug)]
pub enum Grade {
    /// As it should be.
    Good,
    /// It works, and somebody should know.
    Concern(Concern),
    /// It does not work; the error carries the next step.
    Failed(Box<ReadError>),
}

/// Something that works and should not stay so.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Concern {
    /// The password travels in clear text.
    ClearText,
    /// Any certificate is accepted.
    CertificateNotVerified,
    /// The certificate ends soon.
    CertificateEndsSoon {
        /// Whole days that are left.
        days: i64,
    },
    /// The password of the account ends.
    PasswordEnds {
        /// When.
        at: Timestamp,
        /// Whole days that are left.
        days: i64,
    },
    /// The password of the account has ended, and is accepted a few times more.
    PasswordEnded {
        /// How many times.
        left: u32,
    },
    /// Google: a domain is set beside the customer, whose other domains are left out.
    DomainBesideCustomer,
    /// The server does not answer in pages, or not this account, so that the account's size limit bounds what can be read.
    NoPages {
        /// How many people came in one answer, where that was asked for and came whole.
        whole: Option<usize>,
    },
    /// The root is cut to what stands behind this, as the official connector does, so that more is read than it names.
    RootCut {
        /// What is left out of it.
        left_out: String,
    },
    /// Nothing was found where something is expected.
    NothingFound,
    /// Nobody in the sample has this attribute.
    AttributeMissing {
        /// The attribute.
        attribute: String,
        /// The setting that names it.
        setting: &'static str,
    },
    /// A right is missing that makes more possible.
    RightMissing {
        /// The right, in the directory's own terms.
        right: String,
    },
    /// More rights than needed.
    RightNotNeeded {
        /// The right, in the directory's own terms.
        right: String,
    },
}

impl Finding {
    /// A finding without facts.
    pub fn new(check: Check, subject: impl Into<String>, grade: Grade) -> Self {
        Self { check, subject: subject.into(), grade, facts: Vec::new() }
    }

    /// The finding with one more fact.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.facts.push((name, value.into()));
        self
    }

    /// Whether something does not work.
    pub fn is_failure(&self) -> bool {
        matches!(self.grade, Grade::Failed(_))
    }
}
