//! The part of `connector.toml` that tells how an LDAP directory differs from what the official connector assumes.

use super::{Expected, SettingsError};
use serde::{Deserialize, Serialize};

/// `[ldap]` of `connector.toml`. Nothing set means today's behaviour.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct LdapOptions {
    /// The server's software: its classes and attributes take the place of settings that are not stored.
    pub preset: Option<LdapPreset>,
    /// How the reading account proves who it is.
    pub sign_in: LdapSignIn,
    /// Servers that hold the same and are asked when the first cannot be reached: `host` or `host:port`.
    pub further_servers: Vec<String>,
    /// Search bases of people, each before the root; empty: `sync.userPath`.
    pub user_paths: Vec<String>,
    /// Search bases of groups, each before the root; empty: `sync.groupPath`.
    pub group_paths: Vec<String>,
    /// How far below their bases people are looked for.
    pub user_scope: LdapScope,
    /// How far below their bases groups are looked for.
    pub group_scope: LdapScope,
    /// Whether alias entries are followed to what they stand for.
    pub aliases: Aliases,
    /// The attribute that is pushed as external id. None: `objectGUID` where there is one, else the distinguished name.
    pub id_attribute: Option<IdAttribute>,
    /// Attributes that may hold the address, the first with a value counts; empty: `sync.userEmailAttribute`.
    pub email_attributes: Vec<String>,
    /// The attribute of people and groups that lists the groups they are in, used in place of the groups' own lists.
    pub member_of_attribute: Option<String>,
    /// Whether people belong to the group that has their `gidNumber`, too. None: as the preset says, else not.
    pub primary_groups: Option<bool>,
    /// Attributes that tell who is disabled; empty: as the preset says, else `userAccountControl`.
    pub disabled_by: Vec<String>,
}

/// How the reading account proves who it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LdapSignIn {
    /// By a name and a password, or as the account that runs the program (`ldap.currentUser`).
    #[default]
    Password,
    /// By the client certificate, or by the user who owns the process at a local socket (SASL EXTERNAL).
    External,
    /// Not at all.
    Anonymous,
}

/// How far below a base entries are looked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LdapScope {
    /// All the way down.
    #[default]
    Subtree,
    /// Directly below the base only.
    OneLevel,
}

/// Whether alias entries are followed (RFC 4511, section 4.5.1.3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Aliases {
    /// An alias is an entry like any other.
    #[default]
    Never,
    /// Only where the base itself is one.
    Finding,
    /// Only below the base.
    Searching,
    /// In both places.
    Always,
}

/// Attributes that identify an entry for good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IdAttribute {
    /// OpenLDAP, ApacheDS, lldap and others (RFC 4530).
    #[serde(rename = "entryUUID")]
    EntryUuid,
    /// 389 Directory Server and its relatives.
    #[serde(rename = "nsUniqueId")]
    NsUniqueId,
    /// FreeIPA.
    #[serde(rename = "ipaUniqueID")]
    IpaUniqueId,
    /// Open Directory.
    #[serde(rename = "apple-generateduid")]
    AppleGeneratedUid,
    /// eDirectory: 16 bytes.
    #[serde(rename = "GUID")]
    Guid,
}

impl IdAttribute {
    /// All of them, in the order in which the settings list them.
    pub const ALL: [Self; 5] =
        [Self::EntryUuid, Self::NsUniqueId, Self::IpaUniqueId, Self::AppleGeneratedUid, Self::Guid];

    /// The attribute's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::EntryUuid => "entryUUID",
            Self::NsUniqueId => "nsUniqueId",
            Self::IpaUniqueId => "ipaUniqueID",
            Self::AppleGeneratedUid => "apple-generateduid",
            Self::Guid => "GUID",
        }
    }

    /// Whether the values are bytes and not text.
    pub fn is_binary(self) -> bool {
        self == Self::Guid
    }
}

/// The attributes of [`DisabledBy`].
pub(super) const DISABLED_BY: [&str; 6] = [
    DisabledBy::ALL[0].attribute(),
    DisabledBy::ALL[1].attribute(),
    DisabledBy::ALL[2].attribute(),
    DisabledBy::ALL[3].attribute(),
    DisabledBy::ALL[4].attribute(),
    DisabledBy::ALL[5].attribute(),
];

/// Something in an entry that says that the account may not be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DisabledBy {
    /// Active Directory: bit 2.
    UserAccountControl,
    /// Active Directory: a time that has passed.
    AccountExpires,
    /// 389 Directory Server and FreeIPA: `true`.
    NsAccountLock,
    /// Password policy: locked for good (`000001010000Z`); a lock that ends by itself does not count.
    PwdAccountLockedTime,
    /// A day, counted from 1970, that has come.
    ShadowExpire,
    /// eDirectory: `TRUE`.
    LoginDisabled,
}

