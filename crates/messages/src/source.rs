//! Sources in sentences.

use bwdc_core::names::SourceName;

/// A source, as it stands in a sentence.
pub fn in_a_sentence(source: &SourceName) -> String {
    if source.is_primary() { "the directory".to_owned() } else { format!("source `{source}`") }
}
