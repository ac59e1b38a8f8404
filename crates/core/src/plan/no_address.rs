//! Who has no address that could be used: remembered, so that many who lose theirs at once are noticed.

use super::PlanInput;
use crate::desired::{DesiredPerson, NoUse};
use crate::names::ExternalId;
use crate::snapshot::AccountState;
use hashbrown::HashSet;

/// People whom we manage and whose entries hold no address; of those who are not listed, whoever held none before.
pub(super) fn without_address(input: &PlanInput<'_>, ids: &[Option<ExternalId>]) -> Vec<ExternalId> {
    let listed: HashSet<&ExternalId> = ids.iter().flatten().collect();
    let before = input.ledger.without_address.iter().filter(|it| !listed.contains(it));
    let lacks = |it: &DesiredPerson| input.desired.no_use(it).is_some_and(NoUse::is_lack);
    let everybody = input.desired.everybody().iter().zip(ids);
    let now = everybody.filter(|(it, _)| it.state == AccountState::Enabled && lacks(it));
    before.chain(now.filter_map(|(_, id)| id.as_ref())).cloned().collect()
}
