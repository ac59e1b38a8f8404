//! A console whose jobs are answered by the test.

use bwdc_console::app::{App, Start};
use bwdc_console::draw::{Colors, draw};
use bwdc_console::job::{Happened, Job, JobId, Report, State};
use bwdc_console::key::Key;
use bwdc_console::office::Order;
use bwdc_core::settings::Setting;
use bwdc_engine::paths::{Platform, ProcessEnvironment};
use bwdc_engine::{Entry, Origin};
use bwdc_messages::setup::{SetupDone, SetupFacts};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier};
use serde_json::Value;
use std::collections::VecDeque;
use std::fmt::Write as _;
use std::path::PathBuf;

pub(crate) struct Stage {
    pub(crate) app: App,
    pub(crate) orders: VecDeque<Order>,
}

/// An environment without any variable: nothing is read from this machine.
pub(crate) fn environment() -> ProcessEnvironment {
    ProcessEnvironment::new(Platform::Linux, None, [("HOME", "/home/ann")])
}

/// Every setting, with these set.
pub(crate) fn entries(set: &[(&str, Value)]) -> Vec<Entry> {
    let entry = |setting: &'static Setting| {
        let found = set.iter().find(|(name, _)| *name == setting.name).map(|(_, value)| value.clone());
        let origin = if found.is_some() { Origin::Set } else { Origin::Default };
        let default = setting.default_in(&|_| Value::Null);
        Entry { setting, value: found.unwrap_or(default), origin }
    };
    Setting::all().iter().map(entry).collect()
}

pub(crate) fn signed_in(set: &[(&str, Value)]) -> State {
    State {
        client_id: Some("organization.6d1f7f0a-3f0b-4e0e-9a5b-2c1f6a7c9d10".to_owned()),
        entries: entries(set),
        ..State::default()
    }
}

impl Stage {
    pub(crate) fn new(start: Start) -> Self {
        let mut stage = Self { app: App::new(environment(), start), orders: VecDeque::new() };
        stage.collect();
        stage
    }

    /// The main menu of an installation.
    pub(crate) fn menu(state: State) -> Self {
        let mut stage = Self::new(Start::Menu);
        stage.answer(Happened::State(Box::new(state)));
        stage
    }

    pub(crate) fn collect(&mut self) {
        self.orders.extend(self.app.orders());
    }

    /// Presses keys: letters as they are, others by name in angle brackets.
    pub(crate) fn press(&mut self, keys: &str) {
        let mut rest = keys;
        while let Some(letter) = rest.chars().next() {
            let named = rest.strip_prefix('<').and_then(|it| it.split_once('>'));
            let key = match named {
                Some((name, after)) => {
                    rest = after;
                    key(name).expect("a key of this name")
                }
                None => {
                    rest = &rest[letter.len_utf8()..];
                    Key::Char(letter)
                }
            };
            self.app.key(&key);
            self.collect();
        }
    }

    /// Answers the oldest job.
    #[track_caller]
    pub(crate) fn answer(&mut self, what: Happened) -> Job {
        let order = self.orders.pop_front().expect("a job");
        self.app.report(Report { job: order.id, what });
        self.collect();
        order.job
    }

    pub(crate) fn tell(&mut self, job: JobId, what: Happened) {
        self.app.report(Report { job, what });
        self.collect();
    }

    #[track_caller]
    pub(crate) fn setup(&mut self, done: SetupDone) -> Job {
        self.answer(Happened::Setup(Box::new(done)))
    }

    #[track_caller]
    pub(crate) fn facts(&mut self, client_id: Option<&str>, set: &[(&str, Value)]) {
        let client_id = client_id.map(str::to_owned);
        self.setup(SetupDone::Facts(SetupFacts { entries: entries(set), client_id, has_synced: false }));
    }

    /// The text of the screen at a size.
    pub(crate) fn text(&self, width: u16, height: u16) -> String {
        rows(&self.buffer(width, height, Colors::None)).join("\n")
    }

    pub(crate) fn buffer(&self, width: u16, height: u16, colors: Colors) -> Buffer {
        let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
        draw(&self.app.screen(), &mut buffer, colors);
        buffer
    }

    /// Compares the screen at both sizes, with and without colors, with the one on record; with `BWDC_WRITE_SCREENS` it is
    /// put on record.
    #[track_caller]
    pub(crate) fn shows(&self, name: &str) {
        let mut text = String::new();
        for (width, height) in [(80, 24), (120, 40)] {
            let colored = self.buffer(width, height, Colors::Sixteen);
            let plain = self.buffer(width, height, Colors::None);
            let lines = rows(&plain);
            assert_eq!(lines, rows(&colored), "colors change no text");
            // A string takes what is written to it.
            let _ = writeln!(text, "== {width} x {height}");
            for line in lines {
                let _ = writeln!(text, "|{line}");
            }
            let _ = writeln!(text, "-- with colors\n{}-- without", styles(&colored));
            text.push_str(&styles(&plain));
        }
        let path: PathBuf = [env!("CARGO_MANIFEST_DIR"), "tests", "suite", "screens", &format!("{name}.txt")]
            .iter()
            .collect();
        if std::env::var_os("BWDC_WRITE_SCREENS").is_some() {
            std::fs::write(&path, &text).expect("the screen is put on record");
        }
        let known = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            known == text,
            "`{name}` is not the screen on record; BWDC_WRITE_SCREENS=1 records this one:\n{text}"
        );
    }
}

fn key(name: &str) -> Option<Key> {
    Some(match name {
        "enter" => Key::Enter,
        "esc" => Key::Esc,
        "up" => Key::Up,
        "down" => Key::Down,
        "pgdn" => Key::PageDown,
        "home" => Key::Home,
        "end" => Key::End,
        "tab" => Key::Tab,
        "clear" => Key::Clear,
        "save" => Key::Save,
        "stop" => Key::Stop,
        _ => return None,
    })
}

fn rows(buffer: &Buffer) -> Vec<String> {
    let area = buffer.area;
    let row = |y: u16| {
        let mut text = String::new();
        let mut skip = 0;
        for x in 0..area.width {
            let symbol = buffer[(x, y)].symbol();
            // The second column of a wide letter holds nothing of its own.
            if skip == 0 {
                text.push_str(symbol);
                skip = unicode_width::UnicodeWidthStr::width(symbol).max(1);
            }
            skip -= 1;
        }
        text.trim_end().to_owned()
    };
    (0..area.height).map(row).collect()
}

/// Runs of cells that do not look as usual, one line each.
fn styles(buffer: &Buffer) -> String {
    let mut text = String::new();
    for y in 0..buffer.area.height {
        let mut x = 0;
        while x < buffer.area.width {
            let look = |x: u16| (buffer[(x, y)].fg, buffer[(x, y)].modifier);
            let (begin, of) = (x, look(x));
            while x < buffer.area.width && look(x) == of {
                x += 1;
            }
            if of != (Color::Reset, Modifier::empty()) {
                let color = if of.0 == Color::Reset { String::new() } else { format!(" {}", of.0) };
                let modifier: String =
                    of.1.iter_names().map(|(name, _)| format!(" {}", name.to_lowercase())).collect();
                let _ = writeln!(text, "{y}: {begin}-{x}{color}{modifier}");
            }
        }
    }
    text
}
