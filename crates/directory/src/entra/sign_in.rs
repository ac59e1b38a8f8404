//! How a token is got: by a secret, by a certificate, as the identity that Azure has given to the machine, or by a token
//! of the workload's own identity (Microsoft identity platform, "OAuth 2.0 client credentials flow"; Azure, "How to use
//! managed identities").

use super::NAME;
use super::certificate::Certificate;
use crate::web::{
    Answer, Credentials, FreshToken, WebBody, WebOptions, WebReadError, WebRequest, WebService, WebSession,
    below, unique,
};
use bwdc_base::clock::Clock;
use bwdc_base::http::ProxyChoice;
use bwdc_core::settings::EntraSettings;
use reqwest::header::{HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::time::Duration;
use url::{Host, Url};

const ASSERTION: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// How long an assertion is good, in seconds.
const LIFETIME: i64 = 300;
/// What errors call the service that knows a machine's identity.
const IDENTITY_SERVICE: &str = "Azure's identity service";
/// Where machines in Azure find it (Azure, "Azure Instance Metadata Service").
pub const METADATA: &str = "http://169.254.169.254";

/// What the program proves with who it is.
pub enum EntraCredential {
    /// The application's secret.
    Secret(SecretString),
    /// The application's certificate with its key.
    Certificate(Box<Certificate>),
    /// The identity of this machine or app service.
    ManagedIdentity(IdentityEndpoint),
    /// The file with a token of the workload's own identity: whoever issues it renews it there.
    Federation(PathBuf),
}

/// Where the identity of a machine or an app service is asked for.
pub enum IdentityEndpoint {
    /// A machine's: the metadata service at this address.
    Machine(String),
    /// An app service's own: `IDENTITY_ENDPOINT`, with the secret of `IDENTITY_HEADER`.
    AppService {
        /// The address.
        url: String,
        /// What proves that the caller runs in it.
        header: SecretString,
    },
}

/// Gets tokens.
pub(super) struct SignIn {
    token_url: Url,
    scope: String,
    application_id: String,
    way: Way,
}

enum Way {
    Secret(SecretString),
    Certificate(Box<Certificate>),
    Federation(PathBuf),
    Identity(Box<Identity>),
}

/// The service that knows a machine's identity, and what it is asked.
struct Identity {
    service: WebService,
    url: Url,
    header: (HeaderName, SecretString),
}

#[derive(Deserialize)]
struct TokenResponse {
    access_token: String,
    /// A number; the identity services write it as a text.
    #[serde(default)]
    expires_in: Value,
    /// Seconds since 1970, where the life is not told.
    #[serde(default)]
    expires_on: Value,
}

impl SignIn {
    pub(super) fn new(
        settings: &EntraSettings,
        authority: &Url,
        credential: EntraCredential,
        options: &WebOptions,
    ) -> Result<Self, WebReadError> {
        let way = match credential {
            EntraCredential::Secret(secret) => Way::Secret(secret),
            EntraCredential::Certificate(certificate) => Way::Certificate(certificate),
            EntraCredential::Federation(file) => Way::Federation(file),
            EntraCredential::ManagedIdentity(endpoint) => identity(settings, endpoint, options)?,
        };
        Ok(Self {
            token_url: below(authority, &[&settings.tenant, "oauth2", "v2.0", "token"]),
            scope: format!("{}/.default", settings.graph_url),
            application_id: settings.application_id.clone(),
            way,
        })
    }

    /// A new token.
    pub(super) async fn token(&self, session: &WebSession<'_>) -> Result<FreshToken, WebReadError> {
        let proof = match &self.way {
            Way::Secret(secret) => vec![("client_secret", secret.expose_secret().to_owned())],
            Way::Certificate(certificate) => assertion(self.assertion(certificate, session.clock())?),
            Way::Federation(file) => assertion(federated(file)?),
            Way::Identity(identity) => {
                let Identity { service, url, header: (name, secret) } = &**identity;
                let request = WebRequest::get(url.clone()).without_token();
                let mut value = HeaderValue::try_from(secret.expose_secret())
                    .map_err(|_| unusable("`IDENTITY_HEADER` holds a sign that cannot be sent".to_owned()))?;
                value.set_sensitive(true);
                let session = service.session(&|_| ());
                return fresh(&session, &request.header(name.clone(), value)).await;
            }
        };
        let mut form = vec![
            ("grant_type", "client_credentials".to_owned()),
            ("client_id", self.application_id.clone()),
            ("scope", self.scope.clone()),
        ];
        form.extend(proof);
        let request = WebRequest::post(self.token_url.clone(), WebBody::Form(form)).without_token();
        fresh(session, &request).await
    }

    fn assertion(&self, certificate: &Certificate, clock: Clock) -> Result<String, WebReadError> {
        let now = clock.seconds();
        let claims = json!({
            "aud": self.token_url.as_str(), "iss": self.application_id, "sub": self.application_id,
            "jti": unique(), "nbf": now, "iat": now, "exp": now + LIFETIME,
        });
        certificate.sign(&claims).map_err(|error| unusable(format!("the certificate's key: {error}")))
    }
}

fn assertion(token: String) -> Vec<(&'static str, String)> {
    vec![("client_assertion_type", ASSERTION.to_owned()), ("client_assertion", token)]
}

fn federated(file: &Path) -> Result<String, WebReadError> {
    let token = bwdc_base::file::read_text(file, bwdc_base::file::SETTINGS)
        .map_err(|error| unusable(format!("cannot read the token file `{}`: {error}", file.display())))?;
    match token.trim() {
        "" => Err(unusable(format!("the token file `{}` is empty", file.display()))),
        token => Ok(token.to_owned()),
    }
}

/// The identity services stand on this machine or next to it: no proxy, and little patience.
fn identity(
    settings: &EntraSettings,
    endpoint: IdentityEndpoint,
    options: &WebOptions,
) -> Result<Way, WebReadError> {
    let (mut url, version, header) = match endpoint {
        IdentityEndpoint::Machine(typed) => (
            below(&near(&typed)?, &["metadata", "identity", "oauth2", "token"]),
            "2018-02-01",
            (HeaderName::from_static("metadata"), SecretString::from("true")),
        ),
        IdentityEndpoint::AppService { url, header } => {
            (near(&url)?, "2019-08-01", (HeaderName::from_static("x-identity-header"), header))
        }
    };
    url.query_pairs_mut().append_pair("api-version", version).append_pair("resource", &settings.graph_url);
    if !settings.application_id.is_empty() {
        url.query_pairs_mut().append_pair("client_id", &settings.application_id);
    }
    let speed = options.retry.speed;
    let options = WebOptions {
        request_limit: Duration::from_secs(15),
        proxy: ProxyChoice::Direct,
        clock: options.clock,
        // "Not found" and "gone" are what it says while it starts or is renewed.
        throttled: |status, _| matches!(status, 404 | 410),
        ..WebOptions::new(IDENTITY_SERVICE).retrying(|it| (it.attempts, it.speed) = (3, speed))
    };
    let none = Credentials::Fixed { prefix: "", secret: SecretString::default() };
    let service = WebService::new(options, none)?;
    Ok(Way::Identity(Box::new(Identity { service, url, header })))
}

/// An address that is encrypted, this machine's own, or link-local.
fn near(typed: &str) -> Result<Url, WebReadError> {
    let service = IDENTITY_SERVICE;
    let url =
        Url::parse(typed.trim()).map_err(|_| WebReadError::Address { service, url: typed.to_owned() })?;
    let is_near = match url.host() {
        Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback() || address.is_link_local(),
        Some(Host::Ipv6(address)) => address.is_loopback() || address.is_unicast_link_local(),
        None => return Err(WebReadError::Address { service, url: typed.to_owned() }),
    };
    match url.scheme() {
        "https" => Ok(url),
        "http" if is_near => Ok(url),
        "http" => Err(WebReadError::ClearText { service, url: typed.to_owned() }),
        _ => Err(WebReadError::Address { service, url: typed.to_owned() }),
    }
}

async fn fresh(session: &WebSession<'_>, request: &WebRequest) -> Result<FreshToken, WebReadError> {
    let answer: Answer<TokenResponse> = session.json(request).await?;
    let token = answer.value;
    let number = |value: &Value| value.as_i64().or_else(|| value.as_str()?.trim().parse().ok());
    let until = || Some(number(&token.expires_on)? - session.clock().seconds());
    let seconds = number(&token.expires_in).or_else(until).and_then(|it| u64::try_from(it).ok());
    let Some(seconds) = seconds.filter(|_| !token.access_token.is_empty()) else {
        return Err(
            session.malformed(request, "it holds no token, or not for how long it is good".to_owned())
        );
    };
    Ok(FreshToken { secret: token.access_token.into(), lifetime: Duration::from_secs(seconds), proof: None })
}

fn unusable(reason: String) -> WebReadError {
    WebReadError::Credentials { service: NAME, reason }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clear_text_is_for_addresses_that_leave_no_wire() {
        for good in [
            "http://169.254.169.254",
            "http://127.0.0.1:41000/msi/token",
            "http://[fe80::1]",
            "https://a.test",
        ] {
            assert!(near(good).is_ok(), "{good}");
        }
        for bad in
            ["http://10.0.0.1", "http://169.254.169.254.example.test", "ftp://127.0.0.1", "169.254.169.254"]
        {
            assert!(near(bad).is_err(), "{bad}");
        }
    }
}
