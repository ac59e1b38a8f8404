//! What a run says that ended, however it ended: on the error stream, to scripts, and in the history. The answer of a run that did
//! everything stays the official connector's.

use crate::laws::stage::{Stage, Tree, dn, mail};
use bwdc_harness::home::Output;
use bwdc_sandbox::faults::{Answer, Fault, Rule};
use bwdc_sandbox::organization::{MemberStatus, Options, Role};
use serde_json::{Value, json};

const LEAVERS: &str = "[leavers]\ndisabled = \"revoke\"\ngone = \"revoke\"\n";

/// Forty people who have joined; nothing is left to do.
fn of_forty(options: Options) -> Stage {
    let stage = Stage::new(options, LEAVERS, |_| {});
    let directory = Tree::of(40).serve();
    stage.read(&directory);
    stage.sync();
    stage.everybody_confirms();
    stage.sync();
    stage
}

fn answer(output: &Output) -> Value {
    serde_json::from_str(&output.stdout).expect("one JSON object")
}

/// What history says of the last run.
fn in_history(stage: &Stage) -> String {
    let runs = answer(&stage.run(&["history", "--response"]));
    let id = runs["data"]["data"][0]["id"].as_i64().expect("a number");
    stage.run(&["history", &id.to_string()]).stdout
}

#[test]
fn a_run_that_only_revoked_says_whom_and_ends_as_ever() {
    let stage = of_forty(Options::official());
    let directory = Tree::of(40).without("p01").serve();
    stage.read(&directory);
    let output = stage.run(&["sync"]);
    assert_eq!(
        (output.code, output.stdout.as_str(), output.stderr.as_str()),
        (
            Some(0),
            "Syncing complete.\nSynced 0 group(s) and 39 user(s).\n",
            "1 member lost access: `p01@example.test` (no longer in the directory).\n\
             The organization was read back and is as planned.\n"
        )
    );
    let history = in_history(&stage);
    assert!(history.contains("revoke") && history.contains("was read back and was as planned"), "{history}");
    // Nothing to tell: a leaver of an earlier run is no news.
    let output = stage.run(&["sync", "--response"]);
    assert_eq!(
        (output.code, output.stdout.as_str(), output.stderr.as_str()),
        (
            Some(0),
            "{\"success\":true,\"data\":{\"noColor\":false,\"object\":\"message\",\"title\":\"Syncing complete.\",\
             \"message\":\"Synced 0 group(s) and 0 user(s).\"}}\n",
            ""
        )
    );
}

#[test]
fn what_stays_wrong_is_told_by_kind_also_to_scripts() {
    let stage = of_forty(Options::official());
    stage.organization.set_role(&mail("p02"), Role::Admin);
    stage.organization.revoke(&mail("p03"));
    let directory =
        Tree::of(40).without("p01").disabled("p02").person("n1").with_address("n1", "no address").serve();
    stage.read(&directory);
    let output = stage.run(&["sync", "--response"]);
    assert_eq!(output.code, Some(0), "{}", output.stderr);
    let lines: Vec<&str> = output.stderr.lines().collect();
    assert_eq!(lines.len(), 5, "{lines:?}");
    for (line, parts) in lines.iter().zip([
        ["1 member lost access: `p01@example.test`", "no longer in the directory"],
        ["Left out (1): `cn=n1,ou=people", "is not a valid e-mail address"],
        ["Differences that stay (1): `p03@example.test`", "revoked by hand"],
        ["Kept although not brought over (1): `p02@example.test`", "custom roles are never removed"],
        ["The organization was read back and is as planned.", ""],
    ]) {
        assert!(parts.iter().all(|it| line.contains(it)), "{line}");
    }
    let data = &answer(&output)["data"];
    let keys: Vec<&String> = data.as_object().expect("an object").keys().collect();
    assert_eq!(keys, ["noColor", "object", "title", "message", "run"]);
    let run = &data["run"];
    assert_eq!((&run["changes"], &run["verification"]), (&json!(1), &json!("verified")));
    for (kind, name) in [("revoked", "p01"), ("standing", "p03"), ("kept", "p02")] {
        assert_eq!(run[kind][0]["name"], mail(name), "{kind}");
        assert!(run[kind][0]["reason"].as_str().is_some_and(|it| !it.is_empty()), "{kind}");
    }
    let history = in_history(&stage);
    for line in ["Left out: 1.", "Differences that stayed: 1.", "Kept although not brought over: 1."] {
        assert!(history.contains(line), "{line}: {history}");
    }
    // The same again, though nothing was sent.
    let output = stage.run(&["sync"]);
    assert_eq!(output.stdout, "Syncing complete.\nSynced 0 group(s) and 0 user(s).\n");
    assert_eq!(output.stderr.lines().count(), 3, "{}", output.stderr);
    assert_eq!(stage.run(&["sync", "--quiet"]).stderr, "");
}

