//! The policies of an organization that shut members out: two-step login, and no other organization.

use super::errors::Refusal;
use super::events;
use super::model::MemberStatus;
use super::store::{MemberRow, Store, StoreError};

/// Everybody needs two-step login.
pub(crate) const TWO_STEP: i64 = 0;
/// Nobody may be in another organization.
pub(crate) const SINGLE_ORGANIZATION: i64 = 3;

/// Switches a policy on or off. Switched on, it revokes who has accepted, is no owner and does not comply.
///
/// # Errors
///
/// When the database refuses.
pub(crate) fn switch(store: &Store, kind: i64, enabled: bool, data: Option<&str>) -> Result<(), StoreError> {
    let was_enabled = is_enabled(store, kind)?;
    store.put_policy(kind, enabled, data)?;
    if !enabled || was_enabled {
        return Ok(());
    }
    for mut member in store.members()? {
        let has_accepted = matches!(
            MemberStatus::from_number(member.status),
            MemberStatus::Accepted | MemberStatus::Confirmed
        );
        if has_accepted && !member.is_owner() && !complies(&member, kind) {
            revoke(store, &mut member)?;
        }
    }
    Ok(())
}

/// Shuts a member out.
///
/// # Errors
///
/// When the database refuses.
pub(crate) fn revoke(store: &Store, member: &mut MemberRow) -> Result<(), StoreError> {
    member.status = MemberStatus::Revoked.number();
    store.update_member(member)?;
    events::member(store, events::MEMBER_REVOKED, &member.id)
}

/// Refuses to restore a member with an account who does not comply with a policy.
///
/// # Errors
///
/// A 400 that names the member and the policy.
pub(crate) fn check_restore(store: &Store, member: &MemberRow) -> Result<(), Refusal> {
    if member.user_id.is_none() {
        return Ok(());
    }
    for (kind, reason) in [
        (SINGLE_ORGANIZATION, "cannot be restored until they leave all other organization vaults."),
        (TWO_STEP, "is not compliant with the two-step login policy."),
    ] {
        if is_enabled(store, kind)? && !complies(member, kind) {
            return Err(Refusal::BadRequest(format!("{} {reason}", member.email)));
        }
    }
    Ok(())
}

fn is_enabled(store: &Store, kind: i64) -> Result<bool, StoreError> {
    Ok(store.policies()?.iter().any(|policy| policy.kind == kind && policy.enabled))
}

fn complies(member: &MemberRow, kind: i64) -> bool {
    match kind {
        TWO_STEP => member.two_step,
        SINGLE_ORGANIZATION => !member.elsewhere,
        _ => true,
    }
}
