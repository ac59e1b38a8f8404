//! Groups made by hand are taken over with their access to collections: named, counted, and more than one at a time after an approval.

use crate::laws::stage::{Stage, Tree, group_dn, mail};
use bwdc_sandbox::organization::{CollectionAccess, Options};

#[test]
fn groups_with_collections_wait_for_an_approval_and_a_leaver_for_nothing() {
    let settings = "adopt-groups = true\n[leavers]\ngone = \"revoke\"\n";
    let stage = Stage::new(Options::default(), settings, |_| ());
    let tree = || Tree::of(40).group("g", "G", &["p01", "p02"]);
    let directory = tree().serve();
    stage.read(&directory);
    stage.sync();
    stage.everybody_confirms();
    let members = stage.organization.members();
    let inside: Vec<&str> = members.iter().filter(|it| it.email == mail("p03")).map(|it| &*it.id).collect();
    let collection = stage.organization.add_collection(None);
    for name in ["Payroll", "Root CA"] {
        let group = stage.organization.add_group(name, None, &inside);
        stage.organization.give_group(&group, &CollectionAccess::to(&collection));
    }

    // Somebody makes groups of these names below the base.
    let claimed = tree().group("x", "Payroll", &["p09"]).group("y", "Root CA", &["p09"]);
    let directory = claimed.without("p05").serve();
    stage.read(&directory);
    let said = |arguments: &[&str]| {
        let output = stage.run(arguments);
        (output.stdout + &output.stderr).split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let plan = said(&["plan"]);
    assert!(plan.contains("Payroll, with access to 1 collection"), "{plan}");
    assert!(plan.contains("would take over 2 groups made by hand"), "{plan}");
    assert!(plan.contains("2 memberships in groups end"), "{plan}");
    let sync = stage.run(&["sync"]);
    assert_eq!(sync.code, Some(1), "{}", sync.stdout);
    let state = stage.state();
    assert_eq!(
        state.status("p05"),
        Some(bwdc_sandbox::organization::MemberStatus::Revoked),
        "{}",
        sync.stderr
    );
    assert!(!state.groups.contains_key(&group_dn("x")), "neither taken over nor made a second time");
    assert_eq!(stage.organization.groups().len(), 3);

    assert_eq!(stage.approve().code, Some(0));
    stage.sync();
    let state = stage.state();
    assert_eq!(state.groups[&group_dn("x")].1, [mail("p09")].into());
    assert_eq!(stage.organization.groups().len(), 3);
    stage.organization.clear_requests();
    stage.sync();
    assert_eq!(stage.writes(), [""; 0], "run again with nothing new");
}
