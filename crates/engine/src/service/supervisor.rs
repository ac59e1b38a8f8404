//! What systemd, or the service control manager of Windows, hears of the service. Where none listens, nobody does.

use std::time::Duration;

/// The service manager that started the process, if one did.
pub(super) struct Supervisor {
    /// How often it wants to hear of us; None: never.
    every: Option<Duration>,
}

/// How often the state is told where no watchdog asks for more.
const STATE: Duration = Duration::from_secs(60);

impl Supervisor {
    pub(super) fn new() -> Self {
        // Half of the time after which it takes us for dead.
        Self { every: platform::watchdog().map(|it| it / 2) }
    }

    /// Everything is as it should be to begin, or to go on after a reload.
    pub(super) fn ready(&self) {
        platform::ready();
    }

    /// Settings are being read again.
    pub(super) fn reloading(&self) {
        platform::reloading();
    }

    /// No run is started by a schedule until the manager says so.
    #[cfg(windows)]
    pub(super) fn paused(&self) {
        platform::paused();
    }

    /// The service is about to end, and may take so long.
    pub(super) fn stopping(&self, patience: Duration) {
        platform::stopping(patience);
    }

    /// Tells again and again that the service lives, and what it does.
    pub(super) async fn keep_alive(&self, state: impl Fn() -> String) {
        let every = self.every.map_or(STATE, |it| it.min(STATE));
        let mut told = String::new();
        loop {
            let now = state();
            platform::alive(Some(&now).filter(|it| **it != told).map(String::as_str));
            told = now;
            tokio::time::sleep(every).await;
        }
    }
}

#[cfg(target_os = "linux")]
mod platform {
    use sd_notify::NotifyState;
    use std::time::Duration;

    pub(super) fn watchdog() -> Option<Duration> {
        sd_notify::watchdog_enabled()
    }

    fn tell(states: &[NotifyState<'_>]) {
        // A manager that does not listen is none.
        let _ = sd_notify::notify(states);
    }

    pub(super) fn ready() {
        tell(&[NotifyState::Ready]);
    }

    pub(super) fn reloading() {
        match NotifyState::monotonic_usec_now() {
            Ok(now) => tell(&[NotifyState::Reloading, now]),
            Err(_) => tell(&[NotifyState::Reloading]),
        }
    }

    pub(super) fn stopping(patience: Duration) {
        let patience = u32::try_from(patience.as_micros()).unwrap_or(u32::MAX);
        tell(&[NotifyState::Stopping, NotifyState::ExtendTimeoutUsec(patience)]);
    }

    pub(super) fn alive(state: Option<&str>) {
        match state {
            Some(state) => tell(&[NotifyState::Watchdog, NotifyState::Status(state)]),
            None => tell(&[NotifyState::Watchdog]),
        }
    }
}

#[cfg(windows)]
mod platform {
    use super::super::control_manager::tell;
    use std::time::Duration;
    use windows_service::service::ServiceState;

    pub(super) fn watchdog() -> Option<Duration> {
        None
    }

    pub(super) fn ready() {
        tell(ServiceState::Running, Duration::ZERO);
    }

    /// It goes on running meanwhile.
    pub(super) fn reloading() {}

    pub(super) fn paused() {
        tell(ServiceState::Paused, Duration::ZERO);
    }

    pub(super) fn stopping(patience: Duration) {
        tell(ServiceState::StopPending, patience);
    }

    pub(super) fn alive(_state: Option<&str>) {}
}

#[cfg(not(any(target_os = "linux", windows)))]
mod platform {
    use std::time::Duration;

    pub(super) fn watchdog() -> Option<Duration> {
        None
    }

    pub(super) fn ready() {}

    pub(super) fn reloading() {}

    pub(super) fn stopping(_patience: Duration) {}

    pub(super) fn alive(_state: Option<&str>) {}
}
