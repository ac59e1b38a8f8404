//! Entries of the directory that have the address of somebody whose own entry is gone, deleted, disabled or hidden: the same
//! person, entered anew, or somebody else who got the address.
//!
//! Access is bound to the account, whose master password the former holder knows. So the membership passes to the new entry where
//! the marks of both agree; where they differ, only where the settings say so.

use super::addresses::Unseen;
use super::change::Subject;
use super::claims::{Claim, Claims, Verdict, former};
use super::joining::usable_address;
use super::leavers::{is_protected, leaving};
use super::likeness::{Likeness, compare, last_known};
use super::notice::PlanNotice;
use super::seen;
use super::standing::AddressHeldBecause;
use super::{Evidence, Index, PlanInput};
use crate::ledger::{Choice, Decision, ManagedPerson};
use crate::names::ExternalId;
use crate::observed::{MemberStatus, ObservedMember, Presence, Role, ServerKind};
use crate::settings::Returning;
use crate::snapshot::AccountState;
use hashbrown::{HashMap, HashSet};

impl<'a> Claims<'a> {
    pub(super) fn new(input: &PlanInput<'a>, index: &Index<'a>) -> Self {
        let mut claims = Self::default();
        if !input.desired.people_wanted() {
            return claims;
        }
        let ids = input.identity.people();
        let listed = ids.iter().enumerate().filter(|(number, _)| input.identity.is_known(*number));
        let listed: HashMap<&str, usize> =
            listed.filter_map(|(number, id)| Some((id.as_ref()?.as_str(), number))).collect();
        for number in 0..input.desired.everybody().len() {
            let Some(held) = held(number, input, index) else { continue };
            if let Some(claim) = claim(number, &held, &listed, input, index) {
                claims.add(number, claim, &listed, input, index);
            } else if is_out_of_scope(&held, &listed, input)
                && matches!(likeness(held.old, number, &listed, input, index), Likeness::Differ(_))
            {
                claims.strangers.insert(held.old);
            }
        }
        claims.find_again(&listed, input, index);
        claims.find_by_told_address(&listed, input, index);
        claims
    }

    /// Where nobody can look, an account may have any address that was told: whoever has one of these, and the same marks, is
    /// that person. Whoever has another one of them waits for it, as for a colleague's.
    fn find_again(&mut self, listed: &HashMap<&str, usize>, input: &PlanInput<'a>, index: &Index<'a>) {
        let Some(unseen) = &index.unseen else { return };
        let mut passed: HashSet<&str> = self.passed_on().map(|(number, _)| self.of[&number].old).collect();
        let mut found = Vec::new();
        for number in 0..input.desired.everybody().len() {
            let claim = found_again(number, unseen, listed, input, index);
            found.extend(claim.filter(|it| passed.insert(it.old)).map(|it| (number, it)));
        }
        let again: HashSet<&str> = found.iter().map(|(_, it)| it.old).collect();
        self.of.retain(|_, it| !again.contains(it.old));
        self.strangers.retain(|it| !again.contains(it));
        for (number, claim) in found {
            self.add(number, claim, listed, input, index);
        }
    }

