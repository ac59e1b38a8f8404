//! What an administrator has to do when a sign-in is refused. Microsoft tells the fault by a number in its words (Microsoft
//! identity platform, "Microsoft Entra authentication and authorization error codes").

use crate::directory::web::WebReadError;

/// What is to be done, by the number of the fault.
const CURES: [(&[&str], &str); 8] = [
    (
        &["AADSTS90002", "AADSTS900023", "AADSTS900382", "AADSTS50059"],
        "Check `entra.tenant`, and `entra.identityAuthority` if the tenant is in a national cloud.",
    ),
    (
        &["AADSTS700016", "AADSTS7000229", "AADSTS90013", "AADSTS7000112"],
        "Check `entra.applicationId` and `entra.tenant`: the application has to be registered in that tenant, and enabled.",
    ),
    (
        &["AADSTS7000222"],
        "The credentials have expired: create a new client secret for the application, and store its value as `entra.key`.",
    ),
    (
        &["AADSTS7000215"],
        "The credentials are wrong: `entra.key` has to be the value of a client secret of this application, not the secret's id.",
    ),
    (&["AADSTS700024"], "Set this machine's clock."),
    (
        &["AADSTS700027", "AADSTS700030"],
        "Upload the public half of the certificate to the application, or name another certificate in `entra.certificate`.",
    ),
    (
        &["AADSTS70021", "AADSTS700211", "AADSTS700212", "AADSTS700213", "AADSTS50027"],
        "The application does not trust this token: compare issuer, subject and audience of its federated credential with those \
         of the token.",
    ),
    (
        &["AADSTS1002012", "AADSTS500011", "AADSTS70011"],
        "Check `entra.graph-url` and `entra.identityAuthority`: both have to belong to the same cloud.",
    ),
];

/// The refusal of a token with its cure.
pub(super) fn advised(error: WebReadError) -> WebReadError {
    let WebReadError::Refused { status: 400 | 401, message, .. } = &error else { return error };
    let cure = CURES.into_iter().find(|(faults, _)| faults.iter().any(|fault| names(message, fault)));
    let cure = cure.map_or(
        "The credentials are not accepted: check `entra.tenant`, `entra.applicationId`, `entra.sign-in` and `entra.key`.",
        |(_, cure)| cure,
    );
    error.advised(cure.to_owned())
}

/// Whether words name a fault: its number and not the beginning of another.
fn names(words: &str, fault: &str) -> bool {
    let after = |(at, _): (usize, &str)| words[at + fault.len()..].chars().next();
    words.match_indices(fault).any(|it| !after(it).is_some_and(|it| it.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_not_taken_for_the_beginning_of_another() {
        for (message, named) in [
            ("AADSTS90002: Tenant 'x' not found.", "entra.tenant"),
            ("AADSTS700016: Application with identifier 'x' was not found.", "entra.applicationId"),
            ("AADSTS7000222: The provided client secret keys are expired.", "expired"),
            ("AADSTS700024: Client assertion is not within its valid time range.", "clock"),
            ("AADSTS700021: something else", "not accepted"),
            ("", "not accepted"),
        ] {
            let error = WebReadError::Refused {
                service: "Microsoft Entra ID",
                url: String::new(),
                page: 0,
                status: 400,
                code: "invalid_request".to_owned(),
                message: message.to_owned(),
                needs: "",
            };
            let hint = advised(error).hint().expect("a next step");
            assert!(hint.contains(named), "{message}: {hint}");
        }
    }
}
