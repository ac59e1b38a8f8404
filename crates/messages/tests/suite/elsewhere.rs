//! Words for people are in this crate: core and engine hold neither a sentence for a person nor a command.
//!
//! A literal is taken for a sentence when it begins with a capital, has four words or more, and ends like one; for a command
//! when it names `bwdc` in backticks. Comments, tests, and invariants of `expect` are left out.

use std::path::{Path, PathBuf};

/// Files whose words have not been moved yet. This list gets shorter, never longer.
const STILL_TO_BE_MOVED: &[&str] = &["engine/src/lock.rs"];

/// Words that are not ours: what the official connector says and scripts compare, what servers say, what is written into a
/// file of settings.
const OF_OTHERS: &[&str] = &[
    "You are already logged in as {client_id}.",
    "You are not logged in.",
    "Username/password are not configured.",
    "The request's model state is invalid.",
    "You cannot import this much data at once.",
    "Organization cannot use directory syncing.",
];

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder").map(|it| it.expect("an entry").path());
    entries.flat_map(|it| if it.is_dir() { files(&it) } else { vec![it] }).collect()
}

/// The literals of a source, without comments and tests. What escapes and continues on the next line is put together.
fn literals(source: &str) -> Vec<String> {
    let source = source.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
    let is_code = |line: &&str| !line.trim_start().starts_with("//") && !line.contains(".expect(");
    let source: String = source.lines().filter(is_code).map(|line| format!("{line}\n")).collect();
    let mut literals = Vec::new();
    let mut letters = source.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            // A quote as a character, which begins no literal.
            '\'' if letters.peek() == Some(&'"') => {
                letters.next();
            }
            '"' => {
                let mut literal = String::new();
                while let Some(letter) = letters.next() {
                    match letter {
                        '"' => break,
                        '\\' => match letters.next() {
                            Some('\n') => while letters.next_if(|it| it.is_whitespace()).is_some() {},
                            Some(escaped) => literal.push(escaped),
                            None => break,
                        },
                        letter => literal.push(letter),
                    }
                }
                literals.push(literal);
            }
            _ => {}
        }
    }
    literals
}

fn is_for_people(literal: &str) -> bool {
    let sentence = literal.starts_with(|it: char| it.is_ascii_uppercase())
        && literal.split_whitespace().count() >= 4
        && literal.ends_with(['.', '!', '?']);
    if OF_OTHERS.contains(&literal) || literal.starts_with("# ") {
        return false;
    }
    sentence || literal.contains("`bwdc ") || literal.contains("`bwdc`")
}

#[test]
fn core_and_engine_have_no_words_for_people() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut found: Vec<(String, String)> = Vec::new();
    for part in ["core/src", "base/src", "directory/src", "engine/src"] {
        for file in files(&crates.join(part)) {
            let name = file.strip_prefix(&crates).expect("a crate").display().to_string().replace('\\', "/");
            if name.contains("/tests") {
                continue;
            }
            let source = std::fs::read_to_string(&file).expect("source");
            let words = literals(&source).into_iter().filter(|it| is_for_people(it));
            found.extend(words.map(|it| (name.clone(), it)));
        }
    }
    let moved = |name: &str| !STILL_TO_BE_MOVED.contains(&name);
    let wrong: Vec<_> = found.iter().filter(|(name, _)| moved(name)).collect();
    assert!(wrong.is_empty(), "words for people, which belong into crates/messages: {wrong:#?}");
    for name in STILL_TO_BE_MOVED {
        assert!(found.iter().any(|(it, _)| it == name), "{name} has no words left: take it off the list");
    }
}

#[test]
fn what_is_for_people_is_told_from_what_is_not() {
    for words in ["Run `bwdc login` first.", "Set the clock of this machine.", "use `bwdc`"] {
        assert!(is_for_people(words), "{words}");
    }
    for words in ["cannot read `{}`", "reading the directory", "No such thing", "SELECT a FROM b WHERE c"] {
        assert!(!is_for_people(words), "{words}");
    }
    let source = "// \"A comment that says so.\"\nlet a = \"One \\\n     two\"; let b = '\"'; let c = \"x\";";
    assert_eq!(literals(source), ["One two", "x"]);
}
