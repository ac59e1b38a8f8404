//! `bwdc man`

use crate::error::{CommandError, ManError};
use crate::output::{Answer, Done, Failed};
use bwdc_messages::program::manual;
use clap::Args;
use std::io;
use std::path::PathBuf;

/// Print the manual page, or write those of all commands.
#[derive(Args)]
#[command(after_help = "\
Examples:
  bwdc man | man -l -
  bwdc man --out /usr/local/share/man/man1")]
pub(crate) struct ManArguments {
    /// Write a page for every command into this folder.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) out: Option<PathBuf>,
}

pub(super) fn run(arguments: &ManArguments, whole: clap::Command) -> Result<Done, Failed> {
    let Some(folder) = &arguments.out else {
        let mut page = Vec::new();
        clap_mangen::Man::new(named(whole)).render(&mut page).map_err(cannot(PathBuf::new()))?;
        return Ok(Answer::Text(String::from_utf8_lossy(&page).trim_end().to_owned()).into());
    };
    clap_mangen::generate_to(named(whole), folder).map_err(cannot(folder.clone()))?;
    Ok(Answer::title(manual(folder)).into())
}

/// The version stands in the page's foot.
fn named(command: clap::Command) -> clap::Command {
    command.version(env!("CARGO_PKG_VERSION"))
}

fn cannot(folder: PathBuf) -> impl FnOnce(io::Error) -> CommandError {
    |source| ManError { folder, source }.into()
}
