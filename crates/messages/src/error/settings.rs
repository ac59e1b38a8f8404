//! Settings that cannot be used: stored, typed, in a file or in a variable of the environment.

use super::sentence::{because, say, sentence, with_causes};
use crate::setting::accepted;
use crate::text;
use crate::{NextStep, Step};
use bwdc_core::settings::{Contradiction, DefaultValue, Setting, SettingsError};
use bwdc_engine::SettingsFileError;
use bwdc_engine::store::OverrideError;

/// What is wrong with a setting.
pub fn message(error: &SettingsError) -> String {
    match error {
        SettingsError::Missing { key } => text!("error.setting-missing", "`{key}` is not set.", key),
        SettingsError::Invalid { key, value, expected } => {
            text!(
                "error.setting-invalid",
                "`{key}` is `{value}`, expected {expected}.",
                key,
                value,
                expected = accepted(key, *expected)
            )
        }
        SettingsError::Contradiction(rule) => {
            let (first, second) = rule.settings();
            text!(
                "error.settings-contradict",
                "`{first}` and `{second}` contradict each other: {reason}.",
                first,
                second,
                reason = contradiction(*rule)
            )
        }
        SettingsError::Filter { .. } => sentence(&with_causes(error)),
    }
}

/// What to set.
pub fn steps(error: &SettingsError) -> Vec<NextStep> {
    match error {
        SettingsError::Missing { key } => {
            let is_of_preset =
                Setting::find(key).is_some_and(|it| matches!(it.default, DefaultValue::Preset(_, None)));
            let preset = is_of_preset.then(|| {
                Step::change("ldap.preset").to(text!(
                    "step.preset",
                    "Or, where the server's software is known, to name it, which gives this and what belongs to it"
                ))
            });
            [Step::change(*key).into()].into_iter().chain(preset).collect()
        }
        SettingsError::Invalid { key, .. } | SettingsError::Filter { key, .. } => {
            vec![Step::change(*key).to(text!("step.correct", "To correct it"))]
        }
        SettingsError::Contradiction(rule) => {
            let (first, second) = rule.settings();
            vec![
                Step::change(first).to(text!("step.change-one", "To change one of them")),
                Step::change(second).to(text!("step.change-other", "Or")),
            ]
        }
    }
}

fn contradiction(rule: Contradiction) -> String {
    match rule {
        Contradiction::StartTlsWithoutTls => text!(
            "error.contradiction.start-tls",
            "StartTLS needs `ldap.ssl` set to true; for a connection in clear text set `ldap.startTls` to false"
        ),
        Contradiction::HalfClientCertificate => {
            text!("error.contradiction.client-certificate", "a client certificate needs both files")
        }
        Contradiction::ExternalWithoutCertificate => text!(
            "error.contradiction.external",
            "`external` needs TLS (`ldap.ssl`) with a client certificate, or a local socket in `ldap.hostname`"
        ),
        Contradiction::CurrentUserAtSocket => text!(
            "error.contradiction.socket-user",
            "at a local socket the account that runs the program signs in with `ldap.sign-in` set to `external`"
        ),
        Contradiction::FurtherServersOfDomain => text!(
            "error.contradiction.domain-servers",
            "the servers of `ldap.domain` are found in DNS; to name all servers yourself, name the first one in `ldap.hostname`"
        ),
        Contradiction::FurtherServersOfSocket => {
            text!("error.contradiction.socket-servers", "a local socket has no further servers")
        }
    }
}

/// What is wrong with a file of settings.
pub(super) fn of_file(error: &SettingsFileError) -> String {
    match error {
        SettingsFileError::Read { path, source } => because(
            text!("error.settings-file.read", "Cannot read `{path}`", path = path.display().to_string()),
            Some(source),
        ),
        SettingsFileError::Invalid { path, line, column, reason } => sentence(&text!(
            "error.settings-file.invalid",
            "`{path}`, line {line}, column {column}: {reason}",
            path = path.display().to_string(),
            line,
            column,
            reason
        )),
    }
}

pub(super) fn file_steps(error: &SettingsFileError) -> Vec<NextStep> {
    match error {
        SettingsFileError::Read { .. } => {
            say(text!("step.settings-file.read", "Check the path, and that this account may read the file."))
        }
        SettingsFileError::Invalid { .. } => vec![
            Step::Say(text!(
                "step.settings-file.unchanged",
                "Nothing was changed. Secrets are never in such a file; each is entered with `config set`."
            ))
            .into(),
            Step::run("config schema")
                .to(text!("step.settings-file.schema", "To see what the file may hold")),
            Step::run("config export").to(text!("step.settings-file.export", "To write such a file")),
        ],
    }
}

/// What is wrong with a variable of the environment.
pub(super) fn of_variable(error: &OverrideError) -> String {
    match error {
        OverrideError::Invalid { variable, source } => text!(
            "error.variable.invalid",
            "The environment variable `{variable}` cannot be used: {reason}",
            variable,
            reason = message(source)
        ),
        OverrideError::NotText { variable } => text!(
            "error.variable.not-text",
            "The environment variable `{variable}` is not UTF-8 text.",
            variable
        ),
    }
}

pub(super) fn variable_steps(error: &OverrideError) -> Vec<NextStep> {
    match error {
        OverrideError::Invalid { .. } | OverrideError::NotText { .. } => {
            say(text!("step.variable", "Correct or unset the variable where the program is started."))
        }
    }
}
