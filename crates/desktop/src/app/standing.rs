//! What counts until it is over, not until it was read: whose the profile is, a run that waits for an approval, a ledger that
//! cannot be read.

use super::{Action, App, Notice, Tone};
use bwdc_engine::ApprovalState;
use bwdc_jobs::job::State;
use bwdc_messages::desktop::{first_run, label};
use bwdc_messages::line::{Line, Tone as LineTone};
use bwdc_messages::overview;

impl App {
    /// What stands above the dashboard, the most urgent first.
    pub fn standing(&self) -> Vec<Notice> {
        // What is under way decides what of it is still so.
        if self.running.is_some() {
            return Vec::new();
        }
        let state = &self.overview.state;
        let mut standing = Vec::new();
        if let Some(error) = &state.ledger_error {
            standing.push(Notice::new(Tone::Bad, error.clone()).and(Action::Examine));
        }
        // The run that was refused just now says so itself, until that is read.
        let is_told = self.notice.as_ref().is_some_and(|it| it.actions.contains(&Action::Approval));
        standing.extend(waiting(state).filter(|_| !is_told));
        if self.overview.directory().is_none() && !state.by_service {
            standing.push(Notice::new(Tone::Warn, label("dashboard.no-directory")).and(Action::SetUp));
        } else if state.runs.is_empty() && state.ledger_error.is_none() && !state.by_service {
            standing.push(Notice::new(Tone::Plain, first_run()).and(Action::Plan));
        }
        standing.extend(of(state).notes().iter().map(notice));
        standing
    }
}

fn of(state: &State) -> overview::Overview<'_> {
    overview::Overview {
        client_id: state.client_id.as_deref(),
        last: state.runs.first(),
        refused: &state.refused,
        approval: state.approval,
        later_version: state.later_version,
        by_service: state.by_service,
        ..overview::Overview::default()
    }
}

/// The run that the limits refused, until a sync has carried it out.
fn waiting(state: &State) -> Option<Notice> {
    // What a run carried out is over.
    if state.refused.is_empty() || matches!(state.approval, ApprovalState::CarriedOut { .. }) {
        return None;
    }
    let notice = notice(&of(state).waiting());
    Some(match state.approval {
        ApprovalState::Counts { .. } => notice.and(Action::Sync).and(Action::Approval),
        ApprovalState::Missing | ApprovalState::CarriedOut { .. } | ApprovalState::Expired { .. } => {
            notice.and(Action::Approval).and(Action::Plan)
        }
    })
}

fn notice(line: &Line) -> Notice {
    let tone = match line.tone {
        LineTone::Plain | LineTone::Strong | LineTone::Faint => Tone::Plain,
        LineTone::Good => Tone::Good,
        LineTone::Warning => Tone::Warn,
        LineTone::Bad => Tone::Bad,
    };
    Notice::new(tone, line.text.clone())
}
