//! The settings as a form: what was typed lies over what is stored, and only what was changed is written.

use super::Notice;
use bwdc_core::settings::{Section, Setting};
use bwdc_engine::secrets::SecretName;
use bwdc_engine::{Entry, Origin};
use bwdc_messages::desktop::{
    clash, from_environment, label, secret_place, type_change, unsaved, whole_domain,
};
use bwdc_messages::{Field, Form, Input};
use secrecy::SecretString;
use std::collections::BTreeMap;

/// Settings by which the read can become smaller.
const NARROWING: [&str; 12] = [
    "directory",
    "ldap.rootPath",
    "gsuite.domain",
    "sync.users",
    "sync.groups",
    "sync.userFilter",
    "sync.userPath",
    "sync.userObjectClass",
    "sync.userEmailAttribute",
    "sync.groupFilter",
    "sync.groupPath",
    "sync.groupObjectClass",
];
/// Paths that stand for the whole domain where they are not set.
const PATHS: [&str; 2] = ["sync.userPath", "sync.groupPath"];

/// How a field is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ShownKind {
    /// A line.
    #[default]
    Line,
    /// On or off.
    Switch,
    /// One of several.
    Choice,
    /// A line that is not shown.
    Secret,
    /// A title over those that follow.
    Heading,
}

/// A field as it is drawn.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Shown {
    /// The setting's name.
    pub name: &'static str,
    /// What it is called.
    pub label: String,
    /// What it is.
    pub help: String,
    /// How it is drawn.
    pub kind: ShownKind,
    /// What stands in it.
    pub value: String,
    /// What counts where nothing stands in it.
    pub placeholder: String,
    /// What is wrong with it.
    pub error: String,
    /// What is said below.
    pub note: String,
    /// Whether it was changed and not saved.
    pub changed: bool,
    /// Whether it cannot be changed here.
    pub locked: bool,
    /// What can be chosen.
    pub choices: Vec<String>,
    /// Which of them is.
    pub choice: Option<usize>,
    /// What a button beside it says, which has a file chosen; empty: there is none.
    pub button: String,
}

/// The settings while they are edited.
#[derive(Default)]
pub struct SettingsForm {
    pub(super) entries: Vec<Entry>,
    pub(super) typed: BTreeMap<&'static str, String>,
    section: Option<Section>,
    /// Something to be read first.
    pub notice: Option<Notice>,
    /// Whether they are being saved.
    pub is_saving: bool,
    pub(super) is_compared: bool,
    pub(super) went_to: Option<(String, Option<String>)>,
}

impl SettingsForm {
    pub(super) fn begin(&mut self) {
        self.is_saving = false;
        self.is_compared = false;
    }

    /// What was typed and is not saved, by the settings' names.
    pub fn all_typed(&self) -> Vec<(&'static str, String)> {
        self.typed.iter().map(|(name, value)| (*name, value.clone())).collect()
    }

    /// What the settings are called that matter as things are.
    pub fn labels(&self) -> Vec<String> {
        self.form().fields().filter(|it| it.visible).map(|it| it.label.clone()).collect()
    }

    /// Whether they were read.
    pub fn is_read(&self) -> bool {
        !self.entries.is_empty()
    }

    /// How many were changed and not saved.
    pub fn changes(&self) -> usize {
        self.typed.len()
    }

    /// Whether any was.
    pub fn is_changed(&self) -> bool {
        !self.typed.is_empty()
    }

    fn form(&self) -> Form {
        Form::new(&self.entries, &self.typed)
    }

    /// How many of the typed values cannot be used.
    pub fn errors(&self) -> usize {
        self.form().fields().filter(|it| self.is_typed(it) && it.error.is_some()).count()
    }

    fn is_typed(&self, field: &Field) -> bool {
        self.typed.contains_key(field.setting.name)
    }

    /// Whether they can be saved.
    pub fn can_save(&self) -> bool {
        self.is_changed() && !self.is_saving && self.errors() == 0
    }

    /// How it stands with what was typed.
    pub fn state(&self) -> String {
        unsaved(self.changes(), self.errors())
    }

    /// The sections that have something to show: title, whether something in them was changed, whether it is the shown one.
    pub fn sections(&self) -> Vec<(String, bool, bool)> {
        let chosen = self.chosen();
        let form = self.form();
        let shown = form.sections.iter().filter(|it| it.fields.iter().any(Field::is_relevant));
        shown
            .map(|it| {
                let changed = it.fields.iter().any(|field| self.is_typed(field));
                (it.title.clone(), changed, Some(it.section) == chosen)
            })
            .collect()
    }

