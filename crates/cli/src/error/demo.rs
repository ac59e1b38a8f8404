//! What can stop the demo.

use bwdc_sandbox::ldap::{self, TreeError};
use bwdc_sandbox::organization;
use std::io;

/// Why the demo could not go on.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DemoError {
    #[error("cannot start the sandbox's directory")]
    Directory(#[from] ldap::StartError),
    #[error("cannot start the sandbox's organization")]
    Organization(#[from] organization::StartError),
    #[error("cannot make a folder for the demo")]
    Folder(#[source] io::Error),
    #[error("cannot change the sandbox's directory")]
    Change(#[from] TreeError),
    #[error("the organization is not equal to the directory: {0}")]
    NotEqual(String),
}
