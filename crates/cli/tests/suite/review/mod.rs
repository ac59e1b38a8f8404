//! What an administrator does between runs: look at the history, approve a refused run.

mod approved;
mod noticed;

use crate::laws::stage::{self, Stage, Tree};
use bwdc_sandbox::organization::{MemberStatus, Options};
use serde_json::Value;

const LEAVERS: &str = "[leavers]\ngone = \"revoke\"\n";

/// Thirty confirmed people, of whom eight are missing from the directory that is read next.
pub(crate) fn refused_stage() -> (Stage, bwdc_sandbox::ldap::Server) {
    let stage = Stage::new(Options::official(), LEAVERS, |_| {});
    let directory = Tree::of(30).serve();
    stage.read(&directory);
    stage.sync();
    stage.everybody_confirms();
    let directory = Tree::of(22).serve();
    stage.read(&directory);
    let refused = stage.run(&["sync", "--detailed-exitcode"]);
    assert_eq!(refused.code, Some(3), "{}", refused.stderr);
    assert!(refused.stderr.contains("`bwdc approve 2`"), "{}", refused.stderr);
    (stage, directory)
}

fn json(stage: &Stage, arguments: &[&str]) -> Value {
    let output = stage.run(arguments);
    assert_eq!(output.code, Some(0), "{}", output.stderr);
    serde_json::from_str(&output.stdout).expect("one JSON object")
}

#[test]
fn an_approved_run_passes_and_nobody_beyond_it_goes() {
    let (stage, _directory) = refused_stage();
    let approval = stage.approve();
    assert_eq!(approval.code, Some(0), "{}", approval.stderr);
    assert!(approval.stdout.contains("8 people may lose access"), "{}", approval.stdout);

    let beyond = Tree::of(21).serve();
    stage.read(&beyond);
    assert_eq!(stage.run(&["sync"]).code, Some(1));
    assert_eq!(stage.state().status("p22"), Some(MemberStatus::Confirmed));
    assert_eq!(stage.state().status("p30"), Some(MemberStatus::Confirmed));

    let approved = Tree::of(22).serve();
    stage.read(&approved);
    stage.sync();
    let state = stage.state();
    assert_eq!(state.status("p22"), Some(MemberStatus::Confirmed));
    for name in ["p23", "p30"] {
        assert_eq!(state.status(name), Some(MemberStatus::Revoked), "{name}");
    }
}

/// What an approval allowed and a run has done is neither open in `status` nor refused again by a withdrawal.
#[test]
fn an_approval_that_was_used_is_not_open_and_its_withdrawal_says_what_stays_done() {
    let (stage, _directory) = refused_stage();
    assert_eq!(stage.approve().code, Some(0));
    // Its exit code tells how the installation is.
    let open = |stage: &Stage| -> Value {
        let status: Value = serde_json::from_str(&stage.run(&["status", "--response"]).stdout).expect("JSON");
        status["data"]["profiles"][0]["approved"].clone()
    };
    assert_eq!(open(&stage)[0]["run"], 2, "{}", open(&stage));

    // Five of the eight are back: the run takes three, and what was approved of the others is open.
    let some = Tree::of(27).serve();
    stage.read(&some);
    stage.sync();
    assert_eq!(open(&stage)[0]["scope"]["revoked"].as_array().map(Vec::len), Some(5), "{}", open(&stage));
    let withdrawn = stage.run(&["approve", "--withdraw"]);
    assert_eq!(
        withdrawn.stdout,
        "The approval of run 2 is withdrawn. Run 3 has done a part of it, and that stays done; the rest is refused again.\n"
    );

    assert_eq!(stage.run(&["approve", "2"]).code, Some(0));
    let all = Tree::of(22).serve();
    stage.read(&all);
    stage.sync();
    assert_eq!(stage.state().status("p23"), Some(MemberStatus::Revoked));
    let withdrawn = stage.run(&["approve", "--withdraw"]);
    assert_eq!(withdrawn.code, Some(0), "{}", withdrawn.stderr);
    assert!(withdrawn.stdout.contains("run 4 has carried it out already"), "{}", withdrawn.stdout);
}

