//! What Google means by a refusal: its reasons are few, and its words tell them apart.

use crate::web::{GoogleCause, ServiceCause};

/// Whether a reason says that the quota of the minute is used up.
pub(super) fn is_quota(reason: &str) -> bool {
    matches!(reason, "userRateLimitExceeded" | "rateLimitExceeded" | "quotaExceeded" | "RATE_LIMIT_EXCEEDED")
}

/// What a refusal means.
pub(super) fn of(status: u16, code: &str, message: &str) -> ServiceCause {
    let message = message.to_ascii_lowercase();
    let said = |words: &[&str]| words.iter().any(|it| message.contains(it));
    ServiceCause::Google(match (status, code) {
        (429, _) => GoogleCause::Quota,
        // A day's is not waited for.
        (403, reason) if is_quota(reason) || reason == "dailyLimitExceeded" => GoogleCause::Quota,
        (_, "unauthorized_client" | "access_denied") | (403, "insufficientPermissions") => {
            GoogleCause::NoDelegation
        }
        (_, "admin_policy_enforced" | "org_internal") => GoogleCause::Policy,
        (_, "deleted_client") => GoogleCause::NoServiceAccount,
        (_, "disabled_client") => GoogleCause::ServiceAccountDisabled,
        (_, "invalid_grant" | "invalid_client" | "invalid_request")
            if said(&["invalid email", "email or user id", "user id"]) =>
        {
            GoogleCause::NoAdministrator
        }
        (_, "invalid_grant") if said(&["signature", "no valid verifier"]) => GoogleCause::KeyUnknown,
        (_, "invalid_grant") if said(&["timeframe", "iat and exp", "expired"]) => GoogleCause::Clock,
        (_, "invalid_grant") if said(&["account not found"]) => GoogleCause::NoServiceAccount,
        (_, "invalid_grant") if said(&["disabled", "suspended", "deleted"]) => GoogleCause::NoAdministrator,
        (_, "invalid_client") => GoogleCause::NoServiceAccount,
        (_, "invalid_grant" | "invalid_scope") => GoogleCause::Other,
        (403, "accessNotConfigured" | "SERVICE_DISABLED") => GoogleCause::ApiDisabled,
        (401, "userNotFound") => GoogleCause::NoAdministrator,
        (403, "forbidden") if said(&["domain not found"]) => GoogleCause::NoDomain,
        (403, "forbidden") => GoogleCause::NoPrivilege,
        (404, _) if said(&["domain"]) => GoogleCause::NoDomain,
        (404, _) if said(&["groupkey"]) => GoogleCause::NoGroup,
        (400, "badRequest") => GoogleCause::NoCustomer,
        (400, _) => GoogleCause::InvalidInput,
        _ => return ServiceCause::Unknown,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reason_has_its_cause() {
        for (status, code, message, expected) in [
            (
                401,
                "unauthorized_client",
                "Client is unauthorized to retrieve access tokens",
                GoogleCause::NoDelegation,
            ),
            (400, "access_denied", "Requested client not authorized.", GoogleCause::NoDelegation),
            (400, "invalid_grant", "Invalid email or User ID", GoogleCause::NoAdministrator),
            (400, "invalid_grant", "Not a valid email or user ID.", GoogleCause::NoAdministrator),
            (400, "invalid_grant", "Account has been deleted", GoogleCause::NoAdministrator),
            (400, "invalid_grant", "Account disabled", GoogleCause::NoAdministrator),
            (400, "invalid_grant", "Invalid grant: account not found", GoogleCause::NoServiceAccount),
            (400, "invalid_grant", "Invalid JWT Signature.", GoogleCause::KeyUnknown),
            (400, "invalid_grant", "Token must be in a reasonable timeframe.", GoogleCause::Clock),
            (400, "invalid_grant", "Something new.", GoogleCause::Other),
            (401, "invalid_client", "The OAuth client was not found.", GoogleCause::NoServiceAccount),
            (401, "deleted_client", "", GoogleCause::NoServiceAccount),
            (401, "disabled_client", "", GoogleCause::ServiceAccountDisabled),
            (400, "admin_policy_enforced", "", GoogleCause::Policy),
            (403, "accessNotConfigured", "", GoogleCause::ApiDisabled),
            (403, "forbidden", "Not Authorized to access this resource/api", GoogleCause::NoPrivilege),
            (403, "quotaExceeded", "", GoogleCause::Quota),
            (403, "dailyLimitExceeded", "Daily Limit Exceeded", GoogleCause::Quota),
            (429, "", "", GoogleCause::Quota),
            (404, "notFound", "Domain not found.", GoogleCause::NoDomain),
            (404, "notFound", "Resource Not Found: groupKey", GoogleCause::NoGroup),
            (400, "badRequest", "Bad Request", GoogleCause::NoCustomer),
            (400, "invalid", "Invalid Input: query", GoogleCause::InvalidInput),
        ] {
            assert_eq!(of(status, code, message), ServiceCause::Google(expected), "{code} {message}");
        }
        assert_eq!(of(500, "backendError", ""), ServiceCause::Unknown);
    }
}
