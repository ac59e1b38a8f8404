//! What `bwdc doctor` says of a directory without being asked for every check.

use crate::contract::doctor::{assert_outcome, checks, encrypted, one, unbroken};
use crate::contract::stage::Stage;
use bwdc_sandbox::ldap::ServerCertificate;
use serde_json::{Value, json};

/// Who names a unit in the root sees what is around it, too: that is a line of its own, unless the paths lie below the unit.
#[test]
fn a_root_that_is_cut_is_said_where_it_makes_searches_look_elsewhere() {
    let stage = Stage::signed_in();
    stage.change(|data| {
        data["directoryLdap"]["rootPath"] = json!("ou=people,dc=example,dc=test");
        for path in ["userPath", "groupPath"] {
            data["sync"][path] = Value::Null;
        }
    });
    let output = stage.run(&["doctor"]);
    let text = unbroken(&output.stdout);
    assert!(
        text.contains("`ou=people` in `ldap.rootPath` does not count") && text.contains("`sync.userPath`"),
        "{}",
        output.stdout
    );
    stage.change(|data| {
        for path in ["userPath", "groupPath"] {
            data["sync"][path] = json!("ou=people");
        }
    });
    let output = stage.run(&["doctor"]);
    assert!(!unbroken(&output.stdout).contains("does not count"), "{}", output.stdout);
}

/// What Node programs trust, doctor names, with the file.
#[test]
fn authorities_of_the_environment_are_named_with_their_file() {
    let mut stage = encrypted(ServerCertificate::Valid);
    let (before, _) = checks(&stage.home);
    assert_outcome(one(&before, "directory", "certificate"), "fail", &["is missing"]);
    let authority = stage.home.path().join("ca.pem");
    std::fs::write(&authority, stage.directory.ca_pem().expect("an authority")).expect("a file");
    stage.home.set("NODE_EXTRA_CA_CERTS", &authority);
    let (after, _) = checks(&stage.home);
    assert_outcome(one(&after, "directory", "certificate"), "ok", &[]);
    let output = stage.run(&["doctor", "--all"]);
    let named = format!("{} (1)", authority.display());
    let text = unbroken(&output.stdout);
    assert!(text.contains("NODE_EXTRA_CA_CERTS") && text.contains(&named), "{}", output.stdout);
}
