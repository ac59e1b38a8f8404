//! What the vendors' descriptions of their services let an answer be: the values that may be null or missing, and the refusals.
//!
//! `scripts/check_fakes.py` changes the stand-ins' answers in each of these ways and holds them against the descriptions: what
//! this table allows fits there, and what it forbids does not. A test can ask for each.

use crate::faults::{Answer, Fault};
use serde_json::{Value, json};

/// What may stand in one place of an answer, by the vendor's description.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lets {
    /// The value is always there.
    Nothing,
    /// It may be left out.
    Missing,
    /// It may be left out, and it may be null.
    NullAndMissing,
}

/// One place in the answers of a service.
#[derive(Clone, Copy, Debug)]
pub struct OddValue {
    /// The method of the request.
    pub method: &'static str,
    /// With what its path begins.
    pub path: &'static str,
    /// The place in the answer (RFC 6901).
    pub pointer: &'static str,
    /// What the vendor's description lets it be; None: it says nothing of this place.
    pub lets: Option<Lets>,
}

impl OddValue {
    const fn get(path: &'static str, pointer: &'static str, lets: Lets) -> Self {
        Self { method: "GET", path, pointer, lets: Some(lets) }
    }

    const fn frame(method: &'static str, path: &'static str, pointer: &'static str) -> Self {
        Self { method, path, pointer, lets: None }
    }

    /// The fault that puts null in its place, or nothing.
    pub fn fault(&self, null: bool) -> Fault {
        Fault::OddValue { pointer: self.pointer.to_owned(), value: null.then_some(Value::Null) }
    }
}

/// A service that has a description.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// Microsoft Graph.
    Graph,
    /// Google's directory API.
    Google,
    /// Okta.
    Okta,
    /// OneLogin's second API.
    OneLogin,
    /// OneLogin's first API, of which no description is left.
    OneLoginFirst,
}

impl Service {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Graph, Self::Google, Self::Okta, Self::OneLogin, Self::OneLoginFirst];

    /// The places in its answers that a read looks at.
    pub fn odd_values(self) -> &'static [OddValue] {
        match self {
            Self::Graph => GRAPH,
            Self::Google => GOOGLE,
            Self::Okta => OKTA,
            Self::OneLogin => ONELOGIN,
            Self::OneLoginFirst => ONELOGIN_FIRST,
        }
    }

    /// With what the paths of its lists begin.
    pub fn lists(self) -> &'static [&'static str] {
        match self {
            Self::Graph => &["/v1.0/users?", "/v1.0/groups?", "/v1.0/directory/deletedItems"],
            Self::Google => {
                &["/admin/directory/v1/users?", "/admin/directory/v1/groups?", "/admin/directory/v1/groups/"]
            }
            Self::Okta => &["/api/v1/users?", "/api/v1/groups?", "/api/v1/groups/"],
            Self::OneLogin => &["/api/2/users?", "/api/2/roles?", "/api/2/roles/"],
            Self::OneLoginFirst => &["/api/1/users?", "/api/1/roles"],
        }
    }

    /// The refusal with this status in the vendor's own words: 401 for a token that is not good any more, 403 for a right that
    /// is missing.
    pub fn refusal(self, status: u16) -> Answer {
        let lacks_right = status == 403;
        let body = match self {
            Self::Graph => {
                let code =
                    if lacks_right { "Authorization_RequestDenied" } else { "InvalidAuthenticationToken" };
                let message = if lacks_right {
                    "Insufficient privileges to complete the operation."
                } else {
                    "Lifetime validation failed, the token is expired."
                };
                json!({ "error": { "code": code, "message": message } })
            }
            Self::Google => {
                let (reason, message) = if lacks_right {
                    ("forbidden", "Not Authorized to access this resource/api")
                } else {
                    ("authError", "Invalid Credentials")
                };
                let errors = [json!({ "domain": "global", "reason": reason, "message": message })];
                json!({ "error": { "code": status, "message": message, "errors": errors } })
            }
            Self::Okta => {
                let (code, summary) = if lacks_right {
                    ("E0000006", "You do not have permission to perform the requested action")
                } else {
                    ("E0000011", "Invalid token provided")
                };
                json!({ "errorCode": code, "errorSummary": summary, "errorLink": code, "errorId": "oae1", "errorCauses": [] })
            }
            Self::OneLogin => {
                let name = if lacks_right { "ForbiddenError" } else { "Unauthorized" };
                json!({ "statusCode": status, "name": name, "message": "insufficient scope" })
            }
            Self::OneLoginFirst => {
                let kind = if lacks_right { "Forbidden" } else { "Unauthorized" };
                json!({ "status": { "error": true, "code": status, "type": kind, "message": "refused" } })
            }
        };
        Answer::json(status, &body.to_string())
    }
}

use Lets::{Missing, NullAndMissing};

