//! Draws every screen of the window, in the states that matter, into files: `screens FOLDER [WIDTH HEIGHT [COLORS [ZOOM]]]`.
//!
//! Real ones: a directory and an organization run in this process, and the engine works with them. It takes a display, such as
//! Xvfb's; `scripts/desktop-screens` starts one.

#[path = "support/picture.rs"]
mod picture;
#[path = "support/mod.rs"]
mod support;

use bwdc_desktop::app::{App, Effect, Tab};
use bwdc_desktop::job::Reply;
use bwdc_desktop::view::View;
use bwdc_desktop::view::ui::AppWindow;
use bwdc_desktop::worker::{Sink, Worker};
use bwdc_engine::clock::Clock;
use jiff::tz::TimeZone;
use picture::picture;
use slint::{ComponentHandle as _, LogicalSize, Timer, TimerMode};
use std::cell::{Cell, RefCell};
use std::error::Error;
use std::io::Write as _;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;
use support::Stage;

const BEAT: Duration = Duration::from_millis(60);
/// Beats until a window is drawn.
const DRAWN: u32 = 4;
/// Beats that a step may take.
const PATIENCE: u32 = 400;

thread_local! {
    static VIEW: RefCell<Option<Rc<View>>> = const { RefCell::new(None) };
}

/// One step of the story.
enum Step {
    /// Somebody does something.
    Do(Box<dyn Fn(&mut App)>),
    /// It takes until this is so.
    Until(Box<dyn Fn(&App) -> bool>),
    /// The world changes.
    World(Box<dyn Fn(&Stage)>),
    /// A picture is taken.
    Picture(&'static str),
}

fn act(work: impl Fn(&mut App) + 'static) -> Step {
    Step::Do(Box::new(work))
}

fn until(look: impl Fn(&App) -> bool + 'static) -> Step {
    Step::Until(Box::new(look))
}

fn idle() -> Step {
    until(|app| app.running.is_none())
}

fn world(work: impl Fn(&Stage) + 'static) -> Step {
    Step::World(Box::new(work))
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(arguments.next().ok_or("which folder?")?);
    let number = |it: Option<String>, usual: f32| it.and_then(|it| it.parse().ok()).unwrap_or(usual);
    let (width, height) = (number(arguments.next(), 960.0), number(arguments.next(), 680.0));
    let scheme = arguments.next().and_then(|it| it.parse().ok()).unwrap_or(1_usize);
    let zoom = arguments.next().and_then(|it| it.parse().ok()).unwrap_or(2_usize);
    bwdc_desktop::speak(|name| std::env::var(name).ok());
    std::fs::create_dir_all(&folder)?;

    let stage = Rc::new(Stage::empty()?);
    writeln!(std::io::stderr(), "an installation in {}", stage.folder.path().display())?;
    stage.choose_server()?;
    let window = AppWindow::new()?;
    let sink: Sink = Arc::new(|reply| {
        let _ = slint::invoke_from_event_loop(move || answer(reply));
    });
    let worker = Rc::new(Worker::start(&stage.environment, &sink)?);
    let hand = Rc::clone(&worker);
    let outside = Box::new(move |effect| match effect {
        Effect::Job(job) => hand.send(job),
        Effect::CancelRun => hand.cancel(),
        Effect::Show | Effect::Hide | Effect::Quit | Effect::Open(_) | Effect::OpenProfile(_) => {}
    });
    let view = View::new(App::new(TimeZone::UTC, Clock::System.now()), &window, outside);
    VIEW.set(Some(Rc::clone(&view)));
    window.show()?;
    window.window().set_size(LogicalSize::new(width, height));

    let steps = Rc::new(story(scheme, zoom));
    let (at, waited, timer) = (Cell::new(0), Cell::new(0), Timer::default());
    let failed = Rc::new(Cell::new(false));
    let failure = Rc::clone(&failed);
    timer.start(TimerMode::Repeated, BEAT, move || {
        let Some(step) = steps.get(at.get()) else {
            let _ = slint::quit_event_loop();
            return;
        };
        waited.set(waited.get() + 1);
        let done = match step {
            Step::Do(work) => {
                view.with(|app| work(app));
                true
            }
            Step::World(work) => {
                work(&stage);
                true
            }
            Step::Until(look) => view.app(|app| look(app)),
            Step::Picture(name) if waited.get() > DRAWN => {
                failure.set(picture(&window, &folder.join(name)).is_err() || failure.get());
                true
            }
            Step::Picture(_) => false,
        };
        if done || waited.get() > PATIENCE {
            if !done {
                let _ = writeln!(std::io::stderr(), "step {} does not come about", at.get());
                failure.set(true);
            }
            at.set(at.get() + 1);
            waited.set(0);
        }
    });
    slint::run_event_loop_until_quit()?;
    VIEW.set(None);
    if failed.get() { Err("not every screen was drawn".into()) } else { Ok(()) }
}

fn answer(reply: Reply) {
    if let Some(view) = VIEW.with_borrow(Clone::clone) {
        view.with(|app| app.reply(reply));
    }
}

fn story(scheme: usize, zoom: usize) -> Vec<Step> {
    let mut steps = vec![
        until(|app| app.screen != bwdc_desktop::app::Screen::Loading),
        act(move |app| {
            app.choose_scheme(scheme);
            app.choose_zoom(zoom);
        }),
    ];
    steps.extend(sign_in());
    steps.extend(dashboard());
    steps.extend(plan());
    steps.extend(settings());
    steps.extend(rest());
    steps
}

fn sign_in() -> Vec<Step> {
    vec![
        Step::Picture("01-sign-in"),
        act(|app| {
            app.type_client_id("user.5b1f0b0e");
            app.log_in();
        }),
        Step::Picture("02-sign-in-checked"),
        act(|app| app.type_client_id("organization.5b1f0b0e-64c4-4c5d-9c3e-3e7b7b1a2c11")),
        act(|app| {
            app.type_client_secret("wrong");
            app.log_in();
        }),
        until(|app| !app.sign_in.busy),
        Step::Picture("03-sign-in-refused"),
        act(|app| {
            app.open_server();
            app.choose_server(2);
        }),
        Step::Picture("04-server"),
        act(App::check_server),
        until(|app| app.server.as_ref().is_none_or(|it| !it.busy)),
        Step::Picture("05-server-checked"),
        act(|app| {
            app.choose_server(3);
        }),
        Step::Picture("06-server-separate"),
        act(App::cancel_server),
        world(|stage| {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let configured = runtime.map_err(Into::into).and_then(|it| it.block_on(stage.configure()));
            if let Err(error) = configured {
                let _ = writeln!(std::io::stderr(), "{error}");
            }
        }),
        act(App::retry),
        until(|app| app.screen == bwdc_desktop::app::Screen::Main),
    ]
}

fn dashboard() -> Vec<Step> {
    vec![
        Step::Picture("10-dashboard-first"),
        act(App::test_now),
        Step::Picture("11-dashboard-testing"),
        idle(),
        Step::Picture("12-results-users"),
        act(|app| app.look(Some(3), None)),
        Step::Picture("13-results-groups"),
        act(|app| app.look(Some(4), None)),
        Step::Picture("14-results-left-out"),
        act(|app| app.look(Some(0), Some("an"))),
        Step::Picture("15-results-search"),
        act(App::close_results),
        act(App::sync_now),
        idle(),
        Step::Picture("16-dashboard-synced"),
        act(App::close_notice),
        act(|app| app.quit()),
        act(App::toggle_automatic),
        idle(),
        Step::Picture("17-dashboard-running"),
        act(App::close_notice),
    ]
}

fn plan() -> Vec<Step> {
    vec![
        act(|app| app.select_tab(Tab::Plan)),
        Step::Picture("20-plan-first"),
        world(|stage| {
            let changed = stage
                .life()
                .and_then(|()| stage.set(&[("limits.removals", "0"), ("leavers.gone", "revoke")]));
            if let Err(error) = changed {
                let _ = writeln!(std::io::stderr(), "{error}");
            }
        }),
        act(App::make_plan),
        idle(),
        Step::Picture("21-plan"),
        act(|app| app.choose_plan_line(0)),
        Step::Picture("22-plan-detail"),
        act(App::approve_plan),
        Step::Picture("23-plan-approve"),
        act(|app| app.answer(bwdc_desktop::app::Answer::No, "")),
        act(App::apply_plan),
        Step::Picture("24-plan-apply"),
        act(|app| app.answer(bwdc_desktop::app::Answer::No, "")),
    ]
}

fn settings() -> Vec<Step> {
    vec![
        act(|app| app.select_tab(Tab::Settings)),
        until(|app| app.settings.is_read()),
        Step::Picture("30-settings-directory"),
        act(|app| app.settings.select(2)),
        Step::Picture("31-settings-connection"),
        act(|app| {
            app.settings.type_value("ldap.port", "70000");
            app.settings.type_value("ldap.hostname", "dc01.company.test");
        }),
        Step::Picture("32-settings-changed"),
        act(|app| app.settings.type_value("ldap.port", "389")),
        act(App::check_settings),
        idle(),
        Step::Picture("33-settings-checked"),
        act(|app| app.select_tab(Tab::Dashboard)),
        Step::Picture("34-settings-leave"),
        act(|app| app.answer(bwdc_desktop::app::Answer::No, "")),
        act(|app| app.settings.revert()),
        act(App::close_settings_notice),
        act(|app| app.settings.select(5)),
        Step::Picture("35-settings-people"),
    ]
}

fn rest() -> Vec<Step> {
    vec![
        act(|app| app.select_tab(Tab::History)),
        Step::Picture("40-history"),
        act(|app| app.choose_run(1)),
        until(|app| !app.history.csv().is_empty()),
        Step::Picture("41-history-run"),
        act(|app| app.select_tab(Tab::More)),
        Step::Picture("50-more"),
        act(App::examine),
        idle(),
        Step::Picture("51-more-checked"),
        act(App::ask_to_log_out),
        Step::Picture("52-log-out"),
        act(|app| app.answer(bwdc_desktop::app::Answer::No, "")),
    ]
}
