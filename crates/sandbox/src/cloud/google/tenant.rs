//! Who is in the stand-in's account.

use std::collections::HashMap;

/// Somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// The id, 21 digits.
    pub id: String,
    /// The address by which the person signs in.
    pub primary_email: String,
    /// Further addresses that stand for the person.
    pub aliases: Vec<String>,
    /// Whether the answer lists any address under `emails`.
    pub has_emails: bool,
    /// Given name and family name.
    pub name: (String, String),
    /// What stands under `title` of the person's organization.
    pub title: String,
    /// Where the person is in the tree of org units.
    pub org_unit_path: String,
    /// Suspended by an administrator.
    pub suspended: bool,
    /// Archived.
    pub archived: bool,
    /// Deleted less than twenty days ago: found only by the list of the deleted.
    pub deleted: bool,
    /// The external id of the type `organization`.
    pub employee_number: Option<String>,
}

/// A group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// The id.
    pub id: String,
    /// The address.
    pub email: String,
    /// The name.
    pub name: String,
    /// Who is in it.
    pub members: Vec<Member>,
}

/// A member of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Who.
    pub kind: MemberKind,
    /// `OWNER`, `MANAGER` or `MEMBER`.
    pub role: &'static str,
}

/// Who a member is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MemberKind {
    /// Somebody of the account, by id.
    User(String),
    /// A group of the account, by id.
    Group(String),
    /// A group of another account, by address: nobody here may see it or who is in it.
    ForeignGroup(String),
    /// Everybody of the account.
    Customer,
    /// Somebody of elsewhere, by address; Google shows most of them as users without a status.
    Outside(String),
    /// Somebody of elsewhere, by address, of the type that Google keeps for them.
    External(String),
}

/// People and groups in the order of the lists.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tenant {
    /// People, deleted ones included.
    pub users: Vec<User>,
    /// Groups.
    pub groups: Vec<Group>,
}

impl User {
    /// An active person with this number.
    pub fn new(number: usize) -> Self {
        Self {
            id: format!("1{number:020}"),
            primary_email: format!("person{number}@example.test"),
            aliases: Vec::new(),
            has_emails: true,
            name: ("Person".to_owned(), number.to_string()),
            title: String::new(),
            org_unit_path: "/".to_owned(),
            suspended: false,
            archived: false,
            deleted: false,
            employee_number: None,
        }
    }
}

impl Group {
    /// A group with this number and nobody in it.
    pub fn new(number: usize) -> Self {
        Self {
            id: format!("03{number:013}"),
            email: format!("group{number}@example.test"),
            name: format!("Group {number}"),
            members: Vec::new(),
        }
    }
}

impl Member {
    /// Somebody with the role of a member.
    pub fn new(kind: MemberKind) -> Self {
        Self { kind, role: "MEMBER" }
    }
}

impl Tenant {
    /// So many active people, and groups with so many consecutive members each, the first of whom owns and the second
    /// manages the group. The same numbers give the same tenant.
    pub fn generate(users: usize, groups: usize, members: usize) -> Self {
        let users: Vec<User> = (0..users).map(User::new).collect();
        let member = |number: usize, step: usize| Member {
            kind: MemberKind::User(users[(number * 7 + step) % users.len()].id.clone()),
            role: ["OWNER", "MANAGER"].get(step).copied().unwrap_or("MEMBER"),
        };
        let groups = (0..groups)
            .map(|number| Group {
                members: (0..members.min(users.len())).map(|step| member(number, step)).collect(),
                ..Group::new(number)
            })
            .collect();
        Self { users, groups }
    }

    /// The person with this number.
    ///
    /// # Panics
    /// When there is none.
    pub fn user(&mut self, number: usize) -> &mut User {
        let id = User::new(number).id;
        self.users.iter_mut().find(|user| user.id == id).expect("a person of this number")
    }
}

/// Where each user and group is, by every key that stands for it.
pub(super) struct Places {
    pub(super) users: HashMap<String, usize>,
    pub(super) groups: HashMap<String, usize>,
}

impl Places {
    pub(super) fn of(tenant: &Tenant) -> Self {
        let (mut users, mut groups) = (HashMap::new(), HashMap::new());
        for (place, user) in tenant.users.iter().enumerate() {
            users.insert(user.id.clone(), place);
            if !user.deleted {
                for address in user.aliases.iter().chain([&user.primary_email]) {
                    users.insert(address.to_lowercase(), place);
                }
            }
        }
        for (place, group) in tenant.groups.iter().enumerate() {
            groups.insert(group.id.clone(), place);
            groups.insert(group.email.to_lowercase(), place);
        }
        Self { users, groups }
    }
}
