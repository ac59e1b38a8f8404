//! The key of the service's secrets as a credential that only systemd of this machine can open: whoever has a copy of the
//! service's folder, a backup for example, has no secret.

use super::command::run_with;
use super::moved::failed;
use super::{ACCOUNT, SystemServiceError};
use crate::clock::Clock;
use crate::installation::Installation;
use crate::paths::{Platform, ProcessEnvironment, Profile, owner_only};
use crate::secrets::KeyKind;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::zeroize::Zeroizing;
use std::path::{Path, PathBuf};

/// The credential's name, as the unit and the store of secrets know it.
const NAME: &str = "bwdc.key";
/// Where systemd looks for encrypted ones.
const FOLDER: &str = "/etc/credstore.encrypted";
const TOOL: &str = "/usr/bin/systemd-creds";

/// Where the credential of the machine's service is, or will be; None where systemd has none, and for a service that has a key in a
/// file already.
pub(super) fn planned(environment: &ProcessEnvironment, folder: &Path) -> Option<PathBuf> {
    let path = Path::new(FOLDER).join(NAME);
    let can = environment.platform() == Platform::Linux && Path::new(TOOL).exists();
    (can && (path.exists() || !Profile::new(folder).data_json.exists())).then_some(path)
}

/// The line of a unit, or the property of a transient one.
pub(super) fn property(path: &Path) -> String {
    format!("LoadCredentialEncrypted={NAME}:{}", path.display())
}

/// Makes the credential, unless it is there, and encrypts what the folder has with it. `folder` belongs to root while this works.
///
/// # Errors
/// Why it could not be made; the secrets are then as they were.
pub(super) fn seal(
    environment: &ProcessEnvironment,
    path: &Path,
    folder: &Path,
    clock: Clock,
) -> Result<(), SystemServiceError> {
    let shelf = Shelf::new()?;
    if path.exists() {
        let key = run_with(environment, TOOL, &["decrypt", &named(), &path.display().to_string(), "-"], b"")?;
        shelf.put(key.as_bytes())?;
    } else {
        let mut bytes = Zeroizing::new([0_u8; 32]);
        getrandom::fill(&mut *bytes)
            .map_err(|error| failed(path)(std::io::Error::other(error.to_string())))?;
        let key = Zeroizing::new(STANDARD.encode(*bytes));
        std::fs::create_dir_all(FOLDER).map_err(failed(Path::new(FOLDER)))?;
        run_with(
            environment,
            TOOL,
            &["encrypt", &named(), "-", &path.display().to_string()],
            key.as_bytes(),
        )?;
        shelf.put(key.as_bytes())?;
    }
    change_keys(environment, &shelf, folder, KeyKind::Credential, clock)
}

/// Encrypts what the folder has with a key in a file again, so that the folder is whole without systemd, and removes the credential.
///
/// # Errors
/// Why the credential cannot be opened; it is then still there.
pub(super) fn unseal(
    environment: &ProcessEnvironment,
    folder: &Path,
    clock: Clock,
) -> Result<(), SystemServiceError> {
    let path = Path::new(FOLDER).join(NAME);
    if !path.exists() {
        return Ok(());
    }
    let shelf = Shelf::new()?;
    let key = run_with(environment, TOOL, &["decrypt", &named(), &path.display().to_string(), "-"], b"")?;
    shelf.put(key.as_bytes())?;
    change_keys(environment, &shelf, folder, KeyKind::File, clock)?;
    let owner = format!("{ACCOUNT}:{ACCOUNT}");
    run_with(environment, "chown", &["-R", &owner, &folder.display().to_string()], b"")?;
    std::fs::remove_file(&path).map_err(failed(&path))
}

fn named() -> String {
    format!("--name={NAME}")
}

fn change_keys(
    environment: &ProcessEnvironment,
    shelf: &Shelf,
    folder: &Path,
    kind: KeyKind,
    clock: Clock,
) -> Result<(), SystemServiceError> {
    if !Profile::new(folder).data_json.exists() {
        return Ok(());
    }
    let given = [("CREDENTIALS_DIRECTORY".to_owned(), shelf.0.path().display().to_string())];
    let environment = environment.clone().apart().with_variables(given);
    for folder in crate::relocation::folders(folder) {
        let installation = Installation::open(environment.clone(), Profile::new(folder), clock)?;
        let of_sources = installation.source_names()?;
        let sources = of_sources.iter().map(|it| installation.open_source(it.as_str()));
        for one in sources.collect::<Result<Vec<_>, _>>()?.iter().chain([&installation]) {
            // One that a passphrase opens goes on to.
            if one.secrets().key_kind() != KeyKind::Passphrase {
                one.secrets().change_key(kind).map_err(crate::installation::SetupError::from)?;
            }
        }
    }
    Ok(())
}

/// A folder in which a credential lies for a moment, as systemd would give it.
struct Shelf(tempfile::TempDir);

impl Shelf {
    fn new() -> Result<Self, SystemServiceError> {
        // In memory where the system has such a place.
        let place = Some(Path::new("/dev/shm")).filter(|it| it.is_dir());
        let made = place.map_or_else(tempfile::tempdir, tempfile::tempdir_in);
        made.map(Self).map_err(failed(place.unwrap_or(Path::new("/tmp"))))
    }

    fn put(&self, key: &[u8]) -> Result<(), SystemServiceError> {
        let path = self.0.path().join(NAME);
        let mut file = owner_only::create_new(&path).map_err(failed(&path))?;
        std::io::Write::write_all(&mut file, key).map_err(failed(&path))
    }
}
