//! Every state that an installation or a run can be in has a screen of its own: which one, in a table.

use crate::plans::planned_first;
use crate::scenes::{failed, ldap, menu, refusals, refused_state, report};
use crate::stage::{Stage, signed_in};
use bwdc_console::app::Start;
use bwdc_console::job::{Happened, RefusedRunState, State, Told};
use bwdc_core::names::Timestamp;
use bwdc_core::plan::{Picks, RepairCase};
use bwdc_core::settings::Setting;
use bwdc_engine::directory::ReadError;
use bwdc_engine::directory::ldap::LdapReadError;
use bwdc_engine::http::TransportError;
use bwdc_engine::ledger::{LedgerError, RunId};
use bwdc_engine::organization::{OrganizationError, ServerMessage};
use bwdc_engine::profiles::ProfileEntry;
use bwdc_engine::secrets::{KeychainError, SecretError, SecretName};
use bwdc_engine::service::AskError;
use bwdc_engine::store::StoreError;
use bwdc_engine::{ApprovalState, EngineError, Origin, Repairs, RunError, SetupError, Verification};
use bwdc_messages::approval::approval;
use bwdc_messages::line::{Line, Tone};
use bwdc_messages::{ErrorText, remote};
use serde_json::json;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

const HOUR: i64 = 60 * 60 * 1000;
const NOON: Timestamp = Timestamp(1_764_158_400_000);

fn data() -> PathBuf {
    "/home/ann/.config/Bitwarden Directory Connector/data.json".into()
}

/// An installation that cannot be opened.
fn unopened(error: impl Into<EngineError>) -> Stage {
    let mut stage = Stage::new(Start::Menu);
    stage.answer(failed(error.into()));
    stage
}

/// A sync that ends with an error.
fn ended(error: impl Into<RunError>) -> Stage {
    ended_with(error, signed_in(&ldap()))
}

fn ended_with(error: impl Into<RunError>, state: State) -> Stage {
    let mut stage = menu();
    stage.press("6");
    stage.answer(failed(EngineError::Run(error.into())));
    stage.answer(Happened::State(Box::new(state)));
    stage
}

fn keychain(source: KeychainError) -> Stage {
    let name = SecretName::AccessToken;
    unopened(EngineError::Setup(SetupError::Secret(SecretError::Keychain { name, source })))
}

fn key_rotated() -> Stage {
    let body = br#"{"error":"invalid_client"}"#;
    let message = ServerMessage::read("https://vault.example.com/identity/connect/token", 400, body);
    ended(OrganizationError::SignIn(message))
}

fn organization_unreachable() -> Stage {
    let url = "https://vault.example.com/identity/connect/token".to_owned();
    ended(OrganizationError::Transport(TransportError::NotConnected { url, limit: Duration::from_secs(30) }))
}

fn directory_unreachable() -> Stage {
    let server = "ldaps://dc1.example.com:636".into();
    let source = std::io::ErrorKind::ConnectionRefused.into();
    ended(ReadError::from(LdapReadError::Connect { server, source }))
}

fn read_only() -> Stage {
    let mut stage = Stage::menu(signed_in(&ldap()));
    stage.press("4/largeImport<enter><enter>s");
    stage.answer(Happened::State(Box::new(signed_in(&ldap()))));
    let source = std::io::ErrorKind::ReadOnlyFilesystem.into();
    let error = StoreError::Write { path: data(), source };
    if stage.orders.front().is_none() {
        stage.press("y");
    }
    stage.answer(failed(EngineError::Setup(SetupError::Store(error))));
    stage
}

fn held_by_another() -> Stage {
    let mut stage = menu();
    stage.press("6");
    let job = stage.orders.front().expect("a sync").id;
    let held = bwdc_messages::progress::held(Some(("sync", 4711, "2026-11-26T16:40:00.000Z")));
    stage.tell(job, Happened::Held(held));
    stage
}

