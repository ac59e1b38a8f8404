//! Who is in a tenant, and tenants of any size.

use std::collections::BTreeSet;

/// One account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// The object id.
    pub id: String,
    /// The sign-in name.
    pub user_principal_name: String,
    /// The mail address, where there is one.
    pub mail: Option<String>,
    /// Whether the account may sign in.
    pub enabled: bool,
    /// Whether it is a guest's.
    pub guest: bool,
    /// The employee number.
    pub employee_id: Option<String>,
    /// The name.
    pub display_name: Option<String>,
}

impl User {
    /// An enabled account with a mail address that is its sign-in name too.
    pub fn new(id: &str, address: &str) -> Self {
        Self {
            id: id.to_owned(),
            user_principal_name: address.to_owned(),
            mail: Some(address.to_owned()),
            enabled: true,
            guest: false,
            employee_id: None,
            display_name: Some(format!("Person {id}")),
        }
    }
}

/// What stands in a list of members.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemberKind {
    /// An account.
    User,
    /// A group within the group.
    Group,
    /// A computer.
    Device,
    /// A contact, which has an address and is no account.
    Contact,
}

impl MemberKind {
    pub(super) fn odata_type(self) -> &'static str {
        match self {
            Self::User => "#microsoft.graph.user",
            Self::Group => "#microsoft.graph.group",
            Self::Device => "#microsoft.graph.device",
            Self::Contact => "#microsoft.graph.orgContact",
        }
    }

    pub(super) fn cast(word: &str) -> Option<Self> {
        [Self::User, Self::Group, Self::Device, Self::Contact]
            .into_iter()
            .find(|kind| kind.odata_type()[1..].eq_ignore_ascii_case(word))
    }
}

/// One entry of a list of members.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// What it is.
    pub kind: MemberKind,
    /// Its object id.
    pub id: String,
}

impl Member {
    /// An account.
    pub fn user(id: &str) -> Self {
        Self { kind: MemberKind::User, id: id.to_owned() }
    }

    /// A group.
    pub fn group(id: &str) -> Self {
        Self { kind: MemberKind::Group, id: id.to_owned() }
    }
}

/// One group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// The object id.
    pub id: String,
    /// The name shown to people.
    pub name: String,
    /// Direct members.
    pub members: Vec<Member>,
}

/// One administrative unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit {
    /// The object id.
    pub id: String,
    /// Direct members.
    pub members: Vec<Member>,
}

/// All of a tenant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tenant {
    /// Accounts, in the order in which they are listed.
    pub users: Vec<User>,
    /// Groups, in the order in which they are listed.
    pub groups: Vec<Group>,
    /// Administrative units.
    pub units: Vec<Unit>,
    /// Accounts that were deleted and can still be restored.
    pub deleted: Vec<User>,
    /// Memberships that accounts had when they were deleted, by the group's id: they come back with the account.
    pub dormant: Vec<(String, Member)>,
    /// Accounts of which the application is not shown whether they are enabled, by id.
    pub states_hidden: BTreeSet<String>,
    /// Groups and administrative units with hidden membership, by id.
    pub members_hidden: BTreeSet<String>,
    /// Whether the application is shown hidden memberships (`Member.Read.Hidden`); without it such lists look empty.
    pub shows_hidden_members: bool,
}

impl Tenant {
    /// Whether the members of a group or unit are shown.
    pub(super) fn shows_members(&self, id: &str) -> bool {
        self.shows_hidden_members || !self.members_hidden.contains(id)
    }

    pub(super) fn visibility(&self, id: &str) -> Option<&'static str> {
        self.members_hidden.contains(id).then_some("HiddenMembership")
    }
}

/// What a generated tenant looks like; equal specifications give equal tenants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spec {
    /// How many accounts.
    pub users: usize,
    /// How many groups.
    pub groups: usize,
    /// How many accounts each group lists.
    pub members_per_group: usize,
    /// Each so manieth group lists the group before it too; 0 for none.
    pub nested_every: usize,
    /// Where the sequence of members begins.
    pub seed: u64,
}

impl Tenant {
    /// A tenant of this size.
    pub fn generate(spec: Spec) -> Self {
        let user_id = |number: usize| format!("00000000-0000-4000-8000-{number:012}");
        let group_id = |number: usize| format!("11111111-0000-4000-8000-{number:012}");
        let users =
            (0..spec.users).map(|number| User::new(&user_id(number), &format!("user{number}@example.test")));
        let mut state = spec.seed;
        let mut groups = Vec::with_capacity(spec.groups);
        for number in 0..spec.groups {
            // Any odd multiplier spreads well enough here (Knuth's MMIX constants).
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let first = usize::try_from(state >> 33).unwrap_or(0);
            let count = spec.members_per_group.min(spec.users);
            let mut members: Vec<Member> =
                (0..count).map(|step| Member::user(&user_id((first + step) % spec.users.max(1)))).collect();
            if spec.nested_every > 0 && number > 0 && number.is_multiple_of(spec.nested_every) {
                members.push(Member::group(&group_id(number - 1)));
            }
            groups.push(Group { id: group_id(number), name: format!("Group {number}"), members });
        }
        Self { users: users.collect(), groups, ..Self::default() }
    }

    /// Deletes an account as an administrator does: it leaves every list and can still be restored.
    pub fn delete_user(&mut self, id: &str) {
        if let Some(position) = self.users.iter().position(|user| user.id == id) {
            self.deleted.push(self.users.remove(position));
        }
        for group in &mut self.groups {
            if group.members.iter().any(|member| member.id == id) {
                self.dormant.push((group.id.clone(), Member::user(id)));
            }
            group.members.retain(|member| member.id != id);
        }
        for unit in &mut self.units {
            unit.members.retain(|member| member.id != id);
        }
    }

    /// Restores a deleted account with its memberships.
    pub fn restore_user(&mut self, id: &str) {
        let Some(position) = self.deleted.iter().position(|user| user.id == id) else { return };
        self.users.push(self.deleted.remove(position));
        let (back, rest): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.dormant).into_iter().partition(|(_, member)| member.id == id);
        self.dormant = rest;
        for (group, member) in back {
            if let Some(group) = self.groups.iter_mut().find(|it| it.id == group) {
                group.members.push(member);
            }
        }
    }

    /// Takes away a deleted account for good.
    pub fn purge_user(&mut self, id: &str) {
        self.deleted.retain(|user| user.id != id);
        self.dormant.retain(|(_, member)| member.id != id);
    }

    /// Deletes a group; it leaves every list.
    pub fn delete_group(&mut self, id: &str) {
        self.groups.retain(|group| group.id != id);
        self.dormant.retain(|(group, _)| group != id);
        let groups = self.groups.iter_mut().map(|it| &mut it.members);
        for members in groups.chain(self.units.iter_mut().map(|it| &mut it.members)) {
            members.retain(|member| member.id != id);
        }
    }
}
