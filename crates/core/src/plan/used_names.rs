//! Names of the directory that were pushed for somebody else: a leaver whose access is taken gives the id free for the newcomer who
//! has the name now, and a colleague who was renamed gets the id of the present name.
//!
//! The official connector understands the result. On Bitwarden's server a request for the one member gives another id; Vaultwarden's
//! import gives it to whoever it lists as deleted.

use super::change::Cause;
use super::invitations::Turns;
use super::joining::{LONGEST_EXTERNAL_ID, One, is_staged, usable_address, waits};
use super::leavers::{is_protected, leaving};
use super::person_requests::{Freeing, IdChange, PersonFate, Taking};
use super::roster::Roster;
use super::{Index, PlanInput};
use crate::names::ExternalId;
use crate::observed::{Role, ServerKind};
use crate::plan::change::{KeptBecause, Subject};
use hashbrown::HashMap;

/// Somebody whose id in the directory is another member's: the position in the directory, and that of the fate.
pub(super) struct Newcomer {
    pub(super) number: usize,
    pub(super) fate: usize,
}

/// Lets newcomers have their ids, where nothing is in doubt.
pub(super) fn free<'a>(
    newcomers: &[Newcomer],
    turns: &Turns,
    input: &PlanInput<'a>,
    index: &Index<'a>,
    roster: &mut Roster<'a>,
    fates: &mut Vec<PersonFate>,
) {
    if newcomers.is_empty() || index.baseline || !index.sources.all_read() || input.sync.overwrite_existing {
        return;
    }
    let places = holders(fates);
    for newcomer in newcomers {
        let desired = input.desired;
        let person = &desired.everybody()[newcomer.number];
        let id = desired.text(person.external_id);
        let Some(email) = wanted(newcomer.number, turns, input, index) else { continue };
        let freed = match index.by_external_id.get(id) {
            // Somebody else has it besides.
            _ if index.repeated_people.iter().any(|it| it.as_str() == id) => false,
            // Somebody removed the membership.
            None => !roster.present.contains(id),
            Some(&place) => places
                .get(id)
                .is_some_and(|&fate| move_holder(&Holder { id, place, fate }, input, index, roster, fates)),
        };
        if !freed {
            continue;
        }
        let external_id = ExternalId::new(id);
        roster.pushed[newcomer.number] = Some(id);
        roster.ids[newcomer.number] = Some(external_id.clone());
        roster.settled[newcomer.number] = Some(external_id.clone());
        roster.present.insert(id);
        roster.freed.insert(id);
        let person = Subject { name: email.to_owned(), external_id };
        let staged = is_staged(input);
        fates[newcomer.fate] = PersonFate::Joins { person, cause: Cause::Joined, staged };
    }
}

/// The address under which the newcomer is invited in this run; None: somebody has it, or it is not the newcomer's turn.
fn wanted<'a>(number: usize, turns: &Turns, input: &PlanInput<'a>, index: &Index<'a>) -> Option<&'a str> {
    let person = &input.desired.everybody()[number];
    let pushed = input.desired.text(person.external_id);
    let email = usable_address(person, pushed, input).ok()?;
    let free = leaving(person, input).is_none() && !index.by_email.contains_key(email);
    let one = One { number, person, pushed };
    (free && waits(&one, email, turns, input, index).is_none()).then_some(email)
}

/// Where the fates of members stand who could give their id free.
fn holders(fates: &[PersonFate]) -> HashMap<String, usize> {
    let id = |fate: &PersonFate| match fate {
        PersonFate::Leaves { person, .. } => Some(person.external_id.as_str().to_owned()),
        PersonFate::Kept(kept) => Some(kept.person.external_id.as_str().to_owned()),
        PersonFate::Member(member) => Some(member.person.external_id.as_str().to_owned()),
        _ => None,
    };
    fates.iter().enumerate().filter_map(|(place, fate)| Some((id(fate)?, place))).collect()
}

/// Who has the id.
struct Holder<'a> {
    id: &'a str,
    /// The position in the organization.
    place: usize,
    fate: usize,
}

