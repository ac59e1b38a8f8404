//! The organization as somebody sees it who can read it.

use crate::convergence::model::Organization;
use bwdc_core::names::{Email, ExternalId, GroupId, MemberId};
use bwdc_core::observed::{
    MemberStatus, Membership, ObservedGroup, ObservedMember, OrganizationState, Role, Seats,
};
use std::collections::{BTreeMap, BTreeSet};

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
            collections: None,
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

    /// Ids that another one has given are given no more.
    pub(crate) fn skip_ids(&mut self, other: &Self) {
        self.next = self.next.max(other.next);
    }

    /// What an administrator does in the web vault while a run is under way.
    pub(crate) fn change_meanwhile(&mut self, whom: u8, how: u8) {
        let place = usize::from(whom) % self.members.len();
        let id = self.members[place].id.clone();
        let groups = self.groups.len();
        let member = &mut self.members[place];
        match how % 4 {
            _ if member.role == Role::Owner => {}
            0 if member.status != MemberStatus::Revoked => {
                member.former = member.status;
                member.status = MemberStatus::Revoked;
            }
            1 => self.remove(&BTreeSet::from([id])),
            2 => member.role = Role::Custom,
            3 if groups > 0 => drop(self.groups[usize::from(how) % groups].members.insert(id)),
            _ => {}
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
