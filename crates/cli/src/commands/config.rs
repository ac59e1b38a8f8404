//! `bwdc config`
//!
//! The value is found and checked before the settings are opened for a change: a mistake changes nothing.

mod arguments;
mod file;

pub(crate) use arguments::ConfigArguments;

use crate::global::GlobalArguments;
use arguments::{ConfigCommand, ValueArguments};

use super::session::{open, variable};
use crate::error::CommandError;
use crate::output::{Answer, Done, Failed};
use crate::prompt::Prompt;
use crate::runtime::block_on;
use bwdc_core::settings::{DirectoryKind, Setting, SettingKind};
use bwdc_engine::file::first_line;
use bwdc_engine::secrets::{SecretName, SecretPlace};
use bwdc_engine::{Engine, Entry, Origin, Problem, check_filter, unreadable_file};
use bwdc_messages::{form, problem, setting as words};
use secrecy::{ExposeSecret as _, SecretString, zeroize::Zeroize as _};
use serde_json::Value;
use std::io::{self, BufRead as _, IsTerminal as _};
use std::path::PathBuf;

/// A way to set the service account and its key at once.
const KEY_FILE: [&str; 2] = ["gsuite.key-file", "google.key-file"];

/// No secret is longer, in bytes; a file that is something else is not read to its end.
const LONGEST_SECRET: u64 = 64 * 1024;

pub(super) fn run(arguments: ConfigArguments, global: &GlobalArguments) -> Result<Done, Failed> {
    let place = &Place { global, source: arguments.source.as_deref() };
    match (arguments.command, arguments.setting) {
        (Some(ConfigCommand::Get(named)), _) => get(&named.setting, place),
        (Some(ConfigCommand::Set(set_arguments)), _) => {
            set(&set_arguments.setting, set_arguments.value, place)
        }
        (Some(ConfigCommand::Unset(named)), _) => unset(&named.setting, place),
        (Some(ConfigCommand::List { all }), _) => list(all, place),
        (Some(ConfigCommand::Schema), _) => Ok(schema().into()),
        (Some(ConfigCommand::Export { format }), _) => file::export(&format, place),
        (Some(ConfigCommand::Apply { file, dry_run, exact }), _) => file::apply(&file, dry_run, exact, place),
        (Some(ConfigCommand::Validate), _) => file::validate(place),
        (None, Some(setting)) => set(&setting, arguments.value, place),
        (None, None) => Err(CommandError::UnknownSetting { meant: None }.into()),
    }
}

/// Whose settings are meant.
pub(super) struct Place<'a> {
    global: &'a GlobalArguments,
    source: Option<&'a str>,
}

impl Place<'_> {
    pub(super) fn open(&self) -> Result<Engine, CommandError> {
        let engine = open(self.global)?;
        Ok(match self.source {
            Some(name) => engine.open_source(name)?,
            None => engine,
        })
    }
}

fn find(name: &str) -> Result<&'static Setting, CommandError> {
    Setting::find(name).ok_or_else(|| CommandError::unknown_setting(name))
}

fn set(name: &str, arguments: ValueArguments, place: &Place<'_>) -> Result<Done, Failed> {
    let name = name.to_lowercase();
    if KEY_FILE.contains(&name.as_str()) {
        return set_key_file(name, arguments, place);
    }
    let setting = find(&name)?;
    let value = value(arguments, &name, setting, place.global)?;
    let mut left_behind = None;
    match &setting.kind {
        SettingKind::Secret(DirectoryKind::Google) if value.expose_secret().starts_with('{') => {
            place.open()?.set_google_key_file(&value)?;
        }
        SettingKind::Secret(kind) => {
            if value.expose_secret().is_empty() {
                return Err(CommandError::NoValue { setting: name }.into());
            }
            place.open()?.set_secret(SecretName::of_directory(*kind), &value)?;
        }
        kind => {
            let parsed = setting.parse(value.expose_secret()).map_err(|error| match kind {
                SettingKind::Directory => CommandError::invalid_directory(value.expose_secret()),
                _ => CommandError::Setting(error),
            })?;
            let mut engine = place.open()?;
            let names_an_account = setting.place.object.is_some_and(|it| it.starts_with("directory"));
            let before = if names_an_account { unusable_secret(&engine)? } else { None };
            engine.set(setting, &parsed)?;
            if names_an_account && before.is_none() {
                left_behind = unusable_secret(&engine)?;
            }
        }
    }
    let mut done = Done::from(Answer::title(words::saved(&name)));
    if setting.kind == SettingKind::Directory {
        done.notices.extend(foreign_filters(&place.open()?, place)?);
    }
    if let Some(file) = unreadable_file(setting, value.expose_secret()) {
        done.notices.push(problem::problem(file, place.source, &place.global.commands()));
    }
    if setting.name == "limits.removals" && value.expose_secret().trim() == "0" {
        done.notices.push(words::one_may_leave());
    }
    if let Some(secret) = left_behind {
        done.notices.push(words::secret_of_another_account(secret, place.source));
    }
    let provided = (!setting.is_secret()).then(|| setting.variable());
    if let Some(provided) =
        provided.filter(|it| place.source.is_none() && place.global.environment().variable(it).is_some())
    {
        done.notices.push(words::variable_goes_before(&provided));
    }
    Ok(done)
}