fn settling() -> Stage {
    let mut stage = menu();
    stage.press("6");
    let settling = bwdc_messages::progress::event(&bwdc_engine::event::Event::Settling { seconds: 120 });
    let job = stage.orders.front().expect("a sync").id;
    stage.tell(job, Happened::Progress(settling.expect("it is said")));
    stage
}

fn refused(partly: bool) -> Stage {
    let (run, refusals) = (Some(RunId(13)), refusals());
    let error = match partly {
        true => RunError::Held { refusals, done: 7, other: None, run },
        false => RunError::Refused { refusals, run },
    };
    let mut stage = menu();
    stage.press("6");
    stage.answer(failed(EngineError::Run(error)));
    stage.answer(Happened::State(Box::new(refused_state())));
    stage
}

/// The refused run, in the state that its approval is in.
fn approval_screen(state: ApprovalState) -> Stage {
    let mut stage = Stage::menu(State { approval: state, ..refused_state() });
    stage.press("a");
    let lines = vec![
        Line::new("Run 13 of 2025-11-26 16:53 UTC was refused by the limits.", Tone::Strong),
        Line::new("- 12 of 100 managed members would lose access. The limit is 5.", Tone::Warning),
        Line::default(),
        Line::new("Access revoked (12)", Tone::Bad),
        Line::plain("  - ada@example.com"),
        Line::plain("  - 山田太郎@example.com"),
    ];
    stage.answer(Happened::Refused(Box::new(RefusedRunState {
        run: RunId(13),
        lines,
        approval: approval(&refusals()),
        state,
    })));
    stage
}

fn menu_of(state: ApprovalState) -> Stage {
    Stage::menu(State { approval: state, ..refused_state() })
}

fn first_run() -> Stage {
    let mut stage = Stage::menu(signed_in(&ldap()));
    stage.press("5");
    stage.answer(Happened::Planned(Box::new(planned_first())));
    stage
}

fn lost_ledger() -> Stage {
    let path = data().with_file_name("connector.db");
    let damaged = bwdc_engine::HistoryError::LedgerDamaged { path };
    let words = bwdc_messages::describe(&EngineError::History(damaged));
    let steps = bwdc_messages::CommandLine::default().sentences(&words.next_steps);
    let said = format!("{} {steps}", words.message);
    Stage::menu(State { ledger_error: Some(said), ..signed_in(&ldap()) })
}

fn not_verified() -> Stage {
    let mut stage = menu();
    stage.press("6");
    stage.answer(Happened::Synced(Box::new(report(Verification::SentNotVerified))));
    stage.answer(Happened::State(Box::new(signed_in(&ldap()))));
    stage
}

/// Two memberships of which both have joined, and two of which one never did.
pub(crate) fn cases(picks: &Picks) -> Vec<RepairCase> {
    use bwdc_core::names::{Email, MemberId};
    use bwdc_core::observed::{MemberStatus, ObservedMember, OrganizationState, Role};
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
    let (ledger, connector) = (Default::default(), bwdc_core::settings::ConnectorSettings::default());
    bwdc_core::plan::repairs(&state, &ledger, &connector, picks)
}

fn found(picks: &Picks) -> Happened {
    Happened::Repairs(Box::new(Repairs { cases: cases(picks), beyond_limit: 0 }))
}

fn repairs() -> Stage {
    let mut stage = menu();
    stage.press("d");
    stage.answer(found(&Picks::default()));
    stage
}

fn from_the_environment() -> Stage {
    let mut state = signed_in(&ldap());
    let port = Setting::find("ldap.port").expect("a setting");
    for entry in state.entries.iter_mut().filter(|it| it.setting == port) {
        entry.origin = Origin::Variable;
    }
    let mut stage = Stage::menu(state);
    stage.press("3/server port<enter><enter>");
    stage
}

fn changed_elsewhere() -> Stage {
    let mut stage = Stage::menu(signed_in(&ldap()));
    stage.press("4/limits.removals<enter><enter>7<enter>s");
    let mut elsewhere = ldap();
    elsewhere.push(("limits.removals", json!(9)));
    stage.answer(Happened::State(Box::new(signed_in(&elsewhere))));
    stage
}

