//! The program, the profile's folder, and the files in it.

use super::{Area, Check, Concern, Failure, Finding, Findings, Outcome};
use crate::clock::to_iso;
use crate::directory::open::{SourceError, open};
use crate::installation::{DirectoryConfiguration, Installation, SetupError, expect_own, lease};
use crate::lease::{Holder, LeaseError};
use crate::ledger::{self, Ledger, LedgerError, RunOutcome};
use crate::paths::owner_only::{TooOpen, too_open};
use crate::paths::{ProcessEnvironment, Profile, open_folder};
use crate::secrets::{SecretName, SecretPlace, SecretStore, Secrets};
use crate::store::{DataFile, Overrides, read_connector_settings};
use bwdc_core::settings::DirectoryKind;
use std::path::{Path, PathBuf};

const OWNER_ONLY_FILE: u32 = 0o600;
const OWNER_ONLY_FOLDER: u32 = 0o700;

/// `data` is what the settings hold, or `error` why they cannot be used.
pub(super) fn look(
    environment: &ProcessEnvironment,
    profile: &Profile,
    data: Option<&DataFile>,
    error: Option<SetupError>,
    findings: Findings<'_>,
) {
    findings(program());
    findings(folder(&profile.folder));
    findings(file_system(profile));
    findings(settings(profile, data, error));
    findings(connector_settings(environment, profile));
    match data {
        Some(data) => secrets(environment, profile, data, findings),
        None => findings(found(Check::SecretStore, "", Outcome::WaitsFor(Check::Settings))),
    }
    findings(ledger(profile));
}

fn found(check: Check, subject: impl Into<String>, outcome: Outcome) -> Finding {
    Finding::new(Area::Installation, check, subject, outcome)
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

fn program() -> Finding {
    found(Check::Program, concat!("bwdc ", env!("CARGO_PKG_VERSION")), Outcome::Good)
        .with("system", std::env::consts::OS)
        .with("architecture", std::env::consts::ARCH)
}

/// A file without a name is made and gone: the folder stays as it was.
fn folder(folder: &Path) -> Finding {
    let outcome = if !folder.is_dir() {
        Outcome::Concern(Concern::NoFolder)
    } else if let Err(error) = tempfile::tempfile_in(folder) {
        Outcome::Failed(Failure::NotWritable(error))
    } else {
        // Its files are their owner's alone; whoever may write here could put others in their place.
        match (open_folder(folder), open_to_others(folder, OWNER_ONLY_FOLDER)) {
            (Some(path), _) => Outcome::Concern(Concern::OpenToEverybody { path }),
            (None, Outcome::Concern(Concern::OpenToOthers { mode, .. })) if mode & 0o022 == 0 => {
                Outcome::Good
            }
            (None, outcome) => outcome,
        }
    };
    found(Check::Folder, shown(folder), outcome)
}

fn open_to_others(path: &Path, wanted: u32) -> Outcome {
    too_open(path)
        .map_or(Outcome::Good, |open| Outcome::Concern(Concern::OpenToOthers { mode: open.mode, wanted }))
}

fn file_system(profile: &Profile) -> Finding {
    let nearest = profile.folder.ancestors().find(|it| it.is_dir()).unwrap_or(&profile.folder);
    let outcome = match ledger::network_file_system(nearest) {
        None => Outcome::Good,
        Some(kind) => Outcome::Failed(Failure::NetworkFileSystem { kind }),
    };
    found(Check::FileSystem, shown(nearest), outcome)
}

fn settings(profile: &Profile, data: Option<&DataFile>, error: Option<SetupError>) -> Finding {
    let path = &profile.data_json;
    if let Some(error) = error {
        return found(Check::Settings, shown(path), Outcome::failed(error));
    }
    if !path.exists() {
        return found(Check::Settings, shown(path), Outcome::Good).with("state", "none-yet");
    }
    if let Err(error) = expect_own(profile) {
        return found(Check::Settings, shown(path), Outcome::failed(error));
    }
    let finding = found(Check::Settings, shown(path), open_to_others(path, OWNER_ONLY_FILE));
    match data.and_then(DataFile::migrated_from) {
        Some(version) => finding.with("brought up to date from version", version.to_string()),
        None => finding,
    }
}

fn connector_settings(environment: &ProcessEnvironment, profile: &Profile) -> Finding {
    let path = &profile.connector_toml;
    // What is wrong with a variable is said of the settings.
    let overrides = Overrides::from_environment(environment).unwrap_or_default();
    let outcome = match read_connector_settings(profile, &overrides) {
        Ok(settings) if settings.limits.off => Outcome::Concern(Concern::LimitsOff),
        Ok(_) => Outcome::Good,
        Err(error) => Outcome::failed(SetupError::from(error)),
    };
    let finding = found(Check::ConnectorSettings, shown(path), outcome);
    if path.exists() { finding } else { finding.with("state", "defaults") }
}

fn secrets(environment: &ProcessEnvironment, profile: &Profile, data: &DataFile, findings: Findings<'_>) {
    let secrets = Secrets::open(profile, environment);
    findings(match secrets.store() {
        Ok(SecretStore::Plaintext) => {
            found(Check::SecretStore, shown(&profile.data_json), Outcome::Concern(Concern::PlainText))
        }
        Ok(SecretStore::Keychain) => found(Check::SecretStore, "keychain", Outcome::Good),
        Ok(SecretStore::EncryptedFile) => {
            found(Check::SecretStore, shown(&profile.secrets_json()), Outcome::Good)
        }
        Err(error) => found(
            Check::SecretStore,
            shown(&profile.connector_toml),
            Outcome::failed(SetupError::from(error)),
        ),
    });
    secrets_of(environment, profile, data, findings);
}

/// The secrets of one folder, and the files that give them from outside.
pub(super) fn secrets_of(
    environment: &ProcessEnvironment,
    profile: &Profile,
    data: &DataFile,
    findings: Findings<'_>,
) {
    let secrets = Secrets::open(profile, environment);
    let of_directory = data.directory_kind().ok().flatten().map(SecretName::of_directory);
    let needed = [SecretName::ApiKeyClientId, SecretName::ApiKeyClientSecret, SecretName::AccessToken];
    for name in of_directory.into_iter().chain(needed) {
        let Some(place) = secrets.place(data, name) else { continue };
        let outcome = match secrets.get(data, name) {
            Ok(_) if place == SecretPlace::Plaintext => plain_text(environment, profile),
            Ok(_) => Outcome::Good,
            Err(error) => Outcome::failed(SetupError::from(error)),
        };
        findings(found(Check::Secret, name.label(), outcome).with("kept in", kept_in(place)));
    }
    let ldap = data.directory(DirectoryKind::Ldap).ok();
    let key =
        ldap.and_then(|it| it.get("sslKeyPath")?.as_str()).filter(|it| !it.is_empty()).map(PathBuf::from);
    for path in secrets.files_given().into_iter().chain(key) {
        // What is missing or cannot be read is said where it is needed.
        if let outcome @ Outcome::Concern(_) = open_to_others(&path, OWNER_ONLY_FILE) {
            findings(found(Check::Secret, shown(&path), outcome));
        }
    }
}

/// A secret in `data.json` as it is.
fn plain_text(environment: &ProcessEnvironment, profile: &Profile) -> Outcome {
    match too_open(&profile.data_json) {
        Some(TooOpen { path, mode }) => Outcome::Failed(Failure::SecretOpenToOthers { path, mode }),
        // The store's own finding says so once for all.
        None if environment.plaintext_secrets() => Outcome::Good,
        None => Outcome::Concern(Concern::LeftInPlainText),
    }
}

fn kept_in(place: SecretPlace) -> &'static str {
    match place {
        SecretPlace::Plaintext => "data.json",
        SecretPlace::Keychain => "keychain",
        SecretPlace::EncryptedFile => "secrets.json",
        SecretPlace::Command => "command",
        SecretPlace::Variable => "variable",
        SecretPlace::File => "file",
        SecretPlace::Elsewhere => "elsewhere",
    }
}

