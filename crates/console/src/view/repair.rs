//! What no sync decides by itself: two of one address or id. One that stays is chosen, and the rest carried out after a typed yes.

use super::chosen::{Chosen, back, hints as list_hints};
use super::loading::{Loading, with_again};
use super::search::{self, Search};
use crate::desk::{Desk, Turn, View};
use crate::job::{Happened, Job, JobId};
use crate::key::Key;
use crate::screen::{Hint, Input, Line, Row, Screen, Tone};
use crate::typing::Typing;
use bwdc_core::plan::Picks;
use bwdc_engine::Cancel;
use bwdc_messages::repair::{RepairList, carried_out, looking, sending};
use bwdc_messages::text;

/// The repairs.
pub(crate) struct RepairView {
    loading: Loading,
    cancel: Cancel,
    progress: String,
    picks: Picks,
    list: Option<RepairList>,
    at: Chosen,
    search: Search,
    /// The yes, while it is typed.
    typing: Option<Typing>,
    error: Option<String>,
}

impl RepairView {
    pub(crate) fn begin(desk: &mut Desk) -> Self {
        let mut view = Self {
            loading: Loading::default(),
            cancel: Cancel::default(),
            progress: String::new(),
            picks: Picks::default(),
            list: None,
            at: Chosen::default(),
            search: Search::default(),
            typing: None,
            error: None,
        };
        view.look(desk);
        view
    }

    fn look(&mut self, desk: &mut Desk) {
        self.start(Job::Repairs(self.picks.clone()), desk);
        self.progress = looking();
    }

    fn start(&mut self, job: Job, desk: &mut Desk) {
        self.cancel = Cancel::default();
        self.loading = Loading::of(desk.start_with(job, self.cancel.clone()));
    }

    /// The rows that are shown, by their places in the list.
    fn shown(&self) -> Vec<usize> {
        let rows = self.list.as_ref().map_or(&[][..], |it| it.rows());
        let fits = |(place, row): (usize, &bwdc_messages::repair::RepairRow)| {
            self.search.shows(&format!("{} {}", row.left, row.right)).then_some(place)
        };
        rows.iter().enumerate().filter_map(fits).collect()
    }

    fn answer(&mut self, key: &Key, desk: &mut Desk) -> Turn {
        let (Some(typing), Some(list)) = (&mut self.typing, &self.list) else { return Turn::Unknown };
        match key {
            Key::Esc => self.typing = None,
            Key::Enter => {
                let (word, _) = list.question();
                if typing.text().trim() != word {
                    self.error = Some(text!(
                        "repair-view.not-yes",
                        "Nothing was sent. Type {word}, or press Esc.",
                        word
                    ));
                    return Turn::Stay;
                }
                let job = Job::Repair { picks: self.picks.clone(), agreed: list.found.clone() };
                self.typing = None;
                self.start(job, desk);
                self.progress = sending();
            }
            key if typing.key(key) => self.error = None,
            _ => return Turn::Unknown,
        }
        Turn::Stay
    }

    fn walk(&mut self, key: &Key, desk: &mut Desk) -> Turn {
        if self.search.key(key) {
            self.at.within(self.shown().len());
            return Turn::Stay;
        }
        match key {
            Key::Enter => {
                let row = self.shown().get(self.at.0).copied();
                if let Some(picks) = row.and_then(|row| self.list.as_ref()?.pick(row)) {
                    self.picks = picks;
                    self.look(desk);
                }
                Turn::Stay
            }
            Key::Char('c') if self.list.as_ref().is_some_and(|it| it.decided() > 0) => {
                self.typing = Some(Typing::default());
                self.error = None;
                Turn::Stay
            }
            Key::Char('r') => {
                self.look(desk);
                Turn::Stay
            }
            key if self.at.key(key, self.shown().len()) => Turn::Stay,
            _ => Turn::Unknown,
        }
    }

    /// Takes a list. At first somebody is chosen, not a title.
    fn show(&mut self, list: RepairList) {
        if self.list.is_none() {
            self.at = Chosen(1);
        }
        self.list = Some(list);
        self.at.within(self.shown().len());
    }
}

