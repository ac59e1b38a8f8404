//! Who in the directory is whom in the ledger and the organization: decided once, and passed down.
//!
//! The id that is pushed is the one of the first push, where the stable id tells that it is the same person: a rename or a
//! move makes nobody new. It is none where the directory's id belongs to somebody else: a newcomer at a name that was used
//! before must neither inherit nor lose anything of the person who had it. Where the id is a name and no stable one is known of
//! the person who had it, as in a first run, the address tells: it is somebody else's by now.
//!
//! What is decided later, since the directory or the organization is asked first: `same_address.rs`, whether an entry with a
//! leaver's address is the leaver; `member_by_address.rs`, whether a member without our id is somebody in the directory;
//! `recognized.rs`, whose id was changed in the organization; `mends.rs`, whose ids were exchanged.

use super::group_identity::{GroupIdentities, GroupIdentity};
use crate::desired::{Desired, DesiredPerson};
use crate::ledger::{LedgerState, ManagedPerson, OutCause};
use crate::names::{ExternalId, SourceName};
use crate::observed::{LookupRequest, MemberStatus, OrganizationState, Presence, Presences};
use crate::settings::LeaverAction;
use crate::snapshot::AccountState;
use crate::text::Text;
use hashbrown::{HashMap, HashSet};

/// For everybody and every group in the directory the id under which the organization knows them, or will.
#[derive(Clone, Debug)]
pub struct Identity {
    people: Vec<Option<ExternalId>>,
    /// Whether the ledger knows the entry: it is that person, whatever its address or name.
    known: Vec<bool>,
    groups: GroupIdentities,
    /// Positions of people whose id another connector has given to a member.
    of_others: HashSet<usize>,
}

impl Identity {
    /// Decides.
    pub fn new(desired: &Desired, ledger: &LedgerState, organization: Option<&OrganizationState>) -> Self {
        let known = Known::new(desired, ledger, organization);
        let people = desired.everybody().iter().enumerate().map(|(number, person)| {
            let id = known.pushed(number, person)?;
            // Ids of the ledger are shared with it.
            Some(known.owners.get(id).map_or_else(|| ExternalId::new(id), |it| it.external_id.clone()))
        });
        let people: Vec<Option<ExternalId>> = people.collect();
        let owned = |id: &ExternalId| known.owners.contains_key(id.as_str());
        let entries = desired.everybody().iter().zip(&people).enumerate();
        let is_known = entries.map(|(number, (person, id))| {
            known.first_push(number, person).is_some()
                || id.as_ref().is_some_and(|id| owned(id) && known.is_same_entry(person, id.as_str()))
        });
        let groups = GroupIdentities::new(desired, ledger, organization);
        Self { known: is_known.collect(), people, groups, of_others: HashSet::new() }
    }

    /// Where another connector writes to the organization: what has an id that this one never gave is not ours, although an entry of
    /// the directory claims the id; whoever can write to a directory can often choose it. The ledger tells what was given. Where
    /// it has seen no run yet, the directory has to confirm the id: by the member's address, or by the group's name.
    #[must_use]
    pub fn beside_others(
        mut self,
        desired: &Desired,
        ledger: &LedgerState,
        organization: Option<&OrganizationState>,
    ) -> Self {
        let Some(state) = organization else { return self };
        let given: HashSet<&ExternalId> = ledger.people.iter().map(|it| &it.external_id).collect();
        let mut holders: HashMap<&ExternalId, Vec<&str>> = HashMap::new();
        for member in &state.members {
            if let Some(id) = member.external_id.as_ref().filter(|it| !given.contains(it)) {
                holders.entry(id).or_default().push(member.email.as_str());
            }
        }
        for (number, (entry, id)) in desired.everybody().iter().zip(&mut self.people).enumerate() {
            let Some(holders) = id.as_ref().and_then(|it| holders.get(it)) else { continue };
            let address = entry.email.map(|it| desired.text(it));
            let is_first = ledger.is_first_run_of(desired.source(entry.source));
            if !is_first || !holders.iter().all(|it| Some(*it) == address) {
                *id = None;
                self.known[number] = false;
                self.of_others.insert(number);
            }
        }
        self.groups.spare_others(desired, ledger, state);
        self
    }

    /// Whether another connector has given this person's id to a member.
    pub(super) fn is_of_another(&self, person: usize) -> bool {
        self.of_others.contains(&person)
    }

    /// Whether the ledger knows this entry of the directory. One that was entered anew is not known, also where it takes the
    /// place of another.
    pub(super) fn is_known(&self, person: usize) -> bool {
        self.known[person]
    }

    /// For each person of the directory the id that is pushed; None: the directory's id belongs to somebody else.
    pub(super) fn people(&self) -> &[Option<ExternalId>] {
        &self.people
    }

