//! What people do to an organization, on request: for checks that drive the sandbox from another program.
//!
//! One JSON object for each deed, posted to `/sandbox/control`; the names are those of the recorded sequences of the
//! official server. A member is named by the id of the membership, or by the address where only one has it.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use super::model::{MemberStatus, Role};
use super::options::Flavor;
use super::pace::ImportPace;
use super::people;
use super::policies;
use super::shared::{OrganizationState, Shared};
use super::store::{MemberRow, StoreError};

pub(crate) fn router() -> Router<Arc<Shared>> {
    Router::new().route("/sandbox/control", post(control))
}

/// What somebody does.
#[derive(Debug, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
enum Deed {
    /// The person takes the invitation.
    Accept {
        member: String,
        #[serde(default = "yes")]
        master_password: bool,
    },
    /// The person takes the invitation and an administrator confirms it.
    Confirm {
        member: String,
        #[serde(default = "yes")]
        master_password: bool,
    },
    /// The person changes the address of the account.
    AccountAddress { member: String, address: String },
    /// An administrator gives another role, by its number.
    Role {
        member: String,
        #[serde(rename = "type")]
        role: i64,
    },
    /// Another program writes the external id.
    ExternalId { member: String, external_id: Option<String> },
    /// An administrator shuts the member out.
    Revoke { member: String },
    /// The person switches two-step login on or off.
    TwoStep { member: String, on: bool },
    /// The person joins another organization, or leaves all others.
    OtherOrganization { member: String, on: bool },
    /// Somebody buys seats, or gives the limit up.
    Seats { seats: Option<u32> },
    /// An administrator switches a policy, by its number.
    Policy {
        #[serde(rename = "type")]
        kind: i64,
        enabled: bool,
    },
    /// Imports take another time from now on.
    Pace { member_ms: f64, group_ms: f64 },
    /// What becomes of the organization as a whole.
    Organization { state: OrganizationState },
    /// Every token that was issued stops working.
    RevokeTokens,
    /// The API key gets a new secret, which is answered.
    RotateKey,
}

fn yes() -> bool {
    true
}

async fn control(State(shared): State<Arc<Shared>>, body: axum::body::Bytes) -> Response {
    let deed: Deed = match serde_json::from_slice(&body) {
        Ok(deed) => deed,
        Err(error) => return refused(StatusCode::BAD_REQUEST, &error.to_string()),
    };
    match perform(&shared, deed) {
        Ok(answer) => Json(answer).into_response(),
        Err(Undone::Nobody) => refused(StatusCode::NOT_FOUND, "no member has this id or address"),
        Err(Undone::Impossible(reason)) => refused(StatusCode::BAD_REQUEST, reason),
        Err(Undone::Store(error)) => refused(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
    }
}

fn refused(status: StatusCode, reason: &str) -> Response {
    (status, Json(json!({ "error": reason }))).into_response()
}

/// Why a deed cannot be done.
enum Undone {
    Nobody,
    Impossible(&'static str),
    Store(StoreError),
}

impl From<StoreError> for Undone {
    fn from(error: StoreError) -> Undone {
        Undone::Store(error)
    }
}

impl Deed {
    /// Whose deed it is, or to whom it is done.
    fn member(&self) -> Option<&str> {
        match self {
            Deed::Accept { member, .. }
            | Deed::Confirm { member, .. }
            | Deed::AccountAddress { member, .. }
            | Deed::Role { member, .. }
            | Deed::ExternalId { member, .. }
            | Deed::Revoke { member }
            | Deed::TwoStep { member, .. }
            | Deed::OtherOrganization { member, .. } => Some(member),
            _ => None,
        }
    }
}

fn perform(shared: &Shared, deed: Deed) -> Result<Value, Undone> {
    if let Some(who) = deed.member()
        && shared.store().members_by_email(who)?.len() > 1
    {
        return Err(Undone::Impossible("more than one member has this address: name the id"));
    }
    let change = |who: &str, change: &dyn Fn(&mut MemberRow)| match people::change(shared, who, change)? {
        true => Ok(()),
        false => Err(Undone::Nobody),
    };
    match deed {
        Deed::Accept { member, master_password } => {
            done(people::join(shared, &member, MemberStatus::Accepted, master_password)?)?;
        }
        Deed::Confirm { member, master_password } => {
            done(people::join(shared, &member, MemberStatus::Confirmed, master_password)?)?;
        }
        Deed::AccountAddress { member, address } => {
            done(people::change_account_address(shared, &member, &address)?)?;
        }
        Deed::Role { member, role } => {
            let role =
                Role::from_number(role).ok_or(Undone::Impossible("there is no role with this number"))?;
            change(&member, &|it| it.role = role.number())?;
        }
        Deed::ExternalId { member, external_id } => {
            change(&member, &|it| it.external_id.clone_from(&external_id))?;
        }
        Deed::Revoke { member } => change(&member, &|it| people::revoke(shared, it))?,
        Deed::TwoStep { member, on } => change(&member, &|it| it.two_step = on)?,
        Deed::OtherOrganization { member, on } => change(&member, &|it| it.elsewhere = on)?,
        Deed::Seats { seats } => shared.set_seats(seats),
        Deed::Policy { kind, enabled } => {
            shared.store().step(|store| policies::switch(store, kind, enabled, None))?;
        }
        Deed::Pace { member_ms, group_ms } => {
            let time = |ms: f64| {
                Duration::try_from_secs_f64(ms / 1000.0)
                    .map_err(|_| Undone::Impossible("a time cannot be negative"))
            };
            let pace = ImportPace::Paced { member: time(member_ms)?, group: time(group_ms)? };
            if matches!(shared.options.flavor, Flavor::Vaultwarden(_)) {
                return Err(Undone::Impossible("only the official server takes its time"));
            }
            shared.set_import_pace(pace);
        }
        Deed::Organization { state } => shared.set_organization_state(state),
        Deed::RevokeTokens => shared.tokens.revoke_all(),
        Deed::RotateKey => return Ok(json!({ "client_secret": shared.rotate_key()? })),
    }
    Ok(json!({ "done": true }))
}

fn done(found: bool) -> Result<(), Undone> {
    if found { Ok(()) } else { Err(Undone::Nobody) }
}
