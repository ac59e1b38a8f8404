//! What is wrong with the installation: sign-in, directory, settings, secrets.

use super::sentence::{say, sentence};
use super::{ldap, profile, secrets, settings, store};
use crate::text;
use crate::{NextStep, Step};
use bwdc_core::names::SourceName;
use bwdc_engine::SetupError;
use bwdc_engine::secrets::SecretName;
use bwdc_engine::service::name_of;

pub(super) fn message(error: &SetupError) -> String {
    use SetupError as E;
    match error {
        E::NotSignedIn
        | E::NoDirectory
        | E::DirectoryIncomplete(_)
        | E::CredentialsMissing { .. }
        | E::OrganizationMissing => error.to_string(),
        E::Moved { to } => text!(
            "error.moved",
            "This profile was moved to `{to}` and is synced from there. Nothing was sent.",
            to = to.display().to_string()
        ),
        E::KeyOfAnother { client_id, organization_id } => text!(
            "error.key-of-another",
            "The stored API key is `{client_id}`, but the settings are for the organization {organization_id}. Nothing was sent.",
            client_id,
            organization_id
        ),
        E::OfSource { name, source } => of_source(name, &message(source)),
        E::NoSuchSource { name } => {
            text!("error.no-such-source", "There is no source `{name}` in `sources`.", name)
        }
        E::RepeatsRoot { setting, .. } => {
            text!("error.repeats-root", "`{setting}` is relative to `ldap.rootPath` and repeats it.", setting)
        }
        E::NotOfSource { setting } => {
            text!("error.not-of-source", "`{setting}` belongs to the organization, not to a source.", setting)
        }
        E::SourceName { name } => {
            text!("error.source-name", "`{name}` cannot be the name of a source, or is listed twice.", name)
        }
        E::SettingsOfAnother { path, user } => text!(
            "error.settings-of-another",
            "`{path}` belongs to the account `{account}`, which could choose the server to which secrets go. Nothing was sent.",
            path = path.display().to_string(),
            account = name_of(*user)
        ),
        E::ClearText { address } => text!(
            "error.clear-text",
            "`{address}` is not encrypted, so everybody on the network could read the organization's key. Nothing was sent.",
            address
        ),
        E::EnteredForAnother { secret, bound, address, .. } => match secret {
            SecretName::ObserverClientSecret => text!(
                "error.entered-for-another.observer",
                "The observer's key was entered for {bound}, and the settings name {address} now. Nothing was sent.",
                bound,
                address
            ),
            _ => text!(
                "error.entered-for-another",
                "The organization's key was entered for {bound}, and the settings name {address} now. Nothing was sent.",
                bound,
                address
            ),
        },
        E::Ledger(cause) => store::of_ledger(cause),
        E::Settings(cause) => settings::message(cause),
        E::LdapFilter(cause) => sentence(&cause.to_string()),
        E::Path(cause) => profile::of_path(cause),
        E::Override(cause) => settings::of_variable(cause),
        E::Store(cause) => store::message(cause),
        E::Secret(cause) => secrets::message(cause),
    }
}

/// What is wrong with a further source.
pub(crate) fn of_source(name: &SourceName, message: &str) -> String {
    text!("error.source", "Source `{name}`: {message}", name = name.as_str(), message)
}

