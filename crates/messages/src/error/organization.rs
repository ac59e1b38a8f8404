//! The Bitwarden or Vaultwarden server: what to do next when it refuses, or does not answer.

use super::certificate::{self, Peer};
use super::http;
use super::page::ErrorPage;
use super::sentence::say;
use crate::text;
use crate::{NextStep, Step};
use bwdc_engine::http::TransportError;
use bwdc_engine::organization::{AccountError, ApplyError, OrganizationError, ServerMessage, UnknownCause};
use bwdc_engine::tls_failure::{TlsFailure, tls_failure};

pub(super) fn steps(error: &OrganizationError) -> Vec<NextStep> {
    use OrganizationError as E;
    match error {
        E::Client(error) => http::steps(error),
        E::Transport(error) => transport(error),
        E::TooSlow { .. } => vec![
            Step::Say(text!(
                "step.organization.too-slow",
                "Look at the server: it answers, and needs much longer than others of its kind. What was done counts, and the next \
                 sync goes on from there."
            ))
            .into(),
            Step::change("time-limits.organization")
                .to(text!("step.organization.more-time", "If it has to be so slow, to give each answer, and by it the whole run, more time")),
        ],
        E::Lease(error) => super::store::lease_steps(error),
        E::Id { .. } => say(text!(
            "step.organization.id",
            "The id comes from the server or the ledger, and no id of a Bitwarden server looks like this. Check that the server URL leads to the right server."
        )),
        E::NoToken { .. } | E::Unreadable { .. } => not_the_server(),
        E::SignIn(message) => ErrorPage::Organization.after(sign_in(message)),
        E::Observer { .. } => vec![
            Step::run("login --observer").to(text!(
                "step.organization.observer",
                "To give a valid personal API key of an owner or administrator"
            )),
            Step::run("logout --observer")
                .to(text!("step.organization.no-observer", "Or, to go on without observing")),
        ],
        E::Refused(message) => refused(message),
        E::UnknownStatus { .. } | E::UnknownRole { .. } => newer_server(),
    }
}

pub(super) fn apply_steps(error: &ApplyError) -> Vec<NextStep> {
    match error {
        ApplyError::NotSent(error) => steps(error),
        ApplyError::Refused { message, .. } => refused(message),
        ApplyError::NoRevoke => say(text!(
            "step.organization.no-revoke",
            "Update the server, or set the actions in `[leavers]` in connector.toml to \"remove\"."
        )),
        ApplyError::JoinedMeanwhile => {
            say(text!("step.organization.joined-meanwhile", "The person changes the address in the account."))
        }
        ApplyError::Altered { .. } => say(text!(
            "step.organization.altered",
            "Look at the member in the web vault: either someone changed it at the same moment, or the server replaced more than it was asked to."
        )),
        ApplyError::Unknown { cause } => unknown(cause),
    }
}

/// What the next run does depends on whether the organization can be read.
fn unknown(cause: &UnknownCause) -> Vec<NextStep> {
    let mut steps = say(text!(
        "step.organization.unknown",
        "It is not known how much of the request took effect, and the server may still be working on it. The next run waits until that has ended, looks, and sends what is missing; where the server does not show the organization, it sends everything again."
    ));
    match cause {
        UnknownCause::Lost(error)
            if matches!(**error, OrganizationError::Transport(TransportError::Timeout { .. })) =>
        {
            steps.push(
                Step::change("time-limits.organization")
                    .to(text!("step.organization.slow", "Where answers take that long, to wait longer")),
            );
        }
        UnknownCause::Lost(_) | UnknownCause::Answer(_) | UnknownCause::Page { .. } => {}
    }
    steps
}

