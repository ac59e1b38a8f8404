//! What a server tells a person who signs in.

use serde::Deserialize;

/// The answer of `POST /accounts/prelogin`: how the password becomes a key.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PreloginResponse {
    /// 0 PBKDF2 with SHA-256, 1 Argon2id.
    pub kdf: u32,
    /// Rounds of PBKDF2, or passes of Argon2id.
    pub kdf_iterations: u32,
    /// Argon2id only, in MiB.
    pub kdf_memory: Option<u32>,
    /// Argon2id only.
    pub kdf_parallelism: Option<u32>,
    /// Stands in the place of the address, where the server gives one; Vaultwarden gives null.
    pub salt: Option<String>,
}

/// The part of `GET /accounts/profile` that tells what a person belongs to.
#[derive(Clone, Debug, Deserialize)]
pub struct ProfileResponse {
    /// The id of the account.
    pub id: String,
    /// Every organization in which the person has joined.
    #[serde(default)]
    pub organizations: Vec<ProfileOrganizationResponse>,
}

/// One organization of a [`ProfileResponse`].
#[derive(Clone, Debug, Deserialize)]
pub struct ProfileOrganizationResponse {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: Option<String>,
    /// The person's role: 0 owner, 1 admin, 2 user, 4 custom.
    #[serde(rename = "type")]
    pub role: i32,
    /// Where the person stands: 2 confirmed.
    pub status: i32,
    /// Whether it is in use.
    #[serde(default = "enabled")]
    pub enabled: bool,
}

fn enabled() -> bool {
    true
}

/// A member as `GET /organizations/{id}/users?includeGroups=true` shows it to an administrator.
#[derive(Clone, Debug, Deserialize)]
pub struct UserDetailsResponse {
    /// What the Public API shows, too.
    #[serde(flatten)]
    pub member: super::MemberResponse,
    /// The ids of the groups that the member is in; None when the server did not say.
    pub groups: Option<Vec<crate::names::GroupId>>,
}
