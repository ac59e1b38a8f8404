//! A plan as a list that can be folded, searched and looked into: what front ends draw that show a row at a time. A row is
//! worded when it is asked for, so that a plan of a hundred thousand changes costs what is seen of it.

use crate::change::{access_to, cause, kept, left_out, standing};
use crate::line::{Line, Tone};
use crate::notice::plan_notice;
use crate::refusal::message;
use crate::text;
use bwdc_core::plan::{Cause, Change, Evidence, Plan, Verdict};
use bwdc_engine::Planned;
use std::borrow::Cow;
use std::collections::HashMap;

/// Rows of one kind, those that take something away first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PlanSection {
    /// Members who are removed.
    Removed,
    /// Members whose access is revoked.
    Revoked,
    /// Groups that are deleted.
    GroupsDeleted,
    /// Groups that gain or lose members.
    Memberships,
    /// People who are invited.
    Invited,
    /// People who become members and are not mailed.
    Staged,
    /// Members who get their access back.
    Restored,
    /// Members whose id in the directory is recorded.
    Recorded,
    /// Groups that appear, change their name or are taken over.
    Groups,
    /// People who are kept although the directory does not list them.
    Kept,
    /// People and groups that are not brought over.
    LeftOut,
    /// Differences that no request can remove.
    Standing,
    /// People who have accepted and wait for their confirmation.
    Unconfirmed,
    /// What an administrator should know.
    Notices,
}

impl PlanSection {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 14] = [
        Self::Removed,
        Self::Revoked,
        Self::GroupsDeleted,
        Self::Memberships,
        Self::Invited,
        Self::Staged,
        Self::Restored,
        Self::Recorded,
        Self::Groups,
        Self::Kept,
        Self::LeftOut,
        Self::Standing,
        Self::Unconfirmed,
        Self::Notices,
    ];

    fn of(change: &Change) -> Self {
        match change {
            Change::Remove { .. } => Self::Removed,
            Change::Revoke { .. } => Self::Revoked,
            Change::DeleteGroup { .. } => Self::GroupsDeleted,
            Change::ChangeMembers { .. } => Self::Memberships,
            Change::Invite { .. } => Self::Invited,
            Change::Stage { .. } => Self::Staged,
            Change::Restore { .. } => Self::Restored,
            Change::Adopt { .. } | Change::ReplaceExternalId { .. } => Self::Recorded,
            Change::CreateGroup { .. } | Change::RenameGroup { .. } | Change::AdoptGroup { .. } => {
                Self::Groups
            }
        }
    }

    /// The section of an action of the history; None: the action is no change, or one of a later version.
    pub fn of_action(action: &str) -> Option<Self> {
        Some(match action {
            "remove" => Self::Removed,
            "revoke" => Self::Revoked,
            "deleteGroup" => Self::GroupsDeleted,
            "changeMembers" => Self::Memberships,
            "invite" => Self::Invited,
            "stage" => Self::Staged,
            "restore" => Self::Restored,
            "adopt" | "replaceExternalId" => Self::Recorded,
            "createGroup" | "renameGroup" | "adoptGroup" => Self::Groups,
            _ => return None,
        })
    }

    /// Its title.
    pub fn title(self) -> String {
        match self {
            Self::Removed => text!("plan-view.removed", "Removed from the organization"),
            Self::Revoked => text!("plan-view.revoked", "Access revoked"),
            Self::GroupsDeleted => text!("plan-view.groups-deleted", "Groups deleted"),
            Self::Memberships => text!("plan-view.memberships", "Members of groups"),
            Self::Invited => text!("plan-view.invited", "New members, invited by e-mail"),
            Self::Staged => text!("plan-view.staged", "New members, nobody is mailed yet"),
            Self::Restored => text!("plan-view.restored", "Access given back"),
            Self::Recorded => text!("plan-view.recorded", "External ids"),
            Self::Groups => text!("plan-view.groups", "New and changed groups"),
            Self::Kept => text!("plan.kept", "Kept although not brought over"),
            Self::LeftOut => text!("plan.left-out", "Left out"),
            Self::Standing => text!("plan.standing", "Differences that stay"),
            Self::Unconfirmed => text!("plan.unconfirmed", "Accepted, please confirm in the web vault"),
            Self::Notices => text!("plan.notices", "Please check"),
        }
    }

    /// How its rows are meant.
    pub fn tone(self) -> Tone {
        match self {
            Self::Removed | Self::Revoked | Self::GroupsDeleted => Tone::Bad,
            Self::LeftOut | Self::Standing | Self::Notices => Tone::Warning,
            Self::Invited | Self::Staged | Self::Restored | Self::Groups => Tone::Good,
            Self::Memberships | Self::Recorded | Self::Kept | Self::Unconfirmed => Tone::Plain,
        }
    }

    /// Whether its rows are changes that a sync sends.
    pub fn is_change(self) -> bool {
        self < Self::Kept
    }
}

