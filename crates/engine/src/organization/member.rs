//! A member's external id, changed with everything else left as it is; and an invitation that goes to another address.
//!
//! `PUT /public/members/{id}` replaces: collections that are not sent back are lost, so is the role. The member is read,
//! sent back with the new id, and read again; a difference in anything else was made by somebody else at the same moment, and
//! is named.

use super::change::{self, path_segment};
use super::error::{ApplyError, Effect, OrganizationError, UnknownCause};
use super::{Organization, SMALL};
use crate::event::Events;
use crate::failpoint;
use crate::http::Sent;
use crate::notice::Belonging;
use bwdc_core::names::{ExternalId, MemberId};
use bwdc_core::wire::Request;
use serde_json::{Value, json};

/// The status of whoever has not accepted the invitation.
const INVITED: i64 = 0;

/// What a member has besides the external id.
#[derive(PartialEq)]
struct Belongings {
    role: Value,
    permissions: Value,
    collections: Vec<String>,
    groups: Vec<String>,
}

impl Belongings {
    fn of(member: &Value, mut groups: Vec<String>) -> Self {
        let access = member.get("collections").and_then(Value::as_array);
        let mut collections: Vec<String> = access.into_iter().flatten().map(Value::to_string).collect();
        collections.sort_unstable();
        groups.sort_unstable();
        let field = |name| member.get(name).cloned().unwrap_or_default();
        Self { role: field("type"), permissions: field("permissions"), collections, groups }
    }

    fn lost(&self, after: &Self) -> Option<Belonging> {
        [
            (Belonging::Role, self.role == after.role),
            (Belonging::Permissions, self.permissions == after.permissions),
            (Belonging::Collections, self.collections == after.collections),
            (Belonging::Groups, self.groups == after.groups),
        ]
        .into_iter()
        .find_map(|(name, same)| (!same).then_some(name))
    }
}

impl Organization {
    /// Gives a member another external id; the role, permissions, collections and groups stay.
    ///
    /// # Errors
    /// [`ApplyError`]; [`ApplyError::Altered`] when something else is not as it was.
    pub(super) async fn replace_external_id(
        &self,
        id: &MemberId,
        external_id: &ExternalId,
        events: Events<'_>,
    ) -> Result<(), ApplyError> {
        let vanished = |error| match error {
            OrganizationError::Refused(message) if message.status == 404 => {
                ApplyError::Refused { message, effect: Effect::None }
            }
            error => error.into(),
        };
        let (member, groups) = self.whole_member(id, events).await.map_err(vanished)?;
        if member.get("externalId").and_then(Value::as_str) == Some(external_id.as_str()) {
            return Ok(());
        }
        let (Some(role), Some(collections)) = (member.get("type"), member.get("collections")) else {
            let reason = "it names no role or no collections of the member".to_owned();
            return Err(OrganizationError::Unreadable { url: format!("member {id}"), reason }.into());
        };
        let body = json!({
            "type": role,
            "externalId": change::filled(external_id),
            "permissions": member.get("permissions"),
            "collections": collections,
        });
        let request = Request::PutMember { id: id.clone(), external_id: external_id.clone() };
        self.change(&request, Some(&body), events).await?;
        let unknown = |error| ApplyError::Unknown { cause: UnknownCause::Lost(Box::new(error)) };
        let before = Belongings::of(&member, groups);
        let (member, groups) = self.whole_member(id, events).await.map_err(unknown)?;
        match before.lost(&Belongings::of(&member, groups)) {
            None => Ok(()),
            Some(what) => Err(ApplyError::Altered { member: id.clone(), what }),
        }
    }

