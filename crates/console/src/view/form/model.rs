//! What a form holds: the settings as they were when it was opened, and what was typed since. Only that is stored.

use super::part::FormPart;
use bwdc_core::settings::{Setting, SettingValue};
use bwdc_engine::{Entry, Origin};
use bwdc_messages::form::{Field, Form};
use secrecy::SecretString;
use serde_json::Value;
use std::collections::BTreeMap;

/// A row: the title of a section, or one of its fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FormRow {
    Title(usize),
    Field(usize, usize),
}

/// The form of one part of the settings.
pub(super) struct Model {
    part: FormPart,
    /// As they were when the form was opened, or saved last.
    pub(super) opened: Vec<Entry>,
    /// What was typed; None: back to the default.
    pub(super) changes: BTreeMap<&'static str, Option<String>>,
    pub(super) secrets: BTreeMap<&'static str, SecretString>,
    pub(super) shows_all: bool,
    form: Form,
    rows: Vec<FormRow>,
}

impl Model {
    pub(super) fn new(part: FormPart, opened: Vec<Entry>) -> Self {
        let form = Form::new(&opened, &BTreeMap::new());
        let mut model = Self {
            part,
            opened,
            changes: BTreeMap::new(),
            secrets: BTreeMap::new(),
            shows_all: false,
            form,
            rows: Vec::new(),
        };
        model.refresh();
        model
    }

    /// Makes fields and rows again: what is typed shows and hides others.
    pub(super) fn refresh(&mut self) {
        let mut typed: BTreeMap<&str, String> = BTreeMap::new();
        let mut entries = self.opened.clone();
        for (name, change) in &self.changes {
            match change {
                Some(value) => {
                    typed.insert(name, value.clone());
                }
                None => {
                    if let Some(entry) = entries.iter_mut().find(|it| it.setting.name == *name) {
                        entry.value = entry.setting.default_in(&|_| Value::Null);
                        entry.origin = Origin::Default;
                    }
                }
            }
        }
        for name in self.secrets.keys() {
            typed.insert(name, String::new());
        }
        self.form = Form::new(&entries, &typed);
        self.rows.clear();
        for (place, section) in self.form.sections.iter().enumerate() {
            if !self.part.sections().contains(&section.section) {
                continue;
            }
            let shown: Vec<FormRow> = section
                .fields
                .iter()
                .enumerate()
                .filter(|(_, it)| self.shows_all || it.is_relevant() && (it.visible || it.of_directory))
                .map(|(field, _)| FormRow::Field(place, field))
                .collect();
            if !shown.is_empty() {
                self.rows.push(FormRow::Title(place));
                self.rows.extend(shown);
            }
        }
    }

    pub(super) fn rows(&self) -> &[FormRow] {
        &self.rows
    }

    pub(super) fn title(&self, section: usize) -> &str {
        self.form.sections.get(section).map_or("", |it| &it.title)
    }

    pub(super) fn field(&self, row: FormRow) -> Option<&Field> {
        match row {
            FormRow::Title(_) => None,
            FormRow::Field(section, field) => self.form.sections.get(section)?.fields.get(field),
        }
    }

    pub(super) fn position(&self, name: &str) -> Option<usize> {
        self.rows.iter().position(|it| self.field(*it).is_some_and(|it| it.setting.name == name))
    }

    pub(super) fn opened(&self, setting: &Setting) -> Option<&Entry> {
        self.opened.iter().find(|it| it.setting == setting)
    }

    /// Why what was typed cannot be used.
    pub(super) fn refusal(&self, setting: &Setting, typed: &str) -> Option<String> {
        self.form.refusal(setting, typed)
    }

    /// Takes a value. What is the same as before is no change.
    pub(super) fn set(&mut self, setting: &'static Setting, typed: &str) {
        let before = self.opened(setting);
        let was_set = before.is_some_and(|it| it.origin == Origin::Set);
        let change = if typed.is_empty() { None } else { Some(typed.to_owned()) };
        let same = match &change {
            None => !was_set,
            Some(typed) => {
                let parsed = setting.parse(typed).map(|it| it.to_json());
                was_set && before.is_some_and(|it| parsed == Ok(it.value.clone()))
            }
        };
        if same {
            self.changes.remove(setting.name);
        } else {
            self.changes.insert(setting.name, change);
        }
        self.refresh();
    }

    pub(super) fn set_secret(&mut self, setting: &'static Setting, secret: SecretString) {
        self.secrets.insert(setting.name, secret);
        self.refresh();
    }

    pub(super) fn is_changed(&self, setting: &Setting) -> bool {
        self.changes.contains_key(setting.name) || self.secrets.contains_key(setting.name)
    }

    pub(super) fn has_changes(&self) -> bool {
        !self.changes.is_empty() || !self.secrets.is_empty()
    }

    /// The first changed field that cannot be stored, with why.
    pub(super) fn first_error(&self) -> Option<(&'static str, String)> {
        let mut changed = self.form.fields().filter(|it| self.changes.contains_key(it.setting.name));
        changed.find_map(|it| Some((it.setting.name, it.error.clone()?)))
    }

    pub(super) fn changed(&self) -> Vec<&'static Setting> {
        self.changes.keys().filter_map(|it| Setting::find(it)).collect()
    }

    /// What is stored: what was typed, and nothing else.
    pub(super) fn to_store(&self) -> Vec<(&'static Setting, Option<SettingValue>)> {
        let value = |setting: &'static Setting, typed: &Option<String>| {
            // What could not be parsed keeps the form from being saved.
            typed.as_ref().and_then(|it| setting.parse(it).ok())
        };
        let found = self.changes.iter().filter_map(|(name, typed)| Some((Setting::find(name)?, typed)));
        found.map(|(setting, typed)| (setting, value(setting, typed))).collect()
    }

    pub(super) fn secrets_to_store(&self) -> Vec<(&'static Setting, SecretString)> {
        let found =
            self.secrets.iter().filter_map(|(name, secret)| Some((Setting::find(name)?, secret.clone())));
        found.collect()
    }

    /// What was typed, to be tried before it is stored.
    pub(super) fn typed(&self) -> Vec<(&'static Setting, String)> {
        let found =
            self.changes.iter().filter_map(|(name, typed)| Some((Setting::find(name)?, typed.clone()?)));
        found.collect()
    }

    /// Takes the settings as they are stored by now.
    pub(super) fn saved(&mut self, entries: Vec<Entry>) {
        self.opened = entries;
        self.changes.clear();
        self.secrets.clear();
        self.refresh();
    }

    /// Settings that were changed here and elsewhere since: name, what it is there now, what was typed here.
    pub(super) fn clashes(&self, now: &[Entry]) -> Vec<(&'static Setting, Value, Option<String>)> {
        let mut found = Vec::new();
        for (name, typed) in &self.changes {
            let Some(setting) = Setting::find(name) else { continue };
            let of = |entries: &[Entry]| {
                entries.iter().find(|it| it.setting == setting).map(|it| it.value.clone())
            };
            if let (Some(before), Some(now)) = (of(&self.opened), of(now))
                && before != now
            {
                found.push((setting, now, typed.clone()));
            }
        }
        found
    }
}
