//! The guided set-up: what is asked and what answers mean is the set-up's own, which the console UI has, too.

use super::{Outcome, Page, PageAsk, PageButton, PageField, Press, SheetPage, ask, failed};
use crate::app::{Notice, Tone};
use crate::job::Overview;
use bwdc_jobs::job::{Happened, Job as SharedJob};
use bwdc_messages::desktop::label;
use bwdc_messages::line::Line;
use bwdc_messages::setup::{Ask, Setup, SetupDone, SetupExtent, SetupPage, SetupReply, SetupWork};
use secrecy::SecretString;
use secrecy::zeroize::Zeroize as _;

/// The set-up, and what was typed on its page.
pub(super) struct SetupSheet {
    setup: Setup,
    page: SetupPage,
    typed: String,
    choice: usize,
    /// Whether what is to be prepared in the directory is shown.
    prepares: bool,
    notice: Option<Notice>,
}

impl Drop for SetupSheet {
    fn drop(&mut self) {
        self.typed.zeroize();
    }
}

impl SetupSheet {
    pub(super) fn begin(extent: SetupExtent) -> (Self, SetupWork) {
        let (setup, work) = Setup::begin(extent);
        let page = setup.page();
        (Self { setup, page, typed: String::new(), choice: 0, prepares: false, notice: None }, work)
    }

    fn turn_page(&mut self) {
        self.page = self.setup.page();
        self.typed.zeroize();
        self.choice = match &self.page.ask {
            Ask::Choice { default, .. } => *default,
            _ => 0,
        };
    }

    fn carry_out(&mut self, work: Option<SetupWork>) -> Outcome {
        self.turn_page();
        match work {
            Some(work) => Outcome::Job(SharedJob::Setup(work)),
            None if self.setup.is_over() => Outcome::Close(None),
            None => Outcome::Stay,
        }
    }

    fn answer(&mut self) -> Outcome {
        let reply = match &self.page.ask {
            Ask::Wait { .. } => return Outcome::Stay,
            Ask::Line { .. } => SetupReply::Text(self.typed.clone()),
            Ask::Secret { .. } => SetupReply::Secret(SecretString::from(self.typed.as_str())),
            Ask::Choice { .. } => SetupReply::Choice(self.choice),
        };
        self.notice = None;
        let work = self.setup.answer(reply);
        self.carry_out(work)
    }

    fn field(&self, label: &str, placeholder: String, secret: bool) -> Vec<PageField> {
        vec![PageField {
            label: label.to_owned(),
            help: self.page.help.clone(),
            value: self.typed.clone(),
            placeholder,
            error: self.page.error.clone().unwrap_or_default(),
            secret,
        }]
    }

    /// What is to be prepared in the directory, where that is asked for.
    fn preparations(&self) -> Option<Page> {
        let kind = self.setup.kind().filter(|_| self.prepares)?;
        let mut page = Page { title: label("setup.prepare"), ..Page::default() };
        page.head = kind.vendor_steps().into_iter().map(Line::plain).collect();
        page.buttons = vec![PageButton::new(Press::Prepare, label("close")).primary()];
        Some(page)
    }
}

impl SheetPage for SetupSheet {
    fn page(&self, _overview: &Overview) -> Page {
        if let Some(page) = self.preparations() {
            return page;
        }
        let mut page = Page { title: self.page.title.clone(), place: self.page.step, ..Page::default() };
        page.notice.clone_from(&self.notice);
        page.head.clone_from(&self.page.lines);
        let mut is_at_field = false;
        match &self.page.ask {
            Ask::Wait { what } => page.busy.clone_from(what),
            Ask::Line { label, default } => {
                is_at_field = true;
                page.fields = self.field(label, default.clone(), false);
            }
            Ask::Secret { label: asked, is_stored, is_entered } => {
                is_at_field = true;
                let stored = match (is_stored, is_entered) {
                    (_, true) => label("setup.entered"),
                    (true, false) => label("setup.stored"),
                    (false, false) => String::new(),
                };
                page.fields = self.field(asked, stored, true);
            }
            Ask::Choice { label, choices, .. } => {
                page.question.clone_from(label);
                page.help.clone_from(&self.page.help);
                page.choices = choices.iter().map(|it| it.label.clone()).collect();
                page.choice = self.choice;
            }
        }
        if let Some(error) = self.page.error.as_ref().filter(|_| !is_at_field) {
            let mut lines = error.lines().map(str::to_owned);
            page.notice = Some(Notice::new(Tone::Bad, lines.next().unwrap_or_default()).with(lines));
        }
        if !self.setup.is_waiting() {
            if self.setup.kind().is_some() {
                page.buttons.push(PageButton::new(Press::Prepare, label("setup.prepare")));
            }
            page.buttons.push(PageButton::new(Press::Next, label("setup.next")).primary());
        }
        page
    }

    fn press(&mut self, press: Press) -> Outcome {
        match press {
            Press::Next => self.answer(),
            Press::Prepare => {
                self.prepares = !self.prepares;
                Outcome::Stay
            }
            _ => Outcome::Stay,
        }
    }

    fn typed(&mut self, _field: usize, text: &str) {
        self.typed.zeroize();
        text.clone_into(&mut self.typed);
    }

    fn chosen(&mut self, number: usize) -> Outcome {
        if let Ask::Choice { choices, .. } = &self.page.ask {
            self.choice = number.min(choices.len().saturating_sub(1));
        }
        Outcome::Stay
    }

    fn back(&mut self) -> Outcome {
        if std::mem::take(&mut self.prepares) {
            return Outcome::Stay;
        }
        if self.setup.back() {
            self.turn_page();
            return Outcome::Stay;
        }
        if self.setup.has_unsaved() {
            let ask = ask(PageAsk::Leave, "ask.leave.title", label("setup.leave"), "settings.leave");
            return Outcome::Ask(Box::new(ask.dangerous()));
        }
        Outcome::Close(None)
    }

    fn has_unsaved(&self) -> bool {
        self.setup.has_unsaved()
    }

    fn agreed(&mut self, what: PageAsk) -> Outcome {
        if what == PageAsk::Leave { Outcome::Close(None) } else { Outcome::Stay }
    }

    fn report(&mut self, what: Happened) -> Outcome {
        let done = match what {
            Happened::Setup(done) => *done,
            Happened::Progress(text) | Happened::Held(text) => SetupDone::Progress(text),
            Happened::Notice(text) => {
                self.notice = Some(Notice::new(Tone::Warn, text));
                return Outcome::Stay;
            }
            Happened::Failed(error) => {
                let notice = failed(*error);
                let lines = [notice.text, notice.detail].into_iter().filter(|it| !it.is_empty());
                SetupDone::Failed(lines.collect::<Vec<_>>().join("\n"))
            }
            _ => return Outcome::Stay,
        };
        let goes_on = matches!(done, SetupDone::Progress(_));
        let work = self.setup.done(done);
        if goes_on {
            self.page = self.setup.page();
            return Outcome::Stay;
        }
        self.carry_out(work)
    }
}
