//! The settings of one part as a form. Nothing is stored before it is saved, and then only what was changed; what counts
//! without being set is shown and never stored.

mod model;
pub(crate) mod part;
mod save;
mod show;

use super::chosen::Chosen;
use super::text::TextView;
use super::trouble::TroubleView;
use crate::desk::{Desk, Turn, View};
use crate::job::{Happened, Job, JobId};
use crate::key::Key;
use crate::screen::{Line, Screen, Tone};
use crate::typing::Typing;
use bwdc_core::settings::Setting;
use bwdc_engine::service::is_settable;
use bwdc_engine::{Cancel, Origin};
use bwdc_messages::finding::Described;
use bwdc_messages::form::{Choice, Field, Input as Kind};
use bwdc_messages::setup::{SetupDone, SetupWork, Typed};
use bwdc_messages::text;
use model::Model;
use part::FormPart;
use save::Saving;
use secrecy::SecretString;

/// What is going on in the form.
enum Doing {
    /// Rows are walked through.
    Walking,
    /// A line is typed for the chosen setting.
    Typing { typing: Typing, error: Option<String>, files: Vec<String> },
    /// One of several values is chosen.
    Choosing { choices: Vec<Choice>, at: Chosen },
    /// It is asked whether what was changed may be lost.
    Leaving,
    /// On the way to the file.
    Saving(Saving),
    /// The connection is tested.
    Testing,
    /// Names are looked for.
    Searching(Typing),
}

/// The form.
pub(crate) struct FormView {
    part: FormPart,
    /// Whether the service of the machine keeps the settings.
    by_service: bool,
    model: Model,
    at: Chosen,
    doing: Doing,
    job: Option<JobId>,
    cancel: Cancel,
    progress: String,
}

impl FormView {
    /// Opens a part; None: the settings cannot be read.
    pub(crate) fn open(part: FormPart, desk: &mut Desk) -> Option<Self> {
        let Some(state) = desk.installation() else {
            let error = desk.state.as_ref().and_then(|it| it.as_ref().err()).map(|it| desk.error_text(it));
            desk.note = error.map(|it| Line::new(it, Tone::Bad));
            return None;
        };
        let model = Model::new(part, state.entries.clone());
        let at = Chosen(1.min(model.rows().len().saturating_sub(1)));
        let by_service = state.by_service;
        Some(Self {
            part,
            by_service,
            model,
            at,
            doing: Doing::Walking,
            job: None,
            cancel: Cancel::default(),
            progress: String::new(),
        })
    }

    /// Opens the part that has a setting, at this setting, with a value that is typed but not stored.
    pub(crate) fn at(name: &str, value: Option<&str>, desk: &mut Desk) -> Option<Self> {
        let setting = Setting::find(name)?;
        let mut form = Self::open(FormPart::of(setting.section)?, desk)?;
        if form.model.position(setting.name).is_none() {
            form.model.shows_all = true;
            form.model.refresh();
        }
        form.at = Chosen(form.model.position(setting.name)?);
        if let Some(value) = value {
            form.model.set(setting, value);
            form.at = Chosen(form.model.position(setting.name)?);
        }
        Some(form)
    }

    /// Whether the service of the machine keeps the settings, and does not let callers change this one.
    fn is_of_the_machine(&self, setting: &Setting) -> bool {
        self.by_service && !is_settable(setting)
    }

    fn chosen(&self) -> Option<&Field> {
        self.model.rows().get(self.at.0).and_then(|it| self.model.field(*it))
    }

    fn edit(&mut self, desk: &mut Desk) -> Turn {
        let Some(field) = self.chosen().cloned() else { return Turn::Stay };
        if self.is_of_the_machine(field.setting) {
            desk.say(
                text!(
                    "form.of-the-machine",
                    "The service does not take this through its socket: secrets, programs and addresses are changed on the machine, as its account."
                ),
                Tone::Warning,
            );
            return Turn::Stay;
        }
        if field.origin == Some(Origin::Variable) {
            let variable = field.setting.variable();
            desk.say(
                text!(
                    "form.variable",
                    "This comes from the environment variable `{variable}`. Change it there.",
                    variable
                ),
                Tone::Warning,
            );
            return Turn::Stay;
        }
        match field.input {
            Kind::Switch => self.toggle(&field),
            Kind::Choice(choices) => {
                let current = if field.value.is_empty() { &field.default } else { &field.value };
                let at = Chosen(choices.iter().position(|it| it.value == *current).unwrap_or(0));
                self.doing = Doing::Choosing { choices, at };
            }
            _ => {
                let typing = Typing::of(&field.value);
                self.doing = Doing::Typing { typing, error: None, files: Vec::new() };
            }
        }
        Turn::Stay
    }

