//! Lists in the forms of both versions.

use super::Shared;
use axum::http::{HeaderName, HeaderValue, Uri};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::collections::HashMap;

/// Entries of a page when nothing else is asked for, and the most of the first version.
const USUAL: usize = 50;

pub(super) type Query = HashMap<String, String>;

pub(super) fn query(uri: &Uri) -> Query {
    axum::extract::Query::<Query>::try_from_uri(uri).map(|it| it.0).unwrap_or_default()
}

struct Part<'v> {
    shown: &'v [Value],
    start: usize,
    size: usize,
    after: Option<String>,
}

/// What a list was asked for and where it goes on: a cursor of the second version holds both.
#[derive(Serialize, Deserialize)]
struct Cursor {
    id: Value,
    query: Query,
}

impl Cursor {
    fn read(typed: &str) -> Option<Self> {
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(typed).ok()?).ok()
    }

    fn write(&self) -> String {
        URL_SAFE_NO_PAD.encode(serde_json::to_string(self).unwrap_or_default())
    }
}

/// The query that a request of the second version stands for; None for one that carries more than a cursor that was given.
pub(super) fn asked(query: Query) -> Option<Query> {
    let Some(typed) = query.get("cursor") else { return Some(query) };
    let mut asked = Cursor::read(typed).filter(|_| query.len() == 1)?.query;
    asked.insert("cursor".to_owned(), typed.clone());
    Some(asked)
}

/// The part of a list that a cursor asks for; None for a cursor that was never given.
fn part<'v>(items: &'v [Value], query: &Query, cursor: &str, largest: usize) -> Option<Part<'v>> {
    let size = query.get("limit").and_then(|it| it.parse().ok()).unwrap_or(USUAL).clamp(1, largest);
    let start = match query.get(cursor) {
        Some(cursor) => {
            let id = Cursor::read(cursor)?.id;
            items.iter().position(|item| item["id"] == id)? + 1
        }
        None => match query.get("page").and_then(|it| it.parse::<usize>().ok()) {
            Some(page) => (page.max(1) - 1) * size,
            None => 0,
        },
    };
    let shown = items.get(start..(start + size).min(items.len())).unwrap_or_default();
    let after = shown.last().filter(|_| start + shown.len() < items.len()).map(|last| {
        let mut query = query.clone();
        query.remove(cursor);
        Cursor { id: last["id"].clone(), query }.write()
    });
    Some(Part { shown, start, size, after })
}

/// Whether an entry is one that the query asks for: each field that it names, with `*` for anything, and `!` before what
/// is not wanted.
pub(super) fn matches(item: &Value, query: &Query) -> bool {
    const OTHER: [&str; 8] =
        ["limit", "page", "cursor", "after_cursor", "fields", "updated_since", "user_ids", "sort"];
    query.iter().filter(|(name, _)| !OTHER.contains(&name.as_str())).all(|(name, wanted)| {
        let held = match &item[name] {
            Value::String(text) => text.to_lowercase(),
            Value::Null => String::new(),
            other => other.to_string(),
        };
        let wanted = wanted.to_lowercase();
        match wanted.strip_prefix('!') {
            Some(unwanted) => !fits(&held, unwanted),
            None => fits(&held, &wanted),
        }
    })
}

fn fits(held: &str, pattern: &str) -> bool {
    let Some((start, end)) = pattern.split_once('*') else { return held == pattern };
    held.len() >= start.len() + end.len() && held.starts_with(start) && held.ends_with(end)
}

/// The second version: an array, with cursor and totals in headers.
pub(super) fn second(items: &[Value], query: &Query, largest: usize) -> Option<Response> {
    let part = part(items, query, "cursor", largest)?;
    let shown: Vec<Value> = part.shown.iter().map(|item| fields(item, query)).collect();
    let mut response = axum::Json(shown).into_response();
    let pages = items.len().div_ceil(part.size);
    let headers = [
        ("current-page", (part.start / part.size + 1).to_string()),
        ("page-items", part.shown.len().to_string()),
        ("total-pages", pages.to_string()),
        ("total-count", items.len().to_string()),
        ("after-cursor", part.after.unwrap_or_default()),
    ];
    for (name, value) in headers.into_iter().filter(|(_, value)| !value.is_empty()) {
        if let Ok(value) = HeaderValue::try_from(value) {
            response.headers_mut().insert(HeaderName::from_static(name), value);
        }
    }
    Some(response)
}

/// The first version: an object, with the address of the next page in it.
pub(super) fn first(shared: &Shared, uri: &Uri, items: &[Value], query: &Query) -> Option<Response> {
    let part = part(items, query, "after_cursor", USUAL)?;
    let shown: Vec<Value> = part.shown.iter().map(|item| fields(item, query)).collect();
    let link = part.after.as_ref().map(|after| {
        let rest = uri
            .query()
            .unwrap_or("")
            .split('&')
            .filter(|it| !it.is_empty() && !it.starts_with("after_cursor="));
        let rest: String = rest.map(|it| format!("&{it}")).collect();
        format!("{}{}?after_cursor={after}{rest}", shared.front.url, uri.path())
    });
    let pagination = json!({ "before_cursor": null, "after_cursor": part.after, "previous_link": null, "next_link": link });
    let body = json!({ "status": success(), "pagination": pagination, "data": shown });
    Some(axum::Json(body).into_response())
}

pub(super) fn success() -> Value {
    json!({ "type": "success", "message": "Success", "error": false, "code": 200 })
}

/// What `fields` asks for; the id comes in any case.
fn fields(item: &Value, query: &Query) -> Value {
    let (Some(wanted), Some(item)) = (query.get("fields"), item.as_object()) else { return item.clone() };
    let wanted: Vec<&str> = wanted.split(',').map(str::trim).collect();
    let chosen: Map<String, Value> = item
        .iter()
        .filter(|(name, _)| *name == "id" || wanted.contains(&name.as_str()))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    Value::Object(chosen)
}
