//! Nested groups become flat: a group's people are its own, then those of the groups inside it.
//!
//! Order is part of the contract: own members as listed, then each inner group in the directory's order, and so on
//! downwards, everybody once. The graph is cut into strongly connected components, inner ones first: a group outside of
//! cycles takes the finished lists of its inner groups; what the groups of a cycle take from each other is in `cycle.rs`.
//! The cost is that of the edges and of the lists that come out.

mod cycle;

use petgraph::algo::kosaraju_scc;
use petgraph::graph::{DiGraph, NodeIndex};

/// Lists of numbers, one list a row, stored together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rows {
    ends: Vec<u32>,
    items: Vec<u32>,
}

impl Rows {
    /// Adds a row.
    pub fn push(&mut self, items: impl IntoIterator<Item = u32>) {
        self.items.extend(items);
        self.ends.push(u32::try_from(self.items.len()).expect("fewer than 2^32 memberships"));
    }

    /// A row by its number.
    pub fn row(&self, number: usize) -> &[u32] {
        let start = if number == 0 { 0 } else { self.ends[number - 1] as usize };
        &self.items[start..self.ends[number] as usize]
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// How many items all rows hold together.
    pub fn total(&self) -> usize {
        self.items.len()
    }
}

/// Which groups are marked, or have a marked one inside, however deep: `inner` is as for [`flatten`].
pub(crate) fn contain_marked(inner: &Rows, mut marked: Vec<bool>) -> Vec<bool> {
    if !marked.contains(&true) {
        return marked;
    }
    let mut outer: Vec<Vec<usize>> = vec![Vec::new(); marked.len()];
    for group in 0..inner.len() {
        inner.row(group).iter().for_each(|&it| outer[it as usize].push(group));
    }
    let mut next: Vec<usize> = (0..marked.len()).filter(|&it| marked[it]).collect();
    while let Some(group) = next.pop() {
        for &around in &outer[group] {
            if !std::mem::replace(&mut marked[around], true) {
                next.push(around);
            }
        }
    }
    marked
}

/// The people of every group, nested ones included.
///
/// `people` and `inner` hold one row a group: the numbers of its own people, below `number_of_people`, and those of the
/// groups inside it, which are visited in ascending order whatever the order of the row. A group may contain itself.
pub fn flatten(people: &Rows, inner: &Rows, number_of_people: usize) -> Rows {
    flatten_in_steps(people, inner, number_of_people, cycle::SPARE).0
}

/// As [`flatten`], with the number of edges that were followed and people who were looked at; of these so many are spare.
fn flatten_in_steps(people: &Rows, inner: &Rows, number_of_people: usize, mut spare: usize) -> (Rows, usize) {
    let inner = in_order(inner);
    let (components, component_of) = components(&inner);
    let mut work = Work {
        people,
        inner: &inner,
        component_of: &component_of,
        finished: vec![Vec::new(); people.len()],
        seen: Seen { marks: vec![0; number_of_people], current: 0, steps: 0 },
        visited: vec![u32::MAX; people.len()],
    };
    let mut carriers = cycle::Carriers::new(number_of_people);
    for component in &components {
        match component[..] {
            [group] => work.walk(group, usize::MAX),
            _ => cycle::finish(component, &mut work, &mut carriers, &mut spare),
        }
    }
    let mut flat = Rows::default();
    flat.items.reserve_exact(work.finished.iter().map(Vec::len).sum());
    for list in work.finished {
        flat.push(list);
    }
    (flat, work.seen.steps)
}

/// The groups inside each group in ascending order, each once and none itself.
fn in_order(inner: &Rows) -> Rows {
    let mut ordered = Rows::default();
    for group in 0..inner.len() {
        let mut row = inner.row(group).to_vec();
        row.sort_unstable();
        row.dedup();
        ordered.push(row.into_iter().filter(|&it| it as usize != group));
    }
    ordered
}

/// The strongly connected components, inner ones first, and for each group the number of its component.
fn components(inner: &Rows) -> (Vec<Vec<u32>>, Vec<u32>) {
    let mut graph = DiGraph::<(), (), u32>::with_capacity(inner.len(), inner.total());
    for _ in 0..inner.len() {
        graph.add_node(());
    }
    for outer in 0..inner.len() {
        for &group in inner.row(outer) {
            graph.add_edge(NodeIndex::new(outer), NodeIndex::new(group as usize), ());
        }
    }
    let mut component_of = vec![0; inner.len()];
    let components: Vec<Vec<u32>> = kosaraju_scc(&graph)
        .into_iter()
        .map(|nodes| {
            nodes
                .into_iter()
                .map(|node| u32::try_from(node.index()).expect("numbers came from u32"))
                .collect()
        })
        .collect();
    for (number, component) in (0u32..).zip(&components) {
        for &group in component {
            component_of[group as usize] = number;
        }
    }
    (components, component_of)
}

/// Lists under way.
struct Work<'a> {
    people: &'a Rows,
    /// In ascending order, each once.
    inner: &'a Rows,
    component_of: &'a [u32],
    finished: Vec<Vec<u32>>,
    seen: Seen,
    /// For each group the last one whose walk came through it.
    visited: Vec<u32>,
}

