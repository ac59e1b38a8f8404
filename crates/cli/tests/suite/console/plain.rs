//! Everything that the menu has, by a pipe: repairs, an approval, the service, a step of doctor.

use crate::contract::stage::answer;
use crate::laws::stage::{Stage, Tree, mail};
use crate::review::refused_stage;
use bwdc_sandbox::organization::{MemberStatus, NewMember, Options};

const REVOKING: &str = "[leavers]\ndisabled = \"revoke\"\ngone = \"revoke\"\n";

/// Says these lines at the menu, and gives what was printed.
#[track_caller]
fn talk(stage: &Stage, lines: &[&str]) -> String {
    let output = answer(&stage.home, &["ui", "--plain"], &format!("{}\n", lines.join("\n")));
    assert_eq!(output.code, Some(0), "{}{}", output.stdout, output.stderr);
    output.stdout
}

#[test]
fn repairs_are_listed_picked_and_carried_out_after_a_typed_yes() {
    let stage = Stage::new(Options::official(), REVOKING, |_| {});
    let directory = Tree::of(10).serve();
    stage.read(&directory);
    stage.sync();
    stage.everybody_confirms();
    stage.sync();
    stage.organization.add_member(NewMember::invited(&mail("p01")).external_id("cn=renamed"));
    let holders = || stage.organization.members().into_iter().filter(|it| it.email == mail("p01")).count();
    let said = talk(&stage, &["d", ":carry-out", "no", ":back", ":back", "0"]);
    assert!(said.contains("p01@example.test: several memberships"), "{said}");
    assert!(said.contains("never joined: is removed"), "{said}");
    assert!(said.contains("! Nothing was sent. Type yes, or press Esc."), "{said}");
    assert_eq!(holders(), 2);
    let said = talk(&stage, &["d", ":carry-out", "yes", ":back", "8", "1", ":back", ":back", "0"]);
    assert!(said.contains("were carried out.") || said.contains("was carried out."), "{said}");
    assert!(said.contains("Nothing needs a decision"), "{said}");
    assert_eq!(holders(), 1);
    assert!(said.contains("== Run 3 =="), "the history has it: {said}");
}

#[test]
fn a_refused_run_is_looked_at_and_approved_by_its_number() {
    let (stage, _directory) = refused_stage();
    let said = talk(&stage, &["a", ":approve", "7", ":back", ":back", "0"]);
    assert!(said.contains("Run 2 waits for an approval. Nothing of this was sent."), "{said}");
    assert!(said.contains("p30@example.test"), "whose access is in question: {said}");
    assert!(said.contains("! That is not the number. Type 8 to approve"), "{said}");
    let said = talk(&stage, &["a", ":approve", "8", ":close", "0"]);
    assert!(said.contains("Syncing complete."), "{said}");
    assert_eq!(stage.state().status("p30"), Some(MemberStatus::Revoked));
}

#[test]
fn the_service_is_looked_at_and_its_schedule_set() {
    let stage = Stage::new(Options::official(), REVOKING, |_| {});
    let directory = Tree::of(2).serve();
    stage.read(&directory);
    let said = talk(&stage, &["7", "3", "2", "30", ":save", ":back", ":back", "0"]);
    assert!(said.contains("No service is installed."), "{said}");
    assert!(said.contains("Saved 1 setting."), "{said}");
    assert!(stage.run(&["config", "list"]).stdout.contains("30"));
    let again = talk(&stage, &["7", ":back", "0"]);
    assert!(again.contains("every 30 minutes"), "{again}");
}

/// What doctor proposes is done from there: here somebody signs in.
#[test]
fn a_step_of_doctor_is_done_from_there() {
    let stage = Stage::new(Options::official(), "", |_| {});
    let directory = Tree::of(2).serve();
    stage.read(&directory);
    assert_eq!(stage.run(&["logout"]).code, Some(0));
    let first = talk(&stage, &["9", ":filter", ":back", "0"]);
    let row =
        first.lines().rfind(|it| it.contains("not logged in")).unwrap_or_else(|| unreachable!("{first}"));
    let number = row.trim_start_matches('*').split_whitespace().next().expect("a number").to_owned();
    let (id, secret) = (stage.organization.client_id(), stage.organization.client_secret());
    let said = talk(&stage, &["9", ":filter", &number, "1", &id, &secret, ":back", ":back", "0"]);
    assert!(
        said.contains("== What to do ==") && said.contains("Client ID, or your e-mail address"),
        "{said}"
    );
    assert!(!said.contains(&secret), "{said}");
    assert!(said.contains(&format!("Organization  {id} at")), "{said}");
}

/// As editors of Windows write it.
#[test]
fn a_mark_at_the_beginning_of_the_answers_is_read_over() {
    let stage = Stage::new(Options::official(), REVOKING, |_| {});
    let directory = Tree::of(2).serve();
    stage.read(&directory);
    let said = talk(&stage, &["\u{feff}8", ":back", "0"]);
    assert!(said.contains("== History =="), "{said}");
    assert!(!said.contains("\n! "), "{said}");
}

/// What was typed in a step that was not finished is not stored, and nothing says that it was.
#[test]
fn where_the_answers_end_the_steps_that_are_done_are_stored() {
    let home = bwdc_harness::home::Home::new().expect("a home");
    let output = answer(&home, &["setup"], "3\nhttps://vault.example.test\n");
    assert_eq!(output.code, Some(1));
    let hint = "Every step that was finished is saved; what was answered of the one after it is not. `bwdc setup` goes on with that step.\n";
    assert!(output.stderr.replace("\n", " ").contains(hint.trim_end()), "{}", output.stderr);
}
