//! The limits look at a day, not at a run; ids change without a loss; nobody buys seats unasked.

use crate::laws::TAKING;
use crate::laws::stage::{Stage, Tree, dn, group_dn, mail};
use bwdc_sandbox::faults::{Answer, Fault, Rule};
use bwdc_sandbox::organization::{CollectionAccess, MemberStatus, NewMember, Official, Options};

const LEAVERS: &str = "[leavers]\ngone = \"revoke\"\n";

#[test]
fn small_runs_together_take_no_more_than_a_large_one() {
    let stage = Stage::new(Options::official(), LEAVERS, |_| {});
    let directory = Tree::of(60).serve();
    stage.read(&directory);
    stage.sync();
    stage.everybody_confirms();
    // 5 % of 60 are three.
    for number in 58..=60 {
        directory.delete(&dn(&format!("p{number:02}"))).expect("is there");
        stage.sync();
    }
    directory.delete(&dn("p57")).expect("is there");
    let refused = stage.run(&["sync"]);
    assert_eq!(refused.code, Some(1));
    assert!(refused.stderr.contains("4 of 60"), "{}", refused.stderr);
    assert_eq!(stage.state().status("p57"), Some(MemberStatus::Confirmed));
    // What somebody approved is carried out, and does not stand in the way of what comes after.
    assert_eq!(stage.approve().code, Some(0));
    stage.sync();
    assert_eq!(stage.state().status("p57"), Some(MemberStatus::Revoked));
    directory.delete(&dn("p56")).expect("is there");
    assert_eq!(stage.run(&["sync"]).code, Some(1));
    std::fs::write(
        stage.home.data_folder().join("connector.toml"),
        format!("{LEAVERS}[limits]\nwindow-hours = 0\n"),
    )
    .expect("our settings");
    stage.sync();
    assert_eq!(stage.state().status("p56"), Some(MemberStatus::Revoked));
}

#[test]
fn a_member_under_an_older_id_keeps_everything_but_the_id() {
    let stage = Stage::new(Options::official(), "", |_| {});
    let collection = stage.organization.add_collection(None);
    let member = NewMember::confirmed(&mail("p01")).external_id("older");
    let id = stage.organization.add_member(member.collection(CollectionAccess::to(&collection)));
    stage.organization.add_group("By hand", None, &[&id]);
    let directory = Tree::of(2).group("g", "G", &["p01"]).serve();
    stage.read(&directory);
    stage.sync();
    let after = stage.organization.member(&mail("p01")).expect("a member");
    assert_eq!(
        (after.id, after.external_id, after.status),
        (id.clone(), Some(dn("p01")), MemberStatus::Confirmed)
    );
    assert_eq!(after.collections, [CollectionAccess::to(&collection)]);
    assert!(stage.organization.groups().iter().all(|group| group.members.contains(&id)));
    stage.organization.clear_requests();
    stage.sync();
    assert_eq!(stage.writes(), [""; 0]);
}

/// A company's own server does not tell how many seats there are.
#[test]
fn one_joiner_without_a_seat_keeps_nobody_else_and_no_group_waiting() {
    let official = Official { seats: Some(8), ..Official::default() };
    let stage = Stage::new(Options::with_official(official), "", |_| {});
    let directory = Tree::of(4).group("g", "G", &["p01", "p02"]).serve();
    stage.read(&directory);
    stage.sync();
    let directory = Tree::of(12).group("g", "G", &["p02", "p05", "p12"]).serve();
    stage.read(&directory);
    let output = stage.run(&["sync"]);
    assert_eq!(output.code, Some(1), "{}", output.stdout);
    assert!(
        output.stderr.contains("p08@example.test") && !output.stderr.contains("p07@"),
        "{}",
        output.stderr
    );
    assert!(output.stderr.contains("license"), "{}", output.stderr);
    let state = stage.state();
    assert!(state.status("p07").is_some() && state.status("p08").is_none());
    let members = ["p02", "p05"].map(mail).into();
    assert_eq!(state.groups[&group_dn("g")].1, members);
    let imports =
        |stage: &Stage| stage.writes().iter().filter(|it| it.ends_with("/organization/import")).count();
    assert!(imports(&stage) <= 2 + 1 + 8, "{}", imports(&stage));
    // Seats are bought: everybody comes.
    stage.organization.set_seats(Some(20));
    stage.sync();
    assert!(stage.state().status("p12").is_some());
}

