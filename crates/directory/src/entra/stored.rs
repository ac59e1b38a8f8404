//! The form in which a tenant is kept between two runs.

use super::delta::Doubt;
use super::members::Member;
use super::tenant::{Group, Tenant, User};
use crate::snapshot_cache::{ObjectKind, RawObject, SnapshotCache};
use bwdc_core::snapshot::PersonMarks;
use bwdc_core::text::Text;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::HashSet;

/// The id of the object that lists who was seen deleted.
const DELETED: &str = "deleted";

/// Where the delta functions go on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Cursor {
    pub(super) people: String,
    /// None: groups do not count.
    pub(super) groups: Option<String>,
}

impl Cursor {
    pub(super) fn to_text(&self) -> String {
        serde_json::to_string(self).expect("texts are JSON")
    }
}

#[derive(Serialize, Deserialize)]
struct StoredUser<'a> {
    #[serde(skip_serializing_if = "Option::is_none", default)]
    mail: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    name: Option<Cow<'a, str>>,
    enabled: Option<bool>,
    guest: bool,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    number: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    display_name: Option<Cow<'a, str>>,
}

#[derive(Serialize, Deserialize)]
struct StoredGroup<'a> {
    #[serde(skip_serializing_if = "Option::is_none", default)]
    name: Option<Cow<'a, str>>,
    /// Whether its members are shown to those only who may see hidden ones.
    hidden: bool,
    /// Whether its list has shown what the changes said.
    checked: bool,
    people: Vec<Cow<'a, str>>,
    groups: Vec<Cow<'a, str>>,
}

/// A cache, legible.
pub(super) struct Known {
    pub(super) tenant: Tenant,
    /// Groups whose list has shown what the changes said.
    pub(super) checked: HashSet<Text>,
    pub(super) cursor: Cursor,
}

/// Reads a cache.
pub(super) fn read(snapshot_cache: &SnapshotCache) -> Result<Known, Doubt> {
    const BROKEN: Doubt = Doubt("the snapshot cache cannot be understood");
    let cursor = serde_json::from_str(&snapshot_cache.cursor).map_err(|_| BROKEN)?;
    let (mut tenant, mut checked) = (Tenant::default(), HashSet::new());
    for object in &snapshot_cache.objects {
        let id = tenant.texts.intern(&object.id);
        match object.kind {
            ObjectKind::Person => {
                let stored: StoredUser<'_> = serde_json::from_slice(&object.body).map_err(|_| BROKEN)?;
                let mut text = |text: Option<Cow<'_, str>>| text.map(|it| tenant.texts.intern(&it));
                let (mail, name) = (text(stored.mail), text(stored.name));
                let marks = PersonMarks { number: text(stored.number), name: text(stored.display_name) };
                tenant.put_user(User { id, mail, name, enabled: stored.enabled, guest: stored.guest, marks });
            }
            ObjectKind::Group => {
                let stored: StoredGroup<'_> = serde_json::from_slice(&object.body).map_err(|_| BROKEN)?;
                let name = stored.name.map(|it| tenant.texts.intern(&it));
                let people = stored.people.iter().map(|it| Member::Person(tenant.texts.intern(it)));
                let mut members: Vec<Member> = people.collect();
                members.extend(stored.groups.iter().map(|it| Member::Group(tenant.texts.intern(it))));
                tenant.put_group(Group { id, name, hidden: stored.hidden });
                tenant.members.put(id, members);
                if stored.checked {
                    checked.insert(id);
                }
            }
            ObjectKind::Other => {
                let ids: Vec<String> = serde_json::from_slice(&object.body).map_err(|_| BROKEN)?;
                tenant.deleted = ids.iter().map(|it| tenant.texts.intern(it)).collect();
            }
        }
    }
    Ok(Known { tenant, checked, cursor })
}

/// Everybody and every group.
pub(super) fn all(tenant: &Tenant, checked: &HashSet<Text>) -> Vec<RawObject> {
    let users = tenant.users().iter().map(|it| user(tenant, it));
    users.chain(tenant.groups().iter().map(|it| group(tenant, it, checked.contains(&it.id)))).collect()
}

/// One account.
pub(super) fn user(tenant: &Tenant, user: &User) -> RawObject {
    let text = |text: Option<Text>| text.map(|it| tenant.texts.get(it).into());
    let stored = StoredUser {
        mail: text(user.mail),
        name: text(user.name),
        enabled: user.enabled,
        guest: user.guest,
        number: text(user.marks.number),
        display_name: text(user.marks.name),
    };
    object(ObjectKind::Person, tenant.texts.get(user.id), &stored)
}

/// One group with its direct members.
pub(super) fn group(tenant: &Tenant, group: &Group, checked: bool) -> RawObject {
    let mut stored = StoredGroup {
        name: group.name.map(|it| tenant.texts.get(it).into()),
        hidden: group.hidden,
        checked,
        people: Vec::new(),
        groups: Vec::new(),
    };
    for member in tenant.members.of(group.id) {
        match *member {
            Member::Person(id) => stored.people.push(tenant.texts.get(id).into()),
            Member::Group(id) => stored.groups.push(tenant.texts.get(id).into()),
        }
    }
    object(ObjectKind::Group, tenant.texts.get(group.id), &stored)
}

/// Who was seen deleted.
pub(super) fn deleted(ids: &[&str]) -> RawObject {
    object(ObjectKind::Other, DELETED, &ids)
}

fn object(kind: ObjectKind, id: &str, stored: &impl Serialize) -> RawObject {
    let body = serde_json::to_vec(stored).expect("texts are JSON");
    RawObject { kind, id: id.to_owned(), body }
}