/// Gives the holder another id.
fn move_holder<'a>(
    holder: &Holder<'a>,
    input: &PlanInput<'a>,
    index: &Index<'a>,
    roster: &mut Roster<'a>,
    fates: &mut Vec<PersonFate>,
) -> bool {
    let &Holder { id, place, fate } = holder;
    let member = index.member(place);
    let vaultwarden = input.server == ServerKind::Vaultwarden;
    let protected = is_protected(member, id, member.email.as_str(), input);
    let free = member.role == Role::User && !protected && index.is_certain(id) && !index.is_unclear(id);
    let known = index.managed.get(id).map(|&it| &input.ledger.people[it]);
    let Some(known) = known.filter(|_| free && (vaultwarden || member.id.is_some())) else { return false };
    let listed = roster.settled.iter().position(|it| it.as_ref().is_some_and(|it| it.as_str() == id));
    let new = match (&fates[fate], listed) {
        (PersonFate::Member(_), Some(number)) => {
            Some(input.desired.text(input.desired.everybody()[number].external_id))
        }
        (PersonFate::Leaves { .. } | PersonFate::Kept(_), _) => {
            known.stable_id.as_ref().map(|it| it.as_str())
        }
        _ => None,
    };
    let is_free = |it: &&str| {
        it.chars().count() <= LONGEST_EXTERNAL_ID
            && !index.by_external_id.contains_key(it)
            && !index.managed.contains_key(it)
            && !roster.pushed.contains(&Some(it))
    };
    let Some(new) = new.filter(is_free) else { return false };
    // An address that somebody shall have is not sent as a leaver's.
    if vaultwarden && roster.emails.contains(member.email.as_str()) {
        return false;
    }
    let (old, external_id) = (ExternalId::new(id), ExternalId::new(new));
    let by = match &mut fates[fate] {
        PersonFate::Member(colleague) if !vaultwarden && matches!(colleague.id, IdChange::None) => {
            let Some(number) = listed else { return false };
            let Some(member) = member.id.clone() else { return false };
            colleague.person.external_id = external_id.clone();
            colleague.entry.external_id = external_id.clone();
            colleague.id = IdChange::Put { old, member };
            roster.pushed[number] = Some(new);
            roster.ids[number] = Some(external_id.clone());
            roster.settled[number] = Some(external_id);
            roster.identified.insert(number, place);
            roster.present.insert(new);
            roster.replaced.insert(id, new);
            return true;
        }
        PersonFate::Leaves { by: Taking::RevokeByImport(_) | Taking::RemoveByImport, .. } if vaultwarden => {
            Freeing::WithAccess
        }
        // Who is removed gives the id free for the next run.
        PersonFate::Leaves { by: Taking::Revoke(_) | Taking::RemoveByImport, .. } => {
            let Some(member) = member.id.clone() else { return false };
            Freeing::Put(member)
        }
        PersonFate::Kept(kept)
            if matches!(kept.because, KeptBecause::AlreadyRevoked | KeptBecause::SentAsDeleted) =>
        {
            match &member.id {
                Some(member) if !vaultwarden => Freeing::Put(member.clone()),
                _ => Freeing::Import,
            }
        }
        _ => return false,
    };
    if let PersonFate::Leaves { person, .. } | PersonFate::Kept(super::change::Kept { person, .. }) =
        &mut fates[fate]
    {
        person.external_id = external_id.clone();
    }
    // A disabled entry that is still listed is known by the new id from now on.
    if let Some(number) = listed {
        roster.settled[number] = Some(external_id.clone());
        roster.ids[number] = Some(external_id.clone());
        roster.pushed[number] = Some(new);
        roster.identified.insert(number, place);
    }
    if roster.present.contains(id) {
        roster.present.insert(new);
    }
    roster.replaced.insert(id, new);
    let person = Subject { name: member.email.as_str().to_owned(), external_id };
    fates.push(PersonFate::Freed { person, old, by });
    true
}
