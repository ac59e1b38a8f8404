//! Why it is not known whether there is a newer version.

use super::sentence::{because, say, sentence, with_causes};
use super::{http, setup};
use crate::text;
use crate::{NextStep, Step};
use bwdc_engine::update::UpdateError;

/// What failed.
pub fn message(error: &UpdateError) -> String {
    match error {
        UpdateError::NoFeed => text!(
            "error.update.no-feed",
            "No list of releases is set: this build does not know where to ask."
        ),
        UpdateError::Address { url } => {
            text!("error.update.address", "`{url}` is not the address of a list of releases.", url)
        }
        UpdateError::ClearText { url } => text!(
            "error.update.clear-text",
            "The list of releases at {url} is not encrypted, so anybody on the network could name another program.",
            url
        ),
        UpdateError::Client(_) => sentence(&with_causes(error)),
        UpdateError::Unreachable { url, reason } => sentence(&text!(
            "error.update.unreachable",
            "Cannot read the list of releases at {url}: {reason}",
            url,
            reason
        )),
        UpdateError::Status { url, status } => text!(
            "error.update.status",
            "The list of releases at {url} answered with status {status}.",
            url,
            status
        ),
        UpdateError::Unreadable { url, source } => {
            because(text!("error.update.unreadable", "{url} holds no list of releases", url), Some(source))
        }
        UpdateError::Settings(error) => setup::message(error),
    }
}

/// What to do next.
pub fn steps(error: &UpdateError) -> Vec<NextStep> {
    match error {
        UpdateError::NoFeed => vec![
            Step::set("update-feed", "https://api.github.com/repos/<owner>/<name>/releases")
                .to(text!("step.update.feed", "To set one")),
            Step::Say(text!("step.update.variable", "BWDC_UPDATE_FEED does the same.")).into(),
        ],
        UpdateError::ClearText { .. } => vec![
            Step::Say(text!(
                "step.update.https",
                "Give an address with https in `update-feed` or BWDC_UPDATE_FEED."
            ))
            .into(),
            Step::set("allow-http", "true").to(text!("step.update.allow-http", "To permit http")),
        ],
        UpdateError::Client(error) => http::steps(error),
        UpdateError::Unreachable { .. } => {
            say(text!("step.update.network", "Check the network and the proxy settings, and try again."))
        }
        UpdateError::Address { .. } | UpdateError::Status { .. } | UpdateError::Unreadable { .. } => {
            say(text!("step.update.address", "Check the address in `update-feed` or BWDC_UPDATE_FEED."))
        }
        UpdateError::Settings(error) => setup::steps(error),
    }
}
