//! The window in the world: the engine's threads, the clock, the system.

use super::View;
use super::ui::AppWindow;
use crate::app::{App, Effect, ScreenPlace as Screen, WindowPlace};
use crate::job::Reply;
use crate::single::Instance;
use crate::tray::Tray;
use crate::worker::{Sink, Worker};
use bwdc_engine::clock::Clock;
use bwdc_engine::paths::{ProcessEnvironment, ProfileName};
use jiff::tz::TimeZone;
use slint::winit_030::{EventResult, WinitWindowAccessor as _, winit};
use slint::{CloseRequestResponse, ComponentHandle as _, LogicalPosition, LogicalSize, Timer, TimerMode};
use std::cell::{Cell, RefCell};
use std::error::Error;
use std::ffi::OsStr;
use std::process::{Command, Stdio};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);

thread_local! {
    /// The view of this thread, for what comes from others.
    static VIEW: RefCell<Option<Rc<View>>> = const { RefCell::new(None) };
}

/// Shows the window until somebody ends it.
///
/// # Errors
/// Why no window can be shown, or a thread started.
pub fn run(environment: &ProcessEnvironment, instance: Instance) -> Result<(), Box<dyn Error>> {
    let window = AppWindow::new()?;
    let sink: Sink = Arc::new(|reply| {
        // A window that is gone needs no answers.
        let _ = slint::invoke_from_event_loop(move || answer(reply));
    });
    let worker = Rc::new(RefCell::new(Some(Worker::start(environment, &sink)?)));
    let outside = {
        let (worker, window) = (Rc::clone(&worker), window.as_weak());
        Box::new(move |effect| carry_out(effect, &worker, &window))
    };
    let app = App::new(TimeZone::system(), Clock::System.now());
    let view = View::new(app, &window, outside);
    VIEW.set(Some(Rc::clone(&view)));

    let tray = Rc::new(Tray::default());
    let has_tray = crate::tray::is_there();
    view.with(|app| app.window.has_tray = has_tray);
    let weak = Rc::downgrade(&view);
    window.window().on_close_requested(move || {
        if let Some(view) = weak.upgrade() {
            view.with(App::close);
        }
        CloseRequestResponse::KeepWindowShown
    });
    let weak = Rc::downgrade(&view);
    window.window().on_winit_window_event(move |_, event| {
        if let (winit::event::WindowEvent::Focused(true), Some(view)) = (event, weak.upgrade()) {
            view.with(App::glance);
        }
        EventResult::Propagate
    });
    let _leave = instance.listen(|| {
        let _ = slint::invoke_from_event_loop(|| bring_to_front(true));
    })?;
    let minute = Timer::default();
    minute.start(TimerMode::Repeated, MINUTE, || {
        with_view(|view| view.with(|app| app.tick(Clock::System.now())));
    });
    FOLLOW.with(|it| it.replace(Some(tray)));
    window.show()?;
    slint::run_event_loop_until_quit()?;
    FOLLOW.with(|it| it.replace(None));
    VIEW.set(None);
    // What is being written is written to its end.
    if let Some(worker) = worker.borrow_mut().take() {
        worker.finish();
    }
    Ok(())
}

thread_local! {
    static FOLLOW: RefCell<Option<Rc<Tray>>> = const { RefCell::new(None) };
    static PLACED: Cell<bool> = const { Cell::new(false) };
}

fn with_view(work: impl FnOnce(&Rc<View>)) {
    let view = VIEW.with_borrow(Clone::clone);
    if let Some(view) = view {
        work(&view);
        let tray = FOLLOW.with_borrow(Clone::clone);
        if let Some(tray) = tray {
            tray.follow(&view, || bring_to_front(false));
        }
    }
}

fn answer(reply: Reply) {
    let opened = matches!(reply, Reply::Overview(Ok(_)));
    with_view(|view| view.with(|app| app.reply(reply)));
    if opened && !PLACED.replace(true) {
        with_view(|view| {
            if let (Some(place), Some(window)) = (view.app(|app| app.window.place), view.window.upgrade()) {
                put(&window, place);
            }
        });
    }
}

