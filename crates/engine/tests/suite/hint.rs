//! What an administrator is told to do about an error, so that a test can see the whole way from a server to the words.

use bwdc_messages::CommandLine;
use bwdc_messages::error::NextSteps;

/// The next steps as the command line says them; None where there are none.
pub(crate) fn hint(error: &impl NextSteps) -> Option<String> {
    let steps = error.next_steps();
    (!steps.is_empty()).then(|| CommandLine::default().sentences(&steps))
}
