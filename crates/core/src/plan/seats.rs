//! Seats: who gets one, what the plan needs, what is free, and what would have to be bought.
//!
//! The server invites before it looks at groups, and refuses a whole import for one person too many. So whoever has no seat waits,
//! and everything else is sent.

use super::change::{Cause, Change};
use super::given_up::restoration_waits;
use super::person_requests::PersonFate;
use super::refusal::Refusal;
use super::{Index, Plan, PlanInput};
use crate::names::{ExternalId, MemberId};
use crate::settings::Limits;
use crate::wire::Request;
use hashbrown::{HashMap, HashSet};
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
    /// People who wait because there is no seat for them.
    pub missing: usize,
}

/// For whom there is no seat.
#[derive(Default)]
pub(super) struct Seating {
    /// External ids, in the order in which they are to get one.
    pub(super) waiting: Vec<ExternalId>,
}

impl Seating {
    /// Gives the seats that are free once everybody has left who leaves: to those who had one first, then to those who wait for
    /// longest, then in the directory's order.
    pub(super) fn of(people: &[PersonFate], input: &PlanInput<'_>, index: &Index<'_>) -> Self {
        let Some((seats, state)) = input.seats.zip(index.state) else { return Self::default() };
        // Whose place another entry takes, invited anew, leaves the seat to that one alone: without it nobody is removed.
        let has_seat =
            |email: &str| state.members.iter().any(|it| it.status.takes_seat() && it.email.as_str() == email);
        let replaced: HashSet<&str> =
            people.iter().filter_map(PersonFate::is_replaced).filter(|it| has_seat(it)).collect();
        let leaving = people.iter().filter(|it| it.is_replaced().is_none_or(|it| !replaced.contains(it)));
        let leaving: HashSet<&ExternalId> = leaving.filter_map(PersonFate::frees_seat).collect();
        let stays = |id: &Option<ExternalId>| id.as_ref().is_none_or(|id| !leaving.contains(id));
        let taken =
            state.members.iter().filter(|it| it.status.takes_seat() && stays(&it.external_id)).count();
        let total = seats.total as usize;
        let room = match (may_buy(&input.connector.limits), seats.most) {
            (false, _) => total,
            (true, None) => usize::MAX,
            (true, Some(most)) => total.max(most as usize),
        };
        let rank: HashMap<&ExternalId, usize> =
            input.ledger.waiting.iter().enumerate().map(|(place, id)| (id, place)).collect();
        // Whom the server does not let back takes no seat from others.
        let waits = |it: &PersonFate| {
            it.restored().is_some_and(|(person, id)| restoration_waits(person, id, input, state))
        };
        let mut seekers: Vec<(bool, usize, &ExternalId)> = people
            .iter()
            .filter(|it| !waits(it))
            .filter(|it| taken > room || it.joins_as().is_none_or(|it| !replaced.contains(it)))
            .filter_map(PersonFate::seeks_seat)
            .map(|(id, joins)| (joins, rank.get(id).copied().unwrap_or(usize::MAX), id))
            .collect();
        seekers.sort_by_key(|&(joins, rank, _)| (joins, rank));
        let waiting = seekers.iter().skip(room.saturating_sub(taken)).map(|(_, _, id)| (*id).clone());
        let waiting: Vec<ExternalId> = waiting.collect();
        Self { waiting }
    }

    /// Whether there is a seat for everybody who seeks one.
    pub(super) fn suffices(&self) -> bool {
        self.waiting.is_empty()
    }
}

fn may_buy(limits: &Limits) -> bool {
    limits.off || limits.buy_seats
}

/// Counts. What takes access is sent first, so that the seats of leavers are free for those who join.
pub(super) fn count(input: &PlanInput<'_>, index: &Index<'_>, plan: &Plan) -> SeatCount {
    let (mut needed, missing) = (0, plan.waiting.len());
    for change in &plan.changes {
        // An invitation that goes to another address keeps its seat.
        let keeps_seat = change.cause() == Cause::AddressCorrected;
        let takes = matches!(change, Change::Invite { .. } | Change::Restore { .. });
        needed += usize::from(takes && !keeps_seat);
    }
    let Some((seats, taken)) = input.seats.zip(taken_after(index, plan)) else {
        return SeatCount { needed, missing, ..SeatCount::default() };
    };
    let free = (seats.total as usize).saturating_sub(taken);
    SeatCount { needed, free: Some(free), bought: needed.saturating_sub(free), most: seats.most, missing }
}

