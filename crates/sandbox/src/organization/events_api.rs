//! The event log of the public API: newest first, in pages.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Json, Router};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::body::{Answer, not_valid};
use super::errors::Refusal;
use super::shared::Shared;
use super::store::EventRow;
use super::validation;

const DAY: i64 = 86_400;

pub(crate) fn router() -> Router<Arc<Shared>> {
    Router::new().route("/events", get(events))
}

/// What an event may be about. Members and groups are all that this organization logs: no event has one of these.
const OTHERS: [&str; 4] = ["actingUserId", "itemId", "secretId", "projectId"];

/// The query: names are matched in any case, the first of two counts, and an empty value is none.
struct Filter(Vec<(String, String)>);

impl Filter {
    fn get(&self, name: &str) -> Option<&str> {
        let value = self.0.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value);
        value.map(String::as_str).filter(|value| !value.is_empty())
    }

    /// Whether events about something else than members and groups are asked for.
    fn is_about_others(&self) -> Result<bool, Refusal> {
        let mut any = false;
        for name in OTHERS {
            if let Some(id) = self.get(name) {
                any |= validation::guid(id).map(|_| true).ok_or_else(|| not_valid(name, id))?;
            }
        }
        Ok(any)
    }
}

async fn events(State(shared): State<Arc<Shared>>, Query(query): Query<Vec<(String, String)>>) -> Answer {
    let filter = Filter(query);
    let is_about_others = filter.is_about_others()?;
    let (start, end) = range(&filter)?;
    let page = shared.official().map_or(50, |official| official.events_page.max(1));
    let before = match filter.get("continuationToken") {
        None => i64::MAX,
        Some(token) => token.parse().map_err(|_| Refusal::Unhandled)?,
    };
    let found =
        if is_about_others { Vec::new() } else { shared.store().events(start, end, before, page + 1)? };
    let next = (found.len() > page).then(|| found[page - 1].row.to_string());
    let data: Vec<Value> = found.iter().take(page).map(event_json).collect();
    Ok(Json(json!({ "object": "list", "data": data, "continuationToken": next })).into_response())
}

fn range(filter: &Filter) -> Result<(i64, i64), Refusal> {
    let (Some(start), Some(end)) = (filter.get("start"), filter.get("end")) else {
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
    read.map(Timestamp::as_second).ok_or_else(|| not_valid(name, text))
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
