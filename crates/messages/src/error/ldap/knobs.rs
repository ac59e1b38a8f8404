//! What limits of searches are called, by the server's software.

use bwdc_engine::directory::ldap::SearchPlace;

pub(super) fn is(place: &SearchPlace, names: &[&str]) -> bool {
    let vendor = place.vendor.as_deref().unwrap_or_default();
    names.iter().any(|name| vendor.contains(name))
}

pub(super) const FEDORA: [&str; 3] = ["389", "Fedora", "Red Hat"];
pub(super) const MICROSOFT: [&str; 2] = ["Active Directory", "Samba"];

pub(super) fn size_knob(place: &SearchPlace) -> &'static str {
    if is(place, &["OpenLDAP"]) {
        " (`olcLimits: dn.exact=\"…\" size=unlimited size.pr=unlimited size.prtotal=unlimited`)"
    } else if is(place, &FEDORA) {
        " (`nsSizeLimit`, `nsLookThroughLimit` and `nsPagedSizeLimit` in its entry)"
    } else if is(place, &MICROSOFT) {
        " (LDAP policy `MaxResultSetSize` and `MaxPageSize`)"
    } else {
        ""
    }
}

pub(super) fn time_knob(place: &SearchPlace) -> &'static str {
    if is(place, &["OpenLDAP"]) {
        " (`olcLimits: dn.exact=\"…\" time=unlimited`)"
    } else if is(place, &FEDORA) {
        " (`nsTimeLimit` in its entry)"
    } else if is(place, &MICROSOFT) {
        " (LDAP policy `MaxQueryDuration`)"
    } else {
        ""
    }
}
