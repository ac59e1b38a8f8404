//! Whose a membership is, where what the ledger remembers of it and what the organization shows do not agree.
//!
//! Three witnesses tell: the membership's own id, which the ledger remembers of somebody; the external id; the address, which the
//! directory gives to somebody, or else gave. Each of them can be wrong: people and programs write external ids by hand, accounts
//! change their addresses, and the own ids were learned from looks at a server that may have shown those of two members
//! exchanged. Two against one win; where the own id stands alone against the two others, nobody knows:
//!
//! | own id | external id | address | whose |
//! |---|---|---|---|
//! | a's | a's | any | a's |
//! | a's | b's | a's | a's: the id was written by hand, and is set right (`mends.rs`) |
//! | a's | b's, who has another membership for certain | any | a's, likewise |
//! | a's | b's, whose membership is not disputed | nobody's, or a third one's | a's, likewise |
//! | a's | b's, whose membership is as doubtful | nobody's, or a third one's | not told apart |
//! | a's | b's | b's | not told apart |
//! | a's | none, or one that nobody has | any | a's (`recognized.rs`), but for the next row |
//! | a's | none, or one that nobody has, while another member has a's id and a's address | any | nobody's |
//! | a's | none, or one that nobody has, while a member whom nobody knows has a's id and not a's address | a's | a's: the other has a copy (`copies.rs`) |
//! | nobody's | b's | any | by external id and address alone, as before memberships were remembered |
//!
//! Of a membership that cannot be told apart nothing is taken, nothing is given, its id stays, and both people are named; so it is
//! with every other disputed one that has to do with either of them. Nothing is learned from such a look, but when it began: where
//! external id and address of all of these have agreed with each other for a day, against what was remembered, it was that which was
//! wrong. The ledger remembers the memberships anew then, and the run after goes by them.

use super::change::Subject;
use super::standing::Standing;
use super::{Plan, PlanInput};
use crate::ledger::{LedgerState, ManagedPerson, Mended, MendedKind};
use crate::names::{ExternalId, MemberId};
use crate::observed::{ObservedMember, OrganizationState};
use hashbrown::{HashMap, HashSet};

/// For so long, in milliseconds, what is shown has to be the same before it counts for more than what is remembered.
const LEARNED_AFTER: i64 = 24 * 60 * 60 * 1000;

/// Whose each address is: the only managed person to whom it was given.
#[derive(Default)]
pub(super) struct Addressed<'a>(HashMap<&'a str, Option<&'a ExternalId>>);

impl<'a> Addressed<'a> {
    /// As the ledger remembers.
    pub(super) fn remembered(ledger: &'a LedgerState) -> Self {
        let mut addressed = Self::default();
        for person in &ledger.people {
            addressed.note(person.email.as_str(), &person.external_id);
            for told in ledger.addresses.of(&person.external_id) {
                addressed.note(told.email.as_str(), &person.external_id);
            }
        }
        addressed
    }

    /// Where the directory lists an address, it is whose the directory says.
    pub(super) fn listed(mut self, input: &PlanInput<'a>) -> Self {
        let everybody = input.desired.everybody().iter().zip(input.identity.people()).enumerate();
        let known = everybody.filter(|(number, _)| input.identity.is_known(*number));
        let mut listed = Self::default();
        for (_, (entry, id)) in known {
            if let (Some(email), Some(id)) = (entry.email, id) {
                listed.note(input.desired.text(email), id);
            }
        }
        self.0.extend(listed.0);
        self
    }

    fn note(&mut self, email: &'a str, id: &'a ExternalId) {
        self.0.entry(email).and_modify(|it| *it = it.filter(|it| *it == id)).or_insert(Some(id));
    }

    /// Whether the address is this person's.
    pub(super) fn is(&self, email: &str, id: &ExternalId) -> bool {
        self.0.get(email).copied().flatten() == Some(id)
    }
}

