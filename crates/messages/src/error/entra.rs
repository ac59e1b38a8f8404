//! Microsoft Entra ID: what to do when it hands out no token.

use super::page::ErrorPage;
use super::sentence::say;
use crate::text;
use crate::{NextStep, Step};
use bwdc_engine::directory::web::EntraCause;

pub(super) fn steps(cause: EntraCause) -> Vec<NextStep> {
    ErrorPage::Entra.after(own(cause))
}

fn own(cause: EntraCause) -> Vec<NextStep> {
    let text = match cause {
        EntraCause::NoTenant => text!(
            "step.entra.no-tenant",
            "This cloud has no such tenant. Check `entra.tenant`, and `entra.identityAuthority` if the tenant is in a national cloud."
        ),
        EntraCause::NoApplication => text!(
            "step.entra.no-application",
            "The tenant has no such application. Check `entra.applicationId` and `entra.tenant`."
        ),
        EntraCause::ApplicationDisabled => text!(
            "step.entra.disabled",
            "The application is disabled in the tenant. Enable it: Entra admin center, Enterprise applications, Properties, \"Enabled for users to sign-in\"."
        ),
        EntraCause::NotAssigned => text!(
            "step.entra.not-assigned",
            "The application is enabled, but the one that the message names wants an assignment, and there is none. Assign it a role there, or have \"Assignment required?\" off: Entra admin center, Enterprise applications."
        ),
        EntraCause::NoServicePrincipal => text!(
            "step.entra.no-principal",
            "The application is registered, but has no service principal in this tenant. Have an administrator consent to it, or create one: `az ad sp create --id <application id>`."
        ),
        EntraCause::SecretExpired => {
            return vec![
                Step::Say(text!(
                    "step.entra.secret-expired",
                    "The client secret has expired. Create a new one for the application."
                ))
                .into(),
                Step::enter("entra.key").to(text!("step.entra.then-secret", "Then, to store its value")),
            ];
        }
        EntraCause::SecretWrong => {
            return vec![
                Step::Say(text!(
                    "step.entra.secret-wrong",
                    "The client secret is wrong: `entra.key` has to be the value of a client secret of this application, not the secret's id."
                ))
                .into(),
                Step::enter("entra.key").to(text!("step.entra.again", "To enter it again")),
            ];
        }
        EntraCause::CredentialRefused => text!(
            "step.entra.credential",
            "Microsoft does not accept the credential: the client secret is wrong, or the certificate or what it signed is not valid for this application. With a secret, enter its value as `entra.key`; with a certificate, compare it with those of the application."
        ),
        EntraCause::AssertionInvalid => text!(
            "step.entra.assertion",
            "Microsoft does not accept the signed token of the application; its message says why. It may be malformed, expired or meant for something else: check this machine's clock, and the certificate or the token that `entra.sign-in` uses."
        ),
        EntraCause::NoCredential => text!(
            "step.entra.no-credential",
            "The application needs a client secret or a certificate, and none was given. Check `entra.sign-in`."
        ),
        EntraCause::Clock => text!(
            "step.entra.clock",
            "This machine's clock differs from Microsoft's. Correct it, best with a time server (NTP)."
        ),
        EntraCause::CertificateUnknown => text!(
            "step.entra.certificate",
            "The application does not know this certificate. Upload its public half to the application, or name another one in `entra.certificate`."
        ),
        EntraCause::CertificateExpired => text!(
            "step.entra.certificate-expired",
            "The certificate has expired. Upload a new one to the application, and name it in `entra.certificate`."
        ),
        EntraCause::TokenNotTrusted => text!(
            "step.entra.token",
            "The application does not trust this token. Compare issuer, subject and audience of its federated credential with those of the token."
        ),
        EntraCause::OtherCloud => text!(
            "step.entra.cloud",
            "Check `entra.graph-url` and `entra.identityAuthority`: both have to belong to the same cloud."
        ),
        EntraCause::ConditionalAccess => text!(
            "step.entra.conditional-access",
            "A Conditional Access policy blocks the application (workload identities): the credentials are right. Exclude the application from the policy, or run this program from a location that the policy allows. The sign-in logs of service principals name the policy."
        ),
        EntraCause::NoConsent => text!(
            "step.entra.consent",
            "Nobody has consented to the application's permissions. Have an administrator grant consent: App registrations, API permissions, \"Grant admin consent\"."
        ),
        EntraCause::Busy => text!(
            "step.entra.busy",
            "Microsoft's sign-in service is busy, and trying again did not help. Run again later. Nothing was changed."
        ),
        EntraCause::Other => text!(
            "step.entra.other",
            "Microsoft explains the number in its message at https://login.microsoftonline.com/error."
        ),
    };
    say(text)
}
