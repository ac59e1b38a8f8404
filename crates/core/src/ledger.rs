//! What earlier runs left behind: whom we manage, and which requests nobody knows the end of.
//!
//! Plain data. The engine keeps it in a database; the rules take it as input and hand back the next state.

mod addresses;
mod decisions;
mod former;
mod mended;
mod refused;
mod seen;

pub use addresses::{Addresses, Told};
pub use decisions::{Choice, Decision, Waiting};
pub use mended::{Mended, MendedKind};
pub use refused::{RefusedBefore, RefusedKind};
pub use seen::{EntryKey, Seen};

use crate::import::ImportPace;
pub use crate::names::Marks;
use crate::names::{Email, ExternalId, GroupId, MemberId, SourceName, StableId, Timestamp};
use crate::observed::{ObservedMember, OrganizationState};
use crate::wire::{ImportRequest, Request};
use core::time::Duration;
use hashbrown::{HashMap, HashSet};
use std::sync::Arc;

/// Everything that the ledger knows, read at one moment.
///
/// The default is what a lost ledger amounts to: nobody is managed and no baseline was taken, so that nobody may be
/// removed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LedgerState {
    /// People whom the organization accepted from us, in the order in which they were stored.
    pub people: Vec<ManagedPerson>,
    /// Groups that the organization accepted from us, in the order in which they were stored.
    pub groups: Vec<ManagedGroup>,
    /// Requests of earlier runs that were about to be sent, or sent, and that no later run has accounted for.
    pub open_intents: Vec<Intent>,
    /// Whether a run has compared directory and organization once since the ledger began. False: nobody is removed.
    pub baseline_taken: bool,
    /// Sources that no run has compared yet. Nothing of theirs is taken, as in a first run.
    pub new_sources: Vec<SourceName>,
    /// What the server refused for one person or group.
    pub refused: Vec<RefusedBefore>,
    /// What runs set right after somebody else had changed it.
    pub mended: Vec<Mended>,
    /// External ids of people who wait for a seat, those first who wait for longest.
    pub waiting: Vec<ExternalId>,
    /// External ids of people whose entries had no address that could be used when they were last seen.
    pub without_address: Vec<ExternalId>,
    /// Every address that a directory has told of these people.
    pub addresses: Addresses,
    /// Entries of the directories that were seen, and that are nobody of ours, in order.
    pub seen: Vec<Seen>,
    /// What an administrator has decided about people who wait, and no run has carried out.
    pub decisions: Vec<Decision>,
}

impl LedgerState {
    /// The ledger as runs that were cut off have left it: with the ids that the organization shows and they gave, and with the people
    /// whom they may have invited. None: the organization cannot be read; what they may have given counts as given.
    #[must_use]
    pub fn as_left_by_open_intents(
        mut self,
        organization: Option<&OrganizationState>,
        source: &SourceName,
    ) -> Self {
        let passed = match organization {
            Some(it) => {
                self.take_over_ids(it);
                HashSet::new()
            }
            None => self.take_over_ids_by_address(),
        };
        self.with_people_but(&passed, source)
    }

    /// Where nobody can look, the server goes by addresses, and has one membership under each: whoever got another id from a run that
    /// was cut off is no second member beside the one that the ledger has. Gives the ids that a later one of these runs replaced.
    fn take_over_ids_by_address(&mut self) -> HashSet<ExternalId> {
        let mut given: Vec<(String, ExternalId)> = Vec::new();
        for intent in self.open_intents.iter().filter(|it| it.may_have_happened()) {
            let (Request::Import(import) | Request::WholeImport(import)) = &intent.request else { continue };
            let live = import.members.iter().filter(|it| !it.deleted);
            given.extend(live.filter_map(|it| Some((it.email.clone()?, it.external_id.clone()))));
        }
        let mut passed = HashSet::new();
        if given.is_empty() {
            return passed;
        }
        let mut managed: HashSet<ExternalId> = self.people.iter().map(|it| it.external_id.clone()).collect();
        let mut holders: HashMap<String, ExternalId> =
            self.people.iter().map(|it| (it.email.as_str().to_owned(), it.external_id.clone())).collect();
        let mut first: HashMap<ExternalId, ExternalId> = HashMap::new();
        for (email, new) in given {
            let Some(holder) = holders.get_mut(&email).filter(|_| !managed.contains(&new)) else { continue };
            let old = std::mem::replace(holder, new.clone());
            managed.remove(&old);
            managed.insert(new.clone());
            let before = first.iter().find(|(_, it)| **it == old).map(|(first, _)| first.clone());
            if before.is_some() {
                passed.insert(old.clone());
            }
            first.insert(before.unwrap_or(old), new);
        }
        self.rename_people(&first);
        passed
    }

