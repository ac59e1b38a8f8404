//! The asynchronous part of a command. Only commands that wait for a network make a runtime: the others start in
//! milliseconds.

use crate::error::CommandError;
use bwdc_engine::Cancel;
use std::future::Future;
use std::pin::pin;
use tokio::runtime::{Builder, Runtime};
use tokio::signal::ctrl_c;

/// Runs `work` to its end, or until Ctrl-C. Work that is interrupted stops at its next wait; what was sent is on record.
pub(crate) fn block_on<T>(work: impl Future<Output = Result<T, CommandError>>) -> Result<T, CommandError> {
    runtime()?.block_on(unless_interrupted(work))
}

/// As [`block_on`], for a run: the first Ctrl-C asks it to end, says so with `told`, and waits until it has, since a request may
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
            interrupted = ctrl_c() => interrupted.map_err(CommandError::Runtime)?,
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
        interrupted = ctrl_c() => match interrupted {
            Ok(()) => Err(CommandError::Interrupted),
            Err(error) => Err(CommandError::Runtime(error)),
        },
        result = work => result,
    }
}
