//! Looks at the organization before and after a run: members every time, a group's members when they matter.

use crate::event::{Event, Events};
use crate::organization::{Organization, OrganizationError, Reading, ServerFacts};
use bwdc_core::desired::Desired;
use bwdc_core::ledger::LedgerState;
use bwdc_core::names::{ExternalId, MemberId, SourceName, Timestamp};
use bwdc_core::observed::{Membership, Observed, ObservedGroup, OrganizationState, ServerKind};
use bwdc_core::plan::{Identity, believed, recognize, to_read};
use futures_util::{StreamExt, TryStreamExt, stream};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// Most groups whose members are read before a plan. With those that are read back, a run stays below 1,000 requests, which
/// Bitwarden's cloud answers within five minutes; what is beyond waits for the next run.
const MOST_BEFORE: usize = 540;
/// Most groups that are read because the directory asks for other members than were last accepted.
const MOST_NEEDED: usize = 450;
/// Most groups whose members are read back after a run.
const MOST_AFTER: usize = 450;
/// Unchanged groups whose members are read in every run, those first that were not read for longest.
const IN_ROTATION: usize = 100;
/// After this time an unchanged group is read whatever the rotation says: what was changed by hand comes to light within a
/// day.
const SEEN_AGAIN_AFTER: i64 = 20 * 60 * 60 * 1000;
/// Requests in flight.
const AT_ONCE: usize = 8;

/// What is known of the server, where it says anything.
///
/// A server without the endpoint is judged by what it offers: without readable members it is treated as Vaultwarden,
/// whose rules are the stricter ones for a client that cannot look.
pub(super) async fn server(
    organization: &Organization,
    events: Events<'_>,
) -> Result<Option<ServerFacts>, OrganizationError> {
    match organization.server(events).await {
        Ok(facts) => Ok(Some(facts)),
        Err(OrganizationError::Refused(message)) if (400..500).contains(&message.status) => Ok(None),
        Err(error) => Err(error),
    }
}

/// How much of the organization a run wants to see.
#[derive(Clone, Copy)]
pub(super) struct Wanted {
    /// Groups at all.
    pub(super) groups: bool,
    /// The members of every group, as many as one run may ask for.
    pub(super) all_members: bool,
    /// Whether another connector has members in the organization.
    pub(super) shared: bool,
    /// Whether groups made by hand become the directory's by their names.
    pub(super) adopts: bool,
    /// When the run takes place.
    pub(super) now: Timestamp,
}

/// The organization, live where the server can be read, else as the ledger remembers it; who of the directory is whom in it; and the
/// ledger as runs that were cut off have left it. `source`: where people come from of whom such a run does not tell.
pub(super) async fn observe(
    organization: &Organization,
    desired: &Desired,
    ledger: LedgerState,
    source: &SourceName,
    wanted: Wanted,
    events: Events<'_>,
) -> Result<(Observed, Identity, LedgerState), OrganizationError> {
    organization.expect_entries(desired.people().count().max(desired.groups().len()));
    organization.expect_entries(ledger.people.len().max(ledger.groups.len()));
    let mut state = match look(organization, wanted.groups, events).await? {
        Sight::Nothing => {
            let ledger = ledger.as_left_by_open_intents(None, source);
            let observed = believed(&ledger);
            let identity = Identity::new(desired, &ledger, observed.state());
            return Ok((observed, identity, ledger));
        }
        Sight::Everything(mut state) => {
            let ledger = ledger.as_left_by_open_intents(Some(&state), source);
            recognize(&mut state, &ledger, wanted.shared);
            let identity = identify(desired, &ledger, &state, wanted);
            return Ok((Observed::Live(state), identity, ledger));
        }
        Sight::WithoutMemberships(state) => state,
    };
    let ledger = ledger.as_left_by_open_intents(Some(&state), source);
    recognize(&mut state, &ledger, wanted.shared);
    let identity = identify(desired, &ledger, &state, wanted);
    let (mut needed, rotation) = to_read(desired, &ledger, &identity, &state, wanted.adopts);
    needed.truncate(MOST_NEEDED);
    let due = |seen: Option<Timestamp>| {
        seen.is_none_or(|it| !(0..SEEN_AGAIN_AFTER).contains(&wanted.now.0.saturating_sub(it.0)))
    };
    let rotation = rotation.into_iter().enumerate();
    let rotation =
        rotation.filter(|&(turn, (seen, _))| wanted.all_members || turn < IN_ROTATION || due(seen));
    needed.extend(rotation.map(|(_, (_, place))| place));
    needed.truncate(MOST_BEFORE);
    let remembered: HashMap<&ExternalId, &Arc<[ExternalId]>> =
        ledger.groups.iter().map(|it| (&it.external_id, &it.members)).collect();
    for group in &mut state.groups {
        if let Some(members) = group.external_id.as_ref().and_then(|id| remembered.get(id)) {
            group.members = Membership::Remembered(Arc::clone(members));
        }
    }
    read_memberships(organization, &mut state, &needed, events).await?;
    Ok((Observed::Live(state), identity, ledger))
}

