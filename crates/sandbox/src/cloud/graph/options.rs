//! What the service is started with.

use super::tenant::Tenant;
use std::time::Duration;

/// The certificate of an application, as the authority knows it.
#[derive(Clone, Debug)]
pub struct AppCertificate {
    /// Its DER form.
    pub der: Vec<u8>,
    /// The public key in DER form (PKCS #1).
    pub public_key: Vec<u8>,
}

/// How the delta functions answer; what they may do by the service's documentation, each on demand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeltaHabits {
    /// Objects on one page.
    pub page: usize,
    /// Members that one occurrence of a group lists; the group occurs again with the next ones.
    pub members: usize,
    /// Whether every third object comes a second time, at the end.
    pub repeats: bool,
    /// Whether objects come last first.
    pub backwards: bool,
    /// Whether a changed object comes with what changed only.
    pub partial: bool,
    /// Whether a group tells that it lost a member whose account was deleted, and got it back with the account.
    pub tells_of_deleted_members: bool,
    /// Whether groups come with their visibility.
    pub visibility: bool,
}

impl Default for DeltaHabits {
    fn default() -> Self {
        Self {
            page: 200,
            members: 1_000,
            repeats: false,
            backwards: false,
            partial: true,
            tells_of_deleted_members: true,
            visibility: true,
        }
    }
}

/// What the service is started with.
#[derive(Clone, Debug)]
pub struct Options {
    /// The name or id of the tenant.
    pub tenant_id: String,
    /// The id of the registered application.
    pub application_id: String,
    /// Its secret.
    pub secret: String,
    /// Its certificate, where it may sign in by one.
    pub certificate: Option<AppCertificate>,
    /// The token of a workload's own identity that the application trusts.
    pub federated_token: Option<String>,
    /// Whether machines in Azure get tokens here too, and the secret by which an app service does.
    pub identity: Option<String>,
    /// How long a token is accepted.
    pub token_lifetime: Duration,
    /// How long each answer takes.
    pub latency: Duration,
    /// How the delta functions answer.
    pub delta: DeltaHabits,
    /// Who is there.
    pub tenant: Tenant,
}

impl Options {
    /// A tenant with an application that may read it.
    pub fn new(tenant: Tenant) -> Self {
        Self {
            tenant_id: "example.onmicrosoft.com".to_owned(),
            application_id: "22222222-0000-4000-8000-000000000000".to_owned(),
            secret: "sandbox-entra-secret".to_owned(),
            certificate: None,
            federated_token: None,
            identity: None,
            token_lifetime: Duration::from_secs(3_599),
            latency: Duration::ZERO,
            delta: DeltaHabits::default(),
            tenant,
        }
    }
}
