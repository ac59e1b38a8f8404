//! What servers and installations do differently, and the settings that say so.

use super::{SCOPE, SUFFIX, Setup, groups, text};
use crate::hint::hint;
use bwdc_core::settings::{Aliases, Bind, DisabledBy, IdAttribute, LdapScope};
use bwdc_core::snapshot::{AccountState, Snapshot};
use bwdc_engine::directory::ldap::LdapReadError;
use bwdc_harness::slapd::{self, Slapd};

/// Attributes of other servers and of a password policy, in OpenLDAP's notation.
pub(super) const SCHEMA: &str = "\
attributetype ( 1.3.6.1.4.1.99999.1.1 NAME 'nsAccountLock' EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )\n\
attributetype ( 1.3.6.1.4.1.99999.1.2 NAME 'proxyAddresses' EQUALITY caseExactMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )\n\
attributetype ( 1.3.6.1.4.1.99999.1.3 NAME 'ipaUniqueID' EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )\n\
attributetype ( 1.3.6.1.4.1.99999.1.4 NAME 'belongsTo' SUP distinguishedName )\n\
objectclass ( 1.3.6.1.4.1.99999.2.1 NAME 'borrowed' SUP top AUXILIARY \
MAY ( nsAccountLock $ proxyAddresses $ ipaUniqueID $ belongsTo ) )\n";

const LDIF: &str = "\
dn: ou=staff,dc=example,dc=test
objectClass: organizationalUnit
ou: staff

dn: ou=inner,ou=staff,dc=example,dc=test
objectClass: organizationalUnit
ou: inner

dn: ou=guests,dc=example,dc=test
objectClass: organizationalUnit
ou: guests

dn: uid=ann,ou=staff,dc=example,dc=test
objectClass: inetOrgPerson
objectClass: posixAccount
objectClass: shadowAccount
objectClass: borrowed
uid: ann
cn: Ann
sn: a
uidNumber: 1
gidNumber: 100
homeDirectory: /
shadowExpire: 1
nsAccountLock: false
ipaUniqueID: id-of-ann
belongsTo: cn=Inner, OU=guests,dc=example,dc=test
mail: ann@example.test
proxyAddresses: smtp:a.old@example.test
proxyAddresses: SMTP:a.new@example.test

dn: uid=ben,ou=inner,ou=staff,dc=example,dc=test
objectClass: inetOrgPerson
objectClass: posixAccount
objectClass: borrowed
uid: ben
cn: Ben
sn: b
uidNumber: 2
gidNumber: 100
homeDirectory: /
nsAccountLock: TRUE
ipaUniqueID: id-of-ben
belongsTo: cn=outer,ou=guests,dc=example,dc=test
mail: ben@example.test

dn: uid=cid,ou=guests,dc=example,dc=test
objectClass: inetOrgPerson
objectClass: posixAccount
objectClass: borrowed
uid: cid
cn: Cid
sn: c
uidNumber: 3
gidNumber: 200
homeDirectory: /
ipaUniqueID: id-of-cid
mail: cid@example.test

dn: cn=link,ou=staff,dc=example,dc=test
objectClass: alias
objectClass: extensibleObject
cn: link
aliasedObjectName: uid=cid,ou=guests,dc=example,dc=test

dn: cn=users,ou=guests,dc=example,dc=test
objectClass: posixGroup
cn: users
gidNumber: 100
memberUid: cid

dn: cn=outer,ou=guests,dc=example,dc=test
objectClass: groupOfNames
objectClass: borrowed
cn: outer
ipaUniqueID: id-of-outer
member: uid=cid

dn: cn=inner,ou=guests,dc=example,dc=test
objectClass: groupOfNames
objectClass: borrowed
cn: inner
ipaUniqueID: id-of-inner
belongsTo: cn=outer,ou=guests,dc=example,dc=test
member: uid=nobody,dc=example,dc=test
";

fn server() -> Slapd {
    slapd::Options::new(SUFFIX).schema(SCHEMA).ldif_text(super::people(0) + LDIF).start().unwrap()
}

