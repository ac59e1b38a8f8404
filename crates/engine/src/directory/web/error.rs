//! Why a directory behind HTTP could not be read. Addresses are shown without what stands behind the question mark:
//! cursors and tokens travel there.

use crate::http::{HttpError, TransportError};
use bwdc_core::filter::FilterError;
use std::time::Duration;
use url::Url;

/// Why a directory behind HTTP could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WebReadError {
    /// A setting is no address.
    #[error("`{url}` is not an address at which {service} could be")]
    Address {
        /// The service.
        service: &'static str,
        /// What was set.
        url: String,
    },
    /// The address is neither encrypted nor this machine's own.
    #[error("`{url}` is not encrypted: {service} is asked with a secret")]
    ClearText {
        /// The service.
        service: &'static str,
        /// What was set.
        url: String,
    },
    /// No client can be made.
    #[error("cannot connect to {service}: {source}")]
    Client {
        /// The service.
        service: &'static str,
        /// Why.
        #[source]
        source: HttpError,
    },
    /// A filter is not understood.
    #[error("the filter `{setting}` cannot be used: {source}")]
    Filter {
        /// The name by which `bwdc config` knows the setting.
        setting: &'static str,
        /// Where and why.
        #[source]
        source: FilterError,
    },
    /// The credentials cannot be used as they are stored.
    #[error("the stored credentials for {service} cannot be used: {reason}")]
    Credentials {
        /// The service.
        service: &'static str,
        /// Why; never with a secret in it.
        reason: String,
    },
    /// No answer came.
    #[error("{service} cannot be read{}: {error}", of_page(*page))]
    Transport {
        /// The service.
        service: &'static str,
        /// Which page, from 1; 0 for what has no pages.
        page: u32,
        /// Why.
        #[source]
        error: TransportError,
    },
    /// The whole read would take too long.
    #[error("reading {service} takes longer than {} s: stopped at {url}{}", limit.as_secs(), of_page(*page))]
    TotalTime {
        /// The service.
        service: &'static str,
        /// What was to be asked for.
        url: String,
        /// Which page, from 1; 0 for what has no pages.
        page: u32,
        /// The time limit of the whole read.
        limit: Duration,
    },
    /// The service said no.
    #[error("{service} answered {status} to {url}{}{}", of_page(*page), said(code, message))]
    Refused {
        /// The service.
        service: &'static str,
        /// What was asked for.
        url: String,
        /// Which page, from 1; 0 for what has no pages.
        page: u32,
        /// The HTTP status.
        status: u16,
        /// The service's own error code; empty when it gave none.
        code: String,
        /// The service's own words; empty when it gave none.
        message: String,
        /// The permission that is needed, in the service's own words; empty where none has a name.
        needs: &'static str,
    },
    /// An answer is not what the service's description says.
    #[error("the answer of {service} to {url}{} cannot be understood: {reason}", of_page(*page))]
    Malformed {
        /// The service.
        service: &'static str,
        /// What was asked for.
        url: String,
        /// Which page, from 1; 0 for what has no pages.
        page: u32,
        /// What is wrong with it.
        reason: String,
    },
    /// The service gave a page as the next that was read before.
    #[error("{service} goes round in circles: {url}{} leads to a page that was read before", of_page(*page))]
    Circle {
        /// The service.
        service: &'static str,
        /// The page that leads back.
        url: String,
        /// Its number, from 1.
        page: u32,
    },
    /// The next page is on another server, which must not get the credentials.
    #[error("the page after {url}{} is on another server, `{elsewhere}`", of_page(*page))]
    Strayed {
        /// The service.
        service: &'static str,
        /// The page that leads away.
        url: String,
        /// Its number, from 1.
        page: u32,
        /// The other server.
        elsewhere: String,
    },
    /// A failure whose cure only the service's own part of this program knows.
    #[error("{error}")]
    Advised {
        /// What failed.
        error: Box<WebReadError>,
        /// The next step.
        cure: String,
    },
    /// Fewer or more entries than the service announced.
    #[error("{service} announced {announced} {what} and returned {read}: {url}")]
    Count {
        /// The service.
        service: &'static str,
        /// What was asked for.
        url: String,
        /// What was counted.
        what: &'static str,
        /// As announced.
        announced: u64,
        /// As read.
        read: u64,
    },
}