    /// Whether no run has recorded yet whom this source brought over.
    pub fn is_first_run_of(&self, source: &SourceName) -> bool {
        !self.baseline_taken || self.new_sources.contains(source)
    }

    /// Who got another id from a run that was cut off has it: whoever got the old one in the same run is somebody else.
    fn take_over_ids(&mut self, organization: &OrganizationState) {
        let given: Vec<(&ExternalId, Option<&MemberId>, Option<&str>)> = self
            .open_intents
            .iter()
            .filter(|it| it.may_have_happened())
            .flat_map(|it| match &it.request {
                Request::PutMember { id, external_id } => vec![(external_id, Some(id), None)],
                Request::Import(import) | Request::WholeImport(import) => {
                    import.members.iter().map(|it| (&it.external_id, None, it.email.as_deref())).collect()
                }
                _ => Vec::new(),
            })
            .collect();
        if given.is_empty() {
            return;
        }
        let members: HashMap<&MemberId, &ObservedMember> =
            organization.members.iter().filter_map(|it| Some((it.id.as_ref()?, it))).collect();
        let managed: HashSet<&ExternalId> = self.people.iter().map(|it| &it.external_id).collect();
        let renamed = self.people.iter().filter_map(|person| {
            let (id, member) = members.get_key_value(person.member_id.as_ref()?)?;
            let held = member.external_id.as_ref().filter(|it| **it != person.external_id)?;
            let is_it = |(external_id, put, email): &(&ExternalId, Option<&MemberId>, Option<&str>)| {
                // No import gives the id of one whom the ledger knows to another one: such an entry says what was shown before.
                let by_import = || *email == Some(member.email.as_str()) && !managed.contains(held);
                *external_id == held && (put == &Some(*id) || by_import())
            };
            given.iter().any(is_it).then(|| (person.external_id.clone(), held.clone()))
        });
        let mut renamed: HashMap<ExternalId, ExternalId> = renamed.collect();
        // Whose it still is keeps it.
        let others: Vec<ExternalId> = renamed
            .iter()
            .filter(|(_, new)| managed.contains(new) && !renamed.contains_key(*new))
            .map(|(old, _)| old.clone())
            .collect();
        drop(managed);
        others.iter().for_each(|it| drop(renamed.remove(it)));
        let remembered: HashSet<MemberId> =
            self.people.iter().filter_map(|it| it.member_id.clone()).collect();
        let strangers: HashSet<ExternalId> = self
            .people
            .iter()
            .filter_map(|person| {
                let own = members.get(person.member_id.as_ref()?);
                let id = &person.external_id;
                // Whose membership the ledger knows came in by no such run.
                let is_new = |it: &ObservedMember| it.id.as_ref().is_none_or(|id| !remembered.contains(id));
                let is_it = |it: &&ObservedMember| {
                    it.external_id.as_ref() == Some(id) && it.id != person.member_id && is_new(it)
                };
                let other = organization.members.iter().find(is_it)?;
                let is_ours =
                    given.iter().any(|(new, _, email)| *new == id && *email == Some(other.email.as_str()));
                let is_anothers = match own {
                    Some(own) => own.external_id.as_ref() != Some(id),
                    // Somebody removed it: who was invited again has the address.
                    None => other.email != person.email,
                };
                (is_ours && is_anothers && !renamed.contains_key(id)).then(|| id.clone())
            })
            .collect();
        // Whose membership is gone or has an id of another connector, and whose own id a newcomer got, is nobody's any more.
        self.people.retain(|it| !strangers.contains(&it.external_id));
        self.rename_people(&renamed);
    }

