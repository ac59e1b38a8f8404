//! What must be true after a run, told from the directory and the organization alone.

use crate::convergence::directory::{Entry, Group, State};
use crate::convergence::model::{Member, Organization};
use crate::convergence::possible::{could_have_the_name, is_to_be_corrected, is_unclear};
use crate::convergence::world::{HOUR, Joined, Mode, World};
use bwdc_core::ledger::{ManagedGroup, ManagedPerson, MendedKind, RefusedKind, Seen};
use bwdc_core::observed::{MemberStatus, Role};
use bwdc_core::plan::{
    AddressHeldBecause, Cause, Change, Evidence, KeptBecause, LeftOutBecause, MembershipsKeptBecause, Plan,
    PlanNotice, Standing, Subject,
};
use bwdc_core::settings::{HiddenAction, LeaverAction, LeaverPolicy, Returning};
use bwdc_core::wire::Request;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

type Checked = Result<(), TestCaseError>;

/// The organization before a run, to be compared with the one after it.
pub(crate) struct Guarded {
    before: Organization,
    within_limits: bool,
    lost_before: BTreeSet<String>,
}

impl Guarded {
    pub(crate) fn before(world: &World, within_limits: bool) -> Self {
        let recent = world.recent();
        Self {
            before: world.organization.clone(),
            within_limits,
            lost_before: recent.people().cloned().collect(),
        }
    }

    /// Nobody lost what a run may not take, and no more than the limits allow.
    pub(crate) fn after(self, world: &World, plan: &Plan) -> Checked {
        let after: BTreeMap<&str, &Member> =
            world.organization.members.iter().map(|it| (it.id.as_str(), it)).collect();
        let is_managed = |it: &&Member| world.known_as(it).is_some();
        let mut lost = BTreeSet::new();
        for member in &self.before.members {
            let now = after.get(member.id.as_str());
            let active = |it: &Member| it.status != MemberStatus::Revoked;
            let loses = now.is_none() || active(member) && now.is_some_and(|it| !active(it));
            let of_leaver = is_leavers_address(world, plan, member);
            let ours = self.is_ours_to_take(world, member) || of_leaver;
            prop_assert!(!loses || ours, "{member:?} lost access: {:#?}", plan.changes);
            // A second membership of a leaver is no second person.
            if loses && (is_managed(&member) || !of_leaver) {
                lost.insert(world.known_as(member).unwrap_or_default().to_owned());
            }
            if let Some(now) = now {
                // An invitation that nobody has accepted goes to the address that the directory corrected.
                let corrected = plan.changes.iter().any(|it| {
                    let cause = Cause::AddressCorrected;
                    matches!(it, Change::Invite { person, cause: it } if *it == cause && person.name == now.email)
                });
                let pending = member.status == MemberStatus::Invited && member.role == Role::User;
                prop_assert!(!corrected || pending, "{member:?} has joined, and is invited anew");
                let kept = (now.role, now.collections, if corrected { &member.email } else { &now.email });
                prop_assert_eq!(kept, (member.role, member.collections, &member.email));
                let back = !active(member) && active(now);
                let took = world.mode == Mode::Vaultwarden || self.we_took(world, plan, member);
                prop_assert!(!back || took, "{member:?} got back what somebody took by hand");
            }
        }
        let managed = self.before.members.iter().filter(is_managed).count();
        let limits = world.connector.limits;
        if self.within_limits && !limits.off && !lost.is_empty() {
            // Who was removed within the window still counts among the managed.
            let ids: BTreeSet<&str> =
                self.before.members.iter().filter_map(|it| world.known_as(it)).collect();
            let base = managed + self.lost_before.iter().filter(|it| !ids.contains(it.as_str())).count();
            let share = match limits.removals_percent {
                Some(percent) => base * percent as usize / 100,
                None => (base * 5 / 100).max((base / 2).min(3)),
            };
            let allowed = share.min(limits.removals as usize);
            let all = lost.union(&self.lost_before).count();
            prop_assert!(
                all <= allowed.max(1),
                "{all} of {base} lost access, {allowed} may: {lost:?} and before {:?}: {:#?}",
                self.lost_before,
                plan.changes
            );
        }
        prop_assert!(!plan.baseline || lost.is_empty(), "a first run took {lost:?}");
        let mut addresses = BTreeSet::new();
        for member in &world.organization.members {
            prop_assert!(addresses.insert(&member.email), "{} is a member twice", member.email);
        }
        if let (Some(before), false) =
            (self.before.seats, limits.buy_seats || !self.within_limits || limits.off)
        {
            prop_assert_eq!(world.organization.seats, Some(before), "seats were bought");
        }
        Ok(())
    }

