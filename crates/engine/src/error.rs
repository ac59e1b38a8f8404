//! Why a command could not be carried out.

use crate::directory::ReadError;
use crate::ledger::{LedgerError, RunId};
use crate::lock::LockError;
use crate::organization::{AccountError, ApplyError, OrganizationError};
use crate::paths::PathError;
use crate::profiles::ProfileError;
use crate::secrets::SecretError;
use crate::settings::SettingsFileError;
use crate::store::{OverrideError, StoreError};
use bwdc_core::desired::DesiredError;
use bwdc_core::import::RefusedRecord;
use bwdc_core::plan::Refusal;
use bwdc_core::settings::SettingsError;
use std::path::PathBuf;

/// Everything that can stand in the way of the engine.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// No access token is stored.
    #[error("You are not logged in.")]
    NotSignedIn,
    /// An access token is stored.
    #[error("You are already logged in as {client_id}.")]
    AlreadySignedIn {
        /// As whom.
        client_id: String,
    },
    /// The client id is not that of an organization.
    #[error("`{client_id}` is not the client id of an organization: it has to look like `organization.<id>`")]
    NotAnOrganization {
        /// What was given.
        client_id: String,
    },
    /// The client id is not that of a person.
    #[error("`{client_id}` is not the client id of a personal API key: it has to look like `user.<id>`")]
    NotAPerson {
        /// What was given.
        client_id: String,
    },
    /// The organization's own key sees everything.
    #[error("{server} shows the organization to its own key: nobody else's is needed to observe it")]
    ObserverNotNeeded {
        /// The API's URL.
        server: String,
    },
    /// The stored key is not of the organization that the settings name.
    #[error(
        "the stored API key is `{client_id}`, and the settings are those of the organization {organization_id}; nothing was sent"
    )]
    KeyOfAnother {
        /// Whose key it is.
        client_id: String,
        /// Whose settings they are.
        organization_id: String,
    },
    /// No kind of directory was chosen.
    #[error("No directory configured.")]
    NoDirectory,
    /// Something that the directory needs is not set, or of no use.
    #[error("Directory configuration incomplete.")]
    DirectoryIncomplete(#[source] SettingsError),
    /// The directory wants a name and a password.
    #[error("Username/password are not configured.")]
    CredentialsMissing,
    /// The organization is not known.
    #[error("Organization not set.")]
    OrganizationMissing,
    /// A file is no key file of a Google service account.
    #[error("the key file cannot be used: {0}")]
    KeyFile(#[from] crate::directory::google::KeyFileError),
    /// A setting is of no use.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The plan was refused, and nothing was sent.
    #[error("the run was refused and nothing was sent")]
    Refused {
        /// Why.
        refusals: Vec<Refusal>,
    },
    /// No refused run is there to be approved.
    #[error("{}", match run {
        Some(run) => format!("run {} was not refused, or is not remembered", run.0),
        None => "no run was refused".to_owned(),
    })]
    NothingToApprove {
        /// The run that was named.
        run: Option<RunId>,
    },
    /// The ledger is a file that cannot be read; nothing was done to it.
    #[error("the ledger `{}` cannot be read: the next sync sets it aside, records who is there and removes nobody", path.display())]
    LedgerDamaged {
        /// The file.
        path: PathBuf,
    },
    /// No limit refused the run: the server would have answered with an error.
    #[error("what refused run {} cannot be approved, only mended", run.0)]
    OnlyMended {
        /// The run.
        run: RunId,
    },
    /// The organization accepted everything, and is not as planned.
    #[error(
        "the organization accepted every request, and {left} changes are still to be made: it was read back and is not as planned"
    )]
    NotTaken {
        /// Changes that are still to be made.
        left: usize,
        /// Changes that were sent.
        sent: usize,
    },
    /// The server takes everything but single people or groups.
    #[error("the server does not take {}", refused(records))]
    RecordsRefused {
        /// Which, with what the server said.
        records: Vec<RefusedRecord>,
    },
    /// The server fails on every part of a request alike.
    #[error("{0}")]
    OrganizationAtFault(#[source] ApplyError),
    /// Some of several sources could not be read; the others were brought over.
    #[error("{}", unread(sources))]
    SourcesNotRead {
        /// Which, with what stood in the way.
        sources: Vec<(String, String)>,
    },
    /// A further source cannot be used.
    #[error("source `{name}`: {source}")]
    Source {
        /// Which.
        name: String,
        /// Why.
        #[source]
        source: Box<EngineError>,
    },
    /// The organization cannot be read, so that nothing can be recorded from it.
    #[error("the ledger cannot be made anew: this server does not show the organization")]
    CannotRebuild,
    /// The settings name no such source.
    #[error("`sources` names no source `{name}`")]
    NoSuchSource {
        /// What was asked for.
        name: String,
    },
    /// A setting of the organization, which a source has none of.
    #[error("`{setting}` is a setting of the organization, not of a source")]
    NotOfSource {
        /// The setting.
        setting: &'static str,
    },
    /// A source's name is none.
    #[error("`{name}` cannot be the name of a source, or is there twice")]
    SourceName {
        /// As set.
        name: String,
    },
    /// A server of Bitwarden's own that does not show its members.
    #[error(
        "{server} does not show the members of the organization, as every server of its kind does; nothing was sent"
    )]
    MembersHidden {
        /// The API's URL.
        server: String,
    },
    /// A saved plan cannot be read or written.
    #[error("cannot read or write the plan `{}`", path.display())]
    PlanFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: std::io::Error,
    },
    /// A saved plan is about another organization.
    #[error("the plan was made for the organization {organization_id}, not for this one")]
    PlanOfAnother {
        /// The organization of the plan.
        organization_id: String,
    },
    /// Directory or organization changed since a plan was saved.
    #[error(
        "directory or organization changed since the plan was saved: {missing} of its changes are no longer to be made, {new} are new; nothing was sent"
    )]
    PlanChanged {
        /// Changes of the saved plan that are no longer to be made.
        missing: usize,
        /// Changes to be made that the saved plan does not have.
        new: usize,
    },
    /// A run that the history does not have.
    #[error("run {} is not remembered", run.0)]
    NoSuchRun {
        /// The run that was named.
        run: RunId,
    },
    /// The directory cannot be brought over as it is.
    #[error(transparent)]
    Desired(#[from] DesiredError),
    /// The environment does not tell where settings are kept.
    #[error(transparent)]
    Path(#[from] PathError),
    /// A file of settings is not taken.
    #[error(transparent)]
    SettingsFile(#[from] SettingsFileError),
    /// An environment variable gives a setting that cannot be used.
    #[error(transparent)]
    Override(#[from] OverrideError),
    /// A profile cannot be made, copied or removed.
    #[error(transparent)]
    Profile(#[from] ProfileError),
    /// The folder of the profile cannot be made.
    #[error("cannot create the folder `{}`", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the operating system says.
        #[source]
        source: std::io::Error,
    },
    /// Settings cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A secret cannot be read or written.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// Another run is going on.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The ledger cannot be read or written.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The directory could not be read.
    #[error(transparent)]
    Directory(#[from] ReadError),
    /// The organization could not be read.
    #[error(transparent)]
    Organization(#[from] OrganizationError),
    /// Nobody could be signed in as a person.
    #[error(transparent)]
    Account(#[from] AccountError),
    /// A request was refused, or its effect is not known.
    #[error(transparent)]
    Apply(#[from] ApplyError),
}

impl EngineError {
    /// The next step, where there is one.
    pub fn hint(&self) -> Option<String> {
        let fixed = match self {
            Self::NotSignedIn | Self::OrganizationMissing => "Run `bwdc login` first.",
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
            Self::KeyOfAnother { .. } => {
                "Two folders of settings may share a keychain: `bwdc logout` and `bwdc login` here, then `bwdc secrets migrate --to encrypted-file`; or keep them apart with `--profile`."
            }
            Self::NoDirectory => {
                "Choose one with `bwdc config directory <number>`: 0 stands for Active Directory and LDAP."
            }
            Self::DirectoryIncomplete(cause) => return Some(settings_hint(cause)),
            Self::Settings(cause) => return Some(settings_hint(cause)),
            Self::CredentialsMissing => {
                "Set them with `bwdc config ldap.username <name>` and `bwdc config ldap.password --secretfile <file>`."
            }
            Self::NotTaken { .. } => "`bwdc plan` lists them; the next run tries again.",
            Self::RecordsRefused { .. } => {
                "Correct them in the directory, or leave them out with a filter; everybody else was brought over. The next run tries again."
            }
            Self::OrganizationAtFault(_) => {
                "The server fails on every part of the request alike, so it is no single person or group. Look into the server's log; on a Bitwarden server this is often an address or an external id that occurs twice in the organization."
            }
            Self::SourcesNotRead { .. } => {
                "Nothing was taken from their people. Check these directories; the next run reads them again."
            }
            Self::Source { source, name } => {
                let hint = source.hint()?;
                return Some(hint.replace("`bwdc config ", &format!("`bwdc config --source {name} ")));
            }
            Self::CannotRebuild => {
                "For Vaultwarden give an administrator's key with `bwdc login --observer`; or forget the ledger with `bwdc ledger purge`: the next run takes a baseline and removes nobody."
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
            Self::MembersHidden { .. } => {
                "Check what stands in front of the server, such as a proxy or a firewall that blocks `/public/members`."
            }
            Self::PlanFile { .. } => {
                "Give the file that `bwdc plan --out FILE` wrote, in a folder that can be written."
            }
            Self::PlanOfAnother { .. } => {
                "Sign in to the organization of the plan, or make a new one with `bwdc plan --out FILE`."
            }
            Self::PlanChanged { .. } => "Look at a new plan: `bwdc plan --out FILE`.",
            Self::LedgerDamaged { .. } => "Put back a copy of the file from before, or run `bwdc sync`.",
            Self::OnlyMended { .. } => "`bwdc plan` says what is in the way.",
            Self::NothingToApprove { .. } | Self::NoSuchRun { .. } => "`bwdc history` lists the runs.",
            Self::KeyFile(_) => {
                "Download a key of the service account as JSON: Google Cloud console, IAM & Admin > Service Accounts > Keys."
            }
            Self::Refused { .. } => return None,
            Self::SettingsFile(SettingsFileError::Read { .. }) => {
                "Check the path and the rights of the file."
            }
            Self::SettingsFile(SettingsFileError::Invalid { .. }) => {
                "Nothing was changed. `bwdc config schema` describes the file, `bwdc config export` writes one."
            }
            Self::Override(_) => "Correct or unset the variable where the program is started.",
            Self::Path(error) | Self::Profile(ProfileError::Path(error)) => return path_hint(error),
            Self::Profile(error) => return profile_hint(error),
            Self::Desired(DesiredError::DuplicateAddresses(_)) => {
                "Correct the address of all but one of the entries, leave entries out with `sync.userFilter`, or choose what happens with `bwdc config conflicts.same-address` (of several sources: `conflicts.across-sources`)."
            }
            Self::Desired(DesiredError::DuplicateExternalId { .. }) => {
                "Leave one of the entries out with a filter, or correct its id in the directory; for groups of several sources, choose what happens with `bwdc config conflicts.same-group`."
            }
            Self::Folder { .. } => "Check the rights of the folder above it.",
            Self::Store(error) | Self::Secret(SecretError::Store(error)) => return store_hint(error),
            Self::Secret(SecretError::NotHere { name }) => {
                return Some(format!("Enter it again with `{}`.", name.entered_by()));
            }
            Self::Secret(SecretError::Io { .. } | SecretError::Busy(_)) => {
                "Check the rights of the profile's folder and of the files in it."
            }
            Self::Secret(SecretError::KeychainChange { .. }) => {
                "Unlock it, or keep secrets in a file: `bwdc config secrets.store encrypted-file`."
            }
            Self::Secret(SecretError::Command { name, .. }) => {
                return Some(format!(
                    "Run it yourself with `{}` in the place of `{{name}}`, or take it out: `bwdc config unset secrets.command`.",
                    name.label()
                ));
            }
            Self::Secret(SecretError::Override(_)) => {
                "Correct or unset the variable where the program is started."
            }
            // These say what to do themselves.
            Self::Secret(_) => return None,
            Self::Lock(error) => lock_hint(error),
            Self::Ledger(_) => {
                "Check the file `connector.db` in the profile's folder, its rights and the space on the disk."
            }
            Self::Directory(error) => return error.hint(),
            Self::Organization(error) => return error.hint(),
            Self::Account(error) => return error.hint(),
            Self::Apply(error) => return error.hint(),
        };
        Some(fixed.to_owned())
    }
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

fn refused(records: &[RefusedRecord]) -> String {
    const SHOWN: usize = 5;
    let one = |it: &RefusedRecord| {
        let kind = if it.is_group { "group " } else { "" };
        format!("{kind}`{}` ({}): {}", it.name, it.external_id, it.reason)
    };
    let mut text = records.iter().take(SHOWN).map(one).collect::<Vec<_>>().join("; ");
    if records.len() > SHOWN {
        text.push_str(&format!("; and {} more", records.len() - SHOWN));
    }
    text
}

fn unread(sources: &[(String, String)]) -> String {
    let name =
        |name: &str| if name.is_empty() { "the first source".to_owned() } else { format!("source `{name}`") };
    let one = |(source, reason): &(String, String)| format!("{} could not be read: {reason}", name(source));
    sources.iter().map(one).collect::<Vec<_>>().join("; ")
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
/// An error with its causes, in one line.
pub(crate) fn told(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let part = error.to_string();
        if !text.contains(&part) {
            text.push_str(": ");
            text.push_str(&part);
        }
        cause = error.source();
    }
    text
}
