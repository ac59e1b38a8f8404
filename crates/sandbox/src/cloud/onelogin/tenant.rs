//! Who is in the stand-in's account.

/// Somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// The id.
    pub id: u64,
    /// The address.
    pub email: Option<String>,
    /// The name to sign in with.
    pub username: Option<String>,
    /// OneLogin's number for the state of the account: 1 is active, 2 suspended.
    pub status: u8,
    /// The OneLogin group; everybody is in one at most.
    pub group_id: Option<u64>,
    /// The last change, as OneLogin writes it.
    pub updated_at: String,
    /// First and last name.
    pub name: Option<(String, String)>,
}

/// A role, or a group: something with a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    /// The id.
    pub id: u64,
    /// The name.
    pub name: String,
    /// The ids of the people in it; empty for a group, which people name themselves.
    pub users: Vec<u64>,
}

/// People, roles and groups in OneLogin's order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tenant {
    /// People.
    pub users: Vec<User>,
    /// Roles.
    pub roles: Vec<Role>,
    /// Groups.
    pub groups: Vec<Role>,
}

impl User {
    /// An active person with this number.
    pub fn new(number: usize) -> Self {
        let address = format!("person{number}@example.test");
        Self {
            id: 100_000 + number as u64,
            username: Some(address.clone()),
            email: Some(address),
            status: 1,
            group_id: None,
            updated_at: "2026-01-01T00:00:00.000Z".to_owned(),
            name: None,
        }
    }
}

impl Tenant {
    /// So many active people, and roles with so many consecutive people each. The same numbers give the same tenant.
    pub fn generate(users: usize, roles: usize, members: usize) -> Self {
        let users: Vec<User> = (0..users).map(User::new).collect();
        let roles = (0..roles)
            .map(|number| Role {
                id: 500_000 + number as u64,
                name: format!("Role {number}"),
                users: (0..members.min(users.len()))
                    .map(|step| users[(number * 7 + step) % users.len()].id)
                    .collect(),
            })
            .collect();
        Self { users, roles, groups: Vec::new() }
    }
}
