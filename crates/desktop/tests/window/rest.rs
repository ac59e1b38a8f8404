use super::desk::{Asked, Desk};
use bwdc_desktop::app::{Answer, App, WindowPlace, WindowSwitch};

fn data(desk: &Desk) -> serde_json::Value {
    let text = std::fs::read_to_string(desk.stage.folder.path().join("profile").join("data.json"))
        .expect("settings");
    serde_json::from_str(&text).expect("JSON")
}

#[test]
fn history_shows_what_a_run_did_and_saves_it() {
    let desk = Desk::configured();
    desk.press("Sync Now");
    desk.idle();
    desk.press("History");
    let run = desk.view.app(|app| app.history.rows.0[0].title.clone());
    desk.press(&run);
    desk.wait(|app| !app.history.actions.0.is_empty());
    let action = desk.view.app(|app| app.history.actions.0[0].title.clone());
    assert!(desk.shows(&action));
    desk.fill("Search", "zzz");
    assert!(desk.shows("This run changed nothing."));
    desk.press("Save As …");
    let file = desk.stage.folder.path().join("profile").join("run.csv");
    desk.fill("File", &file.display().to_string());
    desk.press("Save");
    desk.settle();
    assert!(std::fs::read_to_string(file).expect("a file").starts_with("action,subject,cause"));
}

#[test]
fn everything_is_checked_and_what_fails_stands_first_with_its_cure() {
    let desk = Desk::configured();
    desk.stage.set(&[("ldap.port", "9")]).expect("settings");
    desk.press("More");
    desk.press("Check Now");
    desk.idle();
    let first = desk.view.app(|app| app.more.rows.0[0].clone());
    assert_eq!(first.tone, bwdc_messages::desktop::RowTone::Bad, "{first:?}");
    desk.press(&first.title);
    assert!(desk.shows(&first.detail));
}

#[test]
fn clearing_the_cache_asks_and_takes_five_keys() {
    let desk = Desk::configured();
    desk.press("Sync Now");
    desk.idle();
    assert!(data(&desk)["lastUserSync"].is_string());
    desk.press("More");
    desk.press("Clear Sync Cache …");
    desk.press("Clear");
    desk.settle();
    let data = data(&desk);
    for key in ["userDeltaToken", "groupDeltaToken", "lastUserSync", "lastGroupSync", "lastSyncHash"] {
        assert!(data[key].is_null(), "{key}");
    }
    assert!(desk.view.app(|app| app.more.notice.is_some()));
}

#[test]
fn the_window_remembers_where_it_stood_beside_what_others_keep_there() {
    let desk = Desk::configured();
    let path = desk.stage.folder.path().join("profile").join("data.json");
    let mut kept = data(&desk);
    kept["window"] = serde_json::json!({ "x": 1, "displayBounds": { "width": 1920 } });
    kept["somethingElse"] = "kept".into();
    std::fs::write(&path, kept.to_string()).expect("settings");
    desk.view.with(|app| app.moved(WindowPlace { x: 7, y: 8, width: 900, height: 700, maximized: false }));
    desk.view.with(|app| app.switch(WindowSwitch::AlwaysOnTop, true));
    desk.settle();
    let data = data(&desk);
    assert_eq!(
        data["window"],
        serde_json::json!({ "x": 7, "displayBounds": { "width": 1920 }, "y": 8, "width": 900, "height": 700, "isMaximized": false })
    );
    assert_eq!((&data["somethingElse"], &data["enableAlwaysOnTop"]), (&"kept".into(), &true.into()));
}

#[test]
fn closing_hides_only_where_a_tray_would_bring_the_window_back() {
    let desk = Desk::configured();
    desk.view.with(|app| {
        app.switch(WindowSwitch::Tray, true);
        app.switch(WindowSwitch::CloseToTray, true);
    });
    desk.view.with(App::close);
    assert_eq!(desk.asked.take(), [Asked::Hide]);
    desk.view.with(|app| app.window.has_tray = false);
    desk.view.with(App::close);
    assert_eq!(desk.asked.take(), [Asked::Quit]);
}

#[test]
fn ending_the_program_asks_about_changed_settings_and_hiding_keeps_them() {
    let desk = Desk::configured();
    desk.press("Settings");
    desk.wait(|app| !app.settings.fields().is_empty());
    desk.view.with(|app| app.settings.type_value("ldap.port", "390"));
    desk.view.with(|app| {
        app.switch(WindowSwitch::Tray, true);
        app.switch(WindowSwitch::CloseToTray, true);
    });
    desk.view.with(App::close);
    assert_eq!(desk.asked.take(), [Asked::Hide]);
    // As the icon in the tray does it, while the window is out of sight.
    desk.view.with(App::quit);
    assert_eq!(desk.asked.take(), [Asked::Show]);
    assert!(desk.shows("Leave without saving?"));
    desk.press("Cancel");
    assert!(desk.view.app(|app| app.settings.is_changed()) && desk.asked.take().is_empty());
    desk.view.with(App::quit);
    desk.view.with(|app| app.answer(Answer::Yes, ""));
    assert_eq!(desk.asked.take(), [Asked::Show, Asked::Quit]);
}

#[test]
fn a_damaged_installation_is_told_and_can_be_tried_again() {
    let desk = Desk::configured();
    let path = desk.stage.folder.path().join("profile").join("data.json");
    let good = std::fs::read(&path).expect("settings");
    std::fs::write(&path, "{ damaged").expect("settings");
    desk.view.with(App::retry);
    desk.wait(|app| app.screen != bwdc_desktop::app::Screen::Loading);
    let broken = desk.view.app(|app| app.broken.clone());
    assert!(broken.text.contains("data.json") && desk.shows(&broken.text), "{broken:?}");
    assert_eq!(std::fs::read_to_string(&path).expect("settings"), "{ damaged");
    std::fs::write(&path, good).expect("settings");
    desk.press("Try Again");
    desk.wait(|app| app.screen == bwdc_desktop::app::Screen::Main);
}
