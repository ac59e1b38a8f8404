//! Whatever is done in whatever order: no panic, and nothing saved without Save.

use super::scenes::entries;
use bwdc_core::names::Timestamp;
use bwdc_desktop::app::{Action, Answer, App, Effect, KeyKind, SaveWhat, Tab, WindowSwitch};
use bwdc_desktop::job::{Job, Overview, Reply};
use bwdc_jobs::job::{Happened, Job as SharedJob, ServiceState, State};
use bwdc_messages::setup::{SetupDone, SetupExtent, SetupFacts};
use bwdc_messages::{Condition, ErrorText};
use jiff::tz::TimeZone;
use serde_json::json;

const CONDITIONS: [Condition; 5] = [
    Condition::DirectoryNotRead,
    Condition::Ended,
    Condition::KeyRefused,
    Condition::SignedOut,
    Condition::Refused,
];

/// What may come of what a page asks for.
fn page(job: &SharedJob, random: &mut Random) -> Happened {
    match (job, random.next(4)) {
        (_, 0) => Happened::Failed(Box::new(ErrorText {
            kind: bwdc_messages::ErrorKind::Directory,
            condition: CONDITIONS[random.next(5)],
            message: "no".to_owned(),
            next_steps: Vec::new(),
            official: false,
        })),
        (_, 1) => Happened::Progress("on its way".to_owned()),
        (SharedJob::Setup(_), 2) => Happened::Setup(Box::new(SetupDone::Failed("no".to_owned()))),
        (SharedJob::Setup(_), _) => Happened::Setup(Box::new(SetupDone::Facts(SetupFacts::default()))),
        (SharedJob::Service(_), _) => Happened::Service(Box::new(ServiceState {
            running: [None, Some(false), Some(true)][random.next(3)],
            ..ServiceState::default()
        })),
        _ => Happened::State(Box::new(State::default())),
    }
}

/// A xorshift: the same events for the same seed.
struct Random(u64);

impl Random {
    fn next(&mut self, below: u64) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % below).expect("small")
    }
}

fn overview(random: &mut Random) -> Reply {
    let signed_in = random.next(5) > 0;
    let set = [
        ("directory", json!(random.next(5))),
        ("sync.interval", json!(random.next(20))),
        ("sync.users", json!(true)),
        ("sync.overwriteExisting", json!(random.next(3) == 0)),
    ];
    let client_id = signed_in.then(|| "organization.x".to_owned());
    Reply::Overview(Ok(Box::new(Overview::of(State {
        client_id,
        entries: entries(&set),
        ..State::default()
    }))))
}

/// One event; whether somebody said Save.
fn event(app: &mut App, random: &mut Random) -> bool {
    let number = random.next(9);
    let texts = ["", "x", "389", "organization.", "ä\u{202e}\0", "https://x", "70000", " "];
    let text = texts[random.next(8)];
    let names = [
        "ldap.port",
        "sync.userFilter",
        "directory",
        "ldap.password",
        "ldap.ssl",
        "no.such",
        "sync.interval",
        "server",
    ];
    let name = names[random.next(8)];
    match random.next(45) {
        0 => app.select_tab(Tab::ALL[number % 5]),
        1 => app.type_client_id(text),
        2 => app.type_client_secret(text),
        3 => app.log_in(),
        4 => app.cancel_log_in(),
        5 => app.open_server(),
        6 => app.choose_server(number),
        7 => app.type_server(["base", "api", "identity", "webVault"][number % 4], text),
        8 => app.check_server(),
        9 => app.cancel_server(),
        10 => app.sync_now(),
        11 => app.toggle_automatic(),
        12 => app.test_now(),
        13 => app.look(Some(number), Some(text)),
        14 => app.make_plan(),
        15 => app.look_at_plan(Some(number), Some(text)),
        16 => app.choose_plan_line(number),
        17 => app.apply_plan(),
        18 => app.approve_plan(),
        19 => app.settings.select(number),
        20 => app.settings.type_value(name, text),
        21 => app.settings.choose_value(name, number),
        22 => app.settings.revert(),
        23 => app.check_settings(),
        24 => app.choose_run(number),
        25 => app.search_run(text),
        26 => app.examine(),
        27 => {
            app.ask_where([SaveWhat::Results, SaveWhat::Plan, SaveWhat::Run, SaveWhat::Archive][number % 4])
        }
        28 => app.switch(WindowSwitch::Tray, number > 4),
        29 => app.zoom(number as i8 - 4),
        30 => app.act(&[Action::Sync, Action::Plan, Action::Examine, Action::LogIn][number % 4]),
        31 => app.tick(Timestamp(random.next(1 << 40) as i64)),
        32 => {
            let answers = [Answer::No, Answer::Yes, Answer::Other];
            app.answer(answers[number % 3], text);
        }
        33 => app.open_setup([SetupExtent::Whole, SetupExtent::SignInOnly][number % 2]),
        34 => app.open_approval(),
        35 => app.open_repairs(),
        36 => app.open_service(),
        37 => app.open_key([KeyKind::Organization, KeyKind::Observer][number % 2]),
        38 => app.press_page(number),
        39 => app.type_page(number, text),
        40 => [App::accept_page, App::leave_page][number % 2](app),
        41 => app.choose_on_page(number),
        42 => app.open_files(name),
        _ => {
            app.save_settings();
            return true;
        }
    }
    false
}

#[test]
fn ten_thousand_random_events_neither_panic_nor_save_unasked() {
    for seed in [1, 20_261_127, 0xdead_beef] {
        let mut random = Random(seed);
        let mut app = App::new(TimeZone::UTC, Timestamp(0));
        let mut asked_to_save = false;
        for _ in 0..10_000 {
            asked_to_save |= event(&mut app, &mut random);
            // What is drawn of it does not fail either.
            let _ = (app.state(), app.facts(), app.bars(), app.settings.fields(), app.settings.sections());
            let _ = (app.page(), app.standing());
            for effect in app.effects() {
                let Effect::Job(job) = effect else { continue };
                if let Job::Save { of: bwdc_desktop::job::Asked::Settings, .. } = job {
                    assert!(asked_to_save, "seed {seed}: saved unasked");
                    asked_to_save = false;
                }
                if let Job::Page { ticket, job } = &job {
                    assert!(
                        !matches!(job, SharedJob::Save { .. }),
                        "seed {seed}: a page saves as a form does"
                    );
                    app.reply(Reply::Page { ticket: *ticket, what: page(job, &mut random) });
                } else if matches!(job, Job::Overview) {
                    app.reply(overview(&mut random));
                } else if job.is_long() && random.next(3) > 0 {
                    let failure = bwdc_desktop::job::Failure {
                        condition: CONDITIONS[random.next(5)],
                        message: "no".to_owned(),
                        steps: Vec::new(),
                    };
                    app.reply(match job {
                        Job::Test { .. } => Reply::Tested(Err(failure)),
                        Job::Plan => Reply::Planned(Err(failure)),
                        Job::Sync { scheduled } => Reply::Synced { scheduled, result: Err(failure) },
                        Job::Examine { of, .. } => Reply::Examined { of, result: Err(failure) },
                        Job::SignIn { .. } => Reply::SignedIn(Err(failure)),
                        Job::Count { .. } => Reply::Counted(Ok([(5, 5), (number(&mut random), 5)])),
                        _ => Reply::Synced { scheduled: false, result: Err(failure) },
                    });
                }
            }
        }
    }
}

fn number(random: &mut Random) -> usize {
    random.next(10)
}