    /// Whether any rule could allow a run to take this member's access.
    fn is_ours_to_take(&self, world: &World, member: &Member) -> bool {
        let id = world.known_as(member).unwrap_or_default();
        let named = |it: &String| it == id || it.eq_ignore_ascii_case(&member.email);
        let protected = world.connector.protected.iter().any(named);
        // Whether this person is an enabled one of the directory.
        let wanted = world.directory.people.iter().any(|it| {
            let is_it =
                |known: &ManagedPerson| known.stable_id.as_ref().is_some_and(|id| id.as_str() == it.stable);
            let known = world.ledger.people.iter().find(|known| is_it(known));
            // A colleague who has the address now is somebody else.
            let colleague = known.is_some_and(|known| known.external_id.as_str() != id);
            // Nor is whoever got the address of somebody else, where the entries tell.
            let first = world.joined.get(&member.id).map(|Joined(it)| it);
            let other = first.is_some_and(|first| first.human != it.human && first.is_comparable(it))
                || world.untold.contains(&member.id);
            // Nor is an entry that was there before, with another address.
            let had_another = |seen: &Seen| seen.entry.id == it.stable && seen.email.as_str() != it.email;
            let other = other || world.ledger.seen.iter().any(had_another);
            it.state == State::Enabled && it.email == member.email && !colleague && !other
        });
        member.role == Role::User && !id.trim().is_empty() && !protected && !wanted
    }

    fn we_took(&self, world: &World, plan: &Plan, member: &Member) -> bool {
        // By the own id, where somebody had exchanged it for another one's.
        let own = world.known_as(member);
        plan.changes.iter().any(|it| {
            matches!(it, Change::Restore { person, .. } if person.name == member.email
                || Some(person.external_id.as_str()) == own)
        })
    }
}

/// Whether the directory told this member's address of a leaver: where nobody can look, the account under it is the leaver's.
fn is_leavers_address(world: &World, plan: &Plan, member: &Member) -> bool {
    let protected = world.connector.protected.iter().any(|it| it.eq_ignore_ascii_case(&member.email));
    let told = |it: &Change| match it {
        Change::Revoke { person, .. } => {
            let told = world.ledger.addresses.of(&person.external_id).iter();
            told.into_iter().any(|it| it.email.as_str() == member.email)
        }
        _ => false,
    };
    let is_strange =
        !world.ledger.people.iter().any(|it| Some(it.external_id.as_str()) == world.known_as(member));
    !world.can_read()
        && is_strange
        && member.role == Role::User
        && !protected
        && plan.changes.iter().any(told)
}

/// Nobody has access through a membership that another person joined with: the generator knows who is who. Where the entries say
/// nothing that could be compared, nobody can know; and the settings can want it.
pub(crate) fn nobody_elses(world: &mut World) -> Checked {
    let known = world.ledger.people.iter().filter_map(|it| {
        let entry = world.directory.by_stable(it.stable_id.as_ref()?.as_str())?;
        Some((member(world, it.external_id.as_str())?, entry))
    });
    let known: Vec<(Member, Entry)> = known.map(|(member, entry)| (member.clone(), entry.clone())).collect();
    for (member, entry) in known {
        if world.untold.contains(&member.id) {
            continue;
        }
        let before = world.joined.entry(member.id.clone()).or_insert_with(|| Joined(entry.clone()));
        let Joined(first) = before.clone();
        if first.human == entry.human {
            // What the ledger remembers.
            before.0 = entry;
            continue;
        }
        let wanted = world.connector.leavers.returning == Returning::Restore;
        let told = first.is_comparable(&entry) && !wanted;
        let active = member.status != MemberStatus::Revoked;
        prop_assert!(!told || !active, "{entry:?} has access by {member:?}, which is that of {first:?}");
        if !told {
            before.0 = entry;
        }
    }
    Ok(())
}

/// Who has no cause to be a member is gone, or named, also where the limits hold something back.
pub(crate) fn held_back(world: &World, plan: &Plan) -> Checked {
    leavers(world, plan, &People::new(world), true)
}

/// The organization is what the directory asks for, but for what the plan explains, and each explanation is true.
pub(crate) fn equal(world: &World, plan: &Plan) -> Checked {
    let people = People::new(world);
    for entry in world.directory.selected().filter(|it| it.state == State::Enabled) {
        person(world, plan, &people, entry)?;
    }
    leavers(world, plan, &people, false)?;
    if world.sync.groups {
        groups(world, plan, &people)?;
    }
    plan.standing.iter().try_for_each(|it| standing(world, plan, it))
}

/// Under which id each entry of the directory is brought over, as the ledger remembers.
struct People {
    pushed: BTreeMap<String, String>,
}

impl People {
    fn new(world: &World) -> Self {
        let ledger = &world.ledger.people;
        let stable =
            |id: &str| ledger.iter().find(|it| it.stable_id.as_ref().is_some_and(|it| it.as_str() == id));
        let pushed = world.directory.selected().filter_map(|entry| {
            let known = stable(&entry.stable).map(|it| it.external_id.as_str());
            // A name that belonged to somebody else is nobody's.
            let free = || {
                ledger.iter().find(|it| it.external_id.as_str() == entry.id).is_none_or(|owner| {
                    owner.stable_id.as_ref().is_none_or(|it| it.as_str() == entry.stable)
                        && (owner.email.as_str() == entry.email || owner.stable_id.is_some())
                })
            };
            let id = known.or_else(|| free().then_some(entry.id.as_str()))?;
            Some((entry.stable.clone(), id.to_owned()))
        });
        Self { pushed: pushed.collect() }
    }

