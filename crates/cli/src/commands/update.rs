//! `bwdc update`

use crate::error::CommandError;
use crate::global::GlobalArguments;
use crate::output::{Answer, Done, Failed};
use crate::runtime::block_on;
use bwdc_engine::Engine;
use bwdc_engine::update::Newer;
use bwdc_messages::program;
use clap::Args;

/// Check whether there is a newer version.
///
/// The setting `update-feed`, or BWDC_UPDATE_FEED, names the address of a list of releases in GitHub's form. With
/// `--raw`, the address of the download for this platform is printed and nothing else. Nothing is downloaded.
#[derive(Args)]
#[command(after_help = "\
Examples:
  bwdc update
  bwdc update --raw")]
pub(crate) struct UpdateArguments {}

pub(super) fn run(global: &GlobalArguments) -> Result<Done, Failed> {
    let environment = global.environment();
    let found = block_on(async { Engine::newer_version(&environment).await.map_err(CommandError::from) })?;
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
