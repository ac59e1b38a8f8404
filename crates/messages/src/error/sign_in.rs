//! Why nobody could be signed in.

use super::sentence::say;
use super::{organization, server, setup};
use crate::text;
use crate::{NextStep, Step};
use bwdc_engine::SignInError;

pub(super) fn message(error: &SignInError) -> String {
    use SignInError as E;
    match error {
        E::Setup(cause) => setup::message(cause),
        E::AlreadySignedIn { .. } => error.to_string(),
        E::NotAnOrganization { client_id } => text!(
            "error.not-an-organization",
            "`{client_id}` is not the client id of an organization, which looks like `organization.<id>`.",
            client_id
        ),
        E::NotAPerson { client_id } => text!(
            "error.not-a-person",
            "`{client_id}` is not the client id of a personal API key, which looks like `user.<id>`.",
            client_id
        ),
        E::ObserverNotNeeded { server } => text!(
            "error.observer-not-needed",
            "{server} shows the organization to its own key, so no personal key is needed.",
            server
        ),
        E::Organization(cause) => server::of_organization(cause),
        E::Account(cause) => server::of_account(cause),
    }
}

pub(super) fn steps(error: &SignInError) -> Vec<NextStep> {
    use SignInError as E;
    match error {
        E::Setup(cause) => setup::steps(cause),
        E::AlreadySignedIn { .. } => {
            vec![
                Step::run("logout")
                    .to(text!("step.other-organization", "To sign in to another organization")),
            ]
        }
        E::NotAnOrganization { .. } => say(text!(
            "step.organization-key",
            "The API key is in the web vault, in the organization's settings under `View API key`. A personal key does not work here."
        )),
        E::NotAPerson { .. } => say(text!(
            "step.personal-key",
            "The key is in the web vault, in the account's own settings under Security > Keys > `View API key`."
        )),
        E::ObserverNotNeeded { .. } => say(text!(
            "step.observer-not-needed",
            "There is nothing to do: personal keys are for Vaultwarden only."
        )),
        E::Organization(cause) => organization::steps_of_login(cause),
        E::Account(cause) => organization::account_steps(cause),
    }
}
