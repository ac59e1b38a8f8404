//! `bwdc explain`

use super::open;
use crate::args::{ExplainArguments, GlobalArguments};
use crate::error::CommandError;
use crate::output::{Answer, Done, Failed};
use crate::progress::Progress;
use crate::runtime::block_on;
use bwdc_messages::explanation;

pub(super) fn run(arguments: &ExplainArguments, global: &GlobalArguments) -> Result<Done, Failed> {
    let mut engine = open(global)?;
    let progress = Progress::start(!global.quiet);
    let explained = block_on(async {
        let events = |event| progress.tell(event);
        engine.explain(&arguments.who, &events).await.map_err(CommandError::from)
    })?;
    let data = explanation::data(&explained);
    let text = explanation::text(&explained, &arguments.who);
    Ok(Done {
        answer: Answer::Report { data, text },
        notices: progress.finish(),
        asides: Vec::new(),
        code: 0,
    })
}
