//! `bwdc doctor`

use crate::error::CommandError;
use crate::global::GlobalArguments;
use crate::output::{Answer, Done, Failed, columns};
use crate::progress::Progress;
use crate::runtime::block_on;
use bwdc_engine::Engine;
use bwdc_messages::finding::{self, Described};
use bwdc_messages::foreign::fit;
use clap::Args;
use std::path::PathBuf;

/// Check everything, from the settings folder to the organization, and change nothing.
///
/// What failed (`FAIL`) and what to look at (`warn`) is printed with what to do, a cause once. `--all` prints a line for each
/// check: `ok`, `warn`, `FAIL`, or `-` when it waits for another one. The exit code is 1 when a check fails. `--bundle` writes an archive for support, without secrets and with numbers in place of
/// addresses.
#[derive(Args)]
#[command(after_help = "\
Examples:
  bwdc doctor
  bwdc doctor --all
  bwdc doctor --response --pretty
  bwdc doctor --bundle support.tar.gz")]
pub(crate) struct DoctorArguments {
    /// Print every check, also those in which nothing is wrong.
    #[arg(long)]
    pub(crate) all: bool,

    /// Write a support archive (.tar.gz) to this file.
    #[arg(long, value_name = "FILE")]
    pub(crate) bundle: Option<PathBuf>,
}

/// Columns where there is no terminal to ask.
const WIDTH: usize = 80;

pub(super) fn run(arguments: &DoctorArguments, global: &GlobalArguments) -> Result<Done, Failed> {
    let environment = global.environment();
    let commands = &global.commands();
    let progress = Progress::start(global);
    let findings = block_on(async {
        let events = |event| progress.event(event);
        let mut findings = Vec::new();
        Engine::examine(&environment, &events, &mut |finding| findings.push(Described::new(finding))).await?;
        Ok::<_, CommandError>(findings)
    })?;
    let (data, whole) = (finding::data(&findings, commands), finding::text(&findings, None, commands));
    let mut asides = progress.finish();
    if let Some(path) = &arguments.bundle {
        Engine::write_bundle(path, &environment, (&fit(&whole), &data)).map_err(CommandError::from)?;
        asides.push(finding::bundle_written(path));
    }
    let code = u8::from(findings.iter().any(Described::is_failure));
    let columns = columns(&console::Term::stdout()).unwrap_or(WIDTH);
    let text = if arguments.all {
        finding::text(&findings, Some(columns), commands)
    } else {
        finding::problems(&findings, Some(columns), commands)
    };
    Ok(Done { answer: Answer::Report { data, text }, notices: asides, asides: Vec::new(), code })
}
