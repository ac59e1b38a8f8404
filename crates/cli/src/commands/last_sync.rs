//! `bwdc last-sync`

use super::session::open;
use crate::error::CommandError;
use crate::global::GlobalArguments;
use crate::output::{Answer, Done, Failed};
use bwdc_engine::store::SyncedKind;
use clap::Args;

/// Print when users or groups were last synced.
#[derive(Args)]
#[command(after_help = "\
Examples:
  bwdc last-sync users
  bwdc last-sync groups")]
pub(crate) struct LastSyncArguments {
    /// `users` or `groups`.
    pub(crate) object: String,
}

pub(super) fn run(arguments: &LastSyncArguments, global: &GlobalArguments) -> Result<Done, Failed> {
    let engine = open(global)?;
    engine.expect_signed_in().map_err(CommandError::from)?;
    let kind = match arguments.object.to_ascii_lowercase().as_str() {
        "users" => SyncedKind::Users,
        "groups" => SyncedKind::Groups,
        _ => return Err(CommandError::UnknownObject.into()),
    };
    Ok(Answer::Perhaps(engine.last_sync(kind)).into())
}
