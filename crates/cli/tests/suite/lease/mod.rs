//! Two machines with one duty: whatever becomes of the one that syncs, the other one goes on from what it did, and never both are
//! at work. `scripts/test lease` has a PostgreSQL server.

mod postgres;

use crate::laws::stage::{Stage, Tree, dn, is_write, mail};
use crate::service::daemon::{Daemon, until};
use bwdc_engine::service::{Command, PROTOCOL, Request, ask};
use bwdc_harness::home::Home;
use bwdc_sandbox::faults::Moment;
use bwdc_sandbox::ldap;
use bwdc_sandbox::organization::{MemberStatus, Options};
use postgres::{Postgres, Way};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Rounds of each fault; the full number belongs to a release.
const ROUNDS: &str = "BWDC_TEST_LEASE_ROUNDS";
const LEASE: Duration = Duration::from_secs(2);

/// What becomes of the machine that syncs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    Kill,
    Freeze,
    Cut,
}

struct Machine {
    daemon: Option<Daemon>,
    way: Way,
    /// By which its requests for tokens are known.
    device: String,
}

struct Pair {
    stage: Stage,
    second: Home,
    directory: ldap::Server,
    machines: [Machine; 2],
    _database: Postgres,
}

impl Pair {
    fn new() -> Self {
        let stage = Stage::new(Options::official(), "", |_| {});
        let directory = Tree::of(20).serve();
        stage.read(&directory);
        let second = Home::new().expect("a home folder");
        let second = {
            let mut home = second;
            home.set("BWDC_WAIT_SPEED", "500");
            home
        };
        // As an administrator brings settings and secrets to the second machine.
        for name in ["data.json", "secrets.json", "secrets.key"] {
            let (from, to) = (stage.home.data_folder().join(name), second.data_folder().join(name));
            std::fs::create_dir_all(second.data_folder()).expect("a folder");
            std::fs::copy(from, to).expect("copied");
        }
        let mut data = second.data_json().expect("readable");
        // A token of its own, by which its requests are told apart.
        data["accessToken"] = "none".into();
        data["appId"] = "11111111-2222-4333-8444-555555555555".into();
        second.write_data_json(&data).expect("a data file");
        let database = Postgres::start();
        let machines = [&stage.home, &second].map(|home| {
            let way = Way::to(database.port());
            let settings = format!(
                "[schedule]\njitter-seconds = 0\n[service]\nfirst-sync-agreed = true\n\
                 [leavers]\ngone = \"revoke\"\n[limits]\nwindow-hours = 0\n\
                 [lease]\ndatabase = \"postgres://bwdc@127.0.0.1:{}/postgres\"\nseconds = {}\n",
                way.port,
                LEASE.as_secs()
            );
            std::fs::write(home.data_folder().join("connector.toml"), settings).expect("our settings");
            let device = home.data_json().expect("readable")["appId"].as_str().expect("an id").to_owned();
            Machine { daemon: None, way, device }
        });
        Self { stage, second, directory, machines, _database: database }
    }

    fn home(&self, number: usize) -> &Home {
        if number == 0 { &self.stage.home } else { &self.second }
    }

    fn start(&mut self, number: usize) {
        let daemon = Daemon::of(self.home(number));
        self.machines[number].daemon = Some(daemon);
    }

    fn daemon(&self, number: usize) -> &Daemon {
        self.machines[number].daemon.as_ref().expect("it runs")
    }

    /// Somebody leaves and somebody joins.
    fn change(&self, round: usize) {
        let name = format!("n{round:03}");
        let entry =
            format!("dn: {}\nobjectClass: inetOrgPerson\ncn: n\nsn: n\nmail: {}\n", dn(&name), mail(&name));
        self.directory.add(&entry).expect("taken");
        if round > 0 {
            self.directory.delete(&dn(&format!("n{:03}", round - 1))).expect("is there");
        }
    }

    fn is_done(&self, round: usize) -> bool {
        let state = self.stage.state();
        let joined = state.status(&format!("n{round:03}")) == Some(MemberStatus::Invited);
        let left = round == 0 || state.status(&format!("n{:03}", round - 1)) == Some(MemberStatus::Revoked);
        joined && left
    }

