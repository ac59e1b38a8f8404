//! The ledger and the organization, to be asked by id and by address.

use super::addresses::Unseen;
use super::change::KeptBecause;
use super::recognized::Recognized;
use super::refusal::Refusal;
use super::seen::SeenBefore;
use super::sources::Sources;
use super::{Evidence, PlanInput, Totals};
use crate::names::ExternalId;
use crate::observed::{Membership, Observed, ObservedMember, OrganizationState};
use crate::wire::Request;
use hashbrown::{HashMap, HashSet};

/// The organization and the ledger by the keys that decisions ask for.
pub(crate) struct Index<'a> {
    pub(crate) state: Option<&'a OrganizationState>,
    pub(crate) by_external_id: HashMap<&'a str, usize>,
    pub(crate) by_email: HashMap<&'a str, usize>,
    pub(crate) groups: HashMap<&'a str, usize>,
    pub(crate) managed: HashMap<&'a str, usize>,
    /// Groups of the ledger that a server which can be read had.
    pub(crate) managed_groups: HashSet<&'a str>,
    /// Whom a run that was cut off may have changed, where nobody can look: whether it was to take access.
    pub(crate) uncertain_people: HashMap<&'a str, bool>,
    /// Which groups it may have changed.
    pub(crate) uncertain_groups: HashSet<&'a str>,
    /// How the organization is known.
    pub(crate) evidence: Evidence,
    /// Positions of members who have another one's id, until this run sets it right or although the server refuses that.
    pub(super) with_wrong_id: HashSet<usize>,
    /// Positions of members who cannot be told apart: nothing is done to them.
    pub(super) unclear: HashSet<usize>,
    /// Whether this run only records who is there and removes nobody.
    pub(crate) baseline: bool,
    /// Whether what is believed to be there is sent all the same.
    pub(crate) resends: bool,
    /// Under which addresses people may be known, where nobody can look and the server goes by them.
    pub(super) unseen: Option<Unseen>,
    pub(super) seen: SeenBefore<'a>,
    pub(super) sources: Sources<'a>,
    pub(super) repeated_people: Vec<&'a ExternalId>,
    pub(super) repeated_groups: Vec<&'a ExternalId>,
}

impl<'a> Index<'a> {
    pub(super) fn new(input: &PlanInput<'a>) -> Self {
        let state = input.observed.state();
        let evidence = match input.observed {
            Observed::Live(_) => Evidence::Live,
            Observed::Believed(_) => Evidence::Believed,
            Observed::Unknown => Evidence::Unknown,
        };
        let mut index = Self {
            state,
            evidence,
            baseline: evidence == Evidence::Unknown || !input.ledger.baseline_taken,
            resends: input.resend && evidence == Evidence::Believed,
            by_external_id: HashMap::new(),
            by_email: HashMap::new(),
            groups: HashMap::new(),
            managed: HashMap::new(),
            managed_groups: HashSet::new(),
            uncertain_people: HashMap::new(),
            uncertain_groups: HashSet::new(),
            with_wrong_id: HashSet::new(),
            unclear: HashSet::new(),
            unseen: Unseen::new(input, evidence),
            seen: SeenBefore::new(input),
            sources: Sources::new(input),
            repeated_people: Vec::new(),
            repeated_groups: Vec::new(),
        };
        for (number, member) in state.into_iter().flat_map(|it| &it.members).enumerate() {
            // What is believed was brought over in this order: under one address a server has one membership, that of the last.
            match evidence {
                Evidence::Believed => drop(index.by_email.insert(member.email.as_str(), number)),
                _ => drop(index.by_email.entry(member.email.as_str()).or_insert(number)),
            }
            if let Some(id) = member.external_id.as_ref().filter(|id| !id.as_str().trim().is_empty())
                && let Some(other) = index.by_external_id.insert(id.as_str(), number)
            {
                index.repeated_people.push(id);
                // Whom the ledger knows by the membership's own id is meant, else under this address.
                let known = input.ledger.people.iter().find(|it| it.external_id == *id);
                let at = |it: usize| state.map(|state| &state.members[it]);
                let is_known = |it: usize| {
                    at(it).zip(known).is_some_and(|(it, known)| it.id.is_some() && it.id == known.member_id)
                };
                let has_address =
                    |it: usize| at(it).zip(known).is_some_and(|(it, known)| it.email == known.email);
                if is_known(other) || has_address(other) && !is_known(number) {
                    index.by_external_id.insert(id.as_str(), other);
                }
            }
        }
        for (number, group) in state.into_iter().flat_map(|it| &it.groups).enumerate() {
            if let Some(id) = group.external_id.as_ref().filter(|id| !id.as_str().trim().is_empty())
                && index.groups.insert(id.as_str(), number).is_some()
            {
                index.repeated_groups.push(id);
            }
        }
        for (number, person) in input.ledger.people.iter().enumerate() {
            index.managed.insert(person.external_id.as_str(), number);
        }
        if matches!(input.observed, Observed::Live(_)) {
            index.managed_groups = input.ledger.groups.iter().map(|it| it.external_id.as_str()).collect();
        }
        if matches!(input.observed, Observed::Believed(_)) {
            for intent in input.ledger.open_intents.iter().filter(|it| it.may_have_happened()) {
                let (Request::Import(import) | Request::WholeImport(import)) = &intent.request else {
                    continue;
                };
                let people = import.members.iter().map(|it| (it.external_id.as_str(), it.deleted));
                index.uncertain_people.extend(people);
                index.uncertain_groups.extend(import.groups.iter().map(|it| it.external_id.as_str()));
            }
        }
        index
    }

