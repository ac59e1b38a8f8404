//! Every screen and every state, whole, at two sizes, with and without colors: `screens/NAME.txt`.

use crate::plans::planned;
use crate::scenes::{failed, finding, ldap, menu, refusals, refused_connection, refused_state, report, run};
use crate::stage::{Stage, entries, signed_in};
use bwdc_console::app::Start;
use bwdc_console::job::{Happened, Job, State};
use bwdc_core::names::Timestamp;
use bwdc_core::plan::Refusal;
use bwdc_core::settings::{LdapPreset, Setting};
use bwdc_engine::doctor::{Check, Concern, Outcome};
use bwdc_engine::ledger::RunOutcome;
use bwdc_engine::profiles::ProfileEntry;
use bwdc_engine::secrets::SecretPlace;
use bwdc_engine::{Discovered, EngineError, Origin, RunError, SetupError, Verification};
use bwdc_messages::approval::approval;
use bwdc_messages::line::{Line, Tone};
use bwdc_messages::setup::{Counted, SetupDone, SetupPlan};
use bwdc_messages::{Condition, ErrorKind, ErrorText, Step};
use serde_json::json;

#[test]
fn the_menu_in_each_of_its_states() {
    let stage = Stage::new(Start::Menu);
    stage.shows("menu-begins");
    let mut stage = Stage::menu(State { entries: entries(&[]), ..State::default() });
    stage.shows("menu-first");
    stage.press("?");
    stage.shows("keys");
    menu().shows("menu");
    let next = Some(Timestamp(1_764_175_200_000));
    let runs = vec![run(12, Some(RunOutcome::Unchanged), &[])];
    Stage::menu(State { next, runs, ..signed_in(&ldap()) }).shows("menu-scheduled");
    Stage::menu(refused_state()).shows("menu-refused");
    let ledger_error = Some("The ledger `connector.db` cannot be read.".to_owned());
    Stage::menu(State { ledger_error, ..signed_in(&ldap()) }).shows("menu-ledger");
    let mut stage = Stage::new(Start::Menu);
    stage.answer(Happened::Failed(Box::new(ErrorText {
        kind: ErrorKind::Storage,
        condition: Condition::SettingsDamaged,
        message: "Cannot read `/home/ann/.config/Bitwarden Directory Connector/data.json`: expected value at line 3 column 9."
            .to_owned(),
        next_steps: vec![Step::run("doctor").into()],
        official: false,
    })));
    stage.shows("menu-damaged");
    stage.press("3");
    stage.shows("menu-damaged-form");
}

#[test]
fn the_set_up_for_somebody_who_has_nothing() {
    let mut stage = Stage::new(Start::Setup);
    stage.shows("setup-begins");
    stage.facts(None, &[]);
    stage.shows("setup-server");
    stage.press("3");
    stage.shows("setup-url");
    stage.press("https://vault.example.com<enter>");
    stage.facts(None, &[("server", json!("https://vault.example.com"))]);
    stage.shows("setup-client-id");
    stage.press("ann<enter>");
    stage.shows("setup-client-id-wrong");
    stage.press("organization.6d1f<enter>");
    stage.press("s3cret");
    stage.shows("setup-client-secret");
    stage.press("<enter>");
    stage.shows("setup-signing-in");
    stage.facts(Some("organization.6d1f"), &[("server", json!("https://vault.example.com"))]);
    stage.shows("setup-kind");
    stage.press("2");
    stage.shows("setup-ldap-server");
    stage.press("<tab>");
    stage.shows("setup-vendor");
    stage.press("<enter>");
    stage.press("ldap.example.com<enter>");
    stage.shows("setup-encryption");
    stage.press("1cn=reader,dc=example,dc=com<enter>");
    stage.press("pw<enter>");
    stage.setup(SetupDone::Discovered(Discovered {
        vendor: Some("OpenLDAP".to_owned()),
        preset: Some(LdapPreset::Openldap),
        naming_contexts: vec!["dc=example,dc=com".to_owned(), "o=Other".to_owned()],
        containers: vec!["ou=groups,dc=example,dc=com".to_owned(), "ou=people,dc=example,dc=com".to_owned()],
    }));
    stage.shows("setup-base");
    stage.press("1");
    stage.setup(SetupDone::Tried(vec![
        finding(Check::Connection, "ldap.example.com:636", Outcome::Good),
        finding(
            Check::Directory(bwdc_engine::directory::probe::Check::People),
            "(objectClass=inetOrgPerson)",
            Outcome::Concern(Concern::Directory(bwdc_engine::directory::probe::Concern::NothingFound)),
        ),
    ]));
    stage.shows("setup-tried");
    stage.press("1");
    stage.facts(Some("organization.6d1f"), &ldap());
    stage.shows("setup-what");
    stage.press("1");
    stage.shows("setup-invite");
    stage.press("1");
    stage.setup(SetupDone::Progress("Reading the directory: 40 people, 3 groups".to_owned()));
    // Progress ends no job.
    stage.shows("setup-counting");
}

