use super::*;
use crate::sample::{Sample, settings};
use crate::settings::AddressRule;

fn ids(desired: &Desired, group: usize) -> Vec<&str> {
    desired.member_external_ids(group).collect()
}

fn doubtful(desired: &Desired, group: usize) -> Vec<u32> {
    desired.doubtful(group).collect()
}

#[test]
fn people_without_a_usable_address_stay_in_their_groups() {
    let long = format!("{}@x.test", "a".repeat(256));
    let desired = Sample::new()
        .person("ann", "Ann@X.test")
        .person_without_address("bob")
        .person("cyd", &long)
        .group("all", &["bob", "cyd", "ann", "ghost"])
        .desired(&settings())
        .expect("valid");
    assert_eq!(desired.people().map(|it| desired.display_name(it)).collect::<Vec<_>>(), ["ann@x.test"]);
    assert_eq!(ids(&desired, 0), ["bob", "cyd", "ann"]);
    assert_eq!(desired.text(desired.unresolved()[0].member), "ghost");
    assert_eq!(desired.everybody()[2].unusable, Some(NoAddress::TooLong));
}

/// Named by what people know, once: not by an id again for each group.
#[test]
fn who_was_set_aside_is_no_member_of_whom_nobody_knows_who_it_is() {
    let sample = || {
        Sample::new()
            .person("ann", "a@x")
            .state_not_told("4711", "bob@x")
            .group("all", &["4711", "ann", "0815"])
    };
    let desired = sample().desired(&settings()).expect("valid");
    let names: Vec<&str> = desired.set_aside().iter().map(|it| desired.text(it.reference)).collect();
    assert_eq!((names, ids(&desired, 0)), (vec!["bob@x"], vec!["ann"]));
    let unknown: Vec<&str> = desired.unresolved().iter().map(|it| desired.text(it.member)).collect();
    assert_eq!(unknown, ["0815"]);
}

#[test]
fn without_users_groups_still_list_people() {
    let rules = SyncSettings { users: false, ..settings() };
    let desired = Sample::new().person("ann", "a@x").group("all", &["ann"]).desired(&rules).expect("valid");
    assert_eq!((desired.people().count(), ids(&desired, 0)), (0, vec!["ann"]));
}

#[test]
fn a_shared_address_names_everybody_who_has_it() {
    let mut sample = Sample::new();
    for number in 0..5 {
        sample = sample
            .person(&format!("p{number}"), "A@x")
            .person(&format!("q{number}"), &format!("b{number}@x"));
    }
    for number in 1..5 {
        sample = sample.person(&format!("r{number}"), &format!("B{number}@x"));
    }
    let error = sample.desired(&settings()).err().expect("duplicates");
    let DesiredError::DuplicateAddresses(ref duplicates) = error else { panic!("{error}") };
    assert_eq!(
        duplicates.0[0],
        ("a@x".to_owned(), ["p0", "p1", "p2", "p3", "p4"].map(str::to_owned).to_vec())
    );
    assert_eq!(
        error.to_string(),
        "Emails must be unique. Multiple entries pulled with the following emails:\na@x\nb1@x\nb2@x\nand 2 more..."
    );
}

#[test]
fn blank_and_deleted_people_share_no_address() {
    let desired = Sample::new()
        .person("ann", "a@x")
        .person("b1", " ")
        .person("b2", "")
        .in_state("old", "a@x", AccountState::Deleted)
        .desired(&settings());
    assert!(desired.is_ok());
}

#[test]
fn two_entries_with_one_external_id_are_refused() {
    let error =
        Sample::new().person("ann", "a@x").person("ann", "b@x").desired(&settings()).err().expect("refused");
    assert!(error.to_string().contains("one external id, `ann`"), "{error}");
}

#[test]
fn an_address_is_composed_where_it_is_missing() {
    let rules = SyncSettings { address: AddressRule { suffix: Some("@x.test".into()) }, ..settings() };
    let desired = Sample::new().person_with_prefix("ann", "Ann").desired(&rules).expect("valid");
    assert_eq!(desired.people().map(|it| desired.display_name(it)).collect::<Vec<_>>(), ["ann@x.test"]);
}

fn overlooked(desired: &Desired) -> Vec<(&str, &str, Overlooked)> {
    desired.overlooked().iter().map(|it| (desired.text(it.group), desired.text(it.person), it.why)).collect()
}