#[test]
fn a_run_that_was_approved_and_carried_out_leaves_nothing_open() {
    let (stage, _directory) = refused_stage();
    assert_eq!(stage.approve().code, Some(0));
    stage.sync();
    let status = json(&stage, &["status", "--response"]);
    assert_eq!(status["data"]["profiles"][0]["approved"], serde_json::json!([]), "{status}");
    let withdrawn = stage.run(&["approve", "--withdraw"]);
    assert_eq!(
        (withdrawn.code, withdrawn.stdout.as_str()),
        (
            Some(0),
            "The approval of run 2 is withdrawn, but run 3 has carried it out already, and that stays done.\n"
        )
    );
}

#[test]
fn an_approval_is_withdrawn_and_without_a_terminal_a_run_is_named_by_its_number() {
    let (stage, _directory) = refused_stage();
    let which = stage.run(&["approve"]);
    assert_eq!((which.code, which.stdout.as_str()), (Some(1), ""));
    assert_eq!(
        which.stderr,
        "Without a terminal, `approve` needs the number of the refused run.\n\
         Run 2 was refused last. Look at it with `bwdc history 2`, then run `bwdc approve 2`.\n"
    );
    assert_eq!(stage.run(&["sync"]).code, Some(1), "nothing was approved");
    let none = stage.run(&["approve", "--withdraw"]);
    assert_eq!((none.code, none.stdout.as_str()), (Some(1), ""));
    assert!(none.stderr.contains("There is no approval to withdraw."), "{}", none.stderr);

    assert_eq!(stage.run(&["approve", "2"]).code, Some(0));
    let withdrawn = stage.run(&["approve", "--withdraw"]);
    assert_eq!(
        (withdrawn.code, withdrawn.stdout.as_str()),
        (Some(0), "The approval of run 2 is withdrawn. What it allowed is refused again.\n")
    );
    assert_eq!(stage.run(&["sync"]).code, Some(1));
    assert_eq!(stage.state().status("p30"), Some(MemberStatus::Confirmed));
    let again = stage.run(&["approve", "--withdraw", "2", "--response"]);
    assert!(again.stdout.contains("Run 2 has no approval"), "{}", again.stdout);
    let given = json(&stage, &["approve", "2", "--response"]);
    assert_eq!(given["data"]["scope"]["revoked"].as_array().map(Vec::len), Some(8));
    let withdrawn = json(&stage, &["approve", "--withdraw", "2", "--response"]);
    assert_eq!(withdrawn["data"], serde_json::json!({ "object": "withdrawal", "run": 2 }));
}

#[test]
fn there_is_nothing_to_approve_where_nothing_was_refused() {
    let stage = Stage::new(Options::official(), LEAVERS, |_| {});
    let output = stage.run(&["approve"]);
    assert_eq!((output.code, output.stdout.as_str()), (Some(1), ""));
    assert!(output.stderr.contains("run `bwdc sync`"), "{}", output.stderr);
    let (stage, _directory) = refused_stage();
    assert_eq!(stage.run(&["approve", "1"]).code, Some(1));
}

#[test]
fn history_tells_each_run_and_each_action_with_its_cause() {
    let (stage, _directory) = refused_stage();
    let list = json(&stage, &["history", "--response"]);
    let runs = list["data"]["data"].as_array().expect("runs");
    let told: Vec<(&str, &Value)> =
        runs.iter().map(|run| (run["outcome"].as_str().expect("text"), &run["counts"])).collect();
    assert_eq!(told.iter().map(|it| it.0).collect::<Vec<_>>(), ["refused", "complete"]);
    assert_eq!((&told[0].1["revoke"], &told[1].1["invite"]), (&8.into(), &30.into()));

    let number = runs[0]["id"].to_string();
    let run = json(&stage, &["history", &number, "--response"]);
    let actions = run["data"]["actions"].as_array().expect("actions");
    assert_eq!(actions.len(), 9, "eight people, and why none of them went");
    assert_eq!(
        (&actions[8]["action"], &actions[8]["change"]["reason"], &actions[8]["change"]["planned"]),
        (&"refused".into(), &"tooManyRemovals".into(), &8.into())
    );
    assert_eq!((&actions[0]["action"], &actions[0]["change"]["cause"]), (&"revoke".into(), &"gone".into()));

    let csv = stage.run(&["history", &number, "--csv"]).stdout;
    assert_eq!(csv.lines().next(), Some("action,subject,cause,in,out"));
    assert_eq!(csv.lines().nth(1), Some("revoke,p23@example.test,gone,,"));
    let text = stage.run(&["history", &number]).stdout;
    assert!(text.contains("Refused: 8 of 30 managed members would lose access"), "{text}");
    let csv = stage.run(&["history", "--csv"]).stdout;
    assert!(csv.starts_with("run,started,finished,outcome,changes,started by,seconds\n"), "{csv}");
    let first = csv.lines().nth(1).expect("the refused run");
    assert!(first.contains(",refused,revoke 8,command,"), "{first}");
    let table = stage.run(&["history"]).stdout;
    assert!(table.lines().all(|line| line.chars().count() <= 80), "{table}");
    assert_eq!(stage.run(&["history", "99"]).code, Some(1));
}

