//! Sources in sentences.

use crate::text;
use bwdc_core::names::SourceName;

/// A source, as it stands in a sentence.
pub fn in_a_sentence(source: &SourceName) -> String {
    if source.is_primary() {
        text!("source.primary", "the directory")
    } else {
        text!("source.further", "source `{source}`", source = source.to_string())
    }
}