    fn of(&self, entry: &Entry) -> Option<&str> {
        self.pushed.get(&entry.stable).map(String::as_str)
    }
}

pub(crate) fn member<'a>(world: &'a World, id: &str) -> Option<&'a Member> {
    world.organization.members.iter().find(|it| world.known_as(it) == Some(id))
}

fn person(world: &World, plan: &Plan, people: &People, entry: &Entry) -> Checked {
    let Some(id) = people.of(entry) else {
        let taken = plan.standing.iter().any(|it| match it {
            Standing::ExternalIdTaken { person, .. } | Standing::IdOfAnother { about: person, .. } => {
                person.external_id.as_str() == entry.id
            }
            Standing::AddressOfLeaver { entry: it, .. } => *it == entry.id,
            _ => false,
        });
        // Whose membership is to be removed for the newcomer: not before the newcomer can be invited.
        let waits = plan.left_out.iter().find(|it| it.reference == entry.id).map(|it| &it.because);
        let waits_rightly = waits.is_some_and(|it| match it {
            LeftOutBecause::WaitsForTurn => world.connector.invitations.per_run.is_some(),
            LeftOutBecause::NoSeat { .. } => world.organization.is_full(),
            LeftOutBecause::DomainNotAllowed { .. } => !world.connector.allowed_domains.is_empty(),
            _ => false,
        });
        // The ledger takes over by the next run who has the membership of another one.
        let passes_on =
            |it: &PlanNotice| matches!(it, PlanNotice::EntryReplaced { entry: it, .. } if *it == entry.id);
        let taken = taken || plan.notices.iter().any(passes_on);
        prop_assert!(taken || waits_rightly, "{entry:?} has no id: {waits:?}, {:#?}", plan.standing);
        prop_assert!(
            !could_have_the_name(world, plan, entry),
            "{entry:?} waits for nothing: {:#?}",
            plan.standing
        );
        return Ok(());
    };
    let explained = |wanted: &str, id: &str| {
        plan.standing.iter().any(|it| match it {
            Standing::AddressDiffers { person, .. } | Standing::AddressHeld { person, .. } => {
                wanted == "address" && person.external_id.as_str() == id
            }
            Standing::AddressUnseen { person, revoked, .. } => {
                (wanted == "address" || wanted == "access" && *revoked) && person.external_id.as_str() == id
            }
            Standing::HeldUnderOtherId { person, .. }
            | Standing::ExternalIdTaken { person, .. }
            | Standing::IdOfAnother { about: person, .. }
            | Standing::AddressOfAnother { person, .. } => {
                wanted == "id" && person.external_id.as_str() == id
            }
            Standing::AddressOfLeaver { entry: it, .. } => wanted == "id" && *it == entry.id,
            Standing::RevokedByHand { person } => wanted == "access" && person.external_id.as_str() == id,
            Standing::Refused { what: RefusedKind::MemberId, about, .. } => {
                wanted == "id" && about.external_id.as_str() == id
            }
            Standing::Refused { what: RefusedKind::Restore, about, .. } => {
                wanted == "access" && about.external_id.as_str() == id
            }
            Standing::ChangedAgain { about, .. } => wanted == "id" && about.external_id.as_str() == id,
            Standing::MembershipUnclear { person, remembered, .. } => {
                [person, remembered].iter().any(|it| it.external_id.as_str() == id)
            }
            Standing::MembershipsKept { .. }
            | Standing::Refused { .. }
            | Standing::GroupNameKept { .. }
            | Standing::GroupVanished { .. } => false,
        })
    };
    let left_out = plan.left_out.iter().any(|it| it.reference == entry.id);
    let without_seat = plan
        .kept
        .iter()
        .any(|it| matches!(it.because, KeptBecause::NoSeat { .. }) && it.person.external_id.as_str() == id);
    let somebody_waits =
        without_seat || plan.left_out.iter().any(|it| matches!(it.because, LeftOutBecause::NoSeat { .. }));
    prop_assert!(!somebody_waits || world.organization.is_full(), "somebody waits, and a seat is free");
    let Some(found) = member(world, id) else {
        prop_assert!(left_out || explained("id", id), "{entry:?} is missing: {:#?}", plan.standing);
        return Ok(());
    };
    let differs = found.email != entry.email;
    // Where nobody knows more than names, whoever has the address is not the one who has the id.
    prop_assert!(!differs || explained("address", id) || explained("id", id), "{entry:?} is {found:?}");
    prop_assert!(
        !is_to_be_corrected(world, found, entry, id),
        "{entry:?} never gets the invitation: {found:?}"
    );
    let revoked = found.status == MemberStatus::Revoked;
    let waits = without_seat || explained("access", id) || explained("id", id);
    prop_assert!(!revoked || waits, "{entry:?} has no access");
    Ok(())
}

