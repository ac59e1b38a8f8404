//! `bwdc config`
//!
//! The value is found and checked before the settings are opened for a change: a mistake changes nothing.

use super::{open, variable};
use crate::args::ConfigArguments;
use crate::error::CommandError;
use crate::output::{Answer, Done, Failed};
use bwdc_core::settings::{Setting, SettingKind};
use bwdc_engine::secrets::SecretName;
use secrecy::{ExposeSecret as _, SecretString, zeroize::Zeroize as _};
use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;

pub(super) fn run(arguments: ConfigArguments) -> Result<Done, Failed> {
    let name = arguments.setting.to_lowercase();
    let setting = Setting::find(&name).ok_or(CommandError::UnknownSetting)?;
    let value = value(arguments, &name)?;
    match &setting.kind {
        SettingKind::Secret(kind) => {
            if value.expose_secret().is_empty() {
                return Err(CommandError::NoValue { setting: name }.into());
            }
            open()?.set_secret(SecretName::of_directory(*kind), &value)?;
        }
        kind => {
            let parsed = setting.parse(value.expose_secret()).map_err(|error| match kind {
                SettingKind::Directory => CommandError::InvalidDirectory,
                _ => CommandError::Setting(error),
            })?;
            open()?.set(setting, &parsed)?;
        }
    }
    Ok(Answer::title(format!("Saved setting `{name}`.")).into())
}

fn value(arguments: ConfigArguments, setting: &str) -> Result<SecretString, CommandError> {
    let setting = setting.to_owned();
    if let Some(name) = arguments.secretenv {
        let value = variable(&name)?.map(SecretString::from);
        return value.ok_or(CommandError::SecretVariable { name, setting });
    }
    if let Some(path) = arguments.secretfile {
        return first_line(path, setting);
    }
    arguments.value.ok_or(CommandError::NoValue { setting })
}

fn first_line(path: PathBuf, setting: String) -> Result<SecretString, CommandError> {
    let mut line = String::new();
    let read = File::open(&path).and_then(|file| BufReader::new(file).read_line(&mut line));
    if let Err(source) = read {
        return Err(CommandError::SecretFile { path, setting, source });
    }
    let value = line.trim_start_matches('\u{feff}').trim_end_matches(['\r', '\n']).to_owned();
    line.zeroize();
    if value.is_empty() {
        return Err(CommandError::SecretFileEmpty { path, setting });
    }
    Ok(value.into())
}
