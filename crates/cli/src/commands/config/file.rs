//! `bwdc config export`, `apply` and `validate`

use super::Place;
use crate::error::CommandError;
use crate::output::{Answer, Done, Failed};
use bwdc_engine::{EngineError, Unnamed, read_settings_file, unreadable_file};
use bwdc_messages::{problem, setting};
use serde_json::{Value, json};
use std::path::Path;

pub(super) fn export(format: &str, place: &Place<'_>) -> Result<Done, Failed> {
    let export = place.open()?.export()?;
    let notices = setting::not_exported(&export);
    let data = Value::Object(export.settings.clone());
    if format == "json" {
        let text = format!("{data:#}");
        let mut done = Done::from(Answer::Data { data, text });
        // JSON has no place for them.
        done.notices = notices;
        return Ok(done);
    }
    let text: String = notices.iter().map(|notice| format!("# {notice}\n")).collect();
    let text = format!("{text}{}", export.to_toml()).trim_end().to_owned();
    Ok(Answer::Data { data, text }.into())
}

pub(super) fn apply(path: &Path, dry_run: bool, exact: bool, place: &Place<'_>) -> Result<Done, Failed> {
    let changes = read_settings_file(path).map_err(|error| CommandError::Engine(EngineError::from(error)))?;
    let unnamed = if exact { Unnamed::Reset } else { Unnamed::Stay };
    let mut engine = place.open()?;
    let differences =
        if dry_run { engine.differences(&changes, unnamed)? } else { engine.bring_in(&changes, unnamed)? };
    let data: Vec<_> = differences
        .iter()
        .map(|it| json!({ "name": it.setting.name, "before": it.before, "after": it.after, "object": "change" }))
        .collect();
    let data = json!({ "changes": data, "applied": !dry_run, "object": "settings-changes" });
    let mut done = Done::from(Answer::Report { data, text: setting::changes(&differences, !dry_run) });
    let files = differences
        .iter()
        .filter_map(|it| unreadable_file(it.setting, it.after.as_str().unwrap_or_default()));
    done.notices.extend(files.map(|it| problem::problem(it, place.source, &place.global.commands())));
    Ok(done)
}

pub(super) fn validate(place: &Place<'_>) -> Result<Done, Failed> {
    let problems = place.open()?.validate()?.into_iter();
    let commands = place.global.commands();
    let problems: Vec<_> = problems.map(|it| problem::problem(it, place.source, &commands)).collect();
    if problems.is_empty() {
        return Ok(Answer::title(problem::complete()).into());
    }
    Err(CommandError::Invalid { problems }.into())
}
