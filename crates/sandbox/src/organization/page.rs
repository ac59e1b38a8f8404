//! The organization in a browser.
use super::errors::Refusal;
use super::server::Shared;
use axum::{Json, Router, extract::State, routing::get};
use serde_json::{Value, json};
use std::sync::Arc;

pub(crate) fn router() -> Router<Arc<Shared>> {
    Router::new().route("/sandbox/state", get(state))
}

async fn state(State(shared): State<Arc<Shared>>) -> Result<Json<Value>, Refusal> {
    let store = shared.store();
    Ok(Json(json!({
        "organizationId": shared.organization_id,
        "members": store.full_members()?,
        "groups": store.full_groups()?,
        "requests": shared.recorder.arrived(),
    })))
}