    /// Ids held twice: on the official server every import fails until an administrator has repaired them.
    pub(super) fn poison(&self, refusals: &mut Vec<Refusal>) {
        let same = |id: &ExternalId, held: &Option<ExternalId>| held.as_ref() == Some(id);
        let Some(state) = self.state else { return };
        let mut told = HashSet::new();
        for &id in self.repeated_people.iter().filter(|&&id| told.insert(id)) {
            let holders = state.members.iter().filter(|it| same(id, &it.external_id));
            refusals.push(Refusal::RepeatedExternalId {
                external_id: id.clone(),
                of_groups: false,
                holders: holders.map(|it| it.email.as_str().to_owned()).collect(),
            });
        }
        told.clear();
        for &id in self.repeated_groups.iter().filter(|&&id| told.insert(id)) {
            let holders = state.groups.iter().filter(|it| same(id, &it.external_id));
            refusals.push(Refusal::RepeatedExternalId {
                external_id: id.clone(),
                of_groups: true,
                holders: holders.map(|it| it.name.clone()).collect(),
            });
        }
    }

    pub(super) fn totals(&self, input: &PlanInput<'_>) -> Totals {
        let memberships =
            self.groups.values().filter_map(|&number| self.state.map(|it| &it.groups[number].members));
        Totals {
            people: input.desired.people().count(),
            groups: if input.sync.groups { input.desired.groups().len() } else { 0 },
            managed: self.managed_members(input),
            memberships: memberships.map(Membership::len).sum(),
            managed_groups: self.groups.len(),
        }
    }

    /// How many members the limits go by. What another connector brought over does not count as ours.
    fn managed_members(&self, input: &PlanInput<'_>) -> usize {
        match input.connector.shared_organization && input.ledger.baseline_taken {
            true => self.by_external_id.keys().filter(|it| self.managed.contains_key(**it)).count(),
            false => self.by_external_id.len(),
        }
    }

    /// Why nothing is decided about somebody whose source was not read, whatever another one says under the same id.
    pub(super) fn unread_owner(&self, external_id: &str, input: &PlanInput<'_>) -> Option<KeptBecause> {
        let &number = self.managed.get(external_id)?;
        self.sources.unread(&input.ledger.people[number].source)
    }

    /// Members whose external id somebody changed, by the one that our runs gave.
    pub(super) fn recognized(&self) -> HashMap<ExternalId, Recognized> {
        let members = self.state.into_iter().flat_map(|it| &it.members);
        let changed = members.filter_map(|it| {
            let held = it.changed_id.as_ref()?.held().cloned();
            Some((it.external_id.clone()?, Recognized { member: it.id.clone()?, held }))
        });
        changed.collect()
    }

    /// Whether it is known under which address the organization knows this person.
    pub(crate) fn is_certain(&self, external_id: &str) -> bool {
        self.unseen.as_ref().is_none_or(|it| it.several(external_id).is_none())
    }

    /// Whether it is known whose the membership with this id is.
    pub(super) fn is_unclear(&self, external_id: &str) -> bool {
        self.by_external_id.get(external_id).is_some_and(|it| self.unclear.contains(it))
    }

    pub(crate) fn member(&self, number: usize) -> &'a ObservedMember {
        &self.state.expect("numbers come from this state").members[number]
    }
}
