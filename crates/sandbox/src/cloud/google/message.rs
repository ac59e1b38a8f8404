//! Answers as the discovery document `admin.directory_v1` describes them.

use super::tenant::{Group, Member, MemberKind, Places, Tenant, User};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// What the stand-in knows of each kind of answer, by the name of its schema: what `fields` may choose from.
pub const PROPERTIES: [(&str, &[&str]); 6] = [
    ("Users", &["kind", "etag", "users", "nextPageToken"]),
    (
        "User",
        &[
            "kind",
            "etag",
            "id",
            "primaryEmail",
            "name",
            "emails",
            "aliases",
            "orgUnitPath",
            "organizations",
            "suspended",
            "archived",
            "deletionTime",
            "customerId",
            "externalIds",
        ],
    ),
    ("Groups", &["kind", "etag", "groups", "nextPageToken"]),
    ("Group", &["kind", "etag", "id", "email", "name", "directMembersCount"]),
    ("Members", &["kind", "etag", "members", "nextPageToken"]),
    ("Member", &["kind", "etag", "id", "email", "role", "type", "status"]),
];

pub(super) const CUSTOMER: &str = "C00sandbox";

pub(super) fn user(user: &User) -> Value {
    let mut value = json!({
        "kind": "admin#directory#user", "etag": format!("\"u{}\"", user.id), "id": user.id,
        "primaryEmail": user.primary_email,
        "name": { "givenName": user.name.0, "familyName": user.name.1, "fullName": full_name(user) },
        "orgUnitPath": user.org_unit_path, "suspended": user.suspended, "archived": user.archived,
        "customerId": CUSTOMER,
    });
    if user.has_emails {
        let further = user.aliases.iter().map(|alias| json!({ "address": alias }));
        let first = json!({ "address": user.primary_email, "primary": true });
        value["emails"] = [first].into_iter().chain(further).collect();
    }
    if !user.aliases.is_empty() {
        value["aliases"] = json!(user.aliases);
    }
    if !user.title.is_empty() {
        value["organizations"] = json!([{ "title": user.title, "primary": true }]);
    }
    if let Some(number) = &user.employee_number {
        value["externalIds"] = json!([
            { "value": "other", "type": "account" },
            { "value": number, "type": "organization" },
        ]);
    }
    if user.deleted {
        value["deletionTime"] = "2026-01-01T00:00:00.000Z".into();
    }
    value
}

pub(super) fn full_name(user: &User) -> String {
    format!("{} {}", user.name.0, user.name.1)
}

pub(super) fn group(group: &Group) -> Value {
    json!({
        "kind": "admin#directory#group", "etag": format!("\"g{}\"", group.id), "id": group.id,
        "email": group.email, "name": group.name, "directMembersCount": group.members.len().to_string(),
    })
}

/// None: somebody or something that was deleted is a member no more.
pub(super) fn member(member: &Member, tenant: &Tenant, places: &Places) -> Option<Value> {
    let mut value = json!({ "kind": "admin#directory#member", "etag": "\"m\"", "role": member.role });
    let mut put = |name: &str, text: &str| value[name] = text.into();
    match &member.kind {
        MemberKind::User(id) => {
            let user = &tenant.users[*places.users.get(id)?];
            if user.deleted {
                return None;
            }
            put("type", "USER");
            put("id", id);
            put("email", &user.primary_email);
            put("status", if user.suspended || user.archived { "SUSPENDED" } else { "ACTIVE" });
        }
        MemberKind::Group(id) => {
            let group = &tenant.groups[*places.groups.get(id)?];
            put("type", "GROUP");
            put("id", id);
            put("email", &group.email);
            put("status", "ACTIVE");
        }
        MemberKind::ForeignGroup(address) => {
            put("type", "GROUP");
            put("id", &outside_id(address));
            put("email", address);
        }
        MemberKind::Customer => {
            put("type", "CUSTOMER");
            put("id", CUSTOMER);
        }
        MemberKind::Outside(address) | MemberKind::External(address) => {
            let outside = matches!(member.kind, MemberKind::Outside(_));
            put("type", if outside { "USER" } else { "EXTERNAL" });
            put("id", &outside_id(address));
            put("email", address);
        }
    }
    Some(value)
}

/// An id that is nobody's here: 21 digits that begin with 9.
pub(super) fn outside_id(address: &str) -> String {
    let number = address.bytes().fold(7u64, |hash, byte| hash.wrapping_mul(31).wrapping_add(byte.into()));
    format!("9{number:020}")
}

/// A refusal in the API's own form.
pub(super) struct Refusal {
    pub(super) status: u16,
    pub(super) reason: &'static str,
    pub(super) message: String,
}

pub(super) fn refusal(status: u16, reason: &'static str, message: &str) -> Refusal {
    Refusal { status, reason, message: message.to_owned() }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let Self { status, reason, message } = self;
        let body = json!({ "error": {
            "code": status, "message": message,
            "errors": [{ "message": message, "domain": "global", "reason": reason }],
        } });
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        (status, axum::Json(body)).into_response()
    }
}
