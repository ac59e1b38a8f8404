//! Bitwarden's JSON: the import request and the models of the Public API.
//!
//! Keys stand in the order in which today's connector writes them: the fingerprint of a request is taken over its bytes.

mod account;

pub use account::{PreloginResponse, ProfileOrganizationResponse, ProfileResponse, UserDetailsResponse};

use crate::names::{ExternalId, GroupId, MemberId};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::sync::Arc;

/// The body of `POST /public/organization/import`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ImportRequest {
    /// Groups, each with its whole membership: the server replaces it.
    pub groups: Vec<ImportGroup>,
    /// People to invite, adopt or delete.
    pub members: Vec<ImportMember>,
    /// Deletes every external member that is missing from `members`.
    pub overwrite_existing: bool,
    /// Lifts the cloud's limit of 2,000; the server does nothing else with it.
    pub large_import: bool,
    /// Whether new members are invited at once; false asks for staging, where the server knows it.
    pub invite_users_after_provisioning: bool,
}

/// A group of an [`ImportRequest`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ImportGroup {
    /// At most 100 characters on the official server.
    pub name: String,
    /// At most 300 characters on the official server.
    pub external_id: ExternalId,
    /// Everybody who shall be in the group; ids unknown to the organization are ignored by the server.
    pub member_external_ids: Arc<[ExternalId]>,
}

/// A person of an [`ImportRequest`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ImportMember {
    /// May be null for a deleted person on the official server; Vaultwarden always needs it.
    pub email: Option<String>,
    /// At most 300 characters on the official server.
    pub external_id: ExternalId,
    /// Official server: the membership is deleted. Vaultwarden: it is revoked.
    pub deleted: bool,
}

/// One request to the organization, in the order in which a plan sends them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Request {
    /// Adds, adopts, deletes by flag; creates and fills groups. Can be cut into batches.
    Import(ImportRequest),
    /// The only request that may carry `overwriteExisting`: never cut, never resent without a look at the organization.
    WholeImport(ImportRequest),
    /// `POST /public/members/{id}/revoke`
    Revoke(MemberId),
    /// `POST /public/members/{id}/restore`
    Restore(MemberId),
    /// `DELETE /public/members/{id}`
    Remove(MemberId),
    /// `PUT /public/members/{id}` and its groups, then `DELETE` of another one: of two memberships of one person one goes, and the
    /// other gets what it had.
    Merge {
        /// Which membership stays.
        into: MemberId,
        /// Which one goes.
        from: MemberId,
    },
    /// `DELETE /public/members/{id}`, then `POST /public/members`: an invitation that nobody has accepted goes to another address. Role,
    /// collections and groups are read first and sent with it.
    InviteAnew {
        /// Which membership.
        id: MemberId,
        /// The address that it went to.
        from: String,
        /// The address that it goes to now.
        email: String,
        /// The external id.
        external_id: ExternalId,
    },
    /// `PUT /public/members/{id}`, which replaces: everything but the external id is read first and sent back.
    PutMember {
        /// Which membership.
        id: MemberId,
        /// The external id that it gets; blank: none.
        external_id: ExternalId,
    },
    /// `PUT /public/groups/{id}`; members and collections stay.
    PutGroup {
        /// Which group.
        id: GroupId,
        /// Its name, which the request always writes.
        name: String,
        /// The external id that it gets.
        external_id: ExternalId,
    },
    /// `DELETE /public/groups/{id}`
    DeleteGroup(GroupId),
    /// `PUT /public/groups/{id}/member-ids`, which replaces: the members are read first, and sent back without these.
    TakeOut {
        /// Which group.
        group: GroupId,
        /// Who goes out.
        members: Vec<MemberId>,
    },
}

/// A member as `GET /public/members` shows it.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MemberResponse {
    /// The id of the membership.
    pub id: MemberId,
    /// 0 owner, 1 admin, 2 user, 4 custom.
    #[serde(rename = "type")]
    pub kind: i32,
    /// -1 revoked, 0 invited, 1 accepted, 2 confirmed, 3 staged.
    pub status: i32,
    /// The address; can be missing in unusual records.
    pub email: Option<String>,
    /// The id that an import gave, if any.
    pub external_id: Option<String>,
}

/// A group as `GET /public/groups` shows it: without its members.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GroupResponse {
    /// The id of the group.
    pub id: GroupId,
    /// The name shown to people.
    pub name: String,
    /// The id that an import gave, if any.
    pub external_id: Option<String>,
    /// To how many collections it gives access; None: the server does not tell.
    #[serde(default, deserialize_with = "count")]
    pub collections: Option<usize>,
}

/// How long a list is, of which nothing else is kept.
fn count<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<usize>, D::Error> {
    struct Count;
    impl<'de> serde::de::Visitor<'de> for Count {
        type Value = Option<usize>;

        fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            formatter.write_str("a list or null")
        }

        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok(None)
        }

        fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
            let mut length = 0;
            while list.next_element::<serde::de::IgnoredAny>()?.is_some() {
                length += 1;
            }
            Ok(Some(length))
        }
    }
    deserializer.deserialize_any(Count)
}

/// What `GET /public/organization/subscription` tells.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SubscriptionResponse {
    /// The password manager's part.
    pub password_manager: Option<PasswordManagerResponse>,
}

/// The password manager's part of a subscription.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PasswordManagerResponse {
    /// How many members may take a seat; None: any number.
    pub seats: Option<u32>,
    /// How many seats the server buys by itself at most; None: any number.
    pub max_auto_scale_seats: Option<u32>,
}

/// What `GET /config` tells about the server.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ConfigResponse {
    /// The server's version; Vaultwarden names the version that it imitates.
    pub version: String,
    /// Absent on the official server.
    pub server: Option<ServerProductResponse>,
    /// Flags by name.
    #[serde(default)]
    pub feature_states: Option<FeatureStates>,
    /// Where the server says that its services are.
    pub environment: Option<ServerAddressesResponse>,
}

/// The flags of a server that matter here. There can be any number of others, and of any kind: none of it is kept.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct FeatureStates {
    /// Without it the official server ignores `inviteUsersAfterProvisioning: false`.
    #[serde(rename = "pm-34423-staged-status", default, deserialize_with = "flag")]
    pub stages: Option<bool>,
}

/// A flag; None: it is no boolean.
fn flag<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<bool>, D::Error> {
    // Whatever it is instead is not made anything of.
    Ok(match Box::<RawValue>::deserialize(deserializer)?.get() {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    })
}

/// Where a server says that its services are.
#[derive(Clone, Debug, Deserialize)]
pub struct ServerAddressesResponse {
    /// The API.
    pub api: Option<String>,
}

/// Who made a server that is not the official one.
#[derive(Clone, Debug, Deserialize)]
pub struct ServerProductResponse {
    /// `Vaultwarden`, for the one that is known.
    pub name: Option<String>,
}
