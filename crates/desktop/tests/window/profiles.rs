//! Which profile, and folders elsewhere that become one.

use super::desk::{Asked, Desk, configured};
use super::support::Stage;
use bwdc_desktop::app::{Screen, Tab};
use bwdc_engine::paths::{ProcessEnvironment, ProfileName, moved_to};
use bwdc_engine::{DesktopKey, Engine};

impl Desk {
    #[track_caller]
    fn hears(&self, text: &str) {
        assert!(self.names().iter().any(|it| it.contains(text)), "`{text}` is not among {:?}", self.names());
    }
}

#[test]
fn a_folder_elsewhere_is_shown_before_it_is_taken_over_and_its_plan_comes_before_its_timer() {
    let elsewhere = configured();
    let folder = elsewhere.folder.path().join("profile");
    let mut engine = Engine::open(elsewhere.environment.clone()).expect("an installation");
    engine.set_desktop_state(&[(DesktopKey::Syncing, true.into())]).expect("kept");
    let before = std::fs::read(folder.join("data.json")).expect("settings");

    let desk = Desk::over(Stage::empty().expect("servers"));
    desk.press("Profiles …");
    desk.page_ready();
    desk.press("Another Folder …");
    desk.fill("Folder", &desk.stage.folder.path().display().to_string());
    desk.press("Look");
    desk.page_ready();
    desk.hears("There are no settings in");
    desk.fill("Folder", &folder.join("data.json").display().to_string());
    desk.press("Look");
    desk.page_ready();
    desk.hears(&format!("Server: {}", elsewhere.organization.url()));
    desk.hears("Automatic sync is on there.");
    assert_eq!((moved_to(&folder), desk.value("Name of the profile").as_str()), (None, "default"));
    desk.press("Take Over");
    desk.wait(|app| app.page().is_none() && app.screen == Screen::Main);
    desk.settle();
    assert_eq!(moved_to(&folder), Some(desk.stage.folder.path().join("profile")));
    assert_eq!(std::fs::read(folder.join("data.json")).expect("settings"), before, "it stays as it was");
    assert_eq!(desk.view.app(|app| (app.tab, app.waits_for_plan)), (Tab::Plan, true));
    assert!(desk.view.app(|app| app.notice.as_ref().is_some_and(|it| it.text.starts_with("Took over"))));
    desk.press("Compare Now");
    desk.idle();
    assert!(desk.view.app(|app| app.plan.is_made()), "secrets came along: {:?}", desk.names());
    // Nothing syncs from the old folder any more.
    let mut old = Engine::open(elsewhere.environment.clone()).expect("readable");
    let trigger = bwdc_engine::Trigger::asked(bwdc_engine::FrontEnd::Command);
    let (cancel, events) = (bwdc_engine::Cancel::default(), |_| ());
    let control = bwdc_engine::Control { events: &events, cancel: &cancel };
    let run = old.sync(trigger, bwdc_engine::ReadMode::Incremental, control);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let error = runtime.block_on(run).expect_err("its profile is elsewhere");
    assert_eq!(bwdc_messages::describe(&error).condition, bwdc_messages::Condition::OfService, "{error}");
}

#[test]
fn another_profile_opens_in_a_window_of_its_own_and_a_new_one_is_made() {
    let desk = Desk::configured();
    desk.press("More");
    desk.press("Profiles …");
    desk.page_ready();
    desk.press("New Profile …");
    desk.fill("Name of the profile", "a/b");
    desk.press("Create");
    assert!(desk.shows("This cannot be the name of a profile."));
    desk.fill("Name of the profile", "Berlin");
    desk.press("Create");
    desk.page_ready();
    desk.press("berlin");
    assert_eq!(desk.asked.take(), [Asked::Profile("berlin".to_owned())]);
    assert!(desk.shows("Dashboard"), "this window stays");
}

#[test]
fn whoever_has_other_profiles_and_never_set_up_the_default_one_is_asked_which() {
    let stage = Stage::empty().expect("servers");
    let name = ProfileName::parse("berlin").expect("a name");
    Engine::create_profile(&stage.environment, &name).expect("a profile");
    let berlin: ProcessEnvironment = stage.environment.clone().for_profile(name);
    let mut engine = Engine::open(berlin).expect("an installation");
    let server = bwdc_core::settings::Setting::find("server").expect("a setting");
    engine.set(server, &server.parse("https://vault.example.com").expect("an address")).expect("set");
    let desk = Desk::over(stage);
    desk.wait(|app| app.page().is_some_and(|it| it.busy.is_empty()));
    desk.press("berlin");
    assert_eq!(desk.asked.take(), [Asked::Profile("berlin".to_owned())]);
    desk.settle();
    assert!(desk.view.app(|app| app.page().is_none()), "nobody is asked twice");
}
