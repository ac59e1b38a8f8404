//! Groups that contain each other: all have the same people, each in an order of its own.
//!
//! A walk from each would cost as much as the cycle is long, for each. Most lists follow from another one. Let `next` be the first
//! group of the cycle inside a group. The walk from the group is: its own people, what stands before `next`, then the walk from
//! `next` that passes the group by. If the walk from `next` has met everybody before it comes to the group, or if nothing stands
//! behind `next` in the group, both walks from `next` meet people in one order, and the group's list is its own people, what
//! stands before, and the list of `next`. So one walk serves all groups from which a chain of such steps leads to where it began.
//!
//! Walks begin where somebody is who is in few groups: they end soon. Where many edges cross a large cycle that holds few people,
//! most lists do not follow, and walks would cost as much as for each group alone. They end when they have cost a few times what
//! the cycle and its lists are, and what is spare for all cycles ([`SPARE`]); then a group's list is its own people as listed, and
//! everybody else in the order of the first walk. What is counted are steps, so that the same input gives the same lists. Whoever
//! reads a cycle group by group, as the contract's words have it, would not come to its end there.

use super::Work;

/// Steps that walks may take in all cycles together beyond a few times what these are: enough for cycles of two thousand groups,
/// however many edges cross them, and a tenth of a second.
pub(super) const SPARE: usize = 20_000_000;
/// How many times what a cycle and its lists are its walks may cost.
const TIMES: usize = 4;

/// In how many groups of a cycle somebody is. Kept between cycles, and nobody counts between them.
pub(super) struct Carriers(Vec<u32>);

impl Carriers {
    pub(super) fn new(number_of_people: usize) -> Self {
        Self(vec![0; number_of_people])
    }
}

/// Makes the lists of groups that contain each other; takes the steps from `spare` that it needs beyond what the cycle is.
pub(super) fn finish(component: &[u32], work: &mut Work<'_>, carriers: &mut Carriers, spare: &mut usize) {
    let before = work.seen.steps;
    let (all, places) = where_to_begin(component, work, carriers);
    if all == 0 {
        return;
    }
    let edges: usize = component.iter().map(|&group| work.inner.row(group as usize).len()).sum();
    let mut allowed = TIMES * (work.seen.steps - before + edges + all * component.len());
    let mut by_next: Vec<(u32, u32)> =
        component.iter().filter_map(|&group| Some((next_of(group, work)?, group))).collect();
    by_next.sort_unstable();
    let first = places[0];
    for root in places {
        if !work.finished[root as usize].is_empty() {
            continue;
        }
        if allowed + *spare == 0 {
            follow(root, first, all, work);
            continue;
        }
        let before = work.seen.steps;
        work.walk(root, all);
        hand_on(root, all, &by_next, work);
        let cost = work.seen.steps - before;
        *spare = spare.saturating_sub(cost.saturating_sub(allowed));
        allowed = allowed.saturating_sub(cost);
    }
}

/// Own people, and the others as a group has them that was walked from.
fn follow(group: u32, walked: u32, all: usize, work: &mut Work<'_>) {
    let Work { people, finished, seen, .. } = work;
    let mut list = Vec::with_capacity(all);
    seen.begin();
    seen.append(&mut list, people.row(group as usize));
    seen.append(&mut list, &finished[walked as usize]);
    finished[group as usize] = list;
}

/// Lists that follow from that of `root`, and from those that follow.
fn hand_on(root: u32, all: usize, by_next: &[(u32, u32)], work: &mut Work<'_>) {
    let mut done = vec![root];
    while let Some(next) = done.pop() {
        let from = by_next.partition_point(|it| it.0 < next);
        for &(_, group) in by_next[from..].iter().take_while(|it| it.0 == next) {
            let is_last = work.inner.row(group as usize).last() == Some(&next);
            // Groups between this one and the root have their lists.
            let was_met = work.visited[group as usize] == root;
            if work.finished[group as usize].is_empty() && (is_last || !was_met) {
                take_over(group, next, all, work);
                done.push(group);
            }
        }
    }
}

/// Own people, those of the groups before `next`, and the list of `next`.
fn take_over(group: u32, next: u32, all: usize, work: &mut Work<'_>) {
    let Work { people, inner, finished, seen, .. } = work;
    let mut list = Vec::with_capacity(all);
    seen.begin();
    seen.append(&mut list, people.row(group as usize));
    for &before in inner.row(group as usize).iter().take_while(|it| **it != next) {
        seen.append(&mut list, &finished[before as usize]);
    }
    seen.append(&mut list, &finished[next as usize]);
    finished[group as usize] = list;
}

/// The first group inside this one that is in the cycle, too.
fn next_of(group: u32, work: &Work<'_>) -> Option<u32> {
    let component = work.component_of[group as usize];
    work.inner.row(group as usize).iter().copied().find(|&it| work.component_of[it as usize] == component)
}

/// How many people the cycle has, and its groups: those first that hold somebody who is in few of them.
fn where_to_begin(component: &[u32], work: &mut Work<'_>, carriers: &mut Carriers) -> (usize, Vec<u32>) {
    let Work { people, inner, component_of, ref finished, ref mut seen, .. } = *work;
    let lists = |group: u32| {
        let outside = inner.row(group as usize).iter();
        let outside = outside.filter(move |&&it| component_of[it as usize] != component_of[group as usize]);
        std::iter::once(people.row(group as usize)).chain(outside.map(|&it| finished[it as usize].as_slice()))
    };
    let mut everybody = Vec::new();
    seen.begin();
    for list in component.iter().flat_map(|&group| lists(group)) {
        seen.append(&mut everybody, list);
        list.iter().for_each(|&person| carriers.0[person as usize] += 1);
    }
    let rarest = |group: u32| {
        let people = lists(group).flatten();
        people.map(|&person| carriers.0[person as usize]).min().unwrap_or(u32::MAX)
    };
    let mut places: Vec<(u32, u32)> = component.iter().map(|&group| (rarest(group), group)).collect();
    places.sort_unstable();
    everybody.iter().for_each(|&person| carriers.0[person as usize] = 0);
    (everybody.len(), places.into_iter().map(|(_, group)| group).collect())
}
