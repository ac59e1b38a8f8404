//! Faults on demand: what a network, a proxy or a tired server does to a request, at the request a test names.
//!
//! Rules are data and are counted per rule, so a test says "the second import loses its answer" and nothing
//! else changes. The hook lets a test act at the very moment a request arrives or was handled, without sleeping.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::{self, Body};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::stream;
use serde_json::Value;

use crate::host::Peer;

/// The rules and the hook of one server; clones share them.
#[derive(Clone, Default)]
pub struct Faults {
    shared: Arc<Mutex<Shared>>,
}

#[derive(Default)]
struct Shared {
    rules: Vec<Counted>,
    hook: Option<Hook>,
    arrivals: u64,
}

struct Counted {
    rule: Rule,
    seen: u32,
    fired: u32,
}

type Hook = Arc<dyn Fn(&Arrival) + Send + Sync>;

/// One fault: which requests it meets and what happens to them.
#[derive(Clone, Debug)]
pub struct Rule {
    /// The request method, in capitals; `None` matches all.
    pub method: Option<String>,
    /// The beginning of the path, such as `/api/public/organization/import`.
    pub path_prefix: String,
    /// What stands in the body; `None` matches all.
    pub body_contains: Option<String>,
    /// Which of the requests that match are hit.
    pub occurrence: Occurrence,
    /// What happens.
    pub fault: Fault,
}

impl Rule {
    /// Makes a rule for every request with this method (`*` for all) whose path begins like this.
    pub fn new(method: &str, path_prefix: &str, fault: Fault) -> Rule {
        Rule {
            method: (method != "*").then(|| method.to_ascii_uppercase()),
            path_prefix: path_prefix.to_owned(),
            body_contains: None,
            occurrence: Occurrence::Every,
            fault,
        }
    }

    /// Restricts the rule to the nth matching request, counted from 1 since the rule was added.
    #[must_use]
    pub fn nth(mut self, number: u32) -> Rule {
        self.occurrence = Occurrence::Nth(number);
        self
    }

    /// Restricts the rule to the first so many matching requests.
    #[must_use]
    pub fn first(mut self, count: u32) -> Rule {
        self.occurrence = Occurrence::First(count);
        self
    }

    /// Restricts the rule to requests with this text in their body.
    #[must_use]
    pub fn containing(mut self, text: &str) -> Rule {
        self.body_contains = Some(text.to_owned());
        self
    }

    fn matches(&self, method: &str, path: &str, body: &[u8]) -> bool {
        self.method.as_deref().is_none_or(|wanted| wanted == method)
            && path.starts_with(&self.path_prefix)
            && self.body_contains.as_deref().is_none_or(|text| String::from_utf8_lossy(body).contains(text))
    }
}

/// Which of the matching requests a rule hits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Occurrence {
    /// All of them.
    Every,
    /// Only this one, counted from 1.
    Nth(u32),
    /// Those up to and including this number.
    First(u32),
    /// Those after this number.
    After(u32),
}

impl Occurrence {
    fn includes(self, number: u32) -> bool {
        match self {
            Occurrence::Every => true,
            Occurrence::Nth(wanted) => number == wanted,
            Occurrence::First(count) => number <= count,
            Occurrence::After(count) => number > count,
        }
    }
}

/// What happens to a request.
///
/// Delays add up; of the other faults the first that matches is the one that happens.
#[derive(Clone, Debug)]
pub enum Fault {
    /// The request waits before it is handled.
    Delay(Duration),
    /// The connection is dropped; the server does nothing.
    CutBeforeHandling,
    /// The server does its work and the connection is dropped without an answer.
    CutAfterHandling,
    /// This is answered and the server does nothing.
    Answer(Answer),
    /// The server does its work and this is answered instead of the truth.
    AnswerAfterHandling(Answer),
    /// The server does its work; the answer announces its whole length and ends after so many bytes.
    TruncateBody(usize),
    /// The server does its work; the answer keeps its status and headers, with another body.
    ReplaceBody(String),
    /// The server does its work; in its answer one value is another one, or is missing.
    OddValue {
        /// Where in the JSON of the body (RFC 6901).
        pointer: String,
        /// What stands there; None: nothing does.
        value: Option<Value>,
    },
}