fn of_service() -> State {
    State { by_service: true, ..signed_in(&ldap()) }
}

fn silent_service() -> Stage {
    let mut stage = Stage::new(Start::Menu);
    let path = PathBuf::from("/run/bwdc/bwdc.sock");
    let error: ErrorText = remote::silent(&AskError::NotAllowed { path });
    stage.answer(Happened::Failed(Box::new(error)));
    stage
}

fn by_the_service(keys: &str) -> Stage {
    let mut stage = Stage::menu(of_service());
    stage.press(keys);
    stage
}

fn planned_by_the_service() -> Stage {
    let mut stage = by_the_service("5");
    let lines =
        ["3 changes, within the limits.", "", "New members, invited by e-mail (2)", "  - ada@example.com"];
    stage.answer(Happened::Told(Box::new(Told {
        lines: lines.map(Line::plain).to_vec(),
        notices: vec!["2 people have no address.".to_owned()],
        is_refused: false,
    })));
    stage
}

fn profiles() -> Stage {
    let mut stage = menu();
    stage.press("p");
    let profile = |name: &str, current| ProfileEntry {
        name: bwdc_engine::paths::ProfileName::parse(name).expect("a name"),
        folder: format!("/home/ann/.config/{name}").into(),
        current,
        has_settings: true,
    };
    stage.answer(Happened::Profiles(vec![profile("default", true), profile("berlin", false)], Vec::new()));
    stage
}

/// Each state of the console with the screen on record that it has.
pub(crate) fn table() -> Vec<(&'static str, &'static str, Stage)> {
    let damaged =
        || StoreError::Invalid { path: data(), line: 3, column: 9, reason: "expected value".to_owned() };
    let store = |error: StoreError| unopened(EngineError::Setup(SetupError::Store(error)));
    let secret = |error: SecretError| unopened(EngineError::Setup(SetupError::Secret(error)));
    let unreadable =
        || StoreError::Read { path: data(), source: std::io::ErrorKind::PermissionDenied.into() };
    let newer_ledger = || LedgerError::Newer { version: 99, known: 20 };
    let until = ApprovalState::Counts { until: Timestamp(NOON.0 + 24 * HOUR) };
    let since = ApprovalState::Expired { since: NOON };
    vec![
        ("the choice of profile", "state-profiles", profiles()),
        ("data.json damaged", "state-data-damaged", store(damaged())),
        (
            "data.json newer",
            "state-data-newer",
            Stage::menu(State { later_version: Some(9), ..signed_in(&ldap()) }),
        ),
        ("data.json too old", "state-data-too-old", store(StoreError::TooOld { path: data(), version: 1 })),
        ("data.json unreadable", "state-data-unreadable", store(unreadable())),
        ("data.json read-only", "state-data-read-only", read_only()),
        ("ledger newer", "state-ledger-newer", ended(newer_ledger())),
        ("secret store locked", "state-secrets-locked", keychain(KeychainError::Locked)),
        ("secret store silent", "state-secrets-silent", keychain(KeychainError::Silent)),
        ("secret store absent", "state-secrets-absent", keychain(KeychainError::Absent)),
        ("passphrase missing", "state-passphrase-missing", secret(SecretError::PassphraseMissing)),
        (
            "key of the secrets missing",
            "state-key-missing",
            secret(SecretError::KeyMissing { path: data().with_file_name("secrets.key") }),
        ),
        (
            "signed out",
            "state-signed-out",
            ended_with(SetupError::NotSignedIn, State { client_id: None, ..signed_in(&ldap()) }),
        ),
        ("key rotated", "state-key-rotated", key_rotated()),
        ("organization unreachable", "state-organization-unreachable", organization_unreachable()),
        ("directory unreachable", "state-directory-unreachable", directory_unreachable()),
        ("no directory chosen", "state-no-directory", ended(SetupError::NoDirectory)),
        ("held by another run", "state-held", held_by_another()),
        ("waiting for an import to settle", "state-settling", settling()),
        (
            "import still under way",
            "state-import-under-way",
            ended(RunError::ImportUnderWay { people: 12, groups: 2 }),
        ),
        ("refused wholly", "state-refused", refused(false)),
        ("refused in part", "state-held-in-part", refused(true)),
        ("waits for an approval", "state-approval-waits", approval_screen(ApprovalState::Missing)),
        ("approved", "state-approved", approval_screen(until)),
        ("approved, in the menu", "state-approved-menu", menu_of(until)),
        ("approval expired", "state-approval-expired", approval_screen(since)),
        ("approval expired, in the menu", "state-approval-expired-menu", menu_of(since)),
        ("first run", "state-first-run", first_run()),
        ("lost ledger", "state-lost-ledger", lost_ledger()),
        ("sent, not verified", "state-not-verified", not_verified()),
        ("repairs", "state-repairs", repairs()),
        ("settings from the environment", "state-environment", from_the_environment()),
        ("changed elsewhere meanwhile", "state-changed-elsewhere", changed_elsewhere()),
        ("folder owned by the service", "state-of-service", Stage::menu(of_service())),
        ("settings of the service", "state-of-service-form", by_the_service("3")),
        ("plan of the service", "state-of-service-plan", planned_by_the_service()),
        ("not through the service", "state-of-service-log-in", by_the_service("1")),
        ("service that may not be asked", "state-service-silent", silent_service()),
        (
            "profile that was moved to the service",
            "state-moved",
            ended(SetupError::Moved { to: "/var/lib/bwdc/data".into() }),
        ),
    ]
}