const GRAPH: &[OddValue] = &[
    OddValue::get("/v1.0/users?", "/value/0/id", Missing),
    OddValue::get("/v1.0/users?", "/value/0/mail", NullAndMissing),
    OddValue::get("/v1.0/users?", "/value/0/userPrincipalName", NullAndMissing),
    OddValue::get("/v1.0/users?", "/value/0/accountEnabled", NullAndMissing),
    OddValue::get("/v1.0/users?", "/value/0/userType", NullAndMissing),
    OddValue::get("/v1.0/users?", "/value/0/employeeId", NullAndMissing),
    OddValue::get("/v1.0/users?", "/value/0/displayName", NullAndMissing),
    OddValue::get("/v1.0/users?", "/value", Missing),
    OddValue::get("/v1.0/groups?", "/value/0/id", Missing),
    OddValue::get("/v1.0/groups?", "/value/0/displayName", NullAndMissing),
    OddValue::get("/v1.0/groups?", "/value/0/visibility", NullAndMissing),
    OddValue::get("/v1.0/groups?", "/value", Missing),
    OddValue::get("/v1.0/directory/deletedItems", "/value/0/id", Missing),
    OddValue::frame("POST", "/v1.0/$batch", "/responses/0/body/value/0/id"),
    OddValue::frame("POST", "/v1.0/$batch", "/responses/0/body/value/0/@odata.type"),
    OddValue::frame("POST", "/v1.0/$batch", "/responses/0/body"),
    OddValue::frame("POST", "/v1.0/$batch", "/responses/0/status"),
];

const GOOGLE: &[OddValue] = &[
    OddValue::get("/admin/directory/v1/users?", "/users/0/id", Missing),
    OddValue::get("/admin/directory/v1/users?", "/users/0/primaryEmail", Missing),
    OddValue::get("/admin/directory/v1/users?", "/users/0/suspended", Missing),
    OddValue::get("/admin/directory/v1/users?", "/users/0/archived", Missing),
    OddValue::get("/admin/directory/v1/users?", "/users/0/orgUnitPath", Missing),
    OddValue::get("/admin/directory/v1/users?", "/users/0/emails", NullAndMissing),
    OddValue::get("/admin/directory/v1/users?", "/users/0/name", Missing),
    OddValue::get("/admin/directory/v1/users?", "/users/0/externalIds", NullAndMissing),
    OddValue::get("/admin/directory/v1/users?", "/kind", Missing),
    OddValue::get("/admin/directory/v1/groups?", "/groups/0/id", Missing),
    OddValue::get("/admin/directory/v1/groups?", "/groups/0/name", Missing),
    OddValue::get("/admin/directory/v1/groups?", "/groups/0/email", Missing),
    OddValue::get("/admin/directory/v1/groups/", "/members/0/id", Missing),
    OddValue::get("/admin/directory/v1/groups/", "/members/0/type", Missing),
    OddValue::get("/admin/directory/v1/groups/", "/members/0/status", Missing),
    OddValue::get("/admin/directory/v1/groups/", "/members/0/email", Missing),
    OddValue::get("/admin/directory/v1/groups/", "/kind", Missing),
];

const OKTA: &[OddValue] = &[
    OddValue::get("/api/v1/users?", "/0/id", Missing),
    OddValue::get("/api/v1/users?", "/0/status", Missing),
    OddValue::get("/api/v1/users?", "/0/lastUpdated", Missing),
    OddValue::get("/api/v1/users?", "/0/profile", Missing),
    OddValue::get("/api/v1/users?", "/0/profile/email", Missing),
    OddValue::get("/api/v1/users?", "/0/profile/login", Missing),
    OddValue::get("/api/v1/groups?", "/0/id", Missing),
    OddValue::get("/api/v1/groups?", "/0/lastUpdated", Missing),
    OddValue::get("/api/v1/groups?", "/0/lastMembershipUpdated", Missing),
    OddValue::get("/api/v1/groups?", "/0/profile", Missing),
    OddValue::get("/api/v1/groups?", "/0/profile/name", Missing),
    OddValue::get("/api/v1/groups/", "/0/id", Missing),
    OddValue::get("/api/v1/groups/", "/0/status", Missing),
];

const ONELOGIN: &[OddValue] = &[
    OddValue::get("/api/2/users?", "/0/id", NullAndMissing),
    OddValue::get("/api/2/users?", "/0/status", NullAndMissing),
    OddValue::get("/api/2/users?", "/0/email", NullAndMissing),
    OddValue::get("/api/2/users?", "/0/username", NullAndMissing),
    OddValue::get("/api/2/users?", "/0/updated_at", NullAndMissing),
    OddValue::get("/api/2/roles?", "/0/id", NullAndMissing),
    OddValue::get("/api/2/roles?", "/0/name", Lets::Nothing),
    OddValue::get("/api/2/roles/", "/0/id", NullAndMissing),
];

const ONELOGIN_FIRST: &[OddValue] = &[
    OddValue::frame("GET", "/api/1/users?", "/data/0/id"),
    OddValue::frame("GET", "/api/1/users?", "/data/0/status"),
    OddValue::frame("GET", "/api/1/users?", "/data/0/email"),
    OddValue::frame("GET", "/api/1/users?", "/data/0/username"),
    OddValue::frame("GET", "/api/1/users?", "/data/0/role_id"),
    OddValue::frame("GET", "/api/1/users?", "/data"),
    OddValue::frame("GET", "/api/1/users?", "/pagination"),
    OddValue::frame("GET", "/api/1/roles", "/data/0/id"),
    OddValue::frame("GET", "/api/1/roles", "/data/0/name"),
];
