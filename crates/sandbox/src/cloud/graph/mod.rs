//! Microsoft Graph v1.0 with one tenant, as far as a directory is read: users, groups, members, administrative units,
//! deleted users, batches and the token endpoint.
//!
//! It checks what the service checks (credentials, token, page sizes, twenty requests a batch) and pages as it does; the
//! delta functions forget their tokens, repeat themselves and leave out what did not change, each on demand.

mod answer;
mod delta;
mod server;
mod sign_in;
mod tenant;

pub use delta::DeltaHabits;
pub use server::{ItemFault, Options, Request, Server};
pub use sign_in::AppCertificate;
pub use tenant::{Group, Member, MemberKind, Spec, Tenant, Unit, User};
