//! Every state that an installation or a run can be in, as a window that has been told of it. Nothing is carried out: what the
//! engine would answer is given.

use bwdc_core::names::{Email, MemberId, Timestamp};
use bwdc_core::observed::{MemberStatus, ObservedMember, OrganizationState, Role};
use bwdc_core::plan::{Picks, Refusal, RemovalLimits, RepairCase};
use bwdc_core::settings::{ConnectorSettings, DirectoryKind, EnvironmentUrls, Setting};
use bwdc_desktop::app::{App, Effect, Tab};
use bwdc_desktop::job::{Asked, Failure, Job, Overview, Reply, Ticket};
use bwdc_engine::directory::ReadError;
use bwdc_engine::directory::ldap::LdapReadError;
use bwdc_engine::event::{Event, Phase, RunEvent};
use bwdc_engine::http::TransportError;
use bwdc_engine::ledger::{FrontEnd, LedgerError, RunId, RunOutcome, RunRecord, Trigger};
use bwdc_engine::organization::{OrganizationError, ServerMessage};
use bwdc_engine::paths::ProfileName;
use bwdc_engine::profiles::ProfileEntry;
use bwdc_engine::secrets::{KeychainError, SecretError, SecretName};
use bwdc_engine::service::AskError;
use bwdc_engine::store::StoreError;
use bwdc_engine::take_over::FoundFolder;
use bwdc_engine::{ApprovalState, EngineError, Entry, Origin, Repairs, RunError, SetupError};
use bwdc_jobs::job::{Happened, RefusedRunState, ServiceState, State, Told};
use bwdc_messages::approval::approval;
use bwdc_messages::line::{Line, Tone};
use bwdc_messages::{describe, remote};
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::time::Duration;

const HOUR: i64 = 60 * 60 * 1000;
const NOON: Timestamp = Timestamp(1_764_158_400_000);

fn data() -> PathBuf {
    "/home/ann/.config/Bitwarden Directory Connector/data.json".into()
}

fn usual() -> Vec<Entry> {
    entries(&[
        ("server", json!("https://vault.example.com")),
        ("directory", json!(0)),
        ("ldap.hostname", json!("dc1.example.com")),
        ("ldap.port", json!(636)),
        ("ldap.rootPath", json!("dc=example,dc=com")),
        ("sync.users", json!(true)),
        ("sync.groups", json!(true)),
        ("sync.interval", json!(15)),
    ])
}

/// Every setting: these values, and else what counts where nothing is set.
pub(crate) fn entries(set: &[(&str, Value)]) -> Vec<Entry> {
    let entry = |setting: &'static Setting| {
        let found = set.iter().find(|(name, _)| *name == setting.name).map(|(_, value)| value.clone());
        let origin = if found.is_some() { Origin::Set } else { Origin::Default };
        let default = setting.default_in(&|_| Value::Null);
        Entry { setting, value: found.unwrap_or(default), origin }
    };
    Setting::all().iter().map(entry).collect()
}

fn run(id: i64, outcome: RunOutcome, counts: &[(&str, u64)]) -> RunRecord {
    RunRecord {
        id: RunId(id),
        trigger: Trigger::asked(FrontEnd::Desktop),
        started_at: Timestamp(NOON.0 - HOUR + id * 60_000),
        finished_at: Some(Timestamp(NOON.0 - HOUR + id * 60_000 + 1_500)),
        outcome: Some(outcome),
        counts: counts.iter().map(|(name, number)| ((*name).to_owned(), *number)).collect(),
    }
}

fn signed_in() -> State {
    State {
        client_id: Some("organization.6d1f7f0a-3f0b-4e0e-9a5b-2c1f6a7c9d10".to_owned()),
        entries: usual(),
        runs: vec![run(12, RunOutcome::Complete, &[("invited", 3), ("revoked", 1)])],
        ..State::default()
    }
}

fn refusals() -> Vec<Refusal> {
    vec![
        Refusal::TooManyRemovals {
            planned: 12,
            allowed: 5,
            managed: 100,
            earlier: 0,
            hours: 24,
            needed: RemovalLimits::default(),
        },
        Refusal::TooManyMemberships { planned: 40, allowed: 20, earlier: 0, hours: 24 },
    ]
}

fn refused(approval: ApprovalState) -> State {
    State { runs: vec![run(13, RunOutcome::Refused, &[])], refused: refusals(), approval, ..signed_in() }
}

fn overview(state: State) -> Overview {
    Overview {
        folder: data().with_file_name(""),
        last_users: Some(Timestamp(NOON.0 - HOUR)),
        last_groups: Some(Timestamp(NOON.0 - HOUR)),
        ..Overview::of(state)
    }
}

