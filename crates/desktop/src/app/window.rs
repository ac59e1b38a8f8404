//! The window itself: its place, its colors, its tray icon. The keys are the official app's, so that both remember the same.

use super::App;
use crate::job::Job;
use bwdc_engine::DesktopKey;
use serde_json::{Value, json};

/// The choices of colors, by their labels.
pub const SCHEMES: [(&str, &str); 4] = [
    ("system", "more.scheme-system"),
    ("light", "more.scheme-light"),
    ("dark", "more.scheme-dark"),
    ("contrast", "more.scheme-contrast"),
];
/// The sizes of text, in hundredths.
pub const ZOOMS: [u16; 6] = [80, 90, 100, 125, 150, 200];
const USUAL: usize = 2;

/// Where the window stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WindowPlace {
    /// From the left.
    pub x: i32,
    /// From the top.
    pub y: i32,
    /// How wide.
    pub width: u32,
    /// How high.
    pub height: u32,
    /// Whether it fills the screen.
    pub maximized: bool,
}

/// What the window remembers.
#[derive(Clone, Debug, PartialEq)]
pub struct WindowState {
    /// Where it stood; None: nobody knows.
    pub place: Option<WindowPlace>,
    /// Whether it stays above others.
    pub always_on_top: bool,
    /// Whether there is a tray icon.
    pub tray: bool,
    /// Whether closing hides it.
    pub close_to_tray: bool,
    /// Whether minimizing hides it.
    pub minimize_to_tray: bool,
    /// Whether a tray shows the icon.
    pub has_tray: bool,
    /// Which of [`SCHEMES`].
    pub scheme: usize,
    /// Which of [`ZOOMS`].
    pub zoom: usize,
}

impl Default for WindowState {
    fn default() -> Self {
        Self {
            place: None,
            always_on_top: false,
            tray: false,
            close_to_tray: false,
            minimize_to_tray: false,
            has_tray: true,
            scheme: 0,
            zoom: USUAL,
        }
    }
}

impl WindowState {
    pub(super) fn remembered(kept: &[(DesktopKey, Value)]) -> Self {
        let value = |key| kept.iter().find(|(it, _)| *it == key).map(|(_, value)| value);
        let flag = |key| value(key).and_then(Value::as_bool).unwrap_or_default();
        let scheme = value(DesktopKey::Scheme).and_then(Value::as_str);
        let scheme = SCHEMES.iter().position(|(name, _)| Some(*name) == scheme).unwrap_or(0);
        let zoom = value(DesktopKey::Zoom).and_then(Value::as_u64);
        let zoom = ZOOMS.iter().position(|it| Some(u64::from(*it)) == zoom).unwrap_or(USUAL);
        Self {
            place: value(DesktopKey::Window).and_then(place),
            always_on_top: flag(DesktopKey::AlwaysOnTop),
            tray: flag(DesktopKey::Tray),
            close_to_tray: flag(DesktopKey::CloseToTray),
            minimize_to_tray: flag(DesktopKey::MinimizeToTray),
            has_tray: true,
            scheme,
            zoom,
        }
    }

    /// Whether closing only hides the window: never where nothing would bring it back.
    pub fn hides_on_close(&self) -> bool {
        self.tray && self.close_to_tray && self.has_tray
    }
}

fn place(kept: &Value) -> Option<WindowPlace> {
    let number = |name: &str| kept.get(name).and_then(Value::as_f64);
    let size = |name: &str| number(name).filter(|it| (100.0..=20_000.0).contains(it)).map(|it| it as u32);
    let at = |name: &str| number(name).filter(|it| it.abs() < 50_000.0).map(|it| it as i32);
    Some(WindowPlace {
        x: at("x")?,
        y: at("y")?,
        width: size("width")?,
        height: size("height")?,
        maximized: kept.get("isMaximized").and_then(Value::as_bool).unwrap_or_default(),
    })
}

/// Something that can be switched on and off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WindowSwitch {
    /// Stay above others.
    AlwaysOnTop,
    /// Have a tray icon.
    Tray,
    /// Hide on close.
    CloseToTray,
    /// Hide on minimize.
    MinimizeToTray,
}

impl App {
    /// Something about the window is switched.
    pub fn switch(&mut self, switch: WindowSwitch, on: bool) {
        let (place, key) = match switch {
            WindowSwitch::AlwaysOnTop => (&mut self.window.always_on_top, DesktopKey::AlwaysOnTop),
            WindowSwitch::Tray => (&mut self.window.tray, DesktopKey::Tray),
            WindowSwitch::CloseToTray => (&mut self.window.close_to_tray, DesktopKey::CloseToTray),
            WindowSwitch::MinimizeToTray => (&mut self.window.minimize_to_tray, DesktopKey::MinimizeToTray),
        };
        *place = on;
        self.job(Job::Remember(vec![(key, Value::Bool(on))]));
    }

    /// Other colors are chosen.
    pub fn choose_scheme(&mut self, number: usize) {
        let Some((name, _)) = SCHEMES.get(number) else { return };
        self.window.scheme = number;
        self.job(Job::Remember(vec![(DesktopKey::Scheme, json!(name))]));
    }

    /// Another size of text is chosen.
    pub fn choose_zoom(&mut self, number: usize) {
        let Some(zoom) = ZOOMS.get(number) else { return };
        self.window.zoom = number;
        self.job(Job::Remember(vec![(DesktopKey::Zoom, json!(zoom))]));
    }

    /// The next larger or smaller size of text, or the usual one.
    pub fn zoom(&mut self, by: i8) {
        let number = match by {
            0 => USUAL,
            by => self.window.zoom.saturating_add_signed(isize::from(by)).min(ZOOMS.len() - 1),
        };
        self.choose_zoom(number);
    }

    /// The window was moved.
    pub fn moved(&mut self, place: WindowPlace) {
        if self.window.place == Some(place) {
            return;
        }
        self.window.place = Some(place);
        let WindowPlace { x, y, width, height, maximized } = place;
        let kept = json!({ "x": x, "y": y, "width": width, "height": height, "isMaximized": maximized });
        self.job(Job::Remember(vec![(DesktopKey::Window, kept)]));
    }
}
