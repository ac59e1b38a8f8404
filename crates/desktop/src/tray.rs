//! The icon in the system's tray.

use crate::app::{App, RunKind};
use crate::view::View;
use crate::view::ui::AppTray;
use bwdc_engine::ledger::RunOutcome;
use bwdc_messages::desktop::label;
use slint::Image;
use std::cell::RefCell;
use std::rc::Rc;

/// What the icon tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TrayState {
    Idle,
    Running,
    Failed,
}

impl TrayState {
    pub(crate) fn of(app: &App) -> Self {
        let failed = app.overview.state.runs.first().is_some_and(|it| {
            matches!(it.outcome, Some(RunOutcome::Failed | RunOutcome::Refused | RunOutcome::Partial))
        });
        match &app.running {
            Some(running) if running.kind == RunKind::Sync => Self::Running,
            _ if failed => Self::Failed,
            _ if app.automatic => Self::Running,
            _ => Self::Idle,
        }
    }

    fn picture(self) -> &'static [u8] {
        match self {
            Self::Idle => include_bytes!("../ui/icons/brand.svg"),
            Self::Running => include_bytes!("../ui/icons/brand-run.svg"),
            Self::Failed => include_bytes!("../ui/icons/brand-fail.svg"),
        }
    }
}

/// The icon while there is one.
#[derive(Default)]
pub(crate) struct Tray {
    icon: RefCell<Option<AppTray>>,
    shown: RefCell<Option<TrayState>>,
}

impl Tray {
    /// Shows, hides and colors the icon as the app asks.
    pub(crate) fn follow(&self, view: &Rc<View>, toggle_window: impl Fn() + 'static) {
        let (wanted, state, automatic, can_run) = view.app(|app| {
            (app.window.tray && app.window.has_tray, TrayState::of(app), app.automatic, app.can_run())
        });
        if !wanted {
            *self.icon.borrow_mut() = None;
            *self.shown.borrow_mut() = None;
            return;
        }
        if self.icon.borrow().is_none() {
            *self.icon.borrow_mut() = make(view, toggle_window);
        }
        let icon = self.icon.borrow();
        let Some(icon) = icon.as_ref() else { return };
        icon.set_can_sync(can_run);
        icon.set_toggle_text(label(if automatic { "dashboard.stop" } else { "dashboard.start" }).into());
        if self.shown.replace(Some(state)) != Some(state) {
            icon.set_picture(Image::load_from_svg_data(state.picture()).unwrap_or_default());
        }
    }
}

fn make(view: &Rc<View>, toggle_window: impl Fn() + 'static) -> Option<AppTray> {
    let icon = AppTray::new().ok()?;
    icon.set_picture(Image::load_from_svg_data(TrayState::Idle.picture()).unwrap_or_default());
    icon.set_name(label("product").into());
    icon.set_show_text(label("tray.show").into());
    icon.set_sync_text(label("dashboard.sync-now").into());
    icon.set_toggle_text(label("dashboard.start").into());
    icon.set_exit_text(label("tray.exit").into());
    icon.on_toggle_window(toggle_window);
    let on = |work: fn(&mut App)| {
        let view = Rc::downgrade(view);
        move || {
            if let Some(view) = view.upgrade() {
                view.with(work);
            }
        }
    };
    icon.on_sync_now(on(App::sync_now));
    icon.on_toggle_sync(on(App::toggle_automatic));
    icon.on_exit(on(App::quit));
    icon.show().ok()?;
    Some(icon)
}

/// Whether something here shows tray icons. On Linux a program has to be there that does; elsewhere the system does it.
pub(crate) fn is_there() -> bool {
    #[cfg(target_os = "linux")]
    return linux::is_there();
    #[cfg(not(target_os = "linux"))]
    return true;
}

#[cfg(target_os = "linux")]
mod linux {
    use std::sync::mpsc::channel;
    use std::time::Duration;

    const WATCHER: &str = "org.kde.StatusNotifierWatcher";
    const PATIENCE: Duration = Duration::from_millis(300);

    /// A session bus that does not answer is as good as none: the window does not wait for it.
    pub(super) fn is_there() -> bool {
        let (sender, receiver) = channel();
        std::thread::spawn(move || {
            // Nobody listens any more when it took too long.
            let _ = sender.send(ask().unwrap_or_default());
        });
        receiver.recv_timeout(PATIENCE).unwrap_or_default()
    }

    fn ask() -> zbus::Result<bool> {
        let bus = zbus::blocking::Connection::session()?;
        let proxy = zbus::blocking::Proxy::new(&bus, WATCHER, "/StatusNotifierWatcher", WATCHER)?;
        proxy.get_property("IsStatusNotifierHostRegistered")
    }
}
