//! How to reach a Google Workspace account, and who of it is wanted.

use super::{Expected, SettingsError, TextRule, filter, flag, service_url, text};
use crate::filter::{Accepted, Filter, Keyword};
use serde_json::{Map, Value};

/// Where tokens come from (Google, "Using OAuth 2.0 for server to server applications").
const TOKEN_URL: &str = "https://oauth2.googleapis.com/token";
/// Where the Admin SDK answers (`rootUrl` of its discovery document).
const API_URL: &str = "https://admin.googleapis.com";

/// A checked `directoryGsuite`, without its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GoogleSettings {
    /// The address of the service account.
    pub client_email: String,
    /// The administrator in whose name the service account reads.
    pub admin_user: String,
    /// The customer whose domains are read; `my_customer` is the administrator's own.
    pub customer: Option<String>,
    /// The domains that are read, in lower case; none: all domains of the customer.
    pub domains: Vec<String>,
    /// Where tokens come from.
    pub token_url: String,
    /// The Admin SDK, without a trailing slash.
    pub api_url: String,
    /// Whether a group that the filter hides lends its people to the groups that hold it.
    pub flatten_hidden_groups: bool,
}

impl GoogleSettings {
    /// Checks `directoryGsuite`. Customer or domain has to be there, as with today's connector; a domain may be a list with
    /// commas. `tokenUrl`, `apiUrl` and `flattenHiddenGroups` are ours.
    ///
    /// # Errors
    /// [`SettingsError`] names the setting that is missing or of no use; plain http is accepted on this machine only.
    pub fn from_stored(stored: &Map<String, Value>) -> Result<Self, SettingsError> {
        const DOMAIN: &str = "gsuite.domain";
        let client_email = address(stored, "clientEmail", "gsuite.clientEmail")?;
        let admin_user = address(stored, "adminUser", "gsuite.adminUser")?;
        let customer = text(stored, "customer", "gsuite.customer")?;
        if let Some(value) = &customer {
            expect(TextRule::Customer, value, "gsuite.customer")?;
        }
        let domains = match text(stored, "domain", DOMAIN)? {
            None if customer.is_none() => return Err(SettingsError::Missing { key: DOMAIN }),
            typed => domains(typed.as_deref().unwrap_or_default(), DOMAIN)?,
        };
        let url = |field, key, usual: &str| match text(stored, field, key)? {
            Some(typed) => service_url(&typed, key),
            None => Ok(usual.to_owned()),
        };
        Ok(Self {
            client_email,
            admin_user,
            customer,
            domains,
            token_url: url("tokenUrl", "gsuite.token-url", TOKEN_URL)?,
            api_url: url("apiUrl", "gsuite.api-url", API_URL)?,
            flatten_hidden_groups: flag(stored, "flattenHiddenGroups", "gsuite.flatten-hidden-groups")?,
        })
    }

    /// What tells this account from others in a checked or unchecked `directoryGsuite`: the customer, else the first domain,
    /// else the administrator's domain, since every account calls itself `my_customer`.
    pub fn account(stored: &Map<String, Value>) -> Option<&str> {
        let text =
            |field| stored.get(field).and_then(Value::as_str).map(str::trim).filter(|it| !it.is_empty());
        text("customer")
            .filter(|it| *it != "my_customer")
            .or_else(|| text("domain")?.split(',').next().map(str::trim))
            .or_else(|| text("adminUser")?.rsplit('@').next())
    }
}

fn address(stored: &Map<String, Value>, field: &str, key: &'static str) -> Result<String, SettingsError> {
    let typed = text(stored, field, key)?.ok_or(SettingsError::Missing { key })?;
    expect(TextRule::Address, &typed, key)?;
    Ok(typed)
}

fn expect(rule: TextRule, typed: &str, key: &'static str) -> Result<(), SettingsError> {
    if rule.admits(typed) {
        return Ok(());
    }
    Err(SettingsError::Invalid { key, value: typed.to_owned(), expected: Expected::AsSetting })
}

