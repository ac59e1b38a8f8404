//! Who may be known under which address, where a server matches people by address and nobody can look.
//!
//! There the account's address is not seen: somebody whose address changed in the directory may have it under either. Such a person
//! is not sent as a member any more, since a wrong address makes a second one; and whoever leaves is sent as deleted under every
//! address that was ever told, except one under which somebody else may be a member: whom the ledger knows, and does not leave,
//! keeps every address that was told of that person, whoever has written it into another entry since.
//!
//! Of members who were invited by hand nobody knows. So each further address of a leaver is a change of its own, which counts for
//! the limits and in the history like another person.

use super::change::{Kept, KeptBecause, SharedAddress, Subject};
use super::identity::Identity;
use super::person_requests::{IdChange, PersonFate, Taking};
use super::{After, Evidence, Index, Plan, PlanInput};
use crate::desired::{Desired, DesiredPerson};
use crate::ledger::{Addresses, Choice, Decision, LedgerState, ManagedPerson};
use crate::names::ExternalId;
use crate::normalize::is_meant;
use crate::observed::ServerKind;
use hashbrown::{HashMap, HashSet};

/// The addresses that the ledger knows, with those that the directory tells of its people now.
fn addresses_told(ledger: &LedgerState, desired: &Desired, identity: &Identity) -> Addresses {
    let mut addresses = ledger.addresses.clone();
    for (person, told) in newly_told(ledger, desired, identity).unordered() {
        told.iter().for_each(|it| addresses.note(person, it.email.as_str(), it.taken));
    }
    for (holder, email) in freed(ledger, desired, identity) {
        addresses.forget(holder, email);
    }
    addresses
}

/// The addresses that the directory tells of its people now and that the ledger does not know of them.
pub fn newly_told(ledger: &LedgerState, desired: &Desired, identity: &Identity) -> Addresses {
    let mut new = Addresses::default();
    let mut note = |person: &ExternalId, email: &str, taken| {
        if !ledger.addresses.has(person, email) {
            new.note(person, email, taken);
        }
    };
    for person in &ledger.people {
        note(&person.external_id, person.email.as_str(), person.revoked_by_us);
    }
    let managed: HashSet<&ExternalId> = ledger.people.iter().map(|it| &it.external_id).collect();
    for (person, id) in desired.everybody().iter().zip(identity.people()) {
        if let (Some(id), Some(email)) = (id, person.email)
            && managed.contains(id)
        {
            note(id, desired.text(email), false);
        }
    }
    for (holder, email) in freed(ledger, desired, identity) {
        new.forget(holder, email);
    }
    new
}

/// Whose account an administrator has said not to have which address.
fn freed<'l>(
    ledger: &'l LedgerState,
    desired: &Desired,
    identity: &Identity,
) -> impl Iterator<Item = (&'l ExternalId, &'l str)> {
    let decisions = ledger.decisions.iter();
    decisions.filter_map(|it| Some((freed_by(it, ledger, desired, identity)?, it.address.as_str())))
}

/// Whose account an administrator has said not to have the address of the decision, which the directory told of that person before;
/// None: the decision is about something else. The person's own address is never freed.
pub(super) fn freed_by<'d>(
    decision: &'d Decision,
    ledger: &LedgerState,
    desired: &Desired,
    identity: &Identity,
) -> Option<&'d ExternalId> {
    let holder = &decision.of.as_ref().filter(|_| decision.choice == Choice::Invite)?.membership;
    let is_told = ledger.addresses.has(holder, decision.address.as_str());
    let of_ledger = ledger.people.iter().any(|it| it.external_id == *holder && it.email == decision.address);
    let now = || {
        let mut listed = desired.everybody().iter().zip(identity.people());
        let email = |it: &DesiredPerson| it.email.map(|it| desired.text(it));
        listed.any(|(it, id)| id.as_ref() == Some(holder) && email(it) == Some(decision.address.as_str()))
    };
    (is_told && !of_ledger && !now()).then_some(holder)
}

impl Plan {
    /// The addresses of these people, and under which of them access was taken. Of whom the directory wants, none counts as taken:
    /// the access may have been given back by hand.
    pub(super) fn addresses_after(
        &self,
        input: &PlanInput<'_>,
        after: After<'_>,
        people: &[ManagedPerson],
    ) -> Addresses {
        let mut addresses = addresses_told(input.ledger, input.desired, input.identity);
        // What was sent goes by the new ids.
        for (new, old) in self.replaced_ids() {
            addresses.pass_on(old, new);
        }
        if matches!(after, After::Accepted) {
            for member in &self.import().members {
                let sent = member.email.as_deref();
                addresses
                    .set_taken(&member.external_id, member.deleted, |it| !member.deleted || Some(it) == sent);
            }
        }
        for person in people {
            let id = &person.external_id;
            addresses.note(id, person.email.as_str(), person.revoked_by_us);
            if matches!(after, After::Observed(_)) {
                addresses.set_taken(id, person.revoked_by_us, |_| true);
            } else if person.out.is_none() {
                addresses.set_taken(id, false, |_| true);
            }
        }
        let people: HashSet<&ExternalId> = people.iter().map(|it| &it.external_id).collect();
        addresses.retain(|it| people.contains(it));
        addresses
    }
}

