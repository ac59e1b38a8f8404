//! What happens to each person of the directory; `leavers.rs` decides for those who have no cause to be a member.

use super::change::{Cause, Change, Kept, KeptBecause, LeftOut, LeftOutBecause, Standing, Subject};
use super::invitations::{Turns, is_allowed};
use super::leavers::{self, is_protected, leaving};
use super::roster::Roster;
use super::{Evidence, Index, Plan, PlanInput};
use crate::desired::{DesiredPerson, NoAddress};
use crate::names::ExternalId;
use crate::normalize::is_acceptable;
use crate::observed::{MemberStatus, ObservedMember, Presence, ServerKind};
use crate::settings::AcrossSources;
use crate::wire::{ImportMember, Request};
use hashbrown::{HashMap, HashSet};

/// Longest external id that the official server takes, in characters.
pub(super) const LONGEST_EXTERNAL_ID: usize = 300;

/// Decides for everybody in the directory, then for everybody who is missing from it.
pub(super) fn decide<'a>(input: &PlanInput<'a>, index: &Index<'a>, plan: &mut Plan) -> Roster<'a> {
    let desired = input.desired;
    let mut people = Roster {
        ids: input.identity.people().to_vec(),
        asked_for: input.identity.listed(),
        pushed: input.identity.people().iter().map(|id| id.as_ref().map(ExternalId::as_str)).collect(),
        present: index.by_external_id.keys().copied().collect(),
        identified: HashMap::new(),
        replaced: HashMap::new(),
        live: Vec::new(),
        emails: desired
            .people()
            .filter(|it| leaving(it, input).is_none())
            .filter_map(|it| it.email)
            .chain(desired.shared_addresses())
            .map(|it| desired.text(it))
            .collect(),
        missing_pilot: None,
    };
    if !input.desired.people_wanted() {
        return people;
    }
    let turns = turns(input, index, &people);
    people.missing_pilot.clone_from(&turns.missing_pilot);
    for (number, person) in desired.everybody().iter().enumerate() {
        let Some(pushed) = people.pushed[number] else {
            taken(person, input, index, plan);
            continue;
        };
        match leaving(person, input) {
            None => {
                let one = One { number, person, pushed };
                if let Some(held) = live(&one, &turns, input, index, plan, &mut people)
                    && !people.asked_for.contains(held.as_str())
                {
                    // Groups go on listing the person by the id that the organization has.
                    people.pushed[number] = Some(held.as_str());
                    people.ids[number] = Some(held.clone());
                }
            }
            Some(out) => {
                let shown = desired.display_name(person);
                let source = desired.source(person.source);
                leavers::leave(
                    &leavers::Leaver {
                        external_id: pushed,
                        shown,
                        source,
                        out,
                        evidence: leavers::Evidence::Listing,
                    },
                    input,
                    index,
                    &people,
                    plan,
                );
            }
        }
    }
    leavers::absent(input, index, &people, plan);
    if plan.resends {
        let listed: HashSet<ExternalId> =
            plan.import.members.iter().map(|it| it.external_id.clone()).collect();
        let again = people.live.iter().filter(|it| !listed.contains(&it.external_id)).cloned();
        plan.import.members.extend(again);
    }
    // Vaultwarden revokes: memberships stay.
    let removed =
        plan.import.members.iter().filter(|it| it.deleted && input.server != ServerKind::Vaultwarden);
    for member in removed {
        people.present.remove(member.external_id.as_str());
    }
    people
}

/// One person of the directory.
struct One<'a, 'b> {
    number: usize,
    person: &'b DesiredPerson,
    pushed: &'a str,
}

fn turns(input: &PlanInput<'_>, index: &Index<'_>, people: &Roster<'_>) -> Turns {
    let desired = input.desired;
    let candidates = desired.everybody().iter().enumerate().filter_map(|(number, person)| {
        let pushed = people.pushed[number].filter(|_| leaving(person, input).is_none())?;
        let email = usable_address(person, pushed, input).ok()?;
        let known = index.by_external_id.contains_key(pushed) || index.by_email.contains_key(email);
        let waits = known || index.sources.has_a_say(person.source).is_some();
        (!waits && is_allowed(email, &input.connector.allowed_domains)).then_some(number)
    });
    Turns::new(input, candidates)
}

/// Somebody whose id belongs to another person is neither sent nor looked for.
fn taken(person: &DesiredPerson, input: &PlanInput<'_>, index: &Index<'_>, plan: &mut Plan) {
    let desired = input.desired;
    let id = desired.text(person.external_id);
    let managed = index.managed.get(id).map(|&number| &input.ledger.people[number].email);
    let holder = managed.or_else(|| Some(&index.member(*index.by_external_id.get(id)?).email));
    plan.standing.push(Standing::ExternalIdTaken {
        person: Subject { name: desired.display_name(person).to_owned(), external_id: ExternalId::new(id) },
        holder: holder.map(|it| it.as_str().to_owned()).unwrap_or_default(),
    });
}

