//! `bwdc update`: asks a list of releases, in the form that GitHub gives them, for a newer version.
//!
//! Nothing is downloaded, and nobody is asked unless the address of a list is set.

use crate::error::CommandError;
use crate::output::{Answer, Done, Failed};
use crate::runtime::block_on;
use bwdc_engine::http::{BodyError, ClientOptions, HttpError, client, read_body};
use bwdc_engine::paths::ProcessEnvironment;
use serde::Deserialize;
use std::time::Duration;

const FEED: &str = "BWDC_UPDATE_FEED";
const PATIENCE: Duration = Duration::from_secs(20);
const LARGEST_FEED: usize = 4 << 20;

/// Why it is not known whether there is a newer version.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UpdateError {
    #[error("no list of releases is set: this build does not know where to ask")]
    NoFeed,
    #[error(transparent)]
    Client(#[from] HttpError),
    #[error("cannot read the list of releases at {url}: {reason}")]
    Unreachable { url: String, reason: String },
    #[error("the list of releases at {url} answered with status {status}")]
    Status { url: String, status: u16 },
    #[error("{url} holds no list of releases")]
    Unreadable {
        url: String,
        #[source]
        source: serde_json::Error,
    },
}

impl UpdateError {
    pub(crate) fn hint(&self) -> &'static str {
        match self {
            Self::NoFeed => {
                "Set BWDC_UPDATE_FEED to the address of one, such as https://api.github.com/repos/<owner>/<name>/releases."
            }
            Self::Client(error) => error.hint(),
            Self::Unreachable { .. } => "Check the network and the proxy settings, and try again.",
            Self::Status { .. } | Self::Unreadable { .. } => "Check the address in BWDC_UPDATE_FEED.",
        }
    }
}

#[derive(Deserialize)]
struct Release {
    tag_name: String,
    html_url: String,
    #[serde(default)]
    draft: bool,
    #[serde(default)]
    prerelease: bool,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Feed {
    Many(Vec<Release>),
    One(Release),
}

pub(super) fn run() -> Result<Done, Failed> {
    let environment = ProcessEnvironment::current();
    let url = environment.variable(FEED).ok_or_else(|| CommandError::from(UpdateError::NoFeed))?;
    let url = url.to_string_lossy().into_owned();
    let feed = block_on(async { Ok(read(url).await?) })?;
    Ok(answer(feed).into())
}

async fn read(url: String) -> Result<Feed, UpdateError> {
    let client = client(&ClientOptions::default())?;
    let request = client.get(&url).header("accept", "application/json").timeout(PATIENCE);
    let response = match request.send().await {
        Ok(response) => response,
        Err(error) => return Err(UpdateError::Unreachable { url, reason: innermost(&error) }),
    };
    if !response.status().is_success() {
        return Err(UpdateError::Status { url, status: response.status().as_u16() });
    }
    let body = match read_body(response, LARGEST_FEED).await {
        Ok(body) => body,
        Err(BodyError::TooLarge) => {
            return Err(UpdateError::Unreachable { url, reason: "the answer is too large".to_owned() });
        }
        Err(BodyError::Cut(error)) => {
            return Err(UpdateError::Unreachable { url, reason: innermost(&error) });
        }
    };
    serde_json::from_slice(&body).map_err(|source| UpdateError::Unreadable { url, source })
}

fn innermost(error: &dyn std::error::Error) -> String {
    let mut inner = error;
    while let Some(cause) = inner.source() {
        inner = cause;
    }
    inner.to_string()
}

fn answer(feed: Feed) -> Answer {
    let releases = match feed {
        Feed::Many(releases) => releases,
        Feed::One(release) => vec![release],
    };
    let ours = version(env!("CARGO_PKG_VERSION"));
    let newest = releases
        .into_iter()
        .filter(|release| !release.draft && !release.prerelease)
        .filter_map(|release| Some((version(&release.tag_name)?, release)))
        .max_by_key(|(version, _)| *version)
        .filter(|(version, _)| Some(*version) > ours);
    match newest {
        Some((_, release)) => Answer::Message {
            title: format!("Version {} is available.", release.tag_name.trim_start_matches('v')),
            message: Some(release.html_url.clone()),
            raw: Some(release.html_url),
        },
        None => Answer::title(concat!("No newer version than ", env!("CARGO_PKG_VERSION"), " is available.")),
    }
}

/// The three numbers of a tag such as `v1.2.3`; None: it is no such tag, or an early version.
fn version(tag: &str) -> Option<[u64; 3]> {
    let mut parts = tag.trim_start_matches('v').split('.').map(|part| part.parse().ok());
    let version = [parts.next()??, parts.next()??, parts.next()??];
    parts.next().is_none().then_some(version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_numbers() {
        assert!(version("v0.10.0") > version("0.9.9"));
        assert_eq!(version("v1.2"), None);
        assert_eq!(version("1.2.3-beta"), None);
        assert_eq!(version("1.2.3.4"), None);
    }
}
