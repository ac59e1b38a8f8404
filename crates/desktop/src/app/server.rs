//! The dialog in which the organization's server is chosen.

use super::{App, Notice};
use crate::job::{Asked, Failure, Job};
use bwdc_core::settings::{EnvironmentUrls, normalize_url};
use bwdc_messages::desktop::{effective_urls, server_answers};
use bwdc_messages::error::settings;
use bwdc_messages::finding::{Described, Level};

/// The choices, by their labels.
pub const KINDS: [&str; 4] = ["server.us", "server.eu", "server.own", "server.separate"];
const OWN: usize = 2;
const SEPARATE: usize = 3;
const EU: &str = "https://vault.bitwarden.eu";

/// What was typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Server {
    /// Which of [`KINDS`].
    pub kind: usize,
    /// One URL for everything.
    pub base: String,
    /// The web vault's.
    pub web_vault: String,
    /// The API's.
    pub api: String,
    /// The identity service's.
    pub identity: String,
    /// What is wrong with it.
    pub error: String,
    /// Whether the server is being asked.
    pub busy: bool,
    /// What the server answered, and whether that is good.
    pub checked: Option<(bool, String)>,
}

impl Server {
    fn of(urls: &EnvironmentUrls) -> Self {
        let own = |it: &Option<String>| it.clone().unwrap_or_default();
        let (base, web_vault) = (own(&urls.base), own(&urls.web_vault));
        let (api, identity) = (own(&urls.api), own(&urls.identity));
        let separate = !(web_vault.is_empty() && api.is_empty() && identity.is_empty());
        let kind = match base.as_str() {
            _ if separate => SEPARATE,
            "" | "https://vault.bitwarden.com" | "https://bitwarden.com" => 0,
            "https://vault.bitwarden.eu" | "https://bitwarden.eu" => 1,
            _ => OWN,
        };
        Self { kind, base, web_vault, api, identity, ..Self::default() }
    }

    /// The values by the settings' names; the sentence says which of them cannot be one.
    fn values(&self) -> Result<[(&'static str, Option<String>); 4], String> {
        let url = |name: &'static str, typed: &str, counts: bool| {
            let typed = typed.trim();
            if typed.is_empty() || !counts {
                return Ok((name, None));
            }
            normalize_url(typed, name).map(|url| (name, Some(url))).map_err(|it| settings::message(&it))
        };
        let separate = self.kind == SEPARATE;
        let base = match self.kind {
            0 => ("server", None),
            1 => ("server", Some(EU.to_owned())),
            _ => url("server", &self.base, true)?,
        };
        Ok([
            base,
            url("server.webVault", &self.web_vault, separate)?,
            url("server.api", &self.api, separate)?,
            url("server.identity", &self.identity, separate)?,
        ])
    }

    /// The addresses that follow.
    pub fn effective(&self) -> String {
        let Ok([base, web_vault, api, identity]) = self.values() else { return String::new() };
        let urls = EnvironmentUrls { base: base.1, web_vault: web_vault.1, api: api.1, identity: identity.1 };
        if urls.base.is_none() && urls.api.is_none() {
            return String::new();
        }
        let endpoints = urls.endpoints();
        effective_urls(&endpoints.api, &endpoints.identity)
    }
}

impl App {
    /// Opens the dialog.
    pub fn open_server(&mut self) {
        self.server = Some(Server::of(&self.overview.urls()));
    }

    /// Closes it, and nothing is changed.
    pub fn cancel_server(&mut self) {
        self.server = None;
    }

    /// Another kind is chosen.
    pub fn choose_server(&mut self, kind: usize) {
        if let Some(server) = &mut self.server {
            server.kind = kind.min(SEPARATE);
            server.error.clear();
            server.checked = None;
            let bitwarden = |url: &str| url.contains("bitwarden.com") || url.contains("bitwarden.eu");
            if server.kind >= OWN && bitwarden(&server.base) && Self::is_cloud(&server.base) {
                server.base.clear();
            }
        }
    }

    fn is_cloud(base: &str) -> bool {
        EnvironmentUrls { base: Some(base.to_owned()), ..EnvironmentUrls::default() }.endpoints().cloud
    }

    /// An address is typed.
    pub fn type_server(&mut self, field: &str, text: &str) {
        let Some(server) = &mut self.server else { return };
        server.error.clear();
        server.checked = None;
        let place = match field {
            "webVault" => &mut server.web_vault,
            "api" => &mut server.api,
            "identity" => &mut server.identity,
            _ => &mut server.base,
        };
        text.clone_into(place);
    }

    /// Asks the server whether it is one.
    pub fn check_server(&mut self) {
        let Some(server) = &mut self.server else { return };
        match server.values() {
            Ok(values) => {
                server.busy = true;
                server.checked = None;
                let typed = values.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
                self.job(Job::Examine { typed, secrets: Vec::new(), of: Asked::Server });
            }
            Err(error) => server.error = error,
        }
    }

    /// Keeps what was typed.
    pub fn save_server(&mut self) {
        let Some(server) = &mut self.server else { return };
        match server.values() {
            Ok(values) => {
                self.job(Job::Save { changes: values.to_vec(), secrets: Vec::new(), of: Asked::Server });
            }
            Err(error) => server.error = error,
        }
    }

    pub(super) fn server_examined(&mut self, result: Result<Vec<Described>, Failure>) {
        let Some(server) = &mut self.server else { return };
        server.busy = false;
        server.checked = Some(match result {
            Err(failure) => (false, failure.message),
            Ok(findings) => {
                let of_server = findings.iter().filter(|it| it.is_of_organization_server());
                let failed = of_server.clone().find(|it| it.level() == Level::Fail);
                match failed {
                    Some(finding) => {
                        let (title, said) = finding.headline();
                        (false, format!("{title}: {said}"))
                    }
                    None => (true, server_answers()),
                }
            }
        });
    }

    pub(super) fn server_saved(&mut self, result: Result<usize, Failure>) {
        match result {
            Ok(_) => {
                self.server = None;
                self.job(Job::Overview);
            }
            Err(failure) => {
                if let Some(server) = &mut self.server {
                    server.error = Notice::of(&failure).text;
                }
            }
        }
    }
}
