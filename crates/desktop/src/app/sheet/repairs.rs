//! What no sync decides by itself: two of one address or id. One that stays is chosen, and the rest carried out after a typed yes.

use super::{Outcome, Page, PageAsk, PageButton, Press, SheetPage, ask_word, failed, said};
use crate::app::Notice;
use crate::job::Overview;
use crate::rows::Listed;
use bwdc_core::plan::Picks;
use bwdc_jobs::job::{Happened, Job as SharedJob};
use bwdc_messages::desktop::{label, repair_row};
use bwdc_messages::repair::{RepairList, carried_out, looking, not_yes, sending};
use std::rc::Rc;

/// The repairs.
pub(super) struct RepairSheet {
    picks: Picks,
    list: Option<RepairList>,
    rows: Rc<Listed>,
    row: Option<usize>,
    busy: String,
    notice: Option<Notice>,
}

impl RepairSheet {
    pub(super) fn begin() -> (Self, SharedJob) {
        let (picks, rows) = (Picks::default(), Rc::default());
        let sheet = Self { picks, list: None, rows, row: None, busy: looking(), notice: None };
        (sheet, SharedJob::Repairs(Picks::default()))
    }

    fn look(&mut self) -> Outcome {
        self.busy = looking();
        Outcome::Job(SharedJob::Repairs(self.picks.clone()))
    }
}

impl SheetPage for RepairSheet {
    fn page(&self, _overview: &Overview) -> Page {
        let mut page = Page { title: label("repairs.title"), ..Page::default() };
        page.notice.clone_from(&self.notice);
        page.busy.clone_from(&self.busy);
        if let Some(list) = &self.list {
            page.head = list.summary();
            if !list.rows().is_empty() {
                page.rows = Some((Rc::clone(&self.rows), true));
            }
            page.row = self.row;
            page.detail =
                self.row.and_then(|it| list.rows().get(it)).map(|it| it.detail.clone()).unwrap_or_default();
        }
        if self.busy.is_empty() {
            page.buttons = vec![PageButton::new(Press::Refresh, label("history.refresh"))];
            if self.list.as_ref().is_some_and(|it| it.decided() > 0) {
                page.buttons.push(PageButton::new(Press::CarryOut, label("repairs.carry-out")).danger());
            }
        }
        page
    }

    fn press(&mut self, press: Press) -> Outcome {
        if !self.busy.is_empty() {
            return Outcome::Stay;
        }
        match (press, &self.list) {
            (Press::Refresh, _) => {
                self.notice = None;
                self.look()
            }
            (Press::CarryOut, Some(list)) => {
                let (word, question) = list.question();
                let other = not_yes(&word);
                Outcome::Ask(Box::new(ask_word(
                    PageAsk::Repair,
                    "repairs.ask-title",
                    String::new(),
                    question,
                    word,
                    other,
                    "repairs.carry-out-now",
                )))
            }
            _ => Outcome::Stay,
        }
    }

    fn chosen(&mut self, number: usize) -> Outcome {
        let picks = self.list.as_ref().and_then(|it| it.pick(number));
        let Some(picks) = picks.filter(|_| self.busy.is_empty()) else { return Outcome::Stay };
        self.row = Some(number);
        self.picks = picks;
        self.look()
    }

    fn agreed(&mut self, what: PageAsk) -> Outcome {
        match (what, &self.list) {
            (PageAsk::Repair, Some(list)) => {
                self.busy = sending();
                Outcome::Job(SharedJob::Repair { picks: self.picks.clone(), agreed: list.found.clone() })
            }
            _ => Outcome::Stay,
        }
    }

    fn report(&mut self, what: Happened) -> Outcome {
        match what {
            Happened::Progress(text) | Happened::Held(text) => self.busy = text,
            Happened::Repairs(found) => {
                self.busy.clear();
                let list = RepairList::new(*found, self.picks.clone());
                self.rows = Rc::new(Listed(list.rows().iter().map(repair_row).collect()));
                self.row = self.row.filter(|it| *it < list.rows().len());
                self.list = Some(list);
            }
            Happened::Repaired(done) => {
                self.picks = Picks::default();
                self.row = None;
                self.notice = Some(said(carried_out(done)));
                return self.look();
            }
            Happened::Failed(error) => {
                self.busy.clear();
                self.notice = Some(failed(*error));
            }
            _ => {}
        }
        Outcome::Stay
    }
}
