//! Figures of the window: `measure [PEOPLE]`. It takes a display, such as Xvfb's; `scripts/desktop-figures` starts one.
//!
//! Printed: milliseconds until the first window is drawn, until the results of a test are drawn, for one step of scrolling and of
//! searching, and the memory that the process holds then.

use bwdc_core::desired::Desired;
use bwdc_core::settings::{AddressRule, Setting, SyncSettings};
use bwdc_core::snapshot::{AccountState, PersonEntry, ReadScope, Section, SnapshotBuilder};
use bwdc_desktop::app::{App, Screen};
use bwdc_desktop::job::{Overview, Reply};
use bwdc_desktop::results::Results;
use bwdc_desktop::view::View;
use bwdc_desktop::view::ui::AppWindow;
use bwdc_engine::clock::Clock;
use bwdc_engine::{Entry, Origin};
use bwdc_jobs::job::State;
use jiff::tz::TimeZone;
use serde_json::json;
use slint::platform::Key;
use slint::{ComponentHandle as _, LogicalSize, Timer, TimerMode};
use std::cell::{Cell, RefCell};
use std::error::Error;
use std::io::Write as _;
use std::time::{Duration, Instant};

const PEOPLE: usize = 100_000;
const BEAT: Duration = Duration::from_millis(5);
const STEPS: u32 = 20;

fn main() -> Result<(), Box<dyn Error>> {
    let begun = Instant::now();
    let people = std::env::args().nth(1).and_then(|it| it.parse().ok()).unwrap_or(PEOPLE);
    let window = AppWindow::new()?;
    let view = View::new(App::new(TimeZone::UTC, Clock::System.now()), &window, Box::new(|_| ()));
    view.with(|app| app.reply(Reply::Overview(Ok(Box::new(overview())))));
    window.show()?;
    window.window().set_size(LogicalSize::new(960.0, 680.0));
    let (stage, results, timer) = (Cell::new(0_u32), RefCell::new(None), Timer::default());
    timer.start(TimerMode::Repeated, BEAT, move || {
        let now = Instant::now();
        let drawn = || window.window().take_snapshot().is_ok();
        match stage.get() {
            0 if drawn() => {
                say("first window", begun.elapsed());
                *results.borrow_mut() = desired(people).map(|it| Box::new(Results::new(it)));
            }
            1 => {
                let now = Instant::now();
                if let Some(found) = results.borrow_mut().take() {
                    view.with(|app| app.reply(Reply::Tested(Ok(found))));
                }
                drawn();
                say("first rows after the read", now.elapsed());
            }
            2 => {
                for _ in 0..STEPS {
                    let text: slint::SharedString = Key::PageDown.into();
                    window
                        .window()
                        .dispatch_event(slint::platform::WindowEvent::KeyPressed { text: text.clone() });
                    window.window().dispatch_event(slint::platform::WindowEvent::KeyReleased { text });
                    drawn();
                }
                say("a step of scrolling, drawn", now.elapsed() / STEPS);
            }
            3 => {
                for number in 0..STEPS {
                    view.with(|app| app.look(None, Some(&format!("user{number}"))));
                    drawn();
                }
                say("a step of searching, drawn", now.elapsed() / STEPS);
            }
            4 => {
                view.with(|app| assert!(app.screen == Screen::Main));
                memory(people);
            }
            _ => {
                let _ = slint::quit_event_loop();
            }
        }
        stage.set(stage.get() + 1);
    });
    Ok(slint::run_event_loop_until_quit()?)
}

fn say(what: &str, took: Duration) {
    let _ = writeln!(std::io::stdout(), "{what:<32} {:>8.1} ms", took.as_secs_f64() * 1000.0);
}

fn memory(people: usize) {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    for name in ["VmRSS", "VmHWM", "RssAnon"] {
        let found =
            status.lines().find(|it| it.starts_with(name)).and_then(|it| it.split_whitespace().nth(1));
        let megabytes = found.and_then(|it| it.parse::<f64>().ok()).unwrap_or_default() / 1024.0;
        let _ = writeln!(std::io::stdout(), "{name:<8} with {people:>7} people      {megabytes:>8.1} MB");
    }
}

fn overview() -> Overview {
    let set = [("directory", json!(0)), ("sync.users", json!(true)), ("sync.groups", json!(true))];
    let entry = |(name, value)| Some(Entry { setting: Setting::find(name)?, value, origin: Origin::Set });
    Overview::of(State {
        client_id: Some("organization.measured".to_owned()),
        entries: set.into_iter().filter_map(entry).collect(),
        ..State::default()
    })
}

fn desired(people: usize) -> Option<Desired> {
    let scope = ReadScope { people: true, groups: true, deleted: false, stable_ids: false };
    let mut builder = SnapshotBuilder::new(scope);
    let mut keys = Vec::new();
    for number in 0..people {
        let reference = builder.text(&format!("uid=user{number},ou=people,dc=example,dc=test"));
        let mail = builder.text(&format!("user{number}@example.test"));
        keys.push(reference);
        builder.person(PersonEntry {
            reference,
            key: reference,
            login: None,
            external_id: reference,
            stable_id: None,
            mail: Some(mail),
            prefix: None,
            marks: Default::default(),
            state: if number % 50 == 0 { AccountState::Disabled } else { AccountState::Enabled },
        });
    }
    for (number, members) in keys.chunks(250).enumerate() {
        let name = builder.text(&format!("Group {number}"));
        let reference = builder.text(&format!("cn=group{number},ou=groups,dc=example,dc=test"));
        builder.group(reference, reference, reference, name, members);
    }
    builder.end(Section::People);
    builder.end(Section::Groups);
    let settings = SyncSettings {
        users: true,
        groups: true,
        interval_minutes: None,
        remove_disabled: false,
        overwrite_existing: false,
        large_import: true,
        invite_users_after_provisioning: true,
        address: AddressRule::default(),
    };
    Desired::build(builder.finish().ok()?, &settings).ok()
}