#[test]
fn what_the_official_connector_overlooks_is_told_through_nested_groups() {
    let sample = || {
        Sample::new()
            .person("ann", "a@x")
            .person("ben", "b@x")
            .person("cyd", "c@x")
            .group("outer", &["ann", "inner"])
            .group("inner", &["ben", "cyd", "ann"])
            .group("listed", &["ben", "ben"])
            .overlooked(1, 0..1, Overlooked::PrimaryGroup)
            .overlooked(1, 0..3, Overlooked::Spelling)
            .overlooked(2, 0..1, Overlooked::LongList)
            .overlooked(9, 0..1, Overlooked::LongList)
    };
    let desired = sample().desired(&settings()).expect("valid");
    let expected = [
        ("outer", "ben", Overlooked::PrimaryGroup),
        ("outer", "cyd", Overlooked::Spelling),
        ("inner", "ben", Overlooked::PrimaryGroup),
        ("inner", "cyd", Overlooked::Spelling),
        ("inner", "ann", Overlooked::Spelling),
    ];
    assert_eq!(
        overlooked(&desired),
        expected,
        "ann is in the outer group by her own name, and ben is listed twice"
    );
    let mut snapshot = sample().snapshot();
    snapshot.forget_overlooked();
    assert_eq!(overlooked(&Desired::build(snapshot, &settings()).expect("valid")), []);
}

#[test]
fn a_group_within_a_group_may_be_overlooked_whole() {
    let desired = Sample::new()
        .person("ann", "a@x")
        .group("outer", &["inner"])
        .group("inner", &["ann"])
        .overlooked(0, 0..1, Overlooked::LongList)
        .desired(&settings())
        .expect("valid");
    assert_eq!(overlooked(&desired), [("outer", "ann", Overlooked::LongList)]);
}

#[test]
fn a_shared_address_is_left_out_or_the_enabled_ones_where_the_settings_say_so() {
    use crate::settings::{ConflictRules, SameAddress};
    let sample = |second| {
        Sample::new()
            .person("p1", "a@x")
            .in_state("p2", "a@x", second)
            .person("p3", "b@x")
            .group("g", &["p1", "p2"])
    };
    let merged = |sample: Sample, same_address| {
        let read = SourceRead { snapshot: sample.snapshot(), settings: settings() };
        let source = Source { name: SourceName::primary(), read: Ok(read) };
        Desired::merge(vec![source], true, ConflictRules { same_address, ..ConflictRules::default() })
    };
    let shown = |desired: &Desired| {
        desired.people().map(|it| desired.text(it.external_id).to_owned()).collect::<Vec<_>>()
    };
    let skipped = merged(sample(AccountState::Enabled), SameAddress::Skip).expect("valid");
    assert_eq!(shown(&skipped), ["p3"]);
    let Some(NoAddress::Shared { address }) = skipped.everybody()[0].unusable else { panic!("it is shared") };
    assert_eq!(skipped.text(address), "a@x");
    let preferred = merged(sample(AccountState::Disabled), SameAddress::PreferEnabled).expect("valid");
    assert_eq!(shown(&preferred), ["p1", "p3"]);
    assert_eq!(ids(&preferred, 0), ["p1", "p2"]);
    // Which of two enabled ones is meant nobody can say.
    assert!(merged(sample(AccountState::Enabled), SameAddress::PreferEnabled).is_err());
}

/// Names that a server keeps apart and that compare equal: whoever is called so letter by letter is meant, and nobody is guessed.
#[test]
fn a_member_means_the_entry_of_that_name_else_the_only_one_that_answers_to_it() {
    let desired = Sample::new()
        .person("one", "one@x")
        .person("One", "other@x")
        .person("Two", "two@x")
        .group("exact", &["One"])
        .group("alone", &["TWO"])
        .group("several", &["ONE", "Two"])
        .group("around", &["several"])
        .group("listed", &["ONE", "one"])
        .compared_as("one", &["One", "ONE"])
        .compared_as("two", &["Two", "TWO"])
        .desired(&settings())
        .expect("valid");
    let groups: Vec<_> = (0..5).map(|it| (ids(&desired, it), doubtful(&desired, it))).collect();
    assert_eq!(
        groups,
        [
            (vec!["One"], vec![]),
            (vec!["Two"], vec![]),
            (vec!["Two"], vec![0, 1]),
            (vec!["Two"], vec![0, 1]),
            (vec!["one"], vec![1]),
        ]
    );
    let named: Vec<_> =
        desired.unresolved().iter().map(|it| (it.group, desired.text(it.member), it.because)).collect();
    let several = UnresolvedBecause::Several;
    assert_eq!(named, [(2, "ONE", several), (4, "ONE", several)]);
}

