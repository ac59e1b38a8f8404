//! The secrets that there are, and what each is called where.

use crate::store::{DataFile, secret_field};
use bwdc_core::settings::DirectoryKind;

/// The secrets that we know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SecretName {
    /// The password of the LDAP bind.
    LdapPassword,
    /// The client secret of the Entra application.
    EntraKey,
    /// The private key of the Google service account.
    GsuiteKey,
    /// The Okta token.
    OktaToken,
    /// The OneLogin client secret.
    OneLoginSecret,
    /// The token of the current sign-in. Its presence is what "logged in" means.
    AccessToken,
    /// The token that renews it.
    RefreshToken,
    /// The id of the organization's API key.
    ApiKeyClientId,
    /// The secret of the organization's API key.
    ApiKeyClientSecret,
    /// By which a person's sign-in needs no second step.
    TwoStepToken,
    /// The id of the personal API key by which the organization is observed.
    ObserverClientId,
    /// The secret of that key.
    ObserverClientSecret,
    /// The token that was last given for that key.
    ObserverToken,
}

impl SecretName {
    /// The secret by which a kind of directory is read.
    pub fn of_directory(kind: DirectoryKind) -> Self {
        match kind {
            DirectoryKind::Ldap => Self::LdapPassword,
            DirectoryKind::Entra => Self::EntraKey,
            DirectoryKind::Google => Self::GsuiteKey,
            DirectoryKind::Okta => Self::OktaToken,
            DirectoryKind::OneLogin => Self::OneLoginSecret,
        }
    }

    /// The name under which a person knows the secret.
    pub fn label(self) -> &'static str {
        match self {
            Self::LdapPassword => "ldap.password",
            Self::EntraKey => "entra.key",
            Self::GsuiteKey => "gsuite.key",
            Self::OktaToken => "okta.token",
            Self::OneLoginSecret => "onelogin.secret",
            Self::AccessToken => "access token",
            Self::RefreshToken => "refresh token",
            Self::ApiKeyClientId => "API key id",
            Self::ApiKeyClientSecret => "API key secret",
            Self::TwoStepToken => "remembered two-step login",
            Self::ObserverClientId => "observer's key id",
            Self::ObserverClientSecret => "observer's key secret",
            Self::ObserverToken => "observer's token",
        }
    }

    /// What a sign-in leaves, besides the refresh token that only other programs keep.
    pub(crate) const SIGN_IN: [Self; 7] = [
        Self::AccessToken,
        Self::ApiKeyClientId,
        Self::ApiKeyClientSecret,
        Self::TwoStepToken,
        Self::ObserverClientId,
        Self::ObserverClientSecret,
        Self::ObserverToken,
    ];

    /// The environment variable that provides it, where it is a directory's.
    pub fn variable(self) -> String {
        format!("BWDC_SECRET_{}", self.label().to_ascii_uppercase().replace('.', "_"))
    }

    /// The same for a further source.
    pub fn variable_of_source(self, source: &str) -> String {
        let source = source.to_ascii_uppercase().replace('-', "_");
        self.variable().replacen("BWDC_SECRET_", &format!("BWDC_SECRET_{source}_"), 1)
    }

    /// Whether a directory is read by it, so that each source has its own.
    pub(super) fn directory(self) -> Option<DirectoryKind> {
        match self {
            Self::LdapPassword => Some(DirectoryKind::Ldap),
            Self::EntraKey => Some(DirectoryKind::Entra),
            Self::GsuiteKey => Some(DirectoryKind::Google),
            Self::OktaToken => Some(DirectoryKind::Okta),
            Self::OneLoginSecret => Some(DirectoryKind::OneLogin),
            Self::AccessToken
            | Self::RefreshToken
            | Self::ApiKeyClientId
            | Self::ApiKeyClientSecret
            | Self::TwoStepToken
            | Self::ObserverClientId
            | Self::ObserverClientSecret
            | Self::ObserverToken => None,
        }
    }

    /// The key in `data.json`, within the directory's settings where the secret is a directory's.
    pub(super) fn field(self) -> &'static str {
        match self {
            Self::LdapPassword => secret_field(DirectoryKind::Ldap),
            Self::EntraKey => secret_field(DirectoryKind::Entra),
            Self::GsuiteKey => secret_field(DirectoryKind::Google),
            Self::OktaToken => secret_field(DirectoryKind::Okta),
            Self::OneLoginSecret => secret_field(DirectoryKind::OneLogin),
            Self::AccessToken => "accessToken",
            Self::RefreshToken => "refreshToken",
            Self::ApiKeyClientId => "apiKeyClientId",
            Self::ApiKeyClientSecret => "apiKeyClientSecret",
            Self::TwoStepToken => "twoFactorToken",
            Self::ObserverClientId => "observerClientId",
            Self::ObserverClientSecret => "observerClientSecret",
            Self::ObserverToken => "observerAccessToken",
        }
    }

    /// The names in a store, the official connector's own and the one to store under first: a directory's secret belongs
    /// to the directory's account.
    pub(super) fn accounts(self, data: &DataFile) -> Vec<String> {
        let (names, kind): (&[&str], _) = match self {
            Self::LdapPassword => (&["secretLdap"], DirectoryKind::Ldap),
            // The directory had another name in older versions.
            Self::EntraKey => (&["secretEntra", "secretAzure"], DirectoryKind::Entra),
            Self::GsuiteKey => (&["secretGsuite"], DirectoryKind::Google),
            Self::OktaToken => (&["secretOkta"], DirectoryKind::Okta),
            Self::OneLoginSecret => (&["secretOneLogin"], DirectoryKind::OneLogin),
            account => return vec![account.field().to_owned()],
        };
        // An entry without an id is of an installation without one: it may be another account's where there is one.
        let id = data.directory_id(kind).map(|id| format!(":{id}")).unwrap_or_default();
        names.iter().map(|name| format!("{name}{id}")).collect()
    }

    /// The first of them.
    pub(super) fn account(self, data: &DataFile) -> String {
        self.accounts(data).swap_remove(0)
    }

    /// Every secret.
    pub const ALL: [Self; 13] = [
        Self::LdapPassword,
        Self::EntraKey,
        Self::GsuiteKey,
        Self::OktaToken,
        Self::OneLoginSecret,
        Self::AccessToken,
        Self::RefreshToken,
        Self::ApiKeyClientId,
        Self::ApiKeyClientSecret,
        Self::TwoStepToken,
        Self::ObserverClientId,
        Self::ObserverClientSecret,
        Self::ObserverToken,
    ];
}
