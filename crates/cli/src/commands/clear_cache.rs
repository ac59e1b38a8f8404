//! `bwdc clear-cache`

use super::open;
use crate::output::{Answer, Done, Failed};

pub(super) fn run() -> Result<Done, Failed> {
    open()?.clear_cache()?;
    Ok(Answer::title("The sync cache has been cleared.").into())
}
