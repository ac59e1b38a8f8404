//! A text with its meaning, for front ends that draw: they choose marks and colors, which only repeat what the words say.

/// How a text is meant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    /// As usual.
    #[default]
    Plain,
    /// More important than the rest.
    Strong,
    /// Less important than the rest.
    Faint,
    /// As it should be.
    Good,
    /// Somebody should look at it.
    Warning,
    /// It does not work, or takes something away.
    Bad,
}

/// A text with its meaning. It may be longer than a row: it is then broken between words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    /// The text.
    pub text: String,
    /// How it is meant.
    pub tone: Tone,
}

impl Line {
    /// A line as usual.
    pub fn plain(text: impl Into<String>) -> Self {
        Self::new(text, Tone::Plain)
    }

    /// A line with a meaning.
    pub fn new(text: impl Into<String>, tone: Tone) -> Self {
        Self { text: text.into(), tone }
    }
}