pub(super) fn account_steps(error: &AccountError) -> Vec<NextStep> {
    match error {
        AccountError::Server(error) => steps(error),
        AccountError::Refused(message) => match general(message) {
            Some(steps) => steps,
            None => vec![
                Step::Say(text!(
                    "step.account.refused",
                    "Check address, master password and code. A mailed code also needs `--method 1`."
                ))
                .into(),
                Step::run("login organization.<id>").to(text!(
                    "step.account.single-sign-on",
                    "If the account signs in through a company's single sign-on, use the organization's API key"
                )),
            ],
        },
        AccountError::KeyRefused(_) => say(text!(
            "step.account.key",
            "Only an owner can see the organization's API key, and the plan must include the API. It is shown in the web vault in the organization's settings."
        )),
        AccountError::Derivation { .. } => say(text!(
            "step.account.derivation",
            "Check that the server URL is right. If it is, raise the account's key settings in the web vault, or sign in with the organization's API key."
        )),
        AccountError::UnknownDerivation { .. } => newer_server(),
    }
}

fn newer_server() -> Vec<NextStep> {
    say(text!("step.organization.newer", "The server is newer than this program: install a newer version."))
}

fn not_the_server() -> Vec<NextStep> {
    say(text!(
        "step.organization.not-the-server",
        "Check that the server URL leads to a Bitwarden or Vaultwarden server, and not to something in front of it."
    ))
}

fn transport(error: &TransportError) -> Vec<NextStep> {
    match error {
        TransportError::Address { .. } | TransportError::Redirected { .. } => {
            vec![Step::change("server").to(text!("step.organization.url", "To correct the server URL"))]
        }
        TransportError::Certificate { source, .. } => {
            let failure = tls_failure(source).unwrap_or(TlsFailure::Other);
            certificate::steps(&failure, Peer::Organization)
        }
        TransportError::Unreachable { source, .. } => match tls_failure(source) {
            Some(failure) => certificate::steps(&failure, Peer::Organization),
            None => unreachable_steps(),
        },
        TransportError::NotConnected { .. } => unreachable_steps(),
        TransportError::Timeout { .. } => vec![
            Step::Say(text!(
                "step.organization.timeout",
                "Check the server and whatever stands in front of it, such as a proxy, and run again."
            ))
            .into(),
            Step::change("time-limits.organization")
                .to(text!("step.organization.slow", "Where answers take that long, to wait longer")),
        ],
        TransportError::Cut { .. } => say(text!(
            "step.organization.cut",
            "Check the server and whatever stands in front of it, such as a proxy; then run again."
        )),
        TransportError::TooLarge { .. } => not_the_server(),
        TransportError::TooMany { .. } => {
            let larger = text!("step.organization.larger", "If the organization is that large");
            not_the_server()
                .into_iter()
                .chain([Step::set("organization-list-limit", "<number>").to(larger)])
                .collect()
        }
    }
}

fn unreachable_steps() -> Vec<NextStep> {
    say(text!("step.organization.unreachable", "Check the server URL, the network and the proxy settings."))
}

/// What needs no table: the server limits, is down, is not there, or something in front of it refuses.
fn general(message: &ServerMessage) -> Option<Vec<NextStep>> {
    Some(say(match message.status {
        403 if message.page => firewall(),
        404 => text!(
            "step.organization.no-identity",
            "Check the server URL: there is no identity service at this address."
        ),
        429 => text!(
            "step.organization.sign-in-limit",
            "Wait a few minutes: the server limits how often one may sign in."
        ),
        // A gateway in front of the server answers with these.
        500 | 502..=504 => server_fault(),
        _ if message.page => web_page(),
        500.. => server_fault(),
        _ => return None,
    }))
}

fn server_fault() -> String {
    text!("step.organization.server-fault", "Check the server; then run again.")
}

fn web_page() -> String {
    text!(
        "step.organization.web-page",
        "The answer is a web page and not the server's. Check the server URL, with `http://` or `https://` and the port, and what stands in front of the server. The key may be right."
    )
}

