//! Google's answers, as far as they matter here (discovery document `admin.directory_v1`).

use serde::{Deserialize, Deserializer};
use serde_json::Value;

#[derive(Deserialize)]
pub(super) struct TokenResponse {
    pub(super) access_token: String,
    pub(super) expires_in: u64,
}

/// One page of a list.
#[derive(Debug, Deserialize)]
pub(super) struct ListResponse<T> {
    pub(super) kind: String,
    #[serde(alias = "users", alias = "groups", alias = "members", default = "Vec::new")]
    pub(super) entries: Vec<T>,
    #[serde(rename = "nextPageToken")]
    pub(super) next: Option<String>,
}

/// What a list is made of.
pub(super) trait Entry {
    /// What the list calls itself: an answer without it comes from somebody else.
    const KIND: &'static str;
    /// What is asked of it.
    const FIELDS: &'static str;
    /// The largest page.
    const MOST: &'static str;
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct UserResponse {
    pub(super) id: String,
    pub(super) primary_email: Option<String>,
    pub(super) org_unit_path: Option<String>,
    pub(super) suspended: Option<bool>,
    pub(super) archived: Option<bool>,
    #[serde(rename = "emails", default, deserialize_with = "is_filled")]
    pub(super) has_emails: bool,
    pub(super) name: Option<NameResponse>,
    #[serde(default, deserialize_with = "organization_id")]
    pub(super) external_ids: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct NameResponse {
    pub(super) full_name: Option<String>,
}

impl UserResponse {
    /// Whether the account may not be used; None: Google does not tell.
    pub(super) fn is_disabled(&self) -> Option<bool> {
        match (self.suspended, self.archived) {
            (Some(true), _) | (_, Some(true)) => Some(true),
            (suspended, _) => suspended,
        }
    }
}

impl Entry for UserResponse {
    const KIND: &'static str = "admin#directory#users";
    const FIELDS: &'static str = "kind,nextPageToken,users(id,primaryEmail,orgUnitPath,suspended,archived,emails,name(fullName),externalIds)";
    const MOST: &'static str = "500";
}

#[derive(Debug, Deserialize)]
pub(super) struct GroupResponse {
    pub(super) id: String,
    pub(super) name: Option<String>,
    pub(super) email: Option<String>,
}

impl Entry for GroupResponse {
    const KIND: &'static str = "admin#directory#groups";
    const FIELDS: &'static str = "kind,nextPageToken,groups(id,name,email)";
    const MOST: &'static str = "200";
}

#[derive(Debug, Deserialize)]
pub(super) struct MemberResponse {
    pub(super) id: Option<String>,
    pub(super) email: Option<String>,
    #[serde(rename = "type")]
    pub(super) kind: Option<String>,
    pub(super) status: Option<String>,
}

impl MemberResponse {
    /// Whether it says of somebody of the account neither who nor what it is: the list must not look shorter by it.
    pub(super) fn is_nobody(&self) -> bool {
        let filled = |text: &Option<String>| text.as_deref().is_some_and(|it| !it.trim().is_empty());
        let is = |kind: &str| self.kind.as_deref().is_some_and(|it| it.eq_ignore_ascii_case(kind));
        !filled(&self.kind) || !filled(&self.id) && (is("GROUP") || is("USER") && filled(&self.status))
    }
}

impl Entry for MemberResponse {
    const KIND: &'static str = "admin#directory#members";
    const FIELDS: &'static str = "kind,nextPageToken,members(id,email,type,status)";
    const MOST: &'static str = "200";
}

/// A single person or group.
#[derive(Debug, Deserialize)]
pub(super) struct IdResponse {
    pub(super) id: String,
}

/// The employee number: the external id of the type `organization`. The list is of any shape.
fn organization_id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let value = Value::deserialize(deserializer)?;
    let of_organization = |it: &&Value| it.get("type").and_then(Value::as_str) == Some("organization");
    let id = value.as_array().and_then(|ids| ids.iter().find(of_organization));
    Ok(id.and_then(|it| it.get("value")).and_then(Value::as_str).map(str::to_owned))
}

fn is_filled<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    let value = Value::deserialize(deserializer)?;
    Ok(!value.is_null() && value != "")
}
