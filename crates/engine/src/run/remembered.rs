//! What earlier runs left behind: the ledger, opened for this organization and these directories, and the marks in
//! `data.json` by which another program shows.

use super::RunError;
use super::inputs::{Remembered, counted_since};
use super::source::{RunSource, places};
use crate::event::Control;
use crate::installation::Installation;
use crate::lease::{self, Lease};
use crate::ledger::{About, Ledger, LedgerError, Opened, SharedMarks};
use crate::notice::Notice;
use crate::store::{DataFile, SyncedKind};
use bwdc_core::ledger::LedgerState;
use bwdc_core::names::{SourceName, Timestamp};
use bwdc_core::settings::ConnectorSettings;
use std::sync::Arc;

/// What a ledger is about.
pub(super) struct Place {
    /// The API's URL.
    pub(super) api: String,
    /// The organization there.
    pub(super) organization_id: String,
    /// The first directory, by kind and account.
    pub(super) directory: String,
    /// The API's URL with the first directory.
    pub(super) pair: String,
}

impl Place {
    pub(super) fn of(api: &str, organization_id: &str, sources: &[RunSource]) -> Self {
        let directory = sources.first().map(|it| it.place.as_str()).unwrap_or_default();
        Self {
            api: api.to_owned(),
            organization_id: organization_id.to_owned(),
            directory: directory.to_owned(),
            pair: format!("{api} {directory}"),
        }
    }
}

/// Opens the ledger for this organization and these directories. What it knows of others is forgotten.
pub(super) fn begin_ledger(
    installation: &Installation,
    place: &Place,
    sources: &[RunSource],
    keep_days: u32,
    control: Control<'_>,
) -> Result<Ledger, RunError> {
    let opened = Ledger::open(&installation.profile().connector_db, installation.clock())?;
    let mut ledger = match opened {
        Opened::Existing(ledger) | Opened::New(ledger) => ledger,
        Opened::Recovered { ledger, moved_to } => {
            control.notice(Notice::LedgerSetAside { moved_to });
            ledger
        }
    };
    match ledger.begin_with(&place.pair, &place.organization_id)? {
        About::Same => {}
        About::AnotherDirectory { .. } => control.notice(Notice::DirectoryOfAnother),
        About::AnotherOrganization => control.notice(Notice::LedgerOfAnother),
    }
    ledger.keep_runs_for(keep_days);
    for source in ledger.begin_sources(&places(sources))? {
        control.notice(Notice::SourceOfAnother { source });
    }
    Ok(ledger)
}

/// What a run goes on from.
pub(super) fn remembered(
    ledger: &Ledger,
    sources: &[RunSource],
    connector: &ConnectorSettings,
    now: Timestamp,
) -> Result<Remembered, RunError> {
    let recent = match counted_since(&connector.limits, now) {
        Some(since) => ledger.taken_since(since)?,
        None => Default::default(),
    };
    let whole_import = ledger.whole_import_seconds()?;
    Ok(Remembered {
        accepted: ledger.accepted_settings()?,
        state: ledger.state_of(&places(sources))?,
        recent,
        whole_import,
        entries_read: ledger.entries_read()?,
    })
}

/// What a run would go on from if the first source led to another directory now, which was `former` until the last run.
pub(super) fn remembered_of_former(
    ledger: &Ledger,
    place: &Place,
    sources: &[RunSource],
    former: &str,
) -> Result<Remembered, RunError> {
    let primary = SourceName::primary();
    let mut state = ledger.state_of(&places(sources))?;
    state.lead_elsewhere(&primary, former);
    state.come_back(&primary, &place.directory);
    state.new_sources.push(primary);
    let LedgerState { people, groups, addresses, new_sources, .. } = state;
    let state = LedgerState { people, groups, addresses, new_sources, ..LedgerState::default() };
    Ok(Remembered { state, ..Remembered::default() })
}