impl Work<'_> {
    /// Depth first from `root` through its component until `all` people are found; other components are finished and only read.
    fn walk(&mut self, root: u32, all: usize) {
        let Self { people, inner, component_of, finished, seen, visited } = self;
        let component = component_of[root as usize];
        seen.begin();
        let mut list = Vec::new();
        visited[root as usize] = root;
        seen.append(&mut list, people.row(root as usize));
        let mut path = vec![(root, 0)];
        while list.len() < all
            && let Some((group, next)) = path.last_mut()
        {
            let Some(&group) = inner.row(*group as usize).get(*next) else {
                path.pop();
                continue;
            };
            *next += 1;
            seen.steps += 1;
            if component_of[group as usize] != component {
                seen.append(&mut list, &finished[group as usize]);
            } else if visited[group as usize] != root {
                visited[group as usize] = root;
                seen.append(&mut list, people.row(group as usize));
                path.push((group, 0));
            }
        }
        finished[root as usize] = list;
    }
}

/// Who is on the current list already; beginning a new list costs nothing.
struct Seen {
    marks: Vec<u32>,
    current: u32,
    steps: usize,
}

impl Seen {
    fn begin(&mut self) {
        self.current += 1;
    }

    fn append(&mut self, list: &mut Vec<u32>, people: &[u32]) {
        self.steps += people.len();
        for &person in people {
            let mark = &mut self.marks[person as usize];
            if *mark != self.current {
                *mark = self.current;
                list.push(person);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn rows(lists: &[Vec<u32>]) -> Rows {
        let mut rows = Rows::default();
        for list in lists {
            rows.push(list.iter().copied());
        }
        rows
    }

    #[test]
    fn own_people_come_first_then_inner_groups_in_directory_order() {
        // 0 lists itself last but one; 1 and 2 form a cycle; 3 stands inside 2.
        let people = rows(&[vec![9], vec![1], vec![2, 1], vec![3, 4]]);
        let inner = rows(&[vec![2, 0, 1], vec![2], vec![3, 1], vec![]]);
        let flat = flatten(&people, &inner, 10);
        assert_eq!(flat.row(0), [9, 1, 2, 3, 4]);
        assert_eq!(flat.row(1), [1, 2, 3, 4]);
        assert_eq!(flat.row(2), [2, 1, 3, 4]);
        assert_eq!(flat.row(3), [3, 4]);
    }

    #[test]
    fn a_chain_of_a_hundred_thousand_groups_is_no_recursion() {
        let groups = 100_000u32;
        let mut people = Rows::default();
        let mut inner = Rows::default();
        for group in 0..groups {
            people.push((group + 1 == groups).then_some(0));
            inner.push((group + 1 < groups).then_some(group + 1));
        }
        let flat = flatten(&people, &inner, 1);
        assert_eq!((flat.row(0), flat.total()), ([0].as_slice(), groups as usize));
    }

    fn closure(people: &[Vec<u32>], inner: &[Vec<u32>], root: usize) -> BTreeSet<u32> {
        let mut reached = BTreeSet::from([root]);
        loop {
            let next: BTreeSet<usize> =
                reached.iter().flat_map(|&group| inner[group].iter().map(|&it| it as usize)).collect();
            let before = reached.len();
            reached.extend(next);
            if reached.len() == before {
                return reached.into_iter().flat_map(|group| people[group].iter().copied()).collect();
            }
        }
    }

    /// The order in the contract's words: depth first, each group once a root.
    fn in_order(
        people: &[Vec<u32>],
        inner: &[Vec<u32>],
        group: usize,
        visited: &mut BTreeSet<usize>,
        list: &mut Vec<u32>,
    ) {
        if !visited.insert(group) {
            return;
        }
        for &person in &people[group] {
            if !list.contains(&person) {
                list.push(person);
            }
        }
        for next in 0..inner.len() {
            if inner[group].contains(&u32::try_from(next).expect("small")) {
                in_order(people, inner, next, visited, list);
            }
        }
    }

    /// Groups of one cycle, in which each also holds the group so many places further.
    fn ring(groups: u32, further: &[u32], of_group: impl Fn(u32) -> Vec<u32>) -> (Rows, Rows) {
        let (mut people, mut inner) = (Rows::default(), Rows::default());
        for group in 0..groups {
            people.push(of_group(group));
            inner.push(further.iter().map(|it| (group + it) % groups));
        }
        (people, inner)
    }

    #[test]
    fn a_cycle_costs_its_edges_and_the_lists_that_come_out() {
        let groups = 3000u32;
        let here_and_there =
            |group: u32| if group.is_multiple_of(1000) { vec![group / 1000] } else { Vec::new() };
        let nearly_all_everywhere = |group: u32| {
            let mut people: Vec<u32> = (0..19).collect();
            people.extend((group == 5).then_some(19));
            people
        };
        for further in [&[1][..], &[1, 7], &[2, 1, 900]] {
            for (what, (people, inner)) in [
                ("one of each", ring(groups, further, |group| vec![group])),
                ("few", ring(groups, further, here_and_there)),
                ("many and one", ring(groups, further, nearly_all_everywhere)),
            ] {
                let (flat, steps) = flatten_in_steps(&people, &inner, groups as usize, usize::MAX / 2);
                let size = people.total() + inner.total() + flat.total();
                assert!(steps <= 8 * size, "{what} {further:?}: {steps} steps for {size}");
            }
        }
    }

    /// A hub that holds every group and stands in each, as in a company where everybody is in everything.
    #[test]
    fn a_hub_costs_its_edges_and_the_lists_that_come_out() {
        let groups = 3000u32;
        let (mut people, mut inner) = (Rows::default(), Rows::default());
        people.push([0]);
        inner.push(1..groups);
        for group in 1..groups {
            people.push(group.is_multiple_of(300).then_some(group / 300));
            inner.push([0]);
        }
        let (flat, steps) = flatten_in_steps(&people, &inner, 11, usize::MAX / 2);
        assert_eq!(
            (flat.row(0), flat.row(600)),
            ([0, 1, 2, 3, 4, 5, 6, 7, 8, 9].as_slice(), [2, 0, 1, 3, 4, 5, 6, 7, 8, 9].as_slice())
        );
        assert!(steps <= 4 * (inner.total() + flat.total()), "{steps}");
    }

    /// A cycle that edges from each group to any other cross, and in which every so manieth group has somebody.
    fn crossed(groups: u32, every: u32) -> (Rows, Rows) {
        let (mut people, mut inner) = (Rows::default(), Rows::default());
        let mut state = u64::from(groups);
        for group in 0..groups {
            // Any odd multiplier spreads well enough here (Knuth's MMIX constants).
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let other = u32::try_from((state >> 33) % u64::from(groups)).expect("small");
            people.push(group.is_multiple_of(every).then_some(group / every));
            inner.push([(group + 1) % groups, other]);
        }
        (people, inner)
    }

    #[test]
    fn a_cycle_that_edges_cross_at_random_costs_its_edges_and_the_lists_that_come_out() {
        for groups in [3_000, 6_000, 12_000] {
            let (people, inner) = crossed(groups, groups / 12);
            let (flat, steps) = flatten_in_steps(&people, &inner, 13, 0);
            let size = people.total() + inner.total() + flat.total();
            assert_eq!(flat.total(), 12 * groups as usize);
            assert!(steps <= 8 * size, "{groups}: {steps} steps for {size}");
            // What is spare for exact orders is so for all of them together.
            let (_, more) = flatten_in_steps(&people, &inner, 13, 1_000_000);
            assert!(more <= steps + 1_100_000, "{groups}: {more}");
        }
        // What real directories have keeps the contract's order.
        let (people, inner) = crossed(1_500, 125);
        let exact = flatten_in_steps(&people, &inner, 13, usize::MAX / 2);
        assert_eq!(flatten(&people, &inner, 13), exact.0);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(512))]
        #[test]
        fn where_no_step_is_spare_everybody_is_there_and_own_people_come_first(
            crossings in proptest::collection::vec((0u32..60, 0u32..60), 0..90),
            people_of in proptest::collection::vec(proptest::collection::vec(0u32..5, 0..2), 60),
        ) {
            let mut inner: Vec<Vec<u32>> = (0..60).map(|group| vec![(group + 1) % 60]).collect();
            crossings.iter().for_each(|&(from, to)| inner[from as usize].push(to));
            let (flat, _) = flatten_in_steps(&rows(&people_of), &rows(&inner), 5, 0);
            for (root, own) in people_of.iter().enumerate() {
                let list = flat.row(root);
                prop_assert_eq!(list.iter().copied().collect::<BTreeSet<_>>(), closure(&people_of, &inner, root));
                prop_assert!(list.starts_with(own));
                prop_assert_eq!(list.iter().collect::<BTreeSet<_>>().len(), list.len());
            }
        }

        /// Few people in many groups that hold each other: most lists are taken from others.
        #[test]
        fn groups_of_a_cycle_keep_the_contracts_order(
            further in proptest::collection::vec(1u32..30, 1..4),
            people_of in proptest::collection::vec(proptest::collection::vec(0u32..5, 0..2), 30),
            more in proptest::collection::vec((0u32..36, 0u32..36), 0..30),
            outside in proptest::collection::vec(proptest::collection::vec(0u32..7, 0..3), 6),
            order in Just((0u32..36).collect::<Vec<_>>()).prop_shuffle(),
        ) {
            let mut people = vec![Vec::new(); 36];
            let mut inner = vec![Vec::new(); 36];
            let place = |it: u32| order[it as usize];
            for group in 0..30u32 {
                people[place(group) as usize].clone_from(&people_of[group as usize]);
                inner[place(group) as usize].extend(further.iter().map(|it| place((group + it) % 30)));
            }
            for (group, own) in (30u32..).zip(&outside) {
                people[place(group) as usize].clone_from(own);
            }
            for &(from, to) in &more {
                inner[place(from) as usize].push(place(to));
            }
            let flat = flatten(&rows(&people), &rows(&inner), 7);
            for root in 0..people.len() {
                let mut expected = Vec::new();
                in_order(&people, &inner, root, &mut BTreeSet::new(), &mut expected);
                prop_assert_eq!(flat.row(root), expected);
            }
        }

        #[test]
        fn flattening_is_the_transitive_closure_in_the_contracts_order(
            groups in proptest::collection::vec(
                (proptest::collection::vec(0u32..12, 0..5), proptest::collection::vec(0u32..9, 0..4)), 1..9)
        ) {
            let number = u32::try_from(groups.len()).expect("small");
            let people: Vec<Vec<u32>> = groups.iter().map(|it| it.0.clone()).collect();
            let inner: Vec<Vec<u32>> = groups.iter().map(|it| it.1.iter().map(|to| to % number).collect()).collect();
            let flat = flatten(&rows(&people), &rows(&inner), 12);
            for root in 0..groups.len() {
                let list = flat.row(root).to_vec();
                prop_assert_eq!(list.iter().copied().collect::<BTreeSet<_>>(), closure(&people, &inner, root));
                let mut expected = Vec::new();
                in_order(&people, &inner, root, &mut BTreeSet::new(), &mut expected);
                prop_assert_eq!(list, expected);
            }
        }
    }
}
