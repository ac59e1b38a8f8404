//! Law 1: a read that was cut off is no directory.

use crate::laws::TAKING;
use crate::laws::stage::{Stage, Tree};
use bwdc_sandbox::ldap::{Action, At, Fault, ResultCode};
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
    let answer = |code| Action::Answer { code, message: "enough".to_owned(), after_entries: 15 };
    for action in [
        Action::Cut { after_entries: 15 },
        answer(ResultCode::SizeLimitExceeded),
        answer(ResultCode::TimeLimitExceeded),
        answer(ResultCode::Referral),
    ] {
        directory.inject(Fault::new(At::Search(1), action.clone()));
        let output = stage.run(&["sync", "--response"]);
        assert_eq!(output.code, Some(1), "{action:?}: {}", output.stdout);
        assert!(output.stdout.contains(r#""kind":"directory""#), "{action:?}: {}", output.stdout);
        assert_eq!(stage.writes(), [""; 0], "{action:?}");
        assert_eq!(stage.state(), before, "{action:?}");
        directory.clear_faults();
    }
    stage.sync();
    assert_eq!(stage.writes().len(), 2);
}
