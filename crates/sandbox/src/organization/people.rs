//! What people do to their memberships, beside what the API does.

use uuid::Uuid;

use super::model::MemberStatus;
use super::options::Flavor;
use super::shared::Shared;
use super::store::{MemberRow, StoreError};

/// Changes one member, found by the id of the membership or by the address. Returns whether one was found.
///
/// # Errors
///
/// When the database refuses.
pub(crate) fn change(
    shared: &Shared,
    who: &str,
    change: impl FnOnce(&mut MemberRow),
) -> Result<bool, StoreError> {
    let store = shared.store();
    let Some(mut member) = store.find_member(who)? else { return Ok(false) };
    change(&mut member);
    if member.has_master_password {
        store.add_account(&member.email)?;
    }
    store.update_member(&member)?;
    Ok(true)
}

/// Makes a person accept, or be confirmed: the account with this address is linked, with a master password or without.
///
/// # Errors
///
/// When the database refuses.
pub(crate) fn join(
    shared: &Shared,
    who: &str,
    status: MemberStatus,
    master_password: bool,
) -> Result<bool, StoreError> {
    let account = {
        let store = shared.store();
        let Some(member) = store.find_member(who)? else { return Ok(false) };
        let same = store.members_by_email(&member.email)?.into_iter();
        same.filter_map(|it| it.user_id.map(|id| (id, it.has_master_password))).next()
    };
    change(shared, who, |member| {
        let (id, has_master_password) =
            account.unwrap_or_else(|| (Uuid::new_v4().to_string(), master_password));
        member.user_id.get_or_insert(id);
        member.has_master_password = has_master_password || master_password;
        member.staged = false;
        member.confirmed |= status == MemberStatus::Confirmed;
        member.status = status.number();
    })
}

/// Changes the address of a member's account, in all its memberships. Returns whether there is an account.
///
/// # Errors
///
/// When the database refuses.
pub(crate) fn change_account_address(shared: &Shared, who: &str, address: &str) -> Result<bool, StoreError> {
    let store = shared.store();
    let Some(account) = store.find_member(who)?.and_then(|member| member.user_id) else { return Ok(false) };
    store.set_account_address(&account, address)?;
    Ok(true)
}

/// Shuts a member out as an administrator would; Vaultwarden keeps what was before in the number.
pub(crate) fn revoke(shared: &Shared, member: &mut MemberRow) {
    if member.status >= 0 {
        member.status = match shared.options.flavor {
            Flavor::Vaultwarden(_) => member.status - 128,
            Flavor::Official(_) => MemberStatus::Revoked.number(),
        };
    }
}
