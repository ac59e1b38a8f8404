//! The background service as front ends show it: how it is, what can be done with it, and what that means.

use crate::job::{ServiceStart, ServiceState, ServiceWork};
use bwdc_engine::system_service::Verb;
use bwdc_messages::line::{Line, Tone};
use bwdc_messages::{system_service, text};

/// What can be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServiceItem {
    /// Install one.
    Install(ServiceStart),
    /// Start it.
    Start,
    /// Stop it.
    Stop,
    /// Start it again.
    Restart,
    /// Read its log.
    Log,
    /// Change when it syncs, and who is told.
    Settings,
    /// Remove it.
    Remove,
}

impl ServiceItem {
    /// What can be done with a service that is like this.
    pub fn of(state: &ServiceState) -> &'static [Self] {
        match state.running {
            None if state.can_elevate => &[
                Self::Install(ServiceStart::Stays),
                Self::Install(ServiceStart::Timer),
                Self::Install(ServiceStart::Machine),
                Self::Settings,
            ],
            None => &[Self::Install(ServiceStart::Stays), Self::Install(ServiceStart::Timer), Self::Settings],
            Some(false) => &[Self::Start, Self::Log, Self::Settings, Self::Remove],
            Some(true) => &[Self::Restart, Self::Stop, Self::Log, Self::Settings, Self::Remove],
        }
    }

    /// What it is called; where the settings are, the front end says.
    pub fn label(self, state: &ServiceState, settings: impl Fn() -> String) -> String {
        match self {
            Self::Install(ServiceStart::Stays) if state.is_root => {
                text!("service-view.install-machine", "Install for this machine")
            }
            Self::Install(ServiceStart::Stays) => text!("service-view.install", "Install for this account"),
            Self::Install(ServiceStart::Timer) => text!("service-view.timer", "Install with a timer"),
            Self::Install(ServiceStart::Machine) => {
                text!("service-view.install-as-administrator", "Install for this machine …")
            }
            Self::Start => text!("service-view.start", "Start"),
            Self::Stop => text!("service-view.stop", "Stop"),
            Self::Restart => text!("service-view.restart", "Restart"),
            Self::Log => text!("service-view.log", "Log"),
            Self::Settings => settings(),
            Self::Remove => text!("service-view.remove", "Remove"),
        }
    }

    /// What comes of it.
    pub fn about(self, state: &ServiceState) -> String {
        match self {
            Self::Install(ServiceStart::Stays) => {
                text!("service-view.about-install", "shows first what is written")
            }
            Self::Install(ServiceStart::Machine) => {
                text!("service-view.about-administrator", "the system asks for an administrator")
            }
            Self::Install(ServiceStart::Timer) => text!(
                "service-view.about-timer",
                "a single run every {minutes:minute/minutes}",
                minutes = state.minutes
            ),
            Self::Start => text!("service-view.about-start", "syncs on its schedule"),
            Self::Stop => text!("service-view.about-stop", "no sync starts by itself"),
            Self::Restart => text!("service-view.about-restart", "reads program and settings again"),
            Self::Log => text!("service-view.about-log", "its latest lines"),
            Self::Settings => text!("service-view.about-settings", "when it syncs, who is told"),
            Self::Remove => text!("service-view.about-remove", "settings and ledger stay"),
        }
    }
}

impl ServiceState {
    /// Whether it runs, and what keeps it from syncing; `settings` is where its schedule is set.
    pub fn lines(&self, settings: &str) -> Vec<Line> {
        let tone = match self.running {
            Some(true) => Tone::Good,
            Some(false) => Tone::Bad,
            None => Tone::Warning,
        };
        let mut lines = vec![Line::new(system_service::state(self.running), tone)];
        if !self.has_schedule {
            lines.push(Line::new(
                text!(
                    "service-view.no-schedule",
                    "No schedule is set, so that the service starts no run: set one under `{form}`.",
                    form = settings
                ),
                Tone::Warning,
            ));
        }
        if let Some(silent) = &self.silent {
            lines.push(Line::new(silent.as_str(), Tone::Warning));
        }
        lines
    }

    /// How its profiles are, after an empty line.
    pub fn profile_lines(&self) -> Vec<Line> {
        if self.profiles.is_empty() {
            return Vec::new();
        }
        std::iter::once(Line::default()).chain(self.profiles.lines().map(Line::plain)).collect()
    }
}

impl ServiceWork {
    /// What is done, while it is.
    pub fn progress(&self) -> String {
        match self {
            Self::Look => text!("service-view.looking", "Looking at the service"),
            Self::Draft(_) => text!("service-view.drafting", "Preparing what would be written"),
            Self::Install(_) => text!("service-view.install-progress", "Installing the service"),
            Self::Control(Verb::Start) => text!("service-view.starting", "Starting the service"),
            Self::Control(Verb::Stop) => {
                text!("service-view.stopping", "Stopping the service: an import under way is waited for")
            }
            Self::Control(Verb::Restart) => text!("service-view.restarting", "Restarting the service"),
            Self::Log => text!("service-view.reading", "Reading the log"),
            Self::Remove => text!("service-view.removing", "Removing the service"),
        }
    }
}

/// The title over what an installation would write.
pub fn draft_title() -> String {
    text!("service-view.draft-title", "What would be written")
}

/// The title over its log.
pub fn log_title() -> String {
    text!("service-view.log-title", "The service's log")
}
