//! Text from outside made fit to be shown: names in a directory, what a server says, values of a file.
//!
//! A terminal obeys control characters, and marks of direction turn a line around, so that a name could hide what stands
//! beside it or imitate a line of ours. Both are shown as their numbers (`\u{1b}`). Output for people passes here as a whole,
//! at the place that prints; JSON keeps the truth, since it has escapes of its own.

use std::borrow::Cow;
use std::fmt::Write as _;

/// A text of one or more lines, without anything that a terminal would obey. Line ends and tabs stay.
pub fn fit(text: &str) -> Cow<'_, str> {
    escaped(text, |it| is_obeyed(it) && !matches!(it, '\n' | '\t'))
}

/// The same for a text that stands in one line with others: a line end would begin a line that looks like ours.
pub fn fit_in_a_line(text: &str) -> Cow<'_, str> {
    escaped(text, is_obeyed)
}

/// The same for a part of a sentence: what ends a line is shown as its number, everything else stays as it is.
pub(crate) fn in_one_line(text: &str) -> Cow<'_, str> {
    escaped(text, |it| {
        matches!(
            it,
            '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{1c}'..='\u{1e}' | '\u{85}' | '\u{2028}' | '\u{2029}'
        )
    })
}

/// Control characters (Unicode category Cc), and the marks, embeddings, overrides and isolates of direction and the separators
/// of lines and paragraphs (Unicode Standard Annex 9); and what nobody sees, so that two names could look the same. Joiners and
/// variation selectors stay: scripts and pictures are written with them.
pub fn is_obeyed(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        || matches!(character, '\u{ad}' | '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180e}'
            | '\u{200b}' | '\u{2060}'..='\u{2064}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}' | '\u{e0001}'
            | '\u{e0020}'..='\u{e007f}')
}

fn escaped(text: &str, is_strange: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.contains(&is_strange) {
        return Cow::Borrowed(text);
    }
    let mut fit = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        if is_strange(character) {
            // A string takes everything.
            let _ = write!(fit, "{}", character.escape_unicode());
        } else {
            fit.push(character);
        }
    }
    Cow::Owned(fit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_a_terminal_obeys_is_left_and_letters_of_every_script_stay() {
        let hostile = "\u{1b}]0;owned\u{7}\u{1b}[2J a\u{202e}b\u{2066}c\u{9b}31m\r\u{8}\u{7f}\u{200f}";
        let shown = fit(hostile);
        assert_eq!(
            shown,
            "\\u{1b}]0;owned\\u{7}\\u{1b}[2J a\\u{202e}b\\u{2066}c\\u{9b}31m\\u{d}\\u{8}\\u{7f}\\u{200f}"
        );
        for plain in
            ["Jürgen Müller", "山田 太郎", "שלום", "e\u{301}", "👩\u{200d}💻", "two\nlines\tand a tab"]
        {
            assert!(matches!(fit(plain), Cow::Borrowed(it) if it == plain), "{plain}");
        }
        assert_eq!(
            fit("Pay\u{200b}roll\u{ad} \u{3164}\u{e0041}"),
            "Pay\\u{200b}roll\\u{ad} \\u{3164}\\u{e0041}"
        );
        assert_eq!(fit_in_a_line("a\n+ invite   b"), "a\\u{a}+ invite   b");
    }
}
