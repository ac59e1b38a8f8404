//! A line that is typed, letter by letter. A letter is what a reader takes for one (a grapheme cluster): a combining mark is
//! deleted with what it stands on.

use crate::key::Key;
use secrecy::zeroize::{Zeroize as _, Zeroizing};
use unicode_segmentation::UnicodeSegmentation as _;

/// No line is longer, in bytes: a private key in PEM form fits.
const LONGEST: usize = 64 * 1024;

/// The line, and where the next letter goes.
#[derive(Clone, Default)]
pub(crate) struct Typing {
    text: Zeroizing<String>,
    /// In letters.
    cursor: usize,
}

impl Typing {
    pub(crate) fn of(text: &str) -> Self {
        Self { cursor: text.graphemes(true).count(), text: Zeroizing::new(text.to_owned()) }
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn cursor(&self) -> usize {
        self.cursor
    }

    /// What is shown of a secret: a dot for each letter, up to a number that tells nothing more.
    pub(crate) fn dots(&self) -> String {
        "•".repeat(self.text.graphemes(true).count().min(24))
    }

    /// Takes a key; false: it is no key of a line.
    pub(crate) fn key(&mut self, key: &Key) -> bool {
        let letters = self.text.graphemes(true).count();
        match key {
            Key::Char(letter) if !letter.is_control() => self.insert(letter.encode_utf8(&mut [0; 4])),
            Key::Paste(text) => {
                let line: String = text.chars().filter(|it| !it.is_control()).collect();
                self.insert(if text.contains("-----BEGIN") { text } else { &line });
            }
            Key::Backspace if self.cursor > 0 => {
                self.cursor -= 1;
                self.delete();
            }
            Key::Backspace => {}
            Key::Delete => self.delete(),
            Key::Left => self.cursor = self.cursor.saturating_sub(1),
            Key::Right => self.cursor = (self.cursor + 1).min(letters),
            Key::Home => self.cursor = 0,
            Key::End => self.cursor = letters,
            Key::Clear => {
                self.text.zeroize();
                self.cursor = 0;
            }
            _ => return false,
        }
        true
    }

    fn insert(&mut self, text: &str) {
        if self.text.len() + text.len() > LONGEST {
            return;
        }
        let at = self.place(self.cursor);
        // A mark may join the letter before it: where the cursor is then is counted in what came of it.
        let end = at + text.len();
        self.text.insert_str(at, text);
        self.cursor = self.text.get(..end).unwrap_or_default().graphemes(true).count();
    }

    fn delete(&mut self) {
        let (from, to) = (self.place(self.cursor), self.place(self.cursor + 1));
        self.text.replace_range(from..to, "");
    }

    fn place(&self, letter: usize) -> usize {
        self.text.grapheme_indices(true).nth(letter).map_or(self.text.len(), |(at, _)| at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_belongs_to_its_letter_and_pasted_line_ends_send_nothing() {
        let mut line = Typing::default();
        for letter in "ae\u{301}山".chars() {
            line.key(&Key::Char(letter));
        }
        assert_eq!((line.text(), line.cursor()), ("ae\u{301}山", 3));
        line.key(&Key::Left);
        line.key(&Key::Backspace);
        assert_eq!((line.text(), line.cursor()), ("a山", 1));
        line.key(&Key::Paste("b\nc".to_owned()));
        assert_eq!(line.text(), "abc山");
        line.key(&Key::Clear);
        assert_eq!((line.text(), line.cursor()), ("", 0));
    }
}
