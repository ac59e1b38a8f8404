//! Members whom a first run does not find, although they carry ids of the directory: a sign of another base or filter. And past
//! leavers, who are looked for once more now and then.

use super::RunError;
use super::source::RunSource;
use bwdc_core::desired::Desired;
use bwdc_core::names::{ExternalId, Timestamp};
use bwdc_core::observed::{LookupRequest, Observed, ObservedMember, Presence, Presences};
use bwdc_core::plan::unfound;
use std::collections::BTreeSet;

/// Past leavers in one full read of a directory that has to be asked for each alone.
const ASKED_ALONE: usize = 100;
/// In milliseconds.
const HOUR: i64 = 3_600_000;

/// Of those whose absence is settled, the ones who are not asked for in a full read. A directory that takes many in one question is asked
/// for everybody; of one that takes each alone so many are asked for as a service can bear, others in each hour.
pub(super) fn still_settled(settled: Presences, asked_alone: bool, now: Timestamp) -> Presences {
    if !asked_alone {
        return Presences::new();
    }
    let parts = settled.len().div_ceil(ASKED_ALONE);
    if parts < 2 {
        return Presences::new();
    }
    let due =
        usize::try_from(now.0.div_euclid(HOUR).rem_euclid(i64::try_from(parts).unwrap_or(1))).unwrap_or(0);
    let is_due = |place: usize| place / ASKED_ALONE == due;
    settled.into_iter().enumerate().filter(|(place, _)| !is_due(*place)).map(|(_, it)| it).collect()
}

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

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn settled(people: usize) -> Presences {
        (0..people).map(|it| (ExternalId::new(format!("{it:04}")), Presence::NotFound)).collect()
    }

    #[test]
    fn past_leavers_take_turns_where_each_is_asked_for_alone() {
        let all = settled(250);
        let asked_at = |hour: i64| -> BTreeSet<ExternalId> {
            let left = still_settled(all.clone(), true, Timestamp(hour * HOUR + 17));
            all.keys().filter(|it| !left.contains_key(*it)).cloned().collect()
        };
        let turns: Vec<BTreeSet<ExternalId>> = (495_000..495_003).map(asked_at).collect();
        assert!(turns.iter().all(|it| it.len() <= ASKED_ALONE), "{turns:?}");
        assert_eq!(turns.iter().map(BTreeSet::len).sum::<usize>(), 250);
        assert_eq!(turns.into_iter().flatten().collect::<BTreeSet<_>>().len(), 250, "each has a turn");
        assert!(still_settled(all, false, Timestamp(0)).is_empty(), "in batches everybody is asked for");
        assert!(still_settled(settled(ASKED_ALONE), true, Timestamp(0)).is_empty(), "and so are a few");
    }
}