/// Members who have an id that is not that of whom the ledger remembers: what becomes of each.
#[derive(Default)]
pub(super) struct Disputed {
    /// Whose they are: positions in the organization, and the ids to be given back.
    pub(super) settled: Vec<(usize, ExternalId)>,
    pub(super) unclear: Vec<Unclear>,
}

/// A membership that cannot be told apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unclear {
    /// The position in the organization.
    pub(super) place: usize,
    pub(super) member: MemberId,
    /// Whom the ledger remembers.
    pub(super) ours: ExternalId,
    /// The id that the organization shows.
    pub(super) held: ExternalId,
    /// Whether the address is that one's, too.
    agrees: bool,
    /// Whether what is shown is taken over.
    pub(super) learned: bool,
}

/// A member in question.
struct Question<'a> {
    place: usize,
    member: &'a ObservedMember,
    ours: &'a ExternalId,
    held: &'a ExternalId,
    verdict: Verdict,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Ours,
    Unclear,
    /// The address says nothing: it depends on whether the other one's membership is certain.
    Open,
}

impl Disputed {
    pub(super) fn of(input: &PlanInput<'_>, state: &OrganizationState) -> Self {
        let ledger = input.ledger;
        let remembered: HashMap<&MemberId, &ManagedPerson> =
            ledger.people.iter().filter_map(|it| Some((it.member_id.as_ref()?, it))).collect();
        let managed: HashMap<&ExternalId, &ManagedPerson> =
            ledger.people.iter().map(|it| (&it.external_id, it)).collect();
        let mut held = HashSet::new();
        let ids = state.members.iter().filter_map(|it| it.external_id.as_ref());
        let twice: HashSet<&ExternalId> = ids.filter(|it| !held.insert(*it)).collect();
        let (mut certain, mut questions) = (HashSet::new(), Vec::new());
        for (place, member) in state.members.iter().enumerate() {
            let known = member.id.as_ref().and_then(|it| remembered.get(it));
            let (Some(known), Some(held)) = (known, &member.external_id) else { continue };
            let ours = &known.external_id;
            if held == ours {
                certain.insert(ours);
            } else if (managed.contains_key(held) || twice.contains(held))
                && !ledger.may_have_put(member.id.as_ref())
            {
                questions.push(Question { place, member, ours, held, verdict: Verdict::Open });
            }
        }
        if questions.is_empty() {
            return Self::default();
        }
        let addressed = Addressed::remembered(ledger).listed(input);
        for it in &mut questions {
            let is_anothers = managed.contains_key(it.held) && !certain.contains(it.held);
            it.verdict = match it.member.email.as_str() {
                _ if !is_anothers => Verdict::Ours,
                email if addressed.is(email, it.ours) => Verdict::Ours,
                email if addressed.is(email, it.held) => Verdict::Unclear,
                _ => Verdict::Open,
            };
        }
        let rival = |it: &Question<'_>| managed.get(it.held).and_then(|it| it.member_id.clone());
        settle(&mut questions, rival);
        let mut disputed = Self::default();
        for it in questions {
            match (it.verdict, &it.member.id) {
                (Verdict::Ours, _) => disputed.settled.push((it.place, it.ours.clone())),
                (_, Some(member)) => disputed.unclear.push(Unclear {
                    place: it.place,
                    member: member.clone(),
                    ours: it.ours.clone(),
                    held: it.held.clone(),
                    agrees: addressed.is(it.member.email.as_str(), it.held),
                    learned: false,
                }),
                (_, None) => {}
            }
        }
        disputed.learn(input);
        disputed
    }

    /// Where all of them have been shown the same for long enough.
    fn learn(&mut self, input: &PlanInput<'_>) {
        let is_due = |it: &Unclear| {
            let since = input.ledger.mended.iter().find(|before| it.is_noted(before)).map(|it| it.at.0);
            it.agrees && since.is_some_and(|since| input.now.0.saturating_sub(since) >= LEARNED_AFTER)
        };
        if self.unclear.iter().all(is_due) {
            self.unclear.iter_mut().for_each(|it| it.learned = true);
        }
    }
}

