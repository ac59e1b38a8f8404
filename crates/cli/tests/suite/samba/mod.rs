//! Whole syncs of a Samba domain with the real program, counted against what Samba's own tools say.

#![expect(clippy::unwrap_used, reason = "a failed expectation is how a test speaks, its helpers included")]

#[path = "../../../../engine/tests/suite/active_directory/data.rs"]
mod data;
mod ways_in;

mod setup {
    use std::collections::BTreeSet;

    /// The values of an attribute in LDIF with unfolded lines.
    pub(crate) fn values(ldif: &str, attribute: &str) -> BTreeSet<String> {
        let prefix = format!("{attribute}: ");
        ldif.lines().filter_map(|line| line.strip_prefix(&prefix)).map(str::to_owned).collect()
    }
}

use bwdc_harness::home::{Home, Output};
use bwdc_harness::samba::{ADMINISTRATOR, Domain, PASSWORD, ROOT};
use bwdc_sandbox::organization;
use data::{DISABLED, IN_EVERYBODY, PEOPLE, dn};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

struct Stage {
    domain: Domain,
    home: Home,
    organization: organization::Server,
}

impl Stage {
    fn new() -> Self {
        let domain = Domain::start().unwrap();
        data::load(&domain);
        let organization = organization::Server::start_blocking(organization::Options::official()).unwrap();
        let home = Home::with_plaintext_secrets().unwrap();
        home.write_data_json(&json!({
            "stateVersion": 8,
            "appId": "0d7c1c0e-53a4-4f0c-8f0a-64c1b86b1c55",
            "directoryType": 0,
            "directoryLdap": {
                "ssl": true, "hostname": domain.address().to_string(), "port": 636, "rootPath": ROOT, "ad": true,
                "username": ADMINISTRATOR, "password": PASSWORD, "sslCaPath": domain.certificates().ca
            },
            "sync": { "users": true, "groups": true, "removeDisabled": true, "largeImport": true },
            "environmentUrls": { "base": organization.url() }
        }))
        .unwrap();
        let stage = Self { domain, home, organization };
        let leavers = "[leavers]\ngone = \"remove\"\ndeleted = \"remove\"\n";
        std::fs::write(stage.home.data_folder().join("connector.toml"), leavers).unwrap();
        let (id, secret) = (stage.organization.client_id(), stage.organization.client_secret());
        assert_eq!(stage.run(&["login", "--", &id, &secret]).code, Some(0));
        stage
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.home.run(env!("CARGO_BIN_EXE_bwdc"), arguments).unwrap()
    }

    /// Syncs, and counts the requests that changed something.
    #[track_caller]
    fn sync(&self) -> usize {
        self.organization.clear_requests();
        let output = self.run(&["sync"]);
        assert_eq!(output.code, Some(0), "{}{}", output.stdout, output.stderr);
        self.organization
            .requests()
            .iter()
            .filter(|it| it.method != "GET" && it.path.starts_with("/api"))
            .count()
    }

    /// Deletes somebody and enters the same person again, with the same address and a new id.
    #[track_caller]
    fn whoever_is_entered_again_keeps_membership_and_groups(&self, number: usize) {
        let id = |stage: &Self| stage.organization.member(&address(number)).unwrap().external_id;
        let (before, members) = (id(self), self.organization.members().len());
        self.domain.ldapmodify(&format!("dn: {}\nchangetype: delete\n", dn(number))).unwrap();
        self.domain
            .ldapadd(&format!(
                "dn: {}\nobjectClass: user\nsAMAccountName: u{number}\nmail: {}\nuserAccountControl: 544\n\n",
                dn(number),
                address(number)
            ))
            .unwrap();
        let group = data::group_dn("Everybody");
        let join = format!("dn: {group}\nchangetype: modify\nadd: member\nmember: {}\n", dn(number));
        self.domain.ldapmodify(&join).unwrap();
        let planned = self.run(&["plan"]);
        assert!(planned.stdout.contains("0 of which take access away"), "{}", planned.stdout);
        assert!(self.sync() > 0);
        let guid = self.domain.ldapsearch(&format!("(sAMAccountName=u{number})"), &["mail"]).unwrap();
        assert!(guid.contains(&address(number)), "{guid}");
        let after = id(self);
        assert!(after.is_some() && after != before, "{after:?}");
        assert_eq!(self.organization.members().len(), members, "nobody is invited a second time");
        assert!(self.groups()["Everybody"].contains(&address(number)));
        assert!(self.groups()["Domain Users"].contains(&address(number)));
        assert_eq!(self.sync(), 0, "run again with nothing new");
    }

    /// The addresses of everybody who was brought over.
    fn addresses(&self) -> BTreeSet<String> {
        let members = self.organization.members().into_iter();
        members.filter(|it| it.external_id.is_some()).map(|it| it.email).collect()
    }

