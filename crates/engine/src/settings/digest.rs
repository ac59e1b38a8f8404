//! Whether the settings are those of another time, by what they hold: a file that was written again is no change.

use super::list_those;
use crate::installation::{Installation, SetupError};
use bwdc_core::import::fingerprint;
use serde_json::{Value, json};

/// A fingerprint of every setting that decides what a run does, of all sources, as it counts now: what variables give is in it, and
/// what no file sets counts as its default. Secrets are not in it.
///
/// # Errors
/// [`SetupError`] when the settings of a source cannot be read.
pub(crate) fn digest(installation: &Installation) -> Result<String, SetupError> {
    let mut sources = vec![deciding(installation)?];
    for name in installation.source_names()? {
        sources.push(json!([name.as_str(), deciding(&installation.open_source(name.as_str())?)?]));
    }
    Ok(fingerprint("", "", json!(sources).to_string().as_bytes()))
}

fn deciding(installation: &Installation) -> Result<Value, SetupError> {
    let entries = list_those(installation, &|it| it.section.decides_plans() && !it.is_secret())?;
    let value_of = |name: &str| {
        entries.iter().find(|it| it.setting.name == name).map(|it| it.value.clone()).unwrap_or_default()
    };
    let deciding = entries.iter().filter(|it| it.setting.is_of_directory(&value_of));
    Ok(deciding.map(|it| json!([it.setting.name, it.value])).collect())
}
