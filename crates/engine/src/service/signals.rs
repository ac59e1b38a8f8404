//! What the operating system asks of the process.

use std::io;

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Signal {
    /// To read the settings again.
    Reload,
    /// To start no run by a schedule until it is to go on. Only Windows asks for it.
    #[cfg(windows)]
    Pause,
    /// To go on.
    #[cfg(windows)]
    Continue,
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

#[cfg(windows)]
mod platform {
    use super::super::control_manager;
    use super::{Signal, io};
    use tokio::signal::windows::{CtrlBreak, CtrlC, CtrlClose, CtrlShutdown};
    use tokio::signal::windows::{ctrl_break, ctrl_c, ctrl_close, ctrl_shutdown};
    use tokio::sync::mpsc::UnboundedReceiver;

    pub(in crate::service) struct Signals {
        manager: Option<UnboundedReceiver<Signal>>,
        interrupt: CtrlC,
        stop: CtrlBreak,
        close: CtrlClose,
        shutdown: CtrlShutdown,
    }

    impl Signals {
        pub(in crate::service) fn listen() -> io::Result<Self> {
            Ok(Self {
                manager: control_manager::signals(),
                interrupt: ctrl_c()?,
                stop: ctrl_break()?,
                close: ctrl_close()?,
                shutdown: ctrl_shutdown()?,
            })
        }

        pub(in crate::service) async fn next(&mut self) -> Signal {
            if let Some(manager) = &mut self.manager {
                return manager.recv().await.unwrap_or(Signal::Stop);
            }
            tokio::select! {
                _ = self.interrupt.recv() => {}
                _ = self.stop.recv() => {}
                _ = self.close.recv() => {}
                _ = self.shutdown.recv() => {}
            }
            Signal::Stop
        }
    }
}
