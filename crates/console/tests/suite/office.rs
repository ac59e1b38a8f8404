//! Waiting for another run: it is said who holds the lock, and the wait can be ended.

use bwdc_console::job::{Happened, Job, JobId};
use bwdc_console::office::{Office, Order};
use bwdc_core::names::Timestamp;
use bwdc_engine::Cancel;
use bwdc_engine::lock::RunLock;
use bwdc_engine::paths::{Platform, ProcessEnvironment, Profile};
use serde_json::json;
use std::time::{Duration, Instant};

#[test]
fn a_run_waits_for_its_turn_and_tells_who_has_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().to_str().expect("a path");
    let variables = [("BITWARDENCLI_CONNECTOR_APPDATA_DIR", path), ("HOME", path)];
    let environment = ProcessEnvironment::new(Platform::Linux, None, variables);
    let data = json!({
        "stateVersion": 8, "organizationId": "6d1f7f0a-3f0b-4e0e-9a5b-2c1f6a7c9d10",
        "apiKeyClientId": "organization.6d1f7f0a-3f0b-4e0e-9a5b-2c1f6a7c9d10", "apiKeyClientSecret": "not-a-real-secret",
        "accessToken": "not-a-real-secret", "environmentUrls": { "base": "http://127.0.0.1:9" }
    });
    std::fs::write(folder.path().join("data.json"), data.to_string()).expect("settings");
    let held = RunLock::acquire(&Profile::new(folder.path()), "sync", Timestamp(0)).expect("the lock");
    let office = Office::open().expect("a thread");
    let cancel = Cancel::default();
    let job = Job::Sync { expected: None, approved: None };
    office.order(Order { id: JobId(1), job, cancel: cancel.clone(), environment });
    let said = match until(&office, |it| matches!(it, Happened::Held(_))) {
        Happened::Held(said) => said,
        _ => String::new(),
    };
    assert!(said.contains("`bwdc sync`") && said.contains(&std::process::id().to_string()), "{said}");
    cancel.cancel();
    assert!(matches!(until(&office, |it| matches!(it, Happened::Failed(_))), Happened::Failed(_)));
    drop(held);
}

fn until(office: &Office, wanted: impl Fn(&Happened) -> bool) -> Happened {
    let end = Instant::now() + Duration::from_secs(30);
    loop {
        if let Some(report) = office.report(Duration::from_millis(100))
            && wanted(&report.what)
        {
            return report.what;
        }
        assert!(Instant::now() < end, "nothing is reported");
    }
}
