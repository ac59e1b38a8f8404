//! No text in the markup: only keys, and each of them in the catalogue.

use bwdc_messages::desktop::LABELS;
use std::collections::BTreeSet;
use std::path::Path;

fn markup(folder: &Path, found: &mut Vec<(String, String)>) {
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            markup(&path, found);
        } else if path.extension().is_some_and(|it| it == "slint") {
            found.push((path.display().to_string(), std::fs::read_to_string(&path).expect("markup")));
        }
    }
}

#[test]
fn the_markup_has_keys_and_no_words() {
    let mut files = Vec::new();
    markup(&Path::new(env!("CARGO_MANIFEST_DIR")).join("ui"), &mut files);
    assert!(files.len() > 8);
    let mut used = BTreeSet::new();
    for (path, text) in &files {
        let lines = text
            .lines()
            .filter(|it| !it.trim_start().starts_with("//") && !it.trim_start().starts_with("import"));
        for line in lines {
            for (number, literal) in line.split('"').enumerate().filter(|(number, _)| number % 2 == 1) {
                let before = line.split('"').nth(number - 1).unwrap_or_default();
                if before.ends_with("Words.of(") {
                    used.insert(literal.to_owned());
                } else {
                    let is_name = literal.is_empty()
                        || literal.ends_with(".svg")
                        || [
                            "true", "false", " ", "base", "webVault", "api", "identity", "1", "2", "3", "4",
                            "5",
                        ]
                        .contains(&literal);
                    assert!(is_name, "{path}: `{literal}` is text in the markup");
                }
            }
        }
    }
    let known: BTreeSet<String> = LABELS.iter().map(|(key, _)| (*key).to_owned()).collect();
    let missing: Vec<_> = used.difference(&known).collect();
    assert!(missing.is_empty(), "not in the catalogue: {missing:?}");
    assert!(used.len() > 60);
}
