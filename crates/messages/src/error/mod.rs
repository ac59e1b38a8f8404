//! Errors in words: what failed, why, and what to do next.
//!
//! Each file words the errors of one concern. Every match names every variant, so that a new error does not compile before
//! it has its kind, its sentence and its next step.

mod certificate;
mod entra;
mod google;
mod history;
mod http;
mod kind;
mod ldap;
mod lock;
mod okta;
mod organization;
mod page;
mod profile;
mod run;
mod secrets;
mod sentence;
mod server;
pub mod settings;
mod setup;
mod sign_in;
mod store;
mod take_over;
pub mod update;
mod web;

pub use kind::{ErrorKind, of as kind};
pub use page::ErrorPage;
pub use sentence::{sentence, with_causes};

pub(crate) use certificate::refused_certificate;
pub(crate) use lock::since;
pub(crate) use setup::of_source;

use self::sentence::{because, say};

use crate::text;
use crate::{Condition, NextStep};
use bwdc_core::desired::DesiredError;
use bwdc_core::plan::Refusal;
use bwdc_engine::directory::ReadError;
use bwdc_engine::directory::ldap::LdapReadError;
use bwdc_engine::directory::web::WebReadError;
use bwdc_engine::organization::{AccountError, ApplyError, OrganizationError};
use bwdc_engine::secrets::SecretError;
use bwdc_engine::{EngineError, HistoryError, RunError, SetupError, SignInError};

/// An error as a person and a script read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrorText {
    /// What a script tells errors apart by.
    pub kind: ErrorKind,
    /// What a front end writes above it.
    pub condition: Condition,
    /// What failed, in a sentence, with its causes.
    pub message: String,
    /// What to do next, in this order.
    pub next_steps: Vec<NextStep>,
    /// Whether the message is the official connector's, word for word, which scripts know.
    pub official: bool,
}

/// Words an error.
pub fn describe(error: &EngineError) -> ErrorText {
    ErrorText {
        kind: kind(error),
        condition: Condition::of(error),
        message: message(error),
        next_steps: steps(error),
        official: is_official(error),
    }
}

fn message(error: &EngineError) -> String {
    match error {
        EngineError::Setup(cause) => setup::message(cause),
        EngineError::SignIn(cause) => sign_in::message(cause),
        EngineError::Run(cause) => run::message(cause),
        EngineError::History(cause) => history::message(cause),
        EngineError::KeyFile(cause) => {
            because(text!("error.key-file", "The key file cannot be used"), Some(cause))
        }
        EngineError::PlanFile(cause) => history::of_plan_file(cause),
        EngineError::SettingsFile(cause) => settings::of_file(cause),
        EngineError::Profile(cause) => profile::message(cause),
        EngineError::TakeOver(cause) => take_over::message(cause),
    }
}

fn steps(error: &EngineError) -> Vec<NextStep> {
    match error {
        EngineError::Setup(cause) => setup::steps(cause),
        EngineError::SignIn(cause) => sign_in::steps(cause),
        EngineError::Run(cause) => run::steps(cause),
        EngineError::History(cause) => history::steps(cause),
        EngineError::KeyFile(_) => say(text!(
            "step.key-file",
            "Download a key of the service account as JSON: Google Cloud console, IAM & Admin > Service Accounts > Keys."
        )),
        EngineError::PlanFile(cause) => history::plan_file_steps(cause),
        EngineError::SettingsFile(cause) => settings::file_steps(cause),
        EngineError::Profile(cause) => profile::steps(cause),
        EngineError::TakeOver(cause) => take_over::steps(cause),
    }
}

/// Errors that know what to do next, outside of a whole [`EngineError`].
pub trait NextSteps {
    /// What to do next.
    fn next_steps(&self) -> Vec<NextStep>;
}

impl<T: NextSteps + ?Sized> NextSteps for &T {
    fn next_steps(&self) -> Vec<NextStep> {
        (**self).next_steps()
    }
}

impl<T: NextSteps + ?Sized> NextSteps for Box<T> {
    fn next_steps(&self) -> Vec<NextStep> {
        (**self).next_steps()
    }
}

impl NextSteps for EngineError {
    fn next_steps(&self) -> Vec<NextStep> {
        steps(self)
    }
}

impl NextSteps for ReadError {
    fn next_steps(&self) -> Vec<NextStep> {
        run::directory_steps(self)
    }
}

impl NextSteps for LdapReadError {
    fn next_steps(&self) -> Vec<NextStep> {
        ldap::steps(self)
    }
}

impl NextSteps for WebReadError {
    fn next_steps(&self) -> Vec<NextStep> {
        web::steps(self)
    }
}

impl NextSteps for OrganizationError {
    fn next_steps(&self) -> Vec<NextStep> {
        organization::steps(self)
    }
}

impl NextSteps for ApplyError {
    fn next_steps(&self) -> Vec<NextStep> {
        organization::apply_steps(self)
    }
}

impl NextSteps for AccountError {
    fn next_steps(&self) -> Vec<NextStep> {
        organization::account_steps(self)
    }
}

impl NextSteps for SecretError {
    fn next_steps(&self) -> Vec<NextStep> {
        secrets::steps(self)
    }
}

