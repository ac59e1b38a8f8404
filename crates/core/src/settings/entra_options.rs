//! The part of `connector.toml` that tells how an Entra tenant is signed in to, and who of it counts as what.

use serde::{Deserialize, Serialize};

/// `[entra]` of `connector.toml`. Nothing set means today's behaviour.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct EntraOptions {
    /// How the program proves who it is.
    pub sign_in: EntraSignIn,
    /// The file with the certificate and its key (PEM or PFX). None: `entra.key` holds both in PEM form.
    pub certificate: Option<String>,
    /// The file with the token of a workload's own identity. None: the one that `AZURE_FEDERATED_TOKEN_FILE` names.
    pub token_file: Option<String>,
    /// Where a machine in Azure asks for its tokens. None: the link-local address of the service.
    pub metadata_url: Option<String>,
    /// What is done with guests.
    pub guests: Guests,
    /// Whether the people of groups that the filter hides count in the groups around them. Today's connector flattens after
    /// it has filtered.
    pub flatten_hidden_groups: bool,
}

/// How the program proves who it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EntraSignIn {
    /// By the application's secret.
    #[default]
    Secret,
    /// By the application's certificate.
    Certificate,
    /// As the identity that Azure has given to the machine or the app service.
    ManagedIdentity,
    /// By a token of the workload's own identity that the application trusts.
    WorkloadFederation,
}

/// What is done with guests (accounts with `userType` Guest).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Guests {
    /// They come by their mail address, like everybody; one who has none is left out.
    #[default]
    Mail,
    /// They come by their sign-in name, as it is.
    Upn,
    /// They are out of scope.
    Skip,
}
