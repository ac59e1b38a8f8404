//! What needs a decision: who is involved, what would be sent, and how to pick. As text for a command, as rows for a list.

use crate::line::{Line, Tone};
use crate::step::CommandLine;
use crate::text;
use bwdc_core::plan::{Disorder, Holder, Picks, RepairCase};
use bwdc_engine::Repairs;

/// The list.
pub fn repairs(found: &Repairs, commands: &CommandLine) -> String {
    if found.cases.is_empty() && found.beyond_limit == 0 {
        return nothing();
    }
    let mut lines: Vec<String> = found.cases.iter().map(case).collect();
    let undecided = undecided(found);
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
        lines.push(beyond_limit(found));
    }
    lines.join("\n")
}

/// A row of the list of repairs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepairRow {
    /// What needs a decision, or who is involved.
    pub left: String,
    /// What becomes of a membership or a group; empty above them.
    pub right: String,
    /// All of it, with the whole id, where the columns have no room for it.
    pub detail: String,
    /// How it is meant.
    pub tone: Tone,
    /// The membership or group that a pick would keep; None: the title of a case.
    pub id: Option<String>,
    /// The case that it belongs to.
    case: usize,
}

/// What needs a decision as a list to pick from: what is picked is looked at again before anything is sent.
#[derive(Clone, Debug)]
pub struct RepairList {
    /// What was found, with these picks.
    pub found: Repairs,
    /// What the reader picked.
    pub picks: Picks,
    rows: Vec<RepairRow>,
}

impl RepairList {
    /// The list of what was found with some picks.
    pub fn new(found: Repairs, picks: Picks) -> Self {
        let rows = found.cases.iter().enumerate().flat_map(|(place, it)| rows_of(place, it)).collect();
        Self { found, picks, rows }
    }

    /// The rows: each case, and below it who is involved.
    pub fn rows(&self) -> &[RepairRow] {
        &self.rows
    }

    /// The picks with which to look again, when the reader keeps the one in this row, or takes that back; None: there is nobody.
    pub fn pick(&self, row: usize) -> Option<Picks> {
        let row = self.rows.get(row)?;
        let id = row.id.as_ref()?;
        let mut picks = self.picks.clone();
        let was_picked = picks.keep.contains(id);
        // Of one case, one is kept.
        let of_case: Vec<&String> =
            self.rows.iter().filter(|it| it.case == row.case).filter_map(|it| it.id.as_ref()).collect();
        picks.keep.retain(|it| !of_case.contains(&it));
        if !was_picked {
            picks.keep.push(id.clone());
        }
        Some(picks)
    }

    /// How many cases a yes carries out.
    pub fn decided(&self) -> usize {
        self.found.decided().count()
    }

    /// How things stand, above the list.
    pub fn summary(&self) -> Vec<Line> {
        let (all, decided, open) = (self.found.cases.len(), self.decided(), undecided(&self.found));
        let mut lines = Vec::new();
        if all == 0 {
            lines.push(Line::new(nothing(), Tone::Good));
        } else {
            lines.push(Line::new(
                text!(
                    "repair.summary",
                    "{all:case needs/cases need} a decision that no sync takes by itself. {decided} can be carried out.",
                    all,
                    decided
                ),
                Tone::Warning,
            ));
        }
        if open > 0 {
            lines.push(Line::plain(text!(
                "repair.choose",
                "{open:case/cases} without a choice: choose the one that stays.",
                open
            )));
        }
        if self.found.beyond_limit > 0 {
            lines.push(Line::plain(beyond_limit(&self.found)));
        }
        lines
    }

    /// What has to be typed before anything is sent, and the question that says so.
    pub fn question(&self) -> (String, String) {
        let word = text!("repair.word", "yes");
        let question = text!(
            "repair.type-yes",
            "{cases:case/cases} would be carried out, and {removals:membership/memberships} removed. To do it, type {word}",
            cases = self.decided(),
            removals = self.found.decided().map(RepairCase::removals).sum::<usize>(),
            word = word.as_str()
        );
        (word, question)
    }
}

/// That the organization is read, while it is.
pub fn looking() -> String {
    text!("repair-view.looking", "Reading the organization")
}

/// That another word was typed than the one that is asked for, in a window.
pub fn not_yes(word: &str) -> String {
    text!("repair.not-yes", "Nothing was sent. To carry it out, type {word}.", word)
}

/// That it is being carried out, while it is.
pub fn sending() -> String {
    text!("repair-view.sending", "Carrying it out")
}