/// A window over an installation that is like this.
pub(crate) fn of(state: State) -> App {
    let mut app = App::new(TimeZone::UTC, NOON);
    app.effects();
    app.reply(Reply::Overview(Ok(Box::new(overview(state)))));
    app.effects();
    app
}

fn failure(error: impl Into<EngineError>) -> Failure {
    Failure::from(describe(&error.into()))
}

/// An installation that cannot be opened.
fn unopened(error: impl Into<EngineError>) -> App {
    let mut app = App::new(TimeZone::UTC, NOON);
    app.reply(Reply::Overview(Err(failure(error))));
    app
}

/// A sync that ended with an error, and the installation after it.
fn ended_in(error: impl Into<RunError>, state: State) -> App {
    let mut app = of(signed_in());
    app.sync_now();
    app.reply(Reply::Synced { scheduled: false, result: Err(failure(EngineError::Run(error.into()))) });
    app.reply(Reply::Overview(Ok(Box::new(overview(state)))));
    app
}

fn ended(error: impl Into<RunError>) -> App {
    ended_in(error, signed_in())
}

fn running(reply: Reply) -> App {
    let mut app = of(signed_in());
    app.sync_now();
    app.reply(reply);
    app
}

/// The number of what the page asked for last.
pub(crate) fn ticket(app: &mut App) -> Ticket {
    let asked = app.effects().into_iter().filter_map(|it| match it {
        Effect::Job(Job::Page { ticket, .. }) => Some(ticket),
        _ => None,
    });
    asked.last().unwrap_or_default()
}

/// What the page asked for comes to this.
pub(crate) fn answer(app: &mut App, what: Happened) {
    let ticket = ticket(app);
    app.reply(Reply::Page { ticket, what });
}

fn approval_page(state: ApprovalState) -> App {
    let mut app = of(refused(state));
    app.open_approval();
    let lines = vec![
        Line::new("Run 13 of 2025-11-26 16:53 UTC was refused by the limits.", Tone::Strong),
        Line::new("- 12 of 100 managed members would lose access. The limit is 5.", Tone::Warning),
        Line::default(),
        Line::new("Access revoked (12)", Tone::Bad),
        Line::plain("  - ada@example.com"),
        Line::plain("  - 山田太郎@example.com"),
    ];
    let approval = approval(&refusals());
    answer(&mut app, Happened::Refused(Box::new(RefusedRunState { run: RunId(13), lines, approval, state })));
    app
}

/// Two memberships of which both have joined, and two of which one never did.
pub(crate) fn cases(picks: &Picks) -> Vec<RepairCase> {
    let member = |id: &str, email: &str, status| ObservedMember {
        id: Some(MemberId::new(id)),
        email: Email::new(email.to_owned()),
        external_id: None,
        changed_id: None,
        status,
        role: Role::User,
    };
    let members = vec![
        member("0b6d3d5e-1111-4222-8333-944455556666", "ada@example.com", MemberStatus::Confirmed),
        member("5c1f2a77-2222-4333-8444-a55566667777", "ada@example.com", MemberStatus::Confirmed),
        member("77aa01c3-3333-4444-8555-b66677778888", "山田太郎@example.com", MemberStatus::Invited),
        member("9d3e4b55-4444-4555-8666-c77788889999", "山田太郎@example.com", MemberStatus::Confirmed),
    ];
    let state = OrganizationState { members, groups: Vec::new() };
    bwdc_core::plan::repairs(&state, &Default::default(), &ConnectorSettings::default(), picks)
}

/// The repairs of both.
pub(crate) fn repairs() -> App {
    let mut app = of(signed_in());
    app.open_repairs();
    answer(
        &mut app,
        Happened::Repairs(Box::new(Repairs { cases: cases(&Picks::default()), beyond_limit: 0 })),
    );
    app
}

/// A window whose settings are these.
pub(crate) fn settings(entries: Vec<Entry>) -> App {
    let mut app = of(signed_in());
    app.select_tab(Tab::Settings);
    app.reply(Reply::Settings(Ok(entries)));
    app.settings.select(2);
    app
}

fn read_only() -> App {
    let mut app = settings(usual());
    app.settings.type_value("ldap.port", "389");
    app.save_settings();
    app.reply(Reply::Settings(Ok(usual())));
    let source = std::io::ErrorKind::ReadOnlyFilesystem.into();
    let error = SetupError::Store(StoreError::Write { path: data(), source });
    app.reply(Reply::Saved { of: Asked::Settings, result: Err(failure(error)) });
    app
}

fn changed(value: Value, origin: Origin) -> Vec<Entry> {
    let mut entries = usual();
    for entry in entries.iter_mut().filter(|it| it.setting.name == "ldap.port") {
        entry.origin = origin;
        entry.value.clone_from(&value);
    }
    entries
}

