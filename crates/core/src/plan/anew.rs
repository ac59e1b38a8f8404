//! Memberships that the official connector did not see, at the moment in which its installation is taken over: whoever gets
//! access by them gets it because the directory is read better, and not because anybody changed it.

use super::change::{Change, Remark};
use super::roster::Roster;
use super::{Plan, PlanInput};
use crate::snapshot::Overlooked;
use crate::text::Text;
use hashbrown::HashMap;
use std::collections::BTreeMap;

/// Notes them on the first run, group by group. Groups that appear with this run have not been given to anybody before.
pub(super) fn look(input: &PlanInput<'_>, people: &Roster<'_>, plan: &mut Plan) {
    let desired = input.desired;
    if !plan.baseline || desired.overlooked().is_empty() {
        return;
    }
    let places: HashMap<Text, usize> =
        desired.everybody().iter().enumerate().map(|(place, it)| (it.external_id, place)).collect();
    let mut why: HashMap<(&str, &str), (Overlooked, &str)> = HashMap::new();
    for membership in desired.overlooked() {
        let Some(&place) = places.get(&membership.person) else { continue };
        if let Some(id) = people.pushed[place] {
            let name = desired.display_name(&desired.everybody()[place]);
            why.insert((desired.text(membership.group), id), (membership.why, name));
        }
    }
    for change in &plan.changes {
        let Change::ChangeMembers { group, added, .. } = change else { continue };
        let mut found: BTreeMap<Overlooked, Vec<String>> = BTreeMap::new();
        for member in added {
            if let Some(&(why, name)) = why.get(&(group.external_id.as_str(), member.as_str())) {
                found.entry(why).or_default().push(name.to_owned());
                plan.anew.insert((group.external_id.as_str().to_owned(), member.clone()));
            }
        }
        for (why, members) in found {
            plan.remarks.push(Remark::FoundAnew { group: group.clone(), members, why });
        }
    }
}
