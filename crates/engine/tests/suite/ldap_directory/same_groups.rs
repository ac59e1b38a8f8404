//! One set of people and groups, written in three ways, read from two servers: the groups have to be the same.

use super::{SUFFIX, Setup, text};
use bwdc_core::desired::Desired;
use bwdc_core::names::{ExternalId, StableId};
use bwdc_core::observed::{LookupRequest, Presence};
use bwdc_core::settings::{DisabledBy, IdAttribute, LdapLayout, SyncSettings};
use bwdc_core::snapshot::AccountState;
use bwdc_engine::directory::Directory;
use bwdc_harness::dirsrv::{DirectoryServer, ROOT_DN};
use bwdc_harness::slapd;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

const PEOPLE: u32 = 40;

/// Who is in which group: by hand, so that no server and no reader is its own witness.
fn expected() -> BTreeMap<String, BTreeSet<String>> {
    let of = |numbers: &mut dyn Iterator<Item = u32>| numbers.map(|n| format!("u{n}@example.test")).collect();
    BTreeMap::from([
        ("evens".to_owned(), of(&mut (0..PEOPLE).step_by(2))),
        ("few".to_owned(), of(&mut [3, 5, 7].into_iter())),
        ("one, with a comma".to_owned(), of(&mut [11].into_iter())),
    ])
}

fn number(address: &str) -> &str {
    address.trim_start_matches('u').split('@').next().unwrap()
}

fn dn(address: &str) -> String {
    format!("uid=u{},ou=people,{SUFFIX}", number(address))
}

fn ldif() -> String {
    let mut text = String::new();
    for unit in ["people", "posix", "names", "unique"] {
        writeln!(text, "dn: ou={unit},{SUFFIX}\nobjectClass: organizationalUnit\nou: {unit}\n").unwrap();
    }
    for n in 0..PEOPLE {
        writeln!(
            text,
            "dn: uid=u{n},ou=people,{SUFFIX}\nobjectClass: inetOrgPerson\nuid: u{n}\ncn: User {n}\nsn: {n}\n\
             mail: u{n}@example.test\n"
        )
        .unwrap();
    }
    for (position, (name, members)) in expected().into_iter().enumerate() {
        let rdn = name.replace(',', "\\,");
        let head = |unit: &str, class: &str| {
            format!("dn: cn={rdn},ou={unit},{SUFFIX}\nobjectClass: {class}\ncn: {name}\n")
        };
        let lines = |line: &dyn Fn(&str) -> String| members.iter().map(|it| line(it)).collect::<String>();
        text += &head("posix", "posixGroup");
        text += &format!("gidNumber: {}\n", 1000 + position);
        text += &lines(&|it| format!("memberUid: u{}\n", number(it)));
        text += "\n";
        text += &head("names", "groupOfNames");
        text += &lines(&|it| format!("member: {}\n", dn(it)));
        text += "\n";
        text += &head("unique", "groupOfUniqueNames");
        // The optional part behind the name, a bit string, is no part of who is meant (RFC 4517, section 3.3.21).
        text += &lines(&|it| {
            format!("uniqueMember: {}{}\n", dn(it), if it.contains('7') { "#'0101'B" } else { "" })
        });
        text += "\n";
    }
    text
}

/// The groups of one kind, by name, with their addresses, after everything that a sync does with them.
async fn groups(
    setup: &mut Setup,
    unit: &str,
    class: &str,
    attribute: &str,
) -> BTreeMap<String, BTreeSet<String>> {
    let layout: &mut LdapLayout = &mut setup.layout;
    layout.group_bases = vec![format!("ou={unit},{SUFFIX}")];
    layout.group_object_class = Some(class.to_owned());
    layout.member_attribute = attribute.to_owned();
    let directory: Directory = setup.directory();
    let snapshot = directory.read(super::SCOPE, &|_| ()).await.unwrap();
    assert_eq!(snapshot.people().len(), PEOPLE as usize);
    let stable: BTreeSet<&str> =
        snapshot.people().iter().map(|it| text(&snapshot, it.stable_id.unwrap())).collect();
    assert_eq!(stable.len(), PEOPLE as usize, "everybody has an id of his own");
    let sync = json!({"users": true, "groups": true});
    let settings = SyncSettings::from_stored(sync.as_object().unwrap()).unwrap();
    let desired = Desired::build(snapshot, &settings).unwrap();
    assert_eq!(desired.unresolved(), []);
    let address =
        |person: &u32| desired.text(desired.everybody()[*person as usize].email.unwrap()).to_owned();
    let named = desired.groups().iter().enumerate();
    named
        .map(|(number, it)| {
            (desired.text(it.name).to_owned(), desired.members(number).iter().map(address).collect())
        })
        .collect()
}

