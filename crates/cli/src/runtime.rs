//! The asynchronous part of a command. Only commands that wait for a network make a runtime: the others start in
//! milliseconds.

use crate::error::CommandError;
use bwdc_engine::Cancel;
use std::future::Future;
use std::io;
use std::pin::pin;
use tokio::runtime::{Builder, Runtime};

/// Runs `work` to its end, or until Ctrl-C or SIGTERM. Work that is interrupted stops at its next wait; what was sent is on record.
pub(crate) fn block_on<T>(work: impl Future<Output = Result<T, CommandError>>) -> Result<T, CommandError> {
    runtime()?.block_on(unless_interrupted(work))
}

/// As [`block_on`], for a run: the first Ctrl-C or SIGTERM asks it to end, says so with `told`, and waits until it has, since a request may
/// be under way; the second one ends it where it stands.
pub(crate) fn block_on_run<T>(
    cancel: &Cancel,
    told: impl FnOnce(),
    work: impl Future<Output = Result<T, CommandError>>,
) -> Result<T, CommandError> {
    runtime()?.block_on(async {
        let mut work = pin!(work);
        tokio::select! {
            biased;
            interrupted = asked_to_end() => interrupted.map_err(CommandError::Runtime)?,
            result = &mut work => return result,
        }
        cancel.cancel();
        told();
        unless_interrupted(work).await
    })
}

/// Runs work that hears the signals of the operating system itself.
pub(crate) fn block_on_alone<T>(
    work: impl Future<Output = Result<T, CommandError>>,
) -> Result<T, CommandError> {
    runtime()?.block_on(work)
}

fn runtime() -> Result<Runtime, CommandError> {
    Builder::new_current_thread().enable_all().build().map_err(CommandError::Runtime)
}

async fn unless_interrupted<T>(
    work: impl Future<Output = Result<T, CommandError>>,
) -> Result<T, CommandError> {
    tokio::select! {
        biased;
        interrupted = asked_to_end() => match interrupted {
            Ok(()) => Err(CommandError::Interrupted),
            Err(error) => Err(CommandError::Runtime(error)),
        },
        result = work => result,
    }
}

/// Waits for Ctrl-C, or for SIGTERM, by which a service manager and a shutdown of the machine end programs.
#[cfg(unix)]
pub(crate) async fn asked_to_end() -> io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}

#[cfg(not(unix))]
pub(crate) async fn asked_to_end() -> io::Result<()> {
    tokio::signal::ctrl_c().await
}
