//! What people do, as tests ask for it. A member is named by the id of the membership or by the address.

use super::model::{CollectionAccess, MemberStatus, Role};
use super::pace::ImportPace;
use super::server::{ANSWERS, Server};
use super::store::{Holder, MemberRow};
use super::{people, policies};

impl Server {
    /// Makes an invited person accept: an account with a master password is linked. Returns whether one was found.
    pub fn accept(&self, who: &str) -> bool {
        people::join(&self.shared, who, MemberStatus::Accepted, true).expect(ANSWERS)
    }

    /// Makes an invited person accept who signs in without a master password. Returns whether one was found.
    pub fn accept_without_master_password(&self, who: &str) -> bool {
        people::join(&self.shared, who, MemberStatus::Accepted, false).expect(ANSWERS)
    }

    /// Makes a person a confirmed member with a master password. Returns whether one was found.
    pub fn confirm(&self, who: &str) -> bool {
        people::join(&self.shared, who, MemberStatus::Confirmed, true).expect(ANSWERS)
    }

    /// Makes a person a confirmed member without a master password. Returns whether one was found.
    pub fn confirm_without_master_password(&self, who: &str) -> bool {
        people::join(&self.shared, who, MemberStatus::Confirmed, false).expect(ANSWERS)
    }

    /// Changes the address of a member's account. Returns whether there is one.
    pub fn change_account_address(&self, who: &str, address: &str) -> bool {
        people::change_account_address(&self.shared, who, address).expect(ANSWERS)
    }

    /// Revokes a member as an administrator would. Returns whether one was found.
    pub fn revoke(&self, who: &str) -> bool {
        self.change(who, |member| people::revoke(&self.shared, member))
    }

    /// Gives a member another role. Returns whether one was found.
    pub fn set_role(&self, who: &str, role: Role) -> bool {
        self.change(who, |member| member.role = role.number())
    }

    /// Gives a member exactly this access to collections, besides what groups give. Returns whether one was found.
    pub fn set_collections(&self, who: &str, access: &[CollectionAccess]) -> bool {
        let store = self.shared.store();
        let found = store.find_member(who).expect(ANSWERS);
        let replaced =
            found.map(|member| store.replace_collections(Holder::Member(member.row), access).expect(ANSWERS));
        replaced.is_some()
    }

    /// Writes a member's external id as another program would. Returns whether one was found.
    pub fn set_external_id(&self, who: &str, external_id: Option<&str>) -> bool {
        self.change(who, |member| member.external_id = external_id.map(str::to_owned))
    }

    /// Switches a person's two-step login on or off. Returns whether one was found.
    pub fn set_two_step(&self, who: &str, on: bool) -> bool {
        self.change(who, |member| member.two_step = on)
    }

    /// Puts a person into another organization too, or takes them out of all others. Returns whether one was found.
    pub fn set_in_another_organization(&self, who: &str, on: bool) -> bool {
        self.change(who, |member| member.elsewhere = on)
    }

    /// Buys seats, or lifts the limit.
    pub fn set_seats(&self, seats: Option<u32>) {
        self.shared.set_seats(seats);
    }

    /// Switches a policy on or off by its number: 0 is two-step login, 3 a single organization.
    pub fn set_policy(&self, kind: i64, enabled: bool) {
        let store = self.shared.store();
        store.step(|store| policies::switch(store, kind, enabled, None)).expect(ANSWERS);
    }

    /// Makes imports take another time from now on.
    pub fn set_import_pace(&self, pace: ImportPace) {
        self.shared.set_import_pace(pace);
    }

    fn change(&self, who: &str, change: impl FnOnce(&mut MemberRow)) -> bool {
        people::change(&self.shared, who, change).expect(ANSWERS)
    }
}
