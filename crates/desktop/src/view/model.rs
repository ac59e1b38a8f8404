//! Rows for the markup, made when they are drawn.

use super::ui::{Line, Sign, Tone};
use crate::rows::{Listed, Rows};
use bwdc_messages::desktop::{RowSign, RowText, RowTone};
use slint::{Model, ModelNotify, ModelRc, ModelTracker, VecModel};
use std::cell::RefCell;
use std::rc::Rc;

/// A list of the markup over rows of ours.
pub(super) struct RowModel {
    rows: RefCell<Rc<dyn Rows>>,
    notify: ModelNotify,
}

impl Default for RowModel {
    fn default() -> Self {
        Self { rows: RefCell::new(Rc::new(Listed::default())), notify: ModelNotify::default() }
    }
}

impl RowModel {
    /// Shows other rows, unless they are the same ones.
    pub(super) fn show(&self, rows: Rc<dyn Rows>) {
        if !Rc::ptr_eq(&*self.rows.borrow(), &rows) {
            *self.rows.borrow_mut() = rows;
            self.notify.reset();
        }
    }
}

impl Model for RowModel {
    type Data = Line;

    fn row_count(&self) -> usize {
        self.rows.borrow().count()
    }

    fn row_data(&self, number: usize) -> Option<Line> {
        let rows = self.rows.borrow();
        (number < rows.count()).then(|| line(&rows.row(number)))
    }

    fn model_tracker(&self) -> &dyn ModelTracker {
        &self.notify
    }
}

fn line(row: &RowText) -> Line {
    Line {
        title: row.title.as_str().into(),
        note: row.note.as_str().into(),
        tail: row.tail.as_str().into(),
        tone: match row.tone {
            RowTone::Plain => Tone::Plain,
            RowTone::Good => Tone::Good,
            RowTone::Warn => Tone::Warn,
            RowTone::Bad => Tone::Bad,
        },
        sign: sign(row.sign),
        heading: row.heading,
        inset: row.inset,
    }
}

fn sign(sign: RowSign) -> Sign {
    match sign {
        RowSign::None => Sign::None,
        RowSign::Person => Sign::Person,
        RowSign::Group => Sign::Group,
        RowSign::Plus => Sign::Plus,
        RowSign::Minus => Sign::Minus,
        RowSign::Change => Sign::Change,
        RowSign::Good => Sign::Good,
        RowSign::Warning => Sign::Warning,
        RowSign::Error => Sign::Error,
        RowSign::Info => Sign::Info,
        RowSign::Clock => Sign::Clock,
        RowSign::Folder => Sign::Folder,
    }
}

/// Puts values into a model and touches only those that differ, so that what has the focus keeps it.
pub(super) fn refill<T: Clone + PartialEq + 'static>(model: &VecModel<T>, values: Vec<T>) {
    while model.row_count() > values.len() {
        model.remove(model.row_count() - 1);
    }
    for (number, value) in values.into_iter().enumerate() {
        match model.row_data(number) {
            Some(shown) if shown == value => {}
            Some(_) => model.set_row_data(number, value),
            None => model.push(value),
        }
    }
}

/// A model for the markup.
pub(super) fn shared<M: Model + 'static>(model: &Rc<M>) -> ModelRc<M::Data> {
    ModelRc::from(Rc::clone(model))
}