fn at_count() -> Stage {
    let mut stage = Stage::new(Start::Setup);
    stage.facts(Some("organization.6d1f"), &ldap());
    stage.shows("setup-overview");
    stage.press("51");
    stage.press("1");
    stage.setup(SetupDone::Counted(Counted {
        enabled: 57,
        disabled: 2,
        groups: 12,
        lines: vec![
            Line::new("57 people, 2 disabled, 12 groups.", Tone::Good),
            Line::new("Left out, 3: has no address.", Tone::Warning),
        ],
        people: ["ada@example.com", "山田太郎@example.com", "jürgen@example.com"].map(str::to_owned).to_vec(),
        named_groups: vec!["Staff (57 members)".to_owned()],
    }));
    stage
}

#[test]
fn the_set_up_goes_on_where_it_was_left_and_ends_with_a_sync() {
    let mut stage = at_count();
    stage.shows("setup-counted");
    stage.press("2");
    stage.shows("setup-refine");
    stage.press("<esc>1");
    stage.facts(Some("organization.6d1f"), &ldap());
    let invitations = [Refusal::TooManyInvitations { planned: 57, allowed: 20 }];
    let lines = vec![Line::new("57 people would be invited. The limit is 20 at once.", Tone::Bad)];
    stage.setup(SetupDone::Planned(SetupPlan {
        lines,
        has_changes: true,
        is_allowed: false,
        mailed: 57,
        approval: approval(&invitations),
    }));
    stage.shows("setup-planned-refused");
    stage.press("12<enter>");
    stage.shows("setup-planned-other-number");
    stage.press("57<enter>");
    let order = stage.orders.front().expect("a sync");
    assert!(matches!(&order.job, Job::Setup(bwdc_messages::setup::SetupWork::SyncApproved(57))));
    stage.setup(SetupDone::Synced(vec![
        Line::new("Syncing complete.", Tone::Strong),
        Line::new("Sent 57 people and 12 groups.", Tone::Good),
        Line::new("The organization was read back and is as planned.", Tone::Good),
    ]));
    stage.shows("setup-synced");
    stage.press("1");
    stage.shows("setup-service");
    stage.press("1");
    assert!(stage.app.is_over());
}

#[test]
fn a_connection_that_fails_is_told_and_nothing_is_lost() {
    let mut stage = Stage::new(Start::Setup);
    stage.facts(Some("organization.6d1f"), &[("server", json!("https://vault.example.com"))]);
    stage.press("32dc9<enter>1reader<enter>pw<enter>");
    let error =
        "Cannot connect to ldaps://dc9:636: connection refused.\nCheck that the server runs.".to_owned();
    stage.setup(SetupDone::Failed(error));
    stage.shows("setup-unreached");
    stage.press("<esc><esc><esc><esc><esc><esc>");
    stage.shows("setup-leaving");
    stage.press("n");
    assert!(!stage.app.is_over());
}

#[test]
fn a_form_while_it_is_filled_in() {
    let mut state = signed_in(&ldap());
    let of = |name: &str| Setting::find(name).expect("a setting");
    for entry in &mut state.entries {
        if entry.setting == of("ldap.password") {
            entry.origin = Origin::Secret(SecretPlace::EncryptedFile);
        } else if entry.setting == of("ldap.port") {
            entry.origin = Origin::Variable;
        }
    }
    let mut stage = Stage::menu(state);
    stage.press("2");
    stage.shows("form-organization");
    stage.press("<esc>");
    stage.orders.clear();
    stage.press("3");
    stage.shows("form-directory");
    stage.press("/server port<enter><enter>");
    stage.shows("form-from-variable");
    stage.press("/root path<enter><enter><clear>dc=other");
    stage.shows("form-typing");
    stage.press("<enter>/time-limits.page<enter><enter>abc<enter>");
    stage.shows("form-typed-wrong");
    stage.press("<esc>/password<enter><enter>hunter");
    stage.shows("form-secret");
    stage.press("<esc>/sign in by<enter><enter>");
    stage.shows("form-choice");
    stage.press("<esc><esc>");
    stage.shows("form-leaving");
    stage.press("<esc>a");
    stage.shows("form-all");
    stage.press("t");
    stage.shows("form-testing");
    stage.setup(SetupDone::Tried(vec![finding(
        Check::Connection,
        "dc1.example.com:636",
        refused_connection(),
    )]));
    stage.shows("form-tested");
}

