//! What the stand-in answers.

use super::oauth::Signed;
use super::tenant::{Group, User};
use super::{Shared, lock, oauth};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::Arc;

/// Largest pages of people, groups and members.
const LARGEST: [usize; 3] = [200, 10_000, 1_000];

pub(super) async fn handle(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    if request.uri().path() == "/oauth2/v1/token" {
        return oauth::token(&shared, request).await;
    }
    let signed = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let by_token = signed == Some(format!("SSWS {}", shared.options.token).as_str());
    if !by_token {
        match oauth::signed(&shared, &request) {
            Signed::Well => {}
            Signed::Badly => return error(401, "E0000011", "Invalid token provided"),
            Signed::WithoutNonce(nonce) => return oauth::nonce_wanted(&nonce),
        }
    }
    let path: Vec<&str> = request.uri().path().split('/').skip(3).collect();
    let (bucket, limits) = match path.as_slice() {
        ["users"] => ("users", Some(LARGEST[0])),
        ["users", _] => ("user", None),
        ["groups"] => ("groups", Some(LARGEST[1])),
        ["groups", _] => ("group", None),
        ["groups", _, "users"] => ("members", Some(LARGEST[2])),
        _ => return error(404, "E0000022", "The endpoint does not support the provided HTTP method"),
    };
    let mut headers = HeaderMap::new();
    let over = count(&shared, bucket, &mut headers);
    let mut response = if over {
        *lock(&shared.throttled) += 1;
        error(429, "E0000047", "API call exceeded rate limit due to too many requests.")
    } else {
        answer(&shared, request.uri(), &path, limits.unwrap_or(1))
    };
    response.headers_mut().extend(headers);
    response
}

/// Counts a request against the window of its part of the API; returns whether the window was used up.
fn count(shared: &Shared, bucket: &str, headers: &mut HeaderMap) -> bool {
    let passed = shared.started.0.elapsed().mul_f64(shared.options.speed);
    let now = (shared.started.1 + passed).as_second().unsigned_abs();
    let length = shared.options.window.as_secs().max(1);
    let mut windows = lock(&shared.windows);
    let window = windows.entry(bucket.to_owned()).or_insert((now + length, 0));
    if window.0 <= now {
        *window = (now + length, 0);
    }
    let over = window.1 >= shared.options.limit;
    window.1 += u32::from(!over);
    let mut busiest = lock(&shared.busiest);
    *busiest = window.1.max(*busiest);
    let numbers = [
        ("x-rate-limit-limit", u64::from(shared.options.limit)),
        ("x-rate-limit-remaining", u64::from(shared.options.limit - window.1)),
        ("x-rate-limit-reset", window.0),
    ];
    for (name, number) in numbers {
        headers.insert(HeaderName::from_static(name), HeaderValue::from(number));
    }
    let date = jiff::Timestamp::from_second(i64::try_from(now).unwrap_or(0)).unwrap_or(shared.started.1);
    if let Ok(date) = HeaderValue::try_from(date.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()) {
        headers.insert(header::DATE, date);
    }
    over
}

fn answer(shared: &Shared, uri: &Uri, path: &[&str], largest: usize) -> Response {
    let query = query(uri);
    let tenant = lock(&shared.tenant);
    match path {
        ["users", id] => {
            // Okta takes a login in the place of an id.
            let found = tenant.users.iter().find(|user| user.id == *id || user.login == *id);
            found.map_or_else(
                || error(404, "E0000007", &format!("Not found: Resource not found: {id} (User)")),
                |found| axum::Json(user(found)).into_response(),
            )
        }
        ["users"] => match Wanted::parse(query.get("filter").map(String::as_str)) {
            Some(wanted) => {
                let users: Vec<&User> = tenant.users.iter().filter(|user| wanted.admits(user)).collect();
                page(shared, uri, &query, &users, |user| &user.id, user, largest)
            }
            None => error(400, "E0000031", "Invalid search criteria."),
        },
        ["groups"] => {
            let groups: Vec<&Group> = tenant.groups.iter().collect();
            page(shared, uri, &query, &groups, |group| &group.id, group, largest)
        }
        ["groups", id] => tenant.groups.iter().find(|group| group.id == *id).map_or_else(
            || error(404, "E0000007", &format!("Not found: Resource not found: {id} (UserGroup)")),
            |found| axum::Json(group(found)).into_response(),
        ),
        ["groups", id, ..] => match tenant.groups.iter().find(|group| group.id == *id) {
            Some(group) => {
                let places = lock(&shared.places);
                let members = group.members.iter().filter_map(|id| places.get(id));
                let users: Vec<&User> = members.filter_map(|place| tenant.users.get(*place)).collect();
                page(shared, uri, &query, &users, |user| &user.id, user, largest)
            }
            None => error(404, "E0000007", "Not found: Resource not found (UserGroup)"),
        },
        _ => error(404, "E0000022", "The endpoint does not support the provided HTTP method"),
    }
}

