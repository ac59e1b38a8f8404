//! How the installation is, read from its own files.

use crate::job::{RefusedRunState, State};
use bwdc_core::plan::Refusal;
use bwdc_engine::ledger::{RunId, RunOutcome};
use bwdc_engine::paths::ProcessEnvironment;
use bwdc_engine::{ApprovalState, Engine, EngineError, Happened as Happening};
use bwdc_messages::approval::approval;
use bwdc_messages::plan::Extent;
use bwdc_messages::{CommandLine, describe, refused_run};

/// What the installation is at. A ledger that cannot be read keeps nobody from seeing the rest.
///
/// # Errors
/// Why the settings or the secrets cannot be read.
pub fn state(engine: &Engine, environment: &ProcessEnvironment) -> Result<State, EngineError> {
    let (runs, ledger_error) = match engine.history(1) {
        Ok(runs) => (runs, None),
        Err(error) => (Vec::new(), Some(in_words(&error))),
    };
    let refused = match runs.first() {
        Some(run) if matches!(run.outcome, Some(RunOutcome::Refused | RunOutcome::Partial)) => {
            refusals(engine, run.id)
        }
        _ => Vec::new(),
    };
    let approval = match runs.first() {
        Some(run) if !refused.is_empty() => engine.approval_of(run.id).unwrap_or_default(),
        _ => ApprovalState::Missing,
    };
    // A schedule that cannot be read is told by doctor.
    let profile = environment.profile_name().ok();
    let status = profile.and_then(|it| Engine::status_of(environment, &it).ok());
    Ok(State {
        refused,
        next: status.and_then(|it| it.next),
        client_id: engine.client_id()?,
        observer: engine.observer()?,
        entries: engine.settings()?,
        runs,
        approval,
        ledger_error,
        later_version: engine.later_data_version(),
        by_service: false,
    })
}

/// What refused a run.
fn refusals(engine: &Engine, run: RunId) -> Vec<Refusal> {
    let entries = engine.run_of_history(run).map(|(_, entries)| entries).unwrap_or_default();
    let refused = entries.into_iter().filter_map(|it| match it.what {
        Happening::Refused(refusal) => Some(refusal),
        _ => None,
    });
    refused.collect()
}

/// The run that was refused last, with whose access is in question.
pub(super) fn refused(engine: &Engine) -> Result<RefusedRunState, EngineError> {
    let refused = engine.refused_run(None)?;
    let run = refused.record.id;
    Ok(RefusedRunState {
        run,
        lines: refused_run::lines(&refused, Extent::Whole),
        approval: approval(&refused.refusals()),
        state: engine.approval_of(run)?,
    })
}

/// An error and what to do, in one line.
fn in_words(error: &EngineError) -> String {
    let words = describe(error);
    let steps = CommandLine::default().sentences(&words.next_steps);
    format!("{} {steps}", words.message).trim_end().to_owned()
}
