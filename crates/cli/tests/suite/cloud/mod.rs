//! Directories in the cloud from end to end: the real binary between a stand-in of the service and an organization, set
//! up by the commands that an administrator types, every sync run twice.

mod entra;
mod faults;
mod google;
#[cfg(target_os = "linux")]
mod google_size;
mod okta;
mod onelogin;

use bwdc_harness::home::{Home, Output};
use bwdc_sandbox::organization::{MemberStatus, Options, Server};
use std::collections::{BTreeMap, BTreeSet};

/// An installation with its organization.
struct Stage {
    home: Home,
    organization: Server,
}

impl Stage {
    fn new(directory: &str) -> Self {
        Self::with(directory, Options::official())
    }

    fn with(directory: &str, organization: Options) -> Self {
        let home = Home::new().expect("a home");
        let organization = Server::start_blocking(organization).expect("an organization");
        let stage = Self { home, organization };
        stage.set("server", &stage.organization.url());
        stage.ok(&["login", &stage.organization.client_id(), &stage.organization.client_secret()]);
        for (name, value) in [("directory", directory), ("sync.users", "true"), ("sync.groups", "true")] {
            stage.set(name, value);
        }
        stage
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.home.run(env!("CARGO_BIN_EXE_bwdc"), arguments).expect("the program runs")
    }

    fn ok(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert_eq!(output.code, Some(0), "{arguments:?}: {}", output.stderr);
        output.stdout
    }

    fn set(&self, name: &str, value: &str) {
        self.ok(&["config", name, value]);
    }

    /// Syncs, and once more: nothing may be sent the second time.
    fn sync(&self, groups: usize, users: usize) {
        let said = format!("Syncing complete.\nSynced {groups} group(s) and {users} user(s).");
        assert_eq!(self.ok(&["sync"]).trim_end(), said);
        self.sync_is_empty();
    }

    /// Syncs until there is nothing to send.
    fn sync_quietly(&self) {
        self.ok(&["sync"]);
        self.sync_is_empty();
    }

    /// A run that sends nothing.
    fn sync_is_empty(&self) {
        self.organization.clear_requests();
        assert!(self.ok(&["sync"]).contains("Synced 0 group(s) and 0 user(s)."));
        let requests = self.organization.requests();
        assert!(requests.iter().all(|it| !it.path.contains("import")), "the second run sends nothing");
    }

    fn everybody_confirms(&self) {
        for member in self.organization.members() {
            self.organization.accept(&member.email);
            self.organization.confirm(&member.email);
        }
    }

    fn status(&self, address: &str) -> Option<MemberStatus> {
        self.organization.member(address).map(|member| member.status)
    }

    fn memberships(&self) -> BTreeMap<String, BTreeSet<String>> {
        self.organization.membership_by_external_ids()
    }
}
