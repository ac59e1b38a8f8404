//! Groups whose members the account may not see.

use super::{SUFFIX, Setup, people};
use bwdc_core::desired::Desired;
use bwdc_core::settings::SyncSettings;
use bwdc_harness::slapd;

/// Of the groups `open` with a member, `none` without one, and `secret` with one, those that are said to hide their members.
async fn hiding(access: &str) -> Vec<String> {
    let group = |(name, number): (&str, u32), more: &str| {
        format!("dn: cn={name},{SUFFIX}\nobjectClass: posixGroup\ncn: {name}\ngidNumber: {number}\n{more}\n")
    };
    let member = "memberUid: u0\n";
    let groups = [group(("open", 1), member), group(("none", 2), ""), group(("secret", 3), member)].concat();
    let options = slapd::Options::new(SUFFIX).ldif_text(people(1) + &groups);
    let options = options.database_line("access to attrs=userPassword by * auth").database_line(access);
    let server = options.database_line("access to * by * read").start().unwrap();
    let reader = format!("uid=u0,{SUFFIX}");
    let password = format!("dn: {reader}\nchangetype: modify\nadd: userPassword\nuserPassword: pw\n");
    server.ldapmodify(&password).unwrap();
    let mut setup = Setup::new(server.port(), &reader, "pw");
    setup.layout.group_object_class = Some("posixGroup".to_owned());
    setup.layout.member_attribute = "memberUid".to_owned();
    let rules = SyncSettings::from_stored(&serde_json::Map::new()).unwrap();
    let desired = Desired::build(setup.read().await.unwrap(), &rules).unwrap();
    assert_eq!(desired.groups().len(), 3);
    let hiding = desired.groups().iter().filter(|it| !it.shows_members);
    hiding.map(|it| desired.text(it.name).to_owned()).collect()
}

#[tokio::test]
async fn a_group_whose_members_are_not_shown_is_not_taken_for_an_empty_one() {
    assert!(hiding("access to dn.exact=\"cn=nobody,dc=x\" by * read").await.is_empty());
    let of_secret =
        |right: &str| format!("access to dn.exact=\"cn=secret,{SUFFIX}\" attrs=memberUid by * {right}");
    assert_eq!(hiding(&of_secret("none")).await, ["secret"]);
    // What may be searched and not read.
    assert_eq!(hiding(&of_secret("search")).await, ["secret"]);
    // Where nobody shows anything the setting may be wrong, and the limits decide.
    assert!(hiding("access to attrs=memberUid by * none").await.is_empty());
}
