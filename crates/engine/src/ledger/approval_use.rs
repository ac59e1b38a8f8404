//! What runs have done with the approval of a refused run.

use super::{Ledger, LedgerError, RecordedAction, RunId, RunOutcome};
use bwdc_core::plan::ApprovalScope;
use serde_json::Value;

/// What became of an approval.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApprovalUse {
    /// The last run that did some of what it allows.
    pub run: RunId,
    /// What no run has done yet.
    pub rest: ApprovalScope,
}

impl ApprovalUse {
    /// Whether nothing is left to be done.
    pub fn is_whole(&self) -> bool {
        self.rest == ApprovalScope::default()
    }
}

impl Ledger {
    /// What later runs have done of what a refused run would have done, and its approval allows; None: nothing.
    ///
    /// # Errors
    /// [`LedgerError`] when it cannot be read.
    pub fn use_of_approval(
        &self,
        refused: RunId,
        scope: &ApprovalScope,
    ) -> Result<Option<ApprovalUse>, LedgerError> {
        let sql = "SELECT id, outcome FROM runs WHERE id > ?1 ORDER BY id";
        let mut statement = self.connection.prepare(sql)?;
        let mut rows = statement.query([refused.0])?;
        let mut found: Option<ApprovalUse> = None;
        while let Some(row) = rows.next()? {
            let (run, outcome): (_, Option<String>) = (RunId(row.get(0)?), row.get(1)?);
            let sent = [RunOutcome::Complete, RunOutcome::Partial];
            if !sent.iter().any(|it| Some(it.name()) == outcome.as_deref()) {
                continue;
            }
            let before = found.as_ref().map_or(scope, |it| &it.rest);
            let rest = before.without(&done_by(&self.actions(run)?));
            if rest != *before {
                found = Some(ApprovalUse { run, rest });
            }
        }
        Ok(found)
    }
}

/// What a run did of what an approval can be about.
fn done_by(actions: &[RecordedAction]) -> ApprovalScope {
    let mut done = ApprovalScope::default();
    for RecordedAction { action, cause, .. } in actions {
        let id = |part: &str| Some(cause.get(part)?.get("externalId")?.as_str()?.to_owned());
        let people = |list: &str| cause.get(list).and_then(Value::as_array).into_iter().flatten();
        if let Some(person) = id("person") {
            match action.as_str() {
                "revoke" => done.revoked.insert(person),
                "remove" => done.removed.insert(person),
                _ => done.invited.insert(person.clone()) | done.replaced_people.insert(person),
            };
        }
        let Some(group) = id("group") else { continue };
        let pair = |member: &Value| Some((group.clone(), member.as_str()?.to_owned()));
        done.memberships.extend(people("removed").filter_map(pair));
        done.anew.extend(people("added").filter_map(pair));
        done.emptied_groups.insert(group.clone());
        done.replaced_groups.insert(group.clone());
        let name = cause.get("group").and_then(|it| it.get("name")).and_then(Value::as_str);
        done.adopted_groups.extend(name.map(|it| (group.clone(), it.to_owned())));
    }
    done
}
