//! The profiles of this account, and folders elsewhere that can become one.

use super::{Outcome, Page, PageButton, PageField, Press, SheetPage, failed, said};
use crate::app::Notice;
use crate::job::Overview;
use crate::rows::Listed;
use bwdc_engine::paths::ProfileName;
use bwdc_engine::profiles::ProfileEntry;
use bwdc_engine::take_over::{FoundFolder, TakenOver};
use bwdc_jobs::job::{Happened, Job as SharedJob};
use bwdc_messages::desktop::{RowSign, RowText, label};
use bwdc_messages::line::{Line, Tone};
use bwdc_messages::profile as words;
use std::path::PathBuf;
use std::rc::Rc;

/// What is asked.
enum Step {
    /// Which one.
    Choose,
    /// What a new one is called.
    Name,
    /// Which folder is looked at.
    Folder,
    /// Whether this one is taken over.
    TakeOver(Box<FoundFolder>),
}

/// The choice of a profile.
pub(super) struct ProfileSheet {
    step: Step,
    profiles: Vec<ProfileEntry>,
    elsewhere: Vec<PathBuf>,
    rows: Rc<Listed>,
    typed: String,
    error: String,
    busy: String,
    notice: Option<Notice>,
}

impl ProfileSheet {
    pub(super) fn begin() -> (Self, SharedJob) {
        let sheet = Self {
            step: Step::Choose,
            profiles: Vec::new(),
            elsewhere: Vec::new(),
            rows: Rc::default(),
            typed: String::new(),
            error: String::new(),
            busy: label("profiles.looking"),
            notice: None,
        };
        (sheet, SharedJob::Profiles)
    }

    fn work(&mut self, busy: &str, job: SharedJob) -> Outcome {
        self.busy = label(busy);
        self.notice = None;
        Outcome::Job(job)
    }

    fn go(&mut self, step: Step, typed: &str) {
        self.step = step;
        typed.clone_into(&mut self.typed);
        self.error.clear();
        self.notice = None;
    }

    fn list(&mut self, profiles: Vec<ProfileEntry>, elsewhere: Vec<PathBuf>) {
        let profile = |it: &ProfileEntry| RowText {
            title: it.name.to_string(),
            note: it.folder.display().to_string(),
            tail: if it.current { label("profiles.current") } else { String::new() },
            sign: if it.current { RowSign::Good } else { RowSign::Folder },
            ..RowText::default()
        };
        let folder = |it: &PathBuf| RowText {
            title: it.display().to_string(),
            note: label("profiles.not-here"),
            sign: RowSign::Plus,
            ..RowText::default()
        };
        let rows = profiles.iter().map(profile).chain(elsewhere.iter().map(folder));
        self.rows = Rc::new(Listed(rows.collect()));
        (self.profiles, self.elsewhere) = (profiles, elsewhere);
        self.go(Step::Choose, "");
    }

    /// The name that was typed; None: it cannot be one, which is said at the field.
    fn name(&mut self) -> Option<ProfileName> {
        let name = ProfileName::parse(&self.typed).ok();
        self.error = if name.is_none() { label("profiles.name-wrong") } else { String::new() };
        name
    }

    fn accept(&mut self) -> Outcome {
        match &self.step {
            Step::Choose => Outcome::Stay,
            Step::Name => match self.name() {
                Some(name) => self.work("profiles.looking", SharedJob::CreateProfile(name)),
                None => Outcome::Stay,
            },
            Step::Folder if self.typed.trim().is_empty() => {
                self.error = label("key.missing");
                Outcome::Stay
            }
            Step::Folder => {
                let folder = PathBuf::from(self.typed.trim());
                self.work("profiles.looking", SharedJob::LookElsewhere(folder))
            }
            Step::TakeOver(found) => {
                let folder = found.folder.clone();
                match self.name() {
                    Some(name) => self.work("profiles.copying", SharedJob::TakeOver { folder, name }),
                    None => Outcome::Stay,
                }
            }
        }
    }

    fn field(&self, name: &str, help: &str) -> PageField {
        PageField {
            label: label(name),
            help: label(help),
            value: self.typed.clone(),
            error: self.error.clone(),
            ..PageField::default()
        }
    }

    fn choose_page(&self, page: &mut Page) {
        page.title = label("profiles.title");
        page.head = vec![Line::new(label("profiles.help"), Tone::Faint)];
        page.rows = Some((Rc::clone(&self.rows), true));
        page.buttons = vec![
            PageButton::new(Press::Name, label("profiles.new")),
            PageButton::new(Press::Elsewhere, label("profiles.elsewhere")),
        ];
    }