/// What the seats of a plan come to where the server does not let a leaver go.
#[derive(Clone, Debug, Default)]
pub(super) struct Room {
    /// Seats that may be taken beyond those that the plan takes; None: any number.
    left: Option<usize>,
    /// Members who give a seat free.
    freed: HashSet<MemberId>,
}

impl Room {
    pub(super) fn of(input: &PlanInput<'_>, index: &Index<'_>, plan: &Plan) -> Self {
        let limits = &input.connector.limits;
        let total = input.seats.filter(|_| !may_buy(limits)).map(|it| it.total as usize);
        let taken = taken_after(index, plan).unwrap_or_default() + plan.seats.needed;
        let leaving = leaving(plan);
        let members = index.state.into_iter().flat_map(|it| &it.members);
        let freed = members.filter(|it| {
            it.status.takes_seat() && it.external_id.as_ref().is_some_and(|id| leaving.contains(id))
        });
        Self {
            left: total.map(|it| it.saturating_sub(taken)),
            freed: freed.filter_map(|it| it.id.clone()).collect(),
        }
    }
}

impl Plan {
    /// For whom there is no seat after all, because the server did not let these people go: the last newcomers, then the last of those
    /// who get access back.
    pub fn without_seat(&self, refused: &[Request]) -> HashSet<ExternalId> {
        let Some(left) = self.room.left else { return HashSet::new() };
        let stays = refused.iter().filter(|it| match it {
            Request::Revoke(id) | Request::Remove(id) => self.room.freed.contains(id),
            _ => false,
        });
        let missing = stays.count().saturating_sub(left);
        let joins = self.changes.iter().rev().filter_map(|it| match it {
            Change::Invite { person, cause } if *cause != Cause::AddressCorrected => {
                Some(&person.external_id)
            }
            _ => None,
        });
        let restored = self.changes.iter().rev().filter_map(|it| match it {
            Change::Restore { person, .. } => Some(&person.external_id),
            _ => None,
        });
        joins.chain(restored).take(missing).cloned().collect()
    }

    /// Whether a request that gives access back can be sent although the server did not let these people go.
    pub fn has_seat(&self, request: &Request, refused: &[Request]) -> bool {
        let waits =
            || self.about(request).is_some_and(|it| self.without_seat(refused).contains(&it.external_id));
        !matches!(request, Request::Restore(_)) || !waits()
    }
}

/// The ids that members have from whom the plan takes access: whoever gives an id free for a newcomer is named by the next one.
fn leaving(plan: &Plan) -> HashSet<&ExternalId> {
    let mut leaving: HashSet<&ExternalId> =
        plan.removals().filter_map(|it| Some(&it.person()?.external_id)).collect();
    let given_free = plan.changes.iter().filter_map(|it| match it {
        Change::ReplaceExternalId { person, old, cause: Cause::NameUsed } => {
            leaving.contains(&person.external_id).then_some(old)
        }
        _ => None,
    });
    let given_free: Vec<&ExternalId> = given_free.collect();
    leaving.extend(given_free);
    leaving
}

/// Seats that are taken once the plan has taken access from those from whom it does.
fn taken_after(index: &Index<'_>, plan: &Plan) -> Option<usize> {
    let leaving = leaving(plan);
    let stays = |id: &Option<ExternalId>| id.as_ref().is_none_or(|id| !leaving.contains(id));
    let members = &index.state?.members;
    Some(members.iter().filter(|it| it.status.takes_seat() && stays(&it.external_id)).count())
}

/// Why no import can go out: more seats are taken than there are, and every import asks for the missing ones, whatever is in it.
pub(super) fn obstacle(input: &PlanInput<'_>, index: &Index<'_>, plan: &Plan) -> Option<Refusal> {
    let seats = input.seats?;
    let occupied = taken_after(index, plan)?;
    let total = seats.total as usize;
    let cannot_grow = seats.most.is_some_and(|most| occupied > most as usize);
    let over = occupied > total && (cannot_grow || !may_buy(&input.connector.limits));
    over.then_some(Refusal::OverOccupied { occupied, seats: total, most: seats.most })
}
