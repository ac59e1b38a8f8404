//! The service as tests hold it: started, filled, disturbed, asked what it was asked.

use super::answer::get;
use super::options::{DeltaHabits, Options};
use super::reply::Reply;
use super::shared::{ItemFault, Request, Shared, lock};
use super::sign_in::{identity, token};
use super::tenant::Tenant;
use crate::faults::{self, Faults};
use crate::host::Host;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Instant;

/// The longest body that is taken; a batch is far below it.
const LONGEST_BODY: usize = 4_000_000;
/// Requests in one batch (Graph, "Combine multiple requests in one HTTP call").
const BATCH: usize = 20;

/// A running service; dropping it stops it.
pub struct Server {
    shared: Arc<Shared>,
    host: Host,
}

impl Server {
    /// Starts the service on the loopback address, on a port that the system chooses.
    ///
    /// # Errors
    /// When no port or no thread is to be had.
    pub fn start(mut options: Options) -> io::Result<Self> {
        let listener = Host::bind(0)?;
        let url = format!("http://{}", listener.local_addr()?);
        let tenant = std::mem::take(&mut options.tenant);
        let habits = Mutex::new(options.delta);
        let shared = Arc::new(Shared {
            options,
            url,
            faults: Faults::new(),
            tenant: Mutex::new(tenant),
            tokens: Mutex::default(),
            requests: Mutex::default(),
            item_faults: Mutex::default(),
            deltas: Mutex::default(),
            habits,
            load: Mutex::default(),
        });
        let router = Router::new()
            .fallback(handle)
            .with_state(Arc::clone(&shared))
            .layer(middleware::from_fn_with_state(shared.faults.clone(), faults::apply))
            .layer(middleware::from_fn_with_state(Arc::clone(&shared), record));
        let host = Host::serve(listener, "sandbox-graph", router)?;
        Ok(Self { shared, host })
    }

    /// The base address of both the authority and Graph, without a slash at the end.
    pub fn url(&self) -> &str {
        &self.shared.url
    }

    /// The port that is listened on.
    pub fn port(&self) -> u16 {
        self.host.address().port()
    }

    /// What it was started with, the tenant left out.
    pub fn options(&self) -> &Options {
        &self.shared.options
    }

    /// The faults of whole requests.
    pub fn faults(&self) -> &Faults {
        &self.shared.faults
    }

    /// Adds a fault of single items of batches.
    pub fn fail_items(&self, fault: ItemFault) {
        lock(&self.shared.item_faults).push(fault);
    }

    /// Removes every fault, those of items too.
    pub fn heal(&self) {
        self.shared.faults.clear();
        lock(&self.shared.item_faults).clear();
    }

    /// Every request since the start or the last [`Server::forget_requests`], in the order of arrival.
    pub fn requests(&self) -> Vec<Request> {
        lock(&self.shared.requests).clone()
    }

    /// Empties the list of requests.
    pub fn forget_requests(&self) {
        lock(&self.shared.requests).clear();
    }

    /// Stops accepting every token that was issued.
    pub fn expire_tokens(&self) {
        lock(&self.shared.tokens).clear();
    }

    /// Forgets every delta token, as the service does after seven days.
    pub fn expire_deltas(&self) {
        self.shared.deltas().expire();
    }

    /// Answers delta requests in another way from now on.
    pub fn set_delta_habits(&self, habits: DeltaHabits) {
        *lock(&self.shared.habits) = habits;
    }

    /// Tells with every answer how much of the quota is used, 1 for all of it; None: nothing is told.
    pub fn set_load(&self, load: Option<f64>) {
        *lock(&self.shared.load) = load;
    }

    /// Everybody and everything, as it is now.
    pub fn tenant(&self) -> Tenant {
        self.shared.tenant().clone()
    }

    /// Changes the tenant.
    pub fn change(&self, change: impl FnOnce(&mut Tenant)) {
        change(&mut self.shared.tenant());
    }
}

