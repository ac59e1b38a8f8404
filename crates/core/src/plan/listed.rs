//! What the directory lists, by the ids under which it is pushed.

use super::PlanInput;
use super::likeness::last_known;
use crate::desired::{Desired, DesiredPerson};
use crate::ledger::{ManagedPerson, Marks};
use crate::names::{ExternalId, SourceName};
use crate::observed::Presence;
use crate::snapshot::AccountState;
use hashbrown::HashMap;

/// The directory's people by the id under which they are pushed.
pub(super) struct Directory<'a> {
    pub(super) listed: HashMap<&'a str, Listed<'a>>,
}

/// Where somebody is listed, and under which id that survives renames.
pub(super) struct Listed<'a> {
    pub(super) source: &'a SourceName,
    pub(super) stable_id: Option<&'a str>,
    /// None where the entry has left its place: it is deleted.
    pub(super) reference: Option<&'a str>,
    /// None: a group.
    pub(super) person: Option<&'a DesiredPerson>,
}

impl<'a> Directory<'a> {
    pub(super) fn new(input: &PlanInput<'a>, ids: &'a [Option<ExternalId>]) -> Self {
        let desired = input.desired;
        let listed = desired.everybody().iter().map(|it| Listed {
            source: desired.source(it.source),
            stable_id: it.stable_id.map(|id| desired.text(id)),
            reference: (it.state != AccountState::Deleted).then(|| desired.text(it.reference)),
            person: Some(it),
        });
        let listed =
            ids.iter().zip(listed).filter_map(|(id, it)| Some((id.as_ref()?.as_str(), it))).collect();
        Self { listed }
    }

    /// Whether the directory tells the address of a member for its id, too.
    pub(super) fn is_address_of(&self, member: &ManagedPerson, desired: &Desired) -> bool {
        let person = self.listed.get(member.external_id.as_str()).and_then(|it| it.person);
        let told = person.and_then(|it| it.email).map(|it| desired.text(it));
        told == Some(member.email.as_str())
    }

    /// What tells the person apart, as it was last seen.
    pub(super) fn marks(&self, before: Marks, external_id: &ExternalId, input: &PlanInput<'_>) -> Marks {
        let person = self.listed.get(external_id.as_str()).and_then(|it| it.person);
        let now = person.map(|it| input.desired.marks(it)).unwrap_or_default();
        last_known(now, before)
    }

    /// The directory's name for the entry as this run saw it, listed or asked for by id.
    pub(super) fn seen_at<'s>(
        &'s self,
        external_id: &ExternalId,
        asked: &ExternalId,
        input: &'s PlanInput<'_>,
    ) -> Option<&'s str> {
        if let Some(listed) = self.listed.get(external_id.as_str()) {
            return listed.reference;
        }
        match input.presences.get(asked) {
            Some(Presence::Found { at } | Presence::Disabled { at }) => at.as_deref(),
            _ => None,
        }
    }
}

/// The directory's groups by the id under which they are pushed.
pub(super) fn listed_groups<'a>(input: &PlanInput<'a>) -> HashMap<&'a str, Listed<'a>> {
    let desired = input.desired;
    let groups = desired.groups().iter().enumerate();
    let listed = groups.filter_map(|(number, it)| {
        let stable_id = it.stable_id.map(|id| desired.text(id));
        let id = input.identity.group(number).id()?;
        let reference = Some(desired.text(it.reference));
        Some((id.as_str(), Listed { source: desired.source(it.source), stable_id, reference, person: None }))
    });
    listed.collect()
}
