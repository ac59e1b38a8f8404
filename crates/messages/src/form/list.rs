//! Settings as a list, in sections.

use super::{Field, Form, FormSection};
use crate::setting::{self, data, of_source, origin};
use crate::text;
use bwdc_core::settings::{Section, Setting};
use bwdc_engine::{Entry, Origin};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Which settings are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listed {
    /// Those that matter as things are, and those that are set for the chosen directory.
    Relevant,
    /// All of them.
    All,
}

/// Settings of a directory in sections, of the first one where no other `source` is named: name and value, where the value comes from, and what it is.
pub fn list(entries: &[Entry], listed: Listed, source: Option<&str>) -> String {
    let form = Form::new(entries, &BTreeMap::new());
    let sections: Vec<String> = form.sections.iter().filter_map(|it| section(it, listed)).collect();
    let mut text = sections.join("\n\n");
    let hidden = form.fields().filter(|it| !is_listed(it, listed)).count();
    if hidden > 0 {
        text.push_str("\n\n");
        text.push_str(&text!(
            "setting.hidden",
            "{hidden:setting does/settings do} not matter here; `{command}` shows everything.",
            hidden,
            command = of_source("list --all", source)
        ));
    }
    text
}

fn section(section: &FormSection, listed: Listed) -> Option<String> {
    let fields: Vec<String> = section.fields.iter().filter(|it| is_listed(it, listed)).map(line).collect();
    (!fields.is_empty()).then(|| format!("{}\n{}", section.title, fields.join("\n")))
}

fn is_listed(field: &Field, listed: Listed) -> bool {
    listed == Listed::All || field.is_relevant()
}

fn line(field: &Field) -> String {
    let from = match (&field.preset, field.origin) {
        (Some(preset), Some(Origin::Default)) => text!("setting.of-preset", "preset {preset}", preset),
        _ => origin(field.setting, field.origin.unwrap_or(Origin::Set)),
    };
    let value = if field.origin == Some(Origin::Default) { &field.default } else { &field.value };
    let value = if value.is_empty() { String::new() } else { format!("{value} ") };
    format!("  {:<32} {value}({from})\n      {}", field.setting.name, field.help)
}

/// The same for scripts.
pub fn list_data(entries: &[Entry], listed: Listed) -> Value {
    let form = Form::new(entries, &BTreeMap::new());
    let fields = form.sections.iter().flat_map(|section| section.fields.iter().map(move |it| (section, it)));
    let fields = fields.filter(|(_, it)| is_listed(it, listed));
    let settings = fields.filter_map(|(section, field)| {
        let entry = entries.iter().find(|it| it.setting == field.setting)?;
        let mut data = data(entry);
        data["section"] = section.title.as_str().into();
        data["label"] = field.label.as_str().into();
        data["help"] = field.help.as_str().into();
        data["takes"] = field.takes.as_str().into();
        data["default"] = field.default.as_str().into();
        data["preset"] = field.preset.as_deref().into();
        data["relevant"] = field.is_relevant().into();
        Some(data)
    });
    json!({ "settings": settings.collect::<Vec<_>>(), "object": "settings" })
}

/// Every setting in tables, for the manual: name, what it takes, the default, what it is.
pub fn reference() -> String {
    let nothing = |_: &str| Value::Null;
    let section = |section: Section| {
        let of_section = Setting::all().iter().filter(|it| it.section == section);
        let rows = of_section.map(|it| {
            let default = setting::value(it, &it.default_in(&nothing));
            let default = if default.is_empty() { String::new() } else { format!("`{default}`") };
            let (takes, help) =
                (setting::takes(it).replace('|', "\\|"), setting::help(it).replace('|', "\\|"));
            format!("| `{}` | {takes} | {default} | {help} |\n", it.name)
        });
        let rows: String = rows.collect();
        format!(
            "### {}\n\n| setting | takes | default | |\n|---|---|---|---|\n{rows}",
            setting::title(section)
        )
    };
    Section::ALL.into_iter().map(section).collect::<Vec<_>>().join("\n")
}