/// Where each row of a plan stands.
#[derive(Clone, Debug, Default)]
pub struct PlanIndex {
    sections: Vec<(PlanSection, Vec<u32>)>,
}

/// One row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlanRow {
    /// Its section.
    pub section: PlanSection,
    /// Its place in the plan's list of that kind.
    pub place: u32,
}

impl PlanIndex {
    /// Sorts the rows into sections.
    pub fn of(plan: &Plan) -> Self {
        let mut sections = Vec::new();
        for section in PlanSection::ALL {
            let all = |length: usize| (0..length as u32).collect::<Vec<u32>>();
            let places = match section {
                PlanSection::Kept => {
                    let numbered = (0u32..).zip(&plan.kept);
                    numbered.filter(|(_, it)| it.is_told()).map(|(place, _)| place).collect()
                }
                PlanSection::LeftOut => plan.each_left_out().map(|(place, _)| place as u32).collect(),
                PlanSection::Standing => all(plan.standing.len()),
                PlanSection::Unconfirmed => all(plan.unconfirmed.len()),
                PlanSection::Notices => all(plan.notices.len()),
                change => {
                    let numbered = (0u32..).zip(&plan.changes);
                    numbered.filter(|(_, it)| PlanSection::of(it) == change).map(|(place, _)| place).collect()
                }
            };
            if !places.is_empty() {
                sections.push((section, places));
            }
        }
        Self { sections }
    }

    /// The sections that have rows, with their rows' places.
    pub fn sections(&self) -> impl Iterator<Item = (PlanSection, &[u32])> {
        self.sections.iter().map(|(section, places)| (*section, places.as_slice()))
    }
}

impl PlanRow {
    /// Who or what it is about.
    pub fn name<'p>(&self, plan: &'p Plan) -> Cow<'p, str> {
        let place = self.place as usize;
        let found: Option<&str> = match self.section {
            PlanSection::Kept => plan.kept.get(place).map(|it| it.person.name.as_str()),
            PlanSection::LeftOut => plan.left_out.get(place).map(|it| it.reference.as_str()),
            PlanSection::Standing => plan.standing.get(place).map(|it| standing(it, plan.server()).0),
            PlanSection::Unconfirmed => plan.unconfirmed.get(place).map(String::as_str),
            PlanSection::Notices => {
                return plan.notices.get(place).map(|it| Cow::Owned(plan_notice(it))).unwrap_or_default();
            }
            _ => plan.changes.get(place).map(subject),
        };
        Cow::Borrowed(found.unwrap_or_default())
    }

    /// What happens and why, in a few words.
    pub fn why(&self, plan: &Plan) -> String {
        let place = self.place as usize;
        match self.section {
            PlanSection::Kept => plan.kept.get(place).map(kept).unwrap_or_default(),
            PlanSection::LeftOut => {
                plan.left_out.get(place).map(|it| left_out(&it.because)).unwrap_or_default()
            }
            PlanSection::Standing => {
                plan.standing.get(place).map(|it| standing(it, plan.server()).1).unwrap_or_default()
            }
            PlanSection::Unconfirmed | PlanSection::Notices => String::new(),
            _ => plan.changes.get(place).map(what).unwrap_or_default(),
        }
    }

    /// Everything that the plan knows of it: why, from which entry, in which groups.
    pub fn detail(&self, plan: &Plan) -> Vec<Line> {
        let mut lines = vec![Line::new(self.name(plan), Tone::Strong)];
        let why = self.why(plan);
        if !why.is_empty() {
            lines.push(Line::plain(text!("plan-view.why", "Why: {why}", why)));
        }
        let change = plan.changes.get(self.place as usize).filter(|_| self.section.is_change());
        let id = match change {
            Some(change) => Some(external_id(change)),
            None if self.section == PlanSection::Kept => {
                plan.kept.get(self.place as usize).map(|it| it.person.external_id.as_str())
            }
            None => None,
        };
        let Some(id) = id else { return lines };
        lines.push(Line::new(text!("plan-view.entry", "Entry of the directory: {id}", id), Tone::Plain));
        let called =
            |ids: &[String]| -> Vec<String> { ids.iter().map(|id| plan.called(id).to_owned()).collect() };
        match change {
            Some(Change::ChangeMembers { added, removed, .. }) => {
                lines.extend(names(text!("plan-view.in", "In:"), &called(added)));
                lines.extend(names(text!("plan-view.out", "Out:"), &called(removed)));
            }
            Some(Change::DeleteGroup { removed, .. }) => {
                lines.extend(names(text!("plan-view.out", "Out:"), &called(removed)));
            }
            Some(Change::CreateGroup { .. }) => {
                let found = plan.new_groups().find(|(group, _)| group.as_str() == id);
                let members: Vec<String> = found
                    .map(|(_, members)| members.iter().map(|it| it.as_str().to_owned()).collect())
                    .unwrap_or_default();
                lines.extend(names(text!("plan-view.members", "Members:"), &members));
            }
            _ => lines.extend(groups_of(plan, id)),
        }
        lines
    }
}

