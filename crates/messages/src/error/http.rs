//! Why no connection over HTTP can be prepared, and why no answer came.

use super::sentence::say;
use crate::NextStep;
use crate::text;
use bwdc_engine::http::{HttpError, TransportError, describe_status};
use std::path::Path;

pub(super) fn steps(error: &HttpError) -> Vec<NextStep> {
    match error {
        HttpError::CaUnreadable { .. } => say(text!(
            "step.http.ca-unreadable",
            "Correct the path of the CA file, or let this account read it."
        )),
        HttpError::CaEmpty { .. } | HttpError::CaDamaged { .. } => say(text!(
            "step.http.ca-file",
            "Name a PEM file with the certificate of the authority, between BEGIN CERTIFICATE and END CERTIFICATE."
        )),
        HttpError::Tls { .. } => {
            say(text!("step.fault-of-ours", "This is a fault of the program: please report it."))
        }
        HttpError::Proxy { .. } | HttpError::Build { .. } => say(text!(
            "step.http.proxy",
            "Check the proxy settings: HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY, or the setting that names a proxy."
        )),
    }
}

/// What keeps a connection from being prepared; without a full stop where a reason ends it.
pub(super) fn message(error: &HttpError) -> String {
    let shown = |path: &Path| path.display().to_string();
    match error {
        HttpError::CaUnreadable { path, source } => text!(
            "error.http.ca-unreadable",
            "Cannot read the CA file `{path}`: {reason}",
            path = shown(path),
            reason = source.to_string()
        ),
        HttpError::CaEmpty { path } => {
            text!("error.http.ca-empty", "The CA file `{path}` holds no certificate", path = shown(path))
        }
        HttpError::CaDamaged { path, reason } => text!(
            "error.http.ca-damaged",
            "The CA file `{path}` holds a certificate that cannot be used: {reason}",
            path = shown(path),
            reason
        ),
        HttpError::Tls { source } => {
            text!("error.http.tls", "Cannot set up encryption: {reason}", reason = source.to_string())
        }
        HttpError::Proxy { source } => {
            text!("error.http.proxy", "The proxy cannot be used: {reason}", reason = source.to_string())
        }
        HttpError::Build { source } => {
            text!("error.http.build", "Cannot prepare connections: {reason}", reason = source.to_string())
        }
    }
}

/// What came in place of an answer; without a full stop where a reason ends it.
pub(super) fn of_transport(error: &TransportError) -> String {
    use TransportError as E;
    match error {
        E::Address { url } => {
            text!("error.http.address", "`{url}` is not an address that a request can go to", url)
        }
        E::Unreachable { url, reason, .. } => {
            text!("error.http.unreachable", "Cannot reach {url}: {reason}", url, reason)
        }
        E::NotConnected { url, limit } => text!(
            "error.http.not-connected",
            "Cannot reach {url}: no connection within {seconds} s",
            url,
            seconds = limit.as_secs()
        ),
        E::Certificate { url, reason, .. } => text!(
            "error.http.certificate",
            "{url} presents a certificate that is not trusted: {reason}",
            url,
            reason
        ),
        E::Timeout { url, limit, .. } => text!(
            "error.http.timeout",
            "{url} did not answer within {seconds} s",
            url,
            seconds = limit.as_secs()
        ),
        E::Cut { url, reason, .. } => text!(
            "error.http.cut",
            "The connection to {url} ended before the whole answer was there: {reason}",
            url,
            reason
        ),
        E::TooLarge { url, limit } => {
            text!(
                "error.http.too-large",
                "{url} answered with more than {limit:byte/bytes}",
                url,
                limit = *limit
            )
        }
        E::TooMany { url, limit } => text!(
            "error.http.too-many",
            "{url} answered with a list of more than {limit:entry/entries}",
            url,
            limit = *limit
        ),
        E::Redirected { url, status, location } => text!(
            "error.http.redirected",
            "{url} answers with a redirect ({status}) to {location}",
            url,
            status = describe_status(*status),
            location
        ),
    }
}
