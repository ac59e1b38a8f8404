//! What happens to people who have no cause to be a member any more: each cause has an action, and may have a grace. What
//! is sent for it is unfolded in `person_requests.rs`.

use super::change::{Cause, Kept, KeptBecause, Subject};
use super::person_requests::{PersonFate, Taking};
use super::roster::Roster;
use super::{Index, PlanInput};
use crate::desired::DesiredPerson;
use crate::ledger::{Out, OutCause};
use crate::names::{ExternalId, SourceName, Timestamp};
use crate::normalize::is_meant;
use crate::observed::{MemberStatus, Observed, ObservedMember, Presence, Role, ServerKind};
use crate::settings::{ConnectorSettings, HiddenAction, LeaverAction};
use crate::snapshot::AccountState;
use hashbrown::{HashMap, HashSet};

const HOUR: i64 = 60 * 60 * 1000;

/// How a leaver is treated.
#[derive(Clone, Copy)]
pub(super) enum Treatment {
    /// By the import's `deleted` flag, as today's connector does.
    Parity,
    /// Not at all, as today's connector does.
    KeepForParity,
    /// By the action that the settings name.
    Chosen(LeaverAction),
}

impl From<OutCause> for Cause {
    fn from(cause: OutCause) -> Self {
        match cause {
            OutCause::Disabled => Self::Disabled,
            OutCause::Deleted => Self::Deleted,
            OutCause::Gone => Self::Gone,
            OutCause::OutOfScope => Self::OutOfScope,
            OutCause::Hidden => Self::Hidden,
        }
    }
}

/// The cause and the action for somebody whom the directory lists as disabled or deleted; None: a live member.
pub(super) fn leaving(person: &DesiredPerson, input: &PlanInput<'_>) -> Option<(OutCause, Treatment)> {
    let policy = &input.connector.leavers;
    match person.state {
        AccountState::Enabled => None,
        AccountState::Disabled => match policy.disabled {
            None => input.sync.remove_disabled.then_some((OutCause::Disabled, Treatment::Parity)),
            Some(action) => Some((OutCause::Disabled, Treatment::Chosen(action))),
        },
        AccountState::Deleted => {
            // Today's connector looks at deleted people only in runs that overwrite.
            let today =
                if input.sync.overwrite_existing { Treatment::Parity } else { Treatment::KeepForParity };
            Some((OutCause::Deleted, policy.deleted.map_or(today, Treatment::Chosen)))
        }
    }
}

/// How it is known that somebody leaves.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Evidence {
    /// A directory lists the person as disabled or deleted.
    Listing,
    /// No directory lists the person, and the one that was asked by id has answered.
    Answer,
}

/// Somebody who has no cause to be a member.
pub(super) struct Leaver<'a> {
    pub(super) external_id: &'a str,
    pub(super) shown: &'a str,
    pub(super) source: &'a SourceName,
    pub(super) out: (OutCause, Treatment),
    pub(super) evidence: Evidence,
}

/// Decides about leavers.
#[derive(Default)]
pub(super) struct Leavers {
    /// External ids of members whom the import takes out.
    pub(super) removed_by_import: Vec<ExternalId>,
}

impl Leavers {
    /// Takes, or explains why not. Somebody who is no member needs neither.
    pub(super) fn leave(
        &mut self,
        leaver: &Leaver<'_>,
        input: &PlanInput<'_>,
        index: &Index<'_>,
        roster: &Roster<'_>,
    ) -> Option<PersonFate> {
        let Leaver { external_id, out: (out_cause, treatment), .. } = *leaver;
        // What is not removed can be given back, should both turn out to be the same person.
        let treatment = match treatment {
            Treatment::Parity | Treatment::Chosen(LeaverAction::Remove)
                if roster.claims.is_strangers(external_id) =>
            {
                Treatment::Chosen(LeaverAction::Revoke)
            }
            treatment => treatment,
        };
        let leaver = &Leaver { out: (out_cause, treatment), ..*leaver };
        let &number = index.by_external_id.get(external_id)?;
        let member = index.member(number);
        let id = member.external_id.clone().unwrap_or_else(|| ExternalId::new(external_id));
        let person = Subject { name: member.email.as_str().to_owned(), external_id: id };
        let cause = Cause::from(out_cause);
        if let Some(because) = stays(leaver, member, input, index, roster) {
            return Some(PersonFate::Kept(Kept { person, cause: Some(cause), because }));
        }
        let by = match (treatment, &member.id, input.server) {
            // Vaultwarden's import revokes; it has no other way to take access.
            (_, _, ServerKind::Vaultwarden) | (_, None, _) => {
                Taking::RevokeByImport(vec![person.name.clone()])
            }
            // The import goes by an id that this member does not have.
            (Treatment::Parity, Some(id), _) if member.changed_id.is_some() => Taking::Remove(id.clone()),
            (Treatment::Parity, _, _) => Taking::RemoveByImport,
            (Treatment::Chosen(LeaverAction::Remove), Some(id), _) => Taking::Remove(id.clone()),
            (Treatment::Chosen(_) | Treatment::KeepForParity, Some(id), _) => Taking::Revoke(id.clone()),
        };
        if matches!(by, Taking::Revoke(_)) && !input.revokes {
            let because = KeptBecause::ServerCannotRevoke;
            return Some(PersonFate::Kept(Kept { person, cause: Some(cause), because }));
        }
        if matches!(by, Taking::RevokeByImport(_) | Taking::RemoveByImport) {
            self.removed_by_import.push(person.external_id.clone());
        }
        Some(PersonFate::Leaves { person, cause, by })
    }

