//! Draws every state that an installation or a run can be in, into files: `states FOLDER [WIDTH HEIGHT [COLORS [ZOOM]]]`.
//!
//! Nothing is carried out: each window was told what the engine would answer. It takes a display; `scripts/desktop-screens`
//! starts one.

#[path = "support/picture.rs"]
mod picture;
#[path = "support/scenes.rs"]
mod scenes;

use bwdc_desktop::app::App;
use bwdc_desktop::view::View;
use bwdc_desktop::view::ui::AppWindow;
use slint::{ComponentHandle as _, LogicalSize, Timer, TimerMode};
use std::cell::{Cell, RefCell};
use std::error::Error;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;

const BEAT: Duration = Duration::from_millis(60);
/// Beats until a window is drawn.
const DRAWN: u32 = 3;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(arguments.next().ok_or("which folder?")?);
    let number = |it: Option<String>, usual: f32| it.and_then(|it| it.parse().ok()).unwrap_or(usual);
    let (width, height) = (number(arguments.next(), 960.0), number(arguments.next(), 680.0));
    let scheme = arguments.next().and_then(|it| it.parse().ok()).unwrap_or(1_usize);
    let zoom = arguments.next().and_then(|it| it.parse().ok()).unwrap_or(2_usize);
    bwdc_desktop::speak(|name| std::env::var(name).ok());
    std::fs::create_dir_all(&folder)?;

    let states: Vec<(&str, RefCell<Option<App>>)> =
        scenes::table().into_iter().map(|(name, _, app)| (name, RefCell::new(Some(app)))).collect();
    let window = AppWindow::new()?;
    window.show()?;
    window.window().set_size(LogicalSize::new(width, height));
    let (at, waited, timer) = (Cell::new(0), Cell::new(0), Timer::default());
    let shown: RefCell<Option<Rc<View>>> = RefCell::new(None);
    let failed = Rc::new(Cell::new(false));
    let failure = Rc::clone(&failed);
    timer.start(TimerMode::Repeated, BEAT, move || {
        let Some((name, state)) = states.get(at.get()) else {
            let _ = slint::quit_event_loop();
            return;
        };
        if let Some(mut app) = state.take() {
            app.choose_scheme(scheme);
            app.choose_zoom(zoom);
            *shown.borrow_mut() = Some(View::new(app, &window, Box::new(|_| ())));
            waited.set(0);
            return;
        }
        waited.set(waited.get() + 1);
        if waited.get() > DRAWN {
            failure.set(picture::picture(&window, &folder.join(name)).is_err() || failure.get());
            at.set(at.get() + 1);
        }
    });
    slint::run_event_loop()?;
    if failed.get() { Err("a state could not be drawn".into()) } else { Ok(()) }
}
