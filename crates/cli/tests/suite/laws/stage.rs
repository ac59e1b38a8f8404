//! The real program in a sealed home, between a directory and an organization that live in the test's own process.

use bwdc_harness::home::{Home, Output};
use bwdc_sandbox::organization::{MemberStatus, Role};
use bwdc_sandbox::{ldap, organization};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

pub(crate) const SUFFIX: &str = "dc=example,dc=test";
pub(crate) const READER: &str = "cn=reader,dc=example,dc=test";
pub(crate) const LDAP_PASSWORD: &str = "s3cr3t-0f-the-directory";

/// What stands in an entry besides its name and address.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Employee,
    Disabled,
    /// Not selected by the filter of [`Stage::new`].
    External,
    DisabledExternal,
}

/// The content of a directory. The same name always gets the same `entryUUID`.
#[derive(Clone, Default)]
pub(crate) struct Tree {
    people: BTreeMap<String, Kind>,
    /// Where it is not that of [`mail`].
    addresses: BTreeMap<String, String>,
    groups: BTreeMap<String, (String, Vec<String>)>,
}

impl Tree {
    /// People `p01`, `p02`, …
    pub(crate) fn of(count: usize) -> Self {
        (1..=count).fold(Self::default(), |tree, number| tree.person(&format!("p{number:02}")))
    }

    pub(crate) fn person(self, name: &str) -> Self {
        self.with(name, Kind::Employee)
    }

    pub(crate) fn disabled(self, name: &str) -> Self {
        self.with(name, Kind::Disabled)
    }

    /// There, and not selected.
    pub(crate) fn out_of_scope(self, name: &str) -> Self {
        self.with(name, Kind::External)
    }

    /// Disabled, and not selected.
    pub(crate) fn disabled_out_of_scope(self, name: &str) -> Self {
        self.with(name, Kind::DisabledExternal)
    }

    fn with(mut self, name: &str, kind: Kind) -> Self {
        self.people.insert(name.to_owned(), kind);
        self
    }

    /// Somebody of the directory has another address than [`mail`] says.
    pub(crate) fn with_address(mut self, name: &str, address: &str) -> Self {
        self.addresses.insert(name.to_owned(), address.to_owned());
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.people.remove(name);
        self
    }

    /// A group; members who are not in the directory are not listed.
    pub(crate) fn group(mut self, id: &str, name: &str, members: &[&str]) -> Self {
        let members = members.iter().map(|&it| it.to_owned()).collect();
        self.groups.insert(id.to_owned(), (name.to_owned(), members));
        self
    }

    pub(crate) fn serve(&self) -> ldap::Server {
        let options = ldap::Options::with_bind(self.ldif(), READER, LDAP_PASSWORD);
        ldap::Server::start_blocking(options).expect("a directory")
    }

    fn ldif(&self) -> String {
        use std::fmt::Write as _;
        let mut text = format!(
            "dn: {SUFFIX}\nobjectClass: domain\ndc: example\n\n\
             dn: ou=people,{SUFFIX}\nobjectClass: organizationalUnit\nou: people\n\n\
             dn: ou=groups,{SUFFIX}\nobjectClass: organizationalUnit\nou: groups\n\n"
        );
        for (name, kind) in &self.people {
            let more = match kind {
                Kind::Employee => "",
                Kind::Disabled => "userAccountControl: 514\n",
                Kind::External => "employeeType: external\n",
                Kind::DisabledExternal => "userAccountControl: 514\nemployeeType: external\n",
            };
            write!(
                text,
                "dn: {}\nobjectClass: inetOrgPerson\ncn: {name}\nsn: {name}\nmail: {}\n{more}\n",
                dn(name),
                self.addresses.get(name).cloned().unwrap_or_else(|| mail(name))
            )
            .expect("a text takes everything");
        }
        for (id, (name, members)) in &self.groups {
            write!(text, "dn: {}\nobjectClass: groupOfNames\ncn: {id}\ndescription: {name}\n", group_dn(id))
                .expect("a text takes everything");
            for member in members.iter().filter(|it| self.people.contains_key(*it)) {
                writeln!(text, "member: {}", dn(member)).expect("a text takes everything");
            }
            text.push('\n');
        }
        text
    }
}

pub(crate) fn dn(name: &str) -> String {
    format!("cn={name},ou=people,{SUFFIX}")
}

pub(crate) fn group_dn(id: &str) -> String {
    format!("cn={id},ou=groups,{SUFFIX}")
}

pub(crate) fn mail(name: &str) -> String {
    format!("{name}@example.test")
}

/// What the organization holds, by the names that the directory gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct State {
    /// Per address every membership there is: two would be an invitation too many.
    pub(crate) people: BTreeMap<String, Vec<(Option<String>, MemberStatus, Role)>>,
    /// Name and addresses of the members, by external id.
    pub(crate) groups: BTreeMap<String, (String, BTreeSet<String>)>,
}

impl State {
    pub(crate) fn status(&self, name: &str) -> Option<MemberStatus> {
        let memberships = self.people.get(&mail(name))?;
        assert_eq!(memberships.len(), 1, "{name} was invited more than once");
        Some(memberships[0].1)
    }
}