/// Groups that the person comes into or goes out of by this plan.
fn groups_of(plan: &Plan, id: &str) -> Vec<Line> {
    let (mut into, mut out) = (Vec::new(), Vec::new());
    let is_in = |list: &[String]| list.iter().any(|it| it == id);
    let new: HashMap<_, _> = plan.new_groups().collect();
    for change in &plan.changes {
        match change {
            Change::ChangeMembers { group, added, removed, .. } => {
                if is_in(added) {
                    into.push(group.name.clone());
                }
                if is_in(removed) {
                    out.push(group.name.clone());
                }
            }
            Change::CreateGroup { group, .. } => {
                let members = new.get(&group.external_id);
                if members.is_some_and(|it| it.iter().any(|member| member.as_str() == id)) {
                    into.push(group.name.clone());
                }
            }
            Change::DeleteGroup { group, removed, .. } if is_in(removed) => out.push(group.name.clone()),
            _ => {}
        }
    }
    let into = names(text!("plan-view.into", "Comes into the groups:"), &into);
    let out = names(text!("plan-view.out-of", "Leaves the groups:"), &out);
    into.into_iter().chain(out).collect()
}

fn names(title: String, names: &[String]) -> Option<Line> {
    (!names.is_empty()).then(|| Line::plain(format!("{title} {}", names.join(", "))))
}

fn subject(change: &Change) -> &str {
    match change {
        Change::Invite { person, .. }
        | Change::Stage { person, .. }
        | Change::Adopt { person, .. }
        | Change::ReplaceExternalId { person, .. }
        | Change::Restore { person, .. }
        | Change::Revoke { person, .. }
        | Change::Remove { person, .. } => &person.name,
        Change::CreateGroup { group, .. }
        | Change::RenameGroup { group, .. }
        | Change::AdoptGroup { group, .. }
        | Change::DeleteGroup { group, .. }
        | Change::ChangeMembers { group, .. } => &group.name,
    }
}

fn external_id(change: &Change) -> &str {
    match change {
        Change::Invite { person: it, .. }
        | Change::Stage { person: it, .. }
        | Change::Adopt { person: it, .. }
        | Change::ReplaceExternalId { person: it, .. }
        | Change::Restore { person: it, .. }
        | Change::Revoke { person: it, .. }
        | Change::Remove { person: it, .. }
        | Change::CreateGroup { group: it, .. }
        | Change::RenameGroup { group: it, .. }
        | Change::AdoptGroup { group: it, .. }
        | Change::DeleteGroup { group: it, .. }
        | Change::ChangeMembers { group: it, .. } => it.external_id.as_str(),
    }
}

