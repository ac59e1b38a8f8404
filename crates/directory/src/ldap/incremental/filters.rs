//! Whether what is read depends on the entries' own values only, so that their changes tell of it.

use crate::ldap::selection::{Reading, without_range};
use bwdc_core::settings::{Aliases, DisabledBy};

/// Attributes that every server stores in the entry itself, and whose change it counts as a change of the entry. A filter
/// over any other one may be answered differently while the entry stays as it is (`memberOf`, `lastLogon`).
const OWN: [&str; 62] = [
    "accountexpires",
    "businesscategory",
    "c",
    "cn",
    "co",
    "company",
    "countrycode",
    "department",
    "departmentnumber",
    "description",
    "displayname",
    "division",
    "dnqualifier",
    "employeeid",
    "employeenumber",
    "employeetype",
    "gecos",
    "gidnumber",
    "givenname",
    "grouptype",
    "homedirectory",
    "inetuserstatus",
    "info",
    "initials",
    "ipauniqueid",
    "jpegphoto",
    "l",
    "loginshell",
    "mail",
    "mailnickname",
    "manager",
    "member",
    "memberuid",
    "mobile",
    "name",
    "nsaccountlock",
    "o",
    "objectcategory",
    "objectclass",
    "objectguid",
    "objectsid",
    "ou",
    "owner",
    "personaltitle",
    "physicaldeliveryofficename",
    "postalcode",
    "preferredlanguage",
    "primarygroupid",
    "proxyaddresses",
    "roleoccupant",
    "samaccountname",
    "samaccounttype",
    "sn",
    "st",
    "telephonenumber",
    "title",
    "uid",
    "uidnumber",
    "uniquemember",
    "useraccountcontrol",
    "userprincipalname",
    "usertype",
];

/// Whether filters, addresses, names and members come from the entries' own values.
pub(super) fn are_own(reading: Reading<'_>) -> bool {
    in_the_way(reading).is_none()
}

/// The first setting that asks for what changes without being told, with its value: something that is worked out by the server
/// or told elsewhere than in the entry.
pub(super) fn in_the_way(reading: Reading<'_>) -> Option<(&'static str, String)> {
    let layout = reading.layout;
    if layout.aliases != Aliases::Never {
        return Some(("ldap.aliases", String::new()));
    }
    if let Some(attribute) = &layout.member_of_attribute {
        return Some(("ldap.member-of-attribute", attribute.clone()));
    }
    let is_stored = |sign: &&DisabledBy| {
        matches!(sign, DisabledBy::UserAccountControl | DisabledBy::AccountExpires | DisabledBy::ShadowExpire)
    };
    if let Some(sign) = layout.disabled_by.iter().find(|it| !is_stored(it)) {
        return Some(("ldap.disabled-by", sign.attribute().to_owned()));
    }
    let address = layout.address_settings.first().copied().unwrap_or("sync.userEmailAttribute");
    let prefix = layout.email_prefix_attribute.as_deref();
    let mut named = prefix
        .map(|it| ("sync.emailPrefixAttribute", it))
        .into_iter()
        .chain([
            ("sync.groupNameAttribute", layout.group_name_attribute.as_str()),
            ("sync.memberAttribute", without_range(&layout.member_attribute)),
        ])
        .chain(layout.email_attributes.iter().map(|it| (address, it.as_str())));
    if let Some((setting, attribute)) = named.find(|(_, it)| !is_own(it)) {
        return Some((setting, attribute.to_owned()));
    }
    let filters =
        [("sync.userFilter", &reading.filters.people), ("sync.groupFilter", &reading.filters.groups)];
    let foreign = filters.into_iter().find(|(_, filter)| !is_over_own_values(filter));
    foreign.map(|(setting, _)| (setting, String::new()))
}

fn is_own(attribute: &str) -> bool {
    let name = attribute.split(';').next().unwrap_or(attribute).to_ascii_lowercase();
    let is_extension = name
        .strip_prefix("extensionattribute")
        .is_some_and(|number| number.bytes().all(|it| it.is_ascii_digit()));
    is_extension || OWN.binary_search(&name.as_str()).is_ok()
}

/// Whether each part of a checked filter compares an own attribute; an extensible match may look at the entry's name.
fn is_over_own_values(filter: &str) -> bool {
    filter.split('(').all(|part| {
        let part = part.trim_start_matches(['&', '|', '!', ' ']);
        match part.find(['=', '<', '>', '~', ':']) {
            None => part.is_empty(),
            Some(end) => part.as_bytes()[end] != b':' && is_own(part[..end].trim()),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_sorted_for_the_search() {
        assert!(OWN.is_sorted());
    }

    #[test]
    fn filters_over_own_values_are_told_from_others() {
        for own in [
            "(objectClass=person)",
            "(&(objectClass=person)(|(department=Sales)(!(title=x*)))(extensionAttribute12>=a))",
            "(&(objectClass=inetOrgPerson)(mail;lang-de=a\\28b:c))",
        ] {
            assert!(is_over_own_values(own), "{own}");
        }
        for other in [
            "(memberOf=cn=a,dc=x)",
            "(&(objectClass=person)(memberOf:1.2.840.113556.1.4.1941:=cn=a,dc=x))",
            "(&(objectClass=user)(!(lastLogon<=5)))",
            "(ou:dn:=sales)",
            "(:caseExactMatch:=x)",
        ] {
            assert!(!is_over_own_values(other), "{other}");
        }
    }
}
