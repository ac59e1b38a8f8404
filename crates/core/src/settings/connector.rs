//! `connector.toml`: what the official file has no place for. A missing file or key means the default, and the defaults
//! keep today's behaviour of an installation that is taken over, except that limits are on.

use super::entra_options::EntraOptions;
use super::ldap_options::LdapOptions;
use super::lease::LeaseSettings;
use super::notify::NotifySettings;
use super::schedule::{ScheduleSettings, ServiceSettings};
use serde::{Deserialize, Serialize};

/// All of `connector.toml`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct ConnectorSettings {
    /// What happens to people who leave the scope.
    pub leavers: LeaverPolicy,
    /// How much one run may take away.
    pub limits: Limits,
    /// Who is invited, and how many at a time.
    pub invitations: Invitations,
    /// Addresses or external ids of people whom no removal may touch.
    pub protected: Vec<String>,
    /// Domains of the addresses that may be invited; empty: all.
    pub allowed_domains: Vec<String>,
    /// Whether a group made by hand becomes the directory's when both have one name. False: a second one appears.
    pub adopt_groups: bool,
    /// Whether another connector has members and groups in the organization: whatever has an id that is not ours is left alone.
    pub shared_organization: bool,
    /// How long runs are remembered.
    pub history: HistorySettings,
    /// Names of further directories of the organization, each described in a folder of its own.
    pub sources: Vec<String>,
    /// What happens to entries that cannot all be brought over.
    pub conflicts: ConflictRules,
    /// How an LDAP directory differs from what the official connector assumes.
    pub ldap: LdapOptions,
    /// How an Entra tenant is signed in to, and who of it counts as what.
    pub entra: EntraOptions,
    /// How long directory and organization may take.
    pub time_limits: TimeLimits,
    /// Where secrets are kept, and where they come from.
    pub secrets: SecretOptions,
    /// Whether the organization's key may travel over http to another machine, in clear text.
    pub allow_http: bool,
    /// PEM file of further authorities to trust for the organization's server.
    pub organization_ca_path: Option<String>,
    /// Entries that a list of the organization's server may have. None: a multiple of what is known, and 100,000 at least.
    pub organization_list_limit: Option<u32>,
    /// PEM file of further authorities to trust for a directory behind HTTP; LDAP has settings of its own.
    pub directory_ca_path: Option<String>,
    /// The proxy for every connection over HTTP, without credentials, or `none`. None: as the environment says.
    pub proxy: Option<String>,
    /// When runs start by themselves.
    pub schedule: ScheduleSettings,
    /// What the service may do.
    pub service: ServiceSettings,
    /// By which of several machines only one syncs.
    pub lease: LeaseSettings,
    /// Who hears of failures and refusals.
    pub notify: NotifySettings,
    /// What the program tells of itself.
    pub log: LogSettings,
    /// Address of a list of releases in GitHub's form, which `update` asks.
    pub update_feed: Option<String>,
}

impl ConnectorSettings {
    /// The same without what decides only when a run starts and who hears of it, for a comparison of what runs do.
    #[must_use]
    pub fn of_runs(&self) -> Self {
        Self {
            schedule: ScheduleSettings::default(),
            service: ServiceSettings::default(),
            lease: LeaseSettings::default(),
            notify: NotifySettings::default(),
            ..self.clone()
        }
    }
}

/// What the program tells of itself, in `bwdc.log`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct LogSettings {
    /// How much.
    pub level: LogLevel,
    /// In which form.
    pub format: LogFormat,
    /// Bytes of one file, in millions.
    pub megabytes: u32,
    /// Older files that are kept.
    pub older_files: u32,
}

impl Default for LogSettings {
    fn default() -> Self {
        Self { level: LogLevel::Info, format: LogFormat::Text, megabytes: 5, older_files: 4 }
    }
}

/// How much is logged; each level includes those before it. Addresses of people are in `Debug` and `Trace` only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LogLevel {
    /// Nothing.
    Off,
    /// What failed.
    Error,
    /// What should not stay so.
    Warn,
    /// What was done.
    Info,
    /// How it was done, request by request.
    Debug,
    /// Everything.
    Trace,
}