fn ledger(profile: &Profile) -> Finding {
    let path = &profile.connector_db;
    let failed = |error: LedgerError| found(Check::Ledger, shown(path), Outcome::failed(error));
    let ledger = match Ledger::open_to_read(path) {
        // The check of the file system has said it.
        Err(LedgerError::Network { .. }) => {
            return found(Check::Ledger, shown(path), Outcome::WaitsFor(Check::FileSystem));
        }
        Err(error) => return failed(error),
        Ok(None) if path.exists() => {
            return found(Check::Ledger, shown(path), Outcome::Good).with("state", "unreadable");
        }
        Ok(None) => return found(Check::Ledger, shown(path), Outcome::Good).with("state", "none-yet"),
        Ok(Some(ledger)) => ledger,
    };
    let last = match ledger.runs(1) {
        Ok(runs) => runs.into_iter().next(),
        Err(error) => return failed(error),
    };
    let finding = found(Check::Ledger, shown(path), open_to_others(path, OWNER_ONLY_FILE));
    match last {
        None => finding.with("last run", "none"),
        Some(run) => finding
            .with("last run", to_iso(run.started_at))
            .with("ended", run.outcome.map_or("not", RunOutcome::name)),
    }
}

/// The settings with values that would not be taken if they were set now: they are used as they are.
pub(super) fn values(installation: &Installation, findings: Findings<'_>) {
    // Settings that cannot be listed were said to be unreadable.
    let Ok(wrong) = crate::settings::wrong_values(installation) else { return };
    if wrong.is_empty() {
        return;
    }
    // What keeps the directory from being read is said there.
    let opened = DirectoryConfiguration::read(installation).map_err(SourceError::from).and_then(open);
    let fatal = opened.err().map(|error| error.to_string());
    for error in wrong.into_iter().map(SourceError::from).filter(|it| Some(it.to_string()) != fatal) {
        findings(found(Check::Settings, "", Outcome::Concern(Concern::UnfitValue(Box::new(error.into())))));
    }
}

/// Whether the database of the lease answers, and who has it; None: the settings ask for none.
pub(super) async fn lease(installation: &Installation) -> Option<Finding> {
    // What is wrong with the settings is said of their file.
    let terms = lease::terms(installation).ok()??;
    let address = installation.connector_settings().ok()?.lease.database.unwrap_or_default();
    let failed = |error| Outcome::failed(LedgerError::Lease(error));
    let holder = match terms {
        Ok(terms) => crate::lease::holder(&terms).await,
        Err(error) => Err(error),
    };
    Some(match holder {
        Ok(holder) => found(Check::Lease, address, Outcome::Good).with(
            "held by",
            match holder {
                Holder::Nobody => "nobody".to_owned(),
                Holder::ThisMachine => "this-machine".to_owned(),
                Holder::Another(who) => who,
            },
        ),
        // An address that is none may hold a password.
        Err(error @ LeaseError::Address { .. }) => found(Check::Lease, "", failed(error)),
        Err(error) => found(Check::Lease, address, failed(error)),
    })
}
