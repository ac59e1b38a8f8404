//! What went wrong, as a person and a script read it: a message, the next step, a kind.
//!
//! Messages that scripts know from the official connector stay as they are, alone on their line. The next step is added
//! to them only for somebody at a terminal.

mod demo;
mod login;
mod man;

pub(crate) use demo::DemoError;
pub(crate) use login::LoginError;
pub(crate) use man::ManError;

use bwdc_core::settings::{Setting, SettingKind, SettingsError};
use bwdc_engine::ledger::RunId;
use bwdc_engine::paths::ProfileName;
use bwdc_engine::{ApprovalState, EngineError, PlanFileError, RunError, SetupError, SignInError};
use bwdc_messages::error::{is_official, kind, sentence, settings, update, with_causes};
use bwdc_messages::{CommandLine, NextStep, refused_run, service, system_service};
use std::path::PathBuf;

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CommandError {
    #[error("Unknown object.")]
    UnknownObject,
    #[error("Unknown setting.")]
    UnknownSetting { meant: Option<&'static str> },
    #[error("Invalid directory type value.")]
    InvalidDirectory { meant: Option<&'static str> },
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
    #[error("`{typed}` is not a date: give it as YYYY-MM-DD")]
    NoDay { typed: String },
    #[error("interrupted")]
    Interrupted,
    #[error("the console needs a terminal")]
    NoTerminal,
    #[error("this command asks questions, and the options forbid them")]
    NotToBeAsked,
    #[error("the input ended before the set-up was complete")]
    SetupEnded,
    #[error("nothing was sent: the question was not answered with yes")]
    Declined,
    #[error("without a terminal, `approve` needs the number of the refused run")]
    WhichRun { last: Option<(RunId, ApprovalState)> },
    #[error("nothing was approved")]
    NotApproved { number: usize, run: RunId, approval: ApprovalState },
    #[error("the profile `{name}` was not removed: that takes a yes at a terminal, or `--force`")]
    RemovalDeclined { name: ProfileName },
    #[error("`{}` was not taken over: that takes a yes at a terminal, or `--force`", folder.display())]
    TakeOverDeclined { folder: std::path::PathBuf },
    #[error("nothing was installed: that takes a yes at a terminal, or `--yes`")]
    InstallDeclined,
    #[error("the ledger was not changed: that takes a yes at a terminal, or `--force`")]
    LedgerDeclined,
    #[error("interrupted during the run")]
    RunInterrupted,
    #[error("cannot ask for an answer")]
    Prompt(#[source] std::io::Error),
    #[error("cannot start")]
    Runtime(#[source] std::io::Error),
    #[error(transparent)]
    Serve(#[from] bwdc_engine::service::ServiceError),
    #[error(transparent)]
    Service(bwdc_engine::service::AskError),
    #[error(transparent)]
    System(bwdc_engine::system_service::SystemServiceError),
    #[error("{message}")]
    Remote { kind: String, message: String, hint: Option<String> },
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
of_engine!(SetupError, SignInError, RunError, PlanFileError);

impl CommandError {
    /// No setting has this name; one that looks like it is what was meant.
    pub(crate) fn unknown_setting(typed: &str) -> Self {
        Self::UnknownSetting { meant: nearest(typed, Setting::all().iter().map(|it| it.name)) }
    }

    /// There is no such kind of directory; a word that looks like one is what was meant.
    pub(crate) fn invalid_directory(typed: &str) -> Self {
        const KINDS: [&str; 6] = ["ldap", "active-directory", "entra", "google", "okta", "onelogin"];
        Self::InvalidDirectory { meant: nearest(typed.trim(), KINDS.into_iter()) }
    }

    /// What a script can tell failures apart by; None for the messages that it knows already.
    pub(crate) fn kind(&self) -> Option<&str> {
        if self.has_fixed_text() {
            return None;
        }
        Some(match self {
            Self::Engine(error) => kind(error).name(),
            Self::Interrupted | Self::RunInterrupted | Self::SetupEnded => "interrupted",
            Self::Declined
            | Self::NotApproved { .. }
            | Self::RemovalDeclined { .. }
            | Self::TakeOverDeclined { .. }
            | Self::InstallDeclined
            | Self::LedgerDeclined => "refused",
            Self::WhichRun { .. } => "history",
            Self::Remote { kind, .. } => kind,
            Self::Serve(_) | Self::Service(_) | Self::System(_) => "service",
            Self::Login(_) => "sign-in",
            Self::Update(_) => "update",
            Self::Demo(_) => "demo",
            Self::Runtime(_)
            | Self::Prompt(_)
            | Self::Bundle(_)
            | Self::Man(_)
            | Self::NoTerminal
            | Self::NotToBeAsked => "system",
            Self::UnknownObject
            | Self::UnknownSetting { .. }
            | Self::InvalidDirectory { .. }
            | Self::ClientIdRequired
            | Self::ClientSecretRequired
            | Self::NoValue { .. }
            | Self::SecretVariable { .. }
            | Self::NotText { .. }
            | Self::SecretFile { .. }
            | Self::SecretFileEmpty { .. }
            | Self::Invalid { .. }
            | Self::Setting(_)
            | Self::NoDay { .. } => "settings",
        })
    }

    /// Whether scripts know this message from the official connector.
    pub(crate) fn has_fixed_text(&self) -> bool {
        match self {
            Self::UnknownObject
            | Self::UnknownSetting { .. }
            | Self::InvalidDirectory { .. }
            | Self::ClientIdRequired
            | Self::ClientSecretRequired => true,
            Self::Engine(error) => is_official(error),
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
            Self::Invalid { problems } => {
                let problems: String = problems.iter().map(|problem| format!("\n- {problem}")).collect();
                format!("{}:{problems}", sentence(&self.to_string()).trim_end_matches('.'))
            }
            Self::Engine(error) => bwdc_messages::describe(error).message,
            Self::Setting(error) => settings::message(error),
            Self::Update(error) => update::message(error),
            Self::Serve(error) => service::cannot_serve(error),
            Self::Service(error) => service::no_answer(error),
            Self::System(error) => system_service::message(error),
            Self::Remote { message, .. } => message.clone(),
            Self::NotApproved { number, run, approval } => {
                refused_run::not_approved(*number, *run, *approval)
            }
            _ if self.has_fixed_text() => self.to_string(),
            error => sentence(&with_causes(error)),
        }
    }

    /// The next step, for somebody who starts commands like this.
    pub(crate) fn hint(&self, commands: &CommandLine) -> Option<String> {
        let fixed = match self {
            Self::UnknownSetting { meant: Some(name) } => return Some(format!("Did you mean `{name}`?")),
            Self::UnknownSetting { meant: None } => "`bwdc help config` lists the settings.",
            Self::UnknownObject => "Ask for `users` or `groups`.",
            Self::NoDay { .. } => "For example `bwdc history purge --before 2026-01-31`.",
            Self::InvalidDirectory { meant: Some(word) } => return Some(format!("Did you mean `{word}`?")),
            Self::InvalidDirectory { meant: None } => {
                "Give `ldap` (0, also Active Directory), `entra` (1), `google` (2), `okta` (3) or `onelogin` (4)."
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
                return in_sentences(&bwdc_messages::describe(error).next_steps, commands);
            }
            Self::Update(error) => return in_sentences(&update::steps(error), commands),
            Self::Service(error) => return in_sentences(&service::steps(error), commands),
            Self::System(error) => return in_sentences(&system_service::steps(error), commands),
            Self::Remote { hint, .. } => return hint.clone(),
            Self::Serve(_) => return None,
            Self::Login(error) => error.hint(),
            Self::Bundle(_) => "Name a file in a folder that can be written.",
            Self::Man(_) => "Name a folder that is there and can be written.",
            Self::NoTerminal => "Run `bwdc ui --plain` to be asked line by line.",
            Self::NotToBeAsked => "Leave out `--nointeraction` and `--quiet`.",
            Self::SetupEnded => {
                "Every step that was finished is saved; what was answered of the one after it is not. `bwdc setup` goes on with that step."
            }
            Self::Declined => {
                "Set `sync.overwriteExisting` to false, or look at `bwdc plan` and answer with y. A schedule is not asked: the limits decide there."
            }
            Self::RemovalDeclined { name } => {
                return Some(format!("Look at it with `bwdc --profile {name} config list` first."));
            }
            Self::TakeOverDeclined { .. } => {
                "Run it at a terminal: it shows what is in the folder before anything is copied."
            }
            Self::WhichRun { last } => return Some(refused_run::which(*last, commands)),
            Self::NotApproved { run, approval: ApprovalState::Counts { .. }, .. } => {
                return in_sentences(&refused_run::to_withdraw(*run), commands);
            }
            Self::NotApproved { .. } => return None,
            Self::InstallDeclined => "`bwdc service install --dry-run` shows what would be written.",
            Self::LedgerDeclined => "`bwdc plan` shows what a sync would do with the ledger as it is.",
            Self::RunInterrupted => {
                "What was sent before is on record: the next run looks first and goes on."
            }
            Self::Setting(error) => {
                let unchanged = "Nothing was changed.";
                return Some(match likely_value(error) {
                    Some(meant) => format!("Did you mean `{meant}`? {unchanged}"),
                    None => unchanged.to_owned(),
                });
            }
            Self::Invalid { .. } => return None,
            Self::Interrupted | Self::Prompt(_) | Self::Runtime(_) | Self::Demo(_) => return None,
        };
        Some(fixed.to_owned())
    }
}

fn in_sentences(steps: &[NextStep], commands: &CommandLine) -> Option<String> {
    (!steps.is_empty()).then(|| commands.sentences(steps))
}

/// The word that was probably meant, of a setting that takes only certain words.
fn likely_value(error: &SettingsError) -> Option<&'static str> {
    let SettingsError::Invalid { key, value, .. } = error else { return None };
    let words: &[&'static str] = match Setting::find(key)?.kind {
        SettingKind::Choice(words) | SettingKind::Words(words) => words,
        SettingKind::Flag => &["true", "false"],
        _ => return None,
    };
    nearest(value.trim(), words.iter().copied())
}

/// The one of these words that looks very much like what was typed.
fn nearest(typed: &str, words: impl Iterator<Item = &'static str>) -> Option<&'static str> {
    const ALIKE: f64 = 0.9;
    let typed = typed.to_lowercase();
    let likeness = |word: &str| strsim::jaro_winkler(&typed, &word.to_lowercase());
    let nearest = words.max_by(|one, other| likeness(one).total_cmp(&likeness(other)));
    nearest.filter(|it| likeness(it) > ALIKE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use bwdc_core::names::SourceName;
    use bwdc_core::plan::{Refusal, RemovalLimits};

    #[test]
    fn a_cause_is_added_once() {
        let source = std::io::Error::new(std::io::ErrorKind::NotFound, "no such file");
        let error = CommandError::SecretFile { path: "/x".into(), setting: "okta.token".to_owned(), source };
        assert_eq!(error.message(), "Cannot read `/x`; `okta.token` was not changed: no such file.");
    }

    #[test]
    fn a_refusal_names_the_numbers_and_the_setting_that_widens_it() {
        let refusals = vec![
            Refusal::TooManyRemovals {
                planned: 12,
                allowed: 5,
                managed: 100,
                earlier: 0,
                hours: 24,
                needed: RemovalLimits::default(),
            },
            Refusal::EmptyDirectory {
                source: SourceName::primary(),
                managed: 7,
                listed: 0,
                settings: Vec::new(),
            },
        ];
        let error = CommandError::from(RunError::Refused { refusals, run: None });
        assert_eq!(error.kind(), Some("refused"));
        let text = error.message();
        assert_eq!(
            text,
            "The run was refused, and nothing was sent.\n\
             12 of 100 managed members would lose access within a day. The limit is 5.\n\
             The directory returned nobody, and the organization has 7 managed members from it. Check the search base and the \
             filter."
        );
        let hint = error.hint(&CommandLine::default()).expect("steps");
        for part in ["`bwdc approve`", "limits.removals-percent", "limits.allow-empty-directory true`"] {
            assert!(hint.contains(part), "{part}: {hint}");
        }
    }

    #[test]
    fn a_setting_that_is_nearly_right_is_answered_with_the_right_one() {
        for (typed, hint) in [
            ("ldap.hostnam", "Did you mean `ldap.hostname`?"),
            ("sync.user-filter", "Did you mean `sync.userFilter`?"),
            ("limit.removals", "Did you mean `limits.removals`?"),
            ("colour", "`bwdc help config` lists the settings."),
        ] {
            let error = CommandError::unknown_setting(typed);
            assert_eq!(error.to_string(), "Unknown setting.");
            assert_eq!(error.hint(&CommandLine::default()).as_deref(), Some(hint), "{typed}");
        }
    }

    #[test]
    fn a_kind_of_directory_is_named_by_its_word() {
        for (typed, hint) in [
            ("ldapp", "Did you mean `ldap`?"),
            ("Entro", "Did you mean `entra`?"),
            (
                "7",
                "Give `ldap` (0, also Active Directory), `entra` (1), `google` (2), `okta` (3) or `onelogin` (4).",
            ),
        ] {
            let error = CommandError::invalid_directory(typed);
            assert_eq!(error.to_string(), "Invalid directory type value.");
            assert_eq!(error.hint(&CommandLine::default()).as_deref(), Some(hint), "{typed}");
        }
    }

    #[test]
    fn a_value_that_is_nearly_right_is_answered_with_the_right_one() {
        for (name, typed, hint) in [
            ("leavers.gone", "revok", "Did you mean `revoke`? Nothing was changed."),
            ("leavers.gone", "delete", "Nothing was changed."),
            ("ldap.preset", "open-ldap", "Did you mean `openldap`? Nothing was changed."),
            ("ldap.disabled-by", "nsAccountLocked", "Did you mean `nsAccountLock`? Nothing was changed."),
            ("ldap.ssl", "ture", "Did you mean `true`? Nothing was changed."),
            ("ldap.port", "x", "Nothing was changed."),
        ] {
            let refused = Setting::find(name).expect("a setting").parse(typed).expect_err("refused");
            let error = CommandError::Setting(refused);
            assert_eq!(error.hint(&CommandLine::default()).as_deref(), Some(hint), "{name} {typed}");
        }
    }

    #[test]
    fn a_refusal_that_scripts_know_stands_alone() {
        let refusals = vec![Refusal::OverwriteWithLargeImport];
        let error = CommandError::from(RunError::Refused { refusals, run: None });
        assert_eq!(
            error.message(),
            "You cannot use the 'Remove and re-add organization users during the next sync' option with large imports."
        );
        assert_eq!((error.kind(), error.hint(&CommandLine::default())), (None, None));
    }
}
