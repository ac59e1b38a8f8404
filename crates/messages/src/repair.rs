//! What needs a decision: who is involved, what would be sent, and how to pick.

use crate::step::CommandLine;
use crate::text;
use bwdc_core::plan::{Disorder, Holder, RepairCase};
use bwdc_engine::Repairs;

/// The list.
pub fn repairs(found: &Repairs, commands: &CommandLine) -> String {
    if found.cases.is_empty() && found.beyond_limit == 0 {
        return text!(
            "repair.nothing",
            "Nothing needs a decision: no address and no external id is held by two."
        );
    }
    let mut lines: Vec<String> = found.cases.iter().map(case).collect();
    let undecided = found.cases.iter().filter(|it| it.kept.is_none()).count();
    if undecided > 0 {
        let command = commands.command("repair --keep <id>");
        lines.push(text!(
            "repair.pick",
            "{undecided:case needs/cases need} a choice: `{command}` names the one that stays. Of several memberships of which none has \
             joined, `--first` keeps the one that the server lists first.",
            undecided,
            command
        ));
    }
    if found.beyond_limit > 0 {
        lines.push(text!(
            "repair.beyond-limit",
            "{cases:case waits/cases wait} for a later day: `limits.removals` counts the memberships that are removed.",
            cases = found.beyond_limit
        ));
    }
    lines.join("\n")
}

/// The question before anything is sent.
pub fn may_be_sent(found: &Repairs) -> String {
    text!("repair.may-be-sent", "Carry out {cases:case/cases}? (y/N)", cases = found.decided().count())
}

/// That nothing was sent.
pub fn only_listed() -> String {
    text!("repair.only-listed", "Nothing was sent: that takes a yes at a terminal, or `--force`.")
}

/// What was done.
pub fn carried_out(done: usize) -> String {
    text!("repair.done", "{done:request was/requests were} carried out.", done)
}

fn case(case: &RepairCase) -> String {
    let about = match &case.disorder {
        Disorder::Twins { address } => {
            text!("repair.twins", "{address}: several memberships", address = address.clone())
        }
        Disorder::MembersOfOneId { external_id } => {
            text!(
                "repair.members-of-one-id",
                "{id}: an external id of several members",
                id = external_id.as_str()
            )
        }
        Disorder::GroupsOfOneId { external_id } => {
            text!(
                "repair.groups-of-one-id",
                "{id}: an external id of several groups",
                id = external_id.as_str()
            )
        }
    };
    let holders = case.holders.iter().map(|it| format!("  - {}", holder(it, case)));
    std::iter::once(about).chain(holders).collect::<Vec<_>>().join("\n")
}

fn holder(holder: &Holder, case: &RepairCase) -> String {
    let joined = match holder.joined {
        None => String::new(),
        Some(true) => text!("repair.joined", ", has joined"),
        Some(false) => text!("repair.not-joined", ", never joined"),
    };
    let fate = match (&case.kept, &case.disorder) {
        (None, _) if holder.untouchable => text!("repair.untouchable", "is never removed"),
        (None, _) => text!("repair.open", "needs a choice"),
        (Some(kept), _) if *kept == holder.id => text!("repair.stays", "stays"),
        (Some(_), Disorder::Twins { .. }) => {
            text!("repair.goes", "is removed; its groups and collections go to the one that stays")
        }
        (Some(_), _) => text!("repair.cleared", "loses this external id"),
    };
    text!(
        "repair.holder",
        "{name} (id {id}{joined}): {fate}",
        name = holder.name.clone(),
        id = holder.id.clone(),
        joined,
        fate
    )
}
