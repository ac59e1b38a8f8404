//! `bwdc status`

use super::remote::{self, Patience};
use crate::error::CommandError;
use crate::global::GlobalArguments;
use crate::output::{Answer, Done, Failed};
use bwdc_engine::clock::Clock;
use bwdc_engine::paths::{PathError, ProfileName};
use bwdc_engine::service::{AskError, Command, is_there, places};
use bwdc_engine::{Engine, system_service};
use bwdc_messages::service::no_answer;
use bwdc_messages::status::{Report, ServiceState, cannot_ask, report};
use clap::Args;

/// Print how each profile is: schedule, last run, next run, what waits for you.
///
/// The first line says it all, and the exit code is that of a monitoring plugin: 0 healthy, 1 needs a person (an approval is
/// pending, for example), 2 failing, overdue or the service does not run, 3 cannot tell.
#[derive(Args)]
#[command(after_help = "\
Examples:
  bwdc status
  bwdc status --response --pretty
  bwdc --profile berlin status")]
pub(crate) struct StatusArguments {}

/// The exit code where it cannot be told, a mistyped command included.
pub(crate) const CANNOT_TELL: u8 = 3;

pub(super) fn run(global: &GlobalArguments) -> Result<Done, Failed> {
    let found = look(global).map_err(|error| Failed { code: CANNOT_TELL, ..Failed::from(error) })?;
    let Report { text, data, code } = found;
    Ok(Done { answer: Answer::Report { data, text }, notices: Vec::new(), asides: Vec::new(), code })
}

fn look(global: &GlobalArguments) -> Result<Report, CommandError> {
    let environment = global.environment();
    let [own, machine] = places(&environment);
    let path = if remote::is_elsewhere(global) { machine } else { own };
    if is_there(&path) {
        match remote::ask(&path, global, Command::Status, Patience::Short) {
            Ok(reply) => return Ok(Report { text: reply.text, data: reply.data, code: reply.code }),
            Err(error @ (AskError::NotAllowed { .. } | AskError::OtherProtocol { .. })) => {
                return Ok(cannot_ask(&no_answer(&error)));
            }
            Err(AskError::NotRunning { .. } | AskError::Broken { .. } | AskError::OfAnother { .. }) => {}
        }
    }
    let names: Vec<ProfileName> = match &global.profile {
        Some(name) => vec![name.clone()],
        None => Engine::profiles(&environment)?.into_iter().map(|it| it.name).collect(),
    };
    // Kept apart from the profiles: a folder that cannot be told is an error of the command.
    environment.data_folder().map_err(|error: PathError| bwdc_engine::SetupError::from(error))?;
    let all = names.iter().map(|name| (name, Engine::status_of(&environment, name))).collect::<Vec<_>>();
    let service = match system_service::is_running(&environment) {
        Some(true) => ServiceState::Running,
        Some(false) => ServiceState::Stopped,
        None => ServiceState::Absent,
    };
    Ok(report(&all, service, Clock::System.now(), &global.commands()))
}
