//! Which row of a list is chosen, and the keys that move it.

use crate::key::Key;
use crate::screen::Hint;
use bwdc_messages::text;

/// Rows that a page moves by, whatever the window shows.
const PAGE: usize = 10;

/// The chosen row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Chosen(pub(crate) usize);

impl Chosen {
    /// Takes a key that moves; false: it is none.
    pub(crate) fn key(&mut self, key: &Key, total: usize) -> bool {
        let last = total.saturating_sub(1);
        self.0 = match key {
            Key::Up => self.0.saturating_sub(1),
            Key::Down => (self.0 + 1).min(last),
            Key::PageUp => self.0.saturating_sub(PAGE),
            Key::PageDown => (self.0 + PAGE).min(last),
            Key::Home => 0,
            Key::End => last,
            _ => return false,
        };
        true
    }

    /// Stays within a list that has become shorter.
    pub(crate) fn within(&mut self, total: usize) {
        self.0 = self.0.min(total.saturating_sub(1));
    }
}

/// The keys of every list.
pub(crate) fn hints() -> Vec<Hint> {
    vec![
        Hint::new("↑↓", text!("console.choose", "choose"), "", Key::Down),
        Hint::new("Enter", text!("console.open", "open"), "", Key::Enter),
    ]
}

/// The key that goes back.
pub(crate) fn back() -> Hint {
    Hint::new("Esc", text!("console.back", "back"), "back", Key::Esc)
}

/// The position of the row that a digit chooses.
pub(crate) fn digit(key: &Key, total: usize) -> Option<usize> {
    let Key::Char(letter) = key else { return None };
    let place = letter.to_digit(10)?.checked_sub(1)? as usize;
    (place < total).then_some(place)
}