/// Whoever is managed and not asked for is gone, or is kept for a reason that is true.
fn leavers(world: &World, plan: &Plan, people: &People, held: bool) -> Checked {
    for managed in &world.ledger.people {
        let id = managed.external_id.as_str();
        let entry = world.directory.selected().find(|it| people.of(it) == Some(id));
        if entry.is_some_and(|it| it.state == State::Enabled) {
            continue;
        }
        let Some(member) = member(world, id) else { continue };
        let kept = plan.kept.iter().find(|it| it.person.external_id.as_str() == id);
        let policy = &world.connector.leavers;
        let of_entry = managed.stable_id.as_ref().and_then(|it| world.directory.by_stable(it.as_str()));
        let found = match &managed.stable_id {
            Some(_) => of_entry,
            None => world.directory.by_id(&managed.external_id),
        };
        let (action, today) = match entry.map(|it| it.state) {
            Some(State::Disabled) => (policy.disabled, world.sync.remove_disabled),
            Some(State::Deleted) => (policy.deleted, world.sync.overwrite_existing),
            // Who is not selected and disabled is one of the disabled; today's connector does not see such people.
            _ => match found.map(|it| it.state) {
                Some(State::Disabled | State::DisabledOutOfScope) => (policy.disabled, false),
                Some(State::Hidden) => (Some(for_hidden(policy)), false),
                Some(_) => (policy.out_of_scope, false),
                None => (policy.gone, false),
            },
        };
        let Some(kept) = kept else {
            let stays_as_today =
                entry.is_some_and(|it| it.state == State::Disabled) && action.is_none() && !today;
            // The membership goes on under another entry, as soon as the server lets it have the id.
            let is_refused = |it: &Standing| matches!(it, Standing::Refused { what: RefusedKind::MemberId, about, .. } if about.name == member.email);
            let passes_on = |it: &PlanNotice| matches!(it, PlanNotice::EntryReplaced { person, .. } if person.external_id.as_str() == id);
            let waits_for_id = plan.standing.iter().any(is_refused) || plan.notices.iter().any(passes_on);
            prop_assert!(
                stays_as_today || waits_for_id,
                "{member:?} stays without a reason: {:#?}",
                plan.kept
            );
            continue;
        };
        let is_true = match &kept.because {
            KeptBecause::Policy => action == Some(LeaverAction::Keep),
            KeptBecause::Parity => action.is_none() && !today,
            KeptBecause::Grace { until } => {
                let noted = managed.out.map(|it| it.since.0);
                until.0 > world.now && noted.is_some_and(|it| until.0 <= it + 30 * HOUR)
            }
            KeptBecause::AlreadyRevoked => member.status == MemberStatus::Revoked || !world.can_read(),
            // What nobody can look at is held to what is so.
            KeptBecause::SentAsDeleted => !world.can_read() && member.status == MemberStatus::Revoked,
            KeptBecause::AddressShared { shared } => shared.iter().all(|it| {
                let told = world.ledger.addresses.of(&it.holder.external_id);
                it.holder.external_id.as_str() != id
                    && told.iter().any(|told| told.email.as_str() == it.address)
            }),
            KeptBecause::AddressInUse => {
                // A colleague whom the ledger knows is not the leaver entered anew.
                let is_known = |it: &Entry| {
                    let stable = |known: &ManagedPerson| {
                        known.stable_id.as_ref().is_some_and(|id| id.as_str() == it.stable)
                    };
                    world.ledger.people.iter().any(stable)
                };
                let has = |it: &&Entry| it.state != State::Deleted && it.email == member.email;
                world.directory.selected().filter(has).any(|it| !is_known(it))
            }
            KeptBecause::Role => member.role != Role::User,
            KeptBecause::Protected => world.connector.protected.iter().any(|it| {
                let told = world.ledger.addresses.of(&managed.external_id);
                it == id
                    || *it == member.email
                    || entry.is_some_and(|entry| entry.email == *it)
                    || told.iter().any(|told| told.email.as_str() == it)
            }),
            // Asked by name, a directory answers for whoever has the name now.
            KeptBecause::Unconfirmed { .. } => world.directory.silent || managed.stable_id.is_none(),
            KeptBecause::FormerDirectory { .. } => false,
            KeptBecause::MembershipUnclear => is_unclear(plan, id),
            KeptBecause::ServerCannotRevoke => {
                // Nobody is removed whose address a newcomer has, who can be disabled where the settings want such people.
                let wanted = |it: &Entry| match it.state {
                    State::Enabled => true,
                    State::Disabled => policy.disabled.is_none() && !world.sync.remove_disabled,
                    _ => false,
                };
                let has_address = |it: &Entry| it.email == member.email && wanted(it);
                !world.organization.revokes
                    && (action == Some(LeaverAction::Revoke)
                        || world.directory.people.iter().any(has_address))
            }
            // Another entry with the address is brought over instead.
            KeptBecause::NoUsableAddress => entry.is_some_and(|it| {
                let same = world.directory.selected().filter(|other| other.email == it.email);
                it.state == State::Disabled && same.count() > 1
            }),
            // Disabled, wanted all the same, and without access since the entry was hidden.
            KeptBecause::NoSeat { .. } => world.organization.is_full(),
            KeptBecause::Baseline => false,
            KeptBecause::HeldBack => held,
        };
        prop_assert!(is_true, "{member:?} is kept because of {kept:?}");
    }
    Ok(())
}

fn for_hidden(policy: &LeaverPolicy) -> LeaverAction {
    match policy.for_hidden() {
        HiddenAction::Keep => LeaverAction::Keep,
        HiddenAction::Revoke => LeaverAction::Revoke,
    }
}

