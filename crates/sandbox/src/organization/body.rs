//! What the paths of the public API have in common: reading a body and an id, and answering a list.

use axum::Json as JsonAnswer;
use axum::body::Bytes;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::errors::Refusal;
use super::json::{self, Document};
use super::validation;

pub(crate) type Answer = Result<Response, Refusal>;

pub(crate) fn list(data: Vec<Value>) -> Response {
    JsonAnswer(json!({ "object": "list", "data": data })).into_response()
}

/// Reads a body as the official server does: JSON by its header, in UTF-8 or UTF-16, with or without a byte order mark.
///
/// # Errors
///
/// 415 when the header names something else, 400 when there is nothing.
pub(crate) fn read_body(headers: &HeaderMap, body: &Bytes) -> Result<Document, Refusal> {
    let encoding = encoding(headers)?;
    if body.is_empty() {
        return Err(validation::no_body());
    }
    let text = match encoding {
        Encoding::Utf8 => String::from_utf8(body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body).to_vec()).ok(),
        Encoding::Utf16 => utf16(body.strip_prefix(b"\xff\xfe").unwrap_or(body)),
    };
    let unreadable = || {
        let text = "The text is not written in its encoding. Path: $".to_owned();
        Refusal::Invalid(vec![("$".to_owned(), text)])
    };
    text.map(|text| json::read(&text)).ok_or_else(unreadable)
}

enum Encoding {
    Utf8,
    Utf16,
}

fn encoding(headers: &HeaderMap) -> Result<Encoding, Refusal> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut parts = kind.split(';').map(|part| part.trim().to_ascii_lowercase());
    let name = parts.next().unwrap_or_default();
    let is_json = name == "application/json"
        || name == "text/json"
        || (name.starts_with("application/") && name.ends_with("+json"));
    let charset =
        parts.find_map(|part| part.strip_prefix("charset=").map(|it| it.trim_matches('"').to_owned()));
    match charset.as_deref() {
        _ if !is_json => Err(Refusal::UnsupportedMediaType),
        None | Some("utf-8") => Ok(Encoding::Utf8),
        Some("utf-16" | "utf-16le" | "unicode") => Ok(Encoding::Utf16),
        Some(_) => Err(Refusal::UnsupportedMediaType),
    }
}

fn utf16(body: &[u8]) -> Option<String> {
    let pairs = body.chunks_exact(2);
    if !pairs.remainder().is_empty() {
        return None;
    }
    char::decode_utf16(pairs.map(|pair| u16::from_le_bytes([pair[0], pair[1]])))
        .collect::<Result<_, _>>()
        .ok()
}

/// Reads an id in a path, in lower case.
///
/// # Errors
///
/// 400 with the key `id` when it is none.
pub(crate) fn path_id(text: &str) -> Result<String, Refusal> {
    validation::guid(text).ok_or_else(|| not_valid("id", text))
}

/// What was read in a path, and what in the body: the server reads both before it complains, so that the errors of both
/// are told.
///
/// # Errors
///
/// What is wrong in either; a body that is not JSON by its header comes first.
pub(crate) fn beside<P, B>(path: Result<P, Refusal>, body: Result<B, Refusal>) -> Result<(P, B), Refusal> {
    match (path, body) {
        (Ok(path), Ok(body)) => Ok((path, body)),
        (_, Err(Refusal::UnsupportedMediaType)) => Err(Refusal::UnsupportedMediaType),
        (Err(Refusal::Invalid(mut errors)), Err(Refusal::Invalid(more))) => {
            errors.extend(more);
            Err(Refusal::Invalid(errors))
        }
        (Err(error), _) | (_, Err(error)) => Err(error),
    }
}

/// A value in a path or a query cannot be read: a 400 with its name as the key.
pub(crate) fn not_valid(name: &str, text: &str) -> Refusal {
    Refusal::Invalid(vec![(name.to_owned(), format!("The value '{text}' is not valid."))])
}
