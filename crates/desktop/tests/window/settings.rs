use super::desk::Desk;
use bwdc_engine::Engine;
use bwdc_sandbox::cloud::google;

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

#[test]
fn a_file_is_chosen_folder_by_folder_and_only_fills_the_form() {
    let desk = Desk::configured();
    let folder = desk.stage.folder.path().join("certificates");
    std::fs::create_dir(&folder).expect("a folder");
    std::fs::write(folder.join("ca.pem"), "").expect("a file");
    open(&desk);
    desk.view.with(|app| {
        app.settings.type_value("ldap.ssl", "true");
        app.settings.type_value("ldap.startTls", "true");
    });
    desk.press("Encryption");
    let setting = bwdc_core::settings::Setting::find("ldap.tlsCaPath").expect("it");
    let label = bwdc_messages::setting::label(setting);
    desk.press(&format!("Choose File … {label}"));
    desk.page_ready();
    desk.fill("File", &format!("{}/", desk.stage.folder.path().display()));
    desk.press("List");
    desk.page_ready();
    desk.press(&format!("{}/", folder.display()));
    let file = folder.join("ca.pem").display().to_string();
    desk.wait(|app| app.page().is_some_and(|it| it.rows.is_some_and(|(rows, _)| rows.0[0].title == file)));
    desk.press(&file);
    assert_eq!(desk.value(&label), file);
    assert!(desk.shows("3 changes are not saved.") && data(&desk)["directoryLdap"]["tlsCaPath"].is_null());
}

#[test]
fn a_key_file_of_google_fills_address_and_key_and_a_wrong_one_is_told() {
    let desk = Desk::configured();
    let file = desk.stage.folder.path().join("key.json");
    std::fs::write(&file, "{}").expect("a file");
    open(&desk);
    desk.view.with(|app| app.settings.type_value("directory", "2"));
    desk.view.with(|app| app.open_files("gsuite.clientEmail"));
    desk.page_ready();
    desk.fill("File", &file.display().to_string());
    desk.press("Choose");
    desk.wait(|app| app.page().is_some_and(|it| it.notice.is_some()));
    let tenant = google::Tenant::generate(1, 1, 1);
    let server = google::Server::start(google::Options::new(tenant)).expect("a stand-in");
    std::fs::write(&file, server.key_file()).expect("a file");
    let text: serde_json::Value = serde_json::from_str(&server.key_file()).expect("JSON");
    desk.press("Choose");
    desk.wait(|app| app.page().is_none());
    let typed = desk.view.app(|app| app.settings.changes());
    assert_eq!(typed, 3, "{:?}", desk.names());
    let email = desk.view.app(|app| {
        app.settings.all_typed().into_iter().find(|(name, _)| *name == "gsuite.clientEmail").map(|(_, it)| it)
    });
    assert_eq!(email.as_deref(), text["client_email"].as_str());
    assert!(data(&desk)["directoryGsuite"]["clientEmail"].is_null(), "nothing is saved yet");
}

#[test]
fn what_onelogin_calls_roles_is_called_so() {
    let desk = Desk::configured();
    open(&desk);
    assert!(desk.view.app(|app| app.settings.labels().contains(&"Sync groups".to_owned())));
    desk.view.with(|app| app.settings.type_value("directory", "4"));
    let labels = desk.view.app(|app| app.settings.labels());
    for label in ["Sync roles", "Role filter"] {
        assert!(labels.contains(&label.to_owned()), "{labels:?}");
    }
}

#[test]
fn settings_of_a_file_fill_the_form_and_are_written_by_save_only() {
    let desk = Desk::configured();
    let before = data(&desk);
    let file = desk.stage.folder.path().join("settings.toml");
    std::fs::write(&file, "[sync]\ninterval = 5.5\n").expect("written");
    desk.press("More");
    desk.press("Import Settings …");
    desk.page_ready();
    desk.fill("File", &file.display().to_string());
    desk.press("Choose");
    desk.page_ready();
    assert!(desk.names().iter().any(|it| it.contains("line 2")), "{:?}", desk.names());
    std::fs::write(&file, "[sync]\ninterval = 60\nusers = true\n").expect("written");
    desk.press("Choose");
    desk.wait(|app| app.page().is_none() && app.settings.is_read());
    assert!(desk.shows("1 change is not saved."), "what is as it was is no change: {:?}", desk.names());
    assert_eq!(data(&desk), before, "nothing is written yet");
    desk.press("Save");
    desk.wait(|app| !app.settings.is_changed());
    desk.settle();
    assert_eq!(data(&desk)["sync"]["interval"], 60);
}