async fn record(State(shared): State<Arc<Shared>>, request: axum::extract::Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, LONGEST_BODY).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
    let items = batch_items(&body).iter().filter_map(|it| it["url"].as_str()).map(str::to_owned).collect();
    lock(&shared.requests).push(Request { method: parts.method.to_string(), path, items });
    if !shared.options.latency.is_zero() {
        tokio::time::sleep(shared.options.latency).await;
    }
    let mut response = next.run(axum::extract::Request::from_parts(parts, Body::from(body))).await;
    let load = *lock(&shared.load);
    // The service tells of it from four fifths on.
    if let Some(load) = load.filter(|load| *load >= 0.8)
        && let Ok(value) = HeaderValue::try_from(format!("{load:.2}"))
    {
        response.headers_mut().insert("x-ms-throttle-limit-percentage", value);
    }
    response
}

fn batch_items(body: &[u8]) -> Vec<Value> {
    match serde_json::from_slice::<Value>(body) {
        Ok(mut body) => match body["requests"].take() {
            Value::Array(items) => items,
            _ => Vec::new(),
        },
        Err(_) => Vec::new(),
    }
}

async fn handle(State(shared): State<Arc<Shared>>, request: axum::extract::Request) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, LONGEST_BODY).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let token_path = format!("/{}/oauth2/v2.0/token", shared.options.tenant_id);
    if parts.uri.path().ends_with("/oauth2/v2.0/token") {
        let reply = if parts.uri.path() == token_path {
            token(&shared, &body)
        } else {
            super::sign_in::refused(400, "invalid_request", "AADSTS90002: Tenant not found.")
        };
        return respond(reply);
    }
    if let Some(reply) = identity(&shared, &parts.uri, &parts.headers) {
        return respond(reply);
    }
    if !is_signed_in(&shared, &parts.headers) {
        let message = "Access token has expired or is not yet valid.";
        return respond(Reply::error(401, "InvalidAuthenticationToken", message));
    }
    let target = parts.uri.path_and_query().map_or("", |path| path.as_str());
    let Some(target) = target.strip_prefix("/v1.0") else {
        return respond(Reply::error(400, "BadRequest", "Invalid version."));
    };
    respond(match (parts.method.as_str(), target) {
        ("GET", target) => get(&shared, target),
        ("POST", "/$batch") => batch(&shared, &body),
        _ => Reply::error(405, "Request_BadRequest", "Specified HTTP method is not allowed."),
    })
}

fn respond(reply: Reply) -> Response {
    let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = (status, axum::Json(reply.body)).into_response();
    if let Some(seconds) = reply.retry_after {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

fn is_signed_in(shared: &Shared, headers: &HeaderMap) -> bool {
    let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let Some(token) = given.and_then(|value| value.strip_prefix("Bearer ")) else { return false };
    lock(&shared.tokens).get(token).is_some_and(|until| Instant::now() < *until)
}

/// Answers come in the reverse order: the service promises none, and clients have to go by the id.
fn batch(shared: &Shared, body: &[u8]) -> Reply {
    let items = batch_items(body);
    if items.is_empty() || items.len() > BATCH {
        return Reply::error(400, "BadRequest", "Number of batch request steps must be from 1 to 20.");
    }
    let responses: Vec<Value> = items
        .iter()
        .rev()
        .map(|item| {
            let target = item["url"].as_str().unwrap_or_default();
            let reply = match failing_item(shared, target) {
                Some(reply) => reply,
                None if item["method"] == "GET" => get(shared, target),
                None => Reply::error(405, "Request_BadRequest", "Specified HTTP method is not allowed."),
            };
            let mut headers = json!({"Content-Type": "application/json"});
            if let Some(seconds) = reply.retry_after {
                headers["Retry-After"] = json!(seconds.to_string());
            }
            json!({"id": item["id"], "status": reply.status, "headers": headers, "body": reply.body})
        })
        .collect();
    Reply::ok(json!({"responses": responses}))
}

fn failing_item(shared: &Shared, target: &str) -> Option<Reply> {
    let mut faults = lock(&shared.item_faults);
    let fault = faults.iter_mut().find(|it| it.first > 0 && target.starts_with(&it.path_prefix))?;
    fault.first -= 1;
    let code = if fault.status == 429 { "TooManyRequests" } else { "InternalServerError" };
    Some(Reply { retry_after: fault.retry_after, ..Reply::error(fault.status, code, "made to fail") })
}