    fn chosen(&self) -> Option<Section> {
        let form = self.form();
        let shown = |section: &Section| {
            let found = form.sections.iter().find(|it| it.section == *section);
            found.is_some_and(|it| it.fields.iter().any(Field::is_relevant))
        };
        let first = self.section.filter(shown);
        first.or_else(|| shown(&Section::Directory).then_some(Section::Directory))
    }

    /// The title of the section that is shown.
    pub fn title(&self) -> String {
        self.chosen().map(bwdc_messages::setting::title).unwrap_or_default()
    }

    /// What is said of the section before its fields.
    pub fn intro(&self) -> String {
        let changed_kind = self.typed.contains_key("directory") && self.chosen() == Some(Section::Directory);
        if changed_kind { type_change() } else { String::new() }
    }

    /// The fields of the section that is shown: those that matter, then those that are set and do not.
    pub fn fields(&self) -> Vec<Shown> {
        let Some(chosen) = self.chosen() else { return Vec::new() };
        let form = self.form();
        let Some(section) = form.sections.into_iter().find(|it| it.section == chosen) else {
            return Vec::new();
        };
        let (visible, rest): (Vec<_>, Vec<_>) = section.fields.into_iter().partition(|it| it.visible);
        let mut shown: Vec<Shown> = visible.iter().map(|it| self.shown(it)).collect();
        let rest: Vec<Shown> = rest.iter().filter(|it| it.is_relevant()).map(|it| self.shown(it)).collect();
        if !rest.is_empty() {
            shown.push(heading(label("settings.advanced")));
            shown.extend(rest);
        }
        shown
    }

    fn shown(&self, field: &Field) -> Shown {
        let name = field.setting.name;
        let counts = if field.value.is_empty() { &field.default } else { &field.value };
        let (kind, choices) = match &field.input {
            Input::Switch => (ShownKind::Switch, Vec::new()),
            Input::Secret => (ShownKind::Secret, Vec::new()),
            Input::Choice(choices) => {
                let unset = field.default.is_empty().then(|| label("settings.unset"));
                let labels = unset.into_iter().chain(choices.iter().map(|it| it.label.clone()));
                (ShownKind::Choice, labels.collect())
            }
            _ => (ShownKind::Line, Vec::new()),
        };
        let choice = match &field.input {
            Input::Choice(choices) => {
                let place = choices.iter().position(|it| it.value == *counts);
                let before = usize::from(field.default.is_empty());
                place.map(|it| it + before).or((before == 1 && counts.is_empty()).then_some(0))
            }
            _ => None,
        };
        let locked = field.origin == Some(Origin::Variable);
        let value = match kind {
            ShownKind::Switch => counts.clone(),
            ShownKind::Secret => self.typed.get(name).cloned().unwrap_or_default(),
            _ => field.value.clone(),
        };
        let placeholder = match kind {
            ShownKind::Line if field.default.is_empty() && PATHS.contains(&name) => whole_domain(),
            ShownKind::Line => field.default.clone(),
            _ => String::new(),
        };
        Shown {
            name,
            label: field.label.clone(),
            help: field.help.clone(),
            kind,
            value,
            placeholder,
            error: field.error.clone().unwrap_or_default(),
            note: self.note(field, locked),
            changed: self.is_typed(field),
            locked,
            choices,
            choice,
            button: if locked { String::new() } else { file_button(field.setting) },
        }
    }

    fn note(&self, field: &Field, locked: bool) -> String {
        if locked {
            return from_environment();
        }
        if !field.setting.is_secret() {
            return String::new();
        }
        let entry = self.entries.iter().find(|it| it.setting == field.setting);
        let place = entry.and_then(|it| match it.origin {
            Origin::Secret(place) => Some(bwdc_messages::secret::place(place)),
            _ => None,
        });
        let store = self.entries.iter().find(|it| it.setting.name == "secrets.store");
        let store = store.map(|it| bwdc_messages::setting::value(it.setting, &it.value)).unwrap_or_default();
        secret_place(place.as_deref(), &store)
    }

