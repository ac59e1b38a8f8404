//! What stops before anything is sent: `test` reads the directories, `plan` compares them with the organization. Neither
//! writes anything.

use super::inputs::{Reading, Remembered, Sides, keep_addresses, read_both, tell_of_dangers};
use super::remembered::{Place, look_for_others, remembered, remembered_of_former, was_cleared};
use super::source::{RunSource, of_source, open_all, places};
use super::{Planned, RunError, SavedPlan};
use crate::accounts;
use crate::directory::Directory;
use crate::directory::open::SourceError;
use crate::directory::snapshot_cache::ReadMode;
use crate::directory::unread::Unread;
use crate::event::{Control, Phase};
use crate::installation::{Configuration, Installation, SourceConfiguration, sync_settings};
use crate::ledger::{About, Ledger};
use crate::notice::Notice;
use crate::store::SyncedKind;
use bwdc_core::desired::{Desired, Source, SourceRead};
use bwdc_core::names::Timestamp;
use bwdc_core::plan::{Plan, Verdict};

/// Reads the directory and shows what would be asked of the organization.
///
/// # Errors
/// [`RunError`] when not signed in, not configured, or when the directory cannot be read to its end.
pub(crate) async fn test(
    installation: &mut Installation,
    since_last: bool,
    control: Control<'_>,
) -> Result<Desired, RunError> {
    installation.signed_in()?;
    installation.reload()?;
    let connector = installation.connector_settings()?;
    let sync = sync_settings(installation)?;
    let sources = open_all(SourceConfiguration::all(installation, &connector, &sync)?)?;
    let data = installation.data();
    let last = data.last_sync(SyncedKind::Users).or_else(|| data.last_sync(SyncedKind::Groups));
    let places = places(&sources);
    let mut reads = Vec::new();
    for source in sources {
        reads.push(read(source, last.filter(|_| since_last), control).await?);
    }
    // What a run would ask for hangs on what is known where somebody has several addresses.
    let has_choices = |it: &Source| it.read.as_ref().is_ok_and(|read| read.snapshot.has_choices());
    if reads.iter().any(has_choices)
        && let Some(ledger) = Ledger::open_to_read(&installation.profile().connector_db)?
    {
        keep_addresses(&mut reads, &ledger.state_of(&places)?);
    }
    let disabled_leave = connector.leavers.disabled.is_some() || sync.remove_disabled;
    let desired = Desired::merge(reads, sync.users, connector.conflicts)?;
    Ok(desired.with_disabled_leaving(disabled_leave))
}

async fn read(source: RunSource, since: Option<Timestamp>, control: Control<'_>) -> Result<Source, RunError> {
    let events = control.begin(Phase::Directory, Some(&source.name));
    let work = async {
        match since {
            Some(since) => source.directory.read_since(source.scope, since, &events).await,
            None => source.directory.read(source.scope, &events).await,
        }
    };
    let read = control.cancel.unless_cancelled(work).await.ok_or(RunError::Cancelled)?;
    let mut snapshot = read.map_err(|error| of_source(SourceError::Read(error), &source.name))?;
    drop(events);
    snapshot.forget_overlooked();
    Ok(Source { name: source.name, read: Ok(SourceRead { snapshot, settings: source.sync }) })
}

/// Looks for entries that a read does not return, in the directories that can tell why.
///
/// # Errors
/// [`RunError`] when a directory cannot be asked.
pub(crate) async fn find(installation: &Installation, who: &str) -> Result<Vec<Unread>, RunError> {
    let connector = installation.connector_settings()?;
    let sync = sync_settings(installation)?;
    let mut found = Vec::new();
    for source in open_all(SourceConfiguration::all(installation, &connector, &sync)?)? {
        let Directory::Ldap(directory) = source.directory else { continue };
        found.extend(directory.find(who).await?);
    }
    Ok(found)
}

/// Compares directory and organization. The directory is read in full whatever `mode` says; [`ReadMode::Full`] shows what a
/// sync does with it: everything is sent again where nobody can look.
///
/// # Errors
/// [`RunError`] when either side cannot be read.
pub(crate) async fn plan(
    installation: &mut Installation,
    mode: ReadMode,
    control: Control<'_>,
) -> Result<Planned, RunError> {
    installation.signed_in()?;
    installation.reload()?;
    let mut configuration = Configuration::read(installation)?;
    tell_of_dangers(installation, &configuration, control);
    let organization_id = configuration.organization.known_id()?.to_owned();
    let api = configuration.organization.endpoints.api.clone();
    let now = installation.now();
    let sources = open_all(std::mem::take(&mut configuration.sources))?;
    let path = &installation.profile().connector_db;
    if let Ok(true) = Ledger::is_damaged(path) {
        control.notice(Notice::LedgerDamaged { path: path.clone() });
    }
    let place = Place::of(&api, &organization_id, &sources);
    let mut cleared = false;
    let ledger = Ledger::open_to_read(path)?;
    let about = ledger.as_ref().map(|it| it.about(&place.pair, &organization_id)).transpose()?;
    let (before, approvals) = match (ledger, about) {
        (Some(ledger), Some(About::AnotherDirectory { former })) => {
            control.notice(Notice::DirectoryOfAnother);
            (remembered_of_former(&ledger, &place, &sources, &former)?, Vec::new())
        }
        (Some(ledger), Some(About::Same)) => {
            look_for_others(installation, &ledger, control)?;
            cleared = was_cleared(installation, &ledger)?;
            let before = remembered(&ledger, &sources, &configuration.connector, now)?;
            if before.state.open_imports().next().is_some()
                || ledger.import_until()?.is_some_and(|it| it > now)
            {
                control.notice(Notice::ImportUnderWay);
            }
            (before, ledger.approvals(now)?)
        }
        _ => (Remembered::default(), Vec::new()),
    };
    let organization = accounts::access(&configuration.organization, &configuration.keys).await?.open()?;
    let sides = Sides { configuration: &configuration, sources: &sources, organization: &organization };
    let mut inputs = read_both(sides, before, now, Reading::Whole(mode), control).await?;
    inputs.resend = cleared || mode == ReadMode::Full;
    let plan = Plan::build(&inputs.borrow());
    inputs.tell(&plan, control);
    let verdict = plan.check(&inputs.connector.limits, &approvals);
    let is_approved = matches!(verdict, Verdict::Go)
        && !approvals.is_empty()
        && !matches!(plan.check(&inputs.connector.limits, &[]), Verdict::Go);
    let (verdict, left) = match verdict {
        Verdict::Held(held) => match Plan::build_without(&inputs.borrow(), &held) {
            Some(left) => (Verdict::Held(held), Some(left)),
            None => (Verdict::Refused(held.refusals), None),
        },
        verdict => (verdict, None),
    };
    let saved = SavedPlan::of(&plan, api, organization_id);
    let invites_all_the_same = inputs.invites_all_the_same(&plan);
    Ok(Planned {
        plan,
        verdict,
        left,
        saved,
        invites_all_the_same,
        is_full: mode == ReadMode::Full,
        is_approved,
    })
}
