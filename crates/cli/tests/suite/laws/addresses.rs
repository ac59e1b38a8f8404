//! A server that goes by addresses and is not seen: whoever leaves loses access under every address that was ever told, and what
//! cannot be known is not claimed.

use crate::laws::TAKING;
use crate::laws::hidden::{REVOKING, company, in_unit, settled};
use crate::laws::stage::{Stage, Tree, mail};
use bwdc_sandbox::organization::{MemberStatus, Options};

const NEW: &str = "new.name@example.test";

fn grouped() -> Tree {
    Tree::of(40).group("g", "Group", &["p01", "p02"])
}

fn of_forty() -> Stage {
    let stage = Stage::new(Options::vaultwarden(), TAKING, |_| {});
    let directory = grouped().serve();
    stage.read(&directory);
    stage.sync();
    stage.everybody_confirms();
    stage
}

fn status(stage: &Stage, address: &str) -> Option<MemberStatus> {
    stage.organization.member(address).map(|it| it.status)
}

fn plan(stage: &Stage) -> String {
    let output = stage.run(&["plan"]);
    output.stdout.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn somebody_whose_address_changed_in_directory_and_account_leaves() {
    let stage = of_forty();
    let members = stage.organization.members().len();
    let directory = grouped().with_address("p01", NEW).group("g", "Group", &["p01", "p03"]).serve();
    stage.read(&directory);
    let told = plan(&stage);
    assert!(told.contains("not sent as a member any more"), "{told}");
    stage.sync();
    assert!(stage.organization.change_account_address(&mail("p01"), NEW));
    // Everything is sent again, and makes nobody a second time.
    assert_eq!(stage.run(&["sync", "--full"]).code, Some(0));
    assert_eq!(stage.organization.members().len(), members);
    assert!(stage.state().groups.values().any(|(_, members)| members.contains(NEW)), "{:?}", stage.state());

    let directory = grouped().with_address("p01", NEW).disabled("p01").serve();
    stage.read(&directory);
    stage.sync();
    assert_eq!(status(&stage, NEW), Some(MemberStatus::Revoked));
    stage.organization.clear_requests();
    stage.sync();
    assert_eq!(stage.writes(), Vec::<String>::new());
    let told = plan(&stage);
    assert!(told.contains("this server does not show whether access ended"), "{told}");
}

#[test]
fn an_address_that_a_colleague_may_have_is_named_and_neither_loses_access_by_it() {
    let stage = of_forty();
    let directory =
        grouped().with_address("p01", NEW).disabled("p01").with_address("p02", &mail("p01")).serve();
    stage.read(&directory);
    stage.sync();
    assert_eq!(status(&stage, &mail("p02")), Some(MemberStatus::Confirmed));
    for _ in 0..2 {
        let told = plan(&stage);
        for part in
            ["may still have access", &format!("`{}` ({})", mail("p01"), mail("p02")), "login --observer"]
        {
            assert!(told.contains(part), "`{part}` is not in: {told}");
        }
        assert!(!told.contains("has no access"), "{told}");
        stage.sync();
    }
}

#[test]
fn an_address_that_a_refused_run_was_told_is_remembered() {
    let stage = of_forty();
    // One run sees the address, and is refused for something else.
    let directory = (3..=30)
        .fold(grouped().with_address("p01", NEW), |tree, number| tree.disabled(&format!("p{number:02}")));
    let directory = directory.serve();
    stage.read(&directory);
    let output = stage.run(&["sync"]);
    assert_eq!(output.code, Some(1), "{}", output.stderr);
    assert!(stage.organization.change_account_address(&mail("p01"), NEW));

    let directory = grouped().with_address("p01", "third@example.test").disabled("p01").serve();
    stage.read(&directory);
    stage.sync();
    assert_eq!(status(&stage, NEW), Some(MemberStatus::Revoked));
}

/// Values of one attribute have no order: a later read finds another one first.
#[test]
fn who_has_several_addresses_in_the_directory_keeps_the_one_that_was_pushed() {
    let both = |first: &str, second: &str| {
        Tree::of(3).with_address("p01", &format!("{first}\nmail: {second}")).group(
            "g",
            "Group",
            &["p01", "p02"],
        )
    };
    for options in [Options::official(), Options::vaultwarden()] {
        let stage = Stage::new(options, TAKING, |_| {});
        let directory = both(&mail("p01"), NEW).serve();
        stage.read(&directory);
        stage.sync();
        let directory = both(NEW, &mail("p01")).serve();
        stage.read(&directory);
        stage.organization.clear_requests();
        for command in ["test", "plan"] {
            let output = stage.run(&[command]);
            assert!(!output.stdout.contains(NEW), "{command}: {}", output.stdout);
        }
        assert!(stage.run(&["test"]).stdout.contains(&mail("p01")));
        stage.sync();
        assert_eq!(stage.writes(), Vec::<String>::new());
        assert!(stage.organization.member(NEW).is_none());
    }
}

/// Whoever was renamed is known by the id that stays: what is asked and what is planned show the same address.
#[test]
fn who_has_several_addresses_keeps_the_pushed_one_also_after_a_rename() {
    let server = company(&[]);
    let stage = settled(&server, REVOKING);
    let name = in_unit("p01", "people");
    let changes = format!(
        "dn: {name}\nchangetype: modify\nreplace: mail\nmail: {NEW}\nmail: {}\n\n\
         dn: {name}\nchangetype: modrdn\nnewrdn: cn=renamed\ndeleteoldrdn: 1\n\n",
        mail("p01")
    );
    server.ldapmodify(&changes).expect("changes");
    stage.organization.clear_requests();
    let renamed = in_unit("renamed", "people");
    for (command, who) in [("test", None), ("explain", Some(renamed.as_str())), ("plan", None)] {
        let arguments: Vec<&str> = std::iter::once(command).chain(who).collect();
        let told = stage.run(&arguments).stdout;
        assert!(!told.contains(NEW), "{command}: {told}");
        assert_eq!(told.contains(&mail("p01")), command != "plan", "{command}: {told}");
    }
    stage.sync();
    assert_eq!(stage.writes(), Vec::<String>::new());
}
