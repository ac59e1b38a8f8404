//! What those are called whose ids stand in changes of groups: people know each other by address.

use super::{Change, Plan, PlanInput, Standing};
use hashbrown::{HashMap, HashSet};

/// Addresses by external id, of those only whom a change of a group names.
pub(super) type Called = HashMap<String, String>;

/// Looks for the addresses: the directory's first, then the organization's.
pub(super) fn find(input: &PlanInput<'_>, changes: &[Change], standing: &[Standing]) -> Called {
    let mut wanted: HashSet<&str> = HashSet::new();
    for change in changes {
        match change {
            Change::ChangeMembers { added, removed, .. } => {
                wanted.extend(added.iter().chain(removed).map(String::as_str));
            }
            Change::DeleteGroup { removed, .. } => wanted.extend(removed.iter().map(String::as_str)),
            _ => {}
        }
    }
    for it in standing {
        if let Standing::MembershipsKept { members, .. } = it {
            wanted.extend(members.iter().map(String::as_str));
        }
    }
    if wanted.is_empty() {
        return Called::default();
    }
    let mut called = Called::with_capacity(wanted.len());
    for person in input.desired.everybody() {
        let id = input.desired.text(person.external_id);
        if let Some(email) = person.email.filter(|_| wanted.contains(id)) {
            called.entry_ref(id).or_insert_with(|| input.desired.text(email).to_owned());
        }
    }
    for member in input.observed.state().into_iter().flat_map(|it| &it.members) {
        let Some(id) = member.external_id.as_ref().map(|it| it.as_str()) else { continue };
        if wanted.contains(id) {
            called.entry_ref(id).or_insert_with(|| member.email.as_str().to_owned());
        }
    }
    called
}

impl Plan {
    /// The address of somebody whom a change of a group names by external id; the id itself where none is known.
    pub fn called<'p>(&'p self, id: &'p str) -> &'p str {
        self.called.get(id).map_or(id, String::as_str)
    }
}