/// Decides for a live member. Returns the id under which the organization has the address, where it stays another one.
fn live<'a>(
    one: &One<'a, '_>,
    turns: &Turns,
    input: &PlanInput<'a>,
    index: &Index<'a>,
    plan: &mut Plan,
    people: &mut Roster<'a>,
) -> Option<&'a ExternalId> {
    let (desired, pushed) = (input.desired, one.pushed);
    let left_out = |because| LeftOut { reference: desired.text(one.person.reference).to_owned(), because };
    let email = match usable_address(one.person, pushed, input) {
        Ok(email) => email,
        Err(because) => {
            plan.left_out.push(left_out(because));
            if let Some(&number) = index.by_external_id.get(pushed) {
                let name = index.member(number).email.as_str().to_owned();
                let person = Subject { name, external_id: ExternalId::new(pushed) };
                plan.kept.push(Kept { person, cause: None, because: KeptBecause::NoUsableAddress });
            }
            return None;
        }
    };
    let subject = || Subject { name: email.to_owned(), external_id: ExternalId::new(pushed) };
    let known = index.by_external_id.get(pushed).map(|&number| index.member(number));
    // Vaultwarden matches by address: another one would make a second member.
    let sent = known.map_or(email, |member| member.email.as_str());
    let import =
        ImportMember { email: Some(sent.to_owned()), external_id: ExternalId::new(pushed), deleted: false };
    let by_email = index.by_email.get(email).map(|&number| index.member(number));
    if let Some(member) = known {
        people.present.insert(pushed);
        people.live.push(import.clone());
        if member.email.as_str() != email {
            let observed = member.email.as_str().to_owned();
            plan.standing.push(match by_email {
                Some(_) => Standing::AddressHeld { person: subject(), observed },
                None => Standing::AddressDiffers { person: subject(), observed },
            });
        }
        if member.status == MemberStatus::Revoked {
            give_back(member, import, subject(), pushed, input, index, plan);
        } else if let Some(&was_to_be_taken) = index.uncertain_people.get(pushed) {
            let person = subject();
            plan.changes.push(if was_to_be_taken {
                Change::Restore { person, cause: Cause::Returned }
            } else {
                joining(person, Cause::Joined, input)
            });
            plan.import.members.push(import);
        }
        return None;
    }
    let Some(member) = by_email else {
        let waits = if !is_allowed(email, &input.connector.allowed_domains) {
            Some(LeftOutBecause::DomainNotAllowed { address: email.to_owned() })
        } else if let Some(source) = index.sources.has_a_say(one.person.source) {
            Some(LeftOutBecause::SourceNotRead { source: source.clone() })
        } else {
            turns.waits(one.number)
        };
        if let Some(because) = waits {
            plan.left_out.push(left_out(because));
            return None;
        }
        let was_ours = plan.evidence == Evidence::Live && index.managed.contains_key(pushed);
        let cause = if was_ours { Cause::RemovedThere } else { Cause::Joined };
        plan.changes.push(joining(subject(), cause, input));
        people.present.insert(pushed);
        people.live.push(import.clone());
        plan.import.members.push(import);
        return None;
    };
    let old = member.external_id.as_ref().filter(|id| !id.as_str().trim().is_empty());
    if let Some(old) = old.filter(|old| !may_replace(member, old, input, index, people)) {
        plan.standing.push(Standing::HeldUnderOtherId { person: subject(), observed: old.clone() });
        return Some(old);
    }
    people.identified.extend(index.by_email.get(email).map(|&place| (one.number, place)));
    identify(&Found { member, old, pushed }, import, input, index, plan, people);
    None
}

/// A member who has the address of somebody in the directory, and another external id or none.
struct Found<'a> {
    member: &'a ObservedMember,
    old: Option<&'a ExternalId>,
    pushed: &'a str,
}

