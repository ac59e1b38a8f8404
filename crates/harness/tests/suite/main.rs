//! What the tests stand on, tried itself.

mod home;
mod oracle;
mod slapd;