/// Takes the lease, where the settings ask for one. The run lock is held.
pub(super) fn enter_lease(installation: &Installation) -> Result<Option<Arc<Lease>>, RunError> {
    let lease = lease::of(&installation.profile().connector_db).map_err(LedgerError::from)?;
    if let Some(lease) = &lease {
        lease.enter().map_err(LedgerError::from)?;
    }
    Ok(lease)
}

/// Whether somebody else synced since our last run: under a lease that may have been the other machine.
pub(super) fn look_for_others_of(
    lease: Option<&Lease>,
    installation: &mut Installation,
    ledger: &Ledger,
    control: Control<'_>,
) -> Result<bool, RunError> {
    match lease {
        Some(_) => forget_marks_of_before(installation, ledger),
        None => look_for_others(installation, ledger, control),
    }
}

/// Whether somebody else synced since our last run: the official connector leaves its marks in `data.json`.
pub(super) fn look_for_others(
    installation: &Installation,
    ledger: &Ledger,
    control: Control<'_>,
) -> Result<bool, RunError> {
    let Some(ours) = ledger.shared_marks()? else { return Ok(false) };
    let now = shared_marks(installation);
    if synced_by_another(&ours, &now) {
        control.notice(Notice::SyncedByAnother);
    }
    // Without any mark, somebody cleared them.
    Ok(now != ours && now != SharedMarks::default())
}

/// Whether a mark is there that is not ours. One that is missing was taken out, as by a change of the directory.
fn synced_by_another(ours: &SharedMarks, now: &SharedMarks) -> bool {
    let is_new = |ours, now: Option<Timestamp>| now.is_some() && now != ours;
    is_new(ours.users, now.users)
        || is_new(ours.groups, now.groups)
        || now.hash.is_some() && now.hash != ours.hash
}

/// Where the last run was another machine's, what `data.json` says of the last sync is of one before that: it is forgotten.
fn forget_marks_of_before(installation: &mut Installation, ledger: &Ledger) -> Result<bool, RunError> {
    let now = shared_marks(installation);
    let others = ledger.shared_marks()?.is_some_and(|ours| now != ours);
    if others && now != SharedMarks::default() {
        installation.update(DataFile::clear_cache)?;
    }
    Ok(others)
}

/// Whether somebody cleared the cache since our last run, with our command or with the official connector's, which takes its marks
/// out of `data.json`.
pub(super) fn was_cleared(installation: &Installation, ledger: &Ledger) -> Result<bool, RunError> {
    let none = SharedMarks::default();
    let taken_out =
        ledger.shared_marks()?.is_some_and(|ours| ours != none) && shared_marks(installation) == none;
    Ok(taken_out || ledger.was_cleared()?)
}

/// The marks that `data.json` holds now.
pub(super) fn shared_marks(installation: &Installation) -> SharedMarks {
    let data = installation.data();
    SharedMarks {
        users: data.last_sync(SyncedKind::Users),
        groups: data.last_sync(SyncedKind::Groups),
        hash: data.last_sync_hash().map(str::to_owned),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_that_is_not_ours_is_another_program_s_and_one_that_was_taken_out_is_nobody_s() {
        let marks = |users: Option<i64>, groups: Option<i64>, hash: Option<&str>| SharedMarks {
            users: users.map(Timestamp),
            groups: groups.map(Timestamp),
            hash: hash.map(str::to_owned),
        };
        let ours = marks(Some(1), Some(1), Some("ours"));
        for others in [
            marks(Some(2), Some(1), Some("ours")),
            marks(None, Some(2), Some("ours")),
            marks(Some(1), Some(1), Some("theirs")),
        ] {
            assert!(synced_by_another(&ours, &others), "{others:?}");
        }
        for taken_out in [
            ours.clone(),
            marks(None, None, Some("ours")),
            marks(Some(1), Some(1), None),
            SharedMarks::default(),
        ] {
            assert!(!synced_by_another(&ours, &taken_out), "{taken_out:?}");
        }
        assert!(synced_by_another(&SharedMarks::default(), &ours));
    }
}