    fn rename_people(&mut self, renamed: &HashMap<ExternalId, ExternalId>) {
        for person in &mut self.people {
            if let Some(new) = renamed.get(&person.external_id) {
                self.addresses.pass_on(&person.external_id, new);
                person.external_id = new.clone();
                // The membership may go on under another entry: which one, the directory tells by the id.
                let is_own = |it: &str| it == new.as_str();
                let stays = person.stable_id.as_ref().is_some_and(|it| is_own(it.as_str()))
                    || person.reference.as_deref().is_some_and(is_own);
                person.stable_id = person.stable_id.take().filter(|_| stays);
                person.reference = person.reference.take().filter(|_| stays);
            }
        }
        let new = |it: &ExternalId| renamed.get(it).unwrap_or(it).clone();
        for group in self.groups.iter_mut().filter(|it| it.members.iter().any(|it| renamed.contains_key(it)))
        {
            group.members = group.members.iter().map(new).collect();
        }
        for id in self.without_address.iter_mut().chain(&mut self.waiting) {
            *id = new(id);
        }
    }

    /// Adds the people whom a run that was cut off may have invited: they count as managed, so that they are asked for
    /// when they are missing from the directory, which `source` is. A request does not tell the source.
    #[must_use]
    pub fn with_people_of_open_intents(self, source: &SourceName) -> Self {
        self.with_people_but(&HashSet::new(), source)
    }

    fn with_people_but(mut self, passed: &HashSet<ExternalId>, source: &SourceName) -> Self {
        let mut known: HashSet<ExternalId> = self.people.iter().map(|it| it.external_id.clone()).collect();
        known.extend(passed.iter().cloned());
        for intent in self.open_intents.iter().filter(|it| it.may_have_happened()) {
            let (Request::Import(import) | Request::WholeImport(import)) = &intent.request else { continue };
            for member in import.members.iter().filter(|it| !it.deleted) {
                if known.insert(member.external_id.clone()) {
                    self.people.push(ManagedPerson {
                        external_id: member.external_id.clone(),
                        source: source.clone(),
                        stable_id: None,
                        reference: None,
                        email: Email::new(member.email.clone().unwrap_or_default()),
                        revoked_by_us: false,
                        out: None,
                        member_id: None,
                        marks: Marks::default(),
                    });
                }
            }
        }
        self
    }

    /// Imports of which nobody knows whether the server still works on them.
    pub fn open_imports(&self) -> impl Iterator<Item = (&Intent, &ImportRequest)> {
        self.open_intents.iter().filter_map(|it| Some((it, it.import_under_way()?)))
    }

    /// Whether a run that was cut off may have taken this member's access without noting it.
    pub fn may_have_revoked(&self, member: &MemberId) -> bool {
        let revoked = |intent: &Intent| matches!(&intent.request, Request::Revoke(id) if id == member);
        self.open_intents.iter().any(|it| it.may_have_happened() && revoked(it))
    }

    /// Whether a run that was cut off may have given this member another external id, by a request of its own, without noting it: no
    /// import gives a membership that is known the id of another one.
    pub fn may_have_put(&self, member: Option<&MemberId>) -> bool {
        let mut open = self.open_intents.iter().filter(|it| it.may_have_happened());
        open.any(|it| matches!(&it.request, Request::PutMember { id, .. } if member == Some(id)))
    }

    /// Whether a run that was cut off may have given this member this external id without noting it.
    pub fn may_have_given(&self, member: Option<&MemberId>, external_id: &ExternalId) -> bool {
        let open = self.open_intents.iter().filter(|it| it.may_have_happened());
        open.map(|it| &it.request).any(|request| match request {
            Request::PutMember { id, .. } => member == Some(id),
            Request::Import(import) | Request::WholeImport(import) => {
                import.members.iter().any(|it| it.external_id == *external_id)
            }
            _ => false,
        })
    }
}

/// A person who is in the organization because of us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManagedPerson {
    /// The id that was pushed.
    pub external_id: ExternalId,
    /// The organization's own id of the membership, where it could be read: it stays whatever becomes of the other one.
    pub member_id: Option<MemberId>,
    /// The source that the person comes from: ids belong to their source.
    pub source: SourceName,
    /// The id that survives renames, where the directory has one.
    pub stable_id: Option<StableId>,
    /// The directory's own name for the entry when it was last seen: in LDAP its distinguished name, which need not be the
    /// one that was pushed.
    pub reference: Option<String>,
    /// The address that was last pushed.
    pub email: Email,
    /// Whether the person's access was taken by one of our runs; only then may a run give it back.
    pub revoked_by_us: bool,
    /// Why the person has no cause to be a member; None: has one.
    pub out: Option<Out>,
    /// What the entry was last seen to say of the person.
    pub marks: Marks,
}

