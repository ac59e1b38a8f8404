//! Lower case as the official server makes it: letter by letter, by the invariant rule of its platform.
//!
//! Rust's own lowering of whole texts differs where one letter becomes two (İ), and where a letter's place decides (a
//! final Σ): there, İ stays and Σ always becomes σ.

/// Puts a text in lower case.
pub(crate) fn lower(text: &str) -> String {
    text.chars().map(lower_letter).collect()
}

fn lower_letter(letter: char) -> char {
    if letter.is_ascii() {
        return letter.to_ascii_lowercase();
    }
    let mut lowered = letter.to_lowercase();
    match (lowered.next(), lowered.next()) {
        (Some(one), None) if !is_newest(letter) => one,
        _ => letter,
    }
}

/// Whether a capital came with Unicode 16 or later: the server's tables do not know its small letter.
fn is_newest(letter: char) -> bool {
    matches!(letter,
        '\u{1c89}' | '\u{a7cb}' | '\u{a7cc}' | '\u{a7ce}' | '\u{a7d2}' | '\u{a7d4}' | '\u{a7da}' | '\u{a7dc}'
        | '\u{10d50}'..='\u{10d65}' | '\u{16ea0}'..='\u{16eb8}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_letter_is_lowered_by_itself() {
        assert_eq!(lower("ANNA@X.Example"), "anna@x.example");
        assert_eq!(lower("ΟΔΟΣ@x"), "οδοσ@x");
        assert_eq!(lower("İı@x"), "İı@x");
        assert_eq!(lower("ẞÉ"), "ßé");
        assert_eq!(lower("E\u{301}"), "e\u{301}");
        assert_eq!(lower("ＡＺ"), "ａｚ");
        assert_eq!(lower("\u{10400}"), "\u{10428}");
    }

    #[test]
    fn capitals_of_the_newest_unicode_stay() {
        assert_eq!(lower("\u{a7dc}\u{10d50}"), "\u{a7dc}\u{10d50}");
    }
}
