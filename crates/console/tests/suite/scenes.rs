//! What screens are made of: settings, runs, refusals, findings.

use crate::plans::planned;
use crate::stage::{Stage, signed_in};
use bwdc_console::job::{Happened, State};
use bwdc_core::names::Timestamp;
use bwdc_core::plan::{Refusal, RemovalLimits};
use bwdc_engine::doctor::{Area, Check, Failure, Finding, Outcome};
use bwdc_engine::ledger::{Counts, FrontEnd, RunId, RunOutcome, RunRecord, Trigger};
use bwdc_engine::{EngineError, SyncReport, Verification};
use bwdc_messages::describe;
use bwdc_messages::finding::Described;
use serde_json::{Value, json};

pub(crate) fn ldap() -> Vec<(&'static str, Value)> {
    vec![
        ("server", json!("https://vault.example.com")),
        ("directory", json!(0)),
        ("ldap.hostname", json!("dc1.example.com")),
        ("ldap.port", json!(636)),
        ("ldap.rootPath", json!("dc=example,dc=com")),
        ("ldap.username", json!("cn=reader,dc=example,dc=com")),
        ("ldap.ssl", json!(true)),
        ("ldap.preset", json!("openldap")),
        ("sync.users", json!(true)),
        ("sync.groups", json!(true)),
    ]
}

pub(crate) fn run(id: i64, outcome: Option<RunOutcome>, counts: &[(&str, u64)]) -> RunRecord {
    RunRecord {
        id: RunId(id),
        trigger: Trigger::asked(FrontEnd::Console),
        started_at: Timestamp(1_764_175_200_000 + id * 60_000),
        finished_at: Some(Timestamp(1_764_175_201_500 + id * 60_000)),
        outcome,
        counts: counts.iter().map(|(name, number)| ((*name).to_owned(), *number)).collect::<Counts>(),
    }
}

pub(crate) fn menu() -> Stage {
    let state = State {
        runs: vec![run(12, Some(RunOutcome::Complete), &[("invited", 3), ("revoked", 1)])],
        ..signed_in(&ldap())
    };
    Stage::menu(state)
}

pub(crate) fn failed(error: EngineError) -> Happened {
    Happened::Failed(Box::new(describe(&error)))
}

pub(crate) fn refusals() -> Vec<Refusal> {
    vec![
        Refusal::TooManyRemovals {
            planned: 12,
            allowed: 5,
            managed: 100,
            earlier: 0,
            hours: 24,
            needed: RemovalLimits::default(),
        },
        Refusal::TooManyMemberships { planned: 40, allowed: 20, earlier: 0, hours: 24 },
    ]
}

pub(crate) fn refused_state() -> State {
    State { runs: vec![run(13, Some(RunOutcome::Refused), &[])], refused: refusals(), ..signed_in(&ldap()) }
}

pub(crate) fn finding(check: Check, subject: &str, outcome: Outcome) -> Described {
    let (area, subject) = (Area::Directory, subject.to_owned());
    Described::new(Finding { area, check, subject, outcome, facts: Vec::new(), chain: None })
}

pub(crate) fn refused_connection() -> Outcome {
    Outcome::Failed(Failure::NoConnection {
        may_be_proxied: true,
        reason: "Connection refused (os error 111)".to_owned(),
    })
}

pub(crate) fn report(verification: Verification) -> SyncReport {
    let plan = planned(&["Ada", "Ben"], &[("Staff", &["Ada"])], 0).plan;
    SyncReport {
        users: 2,
        groups: 1,
        requests: 1,
        plan,
        early: Vec::new(),
        left: Vec::new(),
        verification,
        invited_all_the_same: false,
    }
}