fn what(change: &Change) -> String {
    match change {
        Change::Adopt { cause: why, .. } => {
            text!("plan-view.adopt", "gets the directory's id: {why}", why = cause(*why))
        }
        Change::ReplaceExternalId { cause: why @ Cause::IdCopied, .. }
        | Change::AdoptGroup { cause: why @ Cause::IdCopied, .. } => cause(*why),
        Change::ReplaceExternalId { old, cause: why, .. } => text!(
            "plan-view.replace-id",
            "new id in place of {old}: {why}",
            old = old.as_str(),
            why = cause(*why)
        ),
        Change::Invite { cause: why, .. }
        | Change::Stage { cause: why, .. }
        | Change::Restore { cause: why, .. }
        | Change::Revoke { cause: why, .. }
        | Change::Remove { cause: why, .. } => cause(*why),
        Change::CreateGroup { members, .. } => {
            text!("plan-view.create", "new, with {members:member/members}", members)
        }
        Change::RenameGroup { old, .. } => text!("plan-view.rename", "was {old}", old),
        Change::AdoptGroup { old: Some(old), collections, cause: Cause::Gone, .. } => text!(
            "plan-view.replace-group",
            "takes the place of {old}, {access}",
            old = old.as_str(),
            access = access_to(*collections)
        ),
        Change::AdoptGroup { old: None, collections, cause: Cause::Differs, .. } => text!(
            "plan-view.adopt-by-hand",
            "made by hand until now, {access}: the directory takes it over",
            access = access_to(*collections)
        ),
        Change::AdoptGroup { .. } => text!("plan-view.adopt-group", "gets the directory's id"),
        Change::DeleteGroup { removed, .. } => {
            text!("plan-view.delete", "deleted, with {members:member/members}", members = removed.len())
        }
        Change::ChangeMembers { added, removed, before, .. } => text!(
            "plan-view.members-change",
            "+{more} −{fewer} of {before}",
            more = added.len(),
            fewer = removed.len(),
            before
        ),
    }
}

/// The verdict, and how much the plan is about, in a few lines.
pub fn verdict(planned: &Planned) -> Vec<Line> {
    let plan = &planned.plan;
    let mut lines = match &planned.verdict {
        Verdict::Go if plan.is_empty() => vec![Line::new(
            text!("setup.plan-empty", "Nothing to do: the organization is as the directory has it."),
            Tone::Good,
        )],
        Verdict::Go => vec![Line::new(
            text!(
                "setup.plan-go",
                "{changes:change/changes}, within the limits.",
                changes = plan.changes.len()
            ),
            Tone::Good,
        )],
        Verdict::Held(held) => {
            let done = planned.left.as_ref().map_or(0, |it| it.changes.len());
            let all = plan.changes.len();
            let part = match done {
                0 => text!(
                    "plan-view.held-all",
                    "Held back: a sync would carry out none of {all:change/changes}.",
                    all
                ),
                done => text!(
                    "plan-view.held",
                    "Held back in part: a sync would carry out {done} of {all:change/changes}.",
                    done,
                    all
                ),
            };
            let why = held.refusals.iter().map(|it| Line::new(message(it), Tone::Bad));
            [Line::new(part, Tone::Warning)].into_iter().chain(why).collect()
        }
        Verdict::Refused(refusals) => {
            let refused = text!("plan-view.refused", "Refused: a sync would send nothing.");
            let why = refusals.iter().map(|it| Line::new(message(it), Tone::Bad));
            [Line::new(refused, Tone::Bad)].into_iter().chain(why).collect()
        }
    };
    let totals = &plan.totals;
    lines.push(Line::plain(text!(
        "plan-view.totals",
        "The directory has {people:person/people} and {groups:group/groups}; {managed:member is/members are} managed.",
        people = totals.people,
        groups = totals.groups,
        managed = totals.managed
    )));
    let memberships = plan.scope().memberships.len();
    if memberships > 0 {
        lines.push(Line::plain(text!(
            "plan-view.memberships-end",
            "{memberships:membership in a group ends/memberships in groups end}.",
            memberships
        )));
    }
    match plan.evidence {
        Evidence::Live => {}
        Evidence::Believed => lines.push(Line::new(
            text!(
                "plan-view.believed",
                "The server cannot be read: this is compared with what was sent before."
            ),
            Tone::Warning,
        )),
        Evidence::Unknown => lines.push(Line::new(
            text!(
                "plan-view.unknown",
                "The server cannot be read, and nothing is remembered: nobody is removed."
            ),
            Tone::Warning,
        )),
    }
    if plan.baseline {
        let baseline =
            text!("plan.baseline", "This is the first run here: it records who is there and removes nobody.");
        lines.push(Line::new(baseline, Tone::Warning));
    }
    if planned.invites_all_the_same {
        lines.push(Line::new(
            text!(
                "setup.plan-mailed",
                "This server does not support staged members: new members are invited by e-mail."
            ),
            Tone::Warning,
        ));
    }
    lines
}
