//! The entry without a name, by which a server says what it holds and what it can do.

use ldap3_proto::proto::OID_WHOAMI;

use super::ldif::{Attribute, Record};
use super::options::{ClientCertificate, Options};

pub(super) const OID_PAGING: &str = "1.2.840.113556.1.4.319";
pub(super) const OID_MANAGE_REFERRALS: &str = "2.16.840.1.113730.3.4.2";
pub(super) const OID_SHOW_DELETED: &str = "1.2.840.113556.1.4.417";
pub(super) const OID_START_TLS: &str = "1.3.6.1.4.1.1466.20037";

/// The root DSE of a server with these options (RFC 4512, 5.1).
pub(super) fn record(options: &Options, contexts: Vec<String>) -> Record {
    let mut controls = vec![OID_MANAGE_REFERRALS];
    if !options.without_paging {
        controls.push(OID_PAGING);
    }
    let mut extensions = vec![OID_WHOAMI];
    if options.start_tls {
        extensions.push(OID_START_TLS);
    }
    let mut mechanisms = Vec::new();
    if options.client_certificate == ClientCertificate::Required {
        mechanisms.push("EXTERNAL");
    }
    let owned = |list: Vec<&str>| list.into_iter().map(str::to_owned).collect::<Vec<String>>();
    let mut all = vec![
        ("objectClass".to_owned(), owned(vec!["top"])),
        ("namingContexts".to_owned(), contexts),
        ("supportedControl".to_owned(), owned(controls)),
        ("supportedExtension".to_owned(), owned(extensions)),
        ("supportedLDAPVersion".to_owned(), owned(vec!["3"])),
        ("supportedSASLMechanisms".to_owned(), owned(mechanisms)),
        ("vendorName".to_owned(), owned(vec!["Sandbox directory"])),
        ("vendorVersion".to_owned(), owned(vec![env!("CARGO_PKG_VERSION")])),
    ];
    for (name, values) in &options.root_dse {
        all.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        all.push((name.clone(), values.clone()));
    }
    let attributes = all
        .into_iter()
        .filter(|(_, values)| !values.is_empty())
        .map(|(name, values)| Attribute {
            name,
            values: values.into_iter().map(String::into_bytes).collect(),
        })
        .collect();
    Record { dn: String::new(), attributes }
}
