//! The checklist beside the official app names tests that there are.

use std::collections::BTreeSet;
use std::path::Path;

/// The functions of a folder of sources.
fn functions(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            functions(&path, found);
        } else if path.extension().is_some_and(|it| it == "rs" || it == "py") {
            let text = std::fs::read_to_string(&path).expect("a source");
            for line in text.lines().map(str::trim_start) {
                let begins = ["fn ", "async fn ", "pub fn ", "def "];
                if let Some(rest) = begins.iter().find_map(|it| line.strip_prefix(it)) {
                    found.extend(rest.split(['(', '<']).next().map(str::to_owned));
                }
            }
        }
    }
}

/// The numbered rows of one part: what is there, and what is here.
fn rows(part: &str) -> Vec<(usize, String, String)> {
    let cells = part.lines().filter_map(|line| {
        let mut cells = line.strip_prefix('|')?.strip_suffix('|')?.split(" | ").map(str::trim);
        let number = cells.next()?.parse().ok()?;
        Some((number, cells.next()?.to_owned(), cells.collect::<Vec<_>>().join(" | ")))
    });
    cells.collect()
}

/// The tests that a cell names.
fn named(cell: &str) -> Vec<&str> {
    let quoted = cell.split('`').skip(1).step_by(2);
    quoted.filter_map(|it| it.rsplit_once("::")).map(|(_, name)| name).collect()
}

#[test]
fn every_row_is_ticked_by_a_test_that_there_is_or_says_why_ours_differs() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let text = std::fs::read_to_string(root.join("docs/desktop-parity.md")).expect("the checklist");
    let mut known = BTreeSet::new();
    functions(&root.join("crates"), &mut known);
    functions(&root.join("scripts"), &mut known);
    let (checklist, weaknesses) = text.split_once("## Weaknesses").expect("two parts");
    for (part, count, must_name) in [(checklist, 71, false), (weaknesses, 22, true)] {
        let rows = rows(part);
        let numbers: Vec<usize> = rows.iter().map(|(number, ..)| *number).collect();
        assert_eq!(numbers, (1..=count).collect::<Vec<_>>());
        for (number, there, here) in rows {
            let tests = named(&here);
            let missing: Vec<&&str> = tests.iter().filter(|it| !known.contains(**it)).collect();
            assert!(missing.is_empty(), "{number} ({there}): there is no {missing:?}");
            let is_ticked = !tests.is_empty() || (!must_name && here.starts_with("ours differs: "));
            assert!(is_ticked, "{number} ({there}): `{here}` names no test");
        }
    }
}
