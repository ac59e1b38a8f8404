//! What somebody changes after a run: an invitation that went to a wrong address, and another program that undoes what was set right.

use crate::laws::stage::{Stage, Tree, dn, group_dn, mail};
use bwdc_sandbox::organization::{CollectionAccess, MemberStatus, NewMember, Options};

const REVOKING: &str = "[leavers]\ndisabled = \"revoke\"\ngone = \"revoke\"\n";
const RIGHT: &str = "right@example.test";

fn everybody() -> Tree {
    Tree::of(40).group("g", "G", &["p01", "p02", "p03"])
}

#[test]
fn an_address_that_is_corrected_before_joining_gets_the_invitation() {
    let stage = Stage::new(Options::official(), REVOKING, |_| {});
    let directory = everybody().serve();
    stage.read(&directory);
    stage.sync();
    let access = CollectionAccess::to(&stage.organization.add_collection(None));
    assert!(stage.organization.set_collections(&mail("p01"), std::slice::from_ref(&access)));
    let directory = everybody().with_address("p01", RIGHT).serve();
    stage.read(&directory);
    let plan = stage.run(&["plan"]).stdout;
    assert!(plan.contains("the address was corrected before anyone joined"), "{plan}");
    stage.organization.clear_requests();
    stage.sync();
    let writes = stage.writes();
    assert_eq!(writes.len(), 2, "an invitation is taken back, another one sent: {writes:?}");
    let member = stage.organization.member(RIGHT).expect("invited");
    assert_eq!((member.status, member.external_id), (MemberStatus::Invited, Some(dn("p01"))));
    assert_eq!(member.collections, [access]);
    assert!(stage.organization.member(&mail("p01")).is_none());
    let listed = [RIGHT.to_owned(), mail("p02"), mail("p03")].into();
    assert_eq!(stage.state().groups[&group_dn("g")].1, listed);
    stage.organization.clear_requests();
    stage.sync();
    assert_eq!(stage.writes(), [""; 0], "run again with nothing new");
    // Whoever has joined keeps the membership.
    stage.everybody_confirms();
    let directory = everybody().with_address("p01", "third@example.test").serve();
    stage.read(&directory);
    stage.sync();
    assert_eq!(stage.writes(), [""; 0]);
    assert!(stage.organization.member(RIGHT).is_some());
}

/// As the official connector leaves it behind at a rename on some databases.
#[test]
fn two_memberships_under_one_address_are_settled_by_a_command_and_by_no_sync() {
    let stage = Stage::new(Options::official(), REVOKING, |_| {});
    let directory = everybody().serve();
    stage.read(&directory);
    stage.sync();
    stage.everybody_confirms();
    stage.sync();
    assert!(stage.run(&["repair"]).stdout.contains("Nothing needs a decision"));
    let twin = NewMember::invited(&mail("p01")).external_id("cn=renamed");
    let twin = stage.organization.add_member(twin);
    stage.organization.add_group("By hand", None, &[&twin]);
    let holders = || stage.organization.members().into_iter().filter(|it| it.email == mail("p01")).count();
    stage.run(&["sync"]);
    stage.organization.clear_requests();
    let listed = stage.run(&["repair"]);
    assert_eq!(listed.code, Some(0), "{}", listed.stderr);
    assert!(listed.stdout.contains(&format!("id {twin}, never joined): is removed")), "{}", listed.stdout);
    assert_eq!((holders(), stage.writes()), (2, Vec::new()), "a list alone");
    let output = stage.run(&["repair", "--force"]);
    assert_eq!(output.code, Some(0), "{}", output.stderr);
    assert_eq!((holders(), stage.writes().len()), (1, 2));
    let groups = stage.organization.groups();
    let by_hand = groups.iter().find(|it| it.name == "By hand").expect("a group");
    assert_eq!(by_hand.members.len(), 1, "what the other one had was given over");
    assert!(!by_hand.members.contains(&twin));
    assert!(stage.run(&["history"]).stdout.contains("removed"), "{}", stage.run(&["history"]).stdout);
    assert!(stage.run(&["repair"]).stdout.contains("Nothing needs a decision"));
    assert_eq!(stage.state().status("p01"), Some(MemberStatus::Confirmed));
}

#[test]
fn a_second_connector_in_the_organization_is_noticed() {
    let stage = Stage::new(Options::official(), REVOKING, |_| {});
    let directory = everybody().serve();
    stage.read(&directory);
    stage.sync();
    let proposed = |stage: &Stage| {
        let said = |arguments: &[&str]| stage.run(arguments).stdout.contains("shared-organization");
        [said(&["plan"]), said(&["doctor"])]
    };
    assert_eq!(proposed(&stage), [false; 2]);
    for number in 0..6 {
        let member = NewMember::confirmed(&format!("other{number}@example.test"));
        stage.organization.add_member(member.external_id(&format!("theirs-{number}")));
    }
    assert_eq!(proposed(&stage), [true; 2]);
    let path = stage.home.data_folder().join("connector.toml");
    std::fs::write(path, format!("shared-organization = true\n{REVOKING}")).expect("our settings");
    assert_eq!(proposed(&stage), [false; 2]);
}

#[test]
fn what_another_program_changes_again_is_left_alone_and_a_leaver_is_not() {
    let stage = Stage::new(Options::official(), REVOKING, |_| {});
    let directory = everybody().serve();
    stage.read(&directory);
    stage.sync();
    stage.everybody_confirms();
    stage.sync();
    let id = || {
        let members = stage.organization.members();
        members.into_iter().find(|it| it.email == mail("p01")).expect("a member").external_id
    };
    assert!(stage.organization.set_external_id(&mail("p01"), Some("theirs")));
    stage.sync();
    assert_eq!(id(), Some(dn("p01")), "once");
    assert!(stage.organization.set_external_id(&mail("p01"), Some("theirs")));
    stage.organization.clear_requests();
    for _ in 0..2 {
        let output = stage.run(&["sync"]);
        assert_eq!(output.code, Some(0), "{}", output.stderr);
        assert_eq!(stage.writes(), [""; 0]);
        let plan = stage.run(&["plan"]).stdout;
        assert!(plan.contains("another program writes here"), "{plan}");
    }
    assert_eq!(id().as_deref(), Some("theirs"));
    // A change of the directory is sent, and names the person by the id that the organization has.
    let directory = Tree::of(40).group("g", "G", &["p01", "p04"]).serve();
    stage.read(&directory);
    stage.sync();
    assert_eq!(stage.state().groups[&group_dn("g")].1, [mail("p01"), mail("p04")].into());
    // A leaver loses access all the same.
    let directory = Tree::of(40).without("p01").group("g", "G", &["p04"]).serve();
    stage.read(&directory);
    stage.sync();
    assert_eq!(stage.state().status("p01"), Some(MemberStatus::Revoked));
}
