//! What the domain holds.

use bwdc_harness::samba::{Domain, ROOT};
use std::fmt::Write as _;

pub(crate) const PEOPLE: usize = 3000;
pub(crate) const DISABLED: std::ops::Range<usize> = 2900..2950;
pub(crate) const IN_EVERYBODY: usize = 2500;
pub(crate) const READER_PASSWORD: &str = "Passw0rd-Read3r";

pub(crate) fn dn(number: usize) -> String {
    format!("CN=User {number},CN=Users,{ROOT}")
}

pub(crate) fn group_dn(name: &str) -> String {
    format!("CN={name},CN=Users,{ROOT}")
}

fn group(name: &str, members: impl Iterator<Item = String>) -> String {
    let head = format!("dn: {}\nobjectClass: group\nsAMAccountName: {name}\n", group_dn(name));
    members.fold(head, |text, member| text + "member: " + &member + "\n") + "\n"
}

/// People u0 to u2999; `Everybody` of 2,500; `One` to `Four` inside each other in a circle; `Primary` that is the primary
/// group of two of its three; `Partners` with a member of another domain; one person who has expired.
pub(crate) fn load(domain: &Domain) {
    domain.samba_tool(&["user", "create", "reader", READER_PASSWORD]).unwrap();
    let mut people = format!("dn: OU=Left,{ROOT}\nobjectClass: organizationalUnit\n\n");
    for number in 0..PEOPLE {
        let control = if DISABLED.contains(&number) { 546 } else { 544 };
        let expires = if number == 7 { "accountExpires: 116444736000000000\n" } else { "" };
        let dn = dn(number);
        write!(
            people,
            "dn: {dn}\nobjectClass: user\nsAMAccountName: u{number}\nmail: u{number}@example.test\n\
             userAccountControl: {control}\n{expires}\n"
        )
        .unwrap();
    }
    domain.ldapadd(&people).unwrap();
    let rings =
        [("Four", 4, None), ("Three", 3, Some("Four")), ("Two", 2, Some("Three")), ("One", 1, Some("Two"))];
    let mut groups = group("Everybody", (0..IN_EVERYBODY).map(dn));
    for (name, number, inner) in rings {
        groups += &group(name, std::iter::once(dn(number)).chain(inner.map(group_dn)));
    }
    groups += &group("Primary", (10..13).map(dn));
    groups += &group("Partners", std::iter::once(dn(20)));
    domain.ldapadd(&groups).unwrap();

    let token = domain.ldapsearch("(sAMAccountName=Primary)", &["primaryGroupToken"]).unwrap();
    let token = super::setup::values(&token, "primaryGroupToken").pop_first().unwrap();
    let mut changes =
        format!("dn: {}\nchangetype: modify\nadd: member\nmember: {}\n\n", group_dn("Four"), group_dn("One"));
    write!(
        changes,
        "dn: {}\nchangetype: modify\nadd: member\nmember: <SID=S-1-5-21-1111-2222-3333-1000>\n\n",
        group_dn("Partners")
    )
    .unwrap();
    for number in 10..12 {
        let dn = dn(number);
        write!(changes, "dn: {dn}\nchangetype: modify\nreplace: primaryGroupID\nprimaryGroupID: {token}\n\n")
            .unwrap();
    }
    domain.ldapmodify(&changes).unwrap();
}
