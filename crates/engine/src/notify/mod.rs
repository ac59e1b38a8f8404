//! Notifications: that runs fail, are refused, and work again. The words come from the host; what is told, when, and the way
//! there are here. One that cannot be delivered is tried again and never stops a sync.

mod deliver;
mod desk;
mod secret;

pub use deliver::{Channel, Delivered, DeliveryError};
pub(crate) use deliver::{Place, channels, send};
pub(crate) use desk::{Came, Desk, Tell};
pub(crate) use secret::VARIABLES;

use crate::digest::Digest;
use crate::error::EngineError;
use crate::mask::Mask;
use crate::paths::ProfileName;
use crate::run::RunError;
use bwdc_core::import::RefusedRecord;
use bwdc_core::names::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash as _, Hasher as _};

/// What somebody is to hear of.
pub enum Occasion<'a> {
    /// Runs began to fail.
    Failing {
        /// The profile.
        profile: &'a ProfileName,
        /// Why.
        error: &'a EngineError,
    },
    /// They still do.
    StillFailing {
        /// The profile.
        profile: &'a ProfileName,
        /// Why the last one did.
        error: &'a EngineError,
        /// How many did.
        failures: u32,
        /// Since when.
        since: Timestamp,
    },
    /// A run was refused.
    Refused {
        /// The profile.
        profile: &'a ProfileName,
        /// By what.
        error: &'a EngineError,
    },
    /// A run did everything but for single people or groups that the server did not accept.
    PartlyRefused {
        /// The profile.
        profile: &'a ProfileName,
        /// Whom, and why.
        error: &'a EngineError,
    },
    /// Runs work again.
    Recovered {
        /// The profile.
        profile: &'a ProfileName,
        /// How many failed.
        failures: u32,
        /// Since when.
        since: Timestamp,
    },
    /// A day in numbers and names.
    Digest {
        /// The profile.
        profile: &'a ProfileName,
        /// Who joined and left.
        digest: &'a Digest,
    },
    /// A certificate, or the key with it, expires soon.
    Expires {
        /// The profile whose runs need it.
        profile: &'a ProfileName,
        /// A server, or an application's certificate.
        subject: &'a str,
        /// In so many days; 0 or less: it has.
        days: i64,
    },
    /// Somebody wants to know whether notifications arrive.
    Test {
        /// The profile.
        profile: &'a ProfileName,
    },
}

/// A notification in words.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// In one line.
    pub subject: String,
    /// Everything, for people.
    pub text: String,
    /// The same for programs.
    pub data: Value,
}

impl Message {
    /// The same with numbers in place of addresses.
    #[must_use]
    pub fn masked(self) -> Self {
        let mut mask = Mask::new(Vec::new());
        self.map(&mut |text| mask.text(text))
    }

    /// The same with no text longer than any way takes: a list of names may be long.
    #[must_use]
    pub(crate) fn short(self) -> Self {
        self.map(&mut |text| match text.char_indices().nth(LONGEST) {
            Some((end, _)) => format!("{}\u{2026}", &text[..end]),
            None => text.to_owned(),
        })
    }

    fn map(self, change: &mut dyn FnMut(&str) -> String) -> Self {
        let Self { subject, text, data } = self;
        Self { subject: change(&subject), text: change(&text), data: changed(data, change) }
    }
}

/// Characters of a text in a notification: all of them together fit into a pipe.
const LONGEST: usize = 2_000;

fn changed(data: Value, change: &mut dyn FnMut(&str) -> String) -> Value {
    match data {
        Value::String(text) => Value::String(change(&text)),
        Value::Array(items) => items.into_iter().map(|it| changed(it, change)).collect(),
        Value::Object(fields) => {
            Value::Object(fields.into_iter().map(|(name, it)| (name, changed(it, change))).collect())
        }
        other => other,
    }
}