/// Why somebody has no cause to be a member any more, and since when we know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Out {
    /// What the directory says.
    pub cause: OutCause,
    /// When a run first saw it; another cause begins anew.
    pub since: Timestamp,
}

/// What the directory says of somebody who has no cause to be a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutCause {
    /// Listed as disabled.
    Disabled,
    /// Listed as deleted.
    Deleted,
    /// Asked for by id, and not there.
    Gone,
    /// There, and not selected.
    OutOfScope,
    /// Asked for by id, and deleted or hidden: not to be told apart.
    Hidden,
}

impl OutCause {
    const ALL: [Self; 5] = [Self::Disabled, Self::Deleted, Self::Gone, Self::OutOfScope, Self::Hidden];

    /// The word under which a database keeps it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Disabled => "disabled",
            Self::Deleted => "deleted",
            Self::Gone => "gone",
            Self::OutOfScope => "out-of-scope",
            Self::Hidden => "hidden",
        }
    }

    /// The cause that a database keeps under this word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.word() == word)
    }
}

/// A group that is in the organization because of us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManagedGroup {
    /// The id that was pushed.
    pub external_id: ExternalId,
    /// The source that the group comes from.
    pub source: SourceName,
    /// The id that survives renames, where the directory has one and a run has seen it.
    pub stable_id: Option<StableId>,
    /// The directory's own name for the entry when it was last seen.
    pub reference: Option<String>,
    /// The organization's own id of the group, where it could be read.
    pub group_id: Option<GroupId>,
    /// The name that the organization was last known to hold.
    pub name: String,
    /// The members that were last accepted, in the order in which they were pushed. A copy shares them: there can be a
    /// million.
    pub members: Arc<[ExternalId]>,
    /// When the organization's own list of members was last read and found equal; None: never.
    pub observed_at: Option<Timestamp>,
}

/// The number of an intent in the journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IntentId(pub i64);

/// A request that was written down before it was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intent {
    /// Its number in the journal.
    pub id: IntentId,
    /// What was to be sent.
    pub request: Request,
    /// What is known of its end.
    pub state: IntentState,
    /// When it was written down.
    pub intended_at: Timestamp,
    /// When it was noted what became of it; None: never.
    pub resolved_at: Option<Timestamp>,
}

impl Intent {
    /// Whether the organization may have carried it out.
    pub fn may_have_happened(&self) -> bool {
        self.state != IntentState::Refused
    }

    /// How long the import may take that this was to send, counted from then: as far as its size and its lost answer tell.
    pub fn may_take(&self, import: &ImportRequest, pace: ImportPace) -> Duration {
        let known = self.resolved_at.map_or(0, |it| it.0.saturating_sub(self.intended_at.0));
        pace.may_take(import, Duration::from_millis(u64::try_from(known).unwrap_or_default()))
    }

    /// Until when it may take.
    pub fn may_take_until(&self, import: &ImportRequest, pace: ImportPace) -> Timestamp {
        let may_take = self.may_take(import, pace).as_millis();
        Timestamp(self.intended_at.0.saturating_add(i64::try_from(may_take).unwrap_or(i64::MAX)))
    }

    /// Whether the organization may still be carrying it out.
    pub fn may_be_under_way(&self) -> bool {
        matches!(self.state, IntentState::Intended | IntentState::Unknown)
    }

    /// The import on which the server may still work.
    pub fn import_under_way(&self) -> Option<&ImportRequest> {
        match &self.request {
            Request::Import(import) | Request::WholeImport(import) => {
                self.may_be_under_way().then_some(import)
            }
            _ => None,
        }
    }
}

/// What is known of a request's end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IntentState {
    /// Written down; the process ended before it noted an answer. It may or may not have been sent.
    Intended,
    /// The organization said yes, and the run ended before the ledger took it over.
    Accepted,
    /// The organization said no: nothing changed there.
    Refused,
    /// Sent without an answer: it may or may not have been carried out, and may still be.
    Unknown,
    /// It failed half-way or its effect is not known, and the organization is done with it.
    Over,
}

#[cfg(test)]
mod tests;
