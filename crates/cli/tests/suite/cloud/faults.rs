//! Whatever happens at any request to a directory, the real program removes nobody, sends nothing and says one thing.
//!
//! The requests are those of the service's own log, for full and for incremental reads.

use super::Stage;
use bwdc_sandbox::cloud::{okta, onelogin};
use bwdc_sandbox::faults::{Answer, Fault, Faults, Rule};

/// A service with the installation that follows it.
trait IncrementalRead {
    const NAME: &'static str;

    fn stage(&self) -> &Stage;
    fn faults(&self) -> &Faults;
    fn forget_requests(&self);
    fn requests(&self) -> Vec<String>;
    /// Somebody loses a membership, and somebody the account: there is always something that could be taken away.
    fn change(&self);
}

struct Okta(okta::Server, Stage);

impl Okta {
    fn new() -> Self {
        let tenant = okta::Tenant::generate(30, 2, 8);
        let server = okta::Server::start(okta::Options::new(tenant)).expect("a stand-in");
        let stage = Stage::new("3");
        stage.set("okta.url", server.url());
        stage.set("okta.token", server.token());
        Self(server, stage)
    }
}

impl IncrementalRead for Okta {
    const NAME: &'static str = "Okta";

    fn stage(&self) -> &Stage {
        &self.1
    }

    fn faults(&self) -> &Faults {
        self.0.faults()
    }

    fn forget_requests(&self) {
        self.0.forget_requests();
    }

    fn requests(&self) -> Vec<String> {
        self.0.requests()
    }

    fn change(&self) {
        let now = self.0.now();
        self.0.change(|tenant| {
            tenant.groups[0].members.pop();
            tenant.groups[0].last_membership_updated.clone_from(&now);
            tenant.users[20].status = "SUSPENDED".to_owned();
            tenant.users[20].last_updated.clone_from(&now);
        });
    }
}

struct OneLogin(onelogin::Server, Stage);

impl OneLogin {
    fn new(version: &str) -> Self {
        let tenant = onelogin::Tenant::generate(30, 2, 8);
        let server = onelogin::Server::start(onelogin::Options::new(tenant)).expect("a stand-in");
        let stage = super::onelogin::stage(&server, version);
        Self(server, stage)
    }
}

impl IncrementalRead for OneLogin {
    const NAME: &'static str = "OneLogin";

    fn stage(&self) -> &Stage {
        &self.1
    }

    fn faults(&self) -> &Faults {
        self.0.faults()
    }

    fn forget_requests(&self) {
        self.0.forget_requests();
    }

    fn requests(&self) -> Vec<String> {
        self.0.requests()
    }

    fn change(&self) {
        let now = self.0.now();
        self.0.change(|tenant| {
            tenant.roles[0].users.pop();
            tenant.users[20].status = 2;
            tenant.users[20].updated_at = now;
        });
    }
}

fn faults() -> [Fault; 8] {
    [
        // An hour is more than the whole read may take: these are not tried again.
        Fault::Answer(Answer::empty(500).header("retry-after", "3600")),
        Fault::Answer(Answer::json(429, "{}").header("retry-after", "3600")),
        Fault::Answer(Answer::json(401, "{}")),
        Fault::Answer(Answer::json(403, "{}")),
        Fault::Answer(Answer::json(404, "{}")),
        Fault::CutAfterHandling,
        Fault::TruncateBody(9),
        Fault::ReplaceBody("[{}]".to_owned()),
    ]
}

