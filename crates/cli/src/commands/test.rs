//! `bwdc test`

use super::open;
use crate::args::{GlobalArguments, TestArguments};
use crate::error::CommandError;
use crate::explain_text;
use crate::output::{Answer, Done, Failed};
use crate::progress::Progress;
use crate::runtime::block_on;

pub(super) fn run(arguments: &TestArguments, global: &GlobalArguments) -> Result<Done, Failed> {
    let mut engine = open()?;
    let progress = Progress::start(!global.quiet);
    let desired = block_on(async {
        let events = |event| progress.tell(event);
        engine.test(arguments.last, &events).await.map_err(CommandError::from)
    })?;
    let answer = if arguments.explain {
        let (data, text) = (explain_text::left_out_data(&desired), explain_text::left_out(&desired));
        Answer::Report { data, text }
    } else {
        Answer::Test(Box::new(desired))
    };
    Ok(Done { answer, notices: progress.finish(), asides: Vec::new(), code: 0 })
}