    fn toggle(&mut self, field: &Field) {
        let current = if field.value.is_empty() { &field.default } else { &field.value };
        let other = if current == "true" { "false" } else { "true" };
        self.set(field.setting, other);
    }

    /// Takes a value; the chosen row stays the same although others come and go.
    fn set(&mut self, setting: &'static Setting, typed: &str) {
        self.model.set(setting, typed);
        self.at = Chosen(self.model.position(setting.name).unwrap_or(self.at.0));
        self.at.within(self.model.rows().len());
    }

    fn walk(&mut self, key: &Key, desk: &mut Desk) -> Turn {
        match key {
            Key::Enter => return self.edit(desk),
            Key::Char(' ') => {
                if self.chosen().is_some_and(|it| it.input == Kind::Switch) {
                    return self.edit(desk);
                }
            }
            Key::Char('u') | Key::Delete => {
                let Some(field) = self.chosen().cloned() else { return Turn::Stay };
                if self.is_of_the_machine(field.setting) {
                    return self.edit(desk);
                }
                if field.setting.is_secret() {
                    self.model.secrets.remove(field.setting.name);
                    self.model.refresh();
                } else if field.origin != Some(Origin::Variable) {
                    self.set(field.setting, "");
                }
            }
            Key::Char('a') => {
                let name = self.chosen().map(|it| it.setting.name);
                self.model.shows_all = !self.model.shows_all;
                self.model.refresh();
                self.at = Chosen(name.and_then(|it| self.model.position(it)).unwrap_or(self.at.0));
                self.at.within(self.model.rows().len());
            }
            Key::Char('s') | Key::Save => self.begin_to_save(desk),
            Key::Char('t') if self.part == FormPart::Directory => self.test(desk),
            Key::Char('/') => self.doing = Doing::Searching(Typing::default()),
            Key::Esc | Key::Stop if self.model.has_changes() => self.doing = Doing::Leaving,
            key if self.at.key(key, self.model.rows().len()) => {}
            _ => return Turn::Unknown,
        }
        Turn::Stay
    }

    fn test(&mut self, desk: &mut Desk) {
        let secret = self.model.secrets_to_store().into_iter().next();
        let typed = Typed { settings: self.model.typed(), secret };
        self.cancel = Cancel::default();
        self.progress = text!("setup.wait-trial", "Testing the connection");
        self.job = Some(desk.start_with(Job::Setup(SetupWork::Try(typed)), self.cancel.clone()));
        self.doing = Doing::Testing;
    }

    fn typed(&mut self, key: &Key, desk: &mut Desk) -> Turn {
        let Some(setting) = self.chosen().map(|it| it.setting) else {
            self.doing = Doing::Walking;
            return Turn::Stay;
        };
        let Doing::Typing { typing, error, files } = &mut self.doing else { return Turn::Unknown };
        match key {
            Key::Esc => self.doing = Doing::Walking,
            Key::Tab if is_file(setting) => {
                self.job = Some(desk.start(Job::Files(typing.text().to_owned())));
            }
            Key::Enter if setting.is_secret() => {
                let secret = SecretString::from(typing.text());
                let is_empty = typing.text().is_empty();
                self.doing = Doing::Walking;
                if !is_empty {
                    self.model.set_secret(setting, secret);
                }
            }
            Key::Enter => {
                let typed = typing.text().trim().to_owned();
                *error = self.model.refusal(setting, &typed);
                if error.is_none() {
                    self.doing = Doing::Walking;
                    self.set(setting, &typed);
                }
            }
            key if typing.key(key) => {
                *error = None;
                files.clear();
            }
            _ => return Turn::Unknown,
        }
        Turn::Stay
    }

    fn choose(&mut self, key: &Key) -> Turn {
        let Some(setting) = self.chosen().map(|it| it.setting) else { return Turn::Stay };
        let Doing::Choosing { choices, at } = &mut self.doing else { return Turn::Unknown };
        let place = match key {
            Key::Esc => {
                self.doing = Doing::Walking;
                return Turn::Stay;
            }
            Key::Enter => at.0,
            key => match super::chosen::digit(key, choices.len()) {
                Some(place) => place,
                None if at.key(key, choices.len()) => return Turn::Stay,
                None => return Turn::Unknown,
            },
        };
        let value = choices.get(place).map(|it| it.value.clone()).unwrap_or_default();
        self.doing = Doing::Walking;
        self.set(setting, &value);
        Turn::Stay
    }