impl WebReadError {
    /// The HTTP status of a refusal.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Refused { status, .. } => Some(*status),
            Self::Advised { error, .. } => error.status(),
            _ => None,
        }
    }

    /// The service's own error code in a refusal.
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Refused { code, .. } => Some(code),
            Self::Advised { error, .. } => error.code(),
            _ => None,
        }
    }

    /// The same error with this next step.
    #[must_use]
    pub fn advised(self, cure: String) -> Self {
        Self::Advised { error: Box::new(self), cure }
    }

    /// The next step for the administrator.
    pub fn hint(&self) -> Option<String> {
        if let Some(hint) = self.permission_hint() {
            return Some(hint);
        }
        let hint = match self {
            Self::Advised { cure, .. } => cure,
            Self::Address { .. } => "Correct the address in the directory's settings.",
            Self::ClearText { .. } => "Begin the address with `https://`.",
            Self::Client { source, .. } => source.hint(),
            Self::Filter { .. } => {
                "Write `include:a,b` or `exclude:a,b`, and a query of the directory's own after `|`."
            }
            Self::Credentials { .. } => "Enter the credentials again.",
            Self::Transport { error, .. } => transport_hint(error),
            Self::TotalTime { .. } => {
                "Ask the service for a higher rate limit, narrow the filters, or raise `time-limits.total`; nothing was changed."
            }
            Self::Refused { status: 401, .. } => {
                "The credentials are wrong, expired or revoked: enter new ones."
            }
            Self::Refused { status: 403, .. } => {
                "The credentials lack a permission: see the directory's page in the documentation for those that are needed."
            }
            Self::Refused { status: 404, .. } => {
                "Check the address and the names in the directory's settings."
            }
            Self::Refused { status: 429, .. } => {
                "Others use the service's rate limit up: try again later; nothing was changed."
            }
            Self::Refused { status: 500.., .. } => {
                "The service has a fault: try again later; nothing was changed."
            }
            Self::Refused { status: 400, .. } => {
                "If a filter holds a query of the directory's own, check it."
            }
            Self::Refused { .. }
            | Self::Malformed { .. }
            | Self::Circle { .. }
            | Self::Strayed { .. }
            | Self::Count { .. } => TRY_AGAIN,
        };
        Some(hint.to_owned())
    }
}

impl WebReadError {
    /// What an administrator has to grant, where that is known.
    fn permission_hint(&self) -> Option<String> {
        let Self::Refused { status, code, needs, .. } = self else { return None };
        match status {
            _ if needs.is_empty() => None,
            400 | 401 if code == "invalid_scope" => Some(format!("Grant the app what it needs: {needs}.")),
            401 => Some(format!(
                "The credentials are wrong, expired or revoked: enter new ones; they need {needs}."
            )),
            403 => Some(format!("The credentials lack a permission: they need {needs}.")),
            _ => None,
        }
    }
}

const TRY_AGAIN: &str = "Try again; nothing was changed. If it stays so, report it.";

fn transport_hint(error: &TransportError) -> &'static str {
    match error {
        TransportError::Certificate { .. } => {
            "If a proxy inspects the traffic, trust its certificate authority on this machine, or name its file in `directory-ca-path`."
        }
        TransportError::Unreachable { .. } | TransportError::Cut { .. } => {
            "Check the network, the proxy and the service's status page, and try again; nothing was changed."
        }
        TransportError::NotConnected { .. } => {
            "Check the network and the proxy, and try again; where connections take that long, raise `time-limits.connect`. Nothing was changed."
        }
        TransportError::Timeout { .. } => {
            "Check the network, the proxy and the service's status page, and try again; where answers take that long, raise `time-limits.page`. Nothing was changed."
        }
        TransportError::Redirected { .. } => "Set the address that the service itself uses.",
        TransportError::Address { .. } | TransportError::TooLarge { .. } => TRY_AGAIN,
    }
}

/// An address without its query.
pub(super) fn shown(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.set_fragment(None);
    url.to_string()
}

fn of_page(page: u32) -> String {
    if page == 0 { String::new() } else { format!(", page {page}") }
}

fn said(code: &str, message: &str) -> String {
    match (code, message) {
        ("", "") => String::new(),
        ("", text) | (text, "") => format!(": {text}"),
        (code, message) => format!(": {message} ({code})"),
    }
}