    fn take_over_page(&self, found: &FoundFolder, page: &mut Page) {
        page.title = label("profiles.take-over-title");
        let facts = words::found(found).into_iter();
        page.head = facts.map(|(name, value)| Line::plain(format!("{name}: {value}"))).collect();
        page.head.push(Line::default());
        let tone = |number| if number == 0 { Tone::Faint } else { Tone::Warning };
        let means = words::take_over_means(found).into_iter().enumerate();
        page.head.extend(means.map(|(number, text)| Line::new(text, tone(number))));
        page.fields = vec![self.field("profiles.name", "profiles.name-help")];
        page.buttons = vec![PageButton::new(Press::Next, label("profiles.take-over")).primary()];
    }

    fn taken_over(&mut self, taken: &TakenOver) -> Outcome {
        let lines = words::left_behind(taken).into_iter();
        let notice = said(words::taken_over(taken)).with(lines);
        if self.profiles.iter().any(|it| it.current && it.name == taken.name) {
            return Outcome::Reopen(notice);
        }
        self.notice = Some(notice);
        self.step = Step::Choose;
        self.busy = label("profiles.looking");
        Outcome::Job(SharedJob::Profiles)
    }
}

impl SheetPage for ProfileSheet {
    fn page(&self, _overview: &Overview) -> Page {
        let mut page = Page { notice: self.notice.clone(), busy: self.busy.clone(), ..Page::default() };
        match &self.step {
            Step::Choose => self.choose_page(&mut page),
            Step::Name => {
                page.title = label("profiles.new-title");
                page.fields = vec![self.field("profiles.name", "profiles.name-help")];
                page.buttons = vec![PageButton::new(Press::Next, label("profiles.create")).primary()];
            }
            Step::Folder => {
                page.title = label("profiles.take-over-title");
                page.fields = vec![self.field("profiles.folder", "profiles.folder-help")];
                page.buttons = vec![PageButton::new(Press::Next, label("profiles.look")).primary()];
            }
            Step::TakeOver(found) => self.take_over_page(found, &mut page),
        }
        if !self.busy.is_empty() {
            page.buttons.clear();
        }
        page
    }

    fn press(&mut self, press: Press) -> Outcome {
        if !self.busy.is_empty() {
            return Outcome::Stay;
        }
        match press {
            Press::Name => self.go(Step::Name, ""),
            Press::Elsewhere => self.go(Step::Folder, ""),
            Press::Next => return self.accept(),
            _ => {}
        }
        Outcome::Stay
    }

    fn typed(&mut self, _field: usize, text: &str) {
        text.clone_into(&mut self.typed);
        self.error.clear();
    }

    fn chosen(&mut self, number: usize) -> Outcome {
        if !self.busy.is_empty() || !matches!(self.step, Step::Choose) {
            return Outcome::Stay;
        }
        match (self.profiles.get(number), self.elsewhere.get(number.wrapping_sub(self.profiles.len()))) {
            (Some(profile), _) if profile.current => Outcome::Close(None),
            (Some(profile), _) => Outcome::Profile(profile.name.clone()),
            (None, Some(folder)) => {
                let folder = folder.clone();
                self.work("profiles.looking", SharedJob::LookElsewhere(folder))
            }
            (None, None) => Outcome::Stay,
        }
    }

    fn back(&mut self) -> Outcome {
        self.busy.clear();
        if matches!(self.step, Step::Choose) {
            return Outcome::Close(None);
        }
        self.go(Step::Choose, "");
        Outcome::Stay
    }

    fn report(&mut self, what: Happened) -> Outcome {
        match what {
            Happened::Profiles(profiles, elsewhere) => {
                let notice = self.notice.take();
                self.list(profiles, elsewhere);
                self.notice = notice;
            }
            Happened::Found(found) => {
                // The profile of this window, where nobody has set it up.
                let here = self.profiles.iter().find(|it| it.current && !it.has_settings);
                let name = here.map(|it| it.name.to_string()).unwrap_or_default();
                self.go(Step::TakeOver(found), &name);
            }
            Happened::TakenOver(taken) => return self.taken_over(&taken),
            Happened::Failed(error) => self.notice = Some(failed(*error).without_tabs()),
            _ => return Outcome::Stay,
        }
        self.busy.clear();
        Outcome::Stay
    }
}
