//! What Okta means by a refusal (Okta, "Error codes"), and by one of its token endpoint (RFC 6749, RFC 9449).

use crate::web::{OktaCause, ServiceCause};

/// What a refusal means.
pub(super) fn of(status: u16, code: &str, _: &str) -> ServiceCause {
    ServiceCause::Okta(match code {
        "E0000004" | "E0000005" | "E0000011" | "invalid_token" => OktaCause::TokenInvalid,
        "E0000006" => OktaCause::NoPermission,
        "E0000007" | "E0000008" => OktaCause::NotFound,
        "E0000015" | "E0000076" => OktaCause::NotAvailable,
        "E0000031" => OktaCause::InvalidSearch,
        "E0000001" if status == 400 => OktaCause::InvalidSearch,
        "E0000047" => OktaCause::RateLimit,
        "invalid_client" | "unauthorized_client" => OktaCause::ClientInvalid,
        "invalid_scope" | "insufficient_scope" | "consent_required" | "access_denied" => {
            OktaCause::ScopeNotGranted
        }
        _ => return ServiceCause::Unknown,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_code_has_its_cause() {
        for (status, code, expected) in [
            (401, "E0000011", OktaCause::TokenInvalid),
            (401, "E0000004", OktaCause::TokenInvalid),
            (403, "E0000006", OktaCause::NoPermission),
            (404, "E0000007", OktaCause::NotFound),
            (401, "E0000015", OktaCause::NotAvailable),
            (400, "E0000031", OktaCause::InvalidSearch),
            (400, "E0000001", OktaCause::InvalidSearch),
            (429, "E0000047", OktaCause::RateLimit),
            (401, "invalid_client", OktaCause::ClientInvalid),
            (400, "invalid_scope", OktaCause::ScopeNotGranted),
            (403, "insufficient_scope", OktaCause::ScopeNotGranted),
        ] {
            assert_eq!(of(status, code, ""), ServiceCause::Okta(expected), "{code}");
        }
        assert_eq!(of(500, "E0000009", ""), ServiceCause::Unknown);
    }
}
