//! For which addresses the organization's secrets were entered.
//!
//! A secret is sent to the addresses for which it was entered, and to no others. Where that was not noted, since the
//! ledger is lost or the official connector took the secret, it counts as entered for the addresses of `data.json`, never
//! for those of a variable.

use super::{Installation, Keys, OrganizationConfiguration, SetupError};
use crate::http::{self, ClientOptions, ProxyChoice};
use crate::ledger::{BoundAddresses, Ledger, LedgerError};
use crate::secrets::SecretName;
use bwdc_core::settings::{Endpoints, is_clear_text};
use bwdc_core::wire::ConfigResponse;
use secrecy::SecretString;
use std::path::Path;
use std::time::Duration;
use url::Url;

/// The secrets that are bound to the organization's server; a person's second step has its own note.
const BOUND: [SecretName; 2] = [SecretName::ApiKeyClientSecret, SecretName::ObserverClientSecret];

/// An answer to `/config` is small.
const LONGEST_CONFIG: usize = 1024 * 1024;

/// How long that answer may take where no limit is set.
const PATIENCE: Duration = Duration::from_secs(30);

impl OrganizationConfiguration {
    /// Refuses to send a secret to another address than it was entered for. The same host at another path, or with https
    /// after http, is the same; so is the API that the server of the secret itself names.
    ///
    /// # Errors
    /// [`SetupError::EnteredForAnother`]; or why the ledger cannot be read.
    pub(crate) async fn expect_bound(
        &self,
        name: SecretName,
        secret: &SecretString,
    ) -> Result<(), SetupError> {
        let bound = noted(&self.ledger, name, secret)?.unwrap_or_else(|| addresses(&self.stored));
        let another = |address: &str| SetupError::EnteredForAnother {
            secret: name,
            bound: bound.shown(),
            address: address.to_owned(),
            by_variable: self.stored.api != self.endpoints.api
                || self.stored.identity != self.endpoints.identity,
        };
        let Endpoints { api, identity, .. } = &self.endpoints;
        if !bound.includes(identity) {
            return Err(another(identity));
        }
        if !bound.includes(api) && !self.is_named(&bound, api).await {
            return Err(another(api));
        }
        Ok(())
    }

    /// Whether the API for which a secret was entered names this one as its own. It is asked without any secret.
    async fn is_named(&self, bound: &BoundAddresses, api: &str) -> bool {
        if is_clear_text(&bound.api) || is_clear_text(api) {
            return false;
        }
        let Ok(url) = Url::parse(&bound.api) else { return false };
        let proxy = self.proxy.clone().towards(&[&url]);
        let named = named_api(&bound.api, proxy, self.ca_path.as_deref(), self.time_limit).await;
        named.is_some_and(|named| is_same_origin(&named, api))
    }

    /// Notes at the beginning of a run what was not noted yet, and that an address is encrypted since.
    ///
    /// # Errors
    /// [`SetupError`] when a secret or the ledger cannot be read, or the ledger cannot be written.
    pub(crate) fn keep_bindings(&self, keys: &Keys, ledger: &mut Ledger) -> Result<(), SetupError> {
        let stored = addresses(&self.stored);
        let is_clear = |it: &BoundAddresses| is_clear_text(&it.api) || is_clear_text(&it.identity);
        for name in BOUND {
            let Some(secret) = keys.get(name)? else { continue };
            let keeps = |known: &BoundAddresses| {
                let is_encrypted_since = is_clear(known) && !is_clear(&stored);
                !is_encrypted_since || self.endpoints != self.stored
            };
            if !ledger.binding(name.label(), &secret)?.as_ref().is_some_and(keeps) {
                ledger.bind(name.label(), &secret, &stored)?;
            }
        }
        Ok(())
    }
}

/// Notes for which addresses a secret is entered. Where that fails, it counts as entered for those of `data.json`.
pub(crate) fn bind(
    installation: &Installation,
    name: SecretName,
    secret: &SecretString,
    endpoints: &Endpoints,
) {
    let path = &installation.profile().connector_db;
    let noted = Ledger::is_damaged(path).and_then(|damaged| match damaged {
        // Only a run sets it aside, and says so.
        true => Ok(()),
        false => {
            let mut ledger = Ledger::open(path, installation.clock())?.into_ledger();
            ledger.bind(name.label(), secret, &addresses(endpoints))
        }
    });
    if let Err(error) = noted {
        tracing::warn!(%error, "it was not noted for which server a secret was entered");
    }
}

