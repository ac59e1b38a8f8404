//! What commands have in common: the installation that they open, variables, exit codes, options of runs.

use crate::error::CommandError;
use crate::global::GlobalArguments;
use crate::output::{columns, in_columns};
use bwdc_engine::lock::LockError;
use bwdc_engine::paths::ProcessEnvironment;
use bwdc_engine::{Cancel, Engine, EngineError, HistoryError, RunError};
use bwdc_messages::plan::Extent;
use bwdc_messages::service::waits;
use clap::Args;
use console::Term;
use std::io::{self, IsTerminal as _, Write as _};
use std::time::{Duration, Instant};

#[derive(Args)]
pub(crate) struct RunArguments {
    /// Exit with 0 when nothing changes, 2 when something does, 3 when the limits refuse it.
    #[arg(long)]
    pub(crate) detailed_exitcode: bool,
}

/// How long to wait for somebody else's run.
#[derive(Args, Clone, Copy)]
pub(crate) struct WaitArguments {
    /// Wait so long for a run that is going on; without it, the command ends at once with who holds the lock.
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..=86_400))]
    pub(crate) wait: Option<u32>,
}

impl WaitArguments {
    /// Does `work`, again and again while somebody else holds a lock and the patience lasts. Whoever waits reads nothing
    /// before it has the lock: `work` takes it first.
    pub(super) async fn patiently<T>(
        self,
        cancel: &Cancel,
        global: &GlobalArguments,
        mut work: impl AsyncFnMut() -> Result<T, EngineError>,
    ) -> Result<T, CommandError> {
        let end = Instant::now() + Duration::from_secs(self.wait.unwrap_or_default().into());
        let mut told = false;
        loop {
            let result = work().await;
            let held = matches!(
                result,
                Err(EngineError::Run(RunError::Lock(LockError::Held { .. }))
                    | EngineError::History(HistoryError::Lock(LockError::Held { .. })))
            );
            match result {
                Err(error) if held && Instant::now() < end => {
                    if !told && !global.quiet {
                        // Where it cannot be said, it is waited for all the same.
                        let _ = writeln!(
                            io::stderr(),
                            "{}",
                            in_columns(&global.commands().in_text(&waits(&error)), columns(&Term::stderr()))
                        );
                        told = true;
                    }
                    let nap = tokio::time::sleep(EACH_TRY);
                    cancel.unless_cancelled(nap).await.ok_or(CommandError::Interrupted)?;
                }
                result => return Ok(result?),
            }
        }
    }
}

/// How often a lock is tried.
const EACH_TRY: Duration = Duration::from_millis(250);

/// The installation that the options name.
pub(super) fn open(global: &GlobalArguments) -> Result<Engine, CommandError> {
    Ok(Engine::open(global.environment())?)
}

/// How much of a long list is printed.
pub(super) fn extent(verbose: bool) -> Extent {
    if verbose { Extent::Whole } else { Extent::Short }
}

/// Whether there is somebody to ask: a schedule is never asked, and neither is anybody who wants no words.
pub(super) fn may_ask(global: &GlobalArguments) -> bool {
    !global.nointeraction && !global.quiet && io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// A variable's text; None when it is unset or empty. One that is no text is refused: half of a secret is none.
pub(super) fn variable(name: &str) -> Result<Option<String>, CommandError> {
    let environment = ProcessEnvironment::current();
    let Some(value) = environment.variable(name) else { return Ok(None) };
    value.to_str().map(|text| Some(text.to_owned())).ok_or(CommandError::NotText { name: name.to_owned() })
}

/// Exit codes of `--detailed-exitcode`.
pub(super) mod detailed {
    pub(crate) const CHANGES: u8 = 2;
    pub(crate) const REFUSED: u8 = 3;
}