/// The form of the log's lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// What is done to a member whose cause to be there has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LeaverAction {
    /// Stays and is counted.
    Keep,
    /// Loses access; the membership can be restored.
    Revoke,
    /// Loses the membership.
    Remove,
}

/// What is done to a member whose entry is deleted or hidden, which the directory does not tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HiddenAction {
    /// Stays and is counted.
    Keep,
    /// Loses access, and gets it back when the same entry is seen again.
    Revoke,
}

/// What is done to a managed group that the directory has no more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum VanishedGroups {
    /// Stays, with its members and its access to collections.
    #[default]
    Keep,
    /// Is deleted, and its access to collections with it.
    Delete,
}

/// What becomes of a leaver's membership whose address another person has by now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Returning {
    /// Nothing is given to the new entry; the leaver is treated as one, and never removed.
    #[default]
    Wait,
    /// It goes on under the new entry, as if both were the same person.
    Restore,
    /// It is removed, and the address invited anew.
    Invite,
}

/// One action per cause; None: what today's connector does. Each can wait for some time, in hours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct LeaverPolicy {
    /// Disabled in the directory, selected or not. None: who is selected leaves as `sync.removeDisabled` says, through
    /// the import, and who is not is kept.
    pub disabled: Option<LeaverAction>,
    /// Listed by the directory as deleted. None: sent as deleted, through the import.
    pub deleted: Option<LeaverAction>,
    /// Confirmed not to exist any more. None: kept.
    pub gone: Option<LeaverAction>,
    /// Exists, and is not selected any more. None: kept.
    pub out_of_scope: Option<LeaverAction>,
    /// Deleted or hidden, which cannot be told apart. None: as [`LeaverPolicy::for_hidden`] says.
    pub hidden: Option<HiddenAction>,
    /// Hours from the first sight of it until the action for disabled people.
    pub disabled_grace_hours: u32,
    /// Hours from the first sight of it until the action for deleted people.
    pub deleted_grace_hours: u32,
    /// Hours from the first sight of it until the action for people who are gone.
    pub gone_grace_hours: u32,
    /// Hours from the first sight of it until the action for people out of scope.
    pub out_of_scope_grace_hours: u32,
    /// Hours from the first sight of it until the action for people who are deleted or hidden.
    pub hidden_grace_hours: u32,
    /// What is done to a managed group that the directory has no more.
    pub vanished_groups: VanishedGroups,
    /// What becomes of a leaver's membership whose address another person has by now.
    pub returning: Returning,
    /// The LDAP attribute that tells such people apart. None: `employeeNumber`, else `employeeID`.
    pub mark_attribute: Option<String>,
}

impl Default for LeaverPolicy {
    fn default() -> Self {
        Self {
            disabled: None,
            deleted: None,
            gone: None,
            out_of_scope: None,
            hidden: None,
            disabled_grace_hours: 0,
            deleted_grace_hours: 0,
            gone_grace_hours: 0,
            out_of_scope_grace_hours: 0,
            hidden_grace_hours: 24,
            vanished_groups: VanishedGroups::default(),
            returning: Returning::default(),
            mark_attribute: None,
        }
    }
}

impl LeaverPolicy {
    /// What is done to people who are deleted or hidden: by default their access is revoked, but where nobody who is gone
    /// loses access they stay, too.
    pub fn for_hidden(&self) -> HiddenAction {
        self.hidden.unwrap_or(match self.gone {
            None | Some(LeaverAction::Keep) => HiddenAction::Keep,
            Some(LeaverAction::Revoke | LeaverAction::Remove) => HiddenAction::Revoke,
        })
    }
}