fn firewall() -> String {
    text!(
        "step.organization.firewall",
        "The answer is a web page and not the server's: a firewall or a proxy in front of the server blocks the request. The key may be right. Let this machine through to the addresses of the API and of the identity service."
    )
}

/// By what the secret of a key that is stored is entered again.
const RENEW: &str = "login --renew";

/// The same while somebody signs in: nothing is stored yet.
pub(super) fn steps_of_login(error: &OrganizationError) -> Vec<NextStep> {
    let mut steps = steps(error);
    for next in &mut steps {
        if next.step == Step::Run(RENEW.into()) {
            next.step = Step::Run("login".into());
        }
    }
    steps
}

fn sign_in(message: &ServerMessage) -> Vec<NextStep> {
    if let Some(steps) = general(message) {
        return steps;
    }
    match message.code.as_deref() {
        Some("invalid_client" | "invalid_grant" | "unauthorized_client") | None if message.status < 403 => vec![
            Step::Say(text!(
                "step.organization.client",
                "The server does not accept the client id and secret. After the key was rotated, Bitwarden accepts the new one within 5 minutes. The organization must be enabled, and its plan must include the API. Check client id and secret."
            ))
            .into(),
            Step::run(RENEW).to(text!("step.organization.login", "To enter them again")),
        ],
        Some("invalid_scope") => say(text!(
            "step.organization.scope",
            "The key is not an organization's. Sign in with the organization's API key, which looks like `organization.<id>`."
        )),
        _ => say(text!(
            "step.organization.not-said",
            "The server's log may say more. If a firewall or a proxy stands in front of the server, check that it lets the request through."
        )),
    }
}

/// What to do about a rule that concerns the whole organization, by the server's own words for it.
pub(super) fn of_rule(words: &str) -> Option<String> {
    let begins = |beginning: &str| words.starts_with(beginning);
    if begins("Cannot autoscale") {
        Some(text!(
            "step.organization.autoscale",
            "No seat is free. A server of your own cannot buy seats: raise the number in the organization's license, or free seats."
        ))
    } else if begins("Seat limit has been reached") {
        Some(text!(
            "step.organization.seat-limit",
            "No seat is free. Buy seats or raise the limit of automatic growth in the web vault; where a provider manages the organization, ask the provider."
        ))
    } else if begins("Organization cannot use groups") {
        Some(text!(
            "step.organization.no-groups",
            "The organization's plan has no groups. Set `sync.groups` to false, or choose a plan that has them."
        ))
    } else if begins("You do not have an active subscription") {
        Some(text!("step.organization.no-subscription", "Renew the subscription in the web vault."))
    } else if begins("Organization must have at least one confirmed owner") {
        Some(text!("step.organization.no-owner", "Confirm an owner of the organization in the web vault."))
    } else {
        None
    }
}

