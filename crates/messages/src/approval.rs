//! What has to be typed to approve a refused run: the number that the limits refused, so that nobody approves what nobody read.

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
        Refusal::EmptyDirectory { managed, .. } => of(
            0,
            *managed,
            text!(
                "approve.empty-directory",
                "The directory returned nobody. To go on with {managed:managed member/managed members}, type {managed}",
                managed
            ),
        ),
        Refusal::TooManyRemovals { planned, .. } => of(
            1,
            *planned,
            text!(
                "approve.removals",
                "{planned:person/people} would lose access. To approve this, type {planned}",
                planned
            ),
        ),
        Refusal::TooManyMemberships { planned, .. } => of(
            2,
            *planned,
            text!(
                "approve.memberships",
                "{planned:membership/memberships} would end. To approve this, type {planned}",
                planned
            ),
        ),
        Refusal::GroupEmptied { lost, group, .. } => of(
            3,
            *lost,
            text!(
                "approve.group",
                "{lost:member/members} would leave `{group}`. To approve this, type {lost}",
                lost,
                group
            ),
        ),
        Refusal::TooManyGroups { planned, .. } => of(
            4,
            *planned,
            text!(
                "approve.groups",
                "{planned:group/groups} would be left without members or deleted. To approve this, type {planned}",
                planned
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
        Refusal::TooManyReplacedGroups { planned, .. } => of(
            6,
            *planned,
            text!(
                "approve.replaced",
                "{planned:group/groups} would take the place of groups that are gone. To approve this, type {planned}",
                planned
            ),
        ),
        Refusal::TooManyAdoptedGroups { planned, .. } => of(
            6,
            *planned,
            text!(
                "approve.adopted",
                "The directory would take over {planned:group/groups} made by hand, with access to collections. To approve this, type {planned}",
                planned
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
        let removals = Refusal::TooManyRemovals { planned: 12, allowed: 5, managed: 100 };
        let number = |refusals: &[Refusal]| approval(refusals).map(|it| it.number);
        assert_eq!(number(std::slice::from_ref(&invitations)), Some(57));
        assert_eq!(number(&[invitations.clone(), removals]), Some(12));
        assert_eq!(number(&[invitations, Refusal::OverwriteWithLargeImport]), None);
        assert_eq!(number(&[]), None);
    }
}
