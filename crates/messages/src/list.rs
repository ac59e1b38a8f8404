//! Lists and beginnings of sentences.

use crate::text;

/// Names that are listed before the rest is only counted.
const SHOWN: usize = 3;

/// The first names, and how many more there are.
pub fn some(names: &[String]) -> String {
    let shown = names.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join(", ");
    match names.len().checked_sub(SHOWN) {
        None | Some(0) => shown,
        Some(more) => text!("list.more", "{shown} and {more} more", shown, more),
    }
}

/// All of them.
pub fn enumerate(names: impl IntoIterator<Item = String>) -> String {
    names.into_iter().collect::<Vec<_>>().join(", ")
}

/// The text with a capital at its beginning.
pub fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