/// An answer made up by a test.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// Names and values of the headers; those that HTTP does not allow are left out.
    pub headers: Vec<(String, String)>,
    /// The body, sent as it is.
    pub body: String,
}

impl Answer {
    /// Makes an answer with a JSON body.
    pub fn json(status: u16, body: &str) -> Answer {
        let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
        Answer { status, headers, body: body.to_owned() }
    }

    /// Makes an answer without headers or body.
    pub fn empty(status: u16) -> Answer {
        Answer { status, headers: Vec::new(), body: String::new() }
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Answer {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() = status;
        for (name, value) in self.headers {
            if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
                response.headers_mut().append(name, value);
            }
        }
        response
    }
}

/// A request that the hook is told of.
#[derive(Clone, Debug)]
pub struct Arrival {
    /// The request method, in capitals.
    pub method: String,
    /// The path with its query.
    pub path: String,
    /// The place of the request in the order of arrival, from 1.
    pub number: u64,
    /// How far the server is with it.
    pub moment: Moment,
}

/// How far the server is with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// The whole request was read; nothing was done yet.
    Arrived,
    /// The effects are stored; no byte of the answer was sent yet.
    Handled,
}

impl Faults {
    /// Makes an empty list: nothing goes wrong.
    pub fn new() -> Faults {
        Faults::default()
    }

    /// Adds a rule; its count begins at the next request.
    pub fn add(&self, rule: Rule) {
        self.lock().rules.push(Counted { rule, seen: 0, fired: 0 });
    }

    /// Removes all rules; the hook stays.
    pub fn clear(&self) {
        self.lock().rules.clear();
    }

    /// Counts how often each rule has hit, in the order in which they were added.
    pub fn fired(&self) -> Vec<u32> {
        self.lock().rules.iter().map(|counted| counted.fired).collect()
    }

    /// Calls this on the server's own thread for every request, once at each moment.
    ///
    /// It may ask the server for its members and requests. A request that is cut or answered by a rule before
    /// it is handled is told of only at its arrival.
    pub fn on_request(&self, hook: impl Fn(&Arrival) + Send + Sync + 'static) {
        self.lock().hook = Some(Arc::new(hook));
    }

    /// Removes the hook.
    pub fn forget_hook(&self) {
        self.lock().hook = None;
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self, arrival: &Arrival) {
        let hook = self.lock().hook.clone();
        if let Some(hook) = hook {
            hook(arrival);
        }
    }

    fn next_number(&self) -> u64 {
        let mut shared = self.lock();
        shared.arrivals += 1;
        shared.arrivals
    }

    fn looks_into_bodies(&self) -> bool {
        self.lock().rules.iter().any(|it| it.rule.body_contains.is_some())
    }

    fn decide(&self, method: &str, path: &str, body: &[u8]) -> (Duration, Option<Fault>) {
        let mut delay = Duration::ZERO;
        let mut chosen = None;
        for counted in &mut self.lock().rules {
            if !counted.rule.matches(method, path, body) {
                continue;
            }
            counted.seen += 1;
            if !counted.rule.occurrence.includes(counted.seen) {
                continue;
            }
            match &counted.rule.fault {
                Fault::Delay(more) => delay += *more,
                fault if chosen.is_none() => chosen = Some(fault.clone()),
                _ => continue,
            }
            counted.fired += 1;
        }
        (delay, chosen)
    }
}

impl fmt::Debug for Faults {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shared = self.lock();
        let rules: Vec<&Rule> = shared.rules.iter().map(|counted| &counted.rule).collect();
        formatter.debug_struct("Faults").field("rules", &rules).field("hook", &shared.hook.is_some()).finish()
    }
}

/// Marks a response that will not reach the client because its connection was cut.
#[derive(Clone, Copy)]
pub(crate) struct Cut;

