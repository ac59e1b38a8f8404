//! Laws 4 and 5: a second run sends nothing, and the same input gives the same bytes.

use crate::laws::TAKING;
use crate::laws::stage::{Stage, Tree, dn, group_dn, mail};
use bwdc_sandbox::organization::{MemberStatus, NewMember, Options};
use serde_json::Value;

fn company() -> Tree {
    let members = ["p03", "p01", "p11", "p07", "p02", "p05", "p10", "p04"];
    Tree::of(12).disabled("p06").group("a", "Sales", &members).group("b", "Empty", &[]).group(
        "c",
        "Night",
        &["p01"],
    )
}

#[test]
fn law_04_nothing_new_means_nothing_sent() {
    for options in [Options::official(), Options::vaultwarden()] {
        let stage = Stage::new(options, TAKING, |_| {});
        let directory = company().serve();
        stage.read(&directory);
        stage.sync();
        assert_eq!(stage.writes().len(), 1);
        for _ in 0..2 {
            stage.organization.clear_requests();
            stage.sync();
            assert_eq!(stage.writes(), [""; 0]);
        }
    }
}

/// What was taken there by hand stays unseen where nobody can look, until somebody asks for everything to be sent again.
#[test]
fn a_full_sync_sends_everything_again_where_nobody_can_look() {
    let stage = Stage::new(Options::vaultwarden(), TAKING, |_| {});
    let directory = company().serve();
    stage.read(&directory);
    stage.sync();
    stage.everybody_confirms();
    assert!(stage.organization.revoke(&mail("p02")));
    stage.organization.clear_requests();
    stage.sync();
    assert_eq!(stage.writes(), [""; 0]);

    let by_hand = "access was revoked by hand";
    assert!(!stage.run(&["plan"]).stdout.contains(by_hand));
    let planned = stage.run(&["plan", "--full"]);
    assert!(planned.stdout.contains(by_hand), "{}", planned.stdout);
    // Plan, run and history say the same of it.
    let again = |text: &str| text.contains("again, although nothing");
    assert!(again(&planned.stdout) && !planned.stdout.contains("Nothing to do"), "{}", planned.stdout);
    assert_eq!(stage.run(&["plan", "--full", "--detailed-exitcode"]).code, Some(2));
    assert_eq!(stage.run(&["plan", "--detailed-exitcode"]).code, Some(0));
    assert_eq!(stage.writes(), [""; 0]);
    let output = stage.run(&["sync", "--full"]);
    assert_eq!((output.code, stage.writes().len()), (Some(0), 1), "{}", output.stderr);
    let history = stage.run(&["history"]).stdout;
    let last = history.lines().nth(1).expect("a run").split_whitespace().next().expect("its number");
    let told = stage.run(&["history", last]).stdout;
    assert!(again(&told.replace("nothing was known", "nothing is known")), "{told}");
    assert!(!told.contains("No change was made"), "{told}");
    let member = stage.organization.member(&mail("p02")).expect("still a member");
    assert_eq!(member.status, MemberStatus::Confirmed);

    stage.organization.clear_requests();
    stage.sync();
    assert_eq!(stage.writes(), [""; 0]);
}

/// Whoever clears the cache, with our command or with the official connector's, which takes its marks out of the settings, gets
/// everything sent once more, as there.
#[test]
fn a_cleared_cache_sends_everything_again_where_nobody_can_look() {
    let stage = Stage::new(Options::vaultwarden(), TAKING, |_| {});
    let directory = company().serve();
    stage.read(&directory);
    stage.sync();
    let official = || {
        let mut settings = stage.home.data_json().expect("readable");
        for key in ["lastUserSync", "lastGroupSync", "lastSyncHash", "userDeltaToken", "groupDeltaToken"] {
            settings.as_object_mut().expect("an object").remove(key);
        }
        stage.home.write_data_json(&settings).expect("writable");
    };
    let ours = || assert_eq!(stage.run(&["clear-cache"]).code, Some(0));
    for clear in [&ours as &dyn Fn(), &official] {
        stage.organization.clear_requests();
        stage.sync();
        assert_eq!(stage.writes(), [""; 0]);
        clear();
        let planned = stage.run(&["plan"]);
        assert!(planned.stdout.contains("This run lists everybody"), "{}", planned.stdout);
        stage.sync();
        let requests = stage.organization.requests();
        let import = requests.iter().find(|it| it.path.ends_with("/import")).expect("an import");
        let import: Value = serde_json::from_str(&import.body).expect("JSON");
        assert_eq!(import["members"].as_array().map(Vec::len), Some(11));
    }
    // A server that can be read shows what is there: nothing is sent for nothing.
    let stage = Stage::new(Options::official(), TAKING, |_| {});
    stage.read(&directory);
    stage.sync();
    stage.organization.clear_requests();
    assert_eq!(stage.run(&["clear-cache"]).code, Some(0));
    stage.sync();
    assert_eq!(stage.writes(), [""; 0]);
}

#[test]
fn law_04_what_cannot_be_made_equal_is_said_and_not_sent_again() {
    for is_official in [true, false] {
        let options = if is_official { Options::official() } else { Options::vaultwarden() };
        let stage = Stage::new(options, "", |_| {});
        if is_official {
            let other = NewMember::confirmed(&mail("p12")).external_id("another id");
            stage.organization.add_member(other);
        }
        let directory = company().serve();
        stage.read(&directory);
        stage.sync();
        // Whoever has joined changes the address in the account.
        stage.everybody_confirms();
        // Somebody else takes this person's access, the address changes, the group's name does, and a group goes.
        assert!(stage.organization.revoke(&mail("p02")));
        directory.modify(&dn("p01"), "mail", ["other@example.test"]).expect("is there");
        directory.modify(&group_dn("a"), "description", ["Sales and service"]).expect("is there");
        directory.delete(&group_dn("c")).expect("is there");
        stage.sync();
        stage.organization.clear_requests();
        let plan = stage.run(&["plan", "--response"]);
        stage.sync();
        assert_eq!(stage.writes(), [""; 0], "{is_official}: {}", plan.stdout);
        let plan: Value = serde_json::from_str(&plan.stdout).expect("one JSON object");
        assert_eq!(plan["data"]["changes"], Value::Array(Vec::new()));
        let standing = plan["data"]["standing"].as_array().expect("a list");
        let mut kinds: Vec<&str> = standing.iter().filter_map(|it| it["kind"].as_str()).collect();
        kinds.sort_unstable();
        let expected: &[&str] = if is_official {
            &["addressDiffers", "groupVanished", "revokedByHand"]
        } else {
            &["addressUnseen", "groupNameKept", "groupVanished"]
        };
        assert_eq!(kinds, expected);
    }
}

#[test]
fn law_05_the_same_input_gives_the_same_bytes() {
    let directory = company().serve();
    let bodies = [(); 3].map(|()| {
        let stage = Stage::new(Options::official(), TAKING, |_| {});
        stage.read(&directory);
        let answers = [(); 2].map(|()| {
            let output = stage.run(&["test"]);
            assert_eq!(output.code, Some(0), "{}", output.stderr);
            output.stdout
        });
        assert_eq!(answers[0], answers[1]);
        stage.sync();
        let requests = stage.organization.requests();
        let import = requests.iter().find(|it| it.path.ends_with("/import")).expect("an import");
        assert!(import.body.len() > 1000);
        (answers[0].clone(), import.body.clone())
    });
    assert_eq!(bodies[0], bodies[1]);
    assert_eq!(bodies[1], bodies[2]);
}
