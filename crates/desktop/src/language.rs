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
    use std::collections::BTreeMap;

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