/// Shows the window before all others; where it need not, it goes out of sight when it is there.
fn bring_to_front(always: bool) {
    with_view(|view| {
        let Some(window) = view.window.upgrade() else { return };
        if !always && window.window().is_visible() && !window.window().is_minimized() {
            remember_place(view, &window);
            // What cannot be hidden stays.
            let _ = window.hide();
            return;
        }
        let _ = window.show();
        window.window().set_minimized(false);
        window.window().with_winit_window(winit::window::Window::focus_window);
    });
}

fn carry_out(effect: Effect, worker: &RefCell<Option<Worker>>, window: &slint::Weak<AppWindow>) {
    match effect {
        Effect::Job(job) => {
            if let Some(worker) = worker.borrow().as_ref() {
                worker.send(job);
            }
        }
        Effect::CancelRun => {
            if let Some(worker) = worker.borrow().as_ref() {
                worker.cancel();
            }
        }
        // In a moment: the app is at it.
        Effect::Show => {
            let _ = slint::invoke_from_event_loop(|| bring_to_front(true));
        }
        Effect::Hide => {
            if let Some(window) = window.upgrade() {
                let _ = window.hide();
            }
        }
        Effect::Quit => {
            with_place(window);
            let _ = slint::quit_event_loop();
        }
        Effect::Open(place) => open(place.as_os_str()),
        Effect::OpenProfile(name) => open_profile(&name),
    }
}

/// Where the window stands goes to the thread that writes it before that ends.
fn with_place(window: &slint::Weak<AppWindow>) {
    let window = window.clone();
    let _ = slint::invoke_from_event_loop(move || {
        with_view(|view| {
            if let Some(window) = window.upgrade() {
                remember_place(view, &window);
            }
        });
    });
}

fn remember_place(view: &View, window: &AppWindow) {
    let window = window.window();
    if window.is_minimized() || window.is_fullscreen() {
        return;
    }
    let scale = window.scale_factor();
    let (size, at) = (window.size().to_logical(scale), window.position().to_logical(scale));
    let place = WindowPlace {
        x: at.x.round() as i32,
        y: at.y.round() as i32,
        width: size.width.round() as u32,
        height: size.height.round() as u32,
        maximized: window.is_maximized(),
    };
    view.with(|app| app.moved(place));
}

/// Puts the window where it stood. A place on a screen that is gone is forgotten; the size is kept, as far as it fits.
fn put(window: &AppWindow, place: WindowPlace) {
    let window = window.window();
    let screens = window.with_winit_window(|it| {
        let scale = it.scale_factor();
        let screen = |it: winit::monitor::MonitorHandle| {
            let (at, size) = (it.position().to_logical::<f64>(scale), it.size().to_logical::<f64>(scale));
            Screen { x: at.x, y: at.y, width: size.width, height: size.height }
        };
        it.available_monitors().map(screen).collect::<Vec<_>>()
    });
    let (place, at) = place.fitted(&screens.unwrap_or_default());
    window.set_size(LogicalSize::new(place.width as f32, place.height as f32));
    if let Some((x, y)) = at {
        window.set_position(LogicalPosition::new(x as f32, y as f32));
    }
    window.set_maximized(place.maximized);
}

/// Opens a profile in a window of its own; where there is one, it comes to the front.
fn open_profile(name: &ProfileName) {
    let Ok(program) = std::env::current_exe() else { return };
    let mut command = Command::new(program);
    command.args(["--profile", name.as_str()]).stdin(Stdio::null());
    if let Ok(mut child) = command.spawn() {
        std::thread::spawn(move || child.wait());
    }
}

/// Has the system open a page or a folder.
fn open(place: &OsStr) {
    let program = if cfg!(windows) {
        "explorer"
    } else if cfg!(target_os = "macos") {
        "open"
    } else {
        "xdg-open"
    };
    let mut command = Command::new(program);
    command.arg(place).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    ProcessEnvironment::current().keep_secrets_from(&mut command);
    // Where nothing can open it, its place is still to be read in the window.
    if let Ok(mut child) = command.spawn() {
        std::thread::spawn(move || child.wait());
    }
}
