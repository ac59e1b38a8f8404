//! What `bwdc test` has to print for a directory, told by a second program that shares no line with the first.
//!
//! The script works on the server's own answers (`ldapsearch`) and on ICU's C library, through Debian's Python.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::output::finish;
use crate::slapd::Slapd;
use crate::{HarnessError, temporary_folder, write_file};

const LIMIT: Duration = Duration::from_secs(300);
const PYTHON: &str = "/usr/bin/python3";

/// What the oracle is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Question {
    /// The output of `test`, on one line.
    Test,
    /// The output of `test --pretty`.
    PrettyTest,
    /// The body that the first `sync` posts.
    Import,
}

/// Asks the oracle about everything that the server holds, users being `person` with `mail`, groups named by `cn`.
///
/// # Errors
/// Python or PyICU missing, or a search that fails.
pub fn expected(
    server: &Slapd,
    group_class: &str,
    member_attribute: &str,
    question: Question,
) -> Result<String, HarnessError> {
    let folder = temporary_folder()?;
    let users = folder.path().join("users.ldif");
    let groups = folder.path().join("groups.ldif");
    let user_attributes = ["mail", "uid", "objectGUID", "userAccountControl"];
    write_file(&users, server.ldapsearch("(objectClass=person)", &user_attributes)?)?;
    let group_filter = format!("(objectClass={group_class})");
    write_file(&groups, server.ldapsearch(&group_filter, &["cn", member_attribute, "objectGUID"])?)?;

    let mut command = Command::new(PYTHON);
    command.arg(script()).arg(&users).arg(&groups).args(["--member-attribute", member_attribute]);
    match question {
        Question::Test => {}
        Question::PrettyTest => drop(command.arg("--pretty")),
        Question::Import => drop(command.arg("--import")),
    }
    let output = finish(command, LIMIT)?;
    match output.code {
        Some(0) => Ok(output.stdout),
        _ => Err(HarnessError::Failed {
            program: script().display().to_string(),
            status: format!("{:?}", output.code),
            stderr: output.stderr,
        }),
    }
}

fn script() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/expected_test_output.py")
}