/// Whether the official connector says the same, word for word.
pub fn is_official(error: &EngineError) -> bool {
    match error {
        EngineError::Setup(cause)
        | EngineError::SignIn(SignInError::Setup(cause))
        | EngineError::Run(RunError::Setup(cause))
        | EngineError::History(HistoryError::Setup(cause)) => matches!(
            cause,
            SetupError::NotSignedIn
                | SetupError::NoDirectory
                | SetupError::DirectoryIncomplete(_)
                | SetupError::CredentialsMissing { .. }
                | SetupError::OrganizationMissing
        ),
        EngineError::SignIn(cause) => matches!(cause, SignInError::AlreadySignedIn { .. }),
        EngineError::Run(RunError::Refused { refusals, .. }) => {
            matches!(refusals[..], [Refusal::OverwriteWithLargeImport])
        }
        EngineError::Run(cause) => matches!(cause, RunError::Desired(DesiredError::DuplicateAddresses(_))),
        EngineError::History(_)
        | EngineError::KeyFile(_)
        | EngineError::PlanFile(_)
        | EngineError::SettingsFile(_)
        | EngineError::Profile(_)
        | EngineError::TakeOver(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::CommandLine;
    use bwdc_core::names::SourceName;
    use bwdc_core::settings::{Contradiction, SettingsError};
    use bwdc_engine::paths::ProfileName;

    #[test]
    fn a_step_for_a_source_in_a_profile_names_both() {
        let missing = SetupError::from(SettingsError::Missing { key: "ldap.rootPath" });
        let of_source = SetupError::OfSource { name: SourceName::new("hr"), source: Box::new(missing) };
        let described = describe(&RunError::from(of_source).into());
        assert_eq!(described.message, "Source `hr`: `ldap.rootPath` is not set.");
        assert_eq!(described.kind, ErrorKind::Settings);
        let berlin = CommandLine::of_profile(ProfileName::parse("berlin").expect("a name"));
        assert_eq!(
            berlin.sentences(&described.next_steps),
            "Run `bwdc --profile berlin config set --source hr ldap.rootPath <value>`."
        );
    }

    /// A new user knows the server's software sooner than its object classes.
    #[test]
    fn what_a_preset_gives_is_not_asked_for_one_by_one() {
        let hint = |key: &'static str| {
            let missing = SetupError::DirectoryIncomplete(SettingsError::Missing { key });
            CommandLine::default().sentences(&describe(&missing.into()).next_steps)
        };
        let of_class = hint("sync.userObjectClass");
        assert!(
            of_class.ends_with(
                "Run `bwdc config set sync.userObjectClass <value>`. Or, where the server's software is known, to name it, which \
                 gives this and what belongs to it, run `bwdc config set ldap.preset <value>`."
            ),
            "{of_class}"
        );
        assert!(!hint("ldap.hostname").contains("ldap.preset"));
    }

    #[test]
    fn a_contradiction_names_its_reason_once_and_both_settings() {
        let rule = SettingsError::Contradiction(Contradiction::StartTlsWithoutTls);
        let described = describe(&SetupError::from(rule).into());
        let hint = CommandLine::default().sentences(&described.next_steps);
        assert!(described.message.contains("StartTLS needs `ldap.ssl` set to true"), "{}", described.message);
        assert!(!hint.contains("StartTLS needs"), "{hint}");
        assert!(hint.contains("set ldap.startTls") && hint.contains("set ldap.ssl"), "{hint}");
    }

    #[test]
    fn nothing_to_approve_says_that_a_plan_is_not_a_run() {
        let described = describe(&HistoryError::NothingToApprove { run: None }.into());
        assert!(described.message.contains("it is the sync that is refused"), "{}", described.message);
        assert!(CommandLine::default().sentences(&described.next_steps).contains("`bwdc sync`"));
    }

    #[test]
    fn what_the_official_connector_says_stays_word_for_word() {
        let described = describe(&SetupError::NotSignedIn.into());
        assert_eq!((described.message.as_str(), described.official), ("You are not logged in.", true));
    }

    /// Core and engine give data. A command that runs, and the heading of a file that is written, may be named.
    #[test]
    fn core_and_engine_name_no_command_of_the_program() {
        const ALLOWED: [&str; 2] = ["engine/src/lock.rs", "engine/src/store/connector.rs"];
        let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
        let mut folders: Vec<String> =
            ["core", "base", "directory", "engine"].map(|it| format!("{root}/{it}/src")).into();
        let mut read = 0;
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(&folder).expect("the project's own folders").flatten() {
                let path = entry.path().display().to_string().replace('\\', "/");
                if entry.path().is_dir() {
                    folders.push(path);
                    continue;
                }
                let text = std::fs::read_to_string(&path).expect("the project's own files");
                read += 1;
                let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
                let found: Vec<&str> = code.filter(|line| line.contains("`bwdc ")).collect();
                let allowed = ALLOWED.iter().any(|it| path.ends_with(it));
                assert!(allowed || found.is_empty(), "{path}: {found:?}");
            }
        }
        assert!(read > 200, "{read} files");
    }
}
