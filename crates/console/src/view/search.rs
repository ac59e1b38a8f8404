//! A search in a list: rows without what is typed are left out while it is typed, and until it is cleared.

use crate::key::Key;
use crate::screen::{Hint, Input};
use crate::typing::Typing;
use bwdc_messages::text;

/// What is looked for.
#[derive(Default)]
pub(crate) struct Search {
    typing: Option<Typing>,
    /// In lower case; empty: everything is shown.
    wanted: String,
}

impl Search {
    /// Takes a key; false: it is none of a search. What is shown may be another after a key that was taken.
    pub(crate) fn key(&mut self, key: &Key) -> bool {
        let Some(typing) = &mut self.typing else {
            if *key != Key::Char('/') {
                return false;
            }
            self.typing = Some(Typing::of(&self.wanted));
            return true;
        };
        match key {
            Key::Enter => self.typing = None,
            Key::Esc => *self = Self::default(),
            key if typing.key(key) => self.wanted = typing.text().to_lowercase(),
            // Nothing else is meant while a word is typed, but for the end of the program.
            key => return *key != Key::Stop,
        }
        true
    }

    /// Whether a row is shown.
    pub(crate) fn shows(&self, row: &str) -> bool {
        self.wanted.is_empty() || row.to_lowercase().contains(&self.wanted)
    }

    /// The line that is typed.
    pub(crate) fn input(&self) -> Option<Input> {
        let typing = self.typing.as_ref()?;
        Some(Input {
            label: text!("search.label", "Show only rows with"),
            shown: typing.text().to_owned(),
            cursor: typing.cursor(),
            default: String::new(),
            is_secret: false,
            error: None,
        })
    }

    /// What a list says where nothing is found; None: nothing was looked for.
    pub(crate) fn nothing(&self) -> Option<String> {
        (!self.wanted.is_empty()).then(|| text!("console.nothing-found", "Nothing is found."))
    }
}

/// The key that begins a search.
pub(crate) fn hint() -> Hint {
    Hint::new("/", text!("console.search", "search"), "search", Key::Char('/'))
}
