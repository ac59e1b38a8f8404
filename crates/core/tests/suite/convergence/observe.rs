//! The organization as somebody sees it who can read it.

use crate::convergence::model::Organization;
use bwdc_core::names::{Email, ExternalId, GroupId, MemberId};
use bwdc_core::observed::{Membership, ObservedGroup, ObservedMember, OrganizationState, Seats};
use std::collections::BTreeMap;

impl Organization {
    /// The organization as an API that can be read shows it.
    pub(crate) fn observe(&self) -> OrganizationState {
        let places: BTreeMap<&str, usize> =
            self.members.iter().enumerate().map(|(place, it)| (it.id.as_str(), place)).collect();
        let members = self.members.iter().map(|it| ObservedMember {
            id: Some(MemberId::new(it.id.as_str())),
            email: Email::new(it.email.as_str()),
            external_id: it.external_id.as_deref().map(ExternalId::new),
            changed_id: None,
            status: it.status,
            role: it.role,
        });
        let groups = self.groups.iter().map(|it| ObservedGroup {
            id: Some(GroupId::new(it.id.as_str())),
            name: it.name.clone(),
            external_id: it.external_id.as_deref().map(ExternalId::new),
            members: Membership::Read(it.members.iter().map(|id| places[id.as_str()]).collect()),
        });
        OrganizationState { members: members.collect(), groups: groups.collect() }
    }

    pub(crate) fn is_full(&self) -> bool {
        let taken = self.members.iter().filter(|it| it.status.takes_seat()).count();
        self.seats.is_some_and(|seats| taken >= seats as usize)
    }

    pub(crate) fn seats(&self) -> Option<Seats> {
        self.seats.map(|total| Seats { total, most: None })
    }

    /// A rule begins to forbid every request about this member, or ends.
    pub(crate) fn toggle_rule(&mut self, id: String) {
        if !self.forbidden.remove(&id) {
            self.forbidden.insert(id);
        }
    }

    /// The account behind a membership gets another address.
    pub(crate) fn change_address(&mut self, place: usize, email: &str) {
        email.clone_into(&mut self.members[place].email);
        if self.members[place].password {
            self.accounts.insert(email.to_owned());
        }
    }
}
