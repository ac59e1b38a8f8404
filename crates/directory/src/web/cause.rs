//! What a service means by a refusal, where its code or its words tell. Each service has its table in its own folder; what is
//! in no table is `Unknown`, is shown as it came, and nothing is blamed for it.

/// What a service means by a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServiceCause {
    /// No table has it: the HTTP status is all that is known.
    Unknown,
    /// A web page came, which no service gives a program: something between answered, or another server.
    WebPage,
    /// Microsoft Entra ID says so.
    Entra(EntraCause),
    /// Google says so.
    Google(GoogleCause),
    /// Okta says so.
    Okta(OktaCause),
}

/// Why Microsoft Entra ID hands out no token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntraCause {
    /// There is no such tenant in this cloud.
    NoTenant,
    /// The tenant has no such application.
    NoApplication,
    /// The application is disabled.
    ApplicationDisabled,
    /// The application that is asked for wants an assignment, and there is none.
    NotAssigned,
    /// The application is registered and has no service principal in the tenant.
    NoServicePrincipal,
    /// The client secret has expired.
    SecretExpired,
    /// The client secret is wrong.
    SecretWrong,
    /// The secret, the certificate or its signature is not accepted.
    CredentialRefused,
    /// The signed token of the application is not valid, for one of many reasons.
    AssertionInvalid,
    /// The application has no secret or certificate of this kind.
    NoCredential,
    /// The clocks differ.
    Clock,
    /// The application does not know the certificate.
    CertificateUnknown,
    /// The certificate has expired.
    CertificateExpired,
    /// The federated token is not trusted.
    TokenNotTrusted,
    /// The addresses belong to different clouds.
    OtherCloud,
    /// A conditional access policy forbids it.
    ConditionalAccess,
    /// Nobody consented to the permissions.
    NoConsent,
    /// The service is busy.
    Busy,
    /// A refusal of a token with a number that is not in the table, or with none.
    Other,
}

/// Why Google refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GoogleCause {
    /// The service account may not act for the administrator with these scopes.
    NoDelegation,
    /// There is no such administrator, or it was deleted, suspended or renamed.
    NoAdministrator,
    /// The key is not one of the service account's.
    KeyUnknown,
    /// The clocks differ.
    Clock,
    /// There is no such service account, or it was deleted.
    NoServiceAccount,
    /// The service account is disabled.
    ServiceAccountDisabled,
    /// A policy of the organization forbids it.
    Policy,
    /// The Admin SDK API is not enabled in the project.
    ApiDisabled,
    /// The administrator's role lacks the privileges.
    NoPrivilege,
    /// The project's quota is used up.
    Quota,
    /// There is no such domain.
    NoDomain,
    /// There is no such group.
    NoGroup,
    /// The customer or the domain cannot be asked for.
    NoCustomer,
    /// A query is not understood, or another part of the request.
    InvalidInput,
    /// A refusal of a token for a reason that is not in the table.
    Other,
}

/// Why Okta refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OktaCause {
    /// The API token is wrong, expired or revoked.
    TokenInvalid,
    /// The administrator or the app lacks a permission.
    NoPermission,
    /// A search or filter is not understood.
    InvalidSearch,
    /// What was asked for is not there.
    NotFound,
    /// The rate limit is used up.
    RateLimit,
    /// The app's id or key is not accepted.
    ClientInvalid,
    /// The app may not have a scope that was asked for.
    ScopeNotGranted,
    /// The organization does not have this feature, or has ended.
    NotAvailable,
}
