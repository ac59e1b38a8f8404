//! `bwdc update`

use crate::args::GlobalArguments;
use crate::error::CommandError;
use crate::output::{Answer, Done, Failed};
use crate::runtime::block_on;
use bwdc_engine::update::{Newer, newer};

pub(super) fn run(global: &GlobalArguments) -> Result<Done, Failed> {
    let environment = global.environment();
    let found = block_on(async { newer(&environment).await.map_err(CommandError::from) })?;
    Ok(match found {
        None => Answer::title(concat!("No newer version than ", env!("CARGO_PKG_VERSION"), " is available.")),
        Some(Newer { version, page, download }) => Answer::Message {
            title: format!("Version {version} is available."),
            raw: Some(download.unwrap_or_else(|| page.clone())),
            message: Some(page),
        },
    }
    .into())
}