    /// Where the organization shows another address than the directory told, since the account still has the one before: whoever has
    /// the one that was told, and the same marks, is that person. Not where somebody else has the account's.
    fn find_by_told_address(
        &mut self,
        listed: &HashMap<&str, usize>,
        input: &PlanInput<'a>,
        index: &Index<'a>,
    ) {
        if index.evidence != Evidence::Live {
            return;
        }
        let mut told: HashMap<&str, Option<&ExternalId>> = HashMap::new();
        for (id, addresses) in input.ledger.addresses.unordered() {
            for it in addresses {
                told.entry(it.email.as_str()).and_modify(|it| *it = None).or_insert(Some(id));
            }
        }
        let emails = input.desired.everybody().iter().filter_map(|it| it.email);
        let emails: HashSet<&str> = emails.map(|it| input.desired.text(it)).collect();
        let mut claimed: HashSet<&str> = self.of.values().map(|it| it.old).collect();
        for number in 0..input.desired.everybody().len() {
            let place = |email: &str| {
                let id =
                    told.get(email).copied().flatten().filter(|_| !index.by_email.contains_key(email))?;
                index.by_external_id.get(id.as_str()).copied()
            };
            let Some(held) = held_at(number, place, input, index) else { continue };
            let same = matches!(likeness(held.old, number, listed, input, index), Likeness::Same);
            if !same || emails.contains(held.member.email.as_str()) || claimed.contains(held.old) {
                continue;
            }
            let claim = claim(number, &held, listed, input, index);
            if let Some(claim) = claim.filter(|it| it.verdict == Verdict::PassesOn) {
                claimed.insert(claim.old);
                self.add(number, claim, listed, input, index);
            }
        }
    }

    pub(super) fn of(&self, number: usize) -> Option<&Claim<'a>> {
        self.of.get(&number)
    }

    /// All of them, in no order.
    pub(super) fn all(&self) -> impl Iterator<Item = (&usize, &Claim<'a>)> {
        self.of.iter()
    }

    /// Those whose membership is to be removed, in the directory's order.
    pub(super) fn invited_anew(&self) -> Vec<(usize, Claim<'a>)> {
        let invited = self.of.iter().filter(|(_, it)| it.verdict == Verdict::InvitedAnew);
        let mut invited: Vec<_> = invited.map(|(&number, it)| (number, it.clone())).collect();
        invited.sort_unstable_by_key(|(number, _)| *number);
        invited
    }

    /// Whether the address of this member is another person's by now, so that nobody has to wait for the leaver to come back.
    pub(super) fn is_strangers(&self, old: &str) -> bool {
        self.strangers.contains(old)
    }

    /// The ids under which memberships go on, by position in the directory.
    pub(super) fn passed_on(&self) -> impl Iterator<Item = (usize, &'a str)> {
        self.of
            .iter()
            .filter(|(_, it)| it.verdict == Verdict::PassesOn)
            .map(|(&number, it)| (number, it.pushed))
    }

    fn add(
        &mut self,
        number: usize,
        claim: Claim<'a>,
        listed: &HashMap<&str, usize>,
        input: &PlanInput<'a>,
        index: &Index<'a>,
    ) {
        let entry = &input.desired.everybody()[number];
        match &claim.verdict {
            Verdict::PassesOn => {
                self.left_behind.extend(listed.get(claim.old));
                let member = index.member(claim.place);
                self.notices.push(PlanNotice::EntryReplaced {
                    person: Subject {
                        name: member.email.as_str().to_owned(),
                        external_id: ExternalId::new(claim.pushed),
                    },
                    entry: input.desired.text(entry.reference).to_owned(),
                    former: former(claim.old, input, index),
                    compared: likeness(claim.old, number, listed, input, index) == Likeness::Same,
                });
            }
            Verdict::InvitedAnew
            | Verdict::Waits(AddressHeldBecause::AnotherPerson { .. } | AddressHeldBecause::KnownBefore) => {
                self.strangers.insert(claim.old);
            }
            Verdict::Waits(_) => {}
        }
        self.of.insert(number, claim);
    }
}

/// The membership that has the address of a new entry.
struct Held<'a> {
    /// The id that the directory has for the new entry.
    own_id: &'a str,
    email: &'a str,
    /// The position in the organization.
    place: usize,
    member: &'a ObservedMember,
    /// The id that the membership has, and whose it is.
    old: &'a str,
    known: &'a ManagedPerson,
}

fn held<'a>(number: usize, input: &PlanInput<'a>, index: &Index<'a>) -> Option<Held<'a>> {
    held_at(number, |email| index.by_email.get(email).copied(), input, index)
}

