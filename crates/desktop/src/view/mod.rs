//! The thin layer between the app and the markup: what is done in the window goes to the app, and what the app shows goes into
//! the window. No rule lives here.

mod callbacks;
mod fields;
mod model;
mod outside;
mod page;
mod show;

pub use outside::run;

/// What the markup compiles to.
#[expect(
    missing_docs,
    unreachable_pub,
    clippy::all,
    clippy::allow_attributes,
    clippy::allow_attributes_without_reason,
    clippy::unwrap_used,
    clippy::panic,
    reason = "made by the compiler of the markup"
)]
pub mod ui {
    slint::include_modules!();
}

use crate::app::{App, Effect, Notice, Tone};
use bwdc_messages::desktop::interface_failed;
use fields::FieldModel;
use model::RowModel;
use page::PageModels;
use slint::{ComponentHandle as _, VecModel, Weak};
use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use ui::{AppWindow, Bar, Fact, NoticeLine, TabLine};

/// Where effects go that the window cannot carry out itself.
pub type Outside = Box<dyn Fn(Effect)>;

/// A window with its app.
pub struct View {
    app: RefCell<App>,
    window: Weak<AppWindow>,
    outside: Outside,
    models: Models,
    showing: Cell<bool>,
}

/// The lists of the window, kept so that only what changes is drawn anew.
struct Models {
    tabs: Rc<VecModel<TabLine>>,
    facts: Rc<VecModel<Fact>>,
    bars: Rc<VecModel<Bar>>,
    result_tabs: Rc<VecModel<TabLine>>,
    results: Rc<RowModel>,
    plan_tabs: Rc<VecModel<TabLine>>,
    plan: Rc<RowModel>,
    sections: Rc<VecModel<TabLine>>,
    fields: FieldModel,
    runs: Rc<RowModel>,
    actions: Rc<RowModel>,
    findings: Rc<RowModel>,
    standing: Rc<VecModel<NoticeLine>>,
    page: PageModels,
    page_rows: Rc<RowModel>,
}

impl View {
    /// Ties an app to a window.
    pub fn new(app: App, window: &AppWindow, outside: Outside) -> Rc<Self> {
        let models = Models {
            tabs: Rc::default(),
            facts: Rc::default(),
            bars: Rc::default(),
            result_tabs: Rc::default(),
            results: Rc::default(),
            plan_tabs: Rc::default(),
            plan: Rc::default(),
            sections: Rc::default(),
            fields: FieldModel::default(),
            runs: Rc::default(),
            actions: Rc::default(),
            findings: Rc::default(),
            standing: Rc::default(),
            page: PageModels::default(),
            page_rows: Rc::default(),
        };
        let view = Rc::new(Self {
            app: RefCell::new(app),
            window: window.as_weak(),
            outside,
            models,
            showing: Cell::new(false),
        });
        view.give_models(window);
        view.listen(window);
        view.after();
        view
    }

    /// Has the app do something, carries out what comes of it, and shows it. A panic ends neither the window nor what the
    /// engine is at.
    pub fn with(&self, work: impl FnOnce(&mut App)) {
        let done = catch_unwind(AssertUnwindSafe(|| work(&mut self.app.borrow_mut())));
        if done.is_err()
            && let Ok(mut app) = self.app.try_borrow_mut()
        {
            app.notice = Some(Notice::new(Tone::Bad, interface_failed()));
        }
        self.after();
    }

    /// Looks at the app.
    pub fn app<T>(&self, look: impl FnOnce(&App) -> T) -> T {
        look(&self.app.borrow())
    }

    fn after(&self) {
        let effects = self.app.borrow_mut().effects();
        effects.into_iter().for_each(&self.outside);
        // Showing sets properties, which may call back: once is enough.
        if !self.showing.replace(true) {
            if let Some(window) = self.window.upgrade() {
                self.show(&window, &self.app.borrow());
            }
            self.showing.set(false);
        }
    }
}

/// A sentence that stays, as the markup has it.
fn notice_line(notice: &Notice) -> NoticeLine {
    let actions: Vec<slint::SharedString> = notice.actions.iter().map(|it| it.label().into()).collect();
    NoticeLine {
        tone: tone(notice.tone),
        title: notice.title.as_str().into(),
        text: notice.text.as_str().into(),
        detail: notice.detail.as_str().into(),
        actions: slint::ModelRc::new(VecModel::from(actions)),
    }
}

fn tone(tone: Tone) -> ui::Tone {
    match tone {
        Tone::Plain => ui::Tone::Plain,
        Tone::Good => ui::Tone::Good,
        Tone::Warn => ui::Tone::Warn,
        Tone::Bad => ui::Tone::Bad,
    }
}
