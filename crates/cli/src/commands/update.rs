//! `bwdc update`

use crate::error::CommandError;
use crate::global::GlobalArguments;
use crate::output::{Answer, Done, Failed};
use crate::runtime::block_on;
use bwdc_engine::Engine;
use bwdc_engine::update::{Newer, UpdateError};
use bwdc_messages::program;
use clap::Args;

/// Check whether there is a newer version.
///
/// The setting `update-feed`, or BWDC_UPDATE_FEED, names the address of a list of releases in GitHub's form; without one, the
/// command says that it cannot check, and exits with 0. With
/// `--raw`, the address of the download for this platform is printed and nothing else. Nothing is downloaded.
#[derive(Args)]
#[command(after_help = "\
Examples:
  bwdc update
  bwdc update --raw")]
pub(crate) struct UpdateArguments {}

pub(super) fn run(global: &GlobalArguments) -> Result<Done, Failed> {
    let environment = global.environment();
    let asked = async { Ok::<_, CommandError>(Engine::newer_version(&environment).await) };
    let found = match block_on(asked)? {
        // A build that knows no list says so, and that is no failure: scripts of the official tool call this command.
        Err(UpdateError::NoFeed) => {
            let message = Some(program::where_releases_are(&global.commands()));
            return Ok(Answer::Message { title: program::cannot_check(), message, raw: None }.into());
        }
        found => found.map_err(CommandError::from)?,
    };
    Ok(match found {
        None => Answer::title(program::newest(env!("CARGO_PKG_VERSION"))),
        Some(Newer { version, page, download }) => Answer::Message {
            title: program::newer(&version),
            raw: Some(download.unwrap_or_else(|| page.clone())),
            message: Some(page),
        },
    }
    .into())
}
