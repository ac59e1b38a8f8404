//! What happens to each person of the directory; `leavers.rs` decides for those who have no cause to be a member.

use super::addresses;
use super::change::{Cause, KeptBecause, LeftOut, LeftOutBecause, Subject};
use super::claims::{Claim, Claims, Verdict, former};
use super::corrected;
use super::held;
use super::invitations::{Turns, is_allowed};
use super::joining::{One, is_staged, usable_address, waits, was_brought_over};
use super::leavers::{self, Leavers, leaving};
use super::member_by_address::{Found, identify, may_replace, stays_revoked, was_revoked_by_us};
use super::person_requests::{Access, AddressDifference, LeaversAddress, MemberFate, PersonFate, Taking};
use super::recognized::given_back;
use super::refusal::Held;
use super::roster::Roster;
use super::seats::Seating;
use super::standing::AddressHeldBecause;
use super::used_names::{self, Newcomer};
use super::{Evidence, Index, PlanInput};
use crate::desired::{DesiredPerson, NoAddress};
use crate::names::ExternalId;
use crate::observed::{MemberStatus, ObservedMember, ServerKind};
use crate::settings::AcrossSources;
use crate::snapshot::{SetAside, SetAsideBecause};
use crate::wire::ImportMember;
use hashbrown::{HashMap, HashSet};

/// Decides for everybody in the directory, then for everybody who is missing from it.
pub(super) fn decide<'a>(
    input: &PlanInput<'a>,
    index: &Index<'a>,
    seating: &Seating,
    held: Option<&Held>,
) -> (Vec<PersonFate>, Roster<'a>) {
    let desired = input.desired;
    let ids = input.identity.people();
    let mut roster = Roster {
        ids: ids.to_vec(),
        asked_for: input.identity.listed(),
        pushed: ids.iter().map(|id| id.as_ref().map(ExternalId::as_str)).collect(),
        present: index.by_external_id.keys().copied().collect(),
        identified: HashMap::new(),
        replaced: HashMap::new(),
        emails: addresses(input, |_| true),
        entered_anew: addresses(input, |number| !input.identity.is_known(number)),
        settled: ids.to_vec(),
        claims: Claims::new(input, index),
        decided: HashSet::new(),
        freed: HashSet::new(),
        left_addresses: HashSet::new(),
        unconfirmed: HashSet::new(),
        missing_pilot: None,
        hidden_pilot: None,
    };
    if !desired.people_wanted() {
        return (Vec::new(), roster);
    }
    let mut fates = untold(input);
    settle(&mut roster);
    let turns = turns(input, index, &roster).with(seating);
    roster.left_addresses = corrected::left(&roster.pushed, &turns, input, index);
    roster.missing_pilot.clone_from(&turns.missing_pilot);
    roster.hidden_pilot.clone_from(&turns.hidden_pilot);
    let mut leavers = Leavers::default();
    let mut newcomers = Vec::new();
    let held = held.filter(|it| it.access);
    let mut invited = match held {
        None => invited_anew(&turns, input, index, &mut roster, &mut fates),
        // Nobody is removed.
        Some(_) => HashMap::new(),
    };
    for (number, person) in desired.everybody().iter().enumerate() {
        if roster.claims.left_behind.contains(&number) {
            fates.extend(beside_its_successor(person, number, input));
            continue;
        }
        if let Some(claim) = roster.claims.of(number).cloned() {
            let invited = invited.remove(&number);
            fates.push(invited.unwrap_or_else(|| claimed(number, &claim, input, index, &mut roster)));
            continue;
        }
        let Some(pushed) = roster.pushed[number] else {
            newcomers.push(Newcomer { number, fate: fates.len() });
            fates.push(taken(number, person, input, index));
            continue;
        };
        if ids[number].as_ref().is_some_and(|id| roster.decided.contains(id.as_str())) {
            fates.extend(beside_its_successor(person, number, input));
            continue;
        }
        match leaving(person, input) {
            None => {
                fates.push(live(&One { number, person, pushed }, &turns, input, index, &mut roster));
            }
            Some(out) => {
                let shown = desired.display_name(person);
                let source = desired.source(person.source);
                let evidence = leavers::Evidence::Listing;
                let leaver = leavers::Leaver { external_id: pushed, shown, source, out, evidence };
                fates.extend(leavers.leave(&leaver, input, index, &roster));
            }
        }
    }
    leavers.absent(input, index, &roster, &mut fates);
    addresses::settle(input, index, &mut fates);
    // Whoever stays keeps the id, too.
    if let Some(held) = held {
        held::keep_people(held, &mut fates, index, &mut roster);
        leavers.removed_by_import.clear();
    }
    used_names::free(&newcomers, &turns, input, index, &mut roster, &mut fates);
    // Vaultwarden revokes: memberships stay.
    for id in leavers.removed_by_import.iter().filter(|_| input.server != ServerKind::Vaultwarden) {
        roster.present.remove(id.as_str());
    }
    roster.unconfirmed = fates.iter().filter_map(unconfirmed).map(|it| it.as_str().to_owned()).collect();
    let unclear = index.unclear.iter().filter_map(|&it| index.member(it).external_id.as_ref());
    roster.unconfirmed.extend(unclear.map(|it| it.as_str().to_owned()));
    fates.iter_mut().for_each(|it| seated(it, &turns));
    (fates, roster)
}