#[test]
fn every_state_has_a_screen_of_its_own() {
    let mut seen: BTreeMap<String, &str> = BTreeMap::new();
    for (state, screen, stage) in table() {
        stage.shows(screen);
        let text = stage.text(80, 24);
        if let Some(other) = seen.insert(text.clone(), state) {
            unreachable!("`{state}` looks as `{other}` does:\n{text}");
        }
        assert!(
            !stage.app.is_waiting() || state.contains("held") || state.contains("settle"),
            "{state} is no spinner"
        );
    }
}

#[test]
fn what_a_state_asks_for_is_done_from_its_screen() {
    for (state, keys, shown) in [
        ("key rotated", "11", "New client secret"),
        ("directory unreachable", "1", "Directory connection"),
        ("no directory chosen", "1", "Directory connection"),
        ("signed out", "1", "Guided set-up"),
        ("held in part", "v", "Approval"),
    ] {
        let state = if state == "held in part" { "refused in part" } else { state };
        let found = table().into_iter().find(|(name, ..)| *name == state);
        let (_, _, mut stage) = found.expect("a state of the table");
        stage.press(keys);
        assert!(stage.text(80, 24).contains(shown), "{state}: {}", stage.text(80, 24));
    }
}

#[test]
fn repairs_are_picked_and_sent_only_after_a_typed_yes() {
    let mut stage = repairs();
    assert!(stage.text(80, 24).contains("needs a choice"), "{}", stage.text(80, 24));
    // The first membership of the case that has no choice.
    stage.press("<enter>");
    let picks = Picks { keep: vec!["0b6d3d5e-1111-4222-8333-944455556666".to_owned()], first: false };
    let job = stage.answer(found(&picks));
    assert!(matches!(job, bwdc_console::job::Job::Repairs(it) if it.keep == picks.keep));
    stage.shows("repairs-picked");
    stage.press("c");
    stage.press("y<enter>");
    assert!(stage.orders.is_empty(), "a letter is no yes");
    stage.shows("repairs-not-yes");
    stage.press("<clear>yes<enter>");
    let order = stage.orders.front().expect("repairs");
    assert!(
        matches!(&order.job, bwdc_console::job::Job::Repair { agreed, .. } if agreed.decided().count() == 2)
    );
    stage.answer(Happened::Repaired(2));
    stage.answer(Happened::Repairs(Box::new(Repairs { cases: Vec::new(), beyond_limit: 0 })));
    stage.shows("repairs-done");
}
