//! `bwdc man`

use crate::args::{Arguments, ManArguments};
use crate::error::CommandError;
use crate::output::{Answer, Done, Failed};
use clap::CommandFactory as _;
use std::io;
use std::path::PathBuf;

/// Why the pages cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write the manual pages into `{}`", folder.display())]
pub(crate) struct ManError {
    folder: PathBuf,
    #[source]
    source: io::Error,
}

pub(super) fn run(arguments: &ManArguments) -> Result<Done, Failed> {
    let Some(folder) = &arguments.out else {
        let mut page = Vec::new();
        clap_mangen::Man::new(named(Arguments::command()))
            .render(&mut page)
            .map_err(cannot(PathBuf::new()))?;
        return Ok(Answer::Text(String::from_utf8_lossy(&page).trim_end().to_owned()).into());
    };
    clap_mangen::generate_to(named(Arguments::command()), folder).map_err(cannot(folder.clone()))?;
    Ok(Answer::title(format!("The manual pages are in `{}`.", folder.display())).into())
}

/// The version stands in the page's foot.
fn named(command: clap::Command) -> clap::Command {
    command.version(env!("CARGO_PKG_VERSION"))
}

fn cannot(folder: PathBuf) -> impl FnOnce(io::Error) -> CommandError {
    |source| ManError { folder, source }.into()
}
