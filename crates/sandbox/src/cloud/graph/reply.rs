//! An answer, and how a user is written in it.

use super::tenant::{Tenant, User};
use serde_json::{Value, json};

/// An answer before it is turned into HTTP.
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) retry_after: Option<u64>,
    pub(super) body: Value,
}

impl Reply {
    pub(super) fn ok(body: Value) -> Self {
        Self { status: 200, retry_after: None, body }
    }

    pub(super) fn error(status: u16, code: &str, message: &str) -> Self {
        let body = json!({"error": {"code": code, "message": message, "innererror": {
            "date": "2026-01-01T00:00:00", "request-id": "00000000-0000-0000-0000-000000000000",
            "client-request-id": "00000000-0000-0000-0000-000000000000"}}});
        Self { status, retry_after: None, body }
    }

    pub(super) fn missing(id: &str) -> Self {
        let message = format!(
            "Resource '{id}' does not exist or one of its queried reference-property objects are not present."
        );
        Self::error(404, "Request_ResourceNotFound", &message)
    }
}

pub(super) fn user_properties(user: &User, tenant: &Tenant) -> [(&'static str, Value); 7] {
    let enabled = (!tenant.states_hidden.contains(&user.id)).then_some(user.enabled);
    [
        ("id", json!(user.id)),
        ("mail", json!(user.mail)),
        ("userPrincipalName", json!(user.user_principal_name)),
        ("accountEnabled", json!(enabled)),
        ("employeeId", json!(user.employee_id)),
        ("displayName", json!(user.display_name)),
        ("userType", json!(if user.guest { "Guest" } else { "Member" })),
    ]
}

/// The names in a `$select`.
pub(super) fn select_of(typed: Option<&str>) -> Vec<String> {
    let names = typed.unwrap_or_default().split(',').map(str::trim);
    names.filter(|it| !it.is_empty()).map(str::to_owned).collect()
}

/// Without `$select` the service leaves `accountEnabled`, `userType` and `employeeId` out.
pub(super) fn selected(select: &[String], properties: &[(&str, Value)]) -> Value {
    let wanted = |name: &str| {
        if select.is_empty() {
            !matches!(name, "accountEnabled" | "userType" | "employeeId")
        } else {
            name == "id" || select.iter().any(|it| it.eq_ignore_ascii_case(name))
        }
    };
    let chosen = properties.iter().filter(|(name, _)| wanted(name));
    Value::Object(chosen.map(|(name, value)| ((*name).to_owned(), value.clone())).collect())
}
