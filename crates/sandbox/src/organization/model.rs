//! What the organization holds, as tests and the demo see it.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// The role of a member, by its number on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Role {
    /// 0: may do everything; an import never removes one.
    Owner,
    /// 1: manages the organization.
    Admin,
    /// 2: an ordinary member; what an import makes.
    User,
    /// 4: a member with chosen permissions.
    Custom,
}

impl Role {
    /// Returns the number used on the wire.
    pub fn number(self) -> i64 {
        match self {
            Role::Owner => 0,
            Role::Admin => 1,
            Role::User => 2,
            Role::Custom => 4,
        }
    }

    /// Reads the number used on the wire; 3 was a role once and is none any more.
    pub fn from_number(number: i64) -> Option<Role> {
        match number {
            0 => Some(Role::Owner),
            1 => Some(Role::Admin),
            2 => Some(Role::User),
            4 => Some(Role::Custom),
            _ => None,
        }
    }
}

/// How far a member has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum MemberStatus {
    /// -1, or -128 to -126 on Vaultwarden: shut out, with everything kept.
    Revoked,
    /// 0: asked to join; no account is linked.
    Invited,
    /// 1: has an account and accepted.
    Accepted,
    /// 2: has the organization's key.
    Confirmed,
    /// 3: prepared without an invitation.
    Staged,
}

impl MemberStatus {
    /// Reads the stored number; every negative one means revoked.
    pub fn from_number(number: i64) -> MemberStatus {
        match number {
            0 => MemberStatus::Invited,
            1 => MemberStatus::Accepted,
            2 => MemberStatus::Confirmed,
            3 => MemberStatus::Staged,
            _ => MemberStatus::Revoked,
        }
    }

    /// Returns the number of the official server.
    pub fn number(self) -> i64 {
        match self {
            MemberStatus::Revoked => -1,
            MemberStatus::Invited => 0,
            MemberStatus::Accepted => 1,
            MemberStatus::Confirmed => 2,
            MemberStatus::Staged => 3,
        }
    }
}

/// What a member or a group may do with a collection.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
pub struct CollectionAccess {
    /// The id of the collection.
    pub id: String,
    /// Whether items may only be read.
    pub read_only: bool,
    /// Whether passwords stay hidden.
    pub hide_passwords: bool,
    /// Whether the collection itself may be managed.
    pub manage: bool,
}

impl CollectionAccess {
    /// Gives full use of a collection without managing it.
    pub fn to(collection: &str) -> CollectionAccess {
        CollectionAccess { id: collection.to_owned(), ..CollectionAccess::default() }
    }
}

/// A member as stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Member {
    /// The id of the membership, not of the account.
    pub id: String,
    /// The address, as stored.
    pub email: String,
    /// The directory's id; `None` when blank.
    pub external_id: Option<String>,
    /// The name of the account, once one is linked.
    pub name: Option<String>,
    /// How far the member has come.
    pub status: MemberStatus,
    /// The number stored for the status; Vaultwarden keeps what was before in it.
    pub status_number: i64,
    /// The role.
    pub role: Role,
    /// Whether the linked account has a master password; false without an account.
    pub has_master_password: bool,
    /// Direct access to collections, not through groups.
    pub collections: Vec<CollectionAccess>,
}

/// A group as stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Group {
    /// The id of the group.
    pub id: String,
    /// The name.
    pub name: String,
    /// The directory's id; `None` when blank.
    pub external_id: Option<String>,
    /// The ids of the memberships in it.
    pub members: BTreeSet<String>,
    /// Access to collections.
    pub collections: Vec<CollectionAccess>,
}

/// A member to be put into the organization by hand.
#[derive(Clone, Debug)]
pub struct NewMember {
    pub(crate) email: String,
    pub(crate) external_id: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) status: MemberStatus,
    pub(crate) role: Role,
    pub(crate) has_master_password: bool,
    pub(crate) collections: Vec<CollectionAccess>,
    pub(crate) two_step: bool,
    pub(crate) elsewhere: bool,
}

impl NewMember {
    /// A confirmed user with a master password.
    pub fn confirmed(email: &str) -> NewMember {
        NewMember {
            email: email.to_owned(),
            external_id: None,
            name: None,
            status: MemberStatus::Confirmed,
            role: Role::User,
            has_master_password: true,
            collections: Vec::new(),
            two_step: false,
            elsewhere: false,
        }
    }

    /// A user who was invited and has no account.
    pub fn invited(email: &str) -> NewMember {
        let status = MemberStatus::Invited;
        NewMember { status, has_master_password: false, ..NewMember::confirmed(email) }
    }

    /// Sets the directory's id.
    #[must_use]
    pub fn external_id(mut self, external_id: &str) -> NewMember {
        self.external_id = Some(external_id.to_owned());
        self
    }

    /// Sets the name of the account.
    #[must_use]
    pub fn name(mut self, name: &str) -> NewMember {
        self.name = Some(name.to_owned());
        self
    }

    /// Sets the role.
    #[must_use]
    pub fn role(mut self, role: Role) -> NewMember {
        self.role = role;
        self
    }

    /// Sets the status; a revoked member goes back to what the account and its confirmation allow.
    #[must_use]
    pub fn status(mut self, status: MemberStatus) -> NewMember {
        self.status = status;
        self
    }

    /// Takes the master password away, as with single sign-on and a key connector.
    #[must_use]
    pub fn without_master_password(mut self) -> NewMember {
        self.has_master_password = false;
        self
    }

    /// Gives the account two-step login.
    #[must_use]
    pub fn two_step(mut self) -> NewMember {
        self.two_step = true;
        self
    }

    /// Puts the account into another organization, too.
    #[must_use]
    pub fn in_another_organization(mut self) -> NewMember {
        self.elsewhere = true;
        self
    }

    /// Gives direct access to a collection.
    #[must_use]
    pub fn collection(mut self, access: CollectionAccess) -> NewMember {
        self.collections.push(access);
        self
    }
}

/// A request as the server received it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RecordedRequest {
    /// The place in the order of arrival, from 1; goes on after the list was cleared.
    pub number: u64,
    /// The method, in capitals.
    pub method: String,
    /// The path with its query.
    pub path: String,
    /// Names in lower case and values; the value of `authorization` is replaced by its scheme.
    pub headers: Vec<(String, String)>,
    /// The body as text, with secrets in forms and passwords hidden.
    pub body: String,
    /// The size of the body in bytes as it arrived.
    pub body_length: usize,
    /// The status that was answered; `None` while the request is handled, and when the connection was cut or the
    /// client left before the answer.
    pub status: Option<u16>,
    /// When it arrived, in RFC 3339 form, UTC.
    pub received: String,
    /// By which requests with the same token are known; `None` without one.
    pub session: Option<String>,
}

impl RecordedRequest {
    /// Returns the value of a header by its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}
