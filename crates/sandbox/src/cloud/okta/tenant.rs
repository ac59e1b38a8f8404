//! Who is in the stand-in's organization.

/// Somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// The id, such as `00u0000000000000001`.
    pub id: String,
    /// Okta's word for the state of the account, such as `ACTIVE`.
    pub status: String,
    /// The login and, where it is not given apart, the address.
    pub login: String,
    /// The address.
    pub email: Option<String>,
    /// The last change, as Okta writes it.
    pub last_updated: String,
    /// The employee number.
    pub employee_number: Option<String>,
    /// First and last name.
    pub name: Option<(String, String)>,
}

/// A group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// The id.
    pub id: String,
    /// The name.
    pub name: String,
    /// The ids of the people in it.
    pub members: Vec<String>,
    /// The last change of the group itself.
    pub last_updated: String,
    /// The last change of its members.
    pub last_membership_updated: String,
}

/// People and groups in Okta's order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tenant {
    /// People, deprovisioned ones included.
    pub users: Vec<User>,
    /// Groups.
    pub groups: Vec<Group>,
}

impl User {
    /// An active person with this number.
    pub fn new(number: usize) -> Self {
        let login = format!("person{number}@example.test");
        Self {
            id: format!("00u{number:017}"),
            status: "ACTIVE".to_owned(),
            email: Some(login.clone()),
            login,
            last_updated: "2026-01-01T00:00:00.000Z".to_owned(),
            employee_number: None,
            name: None,
        }
    }
}

impl Tenant {
    /// So many active people, and groups with so many consecutive members each. The same numbers give the same tenant.
    pub fn generate(users: usize, groups: usize, members: usize) -> Self {
        let users: Vec<User> = (0..users).map(User::new).collect();
        let groups = (0..groups)
            .map(|number| Group {
                id: format!("00g{number:017}"),
                name: format!("Group {number}"),
                members: (0..members.min(users.len()))
                    .map(|step| users[(number * 7 + step) % users.len()].id.clone())
                    .collect(),
                last_updated: "2026-01-01T00:00:00.000Z".to_owned(),
                last_membership_updated: "2026-01-01T00:00:00.000Z".to_owned(),
            })
            .collect();
        Self { users, groups }
    }
}
