//! Lines that fit.

/// The text with line breaks between words, so that it fits a `width` in columns when it begins at `indent`, as every
/// further line does. A word that is longer stays whole; without a width, or in one too narrow to be worth it, so does all.
pub fn broken(text: &str, width: Option<usize>, indent: usize) -> String {
    let Some(available) = width.and_then(|it| it.checked_sub(indent)).filter(|it| *it > indent) else {
        return text.to_owned();
    };
    let (mut broken, mut column) = (String::with_capacity(text.len()), 0);
    for word in text.split(' ') {
        let length = word.chars().count();
        if column > 0 && column + 1 + length > available {
            broken.push('\n');
            broken.push_str(&" ".repeat(indent));
            column = 0;
        } else if column > 0 {
            broken.push(' ');
            column += 1;
        }
        broken.push_str(word);
        column += length;
    }
    broken
}

#[cfg(test)]
mod tests {
    use super::broken;

    #[test]
    fn lines_are_broken_between_words_and_long_words_are_left_whole() {
        assert_eq!(broken("one two three four", Some(18), 8), "one two\n        three four");
        assert_eq!(broken("one two three", None, 8), "one two three");
        assert_eq!(broken("one two three", Some(10), 8), "one two three", "too narrow to be worth it");
        let long = "see https://a-long-name.example.test/";
        assert_eq!(broken(long, Some(20), 8), "see\n        https://a-long-name.example.test/");
    }
}
