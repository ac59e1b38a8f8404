//! What has to be typed to approve a refused run: how much of what the limits refused this run would do, so that nobody
//! approves what nobody read. What earlier runs did counts for the limits and is done: no approval is about it.

use crate::text;
use bwdc_core::plan::Refusal;

/// A number, and the question that asks for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approval {
    /// What has to be typed.
    pub number: usize,
    /// The question.
    pub question: String,
}

/// What approves these refusals: the people who lose access; where nobody does, the memberships, groups, invitations or
/// replacements. None: one of them cannot be approved, only mended.
pub fn approval(refusals: &[Refusal]) -> Option<Approval> {
    if refusals.is_empty() || !refusals.iter().all(Refusal::can_be_approved) {
        return None;
    }
    refusals.iter().filter_map(one).min_by_key(|(rank, _)| *rank).map(|(_, approval)| approval)
}

fn one(refusal: &Refusal) -> Option<(u8, Approval)> {
    let of = |rank, number, question| Some((rank, Approval { number, question }));
    match refusal {
        Refusal::EmptyDirectory { managed, listed: 1.., .. } => of(
            0,
            *managed,
            text!(
                "approve.no-address",
                "The directory lists nobody with an address. To go on with {managed:managed member/managed members}, type {managed}",
                managed
            ),
        ),
        Refusal::EmptyDirectory { managed, .. } => of(
            0,
            *managed,
            text!(
                "approve.empty-directory",
                "The directory returned nobody. To go on with {managed:managed member/managed members}, type {managed}",
                managed
            ),
        ),
        Refusal::TooManyRemovals { planned, earlier, .. } => of(
            1,
            planned.saturating_sub(*earlier),
            text!(
                "approve.removals",
                "{now:person/people} would lose access. To approve this, type {now}",
                now = planned.saturating_sub(*earlier)
            ),
        ),
        Refusal::TooManyMemberships { planned, earlier, .. } => of(
            2,
            planned.saturating_sub(*earlier),
            text!(
                "approve.memberships",
                "{now:membership/memberships} would end. To approve this, type {now}",
                now = planned.saturating_sub(*earlier)
            ),
        ),
        Refusal::GroupEmptied { lost, group, earlier, .. } => of(
            3,
            lost.saturating_sub(*earlier),
            text!(
                "approve.group",
                "{now:member/members} would leave `{group}`. To approve this, type {now}",
                now = lost.saturating_sub(*earlier),
                group
            ),
        ),
        Refusal::TooManyGroups { planned, earlier, .. } => of(
            4,
            planned.saturating_sub(*earlier),
            text!(
                "approve.groups",
                "{now:group/groups} would be left without members or deleted. To approve this, type {now}",
                now = planned.saturating_sub(*earlier)
            ),
        ),
        Refusal::NoGroups { managed, .. } => of(
            4,
            *managed,
            text!(
                "approve.no-groups",
                "The directory returned no group. To go on with {managed:managed group/managed groups}, type {managed}",
                managed
            ),
        ),
        Refusal::TooManyInvitations { planned, .. } => of(
            5,
            *planned,
            text!(
                "approve.invitations",
                "{planned:person/people} would be invited. To approve this, type {planned}",
                planned
            ),
        ),
        Refusal::TooManyReplacedPeople { planned, .. } => of(
            2,
            *planned,
            text!(
                "approve.replaced-people",
                "{planned:membership/memberships} would go on under new entries of the directory. To approve this, type {planned}",
                planned
            ),
        ),
        Refusal::TooManyReplacedGroups { planned, earlier, .. } => of(
            6,
            planned.saturating_sub(*earlier),
            text!(
                "approve.replaced",
                "{now:group/groups} would take the place of groups that are gone. To approve this, type {now}",
                now = planned.saturating_sub(*earlier)
            ),
        ),
        Refusal::TooManyAdoptedGroups { planned, earlier, .. } => of(
            6,
            planned.saturating_sub(*earlier),
            text!(
                "approve.adopted",
                "The directory would take over {now:group/groups} made by hand, with access to collections. To approve this, type {now}",
                now = planned.saturating_sub(*earlier)
            ),
        ),
        Refusal::TooManyFoundAnew { planned, .. } => of(
            7,
            *planned,
            text!(
                "approve.overlooked",
                "{planned:membership/memberships} would begin. To approve this, type {planned}",
                planned
            ),
        ),
        Refusal::AddressesLost { lost, .. } => of(
            8,
            *lost,
            text!(
                "approve.addresses-lost",
                "{lost:member has/members have} no address any more. To approve this, type {lost}",
                lost
            ),
        ),
        Refusal::FewFound { found, .. } => of(
            9,
            *found,
            text!(
                "approve.few-found",
                "Only {found:member is/members are} found. To approve this, type {found}",
                found
            ),
        ),
        Refusal::OverOccupied { .. }
        | Refusal::PilotGroupHidden { .. }
        | Refusal::RepeatedExternalId { .. }
        | Refusal::ServerRefusesOverwrite { .. }
        | Refusal::OverwriteWithLargeImport => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_who_lose_access_go_before_everything_else_and_what_must_be_mended_has_no_number() {
        let invitations = Refusal::TooManyInvitations { planned: 57, allowed: 20 };
        let removals = Refusal::TooManyRemovals {
            planned: 12,
            allowed: 5,
            managed: 100,
            earlier: 0,
            hours: 24,
            needed: bwdc_core::plan::RemovalLimits::default(),
        };
        let number = |refusals: &[Refusal]| approval(refusals).map(|it| it.number);
        assert_eq!(number(std::slice::from_ref(&invitations)), Some(57));
        assert_eq!(number(&[invitations.clone(), removals]), Some(12));
        assert_eq!(number(&[invitations, Refusal::OverwriteWithLargeImport]), None);
        assert_eq!(number(&[]), None);
    }

    #[test]
    fn what_is_typed_is_what_this_run_would_do_and_not_what_earlier_runs_did() {
        for (refusal, number, question) in [
            (
                Refusal::TooManyRemovals {
                    planned: 12,
                    allowed: 5,
                    managed: 100,
                    earlier: 10,
                    hours: 24,
                    needed: bwdc_core::plan::RemovalLimits::default(),
                },
                2,
                "2 people would lose access. To approve this, type 2",
            ),
            (
                Refusal::TooManyMemberships { planned: 30, allowed: 20, earlier: 29, hours: 24 },
                1,
                "1 membership would end. To approve this, type 1",
            ),
            (
                Refusal::GroupEmptied { group: "Staff".to_owned(), before: 9, lost: 5, earlier: 3 },
                2,
                "2 members would leave `Staff`. To approve this, type 2",
            ),
            (
                Refusal::TooManyGroups { planned: 4, allowed: 3, earlier: 1 },
                3,
                "3 groups would be left without members or deleted. To approve this, type 3",
            ),
            (
                Refusal::TooManyReplacedGroups { planned: 4, allowed: 1, earlier: 3 },
                1,
                "1 group would take the place of groups that are gone. To approve this, type 1",
            ),
        ] {
            assert_eq!(approval(&[refusal]), Some(Approval { number, question: question.to_owned() }));
        }
    }
}
