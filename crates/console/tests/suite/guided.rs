//! The guided set-up from nothing to a verified first sync and a second one that is empty, key by key against servers of the
//! sandbox, for the directories behind HTTP. The keys beside the typed values are counted and printed.

use bwdc_console::app::{App, Start};
use bwdc_console::draw::{Colors, draw};
use bwdc_console::key::Key;
use bwdc_console::office::Office;
use bwdc_core::settings::Setting;
use bwdc_engine::Engine;
use bwdc_engine::paths::{Platform, ProcessEnvironment};
use bwdc_sandbox::cloud::{google, okta, onelogin};
use bwdc_sandbox::organization;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How long a job may take.
const WAIT: Duration = Duration::from_secs(120);
/// Keys beside typed values that a set-up may take.
const MOST: usize = 25;

/// Somebody at the console, with a real installation and a real organization server.
struct Guide {
    app: App,
    office: Office,
    organization: organization::Server,
    folder: TempDir,
    keys: usize,
    values: usize,
}

impl Guide {
    /// `stored`: addresses of services that are none of the vendor's.
    fn new(stored: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let organization =
            organization::Server::start_blocking(organization::Options::official()).expect("an organization");
        let path = folder.path().to_str().expect("a path").to_owned();
        let variables = [
            ("BITWARDENCLI_CONNECTOR_APPDATA_DIR", path.as_str()),
            ("HOME", path.as_str()),
            ("XDG_RUNTIME_DIR", path.as_str()),
            ("BITWARDENCLI_CONNECTOR_PLAINTEXT_SECRETS", "true"),
        ];
        let environment = ProcessEnvironment::new(Platform::Linux, None, variables);
        if !stored.is_empty() {
            let mut engine = Engine::open(environment.clone()).expect("an installation");
            for (name, value) in stored {
                let setting = Setting::find(name).expect("a setting");
                engine.set(setting, &setting.parse(value).expect("a value")).expect("stored");
            }
        }
        let app = App::new(environment, Start::Menu);
        let mut guide =
            Self { app, office: Office::open().expect("a thread"), organization, folder, keys: 0, values: 0 };
        guide.wait();
        guide
    }

    /// Waits for whatever is under way.
    fn wait(&mut self) {
        let end = Instant::now() + WAIT;
        loop {
            for order in self.app.orders() {
                self.office.order(order);
            }
            if !self.app.is_waiting() {
                return;
            }
            assert!(Instant::now() < end, "it goes on for too long:\n{}", self.screen());
            if let Some(report) = self.office.report(Duration::from_millis(20)) {
                self.app.report(report);
            }
        }
    }

    fn screen(&self) -> String {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 80, 24));
        draw(&self.app.screen(), &mut buffer, Colors::None);
        let row = |y: u16| (0..80).map(|x| buffer[(x, y)].symbol()).collect::<String>().trim_end().to_owned();
        (0..24).map(row).collect::<Vec<_>>().join("\n")
    }

    #[track_caller]
    fn sees(&self, text: &str) {
        let screen = self.screen();
        assert!(screen.contains(text), "`{text}` is not on\n{screen}");
    }

    /// Presses a key where a text is seen.
    #[track_caller]
    fn key(&mut self, seen: &str, key: Key) {
        self.sees(seen);
        self.keys += 1;
        self.app.key(&key);
        self.wait();
    }

    #[track_caller]
    fn digit(&mut self, seen: &str, digit: char) {
        self.key(seen, Key::Char(digit));
    }

    #[track_caller]
    fn enter(&mut self, seen: &str) {
        self.key(seen, Key::Enter);
    }

    /// Types a value, and Enter after it.
    #[track_caller]
    fn value(&mut self, seen: &str, value: &str) {
        self.sees(seen);
        self.values += 1;
        self.app.key(&Key::Paste(value.to_owned()));
        self.enter(seen);
    }

    /// From the menu to the choice of a directory.
    #[track_caller]
    fn sign_in(&mut self) {
        let (url, id, secret) =
            (self.organization.url(), self.organization.client_id(), self.organization.client_secret());
        self.digit("Guided set-up", 's');
        self.digit("Which server?", '3');
        self.value("Address of the server", &url);
        self.value("Client ID, or your e-mail address", &id);
        self.value("Client Secret", &secret);
        self.sees("Which directory is read?");
    }

    /// From a connection that works to the menu, with a first sync on the way, and a second sync.
    #[track_caller]
    #[expect(clippy::print_stdout, reason = "a figure for the reader of a run")]
    fn sync(&mut self, counted: &str, kind: &str) {
        self.enter("The connection works.");
        self.enter("What is brought over?");
        self.enter("They are invited by e-mail");
        self.sees(counted);
        self.enter("Is this what should be brought over?");
        self.digit("Sync now?", '1');
        self.sees("The organization was read back and is as planned.");
        self.enter("The first sync is done.");
        self.enter("The set-up is complete.");
        println!("guided set-up, {kind}: {} keys beside {} typed values", self.keys, self.values);
        assert!(self.keys < MOST, "{} keys", self.keys);
        self.digit("Sync now", '6');
        self.sees("There was nothing to send.");
    }

    fn members(&self) -> usize {
        self.organization.members().into_iter().filter(|it| it.external_id.is_some()).count()
    }

    /// Nothing that was typed unseen is ever seen, and no file but the stores of secrets has it.
    fn keeps(&self, secret: &str) {
        assert!(!self.screen().contains(secret));
    }
}

