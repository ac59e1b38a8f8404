//! What the organization's server said, or what came in place of an answer, in sentences. A server's own words are given as they
//! came.

use super::http;
use super::sentence::sentence;
use super::store::of_lease;
use crate::notice::belonging;
use crate::text;
use bwdc_engine::http::describe_status;
use bwdc_engine::organization::{
    AccountError, ApplyError, OrganizationError, ServerMessage, UnknownCause, Wordless,
};
use std::time::Duration;

pub(super) fn of_organization(error: &OrganizationError) -> String {
    use OrganizationError as E;
    sentence(&match error {
        E::Client(error) => http::message(error),
        E::Transport(error) => http::of_transport(error),
        E::TooSlow { url, requests, taken, allowed } => text!(
            "error.organization.too-slow",
            "{requests:request/requests} to the organization's server took {taken} min, more than the {allowed} min that so many may take; the next one was to be {url}",
            requests,
            taken = minutes(*taken),
            allowed = minutes(*allowed),
            url
        ),
        E::Lease(error) => of_lease(error),
        E::Id { id } => text!("error.organization.id", "`{id}` is not an id that a request can name", id),
        E::SignIn(message) | E::Refused(message) => return of_message(message),
        E::NoToken { url, found } => {
            text!(
                "error.organization.no-token",
                "{url} answered without an access token: {found}",
                url,
                found
            )
        }
        E::Observer { client_id, message } => text!(
            "error.organization.observer",
            "The organization cannot be observed as `{client_id}`: {message}",
            client_id,
            message = of_message(message)
        ),
        E::Unreadable { url, reason } => text!(
            "error.organization.unreadable",
            "The answer of {url} cannot be read: {reason}",
            url,
            reason
        ),
        E::UnknownStatus { member, status } => text!(
            "error.organization.unknown-status",
            "Member {member} has the status {status}, which is not known",
            member = member.to_string(),
            status = status.to_string()
        ),
        E::UnknownRole { member, role } => text!(
            "error.organization.unknown-role",
            "Member {member} has the role {role}, which is not known",
            member = member.to_string(),
            role = role.to_string()
        ),
    })
}

fn minutes(time: Duration) -> u64 {
    time.as_secs().div_ceil(60)
}

pub(super) fn of_apply(error: &ApplyError) -> String {
    match error {
        ApplyError::NotSent(error) => of_organization(error),
        ApplyError::Refused { message, .. } => of_message(message),
        ApplyError::NoRevoke => text!(
            "error.organization.no-revoke",
            "This server cannot revoke access, which Bitwarden servers do since version 2026.2.0."
        ),
        ApplyError::JoinedMeanwhile => text!(
            "error.organization.joined-meanwhile",
            "A person has joined with this invitation meanwhile; it stays as it is."
        ),
        ApplyError::Altered { member, what } => text!(
            "error.organization.altered",
            "Member {member} has the directory's external id now, and was changed otherwise meanwhile: {what} is not as it was.",
            member = member.to_string(),
            what = belonging(*what)
        ),
        ApplyError::Unknown { cause: UnknownCause::Answer(message) } => of_message(message),
        ApplyError::Unknown { cause: UnknownCause::Lost(error) } => of_organization(error),
        ApplyError::Unknown { cause: UnknownCause::Page { url, status } } => {
            sentence(&page(url, *status, None))
        }
    }
}

pub(super) fn of_account(error: &AccountError) -> String {
    match error {
        AccountError::Server(error) => of_organization(error),
        AccountError::Refused(message) | AccountError::KeyRefused(message) => of_message(message),
        AccountError::Derivation { what, asked, least, most } => text!(
            "error.account.derivation",
            "The server asks for {asked} {what}, and between {least} and {most} are acceptable: nothing was sent.",
            asked,
            what = (*what).to_owned(),
            least,
            most
        ),
        AccountError::UnknownDerivation { kdf } => text!(
            "error.account.unknown-derivation",
            "The server derives keys in a way that is not known (number {kdf}): nothing was sent.",
            kdf
        ),
    }
}

/// The server's own words with what it says of single fields, or what came in their place.
pub(super) fn of_message(message: &ServerMessage) -> String {
    let ServerMessage { url, status, .. } = message;
    let answered = describe_status(*status);
    let said = match &message.wordless {
        None => return message.to_string(),
        Some(Wordless::Code { code }) => text!(
            "error.organization.code",
            "{url} refused with `{code}` (status {status})",
            url,
            code,
            status = status.to_string()
        ),
        Some(Wordless::Nothing) => text!(
            "error.organization.wordless",
            "{url} answered {answered} without an explanation",
            url,
            answered
        ),
        Some(Wordless::Page { title }) => page(url, *status, title.as_deref()),
        Some(Wordless::Unreadable) => text!(
            "error.organization.gibberish",
            "{url} answered {answered} with something that cannot be read",
            url,
            answered
        ),
    };
    sentence(&said)
}

fn page(url: &str, status: u16, title: Option<&str>) -> String {
    let answered = describe_status(status);
    match title {
        Some(title) => text!(
            "error.organization.page-with-title",
            "{url} answered {answered} with a web page (“{title}”) in place of the server's answer",
            url,
            answered,
            title
        ),
        None => text!(
            "error.organization.page",
            "{url} answered {answered} with a web page in place of the server's answer",
            url,
            answered
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is said to people has the same facts as what stands in the log, in the language of the reader.
    #[test]
    fn what_a_server_answers_without_words_is_worded_here() {
        let url = "https://vault.example.test/api";
        for (body, status) in [
            (&br#"{"error":"invalid_client"}"#[..], 400),
            (b"", 502),
            (b"<html><title>502 Bad Gateway</title></html>", 502),
            (b"<html>", 403),
            (b"{}", 500),
            (br#"{"message":"Organization cannot use directory syncing."}"#, 400),
        ] {
            let message = ServerMessage::read(url, status, body);
            assert_eq!(of_message(&message), sentence(&message.to_string()));
        }
        let details =
            ServerMessage::read(url, 400, br#"{"message":"Wrong","errors":{"Email":["too long"]}}"#);
        assert_eq!(of_message(&details), "Wrong\nEmail: too long", "a server's own words stay");
    }
}
