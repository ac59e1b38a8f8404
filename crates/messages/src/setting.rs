//! Settings: their values as they are typed, where they come from, and what became of a change.

mod labels;
mod words;

pub use words::{accepted, help, help_in_a_question, label, takes, title};

use crate::{CommandLine, secret, text};
use bwdc_core::settings::{Setting, SettingKind, settings_schema};
use bwdc_engine::{Difference, Entry, Export, Origin};
use serde_json::{Value, json};

/// A value as it would be typed; nothing for none.
pub fn value(setting: &Setting, found: &Value) -> String {
    let between = if setting.kind == SettingKind::Names { ";" } else { "," };
    match found {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) => {
            items.iter().map(|item| value(setting, item)).collect::<Vec<_>>().join(between)
        }
        other => other.to_string(),
    }
}

/// Where a value comes from; of a secret, where it is kept.
pub fn origin(setting: &Setting, origin: Origin) -> String {
    match origin {
        Origin::Default if setting.is_secret() => text!("setting.not-set", "not set"),
        Origin::Default => text!("setting.default", "default"),
        Origin::Set => text!("setting.set", "set"),
        Origin::Variable => text!("setting.variable", "from environment"),
        Origin::Secret(place) => secret::place(place),
    }
}

/// One setting: its value, or where it is kept.
pub fn one(entry: &Entry) -> String {
    if entry.setting.is_secret() {
        origin(entry.setting, entry.origin)
    } else {
        value(entry.setting, &entry.value)
    }
}

/// A setting for scripts.
pub fn data(entry: &Entry) -> Value {
    json!({
        "name": entry.setting.name,
        "value": entry.value,
        "origin": origin(entry.setting, entry.origin),
        "object": "setting",
    })
}

/// The JSON Schema of all settings.
pub fn schema() -> Value {
    let description = text!(
        "setting.schema",
        "What `bwdc config set` accepts, by section and name; null stands for a setting that is not set."
    );
    settings_schema(&description, &schema_description)
}

fn schema_description(setting: &Setting) -> String {
    text!("setting.schema-line", "{help}: {takes}", help = help(setting), takes = takes(setting))
}

/// That a setting was stored.
pub fn saved(name: &str) -> String {
    text!("setting.saved", "Saved setting `{name}`.", name)
}

/// That a setting went back to its default.
pub fn unset(name: &str) -> String {
    text!("setting.unset", "Unset `{name}`.", name)
}

/// That a secret is another account's, after the account was changed.
pub fn secret_of_another_account(secret: &Setting, source: Option<&str>) -> String {
    text!(
        "setting.secret-of-another-account",
        "`{secret}` was entered for another server or account and is not used for this one. Enter it again with `{command}`.",
        secret = secret.name,
        command = of_source(secret.name, source)
    )
}

/// A command about the settings of a directory; that of a further source names it.
pub(crate) fn of_source(words: &str, source: Option<&str>) -> String {
    let (first, rest) = words.split_once(' ').unwrap_or((words, ""));
    let source = source.map(|it| format!(" --source {it}")).unwrap_or_default();
    CommandLine::default().command(format!("config {first}{source} {rest}").trim_end())
}

/// That a limit of none lets one person through.
pub fn one_may_leave() -> String {
    text!(
        "setting.one-may-leave",
        "One person may always lose access within the window: with `keep` in `leavers` nobody does."
    )
}

/// That a variable hides the value that was stored.
pub fn variable_goes_before(variable: &str) -> String {
    text!(
        "setting.variable-set",
        "The environment variable `{variable}` is set and takes precedence.",
        variable
    )
}

/// What an exported file does not hold.
pub fn not_exported(export: &Export) -> Vec<String> {
    let secrets = export.secrets.iter().map(|(name, place)| {
        text!(
            "setting.secret-not-exported",
            "The secret `{secret}` is not exported: {place}.",
            secret = name.label(),
            place = secret::place(*place)
        )
    });
    let variables = export.from_environment.iter().map(|setting| {
        text!(
            "setting.variable-not-exported",
            "`{setting}` comes from the environment here; the file has what is stored.",
            setting = setting.name
        )
    });
    secrets.chain(variables).collect()
}

/// What a file changes, one line each, and how much that is.
pub fn changes(differences: &[Difference], applied: bool) -> String {
    let mut lines: Vec<_> = differences.iter().map(change).collect();
    let settings = differences.len();
    lines.push(match (applied, settings) {
        (_, 0) => text!("setting.nothing-to-change", "Nothing to change."),
        (false, _) => {
            text!("setting.would-change", "{settings:setting/settings} would be changed.", settings)
        }
        (true, _) => text!("setting.changed", "{settings:setting/settings} changed.", settings),
    });
    lines.join("\n")
}

fn change(difference: &Difference) -> String {
    let value = |found: &Value| match found {
        Value::Null => text!("setting.nothing", "(nothing)"),
        found => value(difference.setting, found),
    };
    format!("{}: {} -> {}", difference.setting.name, value(&difference.before), value(&difference.after))
}
