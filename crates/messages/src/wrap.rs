//! Lines that fit.

/// Columns in which lines are broken however far they are indented.
const ENOUGH: usize = 20;

/// The text with line breaks between words, so that it fits a `width` in columns when it begins at `indent`, as every
/// further line does. A list without blanks that is longer is broken after its commas; any other word that is longer stays
/// whole, and so does a command between backticks that fits a line. Without a width, or in one too narrow to be worth it, so
/// does all.
pub fn broken(text: &str, width: Option<usize>, indent: usize) -> String {
    let is_enough = |it: &usize| *it > indent || *it >= ENOUGH;
    let Some(available) = width.and_then(|it| it.checked_sub(indent)).filter(is_enough) else {
        return text.to_owned();
    };
    let (mut broken, mut column) = (String::with_capacity(text.len()), 0);
    for word in words(text, available) {
        for (place, part) in parts(word, available).into_iter().enumerate() {
            let (length, gap) = (part.chars().count(), usize::from(column > 0 && place == 0));
            if column > 0 && column + gap + length > available {
                broken.push('\n');
                broken.push_str(&" ".repeat(indent));
                column = 0;
            } else if gap > 0 {
                broken.push(' ');
                column += 1;
            }
            broken.push_str(part);
            column += length;
        }
    }
    broken
}

/// A text for a terminal that is so wide: lines that are longer are broken, with what follows below their beginning.
pub fn for_terminal(text: &str, columns: usize) -> String {
    let line = |line: &str| {
        if line.chars().count() <= columns {
            return line.to_owned();
        }
        let text = line.trim_start_matches(' ');
        let indent = line.len() - text.len();
        format!("{}{}", " ".repeat(indent), broken(text, Some(columns), indent))
    };
    text.split('\n').map(line).collect::<Vec<_>>().join("\n")
}

/// What is not broken: words, and commands between backticks where they fit.
pub(crate) fn words(text: &str, available: usize) -> impl Iterator<Item = &str> {
    let mut is_inside = false;
    let outside = move |it: char| {
        is_inside ^= it == '`';
        it == ' ' && !is_inside
    };
    text.split(outside).flat_map(move |it| {
        let fits = it.chars().count() <= available;
        let parts = if fits { 1 } else { usize::MAX };
        it.splitn(parts, ' ')
    })
}

/// A list of names in the parts that fit a line. What is typed or opened as it stands (a distinguished name, an address of the
/// web, a command) is no list, whatever commas it has.
fn parts(word: &str, available: usize) -> Vec<&str> {
    let is_list = word.chars().count() > available && !word.contains(['=', '`', '/']);
    if is_list { word.split_inclusive(',').collect() } else { vec![word] }
}

#[cfg(test)]
mod tests {
    use super::{broken, for_terminal};

    #[test]
    fn a_command_is_not_broken_where_it_fits_and_a_line_keeps_its_indent() {
        assert_eq!(
            broken("now run `bwdc sync --full` once", Some(20), 0),
            "now run\n`bwdc sync --full`\nonce"
        );
        assert_eq!(broken("a `b c d e f g` h", Some(9), 0), "a `b c d\ne f g` h");
        let long = format!("short\n  - {} end", "word ".repeat(16).trim_end());
        assert_eq!(
            for_terminal(&long, 80),
            format!("short\n  - {}\n  word end", "word ".repeat(15).trim_end())
        );
    }

    #[test]
    fn lines_are_broken_between_words_and_long_words_are_left_whole() {
        assert_eq!(broken("one two three four", Some(18), 8), "one two\n        three four");
        assert_eq!(broken("one two three", None, 8), "one two three");
        assert_eq!(broken("one two three", Some(10), 8), "one two three", "too narrow to be worth it");
        assert_eq!(
            broken("one two three four five", Some(60), 40),
            format!("one two three four\n{}five", " ".repeat(40))
        );
        let list = "  x one,two,three,four (default)";
        assert_eq!(for_terminal(list, 12), "  x one,two,\n  three,four\n  (default)");
        for whole in [
            "cn=reader,ou=services,dc=example,dc=test",
            "`one,two,three,four`",
            "https://a.test/one,two,three",
        ] {
            assert_eq!(broken(whole, Some(12), 0), whole, "it is copied");
        }
        let long = "see https://a-long-name.example.test/";
        assert_eq!(broken(long, Some(20), 8), "see\n        https://a-long-name.example.test/");
    }
}
