//! How values compare, chosen by attribute name.
//!
//! There is no schema: names that the known directories give to distinguished names, bytes and case-sensitive text are
//! listed here, everything else compares as case-insensitive text (RFC 4517), and as numbers where both sides are.

use std::cmp::Ordering;

use super::dn::{Dn, fold};

/// A way to compare values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Syntax {
    Text,
    ExactText,
    Telephone,
    Bytes,
    Name,
}

/// The one name under which an attribute is known, lower case, without options.
pub(super) fn canonical(description: &str) -> String {
    let base = description.split(';').next().unwrap_or(description).to_ascii_lowercase();
    let one = match base.as_str() {
        "commonname" | "2.5.4.3" => "cn",
        "surname" | "2.5.4.4" => "sn",
        "gn" | "2.5.4.42" => "givenname",
        "userid" | "0.9.2342.19200300.100.1.1" => "uid",
        "rfc822mailbox" | "0.9.2342.19200300.100.1.3" => "mail",
        "domaincomponent" | "0.9.2342.19200300.100.1.25" => "dc",
        "organizationalunitname" | "2.5.4.11" => "ou",
        "organizationname" | "2.5.4.10" => "o",
        "2.5.4.0" => "objectclass",
        "2.5.4.31" => "member",
        _ => return base,
    };
    one.to_owned()
}

/// Whether an attribute holds distinguished names.
pub(super) fn holds_names(canonical: &str) -> bool {
    syntax(canonical) == Syntax::Name
}

/// How the values of an attribute compare.
pub(super) fn syntax(canonical: &str) -> Syntax {
    match canonical {
        "member" | "uniquemember" | "memberof" | "ismemberof" | "manager" | "owner" | "secretary"
        | "seealso" | "roleoccupant" | "distinguishedname" | "entrydn" | "objectcategory" | "managedby"
        | "directreports" | "creatorsname" | "modifiersname" | "aliasedobjectname" => Syntax::Name,
        "objectguid" | "objectsid" | "jpegphoto" | "thumbnailphoto" | "photo" | "userpassword"
        | "usercertificate" => Syntax::Bytes,
        "memberuid" | "homedirectory" | "loginshell" => Syntax::ExactText,
        "telephonenumber" | "mobile" | "pager" | "homephone" | "facsimiletelephonenumber" => {
            Syntax::Telephone
        }
        _ => Syntax::Text,
    }
}

/// A value in the form in which it is compared.
pub(super) fn prepare(syntax: Syntax, value: &[u8]) -> Vec<u8> {
    let text = || String::from_utf8_lossy(value);
    match syntax {
        Syntax::Bytes | Syntax::Name | Syntax::ExactText => value.to_vec(),
        Syntax::Text => fold(&text()).into_bytes(),
        Syntax::Telephone => text()
            .chars()
            .filter(|c| !matches!(c, ' ' | '-'))
            .flat_map(char::to_lowercase)
            .collect::<String>()
            .into(),
    }
}

/// A value as a distinguished name.
pub(super) fn name(value: &[u8]) -> Option<Dn> {
    Dn::parse(std::str::from_utf8(value).ok()?).ok()
}

/// Whether two values of an attribute are the same.
pub(super) fn equal(canonical: &str, left: &[u8], right: &[u8]) -> bool {
    if left == right {
        return true;
    }
    let syntax = syntax(canonical);
    match syntax {
        Syntax::Bytes | Syntax::ExactText => false,
        Syntax::Name => matches!((name(left), name(right)), (Some(left), Some(right)) if left == right),
        Syntax::Text | Syntax::Telephone => prepare(syntax, left) == prepare(syntax, right),
    }
}

/// A value as a number.
pub(super) fn number(value: &[u8]) -> Option<i64> {
    std::str::from_utf8(value).ok()?.trim().parse().ok()
}

/// The order of two values: of numbers where both are, else of text.
pub(super) fn compare(canonical: &str, left: &[u8], right: &[u8]) -> Ordering {
    match (number(left), number(right)) {
        (Some(left), Some(right)) => left.cmp(&right),
        _ => {
            let syntax = syntax(canonical);
            prepare(syntax, left).cmp(&prepare(syntax, right))
        }
    }
}