/// Somebody gave the id of a colleague to a member whom no run brought over; one person leaves, one joins, and one leaves a group.
fn with_a_copied_id(connector: &str) -> (Stage, impl Sized) {
    let stage = Stage::new(Options::official(), connector, |_| {});
    let directory = Tree::of(20).group("g", "G", &["p04", "p05"]).serve();
    stage.read(&directory);
    stage.sync();
    stage.everybody_confirms();
    stage.organization.add_member(NewMember::confirmed("twin@example.test").external_id(&dn("p03")));
    let directory = Tree::of(20).without("p01").person("n1").group("g", "G", &["p04", "n1"]).serve();
    stage.read(&directory);
    (stage, directory)
}

#[test]
fn a_copy_of_an_id_is_taken_away_and_everybody_else_follows() {
    let (stage, _directory) = with_a_copied_id(TAKING);
    let plan = stage.run(&["plan", "--verbose"]);
    let row = format!("~ twin@example.test: {} → no external id", dn("p03"));
    assert!(plan.stdout.contains(&row), "{}", plan.stdout);
    stage.sync();
    let member = |address: &str| stage.organization.member(address);
    let twin = member("twin@example.test").expect("still a member");
    assert_eq!((twin.status, twin.external_id), (MemberStatus::Confirmed, None));
    let status = |name: &str| member(&mail(name)).map(|it| it.status);
    assert_eq!((status("p01"), status("n1")), (Some(MemberStatus::Revoked), Some(MemberStatus::Invited)));
    stage.organization.clear_requests();
    stage.sync();
    assert_eq!(stage.writes(), [""; 0]);
}

#[test]
fn two_members_with_one_id_stop_what_needs_the_import_and_no_leaver() {
    // Another connector may have given it.
    let connector = format!("shared-organization = true\n{TAKING}");
    let (stage, _directory) = with_a_copied_id(&connector);
    let plan = stage.run(&["plan"]);
    assert!(
        plan.stdout.contains("twin@example.test") && plan.stdout.contains("No import"),
        "{}",
        plan.stdout
    );
    let output = stage.run(&["sync"]);
    assert_eq!(output.code, Some(1), "{}", output.stdout);
    assert!(output.stderr.contains("twin@example.test"), "{}", output.stderr);
    let status = |name: &str| stage.organization.member(&mail(name)).map(|it| it.status);
    assert_eq!((status("p01"), status("n1")), (Some(MemberStatus::Revoked), None));
    let group = stage.organization.groups().remove(0);
    let stays = stage.organization.member(&mail("p04")).expect("a member").id;
    assert_eq!(group.members, [stays].into(), "who leaves a group is taken out, nobody comes in");
}

#[test]
fn seats_are_not_bought_unasked() {
    let official = Official { seats: Some(5), ..Official::cloud() };
    let stage = Stage::new(Options::with_official(official), "", |_| {});
    let directory = Tree::of(6).serve();
    stage.read(&directory);
    let plan = stage.run(&["plan"]);
    assert!(plan.stdout.contains("4 seats needed, 4 free; 2 people wait"), "{}", plan.stdout);
    stage.sync();
    let names = |status| ["p04", "p05", "p06"].map(|it| stage.state().status(it) == status);
    assert_eq!(names(None), [false, true, true], "in the directory's order");
    assert_eq!(stage.organization.seats(), Some(5));
    stage.organization.clear_requests();
    stage.sync();
    assert_eq!(stage.writes(), [""; 0]);
    std::fs::write(stage.home.data_folder().join("connector.toml"), "[limits]\nbuy-seats = true\n")
        .expect("ours");
    stage.sync();
    assert_eq!(stage.organization.seats(), Some(7));
}

