//! What is odd elsewhere, as far as a domain has it: groups that are told by their members, a server that is asked for no pages, names
//! that look alike, logins with several values.

use crate::active_directory::setup::{SCOPE, Setup, members};
use bwdc_core::desired::Desired;
use bwdc_core::settings::SyncSettings;
use bwdc_engine::directory::snapshot_cache::Refresh;
use bwdc_harness::samba::{Domain, ROOT};
use serde_json::json;
use std::collections::BTreeSet;

fn entry(name: &str, class: &str, lines: &str) -> String {
    format!("dn: CN={name},OU=Odd,{ROOT}\nobjectClass: {class}\n{lines}\n\n")
}

fn load(domain: &Domain) {
    let person = |name: &str, login: &str, more: &str| {
        let lines = format!("sAMAccountName: {login}\nmail: {login}@odd.test\nuserAccountControl: 544{more}");
        entry(name, "user", &lines)
    };
    let name = |name: &str| format!("CN={name},OU=Odd,{ROOT}");
    let unit = format!("dn: OU=Odd,{ROOT}\nobjectClass: organizationalUnit\n\n");
    let people = person("J\u{fc}rgen", "composed", "")
        + &person("Ju\u{308}rgen", "decomposed", "")
        + &person("Numbers", "numbers", "\nuid: first\nuid: second");
    let group =
        |login: &str, lines: &str| entry(login, "group", &format!("sAMAccountName: {login}\n{lines}"));
    let groups = group("OddOne", &format!("member: {}", name("J\u{fc}rgen")))
        + &group("OddTwo", &format!("member: {}", name("Ju\u{308}rgen")))
        + &group("OddLogins", "memberUid: second");
    domain.ldapadd(&(unit + &people + &groups)).unwrap();
}

/// Only what lies in the unit of this check.
fn setup(domain: &Domain) -> Setup {
    let mut setup = Setup::new(domain);
    for path in ["userPath", "groupPath"] {
        setup.sync.insert(path.to_owned(), "OU=Odd".into());
    }
    setup
}

fn addresses(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|it| format!("{it}@odd.test")).collect()
}

pub(crate) async fn odd_things_are_read_as_of_other_servers(domain: &Domain) {
    load(domain);
    names_that_look_alike_are_two_people(domain).await;
    groups_that_members_tell_are_read_in_full(domain).await;
    without_pages_the_whole_domain_is_read(domain).await;
    any_login_is_found(domain).await;
}

async fn names_that_look_alike_are_two_people(domain: &Domain) {
    let desired = setup(domain).desired().await;
    assert_eq!(members(&desired, "OddOne"), addresses(&["composed"]));
    assert_eq!(members(&desired, "OddTwo"), addresses(&["decomposed"]));
    assert_eq!(desired.unresolved(), []);
}

async fn groups_that_members_tell_are_read_in_full(domain: &Domain) {
    let mut setup = setup(domain);
    setup.options.member_of_attribute = Some("memberOf".to_owned());
    let followed = setup.directory().follow(SCOPE, None, &|_| ()).await.unwrap();
    assert_eq!(followed.refresh, Refresh::Drop, "a membership is no change of the member's entry");
    let rules = SyncSettings::from_stored(&setup.sync).unwrap();
    let desired = Desired::build(followed.snapshot, &rules).unwrap();
    assert_eq!(members(&desired, "OddOne"), addresses(&["composed"]));
    assert_eq!(members(&desired, "OddTwo"), addresses(&["decomposed"]));
}

async fn without_pages_the_whole_domain_is_read(domain: &Domain) {
    let whole = Setup::new(domain).read().await.0.people().len();
    let unpaged = Setup::new(domain).with("pagedSearch", false).read().await.0.people().len();
    assert_eq!(unpaged, whole);
}

/// A domain that is read as any other server is: its groups may list logins.
async fn any_login_is_found(domain: &Domain) {
    let mut setup = setup(domain).with("ad", false);
    for (key, value) in [
        ("userObjectClass", "user"),
        ("groupObjectClass", "group"),
        ("userEmailAttribute", "mail"),
        ("groupNameAttribute", "cn"),
        ("memberAttribute", "memberUid"),
    ] {
        setup.sync.insert(key.to_owned(), json!(value));
    }
    assert_eq!(members(&setup.desired().await, "OddLogins"), addresses(&["numbers"]));
}