#[test]
fn history_tells_what_ended_a_run_that_came_to_no_plan() {
    let (stage, directory) = refused_stage();
    drop(directory);
    let failed = stage.run(&["sync"]);
    assert_eq!(failed.code, Some(1));
    let list = json(&stage, &["history", "--response"]);
    let run = &list["data"]["data"][0];
    assert_eq!((&run["outcome"], &run["startedBy"]), (&"failed".into(), &"command".into()));
    let text = stage.run(&["history", &run["id"].to_string()]).stdout;
    assert!(text.contains("Failed: ") && text.contains("ldap://127.0.0.1:"), "{text}");
    // The refused run can still be approved.
    let approval = stage.approve();
    assert!(approval.stdout.contains("8 people may lose access"), "{} {}", approval.stdout, approval.stderr);
}

#[test]
fn history_names_who_came_into_a_group_and_who_went_out() {
    let stage = Stage::new(Options::official(), LEAVERS, |_| {});
    let directory = Tree::of(4).group("a", "Sales", &["p01", "p02"]).serve();
    stage.read(&directory);
    stage.sync();
    stage.sync();
    let directory = Tree::of(4).group("a", "Sales", &["p01", "p03"]).serve();
    stage.read(&directory);
    stage.sync();
    let number = json(&stage, &["history", "--response"])["data"]["data"][0]["id"].to_string();
    let text = stage.run(&["history", &number]).stdout;
    let (came, went) = (stage::mail("p03"), stage::mail("p02"));
    assert!(text.contains(&format!("in: {came}")) && text.contains(&format!("out: {went}")), "{text}");
    let csv = stage.run(&["history", &number, "--csv"]).stdout;
    let line = csv.lines().nth(1).expect("one change");
    assert!(line.starts_with("changeMembers,Sales,differs,") && line.contains(&came), "{line}");
}

#[test]
fn what_is_known_of_one_organization_never_decides_over_another() {
    let settings = "[leavers]\ndisabled = \"remove\"\ngone = \"remove\"\n[limits]\noff = true\n";
    let mut stage = Stage::new(Options::official(), settings, |_| {});
    let all = Tree::of(9).serve();
    stage.read(&all);
    stage.sync();

    // The same people, brought in by somebody else under the same ids.
    let other =
        bwdc_sandbox::organization::Server::start_blocking(Options::official()).expect("an organization");
    for member in stage.organization.members().iter().filter(|it| it.external_id.is_some()) {
        let id = member.external_id.as_deref().expect("filtered");
        other.add_member(bwdc_sandbox::organization::NewMember::confirmed(&member.email).external_id(id));
    }
    assert_eq!(stage.run(&["logout"]).code, Some(0));
    stage.organization = other;
    stage.point("environmentUrls", "base", stage.organization.url().into());
    stage.sign_in();

    let fewer = Tree::of(9).without("p01").disabled("p02").serve();
    stage.read(&fewer);
    let output = stage.run(&["sync"]);
    assert_eq!(output.code, Some(0), "{}", output.stderr);
    assert!(output.stderr.contains("another organization"), "{}", output.stderr);
    let state = stage.state();
    assert_eq!(state.status("p01"), Some(MemberStatus::Confirmed));
    assert_eq!(state.status("p02"), Some(MemberStatus::Confirmed));
}

