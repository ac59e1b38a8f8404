//! Every state that an installation or a run can be in is a screen of its own, and what it asks for is done from there.

use super::scenes::{answer, cases, of, repairs, service, table, ticket};
use super::scripted::Scripted;
use bwdc_core::plan::Picks;
use bwdc_desktop::app::{App, Effect, Screen};
use bwdc_desktop::job::{Job, Reply};
use bwdc_engine::Repairs;
use bwdc_engine::system_service::Verb;
use bwdc_jobs::job::{Happened, Job as SharedJob, ServiceWork, State};
use std::collections::BTreeMap;

#[test]
fn every_state_has_a_screen_of_its_own() {
    let mut seen: BTreeMap<Vec<String>, &str> = BTreeMap::new();
    for (state, text, app) in table() {
        let window = Scripted::over(app);
        assert!(window.view.app(|app| app.screen != Screen::Loading), "{state} is no spinner");
        assert!(window.says(text), "{state}: `{text}` is not among {:?}", window.names());
        if let Some(other) = seen.insert(window.names(), state) {
            unreachable!("`{state}` looks as `{other}` does: {:?}", window.names());
        }
    }
}

#[test]
fn what_a_state_asks_for_is_one_press_away() {
    for (state, button, then) in [
        ("key-rotated", "Enter the New Secret", "After the API key was rotated"),
        ("refused", "Look at the Refused Run", "Refused run"),
        ("approved-dashboard", "Look at the Refused Run", "Refused run"),
        ("no-directory", "Open Settings", "Save"),
        ("directory-unreachable", "Open Settings", "Save"),
        ("lost-ledger", "Check Everything", "Check everything"),
    ] {
        let found = table().into_iter().find(|(name, ..)| *name == state);
        let window = Scripted::over(found.expect("a state of the table").2);
        window.press(button);
        assert!(window.says(then), "{state}: {:?}", window.names());
    }
}

#[test]
fn repairs_are_picked_and_sent_only_after_a_typed_yes() {
    let window = Scripted::over(repairs());
    assert!(window.says("1 case without a choice"));
    let first = window.view.app(|app| app.page().and_then(|it| it.rows).expect("rows").0.0[1].title.clone());
    window.press(&first);
    let (number, job) = window.page_job();
    let keep = vec!["0b6d3d5e-1111-4222-8333-944455556666".to_owned()];
    assert!(matches!(&job, SharedJob::Repairs(it) if it.keep == keep));
    let picks = Picks { keep, first: false };
    let found = Repairs { cases: cases(&picks), beyond_limit: 0 };
    window.reply(Reply::Page { ticket: number, what: Happened::Repairs(Box::new(found)) });
    window.press("Carry Out …");
    let question = window.view.app(|app| app.ask.as_ref().and_then(|it| it.line.clone())).expect("a line").0;
    window.fill(&question, "y");
    window.press("Carry Out");
    assert!(window.says("Nothing was sent. To carry it out, type yes.") && window.jobs().is_empty());
    window.fill(&question, "yes");
    window.press("Carry Out");
    let (number, job) = window.page_job();
    assert!(matches!(&job, SharedJob::Repair { agreed, .. } if agreed.decided().count() == 2));
    window.reply(Reply::Page { ticket: number, what: Happened::Repaired(2) });
    let (number, _) = window.page_job();
    let none = Repairs { cases: Vec::new(), beyond_limit: 0 };
    window.reply(Reply::Page { ticket: number, what: Happened::Repairs(Box::new(none)) });
    assert!(!window.shows("Carry Out …"));
    window.press("Back");
    assert!(window.shows("Dashboard"));
}

#[test]
fn a_run_that_a_page_waits_for_is_not_left_unasked() {
    let window = Scripted::over(repairs());
    let first = window.view.app(|app| app.page().and_then(|it| it.rows).expect("rows").0.0[1].title.clone());
    window.press(&first);
    let (number, _) = window.page_job();
    let picks = Picks { keep: vec!["0b6d3d5e-1111-4222-8333-944455556666".to_owned()], first: false };
    let found = Repairs { cases: cases(&picks), beyond_limit: 0 };
    window.reply(Reply::Page { ticket: number, what: Happened::Repairs(Box::new(found)) });
    window.press("Carry Out …");
    let question = window.view.app(|app| app.ask.as_ref().and_then(|it| it.line.clone())).expect("a line").0;
    window.fill(&question, "yes");
    window.press("Carry Out");
    let (number, _) = window.page_job();
    window.view.with(App::leave_page);
    assert!(window.says("A sync is under way"));
    window.press("Cancel");
    assert!(window.others().is_empty() && window.view.app(|app| app.page().is_some()));
    window.view.with(App::leave_page);
    window.press("End It");
    assert!(matches!(window.others().as_slice(), [Effect::CancelRun]));
    window.view.with(App::quit);
    assert!(matches!(window.others().as_slice(), [Effect::Show]) && window.says("A sync is under way"));
    window.press("Close When Done");
    assert!(window.others().is_empty(), "the run goes on");
    window.reply(Reply::Page { ticket: number, what: Happened::Repaired(2) });
    assert!(matches!(window.others().as_slice(), [Effect::Quit]));
}

