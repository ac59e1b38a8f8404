//! Why a run, or a look at what a run would do, came to nothing or did not do everything.

use crate::causes::with_causes;
use crate::directory::ReadError;
use crate::directory::open::SourceError;
use crate::installation::SetupError;
use crate::ledger::{LedgerError, RunId};
use crate::lock::LockError;
use crate::organization::{ApplyError, OrganizationError};
use crate::run::SyncReport;
use bwdc_core::desired::DesiredError;
use bwdc_core::import::RefusedRecord;
use bwdc_core::names::SourceName;
use bwdc_core::plan::{Cause, Change, Plan, Refusal};
use std::sync::Arc;

/// What ends a run, or keeps it from having done everything.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The installation cannot be used as it is.
    #[error(transparent)]
    Setup(#[from] SetupError),
    /// Another run is going on.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The ledger cannot be read or written.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The directory could not be read.
    #[error(transparent)]
    Directory(#[from] ReadError),
    /// A further source could not be read.
    #[error("source `{name}`: {source}")]
    Source {
        /// Which.
        name: SourceName,
        /// Why.
        #[source]
        source: ReadError,
    },
    /// The directory cannot be brought over as it is.
    #[error(transparent)]
    Desired(#[from] DesiredError),
    /// The organization could not be read.
    #[error(transparent)]
    Organization(#[from] OrganizationError),
    /// A server of Bitwarden's own that does not show its members.
    #[error(
        "{server} does not show the members of the organization, as every server of its kind does; nothing was sent"
    )]
    MembersHidden {
        /// The API's URL.
        server: String,
    },
    /// The organization cannot be read, so that nothing can be recorded from it.
    #[error("the ledger cannot be made anew: this server does not show the organization")]
    CannotRebuild,
    /// The plan was refused, and nothing was sent.
    #[error("the run was refused and nothing was sent")]
    Refused {
        /// Why.
        refusals: Vec<Refusal>,
        /// Its number, by which it can be approved; None: it is not on record.
        run: Option<RunId>,
    },
    /// The limits held back a part of the plan; the rest was carried out.
    #[error("the limits held back a part of the plan, and the rest was carried out")]
    Held {
        /// Why.
        refusals: Vec<Refusal>,
        /// Changes that were to be carried out.
        done: usize,
        /// What else is not done.
        other: Option<Box<RunError>>,
        /// Its number, by which it can be approved; None: it is not on record.
        run: Option<RunId>,
    },
    /// A saved plan is about another organization.
    #[error("the plan was made for the organization {organization_id}, not for this one")]
    PlanOfAnother {
        /// The organization of the plan.
        organization_id: String,
    },
    /// Directory or organization changed since a plan was saved.
    #[error(
        "directory or organization changed since the plan was saved: {missing} of its changes are no longer to be made, {new} are new; nothing was sent"
    )]
    PlanChanged {
        /// Changes of the saved plan that are no longer to be made.
        missing: usize,
        /// Changes to be made that the saved plan does not have.
        new: usize,
    },
    /// An import of an earlier run has no known end, and the organization has not stopped changing.
    #[error(
        "the server is still working on an import of an earlier run: {people} members and {groups} groups changed when it was last looked at"
    )]
    ImportUnderWay {
        /// Members who changed between the last two looks that differ.
        people: usize,
        /// Groups that did.
        groups: usize,
    },
    /// Somebody asked the run to end.
    #[error("the run was ended before it had done everything")]
    Cancelled,
    /// A request was refused, or its effect is not known.
    #[error(transparent)]
    Apply(#[from] ApplyError),
    /// The server refused a request that overwrites, since somebody whom it would delete has no master password.
    #[error("{error}")]
    OverwriteRefused {
        /// What it said.
        error: Box<ApplyError>,
        /// Addresses of those whom the request would delete.
        people: Vec<String>,
    },
    /// The server fails on every part of a request alike.
    #[error("{0}")]
    OrganizationAtFault(#[source] ApplyError),
    /// The server takes everything but single people or groups.
    #[error("the server does not take {}", refused(records))]
    RecordsRefused {
        /// Which, with what the server said.
        records: Vec<RefusedRecord>,
    },
    /// Something ended the run, and before that the server had refused something for single people or groups.
    #[error("{error}; before, the server did not take {}", refused(records))]
    EndedAfterRefusals {
        /// Whom, with what the server said.
        records: Vec<RefusedRecord>,
        /// What ended the run.
        #[source]
        error: Box<RunError>,
    },
    /// What takes access was sent, and no import could be.
    #[error("no import was sent: the state of the organization stands in its way")]
    ImportHeldBack {
        /// What stands in its way.
        refusals: Vec<Refusal>,
    },
    /// A run that was carried out, but for something.
    #[error("the run was carried out, but for something")]
    NotDone {
        /// What it did.
        report: Box<SyncReport>,
        /// What is not done.
        #[source]
        error: Box<RunError>,
    },
    /// The organization accepted everything, and is not as planned.
    #[error(
        "the organization accepted every request, and {left} changes are still to be made: it was read back and is not as planned"
    )]
    NotTaken {
        /// Changes that are still to be made.
        left: usize,
        /// Changes that were sent.
        sent: usize,
    },
    /// Some of several sources could not be read; the others were brought over.
    #[error("{}", unread(sources))]
    SourcesNotRead {
        /// Which, with what stood in the way.
        sources: Vec<UnreadSource>,
    },
}

