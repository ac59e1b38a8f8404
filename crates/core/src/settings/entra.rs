//! How to reach a Microsoft Entra ID tenant, and who of it is wanted.

use super::entra_cloud::{AUTHORITIES, WORLDWIDE, cloud_of};
use super::{EntraSignIn, Expected, SettingsError, TextRule, flag, service_url, text};
use crate::filter::{Accepted, Filter, Keyword};
use serde_json::{Map, Value};

/// A checked `directoryEntra`, without its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntraSettings {
    /// Where tokens come from, without a trailing slash.
    pub authority_url: String,
    /// Microsoft Graph without its version and without a trailing slash.
    pub graph_url: String,
    /// The name or id of the tenant.
    pub tenant: String,
    /// The id of the registered application; with a managed identity that of the identity, or empty for the machine's own.
    pub application_id: String,
}

impl EntraSettings {
    /// Checks `directoryEntra`. `authorityUrl` and `graphUrl` are ours: they take the place of the cloud's.
    ///
    /// # Errors
    /// [`SettingsError`] names the setting that is missing or of no use; plain http is accepted on this machine only.
    pub fn from_stored(stored: &Map<String, Value>, sign_in: EntraSignIn) -> Result<Self, SettingsError> {
        let needed = |field, key| text(stored, field, key)?.ok_or(SettingsError::Missing { key });
        let tenant = needed("tenant", "entra.tenant")?;
        if !TextRule::Tenant.admits(&tenant) {
            let expected = Expected::AsSetting;
            return Err(SettingsError::Invalid { key: "entra.tenant", value: tenant, expected });
        }
        let application_id = match sign_in {
            EntraSignIn::ManagedIdentity => {
                text(stored, "applicationId", "entra.applicationId")?.unwrap_or_default()
            }
            _ => needed("applicationId", "entra.applicationId")?,
        };
        let own = |field, key| -> Result<Option<String>, SettingsError> {
            text(stored, field, key)?.map(|typed| service_url(&typed, key)).transpose()
        };
        let (authority_url, graph_url) =
            (own("authorityUrl", "entra.authority-url")?, own("graphUrl", "entra.graph-url")?);
        let authority = text(stored, "identityAuthority", "entra.identityAuthority")?;
        let host = authority.as_deref().unwrap_or(WORLDWIDE);
        let cloud = cloud_of(host);
        let unknown = || SettingsError::Invalid {
            key: "entra.identityAuthority",
            value: host.to_owned(),
            expected: Expected::OneOf(&AUTHORITIES),
        };
        let of_cloud = |own: Option<String>, pick: fn((&'static str, &'static str)) -> &'static str| match own
        {
            Some(url) => Ok(url),
            None => cloud.map(|it| format!("https://{}", pick(it))).ok_or_else(unknown),
        };
        Ok(Self {
            authority_url: of_cloud(authority_url, |it| it.0)?,
            graph_url: of_cloud(graph_url, |it| it.1)?,
            tenant,
            application_id,
        })
    }
}

/// The checked filters of `sync` for an Entra tenant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EntraFilters {
    /// Who is wanted: by address, by group id, by administrative unit.
    pub users: Filter,
    /// Which groups are wanted: by name, by administrative unit.
    pub groups: Filter,
    /// Whether disabled people stay where a filter of groups narrows the people to those in groups: they are to be sent as
    /// deleted (`sync.removeDisabled`).
    pub keeps_disabled: bool,
}

impl EntraFilters {
    /// What `sync.userFilter` accepts.
    pub const USERS: Accepted = Accepted {
        keywords: &[
            Keyword::Include,
            Keyword::Exclude,
            Keyword::IncludeGroup,
            Keyword::ExcludeGroup,
            Keyword::IncludeAdministrativeUnit,
            Keyword::ExcludeAdministrativeUnit,
        ],
        combined: true,
        native: false,
    };
    /// What `sync.groupFilter` accepts.
    pub const GROUPS: Accepted = Accepted {
        keywords: &[
            Keyword::Include,
            Keyword::Exclude,
            Keyword::IncludeAdministrativeUnit,
            Keyword::ExcludeAdministrativeUnit,
        ],
        combined: true,
        native: false,
    };

    /// Checks the filters of `sync`.
    ///
    /// # Errors
    /// [`SettingsError::Filter`] with the position.
    pub fn from_stored(sync: &Map<String, Value>) -> Result<Self, SettingsError> {
        Ok(Self {
            users: filter(sync, "userFilter", "sync.userFilter", Self::USERS)?,
            groups: filter(sync, "groupFilter", "sync.groupFilter", Self::GROUPS)?,
            keeps_disabled: flag(sync, "removeDisabled", "sync.removeDisabled")?,
        })
    }
}