    /// Takes an invitation back that nobody has accepted, and sends it to another address with what it had: role, permissions,
    /// collections and groups.
    ///
    /// # Errors
    /// [`ApplyError`]; refused without any effect where somebody has accepted it meanwhile. Where the server takes it back and sends
    /// no other, the next run invites the person.
    pub(super) async fn invite_anew(
        &self,
        id: &MemberId,
        request: &Request,
        events: Events<'_>,
    ) -> Result<(), ApplyError> {
        let Request::InviteAnew { email, external_id, .. } = request else { return Ok(()) };
        let vanished = |error| match error {
            OrganizationError::Refused(message) if message.status == 404 => {
                ApplyError::Refused { message, effect: Effect::None }
            }
            error => error.into(),
        };
        let (member, groups) = self.whole_member(id, events).await.map_err(vanished)?;
        if member.get("status").and_then(Value::as_i64) != Some(INVITED) {
            return Err(ApplyError::JoinedMeanwhile);
        }
        let (Some(role), Some(collections)) = (member.get("type"), member.get("collections")) else {
            let reason = "it names no role or no collections of the member".to_owned();
            return Err(OrganizationError::Unreadable { url: format!("member {id}"), reason }.into());
        };
        let body = json!({
            "type": role,
            "email": email,
            "externalId": external_id,
            "permissions": member.get("permissions"),
            "collections": collections,
            "groups": groups,
        });
        self.change(&Request::Remove(id.clone()), None, events).await?;
        self.change(request, Some(&body), events).await
    }

    /// Gives a membership the collections and groups of another one of the same person, then removes that one.
    ///
    /// # Errors
    /// [`ApplyError`]; nothing is removed before the other one has got everything.
    pub(super) async fn merge(
        &self,
        into: &MemberId,
        from: &MemberId,
        events: Events<'_>,
    ) -> Result<(), ApplyError> {
        let vanished = |error| match error {
            OrganizationError::Refused(message) if message.status == 404 => {
                ApplyError::Refused { message, effect: Effect::None }
            }
            error => error.into(),
        };
        let (kept, groups) = self.whole_member(into, events).await.map_err(vanished)?;
        let (other, others) = self.whole_member(from, events).await.map_err(vanished)?;
        let access = |it: &Value| it.get("collections").and_then(Value::as_array).cloned();
        let (Some(role), Some(mut collections), Some(more)) =
            (kept.get("type"), access(&kept), access(&other))
        else {
            let reason = "it names no role or no collections of the member".to_owned();
            return Err(OrganizationError::Unreadable { url: format!("member {into}"), reason }.into());
        };
        let has = |all: &[Value], one: &Value| all.iter().any(|it| it.get("id") == one.get("id"));
        for one in more {
            if !has(&collections, &one) {
                collections.push(one);
            }
        }
        let mut all = groups.clone();
        all.extend(others.into_iter().filter(|it| !groups.contains(it)));
        let body = json!({
            "type": role,
            "externalId": kept.get("externalId"),
            "permissions": kept.get("permissions"),
            "collections": collections,
            "groups": all,
        });
        let request = Request::Merge { into: into.clone(), from: from.clone() };
        self.change(&request, Some(&body), events).await?;
        self.change(&Request::Remove(from.clone()), None, events).await
    }

    /// One request, and what its answer proves.
    async fn change(
        &self,
        request: &Request,
        body: Option<&Value>,
        events: Events<'_>,
    ) -> Result<(), ApplyError> {
        let call = change::call(&self.endpoints.api, request, body, &self.transport.timeouts)?;
        let token = self.fresh_token(events).await?;
        failpoint::hit(&format!("request.{}.before", change::kind(request)));
        let outcome = self.authorized(&call, token, events).await;
        failpoint::hit(&format!("request.{}.after", change::kind(request)));
        match outcome {
            Ok(answer) => change::judge(request, &call, &answer),
            Err(failure) if failure.sent == Sent::CertainlyNot => Err(failure.error.into()),
            Err(failure) => Err(ApplyError::Unknown { cause: UnknownCause::Lost(Box::new(failure.error)) }),
        }
    }

    async fn whole_member(
        &self,
        id: &MemberId,
        events: Events<'_>,
    ) -> Result<(Value, Vec<String>), OrganizationError> {
        let path = format!("/public/members/{}", path_segment(id.as_str())?);
        let member = self.read(&path, SMALL, events).await?;
        Ok((member, self.read(&format!("{path}/group-ids"), SMALL, events).await?))
    }
}
