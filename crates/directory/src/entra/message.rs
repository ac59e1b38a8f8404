//! What Graph sends, as far as it is read (Microsoft Graph REST API v1.0).

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

/// A page of any list.
#[derive(Deserialize)]
#[serde(bound(deserialize = "T: Deserialize<'de>"))]
pub(super) struct PageResponse<T> {
    pub(super) value: Vec<T>,
    #[serde(rename = "@odata.nextLink")]
    pub(super) next: Option<String>,
}

/// A person of the list. Graph sends every property that was asked for, `null` where it is not set: one that is missing
/// makes the page one that cannot be understood.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct UserResponse {
    pub(super) id: String,
    #[serde(deserialize_with = "there")]
    pub(super) mail: Option<String>,
    #[serde(deserialize_with = "there")]
    pub(super) user_principal_name: Option<String>,
    #[serde(deserialize_with = "there")]
    pub(super) account_enabled: Option<bool>,
    #[serde(deserialize_with = "there")]
    pub(super) user_type: Option<String>,
    /// Where a service leaves it out, it is not known.
    #[serde(default)]
    pub(super) employee_id: Option<String>,
    #[serde(default)]
    pub(super) display_name: Option<String>,
}

/// A person of whom the id is all that matters.
#[derive(Deserialize)]
pub(super) struct IdResponse {
    pub(super) id: String,
}

/// A group, or an administrative unit.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct GroupResponse {
    pub(super) id: String,
    #[serde(deserialize_with = "there")]
    pub(super) display_name: Option<String>,
    #[serde(deserialize_with = "there")]
    pub(super) visibility: Option<String>,
}

impl GroupResponse {
    pub(super) fn hides_members(&self) -> bool {
        hides_members(self.visibility.as_deref())
    }
}

/// Whether a group's list of members is shown to applications with `Member.Read.Hidden` only; to others it looks empty.
pub(super) fn hides_members(visibility: Option<&str>) -> bool {
    visibility.is_some_and(|it| it.eq_ignore_ascii_case("HiddenMembership"))
}

/// Takes `null`; unlike an `Option` alone it does not take a property that is missing.
fn there<'de, D: Deserializer<'de>, T: Deserialize<'de>>(input: D) -> Result<Option<T>, D::Error> {
    Option::deserialize(input)
}

#[derive(Deserialize)]
pub(super) struct MemberResponse {
    #[serde(rename = "@odata.type")]
    pub(super) kind: String,
    pub(super) id: String,
}

#[derive(Serialize)]
pub(super) struct BatchRequest<'a> {
    pub(super) requests: Vec<BatchItem<'a>>,
}

#[derive(Serialize)]
pub(super) struct BatchItem<'a> {
    pub(super) id: String,
    pub(super) method: &'static str,
    pub(super) url: &'a str,
}

#[derive(Deserialize)]
pub(super) struct BatchResponse {
    pub(super) responses: Vec<BatchItemResponse>,
}

#[derive(Deserialize)]
pub(super) struct BatchItemResponse {
    pub(super) id: String,
    pub(super) status: u16,
    #[serde(default)]
    pub(super) headers: std::collections::HashMap<String, String>,
    #[serde(default)]
    pub(super) body: Value,
}