/// A filter of `sync` in the language that all directories but LDAP share; absent means everybody.
///
/// # Errors
/// [`SettingsError::Filter`] with the position.
pub fn filter(
    sync: &Map<String, Value>,
    field: &str,
    key: &'static str,
    accepted: Accepted,
) -> Result<Filter, SettingsError> {
    let typed = match sync.get(field) {
        Some(Value::String(typed)) => typed.as_str(),
        _ => return text(sync, field, key).map(|_| Filter::default()),
    };
    Filter::parse(typed, accepted).map_err(|source| SettingsError::Filter { key, source })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn settings(fields: Value) -> Result<EntraSettings, SettingsError> {
        let mut stored = json!({"tenant": "t.test", "applicationId": "a"});
        let (Value::Object(stored), Value::Object(fields)) = (&mut stored, fields) else {
            unreachable!("both are objects")
        };
        stored.extend(fields);
        EntraSettings::from_stored(stored, EntraSignIn::Secret)
    }

    #[test]
    fn each_cloud_has_its_authority_and_its_graph() {
        for (fields, authority, graph) in [
            (json!({}), "https://login.microsoftonline.com", "https://graph.microsoft.com"),
            (
                json!({"identityAuthority": "https://login.microsoftonline.com/"}),
                "https://login.microsoftonline.com",
                "https://graph.microsoft.com",
            ),
            (
                json!({"identityAuthority": "login.microsoftonline.us"}),
                "https://login.microsoftonline.us",
                "https://graph.microsoft.us",
            ),
            (
                json!({"identityAuthority": "login.microsoftonline.us", "graphUrl": "dod-graph.microsoft.us"}),
                "https://login.microsoftonline.us",
                "https://dod-graph.microsoft.us",
            ),
            (
                json!({"identityAuthority": "login.partner.microsoftonline.cn"}),
                "https://login.partner.microsoftonline.cn",
                "https://microsoftgraph.chinacloudapi.cn",
            ),
            (
                json!({"authorityUrl": "http://127.0.0.1:8080", "graphUrl": "http://localhost:8081/"}),
                "http://127.0.0.1:8080",
                "http://localhost:8081",
            ),
        ] {
            let found = settings(fields.clone()).unwrap();
            assert_eq!(
                (found.authority_url.as_str(), found.graph_url.as_str()),
                (authority, graph),
                "{fields}"
            );
        }
    }

    #[test]
    fn a_setting_of_no_use_is_named() {
        for (fields, named) in [
            (json!({"identityAuthority": "login.example.test"}), "entra.identityAuthority"),
            (json!({"graphUrl": "http://graph.example.test"}), "entra.graph-url"),
            (json!({"authorityUrl": "http://127.0.0.1.example.test"}), "entra.authority-url"),
            (json!({"tenant": "a/../b"}), "entra.tenant"),
            (json!({"tenant": " "}), "entra.tenant"),
            (json!({"applicationId": null}), "entra.applicationId"),
        ] {
            let error = settings(fields.clone()).unwrap_err().to_string();
            assert!(error.contains(named), "{fields}: {error}");
        }
    }

    fn filters(user: &str, group: &str) -> Result<EntraFilters, SettingsError> {
        let stored = json!({"userFilter": user, "groupFilter": group});
        EntraFilters::from_stored(stored.as_object().expect("an object"))
    }

    #[test]
    fn every_form_of_a_filter_is_understood() {
        use Keyword::{
            Exclude, ExcludeAdministrativeUnit, ExcludeGroup, Include, IncludeAdministrativeUnit,
            IncludeGroup,
        };
        for (user, expected) in [
            ("", &[][..]),
            ("  ", &[]),
            ("include:a@x.test, b@x.test", &[(Include, &["a@x.test", "b@x.test"][..])]),
            ("EXCLUDE : a@x.test,", &[(Exclude, &["a@x.test"])]),
            ("includeGroup:g1,g2", &[(IncludeGroup, &["g1", "g2"])]),
            ("excludegroup:g1", &[(ExcludeGroup, &["g1"])]),
            ("includeadministrativeunit:u1", &[(IncludeAdministrativeUnit, &["u1"])]),
            ("excludeAdministrativeUnit:u1", &[(ExcludeAdministrativeUnit, &["u1"])]),
            (
                "includeGroup:A|excludeGroup:B|exclude:x@y",
                &[(IncludeGroup, &["A"]), (ExcludeGroup, &["B"]), (Exclude, &["x@y"])],
            ),
            (
                " include:a@x | excludeAdministrativeUnit:u | includeGroup:g ",
                &[(Include, &["a@x"]), (ExcludeAdministrativeUnit, &["u"]), (IncludeGroup, &["g"])],
            ),
        ] {
            let filter = filters(user, "").unwrap().users;
            for keyword in Keyword::ALL {
                let wanted = expected.iter().find(|(of, _)| *of == keyword).map(|(_, values)| *values);
                let found =
                    filter.values(keyword).map(|it| it.iter().map(String::as_str).collect::<Vec<_>>());
                assert_eq!(found.as_deref(), wanted, "{user} {keyword:?}");
            }
        }
        for group in
            ["include:Sales, It|excludeadministrativeunit:u", "exclude:Sales", "includeAdministrativeUnit:u"]
        {
            assert!(filters("", group).is_ok(), "{group}");
        }
    }

    #[test]
    fn a_filter_that_is_not_understood_names_its_setting_and_the_position() {
        for (user, group, setting, position) in [
            ("", "includeGroup:a", "sync.groupFilter", 1),
            ("", "include:a|excludeGroup:b", "sync.groupFilter", 11),
            ("includes:a", "", "sync.userFilter", 1),
            ("a@x.test", "", "sync.userFilter", 1),
            ("include:a|department eq 'x'", "", "sync.userFilter", 11),
            ("include a", "", "sync.userFilter", 8),
            ("include:", "", "sync.userFilter", 9),
            ("include: , ,", "", "sync.userFilter", 13),
            ("include:a|", "", "sync.userFilter", 11),
            ("|include:a", "", "sync.userFilter", 1),
            ("include:a||exclude:b", "", "sync.userFilter", 11),
            ("include:a|include:b", "", "sync.userFilter", 11),
            ("  exclude:é|nothing:b", "", "sync.userFilter", 13),
        ] {
            let error = filters(user, group).unwrap_err().to_string();
            let position = format!("position {position}");
            let at = error.find(&position).map(|at| error[at + position.len()..].chars().next());
            assert!(
                error.contains(setting) && at.is_some_and(|next| next.is_none_or(|it| !it.is_ascii_digit())),
                "{user} {group}: {error}"
            );
        }
    }
}