#[test]
fn a_number_approves_the_refused_run_and_syncs_and_another_one_does_nothing() {
    let found = table().into_iter().find(|(name, ..)| *name == "approval-waits");
    let window = Scripted::over(found.expect("a state of the table").2);
    window.press("Approve …");
    let question = "12 people would lose access. To approve this, type 12";
    window.fill(question, "11");
    window.press("Approve and Sync");
    assert!(window.says("The number is 12.") && window.jobs().is_empty());
    window.fill(question, "12");
    window.press("Approve and Sync");
    assert!(matches!(window.jobs().as_slice(), [Job::SyncApproved(12)]));
    assert!(window.shows("Dashboard") && window.says("Syncing"));
}

#[test]
fn a_late_answer_of_a_page_that_was_left_changes_nothing() {
    let mut app = of(State { client_id: Some("organization.x".to_owned()), ..State::default() });
    app.open_repairs();
    let late = ticket(&mut app);
    app.leave_page();
    app.open_service();
    app.reply(Reply::Page { ticket: late, what: Happened::Repaired(3) });
    assert!(app.page().is_some_and(|it| it.notice.is_none() && !it.busy.is_empty()));
}

#[test]
fn the_service_is_driven_from_its_page_and_stopping_asks() {
    let window = Scripted::over(service(Some(true)));
    window.press("Stop");
    assert!(window.shows("Stop the service?") && window.jobs().is_empty());
    window.press("Cancel");
    window.press("Restart");
    let (number, job) = window.page_job();
    assert!(matches!(job, SharedJob::Service(ServiceWork::Control(Verb::Restart))));
    window
        .reply(Reply::Page { ticket: number, what: Happened::Said("The service is restarted.".to_owned()) });
    assert!(window.says("The service is restarted."));
    let (_, job) = window.page_job();
    assert!(matches!(job, SharedJob::Service(ServiceWork::Look)));
}

#[test]
fn a_profile_of_the_service_is_driven_through_it() {
    let found = table().into_iter().find(|(name, ..)| *name == "of-service");
    let window = Scripted::over(found.expect("a state of the table").2);
    // What the service does not do through its socket cannot be pressed.
    assert!(!window.is_enabled("Test Now") && window.is_enabled("Sync Now"));
    window.press("Sync Now");
    assert!(matches!(window.jobs().as_slice(), [Job::Sync { scheduled: false }]));
    window.reply(Reply::Waits("The service syncs, or waits for its turn".to_owned()));
    assert!(window.says("The service syncs, or waits for its turn"));
    let mut told = bwdc_jobs::job::Told::default();
    told.lines.push(bwdc_messages::line::Line::plain("Synced by the service."));
    window.reply(Reply::ServiceSynced(Box::new(told)));
    assert!(window.says("Synced by the service."));
    window.press("More");
    for name in ["Log Out …", "New Client Secret …", "Repairs …"] {
        assert!(!window.is_enabled(name), "{name}");
    }
    // No timer of the window competes with the service's schedule.
    window.view.with(|app| app.tick(bwdc_core::names::Timestamp(i64::MAX)));
    assert!(!window.jobs().iter().any(|it| matches!(it, Job::Sync { .. })));
}

#[test]
fn one_run_is_called_one_and_the_height_of_a_bar_is_the_number_of_changes() {
    let found = table().into_iter().find(|(name, ..)| *name == "of-service");
    let mut app = found.expect("a state of the table").2;
    assert_eq!(app.bars_text(), "One run so far: complete. The height is the number of changes.");
    let mut read_back = app.overview.state.runs[0].clone();
    read_back.counts = [("verified".to_owned(), 500), ("invite".to_owned(), 1)].into();
    app.overview.state.runs.push(read_back);
    app.overview.state.runs[0].counts = [("invite".to_owned(), 8)].into();
    let heights: Vec<f32> = app.bars().into_iter().map(|(height, _)| height).collect();
    assert_eq!(heights, [0.12 + 0.88 / 8.0, 1.0]);
    assert!(app.bars_text().starts_with("The last 2 runs: "));
}

#[test]
fn what_is_asked_on_a_page_is_not_lost_to_a_second_answer() {
    let mut app = service(Some(false));
    answer(&mut app, Happened::Said("nobody asked".to_owned()));
    assert!(app.page().is_some_and(|it| it.notice.is_none()));
}
