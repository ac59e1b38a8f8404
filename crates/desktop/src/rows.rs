//! Long lists: each row is made when it is looked at.

use bwdc_messages::desktop::RowText;

/// Rows that can be asked for one by one.
pub trait Rows {
    /// How many there are.
    fn count(&self) -> usize;

    /// One of them; an empty one beyond the end.
    fn row(&self, number: usize) -> RowText;
}

/// Rows that are all there.
#[derive(Clone, Debug, Default)]
pub struct Listed(pub Vec<RowText>);

impl Rows for Listed {
    fn count(&self) -> usize {
        self.0.len()
    }

    fn row(&self, number: usize) -> RowText {
        self.0.get(number).cloned().unwrap_or_default()
    }
}

/// Whether a row has the words that were typed, in any case.
pub fn matches(row: &RowText, search: &str) -> bool {
    let search = search.trim().to_lowercase();
    search.is_empty()
        || row.title.to_lowercase().contains(&search)
        || row.note.to_lowercase().contains(&search)
        || row.tail.to_lowercase().contains(&search)
}