#[test]
fn google_workspace_from_nothing_to_a_verified_sync() {
    let tenant = google::Tenant::generate(12, 2, 3);
    let server = google::Server::start(google::Options::new(tenant)).expect("a stand-in");
    let token = server.token_url();
    let mut guide = Guide::new(&[("gsuite.token-url", &token), ("gsuite.api-url", server.url())]);
    let file = guide.folder.path().join("service-account.json");
    std::fs::write(&file, server.key_file()).expect("a key file");
    guide.sign_in();
    guide.digit("Google Workspace", '4');
    guide.value("key file", file.to_str().expect("a path"));
    guide.value("Admin user", "admin@example.test");
    guide.value("Customer", "my_customer");
    guide.sync("12 people, 0 disabled, 2 groups.", "Google Workspace");
    assert_eq!(guide.members(), 12);
}

/// Signed in to the organization, and to an Okta organization with its token.
fn at_okta(tenant: okta::Tenant) -> (Guide, okta::Server) {
    let server = okta::Server::start(okta::Options::new(tenant)).expect("a stand-in");
    let mut guide = Guide::new(&[]);
    guide.sign_in();
    guide.digit("Okta", '5');
    guide.value("Organization URL", server.url());
    guide.enter("Client id");
    guide.value("Token", server.token());
    (guide, server)
}

#[test]
fn okta_from_nothing_to_a_verified_sync() {
    let (mut guide, server) = at_okta(okta::Tenant::generate(12, 2, 3));
    guide.keeps(server.token());
    guide.sync("12 people, 0 disabled, 2 groups.", "Okta");
    assert_eq!(guide.members(), 12);
}

#[test]
fn onelogin_from_nothing_to_a_verified_sync() {
    let tenant = onelogin::Tenant::generate(12, 2, 3);
    let server = onelogin::Server::start(onelogin::Options::new(tenant)).expect("a stand-in");
    let mut guide = Guide::new(&[]);
    guide.sign_in();
    guide.digit("OneLogin", '6');
    guide.value("URL", server.url());
    guide.value("Client id", server.client_id());
    guide.value("Client secret", server.client_secret());
    guide.keeps(server.client_secret());
    guide.sync("12 people, 0 disabled, 2 groups.", "OneLogin");
    assert_eq!(guide.members(), 12);
}

/// The organization's key is rotated, the sync says so, and the new secret is entered from there; a wrong one changes nothing.
#[test]
fn a_rotated_key_is_entered_again_from_the_run_that_failed() {
    let (mut guide, _server) = at_okta(okta::Tenant::generate(3, 1, 2));
    guide.sync("3 people, 0 disabled, 1 group.", "Okta");
    guide.enter("close");
    let secret = guide.organization.rotate_key();
    guide.organization.revoke_tokens();
    guide.digit("Sync now", '6');
    guide.sees("The server refuses the API key");
    guide.digit("What to do", '1');
    guide.digit("Enter a new secret", '1');
    guide.value("New client secret", "not-the-right-one");
    guide.sees("The server refuses the API key");
    guide.key("What to do", Key::Esc);
    guide.digit("Enter a new secret", '1');
    guide.value("New client secret", &secret);
    guide.sees("The new secret is stored, and the server accepts it.");
    guide.key("Account", Key::Esc);
    guide.digit("The server refuses the API key", 'r');
    guide.sees("There was nothing to send.");
}