/// A member who is kept on a doubt: the directory did not tell what became of the entry, or it is deleted or hidden and the grace
/// for that has not ended.
fn unconfirmed(fate: &PersonFate) -> Option<&ExternalId> {
    let PersonFate::Kept(kept) = fate else { return None };
    let in_doubt = match kept.because {
        KeptBecause::Unconfirmed { .. }
        | KeptBecause::FormerDirectory { .. }
        | KeptBecause::MembershipUnclear => true,
        KeptBecause::Grace { .. } => kept.cause == Some(Cause::Hidden),
        _ => false,
    };
    in_doubt.then_some(&kept.person.external_id)
}

/// Access is given back to whoever has a seat.
fn seated(fate: &mut PersonFate, turns: &Turns) {
    let PersonFate::Member(member) = fate else { return };
    let missing = turns.missing_seats(member.person.external_id.as_str());
    if let (Some(missing), Access::Restored(_)) = (missing, &member.access) {
        member.access = Access::Unsure(KeptBecause::NoSeat { missing });
    }
}

/// Addresses of people who shall be members, and those that none of them gets because several people have them.
fn addresses<'a>(input: &PlanInput<'a>, which: impl Fn(usize) -> bool) -> HashSet<&'a str> {
    let desired = input.desired;
    let address = |person: &DesiredPerson| match person.unusable {
        Some(NoAddress::Shared { address }) => Some(address),
        _ => person.email.filter(|_| desired.people_wanted() && leaving(person, input).is_none()),
    };
    let people = desired.everybody().iter().enumerate().filter(|(number, _)| which(*number));
    people.filter_map(|(_, person)| address(person)).map(|it| desired.text(it)).collect()
}

/// Ids go by who claims whose membership: where it is another person's, the new entry is in no group.
fn settle(roster: &mut Roster<'_>) {
    let claims = std::mem::take(&mut roster.claims);
    for &number in &claims.left_behind {
        // The membership goes by its new id only.
        roster.pushed[number] = None;
        roster.ids[number] = None;
    }
    for (&number, claim) in claims.all() {
        let passes = claim.verdict == Verdict::PassesOn;
        let id = passes.then(|| ExternalId::new(claim.pushed));
        roster.pushed[number] = passes.then_some(claim.pushed);
        roster.ids[number].clone_from(&id);
        if !passes {
            continue;
        }
        roster.settled[number] = id;
        roster.asked_for.insert(claim.pushed);
        roster.identified.insert(number, claim.place);
        roster.present.insert(claim.pushed);
        if claim.old != claim.pushed {
            roster.replaced.insert(claim.old, claim.pushed);
        }
    }
    roster.claims = claims;
}

/// Who was set aside since nothing tells whether the account is enabled. Members of whom that is so are kept and named for it.
fn untold(input: &PlanInput<'_>) -> Vec<PersonFate> {
    let desired = input.desired;
    let aside = desired.set_aside().iter().filter(|it| it.because == SetAsideBecause::StateNotTold);
    let mut aside = aside.peekable();
    if aside.peek().is_none() {
        return Vec::new();
    }
    let people = &input.ledger.people;
    let ids = people.iter().map(|it| it.external_id.as_str());
    let known: HashSet<&str> =
        ids.chain(people.iter().filter_map(|it| Some(it.stable_id.as_ref()?.as_str()))).collect();
    let is_known = |it: &SetAside| {
        [Some(it.external_id), it.stable_id].into_iter().flatten().any(|it| known.contains(desired.text(it)))
    };
    let left_out = |it: &SetAside| LeftOut {
        reference: desired.text(it.reference).to_owned(),
        because: LeftOutBecause::StateNotTold,
    };
    aside.filter(|it| !is_known(it)).map(|it| PersonFate::LeftOut(left_out(it))).collect()
}

