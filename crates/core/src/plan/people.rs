//! What happens to each person.

use super::change::{Cause, Change, Kept, KeptBecause, LeftOut, LeftOutBecause, Standing, Subject};
use super::{Index, Plan, PlanInput, Present, pushed_ids};
use crate::desired::{DesiredPerson, NoAddress};
use crate::names::ExternalId;
use crate::normalize::is_acceptable;
use crate::observed::{MemberStatus, ObservedMember, Presence, Role, ServerKind};
use crate::settings::LeaverAction;
use crate::snapshot::AccountState;
use crate::wire::{ImportMember, Request};
use hashbrown::HashSet;

/// Longest external id that the official server takes, in characters.
pub(super) const LONGEST_EXTERNAL_ID: usize = 300;

/// Who will be in the organization under which id, once the plan is carried out.
pub(super) struct People<'a> {
    /// For each person of the snapshot the id that groups list; None: the id belongs to somebody else.
    pub(super) pushed: Vec<Option<&'a str>>,
    /// The same, to be shared by lists.
    pub(super) ids: Vec<Option<ExternalId>>,
    /// External ids of members after the run.
    pub(super) present: HashSet<&'a str>,
    /// Live members of the desired state, as an import names them.
    pub(super) live: Vec<ImportMember>,
    pub(super) emails: HashSet<&'a str>,
}

/// Decides for everybody in the directory, then for everybody who is missing from it.
pub(super) fn decide<'a>(input: &PlanInput<'a>, index: &Index<'a>, plan: &mut Plan) -> People<'a> {
    let desired = input.desired;
    let pushed = pushed_ids(desired, input.ledger);
    let mut people = People {
        ids: pushed.iter().map(|id| id.map(ExternalId::new)).collect(),
        pushed,
        present: index.by_external_id.keys().copied().collect(),
        live: Vec::new(),
        emails: desired
            .people()
            .filter(|it| leaving(it, input).is_none())
            .filter_map(|it| it.email)
            .map(|it| desired.text(it))
            .collect(),
    };
    if !input.desired.people_wanted() {
        return people;
    }
    let claimed: HashSet<&str> = people.pushed.iter().copied().flatten().collect();
    for (number, person) in desired.everybody().iter().enumerate() {
        let Some(pushed) = people.pushed[number] else {
            taken(person, input, plan);
            continue;
        };
        match leaving(person, input) {
            None => {
                if let Some(held) = live(person, pushed, input, index, plan, &mut people)
                    && !claimed.contains(held.as_str())
                {
                    // Groups go on listing the person by the id that the organization has.
                    people.pushed[number] = Some(held.as_str());
                    people.ids[number] = Some(held.clone());
                }
            }
            Some((cause, taking)) => {
                let shown = desired.display_name(person);
                leave(
                    &Leaver { external_id: pushed, shown, cause, taking },
                    input,
                    index,
                    &people.emails,
                    plan,
                );
            }
        }
    }
    absent(input, index, &people.emails, plan);
    // Vaultwarden revokes: memberships stay.
    let removed =
        plan.import.members.iter().filter(|it| it.deleted && input.server != ServerKind::Vaultwarden);
    for member in removed {
        people.present.remove(member.external_id.as_str());
    }
    people
}

/// Somebody whose id belongs to another person is neither sent nor looked for.
fn taken(person: &DesiredPerson, input: &PlanInput<'_>, plan: &mut Plan) {
    let desired = input.desired;
    let id = desired.text(person.external_id);
    let holder = input.ledger.people.iter().find(|it| it.external_id.as_str() == id);
    plan.standing.push(Standing::ExternalIdTaken {
        person: Subject { name: desired.display_name(person).to_owned(), external_id: ExternalId::new(id) },
        holder: holder.map(|it| it.email.as_str().to_owned()).unwrap_or_default(),
    });
}

/// The cause and the action for somebody whom the directory lists as disabled or deleted; None: a live member.
fn leaving(person: &DesiredPerson, input: &PlanInput<'_>) -> Option<(Cause, Taking)> {
    let policy = input.connector.leavers;
    match person.state {
        AccountState::Enabled => None,
        AccountState::Disabled => match policy.disabled {
            None => input.sync.remove_disabled.then_some((Cause::Disabled, Taking::AsToday)),
            Some(action) => Some((Cause::Disabled, Taking::Chosen(action))),
        },
        AccountState::Deleted => {
            // Today's connector looks at deleted people only in runs that overwrite.
            let today = if input.sync.overwrite_existing { Taking::AsToday } else { Taking::KeepAsToday };
            Some((Cause::Deleted, policy.deleted.map_or(today, Taking::Chosen)))
        }
    }
}

