//! The pictures of docs/console.md are the screens on record; `BWDC_WRITE_SCREENS` puts them there.

use std::path::Path;

const MARK: &str = "<!-- screen: ";

/// The screen of 80 columns, without its frame and the rows at its end that are empty.
fn picture(name: &str) -> String {
    let path = format!("{}/tests/suite/screens/{name}.txt", env!("CARGO_MANIFEST_DIR"));
    let record = std::fs::read_to_string(path).expect("a screen on record");
    let rows = record.lines().skip(1).map_while(|it| it.strip_prefix('|'));
    rows.collect::<Vec<_>>().join("\n")
}

#[test]
fn the_pictures_of_the_manual_are_the_screens_on_record() {
    let path = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/console.md"));
    let manual = std::fs::read_to_string(path).expect("the manual");
    let mut parts = manual.split(MARK);
    let mut drawn = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = part.split_once(" -->\n```text\n").expect("a name and a picture");
        let (_, after) = rest.split_once("```\n").expect("the end of a picture");
        drawn.push_str(&format!("{MARK}{name} -->\n```text\n{}\n```\n{after}", picture(name)));
    }
    if std::env::var_os("BWDC_WRITE_SCREENS").is_some() {
        std::fs::write(path, &drawn).expect("the manual");
    }
    assert!(std::fs::read_to_string(path).expect("the manual") == drawn, "run it with BWDC_WRITE_SCREENS=1");
}
