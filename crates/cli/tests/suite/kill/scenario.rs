//! What is killed: a sync with something of everything to do, from a state that can be copied.
//!
//! Each state is made once, by real runs. A scenario is a copy of its folder and of the organization's database, so that
//! hundreds of kills begin with the same memberships under the same ids.

use crate::laws::stage::{Stage, State, Tree, mail};
use bwdc_harness::home::Home;
use bwdc_sandbox::ldap;
use bwdc_sandbox::organization::{
    Database, KnownAddresses, MemberStatus, NewMember, Official, Options, Server,
};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;

const REVOKE_AND_REMOVE: &str = "\
[leavers]
disabled = \"remove\"
gone = \"revoke\"
out-of-scope = \"remove\"
[limits]
removals-percent = 50
";
const REVOKE: &str = "\
[leavers]
gone = \"revoke\"
[limits]
removals-percent = 50
";
pub(crate) const LARGE: &str = "\
[leavers]
disabled = \"remove\"
gone = \"revoke\"
out-of-scope = \"remove\"
[limits]
invitations-percent = 1000
group-percent = 90
";
const OVERWRITE: &str = "[limits]\nremovals-percent = 50\n";

/// A state before a sync, and what the sync has to lead to.
pub(crate) struct Scenario {
    home: Home,
    options: Options,
    database: tempfile::TempDir,
    target: ldap::Server,
    /// The directory that the sync reads.
    pub(crate) tree: Tree,
    /// Somebody whom the sync revokes, and a directory to which that person has returned.
    pub(crate) returning: Option<(&'static str, ldap::Server)>,
    /// The memberships before the sync, by address.
    pub(crate) memberships: BTreeMap<String, String>,
    /// What the organization holds after an undisturbed sync.
    pub(crate) expected: State,
    /// What an undisturbed sync sends.
    pub(crate) writes: Vec<String>,
}

impl Scenario {
    /// Revokes `p02`, removes `p03` (out of scope) and `p04` (disabled), restores `p05`, invites three people and adopts
    /// one, makes, renames and changes groups.
    pub(crate) fn of_everything() -> Self {
        let all = Tree::of(12);
        let first = company(all.clone(), "Sales", &["p01", "p02", "p06"]);
        let second = first.clone().without("p05");
        let target = || {
            let people = all.clone().out_of_scope("p03").disabled("p04").person("n1").person("n2");
            let people = people.person("n3").person("hand");
            company(people, "Sales and service", &["p01", "p02", "p07", "n1", "hand"]).group(
                "new",
                "New",
                &["n2", "p01", "p05"],
            )
        };
        let stage = |folder: &Path| {
            let stage = Stage::new(official(folder), REVOKE_AND_REMOVE, |_| {});
            let directory = first.serve();
            stage.read(&directory);
            stage.sync();
            stage.everybody_confirms();
            let directory = second.serve();
            stage.read(&directory);
            stage.sync();
            assert_eq!(stage.state().status("p05"), Some(MemberStatus::Revoked));
            stage.organization.add_member(NewMember::confirmed(&mail("hand")));
            stage
        };
        let scenario = Self::new(official, stage, &target().without("p02"), Some(("p02", target())));
        let status = |name| scenario.expected.status(name);
        assert_eq!(status("p02"), Some(MemberStatus::Revoked));
        assert_eq!([status("p03"), status("p04")], [None, None]);
        assert_eq!(status("p05"), Some(MemberStatus::Confirmed));
        assert_eq!(["n1", "n2", "n3"].map(status), [Some(MemberStatus::Invited); 3]);
        let names: Vec<&str> = scenario.expected.groups.values().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["All", "New", "Sales and service"]);
        assert_eq!(scenario.writes.len(), 5, "{:?}", scenario.writes);
        scenario
    }

