//! What a form shows.

use super::model::FormRow;
use super::part::FormPart;
use super::{Doing, FormView};
use crate::desk::Desk;
use crate::key::Key;
use crate::screen::{Hint, Input, Line, Row, Screen, Tone};
use crate::typing::Typing;
use crate::view::chosen::back;
use bwdc_engine::Origin;
use bwdc_messages::form::{Field, Input as Kind};
use bwdc_messages::setting::origin;
use bwdc_messages::text;

/// Columns of the labels.
const LABELS: u16 = 44;
/// Names of files that are listed.
const FILES: usize = 12;

impl FormView {
    pub(super) fn show<'s>(&'s self, _desk: &'s Desk) -> Screen<'s> {
        let mut screen = Screen::new(self.part.title());
        if let Doing::Choosing { choices, at } = &self.doing {
            return self.show_choices(screen, choices, at.0);
        }
        let row = |at: &FormRow| match at {
            FormRow::Title(section) => {
                Row { left: self.model.title(*section).into(), is_title: true, ..Row::default() }
            }
            at => self.model.field(*at).map(|it| self.row(it)).unwrap_or_default(),
        };
        let rows: Vec<Row<'_>> = self.model.rows().iter().map(row).collect();
        screen = screen.with_rows(rows, self.at.0, LABELS);
        screen.detail = self.chosen().map(|it| self.detail(it)).unwrap_or_default();
        match &self.doing {
            Doing::Typing { typing, error, files } => {
                if let Some(field) = self.chosen() {
                    screen.input = Some(input(field, typing, error.clone()));
                    screen.detail = about(field);
                    if !files.is_empty() {
                        let shown: Vec<&str> = files.iter().take(FILES).map(String::as_str).collect();
                        screen.detail = vec![Line::plain(shown.join("  "))];
                    }
                }
            }
            Doing::Searching(typing) => {
                screen.input = Some(Input {
                    label: text!("form.search", "Go to the setting"),
                    shown: typing.text().to_owned(),
                    cursor: typing.cursor(),
                    default: String::new(),
                    is_secret: false,
                    error: None,
                });
            }
            Doing::Leaving => {
                screen.note =
                    Some(Line::new(text!("form.leaving", "What was changed is not saved."), Tone::Warning));
            }
            Doing::Saving(saving) if saving.asks() => {
                screen.head = saving.lines.clone();
                screen.note = Some(Line::new(text!("form.save-all-the-same", "Save? (y/n)"), Tone::Warning));
                screen.detail = Vec::new();
            }
            Doing::Saving(_) | Doing::Testing => screen.busy = Some(format!("{} …", self.progress)),
            Doing::Walking | Doing::Choosing { .. } => {}
        }
        screen.hints = self.hints();
        screen
    }