/// One of several sources, which could not be read.
#[derive(Clone, Debug)]
pub struct UnreadSource {
    /// Which.
    pub name: SourceName,
    /// Why.
    pub error: Arc<ReadError>,
}

impl RunError {
    /// What is not done, without what is.
    pub fn cause(&self) -> &Self {
        match self {
            Self::NotDone { error, .. } => error.cause(),
            error => error,
        }
    }

    /// As [`RunError::cause`], with what the run did.
    pub(super) fn split(self) -> (Self, Option<Box<SyncReport>>) {
        match self {
            Self::NotDone { report, error } => (*error, Some(report)),
            error => (error, None),
        }
    }

    /// What the run did, where it was carried out but for something.
    pub fn report(&self) -> Option<&SyncReport> {
        match self {
            Self::NotDone { report, .. } => Some(report),
            _ => None,
        }
    }

    /// The number of the run that the limits refused, or held back in part, where it is on record.
    pub fn run(&self) -> Option<RunId> {
        match self.cause() {
            Self::Refused { run, .. } | Self::Held { run, .. } => *run,
            _ => None,
        }
    }

    /// The error of a run that is on record under this number.
    pub(super) fn of_run(self, id: RunId) -> Self {
        let run = Some(id);
        match self {
            Self::Refused { refusals, .. } => Self::Refused { refusals, run },
            Self::Held { refusals, done, other, .. } => Self::Held { refusals, done, other, run },
            Self::NotDone { report, error } => Self::NotDone { report, error: Box::new(error.of_run(id)) },
            other => other,
        }
    }

    /// With the names of those whom the plan's request would delete, where the server says no because of one of them.
    pub(super) fn about(self, plan: &Plan) -> Self {
        match self {
            Self::Apply(error) if plan.overwrites() && is_about_overwriting(&error) => {
                let deleted = plan.removals().filter(|it| {
                    matches!(
                        it,
                        Change::Remove { cause: Cause::Overwritten | Cause::Disabled | Cause::Deleted, .. }
                    )
                });
                let people = deleted.map(|it| it.subject().name.clone()).collect();
                Self::OverwriteRefused { error: Box::new(error), people }
            }
            error => error,
        }
    }

    /// The error of a run that met these refusals before.
    pub(super) fn after(self, records: Vec<RefusedRecord>) -> Self {
        match self {
            Self::Cancelled => Self::Cancelled,
            error if records.is_empty() => error,
            error => Self::EndedAfterRefusals { records, error: Box::new(error) },
        }
    }
}

/// The server does not say who it is.
fn is_about_overwriting(error: &ApplyError) -> bool {
    matches!(error, ApplyError::Refused { message, .. } if message.message.starts_with("Sync failed."))
}

impl From<SourceError> for RunError {
    fn from(error: SourceError) -> Self {
        match error {
            SourceError::Setup(error) => Self::Setup(error),
            SourceError::Read(error) => Self::Directory(error),
        }
    }
}

fn refused(records: &[RefusedRecord]) -> String {
    const SHOWN: usize = 5;
    let one = |it: &RefusedRecord| {
        let kind = if it.is_group { "group " } else { "" };
        format!("{kind}`{}` ({}): {}", it.name, it.external_id, it.reason)
    };
    let mut text = records.iter().take(SHOWN).map(one).collect::<Vec<_>>().join("; ");
    if records.len() > SHOWN {
        text.push_str(&format!("; and {} more", records.len() - SHOWN));
    }
    text
}

fn unread(sources: &[UnreadSource]) -> String {
    let one = |source: &UnreadSource| {
        let UnreadSource { name, error } = source;
        let shown =
            if name.is_primary() { "the first source".to_owned() } else { format!("source `{name}`") };
        format!("{shown} could not be read: {}", with_causes(error.as_ref()))
    };
    sources.iter().map(one).collect::<Vec<_>>().join("; ")
}