    /// An installation that never synced, with one member to adopt and one who has nothing to do with the directory.
    pub(crate) fn of_a_first_run() -> Self {
        let stage = |folder: &Path| {
            let stage = Stage::new(official(folder), REVOKE_AND_REMOVE, |_| {});
            stage.organization.add_member(NewMember::confirmed(&mail("p01")));
            stage.organization.add_member(NewMember::confirmed("guest@elsewhere.test"));
            stage
        };
        let scenario = Self::new(official, stage, &company(Tree::of(8), "Sales", &["p01", "p03"]), None);
        assert_eq!(scenario.expected.people.len(), 8 + 2);
        assert_eq!(scenario.writes.len(), 1, "{:?}", scenario.writes);
        scenario
    }

    /// The whole desired state in one request, which deletes two people for their absence.
    pub(crate) fn of_a_whole_import() -> Self {
        let all = Tree::of(12);
        let stage = |folder: &Path| {
            let overwrite = |settings: &mut Value| settings["sync"]["overwriteExisting"] = true.into();
            let stage = Stage::new(official(folder), OVERWRITE, overwrite);
            let directory = company(all.clone(), "Sales", &["p01", "p02"]).serve();
            stage.read(&directory);
            stage.sync();
            stage.everybody_confirms();
            stage.organization.add_member(NewMember::confirmed("guest@elsewhere.test"));
            stage
        };
        let target = all.clone().without("p02").out_of_scope("p03").person("n1").person("n2");
        let scenario = Self::new(official, stage, &company(target, "Sales", &["p01", "p04", "n1"]), None);
        let status = |name| scenario.expected.status(name);
        assert_eq!([status("p02"), status("p03")], [None, None]);
        assert_eq!(["n1", "n2"].map(status), [Some(MemberStatus::Invited); 2]);
        assert!(scenario.expected.people.contains_key("guest@elsewhere.test"));
        assert_eq!(scenario.writes.len(), 1, "{:?}", scenario.writes);
        scenario
    }

    /// A server that cannot be read: what the ledger remembers is all there is.
    pub(crate) fn of_vaultwarden() -> Self {
        let all = Tree::of(8);
        let first = company(all.clone(), "Sales", &["p01", "p02"]);
        let target = || company(all.clone().person("n1"), "Sales", &["p01", "p02", "n1"]);
        let stage = |folder: &Path| {
            let stage = Stage::new(vaultwarden(folder), REVOKE, |_| {});
            let directory = first.serve();
            stage.read(&directory);
            stage.sync();
            stage.everybody_confirms();
            stage
        };
        let scenario = Self::new(vaultwarden, stage, &target().without("p02"), Some(("p02", target())));
        assert_eq!(scenario.expected.status("p02"), Some(MemberStatus::Revoked));
        assert_eq!(scenario.expected.status("n1"), Some(MemberStatus::Invited));
        scenario
    }

    /// The first run against a server that cannot be read.
    pub(crate) fn of_a_first_run_of_vaultwarden() -> Self {
        let stage = |folder: &Path| Stage::new(vaultwarden(folder), REVOKE, |_| {});
        Self::new(vaultwarden, stage, &company(Tree::of(4), "Sales", &["p01", "p02"]), None)
    }

    /// 5,000 people in batches of 2,000: four of a thousand revoked, four removed, one restored, the rest invited, sixty
    /// groups made or filled.
    pub(crate) fn of_five_thousand() -> Self {
        let all = Tree::of(1000);
        let first = teams(all, 40, 1000);
        let second = first.clone().without("p09");
        let target = || {
            let people = ["p05", "p06"].into_iter().fold(Tree::of(5000), Tree::out_of_scope);
            let people = ["p07", "p08"].into_iter().fold(people, Tree::disabled);
            let people = ["p01", "p02", "p03", "p04"].into_iter().fold(people, Tree::without);
            teams(people, 60, 5000)
        };
        let stage = |folder: &Path| {
            let batches = |settings: &mut Value| settings["sync"]["largeImport"] = true.into();
            let stage = Stage::new(official(folder), LARGE, batches);
            for tree in [&first, &second] {
                let directory = tree.serve();
                stage.read(&directory);
                stage.sync();
                stage.everybody_confirms();
            }
            assert_eq!(stage.state().status("p09"), Some(MemberStatus::Revoked));
            stage
        };
        let scenario = Self::new(official, stage, &target(), None);
        let status = |name| scenario.expected.status(name);
        assert_eq!(["p01", "p04"].map(status), [Some(MemberStatus::Revoked); 2]);
        assert_eq!(["p05", "p08"].map(status), [None, None]);
        assert_eq!(
            [status("p09"), status("p5000")],
            [Some(MemberStatus::Confirmed), Some(MemberStatus::Invited)]
        );
        scenario
    }

