//! Okta's answers, as far as they matter here (Okta, "Users" and "Groups" of the management API).

use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct UserResponse {
    pub(super) id: String,
    pub(super) status: String,
    #[serde(rename = "lastUpdated")]
    pub(super) last_updated: Option<String>,
    pub(super) profile: Profile,
}

/// Everybody has a login; an answer without it is no person's.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Profile {
    pub(super) login: String,
    pub(super) email: Option<String>,
    #[serde(rename = "employeeNumber", default)]
    pub(super) employee_number: Option<String>,
    #[serde(rename = "displayName", default)]
    pub(super) display_name: Option<String>,
    #[serde(rename = "firstName", default)]
    pub(super) first_name: Option<String>,
    #[serde(rename = "lastName", default)]
    pub(super) last_name: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct GroupResponse {
    pub(super) id: String,
    #[serde(rename = "lastUpdated")]
    pub(super) last_updated: Option<String>,
    #[serde(rename = "lastMembershipUpdated")]
    pub(super) last_membership_updated: Option<String>,
    pub(super) profile: GroupProfile,
}

#[derive(Debug, Deserialize)]
pub(super) struct GroupProfile {
    pub(super) name: String,
}

/// A member of a group; everything else about the person comes from the list of people.
#[derive(Debug, Deserialize)]
pub(super) struct MemberResponse {
    pub(super) id: String,
}
