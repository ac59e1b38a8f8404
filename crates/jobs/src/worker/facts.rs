//! What the set-up is told of the installation, and of what failed.

use bwdc_engine::paths::ProcessEnvironment;
use bwdc_engine::store::SyncedKind;
use bwdc_engine::{Engine, EngineError};
use bwdc_messages::setup::{SetupDone, SetupFacts};
use bwdc_messages::{CommandLine, ErrorText, NextStep, Step};

/// An error with what to do about it, without what the set-up asks for anyway.
pub(super) fn failed(error: &ErrorText, environment: &ProcessEnvironment) -> SetupDone {
    let is_asked = |it: &NextStep| match &it.step {
        Step::EnterSecret { .. } => true,
        Step::Run(words) => matches!(words.as_ref(), "login" | "login --renew"),
        _ => false,
    };
    let steps: Vec<NextStep> = error.next_steps.iter().filter(|it| !is_asked(it)).cloned().collect();
    let commands = CommandLine::of(environment);
    let steps = commands.sentences(&steps);
    SetupDone::Failed(if steps.is_empty() {
        error.message.clone()
    } else {
        format!("{}\n{steps}", error.message)
    })
}

/// The installation as the set-up asks for it.
pub(super) fn facts(engine: &Engine) -> Result<SetupFacts, EngineError> {
    let has_synced = [SyncedKind::Users, SyncedKind::Groups].iter().any(|it| engine.last_sync(*it).is_some());
    Ok(SetupFacts { entries: engine.settings()?, client_id: engine.client_id()?, has_synced })
}