impl View for RepairView {
    fn key(&mut self, key: &Key, desk: &mut Desk) -> Turn {
        if self.loading.is_waiting() {
            return match key {
                Key::Esc | Key::Stop => {
                    self.cancel.cancel();
                    if self.list.is_none() { Turn::Back } else { Turn::Stay }
                }
                _ => Turn::Stay,
            };
        }
        if self.typing.is_some() {
            return self.answer(key, desk);
        }
        if self.loading.has_failed() && *key == Key::Char('r') {
            self.look(desk);
            return Turn::Stay;
        }
        match self.loading.key(key) {
            Some(turn) => turn,
            None => self.walk(key, desk),
        }
    }

    fn report(&mut self, job: JobId, what: Happened, desk: &mut Desk) -> Result<Turn, Happened> {
        match what {
            Happened::Progress(text) | Happened::Held(text) if self.loading.is(job) => {
                self.progress = text;
                return Ok(Turn::Stay);
            }
            Happened::Notice(text) if self.loading.is(job) => {
                desk.say(text, Tone::Warning);
                return Ok(Turn::Stay);
            }
            _ => {}
        }
        let Some(what) = self.loading.report(job, what, desk)? else { return Ok(Turn::Stay) };
        match what {
            Happened::Repairs(found) => {
                self.show(RepairList::new(*found, self.picks.clone()));
            }
            Happened::Repaired(done) => {
                self.picks = Picks::default();
                self.look(desk);
                desk.say(carried_out(done), Tone::Good);
            }
            other => return Err(other),
        }
        Ok(Turn::Stay)
    }

    fn is_waiting(&self) -> bool {
        self.loading.is_waiting()
    }

    fn screen<'s>(&'s self, _desk: &'s Desk) -> Screen<'s> {
        let title = text!("menu.repair", "Repair duplicates");
        if let Some(failed) = self.loading.screen(title.clone()) {
            return with_again(failed);
        }
        let mut screen = Screen::new(title);
        if let Some(list) = &self.list {
            screen = self.show_list(screen, list);
        }
        if self.loading.is_waiting() {
            screen.busy = Some(format!("{} …", self.progress));
            screen.input = None;
            screen.hints = vec![Hint::new("Esc", text!("setup.stop", "stop"), "stop", Key::Esc)];
        }
        screen
    }
}

impl RepairView {
    fn show_list<'s>(&'s self, mut screen: Screen<'s>, list: &'s RepairList) -> Screen<'s> {
        screen.head = list.summary();
        let shown = self.shown();
        let row = |place: &usize| {
            let Some(it) = list.rows().get(*place) else { return Row::default() };
            Row {
                left: it.left.as_str().into(),
                right: it.right.as_str().into(),
                tone: it.tone,
                level: u16::from(it.id.is_some()),
                is_title: it.id.is_none(),
                ..Row::default()
            }
        };
        let chosen = shown.get(self.at.0).and_then(|it| list.rows().get(*it));
        let detail = chosen.map(|it| it.detail.as_str()).filter(|it| !it.is_empty());
        screen.detail = detail.map(Line::plain).into_iter().collect();
        screen = screen.with_rows(shown.iter().map(row).collect(), self.at.0, 44);
        if let Some(shown) = &mut screen.list {
            shown.empty = self.search.nothing().unwrap_or_default();
        }
        screen.input = self.search.input();
        if let Some(typing) = &self.typing {
            let (_, label) = list.question();
            screen.input = Some(Input {
                label,
                shown: typing.text().to_owned(),
                cursor: typing.cursor(),
                default: String::new(),
                is_secret: false,
                error: self.error.clone(),
            });
        }
        screen.hints = list_hints();
        if let Some(enter) = screen.hints.last_mut() {
            enter.what = text!("repair-view.keep", "keep this one");
        }
        if list.decided() > 0 {
            let what = text!("repair-view.carry-out", "carry out");
            screen.hints.push(Hint::new("c", what, "carry-out", Key::Char('c')));
        }
        screen.hints.push(search::hint());
        screen.hints.push(Hint::new("r", text!("menu.refresh", "refresh"), "refresh", Key::Char('r')));
        screen.hints.push(back());
        screen
    }
}
