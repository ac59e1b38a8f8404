//! How to reach an LDAP server and where its people and groups are.

use super::{SettingsError, flag, number, text};
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
    /// Name or address of the server, without brackets for IPv6.
    pub hostname: String,
    /// TCP port.
    pub port: u16,
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
    pub paged_search: bool,
}

impl LdapSettings {
    /// Checks `directoryLdap`.
    ///
    /// # Errors
    /// [`SettingsError`] names the first setting that is missing, of the wrong kind, or in contradiction.
    pub fn from_stored(stored: &Map<String, Value>) -> Result<Self, SettingsError> {
        let hostname = text(stored, "hostname", "ldap.hostname")?
            .ok_or(SettingsError::Missing { key: "ldap.hostname" })?;
        let port = number(stored, "port", "ldap.port")?.ok_or(SettingsError::Missing { key: "ldap.port" })?;
        let port = u16::try_from(port).ok().filter(|&port| port != 0).ok_or(SettingsError::Invalid {
            key: "ldap.port",
            value: port.to_string(),
            expected: "a port from 1 to 65535",
        })?;
        let root_path = text(stored, "rootPath", "ldap.rootPath")?
            .ok_or(SettingsError::Missing { key: "ldap.rootPath" })?;
        let bind = if flag(stored, "currentUser", "ldap.currentUser")? {
            Bind::CurrentUser
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
                return Err(SettingsError::Contradiction {
                    first: "ldap.startTls",
                    second: "ldap.ssl",
                    cure: "StartTLS needs `ldap.ssl` set to true; for a connection in clear text set `ldap.startTls` to false",
                });
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
            return Err(SettingsError::Contradiction {
                first: "ldap.sslCertPath",
                second: "ldap.sslKeyPath",
                cure: "a client certificate needs both files",
            });
        }
        Ok(Self {
            hostname: hostname.trim_start_matches('[').trim_end_matches(']').to_owned(),
            port,
            security,
            tls,
            bind,
            root_path,
            active_directory: flag(stored, "ad", "ldap.ad")?,
            paged_search: flag(stored, "pagedSearch", "ldap.pagedSearch")?,
        })
    }
}

/// Where people and groups are, and which attributes matter: a checked part of `sync`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LdapLayout {
    /// Search base of people.
    pub user_base: String,
    /// Search base of groups.
    pub group_base: String,
    /// Object class of people; None: the filter alone decides.
    pub user_object_class: Option<String>,
    /// Object class of groups; None: the filter alone decides.
    pub group_object_class: Option<String>,
    /// The administrator's filter for people, as typed.
    pub user_filter: Option<String>,
    /// The administrator's filter for groups, as typed.
    pub group_filter: Option<String>,
    /// Attribute that holds the address.
    pub email_attribute: String,
    /// Attribute that holds the first half of a composed address, where addresses are composed.
    pub email_prefix_attribute: Option<String>,
    /// Attribute that holds a group's name; `cn` stands in where an entry lacks it.
    pub group_name_attribute: String,
    /// Attribute that lists a group's members.
    pub member_attribute: String,
    /// Attribute that tells when an entry was last changed, as a generalized time.
    pub revision_attribute: Option<String>,
}