/// What is told of people whose accounts nobody sees.
pub(super) struct Unseen {
    told: Addresses,
    /// Everybody who may be known under an address.
    holders: HashMap<String, Vec<ExternalId>>,
}

impl Unseen {
    /// None: the server matches by id, or can be read.
    pub(super) fn new(input: &PlanInput<'_>, evidence: Evidence) -> Option<Self> {
        if input.server != ServerKind::Vaultwarden || evidence == Evidence::Live {
            return None;
        }
        let told = addresses_told(input.ledger, input.desired, input.identity);
        let mut holders: HashMap<String, Vec<ExternalId>> = HashMap::new();
        for (person, addresses) in told.iter() {
            for it in addresses {
                holders.entry(it.email.as_str().to_owned()).or_default().push(person.clone());
            }
        }
        Some(Self { told, holders })
    }

    /// Whether the settings protect the person under any of the addresses.
    fn is_protected(&self, person: &Subject, input: &PlanInput<'_>) -> bool {
        let told = self.told.of(&person.external_id).iter();
        let mut told = told.map(|it| it.email.as_str());
        told.any(|it| input.connector.protected.iter().any(|protected| is_meant(protected, it)))
    }

    /// The addresses under which a managed person may be known; None: there is only one.
    pub(super) fn several(&self, person: &str) -> Option<Vec<String>> {
        let told = self.told.of(&ExternalId::new(person));
        (told.len() > 1).then(|| told.iter().map(|it| it.email.as_str().to_owned()).collect())
    }

    /// The only managed person who may be known under this address, as one of several.
    pub(super) fn only_holder(&self, email: &str) -> Option<&ExternalId> {
        let [holder] = self.holders.get(email)?.as_slice() else { return None };
        (self.told.of(holder).len() > 1).then_some(holder)
    }

    /// Another managed person who may be known under this address, as one of several.
    pub(super) fn other_holder(&self, email: &str, person: &str) -> Option<&ExternalId> {
        let holders = self.holders.get(email).into_iter().flatten();
        holders.filter(|it| it.as_str() != person).find(|it| self.told.of(it).len() > 1)
    }
}

/// Settles under which addresses each leaver is sent as deleted.
pub(super) fn settle(input: &PlanInput<'_>, index: &Index<'_>, fates: &mut Vec<PersonFate>) {
    let Some(unseen) = &index.unseen else { return };
    let members = others(input, fates);
    let mut kept = Vec::new();
    for fate in fates.iter_mut() {
        let PersonFate::Leaves { person, cause, by: Taking::RevokeByImport(addresses) } = fate else {
            continue;
        };
        // What a run that was cut off came to is not known: all of it is sent again.
        let again = index.uncertain_people.contains_key(person.external_id.as_str());
        let holder = |email: &str| {
            let holders = unseen.holders.get(email).into_iter().flatten();
            holders.filter(|it| **it != person.external_id).find_map(|it| members.get(it.as_str()))
        };
        let mut shared = Vec::new();
        addresses.clear();
        for told in unseen.told.of(&person.external_id) {
            let email = told.email.as_str();
            match holder(email) {
                Some(holder) => shared.push(SharedAddress {
                    address: email.to_owned(),
                    holder: Subject {
                        name: holder.email.as_str().to_owned(),
                        external_id: holder.external_id.clone(),
                    },
                }),
                None if again || !told.taken => addresses.push(email.to_owned()),
                None => {}
            }
        }
        let because = match shared.is_empty() {
            _ if unseen.is_protected(person, input) => {
                addresses.clear();
                KeptBecause::Protected
            }
            false => KeptBecause::AddressShared { shared },
            true if addresses.is_empty() => KeptBecause::SentAsDeleted,
            true => continue,
        };
        let stays = Kept { person: person.clone(), cause: Some(*cause), because };
        if addresses.is_empty() {
            *fate = PersonFate::Kept(stays);
        } else {
            kept.push(PersonFate::Kept(stays));
        }
    }
    fates.extend(kept);
}

/// Managed people who may be members after the run: everybody but leavers, and those whose access was taken before and whom the
/// directory does not want. Whom it wants somebody may have given it back by hand.
fn others<'a>(input: &PlanInput<'a>, fates: &[PersonFate]) -> HashMap<&'a str, &'a ManagedPerson> {
    let (mut leaving, mut wanted) = (HashSet::new(), HashSet::new());
    for fate in fates {
        match fate {
            PersonFate::Leaves { person, .. } => drop(leaving.insert(&person.external_id)),
            PersonFate::Member(member) => {
                wanted.insert(&member.person.external_id);
                // The ledger has the membership by the id before.
                if let IdChange::Replaced(old) = &member.id {
                    wanted.insert(old);
                }
            }
            PersonFate::Unusable { member: person, .. }
            | PersonFate::AddressUnseen { person, .. }
            | PersonFate::AddressOfAnother { person, .. } => drop(wanted.insert(&person.external_id)),
            _ => {}
        }
    }
    let may_be_one = |it: &&ManagedPerson| {
        !leaving.contains(&it.external_id) && (!it.revoked_by_us || wanted.contains(&it.external_id))
    };
    input.ledger.people.iter().filter(may_be_one).map(|it| (it.external_id.as_str(), it)).collect()
}
