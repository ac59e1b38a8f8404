//! What all directories behind HTTP have in common, shown with OneLogin's and Okta's stand-ins: encryption, compression,
//! proxies, time limits, cancellation, tokens, patience.

#![expect(clippy::unwrap_used, reason = "a failed expectation is how a test speaks, its helpers included")]

mod between;
mod size;
mod time;

use bwdc_core::settings::{OktaFilters, OktaSettings, OneLoginFilters, OneLoginSettings};
use bwdc_core::snapshot::ReadScope;
use bwdc_engine::directory::okta::OktaDirectory;
use bwdc_engine::directory::onelogin::OneLoginDirectory;
use bwdc_engine::directory::web::WebOptions;
use bwdc_sandbox::cloud::{okta, onelogin};
use secrecy::SecretString;
use serde_json::json;
use std::time::Duration;

const WHOLE: ReadScope = ReadScope { people: true, groups: true, deleted: true, stable_ids: true };

/// An account with 130 people and so many roles of 3.
fn onelogin(roles: usize, change: impl FnOnce(&mut onelogin::Options)) -> onelogin::Server {
    let mut options = onelogin::Options::new(onelogin::Tenant::generate(130, roles, 3));
    change(&mut options);
    onelogin::Server::start(options).unwrap()
}

/// The account behind another address, read with these options.
fn behind(url: &str, server: &onelogin::Server, options: WebOptions) -> OneLoginDirectory {
    let stored = json!({ "clientId": server.client_id(), "url": url, "apiVersion": 2 });
    let settings = OneLoginSettings::from_stored(stored.as_object().unwrap()).unwrap();
    let secret = SecretString::from(server.client_secret());
    OneLoginDirectory::new(settings, OneLoginFilters::default(), secret, options).unwrap()
}

/// An organization with 30 people and so many groups of 3.
fn okta(groups: usize, change: impl FnOnce(&mut okta::Options)) -> okta::Server {
    let tenant = okta::Tenant::generate(30, groups, 3);
    let mut options = okta::Options { limit: 100_000, ..okta::Options::new(tenant) };
    change(&mut options);
    okta::Server::start(options).unwrap()
}

fn okta_directory(server: &okta::Server, options: WebOptions) -> OktaDirectory {
    let stored = json!({ "orgUrl": server.url() });
    let settings = OktaSettings::from_stored(stored.as_object().unwrap()).unwrap();
    let token = SecretString::from(server.token());
    OktaDirectory::new(&settings, OktaFilters::default(), token, options).unwrap()
}

fn hasty(options: WebOptions) -> WebOptions {
    let options = options.retrying(|it| (it.attempts, it.speed) = (3, 1_000.0));
    WebOptions { request_limit: Duration::from_secs(5), ..options }
}
