//! The same at a real terminal, which tmux keeps: keys are counted, screens are waited for, and the terminal is left as it was.

use super::{Stage, entra, slapd};
use crate::contract::stage::answer;
use crate::review::refused_stage;
use bwdc_harness::home::Home;
use bwdc_sandbox::organization::MemberStatus;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

/// How long a screen is waited for.
const WAIT: Duration = Duration::from_secs(60);

/// A terminal with the program in it.
struct Terminal {
    socket: PathBuf,
    /// Keys that were pressed beside the values that were typed.
    keys: usize,
}

impl Terminal {
    fn start(home: &Home, size: (u16, u16), arguments: &str) -> Self {
        let socket = home.path().join("tmux");
        let terminal = Self { socket, keys: 0 };
        let (width, height) = (size.0.to_string(), size.1.to_string());
        let program = env!("CARGO_BIN_EXE_bwdc");
        // The shell stays, so that what the program leaves behind can be seen.
        let script = format!("{program} {arguments}; echo left:$?; stty -a | grep -o ' echo '; sleep 600");
        let mut command = home.command("tmux", &[]);
        command.arg("-f").arg("/dev/null").arg("-S").arg(&terminal.socket);
        command
            .args(["-u", "new-session", "-d", "-x", &width, "-y", &height, &script])
            .env("TERM", "screen-256color");
        let status = command.status().expect("tmux runs");
        assert!(status.success(), "tmux starts");
        terminal
    }

    /// A terminal with a shell in it.
    fn shell(home: &Home, size: (u16, u16)) -> Self {
        let terminal = Self { socket: home.path().join("tmux"), keys: 0 };
        let (width, height) = (size.0.to_string(), size.1.to_string());
        let mut command = home.command("tmux", &[]);
        command.arg("-f").arg("/dev/null").arg("-S").arg(&terminal.socket);
        command.args(["-u", "new-session", "-d", "-x", &width, "-y", &height, "bash --norc -i"]);
        let status = command.env("TERM", "screen-256color").status().expect("tmux runs");
        assert!(status.success(), "tmux starts");
        terminal
    }

    fn tmux(&self, arguments: &[&str]) -> String {
        let output =
            Command::new("tmux").arg("-S").arg(&self.socket).args(arguments).output().expect("tmux runs");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    fn screen(&self) -> String {
        self.tmux(&["capture-pane", "-p"])
    }

    /// Waits until a text is on the screen.
    #[track_caller]
    fn until(&self, text: &str) -> String {
        self.until_all(&[text])
    }

    /// Waits until all of these are on the screen at one time: a screen may be looked at while it is half drawn.
    #[track_caller]
    fn until_all(&self, texts: &[&str]) -> String {
        let end = Instant::now() + WAIT;
        loop {
            let screen = self.screen();
            let Some(missing) = texts.iter().find(|it| !screen.contains(**it)) else {
                return screen;
            };
            assert!(Instant::now() < end, "`{missing}` is not on the screen:\n{screen}");
            std::thread::sleep(Duration::from_millis(30));
        }
    }

    /// The number of the program's process.
    fn program(&self) -> String {
        let pane = self.tmux(&["display-message", "-p", "#{pane_pid}"]);
        let shell = pane.trim();
        let children = Command::new("pgrep").args(["-P", shell, "bwdc"]).output().expect("pgrep runs");
        let program = String::from_utf8_lossy(&children.stdout).trim().to_owned();
        assert!(!program.is_empty(), "the program runs in the shell {shell}");
        program
    }

    fn key(&mut self, key: &str) {
        self.keys += 1;
        self.tmux(&["send-keys", key]);
    }

    /// Types a value, and Enter after it.
    fn value(&mut self, value: &str) {
        self.tmux(&["send-keys", "-l", value]);
        self.key("Enter");
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.tmux(&["kill-server"]);
    }
}

impl Terminal {
    /// From the main menu to the choice of a directory.
    fn sign_in(&mut self, stage: &Stage) {
        self.until("Not signed in");
        self.key("s");
        self.until("Which server?");
        self.key("3");
        self.until("Address of the server");
        self.value(&stage.organization.url());
        self.until("Client ID, or your e-mail address");
        self.value(&stage.organization.client_id());
        self.until("Client Secret");
        self.value(&stage.organization.client_secret());
        self.until("Which directory is read?");
    }

    /// From a connection that works to the main menu, with a first sync on the way.
    fn sync(&mut self, counted: &str, example: &str) {
        self.until("The connection works.");
        self.key("Enter");
        self.until("What is brought over?");
        self.key("Enter");
        self.until("They are invited by e-mail");
        self.key("Enter");
        self.until_all(&["Is this what should be brought over?", counted, example]);
        self.key("Enter");
        self.until("Sync now?");
        self.key("1");
        self.until_all(&["The first sync is done.", "The organization was read back and is as planned."]);
        self.key("Enter");
        self.until("The set-up is complete.");
        self.key("Enter");
        self.until("Simulate (plan)");
    }

