//! What the stand-in answers: sign-in, quota, rights, then the lists and single entries.

use super::message::{CUSTOMER, Refusal, group, member, outside_id, refusal, user};
use super::query::Query;
use super::tenant::{Group, Member, MemberKind, Places, Tenant, User};
use super::{OverQuota, Shared, fields, lock, sign_in};
use axum::extract::{Request, State};
use axum::http::{Uri, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);
const ROOT: &str = "/admin/directory/v1/";

pub(super) async fn handle(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    if request.uri().path() == "/token" {
        return sign_in::token(&shared, request).await;
    }
    let signed = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let Some(scopes) = sign_in::scopes(&shared, signed) else {
        return refusal(401, "authError", "Invalid Credentials").into_response();
    };
    if count(&shared) {
        return over_quota(&shared).into_response();
    }
    if !shared.options.api_enabled {
        let words = "Admin SDK API has not been used in project 100000000001 before or it is disabled. Enable it by \
                     visiting https://console.developers.google.com/apis/api/admin.googleapis.com/overview?project=100000000001 \
                     then retry.";
        return refusal(403, "accessNotConfigured", words).into_response();
    }
    let path: Vec<String> = match request.uri().path().strip_prefix(ROOT) {
        Some(path) => path.split('/').map(percent_decoded).collect(),
        None => return refusal(404, "notFound", "Not Found").into_response(),
    };
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    let (needed, allowed) = match path.as_slice() {
        ["users", ..] => (&sign_in::SCOPES[..1], shared.options.privileges.users),
        ["groups", _, "members"] => (&sign_in::SCOPES[1..], shared.options.privileges.groups),
        _ => (&sign_in::SCOPES[1..2], shared.options.privileges.groups),
    };
    if !scopes.iter().any(|scope| needed.contains(&scope.as_str())) {
        return refusal(403, "insufficientPermissions", "Request had insufficient authentication scopes.")
            .into_response();
    }
    if !allowed {
        return refusal(403, "forbidden", "Not Authorized to access this resource/api").into_response();
    }
    answer(&shared, request.uri(), &path).into_response()
}

/// Counts a request against the quota; returns whether it was used up.
fn count(shared: &Shared) -> bool {
    let now = shared.started.elapsed().mul_f64(shared.options.speed);
    let mut window = lock(&shared.window);
    if window.0 <= now {
        *window = (now + MINUTE, 0);
    }
    let over = window.1 >= shared.options.quota;
    window.1 += u32::from(!over);
    over
}

fn over_quota(shared: &Shared) -> Refusal {
    *lock(&shared.throttled) += 1;
    let words = "Quota exceeded for quota metric 'Queries' and limit 'Queries per minute per user' of service \
                 'admin.googleapis.com' for consumer 'project_number:100000000001'.";
    match shared.options.over_quota {
        OverQuota::Forbidden(reason) => refusal(403, reason, words),
        OverQuota::TooManyRequests => refusal(429, "rateLimitExceeded", words),
    }
}

fn answer(shared: &Shared, uri: &Uri, path: &[&str]) -> Result<axum::Json<Value>, Refusal> {
    let query: HashMap<String, String> =
        axum::extract::Query::try_from_uri(uri).map(|it| it.0).unwrap_or_default();
    let held = lock(&shared.tenant);
    let (tenant, places) = &*held;
    let (whole, schema) = match path {
        ["users"] => (users(tenant, &query)?, "Users"),
        ["users", key] => {
            let found = places.users.get(&key.to_lowercase()).map(|place| &tenant.users[*place]);
            let found = found.filter(|user| !user.deleted);
            (user(found.ok_or_else(|| refusal(404, "notFound", "Resource Not Found: userKey"))?), "User")
        }
        ["groups"] => {
            is_somewhere(tenant, &query)?;
            let wanted = query_of(&query, Query::of_groups)?;
            let of_domain = of_domain(&query);
            let groups = tenant.groups.iter().filter(|it| of_domain(&it.email));
            let groups = groups.filter(|it| wanted.as_ref().is_none_or(|query| query.admits_group(it)));
            (page("groups", groups, |it| it.id.clone(), |it| group(it), [200, 200], &query)?, "Groups")
        }
        ["groups", key] => (group(group_of(tenant, places, key)?), "Group"),
        ["groups", key, "members"] => {
            let members = &group_of(tenant, places, key)?.members;
            let json = |(_, it): &(usize, &Member)| member(it, tenant, places);
            let there = members.iter().enumerate().filter(|it| json(it).is_some());
            let json = |it: &(usize, &Member)| json(it).unwrap_or_default();
            (page("members", there, |it| it.0.to_string(), json, [200, 200], &query)?, "Members")
        }
        _ => return Err(refusal(404, "notFound", "Not Found")),
    };
    let shown = match query.get("fields") {
        None => whole,
        Some(wanted) => fields::choose(whole, wanted, schema)
            .map_err(|field| refusal(400, "invalidParameter", &format!("Invalid field selection {field}")))?,
    };
    Ok(axum::Json(shown))
}

