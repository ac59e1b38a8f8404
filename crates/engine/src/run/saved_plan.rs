//! A plan on disk: reviewed today, applied tomorrow exactly as it was, or not at all.

use super::RunError;
use bwdc_core::names::ExternalId;
use bwdc_core::plan::{Change, Plan};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Version 1 did not say whom new groups begin with.
const VERSION: u32 = 2;
/// Bytes of the largest plan that is read: one of millions of changes.
const LARGEST: u64 = 1 << 30;

/// A saved plan cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[error("cannot read or write the plan `{}`", path.display())]
pub struct PlanFileError {
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it.
    #[source]
    pub source: std::io::Error,
}

/// What a saved plan holds: the organization, every change with its cause, and whom new groups begin with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SavedPlan {
    version: u32,
    server: String,
    organization_id: String,
    changes: Vec<Value>,
    /// Members of the groups that appear, by the groups' external ids.
    #[serde(default)]
    new_groups: NewGroups,
}

type NewGroups = BTreeMap<ExternalId, Arc<[ExternalId]>>;

impl SavedPlan {
    pub(super) fn of(plan: &Plan, server: String, organization_id: String) -> Self {
        let changes = plan.changes.iter().map(value).collect();
        Self { version: VERSION, server, organization_id, changes, new_groups: new_groups(plan) }
    }

    /// Reads a saved plan.
    ///
    /// # Errors
    /// [`PlanFileError`] when the file cannot be read or is no saved plan.
    pub fn read(path: &Path) -> Result<Self, PlanFileError> {
        let failed = |source| PlanFileError { path: path.to_owned(), source };
        let text = crate::file::read_named_text(path, LARGEST).map_err(failed)?;
        let saved: Self = serde_json::from_str(&text).map_err(|error| failed(error.into()))?;
        if saved.version == VERSION {
            Ok(saved)
        } else {
            Err(failed(std::io::Error::other(format!("version {} is not known", saved.version))))
        }
    }

    /// Writes the plan for its owner only: it names people.
    ///
    /// # Errors
    /// [`PlanFileError`] when the file cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), PlanFileError> {
        let failed = |source| PlanFileError { path: path.to_owned(), source };
        let folder = path.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut file = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
        serde_json::to_writer_pretty(&mut file, self).map_err(|error| failed(error.into()))?;
        file.as_file().sync_all().map_err(failed)?;
        file.persist(path).map_err(|error| failed(error.error))?;
        Ok(())
    }

    /// Whether a plan for this organization is the saved one.
    ///
    /// # Errors
    /// [`RunError::PlanChanged`] counts what is no longer, and what is newly, to be done.
    pub(super) fn expect(&self, plan: &Plan, server: &str, organization_id: &str) -> Result<(), RunError> {
        let now: Vec<Value> = plan.changes.iter().map(value).collect();
        if self.server != server || self.organization_id != organization_id {
            return Err(RunError::PlanOfAnother { organization_id: self.organization_id.clone() });
        }
        let new_now = new_groups(plan);
        if now == self.changes && new_now == self.new_groups {
            return Ok(());
        }
        let texts = |changes: &[Value], new: &NewGroups| {
            let of = |it: &Value| {
                let id = it["group"]["externalId"].as_str().filter(|_| it["action"] == "createGroup");
                let members = id.and_then(|id| new.get(&ExternalId::new(id)));
                members.map_or_else(|| it.to_string(), |members| format!("{it} {members:?}"))
            };
            changes.iter().map(of).collect::<BTreeSet<String>>()
        };
        let (saved, now) = (texts(&self.changes, &self.new_groups), texts(&now, &new_now));
        let (missing, new) = (saved.difference(&now).count(), now.difference(&saved).count());
        Err(RunError::PlanChanged { missing, new })
    }
}

fn new_groups(plan: &Plan) -> NewGroups {
    plan.new_groups().map(|(id, members)| (id.clone(), Arc::clone(members))).collect()
}

fn value(change: &Change) -> Value {
    serde_json::to_value(change).expect("changes have string keys and no floats")
}
