//! The LDAP source against OpenLDAP and against a server that fails in chosen ways.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failed expectation is how a test speaks, its helpers included"
)]

mod encryption;
mod failures;
mod following;
mod hidden_attributes;
mod hidden_members;
mod located;
mod look_over;
mod look_up;
#[cfg(unix)]
mod odd_dirsrv;
mod odd_servers;
mod parity;
#[cfg(unix)]
mod same_groups;
mod servers;
mod shapes;
mod speed;
mod whole;

use crate::hint::hint;
use bwdc_core::desired::{Desired, DesiredGroup};
use bwdc_core::settings::{
    Aliases, Bind, DisabledBy, LdapLayout, LdapScope, LdapSettings, LdapTls, Security, SyncSettings,
    TimeLimits,
};
use bwdc_core::snapshot::{ReadScope, Snapshot};
use bwdc_core::text::Text;
use bwdc_engine::directory::ldap::{LdapDirectory, LdapReadError};
use bwdc_engine::directory::{Directory, ReadError};
use bwdc_engine::event::Event;
use bwdc_harness::slapd::Slapd;
use secrecy::SecretString;
use std::sync::Mutex;

const SUFFIX: &str = "dc=example,dc=test";
const PASSWORD: &str = "correct horse";
const READER: &str = "cn=reader,dc=example,dc=test";
const SCOPE: ReadScope = ReadScope { people: true, groups: true, deleted: true, stable_ids: true };

/// How to reach a server, to be changed by a test before use.
struct Setup {
    settings: LdapSettings,
    layout: LdapLayout,
    password: String,
    time_limits: TimeLimits,
}

impl Setup {
    /// What tells who is disabled, as an administrator chooses it.
    fn choose_signs(&mut self, signs: Vec<DisabledBy>) {
        (self.layout.disabled_by, self.layout.disabled_by_chosen) = (signs, true);
    }

    fn new(port: u16, username: &str, password: &str) -> Self {
        let settings = LdapSettings {
            hostname: "127.0.0.1".to_owned(),
            port,
            located_in: None,
            local: false,
            further_servers: Vec::new(),
            security: Security::ClearText,
            tls: LdapTls::default(),
            bind: Bind::Simple { username: username.to_owned() },
            root_path: SUFFIX.to_owned(),
            active_directory: false,
            paged_search: Some(true),
        };
        let layout = LdapLayout {
            user_bases: vec![SUFFIX.to_owned()],
            group_bases: vec![SUFFIX.to_owned()],
            user_base_setting: "sync.userPath",
            group_base_setting: "sync.groupPath",
            user_scope: LdapScope::Subtree,
            group_scope: LdapScope::Subtree,
            aliases: Aliases::Never,
            user_object_class: Some("inetOrgPerson".to_owned()),
            group_object_class: Some("groupOfNames".to_owned()),
            user_filter: None,
            group_filter: None,
            email_attributes: vec!["mail".to_owned()],
            address_settings: vec!["sync.userEmailAttribute"],
            email_prefix_attribute: None,
            group_name_attribute: "cn".to_owned(),
            member_attribute: "member".to_owned(),
            member_of_attribute: None,
            primary_groups: false,
            logins_as_names: false,
            disabled_by: vec![DisabledBy::UserAccountControl],
            disabled_by_chosen: false,
            id_attribute: None,
            revision_attribute: None,
            mark_attribute: None,
        };
        let time_limits = TimeLimits { connect: 5, bind: 5, page: 20, ..TimeLimits::default() };
        Self { settings, layout, password: password.to_owned(), time_limits }
    }

    fn slapd(server: &Slapd) -> Self {
        Self::new(server.port(), server.root_dn(), server.root_password())
    }

    fn sandbox(server: &bwdc_sandbox::ldap::Server) -> Self {
        Self::new(server.port(), READER, PASSWORD)
    }

    fn directory(&self) -> Directory {
        let password = SecretString::from(self.password.clone());
        Directory::Ldap(LdapDirectory::new(
            self.settings.clone(),
            self.layout.clone(),
            Some(password),
            self.time_limits,
        ))
    }

    async fn read(&self) -> Result<Snapshot, ReadError> {
        self.directory().read(SCOPE, &|_| ()).await
    }

    async fn read_with_events(&self) -> (Snapshot, Vec<Event>) {
        let events = Mutex::new(Vec::new());
        let snapshot =
            self.directory().read(SCOPE, &|event| events.lock().unwrap().push(event)).await.unwrap();
        (snapshot, events.into_inner().unwrap())
    }

    /// The error of a read that has to fail; what it says is checked for the password.
    async fn failure(&self) -> LdapReadError {
        let error = self.read().await.err().expect("the read has to fail");
        let words = format!("{error} {error:?} {:?}", hint(&error));
        assert!(!words.contains(&self.password) || self.password.is_empty(), "{words}");
        match error {
            ReadError::Ldap(error) => *error,
            other => panic!("{other:?}"),
        }
    }
}

/// Names of people and groups with their members, as text, for comparing.
fn groups(snapshot: &Snapshot) -> Vec<(String, Vec<String>)> {
    let text = |text: &Text| snapshot.texts().get(*text).to_owned();
    let members = |group| snapshot.members(group).iter().map(text).collect();
    snapshot.groups().iter().map(|group| (text(&group.name), members(group))).collect()
}

/// Names of groups with the names of the people in them, nested ones included, as the directory spells them; and members by which
/// nobody is in one.
fn people_of_groups(snapshot: Snapshot) -> (Vec<(String, Vec<String>)>, Vec<String>) {
    let rules = SyncSettings::from_stored(&serde_json::Map::new()).unwrap();
    let desired = Desired::build(snapshot, &rules).unwrap();
    let person = |it: &u32| desired.text(desired.everybody()[*it as usize].reference).to_owned();
    let people = |(number, group): (usize, &DesiredGroup)| {
        (desired.text(group.name).to_owned(), desired.members(number).iter().map(person).collect())
    };
    let groups = desired.groups().iter().enumerate().map(people).collect();
    (groups, desired.unresolved().iter().map(|it| desired.text(it.member).to_owned()).collect())
}

fn text(snapshot: &Snapshot, text: Text) -> &str {
    snapshot.texts().get(text)
}

fn person(number: usize) -> String {
    format!(
        "dn: uid=u{number},{SUFFIX}\nobjectClass: inetOrgPerson\nuid: u{number}\ncn: User {number}\nsn: {number}\nmail: \
         u{number}@example.test\n\n"
    )
}

fn people(count: usize) -> String {
    let base =
        format!("dn: {SUFFIX}\nobjectClass: dcObject\nobjectClass: organization\ndc: example\no: x\n\n");
    (0..count).map(person).fold(base, |text, person| text + &person)
}