#[test]
fn what_is_saved_is_counted_and_what_was_changed_elsewhere_is_said() {
    let mut stage = Stage::menu(signed_in(&ldap()));
    stage.press("4/user filter<enter><enter>(l=Berlin)<enter>s");
    let mut elsewhere = ldap();
    elsewhere.push(("sync.userFilter", json!("(l=Paris)")));
    let now = signed_in(&elsewhere);
    stage.answer(Happened::State(Box::new(now)));
    let counted = |enabled, groups| Counted { enabled, groups, ..Counted::default() };
    stage.setup(SetupDone::Counted(counted(57, 12)));
    stage.setup(SetupDone::Counted(counted(4, 12)));
    stage.shows("form-saving");
    stage.press("y");
    let order = stage.orders.front().expect("a save");
    let written: Vec<&str> = match &order.job {
        Job::Save { settings, secrets } if secrets.is_empty() => {
            settings.iter().map(|(setting, _)| setting.name).collect()
        }
        _ => Vec::new(),
    };
    assert_eq!(written, ["sync.userFilter"], "only what was changed is written");
    elsewhere.pop();
    elsewhere.push(("sync.userFilter", json!("(l=Berlin)")));
    stage.answer(Happened::State(Box::new(signed_in(&elsewhere))));
    stage.shows("form-saved");
}

#[test]
fn effective_values_are_shown_and_not_written() {
    let mut stage = Stage::menu(signed_in(&ldap()));
    stage.press("4/user object class<enter><enter>");
    assert!(stage.text(80, 24).contains("inetOrgPerson"), "the preset's name is shown");
    stage.press("<enter>s");
    assert!(stage.orders.is_empty(), "nothing was changed");
    assert!(stage.text(80, 24).contains("Nothing was changed."));
}

#[test]
fn a_plan_from_loading_to_sending() {
    let mut stage = menu();
    stage.press("5");
    stage.shows("plan-begins");
    let job = stage.orders.front().expect("a plan").id;
    stage.tell(job, Happened::Progress("Reading the directory: 12 people, 2 groups".to_owned()));
    stage.tell(
        job,
        Happened::Notice("The password of `reader` is sent to the server in clear text.".to_owned()),
    );
    stage.shows("plan-reading");
    let names = ["Ada", "山田太郎", "Jürgen", "Zoe\u{301}", "\u{202e}evil\u{1b}[31m"];
    stage.answer(Happened::Planned(Box::new(planned(&names, &[("Staff", &["Ada", "Jürgen"])], 1))));
    stage.shows("plan");
    stage.press("n");
    stage.shows("plan-notices");
    stage.press("<esc>/jür");
    stage.shows("plan-search");
    stage.press("<enter><down><enter>");
    stage.shows("plan-detail");
    stage.press("<esc>/<clear><enter>f");
    stage.shows("plan-filter");
    stage.press("fff<home><enter>");
    stage.shows("plan-folded");
    stage.press("w");
    stage.shows("plan-file");
    stage.press("<enter>");
    stage.answer(Happened::Written("plan.json".into()));
    stage.shows("plan-written");
    stage.press("s");
    stage.shows("plan-ask-sync");
    stage.press("y");
    assert!(matches!(
        stage.orders.front().expect("a sync").job,
        Job::Sync { expected: Some(_), approved: None }
    ));
}

#[test]
fn a_plan_that_is_refused_is_approved_by_its_number() {
    let mut stage = menu();
    stage.press("5");
    stage.answer(Happened::Planned(Box::new(planned(&["Ada"], &[], 20))));
    stage.shows("plan-refused");
    stage.press("a12<enter>");
    stage.shows("plan-other-number");
    assert!(stage.orders.is_empty());
    stage.press("<clear>20<enter>");
    assert!(matches!(stage.orders.front().expect("a sync").job, Job::Sync { approved: Some(20), .. }));
}

#[test]
fn plans_that_are_empty_or_cannot_be_made() {
    let mut stage = menu();
    stage.press("5");
    stage.answer(Happened::Planned(Box::new(planned(&[], &[], 0))));
    stage.shows("plan-empty");
    let mut stage = menu();
    stage.press("5");
    stage.answer(failed(EngineError::Setup(SetupError::NotSignedIn)));
    stage.shows("plan-signed-out");
}

