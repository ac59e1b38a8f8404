//! What kind of organization server is stood up.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use super::pace::ImportPace;

/// Everything that can be chosen before the server starts.
#[derive(Clone)]
pub struct Options {
    /// Which server is imitated.
    pub flavor: Flavor,
    /// Where the data lives.
    pub database: Database,
    /// The port on the loopback address; 0 lets the system choose.
    pub port: u16,
    /// How long a token is good.
    pub token_lifetime: Duration,
    /// The secret of the organization's API key; invented when `None`. A database that has one keeps it.
    pub client_secret: Option<String>,
    /// Whether what people do can be asked for at `/sandbox/control`.
    pub control: bool,
    /// The address of a confirmed owner made in a new database; `None` leaves the organization empty.
    pub owner: Option<String>,
}

impl Options {
    /// The official server as a company runs it itself: no limits on size, seats or rate.
    pub fn official() -> Options {
        Options::with(Flavor::Official(Official::default()))
    }

    /// The official server with these properties.
    pub fn with_official(official: Official) -> Options {
        Options::with(Flavor::Official(official))
    }

    /// Vaultwarden with groups switched on.
    pub fn vaultwarden() -> Options {
        Options::with(Flavor::Vaultwarden(Vaultwarden::default()))
    }

    fn with(flavor: Flavor) -> Options {
        Options {
            flavor,
            database: Database::Memory,
            port: 0,
            token_lifetime: Duration::from_secs(3600),
            client_secret: None,
            control: false,
            owner: Some("owner@sandbox.example".to_owned()),
        }
    }
}

impl Default for Options {
    fn default() -> Options {
        Options::official()
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Options")
            .field("flavor", &self.flavor)
            .field("database", &self.database)
            .field("port", &self.port)
            .field("token_lifetime", &self.token_lifetime)
            .field("control", &self.control)
            .field("owner", &self.owner)
            .finish_non_exhaustive()
    }
}

/// Which server is imitated.
#[derive(Clone, Debug)]
pub enum Flavor {
    /// The official server.
    Official(Official),
    /// Vaultwarden 1.37.2.
    Vaultwarden(Vaultwarden),
}

/// Where the data lives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Database {
    /// In memory, gone with the server.
    Memory,
    /// In this SQLite file, which is made when missing.
    File(PathBuf),
}

/// The properties of an official server and of the organization's plan.
#[derive(Clone, Debug)]
pub struct Official {
    /// Who runs it: this decides the limits on size and rate, and whether seats can grow.
    pub hosting: Hosting,
    /// The number of seats; `None` is without limit.
    pub seats: Option<u32>,
    /// Up to how many seats the plan grows by itself; `None` is without limit. Cloud only.
    pub max_autoscale: Option<u32>,
    /// Whether the server flag for members prepared without an invitation is on.
    pub staged_status: bool,
    /// Whether requests are limited. Cloud only.
    pub rate_limits: RateLimits,
    /// Whether the plan has the API: without it no token is given.
    pub use_api: bool,
    /// Whether the plan has directory synchronization.
    pub use_directory: bool,
    /// Whether the plan has groups.
    pub use_groups: bool,
    /// Whether the plan has the custom role.
    pub use_custom_permissions: bool,
    /// What becomes of an attempt to buy seats. Cloud only.
    pub subscription: Subscription,
    /// Who manages the organization for its owner. Cloud only.
    pub provider: Option<Provider>,
    /// How long the identity service remembers a key: 5 minutes in the real one, zero here unless asked for.
    pub client_cache: Duration,
    /// How addresses that are already in the organization are looked up when people are added.
    pub known_addresses: KnownAddresses,
    /// How many events a page has.
    pub events_page: usize,
    /// How long an import takes.
    pub import_pace: ImportPace,
    /// Whether members can be revoked and restored, as since version 2026.2.0; else the server says that it is older.
    pub revoke: bool,
}

impl Default for Official {
    fn default() -> Official {
        Official {
            hosting: Hosting::SelfHosted,
            seats: None,
            max_autoscale: None,
            staged_status: false,
            rate_limits: RateLimits::Off,
            use_api: true,
            use_directory: true,
            use_groups: true,
            use_custom_permissions: true,
            subscription: Subscription::Active,
            provider: None,
            client_cache: Duration::ZERO,
            known_addresses: KnownAddresses::WithAccount,
            events_page: 50,
            import_pace: ImportPace::AtOnce,
            revoke: true,
        }
    }
}

impl Official {
    /// The official cloud, with rate limits still off.
    pub fn cloud() -> Official {
        Official { hosting: Hosting::Cloud, known_addresses: KnownAddresses::All, ..Official::default() }
    }

    /// Whether the database refuses this text: PostgreSQL stores no NUL.
    pub(crate) fn refuses_nul(&self, text: &str) -> bool {
        self.known_addresses == KnownAddresses::WithAccount && text.contains('\0')
    }
}

/// Who runs an official server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hosting {
    /// A company for itself.
    SelfHosted,
    /// The vendor.
    Cloud,
}

/// Whether requests are limited.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum RateLimits {
    /// No limits.
    Off,
    /// Limits on a clock that runs this many times as fast: at 60.0 a minute's limit lasts a second.
    On {
        /// How many seconds of the limiter pass in one real second.
        clock: f64,
    },
}

/// What becomes of an attempt to buy seats.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subscription {
    /// It works.
    Active,
    /// Refused beforehand: the subscription was canceled.
    Canceled,
    /// Fails later, with this reason: payment, plan or mail.
    Failing(String),
}

/// Who manages an organization for its owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Provider {
    /// A managed service provider.
    ManagedService,
    /// A reseller.
    Reseller,
}

/// How addresses that are already in the organization are found when people are added: it depends on the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KnownAddresses {
    /// Among all members, as on SQL Server, which the vendor uses.
    All,
    /// Only among members with an account, as on PostgreSQL, MySQL and SQLite: an invited person can be invited twice.
    /// Taken for PostgreSQL, it also stores no NUL.
    WithAccount,
}

/// The properties of a Vaultwarden server.
#[derive(Clone, Debug)]
pub struct Vaultwarden {
    /// Whether groups are imported; the real default is false, here it is true.
    pub groups_enabled: bool,
    /// Whether logins are limited: ten at once, then one a minute.
    pub login_limit: RateLimits,
}

impl Default for Vaultwarden {
    fn default() -> Vaultwarden {
        Vaultwarden { groups_enabled: true, login_limit: RateLimits::Off }
    }
}
