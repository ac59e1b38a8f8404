//! What nothing stands in the way of, so that a plan that does not do it is wrong; and who cannot be told apart.

use crate::convergence::directory::{Entry, State};
use crate::convergence::model::{Kind, Member};
use crate::convergence::oracle::member;
use crate::convergence::world::{Mode, World};
use bwdc_core::observed::{MemberStatus, Role};
use bwdc_core::plan::{Kept, KeptBecause, Plan, Standing};

/// Whether nothing stands in the way of an invitation to the address that the directory has corrected, which nobody accepted.
pub(crate) fn is_to_be_corrected(world: &World, found: &Member, entry: &Entry, id: &str) -> bool {
    let free = world.organization.members.iter().all(|it| it.email != entry.email);
    let has_own_id = found.known_id() == Some(id) && !world.has_doubled_ids();
    found.status == MemberStatus::Invited
        && found.role == Role::User
        && found.email != entry.email
        && world.mode == Mode::Official
        && free
        && has_own_id
        && can_be_invited(world, entry)
        && !is_protected(world, &[id, &found.email, &entry.email])
        && !world.organization.forbidden.contains(&found.id)
        && world.ledger.people.iter().any(|it| it.external_id.as_str() == id)
}

/// Whether no setting, rule or number keeps the server from inviting one more in the next run.
fn can_be_invited(world: &World, entry: &Entry) -> bool {
    let stages = matches!(world.organization.kind, Kind::Official { staged: true, .. })
        && !world.sync.invite_users_after_provisioning;
    let is_allowed = world.connector.allowed_domains.iter().all(|it| entry.email.ends_with(it.as_str()));
    !stages
        && is_allowed
        && !world.sync.overwrite_existing
        && world.organization.seats.is_none()
        && world.connector.invitations.per_run.is_none()
        && world.ledger.refused.is_empty()
}

fn is_protected(world: &World, names: &[&str]) -> bool {
    world.connector.protected.iter().any(|it| names.iter().any(|name| name.eq_ignore_ascii_case(it)))
}

/// Whether a newcomer, whose name a leaver had, could come in: the leaver has lost access by a run, and nothing else is in the way.
pub(crate) fn could_have_the_name(world: &World, plan: &Plan, entry: &Entry) -> bool {
    let holder = world.ledger.people.iter().find(|it| it.external_id.as_str() == entry.id);
    let Some(holder) = holder.filter(|it| it.revoked_by_us) else { return false };
    let Some(found) = member(world, &entry.id) else { return false };
    let has_lost = |it: &Kept| matches!(it.because, KeptBecause::AlreadyRevoked | KeptBecause::SentAsDeleted);
    if !plan.kept.iter().any(|it| it.person.external_id == holder.external_id && has_lost(it)) {
        return false;
    }
    let Some(stable) = &holder.stable_id else { return false };
    let told = world.ledger.addresses.of(&holder.external_id).len();
    let others = || world.ledger.addresses.iter().filter(|(id, _)| **id != holder.external_id);
    let is_told = |email: &str| others().flat_map(|(_, told)| told).any(|it| it.email.as_str() == email);
    let is_anybodys = |email: &str| {
        world.organization.members.iter().any(|it| it.email == email)
            || world.ledger.people.iter().any(|it| it.email.as_str() == email)
    };
    let is_wanted =
        world.directory.people.iter().any(|it| it.email == found.email && it.state != State::Deleted);
    let ids_used = world.ledger.people.iter().any(|it| it.external_id.as_str() == stable.as_str())
        || world.has_doubled_ids();
    entry.state == State::Enabled
        && world.directory.by_stable(stable.as_str()).is_none()
        && found.status == MemberStatus::Revoked
        && found.role == Role::User
        && found.known_id() == Some(&entry.id)
        && told <= 1
        && !is_told(&entry.email)
        && !is_anybodys(&entry.email)
        && !is_wanted
        && !ids_used
        && !world.directory.silent
        && !is_protected(world, &[&entry.id, &found.email, &entry.email])
        && !world.organization.forbidden.contains(&found.id)
        && can_be_invited(world, entry)
}

/// Whether the plan says that somebody's membership cannot be told from another one's.
pub(crate) fn is_unclear(plan: &Plan, id: &str) -> bool {
    plan.standing.iter().any(|it| match it {
        Standing::MembershipUnclear { person, remembered, .. } => {
            [person, remembered].iter().any(|it| it.external_id.as_str() == id)
        }
        _ => false,
    })
}
