//! Seats: what the plan needs, what is free, and what would have to be bought.

use super::refusal::Refusal;
use super::{Change, Index, Plan, PlanInput};
use hashbrown::HashSet;
use serde::Serialize;

/// Seats that a plan needs, against those that are free.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SeatCount {
    /// Seats that invitations and restorations take.
    pub needed: usize,
    /// Seats that are free, with those that the plan frees before; None: the server does not tell, or has no number.
    pub free: Option<usize>,
    /// Seats that the server would have to buy.
    pub bought: usize,
    /// Up to how many seats in all the server buys by itself; None: any number, or it does not tell.
    pub most: Option<u32>,
}

/// Counts. What takes access is sent first, so that the seats of leavers are free for those who join.
pub(super) fn count(input: &PlanInput<'_>, index: &Index<'_>, plan: &Plan) -> SeatCount {
    let (mut needed, mut leaving) = (0, HashSet::new());
    for change in &plan.changes {
        match change {
            Change::Invite { .. } | Change::Restore { .. } => needed += 1,
            Change::Revoke { person, .. } | Change::Remove { person, .. } => {
                leaving.insert(&person.external_id);
            }
            _ => {}
        }
    }
    let Some((seats, state)) = input.seats.zip(index.state) else {
        return SeatCount { needed, ..SeatCount::default() };
    };
    let stays = |id: &Option<_>| id.as_ref().is_none_or(|id| !leaving.contains(id));
    let taken = state.members.iter().filter(|it| it.status.takes_seat() && stays(&it.external_id)).count();
    let free = (seats.total as usize).saturating_sub(taken);
    SeatCount { needed, free: Some(free), bought: needed.saturating_sub(free), most: seats.most }
}

/// Why the seats stand in the way.
pub(super) fn obstacle(input: &PlanInput<'_>, plan: &Plan) -> Option<Refusal> {
    let SeatCount { needed, free: Some(free), bought: bought @ 1.., most } = plan.seats else { return None };
    let total = input.seats?.total as usize;
    if most.is_some_and(|most| total + bought > most as usize) {
        return Some(Refusal::NoSeats { needed, free, most: most.unwrap_or_default() });
    }
    let limits = &input.connector.limits;
    (!limits.off && !limits.buy_seats).then_some(Refusal::SeatsBought { needed, free, bought })
}
