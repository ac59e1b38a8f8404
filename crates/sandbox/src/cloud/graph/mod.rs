//! Microsoft Graph v1.0 with one tenant, as far as a directory is read: users, groups, members, administrative units,
//! deleted users, batches and the token endpoint.
//!
//! It checks what the service checks (credentials, token, page sizes, twenty requests a batch) and pages as it does; the
//! delta functions forget their tokens, repeat themselves and leave out what did not change, each on demand.

mod answer;
mod delta;
mod options;
mod reply;
mod server;
mod shared;
mod sign_in;
mod tenant;
mod tokens;

pub use options::{AppCertificate, DeltaHabits, Options};
pub use server::Server;
pub use shared::{ItemFault, Request};
pub use tenant::{Group, Member, MemberKind, Spec, Tenant, Unit, User};
