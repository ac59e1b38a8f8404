//! What the scripts ask the program for, since it is not in them: the names of profiles and settings, and the values of a setting.

use crate::global::GlobalArguments;
use bwdc_core::settings::{Setting, SettingKind};
use bwdc_engine::Engine;
use clap::Command;

/// What can stand in the place of the last word, which comes with a full stop before it: some shells drop empty words.
pub(super) fn offered(words: &[String], whole: &Command, global: &GlobalArguments) -> Vec<String> {
    let Some((last, before)) = words.split_last() else { return Vec::new() };
    let typed = last.strip_prefix('.').unwrap_or(last);
    let is_profile = before.last().is_some_and(|it| it == "--profile");
    let places = positional(before, whole);
    let candidates = match places.as_slice() {
        _ if is_profile => profiles(global),
        _ if typed.starts_with('-') => Vec::new(),
        ["config"] => [subcommands(whole, "config"), settings()].concat(),
        ["config", "get" | "set" | "unset"] => settings(),
        ["config", "set", name] | ["config", name] => Setting::find(name).map(values).unwrap_or_default(),
        ["profile", "remove" | "copy"] => profiles(global),
        ["last-sync"] => vec!["users".to_owned(), "groups".to_owned()],
        _ => Vec::new(),
    };
    // Of several words with commas between them the last one is completed.
    let (done, begun) = typed.rfind(',').map_or(("", typed), |at| typed.split_at(at + 1));
    let begun = begun.to_lowercase();
    let fits = candidates.into_iter().filter(|it| it.to_lowercase().starts_with(&begun));
    fits.map(|it| format!("{done}{it}")).collect()
}

/// The words that are neither options nor their values.
fn positional<'w>(before: &'w [String], whole: &Command) -> Vec<&'w str> {
    let takes_value = |word: &str| {
        let name = word.trim_start_matches('-');
        let config = whole.find_subcommand("config").into_iter().flat_map(Command::get_arguments);
        whole
            .get_arguments()
            .chain(config)
            .any(|it| it.get_long() == Some(name) && it.get_action().takes_values())
    };
    let mut found = Vec::new();
    let mut words = before.iter();
    while let Some(word) = words.next() {
        match word.starts_with('-') {
            true if takes_value(word) => drop(words.next()),
            true => {}
            false => found.push(word.as_str()),
        }
    }
    found
}

fn profiles(global: &GlobalArguments) -> Vec<String> {
    let entries = Engine::profiles(&global.environment()).unwrap_or_default();
    entries.iter().map(|it| it.name.as_str().to_owned()).collect()
}

fn settings() -> Vec<String> {
    Setting::all().iter().map(|it| it.name.to_owned()).collect()
}

fn subcommands(whole: &Command, command: &str) -> Vec<String> {
    let command = whole.find_subcommand(command).into_iter();
    command.flat_map(Command::get_subcommands).map(|it| it.get_name().to_owned()).collect()
}

fn values(setting: &'static Setting) -> Vec<String> {
    let of = |words: &[&str]| words.iter().map(|it| (*it).to_owned()).collect();
    match &setting.kind {
        SettingKind::Flag => of(&["true", "false"]),
        SettingKind::Choice(words) | SettingKind::Words(words) => of(words),
        SettingKind::Directory => of(&["ldap", "active-directory", "entra", "google", "okta", "onelogin"]),
        SettingKind::Url => of(&["bitwarden.com"]),
        _ => Vec::new(),
    }
}
