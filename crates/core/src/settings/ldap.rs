//! How to reach an LDAP server and where its people and groups are.

use super::host::{bare, check_hosts, further_server, host_list, is_loopback, socket_path};
use super::ldap_options::{
    Aliases, DisabledBy, IdAttribute, LdapOptions, LdapPreset, LdapScope, LdapSignIn, PresetNames,
};
use super::{Contradiction, SettingsError, flag, number, port, text};
use serde_json::{Map, Value};

/// How the connection is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// Not at all (`ssl` false).
    ClearText,
    /// Upgraded on the clear-text port (`ssl` and `startTls` true).
    StartTls,
    /// TLS from the first byte (`ssl` true).
    Ldaps,
}

/// As whom to bind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Bind {
    /// A name and the stored password. The name is a distinguished name, `DOMAIN\user` or `user@domain`.
    Simple {
        /// The bind name.
        username: String,
    },
    /// The account that runs the program (Kerberos).
    CurrentUser,
    /// Whoever the client certificate, or the owner of this process at a local socket, stands for (SASL EXTERNAL).
    External,
    /// Nobody.
    Anonymous,
}

/// A server that holds the same as the first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// Name or address, without brackets for IPv6.
    pub hostname: String,
    /// TCP port.
    pub port: u16,
}

/// Files and switches of TLS.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LdapTls {
    /// PEM file of further trusted authorities, beside those of the operating system.
    pub ca_path: Option<String>,
    /// PEM file of the client certificate.
    pub certificate_path: Option<String>,
    /// PEM file of the client certificate's key.
    pub key_path: Option<String>,
    /// Accepts any certificate (`sslAllowUnauthorized`).
    pub allow_unauthorized: bool,
}

/// A checked `directoryLdap`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LdapSettings {
    /// Name or address of the server, without brackets for IPv6; the path of its socket, where it is a local one; empty
    /// where `located_in` tells.
    pub hostname: String,
    /// TCP port; without meaning for a local socket. 0: as DNS says.
    pub port: u16,
    /// The DNS domain whose SRV records list the servers, where no server is named.
    pub located_in: Option<String>,
    /// Whether `hostname` is the path of a local socket (`ldapi`).
    pub local: bool,
    /// Servers that are asked when the first cannot be reached.
    pub further_servers: Vec<Server>,
    /// How the connection is protected.
    pub security: Security,
    /// Files and switches of TLS.
    pub tls: LdapTls,
    /// As whom to bind.
    pub bind: Bind,
    /// The naming context, as typed.
    pub root_path: String,
    /// Whether the server is an Active Directory.
    pub active_directory: bool,
    /// Whether pages are asked for where the server offers them.
    pub paged_search: Option<bool>,
}

