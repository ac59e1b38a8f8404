//! From an installation's settings and secrets to a directory that can be read.

use super::ReadError;
use crate::installation::SetupError;

/// Why a source cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// Its settings or secrets are not complete.
    #[error(transparent)]
    Setup(#[from] SetupError),
    /// It could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
}
