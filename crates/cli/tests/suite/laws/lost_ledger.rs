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
