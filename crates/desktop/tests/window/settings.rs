use super::desk::Desk;
use bwdc_engine::Engine;

fn open(desk: &Desk) {
    desk.press("Settings");
    desk.wait(|app| app.settings.is_read());
}

fn data(desk: &Desk) -> serde_json::Value {
    let text = std::fs::read_to_string(desk.stage.folder.path().join("profile").join("data.json"))
        .expect("settings");
    serde_json::from_str(&text).expect("JSON")
}

#[test]
fn only_what_was_changed_is_written_and_leaving_asks() {
    let desk = Desk::configured();
    let before = data(&desk);
    open(&desk);
    assert!(desk.shows("Everything is saved.") && !desk.is_enabled("Save"));
    desk.press("LDAP server");
    let label =
        bwdc_messages::setting::label(bwdc_core::settings::Setting::find("ldap.username").expect("it"));
    desk.fill(&label, "cn=other,dc=example,dc=test");
    assert!(desk.shows("1 change is not saved."));
    desk.press("Dashboard");
    assert!(desk.shows("Leave without saving?"));
    desk.press("Cancel");
    assert_eq!(desk.value(&label), "cn=other,dc=example,dc=test");
    desk.press("Save");
    desk.wait(|app| !app.settings.is_changed());
    desk.settle();
    let after = data(&desk);
    assert_eq!(after["directoryLdap"]["username"], "cn=other,dc=example,dc=test");
    let mut expected = before.clone();
    expected["directoryLdap"]["username"] = after["directoryLdap"]["username"].clone();
    for key in ["sync", "directoryLdap", "directoryEntra", "directoryOkta", "directoryType"] {
        // The id of a configuration follows its account.
        let strip = |it: &serde_json::Value| {
            let mut it = it[key].clone();
            it.as_object_mut().map(|it| it.remove("id"));
            it
        };
        assert_eq!(strip(&after), strip(&expected), "{key}");
    }
    desk.press("Dashboard");
    assert!(desk.shows("Synchronization"));
}

#[test]
fn a_value_that_cannot_be_one_is_told_at_its_field_and_revert_takes_everything_back() {
    let desk = Desk::configured();
    open(&desk);
    desk.press("LDAP server");
    let label = bwdc_messages::setting::label(bwdc_core::settings::Setting::find("ldap.port").expect("it"));
    let stored = desk.value(&label);
    desk.fill(&label, "70000");
    assert!(desk.shows("Enter a port from 1 to 65535.") && !desk.is_enabled("Save"));
    desk.press("Revert");
    assert_eq!(desk.value(&label), stored);
    assert!(desk.shows("Everything is saved."));
}

#[test]
fn a_setting_that_was_changed_elsewhere_is_shown_with_both_values_before_it_is_overwritten() {
    let desk = Desk::configured();
    open(&desk);
    desk.press("LDAP server");
    let label =
        bwdc_messages::setting::label(bwdc_core::settings::Setting::find("ldap.username").expect("it"));
    desk.fill(&label, "cn=ours,dc=example,dc=test");
    desk.stage.set(&[("ldap.username", "cn=theirs,dc=example,dc=test")]).expect("settings");
    desk.press("Save");
    desk.wait(|app| app.ask.is_some());
    let message = desk.view.app(|app| app.ask.as_ref().map(|it| it.message.clone())).expect("a question");
    assert!(message.contains("cn=theirs") && message.contains("cn=ours"), "{message}");
    desk.press("Cancel");
    assert_eq!(data(&desk)["directoryLdap"]["username"], "cn=theirs,dc=example,dc=test");
}

#[test]
fn a_filter_that_reads_fewer_people_is_counted_before_it_is_saved() {
    let desk = Desk::configured();
    desk.press("Sync Now");
    desk.idle();
    open(&desk);
    desk.view.with(|app| app.settings.type_value("sync.userFilter", "(mail=a*)"));
    desk.press("Save");
    desk.wait(|app| app.ask.is_some());
    assert!(desk.shows("This makes the read smaller"));
    let message = desk.view.app(|app| app.ask.as_ref().map(|it| it.message.clone())).expect("a question");
    assert!(message.contains("With these settings it would list"), "{message}");
    desk.press("Cancel");
    assert_eq!(data(&desk)["sync"]["userFilter"], serde_json::Value::Null);
}

#[test]
fn a_secret_is_never_shown_and_an_emptied_one_is_no_secret() {
    let desk = Desk::configured();
    open(&desk);
    desk.press("LDAP server");
    let label =
        bwdc_messages::setting::label(bwdc_core::settings::Setting::find("ldap.password").expect("it"));
    assert_eq!(desk.value(&label), "");
    desk.fill(&label, "x");
    assert!(desk.shows("1 change is not saved."));
    desk.fill(&label, "");
    assert!(desk.shows("Everything is saved."));
    let engine = Engine::open(desk.stage.environment.clone()).expect("an installation");
    assert_eq!(engine.secret_places().expect("places").is_empty(), false);
}

#[test]
fn testing_the_connection_tells_what_is_wrong_before_it_is_saved() {
    let desk = Desk::configured();
    open(&desk);
    desk.press("Test Connection");
    desk.idle();
    assert!(desk.view.app(|app| app.settings.notice.is_some()));
    desk.view.with(|app| app.settings.type_value("ldap.port", "9"));
    desk.press("Test Connection");
    desk.idle();
    let notice = desk.view.app(|app| app.settings.notice.clone()).expect("what is wrong");
    assert_eq!(notice.tone, bwdc_desktop::app::Tone::Bad, "{notice:?}");
    assert_ne!(data(&desk)["directoryLdap"]["port"], 9);
}