/// What the server refused about one is all that is not done, and everything else is.
pub(crate) fn only_refused(world: &World, plan: &Plan, refused: &[Request]) -> Checked {
    let Some(state) = world.state() else { return Ok(()) };
    if !plan.can_import_without(refused) {
        // Two have one id, with which every import would fail; or it would mean others by the ids that stay exchanged.
        let keeps_id = |it: &Request| match it {
            Request::PutMember { id, .. } | Request::Remove(id) => {
                let own = world.ledger.people.iter().find(|it| it.member_id.as_ref() == Some(id));
                let found = world.organization.members.iter().find(|it| it.id == id.as_str());
                let (own, held) = (own.map(|it| it.external_id.as_str()), found.and_then(Member::known_id));
                own.is_some() && own != held
            }
            Request::PutGroup { .. } => true,
            _ => false,
        };
        let has_reason = world.has_doubled_ids() || refused.iter().any(keeps_id);
        prop_assert!(has_reason, "a refusal about one keeps everybody's import back: {refused:?}");
        return Ok(());
    }
    for change in plan.unfinished(&state) {
        let of = change.person().map(|it| it.external_id.as_str());
        let is_refused = refused.iter().any(|it| match it {
            Request::Revoke(id) | Request::Remove(id) => {
                let found = world.organization.members.iter().find(|it| it.id == id.as_str());
                // Nor is anybody invited in the place of one who is not removed.
                let address = change.person().map(|it| it.name.as_str());
                found.is_some_and(|it| world.known_as(it) == of || Some(it.email.as_str()) == address)
            }
            // Nor is anybody invited under the address that is not left.
            Request::InviteAnew { external_id, from, .. } => {
                Some(external_id.as_str()) == of || change.person().is_some_and(|it| it.name == *from)
            }
            _ => false,
        });
        // Whom the server does not let go keeps the seat.
        let takes_seat = matches!(change, Change::Invite { .. } | Change::Restore { .. });
        let keeps_seat = |it: &Request| match it {
            Request::Revoke(id) | Request::Remove(id) => {
                world.organization.members.iter().any(|it| it.id == id.as_str() && it.status.takes_seat())
            }
            _ => false,
        };
        let has_no_seat = takes_seat && world.organization.is_full() && refused.iter().any(keeps_seat);
        prop_assert!(
            is_refused || has_no_seat,
            "a refusal about another one kept this from being done: {change:?}"
        );
    }
    Ok(())
}

fn groups(world: &World, plan: &Plan, people: &People) -> Checked {
    let held: BTreeMap<&str, &str> = plan
        .standing
        .iter()
        .filter_map(|it| match it {
            Standing::HeldUnderOtherId { person, observed } => {
                Some((person.external_id.as_str(), observed.as_str()))
            }
            _ => None,
        })
        .collect();
    let refused = plan.standing.iter().filter_map(|it| match it {
        Standing::Refused { what: RefusedKind::MemberId, about, .. }
        | Standing::ChangedAgain { what: MendedKind::MemberId, about, .. } => {
            Some((about.external_id.as_str(), about.name.as_str()))
        }
        _ => None,
    });
    let refused: BTreeMap<&str, &str> = refused.collect();
    let waiting = plan.standing.iter().filter_map(|it| match it {
        Standing::ExternalIdTaken { person, .. } => Some(person.external_id.as_str()),
        _ => None,
    });
    // Where an entry waits that nobody knows, whoever has the id has it by right.
    let is_anothers =
        |id: &&str| world.directory.selected().any(|it| it.id == **id && people.of(it).is_none());
    let waiting: BTreeSet<&str> = waiting.filter(|id| !is_anothers(id)).collect();
    let unconfirmed: BTreeSet<&str> = plan
        .kept
        .iter()
        .filter(|it| match it.because {
            KeptBecause::Unconfirmed { .. } => true,
            KeptBecause::Grace { .. } => it.cause == Some(Cause::Hidden),
            _ => false,
        })
        .filter_map(|it| member(world, it.person.external_id.as_str()))
        .map(|it| it.id.as_str())
        .collect();
    // Who waits for an id does not have it.
    let claimed: BTreeSet<&str> =
        people.pushed.values().map(String::as_str).filter(|it| !waiting.contains(it)).collect();
    for group in &world.directory.groups {
        let left_out = plan.left_out.iter().find(|it| it.reference == group.id);
        if let Some(left_out) = left_out {
            let is_true = match left_out.because {
                LeftOutBecause::EmptyUnseen => !world.can_read(),
                LeftOutBecause::GroupOfBefore => {
                    world.directory.silent && pushed_group(world, group).is_none()
                }
                _ => false,
            };
            prop_assert!(is_true, "{group:?} is left out: {left_out:?}");
            continue;
        }
        let Some(pushed) = pushed_group(world, group) else {
            return Err(TestCaseError::fail(format!("nobody knows {group:?}")));
        };
        let left_alone = plan.standing.iter().any(|it| match it {
            Standing::ChangedAgain { what: MendedKind::GroupId | MendedKind::Group, about, .. } => {
                about.external_id.as_str() == pushed
            }
            _ => false,
        });
        if left_alone {
            continue;
        }
        let found: Vec<_> =
            world.organization.groups.iter().filter(|it| it.external_id.as_deref() == Some(pushed)).collect();
        let [found] = found[..] else {
            return Err(TestCaseError::fail(format!("{group:?} is there as {found:?}")));
        };
        let kept = plan.standing.iter().any(
            |it| matches!(it, Standing::GroupNameKept { group: it, .. } if it.external_id.as_str() == pushed),
        );
        prop_assert!(found.name == group.name || kept, "{group:?} is {found:?}");
        let listed = world
            .directory
            .selected()
            .filter(|it| it.state != State::Deleted && group.members.contains(&it.stable));
        let wanted: BTreeSet<&str> = listed
            .filter_map(|it| {
                let id = people.of(it)?;
                if waiting.contains(id) {
                    return None;
                }
                // Whom the ledger knows is not whoever else it knows.
                let others = |held: &str| {
                    let known = &world.ledger.people;
                    known
                        .iter()
                        .any(|known| known.stable_id.as_ref().is_some_and(|id| id.as_str() == it.stable))
                        && known.iter().any(|it| it.external_id.as_str() == held)
                };
                let held = held.get(id).copied().filter(|it| !claimed.contains(it) && !others(it));
                let id = held.unwrap_or(id);
                member(world, id).or_else(|| {
                    // By the id that the member keeps.
                    let address = refused.get(id)?;
                    world.organization.members.iter().find(|it| it.email == *address)
                })
            })
            // An import names nobody who has no id, because the server refuses it.
            .filter(|it| it.known_id().is_some())
            .map(|it| it.id.as_str())
            .collect();
        let is_unclear = |id: &str| {
            plan.standing.iter().any(|it| match it {
                Standing::MembershipUnclear { person, .. } => {
                    world.organization.members.iter().any(|it| it.id == id && it.email == person.name)
                }
                _ => false,
            })
        };
        let wanted: BTreeSet<&str> = wanted.into_iter().filter(|it| !is_unclear(it)).collect();
        let mut is: BTreeSet<&str> =
            found.members.iter().map(String::as_str).filter(|it| !is_unclear(it)).collect();
        // Of whom nobody knows whether they are there stay where they are.
        is.retain(|id| wanted.contains(id) || !unconfirmed.contains(id));
        prop_assert_eq!(is, wanted, "the members of {:?}: {:#?}", group, plan.standing);
    }
    Ok(())
}