    /// Lets the fault happen in the middle of a run: when a request of it arrives, the first one or the first that changes something.
    fn arm(&self, fault: Fault, active: usize, round: usize) -> Arc<AtomicBool> {
        let happened = Arc::new(AtomicBool::new(false));
        let (done, process) = (Arc::clone(&happened), self.daemon(active).id().to_string());
        let cut = self.machines[active].way.handle();
        let at_change = round % 2 == 1;
        self.stage.organization.faults().on_request(move |request| {
            let counts = request.path.starts_with("/api/public")
                && (!at_change || is_write(&request.method, &request.path));
            if request.moment != Moment::Arrived || !counts || done.load(Ordering::SeqCst) {
                return;
            }
            let signal = |name: &str| {
                let sent = std::process::Command::new("kill").args([name, &process]).status();
                assert!(sent.expect("kill starts").success());
            };
            match fault {
                Fault::Kill => signal("-KILL"),
                Fault::Freeze => signal("-STOP"),
                Fault::Cut => cut.store(true, Ordering::SeqCst),
            }
            done.store(true, Ordering::SeqCst);
        });
        happened
    }

    /// Asks a machine to sync, and does not wait.
    fn ask(&self, number: usize) -> JoinHandle<bool> {
        let socket = self.daemon(number).socket.clone();
        std::thread::spawn(move || {
            let request =
                Request { protocol: PROTOCOL, profile: None, command: Command::Sync { full: false } };
            ask(&socket, &request, Duration::from_secs(60)).is_ok_and(|it| it.error.is_none())
        })
    }

    /// No request of the machine that had the lease comes after one of the machine that took over.
    fn one_at_a_time(&self, active: usize, when: &str) {
        let other = 1 - active;
        let (mut of_active, mut taken_over) = (BTreeSet::new(), false);
        let mut sessions = BTreeSet::new();
        for request in self.stage.organization.requests() {
            let signs_in = |machine: &Machine| {
                request.path.starts_with("/identity") && request.body.contains(&machine.device)
            };
            taken_over |= signs_in(&self.machines[other]);
            assert!(!(taken_over && signs_in(&self.machines[active])), "{when}: {request:?}");
            let Some(session) = request.session.clone() else { continue };
            sessions.insert(session.clone());
            if !taken_over && (of_active.is_empty() || of_active.contains(&session)) {
                of_active.insert(session);
                continue;
            }
            taken_over = true;
            assert!(!of_active.contains(&session), "{when}: both are at work: {request:?}");
        }
        assert!(taken_over && sessions.len() >= 2, "{when}: nobody took over");
    }

    fn fail_over(&mut self, fault: Fault, active: usize, round: usize) {
        let when = format!("round {round}, {fault:?}, machine {active}");
        self.stage.everybody_confirms();
        self.change(round);
        self.stage.organization.clear_requests();
        let happened = self.arm(fault, active, round);
        let begun = Instant::now();
        let asked = self.ask(active);
        until("the fault happens", || happened.load(Ordering::SeqCst).then_some(()));
        let runs = |it: &Self| it.daemon(1 - active).ask(Command::Status);
        until(&format!("the other one takes over and does the rest: {when}"), || {
            let profile = runs(self).data["profiles"][0].clone();
            (profile["standby"] == false && profile["running"] == false && self.is_done(round)).then_some(())
        });
        assert!(begun.elapsed() >= LEASE.mul_f64(0.8), "{when}: before the lease was over");
        match fault {
            Fault::Kill => {}
            Fault::Freeze => {
                std::thread::sleep(LEASE);
                self.daemon(active).signal("-CONT");
            }
            Fault::Cut => self.machines[active].way.mend(),
        }
        assert!(!asked.join().expect("no panic"), "{when}: its run did not come to an end");
        self.stage.organization.faults().forget_hook();
        if fault == Fault::Kill {
            self.start(active);
        }
        until("it stands by", || {
            (self.daemon(active).ask(Command::Status).data["profiles"][0]["standby"] == true).then_some(())
        });
        assert!(self.is_done(round), "{when}: it undid something");
        self.one_at_a_time(active, &when);
    }
}

