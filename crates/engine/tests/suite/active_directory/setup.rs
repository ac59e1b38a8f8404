//! How the domain is reached and asked.

use bwdc_core::desired::Desired;
use bwdc_core::settings::{LdapLayout, LdapOptions, LdapSettings, SyncSettings, TimeLimits};
use bwdc_core::snapshot::{ReadScope, Snapshot};
use bwdc_engine::directory::ldap::{LdapDirectory, LdapReadError};
use bwdc_engine::directory::{Directory, ReadError};
use bwdc_engine::event::Event;
use bwdc_engine::notice::Notice;
use bwdc_harness::samba::{ADMINISTRATOR, Domain, PASSWORD, ROOT};
use secrecy::SecretString;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::sync::Mutex;

pub(crate) const SCOPE: ReadScope = ReadScope { people: true, groups: true, deleted: true, stable_ids: true };

/// Settings as an administrator stores them, to be changed by a check before use.
pub(crate) struct Setup {
    pub(crate) ldap: Map<String, Value>,
    pub(crate) sync: Map<String, Value>,
    pub(crate) options: LdapOptions,
    pub(crate) member_attribute: Option<&'static str>,
    pub(crate) user_base: Option<&'static str>,
    pub(crate) password: String,
}

impl Setup {
    pub(crate) fn new(domain: &Domain) -> Self {
        let ldap = json!({
            "hostname": domain.address().to_string(), "port": 636, "ssl": true, "ad": true, "rootPath": ROOT,
            "sslCaPath": domain.certificates().ca, "tlsCaPath": domain.certificates().ca,
            "username": ADMINISTRATOR,
        });
        let object = |value: Value| value.as_object().unwrap().clone();
        let sync = object(json!({ "users": true, "groups": true }));
        Self {
            ldap: object(ldap),
            sync,
            options: LdapOptions::default(),
            member_attribute: None,
            user_base: None,
            password: PASSWORD.to_owned(),
        }
    }

    pub(crate) fn with(mut self, field: &str, value: impl Into<Value>) -> Self {
        self.ldap.insert(field.to_owned(), value.into());
        self
    }

    pub(crate) fn directory(&self) -> Directory {
        let settings = LdapSettings::from_stored(&self.ldap, &self.options).unwrap();
        let mut layout = LdapLayout::from_stored(&self.sync, &settings, &self.options).unwrap();
        if let Some(attribute) = self.member_attribute {
            layout.member_attribute = attribute.to_owned();
        }
        if let Some(base) = self.user_base {
            layout.user_bases = vec![base.to_owned()];
        }
        let limits = TimeLimits { connect: 5, bind: 5, page: 60, ..TimeLimits::default() };
        let password = SecretString::from(self.password.clone());
        Directory::Ldap(LdapDirectory::new(settings, layout, Some(password), limits))
    }

    pub(crate) async fn read(&self) -> (Snapshot, Vec<Notice>) {
        let notices = Mutex::new(Vec::new());
        let note = |event| {
            if let Event::Notice(notice) = event {
                notices.lock().unwrap().push(notice);
            }
        };
        let snapshot = self.directory().read(SCOPE, &note).await.unwrap();
        (snapshot, notices.into_inner().unwrap())
    }

    pub(crate) async fn desired(&self) -> Desired {
        Desired::build(self.read().await.0, &SyncSettings::from_stored(&self.sync).unwrap()).unwrap()
    }

    pub(crate) async fn failure(&self) -> LdapReadError {
        match self.directory().read(SCOPE, &|_| ()).await.err().unwrap() {
            ReadError::Ldap(error) => *error,
            other => panic!("{other:?}"),
        }
    }
}

/// The addresses of a group's people, nested ones included.
pub(crate) fn members(desired: &Desired, group: &str) -> BTreeSet<String> {
    let number = desired.groups().iter().position(|it| desired.text(it.name) == group).unwrap();
    let people = desired.members(number).iter().map(|&person| &desired.everybody()[person as usize]);
    people.filter_map(|person| person.email).map(|email| desired.text(email).to_owned()).collect()
}

/// The values of an attribute in LDIF with unfolded lines.
pub(crate) fn values(ldif: &str, attribute: &str) -> BTreeSet<String> {
    let prefix = format!("{attribute}: ");
    ldif.lines().filter_map(|line| line.strip_prefix(&prefix)).map(str::to_owned).collect()
}