fn changed_elsewhere() -> App {
    let mut app = settings(usual());
    app.settings.type_value("ldap.port", "389");
    app.save_settings();
    app.reply(Reply::Settings(Ok(changed(json!(3269), Origin::Set))));
    app
}

fn of_service() -> State {
    State { by_service: true, ..signed_in() }
}

fn planned_by_service() -> App {
    let mut app = of(of_service());
    app.select_tab(Tab::Plan);
    app.make_plan();
    let lines =
        ["3 changes, within the limits.", "", "New members, invited by e-mail (2)", "  - ada@example.com"];
    app.reply(Reply::ServicePlanned(Box::new(Told {
        lines: lines.map(Line::plain).to_vec(),
        notices: vec!["2 people have no address.".to_owned()],
        is_refused: false,
    })));
    app
}

/// The page of a service that is like this.
pub(crate) fn service(running: Option<bool>) -> App {
    let mut app = of(signed_in());
    app.open_service();
    let profiles = "OK: default is healthy\ndefault\n  Schedule   every 30 minutes\n  Last run   2025-11-26 16:52 UTC: complete";
    answer(
        &mut app,
        Happened::Service(Box::new(ServiceState {
            running,
            is_root: false,
            can_elevate: true,
            minutes: 30,
            has_schedule: running.is_some(),
            profiles: profiles.to_owned(),
            silent: None,
        })),
    );
    app
}

/// The choice of a profile, with two folders that are none yet.
fn profiles() -> App {
    let mut app = of(signed_in());
    app.open_profiles();
    let folder = data().with_file_name("");
    let entry = |name: &str, folder: PathBuf, current| {
        ProfileName::parse(name).ok().map(|name| ProfileEntry { name, folder, current, has_settings: true })
    };
    let known =
        [entry("default", folder.clone(), true), entry("berlin", folder.join("profiles/berlin"), false)];
    let elsewhere = vec!["/opt/connector/bitwarden-connector-appdata".into(), "/var/lib/bwdc/data".into()];
    answer(&mut app, Happened::Profiles(known.into_iter().flatten().collect(), elsewhere));
    app
}

/// What was found in one of the folders, before it is taken over.
fn take_over() -> App {
    let mut app = profiles();
    app.choose_on_page(2);
    let found = FoundFolder {
        folder: "/opt/connector/bitwarden-connector-appdata".into(),
        organization: Some("6d1f7f0a-3f0b-4e0e-9a5b-2c1f6a7c9d10".to_owned()),
        urls: EnvironmentUrls {
            base: Some("https://vault.example.com".to_owned()),
            ..EnvironmentUrls::default()
        },
        directory: Some(DirectoryKind::Ldap),
        syncs_by_itself: true,
        foreign_commands: Vec::new(),
        of_account: Some(1001),
    };
    answer(&mut app, Happened::Found(Box::new(found)));
    app
}

fn sign_in(error: &str) -> RunError {
    let url = "https://vault.example.com/identity/connect/token";
    OrganizationError::SignIn(ServerMessage::read(url, 400, error.as_bytes())).into()
}

fn event(phase: Phase, event: Event) -> Reply {
    Reply::Event(RunEvent { phase, event, source: None })
}

fn lost_ledger() -> State {
    let path = data().with_file_name("connector.db");
    let words = describe(&EngineError::History(bwdc_engine::HistoryError::LedgerDamaged { path }));
    State { ledger_error: Some(words.message), runs: Vec::new(), ..signed_in() }
}