/// Memberships that are removed so that the address can be invited anew, and what becomes of who has it now. Nobody is removed
/// whose successor could not be invited in this run.
fn invited_anew<'a>(
    turns: &Turns,
    input: &PlanInput<'a>,
    index: &Index<'a>,
    roster: &mut Roster<'a>,
    fates: &mut Vec<PersonFate>,
) -> HashMap<usize, PersonFate> {
    let claims: Vec<(usize, Claim<'a>)> = roster.claims.invited_anew();
    let mut joining = HashMap::new();
    for (number, Claim { old, place, pushed, .. }) in claims {
        let person = &input.desired.everybody()[number];
        let member = index.member(place);
        let (email, one) = (member.email.as_str(), One { number, person, pushed });
        let Some(id) = &member.id else { continue };
        if let Some(because) = waits(&one, email, turns, input, index) {
            let reference = input.desired.text(person.reference).to_owned();
            joining.insert(number, PersonFate::LeftOut(LeftOut { reference, because }));
            continue;
        }
        let subject = |id: &str| Subject { name: email.to_owned(), external_id: ExternalId::new(id) };
        let cause = Cause::EntryReplaced;
        fates.push(PersonFate::Leaves { person: subject(old), cause, by: Taking::Remove(id.clone()) });
        roster.decided.insert(old);
        roster.present.remove(old);
        let fate = if pushed == old {
            // The next run has the id.
            PersonFate::IdTaken { person: subject(pushed), holder: email.to_owned() }
        } else {
            roster.pushed[number] = Some(pushed);
            roster.ids[number] = Some(ExternalId::new(pushed));
            roster.settled[number] = Some(ExternalId::new(pushed));
            roster.present.insert(pushed);
            PersonFate::Joins { person: subject(pushed), cause: Cause::Joined, staged: is_staged(input) }
        };
        joining.insert(number, fate);
    }
    joining
}

/// What happens to a new entry that has a member's address.
fn claimed(
    number: usize,
    claim: &Claim<'_>,
    input: &PlanInput<'_>,
    index: &Index<'_>,
    roster: &mut Roster<'_>,
) -> PersonFate {
    let &Claim { old, place, pushed, .. } = claim;
    let entry = &input.desired.everybody()[number];
    let member = index.member(place);
    let external_id = roster.ids[number].clone().unwrap_or_else(|| ExternalId::new(pushed));
    let person = Subject { name: member.email.as_str().to_owned(), external_id };
    let because = match claim.verdict {
        // Nobody knows which address the account has.
        Verdict::PassesOn if !index.is_certain(old) => {
            let told = usable_address(entry, old, input).map_or_else(|_| person.name.clone(), str::to_owned);
            let person = Subject { name: told, ..person };
            return PersonFate::Member(Box::new(known_member(person, member, input, index)));
        }
        Verdict::PassesOn => {
            let old = member.external_id.as_ref();
            let found = Found { member, old, pushed };
            let fate = identify(&found, person, input, index);
            let told = usable_address(entry, pushed, input).ok().filter(|it| *it != member.email.as_str());
            let address =
                told.map_or(AddressDifference::None, |it| AddressDifference::Told { told: it.to_owned() });
            return PersonFate::Member(Box::new(MemberFate { passed_on: true, address, ..fate }));
        }
        Verdict::Waits(because) => because,
        // Each has a fate by now, but where nobody is removed.
        Verdict::InvitedAnew => AddressHeldBecause::HeldBack,
    };
    PersonFate::AddressOfLeaver(Box::new(LeaversAddress {
        person,
        entry: input.desired.text(entry.reference).to_owned(),
        former: former(old, input, index),
        active: member.status != MemberStatus::Revoked,
        because,
    }))
}

/// What happens to a disabled entry whose membership goes on under another one: nothing, unless the settings want disabled people
/// and it has an address of its own by now. Its id is free only when this run is over.
fn beside_its_successor(person: &DesiredPerson, number: usize, input: &PlanInput<'_>) -> Option<PersonFate> {
    let id = input.identity.people()[number].clone()?;
    let holder = input.ledger.people.iter().find(|it| it.external_id == id)?.email.as_str().to_owned();
    usable_address(person, id.as_str(), input).ok().filter(|_| leaving(person, input).is_none())?;
    let name = input.desired.display_name(person).to_owned();
    Some(PersonFate::IdTaken { person: Subject { name, external_id: id }, holder })
}

fn turns(input: &PlanInput<'_>, index: &Index<'_>, roster: &Roster<'_>) -> Turns {
    let desired = input.desired;
    let candidates = desired.everybody().iter().enumerate().filter_map(|(number, person)| {
        let id = roster.pushed[number].unwrap_or_else(|| desired.text(person.external_id));
        let email = usable_address(person, id, input).ok().filter(|_| leaving(person, input).is_none())?;
        // Who waits for an id that another one has may get it in this run.
        let member = roster.pushed[number].and_then(|it| index.by_external_id.get(it));
        let corrected = |&it: &usize| corrected::is_corrected(id, email, index.member(it), input, index);
        let named = member.is_some_and(|it| !corrected(it));
        let invited = roster.claims.of(number).is_some_and(|it| it.verdict == Verdict::InvitedAnew);
        let known = named
            || index.by_email.contains_key(email) && !invited
            || index.unseen.as_ref().is_some_and(|it| it.other_holder(email, id).is_some());
        let waits = known || index.sources.has_a_say(person.source).is_some();
        (!waits && is_allowed(email, &input.connector.allowed_domains)).then_some(number)
    });
    Turns::new(input, candidates)
}

/// Somebody whose id belongs to another person is neither sent nor looked for.
fn taken(number: usize, person: &DesiredPerson, input: &PlanInput<'_>, index: &Index<'_>) -> PersonFate {
    let desired = input.desired;
    let id = desired.text(person.external_id);
    let managed = index.managed.get(id).map(|&number| &input.ledger.people[number].email);
    let holder = managed.or_else(|| Some(&index.member(*index.by_external_id.get(id)?).email));
    let person = Subject { name: desired.display_name(person).to_owned(), external_id: ExternalId::new(id) };
    let holder = holder.map(|it| it.as_str().to_owned()).unwrap_or_default();
    if input.identity.is_of_another(number) {
        return PersonFate::IdOfAnother { person, holder };
    }
    PersonFate::IdTaken { person, holder }
}

/// Decides for somebody who shall be a member.
fn live<'a>(
    one: &One<'a, '_>,
    turns: &Turns,
    input: &PlanInput<'a>,
    index: &Index<'a>,
    roster: &mut Roster<'a>,
) -> PersonFate {
    let (desired, pushed) = (input.desired, one.pushed);
    let left_out = |because| LeftOut { reference: desired.text(one.person.reference).to_owned(), because };
    let known = index.by_external_id.get(pushed).map(|&number| index.member(number));
    let email = match usable_address(one.person, pushed, input) {
        Ok(email) => email,
        Err(because) => {
            let left_out = left_out(because);
            let Some(member) = known else { return PersonFate::LeftOut(left_out) };
            let name = member.email.as_str().to_owned();
            let member = Subject { name, external_id: ExternalId::new(pushed) };
            return PersonFate::Unusable { left_out, member };
        }
    };
    let external_id = roster.ids[one.number].clone().unwrap_or_else(|| ExternalId::new(pushed));
    let person = Subject { name: email.to_owned(), external_id };
    if let Some(member) = known {
        roster.present.insert(pushed);
        let anew = corrected::invited_anew(one, &person, member, turns, input, index);
        return anew
            .unwrap_or_else(|| PersonFate::Member(Box::new(known_member(person, member, input, index))));
    }
    if let Some(unsure) = unsure(&person, input, index) {
        return unsure;
    }
    let place = index.by_email.get(email).filter(|_| !roster.left_addresses.contains(email));
    let Some((place, member)) = place.map(|&place| (place, index.member(place))) else {
        if let Some(because) = waits(one, email, turns, input, index) {
            return PersonFate::LeftOut(left_out(because));
        }
        roster.present.insert(pushed);
        let was_ours = index.evidence == Evidence::Live && was_brought_over(pushed, input, index);
        let cause = if was_ours { Cause::RemovedThere } else { Cause::Joined };
        return PersonFate::Joins { person, cause, staged: is_staged(input) };
    };
    let old = member.external_id.as_ref().filter(|id| !id.as_str().trim().is_empty());
    // Whom the ledger knows is not the one who joined with this membership: the address was handed on.
    let handed_on =
        |old: &ExternalId| input.identity.is_known(one.number) && index.managed.contains_key(old.as_str());
    let may_replace = |old: &ExternalId| !handed_on(old) && may_replace(member, old, input, index, roster);
    if let Some(old) = old.filter(|old| !may_replace(old)) {
        if !roster.asked_for.contains(old.as_str()) && !handed_on(old) {
            // Groups go on listing the person by the id that the organization has.
            roster.pushed[one.number] = Some(old.as_str());
            roster.ids[one.number] = Some(old.clone());
        }
        return PersonFate::HeldUnderOtherId { person, observed: old.clone() };
    }
    roster.identified.insert(one.number, place);
    roster.present.insert(pushed);
    roster.replaced.extend(old.map(|old| (old.as_str(), pushed)));
    PersonFate::Member(Box::new(identify(&Found { member, old, pushed }, person, input, index)))
}

