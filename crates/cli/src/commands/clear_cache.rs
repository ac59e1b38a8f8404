//! `bwdc clear-cache`

use super::open;
use crate::error::CommandError;
use crate::output::{Answer, Done, Failed};

pub(super) fn run() -> Result<Done, Failed> {
    open()?.clear_cache().map_err(CommandError::from)?;
    Ok(Answer::title("The sync cache has been cleared.").into())
}
