//! Law 1: a read that was cut off is no directory.

use crate::TAKING;
use crate::stage::{Stage, Tree};
use bwdc_sandbox::ldap::{Action, At, Fault};
use bwdc_sandbox::organization::Options;

#[test]
fn law_01_half_a_directory_is_none() {
    let stage = Stage::new(Options::official(), TAKING, |_| {});
    let directory = Tree::of(20).serve();
    stage.read(&directory);
    stage.sync();
    stage.organization.clear_requests();
    let before = stage.state();

    let directory = Tree::of(22).without("p01").serve();
    stage.read(&directory);
    directory.inject(Fault::new(At::Page(1), Action::Cut { after_entries: 15 }));
    let output = stage.run(&["sync", "--response"]);
    assert_eq!(output.code, Some(1), "{}", output.stdout);
    assert!(output.stdout.contains(r#""kind":"directory""#), "{}", output.stdout);
    assert_eq!(stage.writes(), [""; 0]);
    assert_eq!(stage.state(), before);

    directory.clear_faults();
    stage.sync();
    assert_eq!(stage.writes().len(), 2);
}