    fn search(&mut self, key: &Key) -> Turn {
        let Doing::Searching(typing) = &mut self.doing else { return Turn::Unknown };
        match key {
            Key::Esc | Key::Enter => self.doing = Doing::Walking,
            key if typing.key(key) => {
                let wanted = typing.text().to_lowercase();
                let has = |it: &Field| {
                    it.setting.name.to_lowercase().contains(&wanted)
                        || it.label.to_lowercase().contains(&wanted)
                };
                let found = self.model.rows().iter().position(|it| self.model.field(*it).is_some_and(has));
                self.at = Chosen(found.unwrap_or(self.at.0));
            }
            _ => return Turn::Unknown,
        }
        Turn::Stay
    }

    fn leave(&mut self, key: &Key, desk: &mut Desk) -> Turn {
        match key {
            Key::Char('s') | Key::Save => {
                self.doing = Doing::Walking;
                self.begin_to_save(desk);
            }
            Key::Char('d') => return Turn::Back,
            Key::Esc | Key::Char('n') => self.doing = Doing::Walking,
            _ => return Turn::Unknown,
        }
        Turn::Stay
    }

    fn tested(&mut self, done: SetupDone, desk: &mut Desk) -> Turn {
        self.doing = Doing::Walking;
        let lines: Vec<Line> = match done {
            SetupDone::Tried(found) => {
                found.iter().flat_map(|it: &Described| it.lines(&desk.commands)).collect()
            }
            SetupDone::Failed(error) | SetupDone::SharedAddress(error) => {
                error.lines().map(|it| Line::new(it, Tone::Bad)).collect()
            }
            _ => return Turn::Stay,
        };
        Turn::Open(Box::new(TextView::new(text!("form.tested", "The connection as it is typed"), &lines)))
    }

    /// Completes the name of a file as far as it is clear.
    fn take_files(&mut self, found: Vec<String>) {
        let Doing::Typing { typing, files, .. } = &mut self.doing else { return };
        if let Some(first) = found.first() {
            let common = found.iter().fold(first.as_str(), |common, it| {
                let same = common.char_indices().zip(it.chars()).take_while(|((_, a), b)| a == b);
                let end = same.last().map_or(0, |((at, letter), _)| at + letter.len_utf8());
                common.get(..end).unwrap_or_default()
            });
            if common.len() > typing.text().len() {
                *typing = Typing::of(common);
            }
        }
        *files = found;
    }
}

/// Whether a setting names a file.
fn is_file(setting: &Setting) -> bool {
    let name = setting.name.to_lowercase();
    name.ends_with("capath")
        || name.ends_with("certpath")
        || name.ends_with("keypath")
        || name.ends_with("-ca-path")
        || matches!(setting.name, "entra.certificate" | "entra.token-file")
}

impl View for FormView {
    fn key(&mut self, key: &Key, desk: &mut Desk) -> Turn {
        match &self.doing {
            Doing::Walking => self.walk(key, desk),
            Doing::Typing { .. } => self.typed(key, desk),
            Doing::Choosing { .. } => self.choose(key),
            Doing::Leaving => self.leave(key, desk),
            Doing::Saving(_) => self.confirm(key, desk),
            Doing::Searching(_) => self.search(key),
            Doing::Testing => {
                if matches!(key, Key::Esc | Key::Stop) {
                    self.cancel.cancel();
                    self.job = None;
                    self.doing = Doing::Walking;
                }
                Turn::Stay
            }
        }
    }

    fn report(&mut self, job: JobId, what: Happened, desk: &mut Desk) -> Result<Turn, Happened> {
        if self.job != Some(job) {
            return Err(what);
        }
        match what {
            Happened::Progress(text) | Happened::Held(text) => {
                self.progress = text;
                return Ok(Turn::Stay);
            }
            Happened::Notice(_) => return Ok(Turn::Stay),
            what => {
                self.job = None;
                match (what, &self.doing) {
                    (Happened::Files(found), _) => self.take_files(found),
                    (Happened::Setup(done), Doing::Testing) => return Ok(self.tested(*done, desk)),
                    (what, Doing::Saving(_)) => return Ok(self.step_of_saving(what, desk)),
                    (Happened::Failed(error), _) => {
                        self.doing = Doing::Walking;
                        let title = text!("form.tested", "The connection as it is typed");
                        return Ok(Turn::Open(Box::new(TroubleView::of(title, &error, desk))));
                    }
                    _ => {}
                }
            }
        }
        Ok(Turn::Stay)
    }

    fn is_waiting(&self) -> bool {
        self.job.is_some()
    }

    fn screen<'s>(&'s self, desk: &'s Desk) -> Screen<'s> {
        self.show(desk)
    }
}