    /// Managed people whom the directory did not return. Absence alone does nothing: the answer for each one decides.
    pub(super) fn absent(
        &mut self,
        input: &PlanInput<'_>,
        index: &Index<'_>,
        roster: &Roster<'_>,
        fates: &mut Vec<PersonFate>,
    ) {
        let taken = names_of_others(input);
        for managed in &input.ledger.people {
            let id = managed.external_id.as_str();
            let decided = roster.replaced.contains_key(id) || roster.decided.contains(id);
            if roster.asked_for.contains(id) || decided {
                continue;
            }
            if let Some(directory) = managed.source.former_account() {
                fates.extend(index.by_external_id.get(id).map(|&number| {
                    let name = index.member(number).email.as_str().to_owned();
                    let person = Subject { name, external_id: managed.external_id.clone() };
                    let because = KeptBecause::FormerDirectory { directory: directory.to_owned() };
                    PersonFate::Kept(Kept { person, cause: None, because })
                }));
                continue;
            }
            let policy = &input.connector.leavers;
            let answer = absence(input, &managed.external_id);
            // Asked by name, the directory answered for whoever has that name now.
            let about_another =
                managed.stable_id.is_none() && answer != Ok(OutCause::Gone) && taken.contains(id);
            let answer =
                if about_another { Err("somebody else has the name now".to_owned()) } else { answer };
            let (cause, action) = match answer {
                Ok(cause @ OutCause::Gone) => (cause, policy.gone),
                // Today's connector does not see such people, whatever `sync.removeDisabled` says.
                Ok(cause @ OutCause::Disabled) => (cause, policy.disabled),
                Ok(cause @ OutCause::Hidden) => (cause, Some(for_hidden(policy.for_hidden()))),
                Ok(cause) => (cause, policy.out_of_scope),
                Err(reason) => {
                    if index.by_external_id.contains_key(id) {
                        let name = managed.email.as_str().to_owned();
                        let person = Subject { name, external_id: managed.external_id.clone() };
                        let because = KeptBecause::Unconfirmed { reason };
                        fates.push(PersonFate::Kept(Kept { person, cause: None, because }));
                    }
                    continue;
                }
            };
            let out = (cause, action.map_or(Treatment::KeepForParity, Treatment::Chosen));
            let (shown, source) = (managed.email.as_str(), &managed.source);
            let leaver = Leaver { external_id: id, shown, source, out, evidence: Evidence::Answer };
            fates.extend(self.leave(&leaver, input, index, roster));
        }
    }
}

/// Names of the directory that were pushed for somebody else.
fn names_of_others<'a>(input: &PlanInput<'a>) -> HashSet<&'a str> {
    let everybody = input.desired.everybody().iter().zip(input.identity.people());
    everybody.filter(|(_, id)| id.is_none()).map(|(it, _)| input.desired.text(it.external_id)).collect()
}

/// Why nothing is done to somebody who has no cause to be a member.
fn stays(
    leaver: &Leaver<'_>,
    member: &ObservedMember,
    input: &PlanInput<'_>,
    index: &Index<'_>,
    roster: &Roster<'_>,
) -> Option<KeptBecause> {
    let Leaver { external_id, shown, source, out: (cause, treatment), evidence } = *leaver;
    let because = match treatment {
        _ if index.is_unclear(external_id) => Some(KeptBecause::MembershipUnclear),
        Treatment::KeepForParity => Some(KeptBecause::Parity),
        Treatment::Chosen(LeaverAction::Keep) => Some(KeptBecause::Policy),
        _ if member.role != Role::User => Some(KeptBecause::Role),
        _ if is_protected(member, external_id, shown, input) => Some(KeptBecause::Protected),
        _ if roster.entered_anew.contains(member.email.as_str())
            && !roster.claims.is_strangers(external_id) =>
        {
            Some(KeptBecause::AddressInUse)
        }
        _ if index.baseline || index.sources.is_new(source) => Some(KeptBecause::Baseline),
        _ => index.sources.doubt(source, evidence).or_else(|| index.unread_owner(external_id, input)),
    };
    let due = || due(external_id, cause, input, index).map(|until| KeptBecause::Grace { until });
    let revokes = matches!(treatment, Treatment::Chosen(LeaverAction::Revoke))
        || input.server == ServerKind::Vaultwarden;
    let uncertain = index.uncertain_people.contains_key(external_id);
    // Where nobody can look, it is settled by address.
    let seen = index.unseen.is_none();
    let stays_revoked = seen && member.status == MemberStatus::Revoked && revokes && !uncertain;
    because.or_else(due).or_else(|| stays_revoked.then_some(KeptBecause::AlreadyRevoked))
}

