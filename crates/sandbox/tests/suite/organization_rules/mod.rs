//! The rules of the two organization servers, one named case each, asked over the wire.
//!
//! The expectations come from what is known of the real servers, not from the code that imitates them.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a failed expectation is how a test speaks")]

mod errors_and_limits;
mod faults;
mod identity;
mod import_in_time;
mod import_steps;
mod import_texts;
mod import_validation;
mod page;
mod paths;
mod policies;
mod public_api;
mod public_writes;
mod seats;
mod sign_in;
pub(crate) mod support;
mod vaultwarden;
mod vaultwarden_sign_in;