#[test]
#[ignore = "needs PostgreSQL: `scripts/test lease`"]
fn whatever_becomes_of_one_machine_the_other_goes_on_and_never_both_are_at_work() {
    let rounds: usize = std::env::var(ROUNDS).ok().and_then(|it| it.parse().ok()).unwrap_or(3);
    let mut pair = Pair::new();
    pair.start(0);
    until("everybody is a member", || (pair.stage.organization.members().len() == 21).then_some(()));
    pair.start(1);
    until("it stands by", || {
        (pair.daemon(1).ask(Command::Status).data["profiles"][0]["standby"] == true).then_some(())
    });
    let mut active = 0;
    for round in 0..rounds * 3 {
        let fault = [Fault::Kill, Fault::Freeze, Fault::Cut][round % 3];
        pair.fail_over(fault, active, round);
        active = 1 - active;
    }
}

#[test]
#[ignore = "needs PostgreSQL: `scripts/test lease`"]
fn the_way_to_the_database_is_encrypted_and_whoever_answers_there_has_to_be_the_one() {
    let stage = Stage::new(Options::official(), "", |_| {});
    let directory = Tree::of(3).serve();
    stage.read(&directory);
    let (database, authority) = Postgres::encrypted();
    let address = format!("postgres://bwdc@localhost:{}/postgres?sslmode=require", database.port());
    assert_eq!(stage.run(&["config", "set", "lease.database", &address]).code, Some(0));
    let refused = stage.run(&["sync"]);
    assert_eq!(refused.code, Some(1), "nobody trusts its certificate");
    assert!(refused.stderr.contains("database of the lease"), "{}", refused.stderr);
    assert_eq!(stage.writes(), [""; 0]);
    let authority = authority.to_str().expect("a path");
    assert_eq!(stage.run(&["config", "set", "lease.ca-path", authority]).code, Some(0));
    stage.sync();
    stage.sync();
    assert_eq!(stage.writes().len(), 1, "the second run found what the first one did");
}

#[test]
#[ignore = "needs PostgreSQL: `scripts/test lease`"]
fn a_ledger_moves_with_the_lease_and_commands_elsewhere_are_told_who_has_it() {
    let mut pair = Pair::new();
    pair.start(0);
    until("everybody is a member", || (pair.stage.organization.members().len() == 21).then_some(()));
    until("the run is over", || {
        (pair.daemon(0).ask(Command::Status).data["profiles"][0]["lastRun"]["outcome"] == "complete")
            .then_some(())
    });
    let program = env!("CARGO_BIN_EXE_bwdc");
    let refused = pair.second.run(program, &["sync"]).expect("a run that ends");
    assert_eq!(refused.code, Some(1));
    assert!(refused.stderr.contains("Another machine has the lease"), "{}", refused.stderr);
    // A stop gives the lease back: nobody waits for its end.
    pair.daemon(0).signal("-TERM");
    pair.machines[0].daemon.as_mut().expect("it runs").ended();
    pair.machines[0].daemon = None;
    pair.stage.everybody_confirms();
    pair.directory.delete(&dn("p01")).expect("is there");
    let synced = pair.second.run(program, &["sync"]).expect("a run that ends");
    assert_eq!(synced.code, Some(0), "{}", synced.stderr);
    assert_eq!(pair.stage.state().status("p01"), Some(MemberStatus::Revoked), "it was no first run");
    let history = pair.second.run(program, &["history", "--response"]).expect("a run that ends");
    let history: serde_json::Value = serde_json::from_str(&history.stdout).expect("JSON");
    assert_eq!(history["data"]["data"][0]["id"], 2, "the history goes on: {history}");
    // The database is away: nothing is sent.
    pair.machines[1].way.cut();
    pair.stage.organization.clear_requests();
    let cut = pair.second.run(program, &["sync"]).expect("a run that ends");
    assert_eq!(cut.code, Some(1));
    assert!(cut.stderr.contains("database of the lease"), "{}", cut.stderr);
    assert_eq!(pair.stage.organization.requests(), []);
}
