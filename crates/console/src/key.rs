//! What somebody does at the keyboard, whatever brings it: a terminal, a test, a line of the plain mode.

/// One key, or a text that was pasted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Key {
    /// A letter, a digit, a sign.
    Char(char),
    /// A text that was pasted: it is typed, and never taken for keys.
    Paste(String),
    /// The Enter key.
    Enter,
    /// The Escape key.
    Esc,
    /// An arrow up.
    Up,
    /// An arrow down.
    Down,
    /// An arrow to the left.
    Left,
    /// An arrow to the right.
    Right,
    /// A page up.
    PageUp,
    /// A page down.
    PageDown,
    /// To the beginning.
    Home,
    /// To the end.
    End,
    /// The tabulator.
    Tab,
    /// Deletes the letter before the cursor.
    Backspace,
    /// Deletes the letter behind the cursor.
    Delete,
    /// Ctrl-U: empties the line that is typed.
    Clear,
    /// Ctrl-S: saves.
    Save,
    /// Ctrl-C: ends what is under way, else the program.
    Stop,
}
