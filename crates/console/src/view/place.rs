//! Which next steps have a place in the console.

use super::form::part::FormPart;
use bwdc_core::settings::Setting;
use bwdc_messages::{NextStep, Step};

/// Where a command has its place in the console.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    SignIn,
    Account,
    Sync,
    Plan,
    Approval,
    Doctor,
    History,
    Service,
    Repair,
    Setup,
    Profiles,
    /// The kind of directory.
    Kind,
}

/// The place of a command, by its words.
pub(crate) fn place_of(words: &str) -> Option<Place> {
    let mut parts = words.split_whitespace();
    Some(match (parts.next()?, parts.next()) {
        ("login", None | Some("--renew")) => Place::SignIn,
        ("login", Some("--observer")) | ("logout", None) => Place::Account,
        ("sync", None) => Place::Sync,
        ("plan", None) => Place::Plan,
        ("approve", _) => Place::Approval,
        ("doctor", None) => Place::Doctor,
        ("history", _) => Place::History,
        ("service", _) | ("status", None) => Place::Service,
        ("repair", _) => Place::Repair,
        ("setup", None) => Place::Setup,
        ("profile", Some("list")) => Place::Profiles,
        ("config", Some("directory")) => Place::Kind,
        _ => return None,
    })
}

/// Whether a step is done in the console.
pub(crate) fn can_be_done(next: &NextStep) -> bool {
    if next.source.is_some() {
        return false;
    }
    match &next.step {
        Step::Set { setting, .. } | Step::EnterSecret { setting } => {
            Setting::find(setting).is_some_and(|it| FormPart::of(it.section).is_some())
        }
        Step::Run(words) => place_of(words).is_some(),
        Step::Open(_) | Step::Say(_) => false,
    }
}
