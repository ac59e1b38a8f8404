//! A sealed home, an organization and a small directory.

use bwdc_harness::home::{Home, Output};
use bwdc_sandbox::{ldap, organization};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::Stdio;

pub(crate) const ADA: &str = "uid=ada,ou=People,dc=example,dc=test";
pub(crate) const BOB: &str = "uid=bob,ou=People,dc=example,dc=test";
pub(crate) const STAFF: &str = "cn=Staff,ou=Groups,dc=example,dc=test";
pub(crate) const NIGHT: &str = "cn=Night,ou=Groups,dc=example,dc=test";
pub(crate) const READER: &str = "cn=reader,dc=example,dc=test";
pub(crate) const PASSWORD: &str = "reader's password";

pub(crate) const LDIF: &str = "\
dn: dc=example,dc=test
objectClass: domain
dc: example

dn: ou=People,dc=example,dc=test
objectClass: organizationalUnit
ou: People

dn: ou=Groups,dc=example,dc=test
objectClass: organizationalUnit
ou: Groups

dn: uid=ada,ou=People,dc=example,dc=test
objectClass: person
objectClass: inetOrgPerson
uid: ada
cn: Ada
sn: A
mail: Ada@example.test

dn: uid=bob,ou=People,dc=example,dc=test
objectClass: person
objectClass: inetOrgPerson
uid: bob
cn: Bob
sn: B
mail: bob@example.test

dn: cn=Staff,ou=Groups,dc=example,dc=test
objectClass: groupOfNames
cn: Staff
member: uid=ada,ou=People,dc=example,dc=test
member: uid=bob,ou=People,dc=example,dc=test

dn: cn=Night,ou=Groups,dc=example,dc=test
objectClass: groupOfNames
cn: Night
member: uid=bob,ou=People,dc=example,dc=test
";

/// Runs the program in a home.
pub(crate) fn run(home: &Home, arguments: &[&str]) -> Output {
    home.run(env!("CARGO_BIN_EXE_bwdc"), arguments).expect("the stage holds")
}

/// Runs the program with an input.
pub(crate) fn answer(home: &Home, arguments: &[&str], input: &str) -> Output {
    let mut command = home.command(env!("CARGO_BIN_EXE_bwdc"), arguments);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the stage holds");
    child.stdin.take().expect("the stage holds").write_all(input.as_bytes()).expect("the stage holds");
    let output = child.wait_with_output().expect("the stage holds");
    Output {
        stdout: String::from_utf8(output.stdout).expect("the stage holds"),
        stderr: String::from_utf8(output.stderr).expect("the stage holds"),
        code: output.status.code(),
    }
}

/// Every file of the data folder and what is in it, but for the log.
pub(crate) fn contents(home: &Home) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![home.data_folder()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("the stage holds") {
            let path = entry.expect("the stage holds").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_none_or(|it| it != "log") {
                let bytes = std::fs::read(&path).expect("the stage holds");
                found.insert(path, bytes);
            }
        }
    }
    found
}

/// Asserts a success with exactly this on standard output.
#[track_caller]
pub(crate) fn assert_answer(output: &Output, stdout: &str) {
    let seen = (output.code, output.stdout.as_str(), output.stderr.as_str());
    assert_eq!(seen, (Some(0), stdout, ""));
}

/// Asserts a failure with exactly this on the error stream.
#[track_caller]
pub(crate) fn assert_failure(output: &Output, stderr: &str) {
    let seen = (output.code, output.stdout.as_str(), output.stderr.as_str());
    assert_eq!(seen, (Some(1), "", stderr));
}

/// Everything that a sync needs.
pub(crate) struct Stage {
    pub(crate) home: Home,
    pub(crate) organization: organization::Server,
    pub(crate) directory: ldap::Server,
}

impl Stage {
    /// Configured, and not signed in.
    pub(crate) fn signed_out() -> Self {
        Self::signed_out_of(organization::Options::official())
    }

    /// Configured for a server of this kind, and not signed in.
    pub(crate) fn signed_out_of(options: organization::Options) -> Self {
        let home = Home::with_plaintext_secrets().expect("the stage holds");
        let organization = organization::Server::start_blocking(options).expect("the stage holds");
        let directory = ldap::Server::start_blocking(ldap::Options::with_bind(LDIF, READER, PASSWORD))
            .expect("the stage holds");
        let stage = Self { home, organization, directory };
        stage.home.write_data_json(&stage.settings()).expect("the stage holds");
        stage
    }

    /// Signed in by the program itself.
    pub(crate) fn signed_in() -> Self {
        let stage = Self::signed_out();
        assert_answer(&stage.log_in(), "You are logged in!\n");
        stage
    }

    pub(crate) fn log_in(&self) -> Output {
        let (id, secret) = (self.organization.client_id(), self.organization.client_secret());
        // An invented secret may begin with a hyphen.
        self.run(&["login", "--", &id, &secret])
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        run(&self.home, arguments)
    }

    /// Changes `data.json` by hand.
    pub(crate) fn change(&self, change: impl FnOnce(&mut Value)) {
        let mut data = self.home.data_json().expect("the stage holds");
        change(&mut data);
        self.home.write_data_json(&data).expect("the stage holds");
    }

    pub(crate) fn connector_toml(&self, text: &str) {
        std::fs::write(self.home.data_folder().join("connector.toml"), text).expect("the stage holds");
    }

    pub(crate) fn data_bytes(&self) -> String {
        std::fs::read_to_string(self.home.data_json_path()).expect("the stage holds")
    }

    /// Methods and paths of the requests that change something.
    pub(crate) fn changes(&self) -> Vec<String> {
        let requests = self.organization.requests().into_iter();
        requests
            .filter(|it| it.method != "GET" && it.path.starts_with("/api"))
            .map(|it| format!("{} {}", it.method, it.path))
            .collect()
    }

    fn settings(&self) -> Value {
        json!({
            "stateVersion": 8,
            "appId": "0d7c1c0e-53a4-4f0c-8f0a-64c1b86b1c55",
            "directoryType": 0,
            "directoryLdap": {
                "ssl": false, "startTls": false, "hostname": "127.0.0.1", "port": self.directory.port(),
                "rootPath": "dc=example,dc=test", "currentUser": false, "username": READER,
                "password": PASSWORD, "ad": false, "pagedSearch": true
            },
            "sync": {
                "users": true, "groups": true, "removeDisabled": false, "overwriteExisting": false,
                "largeImport": false, "inviteUsersAfterProvisioning": false,
                "groupObjectClass": "groupOfNames", "userObjectClass": "person",
                "groupNameAttribute": "cn", "userEmailAttribute": "mail", "memberAttribute": "member"
            },
            "environmentUrls": { "base": self.organization.url() }
        })
    }
}
