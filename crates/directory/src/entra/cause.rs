//! What Microsoft means when it hands out no token: the fault is told by a number in its words (Microsoft identity platform,
//! "Microsoft Entra authentication and authorization error codes").

use crate::web::{EntraCause, ServiceCause};

const TABLE: [(EntraCause, &[&str]); 17] = [
    (EntraCause::NoTenant, &["90002", "900023", "900382", "50059", "90072"]),
    (EntraCause::NoServicePrincipal, &["7000229", "650052"]),
    (EntraCause::NoApplication, &["700016", "90013", "70001"]),
    (EntraCause::ApplicationDisabled, &["7000112"]),
    (EntraCause::NotAssigned, &["50105", "501051"]),
    (EntraCause::SecretExpired, &["7000222"]),
    (EntraCause::SecretWrong, &["7000215", "7000216"]),
    (EntraCause::CredentialRefused, &["50012"]),
    (EntraCause::NoCredential, &["7000218"]),
    (EntraCause::Clock, &["700024"]),
    (EntraCause::AssertionInvalid, &["50013", "50027"]),
    (EntraCause::CertificateUnknown, &["700027", "700030"]),
    (EntraCause::TokenNotTrusted, &["70021", "700211", "700212", "700213", "700214"]),
    (EntraCause::OtherCloud, &["1002012", "500011", "70011"]),
    (
        EntraCause::ConditionalAccess,
        &["53000", "53001", "53002", "53003", "53004", "530003", "530034", "50158"],
    ),
    (EntraCause::NoConsent, &["65001", "65004", "90094"]),
    (EntraCause::Busy, &["90033", "90055", "50196", "90001"]),
];

/// What a refusal means: Graph's own tell a permission, and the rest is the token's.
pub(super) fn of(status: u16, code: &str, message: &str) -> ServiceCause {
    if code == "temporarily_unavailable" {
        return ServiceCause::Entra(EntraCause::Busy);
    }
    if !matches!(status, 400 | 401) || !(message.contains("AADSTS") || is_oauth(code)) {
        return ServiceCause::Unknown;
    }
    let named = |faults: &[&str]| faults.iter().any(|fault| names(message, fault));
    let cause = TABLE.iter().find(|(_, faults)| named(faults)).map(|(cause, _)| *cause);
    ServiceCause::Entra(match cause {
        Some(EntraCause::CertificateUnknown) if message.to_ascii_lowercase().contains("expired") => {
            EntraCause::CertificateExpired
        }
        Some(cause) => cause,
        None => EntraCause::Other,
    })
}

/// Whether the service asks for patience in a refusal of another kind.
pub(super) fn is_busy(status: u16, code: &str) -> bool {
    status == 400 && code == "temporarily_unavailable"
}

/// Whether a code is one of OAuth (RFC 6749, section 5.2), which no answer of Graph has.
fn is_oauth(code: &str) -> bool {
    matches!(
        code,
        "invalid_request"
            | "invalid_client"
            | "invalid_grant"
            | "invalid_scope"
            | "unauthorized_client"
            | "unsupported_grant_type"
            | "access_denied"
            | "interaction_required"
    )
}

/// Whether words name a fault: its number and not the beginning of another.
fn names(words: &str, number: &str) -> bool {
    let fault = format!("AADSTS{number}");
    let after = |(at, _): (usize, &str)| words[at + fault.len()..].chars().next();
    words.match_indices(&fault).any(|it| !after(it).is_some_and(|it| it.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_number_has_its_cause_and_is_not_taken_for_the_beginning_of_another() {
        const EXPIRED: &str = "AADSTS700027: The certificate with identifier used to sign the client assertion is expired \
                               on application.";
        for (message, expected) in [
            ("AADSTS90002: Tenant 'x' not found.", EntraCause::NoTenant),
            ("AADSTS700016: Application with identifier 'x' was not found.", EntraCause::NoApplication),
            ("AADSTS7000112: Application 'x' is disabled.", EntraCause::ApplicationDisabled),
            (
                "AADSTS7000229: The client application x is missing service principal.",
                EntraCause::NoServicePrincipal,
            ),
            ("AADSTS7000222: The provided client secret keys are expired.", EntraCause::SecretExpired),
            ("AADSTS7000215: Invalid client secret provided.", EntraCause::SecretWrong),
            ("AADSTS7000218: The request body must contain: 'client_assertion'.", EntraCause::NoCredential),
            ("AADSTS700024: Client assertion is not within its valid time range.", EntraCause::Clock),
            ("AADSTS700027: Client assertion failed signature validation.", EntraCause::CertificateUnknown),
            (EXPIRED, EntraCause::CertificateExpired),
            ("AADSTS700213: No matching federated identity record found.", EntraCause::TokenNotTrusted),
            ("AADSTS500011: The resource principal was not found.", EntraCause::OtherCloud),
            (
                "AADSTS53003: Access has been blocked by Conditional Access policies.",
                EntraCause::ConditionalAccess,
            ),
            ("AADSTS50105: The signed in user is not assigned to a role.", EntraCause::NotAssigned),
            ("AADSTS501051: Application is not assigned to a role.", EntraCause::NotAssigned),
            ("AADSTS50012: Authentication failed.", EntraCause::CredentialRefused),
            ("AADSTS50013: Assertion failed signature validation.", EntraCause::AssertionInvalid),
            ("AADSTS50027: JWT token is invalid or malformed.", EntraCause::AssertionInvalid),
            ("AADSTS65001: The user or administrator has not consented.", EntraCause::NoConsent),
            ("AADSTS90033: A transient error has occurred.", EntraCause::Busy),
            ("AADSTS700021: something else", EntraCause::Other),
            ("", EntraCause::Other),
        ] {
            assert_eq!(of(400, "invalid_client", message), ServiceCause::Entra(expected), "{message}");
        }
        assert_eq!(of(400, "temporarily_unavailable", ""), ServiceCause::Entra(EntraCause::Busy));
        assert_eq!(of(403, "Authorization_RequestDenied", "Insufficient privileges"), ServiceCause::Unknown);
        assert_eq!(of(400, "Request_BadRequest", "Unsupported query."), ServiceCause::Unknown);
    }
}