fn refused(message: &ServerMessage) -> Vec<NextStep> {
    if let Some(text) = Some(&message.message).filter(|_| message.status == 400).and_then(|it| of_rule(it)) {
        return ErrorPage::Organization.after(say(text));
    }
    let text = match message.status {
        401 => {
            return ErrorPage::Organization.after(vec![
                Step::Say(text!(
                    "step.organization.401",
                    "The server did not accept a token that it had just issued. The stored key was kept."
                ))
                .into(),
                Step::run(RENEW).to(text!("step.organization.again", "To sign in again")),
            ]);
        }
        402 => {
            text!("step.organization.402", "Check the organization's plan and payment in the web vault.")
        }
        403 if message.page => firewall(),
        403 => text!(
            "step.organization.403",
            "Check that the key belongs to this organization, and that no proxy or firewall in front of the server blocks the request."
        ),
        404 => text!(
            "step.organization.404",
            "If the request was about a single member or group, it was removed meanwhile: run again. Otherwise check the server URL, and that the organization still exists."
        ),
        413 => text!(
            "step.organization.413",
            "The request is larger than the server or a proxy in front of it allows. Raise that limit (`client_max_body_size` in nginx), or set `sync.largeImport` to send batches."
        ),
        429 => {
            return say(match message.retry_after {
                Some(wait) => text!(
                    "step.organization.wait",
                    "The server asks to wait {seconds:second/seconds}. Run again after that.",
                    seconds = wait.as_secs()
                ),
                None => text!("step.organization.wait-some", "Wait a few minutes and run again."),
            });
        }
        500 => text!(
            "step.organization.500",
            "Look in the server's log. On a Bitwarden server the cause is often an address or an external id that exists twice in the organization."
        ),
        502..=504 => text!(
            "step.organization.502",
            "The server behind the proxy did not answer. Check that it runs, and the proxy's time limits."
        ),
        _ if message.page => web_page(),
        _ => return Vec::new(),
    };
    ErrorPage::Organization.after(say(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::CommandLine;

    const URL: &str = "https://vault.example.com/api/public/organization/import";

    fn said(steps: &[NextStep]) -> String {
        CommandLine::default().sentences(steps)
    }

    #[test]
    fn a_firewall_at_the_token_endpoint_is_no_wrong_key() {
        let page = ServerMessage::read(URL, 403, b"<!DOCTYPE html><html><body>Blocked</body></html>");
        let said = said(&sign_in(&page));
        assert!(said.contains("a firewall or a proxy") && said.contains("The key may be right."), "{said}");
        assert!(!said.contains("bwdc login"), "{said}");
        // What web servers say that are spoken to without TLS, or at another's address.
        for status in [400, 405, 501] {
            let page =
                ServerMessage::read(URL, status, b"<html><center>plain HTTP request to HTTPS port</center>");
            for steps in [sign_in(&page), refused(&page)] {
                let said = super::tests::said(&steps);
                assert!(
                    said.starts_with("The answer is a web page and not the server's."),
                    "{status}: {said}"
                );
                assert!(!said.contains("bwdc login"), "{status}: {said}");
            }
        }
        let wrong = ServerMessage::read(URL, 400, br#"{"error":"invalid_client"}"#);
        assert!(super::tests::said(&sign_in(&wrong)).contains("`bwdc login --renew`"));
    }

    /// A gateway that gave up says nothing of the server behind it, and what the next run sends depends on whether it can look.
    #[test]
    fn what_follows_a_request_without_a_known_end_is_promised_for_either_kind_of_server() {
        let answer = ServerMessage::read(URL, 504, b"");
        let error = ApplyError::Unknown { cause: UnknownCause::Answer(answer) };
        assert_eq!(
            said(&apply_steps(&error)),
            "It is not known how much of the request took effect, and the server may still be working on it. The next run waits until that has ended, looks, and sends what is missing; where the server does not show the organization, it sends everything again."
        );
    }

    #[test]
    fn each_status_of_a_refusal_has_its_cause_and_a_page() {
        for (status, body, cause) in [
            (400, r#"{"message":"Cannot autoscale on self-hosted instance."}"#, "cannot buy seats"),
            (400, r#"{"message":"Organization cannot use groups."}"#, "`sync.groups` to false"),
            (401, "", "a token that it had just issued"),
            (402, "", "plan and payment"),
            (403, "<html></html>", "a firewall or a proxy"),
            (403, "{}", "the key belongs to this organization"),
            (404, "{}", "a single member or group, it was removed meanwhile: run again"),
            (413, "", "`client_max_body_size`"),
            (500, "{}", "exists twice in the organization"),
            (504, "", "the proxy's time limits"),
        ] {
            let said = said(&refused(&ServerMessage::read(URL, status, body.as_bytes())));
            assert!(said.contains(cause), "{status}: {said}");
            assert!(said.contains("docs/errors/organization.md"), "{status}: {said}");
        }
        let unknown = ServerMessage::read(URL, 418, b"{}");
        assert!(refused(&unknown).is_empty(), "what is in no table blames nothing");
    }
}
