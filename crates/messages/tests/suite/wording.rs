//! Words that no reader needs: what people read is plain English. Help and the settings stand in docs, as they are generated.

use std::fs;
use std::path::{Path, PathBuf};

/// What is said in another way, and how.
const OTHERWISE: [(&str, &str); 16] = [
    ("shall", "a limit or a setting, and what to do"),
    ("somebody", "a person, someone"),
    ("whoever", "a person who, anyone who"),
    ("whomever", "a person whom"),
    ("anew", "again"),
    ("besides", "also, other than"),
    ("thereof", "of it"),
    ("whereby", "with which"),
    ("is to be", "must be, should be"),
    ("are to be", "must be, should be"),
    ("by which", "with which, name it"),
    ("is no day", "is not a date"),
    ("is no date", "is not a date"),
    ("is no valid", "is not a valid"),
    ("knows no", "has no, does not have"),
    ("look over", "check"),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn files(folder: &Path, ending: &str, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder of the project") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files(&path, ending, found);
        } else if path.extension().is_some_and(|it| it == ending) {
            found.push(path);
        }
    }
}

/// The texts between quotation marks that are sentences or parts of them, without tests and comments.
fn literals(source: &str) -> String {
    let code: Vec<&str> = source
        .split("#[cfg(test)]")
        .next()
        .unwrap_or_default()
        .lines()
        .filter(|it| !it.trim_start().starts_with("//"))
        .collect();
    let code = code.join("\n").replace("\\\"", "'");
    code.split('"').skip(1).step_by(2).filter(|it| it.contains(' ')).collect::<Vec<_>>().join("\n")
}

/// The forbidden words of a text, with their line.
fn found(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for line in text.lines() {
        let words = line.to_lowercase().replace(|it: char| !it.is_alphanumeric(), " ");
        let words = format!(" {} ", words.split_whitespace().collect::<Vec<_>>().join(" "));
        for (word, other) in OTHERWISE {
            if words.contains(&format!(" {word} ")) {
                found.push(format!("`{word}` ({other}): {}", line.trim()));
            }
        }
    }
    found
}

#[test]
fn words_that_are_found() {
    assert_eq!(found("It shall be done").len(), 1);
    assert_eq!(found("`2026-13-01` is no day.\nAll is well.").len(), 1);
    assert!(found("A marshall says that the answer is no").is_empty());
    assert_eq!(literals("let a = \"one two\";\n//! \"x y\"\nb(\"three four\")"), "one two\nthree four");
}

#[test]
fn what_people_read_is_said_plainly() {
    let mut wrong = Vec::new();
    let mut note = |path: &Path, text: &str| {
        let path = path.strip_prefix(root()).unwrap_or(path).display().to_string();
        wrong.extend(found(text).into_iter().map(|it| format!("{path}: {it}")));
    };
    let mut pages = vec![root().join("README.md")];
    files(&root().join("docs"), "md", &mut pages);
    for page in pages {
        // These quote the names of tests.
        if !["organization-rules.md", "desktop-parity.md"].iter().any(|it| page.ends_with(it)) {
            note(&page, &fs::read_to_string(&page).expect("a page"));
        }
    }
    let mut sources = Vec::new();
    for folder in [
        "crates/messages/src",
        "crates/cli/src",
        "crates/jobs/src",
        "crates/console/src",
        "crates/desktop/src",
    ] {
        files(&root().join(folder), "rs", &mut sources);
    }
    for source in sources.iter().filter(|it| !it.ends_with("tests.rs")) {
        note(source, &literals(&fs::read_to_string(source).expect("a source")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Nouns that are counted. "{n:member/members}" says one member and two members.
const COUNTED: [&str; 14] = [
    "members",
    "people",
    "groups",
    "entries",
    "hours",
    "minutes",
    "seconds",
    "changes",
    "requests",
    "files",
    "users",
    "runs",
    "memberships",
    "findings",
];
/// Numbers that are never one: two members share an id, and texts that are the official connector's.
const NEVER_ONE: [&str; 4] = [
    "{number} groups of the organization",
    "{number} members of the organization",
    "{groups} group(s)",
    "groups gain or lose} members",
];

#[test]
fn numbers_have_their_forms() {
    let mut sources = Vec::new();
    files(&root().join("crates/messages/src"), "rs", &mut sources);
    let mut wrong = Vec::new();
    for source in sources.iter().filter(|it| !it.ends_with("tests.rs")) {
        let texts = literals(&fs::read_to_string(source).expect("a source"));
        for line in texts.lines().filter(|line| !NEVER_ONE.iter().any(|it| line.contains(it))) {
            let counts = |noun: &&str| line.contains(&format!("}} {noun}")) || line.contains("(s)");
            if COUNTED.iter().any(counts) {
                wrong.push(format!("{}: {line}", source.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
