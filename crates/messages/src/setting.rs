//! Settings: their values as they are typed, where they come from, and what became of a change.

use crate::finding::DescribeError;
use crate::{secret, text};
use bwdc_core::settings::{Setting, SettingKind};
use bwdc_engine::{Difference, Entry, Export, Origin, Problem};
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
pub fn origin(entry: &Entry) -> String {
    match entry.origin {
        Origin::Default if entry.setting.is_secret() => text!("setting.not-set", "not set"),
        Origin::Default => text!("setting.default", "default"),
        Origin::Set => text!("setting.set", "set"),
        Origin::Variable => text!("setting.variable", "from environment"),
        Origin::Secret(place) => secret::place(place),
    }
}

/// One setting: its value, or where it is kept.
pub fn one(entry: &Entry) -> String {
    if entry.setting.is_secret() { origin(entry) } else { value(entry.setting, &entry.value) }
}

/// A setting for scripts.
pub fn data(entry: &Entry) -> Value {
    json!({
        "name": entry.setting.name,
        "value": entry.value,
        "origin": origin(entry),
        "object": "setting",
    })
}

/// Settings, one line each.
pub fn list(entries: &[Entry]) -> String {
    let line = |entry: &Entry| match value(entry.setting, &entry.value) {
        value if value.is_empty() => format!("{:<34} ({})", entry.setting.name, origin(entry)),
        value => format!("{:<34} {value} ({})", entry.setting.name, origin(entry)),
    };
    entries.iter().map(line).collect::<Vec<_>>().join("\n")
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
pub fn secret_of_another_account(secret: &Setting) -> String {
    text!(
        "setting.secret-of-another-account",
        "`{secret}` was entered for another account and is not used for this one: enter it again with `bwdc config {secret}`.",
        secret = secret.name
    )
}

/// That a variable hides the value that was stored.
pub fn variable_goes_before(variable: &str) -> String {
    text!(
        "setting.variable-set",
        "The environment variable `{variable}` is set and goes before it.",
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

/// That nothing is missing or wrong.
pub fn complete() -> String {
    text!("setting.complete", "The configuration is complete.")
}

/// What stands in the way of a run.
pub fn problem(problem: Problem, describe: DescribeError<'_>) -> String {
    match problem {
        Problem::Failure(error) => match describe(error.into()) {
            (message, Some(hint)) if !message.contains(&hint) => format!("{message} {hint}"),
            (message, _) => message,
        },
        Problem::UnknownVariable(name) => text!(
            "setting.unknown-variable",
            "The environment variable `{name}` stands for no setting: `bwdc config list` names them.",
            name
        ),
        Problem::NothingToSync => text!(
            "setting.nothing-to-sync",
            "Neither users nor groups are synced: set `sync.users` or `sync.groups` to true."
        ),
        Problem::File { setting, path, source } => text!(
            "setting.file",
            "The file `{path}` of `{setting}` cannot be read: {reason}.",
            path = path.display().to_string(),
            setting,
            reason = source.to_string()
        ),
        Problem::TooOpen(found) => format!("{found}."),
    }
}
