//! What no run decides by itself: two memberships under one address, and an external id that two have where the ledger does not
//! tell whose it is.
//!
//! Of two memberships the one that never joined goes, and its groups and collections are given to the other one first. Where both
//! have joined, or none, nothing is chosen: the administrator picks.

use super::change::{Cause, Change, Subject};
use super::leavers::is_protected_member;
use crate::ledger::LedgerState;
use crate::names::{ExternalId, MemberId};
use crate::observed::{MemberStatus, ObservedGroup, ObservedMember, OrganizationState, Role};
use crate::settings::ConnectorSettings;
use crate::wire::Request;
use hashbrown::HashSet;
use serde::Serialize;
use std::collections::BTreeMap;

/// What the administrator has picked.
#[derive(Clone, Debug, Default)]
pub struct Picks {
    /// Ids of memberships and groups that are kept as they are.
    pub keep: Vec<String>,
    /// Whether, of memberships of which none has joined, the one is kept that the server lists first.
    pub first: bool,
}

/// Something that needs a decision, and what would be sent for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RepairCase {
    /// What it is.
    pub disorder: Disorder,
    /// Who is involved, as the server lists them.
    pub holders: Vec<Holder>,
    /// The id of whoever is kept as is; None: the administrator has to pick.
    pub kept: Option<String>,
    #[serde(skip)]
    requests: Vec<(Change, Request)>,
}

/// What needs a decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Disorder {
    /// Several memberships have one address.
    Twins {
        /// The address.
        address: String,
    },
    /// Several members have one external id.
    MembersOfOneId {
        /// The id.
        external_id: ExternalId,
    },
    /// Several groups have one external id.
    GroupsOfOneId {
        /// The id.
        external_id: ExternalId,
    },
}

/// A membership or a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Holder {
    /// The organization's own id of it, by which it is picked.
    pub id: String,
    /// The address, or the name of the group.
    pub name: String,
    /// The external id, where there is one.
    pub external_id: Option<ExternalId>,
    /// Whether somebody has joined with the membership; None: a group.
    pub joined: Option<bool>,
    /// Whether no request of ours may remove it: a role other than user, or protected by the settings.
    pub untouchable: bool,
}

impl RepairCase {
    /// What is sent for it, each with the change that it makes.
    pub fn requests(&self) -> &[(Change, Request)] {
        &self.requests
    }

    /// How many memberships it removes.
    pub fn removals(&self) -> usize {
        self.requests.iter().filter(|(_, it)| matches!(it, Request::Merge { .. })).count()
    }
}

/// Looks for what needs a decision.
pub fn repairs(
    state: &OrganizationState,
    ledger: &LedgerState,
    connector: &ConnectorSettings,
    picks: &Picks,
) -> Vec<RepairCase> {
    let mut cases = twins(state, connector, picks);
    let in_twins: HashSet<String> = cases.iter().flat_map(|it| &it.holders).map(|it| it.id.clone()).collect();
    cases.extend(members_of_one_id(state, ledger, connector, picks, &in_twins));
    cases.extend(groups_of_one_id(state, ledger, connector, picks));
    cases
}

fn filled(id: &Option<ExternalId>) -> Option<&ExternalId> {
    id.as_ref().filter(|it| !it.as_str().trim().is_empty())
}

fn has_joined(member: &ObservedMember) -> bool {
    !matches!(member.status, MemberStatus::Invited | MemberStatus::Staged)
}

fn member_holder(member: &ObservedMember, connector: &ConnectorSettings) -> Option<Holder> {
    Some(Holder {
        id: member.id.as_ref()?.as_str().to_owned(),
        name: member.email.as_str().to_owned(),
        external_id: filled(&member.external_id).cloned(),
        joined: Some(has_joined(member)),
        untouchable: member.role != Role::User || is_protected_member(member, connector),
    })
}

/// Groups what the server lists by a key; only what is there more than once.
fn repeated<'s, T>(all: &'s [T], key: impl Fn(&'s T) -> Option<&'s str>) -> Vec<(&'s str, Vec<&'s T>)> {
    let mut by_key: BTreeMap<&str, Vec<&T>> = BTreeMap::new();
    for one in all {
        if let Some(key) = key(one) {
            by_key.entry(key).or_default().push(one);
        }
    }
    by_key.into_iter().filter(|(_, them)| them.len() > 1).collect()
}

fn twins(state: &OrganizationState, connector: &ConnectorSettings, picks: &Picks) -> Vec<RepairCase> {
    let repeated = repeated(&state.members, |it| Some(it.email.as_str()).filter(|it| !it.is_empty()));
    let case = |(address, members): (&str, Vec<&ObservedMember>)| {
        let holders: Vec<Holder> =
            members.iter().map(|it| member_holder(it, connector)).collect::<Option<_>>()?;
        let kept = kept_twin(&holders, picks);
        let requests = kept.map_or_else(Vec::new, |kept| merged(&holders, kept));
        let disorder = Disorder::Twins { address: address.to_owned() };
        Some(RepairCase { disorder, kept: kept.map(|it| holders[it].id.clone()), requests, holders })
    };
    repeated.into_iter().filter_map(case).collect()
}

