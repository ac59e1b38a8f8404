//! `bwdc config export`, `apply` and `validate`

use super::{Place, kept, shown};
use crate::error::CommandError;
use crate::output::{Answer, Done, Failed};
use bwdc_engine::{Difference, EngineError, Export, Problem, Unnamed, read_settings_file};
use serde_json::{Value, json};
use std::path::Path;

pub(super) fn export(format: &str, place: &Place<'_>) -> Result<Done, Failed> {
    let export = place.open()?.export()?;
    let remarks = remarks(&export);
    let data = Value::Object(export.settings.clone());
    if format == "json" {
        let text = format!("{data:#}");
        let mut done = Done::from(Answer::Report { data, text });
        // JSON has no place for remarks.
        done.notices = remarks;
        return Ok(done);
    }
    let text: String = remarks.iter().map(|remark| format!("# {remark}\n")).collect();
    let text = format!("{text}{}", export.to_toml()).trim_end().to_owned();
    Ok(Answer::Report { data, text }.into())
}

/// What the file does not hold.
fn remarks(export: &Export) -> Vec<String> {
    let secrets = export
        .secrets
        .iter()
        .map(|(name, place)| format!("The secret `{}` is not exported: {}.", name.label(), kept(*place)));
    let variables = export.from_environment.iter().map(|setting| {
        format!("`{}` comes from the environment here; the file has what is stored.", setting.name)
    });
    secrets.chain(variables).collect()
}

pub(super) fn apply(path: &Path, dry_run: bool, exact: bool, place: &Place<'_>) -> Result<Done, Failed> {
    let changes = read_settings_file(path).map_err(|error| CommandError::Engine(EngineError::from(error)))?;
    let unnamed = if exact { Unnamed::Reset } else { Unnamed::Stay };
    let mut engine = place.open()?;
    let differences =
        if dry_run { engine.differences(&changes, unnamed)? } else { engine.bring_in(&changes, unnamed)? };
    let mut lines: Vec<_> = differences.iter().map(line).collect();
    let count = match differences.len() {
        1 => "1 setting".to_owned(),
        many => format!("{many} settings"),
    };
    lines.push(match (dry_run, differences.is_empty()) {
        (_, true) => "Nothing to change.".to_owned(),
        (true, false) => format!("{count} would be changed."),
        (false, false) => format!("{count} changed."),
    });
    let data: Vec<_> = differences
        .iter()
        .map(|it| json!({ "name": it.setting.name, "before": it.before, "after": it.after, "object": "change" }))
        .collect();
    let data = json!({ "changes": data, "applied": !dry_run, "object": "settings-changes" });
    Ok(Answer::Report { data, text: lines.join("\n") }.into())
}

fn line(difference: &Difference) -> String {
    let value = |value: &Value| match value {
        Value::Null => "(nothing)".to_owned(),
        value => shown(difference.setting, value),
    };
    format!("{}: {} -> {}", difference.setting.name, value(&difference.before), value(&difference.after))
}

pub(super) fn validate(place: &Place<'_>) -> Result<Done, Failed> {
    let problems: Vec<_> = place.open()?.validate()?.into_iter().map(worded).collect();
    if problems.is_empty() {
        return Ok(Answer::title("The configuration is complete.").into());
    }
    Err(CommandError::Invalid { problems }.into())
}

fn worded(problem: Problem) -> String {
    match problem {
        Problem::Failure(error) => {
            let error = CommandError::from(error);
            let message = error.message();
            match error.hint().filter(|hint| !message.contains(hint)) {
                Some(hint) => format!("{message} {hint}"),
                None => message,
            }
        }
        Problem::UnknownVariable(name) => {
            format!("The environment variable `{name}` stands for no setting: `bwdc config list` names them.")
        }
        Problem::NothingToSync => {
            "Neither users nor groups are synced: set `sync.users` or `sync.groups` to true.".to_owned()
        }
        Problem::File { setting, path, source } => {
            format!("The file `{}` of `{setting}` cannot be read: {source}.", path.display())
        }
        Problem::TooOpen(found) => format!("{found}."),
    }
}
