//! An organization server that runs in-process: what a directory import meets, on the wire.
//!
//! It imitates two servers, the official one and Vaultwarden, as far as a directory connector can tell them from
//! the real ones: tokens, the import with its order and partial effects, the public API, limits and errors. It
//! shares no type with the rest of the workspace, so that it is a witness of its own. Data lives in SQLite, in
//! memory by default; one lock around each step trades speed under many clients for an order that a test can follow.

mod account;
mod body;
mod control;
mod decimal;
mod deeds;
mod errors;
mod events;
mod events_api;
mod groups_api;
mod identity;
mod import_groups;
mod import_official;
mod import_request;
mod import_vaultwarden;
mod json;
mod lower_case;
mod members_api;
mod model;
mod official;
mod options;
mod pace;
mod page;
mod people;
mod person_api;
mod policies;
mod rate_limit;
mod recorder;
mod requests;
mod seats;
mod sent;
mod server;
mod settings_api;
mod shared;
mod sign_in;
mod store;
mod tokens;
mod validation;
mod vaultwarden;

pub use account::{Account, KeyDerivation, ListedOrganization, TwoStep};
pub use model::{CollectionAccess, Group, Member, MemberStatus, NewMember, RecordedRequest, Role};
pub use options::{
    Database, Flavor, Hosting, KnownAddresses, Official, Options, Provider, RateLimits, Subscription,
    Vaultwarden,
};
pub use pace::ImportPace;
pub use server::{Server, StartError};
pub use shared::OrganizationState;
pub use store::StoreError;