fn domains(typed: &str, key: &'static str) -> Result<Vec<String>, SettingsError> {
    let mut domains: Vec<String> = Vec::new();
    for domain in typed.split(',').map(|it| it.trim().to_lowercase()).filter(|it| !it.is_empty()) {
        expect(TextRule::Domains, &domain, key)?;
        if !domains.contains(&domain) {
            domains.push(domain);
        }
    }
    Ok(domains)
}

/// The checked filters of `sync` for a Google Workspace account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GoogleFilters {
    /// Who is wanted: by address, by group, by org unit, by a query of Google's own.
    pub users: Filter,
    /// Which groups are wanted: by name, by a query of Google's own.
    pub groups: Filter,
    /// Whether `include:` or `exclude:` of the groups also says which people are wanted where groups are read: those who are
    /// in one of the groups that are left, as today's connector has it.
    pub groups_choose_people: bool,
    /// Whether disabled people are wanted whatever their groups: they are sent as deleted (`sync.removeDisabled`).
    pub removes_disabled: bool,
    /// Whether suspended people are wanted where a group that is wanted lists them: something is done about them, so that
    /// they must not be taken for people out of scope (`sync.removeDisabled`, or an action in `leavers.disabled`).
    pub wants_inactive: bool,
}

impl GoogleFilters {
    /// What `sync.userFilter` accepts.
    pub const USERS: Accepted = Accepted {
        keywords: &[
            Keyword::Include,
            Keyword::Exclude,
            Keyword::IncludeGroup,
            Keyword::ExcludeGroup,
            Keyword::IncludeOrgUnit,
            Keyword::ExcludeOrgUnit,
        ],
        combined: true,
        native: true,
    };
    /// What `sync.groupFilter` accepts.
    pub const GROUPS: Accepted = Accepted::NAMES_AND_QUERY;

    /// Checks the filters of `sync`.
    ///
    /// # Errors
    /// [`SettingsError::Filter`] with the position.
    pub fn from_stored(sync: &Map<String, Value>) -> Result<Self, SettingsError> {
        let groups = filter(sync, "groupFilter", "sync.groupFilter", Self::GROUPS)?;
        let by_name = [Keyword::Include, Keyword::Exclude].iter().any(|it| groups.values(*it).is_some());
        let removes_disabled = flag(sync, "removeDisabled", "sync.removeDisabled")?;
        Ok(Self {
            users: filter(sync, "userFilter", "sync.userFilter", Self::USERS)?,
            groups_choose_people: by_name,
            removes_disabled,
            wants_inactive: removes_disabled,
            groups,
        })
    }

    /// The org units that the filter of people names.
    pub fn units(&self) -> impl Iterator<Item = &str> {
        [Keyword::IncludeOrgUnit, Keyword::ExcludeOrgUnit]
            .into_iter()
            .flat_map(|keyword| self.users.values(keyword).unwrap_or_default())
            .map(String::as_str)
    }

    /// Whether the org unit of a person is one of those that are wanted; a unit stands for everything below it.
    pub fn admits_unit(&self, path: &str) -> bool {
        let within =
            |keyword| self.users.values(keyword).map(|units| units.iter().any(|it| is_below(path, it)));
        within(Keyword::IncludeOrgUnit).unwrap_or(true) && !within(Keyword::ExcludeOrgUnit).unwrap_or(false)
    }
}

