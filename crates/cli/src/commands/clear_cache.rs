//! `bwdc clear-cache`

use super::session::open;
use crate::global::GlobalArguments;
use crate::output::{Answer, Done, Failed};
use bwdc_messages::sync::cache_cleared;
use clap::Args;

/// Forget what was sent last, so that the next sync compares everything.
#[derive(Args)]
#[command(after_help = "\
Examples:
  bwdc clear-cache")]
pub(crate) struct ClearCacheArguments {}

pub(super) fn run(global: &GlobalArguments) -> Result<Done, Failed> {
    open(global)?.clear_cache()?;
    Ok(Answer::title(cache_cleared()).into())
}
