//! Microsoft Graph v1.0 with one tenant, as far as a directory is read: users, groups, members, administrative units,
//! deleted users, batches and the token endpoint.
//!
//! It checks what the service checks (credentials, token, page sizes, twenty requests a batch) and pages as it does. The
//! delta functions are not there.

mod answer;
mod server;
mod tenant;

pub use server::{ItemFault, Options, Request, Server};
pub use tenant::{Group, Member, MemberKind, Spec, Tenant, Unit, User};