    /// A value is typed; one that is stored is no change.
    pub fn type_value(&mut self, name: &str, text: &str) {
        let Some(setting) = Setting::find(name) else { return };
        let Some(entry) = self.entries.iter().find(|it| it.setting == setting) else { return };
        if entry.origin == Origin::Variable {
            return;
        }
        let stored = match entry.origin {
            Origin::Default | Origin::Secret(_) => String::new(),
            _ => bwdc_messages::setting::value(setting, &entry.value),
        };
        let counts = bwdc_messages::setting::value(setting, &entry.value);
        let same =
            text == stored || (entry.origin == Origin::Default && is_switch(setting) && text == counts);
        if same {
            self.typed.remove(setting.name);
        } else {
            self.typed.insert(setting.name, text.to_owned());
        }
    }

    /// One of several values is chosen.
    pub fn choose_value(&mut self, name: &str, number: usize) {
        let form = self.form();
        let Some(field) = form.fields().find(|it| it.setting.name == name) else { return };
        let Input::Choice(choices) = &field.input else { return };
        let before = usize::from(field.default.is_empty());
        let value = number.checked_sub(before).and_then(|it| choices.get(it));
        let value = value.map(|it| it.value.clone()).unwrap_or_default();
        self.type_value(name, &value);
    }

    /// Another section is shown.
    pub fn select(&mut self, number: usize) {
        let form = self.form();
        let mut shown = form.sections.iter().filter(|it| it.fields.iter().any(Field::is_relevant));
        self.section = shown.nth(number).map(|it| it.section);
    }

    /// What was typed is forgotten.
    pub fn revert(&mut self) {
        self.typed.clear();
        self.is_saving = false;
    }

    pub(super) fn go_to(&mut self, setting: Option<&str>, value: Option<&str>) {
        let Some(name) = setting else { return };
        if self.entries.is_empty() {
            self.went_to = Some((name.to_owned(), value.map(str::to_owned)));
            return;
        }
        self.section = Setting::find(name).map(|it| it.section);
        if let Some(value) = value {
            self.type_value(name, value);
        }
    }

    /// What was typed, by name; None takes a setting back to its default. Secrets are apart.
    pub(super) fn written(&self) -> (Vec<(&'static str, Option<String>)>, Vec<(SecretName, SecretString)>) {
        let mut changes = Vec::new();
        let mut secrets = Vec::new();
        for (name, typed) in &self.typed {
            let Some(setting) = Setting::find(name) else { continue };
            match &setting.kind {
                // An empty secret is no secret: what is stored stays.
                bwdc_core::settings::SettingKind::Secret(kind) if !typed.is_empty() => {
                    secrets.push((SecretName::of_directory(*kind), SecretString::from(typed.as_str())));
                }
                bwdc_core::settings::SettingKind::Secret(_) => {}
                _ => changes.push((*name, Some(typed.clone()).filter(|it| !it.is_empty()))),
            }
        }
        (changes, secrets)
    }

    /// Changes that somebody else made to the same settings meanwhile.
    pub(super) fn clashes(&self, now: &[Entry]) -> Vec<String> {
        let value_in = |entries: &[Entry], name: &str| {
            let found = entries.iter().find(|it| it.setting.name == name);
            found.map(|it| bwdc_messages::setting::value(it.setting, &it.value)).unwrap_or_default()
        };
        let differing = self.typed.iter().filter(|(name, typed)| {
            let (before, after) = (value_in(&self.entries, name), value_in(now, name));
            before != after && after != **typed
        });
        differing
            .map(|(name, ours)| {
                let title = Setting::find(name).map(bwdc_messages::setting::label).unwrap_or_default();
                clash(&title, &value_in(now, name), ours)
            })
            .collect()
    }

    pub(super) fn narrows(&self) -> bool {
        self.typed.iter().any(|(name, typed)| NARROWING.contains(name) && !typed.is_empty())
    }
}

fn is_switch(setting: &Setting) -> bool {
    setting.kind == bwdc_core::settings::SettingKind::Flag
}

fn heading(label: String) -> Shown {
    Shown { label, kind: ShownKind::Heading, ..Shown::default() }
}

/// What has a file chosen, beside a setting that is one or is filled from one.
fn file_button(setting: &Setting) -> String {
    match setting.kind {
        bwdc_core::settings::SettingKind::File => label("files.button"),
        _ if setting.name == "gsuite.clientEmail" => label("files.key-button"),
        _ => String::new(),
    }
}
