//! Directories over HTTP: what to do next when a read fails.

use super::certificate::{self, Peer};
use super::sentence::{say, sentence};
use super::{entra, google, http, okta};
use crate::NextStep;
use crate::text;
use bwdc_engine::directory::web::{ServiceCause, WebReadError};
use bwdc_engine::http::TransportError;
use bwdc_engine::tls_failure::{TlsFailure, tls_failure};

/// What failed; the innermost cause stands in it once.
pub(super) fn message(error: &WebReadError) -> String {
    use WebReadError as E;
    let service = |it: &str| it.to_owned();
    sentence(&match error {
        E::Address { service: of, url } => text!(
            "error.web.address",
            "`{url}` is not an address at which {service} could be",
            url,
            service = service(of)
        ),
        E::ClearText { service: of, url } => text!(
            "error.web.clear-text",
            "`{url}` is not encrypted: {service} is asked with a secret",
            url,
            service = service(of)
        ),
        E::Client { service: of, source } => text!(
            "error.web.client",
            "Cannot connect to {service}: {reason}",
            service = service(of),
            reason = within(&http::message(source))
        ),
        E::Filter { setting, source } => text!(
            "error.web.filter",
            "The filter `{setting}` cannot be used: {reason}",
            setting = (*setting).to_owned(),
            reason = source.to_string()
        ),
        E::Credentials { service: of, reason } => text!(
            "error.web.credentials",
            "The stored credentials for {service} cannot be used: {reason}",
            service = service(of),
            reason
        ),
        E::Transport { service: of, page, error } => text!(
            "error.web.transport",
            "{service} cannot be read{page}: {reason}",
            service = service(of),
            page = of_page(*page),
            reason = within(&http::of_transport(error))
        ),
        E::TotalTime { service: of, url, page, limit } => text!(
            "error.web.total-time",
            "Reading {service} takes longer than {seconds} s: stopped at {url}{page}",
            service = service(of),
            seconds = limit.as_secs(),
            url,
            page = of_page(*page)
        ),
        E::Refused { service: of, url, page, status, cause: ServiceCause::WebPage, .. } => text!(
            "error.web.page-instead",
            "{url}{page} answered {status} with a web page in place of {service}'s answer",
            url,
            page = of_page(*page),
            status = status.to_string(),
            service = service(of)
        ),
        E::Refused { service: of, url, page, status, code, message, .. } => text!(
            "error.web.refused",
            "{service} answered {status} to {url}{page}{said}",
            service = service(of),
            status = status.to_string(),
            url,
            page = of_page(*page),
            said = said(code, message)
        ),
        E::Malformed { service: of, url, page, reason } => text!(
            "error.web.malformed",
            "The answer of {service} to {url}{page} cannot be understood: {reason}",
            service = service(of),
            url,
            page = of_page(*page),
            reason
        ),
        E::Circle { service: of, url, page } => text!(
            "error.web.circle",
            "{service} goes round in circles: {url}{page} leads to a page that was read before",
            service = service(of),
            url,
            page = of_page(*page)
        ),
        E::Strayed { url, page, elsewhere, .. } => text!(
            "error.web.strayed",
            "The page after {url}{page} is on another server, `{elsewhere}`",
            url,
            page = of_page(*page),
            elsewhere
        ),
        E::NotShown { service: of, what, right } => text!(
            "error.web.not-shown",
            "{service} does not show {what}: that takes {right}",
            service = service(of),
            what,
            right = (*right).to_owned()
        ),
        E::ForeignGroup { service: of, group } => text!(
            "error.web.foreign-group",
            "{service} does not show who is in `{group}`, a group of another account within a group that the filter leaves out",
            service = service(of),
            group
        ),
        E::Count { service: of, url, what, announced, read } => text!(
            "error.web.count",
            "{service} announced {announced} {what} and returned {read}: {url}",
            service = service(of),
            announced = *announced,
            what = (*what).to_owned(),
            read = *read,
            url
        ),
    })
}

/// A sentence within another one: names and addresses stay as they are.
fn within(sentence: &str) -> String {
    let mut letters = sentence.chars();
    match (letters.next(), letters.next()) {
        (Some(first), Some(' ' | 'a'..='z')) if first.is_ascii_uppercase() => {
            format!("{}{}", first.to_ascii_lowercase(), &sentence[1..])
        }
        _ => sentence.to_owned(),
    }
}

fn of_page(page: u32) -> String {
    match page {
        0 => String::new(),
        page => text!("error.web.page", ", page {page}", page = page.to_string()),
    }
}

/// The service's own words, with its code.
fn said(code: &str, message: &str) -> String {
    match (code, message) {
        ("", "") => String::new(),
        ("", text) | (text, "") => format!(": {text}"),
        (code, message) => format!(": {message} ({code})"),
    }
}