impl LdapSettings {
    /// Checks `directoryLdap`.
    ///
    /// # Errors
    /// [`SettingsError`] names the first setting that is missing, of the wrong kind, or in contradiction.
    pub fn from_stored(stored: &Map<String, Value>, options: &LdapOptions) -> Result<Self, SettingsError> {
        let named = text(stored, "hostname", "ldap.hostname")?;
        let located_in = match named {
            Some(_) => None,
            None => text(stored, "domain", "ldap.domain")?,
        };
        if named.is_none() && located_in.is_none() {
            return Err(SettingsError::Missing { key: "ldap.hostname" });
        }
        let named = named.unwrap_or_default();
        if !named.is_empty() {
            check_hosts(&named, "ldap.hostname")?;
        }
        let socket = socket_path(&named);
        let (hostname, listed) =
            if socket.is_some() { (named.as_str(), Vec::new()) } else { host_list(&named) };
        let port = match number(stored, "port", "ldap.port")? {
            None if socket.is_some() => 389,
            None if located_in.is_some() => 0,
            None => return Err(SettingsError::Missing { key: "ldap.port" }),
            Some(number) => port::port(number, "ldap.port")?,
        };
        let further_servers = listed
            .into_iter()
            .map(|typed| further_server(typed, port, "ldap.hostname"))
            .chain(
                options
                    .further_servers
                    .iter()
                    .map(|typed| further_server(typed, port, "ldap.further-servers")),
            )
            .collect::<Result<Vec<_>, _>>()?;
        let root_path = text(stored, "rootPath", "ldap.rootPath")?
            .ok_or(SettingsError::Missing { key: "ldap.rootPath" })?;
        let bind = if flag(stored, "currentUser", "ldap.currentUser")? {
            Bind::CurrentUser
        } else if options.sign_in == LdapSignIn::External {
            Bind::External
        } else if options.sign_in == LdapSignIn::Anonymous {
            Bind::Anonymous
        } else {
            let username = text(stored, "username", "ldap.username")?
                .ok_or(SettingsError::Missing { key: "ldap.username" })?;
            Bind::Simple { username }
        };
        let security = match (flag(stored, "ssl", "ldap.ssl")?, flag(stored, "startTls", "ldap.startTls")?) {
            (false, false) => Security::ClearText,
            (true, false) => Security::Ldaps,
            (true, true) => Security::StartTls,
            (false, true) => {
                return Err(SettingsError::Contradiction(Contradiction::StartTlsWithoutTls));
            }
        };
        let ca_field = if security == Security::StartTls { "tlsCaPath" } else { "sslCaPath" };
        let tls = LdapTls {
            ca_path: text(
                stored,
                ca_field,
                if ca_field == "tlsCaPath" { "ldap.tlsCaPath" } else { "ldap.sslCaPath" },
            )?,
            certificate_path: text(stored, "sslCertPath", "ldap.sslCertPath")?,
            key_path: text(stored, "sslKeyPath", "ldap.sslKeyPath")?,
            allow_unauthorized: flag(stored, "sslAllowUnauthorized", "ldap.sslAllowUnauthorized")?,
        };
        if tls.certificate_path.is_some() != tls.key_path.is_some() {
            return Err(SettingsError::Contradiction(Contradiction::HalfClientCertificate));
        }
        let local = socket.is_some();
        if bind == Bind::External
            && !local
            && (security == Security::ClearText || tls.certificate_path.is_none())
        {
            return Err(SettingsError::Contradiction(Contradiction::ExternalWithoutCertificate));
        }
        if local && bind == Bind::CurrentUser {
            return Err(SettingsError::Contradiction(Contradiction::CurrentUserAtSocket));
        }
        if located_in.is_some() && !further_servers.is_empty() {
            return Err(SettingsError::Contradiction(Contradiction::FurtherServersOfDomain));
        }
        if local && !further_servers.is_empty() {
            return Err(SettingsError::Contradiction(Contradiction::FurtherServersOfSocket));
        }
        Ok(Self {
            hostname: socket.unwrap_or_else(|| bare(hostname)),
            port,
            located_in,
            local,
            further_servers,
            security: if local { Security::ClearText } else { security },
            tls,
            bind,
            root_path,
            active_directory: flag(stored, "ad", "ldap.ad")?
                || options.preset.is_some_and(LdapPreset::is_active_directory),
            paged_search: match stored.get("pagedSearch") {
                None | Some(Value::Null) => None,
                Some(_) => Some(flag(stored, "pagedSearch", "ldap.pagedSearch")?),
            },
        })
    }
}

impl LdapSettings {
    /// Whether a password travels over a network in clear text.
    pub fn shows_password(&self) -> bool {
        let on_this_machine = self.local || is_loopback(&self.hostname);
        self.security == Security::ClearText && !on_this_machine && matches!(self.bind, Bind::Simple { .. })
    }
}

/// Where people and groups are, and which attributes matter: a checked part of `sync`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LdapLayout {
    /// Search bases of people, none below another.
    pub user_bases: Vec<String>,
    /// Search bases of groups, none below another.
    pub group_bases: Vec<String>,
    /// The setting that the bases of people come from.
    pub user_base_setting: &'static str,
    /// The setting that the bases of groups come from.
    pub group_base_setting: &'static str,
    /// How far below their bases people are looked for.
    pub user_scope: LdapScope,
    /// How far below their bases groups are looked for.
    pub group_scope: LdapScope,
    /// Whether alias entries are followed.
    pub aliases: Aliases,
    /// Object class of people; None: the filter alone decides.
    pub user_object_class: Option<String>,
    /// Object class of groups; None: the filter alone decides.
    pub group_object_class: Option<String>,
    /// The administrator's filter for people, as typed.
    pub user_filter: Option<String>,
    /// The administrator's filter for groups, as typed.
    pub group_filter: Option<String>,
    /// Attributes that may hold the address, the first with a value counts.
    pub email_attributes: Vec<String>,
    /// Keys of the settings that say which attributes these are: first that of the address, then that of the first half of a
    /// composed one, where one may be chosen.
    pub address_settings: Vec<&'static str>,
    /// Attribute that holds the first half of a composed address, where addresses are composed.
    pub email_prefix_attribute: Option<String>,
    /// Attribute that holds a group's name; `cn` stands in where an entry lacks it.
    pub group_name_attribute: String,
    /// Attribute that lists a group's members.
    pub member_attribute: String,
    /// Attribute of people and groups that lists the groups they are in, in place of the groups' own lists.
    pub member_of_attribute: Option<String>,
    /// Whether people belong to the group that has their `gidNumber`, too.
    pub primary_groups: bool,
    /// Whether a member may be spelled `uid=<login>` alone.
    pub logins_as_names: bool,
    /// What tells who is disabled.
    pub disabled_by: Vec<DisabledBy>,
    /// Whether that was chosen, by itself or with the software: the usual sign is none where nobody has it.
    pub disabled_by_chosen: bool,
    /// The attribute that is pushed as external id; None: `objectGUID` where there is one, else the distinguished name.
    pub id_attribute: Option<IdAttribute>,
    /// Attribute that tells when an entry was last changed, as a generalized time.
    pub revision_attribute: Option<String>,
    /// Attribute that tells people apart who have one address, one after the other; None: `employeeNumber`, else `employeeID`.
    pub mark_attribute: Option<String>,
}