    /// Says how many keys it took, and that they are few.
    #[track_caller]
    #[expect(clippy::print_stdout, reason = "a figure for the reader of a run")]
    fn counts(&self, kind: &str) {
        println!("guided set-up at a terminal, {kind}: {} keys beside the typed values", self.keys);
        assert!(self.keys < 25, "{} keys beside the values", self.keys);
    }

    /// Leaves the program; the terminal is as it was.
    fn leave(&mut self) {
        self.key("0");
        let screen = self.until_all(&["left:0", " echo"]);
        assert!(!screen.contains("Simulate"), "the terminal is as it was: {screen}");
    }
}

#[test]
fn an_openldap_server_from_nothing_to_a_verified_sync_at_a_terminal() {
    let (stage, server) = (Stage::new(), slapd());
    let begun = Instant::now();
    let mut terminal = Terminal::start(&stage.home, (80, 24), "ui");
    terminal.until("Guided set-up");
    assert!(begun.elapsed() < Duration::from_secs(5), "the first screen takes {:?}", begun.elapsed());
    terminal.sign_in(&stage);
    terminal.key("2");
    terminal.until("LDAP server");
    terminal.value(&format!("127.0.0.1:{}", server.port()));
    terminal.until("How is the connection encrypted?");
    terminal.key("3");
    terminal.until("Username");
    terminal.value(server.root_dn());
    terminal.until("Password");
    terminal.value(server.root_password());
    let screen = terminal.until_all(&["Below which entry", "OpenLDAP", "dc=example,dc=test"]);
    assert!(!screen.contains(server.root_password()), "{screen}");
    terminal.key("Enter");
    terminal.sync("2 people, 0 disabled, 1 group.", "ada@example.test");
    terminal.counts("LDAP");
    terminal.leave();
    assert_eq!(stage.members(), ["ada@example.test", "bob@example.test"]);
    stage.second_sync_is_empty();
}

#[test]
fn entra_from_nothing_to_a_verified_sync_at_a_terminal() {
    let stage = Stage::new();
    let server = entra(&stage);
    let mut terminal = Terminal::start(&stage.home, (100, 30), "ui");
    terminal.sign_in(&stage);
    terminal.key("3");
    terminal.until("Tenant");
    terminal.value(&server.options().tenant_id);
    terminal.until("Application id");
    terminal.value(&server.options().application_id);
    terminal.until("Secret key");
    terminal.value(&server.options().secret);
    terminal.sync("2 groups.", "user0@");
    assert!(!terminal.screen().contains(&server.options().secret));
    terminal.counts("Entra ID");
    terminal.leave();
    assert_eq!(stage.members().len(), 12);
    stage.second_sync_is_empty();
}

#[test]
fn the_window_is_resized_and_the_program_left_for_a_while() {
    let stage = Stage::new();
    let mut terminal = Terminal::start(&stage.home, (100, 30), "ui");
    terminal.until("Not signed in");
    terminal.tmux(&["resize-window", "-x", "50", "-y", "12"]);
    terminal.until("at least 60 × 16");
    for (width, height) in [("200", "60"), ("61", "17"), ("80", "24")] {
        terminal.tmux(&["resize-window", "-x", width, "-y", height]);
    }
    terminal.until("Guided set-up");
    terminal.key("C-c");
    terminal.until("left:0");
    terminal.until(" echo");
}

#[test]
fn a_program_that_the_system_ends_leaves_the_terminal_as_it_was() {
    let stage = Stage::new();
    let terminal = Terminal::start(&stage.home, (80, 24), "ui");
    terminal.until("Not signed in");
    Command::new("kill").args(["-TERM", &terminal.program()]).status().expect("kill runs");
    terminal.until("left:");
    let screen = terminal.until(" echo");
    assert!(!screen.contains("Guided set-up"), "{screen}");
}

#[test]
fn a_panic_leaves_the_terminal_as_it_was_and_can_be_read() {
    let mut stage = Stage::new();
    stage.home.set("BWDC_PANIC", "console-key");
    let mut terminal = Terminal::start(&stage.home, (80, 24), "ui");
    terminal.until("Not signed in");
    terminal.key("Down");
    let screen = terminal.until_all(&["a test asked for a panic at console-key", "left:101", " echo"]);
    assert!(!screen.contains("Guided set-up"), "{screen}");
}

#[test]
fn a_job_that_panics_ends_alone() {
    let mut stage = Stage::new();
    stage.home.set("BWDC_PANIC", "plan-job");
    let mut terminal = Terminal::start(&stage.home, (80, 24), "ui");
    terminal.until("Not signed in");
    terminal.key("5");
    let screen = terminal.until("The program failed");
    assert!(!screen.contains("a test asked"), "the frame is not written over: {screen}");
    terminal.key("Escape");
    terminal.until("Guided set-up");
    terminal.leave();
    let plain = answer(&stage.home, &["ui", "--plain"], "5\n:back\n0\n");
    assert_eq!(plain.code, Some(0), "{}", plain.stderr);
    assert!(plain.stdout.contains("The program failed"), "{}", plain.stdout);
}

#[test]
fn who_leaves_it_for_a_while_has_the_shell_and_comes_back_to_the_same_screen() {
    let stage = Stage::new();
    let mut terminal = Terminal::shell(&stage.home, (80, 24));
    terminal.value(&format!("{} ui", env!("CARGO_BIN_EXE_bwdc")));
    terminal.until("Guided set-up");
    terminal.key("C-z");
    terminal.until("Stopped");
    terminal.value("stty -a | grep -o ' echo '; echo between");
    let screen = terminal.until_all(&[" echo\n", "between\n"]);
    assert!(!screen.contains("Guided set-up"), "{screen}");
    terminal.value("fg");
    terminal.until("Guided set-up");
}

#[test]
fn a_program_whose_terminal_goes_away_ends() {
    let stage = Stage::new();
    let terminal = Terminal::start(&stage.home, (80, 24), "ui");
    terminal.until("Not signed in");
    let program = PathBuf::from("/proc").join(terminal.program()).join("cmdline");
    terminal.tmux(&["kill-server"]);
    let end = Instant::now() + WAIT;
    // What has ended and was not fetched yet has no arguments any more.
    while std::fs::read(&program).is_ok_and(|it| !it.is_empty()) {
        assert!(Instant::now() < end, "{} goes on without its terminal", program.display());
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// Whose access is in question is shown, and only the number that the limits refused approves it.
#[test]
fn an_approval_at_a_terminal_shows_whose_access_is_in_question_and_asks() {
    let (stage, _directory) = refused_stage();
    let mut terminal = Terminal::start(&stage.home, (80, 24), "approve");
    let screen = terminal.until("To approve this, type 8");
    for part in [
        "Run 2 of ",
        "8 of 30 managed members would lose access",
        "Would lose access (8)",
        "- p23@example.test",
        "- p30@example.test",
    ] {
        assert!(screen.contains(part), "{part} is not on\n{screen}");
    }
    terminal.value("y");
    terminal.until("Nothing was approved: the answer was not 8.");
    terminal.until("left:1");
    drop(terminal);
    assert_eq!(stage.run(&["sync"]).code, Some(1), "nothing was approved");

    let mut terminal = Terminal::start(&stage.home, (80, 24), "approve 2");
    terminal.until("To approve this, type 8");
    terminal.value("8");
    terminal.until("Run 2 is approved for 24 hours:");
    terminal.until("left:0");
    drop(terminal);
    stage.sync();
    assert_eq!(stage.state().status("p30"), Some(MemberStatus::Revoked));
}

/// Also what is not understood before any command runs.
#[test]
fn an_error_of_the_command_line_is_broken_between_words_and_names_the_profile() {
    let home = Home::new().expect("a home");
    let terminal = Terminal::start(&home, (60, 24), "--profile berlin approve abc");
    let screen = terminal.until("left:1");
    let said: Vec<&str> = screen.lines().map(str::trim).take_while(|it| !it.is_empty()).collect();
    assert_eq!(
        said,
        [
            "error: invalid value 'abc' for '[RUN]': not the number of a",
            "run; `bwdc --profile berlin history` lists them",
        ],
        "{screen}"
    );
}

/// Who mistypes the number of a run that is approved already learns that it still is.
#[test]
fn a_wrong_number_does_not_hide_an_approval_that_stands() {
    let (stage, _directory) = refused_stage();
    assert_eq!(stage.approve().code, Some(0));
    let mut terminal = Terminal::start(&stage.home, (80, 24), "approve 2");
    terminal.until("It is approved already");
    terminal.value("7");
    let screen = terminal.until("left:1");
    let said = screen.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("so nothing was changed. Run 2 stays approved until "), "{screen}");
    assert!(
        said.contains("`bwdc approve --withdraw 2`") && !said.contains("Nothing was approved"),
        "{screen}"
    );
}

#[test]
fn a_plan_has_colors_at_a_terminal_and_says_what_it_says_without_them() {
    let (stage, _directory) = refused_stage();
    let terminal = Terminal::start(&stage.home, (80, 40), "plan");
    terminal.until("left:0");
    let colored = terminal.tmux(&["capture-pane", "-p", "-e"]);
    assert!(colored.contains("\u{1b}[91m") || colored.contains("\u{1b}[31m"), "{colored}");
    assert!(!stage.run(&["plan"]).stdout.contains('\u{1b}'), "a pipe gets none");
}
