//! `bwdc logout`

use super::open;
use crate::args::{GlobalArguments, LogoutArguments};
use crate::error::CommandError;
use crate::output::{Answer, Done, Failed};
use bwdc_engine::SetupError;

pub(super) fn run(arguments: &LogoutArguments, global: &GlobalArguments) -> Result<Done, Failed> {
    let mut engine = open(global)?;
    if arguments.observer {
        engine.forget_observer()?;
        return Ok(Answer::title("The observer is forgotten.").into());
    }
    if engine.client_id()?.is_none() {
        return Err(CommandError::from(SetupError::NotSignedIn).into());
    }
    engine.log_out()?;
    Ok(Answer::title("You have logged out.").into())
}