#[test]
fn a_saved_plan_is_applied_exactly_or_not_at_all() {
    let stage = Stage::new(Options::official(), LEAVERS, |_| {});
    let directory = Tree::of(3).serve();
    stage.read(&directory);
    let file = stage.home.data_folder().join("plan.json");
    let file = file.to_str().expect("a text");
    let planned = stage.run(&["plan", "--out", file]);
    assert_eq!(planned.code, Some(0));
    assert_eq!(
        planned.stderr,
        format!("Saved the plan to `{file}`. Run `bwdc apply {file}` to carry it out.\n")
    );
    assert_eq!(stage.writes(), [""; 0]);

    let more = Tree::of(4).serve();
    stage.read(&more);
    let changed = stage.run(&["apply", file, "--response"]);
    assert_eq!(changed.code, Some(1));
    assert!(
        changed.stdout.contains("0 changes are no longer needed, and 1 change is new"),
        "{}",
        changed.stdout
    );
    assert_eq!(stage.writes(), [""; 0]);

    stage.read(&directory);
    let applied = stage.run(&["apply", file]);
    assert_eq!(applied.code, Some(0), "{}", applied.stderr);
    assert_eq!(stage.state().people.len(), 3 + 1);
    assert_eq!(stage.run(&["apply", file]).code, Some(1), "a plan is applied once");

    std::fs::write(file, "{").expect("a file");
    let broken = stage.run(&["apply", file]);
    assert!(broken.stderr.contains("plan.json") && broken.code == Some(1), "{}", broken.stderr);
}

#[test]
fn what_the_server_would_refuse_is_not_approved() {
    let stage = Stage::new(Options::official(), LEAVERS, |_| {});
    let few = Tree::of(2).serve();
    stage.read(&few);
    stage.sync();
    // Nobody knows whose id it is; a copy of one that the ledger knows is taken away.
    for address in ["x@example.test", "y@example.test"] {
        let twice = bwdc_sandbox::organization::NewMember::confirmed(address);
        stage.organization.add_member(twice.external_id("uid=ghost"));
    }
    let more = Tree::of(3).serve();
    stage.read(&more);
    let refused = stage.run(&["sync"]);
    assert_eq!(refused.code, Some(1));
    for part in ["x@example.test", "y@example.test", "uid=ghost"] {
        assert!(refused.stderr.contains(part), "{part} is not in {}", refused.stderr);
    }
    for (arguments, said) in [
        (&["approve"][..], "There is no refused run to approve"),
        (&["approve", "2"], "Run 2 was not refused"),
    ] {
        let output = stage.run(arguments);
        assert_eq!((output.code, output.stdout.as_str()), (Some(1), ""), "{arguments:?}");
        assert!(output.stderr.contains(said), "{}", output.stderr);
    }
    assert_eq!(stage.run(&["sync"]).code, Some(1));
}

#[test]
fn a_damaged_ledger_is_named_by_whoever_meets_it_and_set_aside_by_a_run_only() {
    let stage = Stage::new(Options::official(), LEAVERS, |_| {});
    let directory = Tree::of(3).serve();
    stage.read(&directory);
    stage.sync();
    let path = stage.home.data_folder().join("connector.db");
    let damaged = vec![b'x'; 40_000];
    for name in ["connector.db-wal", "connector.db-shm"] {
        let _gone = std::fs::remove_file(stage.home.data_folder().join(name));
    }
    std::fs::write(&path, &damaged).expect("a file");
    for (arguments, code) in [
        (&["plan"][..], 0),
        (&["history"], 1),
        (&["history", "1"], 1),
        (&["history", "purge", "--all"], 1),
        (&["approve"], 1),
    ] {
        let output = stage.run(arguments);
        assert_eq!(output.code, Some(code), "{arguments:?}: {}", output.stderr);
        assert!(output.stderr.contains("connector.db` cannot be read"), "{arguments:?}: {}", output.stderr);
        assert!(std::fs::read(&path).expect("a file") == damaged, "{arguments:?} touched it");
    }
    let output = stage.run(&["sync"]);
    assert_eq!(output.code, Some(0), "{}", output.stderr);
    assert!(output.stderr.contains("was set aside as"), "{}", output.stderr);
}