    fn show_choices<'s>(
        &'s self,
        mut screen: Screen<'s>,
        choices: &'s [bwdc_messages::form::Choice],
        at: usize,
    ) -> Screen<'s> {
        if let Some(field) = self.chosen() {
            screen.head = vec![
                Line::new(field.label.as_str(), Tone::Strong),
                Line::new(field.help.as_str(), Tone::Faint),
            ];
        }
        let rows = choices.iter().enumerate().map(|(place, it)| Row {
            key: char::from_digit(place as u32 + 1, 10),
            left: it.label.as_str().into(),
            ..Row::default()
        });
        screen = screen.with_rows(rows.collect(), at, 0);
        screen.hints = vec![Hint::new("Enter", text!("form.take", "take it"), "", Key::Enter), back()];
        screen
    }

    fn row<'s>(&'s self, field: &'s Field) -> Row<'s> {
        let changed = self.model.is_changed(field.setting);
        let shown = shown(field);
        if self.is_of_the_machine(field.setting) {
            let shown = if shown.is_empty() { text!("form.not-set", "not set") } else { shown };
            let right = text!("form.machine-only", "{shown}   (on the machine only)", shown);
            return Row {
                level: 1,
                left: field.label.as_str().into(),
                right: right.into(),
                tone: Tone::Faint,
                ..Row::default()
            };
        }
        if shown.is_empty() && !changed && field.error.is_none() {
            let nothing = text!("form.not-set", "not set");
            return Row {
                level: 1,
                left: field.label.as_str().into(),
                right: nothing.into(),
                tone: Tone::Faint,
                ..Row::default()
            };
        }
        let right = match (field.origin, field.error.is_some()) {
            (_, true) => text!("form.wrong", "{shown}   ! cannot be used", shown),
            (Some(Origin::Variable), _) => {
                text!(
                    "form.from-variable",
                    "{shown}   (from {variable})",
                    shown,
                    variable = field.setting.variable()
                )
            }
            _ if changed && shown.is_empty() => text!("form.cleared", "nothing   * not saved"),
            _ if changed => text!("form.changed", "{shown}   * not saved", shown),
            (Some(Origin::Default), _) if let Some(preset) = &field.preset => {
                text!("form.preset-value", "{shown}   (preset {preset})", shown, preset)
            }
            (Some(Origin::Default), _) if !field.setting.is_secret() => {
                text!("form.default-value", "{shown}   (default)", shown)
            }
            _ => shown,
        };
        let tone = match field.origin {
            _ if field.error.is_some() => Tone::Bad,
            _ if changed => Tone::Strong,
            Some(Origin::Default | Origin::Variable) => Tone::Faint,
            _ => Tone::Plain,
        };
        Row { level: 1, left: field.label.as_str().into(), right: right.into(), tone, ..Row::default() }
    }

    fn detail(&self, field: &Field) -> Vec<Line> {
        let mut lines = about(field);
        if let Some(error) = &field.error {
            lines.insert(0, Line::new(error.as_str(), Tone::Bad));
        }
        if let Some(found) = field.origin.filter(|_| field.setting.is_secret()) {
            lines.push(Line::plain(origin(field.setting, found)));
        }
        lines
    }

    fn hints(&self) -> Vec<Hint> {
        let save = || Hint::new("s", text!("form.save", "save"), "save", Key::Char('s'));
        match &self.doing {
            Doing::Typing { .. } => {
                let mut hints =
                    vec![Hint::new("Enter", text!("form.take", "take it"), "", Key::Enter), back()];
                if self.chosen().is_some_and(|it| super::is_file(it.setting)) {
                    hints.push(Hint::new(
                        "Tab",
                        text!("form.files", "complete the name of the file"),
                        "files",
                        Key::Tab,
                    ));
                }
                hints
            }
            Doing::Searching(_) => {
                vec![Hint::new("Enter", text!("form.go", "go there"), "", Key::Enter), back()]
            }
            Doing::Leaving => vec![
                save(),
                Hint::new("d", text!("form.discard", "discard"), "discard", Key::Char('d')),
                Hint::new("Esc", text!("form.stay", "stay"), "stay", Key::Esc),
            ],
            Doing::Saving(saving) if saving.asks() => crate::view::yes_no(),
            Doing::Saving(_) | Doing::Testing => {
                vec![Hint::new("Esc", text!("setup.stop", "stop"), "stop", Key::Esc)]
            }
            Doing::Walking | Doing::Choosing { .. } => {
                let mut hints = vec![
                    Hint::new("↑↓", text!("console.choose", "choose"), "", Key::Down),
                    Hint::new("Enter", text!("form.edit", "change"), "", Key::Enter),
                    Hint::new("u", text!("form.unset", "default"), "default", Key::Char('u')),
                    save(),
                    Hint::new(
                        "a",
                        if self.model.shows_all {
                            text!("form.fewer", "fewer")
                        } else {
                            text!("form.all", "all")
                        },
                        "all",
                        Key::Char('a'),
                    ),
                    Hint::new("/", text!("console.search", "search"), "search", Key::Char('/')),
                ];
                if self.part == FormPart::Directory {
                    hints.push(Hint::new("t", text!("form.test", "test"), "test", Key::Char('t')));
                }
                hints.push(back());
                hints
            }
        }
    }
}

fn shown(field: &Field) -> String {
    if field.setting.is_secret() {
        return match field.origin {
            None => text!("form.secret-typed", "typed"),
            Some(found) => origin(field.setting, found),
        };
    }
    let value = if field.value.is_empty() { &field.default } else { &field.value };
    let word = |it: &str| match it {
        "true" => text!("form.on", "yes"),
        _ => text!("form.off", "no"),
    };
    match &field.input {
        Kind::Switch => word(value),
        Kind::Choice(choices) => {
            choices.iter().find(|it| it.value == *value).map_or_else(|| value.clone(), |it| it.label.clone())
        }
        _ => value.clone(),
    }
}

/// What a setting is, what it takes, what counts without it, how it is called elsewhere.
fn about(field: &Field) -> Vec<Line> {
    let mut takes =
        text!("form.takes", "{name}: {takes}", name = field.setting.name, takes = field.takes.as_str());
    if !field.default.is_empty() {
        takes = text!(
            "form.takes-default",
            "{takes}. Default: {default}",
            takes,
            default = field.default.as_str()
        );
    }
    vec![Line::plain(field.help.as_str()), Line::new(takes, Tone::Faint)]
}

fn input(field: &Field, typing: &Typing, error: Option<String>) -> Input {
    let is_secret = field.setting.is_secret();
    Input {
        label: field.label.clone(),
        shown: if is_secret { typing.dots() } else { typing.text().to_owned() },
        cursor: typing.cursor(),
        default: if is_secret { String::new() } else { field.default.clone() },
        is_secret,
        error,
    }
}
