//! `bwdc clear-cache`

use super::open;
use crate::args::GlobalArguments;
use crate::output::{Answer, Done, Failed};

pub(super) fn run(global: &GlobalArguments) -> Result<Done, Failed> {
    open(global)?.clear_cache()?;
    Ok(Answer::title("The sync cache has been cleared.").into())
}