    /// The ids under which the directory's people are pushed.
    pub(super) fn listed(&self) -> HashSet<&str> {
        self.people.iter().flatten().map(ExternalId::as_str).collect()
    }

    /// Who a group of the directory is.
    pub(super) fn group(&self, number: usize) -> &GroupIdentity {
        self.groups.of(number)
    }

    /// What the directory answered for a managed group that it did not return; None: it was not asked.
    pub(super) fn group_answer(&self, external_id: &ExternalId) -> Option<&Presence> {
        self.groups.answer(external_id)
    }

    /// Managed groups whose own entry the directory did not return: their source has to be asked for them by id before they count
    /// as gone.
    pub fn group_lookups(
        &self,
        desired: &Desired,
        ledger: &LedgerState,
    ) -> Vec<(SourceName, Vec<LookupRequest>)> {
        self.groups.lookups(desired, ledger)
    }

    /// Takes over what the directory answered for those groups: only then is it settled who has a name that was used before.
    #[must_use]
    pub fn with_group_answers(mut self, desired: &Desired, answers: Presences) -> Self {
        self.groups.settle(desired, answers);
        self
    }

    /// Managed people whom the directory did not return: their source has to be asked for them by id before they count as
    /// gone.
    pub fn lookups(&self, ledger: &LedgerState) -> Vec<(SourceName, Vec<LookupRequest>)> {
        let listed = self.listed();
        let mut lookups: Vec<(SourceName, Vec<LookupRequest>)> = Vec::new();
        // What belongs to a directory to which no source leads any more is asked for nowhere.
        let is_missing =
            |it: &&ManagedPerson| !listed.contains(it.external_id.as_str()) && !it.source.is_former();
        for person in ledger.people.iter().filter(is_missing) {
            let one = LookupRequest {
                external_id: person.external_id.clone(),
                stable_id: person.stable_id.clone(),
                reference: person.reference.clone(),
            };
            match lookups.iter_mut().find(|(source, _)| *source == person.source) {
                Some((_, of_source)) => of_source.push(one),
                None => lookups.push((person.source.clone(), vec![one])),
            }
        }
        lookups
    }
}

/// Managed people who were not there when they were asked for, and whose access a run has taken since: the answer is
/// remembered. While nothing but a revocation follows from it, asking again could change nothing; before anybody is removed,
/// the directory is asked.
pub fn settled_absences(
    ledger: &LedgerState,
    state: &OrganizationState,
    gone: Option<LeaverAction>,
) -> Presences {
    if gone != Some(LeaverAction::Revoke) {
        return Presences::new();
    }
    let revoked = state.members.iter().filter(|it| it.status == MemberStatus::Revoked);
    let revoked: HashSet<&str> =
        revoked.filter_map(|it| it.external_id.as_ref()).map(ExternalId::as_str).collect();
    ledger
        .people
        .iter()
        .filter(|it| it.revoked_by_us && it.out.is_some_and(|out| out.cause == OutCause::Gone))
        .filter(|it| revoked.contains(it.external_id.as_str()) && !it.source.is_former())
        .map(|it| (it.external_id.clone(), Presence::NotFound))
        .collect()
}

/// An id that survives renames, with the source that it belongs to.
type Key<'a> = (&'a str, &'a str);

/// What is known of ids and addresses.
struct Known<'a> {
    desired: &'a Desired,
    owners: HashMap<&'a str, &'a ManagedPerson>,
    by_stable_id: HashMap<Key<'a>, &'a str>,
    /// The id under which any of several sources brought somebody over.
    by_alias: HashMap<usize, &'a str>,
    in_directory: HashSet<Key<'a>>,
    /// Ids that are somebody's for sure.
    claimed: HashSet<&'a str>,
    addresses: HashSet<&'a str>,
    /// Addresses of members, by external id.
    members: HashMap<&'a str, &'a str>,
    /// Addresses that members with an external id have.
    held: HashSet<&'a str>,
}

impl<'a> Known<'a> {
    fn new(
        desired: &'a Desired,
        ledger: &'a LedgerState,
        organization: Option<&'a OrganizationState>,
    ) -> Self {
        let stable = |it: &'a ManagedPerson| Some((it.source.as_str(), it.stable_id.as_ref()?.as_str()));
        let by_stable_id = ledger.people.iter().filter_map(|it| Some((stable(it)?, it.external_id.as_str())));
        let listed = desired.people().filter(|it| it.state != AccountState::Deleted);
        let addresses =
            listed.filter_map(|it| it.email).map(|it| desired.text(it)).filter(|it| !it.is_empty());
        let members = organization.into_iter().flat_map(|it| &it.members);
        let mut known = Self {
            desired,
            owners: ledger.people.iter().map(|it| (it.external_id.as_str(), it)).collect(),
            by_stable_id: by_stable_id.collect(),
            by_alias: HashMap::new(),
            in_directory: HashSet::new(),
            claimed: HashSet::new(),
            addresses: addresses.collect(),
            members: members
                .filter_map(|it| Some((it.external_id.as_ref()?.as_str(), it.email.as_str())))
                .collect(),
            held: HashSet::new(),
        };
        known.held = known.members.values().copied().collect();
        known.in_directory = desired.everybody().iter().filter_map(|it| known.stable(it)).collect();
        known.merge();
        let everybody = desired.everybody().iter().enumerate();
        known.claimed = everybody.filter_map(|(number, person)| known.first_push(number, person)).collect();
        known
    }