/// Notes it before the addresses change, where no run has done so yet.
pub(crate) fn bind_before_a_move(installation: &Installation) {
    let Ok(organization) = OrganizationConfiguration::read(installation) else { return };
    for name in BOUND {
        let Ok(Some(secret)) = installation.secret(name) else { continue };
        if let Ok(None) = noted(&organization.ledger, name, &secret) {
            bind(installation, name, &secret, &organization.stored);
        }
    }
}

fn noted(
    ledger: &Path,
    name: SecretName,
    secret: &SecretString,
) -> Result<Option<BoundAddresses>, LedgerError> {
    // A damaged ledger is a lost one, whose run takes a baseline: nothing was noted.
    if Ledger::is_damaged(ledger)? {
        return Ok(None);
    }
    let ledger = Ledger::open_to_read(ledger)?;
    Ok(ledger.map(|ledger| ledger.binding(name.label(), secret)).transpose()?.flatten())
}

impl BoundAddresses {
    fn includes(&self, url: &str) -> bool {
        [&self.api, &self.identity].into_iter().any(|it| is_same_origin(it, url) || is_encrypted_now(it, url))
    }

    fn shown(&self) -> String {
        if is_same_origin(&self.identity, &self.api) {
            return self.identity.clone();
        }
        format!("{} and {}", self.identity, self.api)
    }
}

fn addresses(endpoints: &Endpoints) -> BoundAddresses {
    BoundAddresses { api: endpoints.api.clone(), identity: endpoints.identity.clone() }
}

/// Same scheme, host and port (RFC 6454); what is no address is nobody's.
fn is_same_origin(one: &str, other: &str) -> bool {
    let (Ok(one), Ok(other)) = (Url::parse(one), Url::parse(other)) else { return false };
    one.origin().is_tuple() && one.origin() == other.origin()
}

/// The same host, which its certificate proves now.
fn is_encrypted_now(before: &str, after: &str) -> bool {
    let (Ok(before), Ok(after)) = (Url::parse(before), Url::parse(after)) else { return false };
    before.scheme() == "http" && after.scheme() == "https" && before.host() == after.host()
}

async fn named_api(
    api: &str,
    proxy: ProxyChoice,
    ca_path: Option<&Path>,
    time_limit: Option<u64>,
) -> Option<String> {
    let client = http::client(&ClientOptions { ca_path, proxy, ..ClientOptions::default() }).ok()?;
    let limit = time_limit.map_or(PATIENCE, Duration::from_secs);
    let response = client.get(format!("{api}/config")).timeout(limit).send().await.ok()?;
    if !response.status().is_success() {
        return None;
    }
    let body = http::read_body(response, LONGEST_CONFIG).await.ok()?;
    serde_json::from_slice::<ConfigResponse>(&body).ok()?.environment?.api
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bound(api: &str, identity: &str) -> BoundAddresses {
        BoundAddresses { api: api.to_owned(), identity: identity.to_owned() }
    }

    #[test]
    fn another_path_and_an_encryption_are_the_same_place_and_nothing_else_is() {
        let one = bound("https://vault.example.test/api", "https://id.example.test");
        for same in [
            "https://vault.example.test/other/api",
            "https://VAULT.example.test:443",
            "https://id.example.test/identity",
        ] {
            assert!(one.includes(same), "{same}");
        }
        for other in [
            "http://vault.example.test/api",
            "https://vault.example.test:8443",
            "https://example.test",
            "https://vault.example.test.evil.test",
            "https://vault.example.test@evil.test",
            "https://evil.test/vault.example.test",
            "vault.example.test",
            "",
        ] {
            assert!(!one.includes(other), "{other}");
        }
        let clear = bound("http://10.0.0.1:8080/api", "http://10.0.0.1:8080/identity");
        assert!(clear.includes("https://10.0.0.1/api") && clear.includes("https://10.0.0.1:8443"));
        assert!(!clear.includes("http://10.0.0.1:8081/api") && !clear.includes("https://10.0.0.2"));
        assert!(!bound("", "").includes(""));
    }
}