#[test]
fn what_the_source_says_of_a_name_goes_before_how_it_compares() {
    let desired = Sample::new()
        .person("one", "one@x")
        .person("One", "other@x")
        .person("Two", "two@x")
        .group("g", &["ONE", "TWO"])
        .compared_as("one", &["One", "ONE"])
        .compared_as("two", &["Two", "TWO"])
        .belongs_to("ONE", Some("One"))
        .belongs_to("TWO", None)
        .desired(&settings())
        .expect("valid");
    assert_eq!((ids(&desired, 0), doubtful(&desired, 0)), (vec!["One"], vec![]));
    let named: Vec<_> = desired.unresolved().iter().map(|it| (desired.text(it.member), it.because)).collect();
    assert_eq!(named, [("TWO", UnresolvedBecause::Unknown)]);
}

/// The only one who answers may be an impostor: it is in no group for it, and stays where it is.
#[test]
fn whose_a_name_is_that_the_source_does_not_tell_is_a_doubt_also_where_one_answers() {
    let desired = Sample::new()
        .person("One", "one@x")
        .person("Two", "two@x")
        .group("g", &["ONE", "Two"])
        .compared_as("one", &["One", "ONE"])
        .belongs_to_no_one_known("ONE")
        .belongs_to_no_one_known("nobody")
        .desired(&settings())
        .expect("valid");
    assert_eq!((ids(&desired, 0), doubtful(&desired, 0)), (vec!["Two"], vec![0]));
    let named: Vec<_> = desired.unresolved().iter().map(|it| (desired.text(it.member), it.because)).collect();
    assert_eq!(named, [("ONE", UnresolvedBecause::Several)]);
}

/// An entry may be read as a person and as a group: that makes it no two entries.
#[test]
fn one_entry_that_is_read_twice_answers_alone() {
    let desired = Sample::new()
        .person("Desk", "desk@x")
        .group("Desk", &[])
        .group("all", &["DESK"])
        .compared_as("desk", &["Desk", "DESK"])
        .desired(&settings());
    let desired = desired.expect("valid");
    assert_eq!((ids(&desired, 1), doubtful(&desired, 1)), (vec!["Desk"], vec![]));
}

#[test]
fn who_says_a_name_that_several_groups_answer_to_is_a_doubt_for_each() {
    let desired = Sample::new()
        .person("ann", "a@x")
        .group("g", &[])
        .group("G", &["ann"])
        .says_to_be_in("ann", &["g", "G"], "gG")
        .desired(&settings())
        .expect("valid");
    assert_eq!((doubtful(&desired, 0), doubtful(&desired, 1)), (vec![0], vec![]));
    assert_eq!(desired.unresolved().iter().map(|it| it.group).collect::<Vec<_>>(), [0, 1]);
}

/// Also whoever is in a group that may itself be in any other one.
#[test]
fn whose_groups_are_not_shown_may_be_in_each() {
    let desired = Sample::new()
        .person("ann", "a@x")
        .person("ben", "b@x")
        .person("cyd", "c@x")
        .group("g", &["ann"])
        .group("inner", &["ben"])
        .hides_groups(&["ann", "inner", "nobody"])
        .desired(&settings())
        .expect("valid");
    assert_eq!((doubtful(&desired, 0), doubtful(&desired, 1)), (vec![0, 1], vec![0, 1]));
    assert_eq!(desired.unplaced().collect::<Vec<_>>(), [0, 1]);
}

#[test]
fn people_whose_state_turns_out_not_to_be_told_are_set_aside() {
    let mut sample = Sample::new().person("ann", "a@x").person("ben", "b@x").further_mail("B@y");
    sample = sample.person("cyd", "c@x").further_mail("c@y").group("g", &["ann", "ben", "cyd"]);
    let sample = sample.hides_states(&["ben"]);
    let world = crate::ledger::LedgerState::default();
    let mut snapshot = sample.snapshot();
    snapshot.keep_addresses(&world, &crate::names::SourceName::primary());
    let desired = Desired::build(snapshot, &settings()).expect("valid");
    assert_eq!(ids(&desired, 0), ["ann", "cyd"]);
    let aside: Vec<_> =
        desired.set_aside().iter().map(|it| (desired.text(it.reference), it.because)).collect();
    assert_eq!(aside, [("b@x", crate::snapshot::SetAsideBecause::StateNotTold)]);
    assert!(desired.unresolved().is_empty());
}
