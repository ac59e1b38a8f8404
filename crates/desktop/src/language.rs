//! The language of the window: that of the system, where there is a catalogue for it.

use bwdc_messages::Catalogue;

const GERMAN: &str = include_str!("../texts/de.txt");

/// Lets the window speak the language that the variables name.
pub fn speak(variable: impl Fn(&str) -> Option<String>) {
    let named =
        ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().find_map(|it| variable(it).filter(|it| !it.is_empty()));
    if named.is_some_and(|it| it.to_ascii_lowercase().starts_with("de")) {
        Catalogue::new(read(GERMAN), |number| usize::from(number != 1)).speak();
    }
}

/// The sentences of a catalogue: a key, an equals sign, the text; what begins with # is for translators.
fn read(text: &str) -> impl Iterator<Item = (String, String)> {
    let lines = text.lines().map(str::trim).filter(|it| !it.is_empty() && !it.starts_with('#'));
    lines.filter_map(|line| {
        let (key, text) = line.split_once('=')?;
        Some((key.trim().to_owned(), text.trim().to_owned()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use bwdc_messages::desktop::LABELS;
    use std::collections::{BTreeMap, BTreeSet};
    use std::path::Path;

    /// What the pages of the window say, whatever happens on them: every sentence of these topics has German.
    const WHOLE: [&str; 14] = [
        "service-view",
        "job",
        "question",
        "method",
        "condition",
        "state",
        "area",
        "form",
        "section",
        "progress",
        "repair-view",
        "running",
        "desktop-runs",
        "group-access",
    ];

    /// The sentences of a folder of sources, by their keys.
    fn sentences(folder: &Path, found: &mut BTreeMap<String, String>) {
        for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
            let path = entry.path();
            if path.is_dir() {
                sentences(&path, found);
            } else if path.extension().is_some_and(|it| it == "rs") {
                let text = std::fs::read_to_string(&path).expect("a source");
                for call in text.split(concat!("text", "!(")).skip(1) {
                    let key = literal(call);
                    let english =
                        key.as_ref().and_then(|(_, rest)| literal(rest.trim_start().strip_prefix(',')?));
                    if let (Some((key, _)), Some((english, _))) = (key, english) {
                        found.insert(key, english);
                    }
                }
            }
        }
    }

    /// The text that a source begins with, and what follows.
    fn literal(source: &str) -> Option<(String, &str)> {
        let inside = source.trim_start().strip_prefix('"')?;
        let end = inside.match_indices('"').map(|(at, _)| at).find(|at| !inside[..*at].ends_with('\\'))?;
        Some((inside[..end].to_owned(), &inside[end + 1..]))
    }

    fn all() -> BTreeMap<String, String> {
        let mut found = BTreeMap::new();
        let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        for name in ["messages", "jobs"] {
            sentences(&crates.join(name).join("src"), &mut found);
        }
        found
    }

    /// The arguments that a sentence names.
    fn arguments(sentence: &str) -> BTreeSet<String> {
        let parts = sentence.split('{').skip(1).filter_map(|it| it.split_once('}'));
        parts.filter_map(|(part, _)| part.split([':', '|']).next()).map(str::to_owned).collect()
    }

    #[test]
    fn german_names_the_arguments_of_the_english_and_knows_no_other_sentence() {
        let (english, german) = (all(), read(GERMAN).collect::<BTreeMap<_, _>>());
        assert!(english.len() > 1_000, "{}", english.len());
        for (key, text) in &german {
            let is_label = key.starts_with("desktop.") || key.starts_with("setting.label.");
            match english.get(key) {
                Some(english) => assert_eq!(arguments(text), arguments(english), "{key}"),
                None => assert!(is_label, "German for `{key}`, which nobody says"),
            }
        }
    }

    #[test]
    fn what_pages_say_has_german_and_so_has_every_setting() {
        let german: BTreeMap<String, String> = read(GERMAN).collect();
        let is_whole = |key: &&String| WHOLE.contains(&key.split('.').next().unwrap_or_default());
        let english = all();
        let missing: Vec<&String> =
            english.keys().filter(is_whole).filter(|key| !german.contains_key(*key)).collect();
        assert!(missing.is_empty(), "no German for {missing:?}");
        let settings =
            bwdc_core::settings::Setting::all().iter().map(|it| format!("setting.label.{}", it.name));
        let missing: Vec<String> = settings.filter(|it| !german.contains_key(it)).collect();
        assert!(missing.is_empty(), "no German for {missing:?}");
    }

    #[test]
    fn german_has_every_label_and_no_other() {
        let german: BTreeMap<String, String> = read(GERMAN).collect();
        let missing: Vec<&str> = LABELS
            .iter()
            .map(|(key, _)| *key)
            .filter(|key| german.get(&format!("desktop.{key}")).is_none_or(String::is_empty))
            .collect();
        assert!(missing.is_empty(), "no German for {missing:?}");
        let known = |key: &str| LABELS.iter().any(|(label, _)| *label == key);
        let strange: Vec<&String> =
            german.keys().filter(|key| key.strip_prefix("desktop.").is_some_and(|key| !known(key))).collect();
        assert!(strange.is_empty(), "German for labels that are not there: {strange:?}");
    }
}