#[test]
fn a_run_that_was_refused_something_says_first_what_it_did() {
    let stage = of_forty(Options::official());
    let members = stage.organization.members();
    let leaver = members.iter().find(|it| it.email == mail("p01")).expect("a member");
    let path = format!("/api/public/members/{}/revoke", leaver.id);
    let refusal = Answer::json(400, r#"{"object":"error","message":"Not today.","errors":null}"#);
    stage.organization.faults().add(Rule::new("POST", &path, Fault::Answer(refusal)));
    let directory = Tree::of(40).without("p01").without("p02").person("n1").serve();
    stage.read(&directory);
    let output = stage.run(&["sync"]);
    assert_eq!((output.code, output.stdout.as_str()), (Some(1), ""));
    let lines: Vec<&str> = output.stderr.lines().collect();
    assert!(
        lines[0].starts_with("2 changes were carried out. The server did not accept `p01@example.test`"),
        "{lines:?}"
    );
    assert!(lines[1].starts_with("1 member lost access: `p02@example.test`"), "{lines:?}");
    assert_eq!(stage.state().status("p01"), Some(MemberStatus::Confirmed));
    let output = stage.run(&["sync", "--response"]);
    let answer = answer(&output);
    assert_eq!((output.code, &answer["success"]), (Some(1), &json!(false)));
    assert!(
        answer["message"].as_str().is_some_and(|it| it.starts_with("0 changes were carried out.")),
        "{answer}"
    );
    assert_eq!(
        (&answer["run"]["verification"], &answer["run"]["revoked"]),
        (&json!("notAsPlanned"), &json!([]))
    );
}

#[test]
fn a_run_that_is_held_back_in_part_says_what_it_did() {
    let stage = Stage::new(Options::official(), LEAVERS, |_| {});
    let directory = Tree::of(40).serve();
    stage.read(&directory);
    stage.sync();
    stage.everybody_confirms();
    for number in 1..=9 {
        directory.modify(&dn(&format!("p{number:02}")), "userAccountControl", ["514"]).expect("an entry");
    }
    let newcomer =
        format!("dn: {}\nobjectClass: inetOrgPerson\ncn: n1\nsn: n1\nmail: {}\n", dn("n1"), mail("n1"));
    directory.add(&newcomer).expect("an entry");
    let output = stage.run(&["sync"]);
    assert_eq!((output.code, output.stdout.as_str()), (Some(1), ""));
    let begins = "1 change was carried out. The limits held back the rest.";
    assert!(output.stderr.starts_with(begins), "{}", output.stderr);
    assert!(output.stderr.contains("Kept although not brought over (9)"), "{}", output.stderr);
    let answer = answer(&stage.run(&["sync", "--response"]));
    assert_eq!(
        (&answer["success"], answer["run"]["kept"].as_array().map(Vec::len)),
        (&json!(false), Some(9))
    );
}

#[test]
fn what_nobody_could_verify_is_said_wherever_a_run_is_told_of() {
    let stage = of_forty(Options::vaultwarden());
    let directory = Tree::of(40).without("p01").serve();
    stage.read(&directory);
    let output = stage.run(&["sync"]);
    assert_eq!(output.code, Some(0), "{}", output.stderr);
    assert_eq!(
        output.stderr,
        "1 member was sent to the server as deleted: `p01@example.test` (no longer in the directory).\n\
         Sent, not verified: this server cannot be read.\n"
    );
    assert!(in_history(&stage).contains("Sent, not verified"), "{}", in_history(&stage));
    let directory = Tree::of(40).without("p01").person("n1").serve();
    stage.read(&directory);
    let output = stage.run(&["sync", "--response"]);
    assert_eq!(output.stderr, "Sent, not verified: this server cannot be read.\n");
    assert_eq!(answer(&output)["data"]["run"]["verification"], "sentNotVerified");
}
