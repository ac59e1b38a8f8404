//! The lease that the settings of an installation ask for.

use super::{Installation, SetupError};
use crate::lease::{self, LeaseError, Terms};
use crate::secrets::from_outside;

/// The name of the password, which comes from outside as those of notifications do.
const PASSWORD: &str = "lease.password";

/// Says to the ledger of this installation which lease it needs. Its run lock is held.
///
/// # Errors
/// [`SetupError`] when the settings cannot be read: what counted before goes on to.
pub(super) fn configure(installation: &Installation) -> Result<(), SetupError> {
    lease::configure(&installation.profile().connector_db, terms(installation)?);
    Ok(())
}

/// What the settings ask for, or why it cannot be had; None: no lease.
///
/// # Errors
/// [`SetupError`] when the settings cannot be read.
pub(crate) fn terms(installation: &Installation) -> Result<Option<Result<Terms, LeaseError>>, SetupError> {
    let settings = installation.connector_settings()?.lease;
    Ok(match settings.database {
        None => None,
        Some(_) => {
            let duty = installation.client_id()?.unwrap_or_default();
            let lock = &installation.profile().lock;
            let password = from_outside(installation.environment(), PASSWORD);
            match password {
                Ok(password) => Terms::of(settings, password, duty, lock).map(Ok),
                Err(reason) => Some(Err(LeaseError::Secret { reason })),
            }
        }
    })
}
