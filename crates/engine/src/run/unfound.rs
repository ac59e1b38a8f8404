//! Members whom a first run does not find, although they carry ids of the directory: a sign of another base or filter.

use super::RunError;
use super::source::RunSource;
use bwdc_core::desired::Desired;
use bwdc_core::names::ExternalId;
use bwdc_core::observed::{LookupRequest, Observed, ObservedMember, Presence};
use bwdc_core::plan::unfound;
use std::collections::BTreeSet;

/// How many there are. Directories are asked only where so many are missing that it matters.
pub(super) async fn of_directory(
    sources: &[RunSource],
    desired: &Desired,
    observed: &Observed,
    percent: u32,
) -> Result<usize, RunError> {
    let unfound: Vec<&ExternalId> =
        unfound(desired, observed).into_iter().filter_map(|it| it.external_id.as_ref()).collect();
    let carries =
        |it: &&ObservedMember| it.external_id.as_ref().is_some_and(|id| !id.as_str().trim().is_empty());
    let members = observed.state().map_or(0, |it| it.members.iter().filter(carries).count());
    if members.saturating_sub(unfound.len()) * 100 >= members * percent as usize {
        return Ok(0);
    }
    let was_read = |source: &RunSource| {
        desired.sources().iter().any(|it| it.name == source.name && it.failure.is_none())
    };
    let mut own: BTreeSet<&ExternalId> = BTreeSet::new();
    for source in sources.iter().filter(|it| was_read(it)) {
        let (named, others): (Vec<&ExternalId>, Vec<&ExternalId>) =
            unfound.iter().copied().partition(|it| source.directory.is_own_id(it.as_str()));
        own.extend(named);
        let asked: Vec<LookupRequest> = others
            .iter()
            .map(|&id| LookupRequest { external_id: id.clone(), stable_id: None, reference: None })
            .collect();
        let answers = source.directory.look_up(&asked).await?;
        let is_there = |id: &ExternalId| {
            matches!(answers.get(id), Some(Presence::Found { .. } | Presence::Disabled { .. }))
        };
        let (found, unknown): (Vec<&ExternalId>, Vec<&ExternalId>) =
            others.into_iter().partition(|id| is_there(id));
        own.extend(found);
        // They may come from a time with another attribute for ids, which was in the ledger that is lost.
        let asked: Vec<&str> = unknown.iter().map(|it| it.as_str()).collect();
        let held = source.directory.held_ids(&asked).await?;
        own.extend(unknown.into_iter().filter(|it| held.contains(it.as_str())));
    }
    Ok(own.len())
}
