//! OneLogin's answers, as far as they matter here (OneLogin, "API v2" and "API v1": users, roles, groups).

use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
pub(super) struct TokenResponse {
    pub(super) access_token: String,
    pub(super) expires_in: Option<u64>,
}

/// The hourly limit of the account (OneLogin, "Get Rate Limit").
#[derive(Deserialize)]
pub(super) struct LimitResponse {
    pub(super) data: Limit,
}

#[derive(Deserialize)]
pub(super) struct Limit {
    #[serde(rename = "X-RateLimit-Limit")]
    pub(super) limit: u64,
    #[serde(rename = "X-RateLimit-Remaining")]
    pub(super) remaining: u64,
    /// Seconds until the end of the hour.
    #[serde(rename = "X-RateLimit-Reset")]
    pub(super) reset: u64,
}

/// A person. What was asked for has to be there, be it null: a field that is missing is an answer to another question, and
/// must not be taken for "no address", "active" or "in no role".
#[derive(Debug, Deserialize, Serialize)]
pub(super) struct UserResponse {
    pub(super) id: u64,
    #[serde(deserialize_with = "Option::deserialize")]
    pub(super) email: Option<String>,
    #[serde(deserialize_with = "Option::deserialize")]
    pub(super) username: Option<String>,
    #[serde(deserialize_with = "Option::deserialize")]
    pub(super) status: Option<u64>,
    #[serde(deserialize_with = "Option::deserialize")]
    pub(super) group_id: Option<u64>,
    #[serde(deserialize_with = "Option::deserialize")]
    pub(super) updated_at: Option<String>,
    /// Kept of older reads they are missing.
    #[serde(rename = "firstname", default)]
    pub(super) first_name: Option<String>,
    #[serde(rename = "lastname", default)]
    pub(super) last_name: Option<String>,
}

/// A person with the roles, as the first version lists them.
#[derive(Debug, Deserialize)]
pub(super) struct UserWithRolesResponse {
    #[serde(flatten)]
    pub(super) user: UserResponse,
    /// None: OneLogin does not tell; who is in none has an empty list.
    #[serde(rename = "role_id", deserialize_with = "Option::deserialize")]
    pub(super) roles: Option<Vec<u64>>,
}

/// Somebody of whom nothing but the number matters.
#[derive(Debug, Deserialize)]
pub(super) struct NumberResponse {
    pub(super) id: u64,
}

/// Somebody of whom the number matters, and whether the account may be used.
#[derive(Debug, Deserialize)]
pub(super) struct AccountResponse {
    pub(super) id: u64,
    pub(super) status: Option<u64>,
}

/// A role or a group.
#[derive(Debug, Deserialize)]
pub(super) struct RoleResponse {
    pub(super) id: u64,
    #[serde(deserialize_with = "Option::deserialize")]
    pub(super) name: Option<String>,
}

/// A list of the first version.
#[derive(Debug, Deserialize)]
pub(super) struct ListResponse<T> {
    pub(super) status: Status,
    pub(super) pagination: Pagination,
    pub(super) data: Vec<T>,
}

/// One thing of the first version: a list of one, without pages.
#[derive(Debug, Deserialize)]
pub(super) struct OneResponse<T> {
    pub(super) status: Status,
    pub(super) data: Vec<T>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Status {
    pub(super) error: bool,
}

#[derive(Debug, Deserialize)]
pub(super) struct Pagination {
    #[serde(deserialize_with = "Option::deserialize")]
    pub(super) next_link: Option<String>,
}

/// Something with OneLogin's number for it.
pub(super) trait Numbered {
    fn id(&self) -> u64;
}

impl Numbered for UserResponse {
    fn id(&self) -> u64 {
        self.id
    }
}

impl Numbered for RoleResponse {
    fn id(&self) -> u64 {
        self.id
    }
}

impl Numbered for UserWithRolesResponse {
    fn id(&self) -> u64 {
        self.user.id
    }
}

impl Numbered for NumberResponse {
    fn id(&self) -> u64 {
        self.id
    }
}
