//! OneLogin's answers, as far as they matter here (OneLogin, "API v2" and "API v1": users, roles, groups).

use serde::Deserialize;

#[derive(Deserialize)]
pub(super) struct TokenResponse {
    pub(super) access_token: String,
    pub(super) expires_in: Option<u64>,
}

#[derive(Debug, Deserialize)]
pub(super) struct UserResponse {
    pub(super) id: u64,
    pub(super) email: Option<String>,
    pub(super) username: Option<String>,
    pub(super) status: Option<u8>,
    pub(super) group_id: Option<u64>,
    /// The first version lists a person's roles here.
    pub(super) role_id: Option<Vec<u64>>,
}

/// A role or a group.
#[derive(Debug, Deserialize)]
pub(super) struct RoleResponse {
    pub(super) id: u64,
    pub(super) name: Option<String>,
}

/// A person of a role; everything else about the person comes from the list of people.
#[derive(Debug, Deserialize)]
pub(super) struct MemberResponse {
    pub(super) id: u64,
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

impl Numbered for MemberResponse {
    fn id(&self) -> u64 {
        self.id
    }
}