pub(super) fn steps(error: &WebReadError) -> Vec<NextStep> {
    use WebReadError as E;
    match error {
        E::Address { .. } => {
            say(text!("step.web.address", "Correct the address in the directory's settings."))
        }
        E::ClearText { .. } => say(text!("step.web.clear-text", "Begin the address with `https://`.")),
        E::Client { source, .. } => http::steps(source),
        E::Filter { .. } => say(text!(
            "step.web.filter",
            "Write `include:a,b` or `exclude:a,b`, and a query of the directory's own after `|`."
        )),
        E::Credentials { .. } => say(text!("step.web.credentials", "Enter the credentials again.")),
        E::Transport { error, .. } => transport(error),
        E::TotalTime { .. } => say(text!(
            "step.web.total-time",
            "Ask the service for a higher rate limit, narrow the filters, or raise `time-limits.total`. Nothing was changed."
        )),
        E::Refused { status, needs, cause, .. } => match cause {
            ServiceCause::Entra(cause) => entra::steps(*cause),
            ServiceCause::Google(cause) => google::steps(*cause),
            ServiceCause::Okta(cause) => okta::steps(*cause, needs),
            ServiceCause::Unknown if error.is_forgotten_page() => say(text!(
                "step.web.forgotten-page",
                "The service did not know its own mark of the next page any more: marks end after a while. Try again. Nothing was changed. If it stays so, report it."
            )),
            // A gateway's, or a limit's: the status says what to do.
            ServiceCause::WebPage if matches!(status, 429 | 500..) => refused(*status, needs),
            ServiceCause::WebPage => web_page(),
            ServiceCause::Unknown => refused(*status, needs),
        },
        E::NotShown { right, .. } => {
            say(text!("step.web.not-shown", "Grant the application {right}.", right))
        }
        E::ForeignGroup { group, .. } => say(text!(
            "step.web.foreign-group",
            "Take `{group}` out of the group that `excludeGroup:` names, and leave its people out by `exclude:`. Nothing was changed.",
            group
        )),
        E::Malformed { reason, .. } if reason == "it is a web page" => web_page(),
        E::Malformed { .. } | E::Circle { .. } | E::Strayed { .. } | E::Count { .. } => try_again(),
    }
}

fn web_page() -> Vec<NextStep> {
    say(text!(
        "step.web.page",
        "The answer is a web page and not the service's: a proxy or a firewall between this machine and the service answered, or the address in the directory's settings is another server's. The credentials may be right. Let this machine through to the service's addresses. Nothing was changed."
    ))
}

fn try_again() -> Vec<NextStep> {
    say(text!("step.web.try-again", "Try again. Nothing was changed. If it stays so, report it."))
}

/// By its status alone: what it can be is named, and nothing more.
fn refused(status: u16, needs: &str) -> Vec<NextStep> {
    say(match (status, needs) {
        (401, "") => text!(
            "step.web.401",
            "The service does not accept the credentials. If they are wrong, expired or revoked, enter new ones."
        ),
        (401, needs) => text!(
            "step.web.401-needs",
            "The service does not accept the credentials. If they are wrong, expired or revoked, enter new ones; they need {needs}.",
            needs
        ),
        (403, "") => text!(
            "step.web.403",
            "The credentials lack a permission, or a firewall or proxy blocks the request. The directory's page in the documentation lists the permissions."
        ),
        (403, needs) => {
            text!("step.web.403-needs", "The credentials lack a permission: they need {needs}.", needs)
        }
        (404, _) => text!(
            "step.web.404",
            "If this address belongs to a single user or group, either a filter (`sync.userFilter`, `sync.groupFilter`) names one that does not exist, or it was removed while the directory was read: try again. Otherwise check the address in the directory's settings."
        ),
        (429, _) => text!(
            "step.web.429",
            "The service's rate limit is used up, by this program or by others. Try again later. Nothing was changed."
        ),
        (500.., _) => text!("step.web.500", "The service has a fault. Try again later. Nothing was changed."),
        (400, _) => text!(
            "step.web.400",
            "If a filter holds a query of the directory's own after `|`, check it. Nothing was changed."
        ),
        _ => return try_again(),
    })
}

