//! The guided set-up in the window, against servers of the sandbox: from nothing to a verified first sync, and the sign-in of an
//! owner.

use super::desk::Desk;
use super::support::Stage;
use bwdc_desktop::app::Screen;
use bwdc_engine::Engine;
use bwdc_sandbox::cloud::okta;
use bwdc_sandbox::organization::{Account, KeyDerivation, Options, TwoStep};

const ANN: &str = "ann@example.test";
const PASSWORD: &str = "correct horse bättery";
/// What a client sends for the password.
const HASH: &str = "J1zTXn4Fv2ZngLtnRvKha71fZ9JB9pqw5KzyrX7jy48=";

impl Desk {
    /// Chooses what is shown in this place, and goes on.
    #[track_caller]
    fn choose(&self, number: usize) {
        let choices = self.view.app(|app| app.page().map(|it| it.choices)).expect("a page");
        self.press(choices.get(number).unwrap_or_else(|| panic!("{:?}", self.names())));
        self.next();
    }

    /// Answers the field that is shown, which is called so, and goes on.
    #[track_caller]
    fn answer(&self, seen: &str, text: &str) {
        let label = self.view.app(|app| app.page().map(|it| it.fields[0].label.clone())).expect("a page");
        assert!(label.contains(seen), "`{seen}` is not asked, but `{label}`");
        self.fill(&label, text);
        self.next();
    }

    /// Goes on.
    #[track_caller]
    fn next(&self) {
        self.press("Next");
        self.page_ready();
    }

    #[track_caller]
    fn says(&self, text: &str) {
        assert!(self.names().iter().any(|it| it.contains(text)), "`{text}` is not among {:?}", self.names());
    }
}

#[test]
fn from_nothing_to_a_verified_sync_with_a_break_in_between() {
    let tenant = okta::Tenant::generate(12, 2, 3);
    let server = okta::Server::start(okta::Options::new(tenant)).expect("a stand-in");
    let desk = Desk::over(Stage::empty().expect("servers"));
    desk.press("Guided Set-Up");
    desk.page_ready();
    desk.choose(2);
    desk.says("Step 1 of 8");
    desk.answer("Address of the server", &desk.stage.organization.url());
    desk.answer("Client ID", &desk.stage.organization.client_id());
    desk.answer("Client Secret", &desk.stage.organization.client_secret());
    desk.says("Which directory is read?");

    // Who leaves comes back to the first step that is not done.
    desk.press("Back");
    while desk.view.app(|app| app.page().is_some()) {
        desk.press("Back");
    }
    desk.wait(|app| app.screen == Screen::Main);
    desk.settle();
    desk.says("No directory is chosen yet.");
    desk.press("Guided Set-Up");
    desk.page_ready();
    desk.next();
    desk.says("Which directory is read?");
    desk.choose(4);
    desk.press("What to Prepare");
    desk.press("Close");
    desk.answer("Organization URL", server.url());
    desk.answer("Client id", "");
    let token = server.token().to_owned();
    desk.answer("Token", &token);
    assert!(!desk.names().iter().any(|it| it.contains(&token)), "a secret is never heard");
    desk.says("The connection works.");
    desk.next();
    desk.next();
    desk.next();
    desk.says("12 people, 0 disabled, 2 groups.");
    desk.next();
    desk.choose(0);
    desk.says("The organization was read back and is as planned.");
    while desk.view.app(|app| app.page().is_some()) {
        desk.next();
    }
    desk.settle();
    let synced = desk.stage.organization.members().into_iter().filter(|it| it.external_id.is_some());
    assert_eq!(synced.count(), 12);
    desk.press("Sync Now");
    desk.idle();
    desk.says("Nothing to change");
}

#[test]
fn an_owner_signs_in_with_a_code_and_chooses_the_organization_and_only_the_key_is_kept() {
    let options = Options { owner: Some(ANN.to_owned()), ..Options::official() };
    let stage = Stage::with(options).expect("servers");
    let account = Account::new(ANN, HASH, KeyDerivation::Pbkdf2 { iterations: 5_000 })
        .two_step(TwoStep::Authenticator("123456".to_owned()))
        .listed("5b1f0b0e-64c4-4c5d-9c3e-3e7b7b1a2c11", "Another Ltd", 0, true);
    stage.organization.sign_up(account);
    stage.choose_server().expect("settings");
    let desk = Desk::over(stage);
    desk.press("Sign In With an Account");
    desk.page_ready();
    while desk.view.app(|app| app.page().is_some_and(|it| it.fields.is_empty())) {
        desk.next();
    }
    if desk.view.app(|app| app.page().is_some_and(|it| it.fields[0].label.contains("Address of the server")))
    {
        desk.next();
    }
    desk.answer("e-mail address", ANN);
    desk.answer("aster password", PASSWORD);
    desk.answer("authenticator", "000000");
    desk.says("authenticator");
    desk.answer("authenticator", "123456");
    let choices = desk.view.app(|app| app.page().map(|it| it.choices)).expect("organizations");
    let ours = choices.iter().position(|it| it != "Another Ltd").expect("the organization of the server");
    desk.choose(ours);
    desk.wait(|app| app.screen == Screen::Main);
    let engine = Engine::open(desk.stage.environment.clone()).expect("an installation");
    assert_eq!(engine.client_id().expect("secrets"), Some(desk.stage.organization.client_id()));
    let (_, personal) = desk.stage.organization.personal_key(ANN).expect("an account");
    let data = std::fs::read_to_string(desk.stage.folder.path().join("profile").join("data.json"));
    let data = data.expect("settings");
    for secret in [PASSWORD, HASH, personal.as_str()] {
        assert!(!data.contains(secret));
    }
}
