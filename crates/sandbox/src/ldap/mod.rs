//! A directory server that speaks LDAPv3 on the loopback interface, and the formats it is loaded from.
//!
//! It stands in for real servers where a test or the demo needs one at once, or one that fails in a chosen way. It
//! knows no schema, checks no rights beyond the bind, and takes changes only through [`Server`]'s own methods.

mod attributes;
mod channel;
mod codec;
pub mod dn;
mod entry;
mod fault;
mod filter;
pub mod ldif;
mod log;
mod matching;
mod options;
mod root_dse;
mod search;
mod server;
mod session;
mod shared;
mod syntax;
mod tls;
mod tree;

pub use fault::{Action, At, Fault};
pub use ldap3_proto::proto::{LdapResultCode as ResultCode, LdapSearchScope as Scope};
pub use log::{Counts, LoggedOperation};
pub use options::{Anonymous, ClientCertificate, Credential, Options, PageLimit, ServerCertificate};
pub use server::{Server, StartError};
pub use tls::{ClientIdentity, TlsError};
pub use tree::TreeError;
