//! Texts in columns of a terminal. A Chinese letter takes two, a combining mark none; both are kept whole.

use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthStr as _;

/// Columns that a label before a gap takes at most.
const LABEL: usize = 16;

/// How many columns a text takes.
pub(crate) fn columns(text: &str) -> usize {
    text.width()
}

/// The beginning of a text that fits into so many columns, with an ellipsis where something is cut.
pub(crate) fn cut(text: &str, room: usize) -> String {
    if columns(text) <= room {
        return text.to_owned();
    }
    let Some(room) = room.checked_sub(1) else { return String::new() };
    let (mut kept, mut used) = (String::new(), 0);
    for letter in text.graphemes(true) {
        let width = columns(letter);
        if used + width > room {
            break;
        }
        used += width;
        kept.push_str(letter);
    }
    kept.push('…');
    kept
}

/// A text in rows of so many columns, broken between words; a word that is longer is broken between letters.
pub(crate) fn wrapped(text: &str, room: usize) -> Vec<String> {
    text.lines().flat_map(|line| wrapped_line(line, room.max(1))).collect()
}

fn wrapped_line(line: &str, room: usize) -> Vec<String> {
    if columns(line) <= room {
        return vec![line.to_owned()];
    }
    let (first, rest) = line.split_at(hanging(line));
    let indent = columns(first);
    let indent = if indent > room / 2 { 0 } else { indent };
    let mut rows = vec![first.to_owned()];
    let mut used = columns(first);
    let mut is_first = true;
    for word in rest.split_whitespace() {
        let width = columns(word);
        if !is_first && used + 1 + width > room {
            rows.push(" ".repeat(indent));
            used = indent;
        } else if !is_first {
            push(&mut rows, " ");
            used += 1;
        }
        is_first = false;
        for letter in word.graphemes(true) {
            let width = columns(letter);
            if used + width > room && used > indent {
                rows.push(" ".repeat(indent));
                used = indent;
            }
            push(&mut rows, letter);
            used += width;
        }
    }
    rows
}

/// Where the text of a line begins, in bytes: behind the spaces at its beginning, or behind a label and the gap after it.
fn hanging(line: &str) -> usize {
    let indent = line.len() - line.trim_start_matches(' ').len();
    let text = line.get(indent..).unwrap_or_default();
    let label = text.find("  ").filter(|it| columns(text.get(..*it).unwrap_or_default()) <= LABEL);
    label.map_or(indent, |at| {
        let gap = text.get(at..).unwrap_or_default();
        indent + at + gap.len() - gap.trim_start_matches(' ').len()
    })
}

fn push(rows: &mut [String], text: &str) {
    if let Some(row) = rows.last_mut() {
        row.push_str(text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_letters_and_marks_are_counted_as_a_terminal_counts_them() {
        assert_eq!(cut("山田太郎", 8), "山田太郎");
        assert_eq!(cut("山田太郎", 7), "山田太…");
        assert_eq!(cut("山田太郎", 6), "山田…");
        assert_eq!(cut("e\u{301}e\u{301}e\u{301}", 2), "e\u{301}…");
        assert_eq!(cut("abc", 0), "");
    }

    #[test]
    fn lines_are_broken_between_words_and_a_long_word_between_letters() {
        assert_eq!(wrapped("one two three", 7), ["one two", "three"]);
        assert_eq!(wrapped("  one two", 6), ["  one", "  two"]);
        assert_eq!(wrapped("abcdefgh", 3), ["abc", "def", "gh"]);
        assert_eq!(wrapped("a\n\nb", 3), ["a", "", "b"]);
        let labelled = "Who   ann and ben and cleo";
        assert_eq!(wrapped(labelled, 40), [labelled], "a gap stays");
        assert_eq!(wrapped(labelled, 16), ["Who   ann and", "      ben and", "      cleo"]);
    }
}
