//! Okta: what to do about a refusal.

use super::page::ErrorPage;
use super::sentence::say;
use crate::NextStep;
use crate::text;
use bwdc_engine::directory::web::OktaCause;

pub(super) fn steps(cause: OktaCause, needs: &str) -> Vec<NextStep> {
    ErrorPage::Okta.after(say(match cause {
        OktaCause::TokenInvalid if needs.is_empty() => text!(
            "step.okta.token",
            "The API token is wrong, expired or revoked: Okta revokes a token that was not used for 30 days. Create and enter a new one."
        ),
        OktaCause::TokenInvalid => text!(
            "step.okta.token-needs",
            "The API token is wrong, expired or revoked: Okta revokes a token that was not used for 30 days. Create and enter a new one, with {needs}.",
            needs
        ),
        OktaCause::NoPermission if needs.is_empty() => text!(
            "step.okta.permission",
            "The administrator or the app that the token belongs to may not do this. Give it an admin role that may view users and groups."
        ),
        OktaCause::NoPermission => {
            text!("step.okta.permission-needs", "The credentials lack a permission: they need {needs}.", needs)
        }
        OktaCause::InvalidSearch => text!(
            "step.okta.search",
            "If `sync.userFilter` or `sync.groupFilter` holds a query after `|`, correct the filter."
        ),
        OktaCause::NotFound => text!(
            "step.okta.not-found",
            "A user or group was removed while the directory was read: try again. If it stays so, check the address in `okta.orgUrl`."
        ),
        OktaCause::RateLimit => text!(
            "step.okta.rate",
            "The organization's rate limit is used up, perhaps by other programs. Try again later. Nothing was changed."
        ),
        OktaCause::ClientInvalid => text!(
            "step.okta.client",
            "Okta does not accept the app: check its client id, that it is active, and that its public key is the one of the private key that is stored."
        ),
        OktaCause::ScopeNotGranted if needs.is_empty() => text!(
            "step.okta.scope",
            "Grant the app the scopes `okta.users.read` and `okta.groups.read` in the Okta admin console, under the app's Okta API Scopes."
        ),
        OktaCause::ScopeNotGranted => text!("step.okta.scope-needs", "Grant the app what it needs: {needs}.", needs),
        OktaCause::NotAvailable => text!(
            "step.okta.not-available",
            "This Okta organization does not have the feature, or its subscription has ended. Ask Okta's support."
        ),
    }))
}
