use super::desk::{Asked, Desk, configured};
use bwdc_core::names::Timestamp;
use bwdc_desktop::app::{Answer, App};
use bwdc_engine::clock::Clock;
use bwdc_engine::{DesktopKey, Engine};

const MINUTE: i64 = 60_000;

#[test]
fn a_test_sends_nothing_and_fills_five_lists_that_can_be_searched() {
    let desk = Desk::configured();
    let members = desk.stage.organization.members().len();
    desk.press("Test Now");
    assert!(!desk.is_enabled("Sync Now"), "one thing at a time");
    desk.idle();
    assert_eq!(desk.stage.organization.members().len(), members);
    assert!(desk.shows("What the directory holds"));
    let counts = desk.view.app(|app| app.lists.as_ref().map(|it| it.results.counts())).expect("results");
    assert!(counts[0] > 20 && counts[3] > 2 && counts[4] > 0, "{counts:?}");
    desk.press(&format!("Groups {}", counts[3]));
    desk.press(&format!("Users {}", counts[0]));
    desk.fill("Search", "zzz");
    assert!(desk.shows("Nothing here matches the search."));
    desk.press("Close results");
    assert!(!desk.shows("What the directory holds"));
}

#[test]
fn a_sync_tells_what_it_did_until_it_is_read_and_a_second_one_sends_nothing() {
    let desk = Desk::configured();
    desk.press("Sync Now");
    desk.idle();
    let first = desk.view.app(|app| app.notice.clone()).expect("what it did");
    assert!(first.text.starts_with("Synced. "), "{}", first.text);
    assert!(desk.shows(&first.text));
    assert!(desk.view.app(|app| app.overview.last_users.is_some()), "the times are shown anew");
    desk.press("Dismiss");
    desk.press("Sync Now");
    desk.idle();
    assert!(desk.shows("Nothing to change: the organization is as the directory asks."));
}

#[test]
fn a_failed_sync_stays_told_with_a_way_out_and_every_button_is_free_again() {
    let desk = Desk::configured();
    desk.stage.set(&[("ldap.port", "9")]).expect("settings");
    desk.press("Start Sync");
    desk.idle();
    assert!(desk.shows("Stopped") && desk.is_enabled("Start Sync") && desk.is_enabled("Test Now"));
    let notice = desk.view.app(|app| app.notice.clone()).expect("the error");
    assert!(desk.shows(&notice.text));
    desk.press("History");
    desk.press("Dashboard");
    assert!(desk.shows(&notice.text), "it stays until it is read");
    assert!(desk.view.app(|app| app.lists.is_none()), "a failed run leaves no results");
}

#[test]
fn start_syncs_first_and_is_kept_stop_stops_the_timer_and_the_timer_syncs_when_it_is_due() {
    let desk = Desk::configured();
    desk.press("Start Sync");
    desk.idle();
    assert!(desk.shows("Running"));
    let kept = |desk: &Desk| {
        let engine = Engine::open(desk.stage.environment.clone()).expect("an installation");
        engine.desktop_state(DesktopKey::Syncing)
    };
    assert_eq!(kept(&desk), true);
    let runs = |desk: &Desk| desk.view.app(|app| app.overview.state.runs.len());
    let before = runs(&desk);
    let now = Clock::System.now();
    desk.view.with(|app| app.tick(Timestamp(now.0 + 14 * MINUTE)));
    assert!(desk.view.app(|app| app.running.is_none()), "the interval is 15 minutes");
    desk.view.with(|app| app.tick(Timestamp(now.0 + 16 * MINUTE)));
    desk.idle();
    assert_eq!(runs(&desk), before + 1);
    desk.press("Stop Sync");
    desk.settle();
    assert!(desk.shows("Stopped"));
    assert_eq!(kept(&desk), false);
    desk.view.with(|app| app.tick(Timestamp(now.0 + 99 * MINUTE)));
    assert!(desk.view.app(|app| app.running.is_none()));
}

#[test]
fn a_folder_of_the_official_app_shows_its_plan_before_its_timer_goes_on() {
    let stage = configured();
    let mut engine = Engine::open(stage.environment.clone()).expect("an installation");
    engine.set_desktop_state(&[(DesktopKey::Syncing, true.into())]).expect("kept");
    let desk = Desk::over(stage);
    assert!(desk.shows("What a sync would change"));
    let later = Timestamp(Clock::System.now().0 + 1_000 * MINUTE);
    desk.view.with(|app| app.tick(later));
    assert!(desk.view.app(|app| app.running.is_none()), "nothing is sent before the plan was seen");
    desk.press("Compare Now");
    desk.idle();
    desk.view.with(|app| app.tick(later));
    assert!(desk.view.app(|app| app.running.is_some()));
    desk.idle();
}

#[test]
fn closing_in_a_sync_asks_and_closes_when_it_is_over() {
    let desk = Desk::configured();
    desk.press("Sync Now");
    desk.view.with(App::close);
    assert!(desk.shows("A sync is under way"));
    desk.press("Cancel");
    assert_eq!(desk.asked.take(), [Asked::Show]);
    if desk.view.app(|app| app.running.is_some()) {
        desk.view.with(App::close);
        desk.press("Close When Done");
        desk.wait(|app| app.running.is_none());
        desk.settle();
        assert!(desk.asked.borrow().contains(&Asked::Quit));
    }
    let engine = Engine::open(desk.stage.environment.clone()).expect("an installation");
    assert!(engine.history(1).expect("a history")[0].outcome.is_some(), "the run came to its end");
}

#[test]
fn a_sync_that_would_delete_people_names_them_first() {
    let desk = Desk::configured();
    desk.press("Sync Now");
    desk.idle();
    desk.stage.life().expect("people leave");
    desk.stage.set(&[("sync.overwriteExisting", "true")]).expect("settings");
    desk.view.with(App::refresh_history);
    desk.settle();
    desk.press("Sync Now");
    desk.idle();
    let asks = desk.view.app(|app| app.ask.is_some());
    if asks {
        assert!(desk.shows("Delete people from the organization?"));
        let members = desk.stage.organization.members().len();
        desk.view.with(|app| app.answer(Answer::No, ""));
        assert_eq!(desk.stage.organization.members().len(), members);
    } else {
        // The limits, or the first run's caution, said no before anybody was asked.
        assert!(desk.view.app(|app| app.notice.is_some()));
    }
}

#[test]
fn a_panic_of_the_interface_is_told_and_the_run_goes_on() {
    let desk = Desk::configured();
    desk.press("Sync Now");
    let index = desk.view.app(|app| app.overview.state.runs.len());
    desk.view.with(|app| app.overview.state.runs.truncate(app.overview.state.runs[index].counts.len()));
    let notice = desk.view.app(|app| app.notice.clone()).expect("what happened");
    assert!(notice.text.starts_with("The window met an error"), "{}", notice.text);
    desk.idle();
    assert!(desk.view.app(|app| app.overview.last_users.is_some()));
}
