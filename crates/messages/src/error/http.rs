//! Why no connection over HTTP can be prepared.

use super::sentence::say;
use crate::NextStep;
use crate::text;
use bwdc_engine::http::HttpError;

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