/// When the action for a cause is due; None: now.
fn due(external_id: &str, cause: OutCause, input: &PlanInput<'_>, index: &Index<'_>) -> Option<Timestamp> {
    let policy = &input.connector.leavers;
    let hours = match cause {
        OutCause::Disabled => policy.disabled_grace_hours,
        OutCause::Deleted => policy.deleted_grace_hours,
        OutCause::Gone => policy.gone_grace_hours,
        OutCause::OutOfScope => policy.out_of_scope_grace_hours,
        OutCause::Hidden => policy.hidden_grace_hours,
    };
    let noted = index.managed.get(external_id).and_then(|&number| input.ledger.people[number].out);
    let since = noted.filter(|it| it.cause == cause).map_or(input.now, |it| it.since);
    let until = Timestamp(since.0.saturating_add(i64::from(hours).saturating_mul(HOUR)));
    (until > input.now).then_some(until)
}

/// Whether the settings name this member as one whom no removal may touch.
///
/// People may often write their own address. A protected one that another member has is that member's; else the address
/// counts that the membership, or the directory, has now, and the one under which the person was brought over.
pub(super) fn is_protected(
    member: &ObservedMember,
    external_id: &str,
    shown: &str,
    input: &PlanInput<'_>,
) -> bool {
    let live = match input.observed {
        Observed::Live(state) => Some(&state.members),
        Observed::Believed(_) | Observed::Unknown => None,
    };
    let is_another = |it: &ObservedMember| {
        (&it.id, &it.external_id, &it.email) != (&member.id, &member.external_id, &member.email)
    };
    let of_another = |protected: &str| {
        live.is_some_and(|all| all.iter().any(|it| is_another(it) && is_meant(protected, it.email.as_str())))
    };
    let told = || {
        let all = input.ledger.addresses.of(&ExternalId::new(external_id));
        // Where nobody can look, the account may have any of them.
        if live.is_some() { &all[..all.len().min(1)] } else { all }
    };
    input.connector.protected.iter().map(|it| it.trim()).any(|protected| {
        protected == external_id
            || is_meant(protected, member.email.as_str())
            || (is_meant(protected, shown) || told().iter().any(|it| is_meant(protected, it.email.as_str())))
                && !of_another(protected)
    })
}

/// As [`is_protected`], by what the organization alone shows.
pub(super) fn is_protected_member(member: &ObservedMember, connector: &ConnectorSettings) -> bool {
    let id = member.external_id.as_ref().map_or("", |it| it.as_str());
    let names = |it: &String| is_meant(it, member.email.as_str()) || it.trim() == id;
    connector.protected.iter().any(names)
}

/// Never a removal: the entry may be there.
fn for_hidden(action: HiddenAction) -> LeaverAction {
    match action {
        HiddenAction::Keep => LeaverAction::Keep,
        HiddenAction::Revoke => LeaverAction::Revoke,
    }
}

/// What the directory said of somebody whom it did not list; an error says why nobody knows.
fn absence(input: &PlanInput<'_>, external_id: &ExternalId) -> Result<OutCause, String> {
    match input.presences.get(external_id) {
        Some(Presence::NotFound) => Ok(OutCause::Gone),
        Some(Presence::Found { .. }) => Ok(OutCause::OutOfScope),
        Some(Presence::Disabled { .. }) => Ok(OutCause::Disabled),
        Some(Presence::Hidden(_)) => Ok(OutCause::Hidden),
        Some(Presence::Unknown { reason }) => Err(reason.clone()),
        None => Err("the directory was not asked".to_owned()),
    }
}

/// For a managed person, since when there has been no cause to be a member, as of this run. What nobody knows stays as it
/// was remembered.
pub(super) struct Outs<'a> {
    input: PlanInput<'a>,
    listed: HashMap<&'a str, AccountState>,
}

impl<'a> Outs<'a> {
    pub(super) fn new(input: &PlanInput<'a>, ids: &'a [Option<ExternalId>]) -> Self {
        let states = input.desired.everybody().iter().map(|it| it.state);
        let listed =
            ids.iter().zip(states).filter_map(|(id, state)| Some((id.as_ref()?.as_str(), state))).collect();
        Self { input: *input, listed }
    }

    /// `asked`: the id by which the directory was asked, where this run gives another one.
    pub(super) fn of(
        &self,
        external_id: &ExternalId,
        asked: &ExternalId,
        before: Option<Out>,
    ) -> Option<Out> {
        let cause = match self.listed.get(external_id.as_str()) {
            Some(AccountState::Enabled) => return None,
            Some(AccountState::Disabled) => OutCause::Disabled,
            Some(AccountState::Deleted) => OutCause::Deleted,
            None => match absence(&self.input, asked) {
                Ok(cause) => cause,
                Err(_) => return before,
            },
        };
        Some(before.filter(|it| it.cause == cause).unwrap_or(Out { cause, since: self.input.now }))
    }
}
