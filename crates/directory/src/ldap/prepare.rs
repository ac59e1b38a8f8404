//! Strings prepared for comparison, as servers prepare them for the matching rules that ignore case (RFC 4518).

use icu_normalizer::ComposingNormalizerBorrowed;
use std::borrow::Cow;

/// A value prepared for comparison: without what means nothing, in compatibility
/// composition, in lower case.
pub(super) fn prepared(value: &str) -> Cow<'_, str> {
    if value.is_ascii() {
        return if value.bytes().any(|byte| byte.is_ascii_uppercase()) {
            Cow::Owned(value.to_ascii_lowercase())
        } else {
            Cow::Borrowed(value)
        };
    }
    const NFKC: ComposingNormalizerBorrowed<'static> = ComposingNormalizerBorrowed::new_nfkc();
    let mut text: String = value.chars().filter(|&it| !is_insignificant(it)).collect();
    // Lower case can be composed further, and what is composed can have a lower case.
    loop {
        let composed = NFKC.normalize(&text).into_owned();
        let lower: String = composed
            .chars()
            .flat_map(char::to_lowercase)
            .map(|it| if it == 'ς' { 'σ' } else { it })
            .collect();
        if lower == text {
            return Cow::Owned(text);
        }
        text = lower;
    }
}

/// What the mapping of RFC 4518, section 2.2, takes out; controls stay, as servers keep them.
fn is_insignificant(character: char) -> bool {
    matches!(
        character,
        '\u{ad}'
            | '\u{34f}'
            | '\u{1806}'
            | '\u{180b}'..='\u{180e}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{2063}'
            | '\u{206a}'..='\u{206f}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffc}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logins_are_compared_in_the_same_way() {
        assert_eq!(prepared("JDoe"), "jdoe");
        assert_eq!(prepared("Ju\u{308}rgen"), prepared("J\u{dc}RGEN"));
    }
}