    fn new(
        options: impl Fn(&Path) -> Options,
        stage: impl Fn(&Path) -> Stage,
        target: &Tree,
        returning: Option<(&'static str, Tree)>,
    ) -> Self {
        let database = tempfile::tempdir().expect("a folder");
        let stage = stage(database.path());
        let memberships = crate::kill::memberships(&stage);
        let Stage { home, organization } = stage;
        drop(organization);
        let mut scenario = Self {
            home,
            options: options(database.path()),
            database,
            target: target.serve(),
            tree: target.clone(),
            returning: returning.map(|(name, tree)| (name, tree.serve())),
            memberships,
            expected: State { people: BTreeMap::new(), groups: BTreeMap::new() },
            writes: Vec::new(),
        };
        let reference = scenario.stage();
        reference.sync();
        scenario.expected = reference.state();
        scenario.writes = reference.writes();
        scenario
    }

    /// The directory that the sync reads.
    pub(crate) fn target(&self) -> &ldap::Server {
        &self.target
    }

    /// A copy of everything, ready for the sync.
    pub(crate) fn stage(&self) -> Stage {
        let mut home = Home::new().expect("a home folder");
        // Here the organization has done its work when the next run begins: a run that waits for an import does so for nothing.
        home.set("BWDC_WAIT_SPEED", "500");
        copy(&self.home.data_folder(), &home.data_folder());
        let folder = home.path().join("organization");
        copy(self.database.path(), &folder);
        let options = Options { database: file(&folder), ..self.options.clone() };
        let organization = Server::start_blocking(options).expect("an organization");
        let stage = Stage { home, organization };
        stage.point("environmentUrls", "base", stage.organization.url().into());
        // The copy listens on another port, and is the same organization all the same.
        if let Some(ledger) = crate::kill::ledger(&stage) {
            let api = stage.organization.api_url();
            // The server comes first, the directory after a space.
            let place = "UPDATE organization SET server = ?1 || substr(server, instr(server, ' '))";
            ledger.execute(place, [api]).expect("the table is there");
            // Nor was its key entered for another server.
            ledger.execute("DELETE FROM bindings", []).expect("the table is there");
        }
        stage.read(&self.target);
        stage
    }
}

/// Everybody, and a group with the given name and members.
fn company(tree: Tree, sales: &str, members: &[&str]) -> Tree {
    tree.group("all", "All", &["p01", "p02", "p03", "p04", "p05", "p06", "p07", "p08"])
        .group("sales", sales, members)
}

/// Groups of up to 25, each with people from everywhere.
fn teams(tree: Tree, groups: usize, people: usize) -> Tree {
    (0..groups).fold(tree, |tree, group| {
        // Twenty from the first thousand, and five from the others where there are any.
        let own = (0..20).map(|it| (group * 37 + it * 41) % 1000);
        let more = (0..5).map(|it| 1000 + (group * 37 + it * 41) % people.saturating_sub(1000).max(1));
        let members = own.chain(more).filter(|it| *it < people);
        let members: Vec<String> = members.map(|it| format!("p{:02}", it + 1)).collect();
        let members: Vec<&str> = members.iter().map(String::as_str).collect();
        tree.group(&format!("team{group:02}"), &format!("Team {group}"), &members)
    })
}

/// The server invites an invited person again when asked to, as on most databases: a repetition would show.
fn official(folder: &Path) -> Options {
    let official = Official { known_addresses: KnownAddresses::WithAccount, ..Official::default() };
    Options { database: file(folder), ..Options::with_official(official) }
}

fn vaultwarden(folder: &Path) -> Options {
    Options { database: file(folder), ..Options::vaultwarden() }
}

fn file(folder: &Path) -> Database {
    Database::File(folder.join("organization.db"))
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.file_type().expect("a kind").is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).expect("a copy");
        }
    }
}
