//! `bwdc last-sync`

use super::open;
use crate::args::{GlobalArguments, LastSyncArguments};
use crate::error::CommandError;
use crate::output::{Answer, Done, Failed};
use bwdc_engine::store::SyncedKind;

pub(super) fn run(arguments: &LastSyncArguments, global: &GlobalArguments) -> Result<Done, Failed> {
    let kind = match arguments.object.to_ascii_lowercase().as_str() {
        "users" => SyncedKind::Users,
        "groups" => SyncedKind::Groups,
        _ => return Err(CommandError::UnknownObject.into()),
    };
    let time = open(global)?.last_sync(kind)?;
    Ok(Answer::Text(time.unwrap_or_default()).into())
}
