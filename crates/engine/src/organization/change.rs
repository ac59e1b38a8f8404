//! A change: where it goes, what it carries, and what its answer proves.

use super::SMALL;
use super::error::{ApplyError, Effect, OrganizationError, UnknownCause};
use super::message::{self, ServerMessage};
use super::timeouts::Timeouts;
use crate::http::{Answer, Body, Call, Repeat};
use bwdc_core::names::{ExternalId, GroupId, MemberId};
use bwdc_core::wire::Request;
use reqwest::Method;
use reqwest::header::HeaderMap;
use serde::Serialize;
use serde_json::{Value, json};

/// Prepares a request for the API at `api`; `member` is all of a member that a request replaces.
pub(super) fn call(
    api: &str,
    request: &Request,
    member: Option<&Value>,
    timeouts: &Timeouts,
) -> Result<Call, OrganizationError> {
    let (method, path, body) = match request {
        Request::Import(import) | Request::WholeImport(import) => {
            (Method::POST, "/public/organization/import".to_owned(), json_body(import)?)
        }
        Request::Revoke(id) => (Method::POST, member_path(id, "/revoke")?, Body::None),
        Request::Restore(id) => (Method::POST, member_path(id, "/restore")?, Body::None),
        Request::Remove(id) => (Method::DELETE, member_path(id, "")?, Body::None),
        // Of a merge: what it makes of the membership that stays. The other one is removed by a request of its own.
        Request::Merge { into, .. } => (Method::PUT, member_path(into, "")?, json_body(&member)?),
        // Without a member the body is null, which the server refuses. The old membership is removed by a request of its own.
        Request::InviteAnew { .. } => (Method::POST, "/public/members".to_owned(), json_body(&member)?),
        // Without a member the body is null, which the server refuses: nothing can be wiped.
        Request::PutMember { id, .. } => (Method::PUT, member_path(id, "")?, json_body(&member)?),
        Request::PutGroup { id, name, external_id } => {
            let body = json!({ "name": name, "externalId": filled(external_id) });
            (Method::PUT, group_path(id)?, json_body(&body)?)
        }
        Request::DeleteGroup(id) => (Method::DELETE, group_path(id)?, Body::None),
        // Without a list the body is null, which empties nothing: the server refuses it.
        Request::TakeOut { group, .. } => {
            (Method::PUT, format!("{}/member-ids", group_path(group)?), json_body(&member)?)
        }
    };
    let time_limit = if matches!(body, Body::Json(_)) { timeouts.import } else { timeouts.answer };
    let url = format!("{api}{path}");
    Ok(Call {
        method,
        url,
        body,
        headers: HeaderMap::new(),
        repeat: Repeat::Change,
        time_limit,
        size_limit: SMALL,
    })
}

/// An external id as it is sent: a blank one would be stored as it is.
pub(super) fn filled(external_id: &ExternalId) -> Option<&ExternalId> {
    Some(external_id).filter(|it| !it.as_str().trim().is_empty())
}

fn json_body(body: &impl Serialize) -> Result<Body, OrganizationError> {
    serde_json::to_vec(body).map(Body::Json).map_err(|error| OrganizationError::Unreadable {
        url: "the request".to_owned(),
        reason: error.to_string(),
    })
}

fn group_path(id: &GroupId) -> Result<String, OrganizationError> {
    Ok(format!("/public/groups/{}", path_segment(id.as_str())?))
}

fn member_path(id: &MemberId, action: &str) -> Result<String, OrganizationError> {
    Ok(format!("/public/members/{}{action}", path_segment(id.as_str())?))
}

/// An id that is safe in an address: one with a slash would lead to another endpoint.
pub(super) fn path_segment(id: &str) -> Result<&str, OrganizationError> {
    let safe = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if !id.is_empty() && id.bytes().all(safe) {
        Ok(id)
    } else {
        Err(OrganizationError::Id { id: id.to_owned() })
    }
}

pub(super) fn kind(request: &Request) -> &'static str {
    match request {
        Request::Import(_) => "import",
        Request::WholeImport(_) => "whole-import",
        Request::Revoke(_) => "revoke",
        Request::Restore(_) => "restore",
        Request::Remove(_) => "remove",
        Request::InviteAnew { .. } => "invite-anew",
        Request::Merge { .. } => "merge",
        Request::PutMember { .. } => "put-member",
        Request::PutGroup { .. } => "put-group",
        Request::DeleteGroup(_) => "delete-group",
        Request::TakeOut { .. } => "take-out",
    }
}

pub(super) fn judge(request: &Request, call: &Call, answer: &Answer) -> Result<(), ApplyError> {
    if answer.is_success() {
        if message::is_page(&answer.body) {
            let cause = UnknownCause::Page { url: call.url.clone(), status: answer.status };
            return Err(ApplyError::Unknown { cause });
        }
        return Ok(());
    }
    let message = ServerMessage::of(&call.url, answer);
    if !(400..500).contains(&answer.status) || answer.status == 408 {
        return Err(ApplyError::Unknown { cause: UnknownCause::Answer(message) });
    }
    let effect = effect(request, &message);
    Err(ApplyError::Refused { message, effect })
}

/// How far a refused request can have come, from the order of an import's steps on either server.
fn effect(request: &Request, message: &ServerMessage) -> Effect {
    /// What the official server says before its first step, and only there.
    const BEFORE_ANY_STEP: [&str; 3] = [
        "The request's model state is invalid.",
        "You cannot import this much data at once.",
        "Organization cannot use directory syncing.",
    ];
    let imports = matches!(request, Request::Import(_) | Request::WholeImport(_));
    match message.status {
        _ if !imports => Effect::None,
        // The official server also says this of somebody who vanished while an import was under way.
        404 if message.message == "Resource not found." => Effect::Partial,
        401 | 403 | 404 | 405 | 413 | 415 | 422 | 429 => Effect::None,
        400 if BEFORE_ANY_STEP.contains(&message.message.as_str()) => Effect::None,
        _ => Effect::Partial,
    }
}