/// Applies the rules to one request; the request's body must already be complete.
///
/// The work goes on when the client leaves: a server that finishes what its client gave up on is one of the
/// things a client has to live with.
pub(crate) async fn apply(
    State(faults): State<Faults>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    request: Request,
    next: Next,
) -> Response {
    let number = faults.next_number();
    // A task of its own: a client that goes away does not stop what was begun.
    let handling = tokio::spawn(handle(faults, peer, number, request, next));
    handling.await.unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
}

async fn handle(faults: Faults, peer: Peer, number: u64, request: Request, next: Next) -> Response {
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str()).to_owned();
    let method = request.method().as_str().to_owned();
    let mut arrival = Arrival { method, path, number, moment: Moment::Arrived };
    let (mut request, content) = if faults.looks_into_bodies() {
        let (parts, body) = request.into_parts();
        let content = body::to_bytes(body, usize::MAX).await.unwrap_or_default();
        (Request::from_parts(parts, Body::from(content.clone())), content)
    } else {
        (request, Bytes::new())
    };
    let (delay, fault) = faults.decide(&arrival.method, &arrival.path, &content);
    faults.tell(&arrival);
    if !delay.is_zero() {
        tokio::time::sleep(delay).await;
    }
    match &fault {
        Some(Fault::CutBeforeHandling) => return cut(&peer),
        Some(Fault::Answer(answer)) => return answer.clone().into_response(),
        // What is changed has to be legible.
        Some(Fault::OddValue { .. }) => drop(request.headers_mut().remove(header::ACCEPT_ENCODING)),
        _ => {}
    }
    let response = next.run(request).await;
    arrival.moment = Moment::Handled;
    faults.tell(&arrival);
    match fault {
        Some(Fault::CutAfterHandling) => cut(&peer),
        Some(Fault::AnswerAfterHandling(answer)) => answer.into_response(),
        Some(Fault::TruncateBody(length)) => truncate(response, length).await,
        Some(Fault::ReplaceBody(text)) => replace(response, text),
        Some(Fault::OddValue { pointer, value }) => odd(response, &pointer, value).await,
        _ => response,
    }
}

fn cut(peer: &Peer) -> Response {
    peer.cut();
    let mut response = Response::new(Body::empty());
    response.extensions_mut().insert(Cut);
    response
}

fn replace(response: Response, text: String) -> Response {
    let (mut parts, _) = response.into_parts();
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.remove(header::CONTENT_ENCODING);
    Response::from_parts(parts, Body::from(text))
}

/// The response with one value changed; as it is where there is no such place in it.
async fn odd(response: Response, pointer: &str, value: Option<Value>) -> Response {
    let (parts, body) = response.into_parts();
    let whole = body::to_bytes(body, usize::MAX).await.unwrap_or_default();
    let unchanged = |parts| Response::from_parts(parts, Body::from(whole.clone()));
    let Some((above, key)) = pointer.rsplit_once('/') else { return unchanged(parts) };
    let Ok(mut json) = serde_json::from_slice::<Value>(&whole) else { return unchanged(parts) };
    match (json.pointer_mut(above), value) {
        (Some(Value::Object(object)), Some(value)) => drop(object.insert(key.to_owned(), value)),
        (Some(Value::Object(object)), None) => drop(object.remove(key)),
        _ => return unchanged(parts),
    }
    replace(Response::from_parts(parts, Body::empty()), json.to_string())
}

async fn truncate(response: Response, length: usize) -> Response {
    let (mut parts, whole) = response.into_parts();
    let whole = body::to_bytes(whole, usize::MAX).await.unwrap_or_default();
    parts.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(whole.len()));
    if length >= whole.len() {
        return Response::from_parts(parts, Body::from(whole));
    }
    let part = whole.slice(..length);
    // A pause between the part and the failure lets the part reach the wire.
    let pieces = stream::unfold(Some(part), |part| async move {
        match part {
            Some(part) => Some((Ok::<Bytes, std::io::Error>(part), None)),
            None => {
                tokio::task::yield_now().await;
                Some((Err(std::io::ErrorKind::ConnectionAborted.into()), None))
            }
        }
    });
    Response::from_parts(parts, Body::from_stream(pieces))
}
