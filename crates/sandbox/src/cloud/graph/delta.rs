//! The delta functions of users and groups: everything at first, then what changed since a token was given.
//!
//! A token remembers the tenant as it was; what changed is the difference to the tenant of now. That costs a copy for each
//! token and makes no mistakes of its own.

use super::options::DeltaHabits;
use super::reply::{Reply, select_of, selected, user_properties};
use super::shared::Shared;
use super::tenant::{Group, Member, Tenant};
use super::tokens::{Kind, Link, Pages};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

/// Answers one request of a delta function.
pub(super) fn delta(shared: &Shared, of: Kind, parameters: &[(String, String)]) -> Reply {
    let find = |name: &str| {
        let found = parameters.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    };
    if ["$top", "$expand", "$orderby", "$search"].iter().any(|it| find(it).is_some()) {
        let message = "The query parameter is not supported with change tracking.";
        return Reply::error(400, "Request_UnsupportedQuery", message);
    }
    let gone = || {
        Reply::error(
            410,
            "syncStateNotFound",
            "The sync state generation is not found; a full sync is needed.",
        )
    };
    let habits = shared.delta_habits();
    if let Some(token) = find("$skiptoken") {
        // A page that is asked for again is given again.
        let rest = shared.deltas().pages.get(token).map(|it| (it.items.clone(), it.link.clone()));
        return rest.map_or_else(gone, |(items, link)| page(shared, items, link, habits));
    }
    let link = match find("$deltatoken") {
        None => Some(Link { of, select: select_of(find("$select")), since: Arc::default() }),
        Some(token) => shared.deltas().links.get(token).filter(|link| link.of == of).cloned(),
    };
    let Some(link) = link else { return gone() };
    let now = Arc::new(shared.tenant().clone());
    let items = arranged(changes(&link, &now, habits), habits);
    let link = Link { since: now, ..link };
    page(shared, items, link, habits)
}

fn page(shared: &Shared, mut items: Vec<Value>, link: Link, habits: DeltaHabits) -> Reply {
    let base = shared.version_url();
    let path = link.of.path();
    let rest = items.split_off(items.len().min(habits.page.max(1)));
    let mut body = Map::new();
    body.insert("@odata.context".to_owned(), json!(format!("{base}/$metadata#{}", &path[1..])));
    let mut deltas = shared.deltas();
    let token = deltas.token();
    if rest.is_empty() {
        body.insert("@odata.deltaLink".to_owned(), json!(format!("{base}{path}?$deltatoken={token}")));
        deltas.links.insert(token, link);
    } else {
        body.insert("@odata.nextLink".to_owned(), json!(format!("{base}{path}?$skiptoken={token}")));
        deltas.pages.insert(token, Pages { items: rest, link });
    }
    body.insert("value".to_owned(), Value::Array(items));
    Reply::ok(Value::Object(body))
}

fn arranged(mut items: Vec<Value>, habits: DeltaHabits) -> Vec<Value> {
    if habits.repeats {
        let again: Vec<Value> = items.iter().step_by(3).cloned().collect();
        items.extend(again);
    }
    if habits.backwards {
        items.reverse();
    }
    items
}

fn changes(link: &Link, now: &Tenant, habits: DeltaHabits) -> Vec<Value> {
    match link.of {
        Kind::Users => user_changes(link, now, habits),
        Kind::Groups => group_changes(link, now, habits),
    }
}

fn removed(id: &str, reason: &str) -> Value {
    json!({"id": id, "@removed": {"reason": reason}})
}