impl LdapLayout {
    /// Checks the LDAP part of `sync` for the server of `ldap`; Active Directory's own values take the place of stored ones.
    ///
    /// # Errors
    /// [`SettingsError`] names the setting that is missing or of the wrong kind.
    pub fn from_stored(
        sync: &Map<String, Value>,
        ldap: &LdapSettings,
        options: &LdapOptions,
    ) -> Result<Self, SettingsError> {
        let ad = ldap.active_directory;
        let preset = options.preset.and_then(LdapPreset::names).filter(|_| !ad);
        let of_preset = |name: fn(&PresetNames) -> Option<&'static str>| {
            preset.as_ref().and_then(name).map(str::to_owned)
        };
        let fixed = |field: &str, key, in_ad: &str| -> Result<Option<String>, SettingsError> {
            if ad { Ok(Some(in_ad.to_owned())) } else { text(sync, field, key) }
        };
        let bases = |paths: &[String], scope, field: &str, key, usual: Option<String>| {
            let typed =
                if paths.is_empty() { text(sync, field, key)?.into_iter().collect() } else { paths.to_vec() };
            let typed = if typed.is_empty() { usual.into_iter().collect() } else { typed };
            Ok::<_, SettingsError>(search_bases(&typed, &ldap.root_path, scope))
        };
        let email_attributes = match fixed("userEmailAttribute", "sync.userEmailAttribute", "mail")? {
            _ if !options.email_attributes.is_empty() => options.email_attributes.clone(),
            Some(attribute) => vec![attribute],
            None => vec!["mail".to_owned()],
        };
        let composes = flag(sync, "useEmailPrefixSuffix", "sync.useEmailPrefixSuffix")?;
        let signs = || LdapPreset::signs(options.preset.filter(|_| !ad)).to_vec();
        let chosen = DisabledBy::of(&options.disabled_by)?;
        let disabled_by_chosen =
            chosen.is_some() || preset.as_ref().is_some_and(|it| !it.disabled_by.is_empty());
        let disabled_by = chosen.unwrap_or_else(signs);
        let layout = Self {
            user_bases: bases(
                &options.user_paths,
                options.user_scope,
                "userPath",
                "sync.userPath",
                of_preset(|it| it.user_path),
            )?,
            group_bases: bases(
                &options.group_paths,
                options.group_scope,
                "groupPath",
                "sync.groupPath",
                of_preset(|it| it.group_path),
            )?,
            user_base_setting: if options.user_paths.is_empty() {
                "sync.userPath"
            } else {
                "ldap.user-paths"
            },
            group_base_setting: if options.group_paths.is_empty() {
                "sync.groupPath"
            } else {
                "ldap.group-paths"
            },
            user_scope: options.user_scope,
            group_scope: options.group_scope,
            aliases: options.aliases,
            user_object_class: fixed("userObjectClass", "sync.userObjectClass", "person")?
                .or_else(|| of_preset(|it| Some(it.user_class))),
            group_object_class: fixed("groupObjectClass", "sync.groupObjectClass", "group")?
                .or_else(|| of_preset(|it| Some(it.group_class))),
            user_filter: text(sync, "userFilter", "sync.userFilter")?,
            group_filter: text(sync, "groupFilter", "sync.groupFilter")?,
            email_attributes,
            address_settings: address_settings(options, ad, composes),
            email_prefix_attribute: if composes {
                fixed("emailPrefixAttribute", "sync.emailPrefixAttribute", "sAMAccountName")?
            } else {
                None
            },
            group_name_attribute: fixed("groupNameAttribute", "sync.groupNameAttribute", "name")?
                .unwrap_or_else(|| "cn".to_owned()),
            member_attribute: fixed("memberAttribute", "sync.memberAttribute", "member")?
                .or_else(|| of_preset(|it| Some(it.member)))
                .unwrap_or_else(|| "member".to_owned()),
            member_of_attribute: options
                .member_of_attribute
                .as_deref()
                .map(str::trim)
                .filter(|it| !it.is_empty())
                .map(str::to_owned),
            primary_groups: options
                .primary_groups
                .unwrap_or_else(|| preset.is_some_and(|it| it.primary_groups)),
            logins_as_names: options.preset == Some(LdapPreset::Freeipa),
            disabled_by,
            disabled_by_chosen,
            id_attribute: options.id_attribute,
            mark_attribute: None,
            revision_attribute: fixed("revisionDateAttribute", "sync.revisionDateAttribute", "whenChanged")?
                .or_else(|| of_preset(|it| Some(it.revision))),
        };
        if layout.user_object_class.is_none() && layout.user_filter.is_none() {
            return Err(SettingsError::Missing { key: "sync.userObjectClass" });
        }
        if flag(sync, "groups", "sync.groups")?
            && layout.group_object_class.is_none()
            && layout.group_filter.is_none()
        {
            return Err(SettingsError::Missing { key: "sync.groupObjectClass" });
        }
        Ok(layout)
    }
}

