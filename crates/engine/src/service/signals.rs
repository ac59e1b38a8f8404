//! What the operating system asks of the process.

use std::io;

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Signal {
    /// To read the settings again.
    Reload,
    /// To stop.
    Stop,
}

pub(super) use platform::Signals;

#[cfg(unix)]
mod platform {
    use super::{Signal, io};
    use tokio::signal::unix::{Signal as Stream, SignalKind, signal};

    pub(in crate::service) struct Signals {
        terminate: Stream,
        interrupt: Stream,
        hangup: Stream,
    }

    impl Signals {
        pub(in crate::service) fn listen() -> io::Result<Self> {
            Ok(Self {
                terminate: signal(SignalKind::terminate())?,
                interrupt: signal(SignalKind::interrupt())?,
                hangup: signal(SignalKind::hangup())?,
            })
        }

        pub(in crate::service) async fn next(&mut self) -> Signal {
            tokio::select! {
                _ = self.terminate.recv() => Signal::Stop,
                _ = self.interrupt.recv() => Signal::Stop,
                _ = self.hangup.recv() => Signal::Reload,
            }
        }
    }
}

#[cfg(not(unix))]
mod platform {
    use super::{Signal, io};

    pub(in crate::service) struct Signals;

    impl Signals {
        pub(in crate::service) fn listen() -> io::Result<Self> {
            Ok(Self)
        }

        pub(in crate::service) async fn next(&mut self) -> Signal {
            // Whoever cannot hear it goes on until the process ends.
            match tokio::signal::ctrl_c().await {
                Ok(()) => Signal::Stop,
                Err(_) => std::future::pending().await,
            }
        }
    }
}
