//! Law 7: what `test` shows is what `plan` and `sync` work with, and `plan` explains every difference.

use crate::laws::stage::{Stage, Tree, dn, mail};
use bwdc_sandbox::organization::{NewMember, Options};
use serde_json::Value;
use std::collections::BTreeSet;

fn answer(stage: &Stage, arguments: &[&str]) -> Value {
    let output = stage.run(arguments);
    assert_eq!(output.code, Some(0), "{}", output.stderr);
    serde_json::from_str(&output.stdout).expect("one JSON object")
}

/// Texts at `path` of every element of a list.
fn texts(list: &Value, path: &str) -> BTreeSet<String> {
    let list = list.as_array().expect("a list");
    list.iter().map(|it| it.pointer(path).and_then(Value::as_str).expect("a text").to_owned()).collect()
}

#[test]
fn law_07_test_plan_and_sync_agree_and_every_difference_is_explained() {
    let stage = Stage::new(Options::official(), "", |settings| {
        settings["sync"]["removeDisabled"] = true.into();
    });
    let tree = Tree::of(14).disabled("p05").disabled("p06");
    let tree = tree.group("a", "Sales", &["p01", "p05", "p08"]).group("b", "", &["p02"]);
    let directory = tree.serve();
    // In the eyes of a server these are no addresses; and one is longer than people are shown with.
    directory.modify(&dn("p08"), "mail", ["no address"]).expect("is there");
    directory.modify(&dn("p09"), "mail", ["   "]).expect("is there");
    directory.modify(&dn("p10"), "mail", [format!("{}@example.test", "a".repeat(260))]).expect("is there");
    directory.modify(&dn("p11"), "mail", [""; 0]).expect("is there");
    stage.organization.add_member(NewMember::confirmed(&mail("p12")).external_id("another id"));
    stage.organization.add_member(NewMember::confirmed(&mail("p13")).external_id(&dn("p13")));
    stage.read(&directory);

    let shown = answer(&stage, &["test", "--response"]);
    let plan = answer(&stage, &["plan", "--response"]);
    let (shown, plan) = (&shown["data"], &plan["data"]);
    stage.sync();

    let requests = stage.organization.requests();
    let import = requests.iter().find(|it| it.path.ends_with("/import")).expect("an import");
    let import: Value = serde_json::from_str(&import.body).expect("JSON");
    let sent = texts(&import["members"], "/externalId");
    let planned: Vec<Value> = plan["changes"].as_array().expect("a list").clone();
    let (others, people): (Vec<_>, Vec<_>) = planned
        .iter()
        .filter(|it| it["person"].is_object())
        .cloned()
        .partition(|it| it["action"] == "replaceExternalId");
    assert_eq!(texts(&Value::Array(people), "/person/externalId"), sent);
    // A member under another id gets the directory's by a request of its own.
    let others = texts(&Value::Array(others), "/person/externalId");
    assert_eq!(others, BTreeSet::from([dn("p12")]));
    let replaced = stage.organization.member(&mail("p12")).expect("a member");
    assert_eq!(replaced.external_id, Some(dn("p12")));

    let desired: BTreeSet<String> = ["enabledUsers", "disabledUsers", "deletedUsers"]
        .iter()
        .flat_map(|key| texts(&shown[*key], "/externalId"))
        .collect();
    assert!(desired.is_superset(&sent), "{sent:?}");
    let not_sent: BTreeSet<String> = desired.difference(&sent).cloned().collect();
    let mut explained = texts(&plan["leftOut"], "/reference");
    explained.extend(texts(&plan["standing"], "/person/externalId"));
    // Members already, or disabled and no members: both sides are equal as they are.
    explained.extend(["p13", "p05", "p06"].map(dn));
    explained.extend(others);
    let unexplained: Vec<&String> = not_sent.difference(&explained).collect();
    assert_eq!(unexplained, Vec::<&String>::new());
    assert!(not_sent.contains(&dn("p08")) && not_sent.contains(&dn("p12")), "{not_sent:?}");
    // People whom `test` does not show, for want of an address, are listed too.
    for name in ["p10", "p11"] {
        assert!(texts(&plan["leftOut"], "/reference").contains(&dn(name)), "{name}: {}", plan["leftOut"]);
    }

    let groups = texts(&shown["groups"], "/externalId");
    let sent = texts(&import["groups"], "/externalId");
    assert!(!sent.is_empty() && groups.is_superset(&sent));
    for group in groups.difference(&sent) {
        assert!(texts(&plan["leftOut"], "/reference").contains(group), "{group}: {}", plan["leftOut"]);
    }
    let members = |list: &Value, key: &str| {
        let list = list.as_array().expect("a list").iter();
        let texts = |it: &Value| it[key].as_array().expect("a list").clone();
        list.map(|it| (it["externalId"].clone(), texts(it)))
            .filter(|(id, _)| sent.contains(id.as_str().expect("a text")))
            .collect::<Vec<_>>()
    };
    assert_eq!(members(&shown["groups"], "userIds"), members(&import["groups"], "memberExternalIds"));
}
