//! Whether there is a newer version: a list of releases in the form that GitHub gives them is asked, and nothing is
//! downloaded. Nobody is asked unless the address of a list is set.

use crate::clock::Clock;
use crate::http::{BodyError, ClientOptions, HttpError, ProxyChoice, cause, client, read_body};
use crate::http::{Cause, is_loopback};
use crate::installation::{Installation, SetupError, proxy};
use crate::paths::{ProcessEnvironment, Profile};
use bwdc_core::settings::{is_clear_text, without_credentials};
use serde::Deserialize;
use std::path::PathBuf;
use std::time::Duration;
use url::Url;

const VARIABLE: &str = "BWDC_UPDATE_FEED";
const PATIENCE: Duration = Duration::from_secs(20);
const LARGEST_FEED: usize = 4 << 20;

/// Why it is not known whether there is a newer version.
#[derive(Debug, thiserror::Error)]
pub enum UpdateError {
    /// No address is set.
    #[error("no list of releases is set: this build does not know where to ask")]
    NoFeed,
    /// What is set is no address.
    #[error("`{url}` is not an address of a list of releases")]
    Address {
        /// What is set.
        url: String,
    },
    /// Anybody on the way could name another program.
    #[error("the list of releases at {url} is not encrypted: anybody on the way could name another program")]
    ClearText {
        /// The address.
        url: String,
    },
    /// No client can be made.
    #[error(transparent)]
    Client(#[from] HttpError),
    /// No answer came.
    #[error("cannot read the list of releases at {url}: {reason}")]
    Unreachable {
        /// The address.
        url: String,
        /// In the words of the innermost error.
        reason: String,
    },
    /// The answer is a refusal.
    #[error("the list of releases at {url} answered with status {status}")]
    Status {
        /// The address.
        url: String,
        /// The HTTP status.
        status: u16,
    },
    /// The answer is something else.
    #[error("{url} holds no list of releases")]
    Unreadable {
        /// The address.
        url: String,
        /// What is wrong with it.
        #[source]
        source: serde_json::Error,
    },
    /// The settings cannot be read.
    #[error(transparent)]
    Settings(Box<SetupError>),
}

/// A version that is newer than this one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Newer {
    /// Its number.
    pub version: String,
    /// Where people read about it.
    pub page: String,
    /// Where the program for this platform is; None where the release has none.
    pub download: Option<String>,
}

/// Asks the list of the settings; None: there is nothing newer.
///
/// # Errors
/// [`UpdateError`] when that is not known.
pub(crate) async fn newer(
    environment: &ProcessEnvironment,
    clock: Clock,
) -> Result<Option<Newer>, UpdateError> {
    let source = Source::of(environment, clock)?;
    let feed = source.read().await?;
    Ok(newest(feed, env!("CARGO_PKG_VERSION"), std::env::consts::OS, std::env::consts::ARCH))
}

/// Where the list is, and the way to it.
struct Source {
    url: String,
    ca_path: Option<PathBuf>,
    proxy: ProxyChoice,
}

impl Source {
    /// The variable alone is enough: an update may be what mends an installation that cannot be opened.
    fn of(environment: &ProcessEnvironment, clock: Clock) -> Result<Self, UpdateError> {
        let variable = environment.variable(VARIABLE).map(|it| it.to_string_lossy().into_owned());
        let settings = Profile::from_environment(environment)
            .map_err(SetupError::from)
            .and_then(|profile| Installation::open(environment.clone(), profile, clock))
            .and_then(|installation| installation.connector_settings());
        let (url, settings) = match (variable, settings) {
            (Some(url), Ok(settings)) => (url, settings),
            (Some(url), Err(_)) => (url, bwdc_core::settings::ConnectorSettings::default()),
            (None, Ok(settings)) => (settings.update_feed.clone().ok_or(UpdateError::NoFeed)?, settings),
            (None, Err(error)) => return Err(UpdateError::Settings(Box::new(error))),
        };
        if url.contains('@') {
            return Err(UpdateError::Address { url: without_credentials(&url).into_owned() });
        }
        let parsed = Url::parse(&url).ok().filter(|it| matches!(it.scheme(), "http" | "https"));
        let Some(parsed) = parsed else { return Err(UpdateError::Address { url }) };
        if is_clear_text(parsed.as_str()) && !settings.allow_http {
            return Err(UpdateError::ClearText { url });
        }
        let proxy = if is_loopback(&parsed) {
            ProxyChoice::Direct
        } else {
            proxy(&settings, &[&url]).map_err(|error| UpdateError::Settings(Box::new(error.into())))?
        };
        Ok(Self { url, ca_path: settings.organization_ca_path.map(PathBuf::from), proxy })
    }