fn addresses(snapshot: &Snapshot) -> Vec<&str> {
    snapshot.people().iter().map(|it| text(snapshot, it.mail.unwrap())).collect()
}

fn disabled(snapshot: &Snapshot) -> Vec<&str> {
    let disabled = snapshot.people().iter().filter(|it| it.state == AccountState::Disabled);
    disabled.map(|it| text(snapshot, it.mail.unwrap())).collect()
}

async fn read(setup: &Setup) -> Snapshot {
    setup.directory().read(SCOPE, &|_| ()).await.unwrap()
}

#[tokio::test]
async fn several_bases_and_scopes_select_what_lies_in_them() {
    let server = server();
    let mut setup = Setup::slapd(&server);
    let base = |unit: &str| format!("{unit},{SUFFIX}");
    setup.layout.user_bases = vec![base("ou=inner,ou=staff"), base("ou=guests")];
    assert_eq!(addresses(&read(&setup).await), ["ben@example.test", "cid@example.test"]);
    setup.layout.user_bases = vec![base("ou=staff")];
    assert_eq!(addresses(&read(&setup).await), ["ann@example.test", "ben@example.test"]);
    setup.layout.user_scope = LdapScope::OneLevel;
    assert_eq!(addresses(&read(&setup).await), ["ann@example.test"]);
    setup.layout.group_bases = vec![SUFFIX.to_owned()];
    setup.layout.group_scope = LdapScope::OneLevel;
    assert!(read(&setup).await.groups().is_empty());
    setup.layout.group_bases = vec![base("ou=staff"), base("ou=guests")];
    assert_eq!(read(&setup).await.groups().len(), 2);
    setup.layout.user_bases = vec![base("ou=guests"), base("ou=none")];
    setup.layout.user_base_setting = "ldap.user-paths";
    let error = setup.failure().await;
    let place = matches!(&error, LdapReadError::Refused { place, .. } if place.setting == "ldap.user-paths");
    assert!(place, "one base that is missing fails the read: {error:?}");
}

#[tokio::test]
async fn an_alias_is_followed_when_asked_and_brings_nobody_twice() {
    let server = server();
    let mut setup = Setup::slapd(&server);
    setup.layout.user_bases = vec![format!("ou=staff,{SUFFIX}")];
    setup.layout.aliases = Aliases::Finding;
    assert_eq!(addresses(&read(&setup).await).len(), 2);
    for aliases in [Aliases::Searching, Aliases::Always] {
        setup.layout.aliases = aliases;
        let found = read(&setup).await;
        assert_eq!(addresses(&found), ["ann@example.test", "ben@example.test", "cid@example.test"]);
    }
    setup.layout.user_bases.push(format!("ou=guests,{SUFFIX}"));
    assert_eq!(addresses(&read(&setup).await).len(), 3);
}

#[tokio::test]
async fn who_is_disabled_is_told_by_the_chosen_attributes_only() {
    let server = server();
    let mut setup = Setup::slapd(&server);
    assert!(disabled(&read(&setup).await).is_empty());
    setup.choose_signs(vec![DisabledBy::NsAccountLock]);
    assert_eq!(disabled(&read(&setup).await), ["ben@example.test"]);
    setup.layout.disabled_by.push(DisabledBy::ShadowExpire);
    assert_eq!(disabled(&read(&setup).await), ["ann@example.test", "ben@example.test"]);
}

#[tokio::test]
async fn a_password_policy_locks_for_good_or_for_a_while() {
    let server =
        slapd::Options::new(SUFFIX).ldif_text(super::people(3)).overlay("ppolicy", &[]).start().unwrap();
    for (number, time) in [(0, "000001010000Z"), (1, "20260102030405Z")] {
        let change = format!(
            "dn: uid=u{number},{SUFFIX}\nchangetype: modify\nadd: pwdAccountLockedTime\npwdAccountLockedTime: {time}\n"
        );
        server.ldapmodify(&change).unwrap();
    }
    let mut setup = Setup::slapd(&server);
    setup.choose_signs(vec![DisabledBy::PwdAccountLockedTime]);
    assert_eq!(disabled(&read(&setup).await), ["u0@example.test"]);
}