/// The membership that stands where `place` finds the address.
fn held_at<'a>(
    number: usize,
    place: impl Fn(&str) -> Option<usize>,
    input: &PlanInput<'a>,
    index: &Index<'a>,
) -> Option<Held<'a>> {
    let entry = &input.desired.everybody()[number];
    if input.identity.is_known(number) || leaving(entry, input).is_some() {
        return None;
    }
    let own_id = input.desired.text(entry.external_id);
    let email = usable_address(entry, own_id, input).ok()?;
    let place = place(email)?;
    let member = index.member(place);
    let old = member.external_id.as_ref()?.as_str();
    let known = &input.ledger.people[*index.managed.get(old)?];
    Some(Held { own_id, email, place, member, old, known })
}

/// Whether the membership is somebody's whose own entry is there, and not selected.
fn is_out_of_scope(held: &Held<'_>, listed: &HashMap<&str, usize>, input: &PlanInput<'_>) -> bool {
    let answer = input.presences.get(&held.known.external_id);
    !listed.contains_key(held.old) && matches!(answer, Some(Presence::Found { .. }))
}

fn claim<'a>(
    number: usize,
    held: &Held<'a>,
    listed: &HashMap<&str, usize>,
    input: &PlanInput<'a>,
    index: &Index<'a>,
) -> Option<Claim<'a>> {
    let desired = input.desired;
    let &Held { own_id, email, place, member, old, known } = held;
    // At the same name the id is free for whoever takes the membership over; a third person's is not.
    let (pushed, is_free) = match &input.identity.people()[number] {
        Some(id) => (id.as_str(), true),
        // So is that of somebody who is neither a member nor in the directory any more.
        None => {
            let nobodys = !index.by_external_id.contains_key(own_id) && !listed.contains_key(own_id);
            (own_id, own_id == old || nobodys)
        }
    };
    let elsewhere = is_free && pushed != old && index.by_external_id.contains_key(pushed);
    let colleague = listed.get(old).is_some_and(|&it| desired.everybody()[it].state == AccountState::Enabled);
    if elsewhere || colleague || is_free && listed.contains_key(pushed) {
        return None;
    }
    let waits = |because| Some(Claim { old, place, pushed, verdict: Verdict::Waits(because) });
    // Of a directory to which no source leads any more nothing but the marks is known.
    if !listed.contains_key(old) && !known.source.is_former() {
        match input.presences.get(&known.external_id) {
            Some(Presence::NotFound | Presence::Disabled { .. } | Presence::Hidden(_)) => {}
            // Out of scope, it is still somebody's.
            Some(Presence::Found { .. }) => return None,
            None | Some(Presence::Unknown { .. }) => return waits(AddressHeldBecause::Unconfirmed),
        }
    }
    if !index.sources.all_read() || index.unclear.contains(&place) {
        return waits(AddressHeldBecause::Unconfirmed);
    }
    let reachable = input.server == ServerKind::Vaultwarden || member.id.is_some();
    let free = reachable && !is_protected(member, old, email, input) && index.is_certain(old);
    let revoked = member.status == MemberStatus::Revoked;
    let choice = choice(number, old, input).map(|it| match it {
        Choice::Restore => Returning::Restore,
        Choice::Invite => Returning::Invite,
    });
    let verdict = match likeness(old, number, listed, input, index) {
        Likeness::Same | Likeness::NotTold if index.seen.with_another_address(number, input.desired) => {
            let returning = choice.unwrap_or(input.connector.leavers.returning);
            another(member, AddressHeldBecause::KnownBefore, returning, free, index, input)
        }
        Likeness::Same if free => Verdict::PassesOn,
        Likeness::NotTold if free && !revoked => Verdict::PassesOn,
        // Told like any other membership that cannot get the id.
        Likeness::Same => return None,
        Likeness::NotTold if !free && !revoked => return None,
        Likeness::NotTold => {
            let returning = choice.unwrap_or(Returning::Wait);
            another(member, AddressHeldBecause::NotCompared, returning, free, index, input)
        }
        Likeness::Differ(mark) => {
            let returning = choice.unwrap_or(input.connector.leavers.returning);
            another(member, AddressHeldBecause::AnotherPerson { mark }, returning, free, index, input)
        }
    };
    let verdict = match verdict {
        Verdict::PassesOn if !is_free => return None,
        Verdict::InvitedAnew if !is_free => return None,
        verdict => verdict,
    };
    Some(Claim { old, place, pushed, verdict })
}

