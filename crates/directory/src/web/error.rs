//! Why a directory behind HTTP could not be read. Addresses are shown without what stands behind the question mark:
//! cursors and tokens travel there.

use super::cause::ServiceCause;
use bwdc_base::http::{HttpError, TransportError};
use bwdc_core::filter::FilterError;
use std::time::Duration;
use url::Url;

/// Why a directory behind HTTP could not be read.
#[derive(Debug, thiserror::Error)]
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
    #[error("{}", refused((service, url, *page), *status, (code, message), *cause))]
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
        /// What the service means by it.
        cause: ServiceCause,
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
    /// The service hides what a read depends on from whoever lacks a right.
    #[error("{service} does not show {what}: that takes {right}")]
    NotShown {
        /// The service.
        service: &'static str,
        /// What is hidden.
        what: String,
        /// The right, in the service's own words.
        right: &'static str,
    },
    /// A group of another account, whose members nobody here may see, would keep people out.
    #[error(
        "{service} does not show who is in `{group}`, a group of another account within a group that the filter leaves out"
    )]
    ForeignGroup {
        /// The service.
        service: &'static str,
        /// The address of the group.
        group: String,
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
            _ => None,
        }
    }

    /// Whether a page other than the first was refused as one that the service does not know: cursors end.
    pub fn is_forgotten_page(&self) -> bool {
        matches!(
            self,
            Self::Refused { status: 400 | 410, page: 2.., cause, .. } if *cause != ServiceCause::WebPage
        )
    }

    /// The service's own error code in a refusal.
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Refused { code, .. } => Some(code),
            _ => None,
        }
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

fn refused(
    (service, url, page): (&str, &str, u32),
    status: u16,
    (code, message): (&str, &str),
    cause: ServiceCause,
) -> String {
    let page = of_page(page);
    match cause {
        ServiceCause::WebPage => {
            format!("{url}{page} answered {status} with a web page in place of {service}'s answer")
        }
        _ => format!("{service} answered {status} to {url}{page}{}", said(code, message)),
    }
}

fn said(code: &str, message: &str) -> String {
    match (code, message) {
        ("", "") => String::new(),
        ("", text) | (text, "") => format!(": {text}"),
        (code, message) => format!(": {message} ({code})"),
    }
}