fn page<T>(
    shared: &Shared,
    uri: &Uri,
    query: &HashMap<String, String>,
    items: &[&T],
    id: impl Fn(&T) -> &String,
    json: impl Fn(&T) -> Value,
    largest: usize,
) -> Response {
    let size = query.get("limit").and_then(|it| it.parse().ok()).unwrap_or(largest).clamp(1, largest);
    let start = match query.get("after") {
        None => 0,
        Some(after) => match items.iter().position(|item| id(item) == after) {
            Some(position) => position + 1,
            None => return error(400, "E0000031", "Invalid paging request"),
        },
    };
    let shown: Vec<Value> =
        items[start..(start + size).min(items.len())].iter().map(|item| json(item)).collect();
    let this = format!("{}{}", shared.front.url, uri.path_and_query().map_or("/", |path| path.as_str()));
    let mut response = axum::Json(&shown).into_response();
    let mut links = vec![format!("<{this}>; rel=\"self\"")];
    if let Some(last) = shown.last().filter(|_| start + size < items.len()) {
        let rest: Vec<&str> =
            uri.query().unwrap_or("").split('&').filter(|it| !it.starts_with("after=")).collect();
        let after = last["id"].as_str().unwrap_or_default();
        let path = format!("{}{}", shared.front.url, uri.path());
        links.push(format!("<{path}?after={after}&{}>; rel=\"next\"", rest.join("&")));
    }
    for link in links {
        if let Ok(link) = HeaderValue::try_from(link) {
            response.headers_mut().append(header::LINK, link);
        }
    }
    response
}

/// The filter expressions that are known: comparisons of the status and of the last change, joined by `and`.
#[derive(Default)]
struct Wanted {
    status: Option<String>,
    after: Option<String>,
    filtered: bool,
}

impl Wanted {
    fn parse(filter: Option<&str>) -> Option<Self> {
        let Some(filter) = filter else { return Some(Self::default()) };
        let mut wanted = Self { filtered: true, ..Self::default() };
        for part in filter.split(" and ") {
            let part = part.trim_matches(['(', ')']);
            let value =
                |start: &str| part.strip_prefix(start)?.strip_suffix('"').filter(|it| !it.contains('"'));
            if let Some(status) = value("status eq \"") {
                wanted.status = Some(status.to_owned());
            } else {
                wanted.after = Some(value("lastUpdated gt \"")?.to_owned());
            }
        }
        Some(wanted)
    }

    /// A list without any filter leaves deprovisioned people out.
    fn admits(&self, user: &User) -> bool {
        (self.filtered || user.status != "DEPROVISIONED")
            && self.status.as_ref().is_none_or(|status| user.status == *status)
            && self.after.as_ref().is_none_or(|after| user.last_updated > *after)
    }
}

fn query(uri: &Uri) -> HashMap<String, String> {
    axum::extract::Query::<HashMap<String, String>>::try_from_uri(uri).map(|it| it.0).unwrap_or_default()
}

fn user(user: &User) -> Value {
    let mut profile = json!({ "login": user.login, "email": user.email });
    if let Some((first, last)) = &user.name {
        profile["firstName"] = json!(first);
        profile["lastName"] = json!(last);
    }
    if let Some(number) = &user.employee_number {
        profile["employeeNumber"] = json!(number);
    }
    json!({
        "id": user.id, "status": user.status, "lastUpdated": user.last_updated, "profile": profile,
    })
}

fn group(group: &Group) -> Value {
    json!({
        "id": group.id, "type": "OKTA_GROUP", "lastUpdated": group.last_updated,
        "lastMembershipUpdated": group.last_membership_updated,
        "profile": { "name": group.name },
    })
}

fn error(status: u16, code: &str, summary: &str) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let body = json!({ "errorCode": code, "errorSummary": summary, "errorLink": code, "errorCauses": [] });
    (status, axum::Json(body)).into_response()
}
