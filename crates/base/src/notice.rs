//! What the administrator should know and what stops nothing, as data: the words are the front end's.

use bwdc_core::names::{SourceName, Timestamp};
use std::fmt;
use std::path::PathBuf;

/// Names that a notice spells out.
const NAMED: usize = 5;

/// Something that stops nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// Others than the owner can read the settings.
    OpenToOthers(TooOpen),
    /// Everybody on this machine can write to the data folder, or put another in its place.
    OpenToEverybody {
        /// The data folder, or the one above it.
        path: PathBuf,
    },
    /// Others than the owner can write to a data folder, such as a group.
    OpenToGroup {
        /// The folder.
        path: PathBuf,
    },
    /// A file of the installation belongs to an account that is neither this one, nor root, nor the owner of the folder.
    FileOfAnother {
        /// The file.
        path: PathBuf,
        /// The number of the account.
        user: u32,
    },
    /// Every limit is off: nothing stops a run that takes access from many.
    LimitsOff,
    /// The ledger cannot be read: the next sync sets it aside.
    LedgerDamaged {
        /// Its file.
        path: PathBuf,
    },
    /// The ledger could not be read, and another one has begun.
    LedgerSetAside {
        /// Where the damaged file is now.
        moved_to: PathBuf,
    },
    /// The ledger was about another organization or directory, and has begun anew.
    LedgerOfAnother,
    /// The settings lead to another directory than in the last run.
    DirectoryOfAnother,
    /// A source stands for another directory than before: what was known of it is forgotten.
    SourceOfAnother {
        /// Which.
        source: SourceName,
    },
    /// Somebody else synced since our last run.
    SyncedByAnother,
    /// A first run keeps people who would lose access otherwise.
    KeptAtFirst {
        /// How many.
        people: usize,
    },
    /// `sync.overwriteExisting` is set, and this run does not carry it out.
    OverwriteWithheld,
    /// The organization's key travels in clear text: the installation was taken over with such addresses.
    OrganizationInClearText {
        /// Addresses of the organization's server.
        addresses: Vec<String>,
    },
    /// The password of the directory's account can be read by others on the network.
    PasswordInClearText {
        /// The account.
        username: String,
        /// The server.
        server: String,
    },
    /// The password of the directory's account ends.
    PasswordEnds {
        /// The account.
        username: String,
        /// The server.
        server: String,
        /// When.
        at: Timestamp,
    },
    /// The password of the directory's account has ended; the server accepts it a few times more, and each sign-in uses one up.
    PasswordEnded {
        /// The account.
        username: String,
        /// The server.
        server: String,
        /// How many sign-ins are left.
        left: u32,
    },
    /// An import of an earlier run has no known end: the next sync waits for it first.
    ImportUnderWay,
    /// An import of an earlier run had no known end, and this run waited for it.
    WaitedForImport {
        /// For how many seconds.
        seconds: u64,
    },
    /// Somebody changed a member at the moment in which this run gave it another external id: neither is undone.
    ChangedMeanwhile {
        /// The member's address.
        member: String,
        /// What changed.
        what: Belonging,
    },
    /// Groups are switched off at the server: none is brought over.
    GroupsOff,
    /// Reading the members took more than half of the time for which an answer is waited.
    ReadingSlow {
        /// How many seconds it took.
        seconds: u64,
        /// How many it may take.
        limit: u64,
    },
    /// The subscription cannot be read: nobody gets a seat but those that the run frees.
    SeatsHidden,
    /// The last import that overwrites took so long that a gateway may end the connection of the next.
    WholeImportSlow {
        /// How many seconds.
        seconds: u64,
    },
    /// A group that nothing names is left out.
    GroupWithoutName {
        /// The directory's id for it.
        group: String,
        /// The attribute that the settings name, where they can name one.
        attribute: Option<String>,
    },
    /// The account may not see deleted people.
    DeletedPeopleUnreadable {
        /// What the directory said.
        reason: String,
    },
    /// People whose account has expired count as enabled.
    AccountsExpired {
        /// Who.
        people: Names,
    },
    /// Members of other domains have no entry on the server that is read.
    MembersOfOtherDomains {
        /// Who.
        members: Names,
        /// In which groups.
        groups: Names,
    },
    /// Google: a domain is set beside the customer, so that the customer's other domains are left out.
    DomainBesideCustomer {
        /// The domains that are read.
        domains: Vec<String>,
    },
    /// Nobody is in an org unit that a filter names.
    UnitWithoutPeople {
        /// The unit.
        unit: String,
    },
}

/// What a member has besides the external id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Belonging {
    /// Owner, administrator, user or custom.
    Role,
    /// Those of a custom role.
    Permissions,
    /// Direct access to collections.
    Collections,
    /// Memberships in groups.
    Groups,
}

/// Some names of many.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    /// How many there are.
    pub count: usize,
    /// The first of them.
    pub first: Vec<String>,
}

impl Names {
    /// One more, which is spelled out among the first.
    pub fn add(&mut self, name: &str) {
        self.count += 1;
        if self.first.len() < NAMED {
            self.first.push(name.to_owned());
        }
    }
}

impl fmt::Display for Notice {
    /// For the log: the data, without words of its own.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{self:?}")
    }
}

/// A file that others than its owner could read, and was or will be tightened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TooOpen {
    /// The file.
    pub path: PathBuf,
    /// Its permission bits when it was found.
    pub mode: u32,
}

impl fmt::Display for TooOpen {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, mode } = self;
        write!(
            formatter,
            "`{}` can be read by others (mode {mode:04o}): run `chmod 600 \"{}\"`; every write sets it to 0600",
            path.display(),
            path.display()
        )
    }
}