/// Somebody who cannot be sent where nobody can look: the address may be another one's, or the account may have another address.
fn unsure(person: &Subject, input: &PlanInput<'_>, index: &Index<'_>) -> Option<PersonFate> {
    let unseen = index.unseen.as_ref()?;
    let id = person.external_id.as_str();
    if let Some(holder) = unseen.other_holder(&person.name, id) {
        let managed = index.managed.get(holder.as_str()).map(|&number| &input.ledger.people[number].email);
        let holder = managed.map_or_else(|| holder.as_str().to_owned(), |it| it.as_str().to_owned());
        return Some(PersonFate::AddressOfAnother { person: person.clone(), holder });
    }
    let told = unseen.several(id)?;
    Some(PersonFate::AddressUnseen { person: person.clone(), told })
}

/// A member under the directory's id.
fn known_member(
    person: Subject,
    member: &ObservedMember,
    input: &PlanInput<'_>,
    index: &Index<'_>,
) -> MemberFate {
    let pushed = person.external_id.as_str();
    let observed = || member.email.as_str().to_owned();
    let told = index.unseen.as_ref().and_then(|it| it.several(pushed));
    let address = match told {
        Some(told) => AddressDifference::Unseen { told, revoked: member.status == MemberStatus::Revoked },
        None if member.email.as_str() == person.name => AddressDifference::None,
        None if index.by_email.contains_key(person.name.as_str()) => {
            AddressDifference::Held { observed: observed() }
        }
        None => AddressDifference::Differs { observed: observed() },
    };
    let access = match index.uncertain_people.get(pushed) {
        _ if matches!(address, AddressDifference::Unseen { .. }) => Access::Has,
        _ if member.status == MemberStatus::Revoked => give_back(member, pushed, input, index),
        Some(true) => Access::RestoredAgain,
        Some(false) => Access::InvitedAgain { staged: is_staged(input) },
        None => Access::Has,
    };
    // Vaultwarden matches by address: another one would make a second member.
    let entry = ImportMember {
        email: Some(member.email.as_str().to_owned()),
        external_id: person.external_id.clone(),
        deleted: stays_revoked(member, &access, input),
    };
    let unseen = matches!(address, AddressDifference::Unseen { .. });
    let sent_again = index.resends && !unseen && matches!(access, Access::Has);
    let id = given_back(member, pushed, input);
    let changed = member.changed_id.is_some();
    MemberFate { person, entry, address, id, access, sent_again, passed_on: false, given_back: changed }
}

/// Gives access back where it was ours to take.
fn give_back(member: &ObservedMember, pushed: &str, input: &PlanInput<'_>, index: &Index<'_>) -> Access {
    if index.is_unclear(pushed) {
        return Access::Unsure(KeptBecause::MembershipUnclear);
    }
    if !was_revoked_by_us(member, &[pushed], input, index) {
        return Access::TakenByHand;
    }
    let enabled_anywhere = input.connector.conflicts.across_sources == AcrossSources::PreferEnabled;
    if let Some(because) = index.unread_owner(pushed, input).filter(|_| !enabled_anywhere) {
        return Access::Unsure(because);
    }
    match &member.id {
        Some(id) if input.server != ServerKind::Vaultwarden => Access::Restored(id.clone()),
        _ => Access::RestoredByImport,
    }
}
