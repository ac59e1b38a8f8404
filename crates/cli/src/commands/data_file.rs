//! `bwdc data-file`

use crate::error::CommandError;
use crate::global::GlobalArguments;
use crate::output::{Answer, Done, Failed};
use bwdc_engine::SetupError;
use bwdc_engine::paths::Profile;
use clap::Args;

/// Print the path of the settings file.
#[derive(Args)]
#[command(after_help = "\
Examples:
  bwdc data-file
  bwdc --profile berlin data-file")]
pub(crate) struct DataFileArguments {}

/// The path is told also when the file is damaged: that is when it is looked for.
pub(super) fn run(global: &GlobalArguments) -> Result<Done, Failed> {
    let profile = Profile::from_environment(&global.environment())
        .map_err(|error| CommandError::from(SetupError::from(error)))?;
    Ok(Answer::Text(profile.data_json.display().to_string()).into())
}