impl LdapLayout {
    /// Checks the LDAP part of `sync` for the server of `ldap`; Active Directory's own values take the place of stored ones.
    ///
    /// # Errors
    /// [`SettingsError`] names the setting that is missing or of the wrong kind.
    pub fn from_stored(sync: &Map<String, Value>, ldap: &LdapSettings) -> Result<Self, SettingsError> {
        let ad = ldap.active_directory;
        let fixed = |field: &str, key, in_ad: &str| -> Result<Option<String>, SettingsError> {
            if ad { Ok(Some(in_ad.to_owned())) } else { text(sync, field, key) }
        };
        let path = |field: &str, key| -> Result<Option<String>, SettingsError> {
            let typed = text(sync, field, key)?;
            Ok(if ad { Some(typed.unwrap_or_else(|| "CN=Users".to_owned())) } else { typed })
        };
        let layout = Self {
            user_base: search_base(path("userPath", "sync.userPath")?.as_deref(), &ldap.root_path),
            group_base: search_base(path("groupPath", "sync.groupPath")?.as_deref(), &ldap.root_path),
            user_object_class: fixed("userObjectClass", "sync.userObjectClass", "person")?,
            group_object_class: fixed("groupObjectClass", "sync.groupObjectClass", "group")?,
            user_filter: text(sync, "userFilter", "sync.userFilter")?,
            group_filter: text(sync, "groupFilter", "sync.groupFilter")?,
            email_attribute: fixed("userEmailAttribute", "sync.userEmailAttribute", "mail")?
                .unwrap_or_else(|| "mail".to_owned()),
            email_prefix_attribute: if flag(sync, "useEmailPrefixSuffix", "sync.useEmailPrefixSuffix")? {
                fixed("emailPrefixAttribute", "sync.emailPrefixAttribute", "sAMAccountName")?
            } else {
                None
            },
            group_name_attribute: fixed("groupNameAttribute", "sync.groupNameAttribute", "name")?
                .unwrap_or_else(|| "cn".to_owned()),
            member_attribute: fixed("memberAttribute", "sync.memberAttribute", "member")?
                .unwrap_or_else(|| "member".to_owned()),
            revision_attribute: fixed("revisionDateAttribute", "sync.revisionDateAttribute", "whenChanged")?,
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

/// `<path>,<root>`: today's connector takes the root from its first `dc=` on; a root without one is taken whole.
fn search_base(path: Option<&str>, root: &str) -> String {
    match path {
        None => root.to_owned(),
        Some(path) => {
            let from = root.to_ascii_lowercase().find("dc=").unwrap_or(0);
            format!("{path},{}", &root[from..])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn stored(value: Value) -> Map<String, Value> {
        value.as_object().expect("an object").clone()
    }

    fn server(change: Value) -> Result<LdapSettings, SettingsError> {
        let mut fields = stored(json!({
            "hostname": "dc1", "port": 389, "rootPath": "dc=example,dc=test", "username": "cn=reader",
        }));
        fields.extend(stored(change));
        LdapSettings::from_stored(&fields)
    }

    #[test]
    fn start_tls_without_ssl_is_refused_and_names_the_setting() {
        let error = server(json!({"startTls": true, "ssl": false})).expect_err("a contradiction");
        assert!(error.to_string().contains("set `ldap.startTls` to false"), "{error}");
    }

    #[test]
    fn security_follows_ssl_and_start_tls() {
        for (ssl, start_tls, expected) in [
            (false, false, Security::ClearText),
            (true, false, Security::Ldaps),
            (true, true, Security::StartTls),
        ] {
            assert_eq!(
                server(json!({"ssl": ssl, "startTls": start_tls})).map(|it| it.security),
                Ok(expected)
            );
        }
    }

    #[test]
    fn a_port_may_be_stored_as_text_but_has_to_be_one() {
        assert_eq!(server(json!({"port": "636"})).map(|it| it.port), Ok(636));
        assert!(server(json!({"port": 70000})).is_err());
        assert!(server(json!({"port": 0})).is_err());
        assert_eq!(server(json!({"port": null})), Err(SettingsError::Missing { key: "ldap.port" }));
    }

    #[test]
    fn a_base_is_the_path_before_the_root_from_its_first_dc() {
        assert_eq!(search_base(Some("ou=p"), "ou=x,DC=example,dc=test"), "ou=p,DC=example,dc=test");
        assert_eq!(search_base(Some("ou=p"), "o=corp"), "ou=p,o=corp");
        assert_eq!(search_base(None, "ou=x,dc=example"), "ou=x,dc=example");
    }

    #[test]
    fn active_directory_brings_its_own_names() {
        let ldap = server(json!({"ad": true})).expect("valid");
        let layout = LdapLayout::from_stored(&stored(json!({"userObjectClass": "x", "groups": true})), &ldap)
            .expect("valid");
        assert_eq!(layout.user_base, "CN=Users,dc=example,dc=test");
        assert_eq!(layout.user_object_class.as_deref(), Some("person"));
        assert_eq!(
            (layout.group_name_attribute.as_str(), layout.member_attribute.as_str()),
            ("name", "member")
        );
    }

    #[test]
    fn a_class_or_a_filter_is_needed() {
        let ldap = server(json!({})).expect("valid");
        let missing = |sync| LdapLayout::from_stored(&stored(sync), &ldap).expect_err("missing");
        assert_eq!(missing(json!({})), SettingsError::Missing { key: "sync.userObjectClass" });
        assert_eq!(
            missing(json!({"userObjectClass": "person", "groups": true})),
            SettingsError::Missing { key: "sync.groupObjectClass" }
        );
    }
}
