//! What went wrong, as a person and a script read it: a message, the next step, a kind.
//!
//! Messages that scripts know from the official connector stay as they are, alone on their line. The next step is added
//! to them only for somebody at a terminal.

mod demo;
mod login;
mod man;

pub(crate) use demo::DemoError;
pub(crate) use login::{LoginError, method_name};
pub(crate) use man::ManError;

use bwdc_core::desired::DesiredError;
use bwdc_core::plan::Refusal;
use bwdc_core::settings::SettingsError;
use bwdc_engine::organization::{ApplyError, OrganizationError};
use bwdc_engine::paths::ProfileName;
use bwdc_engine::profiles::ProfileError;
use bwdc_engine::{EngineError, HistoryError, PlanFileError, RunError, SetupError, SignInError, SourceError};
use bwdc_messages::refusal::refusal;
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
    Demo(#[from] DemoError),
    #[error(transparent)]
    Login(#[from] LoginError),
    #[error(transparent)]
    Man(#[from] ManError),
    #[error(transparent)]
    Bundle(#[from] bwdc_engine::doctor::BundleError),
    #[error(transparent)]
    Update(#[from] bwdc_engine::update::UpdateError),
}

macro_rules! of_engine {
    ($($error:ty),*) => {$(
        impl From<$error> for CommandError {
            fn from(error: $error) -> Self {
                Self::Engine(error.into())
            }
        }
    )*};
}
of_engine!(SetupError, SignInError, SourceError, RunError, HistoryError, PlanFileError);

impl CommandError {
    /// What a script can tell failures apart by; None for the messages that it knows already.
    pub(crate) fn kind(&self) -> Option<&'static str> {
        if self.has_fixed_text() {
            return None;
        }
        Some(match self {
            Self::Engine(error) => engine_kind(error),
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
            Self::Engine(EngineError::SignIn(SignInError::AlreadySignedIn { .. })) => true,
            Self::Engine(EngineError::Run(RunError::Refused { refusals })) => {
                matches!(refusals[..], [Refusal::OverwriteWithLargeImport])
            }
            Self::Engine(EngineError::Run(RunError::Desired(DesiredError::DuplicateAddresses(_)))) => true,
            Self::Engine(error) => setup(error).is_some_and(|it| {
                matches!(
                    it,
                    SetupError::NotSignedIn
                        | SetupError::NoDirectory
                        | SetupError::DirectoryIncomplete(_)
                        | SetupError::CredentialsMissing
                        | SetupError::OrganizationMissing
                )
            }),
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
            Self::Engine(EngineError::Run(RunError::Refused { refusals })) => match &refusals[..] {
                [only @ Refusal::OverwriteWithLargeImport] => refusal(only),
                refusals => refused(refusals),
            },
            Self::Invalid { problems } => {
                let problems: String = problems.iter().map(|problem| format!("\n- {problem}")).collect();
                format!("{}:{problems}", sentence(&self.to_string()).trim_end_matches('.'))
            }
            _ if self.has_fixed_text() => self.to_string(),
            Self::Engine(
                EngineError::Run(RunError::Organization(error))
                | EngineError::SignIn(SignInError::Organization(error)),
            ) => worded(&error.to_string(), error.message().is_some_and(|it| it.worded)),
            Self::Engine(EngineError::SignIn(SignInError::Account(error))) => {
                worded(&error.to_string(), error.message().is_some_and(|it| it.worded))
            }
            Self::Engine(EngineError::Run(RunError::Apply(error) | RunError::OrganizationAtFault(error))) => {
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
            Self::Engine(error) => {
                return match setup(error) {
                    Some(SetupError::DirectoryIncomplete(cause)) => {
                        Some(format!("{} {}", sentence(&cause.to_string()), error.hint().unwrap_or_default()))
                    }
                    Some(SetupError::Settings(SettingsError::Contradiction { first, second, .. })) => {
                        Some(format!(
                            "Change one of them with `bwdc config {first} <value>` or `bwdc config {second} <value>`."
                        ))
                    }
                    _ => error.hint(),
                };
            }
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

/// An error of the engine: its message, and the next step.
pub(crate) fn describe(error: EngineError) -> (String, Option<String>) {
    let error = CommandError::from(error);
    (error.message(), error.hint())
}

/// What is wrong with the installation, whichever command came upon it; a further source's own is another matter.
fn setup(error: &EngineError) -> Option<&SetupError> {
    match error {
        EngineError::Setup(error)
        | EngineError::SignIn(SignInError::Setup(error))
        | EngineError::Run(RunError::Setup(error))
        | EngineError::History(HistoryError::Setup(error)) => Some(error),
        EngineError::SignIn(_)
        | EngineError::Run(_)
        | EngineError::History(_)
        | EngineError::KeyFile(_)
        | EngineError::PlanFile(_)
        | EngineError::SettingsFile(_)
        | EngineError::Profile(_) => None,
    }
}

fn engine_kind(error: &EngineError) -> &'static str {
    match error {
        EngineError::Setup(error) => setup_kind(error),
        EngineError::SignIn(error) => match error {
            SignInError::Setup(error) => setup_kind(error),
            SignInError::Organization(error) => organization_kind(error),
            SignInError::AlreadySignedIn { .. }
            | SignInError::NotAnOrganization { .. }
            | SignInError::NotAPerson { .. }
            | SignInError::ObserverNotNeeded { .. }
            | SignInError::Account(_) => "sign-in",
        },
        EngineError::Run(error) => run_kind(error),
        EngineError::History(error) => match error {
            HistoryError::Setup(error) => setup_kind(error),
            HistoryError::Lock(_) => "busy",
            HistoryError::Ledger(_) | HistoryError::LedgerDamaged { .. } => "storage",
            HistoryError::NothingToApprove { .. }
            | HistoryError::OnlyMended { .. }
            | HistoryError::NoSuchRun { .. } => "history",
        },
        EngineError::PlanFile(_) => "storage",
        EngineError::KeyFile(_) | EngineError::SettingsFile(_) => "settings",
        EngineError::Profile(ProfileError::Lock(_)) => "busy",
        EngineError::Profile(_) => "settings",
    }
}

fn setup_kind(error: &SetupError) -> &'static str {
    match error {
        SetupError::KeyOfAnother { .. } | SetupError::ClearText { .. } => "sign-in",
        SetupError::NoSuchSource { .. }
        | SetupError::NotOfSource { .. }
        | SetupError::SourceName { .. }
        | SetupError::Settings(_)
        | SetupError::Path(_)
        | SetupError::Override(_) => "settings",
        SetupError::NotSignedIn
        | SetupError::NoDirectory
        | SetupError::DirectoryIncomplete(_)
        | SetupError::CredentialsMissing
        | SetupError::OrganizationMissing
        | SetupError::Store(_)
        | SetupError::Secret(_) => "storage",
    }
}

fn run_kind(error: &RunError) -> &'static str {
    match error {
        RunError::Setup(error) => setup_kind(error),
        RunError::Lock(_) => "busy",
        RunError::Ledger(_) => "storage",
        RunError::Directory(_) | RunError::Desired(_) | RunError::SourcesNotRead { .. } => "directory",
        RunError::Source { source, .. } => match &**source {
            SourceError::Read(_) => "directory",
            SourceError::Setup(_) => "settings",
        },
        RunError::Refused { .. } | RunError::PlanOfAnother { .. } | RunError::PlanChanged { .. } => "refused",
        RunError::Organization(error) | RunError::Apply(ApplyError::NotSent(error)) => {
            organization_kind(error)
        }
        RunError::Apply(ApplyError::Unknown { .. })
        | RunError::OrganizationAtFault(ApplyError::Unknown { .. }) => "unknown-effect",
        RunError::Apply(_)
        | RunError::OrganizationAtFault(_)
        | RunError::MembersHidden { .. }
        | RunError::CannotRebuild
        | RunError::RecordsRefused { .. }
        | RunError::NotTaken { .. } => "organization",
    }
}

fn organization_kind(error: &OrganizationError) -> &'static str {
    match error {
        OrganizationError::SignIn(_) | OrganizationError::NoToken { .. } => "sign-in",
        _ => "organization",
    }
}

fn refused(refusals: &[Refusal]) -> String {
    let mut text = String::from("The run was refused, and nothing was sent.");
    for one in refusals {
        text.push('\n');
        text.push_str(&refusal(one));
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
        let error = CommandError::from(RunError::Refused { refusals });
        assert_eq!(error.kind(), Some("refused"));
        let text = error.message();
        for part in ["12 of 100", "5 may", "`removals-percent`", "`allow-empty-directory = true`"] {
            assert!(text.contains(part), "{part}: {text}");
        }
    }

    #[test]
    fn a_refusal_that_scripts_know_stands_alone() {
        let refusals = vec![Refusal::OverwriteWithLargeImport];
        let error = CommandError::from(RunError::Refused { refusals });
        assert_eq!(
            error.message(),
            "You cannot use the 'Remove and re-add organization users during the next sync' option with large imports."
        );
        assert_eq!((error.kind(), error.hint()), (None, None));
    }
}
