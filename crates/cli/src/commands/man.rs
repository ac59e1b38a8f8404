//! `bwdc man`

use crate::error::{CommandError, ManError};
use crate::output::{Answer, Done, Failed};
use bwdc_messages::program::manual;
use clap::Args;
use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

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
    let mut whole = named(whole).disable_help_subcommand(true);
    whole.build();
    write_all(whole, folder).map_err(cannot(folder.clone()))?;
    Ok(Answer::title(manual(folder)).into())
}

/// The pages of a command and of those below it.
fn write_all(command: clap::Command, folder: &Path) -> io::Result<()> {
    for below in command.get_subcommands().filter(|it| !it.is_hide_set()).cloned() {
        write_all(below, folder)?;
    }
    let page = clap_mangen::Man::new(command);
    let mut text = Vec::new();
    page.render(&mut text)?;
    let path = folder.join(page.get_filename());
    // Where others can write to the folder, a link in the place of a page could lead to any file: what is there makes way.
    match std::fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => File::create_new(&path)?.write_all(&text),
    }
}

/// The version stands in the page's foot.
fn named(command: clap::Command) -> clap::Command {
    command.version(env!("CARGO_PKG_VERSION"))
}

fn cannot(folder: PathBuf) -> impl FnOnce(io::Error) -> CommandError {
    |source| ManError { folder, source }.into()
}