fn users(tenant: &Tenant, query: &HashMap<String, String>) -> Result<Value, Refusal> {
    is_somewhere(tenant, query)?;
    let wanted = query_of(query, Query::of_users)?;
    let deleted = query.get("showDeleted").is_some_and(|it| it == "true");
    let of_domain = of_domain(query);
    let admits = |it: &&User| {
        it.deleted == deleted
            && of_domain(&it.primary_email)
            && wanted.as_ref().is_none_or(|query| query.admits_user(it))
    };
    page("users", tenant.users.iter().filter(admits), |it| it.id.clone(), |it| user(it), [100, 500], query)
}

/// Customer or domain has to be named, and known.
fn is_somewhere(tenant: &Tenant, query: &HashMap<String, String>) -> Result<(), Refusal> {
    let customer = query.get("customer").filter(|it| !it.is_empty());
    if customer.is_some_and(|it| it != "my_customer" && it != CUSTOMER) {
        return Err(refusal(400, "badRequest", "Bad Request"));
    }
    match query.get("domain").filter(|it| !it.is_empty()) {
        None if customer.is_none() => Err(refusal(400, "badRequest", "Bad Request")),
        None => Ok(()),
        Some(domain) => {
            let mut known = tenant.users.iter().map(|it| &it.primary_email);
            let mut known_groups = tenant.groups.iter().map(|it| &it.email);
            let ends = format!("@{}", domain.to_lowercase());
            if known.any(|it| it.ends_with(&ends)) || known_groups.any(|it| it.ends_with(&ends)) {
                return Ok(());
            }
            Err(refusal(404, "notFound", "Domain not found."))
        }
    }
}

fn of_domain(query: &HashMap<String, String>) -> impl Fn(&str) -> bool {
    let ends = query.get("domain").filter(|it| !it.is_empty()).map(|it| format!("@{}", it.to_lowercase()));
    move |address| ends.as_ref().is_none_or(|ends| address.to_lowercase().ends_with(ends))
}

fn query_of(
    query: &HashMap<String, String>,
    parse: fn(&str) -> Option<Query>,
) -> Result<Option<Query>, Refusal> {
    let Some(text) = query.get("query") else { return Ok(None) };
    parse(text).map(Some).ok_or_else(|| refusal(400, "invalid", "Invalid Input: query"))
}

fn group_of<'t>(tenant: &'t Tenant, places: &Places, key: &str) -> Result<&'t Group, Refusal> {
    let place = places.groups.get(&key.to_lowercase());
    let members = tenant.groups.iter().flat_map(|group| &group.members);
    if members
        .into_iter()
        .any(|it| matches!(&it.kind, MemberKind::ForeignGroup(address) if outside_id(address) == key))
    {
        return Err(refusal(403, "forbidden", "Not Authorized to access this resource/api"));
    }
    place
        .map(|it| &tenant.groups[*it])
        .ok_or_else(|| refusal(404, "notFound", "Resource Not Found: groupKey"))
}

/// One page of entries with what stands for each in a page token; its usual and its largest size.
fn page<T>(
    list: &str,
    entries: impl Iterator<Item = T>,
    mark: impl Fn(&T) -> String,
    json: impl Fn(&T) -> Value,
    [usual, largest]: [usize; 2],
    query: &HashMap<String, String>,
) -> Result<Value, Refusal> {
    let size = match query.get("maxResults") {
        None => usual,
        Some(typed) => typed.parse().ok().filter(|size| (1..=largest).contains(size)).ok_or_else(|| {
            refusal(
                400,
                "invalidParameter",
                &format!("Invalid value '{typed}'. Values must be within the range: [1, {largest}]"),
            )
        })?,
    };
    let mut entries = entries.peekable();
    if let Some(token) = query.get("pageToken") {
        let wrong = || refusal(400, "invalid", "Invalid Input: pageToken");
        let last = URL_SAFE_NO_PAD.decode(token).ok().and_then(|it| String::from_utf8(it).ok());
        let last = last.ok_or_else(wrong)?;
        entries.by_ref().find(|it| mark(it) == last).ok_or_else(wrong)?;
    }
    let shown: Vec<T> = entries.by_ref().take(size).collect();
    let mut answer = Map::new();
    answer.insert("kind".to_owned(), format!("admin#directory#{list}").into());
    answer.insert("etag".to_owned(), json!(format!("\"{list}\"")));
    // A list without entries has no field for them.
    if !shown.is_empty() {
        answer.insert(list.to_owned(), shown.iter().map(&json).collect());
    }
    if let Some(last) = shown.last().filter(|_| entries.peek().is_some()) {
        answer.insert("nextPageToken".to_owned(), URL_SAFE_NO_PAD.encode(mark(last)).into());
    }
    Ok(Value::Object(answer))
}

fn percent_decoded(segment: &str) -> String {
    let uri = format!("/?it={}", segment.replace('+', "%2B")).parse().unwrap_or_default();
    let decoded = axum::extract::Query::<HashMap<String, String>>::try_from_uri(&uri);
    decoded.ok().and_then(|mut it| it.0.remove("it")).unwrap_or_default()
}
