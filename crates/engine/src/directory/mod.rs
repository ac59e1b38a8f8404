//! Directories, and how one is opened from settings and secrets.

mod entra_credential;
pub mod open;

pub use bwdc_directory::*;