    /// Somebody whom several sources have keeps the id under which any of them was brought over.
    fn merge(&mut self) {
        let desired = self.desired;
        let own: HashSet<&str> = desired.everybody().iter().filter_map(|it| self.own_push(it)).collect();
        for merged in desired.merged() {
            for alias in &merged.aliases {
                let key = self.key(alias.source, alias.stable_id);
                self.in_directory.extend(key);
                let of_source = |it: &&ManagedPerson| it.source == *desired.source(alias.source);
                let id = key.and_then(|it| self.by_stable_id.get(&it).copied()).or_else(|| {
                    let id = desired.text(alias.external_id);
                    let owner = self.owners.get(id).copied().filter(of_source);
                    owner.filter(|it| it.stable_id.is_none()).map(|_| id)
                });
                if let Some(id) = id.filter(|id| !own.contains(id)) {
                    self.by_alias.entry(merged.person).or_insert(id);
                }
            }
        }
    }

    fn key(&self, source: u16, stable_id: Option<Text>) -> Option<Key<'a>> {
        Some((self.desired.source(source).as_str(), self.desired.text(stable_id?)))
    }

    fn stable(&self, person: &DesiredPerson) -> Option<Key<'a>> {
        self.key(person.source, person.stable_id)
    }

    /// The id that this entry was pushed under.
    fn own_push(&self, person: &DesiredPerson) -> Option<&'a str> {
        self.by_stable_id.get(&self.stable(person)?).copied()
    }

    fn first_push(&self, number: usize, person: &DesiredPerson) -> Option<&'a str> {
        self.own_push(person).or_else(|| {
            let own_id = self.desired.text(person.external_id);
            let is_own = |it: &&ManagedPerson| it.source == *self.desired.source(person.source);
            let is_own = self.owners.get(own_id).is_some_and(is_own);
            self.by_alias.get(&number).copied().filter(|_| !is_own)
        })
    }

    fn pushed(&self, number: usize, person: &DesiredPerson) -> Option<&'a str> {
        self.first_push(number, person).or_else(|| {
            let id = self.desired.text(person.external_id);
            (!self.claimed.contains(id) && !self.is_taken(person, id)).then_some(id)
        })
    }

    /// Whether nothing says that the entry is another one than the one that was pushed under this id.
    fn is_same_entry(&self, person: &DesiredPerson, id: &str) -> bool {
        let owned =
            self.owners.get(id).and_then(|it| Some((it.source.as_str(), it.stable_id.as_ref()?.as_str())));
        owned.is_none() || self.stable(person).is_none() || owned == self.stable(person)
    }

    /// Whether the directory's id for this person belongs to somebody else.
    fn is_taken(&self, person: &DesiredPerson, id: &str) -> bool {
        let has = |address: &str| person.email.is_some_and(|it| self.desired.text(it) == address);
        let owner = self.owners.get(id);
        if let (Some(owner), Some(_)) = (owner, self.stable(person))
            && let Some(owned) = &owner.stable_id
        {
            // Who has the address, too, may be the same person: that is settled when the directory was asked for the owner.
            return Some((owner.source.as_str(), owned.as_str())) != self.stable(person);
        }
        let address = owner.map(|it| it.email.as_str()).or_else(|| self.members.get(id).copied());
        let address = address.filter(|_| is_name(self.desired, person));
        // A journal tells neither source nor lasting id: the name alone is not enough where another member has the address, or
        // where the person may be in a source that was not read.
        let by_name_alone = owner.is_some_and(|it| it.source.is_untold())
            && (person.email.is_some_and(|it| self.held.contains(self.desired.text(it)))
                || self.desired.sources().iter().any(|it| it.failure.is_some()));
        address.is_some_and(|it| !has(it) && (by_name_alone || self.addresses.contains(it)))
    }
}

/// Whether the id that is pushed is a name, which somebody else can get: the one that survives renames is another. It is not
/// where that one only says of what kind the same id is.
fn is_name(desired: &Desired, person: &DesiredPerson) -> bool {
    let id = desired.text(person.external_id);
    let own =
        |stable: &str| stable.strip_suffix(id).is_some_and(|kind| kind.is_empty() || kind.ends_with(':'));
    person.stable_id.is_some_and(|it| !own(desired.text(it)))
}