    /// The addresses in each group, by the group's name.
    fn groups(&self) -> BTreeMap<String, BTreeSet<String>> {
        let members = self.organization.members().into_iter();
        let address: BTreeMap<String, String> = members.map(|it| (it.id, it.email)).collect();
        let groups = self.organization.groups().into_iter();
        groups.map(|it| (it.name, it.members.iter().map(|id| address[id].clone()).collect())).collect()
    }

    /// The addresses in a group of the domain, as its own tool lists them: nested ones by an extensible match.
    fn in_domain(&self, group: &str, nested: bool) -> BTreeSet<String> {
        let rule = if nested { ":1.2.840.113556.1.4.1941:" } else { "" };
        let filter = format!(
            "(&(mail=*)(!(userAccountControl:1.2.840.113556.1.4.803:=2))(memberOf{rule}={}))",
            data::group_dn(group)
        );
        setup::values(&self.domain.ldapsearch(&filter, &["mail"]).unwrap(), "mail")
    }
}

impl Stage {
    /// After a lost ledger a filter that finds one person is refused: the domain has the others.
    fn a_first_run_that_finds_few_is_refused(&self) {
        std::fs::remove_file(self.home.data_folder().join("connector.db")).unwrap();
        let one = format!("(mail={})", address(5));
        assert_eq!(self.run(&["config", "sync.userFilter", &one]).code, Some(0));
        let before = (self.organization.members(), self.organization.groups());
        let output = self.run(&["sync"]);
        let words: String = output.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(
            output.code == Some(1)
                && words.contains("members who have ids of this directory, less than 50 %"),
            "{words}"
        );
        assert_eq!((self.organization.members(), self.organization.groups()), before);
    }
}

/// Compares without printing thousands of addresses.
#[track_caller]
fn assert_same(found: &BTreeSet<String>, expected: &BTreeSet<String>) {
    let differing: Vec<_> = found.symmetric_difference(expected).take(5).collect();
    assert!(differing.is_empty(), "{} and {}: {differing:?} …", found.len(), expected.len());
}

fn address(number: usize) -> String {
    format!("u{number}@example.test")
}

#[test]
#[ignore = "needs root and Samba: `scripts/test samba`"]
fn a_domain_is_brought_over_whole_and_followed() {
    let mut stage = Stage::new();
    ways_in::every_way_in_shows_the_same(&mut stage);
    assert!(stage.sync() > 0);
    let expected: BTreeSet<String> = (0..PEOPLE).filter(|it| !DISABLED.contains(it)).map(address).collect();
    assert_same(&stage.addresses(), &expected);
    let groups = stage.groups();
    assert_eq!(groups["Everybody"].len(), IN_EVERYBODY);
    assert_same(&groups["Everybody"], &stage.in_domain("Everybody", false));
    let listed = stage.domain.samba_tool(&["group", "listmembers", "Everybody"]).unwrap();
    assert_eq!(listed.lines().count(), IN_EVERYBODY);
    for ring in ["One", "Two", "Three", "Four"] {
        assert_eq!(groups[ring], (1..=4).map(address).collect(), "{ring}: four deep in a circle");
        assert_eq!(groups[ring], stage.in_domain(ring, true), "{ring}");
    }
    assert_eq!(
        groups["Primary"],
        [10, 11, 12].map(address).into(),
        "two of them by their primary group only"
    );
    assert_eq!(stage.sync(), 0, "run again with nothing new");

    for number in [100, 4] {
        stage.domain.ldapmodify(&format!("dn: {}\nchangetype: delete\n", dn(number))).unwrap();
    }
    let disable = format!(
        "dn: {}\nchangetype: modify\nreplace: userAccountControl\nuserAccountControl: 546\n",
        dn(101)
    );
    stage.domain.ldapmodify(&disable).unwrap();
    stage
        .domain
        .ldapmodify(&format!("dn: {}\nchangetype: modrdn\nnewrdn: CN=Renamed\ndeleteoldrdn: 1\n", dn(1)))
        .unwrap();
    assert!(stage.sync() > 0);
    let left = [100, 4, 101].map(address);
    assert_same(&stage.addresses(), &expected.into_iter().filter(|it| !left.contains(it)).collect());
    let groups = stage.groups();
    assert_eq!(groups["One"], (1..=3).map(address).collect());
    assert_eq!(groups["Everybody"].len(), IN_EVERYBODY - left.len());
    assert_same(&groups["Everybody"], &stage.in_domain("Everybody", false));
    assert_eq!(stage.sync(), 0, "run again with nothing new");
    stage.whoever_is_entered_again_keeps_membership_and_groups(1000);
    stage.domain.enable_recycle_bin().unwrap();
    stage.whoever_is_entered_again_keeps_membership_and_groups(1001);
    let full = stage.run(&["sync", "--full"]);
    assert_eq!(
        (full.code, full.stdout.as_str()),
        (Some(0), "Syncing complete.\nSynced 0 group(s) and 0 user(s).\n")
    );
    stage.a_first_run_that_finds_few_is_refused();
}
