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
    let layout = reading.layout;
    // What is told elsewhere than in the entry, or is worked out by the server.
    let is_stored = |sign: &DisabledBy| {
        matches!(sign, DisabledBy::UserAccountControl | DisabledBy::AccountExpires | DisabledBy::ShadowExpire)
    };
    if layout.aliases != Aliases::Never
        || layout.member_of_attribute.is_some()
        || !layout.disabled_by.iter().all(is_stored)
    {
        return false;
    }
    let named = [
        layout.email_prefix_attribute.as_deref(),
        Some(layout.group_name_attribute.as_str()),
        Some(without_range(&layout.member_attribute)),
    ];
    let addresses = layout.email_attributes.iter().map(String::as_str);
    named.into_iter().flatten().chain(addresses).all(is_own)
        && [&reading.filters.people, &reading.filters.groups].into_iter().all(|it| is_over_own_values(it))
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