/// Filters that were set for another kind of directory, and that the chosen one cannot use.
fn foreign_filters(engine: &Engine, place: &Place<'_>) -> Result<Vec<String>, CommandError> {
    let entries = engine.settings()?;
    let chosen = entries.iter().find(|it| it.setting.kind == SettingKind::Directory);
    let Some(kind) = chosen.and_then(|it| DirectoryKind::from_number(it.value.as_i64()?)) else {
        return Ok(Vec::new());
    };
    let commands = place.global.commands();
    let wrong = entries.iter().filter_map(|it| check_filter(kind, it.setting, it.value.as_str()?).err());
    Ok(wrong.map(|it| problem::problem(Problem::Failure(it.into()), place.source, &commands)).collect())
}

/// The secret of the directory that is chosen, where it is stored and is not this account's.
fn unusable_secret(engine: &Engine) -> Result<Option<&'static Setting>, CommandError> {
    let entries = engine.settings()?;
    let chosen = entries.iter().find(|it| it.setting.kind == SettingKind::Directory).map(|it| &it.value);
    let is_unusable = |entry: &&Entry| match &entry.setting.kind {
        SettingKind::Secret(kind) => {
            chosen.and_then(Value::as_u64) == Some(u64::from(kind.number()))
                && matches!(entry.origin, Origin::Secret(SecretPlace::Elsewhere))
        }
        _ => false,
    };
    Ok(entries.iter().find(is_unusable).map(|entry| entry.setting))
}

/// Takes address and key out of the file that Google's console hands out.
fn set_key_file(name: String, arguments: ValueArguments, place: &Place<'_>) -> Result<Done, Failed> {
    let named = arguments.value.map(|it| PathBuf::from(it.expose_secret()));
    let Some(path) = named.or(arguments.secretfile) else {
        return Err(CommandError::NoValue { setting: name }.into());
    };
    let text = secret_file(path, name.clone(), Part::Whole)?;
    place.open()?.set_google_key_file(&text)?;
    Ok(Answer::title(words::saved(&name)).into())
}

fn unset(name: &str, place: &Place<'_>) -> Result<Done, Failed> {
    let found = find(name)?;
    place.open()?.unset(found)?;
    Ok(Answer::title(words::unset(found.name)).into())
}

fn get(name: &str, place: &Place<'_>) -> Result<Done, Failed> {
    let found = find(name)?;
    let entries = place.open()?.settings()?;
    let entry = entries
        .iter()
        .find(|entry| entry.setting == found)
        .ok_or(CommandError::UnknownSetting { meant: None })?;
    Ok(Answer::Data { data: words::data(entry), text: words::one(entry) }.into())
}

fn list(all: bool, place: &Place<'_>) -> Result<Done, Failed> {
    let entries = place.open()?.settings()?;
    let listed = if all { form::Listed::All } else { form::Listed::Relevant };
    let data = form::list_data(&entries, listed);
    Ok(Answer::Report { data, text: form::list(&entries, listed, place.source) }.into())
}

fn schema() -> Answer {
    let schema = words::schema();
    let text = format!("{schema:#}");
    Answer::Data { data: schema, text }
}

fn value(
    arguments: ValueArguments,
    name: &str,
    setting: &Setting,
    global: &GlobalArguments,
) -> Result<SecretString, CommandError> {
    let name = name.to_owned();
    // The official connector's order; a value that is given and empty clears a text only where nothing else is given.
    let elsewhere = arguments.secretfile.is_some() || arguments.secretenv.is_some();
    if let Some(value) = arguments.value.filter(|it| !elsewhere || !it.expose_secret().is_empty()) {
        return Ok(value);
    }
    if let Some(path) = arguments.secretfile {
        return secret_file(path, name, Part::FirstLine);
    }
    if let Some(variable_name) = arguments.secretenv {
        let value = variable(&variable_name)?.map(SecretString::from);
        return value.ok_or(CommandError::SecretVariable { name: variable_name, setting: name });
    }
    if arguments.stdin {
        let mut line = String::new();
        io::stdin().lock().read_line(&mut line).map_err(CommandError::Prompt)?;
        let value = line.trim_start_matches('\u{feff}').trim_end_matches(['\r', '\n']).to_owned();
        line.zeroize();
        return if value.is_empty() {
            Err(CommandError::NoValue { setting: name })
        } else {
            Ok(value.into())
        };
    }
    let asks = setting.is_secret() && !global.nointeraction && io::stdin().is_terminal();
    let prompt = Prompt { visible: !global.quiet };
    let typed = if asks { block_on(prompt.secret(setting.name))? } else { None };
    typed.ok_or(CommandError::NoValue { setting: name })
}

/// How much of a file is the secret.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    /// The first line; what has a first line that says nothing, as PEM and JSON, is taken whole.
    FirstLine,
    Whole,
}

fn secret_file(path: PathBuf, setting: String, part: Part) -> Result<SecretString, CommandError> {
    let whole = |line: &str| part == Part::Whole || line.starts_with("-----BEGIN ") || line.trim_end() == "{";
    let mut text = match first_line(&path, LONGEST_SECRET, whole) {
        Ok(text) => text,
        Err(source) => return Err(CommandError::SecretFile { path, setting, source }),
    };
    let value = text.trim_end_matches(['\r', '\n']).to_owned();
    text.zeroize();
    if value.is_empty() {
        return Err(CommandError::SecretFileEmpty { path, setting });
    }
    Ok(value.into())
}
