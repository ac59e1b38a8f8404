//! That a person agreed to the runs that follow: no run starts by itself before.

use crate::installation::{Installation, SetupError};
use crate::ledger::Trigger;
use crate::settings;
use bwdc_core::settings::{Setting, SettingValue};

/// Writes `service.first-sync-agreed` after a run that a person asked for and that did everything. A file that cannot be
/// written is no failure of that run: the ledger knows of it, too.
pub(crate) fn note(installation: &mut Installation, trigger: Trigger) {
    if trigger.scheduled {
        return;
    }
    if let Err(error) = write(installation) {
        tracing::warn!(%error, "that runs may start by themselves could not be written down");
    }
}

fn write(installation: &mut Installation) -> Result<(), SetupError> {
    if installation.connector_settings()?.service.first_sync_agreed {
        return Ok(());
    }
    let setting = Setting::find("service.first-sync-agreed").expect("the table of settings has it");
    settings::set(installation, setting, &SettingValue::Flag(true))
}
