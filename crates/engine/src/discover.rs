//! Asks an LDAP server what it is and what it holds, before the settings say where its people are.

use crate::directory::ldap::{Discovered, discover as ask};
use crate::event::Control;
use crate::installation::{Installation, SetupError, of_directory_settings};
use crate::run::RunError;
use crate::secrets::SecretName;
use bwdc_core::settings::{Bind, DirectoryKind, LdapSettings};
use serde_json::{Map, Value};

/// Stands for a root that is not known yet; nothing is looked for below it.
const UNKNOWN: &str = "dc=unknown";

/// What the LDAP server of the settings says of itself.
///
/// # Errors
/// [`RunError`] when the settings do not suffice to sign in, or the server cannot be asked.
pub(crate) async fn discover(
    installation: &Installation,
    control: Control<'_>,
) -> Result<Discovered, RunError> {
    let connector = installation.connector_settings()?;
    let mut stored = installation.data().directory(DirectoryKind::Ldap).map_err(SetupError::from)?.clone();
    let root = take_root(&mut stored);
    let keys = installation.keys();
    let settings = LdapSettings::from_stored(&stored, &connector.ldap)
        .map_err(|error| of_directory_settings(error, &keys))?;
    let password = match settings.bind {
        Bind::Simple { .. } => {
            let missing = SetupError::CredentialsMissing { name: false, password: true };
            Some(keys.get(SecretName::LdapPassword)?.ok_or(missing)?)
        }
        Bind::CurrentUser | Bind::External | Bind::Anonymous => None,
    };
    let work = ask(&settings, password.as_ref(), connector.time_limits, root.as_deref());
    Ok(control.cancel.unless_cancelled(work).await.ok_or(RunError::Cancelled)??)
}

/// The root of the settings; one that is missing is put there.
fn take_root(stored: &mut Map<String, Value>) -> Option<String> {
    let root = stored.get("rootPath").and_then(Value::as_str).map(str::trim).filter(|it| !it.is_empty());
    let root = root.map(str::to_owned);
    if root.is_none() {
        stored.insert("rootPath".to_owned(), UNKNOWN.into());
    }
    root
}