/// Whether an org unit is this one or below it; case does not count.
pub fn is_below(path: &str, unit: &str) -> bool {
    let normal = |text: &str| format!("/{}", text.trim().trim_matches('/')).to_lowercase();
    let (path, unit) = (normal(path), normal(unit));
    unit == "/" || path == unit || path.strip_prefix(&unit).is_some_and(|rest| rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn settings(fields: Value) -> Result<GoogleSettings, SettingsError> {
        let mut stored = json!({
            "clientEmail": "sync@project.iam.gserviceaccount.com", "adminUser": "boss@example.test",
            "domain": "example.test",
        });
        for (field, value) in fields.as_object().expect("an object") {
            stored[field] = value.clone();
        }
        GoogleSettings::from_stored(stored.as_object().expect("an object"))
    }

    fn filters(sync: Value) -> Result<GoogleFilters, SettingsError> {
        GoogleFilters::from_stored(sync.as_object().expect("an object"))
    }

    #[test]
    fn googles_own_addresses_are_used_unless_others_are_set() {
        let usual = settings(json!({})).expect("valid");
        assert_eq!(
            (usual.token_url.as_str(), usual.api_url.as_str()),
            ("https://oauth2.googleapis.com/token", "https://admin.googleapis.com")
        );
        let own = settings(json!({"tokenUrl": "http://127.0.0.1:1/token", "apiUrl": "http://localhost:2/"}))
            .expect("valid");
        assert_eq!(
            (own.token_url.as_str(), own.api_url.as_str()),
            ("http://127.0.0.1:1/token", "http://localhost:2")
        );
    }

    #[test]
    fn customer_or_one_or_several_domains() {
        let of = |fields| settings(fields).map(|it| (it.customer, it.domains));
        let names = |list: &[&str]| list.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>();
        assert_eq!(of(json!({})), Ok((None, names(&["example.test"]))));
        assert_eq!(
            of(json!({"domain": " A.test, b.test ,,a.test"})),
            Ok((None, names(&["a.test", "b.test"])))
        );
        assert_eq!(
            of(json!({"domain": null, "customer": "my_customer"})),
            Ok((Some("my_customer".to_owned()), Vec::new()))
        );
        assert_eq!(
            of(json!({"domain": "b.test", "customer": "C01"})),
            Ok((Some("C01".to_owned()), names(&["b.test"])))
        );
    }

    #[test]
    fn an_account_is_told_from_others() {
        for (stored, account) in [
            (json!({"customer": "C01", "domain": "a.test"}), Some("C01")),
            (json!({"customer": "my_customer", "domain": " a.test , b.test"}), Some("a.test")),
            (json!({"customer": "my_customer", "domain": " ", "adminUser": "boss@c.test"}), Some("c.test")),
            (json!({}), None),
        ] {
            assert_eq!(GoogleSettings::account(stored.as_object().expect("an object")), account, "{stored}");
        }
    }

    #[test]
    fn a_setting_of_no_use_is_named() {
        for (fields, named) in [
            (json!({"clientEmail": null}), "`gsuite.clientEmail` is not set"),
            (json!({"adminUser": " "}), "`gsuite.adminUser` is not set"),
            (json!({"domain": " ", "customer": ""}), "`gsuite.domain` is not set"),
            (json!({"clientEmail": "sync"}), "gsuite.clientEmail"),
            (json!({"adminUser": "a b@x.test"}), "gsuite.adminUser"),
            (json!({"domain": "example"}), "gsuite.domain"),
            (json!({"domain": "a.test b.test"}), "gsuite.domain"),
            (json!({"customer": "my customer"}), "gsuite.customer"),
            (json!({"apiUrl": "http://admin.example.test"}), "gsuite.api-url"),
            (json!({"tokenUrl": "http://127.0.0.1.example.test"}), "gsuite.token-url"),
            (json!({"flattenHiddenGroups": "yes"}), "gsuite.flatten-hidden-groups"),
        ] {
            let error = settings(fields.clone()).expect_err("refused").to_string();
            assert!(error.contains(named), "{fields}: {error}");
        }
    }

    #[test]
    fn a_unit_stands_for_everything_below_it() {
        for (path, unit, below) in [
            ("/Engineering", "/Engineering", true),
            ("/engineering/Platform", "Engineering/", true),
            ("/Engineering2", "/Engineering", false),
            ("/", "/Engineering", false),
            ("/Engineering", "/", true),
            ("", "/", true),
        ] {
            assert_eq!(is_below(path, unit), below, "{path} {unit}");
        }
    }

    #[test]
    fn units_are_let_in_and_left_out() {
        let filters = filters(json!({
            "userFilter": "includeOrgUnit:/Sales,/Engineering|excludeOrgUnit:/engineering/interns|isSuspended=false"
        }))
        .expect("valid");
        for (path, admitted) in [
            ("/Sales/North", true),
            ("/Engineering", true),
            ("/Engineering/Interns", false),
            ("/Engineering/Interns/2026", false),
            ("/Office", false),
        ] {
            assert_eq!(filters.admits_unit(path), admitted, "{path}");
        }
        assert_eq!(filters.users.native(), Some("isSuspended=false"));
    }

    #[test]
    fn names_of_groups_also_choose_people() {
        for (sync, chooses) in [
            (json!({"groupFilter": "include:a"}), true),
            (json!({"groupFilter": "exclude:a|name:b*"}), true),
            (json!({"groupFilter": "|name:b*"}), false),
            (json!({}), false),
        ] {
            assert_eq!(filters(sync.clone()).expect("valid").groups_choose_people, chooses, "{sync}");
        }
    }

    /// Every form of a filter, and every mistake with its position.
    #[test]
    fn every_form_of_a_filter() {
        let printed = |sync: Value| filters(sync).map(|it| (it.users.to_string(), it.groups.to_string()));
        for (users, groups, expected) in [
            ("", "", ("", "")),
            ("include:a@x.test,b@x.test", "include:A, B", ("include:a@x.test,b@x.test", "include:A,B")),
            ("exclude: a@x.test", "exclude:A", ("exclude:a@x.test", "exclude:A")),
            (
                "|orgUnitPath='/Field Sales'",
                "|name:BITWARDEN-*",
                ("|orgUnitPath='/Field Sales'", "|name:BITWARDEN-*"),
            ),
            (
                "exclude:a@x.test|orgName=Eng orgTitle:Manager",
                "include:A|email:b*",
                ("exclude:a@x.test|orgName=Eng orgTitle:Manager", "include:A|email:b*"),
            ),
            (
                "INCLUDEGROUP:eng@x.test|excludegroup:leads@x.test|exclude:a@x.test",
                "",
                ("includeGroup:eng@x.test|excludeGroup:leads@x.test|exclude:a@x.test", ""),
            ),
            (
                "includeOrgUnit:/A,/B/C|excludeOrgUnit:/A/D|isSuspended=false",
                "",
                ("includeOrgUnit:/A,/B/C|excludeOrgUnit:/A/D|isSuspended=false", ""),
            ),
        ] {
            let (users_printed, groups_printed) =
                printed(json!({"userFilter": users, "groupFilter": groups})).expect(users);
            assert_eq!((users_printed.as_str(), groups_printed.as_str()), expected);
        }
        for (field, typed, said) in [
            ("userFilter", "only:a", "`only` at position 1"),
            ("userFilter", "a@x.test", "`a` at position 1"),
            ("userFilter", "include a", "colon is missing at position 8"),
            ("userFilter", "include:", "list at position 9 is empty"),
            ("userFilter", "includeGroup:a|", "missing at position 16"),
            ("userFilter", "includeGroup:a|includeGroup:b", "position 16 occurs a second time"),
            ("userFilter", "includeAdministrativeUnit:a", "`includeAdministrativeUnit` at position 1"),
            ("groupFilter", "includeGroup:a", "`includeGroup` at position 1"),
            ("groupFilter", "includeOrgUnit:/a", "`includeOrgUnit` at position 1"),
            ("groupFilter", "include:a|exclude:b", "position 11 cannot be combined"),
            ("groupFilter", "name:BITWARDEN-*", "`name` at position 1"),
        ] {
            let error = filters(json!({field: typed})).expect_err(typed).to_string();
            assert!(error.contains(said) && error.contains(&format!("sync.{field}")), "{typed}: {error}");
        }
    }
}
