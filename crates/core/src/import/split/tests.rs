use super::*;
use crate::wire::{ImportGroup, ImportMember};
use proptest::prelude::*;

fn request(members: usize, groups: usize) -> ImportRequest {
    let member = |number: usize| ImportMember {
        email: Some(format!("{number}@x")),
        external_id: ExternalId::new(format!("p{number}")),
        deleted: false,
    };
    let group = |number: usize| ImportGroup {
        name: format!("g{number}"),
        external_id: ExternalId::new(format!("g{number}")),
        member_external_ids: [].into(),
    };
    ImportRequest {
        groups: (0..groups).map(group).collect(),
        members: (0..members).map(member).collect(),
        overwrite_existing: false,
        large_import: false,
        invite_users_after_provisioning: true,
    }
}

fn ids(request: &ImportRequest) -> Vec<String> {
    let members = request.members.iter().map(|it| it.external_id.as_str().to_owned());
    members.chain(request.groups.iter().map(|it| it.external_id.as_str().to_owned())).collect()
}

/// A server that fails on some records, and what it stored.
struct Server<'a> {
    bad: &'a [&'a str],
    names: bool,
    stored: Vec<String>,
    requests: usize,
}

impl Server<'_> {
    fn take(&mut self, request: &ImportRequest) -> PartAnswer {
        self.requests += 1;
        let is_bad = |id: &ExternalId| self.bad.contains(&id.as_str());
        let member = request.members.iter().position(|it| is_bad(&it.external_id));
        let group = request.groups.iter().position(|it| is_bad(&it.external_id));
        let place = member.map(RecordPlace::Member).or(group.map(RecordPlace::Group));
        match place {
            None => {
                self.stored.extend(ids(request));
                PartAnswer::Taken
            }
            Some(place) if self.names => PartAnswer::Names { place, reason: "no".to_owned() },
            Some(_) => PartAnswer::Fails { reason: "500".to_owned() },
        }
    }
}

fn search(whole: &ImportRequest, server: &mut Server<'_>) -> Step {
    let mut budget = search_budget(records(whole));
    let answer = server.take(whole);
    let mut search = Search::new(whole.clone(), answer);
    loop {
        match search.next(&mut budget) {
            Step::Send(part) => {
                let answer = server.take(&part);
                search.answer(answer);
            }
            end => return end,
        }
    }
}

fn server<'a>(bad: &'a [&'a str], names: bool) -> Server<'a> {
    Server { bad, names, stored: Vec::new(), requests: 0 }
}

fn sorted(ids: &[String]) -> Vec<String> {
    let mut ids = ids.to_vec();
    ids.sort_unstable();
    ids
}

fn found(step: Step) -> Vec<String> {
    let Step::Found(records) = step else { panic!("{step:?}") };
    records.iter().map(|it| it.external_id.as_str().to_owned()).collect()
}

#[test]
fn one_bad_record_among_two_thousand_is_found_within_the_budget() {
    let whole = request(1500, 500);
    for bad in ["p0", "p749", "p1499", "g0", "g499"] {
        let list = [bad];
        let mut server = server(&list, false);
        assert_eq!(found(search(&whole, &mut server)), [bad]);
        assert!(server.requests <= 4 * 11 + 9, "{} requests for {bad}", server.requests);
        let rest: Vec<String> = ids(&whole).into_iter().filter(|it| it != bad).collect();
        assert_eq!(sorted(&server.stored), sorted(&rest), "each once");
        let first_group = server.stored.iter().position(|it| it.starts_with('g'));
        let last_member = server.stored.iter().rposition(|it| it.starts_with('p'));
        assert!(last_member < first_group, "members before groups");
    }
}

#[test]
fn a_named_record_is_taken_out_directly() {
    let list = ["p3", "g1"];
    let mut server = server(&list, true);
    assert_eq!(found(search(&request(10, 5), &mut server)), ["p3", "g1"]);
    assert_eq!((server.requests, server.stored.len()), (3, 13));
}

#[test]
fn a_fault_that_is_in_no_record_ends_the_search_after_two_levels() {
    let all: Vec<String> = (0..1000).map(|it| format!("p{it}")).collect();
    let bad: Vec<&str> = all.iter().map(String::as_str).collect();
    let mut server = server(&bad, false);
    let end = search(&request(1000, 0), &mut server);
    assert_eq!(end, Step::NotARecord { reason: "500".to_owned() });
    assert_eq!((server.requests, server.stored.len()), (5, 0));
}

#[test]
fn a_server_that_takes_nothing_says_nothing_of_records() {
    let list = ["p0", "p1", "g0"];
    let mut server = server(&list, false);
    let end = search(&request(2, 1), &mut server);
    assert_eq!(end, Step::NotARecord { reason: "500".to_owned() });
}

#[test]
fn the_budget_ends_the_search() {
    let mut search = Search::new(request(64, 0), PartAnswer::Fails { reason: "500".to_owned() });
    let mut budget = 3;
    let mut sent = 0;
    while let Step::Send(part) = search.next(&mut budget) {
        sent += 1;
        let fails = part.members.iter().any(|it| it.external_id.as_str() == "p63");
        search.answer(if fails { PartAnswer::Fails { reason: "500".to_owned() } } else { PartAnswer::Taken });
    }
    assert_eq!((sent, search.next(&mut budget)), (3, Step::TooMany));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]
    #[test]
    fn whatever_is_bad_nothing_else_is_lost_or_doubled(
        members in 0usize..60, groups in 0usize..20, bad in prop::collection::btree_set(0usize..80, 0..4), names: bool,
    ) {
        let whole = request(members, groups);
        let all = ids(&whole);
        let bad: Vec<&str> = bad.iter().filter_map(|&it| all.get(it).map(String::as_str)).collect();
        prop_assume!(!bad.is_empty());
        let mut server = server(&bad, names);
        match search(&whole, &mut server) {
            Step::Found(records) => {
                let mut found: Vec<&str> = records.iter().map(|it| it.external_id.as_str()).collect();
                let mut wanted = bad.clone();
                found.sort_unstable();
                wanted.sort_unstable();
                prop_assert_eq!(found, wanted);
                let rest: Vec<String> = all.iter().filter(|it| !bad.contains(&it.as_str())).cloned().collect();
                prop_assert_eq!(sorted(&server.stored), sorted(&rest));
            }
            // Neighbours can look like a fault of the whole; what was stored was stored once.
            Step::NotARecord { .. } | Step::TooMany => {
                let mut once = sorted(&server.stored);
                once.dedup();
                prop_assert_eq!(once.len(), server.stored.len());
                prop_assert!(bad.len() > 1 && !names, "a single one is always found");
            }
            Step::Send(_) => unreachable!("the search has ended"),
        }
        prop_assert!(server.requests <= search_budget(all.len()) + 1);
    }
}