/// What a run came to, for whoever is to hear of it; None: it was ended by a stop, or waits.
pub(crate) fn came<T>(result: Result<&T, &EngineError>) -> Option<Came> {
    match result {
        Ok(_) => Some(Came::Well),
        Err(EngineError::Run(error)) => of_run(error),
        Err(EngineError::Setup(_)) => Some(Came::Failed("settings")),
        Err(_) => Some(Came::Failed("other")),
    }
}

fn of_run(error: &RunError) -> Option<Came> {
    Some(match error {
        RunError::Cancelled | RunError::Lock(_) => return None,
        RunError::RecordsRefused { records } => Came::Partly(fingerprint(records)),
        RunError::Held { other: Some(other), .. } if !matches!(**other, RunError::RecordsRefused { .. }) => {
            return of_run(other);
        }
        RunError::Held { .. } | RunError::Refused { .. } | RunError::PlanChanged { .. } => Came::Refused,
        RunError::EndedAfterRefusals { error, .. } | RunError::NotDone { error, .. } => return of_run(error),
        RunError::Directory(_)
        | RunError::Source { .. }
        | RunError::SourcesNotRead { .. }
        | RunError::Desired(_) => Came::Failed("directory"),
        RunError::Setup(_) => Came::Failed("settings"),
        RunError::Organization(_)
        | RunError::Apply(_)
        | RunError::OrganizationAtFault(_)
        | RunError::OverwriteRefused { .. }
        | RunError::MembersHidden { .. }
        | RunError::ImportUnderWay { .. }
        | RunError::ImportHeldBack { .. }
        | RunError::NotTaken { .. } => Came::Failed("organization"),
        RunError::Ledger(_) | RunError::CannotRebuild | RunError::PlanOfAnother { .. } => {
            Came::Failed("other")
        }
    })
}

/// By which a set of refused people and groups is known again, whatever their order.
fn fingerprint(records: &[RefusedRecord]) -> u64 {
    let mut ids: Vec<_> = records.iter().map(|it| (it.is_group, it.external_id.as_str())).collect();
    ids.sort_unstable();
    let mut hasher = DefaultHasher::new();
    ids.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use bwdc_core::names::ExternalId;

    fn record(id: &str) -> RefusedRecord {
        RefusedRecord {
            is_group: false,
            external_id: ExternalId::new(id),
            name: id.to_owned(),
            reason: String::new(),
        }
    }

    fn of(error: RunError) -> Option<Came> {
        came::<()>(Err(&EngineError::Run(error)))
    }

    #[test]
    fn a_set_of_refused_people_is_known_again_in_any_order() {
        let came = |ids: &[&str]| {
            let records = ids.iter().map(|id| record(id)).collect();
            of(RunError::RecordsRefused { records })
        };
        assert_eq!(came(&["a", "b"]), came(&["b", "a"]));
        assert_ne!(came(&["a", "b"]), came(&["a", "c"]));
    }

    #[test]
    fn a_run_that_was_held_back_is_refused_unless_something_else_failed() {
        let held = |other: Option<RunError>| {
            of(RunError::Held { refusals: Vec::new(), done: 1, other: other.map(Box::new), run: None })
        };
        assert_eq!(held(None), Some(Came::Refused));
        assert_eq!(held(Some(RunError::RecordsRefused { records: vec![record("a")] })), Some(Came::Refused));
        assert_eq!(held(Some(RunError::NotTaken { left: 1, sent: 1 })), Some(Came::Failed("organization")));
    }

    #[test]
    fn what_goes_out_is_short_enough_for_a_pipe() {
        let long = "\u{1f600}\"".repeat(50_000);
        let message = Message {
            subject: long.clone(),
            text: long.clone(),
            data: serde_json::json!({ "message": &long, "hint": &long }),
        };
        let Message { subject, text, data } = message.short();
        assert!(
            serde_json::json!({ "subject": subject, "text": text, "data": data }).to_string().len() < 60_000
        );
    }
}
