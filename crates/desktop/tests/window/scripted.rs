//! A window whose jobs are answered by the test.

use super::desk::{begin, find, names};
use bwdc_desktop::app::{App, Effect};
use bwdc_desktop::job::{Job, Reply, Ticket};
use bwdc_desktop::view::View;
use bwdc_desktop::view::ui::AppWindow;
use slint::{ComponentHandle as _, LogicalSize};
use std::cell::RefCell;
use std::rc::Rc;

pub(crate) struct Scripted {
    pub(crate) window: AppWindow,
    pub(crate) view: Rc<View>,
    jobs: Rc<RefCell<Vec<Job>>>,
    others: Rc<RefCell<Vec<Effect>>>,
}

impl Scripted {
    pub(crate) fn over(app: App) -> Self {
        begin();
        let window = AppWindow::new().expect("a window");
        let jobs: Rc<RefCell<Vec<Job>>> = Rc::default();
        let others: Rc<RefCell<Vec<Effect>>> = Rc::default();
        let (list, rest) = (Rc::clone(&jobs), Rc::clone(&others));
        let outside = Box::new(move |effect| match effect {
            Effect::Job(job) => list.borrow_mut().push(job),
            other => rest.borrow_mut().push(other),
        });
        let view = View::new(app, &window, outside);
        window.show().expect("shown");
        window.window().set_size(LogicalSize::new(1000.0, 2000.0));
        let scripted = Self { window, view, jobs, others };
        scripted.jobs();
        scripted
    }

    /// What was asked for since this was last asked.
    pub(crate) fn jobs(&self) -> Vec<Job> {
        self.jobs.take()
    }

    /// What else was asked of the world since this was last asked.
    pub(crate) fn others(&self) -> Vec<Effect> {
        self.others.take()
    }

    /// What the page asked for.
    pub(crate) fn page_job(&self) -> (Ticket, bwdc_jobs::job::Job) {
        let asked = self.jobs().into_iter().find_map(|it| match it {
            Job::Page { ticket, job } => Some((ticket, job)),
            _ => None,
        });
        asked.expect("the page asks for something")
    }

    pub(crate) fn reply(&self, reply: Reply) {
        self.view.with(|app| app.reply(reply));
    }

    pub(crate) fn shows(&self, name: &str) -> bool {
        find(&self.window, name).is_some()
    }

    /// Whether a text that holds this is heard.
    pub(crate) fn says(&self, text: &str) -> bool {
        self.names().iter().any(|it| it.contains(text))
    }

    pub(crate) fn press(&self, name: &str) {
        let element = find(&self.window, name)
            .unwrap_or_else(|| panic!("nothing is called `{name}`; there is {:?}", self.names()));
        assert_ne!(element.accessible_enabled(), Some(false), "`{name}` cannot be pressed");
        element.invoke_accessible_default_action();
    }

    pub(crate) fn fill(&self, name: &str, text: &str) {
        find(&self.window, name).expect("a field").set_accessible_value(text);
    }

    pub(crate) fn is_enabled(&self, name: &str) -> bool {
        find(&self.window, name).expect("a control").accessible_enabled() != Some(false)
    }

    pub(crate) fn names(&self) -> Vec<String> {
        names(&self.window)
    }
}