fn transport(error: &TransportError) -> Vec<NextStep> {
    match error {
        TransportError::Certificate { source, .. } => {
            let failure = tls_failure(source).unwrap_or(TlsFailure::Other);
            certificate::steps(&failure, Peer::Directory)
        }
        TransportError::Unreachable { source, .. } | TransportError::Cut { source, .. } => {
            match tls_failure(source) {
                Some(failure) => certificate::steps(&failure, Peer::Directory),
                None => say(text!(
                    "step.web.unreachable",
                    "Check the network, the proxy and the service's status page, and try again. Nothing was changed."
                )),
            }
        }
        TransportError::NotConnected { .. } => say(text!(
            "step.web.not-connected",
            "Check the network and the proxy, and try again. Where connections take that long, raise `time-limits.connect`. Nothing was changed."
        )),
        TransportError::Timeout { .. } => say(text!(
            "step.web.timeout",
            "Check the network, the proxy and the service's status page, and try again. Where answers take that long, raise `time-limits.page`. Nothing was changed."
        )),
        TransportError::Redirected { .. } => {
            say(text!("step.web.redirected", "Set the address that the service itself uses."))
        }
        TransportError::Address { .. } | TransportError::TooLarge { .. } | TransportError::TooMany { .. } => {
            try_again()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bwdc_engine::http::HttpError;
    use std::time::Duration;

    /// What people read has the facts that stand in the log, in the language of the reader.
    #[test]
    fn what_failed_is_worded_here_with_each_cause_once() {
        let (service, url) = ("Okta", "https://okta.test/api/v1/users".to_owned());
        let no_connection = TransportError::NotConnected { url: url.clone(), limit: Duration::from_secs(10) };
        let no_authority = HttpError::CaEmpty { path: "/etc/ca.pem".into() };
        let refused = |code: &str, message: &str| WebReadError::Refused {
            service,
            url: url.clone(),
            page: 3,
            status: 403,
            code: code.to_owned(),
            message: message.to_owned(),
            needs: "",
            cause: ServiceCause::Unknown,
        };
        for error in [
            WebReadError::Address { service, url: "x".to_owned() },
            WebReadError::ClearText { service, url: url.clone() },
            WebReadError::Client { service, source: no_authority },
            WebReadError::Credentials { service, reason: "not a key".to_owned() },
            WebReadError::Transport { service, page: 1, error: no_connection },
            WebReadError::TotalTime { service, url: url.clone(), page: 2, limit: Duration::from_secs(60) },
            refused("E0000006", "You do not have permission"),
            refused("", "Forbidden"),
            refused("", ""),
            WebReadError::Malformed { service, url: url.clone(), page: 0, reason: "no list".to_owned() },
            WebReadError::Circle { service, url: url.clone(), page: 4 },
            WebReadError::Strayed { service, url: url.clone(), page: 4, elsewhere: "b.test".to_owned() },
            WebReadError::NotShown { service, what: "members".to_owned(), right: "Member.Read.Hidden" },
            WebReadError::ForeignGroup { service, group: "g@b.test".to_owned() },
            WebReadError::Count { service, url: url.clone(), what: "users", announced: 7, read: 6 },
        ] {
            assert_eq!(message(&error), sentence(&error.to_string()));
        }
    }

    /// Neither a permission nor a filter nor a secret is to blame for what a proxy says.
    #[test]
    fn a_web_page_in_place_of_an_answer_is_told_and_blames_what_stands_between() {
        let advice = "The answer is a web page and not the service's: a proxy or a firewall between this machine and the service \
                      answered, or the address in the directory's settings is another server's. The credentials may be right. Let \
                      this machine through to the service's addresses. Nothing was changed.";
        let url = || "https://okta.test/oauth2/v1/token".to_owned();
        let said = |status, page| {
            let (code, message, needs) = (String::new(), String::new(), "okta.users.read");
            let (service, cause) = ("Okta", ServiceCause::WebPage);
            let error =
                WebReadError::Refused { service, url: url(), page, status, code, message, needs, cause };
            assert_eq!(message_of(&error), sentence(&error.to_string()));
            (message_of(&error), crate::CommandLine::default().sentences(&steps(&error)))
        };
        for status in [400, 401, 402, 403, 404, 407] {
            let begin = format!(
                "https://okta.test/oauth2/v1/token answered {status} with a web page in place of Okta's answer."
            );
            assert_eq!(said(status, 0), (begin, advice.to_owned()), "{status}");
        }
        assert_eq!(said(400, 2).1, advice, "and is no page that has ended");
        assert!(said(502, 1).1.starts_with("The service has a fault."));
        let reason = "it is a web page".to_owned();
        let malformed = WebReadError::Malformed { service: "Okta", url: url(), page: 1, reason };
        assert_eq!(crate::CommandLine::default().sentences(&steps(&malformed)), advice);
    }

    fn message_of(error: &WebReadError) -> String {
        message(error)
    }

    #[test]
    fn a_page_that_has_ended_blames_no_filter() {
        let said = |status, page| {
            let error = WebReadError::Refused {
                service: "Microsoft Entra ID",
                url: "https://graph.test/v1.0/users".to_owned(),
                page,
                status,
                code: "Directory_ExpiredPageToken".to_owned(),
                message: String::new(),
                needs: "",
                cause: ServiceCause::Unknown,
            };
            crate::CommandLine::default().sentences(&steps(&error))
        };
        for status in [400, 410] {
            let later = said(status, 2);
            assert!(later.contains("mark of the next page") && !later.contains("filter"), "{later}");
        }
        assert!(said(400, 1).contains("filter"));
    }

    /// A single group that a filter names and that is gone: the address is right then.
    #[test]
    fn what_a_service_does_not_have_may_be_what_a_filter_names() {
        let error = WebReadError::Refused {
            service: "Microsoft Entra ID",
            url: "https://graph.test/v1.0/groups/1".to_owned(),
            page: 1,
            status: 404,
            code: "Request_ResourceNotFound".to_owned(),
            message: String::new(),
            needs: "",
            cause: ServiceCause::Unknown,
        };
        assert_eq!(
            crate::CommandLine::default().sentences(&steps(&error)),
            "If this address belongs to a single user or group, either a filter (`sync.userFilter`, `sync.groupFilter`) names \
             one that does not exist, or it was removed while the directory was read: try again. Otherwise check the address in \
             the directory's settings."
        );
    }
}
