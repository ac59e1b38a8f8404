//! Who has no address that could be used: remembered, so that many who lose theirs at once are noticed.

use super::index::Index;
use super::notice::PlanNotice;
use super::refusal::Refusal;
use super::sources::Size;
use super::{Plan, PlanInput};
use crate::desired::{DesiredPerson, NoUse};
use crate::names::{ExternalId, SourceName};
use crate::snapshot::AccountState;
use hashbrown::HashSet;
use std::collections::BTreeSet;

/// People whom we manage and whose entries hold no address; of those who are not listed, whoever held none before.
pub(super) fn without_address(input: &PlanInput<'_>, ids: &[Option<ExternalId>]) -> Vec<ExternalId> {
    let listed: HashSet<&ExternalId> = ids.iter().flatten().collect();
    let before = input.ledger.without_address.iter().filter(|it| !listed.contains(it));
    let lacks = |it: &DesiredPerson| input.desired.no_use(it).is_some_and(NoUse::is_lack);
    let everybody = input.desired.everybody().iter().zip(ids);
    let now = everybody.filter(|(it, _)| it.state == AccountState::Enabled && lacks(it));
    before.chain(now.filter_map(|(_, id)| id.as_ref())).cloned().collect()
}

/// Sources that list people and nobody with an address, where no refusal says so.
pub(super) fn nobody_has_an_address(
    input: &PlanInput<'_>,
    index: &Index<'_>,
    plan: &Plan,
) -> Vec<PlanNotice> {
    let is_told = |name: &SourceName| {
        plan.refusals.iter().any(|it| matches!(it, Refusal::EmptyDirectory { source, .. } if source == name))
    };
    let sizes = index.sources.sizes().into_iter();
    let empty = sizes.filter(|it| it.people == 0 && it.listed > 0 && !is_told(it.name));
    let notice = |size: Size<'_>| PlanNotice::NobodyHasAddress {
        source: size.name.clone(),
        listed: size.listed,
        settings: size.address_settings(),
    };
    empty.filter(|_| input.desired.people_wanted()).map(notice).collect()
}

/// Members whom the directory lists without an address that could be used, and who had one at the last run.
#[derive(Clone, Debug, Default)]
pub(super) struct LostAddresses {
    /// Their external ids.
    pub(super) people: BTreeSet<String>,
    /// The source that lists most of them; None: there is nobody.
    pub(super) source: Option<SourceName>,
    /// Keys of its settings that say where addresses come from.
    pub(super) settings: Vec<String>,
}

impl LostAddresses {
    pub(super) fn new(input: &PlanInput<'_>, index: &Index<'_>) -> Self {
        let noted: HashSet<&ExternalId> = input.ledger.without_address.iter().collect();
        let is_ours = |id: &ExternalId| {
            index.managed.contains_key(id.as_str()) && index.by_external_id.contains_key(id.as_str())
        };
        let sources = input.desired.sources();
        let mut counts = vec![0_usize; sources.len()];
        let mut people = BTreeSet::new();
        for (person, id) in input.desired.everybody().iter().zip(input.identity.people()) {
            let lacks = || input.desired.no_use(person).is_some_and(NoUse::is_lack);
            let Some(id) = id.as_ref().filter(|id| is_ours(id) && !noted.contains(id)) else { continue };
            if person.state == AccountState::Enabled && lacks() && people.insert(id.as_str().to_owned()) {
                counts[usize::from(person.source)] += 1;
            }
        }
        let most = sources.iter().zip(counts).rev().max_by_key(|(_, count)| *count);
        let source = most.filter(|(_, count)| *count > 0).map(|(source, _)| source);
        let settings = source.map_or(&[][..], |it| &it.address_settings);
        Self {
            people,
            source: source.map(|it| it.name.clone()),
            settings: settings.iter().map(|it| (*it).to_owned()).collect(),
        }
    }
}
