//! A sync of 5,000 people in several batches: killed at every kind of request and commit. `BWDC_EVERY_PASS=1` takes every pass of every place, which takes a quarter of an hour; without it the first and
//! the last pass of each place are taken.

use crate::kill::places::{kill_at_each, passes};
use crate::kill::say;
use crate::kill::scenario::Scenario;
use std::collections::BTreeMap;

#[test]
fn five_thousand_people_in_batches() {
    let scenario = Scenario::of_five_thousand();
    let imports = scenario.writes.iter().filter(|it| it.ends_with("/organization/import")).count();
    assert!(imports >= 3 && scenario.writes.len() >= 12, "{:?}", scenario.writes);

    let all = passes(&scenario);
    let mut chosen = all.clone();
    if std::env::var_os("BWDC_EVERY_PASS").is_none() {
        let last: BTreeMap<&str, usize> = all.iter().map(|(name, number)| (name.as_str(), *number)).collect();
        chosen.retain(|(name, number)| *number == 1 || last[name.as_str()] == *number);
    }
    say(&format!("{} of {} kills at 5,000 people", chosen.len(), all.len()));
    kill_at_each(&scenario, &chosen);
}
