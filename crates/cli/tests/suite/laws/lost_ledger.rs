//! Law 12: without its ledger the program takes a baseline, removes nobody and says so.

use crate::laws::stage::{Stage, Tree};
use bwdc_sandbox::organization::{MemberStatus, Options};

const ANY_LEAVER: &str = "\
[leavers]
disabled = \"remove\"
gone = \"remove\"
out-of-scope = \"remove\"
[limits]
off = true
";

/// An organization in step with its directory, and a directory that several people have left in every way.
fn stage(options: Options, overwrite: bool) -> (Stage, bwdc_sandbox::ldap::Server) {
    let stage = Stage::new(options, ANY_LEAVER, |settings| {
        settings["sync"]["overwriteExisting"] = overwrite.into();
    });
    let directory = Tree::of(9).serve();
    stage.read(&directory);
    stage.sync();
    stage.everybody_confirms();
    let directory = Tree::of(9).without("p01").disabled("p02").out_of_scope("p03").person("n1").serve();
    stage.read(&directory);
    (stage, directory)
}

fn assert_a_baseline(stage: &Stage, said: &str) {
    let before = stage.state();
    stage.organization.clear_requests();
    let output = stage.run(&["sync", "--response"]);
    assert_eq!(output.code, Some(0), "{}", output.stdout);
    assert!(output.stderr.contains(said), "{}", output.stderr);
    let mut after = stage.state();
    assert!(after.people.remove("n1@example.test").is_some());
    assert_eq!(after, before);

    // The next run knows who is there, and what it may do.
    let directory = Tree::of(9).disabled("p02").person("n1").serve();
    stage.read(&directory);
    stage.sync();
    assert!(matches!(stage.state().status("p02"), None | Some(MemberStatus::Revoked)));
    assert_eq!(stage.state().status("p01"), Some(MemberStatus::Confirmed));
}

#[test]
fn law_12_a_lost_ledger_removes_nobody() {
    for overwrite in [false, true] {
        let (stage, _directory) = stage(Options::official(), overwrite);
        std::fs::remove_file(stage.home.data_folder().join("connector.db")).expect("is there");
        assert_a_baseline(&stage, "first run with this ledger");
    }
}

#[test]
fn law_12_a_corrupt_ledger_removes_nobody() {
    for overwrite in [false, true] {
        let (stage, _directory) = stage(Options::official(), overwrite);
        let path = stage.home.data_folder().join("connector.db");
        let mut bytes = std::fs::read(&path).expect("is there");
        bytes[100..8000].fill(0x5a);
        std::fs::write(&path, bytes).expect("is ours");
        assert_a_baseline(&stage, "could not be read and was set aside");
        let set_aside = std::fs::read_dir(stage.home.data_folder()).expect("a folder").filter(|entry| {
            let name = entry.as_ref().expect("an entry").file_name();
            name.to_string_lossy().starts_with("connector.db.broken-")
        });
        assert_eq!(set_aside.count(), 1);
    }
}

/// A first run with another base or filter would follow hardly anybody from then on: those whose ids are the directory's count, by name
/// or by an id of an attribute that was chosen in a time that nobody remembers.
#[test]
fn law_12_a_first_run_that_finds_few_of_the_directorys_members_is_refused() {
    for id_attribute in ["", "[ldap]\nid-attribute = \"entryUUID\"\n"] {
        let stage = Stage::new(Options::official(), id_attribute, |_| ());
        let directory = Tree::of(9).serve();
        stage.read(&directory);
        stage.sync();
        stage.everybody_confirms();
        std::fs::remove_file(stage.home.data_folder().join("connector.db")).expect("is there");
        std::fs::write(stage.home.data_folder().join("connector.toml"), "").expect("our settings");
        stage.point("sync", "userFilter", "(cn=p01)".into());
        let before = stage.state();
        let output = stage.run(&["sync"]);
        assert_eq!(output.code, Some(1), "{id_attribute}: {} {}", output.stdout, output.stderr);
        let words: String = output.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(
            words.contains("This first run finds 1 of 9 members who have ids of this directory"),
            "{words}"
        );
        assert_eq!(stage.state(), before);
        assert_eq!(stage.approve().code, Some(0));
        stage.sync();
        assert_eq!(
            stage.state().status("p09"),
            Some(MemberStatus::Confirmed),
            "it removes nobody all the same"
        );
    }
}

/// Ids that the directory does not know are another one's, and say nothing of this one.
#[test]
fn law_12_ids_of_another_directory_do_not_count() {
    let stage = Stage::new(Options::official(), "", |_| ());
    let other = "dc=elsewhere,dc=test";
    let directory = Tree::of(9).serve();
    stage.read(&directory);
    stage.sync();
    for member in stage.organization.members() {
        let number = member.email.get(1..3).expect("a number").to_owned();
        let id = if number == "01" { "legacy-01".to_owned() } else { format!("cn=p{number},{other}") };
        assert!(stage.organization.set_external_id(&member.email, Some(&id)));
    }
    std::fs::remove_file(stage.home.data_folder().join("connector.db")).expect("is there");
    stage.point("sync", "userFilter", "(cn=p01)".into());
    stage.sync();
}

#[test]
fn law_12_nor_on_a_server_that_cannot_be_read() {
    let (stage, _directory) = stage(Options::vaultwarden(), false);
    std::fs::remove_file(stage.home.data_folder().join("connector.db")).expect("is there");
    let before = stage.state();
    stage.sync();
    let mut after = stage.state();
    assert!(after.people.remove("n1@example.test").is_some());
    assert_eq!(after, before);
}