/// Under which id an entry was brought over, as the ledger remembers.
fn pushed_group<'a>(world: &'a World, group: &Group) -> Option<&'a str> {
    let stable =
        |known: &&ManagedGroup| known.stable_id.as_ref().map(|id| id.as_str()) == group.stable.as_deref();
    world.ledger.groups.iter().find(stable).map(|it| it.external_id.as_str())
}

/// An entry is always the same group of the organization, and two entries are never one at a time: what was given to one by hand
/// does not pass to another.
pub(crate) fn same_groups(world: &mut World) -> Checked {
    let mut entries: BTreeMap<String, String> = BTreeMap::new();
    for group in &world.directory.groups {
        let Some((stable, pushed)) = group.stable.as_ref().zip(pushed_group(world, group)) else { continue };
        let found = world.organization.groups.iter().find(|it| it.external_id.as_deref() == Some(pushed));
        let Some(found) = found else { continue };
        let before =
            world.places.get(stable).filter(|id| world.organization.groups.iter().any(|it| it.id == **id));
        prop_assert!(before.is_none_or(|it| *it == found.id), "{group:?} was {before:?} and is {found:?}");
        let other = entries.insert(found.id.clone(), stable.clone());
        prop_assert!(other.is_none(), "{group:?} and {other:?} are one: {found:?}");
    }
    world.places.extend(entries.into_iter().map(|(place, stable)| (stable, place)));
    Ok(())
}

