//! Somebody in front of the window.

use super::support::Stage;
use bwdc_desktop::app::{App, Effect};
use bwdc_desktop::job::Reply;
use bwdc_desktop::view::View;
use bwdc_desktop::view::ui::AppWindow;
use bwdc_desktop::worker::{Sink, Worker};
use bwdc_engine::clock::Clock;
use i_slint_backend_testing::{AccessibleRole, ElementHandle};
use jiff::tz::TimeZone;
use slint::platform::WindowEvent;
use slint::{ComponentHandle as _, LogicalSize};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(60);

/// What the window asked the world for, besides the engine's work.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    Show,
    Hide,
    Quit,
    Open(String),
    Profile(String),
}

pub(crate) struct Desk {
    pub(crate) stage: Stage,
    pub(crate) window: AppWindow,
    pub(crate) view: Rc<View>,
    pub(crate) asked: Rc<RefCell<Vec<Asked>>>,
    replies: Receiver<Reply>,
}

impl Desk {
    /// A window over an installation that only knows its server.
    pub(crate) fn new() -> Self {
        let stage = Stage::empty().expect("servers");
        stage.choose_server().expect("settings");
        Self::over(stage)
    }

    /// A window over an installation that is set up.
    pub(crate) fn configured() -> Self {
        Self::over(configured())
    }

    pub(crate) fn over(stage: Stage) -> Self {
        begin();
        let window = AppWindow::new().expect("a window");
        let (sender, replies): (Sender<Reply>, _) = channel();
        let sender = Mutex::new(sender);
        let sink: Sink = Arc::new(move |reply| {
            // A test that is over needs no answers.
            let _ = sender.lock().expect("nobody panics with it").send(reply);
        });
        let worker = Worker::start(&stage.environment, &sink).expect("threads");
        let asked = Rc::new(RefCell::new(Vec::new()));
        let list = Rc::clone(&asked);
        let outside = Box::new(move |effect| match effect {
            Effect::Job(job) => worker.send(job),
            Effect::CancelRun => worker.cancel(),
            Effect::Show => list.borrow_mut().push(Asked::Show),
            Effect::Hide => list.borrow_mut().push(Asked::Hide),
            Effect::Quit => list.borrow_mut().push(Asked::Quit),
            Effect::OpenProfile(name) => list.borrow_mut().push(Asked::Profile(name.to_string())),
            Effect::Open(path) => list.borrow_mut().push(Asked::Open(path.display().to_string())),
        });
        let view = View::new(App::new(TimeZone::UTC, Clock::System.now()), &window, outside);
        window.show().expect("shown");
        window.window().set_size(LogicalSize::new(1000.0, 2000.0));
        let desk = Self { stage, window, view, asked, replies };
        desk.wait(|app| app.screen != bwdc_desktop::app::Screen::Loading);
        desk
    }

    /// Lets answers of the engine in until this is so.
    pub(crate) fn wait(&self, done: impl Fn(&App) -> bool) {
        let begun = Instant::now();
        while !self.view.app(&done) {
            let left = PATIENCE.checked_sub(begun.elapsed()).expect("it does not come about");
            let reply = self.replies.recv_timeout(left).expect("it does not come about");
            self.view.with(|app| app.reply(reply));
        }
    }

    /// Waits until nothing is under way, and what follows from it is known.
    pub(crate) fn idle(&self) {
        self.wait(|app| app.running.is_none());
        self.settle();
    }

    /// Lets in what comes within a moment.
    pub(crate) fn settle(&self) {
        while let Ok(reply) = self.replies.recv_timeout(Duration::from_millis(300)) {
            self.view.with(|app| app.reply(reply));
        }
    }

    /// The next answer of the engine, which the window does not see.
    pub(crate) fn next_reply(&self) -> Reply {
        self.replies.recv_timeout(PATIENCE).expect("an answer")
    }

    /// The element of this name.
    pub(crate) fn find(&self, name: &str) -> Option<ElementHandle> {
        find(&self.window, name)
    }

    /// The same, which has to be there.
    pub(crate) fn get(&self, name: &str) -> ElementHandle {
        self.find(name).unwrap_or_else(|| panic!("nothing is called `{name}`; there is {:?}", self.names()))
    }

    pub(crate) fn press(&self, name: &str) {
        let element = self.get(name);
        assert_ne!(element.accessible_enabled(), Some(false), "`{name}` cannot be pressed");
        element.invoke_accessible_default_action();
    }

    pub(crate) fn fill(&self, name: &str, text: &str) {
        self.get(name).set_accessible_value(text);
    }

    pub(crate) fn shows(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    pub(crate) fn value(&self, name: &str) -> String {
        self.get(name).accessible_value().map(String::from).unwrap_or_default()
    }

    pub(crate) fn is_enabled(&self, name: &str) -> bool {
        self.get(name).accessible_enabled() != Some(false)
    }

    /// Every name that a screen reader would hear.
    pub(crate) fn names(&self) -> Vec<String> {
        names(&self.window)
    }
}

thread_local! {
    static BEGUN: Cell<bool> = const { Cell::new(false) };
}

/// Lets this thread have windows without a display.
pub(crate) fn begin() {
    if !BEGUN.replace(true) {
        i_slint_backend_testing::init_no_event_loop();
    }
}

/// The element of this name in a window.
pub(crate) fn find(window: &AppWindow, name: &str) -> Option<ElementHandle> {
    // What follows from a change of a value follows a moment later.
    i_slint_backend_testing::mock_elapsed_time(Duration::from_millis(1));
    // What is only the text of a control is not heard.
    let heard = ElementHandle::find_by_accessible_label(window, name)
        .filter(|it| !matches!(it.accessible_role(), None | Some(AccessibleRole::None)));
    let (texts, controls): (Vec<_>, Vec<_>) =
        heard.partition(|it| it.accessible_role() == Some(AccessibleRole::Text));
    // What is asked stands before everything else, and comes last.
    controls.into_iter().next_back().or_else(|| texts.into_iter().next_back())
}

/// Every name in a window that a screen reader would hear.
pub(crate) fn names(window: &AppWindow) -> Vec<String> {
    i_slint_backend_testing::mock_elapsed_time(Duration::from_millis(1));
    let mut names = Vec::new();
    i_slint_backend_testing::ElementRoot::root_element(window).visit_descendants(|element| {
        names.extend(element.accessible_label().map(String::from).filter(|it| !it.is_empty()));
        std::ops::ControlFlow::<()>::Continue(())
    });
    names
}

impl Desk {
    /// Waits until the page has something to answer.
    pub(crate) fn page_ready(&self) {
        self.wait(|app| app.page().is_none_or(|it| it.busy.is_empty()));
    }

    /// Presses a key.
    pub(crate) fn key(&self, key: impl Into<slint::SharedString>) {
        let text = key.into();
        let window = self.window.window();
        window.dispatch_event(WindowEvent::KeyPressed { text: text.clone() });
        window.dispatch_event(WindowEvent::KeyReleased { text });
        i_slint_backend_testing::mock_elapsed_time(Duration::from_millis(1));
    }
}

/// An installation that is set up.
pub(crate) fn configured() -> Stage {
    set_up(Stage::empty().expect("servers"))
}

/// Signs in and sets the directory up.
pub(crate) fn set_up(stage: Stage) -> Stage {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(stage.configure()).expect("an installation");
    stage
}
