//! Laws 8 and 9, as far as the text of the program shows them: core has no effects, and what holds a secret cannot be
//! printed.

use std::path::{Path, PathBuf};

fn crates() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a folder of crates").to_owned()
}

/// Every source file below a folder, with its text.
fn sources(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|it| it == "rs") {
            let text = std::fs::read_to_string(&path).expect("text");
            found.push((path, text));
        }
    }
    found
}

#[test]
fn law_08_core_asks_nobody() {
    let effects = [
        "std::fs",
        "std::env",
        "std::net",
        "std::io",
        "std::process",
        "std::thread",
        "std::time",
        "SystemTime",
        "Instant::",
        "RandomState",
        "HashMap::default",
        "std::collections::Hash",
        "println!",
        "tokio",
        "async fn",
    ];
    let sources = sources(&crates().join("core/src"));
    assert!(sources.len() > 20);
    let mut found = Vec::new();
    for (path, text) in &sources {
        // Where a file's tests begin; rules stand above them.
        let rules = text.split("#[cfg(test)]").next().unwrap_or_default();
        for (number, line) in (1..).zip(rules.lines()) {
            let code = line.split("//").next().unwrap_or_default();
            if effects.iter().any(|it| code.contains(it)) {
                found.push(format!("{}:{number}: {line}", path.display()));
            }
        }
    }
    assert_eq!(found, Vec::<String>::new());
}

/// A lock folder is marked with the time of the disk on which it lies, as the official connector does.
#[test]
fn law_08_the_clock_alone_reads_the_time_of_day() {
    let readers = ["SystemTime::now", "Timestamp::now", "Zoned::now"];
    let allowed = ["base/src/clock.rs", "engine/src/store/official_lock.rs"];
    let mut found = Vec::new();
    let mut read = 0;
    for part in ["base", "directory", "engine", "messages", "cli"] {
        for (path, text) in sources(&crates().join(part).join("src")) {
            read += 1;
            let name = path.display().to_string().replace('\\', "/");
            let code = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
            if readers.iter().any(|it| code.contains(it)) && !allowed.iter().any(|it| name.ends_with(it)) {
                found.push(name);
            }
        }
    }
    assert!(read > 200, "{read} files");
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn law_09_what_holds_a_secret_derives_neither_debug_nor_serialize() {
    let mut holders = 0;
    let mut found = Vec::new();
    let crates_with_secrets = ["base", "directory", "engine", "cli"];
    for (path, text) in crates_with_secrets.iter().flat_map(|it| sources(&crates().join(it).join("src"))) {
        let lines: Vec<&str> = text.lines().collect();
        for (number, line) in lines.iter().enumerate() {
            let code = line.trim_start().trim_start_matches("pub(crate) ").trim_start_matches("pub(super) ");
            let code = code.trim_start_matches("pub ");
            if !code.starts_with("struct ") && !code.starts_with("enum ") {
                continue;
            }
            let fields = lines[number..].iter().take_while(|it| !it.starts_with('}') && !it.ends_with(';'));
            let ends_here = line.ends_with(';');
            let holds = if ends_here {
                line.contains("SecretString")
            } else {
                fields.into_iter().any(|it| it.contains("SecretString") && !it.contains("//"))
            };
            if !holds {
                continue;
            }
            holders += 1;
            let attributes =
                lines[..number].iter().rev().take_while(|it| it.trim_start().starts_with(['#', '/']));
            for attribute in attributes.filter(|it| it.contains("derive(")) {
                if attribute.contains("Debug") || attribute.contains("Serialize") {
                    found.push(format!("{}:{}: {attribute}", path.display(), number + 1));
                }
            }
        }
    }
    assert!(holders >= 3, "only {holders} types hold a secret: is this test blind?");
    assert_eq!(found, Vec::<String>::new());
}
