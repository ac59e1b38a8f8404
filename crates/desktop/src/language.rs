//! The language of the window: that of the system, where there is a catalogue for it.

use bwdc_messages::Catalogue;

/// Labels and what is asked; and the sentences of messages.
const GERMAN: [&str; 2] = [include_str!("../texts/de.txt"), include_str!("../texts/de-messages.txt")];

/// Lets the window speak the language that the variables name.
pub fn speak(variable: impl Fn(&str) -> Option<String>) {
    let named =
        ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().find_map(|it| variable(it).filter(|it| !it.is_empty()));
    if named.is_some_and(|it| it.to_ascii_lowercase().starts_with("de")) {
        Catalogue::new(GERMAN.into_iter().flat_map(read), |number| usize::from(number != 1)).speak();
    }
}

/// The sentences of a catalogue: a key, an equals sign, the text; what begins with # is for translators. A text in quotation marks
/// keeps the blanks at its ends, and `\n` is the end of a line.
fn read(text: &str) -> impl Iterator<Item = (String, String)> {
    let lines = text.lines().map(str::trim).filter(|it| !it.is_empty() && !it.starts_with('#'));
    lines.filter_map(|line| {
        let (key, text) = line.split_once('=')?;
        let text = text.trim();
        let text = text.strip_prefix('"').and_then(|it| it.strip_suffix('"')).unwrap_or(text);
        Some((key.trim().to_owned(), text.replace("\\n", "\n")))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use bwdc_messages::desktop::LABELS;
    use std::collections::{BTreeMap, BTreeSet};
    use std::path::Path;

    /// Topics and sentences that no window says: those of commands, of the service's log, of mails and of metrics. They are English.
    const ENGLISH: [&str; 45] = [
        "demo",
        "doc",
        "explain.group-elsewhere",
        "explain.group-left-out",
        "explain.group-several",
        "explain.group-unresolved",
        "explain.meanwhile",
        "explain.no-plan",
        "explain.not-selected",
        "explain.nothing",
        "explain.outside",
        "explain.person-elsewhere",
        "explain.unread",
        "history.forgotten",
        "history.not-a-run",
        "ledger.may-be-cleared",
        "ledger.may-be-rebuilt",
        "metric",
        "notify",
        "profile.copied",
        "profile.look-at-plan",
        "profile.may-be-removed",
        "profile.may-take-over",
        "profile.missing-secrets",
        "profile.removed",
        "profile.secrets",
        "profile.set-up",
        "profile.sign-in",
        "program.key-as-argument",
        "program.manual",
        "repair.may-be-sent",
        "service.began",
        "service.endpoint",
        "service.listens",
        "service.no-endpoint",
        "service.no-socket",
        "service.no-such-choice",
        "service.signals",
        "setting.hidden",
        "setting.schema",
        "summary.json",
        "sync.ending",
        "sync.synced",
        "system.may",
        "test",
    ];

    fn is_english(key: &str) -> bool {
        let begins = |it: &str| {
            key.strip_prefix(it).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '-']))
        };
        ENGLISH.iter().any(|it| begins(it)) || (key.starts_with("setting.") && key.ends_with("-not-exported"))
    }

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

    fn german() -> impl Iterator<Item = (String, String)> {
        GERMAN.into_iter().flat_map(read)
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
        let (english, german) = (all(), german().collect::<BTreeMap<_, _>>());
        assert!(english.len() > 1_000, "{}", english.len());
        for (key, text) in &german {
            let is_label = key.starts_with("desktop.")
                || key.starts_with("setting.label.")
                || key.starts_with("setting.help.");
            match english.get(key) {
                Some(english) => assert_eq!(arguments(text), arguments(english), "{key}"),
                None => assert!(is_label, "German for `{key}`, which nobody says"),
            }
        }
    }

    #[test]
    fn every_sentence_has_german_or_is_listed_as_one_that_no_window_says() {
        let german: BTreeMap<String, String> = german().collect();
        let english = all();
        let missing: Vec<&String> =
            english.keys().filter(|key| !is_english(key) && !german.contains_key(*key)).collect();
        assert!(missing.is_empty(), "no German for {missing:#?}");
        let listed: Vec<&String> = german.keys().filter(|key| is_english(key)).collect();
        assert!(listed.is_empty(), "listed as English, and in German: {listed:?}");
        let unused: Vec<&&str> =
            ENGLISH.iter().filter(|it| !english.keys().any(|key| key.starts_with(**it))).collect();
        assert!(unused.is_empty(), "listed, and nobody says it: {unused:?}");
    }

    #[test]
    fn every_setting_has_its_german_label_and_help() {
        let german: BTreeMap<String, String> = german().collect();
        for setting in bwdc_core::settings::Setting::all() {
            for kind in ["label", "help"] {
                let key = format!("setting.{kind}.{}", setting.name);
                assert!(german.get(&key).is_some_and(|it| !it.is_empty()), "no German for `{key}`");
            }
        }
    }

    #[test]
    fn blanks_in_quotation_marks_and_ends_of_lines_are_kept() {
        let texts = read("# a note\na.b = \"  + one\"\nc = \"two\" or three\\nfour = 5");
        let pairs: Vec<(String, String)> = texts.collect();
        let expected = [("a.b", "  + one"), ("c", "\"two\" or three\nfour = 5")];
        assert_eq!(pairs, expected.map(|(key, text)| (key.to_owned(), text.to_owned())));
    }

    #[test]
    fn no_sentence_is_there_twice() {
        let mut seen = BTreeSet::new();
        for (key, _) in german() {
            assert!(seen.insert(key.clone()), "{key}");
        }
    }

    #[test]
    fn german_has_every_label_and_no_other() {
        let german: BTreeMap<String, String> = german().collect();
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
