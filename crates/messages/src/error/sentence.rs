//! Sentences out of texts that were made for a log, and steps that are sentences.

use crate::{NextStep, Step};
use bwdc_engine::tls_failure::tls_words;
use std::error::Error;

/// An error's text with its causes, each once: many errors name theirs themselves.
pub fn with_causes(error: &dyn Error) -> String {
    joined(error.to_string(), error.source())
}

/// A text with what lies behind it.
fn joined(mut text: String, mut cause: Option<&(dyn Error + 'static)>) -> String {
    while let Some(error) = cause {
        let part = tls_words(error).unwrap_or_else(|| error.to_string());
        if !part.is_empty() && !text.contains(&part) {
            text = format!("{text}: {part}");
        }
        cause = error.source();
    }
    text
}

/// A sentence of ours with the cause behind it, where there is one.
pub(super) fn because(text: String, cause: Option<&(dyn Error + 'static)>) -> String {
    sentence(&joined(text.trim_end_matches('.').to_owned(), cause))
}

/// One step that only the reader can take.
pub(super) fn say(text: String) -> Vec<NextStep> {
    vec![Step::Say(text).into()]
}

/// A capital at the start and a stop at the end, unless it begins with a name or an address.
pub fn sentence(text: &str) -> String {
    let first = text.split_whitespace().next().unwrap_or_default();
    let plain = !first.is_empty() && first.chars().all(|it| it.is_ascii_lowercase() || it == '\'');
    let mut sentence = String::with_capacity(text.len() + 1);
    match text.chars().next() {
        Some(start) if plain => {
            sentence.push(start.to_ascii_uppercase());
            sentence.push_str(&text[start.len_utf8()..]);
        }
        _ => sentence.push_str(text),
    }
    if !sentence.ends_with(['.', '!', '?']) {
        sentence.push('.');
    }
    sentence
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_own_messages_become_sentences_and_names_stay_as_they_are() {
        for (text, expected) in [
            ("cannot read `x`", "Cannot read `x`."),
            ("`ldap.port` is not set", "`ldap.port` is not set."),
            ("http://127.0.0.1 did not answer", "http://127.0.0.1 did not answer."),
            ("It did.", "It did."),
        ] {
            assert_eq!(sentence(text), expected);
        }
    }
}
