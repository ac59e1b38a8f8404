//! What stays in sight until it was read, with what can be done about it as buttons.

use crate::job::Failure;
use bwdc_messages::desktop::label;
use bwdc_messages::{CommandLine, Condition, NextStep, Step};

/// How something is meant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    /// As news.
    #[default]
    Plain,
    /// It went well.
    Good,
    /// Somebody should look.
    Warn,
    /// It did not work.
    Bad,
}

/// What a button does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Opens the settings, at one of them where it is known, with a value where that is known.
    Settings {
        /// Its name.
        setting: Option<String>,
        /// What is typed there.
        value: Option<String>,
    },
    /// Syncs.
    Sync,
    /// Compares, and shows the plan.
    Plan,
    /// Checks everything.
    Examine,
    /// Opens a page.
    Open(String),
    /// Goes to the sign-in.
    LogIn,
    /// Asks for the new secret of the organization's key.
    RenewKey,
    /// Asks for a person's key, by which the organization is read.
    Observe,
    /// Shows the run that was refused last.
    Approval,
    /// Shows what no sync decides by itself.
    Repairs,
    /// Shows earlier runs.
    History,
    /// Shows the background service.
    Service,
    /// Opens the guided set-up.
    SetUp,
}

impl Action {
    /// What the button says.
    pub fn label(&self) -> String {
        label(match self {
            Self::Settings { .. } => "step.settings",
            Self::Sync => "step.sync",
            Self::Plan => "step.plan",
            Self::Examine => "step.doctor",
            Self::Open(_) => "step.open",
            Self::LogIn => "step.log-in",
            Self::RenewKey => "step.renew-key",
            Self::Observe => "step.observe",
            Self::Approval => "step.approval",
            Self::Repairs => "step.repairs",
            Self::History => "step.history",
            Self::Service => "step.service",
            Self::SetUp => "step.set-up",
        })
    }

    /// What a window does for a step; None: it is done elsewhere.
    fn of(step: &Step) -> Option<Self> {
        let settings = |name: &str, value: Option<&str>| {
            Some(Self::Settings { setting: Some(name.to_owned()), value: value.map(str::to_owned) })
        };
        match step {
            Step::Set { setting, value } => settings(setting, value.as_deref()),
            Step::EnterSecret { setting } => settings(setting, None),
            Step::Open(page) => Some(Self::Open(page.clone())),
            Step::Say(_) => None,
            Step::Run(words) => match words.split_whitespace().next()? {
                "sync" => Some(Self::Sync),
                "plan" | "apply" => Some(Self::Plan),
                "approve" => Some(Self::Approval),
                "repair" => Some(Self::Repairs),
                "history" => Some(Self::History),
                "service" => Some(Self::Service),
                "setup" => Some(Self::SetUp),
                "login" if words.contains("--observer") => Some(Self::Observe),
                "doctor" => Some(Self::Examine),
                "login" => Some(Self::LogIn),
                "config" | "secrets" => Some(Self::Settings { setting: None, value: None }),
                _ => None,
            },
        }
    }
}

/// Something to be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Notice {
    /// How it is meant.
    pub tone: Tone,
    /// What is wrong, in a few words; empty: the text says it.
    pub title: String,
    /// What it says first.
    pub text: String,
    /// What it says besides.
    pub detail: String,
    /// What can be done about it.
    pub actions: Vec<Action>,
}

impl Notice {
    /// A plain one.
    pub fn new(tone: Tone, text: impl Into<String>) -> Self {
        Self { tone, text: text.into(), ..Self::default() }
    }

    /// With more below.
    #[must_use]
    pub fn with(mut self, lines: impl IntoIterator<Item = String>) -> Self {
        let more: Vec<String> = lines.into_iter().filter(|it| !it.is_empty()).collect();
        self.detail = more.join("\n");
        self
    }

    /// With a button.
    #[must_use]
    pub fn and(mut self, action: Action) -> Self {
        if !self.actions.contains(&action) {
            self.actions.push(action);
        }
        self
    }

    /// With a button before all others.
    #[must_use]
    pub(super) fn first(mut self, action: Action) -> Self {
        self.actions.insert(0, action);
        self
    }

    /// A failure, with its next steps.
    pub fn of(failure: &Failure) -> Self {
        let tone = match failure.condition {
            Condition::Ended => Tone::Plain,
            _ if failure.is_refused() => Tone::Warn,
            Condition::Busy | Condition::Settling => Tone::Warn,
            _ => Tone::Bad,
        };
        let notice = Self::new(tone, failure.message.clone()).steps(&failure.steps);
        // What the error itself asks for comes first; where that can be done here, it is enough.
        let can_be_done = notice.actions.iter().any(|it| !matches!(it, Action::Open(_)));
        let helpful: Vec<NextStep> =
            failure.condition.helpful().into_iter().map(|(step, _)| step.into()).collect();
        let notice = if can_be_done { notice } else { notice.steps(&helpful) };
        Self { title: failure.condition.title().unwrap_or_default(), ..notice }
    }

    /// As it is shown where there are no tabs: only pages can be opened from there.
    #[must_use]
    pub(super) fn without_tabs(mut self) -> Self {
        self.actions.retain(|it| matches!(it, Action::Open(_)));
        self
    }

    /// With next steps: buttons for what a window does, sentences for the rest.
    #[must_use]
    pub fn steps(mut self, steps: &[NextStep]) -> Self {
        let (buttons, elsewhere): (Vec<_>, Vec<_>) =
            steps.iter().partition(|it| Action::of(&it.step).is_some());
        for action in buttons.iter().filter_map(|it| Action::of(&it.step)) {
            let same = |known: &Action| known.label() == action.label();
            // One button to the settings is enough: the first one goes where it matters most.
            if !self.actions.iter().any(same) {
                self.actions.push(action);
            }
        }
        let elsewhere: Vec<NextStep> = elsewhere.into_iter().cloned().collect();
        let sentences = CommandLine::default().sentences(&elsewhere);
        let parts = [std::mem::take(&mut self.detail), sentences];
        self.detail = parts.into_iter().filter(|it| !it.is_empty()).collect::<Vec<_>>().join("\n");
        self
    }
}