#[test]
fn a_group_that_vanished_was_not_asked_for_and_the_plan_does_not_say_so() {
    let leavers = format!("{LEAVERS}vanished-groups = \"delete\"\n");
    let stage = Stage::new(Options::official(), &leavers, |_| {});
    let before = Tree::of(3).group("g", "Vault", &["p01"]).group("h", "Hall", &["p01"]).serve();
    stage.read(&before);
    stage.sync();
    let after = Tree::of(3).group("h", "Hall", &["p01"]).serve();
    stage.read(&after);
    let planned = stage.run(&["plan"]);
    let deleted = "Groups deleted (1): no longer a group of the directory\n  - Vault with 1 member\n";
    assert!(planned.stdout.contains(deleted), "{}", planned.stdout);
    assert!(!planned.stdout.contains("no longer in the directory"), "{}", planned.stdout);
}

#[test]
fn a_plan_names_who_comes_into_a_group_and_who_goes_out() {
    let stage = Stage::new(Options::official(), LEAVERS, |_| {});
    let before = Tree::of(4).group("g", "Vault", &["p01", "p02"]).serve();
    stage.read(&before);
    stage.sync();
    let after = Tree::of(4).group("g", "Vault", &["p02", "p03"]).serve();
    stage.read(&after);
    let planned = stage.run(&["plan"]);
    let (comes, goes) = (format!("in: {}\n", stage::mail("p03")), format!("out: {}\n", stage::mail("p01")));
    for part in ["Members of groups (1): changed in the directory\n  ~ Vault: +1 −1 of 2\n", &comes, &goes]
    {
        assert!(planned.stdout.contains(part), "{part} is not in {}", planned.stdout);
    }
    assert!(planned.stdout.lines().all(|it| it.chars().count() <= 80), "{}", planned.stdout);
}

#[test]
fn a_saved_plan_holds_who_is_in_a_new_group() {
    let stage = Stage::new(Options::official(), LEAVERS, |_| {});
    let of = |member: &str| Tree::of(3).group("g", "Vault", &[member]).serve();
    let (first, other) = (of("p01"), of("p02"));
    stage.read(&first);
    let file = stage.home.data_folder().join("plan.json");
    let file = file.to_str().expect("a text");
    assert_eq!(stage.run(&["plan", "--out", file]).code, Some(0));
    let saved: Value = serde_json::from_slice(&std::fs::read(file).expect("a file")).expect("JSON");
    assert_eq!(saved["newGroups"][stage::group_dn("g")], serde_json::json!([stage::dn("p01")]));

    // As many members, and another one.
    stage.read(&other);
    let changed = stage.run(&["apply", file]);
    assert_eq!(changed.code, Some(1));
    assert!(
        changed.stderr.contains("1 change is no longer needed, and 1 change is new"),
        "{}",
        changed.stderr
    );
    assert_eq!(stage.writes(), [""; 0]);
    stage.read(&first);
    assert_eq!(stage.run(&["apply", file]).code, Some(0));
    assert_eq!(stage.state().groups[&stage::group_dn("g")].1, [stage::mail("p01")].into());
}

#[test]
fn a_server_that_says_yes_and_stores_nothing_is_found_out() {
    use bwdc_sandbox::faults::{Answer, Fault, Rule};
    let stage = Stage::new(Options::official(), LEAVERS, |_| {});
    let directory = Tree::of(3).serve();
    stage.read(&directory);
    let rule = Rule::new("POST", "/api/public/organization/import", Fault::Answer(Answer::empty(200)));
    stage.organization.faults().add(rule);
    let output = stage.run(&["sync"]);
    assert_eq!((output.code, output.stdout.as_str()), (Some(1), ""));
    assert!(output.stderr.contains("3 changes were still missing"), "{}", output.stderr);
    assert!(!stage.home.data_json().expect("readable")["lastUserSync"].is_string());
}

#[test]
fn a_server_of_bitwardens_own_that_hides_its_members_is_not_believed() {
    use bwdc_sandbox::faults::{Answer, Fault, Rule};
    let (stage, directory) = refused_stage();
    let members = Rule::new("GET", "/api/public/members", Fault::Answer(Answer::json(404, "{}")));
    stage.organization.faults().add(members);
    stage.organization.clear_requests();
    let output = stage.run(&["sync"]);
    assert_eq!(output.code, Some(1));
    assert!(output.stderr.contains("does not show the members"), "{}", output.stderr);
    assert_eq!(stage.writes(), [""; 0]);
    drop(directory);
}

