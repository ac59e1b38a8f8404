//! Another connector in the same organization: what it gave ids to is not ours, whatever an entry of the directory claims.

use super::*;

/// Ours, and a member, a group and an owner of another connector.
fn shared() -> World {
    let world = World::new().managed_crowd(40).group("g", "g", &[0]);
    let mut world = world
        .member("scim-1", "theirs@x", MemberStatus::Confirmed, Role::User)
        .member("scim-2", "boss@x", MemberStatus::Confirmed, Role::Admin)
        .group("scim-g", "Theirs", &[40]);
    world.ledger.groups.retain(|it| it.external_id.as_str() == "g");
    world.connector.shared_organization = true;
    world.leavers(LeaverAction::Revoke, LeaverAction::Revoke)
}

/// Entries whose lasting ids somebody chose.
fn forged() -> Sample {
    crowd(40)
        .person("scim-1", "evil@x")
        .person("scim-2", "boss@x")
        .group("g", &["crowd0", "scim-1", "scim-2"])
        .group("scim-g", &["crowd1"])
}

fn carried_out(world: &World, sample: Sample) -> LedgerState {
    let desired = sample.desired(&world.sync).expect("valid");
    let observed = Observed::Live(world.state.clone());
    let input = world.input(&desired, &observed);
    Plan::build(&input).ledger_after(&input, After::Observed(&world.state), Timestamp(1))
}

#[test]
fn an_entry_that_claims_an_id_of_another_connector_gets_nothing_and_takes_nothing() {
    let mut world = shared();
    let plan = world.plan(forged());
    assert!(plan.is_empty() && plan.requests().is_empty(), "{:?}", plan.changes);
    let mut named: Vec<_> = plan
        .standing
        .iter()
        .map(|it| match it {
            Standing::IdOfAnother { about, holder, group } => {
                (about.external_id.as_str(), holder.as_str(), *group)
            }
            other => panic!("{other:?}"),
        })
        .collect();
    named.sort_unstable();
    assert_eq!(
        named,
        [("scim-1", "theirs@x", false), ("scim-2", "boss@x", false), ("scim-g", "Theirs", true)]
    );
    // Nor does a run learn that they are ours: nobody loses anything when the entries are gone.
    world.ledger = carried_out(&world, forged());
    assert_eq!((world.ledger.people.len(), world.ledger.groups.len()), (40, 1));
    let plan = world.plan(crowd(40).group("g", &["crowd0"]));
    assert!(plan.is_empty() && plan.kept.is_empty() && plan.standing.is_empty(), "{plan:?}");
    // Alone, this connector has whoever has the directory's id.
    world.connector.shared_organization = false;
    assert!(!world.plan(forged()).is_empty());
}

#[test]
fn a_first_run_takes_only_those_whose_address_or_name_confirms_the_id() {
    let mut world = shared();
    world.ledger = LedgerState::default();
    let sample = || forged().group("other", &["crowd2"]);
    world.state.groups[0].name = "g".to_owned();
    let plan = world.plan(sample());
    let others = plan.standing.iter().filter(|it| matches!(it, Standing::IdOfAnother { .. })).count();
    assert_eq!(others, 2, "{:?}", plan.standing);
    // Forty, and the one of another connector with the directory's address: nothing tells that it is not ours.
    world.ledger = carried_out(&world, sample());
    let known: Vec<_> = world.ledger.people.iter().map(|it| it.external_id.as_str()).collect();
    assert!(known.contains(&"scim-2") && !known.contains(&"scim-1"), "{known:?}");
    assert_eq!(world.ledger.groups.len(), 1);
    // The same holds for the first run of a further source.
    world.ledger.new_sources = vec![SourceName::primary()];
    world.ledger.people.retain(|it| it.external_id.as_str() != "scim-2");
    let others = world.plan(sample()).standing;
    let boss = |it: &Standing| matches!(it, Standing::IdOfAnother { about, .. } if about.external_id.as_str() == "scim-2");
    assert!(!others.iter().any(boss), "{others:?}");
    world.ledger.new_sources.clear();
    assert!(world.plan(sample()).standing.iter().any(boss));
}

#[test]
fn what_a_run_that_was_cut_off_may_have_made_is_ours() {
    let mut world = shared();
    world = world.member("new", "new@x", MemberStatus::Invited, Role::User).group("new-g", "new-g", &[42]);
    world.ledger.groups.pop();
    let sample = || crowd(40).person("new", "new@x").group("g", &["crowd0"]).group("new-g", &["new"]);
    assert_eq!(world.plan(sample()).standing.len(), 2, "nobody knows where it comes from");
    let import = crate::import::official_request(&sample().desired(&world.sync).expect("valid"), &world.sync);
    world.ledger.open_intents = vec![crate::ledger::Intent {
        id: crate::ledger::IntentId(1),
        request: Request::Import(import),
        state: crate::ledger::IntentState::Unknown,
        intended_at: Timestamp(0),
        resolved_at: None,
    }];
    world.ledger = world.ledger.as_left_by_open_intents(Some(&world.state), &SourceName::primary());
    let plan = world.plan(sample());
    assert!(plan.standing.is_empty(), "{:?}", plan.standing);
}
