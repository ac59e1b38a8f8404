//! A second account of somebody, called like the first: it was there before, and is not who leaves.

use super::marks::{anna, ledger_after, successor};
use super::*;
use crate::ledger::{EntryKey, Seen};
use crate::settings::Returning;

/// While Anna is there, beside her second account.
fn before(email: &str) -> Sample {
    let listed = crowd(40).marked("old", "id:old", "a@x", named("Anna Muster"));
    listed.marked("new", "id:new", email, named("Anna Muster"))
}

fn waits(plan: &Plan) -> bool {
    plan.standing
        .iter()
        .any(|it| matches!(it, Standing::AddressOfLeaver { because: AddressHeldBecause::KnownBefore, .. }))
}

#[test]
fn an_older_second_account_does_not_get_the_leavers_membership_with_the_address() {
    for first in ["", "adm@x", "a@x"] {
        for revoked in [false, true] {
            let mut world = anna(revoked);
            world.ledger.people[40].marks = named("Anna Muster");
            // A new directory beside the old one has the addresses from the first run on.
            let is_new = first == "a@x";
            if is_new {
                let entry = EntryKey { source: SourceName::primary(), id: "id:new".to_owned() };
                world.ledger.seen = vec![Seen { entry, email: Email::new(first) }];
            } else {
                world.ledger = ledger_after(&world, before(first), &world.state.clone());
                world.ledger.people[40].revoked_by_us = revoked;
                assert_eq!(world.ledger.seen[0].email.as_str(), first);
            }
            let plan = world.plan(successor("new", named("Anna Muster")));
            assert_eq!(waits(&plan), !is_new, "{first:?}: {:?}", plan.standing);
            let passes = |it: &Change| matches!(it, Change::ReplaceExternalId { .. });
            assert_eq!(plan.changes.iter().any(passes), is_new, "{:?}", plan.changes);
            if is_new {
                continue;
            }
            // She has left, and the next run has forgotten nothing.
            assert!(revoked || plan.removals().count() == 1, "{:?}", plan.changes);
            let sample = || successor("new", named("Anna Muster"));
            world.ledger = ledger_after(&world, sample(), &world.state.clone());
            assert!(waits(&world.plan(sample())));
            world.connector.leavers.returning = Returning::Restore;
            assert!(!waits(&world.plan(sample())), "the settings decide for all");
        }
    }
}

#[test]
fn an_older_ledger_knows_who_had_no_address() {
    let mut world = anna(false);
    world.ledger.people[40].marks = named("Anna Muster");
    world.ledger.without_address = vec![ExternalId::new("new")];
    assert!(waits(&world.plan(successor("new", named("Anna Muster")))));
    world.ledger.without_address.clear();
    assert!(!waits(&world.plan(successor("new", named("Anna Muster")))));
}

#[test]
fn who_is_brought_over_or_gone_is_no_longer_remembered_as_a_stranger() {
    let mut world = World::new().managed_crowd(40);
    let entry = |id: &str| EntryKey { source: SourceName::primary(), id: id.to_owned() };
    let seen = |id: &str, email: &str| Seen { entry: entry(id), email: Email::new(email) };
    world.ledger.seen = vec![seen("id:gone", ""), seen("id:new", "")];
    world = world.member("new", "n@x", MemberStatus::Invited, Role::User);
    let sample = crowd(40).with_stable_id("new", "id:new", "n@x").person("other", "o@x");
    let after = world.state.clone();
    assert_eq!(ledger_after(&world, sample, &after).seen, [seen("other", "o@x")]);
}
