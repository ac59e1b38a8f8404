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
        if let Some(value) = read(&path).map_err(|problem| unusable_file(name, &path, problem))? {
            return Ok(Some(value));
        }
    }
    Ok(None)
}

/// A secret of this program itself, such as `notify.mail-password`: a variable, or a file in a folder of secrets. None: nobody
/// gave one.
///
/// # Errors
/// Why one that was given cannot be read.
pub(crate) fn from_outside(
    environment: &ProcessEnvironment,
    label: &str,
) -> Result<Option<SecretString>, String> {
    let variable = format!("BWDC_SECRET_{}", label.to_ascii_uppercase().replace(['.', '-'], "_"));
    if let Some(value) = environment.variable(&variable) {
        let text = value.to_str().ok_or_else(|| format!("`{variable}` is not UTF-8 text"))?;
        return Ok(Some(text.into()));
    }
    for path in in_folders(environment, label) {
        if let Some(value) = read(&path).map_err(|problem| format!("`{}` {problem}", path.display()))? {
            return Ok(Some(value));
        }
    }
    Ok(None)
}

/// The secret that a file holds; None: there is no such file.
fn read(path: &Path) -> Result<Option<SecretString>, String> {
    let mut text = match file::read_text(path, file::SETTINGS) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(format!("cannot be read: {error}")),
    };
    let value = text.trim_end_matches(['\r', '\n']).to_owned();
    text.zeroize();
    if value.is_empty() { Err("is empty".to_owned()) } else { Ok(Some(value.into())) }
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
    if source.is_primary() { name.variable() } else { name.variable_of_source(source.as_str()) }
}

fn files(
    environment: &ProcessEnvironment,
    source: &SourceName,
    name: SecretName,
) -> impl Iterator<Item = PathBuf> {
    in_folders(environment, &label(source, name)).into_iter()
}

/// Where a secret of this name would be a file.
fn in_folders(environment: &ProcessEnvironment, label: &str) -> Vec<PathBuf> {
    let folders = ["BWDC_SECRETS_DIR", "CREDENTIALS_DIRECTORY"];
    let within = |folder| Some(Path::new(environment.variable(folder)?).join(label));
    folders.into_iter().filter_map(within).collect()
}

fn unusable_file(name: SecretName, path: &Path, problem: String) -> SecretError {
    SecretError::Provided { name, what: format!("the file `{}`", path.display()), problem }
}
