//! Signing in and out: what is asked, and what was done.

use crate::text;
use bwdc_engine::organization::{OwnedOrganization, TwoStepMethod};

/// That the organization's key is stored and works. The official connector's words, which scripts know.
pub fn logged_in() -> String {
    text!("account.logged-in", "You are logged in!")
}

/// That the new secret of the organization's key is stored and works.
pub fn renewed() -> String {
    text!("account.renewed", "The new secret is stored, and the server accepts it.")
}

/// That the key of a person is stored, which reads the organization.
pub fn observed() -> String {
    text!("account.observed", "The organization can be observed.")
}

/// As whom the organization is read.
pub fn observed_as(observer: &str) -> String {
    text!("account.observer", "The organization is read as {observer}.", observer)
}

/// That the organization's key is gone. The official connector's words, which scripts know.
pub fn logged_out() -> String {
    text!("account.logged-out", "You have logged out.")
}

/// That the key of a person is gone.
pub fn observer_deleted() -> String {
    text!("account.observer-deleted", "The personal API key was deleted.")
}

/// Whose key was fetched.
pub fn key_stored(organization: &str) -> String {
    text!("account.key-stored", "The API key of `{organization}` is stored.", organization)
}

/// Something that is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Question<'a> {
    /// The client id, or an address.
    ClientId,
    /// The client secret.
    ClientSecret,
    /// The address of an owner.
    EmailAddress,
    /// The owner's master password.
    MasterPassword,
    /// One of the methods that were listed.
    TwoStepMethod,
    /// The code of a method.
    Code(TwoStepMethod),
    /// The code that was mailed to this address.
    DeviceCode(&'a str),
    /// One of the organizations that were listed.
    Organization,
}

/// A question, without what follows it.
pub fn question(question: Question<'_>) -> String {
    match question {
        Question::ClientId => text!("question.client-id", "Client ID, or your e-mail address"),
        Question::ClientSecret => text!("question.client-secret", "Client Secret"),
        Question::EmailAddress => text!("question.email", "E-mail address"),
        Question::MasterPassword => text!("question.master-password", "Master password"),
        Question::TwoStepMethod => text!("question.method", "Two-step login by"),
        Question::Code(TwoStepMethod::YubiKey) => text!("question.yubikey", "Touch the YubiKey"),
        Question::Code(TwoStepMethod::Email) => text!("question.mailed-code", "Code from the e-mail"),
        Question::Code(TwoStepMethod::Authenticator | TwoStepMethod::Browser(_)) => {
            text!("question.authenticator", "Code from the authenticator app")
        }
        Question::DeviceCode(address) => text!(
            "question.device-code",
            "This machine is new to the account. Code mailed to {address}",
            address
        ),
        Question::Organization => text!("question.organization", "Organization"),
    }
}

/// The name of a two-step method.
pub fn method(method: TwoStepMethod) -> String {
    match method {
        TwoStepMethod::Authenticator => text!("method.authenticator", "authenticator app"),
        TwoStepMethod::Email => text!("method.email", "e-mail"),
        TwoStepMethod::YubiKey => text!("method.yubikey", "YubiKey"),
        TwoStepMethod::Browser(2 | 6) => text!("method.duo", "Duo"),
        TwoStepMethod::Browser(4 | 7) => text!("method.passkey", "passkey"),
        TwoStepMethod::Browser(_) => text!("method.other", "another method"),
    }
}

/// The methods that can be chosen, one line each, with the number that chooses it.
pub fn methods(methods: &[TwoStepMethod]) -> Vec<String> {
    methods.iter().map(|it| format!("  {}  {}", it.number(), method(*it))).collect()
}

/// The organizations that can be chosen, one line each, with the number that chooses it.
pub fn organizations(organizations: &[OwnedOrganization]) -> Vec<String> {
    let numbered = organizations.iter().enumerate();
    numbered.map(|(place, it)| format!("  {}  {}  ({})", place + 1, it.name, it.id)).collect()
}