async fn every_kind_gives_the_same(setup: &mut Setup) {
    for (unit, class, attribute) in [
        ("posix", "posixGroup", "memberUid"),
        ("names", "groupOfNames", "member"),
        ("unique", "groupOfUniqueNames", "uniqueMember"),
    ] {
        assert_eq!(groups(setup, unit, class, attribute).await, expected(), "{class}");
    }
}

#[tokio::test]
async fn openldap_gives_the_same_groups_whatever_their_kind() {
    let server = slapd::Options::new(SUFFIX).start().unwrap();
    server.ldapadd(&ldif()).unwrap();
    every_kind_gives_the_same(&mut Setup::slapd(&server)).await;
}

#[tokio::test]
#[ignore = "needs root and 389 Directory Server: `scripts/test dirsrv`"]
async fn directory_server_gives_the_same_groups_whatever_their_kind() {
    let server = DirectoryServer::start(SUFFIX).unwrap();
    server.ldapmodify(&ldif()).unwrap();
    let mut setup = Setup::new(server.port(), ROOT_DN, server.password());
    every_kind_gives_the_same(&mut setup).await;
}

#[tokio::test]
#[ignore = "needs root and 389 Directory Server: `scripts/test dirsrv`"]
async fn directory_server_tells_accounts_ids_and_memberships_in_its_own_words() {
    let server = DirectoryServer::start(SUFFIX).unwrap();
    let plugin = "dn: cn=config\nchangetype: modify\nreplace: nsslapd-dynamic-plugins\nnsslapd-dynamic-plugins: on\n\n\
                  dn: cn=MemberOf Plugin,cn=plugins,cn=config\nchangetype: modify\nreplace: nsslapd-pluginEnabled\n\
                  nsslapd-pluginEnabled: on\n";
    server.ldapmodify(plugin).unwrap();
    server.ldapmodify(&ldif()).unwrap();
    let lock = format!("dn: {}\nchangetype: modify\nadd: nsAccountLock\nnsAccountLock: true\n", dn("u3@"));
    server.ldapmodify(&lock).unwrap();
    let mut setup = Setup::new(server.port(), ROOT_DN, server.password());
    setup.choose_signs(vec![DisabledBy::NsAccountLock]);
    setup.layout.id_attribute = Some(IdAttribute::NsUniqueId);
    setup.layout.member_of_attribute = Some("memberOf".to_owned());
    assert_eq!(groups(&mut setup, "names", "groupOfNames", "none").await, expected());

    let directory = setup.directory();
    let snapshot = directory.read(super::SCOPE, &|_| ()).await.unwrap();
    let disabled = snapshot.people().iter().filter(|it| it.state == AccountState::Disabled);
    let disabled: Vec<_> = disabled.map(|it| text(&snapshot, it.mail.unwrap())).collect();
    assert_eq!(disabled, ["u3@example.test"]);
    let ldif = server.ldapsearch("(uid=u3)", &["nsUniqueId"]).unwrap();
    let id =
        ldif.lines().find_map(|line| line.strip_prefix("nsUniqueId: ").or(line.strip_prefix("nsuniqueid: ")));
    let id = id.unwrap().to_owned();
    assert!(snapshot.people().iter().any(|it| text(&snapshot, it.external_id) == id), "{id}");

    let stable_id =
        snapshot.people().iter().find(|it| text(&snapshot, it.external_id) == id).unwrap().stable_id;
    let stable_id = stable_id.map(|it| StableId::new(text(&snapshot, it)));
    let reference = Some(dn("u3@"));
    let lookups = LookupRequest { external_id: ExternalId::new(id.as_str()), stable_id, reference };
    let ask = async || {
        let presences = directory.look_up(std::slice::from_ref(&lookups)).await.unwrap();
        presences[&lookups.external_id].clone()
    };
    assert_eq!(ask().await, Presence::Disabled { at: Some(dn("u3@")) });
    server
        .ldapmodify(&format!("dn: {}\nchangetype: modrdn\nnewrdn: uid=moved\ndeleteoldrdn: 1\n", dn("u3@")))
        .unwrap();
    assert_eq!(
        ask().await,
        Presence::Disabled { at: Some(format!("uid=moved,ou=people,{SUFFIX}")) },
        "under another name"
    );
    server.ldapmodify(&format!("dn: uid=moved,ou=people,{SUFFIX}\nchangetype: delete\n")).unwrap();
    assert_eq!(ask().await, Presence::NotFound);
}
