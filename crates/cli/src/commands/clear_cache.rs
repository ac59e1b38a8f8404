//! `bwdc clear-cache`

use super::open;
use crate::args::GlobalArguments;
use crate::output::{Answer, Done, Failed};
use bwdc_messages::sync::cache_cleared;

pub(super) fn run(global: &GlobalArguments) -> Result<Done, Failed> {
    open(global)?.clear_cache()?;
    Ok(Answer::title(cache_cleared()).into())
}
