//! What a form and a list need to know of a setting beside its rule: its section, when it is shown, what counts without it.

use super::DirectoryKind;
use super::ldap_options::{LdapPreset, PresetNames};
use serde_json::Value;

/// Settings that belong together, in the order in which forms show them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Section {
    /// The organization's server.
    Server,
    /// The kind of directory.
    Directory,
    /// How to reach an LDAP server.
    LdapConnection,
    /// How the connection to an LDAP server is protected.
    LdapEncryption,
    /// A tenant of Entra ID.
    Entra,
    /// A Google Workspace.
    Google,
    /// An Okta organization.
    Okta,
    /// A OneLogin account.
    OneLogin,
    /// What is brought over, and how.
    Sync,
    /// When runs start by themselves.
    Schedule,
    /// Who hears of failures and refusals.
    Notifications,
    /// Which people, and their addresses.
    People,
    /// Which groups, and their members.
    Groups,
    /// How the entries of an LDAP server are read.
    LdapEntries,
    /// What happens to people who leave.
    Leavers,
    /// How much one run may do.
    Limits,
    /// Who is invited, and how many at a time.
    Invitations,
    /// Further directories, and conflicts between them.
    Sources,
    /// Proxies and certificate authorities.
    Network,
    /// How long things may take.
    TimeLimits,
    /// Where secrets are kept.
    Secrets,
    /// What the program records of itself.
    Log,
}

impl Section {
    /// All of them, in order.
    pub const ALL: [Self; 22] = [
        Self::Server,
        Self::Directory,
        Self::LdapConnection,
        Self::LdapEncryption,
        Self::Entra,
        Self::Google,
        Self::Okta,
        Self::OneLogin,
        Self::Sync,
        Self::Schedule,
        Self::Notifications,
        Self::People,
        Self::Groups,
        Self::LdapEntries,
        Self::Leavers,
        Self::Limits,
        Self::Invitations,
        Self::Sources,
        Self::Network,
        Self::TimeLimits,
        Self::Secrets,
        Self::Log,
    ];

    /// Whether its settings decide what a run does, and not only when, by which way and who hears of it.
    pub const fn decides_plans(self) -> bool {
        !matches!(
            self,
            Self::Schedule
                | Self::Notifications
                | Self::Network
                | Self::TimeLimits
                | Self::Secrets
                | Self::Log
        )
    }
}

/// Something that has to hold for a setting to be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// One of these kinds of directory is chosen.
    Directory(&'static [DirectoryKind]),
    /// The server is an Active Directory.
    ActiveDirectory,
    /// The server is none.
    NoActiveDirectory,
    /// A flag is on.
    On(&'static str),
    /// A flag is off.
    Off(&'static str),
    /// A setting has this value.
    Is(&'static str, &'static str),
}

impl Condition {
    /// Whether it holds. `value_of` gives the value of the setting of that name.
    pub fn holds(self, value_of: &dyn Fn(&str) -> Value) -> bool {
        match self {
            Self::Directory(kinds) => {
                let chosen = value_of("directory").as_i64().and_then(DirectoryKind::from_number);
                chosen.is_some_and(|it| kinds.contains(&it))
            }
            Self::ActiveDirectory => is_active_directory(value_of),
            Self::NoActiveDirectory => !is_active_directory(value_of),
            Self::On(name) => value_of(name) == true,
            Self::Off(name) => value_of(name) != true,
            Self::Is(name, value) => value_of(name) == value,
        }
    }
}

fn preset(value_of: &dyn Fn(&str) -> Value) -> Option<LdapPreset> {
    serde_json::from_value(value_of("ldap.preset")).ok()
}

fn is_active_directory(value_of: &dyn Fn(&str) -> Value) -> bool {
    value_of("ldap.ad") == true || preset(value_of).is_some_and(LdapPreset::is_active_directory)
}

/// What counts where a setting is not set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DefaultValue {
    /// Nothing.
    Nothing,
    /// On or off.
    Flag(bool),
    /// A number.
    Number(i64),
    /// A text.
    Text(&'static str),
    /// What the software of the LDAP server calls it, where `ldap.preset` names one, else this.
    Preset(PresetName, Option<&'static str>),
    /// On where the software of the LDAP server has its people in the group of their `gidNumber`.
    PrimaryGroups,
    /// A list.
    List(DefaultList),
}

/// Something that a preset names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PresetName {
    /// Object class of people.
    UserClass,
    /// Object class of groups.
    GroupClass,
    /// Where people are.
    UserPath,
    /// Where groups are.
    GroupPath,
    /// The attribute that lists members.
    Member,
    /// The attribute that holds the time of the last change.
    Revision,
}

/// What counts where a list is not set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DefaultList {
    /// The attributes by which the software of the LDAP server disables an account.
    DisabledBy,
    /// These words.
    Words(&'static [&'static str]),
}

impl PresetName {
    fn of(self, names: &PresetNames) -> Option<&'static str> {
        match self {
            Self::UserClass => Some(names.user_class),
            Self::GroupClass => Some(names.group_class),
            Self::UserPath => names.user_path,
            Self::GroupPath => names.group_path,
            Self::Member => Some(names.member),
            Self::Revision => Some(names.revision),
        }
    }
}

impl DefaultValue {
    /// The value with the other settings as they are; null for nothing.
    pub fn value(self, value_of: &dyn Fn(&str) -> Value) -> Value {
        match self {
            Self::Nothing => Value::Null,
            Self::Flag(flag) => flag.into(),
            Self::Number(number) => number.into(),
            Self::Text(text) => text.into(),
            Self::Preset(name, usual) => {
                let names = preset(value_of).and_then(LdapPreset::names);
                names.and_then(|it| name.of(&it)).or(usual).into()
            }
            Self::PrimaryGroups => {
                preset(value_of).and_then(LdapPreset::names).is_some_and(|it| it.primary_groups).into()
            }
            Self::List(DefaultList::Words(words)) => words.into(),
            Self::List(DefaultList::DisabledBy) => {
                let signs = LdapPreset::signs(preset(value_of));
                signs.iter().map(|it| it.attribute()).collect::<Vec<_>>().into()
            }
        }
    }
}
