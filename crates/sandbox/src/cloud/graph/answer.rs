//! What Graph answers to one request, alone or as an item of a batch.

use super::delta::delta;
use super::reply::{Reply, select_of, selected, user_properties};
use super::shared::Shared;
use super::tenant::{Group, Member, MemberKind, Tenant, Unit, User};
use super::tokens::Kind;
use axum::extract::Query;
use axum::http::Uri;
use serde_json::{Map, Value, json};

/// Answers a GET of a path below the version, query included.
pub(super) fn get(shared: &Shared, target: &str) -> Reply {
    let Ok(uri) = target.parse::<Uri>() else {
        return Reply::error(400, "BadRequest", "the address is not valid");
    };
    let Ok(Query(parameters)) = Query::<Vec<(String, String)>>::try_from_uri(&uri) else {
        return Reply::error(400, "BadRequest", "the query is not valid");
    };
    let segments: Vec<&str> = uri.path().trim_matches('/').split('/').collect();
    if let Some(kind) = Kind::at(&segments) {
        return delta(shared, kind, &parameters);
    }
    let page = match Page::read(&parameters) {
        Ok(page) => page,
        Err(reply) => return reply,
    };
    let tenant = shared.tenant();
    let link = Link { base: shared.version_url(), path: uri.path() };
    match segments[..] {
        ["users"] => page.of(&link, &tenant.users, |user| user_json(user, &tenant, &page.select)),
        ["users", id] => match tenant.users.iter().find(|user| user.id == id) {
            Some(user) => Reply::ok(user_json(user, &tenant, &page.select)),
            None => Reply::missing(id),
        },
        ["groups"] => page.of(&link, &tenant.groups, |group| group_json(group, &tenant, &page.select)),
        ["groups", id] => match tenant.groups.iter().find(|group| group.id == id) {
            Some(group) => Reply::ok(group_json(group, &tenant, &page.select)),
            None => Reply::missing(id),
        },
        ["groups", id, "members", ref cast @ ..] => match tenant.groups.iter().find(|group| group.id == id) {
            Some(group) if !tenant.shows_members(&group.id) => members(&page, &link, &tenant, &[], cast),
            Some(group) => members(&page, &link, &tenant, &group.members, cast),
            None => Reply::missing(id),
        },
        ["directory", "administrativeUnits", id, "members", ref cast @ ..] => {
            match tenant.units.iter().find(|unit| unit.id == id) {
                Some(unit) if !tenant.shows_members(&unit.id) => members(&page, &link, &tenant, &[], cast),
                Some(unit) => members(&page, &link, &tenant, &unit.members, cast),
                None => Reply::missing(id),
            }
        }
        ["directory", "administrativeUnits", id] => match tenant.units.iter().find(|unit| unit.id == id) {
            Some(unit) => Reply::ok(unit_json(unit, &tenant, &page.select)),
            None => Reply::missing(id),
        },
        ["directory", "deletedItems", "microsoft.graph.user"] => {
            page.of(&link, &tenant.deleted, |user| user_json(user, &tenant, &page.select))
        }
        ["directory", "deletedItems", id] => match tenant.deleted.iter().find(|user| user.id == id) {
            Some(user) => Reply::ok(user_json(user, &tenant, &page.select)),
            None => Reply::missing(id),
        },
        _ => Reply::error(400, "BadRequest", "Resource not found for the segment."),
    }
}

fn members(page: &Page, link: &Link<'_>, tenant: &Tenant, list: &[Member], cast: &[&str]) -> Reply {
    let kind = match cast {
        [] => None,
        [word] => match MemberKind::cast(word) {
            Some(kind) => Some(kind),
            None => return Reply::error(400, "BadRequest", "the cast is not known"),
        },
        _ => return Reply::error(400, "BadRequest", "Resource not found for the segment."),
    };
    let chosen: Vec<&Member> = list.iter().filter(|it| kind.is_none_or(|kind| it.kind == kind)).collect();
    page.of(link, &chosen, |member| {
        let mut item = Map::new();
        item.insert("@odata.type".to_owned(), json!(member.kind.odata_type()));
        let user = (member.kind == MemberKind::User && page.select.len() != 1)
            .then(|| tenant.users.iter().find(|user| user.id == member.id))
            .flatten();
        let rest =
            user.map_or_else(|| json!({"id": member.id}), |user| user_json(user, tenant, &page.select));
        if let Value::Object(rest) = rest {
            item.extend(rest);
        }
        Value::Object(item)
    })
}

fn group_json(group: &Group, tenant: &Tenant, select: &[String]) -> Value {
    let visibility = ("visibility", json!(tenant.visibility(&group.id)));
    selected(select, &[("id", json!(group.id)), ("displayName", json!(group.name)), visibility])
}

fn unit_json(unit: &Unit, tenant: &Tenant, select: &[String]) -> Value {
    let number = unit.id.rsplit('-').next().unwrap_or_default().trim_start_matches('0');
    let name = format!("Unit {number}");
    let visibility = ("visibility", json!(tenant.visibility(&unit.id)));
    selected(select, &[("id", json!(unit.id)), ("displayName", json!(name)), visibility])
}

fn user_json(user: &User, tenant: &Tenant, select: &[String]) -> Value {
    selected(select, &user_properties(user, tenant))
}

/// Where a list lives, for the address of its next page.
struct Link<'a> {
    base: String,
    path: &'a str,
}

struct Page {
    select: Vec<String>,
    top: usize,
    skip: usize,
}

impl Page {
    fn read(parameters: &[(String, String)]) -> Result<Self, Reply> {
        let find =
            |name: &str| parameters.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        let number = |name: &str, default: usize| match find(name) {
            None => Ok(default),
            Some(text) => text.parse().map_err(|_| Reply::error(400, "Request_BadRequest", "not a number")),
        };
        let top = number("$top", 100)?;
        if !(1..=999).contains(&top) {
            return Err(Reply::error(
                400,
                "Request_UnsupportedQuery",
                "Invalid page size specified. Must be between 1 and 999 inclusive.",
            ));
        }
        Ok(Self { select: select_of(find("$select")), top, skip: number("$skiptoken", 0)? })
    }

    fn of<T>(&self, link: &Link<'_>, all: &[T], show: impl Fn(&T) -> Value) -> Reply {
        let page: Vec<Value> = all.iter().skip(self.skip).take(self.top).map(show).collect();
        let next = self.skip + page.len();
        let mut body = Map::new();
        body.insert("@odata.context".to_owned(), json!(format!("{}/$metadata#directoryObjects", link.base)));
        if next < all.len() {
            let select = match self.select.as_slice() {
                [] => String::new(),
                names => format!("$select={}&", names.join(",")),
            };
            let address = format!("{}{}?{select}$top={}&$skiptoken={next}", link.base, link.path, self.top);
            body.insert("@odata.nextLink".to_owned(), json!(address));
        }
        body.insert("value".to_owned(), Value::Array(page));
        Reply::ok(Value::Object(body))
    }
}
