//! Directories to fill a server with: a small invented company for the demo, and any number of generated entries.
//!
//! Everything is computed from the arguments alone, so that the same call gives the same bytes on every machine.

mod company;
mod generate;
mod names;
mod roster;

pub use company::{Company, Joiner, MovedMembership, RenamedPerson, company};
pub use generate::{SLAPD_SCHEMA, Spec, entries, write_ldif};
