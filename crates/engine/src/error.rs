//! Why a command could not be carried out, and the next step.

use crate::account::SignInError;
use crate::directory::google::KeyFileError;
use crate::directory::open::SourceError;
use crate::installation::SetupError;
use crate::lock::LockError;
use crate::paths::PathError;
use crate::profiles::ProfileError;
use crate::review::HistoryError;
use crate::saved_plan::PlanFileError;
use crate::secrets::SecretError;
use crate::settings::SettingsFileError;
use crate::store::StoreError;
use crate::sync::RunError;
use bwdc_core::desired::DesiredError;
use bwdc_core::settings::SettingsError;

/// Everything that can stand in the way of the engine.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The installation cannot be used as it is.
    #[error(transparent)]
    Setup(#[from] SetupError),
    /// Nobody could be signed in.
    #[error(transparent)]
    SignIn(#[from] SignInError),
    /// A run, or a look at what a run would do, did not do everything.
    #[error(transparent)]
    Run(#[from] RunError),
    /// The history, or the ledger beside it, does not have what was asked for.
    #[error(transparent)]
    History(#[from] HistoryError),
    /// A file is no key file of a Google service account.
    #[error("the key file cannot be used: {0}")]
    KeyFile(#[from] KeyFileError),
    /// A saved plan cannot be read or written.
    #[error(transparent)]
    PlanFile(#[from] PlanFileError),
    /// A file of settings is not taken.
    #[error(transparent)]
    SettingsFile(#[from] SettingsFileError),
    /// A profile cannot be made, copied or removed.
    #[error(transparent)]
    Profile(#[from] ProfileError),
}

impl From<SourceError> for EngineError {
    fn from(error: SourceError) -> Self {
        RunError::from(error).into()
    }
}

impl EngineError {
    /// The next step, where there is one.
    pub fn hint(&self) -> Option<String> {
        let fixed = match self {
            Self::Setup(error) | Self::Run(RunError::Setup(error)) => return error.hint(),
            Self::SignIn(error) => return error.hint(),
            Self::Run(error) => return error.hint(),
            Self::History(error) => return error.hint(),
            Self::KeyFile(_) => {
                "Download a key of the service account as JSON: Google Cloud console, IAM & Admin > Service Accounts > Keys."
            }
            Self::PlanFile(_) => {
                "Give the file that `bwdc plan --out FILE` wrote, in a folder that can be written."
            }
            Self::SettingsFile(SettingsFileError::Read { .. }) => {
                "Check the path and the rights of the file."
            }
            Self::SettingsFile(SettingsFileError::Invalid { .. }) => {
                "Nothing was changed. `bwdc config schema` describes the file, `bwdc config export` writes one."
            }
            Self::Profile(ProfileError::Path(error)) => return path_hint(error),
            Self::Profile(error) => return profile_hint(error),
        };
        Some(fixed.to_owned())
    }
}

impl SetupError {
    /// The next step, where there is one.
    pub fn hint(&self) -> Option<String> {
        let fixed = match self {
            Self::NotSignedIn | Self::OrganizationMissing => "Run `bwdc login` first.",
            Self::KeyOfAnother { .. } => {
                "Two folders of settings may share a keychain: `bwdc logout` and `bwdc login` here, then `bwdc secrets migrate --to encrypted-file`; or keep them apart with `--profile`."
            }
            Self::ClearText { .. } => {
                "Set an address with https: `bwdc config server https://<host>`. If nobody else can listen on that network, `bwdc config allow-http true` permits http."
            }
            Self::NoDirectory => {
                "Choose one with `bwdc config directory <number>`: 0 stands for Active Directory and LDAP."
            }
            Self::DirectoryIncomplete(cause) | Self::Settings(cause) => return Some(settings_hint(cause)),
            Self::CredentialsMissing => {
                "Set them with `bwdc config ldap.username <name>` and `bwdc config ldap.password --secretfile <file>`."
            }
            Self::NoSuchSource { name } => {
                return Some(format!(
                    "Name it first: `bwdc config sources {name}`, with commas between several."
                ));
            }
            Self::NotOfSource { .. } => "Set it without `--source`: it counts for all sources.",
            Self::SourceName { .. } => {
                "Names in `sources` are small letters, digits and hyphens, 32 at most, each once."
            }
            Self::Path(error) => return path_hint(error),
            Self::Override(_) => "Correct or unset the variable where the program is started.",
            Self::Store(error) | Self::Secret(SecretError::Store(error)) => return store_hint(error),
            Self::Secret(error) => return secret_hint(error),
        };
        Some(fixed.to_owned())
    }
}

impl SourceError {
    /// The next step, where there is one.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Setup(error) => error.hint(),
            Self::Read(error) => error.hint(),
        }
    }
}

impl SignInError {
    /// The next step, where there is one.
    pub fn hint(&self) -> Option<String> {
        let fixed = match self {
            Self::Setup(error) => return error.hint(),
            Self::AlreadySignedIn { .. } => "Run `bwdc logout` first to sign in to another organization.",
            Self::NotAnOrganization { .. } => {
                "The API key is shown in the web vault under the organization's settings, `View API key`; a personal key is of no use here."
            }
            Self::NotAPerson { .. } => {
                "The key is shown in the web vault under the account's own settings, Security, Keys: `View API key`."
            }
            Self::ObserverNotNeeded { .. } => {
                "Nothing has to be done: a personal key is for Vaultwarden only."
            }
            Self::Organization(error) => return error.hint(),
            Self::Account(error) => return error.hint(),
        };
        Some(fixed.to_owned())
    }
}

impl HistoryError {
    /// The next step, where there is one.
    pub fn hint(&self) -> Option<String> {
        let fixed = match self {
            Self::Setup(error) => return error.hint(),
            Self::Lock(error) => lock_hint(error),
            Self::Ledger(_) => LEDGER,
            Self::LedgerDamaged { .. } => "Put back a copy of the file from before, or run `bwdc sync`.",
            Self::OnlyMended { .. } => "`bwdc plan` says what is in the way.",
            Self::NothingToApprove { .. } | Self::NoSuchRun { .. } => "`bwdc history` lists the runs.",
        };
        Some(fixed.to_owned())
    }
}

impl RunError {
    /// The next step, where there is one.
    pub fn hint(&self) -> Option<String> {
        let fixed = match self {
            Self::Setup(error) => return error.hint(),
            Self::Lock(error) => lock_hint(error),
            Self::Ledger(_) => LEDGER,
            Self::Directory(error) => return error.hint(),
            Self::Source { source, name } => {
                let hint = source.hint()?;
                return Some(hint.replace("`bwdc config ", &format!("`bwdc config --source {name} ")));
            }
            Self::Desired(DesiredError::DuplicateAddresses(_)) => {
                "Correct the address of all but one of the entries, leave entries out with `sync.userFilter`, or choose what happens with `bwdc config conflicts.same-address` (of several sources: `conflicts.across-sources`)."
            }
            Self::Desired(DesiredError::DuplicateExternalId { .. }) => {
                "Leave one of the entries out with a filter, or correct its id in the directory; for groups of several sources, choose what happens with `bwdc config conflicts.same-group`."
            }
            Self::Organization(error) => return error.hint(),
            Self::MembersHidden { .. } => {
                "Check what stands in front of the server, such as a proxy or a firewall that blocks `/public/members`."
            }
            Self::CannotRebuild => {
                "For Vaultwarden give an administrator's key with `bwdc login --observer`; or forget the ledger with `bwdc ledger purge`: the next run takes a baseline and removes nobody."
            }
            Self::Refused { .. } => return None,
            Self::PlanOfAnother { .. } => {
                "Sign in to the organization of the plan, or make a new one with `bwdc plan --out FILE`."
            }
            Self::PlanChanged { .. } => "Look at a new plan: `bwdc plan --out FILE`.",
            Self::Apply(error) => return error.hint(),
            Self::OrganizationAtFault(_) => {
                "The server fails on every part of the request alike, so it is no single person or group. Look into the server's log; on a Bitwarden server this is often an address or an external id that occurs twice in the organization."
            }
            Self::RecordsRefused { .. } => {
                "Correct them in the directory, or leave them out with a filter; everybody else was brought over. The next run tries again."
            }
            Self::NotTaken { .. } => "`bwdc plan` lists them; the next run tries again.",
            Self::SourcesNotRead { .. } => {
                "Nothing was taken from their people. Check these directories; the next run reads them again."
            }
        };
        Some(fixed.to_owned())
    }
}

/// The next step for whatever keeps the ledger from being read or written.
const LEDGER: &str =
    "Check the file `connector.db` in the profile's folder, its rights and the space on the disk.";

fn secret_hint(error: &SecretError) -> Option<String> {
    let fixed = match error {
        SecretError::NotHere { name } => {
            return Some(format!("Enter it again with `{}`.", name.entered_by()));
        }
        SecretError::Io { .. } | SecretError::Busy(_) => {
            "Check the rights of the profile's folder and of the files in it."
        }
        SecretError::KeychainChange { .. } => {
            "Unlock it, or keep secrets in a file: `bwdc config secrets.store encrypted-file`."
        }
        SecretError::Command { name, .. } => {
            return Some(format!(
                "Run it yourself with `{}` in the place of `{{name}}`, or take it out: `bwdc config unset secrets.command`.",
                name.label()
            ));
        }
        SecretError::Override(_) => "Correct or unset the variable where the program is started.",
        // These say what to do themselves.
        _ => return None,
    };
    Some(fixed.to_owned())
}

fn lock_hint(error: &LockError) -> &'static str {
    match error {
        LockError::Held { .. } => "Wait until it has ended, or end it.",
        LockError::Io { .. } => "Check the rights of the folder that holds it.",
    }
}

fn path_hint(error: &PathError) -> Option<String> {
    match error {
        PathError::NoSuchProfile { name } => {
            Some(format!("`bwdc profile list` shows them; `bwdc profile create {name}` makes this one."))
        }
        PathError::Folder { .. } | PathError::ProfileName { .. } => None,
    }
}

fn profile_hint(error: &ProfileError) -> Option<String> {
    let fixed = match error {
        ProfileError::Exists { .. } => {
            "Choose another name, or remove it first with `bwdc profile remove <name>`."
        }
        ProfileError::Default { .. } => "Remove the folder yourself if that is what you want.",
        ProfileError::Io { .. } => {
            "Check the rights of the folder, and remove what is left with the same command."
        }
        ProfileError::Lock(error) => lock_hint(error),
        ProfileError::Store(error) => return store_hint(error),
        ProfileError::Path(_) | ProfileError::Secret(_) => return None,
    };
    Some(fixed.to_owned())
}

fn store_hint(error: &StoreError) -> Option<String> {
    let fixed = match error {
        StoreError::Invalid { .. } | StoreError::Foreign { .. } | StoreError::WrongType { .. } => {
            "Correct the file, or restore it from a backup."
        }
        StoreError::Settings { .. } => {
            "Correct the line in `connector.toml`; a missing file or key means the default."
        }
        StoreError::OldVersion { .. } => {
            "Start the official connector 2026.6 once: it brings the file to version 8; or move the file away and set the directory up again."
        }
        StoreError::Read { .. } | StoreError::Write { .. } => "Check the rights of the file and its folder.",
        _ => return None,
    };
    Some(fixed.to_owned())
}

fn settings_hint(cause: &SettingsError) -> String {
    match cause {
        SettingsError::Missing { key } => format!("Set it with `bwdc config {key} <value>`."),
        SettingsError::Invalid { key, .. } => format!("Correct it with `bwdc config {key} <value>`."),
        SettingsError::Contradiction { cure, .. } => (*cure).to_owned(),
        SettingsError::Filter { key, .. } => format!("Correct it with `bwdc config {key} <value>`."),
    }
}

crate::installation::through_setup!(EngineError, SourceError, SignInError, HistoryError, RunError);