#[test]
fn a_run_in_each_of_its_states() {
    let mut stage = menu();
    stage.press("6");
    let job = stage.orders.front().expect("a sync").id;
    let held = bwdc_messages::progress::held(Some(("sync", 4711, "2026-11-26T16:40:00.000Z")));
    stage.tell(job, Happened::Held(held));
    stage.shows("run-held");
    stage.tell(job, Happened::Progress("Sending request 1 of 3".to_owned()));
    stage.tell(job, Happened::Notice("2 people have no address.".to_owned()));
    stage.shows("run-sending");
    stage.press("<esc>");
    assert!(stage.orders.front().expect("a sync").cancel.is_cancelled());
    stage.shows("run-ending");
    stage.answer(failed(EngineError::Run(RunError::Cancelled)));
    stage.shows("run-cancelled");

    let mut stage = menu();
    stage.press("6");
    stage.answer(Happened::Synced(Box::new(report(Verification::Verified))));
    stage.shows("run-verified");

    let mut stage = menu();
    stage.press("6");
    stage.answer(Happened::Synced(Box::new(report(Verification::SentNotVerified))));
    stage.shows("run-not-verified");
    stage.press("o");
    stage.shows("account");
    stage.press("2user.1<enter>");
    stage.shows("account-observer");
    stage.press("<esc>3");
    stage.shows("account-log-out");
    stage.press("<esc>1s3cret");
    stage.shows("account-new-secret");
}

#[test]
fn a_run_that_is_refused_is_approved_from_there() {
    let mut stage = menu();
    stage.press("6");
    stage.answer(failed(EngineError::Run(RunError::Refused { refusals: refusals(), run: None })));
    stage.answer(Happened::State(Box::new(refused_state())));
    stage.shows("run-refused");
    stage.press("a1");
    stage.shows("run-approving");
    stage.press("2<enter>");
    assert!(matches!(stage.orders.front().expect("a sync").job, Job::Sync { approved: Some(12), .. }));
}

#[test]
fn history_and_doctor_with_their_details() {
    let mut stage = menu();
    stage.press("8");
    stage.answer(Happened::History(vec![
        run(14, None, &[]),
        run(13, Some(RunOutcome::Refused), &[]),
        run(12, Some(RunOutcome::Complete), &[("invited", 3), ("revoked", 1)]),
        run(11, Some(RunOutcome::Unchanged), &[]),
        run(10, Some(RunOutcome::Failed), &[]),
    ]));
    stage.shows("history");
    stage.press("/refused<enter>");
    stage.shows("history-search");
    stage.press("/<esc><down><down><enter>");
    stage.answer(Happened::Run(Box::new(run(12, Some(RunOutcome::Complete), &[("invited", 3)])), Vec::new()));
    stage.shows("history-run");

    let mut stage = menu();
    stage.press("9");
    let job = stage.orders.front().expect("checks").id;
    for found in [
        finding(Check::DirectorySettings, "Active Directory / LDAP", Outcome::Good),
        finding(Check::Connection, "dc1.example.com:636", refused_connection()),
        finding(Check::SignIn, "", Outcome::WaitsFor(Check::Connection)),
        finding(
            Check::Directory(bwdc_engine::directory::probe::Check::SignIn),
            "dc1.example.com",
            Outcome::Concern(Concern::Directory(bwdc_engine::directory::probe::Concern::ClearText)),
        ),
    ] {
        stage.tell(job, Happened::Finding(Box::new(found)));
    }
    stage.shows("doctor-checking");
    stage.answer(Happened::Examined);
    stage.shows("doctor");
    stage.press("f<down><down>");
    stage.shows("doctor-problems");
    stage.press("<enter>");
    stage.shows("doctor-next");
    stage.press("1");
    stage.shows("doctor-form");
    assert!(stage.orders.is_empty(), "a step fills in the form and saves nothing");
}

#[test]
fn the_choice_of_a_profile() {
    let mut stage = menu();
    stage.press("p");
    let profile = |name: &str, current| ProfileEntry {
        name: bwdc_engine::paths::ProfileName::parse(name).expect("a name"),
        folder: format!("/home/ann/.config/{name}").into(),
        current,
        has_settings: true,
    };
    stage.answer(Happened::Profiles(vec![profile("default", true), profile("berlin", false)], Vec::new()));
    stage.shows("profiles");
    stage.press("<down><enter>");
    stage.answer(Happened::State(Box::new(State { entries: entries(&[]), ..State::default() })));
    stage.shows("menu-profile");
}

#[test]
fn a_window_that_is_too_small_says_so() {
    let stage = menu();
    let text = stage.text(50, 10);
    assert!(text.contains("50 × 10") && text.contains("60 × 16"), "{text}");
    for (width, height) in [(1, 1), (0, 0), (59, 16), (60, 15)] {
        stage.text(width, height);
    }
    let smallest = Stage::menu(refused_state()).text(60, 16);
    for part in ["Directory connector", "Organization", "Directory ", "Last run", "Approval", "1  Account"] {
        assert!(smallest.contains(part), "{part}: {smallest}");
    }
}
