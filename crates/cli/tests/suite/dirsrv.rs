//! Whole syncs of a 389 Directory Server with the real program.

#![expect(clippy::unwrap_used, reason = "a failed expectation is how a test speaks, its helpers included")]

use bwdc_harness::dirsrv::{DirectoryServer, ROOT_DN};
use bwdc_harness::home::Home;
use bwdc_sandbox::organization::{self, MemberStatus};
use serde_json::json;
use std::collections::BTreeMap;
use std::fmt::Write as _;

const SUFFIX: &str = "dc=example,dc=test";
const PEOPLE: usize = 20;
/// Deletes and enters this person again.
const ENTERED_AGAIN: usize = 7;

struct Stage {
    server: DirectoryServer,
    home: Home,
    organization: organization::Server,
}

fn person(number: usize) -> String {
    format!(
        "dn: uid=u{number},{SUFFIX}\nobjectClass: inetOrgPerson\nuid: u{number}\ncn: User {number}\nsn: {number}\n\
         mail: {}\n\n",
        address(number)
    )
}

fn address(number: usize) -> String {
    format!("u{number}@example.test")
}

impl Stage {
    /// An installation that pushes ids of this kind.
    fn new(server: DirectoryServer, id_attribute: &str) -> Self {
        let organization = organization::Server::start_blocking(organization::Options::official()).unwrap();
        let home = Home::with_plaintext_secrets().unwrap();
        home.write_data_json(&json!({
            "stateVersion": 8,
            "appId": "0d7c1c0e-53a4-4f0c-8f0a-64c1b86b1c55",
            "directoryType": 0,
            "directoryLdap": {
                "ssl": false, "hostname": "127.0.0.1", "port": server.port(), "rootPath": SUFFIX, "ad": false,
                "username": ROOT_DN, "password": server.password(), "pagedSearch": true
            },
            "sync": {
                "users": true, "groups": true, "userObjectClass": "inetOrgPerson", "groupObjectClass": "groupOfNames",
                "userEmailAttribute": "mail", "groupNameAttribute": "cn", "memberAttribute": "member"
            },
            "environmentUrls": { "base": organization.url() }
        }))
        .unwrap();
        let ours = format!("[ldap]\n{id_attribute}\n[leavers]\ngone = \"remove\"\nhidden = \"revoke\"\n");
        std::fs::write(home.data_folder().join("connector.toml"), ours).unwrap();
        let stage = Self { server, home, organization };
        let (id, secret) = (stage.organization.client_id(), stage.organization.client_secret());
        stage.run(&["login", "--", &id, &secret]);
        stage
    }

    #[track_caller]
    fn run(&self, arguments: &[&str]) -> String {
        let output = self.home.run(env!("CARGO_BIN_EXE_bwdc"), arguments).unwrap();
        assert_eq!(output.code, Some(0), "{arguments:?}: {}{}", output.stdout, output.stderr);
        output.stdout
    }

    /// The groups of each member, by address.
    fn groups_of(&self, number: usize) -> Vec<String> {
        let id = self.organization.member(&address(number)).unwrap().id;
        let groups = self.organization.groups().into_iter().filter(|it| it.members.contains(&id));
        let sorted: BTreeMap<String, ()> = groups.map(|it| (it.name, ())).collect();
        sorted.into_keys().collect()
    }

    /// Somebody is deleted and entered again with the same name and address: one person, with the new id and the same groups.
    fn whoever_is_entered_again_keeps_membership_and_groups(&self) {
        let dn = format!("uid=u{ENTERED_AGAIN},{SUFFIX}");
        let before = self.organization.member(&address(ENTERED_AGAIN)).unwrap();
        let entry = person(ENTERED_AGAIN);
        let (groups, members) = (self.groups_of(ENTERED_AGAIN), self.organization.members().len());
        assert_eq!(groups, ["all", "few"]);
        self.server.ldapmodify(&format!("dn: {dn}\nchangetype: delete\n\n{entry}")).unwrap();
        let planned = self.run(&["plan"]);
        assert!(
            planned.contains("0 of which take access away") || planned.contains("Nothing to do."),
            "{planned}"
        );
        self.run(&["sync"]);
        let after = self.organization.member(&address(ENTERED_AGAIN)).unwrap();
        assert_eq!((after.id, after.status), (before.id, MemberStatus::Confirmed));
        let pushes_names = before.external_id.as_deref() == Some(dn.as_str());
        assert_eq!(after.external_id == before.external_id, pushes_names, "{:?}", after.external_id);
        assert_eq!(self.groups_of(ENTERED_AGAIN), groups);
        assert_eq!(self.organization.members().len(), members, "nobody is invited a second time");
        let again = self.run(&["plan"]);
        assert!(again.ends_with("Nothing to do.\n"), "{again}");
    }

    /// After a lost ledger a filter that finds one person is refused: the directory has the others, whatever id they carry.
    fn a_first_run_that_finds_few_is_refused(&self) {
        std::fs::remove_file(self.home.data_folder().join("connector.db")).unwrap();
        self.run(&["config", "sync.userFilter", "(uid=u1)"]);
        let before = (self.organization.members(), self.organization.groups());
        let output = self.home.run(env!("CARGO_BIN_EXE_bwdc"), &["sync"]).unwrap();
        let words: String = output.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
        let finds = format!("This first run finds 1 of {PEOPLE} members who have ids of this directory");
        assert!(output.code == Some(1) && words.contains(&finds), "{words}");
        assert_eq!((self.organization.members(), self.organization.groups()), before);
    }
}

#[test]
#[ignore = "needs root and 389 Directory Server: `scripts/test dirsrv`"]
fn directory_server_is_followed_through_an_entry_that_is_made_again() {
    let server = DirectoryServer::start(SUFFIX).unwrap();
    let mut ldif: String = (0..PEOPLE).map(person).collect();
    for (name, people) in [("all", 0..PEOPLE), ("few", 5..9)] {
        write!(ldif, "dn: cn={name},{SUFFIX}\nobjectClass: groupOfNames\ncn: {name}\n").unwrap();
        people.for_each(|number| writeln!(ldif, "member: uid=u{number},{SUFFIX}").unwrap());
        ldif.push('\n');
    }
    server.ldapmodify(&ldif).unwrap();
    let mut server = Some(server);
    for id_attribute in ["", "id-attribute = \"nsUniqueId\""] {
        let stage = Stage::new(server.take().unwrap(), id_attribute);
        stage.run(&["sync"]);
        for number in 0..PEOPLE {
            stage.organization.accept(&address(number));
            stage.organization.confirm(&address(number));
        }
        stage.run(&["sync"]);
        stage.whoever_is_entered_again_keeps_membership_and_groups();
        stage.a_first_run_that_finds_few_is_refused();
        server = Some(stage.server);
    }
}