/// How much one run may take away, or hand out. A run that would do more sends nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Limits {
    /// Most people who may be removed or revoked within the window.
    pub removals: u32,
    /// The same in percent of the managed members; the smaller counts, never below one person. None: 5, and below 60 members
    /// three people, but never more than half of the members.
    pub removals_percent: Option<u32>,
    /// Memberships that may always be taken away within the window.
    pub memberships: u32,
    /// The same in percent of all memberships; the larger counts.
    pub memberships_percent: u32,
    /// Most that a group of more than 3 may lose within the window, in percent of its members.
    pub group_percent: u32,
    /// Most groups that may be emptied or deleted within the window, in percent of those with members; one always may.
    pub emptied_groups_percent: u32,
    /// People whom a run after the first may always invite.
    pub invitations: u32,
    /// The same in percent of the managed members; the larger counts.
    pub invitations_percent: u32,
    /// Whether a run may make the organization buy seats.
    pub buy_seats: bool,
    /// How far back a run looks for what earlier ones took away, in hours; 0: each run counts alone.
    pub window_hours: u32,
    /// How many of the members who carry ids of the directory a first run has to find in it, in percent.
    pub first_read_percent: u32,
    /// Whether a directory that returns nobody may take anything away.
    pub allow_empty_directory: bool,
    /// Turns every limit off.
    pub off: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            removals: 10,
            removals_percent: None,
            memberships: 20,
            memberships_percent: 10,
            group_percent: 50,
            emptied_groups_percent: 10,
            invitations: 20,
            invitations_percent: 10,
            buy_seats: false,
            window_hours: 24,
            first_read_percent: 50,
            allow_empty_directory: false,
            off: false,
        }
    }
}

/// Who is invited, and how many at a time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Invitations {
    /// Most people whom one run invites; the others wait for the next. None: all at once.
    pub per_run: Option<u32>,
    /// Name or external id of a group of the directory whose members are invited before the others.
    pub pilot_group: Option<String>,
    /// Whether nobody else than the pilot group is invited.
    pub pilot_only: bool,
}

/// How long runs are remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct HistorySettings {
    /// Days.
    pub keep_days: u32,
}

impl Default for HistorySettings {
    fn default() -> Self {
        Self { keep_days: 366 }
    }
}

/// What happens to entries that cannot all be brought over as they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct ConflictRules {
    /// Several entries of one source have one address.
    pub same_address: SameAddress,
    /// Entries of several sources have one address.
    pub across_sources: AcrossSources,
    /// Groups of several sources have one external id.
    pub same_group: SameGroup,
}

/// What happens when several entries of one source have one address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SameAddress {
    /// Nothing is sent before it is mended.
    #[default]
    Fail,
    /// All of them are left out, and those who are members stay.
    Skip,
    /// The enabled one has the address; without one all are left out, with several of them nothing is sent.
    PreferEnabled,
}

/// What happens when entries of several sources have one address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AcrossSources {
    /// Nothing is sent before it is mended.
    #[default]
    Fail,
    /// All of them are left out, and those who are members stay.
    Skip,
    /// They are one person, in the groups of all of them: the first source says whether the account is enabled.
    First,
    /// They are one person, in the groups of all of them, and enabled as soon as one source says so.
    PreferEnabled,
}

/// What happens when groups of several sources have one external id.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SameGroup {
    /// Nothing is sent before it is mended.
    #[default]
    Fail,
    /// The first source's group counts, the others are left out.
    First,
    /// They are one group with the members of all, under the first one's name.
    Merge,
}

/// Where secrets are kept, and where they come from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct SecretOptions {
    /// Where secrets go that are entered. None: where they are, or where they can be.
    pub store: Option<SecretStoreChoice>,
    /// Program and arguments that print the secret of a directory; `{name}` stands for its name. Empty: none.
    pub command: Vec<String>,
}

/// The stores among which an administrator chooses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SecretStoreChoice {
    /// The keychain of the operating system.
    Keychain,
    /// A file of ours, encrypted.
    EncryptedFile,
}

/// How long directory and organization may take, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct TimeLimits {
    /// To connect, TLS included.
    pub connect: u64,
    /// To bind.
    pub bind: u64,
    /// To answer one page.
    pub page: u64,
    /// To be read to its end, pauses for a rate limit included; for directories behind HTTP.
    pub total: u64,
    /// For one answer of the organization's server. None: 30 to sign in, 120 for a look-up or a small change, 900 for an
    /// import.
    pub organization: Option<u64>,
}

impl Default for TimeLimits {
    fn default() -> Self {
        Self { connect: 15, bind: 30, page: 120, total: 4 * 60 * 60, organization: None }
    }
}
