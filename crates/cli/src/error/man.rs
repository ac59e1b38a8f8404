//! What can stop the manual pages.

use std::io;
use std::path::PathBuf;

/// Why the pages cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write the manual pages into `{}`", folder.display())]
pub(crate) struct ManError {
    pub(crate) folder: PathBuf,
    #[source]
    pub(crate) source: io::Error,
}
