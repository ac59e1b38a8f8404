//! Why one person or group of the directory is in or out, and who is left out altogether.

use crate::directory::ldap::name;
use crate::directory::snapshot_cache::ReadMode;
use crate::directory::unread::Unread;
use crate::event::Control;
use crate::installation::Installation;
use crate::run::{self, Planned, RunError};
use bwdc_core::desired::Desired;
use bwdc_core::plan::{Plan, Verdict};

/// What a question is about, and the directory that it was asked of.
pub struct Explained {
    /// Everything that was read.
    pub desired: Desired,
    /// Who or what answers to the question; empty: nothing in the directory does.
    pub subjects: Vec<Subject>,
    /// What a sync would do, without what the limits hold back; None: the organization could not be asked.
    pub plan: Option<Plan>,
    /// Whether the limits refuse that as a whole, so that a sync does nothing of it.
    pub is_refused: bool,
}

/// One person or group that answers to a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// Somebody who was read: the position in [`Desired::everybody`].
    Person(usize),
    /// A group that was read: the position in [`Desired::groups`].
    Group(usize),
    /// Somebody who was read and set aside: the position in [`Desired::set_aside`].
    SetAside(usize),
    /// An entry that is there and was not read.
    Unread(Unread),
}

/// Reads the directory and looks for a person or group by address, name, external id or distinguished name.
///
/// # Errors
/// As for [`run::test`].
pub(crate) async fn explain(
    installation: &mut Installation,
    who: &str,
    control: Control<'_>,
) -> Result<Explained, RunError> {
    let desired = run::test(installation, false, control).await?;
    let mut subjects = read_subjects(&desired, who);
    if subjects.is_empty() {
        let work = run::find(installation, who);
        let found = control.cancel.unless_cancelled(work).await.ok_or(RunError::Cancelled)??;
        // By a name of which the read knows nothing (a login, a further address) somebody is found who was read.
        for entry in found {
            let read = read_subjects(&desired, &entry.name);
            if read.is_empty() { subjects.push(Subject::Unread(entry)) } else { subjects.extend(read) }
        }
    }
    // Who is not in the directory any more may be a member.
    let is_unread = subjects.iter().any(|it| matches!(it, Subject::Unread(_)));
    let planned = if is_unread { None } else { planned(installation, control).await? };
    let is_refused = planned.as_ref().is_some_and(|it| matches!(it.verdict, Verdict::Refused(_)));
    let plan = planned.map(|it| it.left.unwrap_or(it.plan));
    Ok(Explained { desired, subjects, plan, is_refused })
}

/// What a sync would do, as far as the organization can be asked.
async fn planned(installation: &mut Installation, control: Control<'_>) -> Result<Option<Planned>, RunError> {
    match run::plan(installation, ReadMode::Incremental, control).await {
        Ok(planned) => Ok(Some(planned)),
        Err(RunError::Cancelled) => Err(RunError::Cancelled),
        Err(_) => Ok(None),
    }
}

fn read_subjects(desired: &Desired, who: &str) -> Vec<Subject> {
    let who = who.trim();
    let lower = who.to_lowercase();
    let wanted_name = name::normalized(who);
    let same_name = |reference: &str| {
        reference == who
            || wanted_name.as_ref().is_some_and(|it| name::normalized(reference).as_ref() == Some(it))
    };
    let people = desired.everybody().iter().enumerate().filter(|(_, it)| {
        it.email.is_some_and(|email| desired.text(email) == lower)
            || desired.text(it.external_id) == who
            || same_name(desired.text(it.reference))
    });
    let groups = desired.groups().iter().enumerate().filter(|(_, it)| {
        desired.text(it.name).to_lowercase() == lower
            || desired.text(it.external_id) == who
            || same_name(desired.text(it.reference))
    });
    let aside = desired.set_aside().iter().enumerate().filter(|(_, it)| {
        let reference = desired.text(it.reference);
        reference.to_lowercase() == lower || desired.text(it.external_id) == who || same_name(reference)
    });
    let people = people.map(|(number, _)| Subject::Person(number));
    let people = people.chain(aside.map(|(number, _)| Subject::SetAside(number)));
    people.chain(groups.map(|(number, _)| Subject::Group(number))).collect()
}
