//! The directories of a run: each opened, with what the run knows of it.

use super::RunError;
use crate::directory::Directory;
use crate::directory::open::{SourceError, open};
use crate::installation::SourceConfiguration;
use crate::ledger::SourcePlace;
use bwdc_core::import::fingerprint;
use bwdc_core::names::SourceName;
use bwdc_core::settings::SyncSettings;
use bwdc_core::snapshot::ReadScope;

/// A directory that takes part in a run.
pub(super) struct RunSource {
    pub(super) name: SourceName,
    pub(super) directory: Directory,
    pub(super) sync: SyncSettings,
    pub(super) scope: ReadScope,
    /// The name under which its last snapshot is kept.
    pub(super) snapshot_cache: String,
    /// What that snapshot is good for.
    pub(super) basis: String,
    /// Kind and account.
    pub(super) place: String,
}

/// Opens every source; nothing is sent.
///
/// # Errors
/// [`RunError`] of the first that cannot be used; of a further one it names the source.
pub(super) fn open_all(sources: Vec<SourceConfiguration>) -> Result<Vec<RunSource>, RunError> {
    sources.into_iter().map(open_one).collect()
}

fn open_one(source: SourceConfiguration) -> Result<RunSource, RunError> {
    let (scope, snapshot_cache) = (source.scope(), source.snapshot_cache());
    let SourceConfiguration { name, sync, directory, basis } = source;
    let place = directory.place.clone();
    let directory = open(directory).map_err(|error| of_source(error, &name))?;
    Ok(RunSource { name, directory, sync, scope, snapshot_cache, basis, place })
}

/// The error of a source; that of a further one names it.
pub(super) fn of_source(error: SourceError, name: &SourceName) -> RunError {
    match error {
        SourceError::Setup(error) => RunError::Setup(error.of_source(name)),
        SourceError::Read(error) if name.is_primary() => RunError::Directory(error),
        SourceError::Read(source) => RunError::Source { name: name.clone(), source },
    }
}

/// A number that tells the settings of these sources from others: what decides whom they list, and who is selected.
pub(super) fn settings_of(sources: &[RunSource]) -> i64 {
    let of_one = |it: &RunSource| [it.name.as_str(), &it.place, &it.basis].join("\n");
    let text = sources.iter().map(of_one).collect::<Vec<_>>().join("\n");
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&fingerprint("", "", text.as_bytes()).as_bytes()[..8]);
    i64::from_be_bytes(bytes)
}

/// The sources by which a ledger knows from where somebody comes. The whole ledger is about the first one already.
pub(super) fn places(sources: &[RunSource]) -> Vec<SourcePlace> {
    let place = |it: &RunSource| if it.name.is_primary() { String::new() } else { it.place.clone() };
    sources.iter().map(|it| SourcePlace { name: it.name.clone(), place: place(it) }).collect()
}
