//! Keeps every request that reached the organization, for tests and for the page, without its secrets.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt as _;

use super::model::RecordedRequest;
use super::shared::Shared;
use crate::faults::Cut;

/// Marks a request whose body is longer than the server takes; the body is gone.
#[derive(Clone, Copy)]
pub(crate) struct Oversized;

/// Reads the whole body, records the request and hands it on; one that breaks off is not handled at all.
pub(crate) async fn record(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str()).to_owned();
    let (mut parts, body) = request.into_parts();
    let (body, length) = match read(body, shared.body_limit()).await {
        Ok(body) => {
            let length = body.len();
            (body, length)
        }
        Err(Unread::TooLong(length)) => {
            parts.extensions.insert(Oversized);
            (Bytes::new(), length)
        }
        Err(Unread::Broken) => return StatusCode::BAD_REQUEST.into_response(),
    };
    let is_form = parts
        .headers
        .get(header::CONTENT_TYPE)
        .is_some_and(|value| value.as_bytes().starts_with(b"application/x-www-form-urlencoded"));
    let text = String::from_utf8_lossy(&body);
    let number = shared.recorder.begin(RecordedRequest {
        number: 0,
        method: parts.method.as_str().to_owned(),
        body: match is_form || path.starts_with("/identity") {
            true => hide_secrets(&text),
            false if text.contains("masterPasswordHash") => "(hidden)".to_owned(),
            false => text.into_owned(),
        },
        path,
        headers: readable(&parts.headers),
        body_length: length,
        status: None,
        session: session(&parts.headers),
        received: jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string(),
    });
    let response = next.run(Request::from_parts(parts, Body::from(body))).await;
    if response.extensions().get::<Cut>().is_none() {
        shared.recorder.finish(number, response.status().as_u16());
    }
    response
}

/// Why a body was not read to its end.
enum Unread {
    TooLong(usize),
    Broken,
}

async fn read(body: Body, limit: usize) -> Result<Bytes, Unread> {
    let mut stream = body.into_data_stream();
    let mut read = Vec::new();
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(|_| Unread::Broken)?;
        if read.len() + chunk.len() > limit {
            return Err(Unread::TooLong(read.len() + chunk.len()));
        }
        read.extend_from_slice(&chunk);
    }
    Ok(read.into())
}

/// A fingerprint of the token.
fn session(headers: &HeaderMap) -> Option<String> {
    let mut hasher = DefaultHasher::new();
    headers.get(header::AUTHORIZATION)?.as_bytes().hash(&mut hasher);
    Some(format!("{:016x}", hasher.finish()))
}

fn readable(headers: &HeaderMap) -> Vec<(String, String)> {
    headers
        .iter()
        .map(|(name, value)| {
            let value = String::from_utf8_lossy(value.as_bytes());
            let value = if name == header::AUTHORIZATION {
                format!("{} (hidden)", value.split(' ').next().unwrap_or_default())
            } else {
                value.into_owned()
            };
            (name.as_str().to_owned(), value)
        })
        .collect()
}

fn hide_secrets(form: &str) -> String {
    let fields = form.split('&').map(|field| {
        let name = field.split('=').next().unwrap_or_default();
        let plain: String = name.chars().filter(|c| *c != '_').collect::<String>().to_ascii_lowercase();
        let is_secret = ["secret", "password", "token", "otp"].iter().any(|word| plain.contains(word));
        if is_secret { format!("{name}=(hidden)") } else { field.to_owned() }
    });
    fields.collect::<Vec<_>>().join("&")
}