#[test]
fn people_of_another_directory_are_not_gone() {
    let settings = "[leavers]\ngone = \"remove\"\n[limits]\noff = true\n";
    let stage = Stage::new(Options::official(), settings, |_| {});
    let first = Tree::of(5).serve();
    stage.read(&first);
    stage.sync();
    let ldif = "dn: dc=other,dc=test\nobjectClass: domain\ndc: other\n\n\
                dn: cn=n1,dc=other,dc=test\nobjectClass: inetOrgPerson\ncn: n1\nsn: n1\nmail: n1@example.test\n";
    let options = bwdc_sandbox::ldap::Options::with_bind(ldif, stage::READER, stage::LDAP_PASSWORD);
    let other = bwdc_sandbox::ldap::Server::start_blocking(options).expect("a directory");
    stage.read(&other);
    stage.point("directoryLdap", "rootPath", "dc=other,dc=test".into());
    for field in ["userPath", "groupPath"] {
        stage.point("sync", field, Value::Null);
    }
    let output = stage.run(&["sync"]);
    assert_eq!(output.code, Some(0), "{}", output.stderr);
    assert!(output.stderr.contains("lead to another directory now"), "{}", output.stderr);
    assert_eq!(stage.state().people.len(), 5 + 1 + 1);
    // Nor later: nobody of the former one is asked for in this one.
    let planned = stage.run(&["plan"]);
    assert!(planned.stdout.contains("came from the directory"), "{}", planned.stdout);
    stage.sync();
    assert_eq!(stage.state().people.len(), 5 + 1 + 1);
}

#[test]
fn history_and_ledger_are_forgotten_on_demand() {
    let (stage, _directory) = refused_stage();
    let runs = |stage: &Stage| {
        json(stage, &["history", "--response"])["data"]["data"].as_array().map_or(0, Vec::len)
    };
    assert_eq!(runs(&stage), 2);
    assert_eq!(
        json(&stage, &["history", "purge", "--before", "2020-01-01", "--response"])["data"]["runs"],
        0
    );
    for wrong in [&["history", "purge"][..], &["history", "purge", "--before", "yesterday"]] {
        assert_eq!(stage.run(wrong).code, Some(1), "{wrong:?}");
    }
    assert_eq!(json(&stage, &["history", "purge", "--all", "--response"])["data"]["runs"], 2);
    assert_eq!(runs(&stage), 0);
    // Whom we manage stays: the run is refused as before.
    assert_eq!(stage.run(&["sync", "--detailed-exitcode"]).code, Some(3));
    // Nobody can say yes without a terminal.
    for asked in ["purge", "rebuild"] {
        let output = stage.run(&["ledger", asked]);
        assert_eq!((output.code, output.stdout.as_str()), (Some(1), ""), "{asked}");
        assert!(output.stderr.contains("`--force`"), "{}", output.stderr);
    }
    assert_eq!(stage.run(&["sync", "--detailed-exitcode"]).code, Some(3), "the ledger is as it was");
    assert_eq!(stage.run(&["ledger", "purge", "--force"]).code, Some(0));
    assert_eq!(runs(&stage), 2, "what happened stays");
    assert_eq!(json(&stage, &["history", "purge", "--all", "--response"])["data"]["runs"], 2);
    let bytes = std::fs::read(stage.home.data_folder().join("connector.db")).expect("it is there");
    let trace = b"p23@example.test";
    assert!(!bytes.windows(trace.len()).any(|it| it == trace), "a name is left in the file");
    stage.sync();
    assert_eq!(stage.state().status("p23"), Some(MemberStatus::Confirmed), "a baseline removes nobody");
}

#[test]
fn what_was_sent_last_is_forgotten_with_the_ledger() {
    // Nobody can look: what was sent before is not sent again.
    let stage = Stage::new(Options::vaultwarden(), LEAVERS, |_| {});
    let directory = Tree::of(3).group("g", "Group", &["p01"]).serve();
    stage.read(&directory);
    stage.sync();
    assert!(stage.home.data_json().expect("readable")["lastSyncHash"].is_string());
    stage.organization.clear_requests();
    stage.sync();
    assert_eq!(stage.writes(), [""; 0]);
    assert_eq!(stage.run(&["ledger", "purge", "--force"]).code, Some(0));
    stage.sync();
    assert_eq!(stage.writes(), ["POST /api/public/organization/import"]);
}