fn identify(desired: &Desired, ledger: &LedgerState, state: &OrganizationState, wanted: Wanted) -> Identity {
    let identity = Identity::new(desired, ledger, Some(state));
    if wanted.shared { identity.beside_others(desired, ledger, Some(state)) } else { identity }
}

/// The organization after requests were sent: members and groups anew, the members of `touched` groups anew, those of the
/// others as `before`.
pub(super) async fn observe_again(
    organization: &Organization,
    before: &OrganizationState,
    touched: &HashSet<ExternalId>,
    groups_wanted: bool,
    events: Events<'_>,
) -> Result<Option<OrganizationState>, OrganizationError> {
    let mut state = match look(organization, groups_wanted, events).await? {
        Sight::Nothing => return Ok(None),
        Sight::Everything(state) => return Ok(Some(state)),
        Sight::WithoutMemberships(state) => state,
    };
    let known: HashMap<&ExternalId, &ObservedGroup> =
        before.groups.iter().filter_map(|it| Some((it.external_id.as_ref()?, it))).collect();
    let places: HashMap<&MemberId, usize> =
        state.members.iter().enumerate().filter_map(|(place, it)| Some((it.id.as_ref()?, place))).collect();
    let mut needed = Vec::new();
    for (place, group) in state.groups.iter_mut().enumerate() {
        let Some(id) = &group.external_id else { continue };
        match known.get(id).filter(|_| !touched.contains(id)).map(|it| &it.members) {
            Some(Membership::Remembered(members)) => group.members = Membership::Remembered(members.clone()),
            Some(Membership::NotRead) => {}
            // Nothing was sent about it: the same members, in so far as they are still there.
            Some(Membership::Read(members)) => {
                let id = |&place: &usize| before.members[place].id.as_ref();
                let here = members.iter().filter_map(id).filter_map(|id| places.get(id).copied());
                group.members = Membership::Read(here.collect());
            }
            None => needed.push(place),
        }
    }
    needed.truncate(MOST_AFTER);
    read_memberships(organization, &mut state, &needed, events).await?;
    Ok(Some(state))
}

/// The kind of server to assume when it did not say.
pub(super) fn assumed_kind(observed: &Observed) -> ServerKind {
    match observed {
        Observed::Live(_) => ServerKind::OfficialSelfHosted,
        Observed::Believed(_) | Observed::Unknown => ServerKind::Vaultwarden,
    }
}

/// How much a first look shows.
pub(super) enum Sight {
    /// The server shows nothing to the keys at hand.
    Nothing,
    /// Members and groups; the members of a group are a request each.
    WithoutMemberships(OrganizationState),
    /// Memberships, too.
    Everything(OrganizationState),
}

/// Looks with the organization's key; where that sees nothing, with the administrator's, if there is one.
pub(super) async fn look(
    organization: &Organization,
    groups_wanted: bool,
    events: Events<'_>,
) -> Result<Sight, OrganizationError> {
    let members = organization.members(events).await?;
    let groups = match &members {
        Reading::Read(_) if groups_wanted => organization.groups(events).await?,
        Reading::Read(_) => Reading::Read(Vec::new()),
        Reading::NotOffered => Reading::NotOffered,
    };
    if let (Reading::Read(members), Reading::Read(groups)) = (members, groups) {
        return Ok(Sight::WithoutMemberships(OrganizationState { members, groups }));
    }
    let observed = organization.observed(groups_wanted, events).await?;
    Ok(observed.map_or(Sight::Nothing, Sight::Everything))
}

/// Reads the members of the groups at `places`. Somebody who is no member any more by the time is left out.
pub(super) async fn read_memberships(
    organization: &Organization,
    state: &mut OrganizationState,
    places: &[usize],
    events: Events<'_>,
) -> Result<(), OrganizationError> {
    let of = places.len();
    let ids: Vec<_> =
        places.iter().filter_map(|&place| Some((place, state.groups[place].id.clone()?))).collect();
    // Of each id its place is kept: a server may list the same people in every group.
    let positions: HashMap<MemberId, usize> =
        state.members.iter().enumerate().filter_map(|(number, it)| Some((it.id.clone()?, number))).collect();
    let positions = &positions;
    let mut reads = stream::iter(ids)
        .map(|(place, id)| async move {
            let members = organization.group_members(&id, events).await?;
            let mut places: Vec<usize> = members.iter().filter_map(|id| positions.get(id).copied()).collect();
            places.shrink_to_fit();
            Ok::<_, OrganizationError>((place, places))
        })
        .buffer_unordered(AT_ONCE);
    let (mut done, mut memberships) = (0, 0);
    let most = organization.most_memberships();
    let mut found: Vec<(usize, Vec<usize>)> = Vec::with_capacity(of);
    while let Some(read) = reads.try_next().await? {
        memberships += read.1.len();
        if memberships > most {
            return Err(organization.too_many_memberships(most));
        }
        found.push(read);
        done += 1;
        events(Event::Observing { done, of });
    }
    drop(reads);
    for (place, members) in found {
        state.groups[place].members = Membership::Read(members);
    }
    Ok(())
}
