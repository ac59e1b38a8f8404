//! Secrets that whoever starts the program provides: `BWDC_SECRET_LDAP_PASSWORD`, or a file `ldap.password` in the
//! folder that `BWDC_SECRETS_DIR` or systemd's `CREDENTIALS_DIRECTORY` names.
//!
//! A further source's are `BWDC_SECRET_BERLIN_LDAP_PASSWORD` and `berlin.ldap.password`: one directory's secret is never
//! offered to another.
//!
//! Only the secrets of directories: a token is made by signing in, and changes.

use super::{SecretError, SecretName, SecretPlace};
use crate::file;
use crate::paths::ProcessEnvironment;
use bwdc_core::names::SourceName;
use secrecy::SecretString;
use secrecy::zeroize::Zeroize as _;
use std::io;
use std::path::{Path, PathBuf};

pub(super) fn place(
    environment: &ProcessEnvironment,
    source: &SourceName,
    name: SecretName,
) -> Option<SecretPlace> {
    name.directory()?;
    if typed(environment, source, name).is_some() {
        return Some(SecretPlace::Variable);
    }
    if environment.variable(&variable(source, name)).is_some() {
        return Some(SecretPlace::Variable);
    }
    files(environment, source, name).any(|path| path.exists()).then_some(SecretPlace::File)
}

/// The file that gives the secret, where one does.
pub(super) fn file(
    environment: &ProcessEnvironment,
    source: &SourceName,
    name: SecretName,
) -> Option<PathBuf> {
    match place(environment, source, name)? {
        SecretPlace::File => files(environment, source, name).find(|path| path.exists()),
        _ => None,
    }
}

pub(super) fn get(
    environment: &ProcessEnvironment,
    source: &SourceName,
    name: SecretName,
) -> Result<Option<SecretString>, SecretError> {
    if name.directory().is_none() {
        return Ok(None);
    }
    if let Some(secret) = typed(environment, source, name) {
        return Ok(Some(secret.clone()));
    }
    let variable = variable(source, name);
    if let Some(value) = environment.variable(&variable) {
        let unusable = || SecretError::Provided {
            name,
            what: format!("the environment variable `{variable}`"),
            problem: "holds something else than UTF-8 text".to_owned(),
        };
        return value.to_str().map(|text| Some(text.into())).ok_or_else(unusable);
    }
    for path in files(environment, source, name) {
        match file::read_text(&path, file::SETTINGS) {
            Ok(mut text) => {
                let value = text.trim_start_matches('\u{feff}').trim_end_matches(['\r', '\n']).to_owned();
                text.zeroize();
                if value.is_empty() {
                    return Err(unusable_file(name, &path, "is empty".to_owned()));
                }
                return Ok(Some(value.into()));
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(unusable_file(name, &path, format!("cannot be read: {error}"))),
        }
    }
    Ok(None)
}

/// What was typed for the first source and is not stored yet.
fn typed<'e>(
    environment: &'e ProcessEnvironment,
    source: &SourceName,
    name: SecretName,
) -> Option<&'e SecretString> {
    source.is_primary().then(|| environment.typed_secret(name.label())).flatten()
}

/// The secret's name with that of a further source.
pub(super) fn label(source: &SourceName, name: SecretName) -> String {
    if source.is_primary() { name.label().to_owned() } else { format!("{source}.{}", name.label()) }
}

fn variable(source: &SourceName, name: SecretName) -> String {
    let own = name.variable();
    if source.is_primary() {
        return own;
    }
    let source = source.as_str().to_ascii_uppercase().replace('-', "_");
    own.replacen("BWDC_SECRET_", &format!("BWDC_SECRET_{source}_"), 1)
}

fn files(
    environment: &ProcessEnvironment,
    source: &SourceName,
    name: SecretName,
) -> impl Iterator<Item = PathBuf> {
    let label = label(source, name);
    let folders = ["BWDC_SECRETS_DIR", "CREDENTIALS_DIRECTORY"];
    folders.into_iter().filter_map(move |folder| Some(Path::new(environment.variable(folder)?).join(&label)))
}

fn unusable_file(name: SecretName, path: &Path, problem: String) -> SecretError {
    SecretError::Provided { name, what: format!("the file `{}`", path.display()), problem }
}
