//! Commands that go to the service of the machine, since its profiles are its own.

use crate::error::CommandError;
use crate::global::GlobalArguments;
use crate::output::{Answer, Done, Failed};
use bwdc_engine::service::{self, AskError, Command, PROTOCOL, Reply, Request, keeper};
use std::path::Path;
use std::time::Duration;

/// How long an answer may take.
#[derive(Clone, Copy)]
pub(super) enum Patience {
    /// That of a look at files.
    Short,
    /// That of a run, which may wait for another.
    Long,
}

impl Patience {
    fn duration(self) -> Duration {
        match self {
            Self::Short => Duration::from_secs(15),
            Self::Long => Duration::from_secs(12 * 60 * 60),
        }
    }
}

/// Carries a command out by the machine's service where it is the one that has the profiles; None: this account has its own.
pub(super) fn by_service(
    global: &GlobalArguments,
    command: Command,
    patience: Patience,
) -> Option<Result<Done, Failed>> {
    let machine = keeper(&global.environment())?;
    Some(done(ask(&machine, global, command, patience)))
}

/// Whether the profiles are the machine's service's.
pub(super) fn is_elsewhere(global: &GlobalArguments) -> bool {
    keeper(&global.environment()).is_some()
}

/// Asks a service about the profile that is in use.
pub(super) fn ask(
    path: &Path,
    global: &GlobalArguments,
    command: Command,
    patience: Patience,
) -> Result<Reply, AskError> {
    let profile = global.environment().profile_name().ok().filter(|it| !it.is_default());
    let request = Request { protocol: PROTOCOL, profile: profile.map(|it| it.to_string()), command };
    service::ask(path, &request, patience.duration())
}

fn done(reply: Result<Reply, AskError>) -> Result<Done, Failed> {
    let reply = reply.map_err(CommandError::Service)?;
    if let Some(refusal) = reply.error {
        let error = CommandError::Remote { kind: refusal.kind, message: refusal.message, hint: refusal.hint };
        let run = reply.data.get("run").cloned();
        return Err(Failed {
            after: reply.notices,
            run: run.map(Box::new),
            code: reply.code,
            ..Failed::from(error)
        });
    }
    let answer = Answer::Report { data: reply.data, text: reply.text };
    Ok(Done { answer, notices: reply.notices, asides: Vec::new(), code: 0 })
}
