//! Who of the directory can be invited, and who has to wait.

use super::change::LeftOutBecause;
use super::invitations::{Turns, is_allowed};
use super::{Index, PlanInput};
use crate::desired::DesiredPerson;
use crate::observed::ServerKind;
use crate::wire::Request;

/// Longest external id that the official server takes, in characters.
pub(super) const LONGEST_EXTERNAL_ID: usize = 300;

/// One person of the directory.
pub(super) struct One<'a, 'b> {
    pub(super) number: usize,
    pub(super) person: &'b DesiredPerson,
    pub(super) pushed: &'a str,
}

/// Why somebody is not invited in this run.
pub(super) fn waits(
    one: &One<'_, '_>,
    email: &str,
    turns: &Turns,
    input: &PlanInput<'_>,
    index: &Index<'_>,
) -> Option<LeftOutBecause> {
    if !is_allowed(email, &input.connector.allowed_domains) {
        Some(LeftOutBecause::DomainNotAllowed { address: email.to_owned() })
    } else if let Some(source) = index.sources.has_a_say(one.person.source) {
        Some(LeftOutBecause::SourceNotRead { source: source.clone() })
    } else {
        let seat = turns.missing_seats(one.pushed).filter(|_| !is_staged(input));
        turns.waits(one.number).or(seat.map(|missing| LeftOutBecause::NoSeat { missing }))
    }
}

/// Whether new members are stored without an invitation.
pub(super) fn is_staged(input: &PlanInput<'_>) -> bool {
    !input.sync.invite_users_after_provisioning && input.stages == Some(true)
}

pub(super) fn usable_address<'a>(
    person: &DesiredPerson,
    pushed: &str,
    input: &PlanInput<'a>,
) -> Result<&'a str, LeftOutBecause> {
    let email = person.email.map_or("", |it| input.desired.text(it));
    if let Some(because) = LeftOutBecause::of_address(input.desired, person) {
        Err(because)
    } else if input.server != ServerKind::Vaultwarden && pushed.chars().count() > LONGEST_EXTERNAL_ID {
        Err(LeftOutBecause::ExternalIdTooLong)
    } else {
        Ok(email)
    }
}

/// Whether an earlier run brought this person over. Whom only a run that failed was to invite was perhaps never in.
pub(super) fn was_brought_over(id: &str, input: &PlanInput<'_>, index: &Index<'_>) -> bool {
    let Some(&number) = index.managed.get(id) else { return false };
    let named = |it: &Request| match it {
        Request::Import(import) | Request::WholeImport(import) => {
            import.members.iter().any(|it| it.external_id.as_str() == id)
        }
        _ => false,
    };
    let person = &input.ledger.people[number];
    let is_vague = person.member_id.is_none() && person.stable_id.is_none() && person.reference.is_none();
    !is_vague || !input.ledger.open_intents.iter().any(|it| named(&it.request))
}