/// The base of each path, an empty one for the root; one that lies in another is read with it and left out.
fn search_bases(paths: &[String], root: &str, scope: LdapScope) -> Vec<String> {
    if paths.is_empty() {
        return vec![search_base("", root)];
    }
    let comparable = |base: &str| base.to_lowercase().split(',').map(str::trim).collect::<Vec<_>>().join(",");
    let mut bases: Vec<String> = Vec::new();
    for path in paths {
        let base = search_base(path, root);
        let new = comparable(&base);
        let holds = |above: &str, below: &str| {
            above == below || scope == LdapScope::Subtree && below.ends_with(&format!(",{above}"))
        };
        if !bases.iter().any(|known| holds(&comparable(known), &new)) {
            bases.retain(|known| !holds(&new, &comparable(known)));
            bases.push(base);
        }
    }
    bases
}

/// `<path>,<root>`, with the root from its first `dc=` on, as the official connector has it, also where there is no path. A root
/// without `dc=` is taken whole, and a path that is complete without it is a base of its own.
fn search_base(path: &str, root: &str) -> String {
    let path = path.trim();
    match (path.is_empty(), first_dc(root)) {
        (true, from) => root[from.unwrap_or(0)..].to_owned(),
        (false, None) if is_complete(path, root) => path.to_owned(),
        (false, from) => format!("{path},{}", &root[from.unwrap_or(0)..]),
    }
}

fn first_dc(root: &str) -> Option<usize> {
    root.to_ascii_lowercase().find("dc=")
}

/// Whether a path names its root itself: this one, or another organization, country or domain.
fn is_complete(path: &str, root: &str) -> bool {
    let comparable = |name: &str| name.to_lowercase().split(',').map(str::trim).collect::<Vec<_>>().join(",");
    let (path, root) = (comparable(path), comparable(root));
    let last = path.rsplit(',').next().unwrap_or_default();
    let kind = last.split('=').next().unwrap_or_default().trim();
    path == root || path.ends_with(&format!(",{root}")) || matches!(kind, "o" | "c" | "dc")
}

impl LdapSettings {
    /// Where people and groups are looked for that have no path: the root from its first `dc=` on.
    pub fn search_root(&self) -> &str {
        &self.root_path[first_dc(&self.root_path).unwrap_or(0)..]
    }

    /// The part of [`LdapSettings::root_path`] that searches leave out, as the official connector does: what stands before
    /// its first `dc=`.
    pub fn cut_from_root(&self) -> Option<&str> {
        let from = first_dc(&self.root_path).filter(|&from| from > 0)?;
        Some(self.root_path[..from].trim_end_matches([',', ' ']))
    }
}

/// In an Active Directory `sync.userEmailAttribute` and the attribute of the first half do not count.
fn address_settings(options: &LdapOptions, ad: bool, composes: bool) -> Vec<&'static str> {
    let address = match ad || !options.email_attributes.is_empty() {
        true => "ldap.email-attributes",
        false => "sync.userEmailAttribute",
    };
    let first_half = (composes && !ad).then_some("sync.emailPrefixAttribute");
    std::iter::once(address).chain(first_half).collect()
}

#[cfg(test)]
mod tests;
