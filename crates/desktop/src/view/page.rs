//! The page in place of the tabs: what is done on it, and what it shows.

use super::model::refill;
use super::ui::{AppWindow, ButtonKind, Page, PageButton, PageField, PageLine, Tone as UiTone};
use super::{View, notice_line};
use crate::app::{App, Page as Shown, PressKind};
use crate::rows::Rows;
use bwdc_messages::desktop::step;
use bwdc_messages::line::{Line, Tone};
use slint::{ComponentHandle as _, SharedString, VecModel};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// The lists of the page, and which page it is.
#[derive(Default)]
pub(super) struct PageModels {
    pub(super) head: Rc<VecModel<PageLine>>,
    pub(super) choices: Rc<VecModel<SharedString>>,
    pub(super) fields: Rc<VecModel<PageField>>,
    pub(super) buttons: Rc<VecModel<PageButton>>,
    shown: RefCell<(String, Vec<String>, bool)>,
    number: Cell<i32>,
}

impl PageModels {
    /// A number that is another one when something else is asked.
    fn number(&self, page: &Shown) -> i32 {
        let labels = page.fields.iter().map(|it| it.label.clone());
        let asked: Vec<String> = labels.chain([page.question.clone()]).collect();
        let now = (page.title.clone(), asked, page.busy.is_empty());
        if self.shown.replace(now.clone()) != now {
            self.number.set(self.number.get().wrapping_add(1));
        }
        self.number.get()
    }
}

impl View {
    pub(super) fn show_page(&self, window: &AppWindow, app: &App) {
        let models = &self.models.page;
        let global = window.global::<Page>();
        let page = app.page().unwrap_or_default();
        global.set_open(app.is_on_page());
        global.set_title(page.title.as_str().into());
        let (at, of) = page.place.unwrap_or_default();
        global.set_step(at as i32);
        global.set_steps(of as i32);
        global.set_step_text(if of > 0 { step(at, of).into() } else { SharedString::new() });
        global.set_has_notice(page.notice.is_some());
        global.set_notice(page.notice.as_ref().map(notice_line).unwrap_or_default());
        refill(&models.head, page.head.iter().map(line).collect());
        global.set_busy(page.busy.as_str().into());
        global.set_question(page.question.as_str().into());
        refill(&models.choices, page.choices.iter().map(|it| it.as_str().into()).collect());
        global.set_choice(page.choice as i32);
        refill(&models.fields, page.fields.iter().map(field).collect());
        global.set_help(page.help.as_str().into());
        global.set_has_rows(page.rows.is_some());
        global.set_can_choose(page.rows.as_ref().is_some_and(|(_, can)| *can));
        if let Some((rows, _)) = &page.rows {
            self.models.page_rows.show(Rc::clone(rows) as Rc<dyn Rows>);
        }
        global.set_row(page.row.map_or(-1, |it| it as i32));
        global.set_detail(page.detail.as_str().into());
        let button = |it: &crate::app::PageButton| PageButton {
            text: it.label.as_str().into(),
            kind: match it.kind {
                PressKind::Usual => ButtonKind::Plain,
                PressKind::Primary => ButtonKind::Primary,
                PressKind::Danger => ButtonKind::Danger,
            },
        };
        refill(&models.buttons, page.buttons.iter().map(button).collect());
        // What was drawn before is there when the focus moves.
        global.set_number(models.number(&page));
    }
}

fn line(line: &Line) -> PageLine {
    PageLine {
        text: line.text.as_str().into(),
        tone: match line.tone {
            Tone::Plain | Tone::Strong | Tone::Faint => UiTone::Plain,
            Tone::Good => UiTone::Good,
            Tone::Warning => UiTone::Warn,
            Tone::Bad => UiTone::Bad,
        },
        strong: line.tone == Tone::Strong,
        faint: line.tone == Tone::Faint,
    }
}

fn field(field: &crate::app::PageField) -> PageField {
    PageField {
        label: field.label.as_str().into(),
        help: field.help.as_str().into(),
        value: field.value.as_str().into(),
        placeholder: field.placeholder.as_str().into(),
        error: field.error.as_str().into(),
        secret: field.secret,
    }
}
