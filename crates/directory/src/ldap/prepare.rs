//! Strings prepared for comparison, as servers prepare them for the matching rules that ignore case.
//!
//! RFC 4518 goes further than servers do: it takes out signs that nobody sees (a soft hyphen, a zero width space). To a server two
//! entries that differ by such a sign are two, so that it must not be taken out here: whoever may make an entry could make one that
//! passes for another person's, and get that person's groups.

use icu_normalizer::ComposingNormalizerBorrowed;
use std::borrow::Cow;

/// A value prepared for comparison: in compatibility composition, in lower case. What servers keep apart stays apart.
pub(super) fn prepared(value: &str) -> Cow<'_, str> {
    if value.is_ascii() {
        return if value.bytes().any(|byte| byte.is_ascii_uppercase()) {
            Cow::Owned(value.to_ascii_lowercase())
        } else {
            Cow::Borrowed(value)
        };
    }
    const NFKC: ComposingNormalizerBorrowed<'static> = ComposingNormalizerBorrowed::new_nfkc();
    let mut text = value.to_owned();
    // Lower case can be composed further, and what is composed can have a lower case.
    loop {
        let composed = NFKC.normalize(&text).into_owned();
        let lower: String = composed.chars().flat_map(lower_case).collect();
        if lower == text {
            return Cow::Owned(text);
        }
        text = lower;
    }
}

/// The capital sharp s has a small letter that servers of today do not know it by.
fn lower_case(character: char) -> impl Iterator<Item = char> {
    let same = (character == 'ẞ').then_some(character);
    let lower = same.is_none().then(|| character.to_lowercase());
    same.into_iter().chain(lower.into_iter().flatten())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logins_are_compared_in_the_same_way() {
        assert_eq!(prepared("JDoe"), "jdoe");
        assert_eq!(prepared("Ju\u{308}rgen"), prepared("J\u{dc}RGEN"));
    }

    #[test]
    fn what_a_server_keeps_apart_is_apart() {
        for (one, other) in
            [("bo\u{ad}ss", "boss"), ("c\u{200b}eo", "ceo"), ("λόγος", "λόγοσ"), ("MAẞ", "maß")]
        {
            assert_ne!(prepared(one), prepared(other));
        }
    }
}
