//! What went wrong, as a person and a script read it: a message, the next step, a kind.
//!
//! Messages that scripts know from the official connector stay as they are, alone on their line. The next step is added
//! to them only for somebody at a terminal.

use crate::words;
use bwdc_core::desired::DesiredError;
use bwdc_core::plan::Refusal;
use bwdc_core::settings::SettingsError;
use bwdc_engine::EngineError;
use bwdc_engine::organization::{ApplyError, OrganizationError};
use bwdc_engine::paths::ProfileName;
use bwdc_engine::profiles::ProfileError;
use std::error::Error;
use std::path::PathBuf;

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CommandError {
    #[error("Unknown object.")]
    UnknownObject,
    #[error("Unknown setting.")]
    UnknownSetting,
    #[error("Invalid directory type value.")]
    InvalidDirectory,
    #[error("Client ID is required.")]
    ClientIdRequired,
    #[error("Client Secret is required.")]
    ClientSecretRequired,
    #[error("no value was given for `{setting}`")]
    NoValue { setting: String },
    #[error("the environment variable `{name}` is not set, or is empty; `{setting}` was not changed")]
    SecretVariable { name: String, setting: String },
    #[error("the environment variable `{name}` holds something else than UTF-8 text")]
    NotText { name: String },
    #[error("cannot read `{}`; `{setting}` was not changed", path.display())]
    SecretFile {
        path: PathBuf,
        setting: String,
        #[source]
        source: std::io::Error,
    },
    #[error("the first line of `{}` is empty; `{setting}` was not changed", path.display())]
    SecretFileEmpty { path: PathBuf, setting: String },
    #[error("the configuration has {}", match problems.len() { 1 => "a problem".to_owned(), many => format!("{many} problems") })]
    Invalid { problems: Vec<String> },
    #[error(transparent)]
    Setting(#[from] SettingsError),
    #[error(transparent)]
    Engine(#[from] EngineError),
    #[error("`{typed}` is no day: give it as YYYY-MM-DD")]
    NoDay { typed: String },
    #[error("interrupted")]
    Interrupted,
    #[error("nothing was sent: the question was not answered with yes")]
    Declined,
    #[error("the profile `{name}` was not removed: that takes a yes at a terminal, or `--force`")]
    RemovalDeclined { name: ProfileName },
    #[error("interrupted during the run")]
    RunInterrupted,
    #[error("cannot ask for an answer")]
    Prompt(#[source] std::io::Error),
    #[error("cannot start")]
    Runtime(#[source] std::io::Error),
    #[error(transparent)]
    Demo(#[from] crate::commands::demo::DemoError),
    #[error(transparent)]
    Login(#[from] crate::commands::login::LoginError),
    #[error(transparent)]
    Man(#[from] crate::commands::man::ManError),
    #[error(transparent)]
    Bundle(#[from] bwdc_engine::doctor::BundleError),
    #[error(transparent)]
    Update(#[from] bwdc_engine::update::UpdateError),
}

impl CommandError {
    /// What a script can tell failures apart by; None for the messages that it knows already.
    pub(crate) fn kind(&self) -> Option<&'static str> {
        if self.has_fixed_text() {
            return None;
        }
        Some(match self {
            Self::Engine(error) => match error {
                EngineError::NotTaken { .. }
                | EngineError::RecordsRefused { .. }
                | EngineError::MembersHidden { .. } => "organization",
                EngineError::SourcesNotRead { .. } => "directory",
                EngineError::CannotRebuild => "organization",
                EngineError::SourceName { .. }
                | EngineError::NoSuchSource { .. }
                | EngineError::NotOfSource { .. } => "settings",
                EngineError::Source { source, .. } => match &**source {
                    EngineError::Directory(_) => "directory",
                    _ => "settings",
                },
                EngineError::Refused { .. }
                | EngineError::PlanChanged { .. }
                | EngineError::PlanOfAnother { .. } => "refused",
                EngineError::Directory(_) | EngineError::Desired(_) => "directory",
                EngineError::Organization(
                    OrganizationError::SignIn(_) | OrganizationError::NoToken { .. },
                )
                | EngineError::Apply(ApplyError::NotSent(
                    OrganizationError::SignIn(_) | OrganizationError::NoToken { .. },
                ))
                | EngineError::NotAnOrganization { .. }
                | EngineError::KeyOfAnother { .. }
                | EngineError::NotAPerson { .. }
                | EngineError::ObserverNotNeeded { .. }
                | EngineError::Account(_) => "sign-in",
                EngineError::Organization(_) => "organization",
                EngineError::Apply(ApplyError::Unknown { .. })
                | EngineError::OrganizationAtFault(ApplyError::Unknown { .. }) => "unknown-effect",
                EngineError::OrganizationAtFault(_) => "organization",
                EngineError::Apply(_) => "organization",
                EngineError::Lock(_) | EngineError::Profile(ProfileError::Lock(_)) => "busy",
                EngineError::Profile(_) | EngineError::Path(_) | EngineError::Override(_) => "settings",
                EngineError::NothingToApprove { .. }
                | EngineError::OnlyMended { .. }
                | EngineError::NoSuchRun { .. } => "history",
                EngineError::KeyFile(_) | EngineError::Settings(_) | EngineError::SettingsFile(_) => {
                    "settings"
                }
                _ => "storage",
            },
            Self::Interrupted | Self::RunInterrupted => "interrupted",
            Self::Declined | Self::RemovalDeclined { .. } => "refused",
            Self::Login(_) => "sign-in",
            Self::Update(_) => "update",
            Self::Demo(_) => "demo",
            Self::Runtime(_) | Self::Prompt(_) | Self::Bundle(_) | Self::Man(_) => "system",
            _ => "settings",
        })
    }

    /// Whether scripts know this message from the official connector.
    pub(crate) fn has_fixed_text(&self) -> bool {
        match self {
            Self::UnknownObject
            | Self::UnknownSetting
            | Self::InvalidDirectory
            | Self::ClientIdRequired
            | Self::ClientSecretRequired => true,
            Self::Engine(EngineError::Refused { refusals }) => {
                matches!(refusals[..], [Refusal::OverwriteWithLargeImport])
            }
            Self::Engine(error) => matches!(
                error,
                EngineError::NotSignedIn
                    | EngineError::AlreadySignedIn { .. }
                    | EngineError::NoDirectory
                    | EngineError::DirectoryIncomplete(_)
                    | EngineError::CredentialsMissing
                    | EngineError::OrganizationMissing
                    | EngineError::Desired(DesiredError::DuplicateAddresses(_))
            ),
            _ => false,
        }
    }

    /// Whether somebody pressed Ctrl-C: the terminal's line is not at its start then.
    pub(crate) fn is_interruption(&self) -> bool {
        matches!(self, Self::Interrupted | Self::RunInterrupted)
    }

    /// What happened, with its causes. A server's own words are given as they came.
    pub(crate) fn message(&self) -> String {
        match self {
            Self::Engine(EngineError::Refused { refusals }) => match &refusals[..] {
                [only @ Refusal::OverwriteWithLargeImport] => words::refusal(only),
                refusals => refused(refusals),
            },
            Self::Invalid { problems } => {
                let problems: String = problems.iter().map(|problem| format!("\n- {problem}")).collect();
                format!("{}:{problems}", sentence(&self.to_string()).trim_end_matches('.'))
            }
            _ if self.has_fixed_text() => self.to_string(),
            Self::Engine(EngineError::Organization(error)) => {
                worded(&error.to_string(), error.message().is_some_and(|it| it.worded))
            }
            Self::Engine(EngineError::Account(error)) => {
                worded(&error.to_string(), error.message().is_some_and(|it| it.worded))
            }
            Self::Engine(EngineError::Apply(error) | EngineError::OrganizationAtFault(error)) => {
                worded(&error.to_string(), error.message().is_some_and(|it| it.worded))
            }
            error => sentence(&with_causes(error)),
        }
    }

    /// The next step.
    pub(crate) fn hint(&self) -> Option<String> {
        let fixed = match self {
            Self::UnknownSetting => "`bwdc help config` lists the settings.",
            Self::UnknownObject => "Ask for `users` or `groups`.",
            Self::NoDay { .. } => "For example `bwdc history purge --before 2026-01-31`.",
            Self::InvalidDirectory => {
                "Give 0 (LDAP), 1 (Entra ID), 2 (Google Workspace), 3 (Okta) or 4 (OneLogin)."
            }
            Self::ClientIdRequired | Self::ClientSecretRequired => {
                "Give it as an argument, or in BW_CLIENTID and BW_CLIENTSECRET."
            }
            Self::NoValue { .. } => {
                "Give it as an argument, or with `--secretenv NAME` or `--secretfile FILE`; '' clears a text."
            }
            Self::SecretVariable { .. } | Self::NotText { .. } => {
                "Set the variable for this command, or name another one."
            }
            Self::SecretFile { .. } => "Check the path, and whether this account may read the file.",
            Self::SecretFileEmpty { .. } => "Write the value into the first line of the file.",
            Self::Engine(error @ EngineError::DirectoryIncomplete(cause)) => {
                return Some(format!(
                    "{} {}",
                    sentence(&cause.to_string()),
                    error.hint().unwrap_or_default()
                ));
            }
            Self::Engine(EngineError::Settings(SettingsError::Contradiction { first, second, .. })) => {
                return Some(format!(
                    "Change one of them with `bwdc config {first} <value>` or `bwdc config {second} <value>`."
                ));
            }
            Self::Engine(error) => return error.hint(),
            Self::Login(error) => error.hint(),
            Self::Update(error) => return error.hint(),
            Self::Bundle(_) => "Name a file in a folder that can be written.",
            Self::Man(_) => "Name a folder that is there and can be written.",
            Self::Declined => {
                "Set `sync.overwriteExisting` to false, or look at `bwdc plan` and answer with y. A schedule is not asked: the limits decide there."
            }
            Self::RemovalDeclined { name } => {
                return Some(format!("Look at it with `bwdc --profile {name} config list` first."));
            }
            Self::RunInterrupted => {
                "What was sent before is on record: the next run looks first and goes on."
            }
            Self::Setting(_) => "Nothing was changed.",
            Self::Invalid { .. } => return None,
            Self::Interrupted | Self::Prompt(_) | Self::Runtime(_) | Self::Demo(_) => return None,
        };
        Some(fixed.to_owned())
    }
}

fn refused(refusals: &[Refusal]) -> String {
    let mut text = String::from("The run was refused, and nothing was sent.");
    for refusal in refusals {
        text.push('\n');
        text.push_str(&words::refusal(refusal));
    }
    text
}

fn worded(text: &str, by_the_server: bool) -> String {
    if by_the_server { text.to_owned() } else { sentence(text) }
}

/// Each cause once: many errors name theirs themselves.
fn with_causes(error: &CommandError) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let said = cause.to_string();
        if !said.is_empty() && !text.contains(&said) {
            text = format!("{text}: {said}");
        }
        next = cause.source();
    }
    text
}

/// A capital at the start and a stop at the end, unless it begins with a name or an address.
fn sentence(text: &str) -> String {
    let first = text.split_whitespace().next().unwrap_or_default();
    let plain = !first.is_empty() && first.chars().all(|it| it.is_ascii_lowercase() || it == '\'');
    let mut sentence = String::with_capacity(text.len() + 1);
    match text.chars().next() {
        Some(start) if plain => {
            sentence.push(start.to_ascii_uppercase());
            sentence.push_str(&text[start.len_utf8()..]);
        }
        _ => sentence.push_str(text),
    }
    if !sentence.ends_with(['.', '!', '?']) {
        sentence.push('.');
    }
    sentence
}

#[cfg(test)]
mod tests {
    use super::*;
    use bwdc_core::names::SourceName;

    #[test]
    fn our_own_messages_become_sentences_and_names_stay_as_they_are() {
        for (text, expected) in [
            ("cannot read `x`", "Cannot read `x`."),
            ("`ldap.port` is not set", "`ldap.port` is not set."),
            ("http://127.0.0.1 did not answer", "http://127.0.0.1 did not answer."),
            ("It did.", "It did."),
        ] {
            assert_eq!(sentence(text), expected);
        }
    }

    #[test]
    fn a_cause_is_added_once() {
        let source = std::io::Error::new(std::io::ErrorKind::NotFound, "no such file");
        let error = CommandError::SecretFile { path: "/x".into(), setting: "okta.token".to_owned(), source };
        assert_eq!(error.message(), "Cannot read `/x`; `okta.token` was not changed: no such file.");
    }

    #[test]
    fn a_refusal_names_the_numbers_and_the_setting_that_widens_it() {
        let refusals = vec![
            Refusal::TooManyRemovals { planned: 12, allowed: 5, managed: 100 },
            Refusal::EmptyDirectory { source: SourceName::primary(), managed: 7 },
        ];
        let error = CommandError::from(EngineError::Refused { refusals });
        assert_eq!(error.kind(), Some("refused"));
        let text = error.message();
        for part in ["12 of 100", "5 may", "`removals-percent`", "`allow-empty-directory = true`"] {
            assert!(text.contains(part), "{part}: {text}");
        }
    }

    #[test]
    fn a_refusal_that_scripts_know_stands_alone() {
        let refusals = vec![Refusal::OverwriteWithLargeImport];
        let error = CommandError::from(EngineError::Refused { refusals });
        assert_eq!(
            error.message(),
            "You cannot use the 'Remove and re-add organization users during the next sync' option with large imports."
        );
        assert_eq!((error.kind(), error.hint()), (None, None));
    }
}