/// Each standing difference is one that is there. The list is closed: another kind does not compile.
fn standing(world: &World, plan: &Plan, standing: &Standing) -> Checked {
    let members = &world.organization.members;
    // Of whom nobody can tell apart, what is shown is told.
    if let Standing::AddressDiffers { person, .. }
    | Standing::AddressHeld { person, .. }
    | Standing::RevokedByHand { person } = standing
        && is_unclear(plan, person.external_id.as_str())
    {
        return Ok(());
    }
    let is_true = match standing {
        Standing::AddressDiffers { person, observed } => {
            let is_held = members.iter().any(|it| it.email == person.name);
            let differs = |it: &Member| it.email == *observed && it.email != person.name && !is_held;
            match member(world, person.external_id.as_str()) {
                Some(found) => differs(found),
                // The server refuses the id of the entry that is there now.
                None => {
                    let keeps = |it: &Standing| refused_id(it) == Some(person.external_id.as_str());
                    plan.standing.iter().any(keeps) && members.iter().any(differs)
                }
            }
        }
        Standing::AddressHeld { person, observed } => {
            members.iter().any(|it| it.email == person.name) && members.iter().any(|it| it.email == *observed)
        }
        Standing::AddressUnseen { person, told, .. } => {
            !world.can_read() && told.len() > 1 && world.ledger.addresses.of(&person.external_id).len() > 1
        }
        Standing::AddressOfAnother { person, .. } => {
            let others = world.ledger.addresses.iter().filter(|(id, _)| **id != person.external_id);
            let mut others = others.flat_map(|(_, told)| told);
            !world.can_read() && others.any(|it| it.email.as_str() == person.name)
        }
        Standing::HeldUnderOtherId { person, observed } => {
            let is_it = |it: &Member| {
                (it.known_id() == Some(observed.as_str()) || world.known_as(it) == Some(observed.as_str()))
                    && (it.email == person.name || !world.can_read())
            };
            members.iter().any(is_it)
        }
        Standing::AddressOfLeaver { person, entry, active, because, .. } => {
            let found = members.iter().find(|it| it.email == person.name);
            let new = world.directory.people.iter().find(|it| it.id == *entry);
            // Where nobody can look, an account can have another address by now.
            let (Some(found), Some(new)) = (found, new) else {
                if !world.can_read() && new.is_some() {
                    return Ok(());
                }
                return Err(TestCaseError::fail(format!("{standing:?} is about nobody")));
            };
            let first = world.joined.get(&found.id).map(|Joined(it)| it);
            let is_true = match because {
                AddressHeldBecause::AnotherPerson { .. } => first.is_none_or(|it| it.human != new.human),
                AddressHeldBecause::NotCompared => first.is_none_or(|it| !it.is_comparable(new)),
                // It had another address, or none, in an earlier run: the world does not remember it.
                AddressHeldBecause::KnownBefore => {
                    world.ledger.seen.iter().any(|it| it.entry.id == new.stable)
                }
                // The directory does not answer, or the membership cannot be told apart.
                AddressHeldBecause::Unconfirmed => {
                    world.directory.silent || found.known_id().is_some_and(|it| is_unclear(plan, it))
                }
                // Told only by runs that are judged otherwise.
                AddressHeldBecause::HeldBack => false,
            };
            // Where nobody can look, only one of the addresses may have been sent.
            is_true && ((found.status != MemberStatus::Revoked) == *active || !world.can_read())
        }
        // The membership, which never changes, is remembered as another person's than the one whose id and address it shows; or two are
        // exchanged, and the addresses say nothing.
        Standing::MembershipUnclear { person, remembered, .. } => members.iter().any(|it| {
            let is_it = |known: &ManagedPerson| {
                known.external_id == remembered.external_id
                    && known.member_id.as_ref().is_some_and(|id| id.as_str() == it.id)
            };
            let told = world.ledger.addresses.of(&remembered.external_id);
            let is_remembered = told.iter().any(|told| told.email.as_str() == it.email);
            it.email == person.name
                && it.known_id() == Some(person.external_id.as_str())
                && world.ledger.people.iter().any(is_it)
                && (!is_remembered || person.external_id != remembered.external_id)
        }),
        Standing::ExternalIdTaken { person, .. } => {
            let id = &person.external_id;
            let is_held = members.iter().any(|it| it.known_id() == Some(id.as_str()));
            is_held || world.ledger.people.iter().any(|it| it.external_id == *id)
        }
        // Who or what has it got it from no run.
        Standing::IdOfAnother { about, group, .. } => {
            let id = &about.external_id;
            let is_held = match group {
                false => members.iter().any(|it| it.known_id() == Some(id.as_str())),
                true => {
                    world.organization.groups.iter().any(|it| it.external_id.as_deref() == Some(id.as_str()))
                }
            };
            let is_given = world.ledger.people.iter().any(|it| it.external_id == *id)
                || world.ledger.groups.iter().any(|it| it.external_id == *id);
            world.connector.shared_organization && is_held && !is_given
        }
        Standing::RevokedByHand { person } => {
            let is_it = |it: &&Member| {
                it.email == person.name || world.known_as(it) == Some(person.external_id.as_str())
            };
            members.iter().filter(is_it).any(|it| it.status == MemberStatus::Revoked)
        }
        Standing::GroupNameKept { group, observed } => {
            let found = world.organization.groups.iter();
            let mut found = found.filter(|it| it.external_id.as_deref() == Some(group.external_id.as_str()));
            found.any(|it| it.name == *observed && it.name != group.name)
        }
        Standing::GroupVanished { group, .. } => {
            let pushed = world.directory.groups.iter().filter_map(|it| pushed_group(world, it));
            pushed.into_iter().all(|it| it != group.external_id.as_str())
        }
        Standing::ChangedAgain { what, since, .. } => {
            world.ledger.mended.iter().any(|it| it.kind == *what && it.at == *since)
        }
        Standing::Refused { what, reason, .. } => {
            world.ledger.refused.iter().any(|it| it.kind == *what && it.reason == *reason)
        }
        // Only first runs leave others, and a first run has been followed by a second.
        Standing::MembershipsKept { because, .. } => {
            let hidden = || world.directory.people.iter().any(|it| it.state == State::Hidden);
            *because == MembershipsKeptBecause::Unconfirmed && (world.directory.silent || hidden())
        }
    };
    prop_assert!(is_true, "{standing:?} is not so");
    Ok(())
}

