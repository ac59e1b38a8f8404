//! The error answers of both servers, shape for shape.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use serde_json::{Map, Value, json};

use super::store::StoreError;

/// Why the official public API refuses.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("no good token")]
    Unauthorized,
    #[error("a token for something else")]
    Forbidden,
    #[error("{0}")]
    BadRequest(String),
    #[error("the request is not valid")]
    Invalid(Vec<(String, String)>),
    #[error("failed later: {0}")]
    Errors(String),
    #[error("not found by a command")]
    Missing,
    #[error("not found by a controller")]
    MissingBare,
    #[error("another method is wanted")]
    WrongMethod,
    #[error("the body is too long")]
    TooLarge,
    #[error("the body is not JSON by its header")]
    UnsupportedMediaType,
    #[error("not handled")]
    Unhandled,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Refusal {
    pub(crate) fn bad(message: &str) -> Refusal {
        Refusal::BadRequest(message.to_owned())
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        match self {
            Refusal::Unauthorized => {
                let challenge = [(header::WWW_AUTHENTICATE, "Bearer error=\"invalid_token\"")];
                (StatusCode::UNAUTHORIZED, challenge).into_response()
            }
            Refusal::Forbidden => StatusCode::FORBIDDEN.into_response(),
            Refusal::MissingBare => StatusCode::NOT_FOUND.into_response(),
            Refusal::WrongMethod => StatusCode::METHOD_NOT_ALLOWED.into_response(),
            Refusal::TooLarge => StatusCode::PAYLOAD_TOO_LARGE.into_response(),
            Refusal::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE.into_response(),
            Refusal::BadRequest(message) => official(StatusCode::BAD_REQUEST, &message, Value::Null),
            Refusal::Invalid(errors) => {
                official(StatusCode::BAD_REQUEST, "The request's model state is invalid.", by_key(errors))
            }
            Refusal::Errors(reason) => official(
                StatusCode::BAD_REQUEST,
                "Errors have occurred.",
                json!({ "An error has occurred.": [reason] }),
            ),
            Refusal::Missing => official(StatusCode::NOT_FOUND, "Resource not found.", Value::Null),
            Refusal::Unhandled => unhandled(),
            Refusal::Store(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "a request failed in the database");
                unhandled()
            }
        }
    }
}

fn unhandled() -> Response {
    official(StatusCode::INTERNAL_SERVER_ERROR, "An unhandled server error has occurred.", Value::Null)
}

fn official(status: StatusCode, message: &str, errors: Value) -> Response {
    (status, Json(json!({ "object": "error", "message": message, "errors": errors }))).into_response()
}

fn by_key(errors: Vec<(String, String)>) -> Value {
    let mut keyed = Map::new();
    for (key, text) in errors {
        if let Value::Array(texts) = keyed.entry(key).or_insert_with(|| json!([])) {
            texts.push(Value::String(text));
        }
    }
    Value::Object(keyed)
}

/// An error of the official server outside the public API.
pub(crate) fn internal(status: StatusCode, message: &str) -> Response {
    let body = json!({
        "message": message,
        "validationErrors": null,
        "exceptionMessage": null,
        "exceptionStackTrace": null,
        "innerExceptionMessage": null,
        "object": "error",
    });
    (status, Json(body)).into_response()
}

/// An error of the official token service.
pub(crate) fn oauth(error: &str) -> Response {
    (StatusCode::BAD_REQUEST, Json(json!({ "error": error }))).into_response()
}

/// An error from Vaultwarden's own code; its `error` is an empty string.
pub(crate) fn vaultwarden(status: StatusCode, message: &str) -> Response {
    let body = json!({
        "message": message,
        "validationErrors": { "": [message] },
        "errorModel": { "message": message, "object": "error" },
        "error": "",
        "error_description": "",
        "exceptionMessage": null,
        "exceptionStackTrace": null,
        "innerExceptionMessage": null,
        "object": "error",
    });
    (status, Json(body)).into_response()
}

/// What a client says it can read, as far as Vaultwarden's framework cares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Accepts {
    Json,
    Other,
}

impl Accepts {
    pub(crate) fn from_header(value: Option<&HeaderValue>) -> Accepts {
        let first = value.and_then(|value| value.to_str().ok()).unwrap_or_default();
        let is_json =
            first.split([',', ';']).any(|part| part.trim().eq_ignore_ascii_case("application/json"));
        if is_json { Accepts::Json } else { Accepts::Other }
    }
}

/// An error from Vaultwarden's web framework: JSON for those who ask for it, else a page.
pub(crate) fn catcher(status: StatusCode, accepts: Accepts) -> Response {
    let code = status.as_u16();
    let reason = status.canonical_reason().unwrap_or("Unknown");
    let reason = if code == 413 { "Payload Too Large" } else { reason };
    let description = match code {
        400 => "The server could not read the request because its syntax is wrong.",
        401 => "The request needs user authentication.",
        404 => "The requested resource could not be found.",
        413 => "The request is larger than the server is willing to process.",
        415 => "The server does not support the media type of the request.",
        422 => "The request was well-formed but could not be followed due to semantic errors.",
        _ => "The server could not answer the request.",
    };
    match accepts {
        Accepts::Json => {
            let body = json!({ "error": { "code": code, "reason": reason, "description": description } });
            (status, Json(body)).into_response()
        }
        Accepts::Other => {
            let page = format!(
                "<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\">\
                 <title>{code} {reason}</title></head>\n<body align=\"center\">\n\
                 <div role=\"main\"><h1>{code}: {reason}</h1><p>{description}</p></div>\n</body>\n</html>"
            );
            (status, Html(page)).into_response()
        }
    }
}
