//! What Graph sends, as far as it is read (Microsoft Graph REST API v1.0).

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A page of any list.
#[derive(Deserialize)]
#[serde(bound(deserialize = "T: Deserialize<'de>"))]
pub(super) struct PageResponse<T> {
    pub(super) value: Vec<T>,
    #[serde(rename = "@odata.nextLink")]
    pub(super) next: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct UserResponse {
    pub(super) id: String,
    #[serde(default)]
    pub(super) mail: Option<String>,
    #[serde(default)]
    pub(super) user_principal_name: Option<String>,
    #[serde(default)]
    pub(super) account_enabled: Option<bool>,
    #[serde(default)]
    pub(super) user_type: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct GroupResponse {
    pub(super) id: String,
    #[serde(default)]
    pub(super) display_name: Option<String>,
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