#[tokio::test]
async fn people_belong_to_the_group_of_their_number() {
    let server = server();
    let mut setup = Setup::slapd(&server);
    setup.layout.group_object_class = Some("posixGroup".to_owned());
    setup.layout.member_attribute = "memberUid".to_owned();
    assert_eq!(groups(&read(&setup).await), [("users".to_owned(), vec!["cid".to_owned()])]);
    setup.layout.primary_groups = true;
    let members =
        ["cid", "uid=ann,ou=staff,dc=example,dc=test", "uid=ben,ou=inner,ou=staff,dc=example,dc=test"];
    assert_eq!(groups(&read(&setup).await), [("users".to_owned(), members.map(str::to_owned).to_vec())]);
}

#[tokio::test]
async fn members_may_tell_their_groups() {
    let server = server();
    let mut setup = Setup::slapd(&server);
    setup.layout.member_of_attribute = Some("belongsTo".to_owned());
    let found = groups(&read(&setup).await);
    let name = |it: &str| format!("{it},dc=example,dc=test");
    let expected = [
        ("outer".to_owned(), vec![name("uid=ben,ou=inner,ou=staff"), name("cn=inner,ou=guests")]),
        ("inner".to_owned(), vec![name("uid=ann,ou=staff")]),
    ];
    assert_eq!(found, expected);
}

#[tokio::test]
async fn a_login_in_place_of_a_name_is_understood_where_the_server_is_known_for_it() {
    let server = server();
    let mut setup = Setup::slapd(&server);
    let login_of = |snapshot: &Snapshot| {
        let member = snapshot.members(&snapshot.groups()[0])[0];
        snapshot.people().iter().filter(|it| it.login == Some(member)).count()
    };
    assert_eq!(login_of(&read(&setup).await), 0);
    setup.layout.logins_as_names = true;
    assert_eq!(login_of(&read(&setup).await), 1);
}

#[tokio::test]
async fn the_first_attribute_with_an_address_counts_and_in_a_list_the_primary_one() {
    let server = server();
    let mut setup = Setup::slapd(&server);
    setup.layout.email_attributes = vec!["ProxyAddresses".to_owned(), "mail".to_owned()];
    let found = read(&setup).await;
    assert_eq!(addresses(&found), ["a.new@example.test", "ben@example.test", "cid@example.test"]);
}

#[tokio::test]
async fn the_chosen_id_is_pushed_and_nobody_goes_without() {
    let server = server();
    let mut setup = Setup::slapd(&server);
    setup.layout.id_attribute = Some(IdAttribute::IpaUniqueId);
    let found = read(&setup).await;
    let ids: Vec<_> = found.people().iter().map(|it| text(&found, it.external_id)).collect();
    assert_eq!(ids, ["id-of-ann", "id-of-ben", "id-of-cid"]);
    assert_eq!(text(&found, found.groups()[0].external_id), "id-of-outer");
    let stable =
        found.people().iter().all(|it| text(&found, it.stable_id.unwrap()).starts_with("entryUUID:"));
    assert!(stable, "the id that the ledger keeps does not depend on the choice");
    server
        .ldapmodify(
            "dn: uid=ben,ou=inner,ou=staff,dc=example,dc=test\nchangetype: modify\ndelete: ipaUniqueID\n",
        )
        .unwrap();
    let error = setup.failure().await;
    assert!(
        matches!(&error, LdapReadError::NoId { entry, attribute: "ipaUniqueID" } if entry.starts_with("uid=ben,")),
        "{error:?}"
    );
    assert!(hint(&error).unwrap().contains("ldap.id-attribute"));
}

#[tokio::test]
async fn nobody_is_asked_only_where_the_settings_say_so() {
    let server = slapd::Options::new(SUFFIX)
        .ldif_text(super::people(4))
        .database_line("access to * by * read")
        .start()
        .unwrap();
    let mut setup = Setup::slapd(&server);
    setup.password = String::new();
    assert!(matches!(setup.failure().await, LdapReadError::NoPassword { .. }));
    setup.settings.bind = Bind::Anonymous;
    assert_eq!(read(&setup).await.people().len(), 4);
}