/// Each state with what a reader sees of it and nowhere else.
pub(crate) fn table() -> Vec<(&'static str, &'static str, App)> {
    let store = |error: StoreError| unopened(SetupError::Store(error));
    let secret = |error: SecretError| unopened(SetupError::Secret(error));
    let keychain = |source| secret(SecretError::Keychain { name: SecretName::AccessToken, source });
    let damaged =
        StoreError::Invalid { path: data(), line: 3, column: 9, reason: "expected value".to_owned() };
    let unreadable = StoreError::Read { path: data(), source: std::io::ErrorKind::PermissionDenied.into() };
    let key = data().with_file_name("secrets.key");
    let until = ApprovalState::Counts { until: Timestamp(NOON.0 + 24 * HOUR) };
    let since = ApprovalState::Expired { since: Timestamp(NOON.0 - HOUR) };
    let unreached = TransportError::NotConnected {
        url: "https://vault.example.com/identity/connect/token".to_owned(),
        limit: Duration::from_secs(30),
    };
    let refused_connection = LdapReadError::Connect {
        server: "ldaps://dc1.example.com:636".into(),
        source: std::io::ErrorKind::ConnectionRefused.into(),
    };
    let held = bwdc_messages::progress::held(Some(("sync", 4711, "2026-11-26T16:40:00.000Z")));
    let part = RunError::Held { refusals: refusals(), done: 7, other: None, run: Some(RunId(13)) };
    let whole = RunError::Refused { refusals: refusals(), run: Some(RunId(13)) };
    let silent = remote::silent(&AskError::NotAllowed { path: "/run/bwdc/bwdc.sock".into() });
    let mut of_silent_service = App::new(TimeZone::UTC, NOON);
    of_silent_service.reply(Reply::Overview(Err(Failure::from(silent))));
    let mut of_service_settings = of(of_service());
    of_service_settings.select_tab(Tab::Settings);
    of_service_settings.reply(Reply::Settings(Ok(usual())));
    vec![
        ("data-damaged", "The settings are damaged", store(damaged)),
        ("data-newer", "has version 9, which is newer", of(State { later_version: Some(9), ..signed_in() })),
        (
            "data-too-old",
            "The settings are of an older version",
            store(StoreError::TooOld { path: data(), version: 1 }),
        ),
        ("data-unreadable", "A file cannot be read", store(unreadable)),
        ("data-read-only", "A file cannot be written", read_only()),
        (
            "ledger-newer",
            "The ledger is of a newer version",
            ended(LedgerError::Newer { version: 99, known: 20 }),
        ),
        ("secrets-locked", "The secret store does not open", keychain(KeychainError::Locked)),
        ("secrets-silent", "The secret store does not open", keychain(KeychainError::Silent)),
        ("secrets-absent", "The secret store does not open", keychain(KeychainError::Absent)),
        ("passphrase-missing", "The secret store does not open", secret(SecretError::PassphraseMissing)),
        ("key-missing", "The secret store does not open", secret(SecretError::KeyMissing { path: key })),
        (
            "signed-out",
            "Nobody is signed in",
            ended_in(SetupError::NotSignedIn, State { client_id: None, ..signed_in() }),
        ),
        ("key-rotated", "The server refuses the API key", ended(sign_in(r#"{"error":"invalid_client"}"#))),
        (
            "organization-unreachable",
            "The organization's server cannot be reached",
            ended(OrganizationError::Transport(unreached)),
        ),
        (
            "directory-unreachable",
            "The directory could not be read",
            ended(ReadError::from(refused_connection)),
        ),
        ("no-directory", "A setting is missing or wrong", ended(SetupError::NoDirectory)),
        (
            "held",
            "Waiting for `bwdc sync` (process 4711, since 2026-11-26 16:40 UTC) to end",
            running(Reply::Waits(held)),
        ),
        (
            "settling",
            "Waiting for an import of an earlier run to end",
            running(event(Phase::Settling, Event::Settling { seconds: 120 })),
        ),
        (
            "import-under-way",
            "The server still works on an earlier import",
            ended(RunError::ImportUnderWay { people: 12, groups: 2 }),
        ),
        ("refused", "The limits refused the run", ended_in(whole, refused(ApprovalState::Missing))),
        (
            "held-in-part",
            "The limits held back a part of the run",
            ended_in(part, refused(ApprovalState::Missing)),
        ),
        ("approval-waits", "Run 13 waits for an approval.", approval_page(ApprovalState::Missing)),
        ("approved", "Run 13 is approved until", approval_page(until)),
        ("approved-dashboard", "the next sync carries it out", of(refused(until))),
        ("approval-expired", "and no sync had carried it out", approval_page(since)),
        ("approval-expired-dashboard", "expired 2025-11-26", of(refused(since))),
        ("first-run", "No run has ended yet.", of(State { runs: Vec::new(), ..signed_in() })),
        ("lost-ledger", "connector.db", of(lost_ledger())),
        ("repairs", "need a decision that no sync takes", repairs()),
        (
            "settings-from-environment",
            "environment variable",
            settings(changed(json!(636), Origin::Variable)),
        ),
        ("changed-elsewhere", "Changed elsewhere meanwhile", changed_elsewhere()),
        ("of-service", "The service of this machine keeps this profile", of(of_service())),
        ("of-service-settings", "Everything is saved.", of_service_settings),
        ("of-service-plan", "3 changes, within the limits.", planned_by_service()),
        ("service-silent", "The service cannot be asked", of_silent_service),
        (
            "moved-to-service",
            "This profile is kept elsewhere",
            ended(SetupError::Moved { to: "/var/lib/bwdc/data".into() }),
        ),
        ("profiles", "/var/lib/bwdc/data", profiles()),
        ("take-over", "Automatic sync is on there.", take_over()),
        ("service-absent", "No service is installed.", service(None)),
        ("service-stopped", "The service is installed and does not run.", service(Some(false))),
        ("service-runs", "The service runs.", service(Some(true))),
    ]
}
