//! What `bwdc test` answers: the desired state in reading order, without the organization.

use crate::collation::reading_order;
use crate::desired::{Desired, DesiredPerson};
use crate::snapshot::AccountState;
use serde::ser::{SerializeSeq, SerializeStruct};
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

/// Serializes to the `test` object; lists are written as they are walked, so a large directory needs no second copy.
pub struct TestReport<'a> {
    desired: &'a Desired,
    /// By person, as JSON: somebody in a hundred groups is escaped once.
    external_ids: Vec<Box<RawValue>>,
    groups: Vec<u32>,
    people: [Vec<u32>; 3],
}

const STATES: [(&str, AccountState); 3] = [
    ("enabledUsers", AccountState::Enabled),
    ("disabledUsers", AccountState::Disabled),
    ("deletedUsers", AccountState::Deleted),
];

impl<'a> TestReport<'a> {
    /// Puts a desired state into reading order.
    pub fn new(desired: &'a Desired) -> Self {
        let chosen: Vec<u32> =
            (0u32..).zip(desired.groups()).filter(|(_, it)| it.changed).map(|(number, _)| number).collect();
        let name = |&number: &u32| desired.text(desired.groups()[number as usize].name);
        let order = reading_order(chosen.iter().map(name));
        let groups = order.into_iter().map(|place| chosen[place as usize]).collect();
        let people = STATES.map(|(_, state)| {
            let chosen: Vec<u32> = (0u32..)
                .zip(desired.everybody())
                .filter(|(_, it)| {
                    desired.people_wanted() && it.email.is_some() && it.state == state && it.changed
                })
                .map(|(number, _)| number)
                .collect();
            let name = |&number: &u32| desired.display_name(&desired.everybody()[number as usize]);
            reading_order(chosen.iter().map(name)).into_iter().map(|place| chosen[place as usize]).collect()
        });
        let id = |person: &DesiredPerson| {
            serde_json::value::to_raw_value(desired.text(person.external_id)).expect("a string is JSON")
        };
        let external_ids = desired.everybody().iter().map(id).collect();
        Self { desired, external_ids, groups, people }
    }

    /// How many groups, enabled, disabled and deleted people there are.
    pub fn counts(&self) -> [usize; 4] {
        [self.groups.len(), self.people[0].len(), self.people[1].len(), self.people[2].len()]
    }
}

impl Serialize for TestReport<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("test", 5)?;
        object.serialize_field("groups", &Groups(self))?;
        for ((key, _), people) in STATES.iter().zip(&self.people) {
            object.serialize_field(key, &People { desired: self.desired, people })?;
        }
        object.serialize_field("object", "test")?;
        object.end()
    }
}

struct Groups<'a>(&'a TestReport<'a>);

impl Serialize for Groups<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Group<'a> {
            external_id: &'a str,
            display_name: &'a str,
            user_ids: UserIds<'a>,
        }
        let desired = self.0.desired;
        let mut list = serializer.serialize_seq(Some(self.0.groups.len()))?;
        for &number in &self.0.groups {
            let group = &desired.groups()[number as usize];
            list.serialize_element(&Group {
                external_id: desired.text(group.external_id),
                display_name: desired.text(group.name),
                user_ids: UserIds {
                    external_ids: &self.0.external_ids,
                    members: desired.members(number as usize),
                },
            })?;
        }
        list.end()
    }
}

struct UserIds<'a> {
    external_ids: &'a [Box<RawValue>],
    members: &'a [u32],
}

impl Serialize for UserIds<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.members.iter().map(|&person| &self.external_ids[person as usize]))
    }
}

struct People<'a> {
    desired: &'a Desired,
    people: &'a [u32],
}

impl Serialize for People<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct User<'a> {
            external_id: &'a str,
            display_name: &'a str,
        }
        serializer.collect_seq(self.people.iter().map(|&number| {
            let person: &DesiredPerson = &self.desired.everybody()[number as usize];
            User {
                external_id: self.desired.text(person.external_id),
                display_name: self.desired.display_name(person),
            }
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{Sample, settings};

    #[test]
    fn what_did_not_change_since_the_last_sync_is_not_shown() {
        let desired = Sample::new()
            .person("new", "new@x")
            .person("old", "old@x")
            .group("g", &["old", "new"])
            .group("same", &["new"])
            .unchanged("old")
            .unchanged("same")
            .desired(&settings())
            .expect("valid");
        let report = TestReport::new(&desired);
        assert_eq!(report.counts(), [1, 1, 0, 0]);
        assert!(serde_json::to_string(&report).expect("serializes").contains(r#""userIds":["old","new"]"#));
    }

    #[test]
    fn the_answer_has_the_contracts_shape_and_order() {
        let desired = Sample::new()
            .person("p10", "user10@x")
            .person("p9", "User9@x")
            .in_state("off", "off@x", AccountState::Disabled)
            .group("b", &["p9", "off", "p10"])
            .group("A", &[])
            .desired(&settings())
            .expect("valid");
        let report = TestReport::new(&desired);
        assert_eq!(report.counts(), [2, 2, 1, 0]);
        assert_eq!(
            serde_json::to_string(&report).expect("serializes"),
            concat!(
                r#"{"groups":[{"externalId":"A","displayName":"A","userIds":[]},"#,
                r#"{"externalId":"b","displayName":"b","userIds":["p9","off","p10"]}],"#,
                r#""enabledUsers":[{"externalId":"p9","displayName":"user9@x"},{"externalId":"p10","displayName":"user10@x"}],"#,
                r#""disabledUsers":[{"externalId":"off","displayName":"off@x"}],"deletedUsers":[],"object":"test"}"#
            )
        );
    }
}
