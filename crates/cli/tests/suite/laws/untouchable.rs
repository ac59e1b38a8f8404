//! Law 11: owners, administrators and protected people stay, on every way on which others go.

use crate::laws::stage::{Stage, Tree, dn, mail};
use bwdc_sandbox::organization::{NewMember, Options, Role};

const STAYING: [&str; 5] = ["owner", "admin", "custom", "p01", "p02"];

/// Twelve people, of whom five may not be touched, and one beside them who goes by the same way.
fn stage(leavers: &str, overwrite: bool) -> Stage {
    let connector =
        format!("protected = [\"P01@example.test\", \"{}\"]\n[limits]\noff = true\n{leavers}", dn("p02"));
    let stage = Stage::new(Options::official(), &connector, |settings| {
        settings["sync"]["removeDisabled"] = true.into();
        settings["sync"]["overwriteExisting"] = overwrite.into();
    });
    for (name, role) in [("owner", Role::Owner), ("admin", Role::Admin), ("custom", Role::Custom)] {
        stage.organization.add_member(NewMember::confirmed(&mail(name)).role(role));
    }
    let directory = everybody().serve();
    stage.read(&directory);
    stage.sync();
    stage.everybody_confirms();
    for name in STAYING {
        assert_eq!(stage.state().people[&mail(name)][0].0, Some(dn(name)), "{name} is not managed");
    }
    stage
}

fn everybody() -> Tree {
    Tree::of(9).person("owner").person("admin").person("custom")
}

/// Makes all five and `p03` leave.
fn assert_only_one_goes(stage: &Stage, leave: impl Fn(Tree, &str) -> Tree, way: &str) {
    let before = stage.state();
    let tree = STAYING.iter().chain(&["p03"]).fold(everybody(), |tree, name| leave(tree, name));
    let directory = tree.serve();
    stage.read(&directory);
    stage.sync();
    let mut expected = before.people;
    if let Some(still_there) = stage.state().people.get(&mail("p03")) {
        // Revoked: still a member.
        assert_ne!(still_there, &expected[&mail("p03")], "{way}: p03 lost nothing");
        expected.insert(mail("p03"), still_there.clone());
    } else {
        expected.remove(&mail("p03"));
    }
    assert_eq!(stage.state().people, expected, "{way}");
}

#[test]
fn law_11_nobody_untouchable_leaves_by_any_cause() {
    for action in ["remove", "revoke"] {
        let leavers =
            format!("[leavers]\ndisabled = \"{action}\"\ngone = \"{action}\"\nout-of-scope = \"{action}\"\n");
        let ways: [fn(Tree, &str) -> Tree; 3] = [Tree::without, Tree::disabled, Tree::out_of_scope];
        for (number, leave) in ways.into_iter().enumerate() {
            assert_only_one_goes(&stage(&leavers, false), leave, &format!("{action}, way {number}"));
        }
    }
}

#[test]
fn law_11_nor_by_the_import_that_flags_disabled_people() {
    assert_only_one_goes(&stage("", false), |tree, name| tree.disabled(name), "removeDisabled");
}

#[test]
fn law_11_nor_by_an_import_that_overwrites() {
    assert_only_one_goes(&stage("", true), |tree, name| tree.without(name), "overwriteExisting");
    assert_only_one_goes(
        &stage("", true),
        |tree, name| tree.disabled(name),
        "overwriteExisting and disabled",
    );
    let leavers = "[leavers]\ngone = \"revoke\"\n";
    assert_only_one_goes(
        &stage(leavers, true),
        |tree, name| tree.without(name),
        "overwriteExisting and revoke",
    );
}