/// Whose id the server refused to set right.
fn refused_id(standing: &Standing) -> Option<&str> {
    match standing {
        Standing::Refused { what: RefusedKind::MemberId, about, .. } => Some(about.external_id.as_str()),
        _ => None,
    }
}

/// Whether the next run has nothing to do but what this one left to it: ids that belonged to somebody else until now, and people
/// whose turn comes next.
pub(crate) fn only_waits(plan: &Plan, again: &Plan) -> bool {
    let planned: BTreeSet<&str> = plan.changes.iter().filter_map(Change::joins).collect();
    let waits = plan
        .left_out
        .iter()
        .any(|it| matches!(it.because, LeftOutBecause::WaitsForTurn | LeftOutBecause::NoSeat { .. }));
    let freed = plan.standing.iter().filter_map(|it| match it {
        Standing::ExternalIdTaken { person, .. } | Standing::HeldUnderOtherId { person, .. } => {
            Some(person.external_id.as_str())
        }
        _ => None,
    });
    // A seat became free.
    let seated = plan.kept.iter().filter(|it| matches!(it.because, KeptBecause::NoSeat { .. }));
    let freed = freed.chain(seated.map(|it| it.person.external_id.as_str()));
    // Whose own entry got another name meanwhile comes under that.
    let waited: BTreeSet<&str> = plan
        .standing
        .iter()
        .filter_map(|it| match it {
            Standing::ExternalIdTaken { person, .. } => Some(person.name.as_str()),
            _ => None,
        })
        .collect();
    // What the server refused is asked for again once something about the member is different: also by this run.
    let refused: BTreeSet<&str> = plan.standing.iter().filter_map(refused_id).collect();
    let found_again = plan.notices.iter().filter_map(|it| match it {
        PlanNotice::EntryReplaced { person, .. } => Some(person.external_id.as_str()),
        _ => None,
    });
    let found_again: BTreeSet<&str> = found_again.collect();
    let tried = |person: &Subject, cause: Cause| {
        cause == Cause::IdChanged && !plan.changes.is_empty() && refused.contains(person.external_id.as_str())
    };
    let given_back = |person: &Subject| {
        plan.changes.iter().any(
            |it| matches!(it, Change::Restore { person: it, .. } if it.external_id == person.external_id),
        )
    };
    let next = again.changes.iter().filter_map(Change::joins).filter(|it| waits && !planned.contains(it));
    let mut later: BTreeSet<&str> = freed.chain(next).collect();
    // Whose id belonged to somebody else until now is told by the one that another connector gave.
    let held = again.standing.iter().filter_map(|it| match it {
        Standing::HeldUnderOtherId { person, observed } if later.contains(person.external_id.as_str()) => {
            Some(observed.as_str())
        }
        _ => None,
    });
    later.extend(held.collect::<Vec<_>>());
    again.changes.iter().all(|change| match change {
        // Whether somebody without access had joined is seen when access is given back.
        Change::Invite { person, cause: Cause::AddressCorrected } if given_back(person) => true,
        // The address was another member's, who went in this run.
        Change::Invite { person, cause: Cause::AddressCorrected } => plan.standing.iter().any(|it| match it {
            Standing::AddressHeld { person: held, .. } => held.external_id == person.external_id,
            // Or who was entered anew is known first.
            Standing::AddressDiffers { person: found, .. } => {
                *found == *person && found_again.contains(person.external_id.as_str())
            }
            _ => false,
        }),
        Change::Adopt { person, cause } | Change::ReplaceExternalId { person, cause, .. }
            if tried(person, *cause) =>
        {
            true
        }
        Change::Invite { person, .. } | Change::Stage { person, .. } => {
            later.contains(person.external_id.as_str()) || waited.contains(person.name.as_str())
        }
        Change::Adopt { person, .. } | Change::Restore { person, .. } => {
            later.contains(person.external_id.as_str())
        }
        // Also of a leaver whose id is free for whoever waited.
        Change::ReplaceExternalId { person, old, .. } => {
            later.contains(person.external_id.as_str()) || later.contains(old.as_str())
        }
        Change::ChangeMembers { added, removed, .. } => {
            removed.is_empty() && added.iter().all(|it| later.contains(it.as_str()))
        }
        // A group that was left alone is sent again when those who waited come into it.
        Change::RenameGroup { group, .. } => {
            !later.is_empty()
                && plan.standing.iter().any(|it| {
                    matches!(it, Standing::ChangedAgain { what: MendedKind::Group, about, .. } if about.external_id == group.external_id)
                })
        }
        // Who could have been the newcomer with the address is told from that one, who is known by now.
        Change::Remove { person, cause } if *cause != Cause::EntryReplaced => plan.changes.iter().any(|it| {
            matches!(it, Change::Revoke { person: revoked, .. } if revoked.external_id == person.external_id)
        }),
        // Whose successor waited for a turn, or for an id.
        Change::Remove { cause: Cause::EntryReplaced, .. } => waits || !later.is_empty(),
        // Unseen groups appear with their first member.
        Change::CreateGroup { .. } => plan.evidence != Evidence::Live && !later.is_empty(),
        _ => false,
    })
}