/// How a leaver is treated.
#[derive(Clone, Copy)]
enum Taking {
    /// By the import's `deleted` flag, as today's connector does.
    AsToday,
    /// Not at all, as today's connector does.
    KeepAsToday,
    /// By the action that the settings name.
    Chosen(LeaverAction),
}

/// Decides for a live member. Returns the id under which the organization has the address, where it is another one.
fn live<'a>(
    person: &DesiredPerson,
    pushed: &'a str,
    input: &PlanInput<'a>,
    index: &Index<'a>,
    plan: &mut Plan,
    people: &mut People<'a>,
) -> Option<&'a ExternalId> {
    let desired = input.desired;
    let email = match usable_address(person, pushed, input) {
        Ok(email) => email,
        Err(because) => {
            let reference = desired.text(person.reference).to_owned();
            plan.left_out.push(LeftOut { reference, because });
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
    people.present.insert(pushed);
    let by_email = index.by_email.get(email).map(|&number| index.member(number));
    if let Some(member) = known {
        people.live.push(import.clone());
        if member.email.as_str() != email {
            plan.standing.push(Standing::AddressDiffers {
                person: subject(),
                observed: member.email.as_str().to_owned(),
            });
        }
        if member.status == MemberStatus::Revoked {
            give_back(member, import, subject(), input, index, plan);
        } else if let Some(&was_to_be_taken) = index.uncertain_people.get(pushed) {
            let person = subject();
            plan.changes.push(if was_to_be_taken {
                Change::Restore { person, cause: Cause::Returned }
            } else {
                Change::Invite { person, cause: Cause::Joined }
            });
            plan.import.members.push(import);
        }
        return None;
    }
    match by_email
        .map(|member| (member, member.external_id.as_ref().filter(|id| !id.as_str().trim().is_empty())))
    {
        None => {
            plan.changes.push(Change::Invite { person: subject(), cause: Cause::Joined });
            people.live.push(import.clone());
            plan.import.members.push(import);
        }
        Some((_, None)) => {
            plan.changes.push(Change::Adopt { person: subject(), cause: Cause::Differs });
            people.live.push(import.clone());
            plan.import.members.push(import);
        }
        Some((_, Some(old))) if input.server == ServerKind::Vaultwarden => {
            plan.changes.push(Change::ReplaceExternalId {
                person: subject(),
                old: old.clone(),
                cause: Cause::Differs,
            });
            people.live.push(import.clone());
            plan.import.members.push(import);
        }
        Some((_, Some(observed))) => {
            people.present.remove(pushed);
            plan.standing.push(Standing::HeldUnderOtherId { person: subject(), observed: observed.clone() });
            return Some(observed);
        }
    }
    None
}

fn usable_address<'a>(
    person: &DesiredPerson,
    pushed: &str,
    input: &PlanInput<'a>,
) -> Result<&'a str, LeftOutBecause> {
    let email = match (person.email, person.unusable) {
        (Some(email), _) => input.desired.text(email),
        (None, Some(NoAddress::TooLong)) => return Err(LeftOutBecause::AddressTooLong),
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

fn give_back(
    member: &ObservedMember,
    import: ImportMember,
    person: Subject,
    input: &PlanInput<'_>,
    index: &Index<'_>,
    plan: &mut Plan,
) {
    let noted = index
        .managed
        .get(person.external_id.as_str())
        .is_some_and(|&number| input.ledger.people[number].revoked_by_us);
    let ours = noted || member.id.as_ref().is_some_and(|id| input.ledger.may_have_revoked(id));
    if !ours {
        plan.standing.push(Standing::RevokedByHand { person });
        return;
    }
    plan.changes.push(Change::Restore { person, cause: Cause::Returned });
    match &member.id {
        Some(id) => plan.restorations.push(Request::Restore(id.clone())),
        None => plan.import.members.push(import),
    }
}

struct Leaver<'a> {
    external_id: &'a str,
    shown: &'a str,
    cause: Cause,
    taking: Taking,
}