/// Whose membership stays.
fn kept_twin(holders: &[Holder], picks: &Picks) -> Option<usize> {
    let picked = |it: &Holder| picks.keep.contains(&it.id);
    let joined = |it: &Holder| it.joined == Some(true);
    let one = |which: &dyn Fn(&Holder) -> bool| {
        let mut found = holders.iter().enumerate().filter(|(_, it)| which(it));
        let place = found.next()?.0;
        found.next().is_none().then_some(place)
    };
    let none_joined = || picks.first && !holders.iter().any(joined);
    let place = one(&picked).or_else(|| one(&joined)).or_else(|| none_joined().then_some(0))?;
    let others = || holders.iter().enumerate().filter(|(it, _)| *it != place);
    others().all(|(_, it)| !it.untouchable).then_some(place)
}

fn merged(holders: &[Holder], kept: usize) -> Vec<(Change, Request)> {
    let others = holders.iter().enumerate().filter(|(place, _)| *place != kept);
    let request = |(_, it): (usize, &Holder)| {
        let external_id = it.external_id.clone().unwrap_or_else(|| ExternalId::new(""));
        let person = Subject { name: it.name.clone(), external_id };
        let (into, from) = (MemberId::new(&*holders[kept].id), MemberId::new(&*it.id));
        (Change::Remove { person, cause: Cause::HeldTwice }, Request::Merge { into, from })
    };
    others.map(request).collect()
}

fn members_of_one_id(
    state: &OrganizationState,
    ledger: &LedgerState,
    connector: &ConnectorSettings,
    picks: &Picks,
    in_twins: &HashSet<String>,
) -> Vec<RepairCase> {
    let repeated = repeated(&state.members, |it| filled(&it.external_id).map(ExternalId::as_str));
    let case = |(id, members): (&str, Vec<&ObservedMember>)| {
        // A run sets right what the ledger knows, but where another connector writes, too.
        let known = ledger.people.iter().find(|it| it.external_id.as_str() == id);
        let known = known.filter(|_| !connector.shared_organization);
        let told = known.is_some_and(|known| {
            let is_it = |it: &&ObservedMember| {
                known.member_id.is_some() && it.id == known.member_id || it.email == known.email
            };
            members.iter().copied().filter(|it| is_it(it)).count() == 1
        });
        let holders: Vec<Holder> =
            members.iter().map(|it| member_holder(it, connector)).collect::<Option<_>>()?;
        if told || holders.iter().any(|it| in_twins.contains(&it.id)) {
            return None;
        }
        let external_id = ExternalId::new(id);
        let cleared = |it: &Holder| {
            let person = Subject { name: it.name.clone(), external_id: ExternalId::new("") };
            let change =
                Change::ReplaceExternalId { person, old: external_id.clone(), cause: Cause::HeldTwice };
            (change, Request::PutMember { id: MemberId::new(&*it.id), external_id: ExternalId::new("") })
        };
        let (kept, requests) = picked(&holders, picks, cleared);
        Some(RepairCase {
            disorder: Disorder::MembersOfOneId { external_id: external_id.clone() },
            holders,
            kept,
            requests,
        })
    };
    repeated.into_iter().filter_map(case).collect()
}

fn groups_of_one_id(
    state: &OrganizationState,
    ledger: &LedgerState,
    connector: &ConnectorSettings,
    picks: &Picks,
) -> Vec<RepairCase> {
    let repeated = repeated(&state.groups, |it| filled(&it.external_id).map(ExternalId::as_str));
    let case = |(id, groups): (&str, Vec<&ObservedGroup>)| {
        let known = ledger.groups.iter().find(|it| it.external_id.as_str() == id);
        let known = known.filter(|_| !connector.shared_organization);
        let known = known.and_then(|it| it.group_id.as_ref());
        if known.is_some_and(|known| groups.iter().any(|it| it.id.as_ref() == Some(known))) {
            return None;
        }
        let holder = |it: &&ObservedGroup| {
            Some(Holder {
                id: it.id.as_ref()?.as_str().to_owned(),
                name: it.name.clone(),
                external_id: it.external_id.clone(),
                joined: None,
                untouchable: false,
            })
        };
        let holders: Vec<Holder> = groups.iter().map(holder).collect::<Option<_>>()?;
        let external_id = ExternalId::new(id);
        let cleared = |it: &Holder| {
            let group = Subject { name: it.name.clone(), external_id: ExternalId::new("") };
            let (old, cause) = (Some(external_id.clone()), Cause::HeldTwice);
            let change = Change::AdoptGroup { group, old, collections: None, cause };
            let (id, name) = (crate::names::GroupId::new(&*it.id), it.name.clone());
            (change, Request::PutGroup { id, name, external_id: ExternalId::new("") })
        };
        let (kept, requests) = picked(&holders, picks, cleared);
        Some(RepairCase {
            disorder: Disorder::GroupsOfOneId { external_id: external_id.clone() },
            holders,
            kept,
            requests,
        })
    };
    repeated.into_iter().filter_map(case).collect()
}

/// Who was picked, and what is sent for the others.
fn picked(
    holders: &[Holder],
    picks: &Picks,
    cleared: impl Fn(&Holder) -> (Change, Request),
) -> (Option<String>, Vec<(Change, Request)>) {
    let kept: Vec<&Holder> = holders.iter().filter(|it| picks.keep.contains(&it.id)).collect();
    let [kept] = kept[..] else { return (None, Vec::new()) };
    let others = holders.iter().filter(|it| it.id != kept.id);
    (Some(kept.id.clone()), others.map(cleared).collect())
}