/// The seat of a leaver whom the server does not let go is nobody's: whoever would have it waits, and none is bought.
#[test]
fn the_seat_that_a_leaver_keeps_is_given_to_nobody() {
    let official = Official { seats: Some(5), ..Official::cloud() };
    let stage = Stage::new(Options::with_official(official), TAKING, |_| {});
    let directory = Tree::of(4).serve();
    stage.read(&directory);
    stage.sync();
    stage.everybody_confirms();
    let leaver = stage.organization.member(&mail("p01")).expect("a member").id;
    let path = format!("/api/public/members/{leaver}/revoke");
    let refusal = Answer::json(400, r#"{"object":"error","message":"Not this one."}"#);
    stage.organization.faults().add(Rule::new("POST", &path, Fault::Answer(refusal)));
    let directory = Tree::of(5).without("p01").serve();
    stage.read(&directory);
    stage.organization.clear_requests();
    let output = stage.run(&["sync"]);
    assert_eq!(output.code, Some(1), "{}", output.stdout);
    for named in ["p01@example.test", "p05@example.test", "Not this one."] {
        assert!(output.stderr.contains(named), "{named}: {}", output.stderr);
    }
    assert_eq!(stage.writes(), [format!("POST {path}")]);
    assert_eq!((stage.state().status("p05"), stage.organization.seats()), (None, Some(5)));
    // The server lets the leaver go: the newcomer has the seat.
    stage.organization.faults().clear();
    stage.sync();
    assert_eq!(stage.state().status("p01"), Some(MemberStatus::Revoked));
    assert!(stage.state().status("p05").is_some());
    assert_eq!(stage.organization.seats(), Some(5));
}

#[test]
fn a_limit_over_one_group_or_over_people_holds_back_only_that() {
    let stage = Stage::new(Options::official(), "[leavers]\ndisabled = \"revoke\"\n", |_| {});
    let names: Vec<String> = (1..=11).map(|number| format!("p{number:02}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let directory = Tree::of(40).group("g", "G", &names).serve();
    stage.read(&directory);
    stage.sync();
    stage.everybody_confirms();
    let times = |stage: &Stage| stage.home.data_json().expect("readable")["lastUserSync"].clone();
    let before = times(&stage);

    let group = group_dn("g");
    let directory = Tree::of(40).group("g", "G", &names[..4]).disabled("p40").person("n1").serve();
    stage.read(&directory);
    let plan = stage.run(&["plan", "--detailed-exitcode"]);
    assert_eq!(plan.code, Some(3), "{}", plan.stdout);
    assert!(
        plan.stdout.contains("Held back in part: `bwdc sync` would carry out 2 of 3 changes."),
        "{}",
        plan.stdout
    );
    let output = stage.run(&["sync", "--detailed-exitcode"]);
    assert_eq!((output.code, output.stdout.as_str()), (Some(3), ""), "{}", output.stderr);
    let told = "2 changes were carried out. The limits held back the rest.\nThe group `G` would lose 7 of 11 members";
    assert!(output.stderr.contains(told), "{}", output.stderr);
    let state = stage.state();
    assert_eq!(state.status("p40"), Some(MemberStatus::Revoked));
    assert_eq!(state.status("n1"), Some(MemberStatus::Invited));
    assert_eq!(state.groups[&group].1.len(), 11);
    assert_eq!(times(&stage), before);
    // The next day, or an approval: exactly that goes.
    assert_eq!(stage.approve().code, Some(0));
    stage.sync();
    assert_eq!(stage.state().groups[&group].1.len(), 4);
    assert_ne!(times(&stage), before);

    for number in 30..=36 {
        directory.modify(&dn(&format!("p{number}")), "userAccountControl", ["514"]).expect("is there");
    }
    directory.add(&entry("n2")).expect("new");
    directory.modify(&group, "member", ["p01", "p02", "p03", "n1"].map(dn)).expect("is there");
    let output = stage.run(&["sync"]);
    assert_eq!(output.code, Some(1), "{}", output.stderr);
    let state = stage.state();
    assert_eq!(state.status("n2"), Some(MemberStatus::Invited), "{}", output.stderr);
    assert_eq!(state.status("p30"), Some(MemberStatus::Confirmed));
    let members: Vec<&str> = state.groups[&group].1.iter().map(String::as_str).collect();
    assert_eq!(members, ["n1", "p01", "p02", "p03", "p04"].map(mail));
    // With another filter nobody knows whether those people are to leave: nothing is sent.
    stage.point("sync", "userFilter", "(!(employeeType=outside))".into());
    let output = stage.run(&["sync"]);
    assert!(output.stderr.contains("The run was refused, and nothing was sent."), "{}", output.stderr);
}

fn entry(name: &str) -> String {
    format!("dn: {}\nobjectClass: inetOrgPerson\ncn: {name}\nsn: {name}\nmail: {}\n\n", dn(name), mail(name))
}
