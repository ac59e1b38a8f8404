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

/// A screen, in the units of windows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ScreenPlace {
    /// From the left.
    pub x: f64,
    /// From the top.
    pub y: f64,
    /// How wide.
    pub width: f64,
    /// How high.
    pub height: f64,
}

/// So much of a window is seen at least, so that it can be moved.
const SEEN: f64 = 80.0;

impl WindowPlace {
    /// Where the window is put: a place on a screen that is gone is forgotten; the size is kept, as far as it fits.
    pub fn fitted(self, screens: &[ScreenPlace]) -> (Self, Option<(i32, i32)>) {
        let (x, y) = (f64::from(self.x), f64::from(self.y));
        let holds = |it: &&ScreenPlace| {
            x + f64::from(self.width) > it.x + SEEN
                && x < it.x + it.width - SEEN
                && y >= it.y - 8.0
                && y < it.y + it.height - SEEN
        };
        let screen = screens.iter().find(holds);
        let fits = |wanted: u32, limit: Option<f64>| limit.map_or(wanted, |it| wanted.min(it as u32));
        let limit = screen.or_else(|| screens.first());
        let width = fits(self.width, limit.map(|it| it.width));
        let height = fits(self.height, limit.map(|it| it.height));
        (Self { width, height, ..self }, screen.map(|_| (self.x, self.y)))
    }
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

    /// This program is to start when somebody signs in to the computer, or no longer.
    pub fn start_at_login(&mut self, on: bool) {
        self.job(Job::StartAtLogin(on));
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

#[cfg(test)]
mod tests {
    use super::*;

    const LEFT: ScreenPlace = ScreenPlace { x: 0.0, y: 0.0, width: 1920.0, height: 1080.0 };
    const RIGHT: ScreenPlace = ScreenPlace { x: 1920.0, y: 0.0, width: 1280.0, height: 800.0 };

    #[test]
    fn a_place_on_a_screen_that_is_gone_is_forgotten_and_the_size_is_kept_as_far_as_it_fits() {
        let place = WindowPlace { x: 2000, y: 40, width: 1000, height: 700, maximized: false };
        assert_eq!(place.fitted(&[LEFT, RIGHT]), (place, Some((2000, 40))));
        assert_eq!(place.fitted(&[LEFT]), (place, None));
        let large = WindowPlace { width: 1500, height: 2000, x: 0, y: 0, ..place };
        let (fitted, at) = large.fitted(&[RIGHT]);
        assert_eq!((fitted.width, fitted.height, at), (1280, 800, None));
        // Where nobody knows the screens, nothing is cut.
        assert_eq!(large.fitted(&[]), (large, None));
        // A window that hangs out so far that nobody could move it counts as gone.
        let out = WindowPlace { x: 1900, ..place };
        assert_eq!(out.fitted(&[LEFT]).1, None);
    }
}