fn user_changes(link: &Link, now: &Tenant, habits: DeltaHabits) -> Vec<Value> {
    let before: HashMap<&str, _> = link.since.users.iter().map(|user| (user.id.as_str(), user)).collect();
    let mut items = Vec::new();
    for user in &now.users {
        let properties = user_properties(user, now);
        match before.get(user.id.as_str()) {
            // A property that was never set is left out.
            None => {
                let set: Vec<_> = properties.into_iter().filter(|(_, value)| !value.is_null()).collect();
                items.push(selected(&link.select, &set));
            }
            Some(old) if *old != user => {
                let old = user_properties(old, &link.since);
                let changed = properties
                    .into_iter()
                    .zip(old)
                    .filter(|(new, old)| new.0 == "id" || !habits.partial || new.1 != old.1);
                let changed: Vec<_> = changed.map(|(new, _)| new).collect();
                items.push(selected(&link.select, &changed));
            }
            Some(_) => {}
        }
    }
    let here: HashSet<&str> = now.users.iter().map(|user| user.id.as_str()).collect();
    let kept: HashSet<&str> = now.deleted.iter().map(|user| user.id.as_str()).collect();
    let was_kept: HashSet<&str> = link.since.deleted.iter().map(|user| user.id.as_str()).collect();
    let known = link.since.users.iter().chain(&link.since.deleted).map(|user| user.id.as_str());
    for id in known.filter(|id| !here.contains(id)) {
        if !kept.contains(id) {
            items.push(removed(id, "deleted"));
        } else if !was_kept.contains(id) {
            items.push(removed(id, "changed"));
        }
    }
    for user in now.deleted.iter().filter(|user| !before.contains_key(user.id.as_str())) {
        if !was_kept.contains(user.id.as_str()) {
            items.push(removed(&user.id, "changed"));
        }
    }
    items
}

fn group_changes(link: &Link, now: &Tenant, habits: DeltaHabits) -> Vec<Value> {
    let before: HashMap<&str, &Group> =
        link.since.groups.iter().map(|group| (group.id.as_str(), group)).collect();
    let with_members = link.select.iter().any(|it| it.eq_ignore_ascii_case("members"));
    let mut items = Vec::new();
    for group in &now.groups {
        let old = before.get(group.id.as_str());
        let mut properties = vec![("id", json!(group.id))];
        if old.is_none_or(|old| !habits.partial || old.name != group.name) {
            properties.push(("displayName", json!(group.name)));
            // A property that was never set is left out.
            let visibility = now.visibility(&group.id).filter(|_| habits.visibility);
            properties.extend(visibility.map(|it| ("visibility", json!(it))));
        }
        let shown = selected(&link.select, &properties);
        let told = if with_members && now.shows_members(&group.id) {
            member_changes(link, now, group, old, habits)
        } else {
            Vec::new()
        };
        if old.is_some_and(|old| old.name == group.name) && told.is_empty() {
            continue;
        }
        let mut chunks = told.chunks(habits.members.max(1));
        let first = chunks.next();
        for chunk in [first].into_iter().chain(chunks.map(Some)) {
            let mut item = shown.clone();
            if let Some(chunk) = chunk {
                item["members@delta"] = json!(chunk);
            }
            items.push(item);
        }
    }
    let here: HashSet<&str> = now.groups.iter().map(|group| group.id.as_str()).collect();
    let gone = link.since.groups.iter().filter(|group| !here.contains(group.id.as_str()));
    items.extend(gone.map(|group| removed(&group.id, "deleted")));
    items
}

fn member_changes(
    link: &Link,
    now: &Tenant,
    group: &Group,
    old: Option<&&Group>,
    habits: DeltaHabits,
) -> Vec<Value> {
    let dormant = |tenant: &Tenant, group: &Group| -> Vec<Member> {
        if habits.tells_of_deleted_members || old.is_none() {
            return Vec::new();
        }
        tenant.dormant.iter().filter(|(of, _)| *of == group.id).map(|(_, it)| it.clone()).collect()
    };
    let list = |tenant: &Tenant, group: &Group| -> BTreeMap<String, Member> {
        let all = group.members.iter().cloned().chain(dormant(tenant, group));
        all.map(|member| (member.id.clone(), member)).collect()
    };
    let (is, was) = (list(now, group), old.map(|old| list(&link.since, old)).unwrap_or_default());
    let entry = |member: &Member| json!({"@odata.type": member.kind.odata_type(), "id": member.id});
    let added = group.members.iter().filter(|member| !was.contains_key(&member.id)).map(entry);
    let lost = was.values().filter(|member| !is.contains_key(&member.id)).map(|member| {
        let mut entry = entry(member);
        entry["@removed"] = json!({"reason": "deleted"});
        entry
    });
    added.chain(lost).collect()
}
