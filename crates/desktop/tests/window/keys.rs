//! Keys that were rotated, keys of people, and the keys of the keyboard.

use super::desk::{Desk, set_up};
use super::support::Stage;
use bwdc_desktop::app::Screen;
use bwdc_engine::Engine;
use bwdc_sandbox::organization::{Account, KeyDerivation, Options};
use slint::platform::Key;

const ANN: &str = "ann@example.test";

#[test]
fn a_rotated_key_is_entered_again_from_the_run_that_failed_and_a_wrong_one_changes_nothing() {
    let desk = Desk::configured();
    desk.press("Sync Now");
    desk.idle();
    let old = desk.stage.organization.client_secret();
    let secret = desk.stage.organization.rotate_key();
    desk.stage.organization.revoke_tokens();
    desk.press("Sync Now");
    desk.idle();
    assert!(desk.shows("The server refuses the API key"), "{:?}", desk.names());
    desk.press("Enter the New Secret");
    desk.press("Save");
    assert!(desk.view.app(|app| app.page().is_some_and(|it| it.fields[0].error == "Enter a value.")));
    desk.fill("New client secret", "not-the-right-one");
    desk.press("Save");
    desk.page_ready();
    assert!(desk.shows("The server refuses the API key"));
    let kept = std::fs::read_to_string(desk.stage.folder.path().join("profile").join("data.json"));
    assert!(kept.expect("settings").contains(&old), "the old secret stays");
    desk.fill("New client secret", &format!(" {secret}\n"));
    desk.press("Save");
    desk.wait(|app| app.page().is_none());
    assert!(desk.shows("The new secret is stored, and the server accepts it."));
    desk.press("Sync Now");
    desk.idle();
    assert!(
        desk.shows("Nothing to change: the organization is as the directory asks."),
        "{:?}",
        desk.names()
    );
}

#[test]
fn what_was_sent_unverified_offers_a_personal_key_and_is_verified_from_then_on() {
    let stage =
        Stage::with(Options { owner: Some(ANN.to_owned()), ..Options::vaultwarden() }).expect("servers");
    stage.organization.sign_up(Account::new(ANN, "hash", KeyDerivation::Pbkdf2 { iterations: 5_000 }));
    let (client_id, secret) = stage.organization.personal_key(ANN).expect("an account");
    let desk = Desk::over(set_up(stage));
    desk.press("Sync Now");
    desk.idle();
    let notice = desk.view.app(|app| app.notice.clone()).expect("what it did");
    assert!(notice.detail.contains("Sent, not verified"), "{notice:?}");
    desk.press("Read It With a Personal Key");
    desk.fill("Client ID of the personal key", &client_id);
    desk.fill("Client Secret", &secret);
    desk.press("Save");
    desk.wait(|app| app.page().is_none());
    desk.settle();
    assert_eq!(desk.view.app(|app| app.overview.state.observer.clone()), Some(client_id));
    desk.stage.life().expect("people come and go");
    desk.press("Sync Now");
    desk.idle();
    let notice = desk.view.app(|app| app.notice.clone()).expect("what it did");
    assert!(!notice.detail.contains("not verified"), "{notice:?}");
}

#[test]
fn enter_signs_in_from_the_field_where_it_is_pressed() {
    let desk = Desk::new();
    desk.fill("Client ID", &desk.stage.organization.client_id());
    desk.fill("Client Secret", &desk.stage.organization.client_secret());
    // The client id has the focus from the start.
    desk.key(Key::Return);
    desk.wait(|app| app.screen == Screen::Main);
    let engine = Engine::open(desk.stage.environment.clone()).expect("an installation");
    assert!(engine.client_id().expect("secrets").is_some());
}

#[test]
fn escape_closes_what_is_open_with_the_safe_answer() {
    let desk = Desk::configured();
    desk.press("More");
    desk.press("Log Out …");
    assert!(desk.shows("Log out?"));
    desk.key(Key::Escape);
    assert!(!desk.shows("Log out?") && desk.shows("Log Out …"));
    desk.press("Personal API Key …");
    assert!(desk.shows("Client ID of the personal key"));
    desk.key(Key::Escape);
    assert!(desk.view.app(|app| app.page().is_none()) && desk.shows("Dashboard"));
    let signed_out = Desk::new();
    signed_out.press("Change Server");
    signed_out.key(Key::Escape);
    assert!(signed_out.view.app(|app| app.server.is_none()));
}

#[test]
fn a_page_is_answered_by_the_keyboard_alone() {
    let desk = Desk::over(Stage::empty().expect("servers"));
    desk.press("Guided Set-Up");
    desk.page_ready();
    for _ in 0..2 {
        desk.key(Key::DownArrow);
    }
    desk.key(Key::Return);
    desk.page_ready();
    let label = desk.view.app(|app| app.page().map(|it| it.fields[0].label.clone())).expect("a field");
    assert!(label.contains("Address of the server"), "{label}");
    for letter in "vault.example.test".chars() {
        desk.key(letter);
    }
    assert_eq!(desk.value(&label), "vault.example.test");
    desk.key(Key::Return);
    desk.page_ready();
    assert!(desk.view.app(|app| app.page().is_some_and(|it| it.fields[0].label.contains("Client ID"))));
}
