//! The asynchronous part of a command. Only commands that wait for a network make a runtime: the others start in
//! milliseconds.

use crate::error::CommandError;
use std::future::Future;
use tokio::runtime::Builder;

/// Runs `work` to its end, or until Ctrl-C. Work that is interrupted stops at its next wait; what was sent is on record.
pub(crate) fn block_on<T>(work: impl Future<Output = Result<T, CommandError>>) -> Result<T, CommandError> {
    let runtime = Builder::new_current_thread().enable_all().build().map_err(CommandError::Runtime)?;
    runtime.block_on(async {
        tokio::select! {
            biased;
            interrupted = tokio::signal::ctrl_c() => match interrupted {
                Ok(()) => Err(CommandError::Interrupted),
                Err(error) => Err(CommandError::Runtime(error)),
            },
            result = work => result,
        }
    })
}
