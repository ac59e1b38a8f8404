//! What an LDAP server says of itself before anybody has said where its people are: its software, its naming contexts, the
//! containers in them.

use super::LdapReadError;
use super::connect::Connection;
use super::entry::Entry;
use super::request::{Elsewhere, Request};
use super::value::text;
use crate::ReadError;
use bwdc_core::settings::{LdapPreset, LdapSettings, TimeLimits};
use ldap3::Scope;
use secrecy::SecretString;
use std::sync::OnceLock;

/// Containers that are listed: more are no choice any more.
const MOST: i32 = 40;
/// What keeps people and groups, in the schemas of the servers that there are presets for.
const CONTAINERS: &str = "(|(objectClass=organizationalUnit)(objectClass=container)(objectClass=nsContainer)\
                          (objectClass=organization)(objectClass=builtinDomain))";
/// Naming contexts that hold no people: a server's own settings, log and state.
const OF_THE_SERVER: [&str; 9] = [
    "cn=configuration,",
    "cn=schema,",
    "dc=domaindnszones,",
    "dc=forestdnszones,",
    "cn=config",
    "cn=monitor",
    "cn=changelog",
    "cn=schema",
    "ou=system",
];

/// What a server says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Discovered {
    /// Its software, in its own words.
    pub vendor: Option<String>,
    /// The preset for that software, where the server says enough.
    pub preset: Option<LdapPreset>,
    /// Distinguished names below which it keeps entries, without those of its own settings.
    pub naming_contexts: Vec<String>,
    /// Containers directly below the first of them, or below the root of the settings.
    pub containers: Vec<String>,
}

/// Connects, binds and asks. `root`: where containers are looked for; None: below the first naming context.
///
/// # Errors
/// [`ReadError`] when the server cannot be reached or refuses the bind; containers that cannot be listed are none.
pub async fn discover(
    settings: &LdapSettings,
    password: Option<&SecretString>,
    limits: TimeLimits,
    root: Option<&str>,
) -> Result<Discovered, ReadError> {
    let found = OnceLock::new();
    let mut connection = Connection::open_any(settings, password, limits, None, &found).await?;
    let vendor = connection.vendor().map(str::to_owned);
    let naming_contexts: Vec<String> =
        connection.root.naming_contexts.iter().filter(|it| holds_people(it)).cloned().collect();
    let base = root.or(naming_contexts.first().map(String::as_str)).unwrap_or_default().to_owned();
    // Whoever may not list them can still type one.
    let containers = containers(&mut connection, base).await.unwrap_or_default();
    let preset = preset(vendor.as_deref(), connection.is_active_directory(), &containers);
    connection.close().await;
    Ok(Discovered { vendor, preset, naming_contexts, containers })
}

fn holds_people(context: &str) -> bool {
    let lower = context.to_lowercase();
    !OF_THE_SERVER.iter().any(|it| if it.ends_with(',') { lower.starts_with(it) } else { lower == *it })
}

async fn containers(connection: &mut Connection, base: String) -> Result<Vec<String>, LdapReadError> {
    let mut request = Request::new(base, Scope::OneLevel, CONTAINERS.to_owned(), &["1.1"], "ldap.rootPath");
    request.enough = Some(MOST);
    request.elsewhere = Elsewhere::Ignored;
    let mut pages = connection.search(request);
    let mut names = Vec::new();
    while let Some(tag) = pages.next().await? {
        names.extend(Entry::parse(&tag).map(|entry| text(entry.name()).into_owned()));
    }
    names.sort_by_key(|it| it.to_lowercase());
    Ok(names)
}

fn preset(vendor: Option<&str>, active_directory: bool, containers: &[String]) -> Option<LdapPreset> {
    let vendor = vendor.unwrap_or_default().to_lowercase();
    let says = |words: &[&str]| words.iter().any(|it| vendor.contains(it));
    if active_directory {
        return Some(if says(&["samba"]) { LdapPreset::Samba } else { LdapPreset::ActiveDirectory });
    }
    if says(&["389 project", "389-directory", "port389", "red hat directory"]) {
        // FreeIPA is a 389 Directory Server whose people have a place of their own.
        let accounts = containers.iter().any(|it| it.to_lowercase().starts_with("cn=accounts,"));
        return Some(if accounts { LdapPreset::Freeipa } else { LdapPreset::DirectoryServer });
    }
    let known: [(&[&str], LdapPreset); 5] = [
        (&["openldap"], LdapPreset::Openldap),
        (&["apache software foundation", "apacheds"], LdapPreset::Apacheds),
        (&["netiq", "novell", "edirectory", "micro focus", "opentext"], LdapPreset::Edirectory),
        (&["apple"], LdapPreset::OpenDirectory),
        (&["lldap"], LdapPreset::Lldap),
    ];
    known.into_iter().find(|(words, _)| says(words)).map(|(_, preset)| preset)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_software_is_told_by_what_servers_write_into_their_own_entry() {
        let told = |vendor, ad, containers: &[&str]| {
            preset(Some(vendor), ad, &containers.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>())
        };
        assert_eq!(told("OpenLDAP", false, &[]), Some(LdapPreset::Openldap));
        assert_eq!(told("Active Directory", true, &[]), Some(LdapPreset::ActiveDirectory));
        assert_eq!(told("Samba Team (https://www.samba.org)", true, &[]), Some(LdapPreset::Samba));
        let project = "389 Project 389-Directory/2.3.1 B2023.5";
        assert_eq!(told(project, false, &["ou=People,dc=x"]), Some(LdapPreset::DirectoryServer));
        assert_eq!(told(project, false, &["cn=accounts,dc=x"]), Some(LdapPreset::Freeipa));
        assert_eq!(told("LLDAP", false, &[]), Some(LdapPreset::Lldap));
        assert_eq!(told("something else", false, &[]), None);
        assert_eq!(preset(None, false, &[]), None);
    }

    #[test]
    fn contexts_of_the_server_itself_are_no_place_for_people() {
        for own in ["CN=Configuration,DC=a,DC=b", "DC=DomainDnsZones,DC=a", "cn=config", "ou=system"] {
            assert!(!holds_people(own), "{own}");
        }
        for of_people in ["dc=example,dc=test", "o=Company", "ou=System,dc=a"] {
            assert!(holds_people(of_people), "{of_people}");
        }
    }
}
