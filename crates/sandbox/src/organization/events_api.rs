//! The event log of the public API: newest first, in pages.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Json, Router};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde::Deserialize;
use serde_json::{Value, json};

use super::body::Answer;
use super::errors::Refusal;
use super::shared::Shared;
use super::store::EventRow;

const DAY: i64 = 86_400;

pub(crate) fn router() -> Router<Arc<Shared>> {
    Router::new().route("/events", get(events))
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Filter {
    start: Option<String>,
    end: Option<String>,
    acting_user_id: Option<String>,
    item_id: Option<String>,
    secret_id: Option<String>,
    project_id: Option<String>,
    continuation_token: Option<String>,
}

async fn events(State(shared): State<Arc<Shared>>, Query(filter): Query<Filter>) -> Answer {
    let (start, end) = range(&filter)?;
    let page = shared.official().map_or(50, |official| official.events_page.max(1));
    let before = match &filter.continuation_token {
        None => i64::MAX,
        Some(token) => token.parse().map_err(|_| Refusal::Unhandled)?,
    };
    // Members and groups are all that this organization logs: no event has an item, a secret or an acting user.
    let about_others = [&filter.item_id, &filter.acting_user_id, &filter.secret_id, &filter.project_id];
    let found = if about_others.iter().any(|id| id.is_some()) {
        Vec::new()
    } else {
        shared.store().events(start, end, before, page + 1)?
    };
    let next = (found.len() > page).then(|| found[page - 1].row.to_string());
    let data: Vec<Value> = found.iter().take(page).map(event_json).collect();
    Ok(Json(json!({ "object": "list", "data": data, "continuationToken": next })).into_response())
}

fn range(filter: &Filter) -> Result<(i64, i64), Refusal> {
    let (Some(start), Some(end)) = (&filter.start, &filter.end) else {
        let now = Timestamp::now().as_second();
        return Ok((now - 30 * DAY, now + DAY));
    };
    let (start, end) = (seconds("start", start)?, seconds("end", end)?);
    let (start, end) = (start.min(end), start.max(end));
    if end - start > 367 * DAY {
        return Err(Refusal::bad("Date range must be < 367 days."));
    }
    Ok((start, end))
}

fn seconds(name: &str, text: &str) -> Result<i64, Refusal> {
    let read = text.parse::<Timestamp>().ok().or_else(|| {
        let civil: DateTime = text.parse().ok()?;
        civil.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
    });
    read.map(Timestamp::as_second)
        .ok_or_else(|| Refusal::Invalid(vec![(name.to_owned(), format!("The value '{text}' is not valid."))]))
}

fn event_json(event: &EventRow) -> Value {
    json!({
        "object": "event",
        "type": event.kind,
        "itemId": null,
        "collectionId": null,
        "groupId": event.group_id,
        "policyId": null,
        "memberId": event.member_id,
        "actingUserId": null,
        "installationId": null,
        "date": Timestamp::from_second(event.seconds).map(|date| date.to_string()).unwrap_or_default(),
        "device": null,
        "ipAddress": null,
        "secretId": null,
        "projectId": null,
        "serviceAccountId": null,
    })
}
