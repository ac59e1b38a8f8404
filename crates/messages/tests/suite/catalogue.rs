//! A catalogue of another language takes over without a caller being touched; a key stands for one sentence.

use bwdc_messages::{Catalogue, text};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

#[test]
fn a_catalogue_replaces_the_english_and_lacks_are_said_in_english() {
    let words = [("test.members", "{group} hat {members:Mitglied/Mitglieder}"), ("test.odd", "{unknown}")];
    let words = words.map(|(key, text)| (key.to_owned(), text.to_owned()));
    Catalogue::new(words, |number| usize::from(number != 1)).speak();
    let group = "Vertrieb";
    let members =
        |members: u32| text!("test.members", "{group} has {members:member/members}", group, members);
    assert_eq!(members(1), "Vertrieb hat 1 Mitglied");
    assert_eq!(members(12), "Vertrieb hat 12 Mitglieder");
    assert_eq!(text!("test.lacking", "{group} is lacking", group), "Vertrieb is lacking");
    assert_eq!(text!("test.odd", "{group}", group), "unknown");
}

/// Every `text!` of this crate and of the front ends that draw, by its key.
fn sentences() -> BTreeMap<String, Vec<String>> {
    let mut sentences: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let of_crate =
        |name: &str| files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name).join("src"));
    for file in ["messages", "jobs", "console", "desktop"].into_iter().flat_map(of_crate) {
        let source = std::fs::read_to_string(&file).expect("source");
        for part in source.split("text!(").skip(1) {
            let mut literals = part.split('"');
            let (Some(before), Some(key), Some(_), Some(english)) =
                (literals.next(), literals.next(), literals.next(), literals.next())
            else {
                continue;
            };
            if before.trim().is_empty() && !key.starts_with("test.") && !key.starts_with("doc.") {
                sentences.entry(key.to_owned()).or_default().push(english.to_owned());
            }
        }
    }
    sentences
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder").map(|it| it.expect("an entry").path());
    entries.flat_map(|it| if it.is_dir() { files(&it) } else { vec![it] }).collect()
}

#[test]
fn a_key_stands_for_one_sentence() {
    let sentences = sentences();
    for (key, texts) in &sentences {
        assert!(texts.iter().all(|it| it == &texts[0]), "`{key}` stands for {texts:?}");
        let fits = |it: char| it.is_ascii_lowercase() || it.is_ascii_digit() || it == '-' || it == '.';
        assert!(key.contains('.') && key.chars().all(fits), "`{key}` is no key");
    }
}

/// The names that a template has in braces, without the words that go with a number.
fn names(template: &str) -> std::collections::BTreeSet<&str> {
    let places = template.split('{').skip(1).filter_map(|it| it.split_once('}'));
    places.filter_map(|(place, _)| place.split([':', '|']).next()).filter(|it| !it.is_empty()).collect()
}

#[test]
fn the_german_of_the_window_names_what_the_english_names() {
    let sentences = sentences();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../desktop/texts/de.txt");
    let german = std::fs::read_to_string(path).expect("the German catalogue");
    let lines = german.lines().filter(|it| !it.trim_start().starts_with('#'));
    let entries = lines.filter_map(|it| it.split_once('=')).map(|(key, text)| (key.trim(), text));
    let mut seen = 0;
    for (key, text) in entries.filter(|(key, _)| !key.starts_with("desktop.")) {
        // The names of settings stand in the table of their labels.
        if let Some(name) = key.strip_prefix("setting.label.") {
            assert!(bwdc_core::settings::Setting::find(name).is_some(), "`{name}` is no setting");
            continue;
        }
        let english = &sentences.get(key).unwrap_or_else(|| panic!("`{key}` stands for no sentence"))[0];
        assert!(names(text).is_subset(&names(english)), "`{key}`: {text} beside {english}");
        seen += 1;
    }
    assert!(seen > 50);
}