/// The claim of a new entry with the marks of somebody whose own entry is gone, and one of the addresses that were told. The
/// membership keeps its id: nothing is sent while nobody knows which address the account has.
fn found_again<'a>(
    number: usize,
    unseen: &Unseen,
    listed: &HashMap<&str, usize>,
    input: &PlanInput<'a>,
    index: &Index<'a>,
) -> Option<Claim<'a>> {
    let desired = input.desired;
    let entry = &desired.everybody()[number];
    if input.identity.is_known(number) || leaving(entry, input).is_some() || !index.sources.all_read() {
        return None;
    }
    let email = usable_address(entry, desired.text(entry.external_id), input).ok()?;
    let known = &input.ledger.people[*index.managed.get(unseen.only_holder(email)?.as_str())?];
    let old = known.external_id.as_str();
    let &place = index.by_external_id.get(old)?;
    let own = input.identity.people()[number].as_ref().map(ExternalId::as_str);
    let elsewhere = own.is_some_and(|it| it != old && index.by_external_id.contains_key(it));
    let is_left = match listed.get(old) {
        Some(&it) => desired.everybody()[it].state != AccountState::Enabled,
        None => {
            let answer = input.presences.get(&known.external_id);
            known.source.is_former()
                || matches!(
                    answer,
                    Some(Presence::NotFound | Presence::Disabled { .. } | Presence::Hidden(_))
                )
        }
    };
    let same = || {
        matches!(likeness(old, number, listed, input, index), Likeness::Same)
            && !index.seen.with_another_address(number, input.desired)
    };
    (is_left && !elsewhere && same()).then_some(Claim { old, place, pushed: old, verdict: Verdict::PassesOn })
}

/// What an administrator has decided about this entry and that membership.
fn choice(number: usize, old: &str, input: &PlanInput<'_>) -> Option<Choice> {
    let is_it = |it: &Decision| {
        it.of
            .as_ref()
            .is_some_and(|it| it.membership.as_str() == old && it.entry == seen::key(number, input.desired))
    };
    input.ledger.decisions.iter().find(|it| is_it(it)).map(|it| it.choice)
}

/// What becomes of the membership of somebody whose address another person has.
fn another(
    member: &ObservedMember,
    because: AddressHeldBecause,
    returning: Returning,
    free: bool,
    index: &Index<'_>,
    input: &PlanInput<'_>,
) -> Verdict {
    let removable = free
        && !index.baseline
        && member.role == Role::User
        && member.id.is_some()
        && input.server != ServerKind::Vaultwarden;
    match returning {
        Returning::Restore if free => Verdict::PassesOn,
        Returning::Invite if removable => Verdict::InvitedAnew,
        Returning::Wait | Returning::Restore | Returning::Invite => Verdict::Waits(because),
    }
}

/// What the marks say: those of the old entry as it is listed now, else as the ledger remembers them.
fn likeness(
    old: &str,
    number: usize,
    listed: &HashMap<&str, usize>,
    input: &PlanInput<'_>,
    index: &Index<'_>,
) -> Likeness {
    let desired = input.desired;
    let known: Option<&ManagedPerson> = index.managed.get(old).map(|&it| &input.ledger.people[it]);
    let now = listed.get(old).map(|&it| desired.marks(&desired.everybody()[it])).unwrap_or_default();
    let before = known.map(|it| it.marks.clone()).unwrap_or_default();
    compare(&last_known(now, before), &desired.marks(&desired.everybody()[number]))
}