/// A signed-in installation and its organization.
pub(crate) struct Stage {
    pub(crate) home: Home,
    pub(crate) organization: organization::Server,
}

impl Stage {
    /// Starts an organization and signs a new installation in to it. People with `employeeType: external` are not
    /// selected. `change` gets the settings before they are written.
    pub(crate) fn new(
        options: organization::Options,
        connector: &str,
        change: impl FnOnce(&mut Value),
    ) -> Self {
        let stage = Self::prepared(options, connector, change);
        stage.sign_in();
        stage
    }

    /// The same, with every secret still to be entered.
    pub(crate) fn prepared(
        options: organization::Options,
        connector: &str,
        change: impl FnOnce(&mut Value),
    ) -> Self {
        let organization = organization::Server::start_blocking(options).expect("an organization");
        let mut home = Home::new().expect("a home folder");
        home.set("BWDC_WAIT_SPEED", "500");
        let mut settings = settings();
        change(&mut settings);
        home.write_data_json(&settings).expect("a data file");
        std::fs::write(home.data_folder().join("connector.toml"), connector).expect("our settings");
        let stage = Self { home, organization };
        stage.point("environmentUrls", "base", stage.organization.url().into());
        stage
    }

    pub(crate) fn sign_in(&self) {
        let id = self.organization.client_id();
        let secret = self.organization.client_secret();
        let mut login = self.command(&["login"]);
        expect_success(login.env("BW_CLIENTID", id).env("BW_CLIENTSECRET", secret));
        let mut config = self.command(&["config", "ldap.password", "--secretenv", "TEST_SECRET"]);
        expect_success(config.env("TEST_SECRET", LDAP_PASSWORD));
    }

    /// Lets the installation read this directory from now on.
    pub(crate) fn read(&self, directory: &ldap::Server) {
        self.point("directoryLdap", "port", directory.port().into());
    }

    pub(crate) fn point(&self, object: &str, field: &str, value: Value) {
        let mut settings = self.home.data_json().expect("a readable data file");
        settings[object][field] = value;
        self.home.write_data_json(&settings).expect("a data file");
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        self.home.command(env!("CARGO_BIN_EXE_bwdc"), arguments)
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.home.run(env!("CARGO_BIN_EXE_bwdc"), arguments).expect("a run that ends")
    }

    /// One sync, which has to succeed.
    /// Approves the run that was refused last, by its number, as somebody without a terminal does.
    pub(crate) fn approve(&self) -> Output {
        let which = self.run(&["approve"]);
        let number = which.stderr.split("`bwdc approve ").nth(1).and_then(|it| it.split('`').next());
        let number = number.expect("the run is named");
        self.run(&["approve", number])
    }

    pub(crate) fn sync(&self) {
        let output = self.run(&["sync"]);
        assert_eq!(output.code, Some(0), "{}", output.stderr);
    }

    /// The requests that were to change something, as `METHOD path`, in their order.
    pub(crate) fn writes(&self) -> Vec<String> {
        let requests = self.organization.requests();
        requests
            .iter()
            .filter(|it| is_write(&it.method, &it.path))
            .map(|it| format!("{} {}", it.method, it.path))
            .collect()
    }

    /// Everybody answers the invitation.
    pub(crate) fn everybody_confirms(&self) {
        for member in self.organization.members() {
            if member.status == MemberStatus::Invited {
                self.organization.confirm(&member.email);
            }
        }
    }

    pub(crate) fn state(&self) -> State {
        let (mut people, mut addresses) = (BTreeMap::<_, Vec<_>>::new(), BTreeMap::new());
        for member in self.organization.members() {
            addresses.insert(member.id, member.email.clone());
            people.entry(member.email).or_default().push((member.external_id, member.status, member.role));
        }
        let groups = self.organization.groups().into_iter().map(|group| {
            let members = group.members.iter().map(|id| addresses[id].clone()).collect();
            (group.external_id.unwrap_or_default(), (group.name, members))
        });
        State { people, groups: groups.collect() }
    }
}

pub(crate) fn is_write(method: &str, path: &str) -> bool {
    method != "GET" && !path.ends_with("/connect/token")
}

fn expect_success(command: &mut Command) {
    let output = command.output().expect("starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn settings() -> Value {
    json!({
        "stateVersion": 8,
        "appId": "0d7c1c0e-53a4-4f0c-8f0a-64c1b86b1c55",
        "directoryType": 0,
        "directoryLdap": {
            "ssl": false,
            "startTls": false,
            "hostname": "127.0.0.1",
            "port": 9,
            "rootPath": SUFFIX,
            "currentUser": false,
            "username": READER,
            "ad": false,
            "pagedSearch": true
        },
        "sync": {
            "users": true,
            "groups": true,
            "interval": 5,
            "removeDisabled": false,
            "overwriteExisting": false,
            "largeImport": false,
            "inviteUsersAfterProvisioning": true,
            "userFilter": "(!(employeeType=external))",
            "groupObjectClass": "groupOfNames",
            "userObjectClass": "inetOrgPerson",
            "groupNameAttribute": "description",
            "userEmailAttribute": "mail",
            "memberAttribute": "member",
            "useEmailPrefixSuffix": false
        },
        "environmentUrls": { "base": "http://127.0.0.1:9" }
    })
}
