//! Passwords and keys of notifications. They come from outside only: a variable, or a file in the folder that
//! `BWDC_SECRETS_DIR` or systemd's `CREDENTIALS_DIRECTORY` names.

use super::DeliveryError;
use crate::paths::ProcessEnvironment;
use crate::secrets::from_outside;
use secrecy::SecretString;

/// The variables, for whoever looks for mistyped ones.
pub(crate) const VARIABLES: [&str; 3] =
    ["BWDC_SECRET_NOTIFY_MAIL_PASSWORD", "BWDC_SECRET_NOTIFY_WEBHOOK_URL", "BWDC_SECRET_NOTIFY_WEBHOOK_KEY"];

/// A secret of notifications; None: nobody gave one.
///
/// # Errors
/// [`DeliveryError::Secret`] for one that was given and cannot be read: nothing goes out without it.
pub(super) fn get(
    environment: &ProcessEnvironment,
    name: &'static str,
) -> Result<Option<SecretString>, DeliveryError> {
    from_outside(environment, name).map_err(|reason| DeliveryError::Secret { name, reason })
}