impl DisabledBy {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::UserAccountControl,
        Self::AccountExpires,
        Self::NsAccountLock,
        Self::PwdAccountLockedTime,
        Self::ShadowExpire,
        Self::LoginDisabled,
    ];

    /// The attribute's name.
    pub const fn attribute(self) -> &'static str {
        match self {
            Self::UserAccountControl => "userAccountControl",
            Self::AccountExpires => "accountExpires",
            Self::NsAccountLock => "nsAccountLock",
            Self::PwdAccountLockedTime => "pwdAccountLockedTime",
            Self::ShadowExpire => "shadowExpire",
            Self::LoginDisabled => "loginDisabled",
        }
    }

    /// Reads the names of a list; None where it is empty.
    pub(super) fn of(names: &[String]) -> Result<Option<Vec<Self>>, SettingsError> {
        let one = |name: &String| {
            Self::ALL.into_iter().find(|it| it.attribute().eq_ignore_ascii_case(name.trim())).ok_or_else(
                || SettingsError::Invalid {
                    key: "ldap.disabled-by",
                    value: name.clone(),
                    expected: Expected::OneOf(&DISABLED_BY),
                },
            )
        };
        let found = names.iter().map(one).collect::<Result<Vec<_>, _>>()?;
        Ok((!found.is_empty()).then_some(found))
    }
}

/// The software of an LDAP server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LdapPreset {
    /// Microsoft Active Directory.
    ActiveDirectory,
    /// OpenLDAP with its usual schemas.
    Openldap,
    /// 389 Directory Server.
    DirectoryServer,
    /// FreeIPA and Red Hat Identity Management.
    Freeipa,
    /// Apache Directory Server.
    Apacheds,
    /// NetIQ eDirectory.
    Edirectory,
    /// Apple Open Directory.
    OpenDirectory,
    /// lldap.
    Lldap,
    /// Samba as an Active Directory domain controller.
    Samba,
}

/// What a server's software calls things.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PresetNames {
    /// Object class of people.
    pub user_class: &'static str,
    /// Object class of groups.
    pub group_class: &'static str,
    /// Where people are, before the root; None: anywhere.
    pub user_path: Option<&'static str>,
    /// Where groups are, before the root; None: anywhere.
    pub group_path: Option<&'static str>,
    /// Attribute that lists a group's members.
    pub member: &'static str,
    /// Attribute that holds the time of the last change.
    pub revision: &'static str,
    /// What tells who is disabled.
    pub disabled_by: &'static [DisabledBy],
    /// Whether people belong to the group that has their `gidNumber`.
    pub primary_groups: bool,
}

impl LdapPreset {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::ActiveDirectory,
        Self::Openldap,
        Self::DirectoryServer,
        Self::Freeipa,
        Self::Apacheds,
        Self::Edirectory,
        Self::OpenDirectory,
        Self::Lldap,
        Self::Samba,
    ];

    /// Whether the server is an Active Directory, with its own rules.
    pub fn is_active_directory(self) -> bool {
        matches!(self, Self::ActiveDirectory | Self::Samba)
    }

    /// What tells who is disabled on a server of this software, or of one that is not known.
    pub fn signs(software: Option<Self>) -> &'static [DisabledBy] {
        let own = software.and_then(Self::names).map(|it| it.disabled_by).filter(|it| !it.is_empty());
        own.unwrap_or(&[DisabledBy::UserAccountControl])
    }

    /// What the software calls things; None for an Active Directory, whose names are fixed.
    pub fn names(self) -> Option<PresetNames> {
        let usual = PresetNames {
            user_class: "inetOrgPerson",
            group_class: "groupOfNames",
            user_path: None,
            group_path: None,
            member: "member",
            revision: "modifyTimestamp",
            disabled_by: &[],
            primary_groups: false,
        };
        Some(match self {
            Self::ActiveDirectory | Self::Samba => return None,
            Self::Openldap | Self::Apacheds => {
                PresetNames { disabled_by: &[DisabledBy::PwdAccountLockedTime], ..usual }
            }
            Self::DirectoryServer => PresetNames { disabled_by: &[DisabledBy::NsAccountLock], ..usual },
            Self::Freeipa => PresetNames {
                group_class: "ipaUserGroup",
                user_path: Some("cn=users,cn=accounts"),
                group_path: Some("cn=groups,cn=accounts"),
                disabled_by: &[DisabledBy::NsAccountLock],
                ..usual
            },
            Self::Edirectory => PresetNames { disabled_by: &[DisabledBy::LoginDisabled], ..usual },
            Self::OpenDirectory => PresetNames {
                group_class: "posixGroup",
                user_path: Some("cn=users"),
                group_path: Some("cn=groups"),
                member: "memberUid",
                primary_groups: true,
                ..usual
            },
            Self::Lldap => PresetNames {
                group_class: "groupOfUniqueNames",
                user_path: Some("ou=people"),
                group_path: Some("ou=groups"),
                ..usual
            },
        })
    }
}