/// Gives a member the directory's external id, in place of another one or of none.
fn identify<'a>(
    found: &Found<'a>,
    import: ImportMember,
    input: &PlanInput<'a>,
    index: &Index<'a>,
    plan: &mut Plan,
    people: &mut Roster<'a>,
) {
    let Found { member, old, pushed } = *found;
    let name = member.email.as_str().to_owned();
    let person = Subject { name, external_id: import.external_id.clone() };
    let vaultwarden = input.server == ServerKind::Vaultwarden;
    let revoked = member.status == MemberStatus::Revoked;
    let ids = [pushed, old.map_or(pushed, |it| it.as_str())];
    let by_hand = revoked && !was_revoked_by_us(member, &ids, input, index);
    // Vaultwarden restores whom it is shown, unless as deleted.
    let import = ImportMember { deleted: vaultwarden && by_hand, ..import };
    people.present.insert(pushed);
    people.live.push(import.clone());
    let (cause, subject) = (Cause::Differs, person.clone());
    plan.changes.push(match old {
        None => Change::Adopt { person, cause },
        Some(old) => {
            people.replaced.insert(old.as_str(), pushed);
            Change::ReplaceExternalId { person, old: old.clone(), cause }
        }
    });
    match (&member.id, old) {
        // The official import does nothing about a member with another id.
        (Some(id), Some(_)) if !vaultwarden => {
            plan.repairs.push(Request::PutMember { id: id.clone(), external_id: ExternalId::new(pushed) });
        }
        _ => plan.import.members.push(import),
    }
    if by_hand {
        plan.standing.push(Standing::RevokedByHand { person: subject });
    } else if revoked {
        plan.changes.push(Change::Restore { person: subject, cause: Cause::Returned });
        if let Some(id) = member.id.as_ref().filter(|_| !vaultwarden) {
            plan.restorations.push(Request::Restore(id.clone()));
        }
    }
}

/// Whether the member may get another external id: nobody in the directory has the present one, nor had it when asked.
fn may_replace(
    member: &ObservedMember,
    old: &ExternalId,
    input: &PlanInput<'_>,
    index: &Index<'_>,
    people: &Roster<'_>,
) -> bool {
    let reachable = input.server == ServerKind::Vaultwarden || member.id.is_some();
    let gone = match input.presences.get(old) {
        Some(presence) => *presence == Presence::NotFound,
        None => !index.managed.contains_key(old.as_str()),
    };
    reachable
        && index.sources.all_read()
        && !people.asked_for.contains(old.as_str())
        && gone
        && !is_protected(member, old.as_str(), member.email.as_str(), input)
}

fn joining(person: Subject, cause: Cause, input: &PlanInput<'_>) -> Change {
    if !input.sync.invite_users_after_provisioning && input.stages == Some(true) {
        Change::Stage { person, cause }
    } else {
        Change::Invite { person, cause }
    }
}

fn usable_address<'a>(
    person: &DesiredPerson,
    pushed: &str,
    input: &PlanInput<'a>,
) -> Result<&'a str, LeftOutBecause> {
    let email = match (person.email, person.unusable) {
        (Some(email), _) => input.desired.text(email),
        (None, Some(NoAddress::TooLong)) => return Err(LeftOutBecause::AddressTooLong),
        (None, Some(NoAddress::Shared)) => return Err(LeftOutBecause::AddressShared),
        (None, _) => return Err(LeftOutBecause::NoAddress),
    };
    if email.is_empty() {
        Err(LeftOutBecause::AddressBlank)
    } else if !is_acceptable(email) {
        Err(LeftOutBecause::AddressInvalid { address: email.to_owned() })
    } else if input.server != ServerKind::Vaultwarden && pushed.chars().count() > LONGEST_EXTERNAL_ID {
        Err(LeftOutBecause::ExternalIdTooLong)
    } else {
        Ok(email)
    }
}

/// Whether our runs took the access; `ids` are those under which the ledger may have the person.
fn was_revoked_by_us(
    member: &ObservedMember,
    ids: &[&str],
    input: &PlanInput<'_>,
    index: &Index<'_>,
) -> bool {
    let mut known = ids.iter().filter_map(|id| index.managed.get(id));
    known.any(|&number| input.ledger.people[number].revoked_by_us)
        || member.id.as_ref().is_some_and(|id| input.ledger.may_have_revoked(id))
}

/// Gives access back where it was ours to take.
fn give_back(
    member: &ObservedMember,
    import: ImportMember,
    person: Subject,
    pushed: &str,
    input: &PlanInput<'_>,
    index: &Index<'_>,
    plan: &mut Plan,
) {
    if !was_revoked_by_us(member, &[pushed], input, index) {
        plan.standing.push(Standing::RevokedByHand { person });
        return;
    }
    let enabled_anywhere = input.connector.conflicts.across_sources == AcrossSources::PreferEnabled;
    if let Some(because) = index.unread_owner(pushed, input).filter(|_| !enabled_anywhere) {
        plan.kept.push(Kept { person, cause: None, because });
        return;
    }
    plan.changes.push(Change::Restore { person, cause: Cause::Returned });
    match &member.id {
        Some(id) if input.server != ServerKind::Vaultwarden => {
            plan.restorations.push(Request::Restore(id.clone()));
        }
        _ => plan.import.members.push(import),
    }
}
