//! `bwdc explain`

use super::session::open;
use crate::error::CommandError;
use crate::global::GlobalArguments;
use crate::output::{Answer, Done, Failed};
use crate::progress::Progress;
use crate::runtime::block_on;
use bwdc_engine::{Cancel, Control};
use bwdc_messages::explanation;
use clap::Args;

/// Explain why a person or group is included or left out.
///
/// The directory is read as for `bwdc test`; an entry that was not read is looked up without filters. The organization is
/// asked as for `bwdc plan`, which tells what the next sync does.
#[derive(Args)]
#[command(after_help = "\
Examples:
  bwdc explain ann@example.com
  bwdc explain Staff
  bwdc explain 'uid=ann,ou=people,dc=example,dc=com' --response --pretty")]
pub(crate) struct ExplainArguments {
    /// An address, a name, an external id or a distinguished name.
    #[arg(value_name = "WHO")]
    pub(crate) who: String,
}

pub(super) fn run(arguments: &ExplainArguments, global: &GlobalArguments) -> Result<Done, Failed> {
    let mut engine = open(global)?;
    let progress = Progress::start(global);
    let explained = block_on(async {
        let (events, cancel) = (|event| progress.tell(event), Cancel::default());
        let control = Control { events: &events, cancel: &cancel };
        engine.explain(&arguments.who, control).await.map_err(CommandError::from)
    })?;
    let data = explanation::data(&explained, &arguments.who);
    let text = explanation::text(&explained, &arguments.who);
    Ok(Done {
        answer: Answer::Report { data, text },
        notices: progress.finish(),
        asides: Vec::new(),
        code: 0,
    })
}