fn rows_of(place: usize, case: &RepairCase) -> Vec<RepairRow> {
    let title = RepairRow {
        left: about(&case.disorder),
        right: String::new(),
        detail: String::new(),
        tone: Tone::Strong,
        id: None,
        case: place,
    };
    let row = |it: &Holder| {
        let joined = match it.joined {
            None => String::new(),
            Some(true) => text!("repair.has-joined", "has joined"),
            Some(false) => text!("repair.never-joined", "never joined"),
        };
        // Of two memberships under one address, only the id tells which is which: its beginning, as the whole one is below.
        let name = match case.disorder {
            Disorder::Twins { .. } => it.id.split('-').next().unwrap_or(&it.id),
            Disorder::MembersOfOneId { .. } | Disorder::GroupsOfOneId { .. } => &it.name,
        };
        let named = [name, joined.as_str()].into_iter().filter(|it| !it.is_empty());
        RepairRow {
            left: named.collect::<Vec<_>>().join(", "),
            right: fate(it, case),
            detail: holder(it, case),
            tone: match &case.kept {
                None => Tone::Warning,
                Some(kept) if *kept == it.id => Tone::Good,
                Some(_) => Tone::Bad,
            },
            id: Some(it.id.clone()),
            case: place,
        }
    };
    std::iter::once(title).chain(case.holders.iter().map(row)).collect()
}

fn undecided(found: &Repairs) -> usize {
    found.cases.iter().filter(|it| it.kept.is_none()).count()
}

fn nothing() -> String {
    text!("repair.nothing", "Nothing needs a decision: no address and no external id is held by two.")
}

fn beyond_limit(found: &Repairs) -> String {
    text!(
        "repair.beyond-limit",
        "{cases:case waits/cases wait} for a later day: `limits.removals` counts the memberships that are removed.",
        cases = found.beyond_limit
    )
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
    let holders = case.holders.iter().map(|it| format!("  - {}", holder(it, case)));
    std::iter::once(about(&case.disorder)).chain(holders).collect::<Vec<_>>().join("\n")
}

fn about(disorder: &Disorder) -> String {
    match disorder {
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
    }
}

fn holder(holder: &Holder, case: &RepairCase) -> String {
    let joined = match holder.joined {
        None => String::new(),
        Some(true) => text!("repair.joined", ", has joined"),
        Some(false) => text!("repair.not-joined", ", never joined"),
    };
    text!(
        "repair.holder",
        "{name} (id {id}{joined}): {fate}",
        name = holder.name.clone(),
        id = holder.id.clone(),
        joined,
        fate = fate(holder, case)
    )
}

/// What becomes of somebody who is involved.
fn fate(holder: &Holder, case: &RepairCase) -> String {
    match (&case.kept, &case.disorder) {
        (None, _) if holder.untouchable => text!("repair.untouchable", "is never removed"),
        (None, _) => text!("repair.open", "needs a choice"),
        (Some(kept), _) if *kept == holder.id => text!("repair.stays", "stays"),
        (Some(_), Disorder::Twins { .. }) => {
            text!("repair.goes", "is removed; its groups and collections go to the one that stays")
        }
        (Some(_), _) => text!("repair.cleared", "loses this external id"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bwdc_core::names::{Email, MemberId};
    use bwdc_core::observed::{MemberStatus, ObservedMember, OrganizationState, Role};
    use bwdc_core::settings::ConnectorSettings;

    fn list(statuses: [MemberStatus; 2], picks: Picks) -> RepairList {
        let member = |(place, status): (usize, MemberStatus)| ObservedMember {
            id: Some(MemberId::new(&*format!("m{place}"))),
            email: Email::new("ann@example.test".to_owned()),
            external_id: None,
            status,
            role: Role::User,
            changed_id: None,
        };
        let members = statuses.into_iter().enumerate().map(member).collect();
        let state = OrganizationState { members, groups: Vec::new() };
        let connector = ConnectorSettings::default();
        let cases = bwdc_core::plan::repairs(&state, &Default::default(), &connector, &picks);
        RepairList::new(Repairs { cases, beyond_limit: 0 }, picks)
    }

    #[test]
    fn a_pick_keeps_one_of_a_case_and_another_pick_takes_its_place() {
        let open = list([MemberStatus::Confirmed, MemberStatus::Confirmed], Picks::default());
        assert_eq!((open.rows().len(), open.decided()), (3, 0));
        assert!(open.pick(0).is_none(), "a title is nobody");
        let first = open.pick(1).expect("a membership");
        let picked = list([MemberStatus::Confirmed, MemberStatus::Confirmed], first);
        assert_eq!(picked.decided(), 1);
        assert_eq!((picked.rows()[1].tone, picked.rows()[2].tone), (Tone::Good, Tone::Bad));
        assert_eq!(picked.pick(2).expect("a membership").keep, ["m1"]);
        assert!(picked.pick(1).expect("a membership").keep.is_empty(), "the same key takes it back");
    }
}