fn removes_nobody(followed: &impl IncrementalRead, name: &str) {
    let stage = followed.stage();
    stage.sync(2, 30);
    stage.everybody_confirms();
    stage.sync_quietly();
    // What is tried again is tried once: a second of patience would be doubled beyond this.
    stage.set("time-limits.total", "2");
    stage.set("leavers.disabled", "remove");
    stage.set("leavers.gone", "remove");
    stage.set("leavers.out-of-scope", "remove");
    // The settings decide what is read: the first run with them reads everything.
    stage.ok(&["sync"]);
    let modes: [&[&str]; 2] = [&["sync"], &["sync", "--full"]];
    let requests = modes.map(|mode| {
        followed.forget_requests();
        stage.ok(mode);
        let mut requests = followed.requests();
        requests.sort();
        requests.dedup();
        assert!(requests.len() >= 3, "{requests:?}");
        requests
    });
    followed.change();
    let (members, memberships) = (stage.organization.members(), stage.memberships());
    for (mode, requests) in modes.iter().zip(requests) {
        for request in requests {
            let place = place_of(&request);
            for fault in faults() {
                followed.faults().clear();
                followed.faults().add(Rule::new("*", place, fault.clone()));
                stage.organization.clear_requests();
                let output = stage.run(mode);
                let what = format!("{name}, {mode:?}, {fault:?} at {place}");
                assert_eq!(output.code, Some(1), "{what}: {} {}", output.stdout, output.stderr);
                assert!(output.stderr.contains(followed_name(followed)), "{what}: {}", output.stderr);
                let sent = stage.organization.requests();
                assert!(
                    sent.iter().all(|it| it.method == "GET" || it.path.contains("/connect/token")),
                    "{what}"
                );
                assert_eq!(stage.organization.members(), members, "{what}");
                assert_eq!(stage.memberships(), memberships, "{what}");
            }
        }
    }
    // As soon as the service is well again, what changed is done.
    followed.faults().clear();
    stage.set("limits.removals-percent", "50");
    stage.ok(&["sync"]);
    assert_eq!(stage.organization.members().len(), members.len() - 1, "{name}");
    stage.sync_quietly();
}

/// What a lasting fault at this request is about: the time of an incremental read is in the address, and smaller pages of
/// groups meet it, too.
fn place_of(request: &str) -> &str {
    let groups = "/api/v1/groups?";
    if request.starts_with(groups) { groups } else { request.split('%').next().expect("a path") }
}

fn followed_name<F: IncrementalRead>(_: &F) -> &'static str {
    F::NAME
}

#[test]
fn nothing_is_removed_whatever_happens_to_okta() {
    removes_nobody(&Okta::new(), "Okta");
}

#[test]
fn nothing_is_removed_whatever_happens_to_the_first_version_of_onelogin() {
    removes_nobody(&OneLogin::new("1"), "OneLogin 1");
}

#[test]
fn nothing_is_removed_whatever_happens_to_the_second_version_of_onelogin() {
    removes_nobody(&OneLogin::new("2"), "OneLogin 2");
}

#[test]
fn a_filter_that_is_not_understood_stops_the_run_with_its_position() {
    let followed = Okta::new();
    for (setting, filter, words) in [
        ("sync.userFilter", "exlude:person1@example.test", "position 1"),
        ("sync.groupFilter", "include:a|exclude:b", "position 11"),
    ] {
        // Written by hand or by another program: `config` would not take it.
        let taken = followed.stage().run(&["config", setting, filter]);
        let output = if taken.code == Some(0) { followed.stage().run(&["sync"]) } else { taken };
        assert_eq!(output.code, Some(1));
        assert!(output.stderr.contains(words) && output.stderr.contains(setting), "{}", output.stderr);
        followed.stage().run(&["config", "unset", setting]);
    }
    assert!(followed.requests().is_empty());
}

#[test]
fn doctor_names_the_missing_permission() {
    let okta = Okta::new();
    let refusal = r#"{"errorCode":"E0000006","errorSummary":"You do not have permission"}"#;
    okta.faults().add(Rule::new("GET", "/api/v1/groups", Fault::Answer(Answer::json(403, refusal))));
    let output = okta.stage().run(&["doctor"]);
    assert_eq!(output.code, Some(1), "{}", output.stdout);
    let said = format!("{}{}", output.stdout, output.stderr);
    assert!(said.contains("may view groups"), "{said}");
    let onelogin = OneLogin::new("2");
    let refusal = r#"{"statusCode":403,"name":"ForbiddenError","message":"insufficient scope"}"#;
    onelogin.faults().add(Rule::new("GET", "/api/2/roles", Fault::Answer(Answer::json(403, refusal))));
    let output = onelogin.stage().run(&["doctor"]);
    let said = format!("{}{}", output.stdout, output.stderr);
    assert!(said.contains("`Read all`"), "{said}");
}