#[test]
fn the_ledger_is_made_anew_from_directory_and_organization() {
    let stage = Stage::new(Options::official(), LEAVERS, |_| {});
    let directory = Tree::of(30).group("g", "Group", &["p01", "p02"]).serve();
    stage.read(&directory);
    stage.sync();
    stage.everybody_confirms();
    assert_eq!(stage.run(&["ledger", "purge", "--force"]).code, Some(0));
    stage.organization.clear_requests();
    let rebuilt = json(&stage, &["ledger", "rebuild", "--force", "--response"]);
    assert_eq!((rebuilt["data"]["people"].as_u64(), rebuilt["data"]["groups"].as_u64()), (Some(30), Some(1)));
    assert_eq!(stage.writes(), [""; 0]);
    // Whom it knows again, it follows.
    let directory = Tree::of(29).group("g", "Group", &["p01", "p02"]).serve();
    stage.read(&directory);
    stage.sync();
    assert_eq!(stage.state().status("p30"), Some(MemberStatus::Revoked));

    let stage = Stage::new(Options::vaultwarden(), LEAVERS, |_| {});
    stage.read(&directory);
    let output = stage.run(&["ledger", "rebuild", "--force"]);
    assert_eq!(output.code, Some(1));
    assert!(output.stderr.contains("ledger purge"), "{}", output.stderr);
}

#[test]
fn another_program_that_synced_is_noticed_and_everything_is_compared() {
    let stage = Stage::new(Options::official(), LEAVERS, |_| {});
    let directory = Tree::of(5).serve();
    stage.read(&directory);
    stage.sync();
    let notice = "Another program has synced";
    assert!(!stage.run(&["sync"]).stderr.contains(notice));
    // What the official connector leaves behind.
    let mut settings = stage.home.data_json().expect("readable");
    settings["lastUserSync"] = "2026-11-20T13:18:40.171Z".into();
    settings["lastSyncHash"] = "bm90IG91cnM=".into();
    stage.home.write_data_json(&settings).expect("writable");
    let planned = stage.run(&["plan"]);
    assert!(planned.stderr.contains(notice), "{}", planned.stderr);
    assert!(stage.run(&["sync"]).stderr.contains(notice));
    assert!(!stage.run(&["sync"]).stderr.contains(notice), "it is told once");
    assert_eq!(stage.run(&["clear-cache"]).code, Some(0));
    assert!(!stage.run(&["sync"]).stderr.contains(notice), "cleared marks are nobody's");
}

/// What the scheduler of an installation runs that was taken over with `overwriteExisting` on: no terminal, no question.
#[test]
fn a_scheduled_sync_that_overwrites_follows_the_limits_instead_of_a_question() {
    let overwrite = |settings: &mut Value| settings["sync"]["overwriteExisting"] = true.into();
    let stage = Stage::new(Options::official(), "", overwrite);
    let directory = Tree::of(40).serve();
    stage.read(&directory);
    stage.sync();
    stage.everybody_confirms();
    // Two people of forty are within the limits, and deleted, as the official connector does.
    let within = Tree::of(38).serve();
    stage.read(&within);
    let output = stage.run(&["sync"]);
    assert_eq!(
        (output.code, output.stdout.as_str()),
        (Some(0), "Syncing complete.\nSynced 0 group(s) and 38 user(s).\n")
    );
    assert_eq!((stage.state().status("p39"), stage.state().people.len()), (None, 39));
    // More than that is refused with 1, and nothing at all is sent.
    let beyond = Tree::of(30).serve();
    stage.read(&beyond);
    stage.organization.clear_requests();
    let output = stage.run(&["sync", "--response"]);
    assert_eq!(output.code, Some(1));
    assert!(output.stdout.contains(r#""kind":"refused""#), "{}", output.stdout);
    assert_eq!((stage.writes(), stage.state().people.len()), (vec![], 39));
    // Nothing new: nothing is sent, and the counts say so.
    stage.read(&within);
    assert_eq!(stage.run(&["sync"]).stdout, "Syncing complete.\nSynced 0 group(s) and 0 user(s).\n");
}
