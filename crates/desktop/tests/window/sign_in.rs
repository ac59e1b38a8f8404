use super::desk::{Desk, configured};
use bwdc_desktop::app::{Screen, Tab};
use bwdc_engine::Engine;

#[test]
fn nobody_signed_in_sees_the_sign_in_and_each_problem_at_its_field() {
    let desk = Desk::new();
    assert!(desk.shows("Sign in to your organization") && !desk.shows("Dashboard"));
    desk.press("Log In");
    assert!(desk.shows("Enter the client ID of the organization.") && desk.shows("Enter the client secret."));
    desk.fill("Client ID", "user.1b2c");
    desk.press("Log In");
    assert!(desk.shows("This is not the key of an organization: its client ID begins with `organization.`"));
    desk.fill("Client ID", "organization.1b2c");
    desk.press("Log In");
    let malformed =
        "A client ID is `organization.` and 36 characters, such as `organization.1b2c…`. Copy it again.";
    assert!(desk.shows(malformed));
    desk.fill("Client ID", "organization.5b1f0b0e-64c4-4c5d-9c3e-3e7b7b1a2c11");
    assert!(!desk.shows(malformed), "a problem goes as soon as somebody types");
}

#[test]
fn a_wrong_key_is_told_and_the_button_is_free_again_then_the_right_one_opens_the_dashboard() {
    let desk = Desk::new();
    desk.fill("Client ID", &desk.stage.organization.client_id());
    desk.fill("Client Secret", "wrong");
    desk.press("Log In");
    assert!(!desk.is_enabled("Logging in …"));
    desk.wait(|app| !app.sign_in.busy);
    assert!(desk.is_enabled("Log In"));
    let notice = desk.view.app(|app| app.sign_in.notice.clone()).expect("what the server said");
    assert!(desk.shows(&notice.text) && !notice.text.contains("unexpected error"), "{}", notice.text);

    // Spaces around a copied key do no harm.
    desk.fill("Client ID", &format!(" {} ", desk.stage.organization.client_id()));
    desk.fill("Client Secret", &format!("{}\n", desk.stage.organization.client_secret()));
    desk.press("Log In");
    desk.wait(|app| app.screen == Screen::Main);
    assert!(desk.shows("Dashboard") && desk.shows("Synchronization"));
    assert_eq!(desk.view.app(|app| app.tab), Tab::Dashboard);
}

#[test]
fn the_secret_is_hidden_until_it_is_asked_for() {
    let desk = Desk::new();
    assert!(desk.shows("Show secret"));
    desk.press("Show secret");
    assert!(desk.shows("Hide secret"));
}

#[test]
fn the_server_dialog_checks_normalizes_and_keeps_four_addresses() {
    let desk = Desk::new();
    desk.press("Change Server");
    desk.get("Where your organization is").set_accessible_value("Your own server, separate addresses");
    for (name, text) in [
        ("Server URL", "bitwarden.company.test/"),
        ("Web Vault URL", "https://vault.company.test//"),
        ("API URL", ""),
        ("Identity URL", "id.company.test"),
    ] {
        desk.fill(name, text);
    }
    desk.press("Save");
    desk.wait(|app| app.server.is_none());
    desk.settle();
    let data = std::fs::read_to_string(desk.stage.folder.path().join("profile").join("data.json"))
        .expect("settings");
    let data: serde_json::Value = serde_json::from_str(&data).expect("JSON");
    let urls = &data["environmentUrls"];
    assert_eq!(urls["base"], "https://bitwarden.company.test");
    assert_eq!(urls["webVault"], "https://vault.company.test");
    assert_eq!(urls["api"], serde_json::Value::Null);
    assert_eq!(urls["identity"], "https://id.company.test");
}

#[test]
fn a_server_that_answers_is_told_from_one_that_does_not() {
    let desk = Desk::new();
    desk.press("Change Server");
    desk.press("Check Server");
    desk.wait(|app| app.server.as_ref().is_some_and(|it| !it.busy));
    assert!(desk.shows("The server answers."));
    desk.fill("Server URL", "https://127.0.0.1:9");
    desk.press("Check Server");
    desk.wait(|app| app.server.as_ref().is_some_and(|it| !it.busy));
    assert!(!desk.shows("The server answers."));
    desk.press("Cancel");
    assert!(!desk.shows("Check Server"));
}

#[test]
fn whoever_is_signed_in_sees_the_dashboard_and_logging_out_asks_and_keeps_the_settings() {
    let desk = Desk::over(configured());
    assert!(desk.shows("Sync Now"));
    desk.press("More");
    desk.press("Log Out …");
    assert!(desk.shows("Log out?"));
    desk.press("Cancel");
    assert!(desk.shows("Log Out …") && !desk.shows("Log out?"));
    desk.press("Log Out …");
    desk.press("Log Out");
    desk.wait(|app| app.screen == Screen::SignIn);
    let engine = Engine::open(desk.stage.environment.clone()).expect("an installation");
    assert_eq!(engine.client_id().expect("secrets"), None);
    let settings = engine.settings().expect("settings");
    let host = settings.iter().find(|it| it.setting.name == "ldap.hostname").expect("the setting");
    assert_eq!(host.value, "127.0.0.1");
}
