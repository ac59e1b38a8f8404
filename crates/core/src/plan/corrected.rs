//! Invitations whose address was corrected before anybody joined with them: the person never gets them.
//!
//! No account is linked yet, so that nothing is lost: the invitation is taken back and sent to the new address, with the groups and
//! collections that it had. Whoever has accepted is never treated so.

use super::change::{Cause, Subject};
use super::invitations::Turns;
use super::joining::{One, is_staged, usable_address, waits};
use super::leavers::{is_protected, leaving};
use super::person_requests::PersonFate;
use super::standing::Standing;
use super::{Change, Evidence, Index, Plan, PlanInput};
use crate::observed::{MemberStatus, ObservedMember, Role, ServerKind};
use crate::wire::Request;
use hashbrown::HashSet;

/// Whether this member's invitation went to an address that the directory has corrected since.
pub(super) fn is_corrected(
    pushed: &str,
    email: &str,
    member: &ObservedMember,
    input: &PlanInput<'_>,
    index: &Index<'_>,
) -> bool {
    member.status == MemberStatus::Invited
        && member.role == Role::User
        && member.email.as_str() != email
        && member.changed_id.is_none()
        // The server may refuse the right id: first that, then the address.
        && index.by_external_id.get(pushed).is_none_or(|it| !index.with_wrong_id.contains(it))
        && index.evidence == Evidence::Live
        && input.server != ServerKind::Vaultwarden
        // Without an invitation the server would store nobody by this request.
        && !is_staged(input)
        && !index.baseline
        && !input.sync.overwrite_existing
        && index.managed.contains_key(pushed)
        && !index.by_email.contains_key(email)
        && !index.repeated_people.iter().any(|it| it.as_str() == pushed)
        && !is_protected(member, pushed, email, input)
}

/// What happens to such a member, where the invitation can be sent in this run.
pub(super) fn invited_anew(
    one: &One<'_, '_>,
    person: &Subject,
    member: &ObservedMember,
    turns: &Turns,
    input: &PlanInput<'_>,
    index: &Index<'_>,
) -> Option<PersonFate> {
    let id = member.id.clone().filter(|_| is_corrected(one.pushed, &person.name, member, input, index))?;
    let waits = waits(one, &person.name, turns, input, index);
    let from = member.email.as_str().to_owned();
    waits.is_none().then(|| PersonFate::InvitedAnew { person: person.clone(), id, from })
}

/// Addresses that such invitations leave in this run: whoever has one now can be invited under it.
pub(super) fn left<'a>(
    pushed: &[Option<&'a str>],
    turns: &Turns,
    input: &PlanInput<'a>,
    index: &Index<'a>,
) -> HashSet<&'a str> {
    let everybody = input.desired.everybody().iter().enumerate();
    let left = everybody.filter_map(|(number, person)| {
        let pushed = pushed[number]?;
        let member = index.member(*index.by_external_id.get(pushed)?);
        let email =
            usable_address(person, pushed, input).ok().filter(|_| leaving(person, input).is_none())?;
        let one = One { number, person, pushed };
        let sent = is_corrected(pushed, email, member, input, index)
            && waits(&one, email, turns, input, index).is_none();
        sent.then_some(member.email.as_str())
    });
    left.collect()
}

impl Plan {
    /// Leaves these invitations as they are where the server would send none: they would only be lost.
    pub(super) fn keep_invitations(&mut self) {
        for request in self.sent.single() {
            let Request::InviteAnew { from: observed, .. } = &request else { continue };
            let Some(person) = self.about(&request).cloned() else { continue };
            let observed = observed.clone();
            self.sent.forget(&request);
            self.changes.retain(|it| !is_about(it, &person));
            self.standing.push(Standing::AddressDiffers { person, observed });
        }
    }
}

/// Whether a change is that an invitation goes to the corrected address.
pub(super) fn is_about(change: &Change, about: &Subject) -> bool {
    matches!(change, Change::Invite { person, cause: Cause::AddressCorrected } if person == about)
}
