//! Law 2: a leaver whose external id somebody cleared or changed is a leaver all the same, and nobody else loses anything by it.

use crate::laws::stage::{Stage, Tree, dn, group_dn, mail};
use bwdc_sandbox::organization::{MemberStatus, Options};

const REVOKING: &str = "[leavers]\ndisabled = \"revoke\"\ngone = \"revoke\"\n";

/// Forty people, all of them confirmed and in one group.
fn of_forty(connector: &str) -> Stage {
    let stage = Stage::new(Options::official(), connector, |_| {});
    let directory = everybody().serve();
    stage.read(&directory);
    stage.sync();
    stage.everybody_confirms();
    stage.sync();
    stage
}

fn everybody() -> Tree {
    Tree::of(40).group("g", "G", &["p01", "p02", "p03", "p04"])
}

fn id(stage: &Stage, name: &str) -> Option<String> {
    let members = stage.organization.members();
    members.into_iter().find(|it| it.email == mail(name)).expect("a member").external_id
}

#[test]
fn law_02_who_leaves_under_a_changed_or_cleared_id_loses_access() {
    for id in [Some("by hand"), None, Some("")] {
        for removing in [false, true] {
            let stage = of_forty(REVOKING);
            stage.organization.set_external_id(&mail("p01"), id);
            stage.organization.set_external_id(&mail("p02"), id.map(|it| format!("{it}2")).as_deref());
            if removing {
                stage.point("sync", "removeDisabled", true.into());
                let path = stage.home.data_folder().join("connector.toml");
                std::fs::write(path, "[leavers]\ngone = \"revoke\"\n").expect("our settings");
            }
            let directory = everybody().without("p01").disabled("p02").serve();
            stage.read(&directory);
            stage.sync();
            let state = stage.state();
            assert_eq!(state.status("p01"), Some(MemberStatus::Revoked), "{id:?}");
            let gone = (!removing).then_some(MemberStatus::Revoked);
            assert_eq!(state.status("p02"), gone, "{id:?} {removing}");
            // Disabled, the entry is a member of the group all the same.
            let names = if removing { vec!["p03", "p04"] } else { vec!["p02", "p03", "p04"] };
            let listed = names.into_iter().map(mail).collect();
            assert_eq!(state.groups[&group_dn("g")].1, listed);
            stage.organization.clear_requests();
            let plan = stage.run(&["plan"]).stdout;
            stage.sync();
            assert_eq!(stage.writes(), [""; 0], "run again with nothing new: {id:?} {removing} {plan}");
        }
    }
}

#[test]
fn who_stays_gets_the_id_back_and_loses_nothing() {
    for id_now in [Some("by hand"), None] {
        let stage = of_forty(REVOKING);
        // The address in the account is another one by now: the membership alone tells who it is.
        stage.organization.change_account_address(&mail("p01"), "other@example.test");
        stage.organization.set_external_id("other@example.test", id_now);
        let directory = everybody().serve();
        stage.read(&directory);
        let plan = stage.run(&["plan"]).stdout;
        assert!(plan.contains("other@example.test"), "{plan}");
        stage.sync();
        let members = stage.organization.members();
        let member = members.iter().find(|it| it.email == "other@example.test").expect("a member");
        assert_eq!(member.external_id, Some(dn("p01")), "{id_now:?}");
        // With the owner.
        assert_eq!((members.len(), member.status), (41, MemberStatus::Confirmed), "{id_now:?}");
        assert!(stage.state().groups[&group_dn("g")].1.contains("other@example.test"));
        stage.organization.clear_requests();
        stage.sync();
        assert_eq!(stage.writes(), [""; 0], "run again with nothing new");
    }
}

#[test]
fn in_an_organization_that_is_shared_another_connectors_id_is_left_alone() {
    let stage = of_forty(&format!("shared-organization = true\n{REVOKING}"));
    stage.organization.set_external_id(&mail("p01"), Some("of the other connector"));
    let directory = everybody().without("p01").without("p02").serve();
    stage.read(&directory);
    stage.organization.clear_requests();
    stage.sync();
    let state = stage.state();
    assert_eq!(state.status("p01"), Some(MemberStatus::Confirmed));
    assert_eq!(state.status("p02"), Some(MemberStatus::Revoked));
    assert_eq!(id(&stage, "p01").as_deref(), Some("of the other connector"));
    // Neither is a member of theirs whom this directory lists.
    stage.organization.set_external_id(&mail("p03"), Some("theirs"));
    let directory = everybody().without("p02").serve();
    stage.read(&directory);
    stage.sync();
    assert_eq!(id(&stage, "p03").as_deref(), Some("theirs"));
    assert_eq!(id(&stage, "p01").as_deref(), Some("of the other connector"));
}