    async fn read(self) -> Result<Feed, UpdateError> {
        let Self { url, ca_path, proxy } = self;
        let options = ClientOptions { ca_path: ca_path.as_deref(), proxy, ..ClientOptions::default() };
        let request = client(&options)?.get(&url).header("accept", "application/json").timeout(PATIENCE);
        let unreachable = |url: String, error: &reqwest::Error| {
            let (Cause::Certificate(reason) | Cause::Other(reason)) = cause(error);
            UpdateError::Unreachable { url, reason }
        };
        let response = match request.send().await {
            Ok(response) => response,
            Err(error) => return Err(unreachable(url, &error)),
        };
        if !response.status().is_success() {
            return Err(UpdateError::Status { url, status: response.status().as_u16() });
        }
        let body = match read_body(response, LARGEST_FEED).await {
            Ok(body) => body,
            Err(BodyError::TooLarge(_) | BodyError::TooMany(_)) => {
                return Err(UpdateError::Unreachable { url, reason: "the answer is too large".to_owned() });
            }
            Err(BodyError::Cut(error)) => return Err(unreachable(url, &error)),
        };
        serde_json::from_slice(&body).map_err(|source| UpdateError::Unreadable { url, source })
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
    #[serde(default)]
    assets: Vec<Asset>,
}

#[derive(Deserialize)]
struct Asset {
    name: String,
    browser_download_url: String,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Feed {
    Many(Vec<Release>),
    One(Release),
}

fn newest(feed: Feed, ours: &str, system: &str, architecture: &str) -> Option<Newer> {
    let releases = match feed {
        Feed::Many(releases) => releases,
        Feed::One(release) => vec![release],
    };
    let (_, release) = releases
        .into_iter()
        .filter(|release| !release.draft && !release.prerelease)
        .filter_map(|release| Some((version(&release.tag_name)?, release)))
        .max_by_key(|(version, _)| *version)
        .filter(|(newest, _)| Some(*newest) > version(ours))?;
    Some(Newer {
        version: release.tag_name.trim_start_matches('v').to_owned(),
        download: download(&release.assets, system, architecture),
        page: release.html_url,
    })
}

/// The three numbers of a tag such as `v1.2.3`; None: it is no such tag, or an early version.
fn version(tag: &str) -> Option<[u64; 3]> {
    let mut parts = tag.trim_start_matches('v').split('.').map(|part| part.parse().ok());
    let version = [parts.next()??, parts.next()??, parts.next()??];
    parts.next().is_none().then_some(version)
}

/// The archive of the command line for this platform: one for its processor before one that names none.
fn download(assets: &[Asset], system: &str, architecture: &str) -> Option<String> {
    const ARCHIVES: [&str; 3] = [".zip", ".tar.gz", ".tar.xz"];
    const PROCESSORS: [(&str, [&str; 3]); 2] =
        [("x86_64", ["x86_64", "amd64", "x64"]), ("aarch64", ["aarch64", "arm64", "arm64"])];
    let systems: &[&str] = match system {
        "macos" => &["macos", "darwin"],
        "windows" => &["windows"],
        "linux" => &["linux"],
        _ => return None,
    };
    let named = |name: &str, words: &[&str]| words.iter().any(|it| name.contains(it));
    let fits = |asset: &&Asset| {
        let name = asset.name.to_ascii_lowercase();
        name.starts_with("bwdc") && named(&name, systems) && ARCHIVES.iter().any(|it| name.ends_with(it))
    };
    let processor = |asset: &Asset| {
        let name = asset.name.to_ascii_lowercase();
        PROCESSORS.iter().find(|(_, words)| named(&name, words)).map(|(processor, _)| *processor)
    };
    let candidates: Vec<&Asset> = assets.iter().filter(fits).collect();
    let own = candidates.iter().find(|it| processor(it) == Some(architecture));
    let any = || candidates.iter().find(|it| processor(it).is_none());
    own.or_else(any).map(|it| it.browser_download_url.clone())
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

    #[test]
    fn the_download_is_the_one_for_this_platform() {
        let assets = |names: &[&str]| -> Vec<Asset> {
            let asset =
                |name: &&str| Asset { name: (*name).to_owned(), browser_download_url: format!("u/{name}") };
            names.iter().map(asset).collect()
        };
        let ours = assets(&[
            "bwdc-2.0.0-x86_64-unknown-linux-musl.tar.gz",
            "bwdc-2.0.0-x86_64-unknown-linux-musl.tar.gz.sha256",
            "bwdc-2.0.0-aarch64-unknown-linux-musl.tar.gz",
            "bwdc-2.0.0-aarch64-apple-darwin.tar.gz",
            "bwdc-2.0.0-x86_64-pc-windows-msvc.zip",
            "bwdc-desktop-2.0.0.dmg",
        ]);
        let found = |system, architecture| download(&ours, system, architecture);
        assert_eq!(
            found("linux", "x86_64").as_deref(),
            Some("u/bwdc-2.0.0-x86_64-unknown-linux-musl.tar.gz")
        );
        assert_eq!(
            found("linux", "aarch64").as_deref(),
            Some("u/bwdc-2.0.0-aarch64-unknown-linux-musl.tar.gz")
        );
        assert_eq!(found("macos", "aarch64").as_deref(), Some("u/bwdc-2.0.0-aarch64-apple-darwin.tar.gz"));
        assert_eq!(found("macos", "x86_64"), None, "not the one for another processor");
        assert_eq!(found("windows", "x86_64").as_deref(), Some("u/bwdc-2.0.0-x86_64-pc-windows-msvc.zip"));
        assert_eq!(found("freebsd", "x86_64"), None);
        let without_processor = assets(&["bwdc-linux-2026.6.1.zip", "bwdc-windows-2026.6.1.zip"]);
        assert_eq!(
            download(&without_processor, "linux", "aarch64").as_deref(),
            Some("u/bwdc-linux-2026.6.1.zip")
        );
    }
}