pub(super) fn steps(error: &SetupError) -> Vec<NextStep> {
    use SetupError as E;
    match error {
        E::NotSignedIn | E::OrganizationMissing => vec![Step::run("login").into()],
        E::Moved { .. } => vec![
            Step::run("service start").to(text!("step.moved", "If the service of this machine has it and does not run")),
        ],
        E::KeyOfAnother { .. } => vec![
            Step::Say(text!(
                "step.shared-keychain",
                "Two folders of settings may share a keychain. Keep them apart with `--profile`, or sign in here again and keep the secrets in a file:"
            ))
            .into(),
            Step::run("logout").into(),
            Step::run("login").into(),
            Step::run("secrets migrate --to encrypted-file").into(),
        ],
        E::NoDirectory => vec![
            Step::run("config directory <number>").into(),
            Step::Say(text!(
                "step.directory-numbers",
                "0 is Active Directory or LDAP, 1 Entra ID, 2 Google Workspace, 3 Okta, 4 OneLogin."
            ))
            .into(),
        ],
        E::DirectoryIncomplete(cause) => {
            let mut steps = say(settings::message(cause));
            steps.extend(settings::steps(cause));
            steps
        }
        E::Settings(cause) => settings::steps(cause),
        E::LdapFilter(cause) => ldap::steps(cause),
        E::CredentialsMissing { name, password } => {
            let name = name.then(|| Step::change("ldap.username").into());
            let password = password.then(|| Step::enter("ldap.password").into());
            name.into_iter().chain(password).collect()
        }
        E::OfSource { name, source } => {
            steps(source).into_iter().map(|it| it.of_source(name.as_str())).collect()
        }
        E::NoSuchSource { name } => vec![
            Step::set("sources", name.as_str()).to(text!("step.name-source", "To add it")),
            Step::Say(text!("step.several-sources", "Several sources are separated by commas.")).into(),
        ],
        E::RepeatsRoot { setting, relative } => vec![Step::set(*setting, relative.as_str()).into()],
        E::NotOfSource { .. } => {
            say(text!("step.without-source", "Set it without `--source`: it applies to all sources."))
        }
        E::SourceName { .. } => say(text!(
            "step.source-name",
            "A name in `sources` has at most 32 lower-case letters, digits and hyphens, and stands there once."
        )),
        E::SettingsOfAnother { .. } => say(text!(
            "step.settings-of-another",
            "Check what the file says, the addresses of the server first. If it is right, give it to the owner of the folder with \
             `chown`; if not, move it away."
        )),
        E::ClearText { .. } => vec![
            Step::set("server", "https://<host>").to(text!("step.https", "To use an encrypted address")),
            Step::set("allow-http", "true").to(text!(
                "step.allow-http",
                "If nobody else can listen on that network, to permit http"
            )),
        ],
        E::EnteredForAnother { secret, by_variable, .. } => {
            let right = || text!("step.address-right", "If this address is right, to enter the key for it");
            let mut steps = match secret {
                SecretName::ObserverClientSecret => vec![Step::run("login --observer").to(right())],
                _ => vec![Step::run("logout").to(right()), Step::run("login").to(right())],
            };
            if *by_variable {
                steps.extend(say(text!(
                    "step.address-variable",
                    "If it is wrong, unset the variable that gives it, such as `BWDC_SERVER`."
                )));
            } else {
                steps.push(
                    Step::set("server", "<address>")
                        .to(text!("step.address-back", "If it is wrong, to set it back")),
                );
            }
            steps
        }
        E::Ledger(cause) => store::ledger_steps(cause),
        E::Path(cause) => profile::path_steps(cause),
        E::Override(cause) => settings::variable_steps(cause),
        E::Store(cause) => store::steps(cause),
        E::Secret(cause) => secrets::steps(cause),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A name that is right is not asked for again, nor is a password.
    #[test]
    fn what_is_missing_of_the_credentials_is_asked_for_and_nothing_else() {
        let (name, password) =
            ("Run `bwdc config set ldap.username <value>`.", "Run `bwdc config set ldap.password`.");
        for (missing, advice) in [
            ((true, false), name.to_owned()),
            ((false, true), password.to_owned()),
            ((true, true), format!("{name} {password}")),
        ] {
            let error = SetupError::CredentialsMissing { name: missing.0, password: missing.1 };
            assert_eq!(message(&error), "Username/password are not configured.");
            assert_eq!(crate::CommandLine::default().sentences(&steps(&error)), advice);
        }
    }
}
