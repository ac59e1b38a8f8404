//! Google Workspace: what to do about a refusal.

use super::page::ErrorPage;
use super::sentence::say;
use crate::text;
use crate::{NextStep, Step};
use bwdc_engine::directory::google::SCOPES;
use bwdc_engine::directory::web::GoogleCause;

pub(super) fn steps(cause: GoogleCause) -> Vec<NextStep> {
    ErrorPage::Google.after(own(cause))
}

fn own(cause: GoogleCause) -> Vec<NextStep> {
    let new_key = || {
        Step::run("config set gsuite.key-file FILE")
            .to(text!("step.google.key-file", "To store a key of the service account"))
    };
    let text = match cause {
        GoogleCause::NoDelegation => text!(
            "step.google.delegation",
            "Authorize the client ID of the service account (`client_id` in its key file) in the Admin console under Security > Access and data control > API controls > Domain-wide delegation, with these scopes: {scopes}",
            scopes = SCOPES.join(",")
        ),
        GoogleCause::NoAdministrator => text!(
            "step.google.administrator",
            "The administrator in `gsuite.adminUser` does not exist, or was deleted, suspended or renamed; the service account is right. Name an active administrator of this Google Workspace account."
        ),
        GoogleCause::KeyUnknown => {
            return vec![
                Step::Say(text!(
                    "step.google.key",
                    "The key is not one of the service account's, or was deleted. Create a new key in the Google Cloud console."
                ))
                .into(),
                new_key(),
            ];
        }
        GoogleCause::Clock => text!(
            "step.google.clock",
            "This machine's clock differs from Google's. Correct it, best with a time server (NTP)."
        ),
        GoogleCause::NoServiceAccount => {
            return vec![
                Step::Say(text!(
                    "step.google.no-account",
                    "There is no such service account, or it was deleted. Check `gsuite.clientEmail`."
                ))
                .into(),
                new_key(),
            ];
        }
        GoogleCause::ServiceAccountDisabled => text!(
            "step.google.account-disabled",
            "The service account is disabled. Enable it in the Google Cloud console."
        ),
        GoogleCause::Policy => text!(
            "step.google.policy",
            "A policy of the organization blocks the service account. Trust its client ID in the Admin console under Security > Access and data control > API controls > App access control."
        ),
        GoogleCause::ApiDisabled => text!(
            "step.google.api",
            "Enable the Admin SDK API in the service account's project: https://console.cloud.google.com/apis/library/admin.googleapis.com"
        ),
        GoogleCause::NoPrivilege => text!(
            "step.google.privilege",
            "The administrator in `gsuite.adminUser` may not read this. Give it a role with the Admin API privileges Users > Read and Groups > Read, in the Admin console under Account > Admin roles."
        ),
        GoogleCause::Quota => text!(
            "step.google.quota",
            "The quota of the service account's project is used up, perhaps by other programs. Try again later, or give this program a project of its own; nothing was changed."
        ),
        GoogleCause::NoDomain => {
            text!(
                "step.google.domain",
                "Google has no such domain. Check `gsuite.domain` and `gsuite.customer`."
            )
        }
        GoogleCause::NoGroup => text!(
            "step.google.group",
            "A group that a filter names does not exist, or was deleted while the directory was read. Try again; if it stays so, check `sync.userFilter`. Nothing was changed."
        ),
        GoogleCause::NoCustomer => {
            text!("step.google.customer", "Check `gsuite.customer` and `gsuite.domain`.")
        }
        GoogleCause::InvalidInput => text!(
            "step.google.input",
            "If `sync.userFilter` or `sync.groupFilter` holds a query after `|`, check it. Otherwise check `gsuite.customer` and `gsuite.domain`."
        ),
        GoogleCause::Other => return Vec::new(),
    };
    say(text)
}