/// Decides about those of whom the address says nothing, and about everybody who has to do with somebody who cannot be told apart.
fn settle(questions: &mut [Question<'_>], rival: impl Fn(&Question<'_>) -> Option<MemberId>) {
    loop {
        let doubtful = questions.iter().filter(|it| it.verdict != Verdict::Ours);
        let doubtful: HashSet<MemberId> = doubtful.filter_map(|it| it.member.id.clone()).collect();
        let is_free = |it: &Question<'_>| rival(it).is_none_or(|rival| !doubtful.contains(&rival));
        let free = questions.iter_mut().filter(|it| it.verdict == Verdict::Open && is_free(it));
        if free.map(|it| it.verdict = Verdict::Ours).count() == 0 {
            break;
        }
    }
    loop {
        let unclear = questions.iter().filter(|it| it.verdict != Verdict::Ours);
        let people: HashSet<ExternalId> = unclear.flat_map(|it| [it.ours.clone(), it.held.clone()]).collect();
        let drawn = questions.iter_mut().filter(|it| {
            it.verdict == Verdict::Ours && (people.contains(it.ours) || people.contains(it.held))
        });
        if drawn.map(|it| it.verdict = Verdict::Unclear).count() == 0 {
            return;
        }
    }
}

impl Unclear {
    fn is_noted(&self, before: &Mended) -> bool {
        before.kind == MendedKind::Membership
            && before.id == self.member.as_str()
            && before.mark == self.held.as_str()
    }

    /// Since when it is known, to be remembered.
    fn noted(&self, input: &PlanInput<'_>) -> Mended {
        let before = input.ledger.mended.iter().find(|it| self.is_noted(it));
        before.cloned().unwrap_or_else(|| Mended {
            kind: MendedKind::Membership,
            id: self.member.as_str().to_owned(),
            mark: self.held.as_str().to_owned(),
            at: input.now,
        })
    }
}

impl Plan {
    /// Names the memberships that cannot be told apart.
    pub(super) fn tell_unclear(
        &mut self,
        unclear: Vec<Unclear>,
        input: &PlanInput<'_>,
        state: &OrganizationState,
    ) {
        for it in &unclear {
            let name = state.members[it.place].email.as_str().to_owned();
            let person = Subject { name, external_id: it.held.clone() };
            let known = input.ledger.people.iter().find(|known| known.external_id == it.ours);
            let name = known.map(|it| it.email.as_str().to_owned()).unwrap_or_default();
            let remembered = Subject { name, external_id: it.ours.clone() };
            let noted = it.noted(input);
            self.standing.push(Standing::MembershipUnclear { person, remembered, since: noted.at });
            self.set_right.push(noted);
        }
        self.unclear = unclear;
    }

    /// After a run: nothing is learned of memberships that cannot be told apart, and nobody who has to do with one is forgotten.
    pub(super) fn remember_unclear(&self, input: &PlanInput<'_>, people: &mut Vec<ManagedPerson>) {
        let named: HashSet<&ExternalId> = self.unclear.iter().flat_map(|it| [&it.ours, &it.held]).collect();
        let learned = self.unclear.iter().any(|it| it.learned);
        let known: HashMap<&ExternalId, &ManagedPerson> = input
            .ledger
            .people
            .iter()
            .filter(|it| named.contains(&it.external_id))
            .map(|it| (&it.external_id, it))
            .collect();
        for person in people.iter_mut().filter(|_| !learned) {
            if let Some(known) = known.get(&person.external_id) {
                person.member_id.clone_from(&known.member_id);
                person.email.clone_from(&known.email);
            }
        }
        let there: HashSet<ExternalId> = people.iter().map(|it| it.external_id.clone()).collect();
        let missing = input.ledger.people.iter().filter(|it| named.contains(&it.external_id));
        people.extend(missing.filter(|it| !there.contains(&it.external_id)).cloned());
    }
}