/// Takes, or explains why not. Somebody who is no member needs neither.
fn leave(
    leaver: &Leaver<'_>,
    input: &PlanInput<'_>,
    index: &Index<'_>,
    live_emails: &HashSet<&str>,
    plan: &mut Plan,
) {
    let Leaver { external_id, shown, cause, taking } = *leaver;
    let Some(&number) = index.by_external_id.get(external_id) else { return };
    let member = index.member(number);
    let person =
        Subject { name: member.email.as_str().to_owned(), external_id: ExternalId::new(external_id) };
    let because = match taking {
        Taking::KeepAsToday => Some(KeptBecause::AsToday),
        Taking::Chosen(LeaverAction::Keep) => Some(KeptBecause::Policy),
        _ if member.role != Role::User => Some(KeptBecause::Role),
        _ if is_protected(member, external_id, shown, input) => Some(KeptBecause::Protected),
        _ if live_emails.contains(member.email.as_str()) => Some(KeptBecause::AddressInUse),
        _ if plan.baseline => Some(KeptBecause::Baseline),
        _ => None,
    };
    let revoked_already = member.status == MemberStatus::Revoked;
    let stays_revoked = revoked_already
        && matches!(taking, Taking::Chosen(LeaverAction::Revoke))
        && !index.uncertain_people.contains_key(external_id);
    let because = because.or_else(|| stays_revoked.then_some(KeptBecause::AlreadyRevoked));
    if let Some(because) = because {
        plan.kept.push(Kept { person, cause: Some(cause), because });
        return;
    }
    let import = ImportMember {
        email: Some(person.name.clone()),
        external_id: person.external_id.clone(),
        deleted: true,
    };
    match (taking, &member.id, input.server) {
        // Vaultwarden's import revokes; it has no other way to take access.
        (_, _, ServerKind::Vaultwarden) | (_, None, _) => {
            if !revoked_already || index.uncertain_people.contains_key(external_id) {
                plan.changes.push(Change::Revoke { person, cause });
                plan.import.members.push(import);
            }
        }
        (Taking::AsToday, _, _) => {
            plan.changes.push(Change::Remove { person, cause });
            plan.import.members.push(import);
        }
        (Taking::Chosen(LeaverAction::Remove), Some(id), _) => {
            plan.changes.push(Change::Remove { person, cause });
            plan.takings.push(Request::Remove(id.clone()));
        }
        (Taking::Chosen(_) | Taking::KeepAsToday, Some(id), _) => {
            if !revoked_already {
                plan.changes.push(Change::Revoke { person, cause });
                plan.takings.push(Request::Revoke(id.clone()));
            }
        }
    }
}

pub(super) fn is_protected(
    member: &ObservedMember,
    external_id: &str,
    shown: &str,
    input: &PlanInput<'_>,
) -> bool {
    input.connector.protected.iter().any(|protected| {
        let protected = protected.trim();
        protected == external_id
            || protected.eq_ignore_ascii_case(member.email.as_str())
            || protected.eq_ignore_ascii_case(shown)
    })
}

/// Managed people whom the directory did not return. Absence alone does nothing: the answer for each one decides.
fn absent(input: &PlanInput<'_>, index: &Index<'_>, live_emails: &HashSet<&str>, plan: &mut Plan) {
    let present = Present::new(input.desired, input.ledger);
    for managed in &input.ledger.people {
        if present.has(&managed.external_id) {
            continue;
        }
        let policy = input.connector.leavers;
        let (cause, action) = match input.presences.get(&managed.external_id) {
            Some(Presence::NotFound) => (Cause::Gone, policy.gone),
            Some(Presence::Found) => (Cause::OutOfScope, policy.out_of_scope),
            other => {
                let reason = match other {
                    Some(Presence::Unknown { reason }) => reason.clone(),
                    _ => "the directory was not asked".to_owned(),
                };
                if index.by_external_id.contains_key(managed.external_id.as_str()) {
                    let person = Subject {
                        name: managed.email.as_str().to_owned(),
                        external_id: managed.external_id.clone(),
                    };
                    plan.kept.push(Kept {
                        person,
                        cause: None,
                        because: KeptBecause::Unconfirmed { reason },
                    });
                }
                continue;
            }
        };
        let taking = action.map_or(Taking::KeepAsToday, Taking::Chosen);
        let (external_id, shown) = (managed.external_id.as_str(), managed.email.as_str());
        leave(&Leaver { external_id, shown, cause, taking }, input, index, live_emails, plan);
    }
}
