//! Memberships that the official connector did not see, at the moment in which its installation is taken over: whoever gets
//! access by them gets it because the directory is read better, and not because anybody changed it.

use super::PlanInput;
use super::group_requests::{GroupFate, MembersChange};
use super::notice::PlanNotice;
use super::roster::Roster;
use crate::snapshot::Overlooked;
use crate::text::Text;
use hashbrown::HashMap;
use std::collections::{BTreeMap, BTreeSet};

/// Memberships that begin because the directory is read better than before.
#[derive(Default)]
pub(super) struct Anew {
    /// Group and member.
    pub(super) memberships: BTreeSet<(String, String)>,
    pub(super) notices: Vec<PlanNotice>,
}

/// Finds them on the first run, group by group. Groups that appear with this run have not been given to anybody before.
pub(super) fn find(input: &PlanInput<'_>, roster: &Roster<'_>, groups: &[GroupFate]) -> Anew {
    let desired = input.desired;
    let places: HashMap<Text, usize> =
        desired.everybody().iter().enumerate().map(|(place, it)| (it.external_id, place)).collect();
    let numbered = desired.groups().iter().enumerate();
    let ids: HashMap<Text, &str> = numbered
        .filter_map(|(number, it)| Some((it.external_id, input.identity.group(number).id()?.as_str())))
        .collect();
    let mut why: HashMap<(&str, &str), (Overlooked, &str)> = HashMap::new();
    for membership in desired.overlooked() {
        let Some(&place) = places.get(&membership.person) else { continue };
        if let Some((id, group)) = roster.pushed[place].zip(ids.get(&membership.group).copied()) {
            let name = desired.display_name(&desired.everybody()[place]);
            why.insert((group, id), (membership.why, name));
        }
    }
    let mut anew = Anew::default();
    for fate in groups {
        let GroupFate::Known(change) = fate else { continue };
        let MembersChange::Differ { added, .. } = &change.members else { continue };
        let group = &change.group;
        let mut found: BTreeMap<Overlooked, Vec<String>> = BTreeMap::new();
        for member in added {
            if let Some(&(why, name)) = why.get(&(group.external_id.as_str(), member.as_str())) {
                found.entry(why).or_default().push(name.to_owned());
                anew.memberships.insert((group.external_id.as_str().to_owned(), member.clone()));
            }
        }
        for (why, members) in found {
            anew.notices.push(PlanNotice::FoundAnew { group: group.clone(), members, why });
        }
    }
    anew
}
