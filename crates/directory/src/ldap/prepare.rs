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
    Cow::Owned(folded(value, &NFKC))
}

/// A login prepared for comparison, where no server says whose it is: in canonical composition and lower case, so that no letter
/// passes for another one. What could become ASCII stays as it is spelled.
pub(super) fn prepared_login(login: &str) -> Cow<'_, str> {
    if login.is_ascii() {
        return prepared(login);
    }
    const NFC: ComposingNormalizerBorrowed<'static> = ComposingNormalizerBorrowed::new_nfc();
    let becomes_ascii = |letter: char| {
        !letter.is_ascii() && folded(letter.encode_utf8(&mut [0; 4]), &NFC).contains(|it: char| it.is_ascii())
    };
    if login.chars().any(becomes_ascii) {
        return Cow::Borrowed(login);
    }
    Cow::Owned(folded(login, &NFC))
}

/// Lower case can be composed further, and what is composed can have a lower case.
fn folded(value: &str, composition: &ComposingNormalizerBorrowed<'_>) -> String {
    let mut text = value.to_owned();
    loop {
        let composed = composition.normalize(&text).into_owned();
        let lower: String = composed.chars().flat_map(lower_case).collect();
        if lower == text {
            return text;
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
    fn logins_are_compared_without_case_and_composition() {
        assert_eq!(prepared_login("JDoe"), "jdoe");
        assert_eq!(prepared_login("Ju\u{308}rgen"), prepared_login("J\u{dc}RGEN"));
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
