//! A directory, an organization and the ledger between them, and what can happen to each.

use crate::convergence::directory::{Directory, Entry, Marks, State};
use crate::convergence::model::{self, Kind, Known, Member, Organization};
use crate::convergence::under_way::UnderWay;
use bwdc_core::desired::Desired;
use bwdc_core::import::RefusedRecord;
use bwdc_core::ledger::{LedgerState, RefusedKind};
use bwdc_core::names::Timestamp;
use bwdc_core::observed::{MemberStatus, Observed, OrganizationState, Presences, Role, ServerKind};
use bwdc_core::plan::{After, ApprovalScope, Held, Identity, Plan, PlanInput, believed, recognize};
use bwdc_core::settings::{
    AddressRule, ConnectorSettings, HiddenAction, LeaverAction, Returning, SyncSettings, VanishedGroups,
};
use bwdc_core::wire::Request;
use std::collections::{BTreeMap, BTreeSet};

pub(crate) const HOUR: i64 = 3_600_000;

/// Whose rules apply, and whether anybody can look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Official,
    /// The ledger stands in for what cannot be read.
    Vaultwarden,
    /// Vaultwarden with a key that can read.
    VaultwardenRead,
}

/// What a run carried out.
#[derive(Debug)]
pub(crate) struct Carried {
    /// Without what a rule forbids.
    pub(crate) plan: Plan,
    /// What the server refused about one person.
    pub(crate) refused: Vec<Request>,
    failure: Option<model::Refused>,
}

/// Sends a plan as a run does: what is refused about one person keeps nothing from anybody else.
fn send(plan: &Plan, organization: &mut Organization, meanwhile: Option<(usize, u8, u8)>) -> Carried {
    let mut sent = Carried { plan: plan.clone(), refused: Vec::new(), failure: None };
    for (number, request) in plan.requests().into_iter().enumerate() {
        if let Some((_, whom, how)) = meanwhile.filter(|(after, ..)| *after == number) {
            organization.change_meanwhile(whom, how);
        }
        let rewritten = |import| plan.after_refusals(import, &sent.refused);
        let request = match request {
            Request::Import(it) if !sent.refused.is_empty() => Request::Import(rewritten(it)),
            Request::WholeImport(it) if !sent.refused.is_empty() => Request::WholeImport(rewritten(it)),
            request => request,
        };
        let imports = matches!(request, Request::Import(_) | Request::WholeImport(_));
        if imports && !plan.can_import_without(&sent.refused) || !plan.has_seat(&request, &sent.refused) {
            continue;
        }
        match organization.apply(&request) {
            Ok(()) => {}
            // Somebody removed the member a moment ago.
            Err(model::Refused(404)) if !imports && meanwhile.is_some() => {}
            Err(model::Refused(400)) if !imports => sent.refused.push(request),
            Err(failure) => {
                sent.failure = Some(failure);
                break;
            }
        }
    }
    sent
}

/// What a run remembers of a request that a rule forbids; None: it is tried in each run.
fn told(plan: &Plan, request: &Request) -> Option<(Request, RefusedRecord)> {
    RefusedKind::of(request)?;
    let about = plan.about(request)?.clone();
    let reason = "forbidden".to_owned();
    let record = RefusedRecord { name: about.name, external_id: about.external_id, is_group: false, reason };
    Some((request.clone(), record))
}

/// Who was let in by a membership, as the entry was at that time.
#[derive(Clone, Debug)]
pub(crate) struct Joined(pub(crate) Entry);

/// One thing that happens: which, to whom, and how.
pub(crate) type Event = (u8, u8, u8);

/// How many kinds of events there are.
pub(crate) const EVENTS: u8 = 45;

/// What happens rarely by itself, and is met more often so.
pub(crate) const OFTEN: [u8; 12] = [3, 5, 5, 11, 11, 11, 15, 29, 35, 38, 40, 40];

#[derive(Clone, Debug)]
pub(crate) struct World {
    pub(crate) mode: Mode,
    pub(crate) directory: Directory,
    pub(crate) organization: Organization,
    pub(crate) ledger: LedgerState,
    pub(crate) sync: SyncSettings,
    pub(crate) connector: ConnectorSettings,
    pub(crate) now: i64,
    /// Which group of the organization each entry of the directory was seen to be.
    pub(crate) places: BTreeMap<String, String>,
    /// What runs took, and when.
    pub(crate) taken: Vec<(i64, ApprovalScope)>,
    /// Who was let in by each membership.
    pub(crate) joined: BTreeMap<String, Joined>,
    /// The external id that runs of ours gave each membership last, whatever somebody made of it since.
    pub(crate) given: BTreeMap<String, String>,
    /// The ids that memberships had when the last run ended.
    held: BTreeMap<String, String>,
    /// Memberships whose id somebody changed by hand.
    pub(crate) untold: BTreeSet<String>,
    /// The connection of the next import is cut, this much of the longest time before the server is done.
    pub(crate) cut: Option<u8>,
    pub(crate) under_way: Option<UnderWay>,
    /// What somebody changes in the web vault between two requests of the next run: after how many, to whom, and how.
    pub(crate) meanwhile: Option<(usize, u8, u8)>,
    /// Whether somebody deletes the ledger when everything is as the directory asks: what only the ledger knows nobody knows then.
    purges: bool,
    /// Whether the ledger is new because somebody deleted it.
    pub(crate) purged: bool,
    /// Whether somebody whom we brought over has changed the address of the account since the last run.
    pub(crate) accounts_changed: bool,
    /// Whether the settings have been the same since the last run that was carried out as a whole.
    settled: bool,
}

fn leavers_returning(connector: &mut ConnectorSettings, bits: u64) {
    connector.leavers.returning =
        [Returning::Wait, Returning::Restore, Returning::Invite, Returning::Wait][(bits & 3) as usize];
}

fn address(number: u8) -> String {
    // One in five is outside the domain that some worlds allow.
    let domain = if number % 5 == 4 { "other.test" } else { "example.test" };
    format!("person{}@{domain}", number % 14)
}

impl World {
    pub(crate) fn new(mode: Mode, settings: u64, more: u8) -> Self {
        let bit = |place: u32| settings >> place & 1 == 1;
        let action = |place: u32| match settings >> place & 3 {
            0 => None,
            1 => Some(LeaverAction::Keep),
            2 => Some(LeaverAction::Revoke),
            _ => Some(LeaverAction::Remove),
        };
        let mut connector = ConnectorSettings::default();
        let leavers = &mut connector.leavers;
        leavers.disabled = action(0);
        leavers.deleted = action(2);
        leavers.gone = action(4);
        leavers.out_of_scope = action(6);
        if bit(19) && bit(20) && (bit(33) || bit(34)) {
            // As an installation without lines of our own overwrites.
            (leavers.disabled, leavers.deleted, leavers.gone, leavers.out_of_scope) =
                (None, None, None, None);
        }
        if bit(8) {
            leavers.gone_grace_hours = 30;
            leavers.disabled_grace_hours = 5;
        }
        if bit(9) {
            leavers.vanished_groups = VanishedGroups::Delete;
        }
        leavers_returning(&mut connector, settings >> 26);
        connector.leavers.hidden =
            [None, Some(HiddenAction::Keep), Some(HiddenAction::Revoke), None][(more & 3) as usize];
        connector.leavers.hidden_grace_hours = if more >> 2 & 1 == 1 { 30 } else { 0 };
        connector.shared_organization = more >> 6 == 3 && mode != Mode::Vaultwarden;
        connector.adopt_groups = bit(10);
        if bit(11) && bit(12) {
            connector.allowed_domains = vec!["example.test".to_owned()];
        }
        if bit(13) && bit(14) {
            connector.invitations.per_run = Some(2);
        }
        connector.protected = vec![address(1), "cn=p3".to_owned()];
        connector.limits.off = bit(15) && bit(16);
        connector.limits.removals_percent = [Some(40), Some(10), None][(settings >> 17 & 3) as usize % 3];
        connector.limits.emptied_groups_percent = 60;
        let sync = SyncSettings {
            users: true,
            groups: true,
            interval_minutes: None,
            remove_disabled: bit(18),
            overwrite_existing: bit(19) && bit(20),
            large_import: false,
            invite_users_after_provisioning: bit(21),
            address: AddressRule::default(),
        };
        let kind = match mode {
            Mode::Official => {
                let known = if bit(25) { Known::WithAccount } else { Known::Everybody };
                Kind::Official { staged: bit(22), known }
            }
            Mode::Vaultwarden | Mode::VaultwardenRead => Kind::Vaultwarden,
        };
        let mut organization = Organization::new(kind);
        if bit(23) {
            organization.seats = Some(4 + (settings >> 29 & 7) as u32);
        }
        organization.revokes = mode != Mode::Official || more >> 3 & 7 != 7;
        let id = organization.fresh_id();
        let owner = Member::new(id, "owner@example.test", MemberStatus::Confirmed);
        organization.add(Member { role: Role::Owner, ..owner });
        Self {
            mode,
            directory: Directory::default(),
            organization,
            ledger: LedgerState::default(),
            sync,
            connector,
            now: 0,
            places: BTreeMap::new(),
            taken: Vec::new(),
            joined: BTreeMap::new(),
            given: BTreeMap::new(),
            held: BTreeMap::new(),
            untold: BTreeSet::new(),
            cut: None,
            under_way: None,
            meanwhile: None,
            purges: false,
            purged: false,
            accounts_changed: false,
            settled: bit(28),
        }
    }

    pub(crate) fn can_read(&self) -> bool {
        self.mode != Mode::Vaultwarden
    }

    pub(crate) fn server(&self) -> ServerKind {
        if self.mode == Mode::Official { ServerKind::OfficialCloud } else { ServerKind::Vaultwarden }
    }

    pub(crate) fn desired(&self) -> Desired {
        Desired::build(self.directory.snapshot(self.sync.groups), &self.sync).expect("a valid directory")
    }

    /// The organization as a run sees it that begins.
    pub(crate) fn observed(&self) -> Observed {
        let ledger = self.remembered();
        let Some(mut state) = self.state() else { return believed(&ledger) };
        recognize(&mut state, &ledger, self.connector.shared_organization);
        Observed::Live(state)
    }

    /// What an API shows of the organization; None: nothing.
    pub(crate) fn state(&self) -> Option<OrganizationState> {
        self.can_read().then(|| self.shown(&self.organization))
    }

    fn shown(&self, organization: &Organization) -> OrganizationState {
        let mut state = organization.observe();
        if !self.sync.groups {
            state.groups.clear();
        }
        state
    }

    /// Builds a plan as a run does, and hands it on with everything that it was made of.
    pub(crate) fn plan<T>(&self, then: impl FnOnce(&Plan, &PlanInput<'_>) -> T) -> T {
        let (desired, observed, ledger) = (self.desired(), self.observed(), self.remembered());
        let identity = Identity::new(&desired, &ledger, observed.state());
        let identity = match self.connector.shared_organization {
            true => identity.beside_others(&desired, &ledger, observed.state()),
            false => identity,
        };
        let groups = identity.group_lookups(&desired, &ledger);
        let answers: Presences =
            groups.iter().flat_map(|(_, lookups)| self.directory.look_up_groups(lookups)).collect();
        let identity = identity.with_group_answers(&desired, answers);
        let missing = identity.lookups(&ledger);
        let presences: Presences =
            missing.iter().flat_map(|(_, lookups)| self.directory.look_up(lookups)).collect();
        let recent = self.recent();
        let input = PlanInput {
            desired: &desired,
            identity: &identity,
            observed: &observed,
            ledger: &ledger,
            presences: &presences,
            sync: &self.sync,
            connector: &self.connector,
            server: self.server(),
            seats: self.organization.seats().filter(|_| self.mode == Mode::Official),
            stages: Some(matches!(self.organization.kind, Kind::Official { staged: true, .. })),
            revokes: self.organization.revokes,
            settled: self.settled,
            recent: &recent,
            unfound_of_directory: 0,
            resend: false,
            now: Timestamp(self.now),
        };
        then(&Plan::build(&input), &input)
    }

    /// From now on nobody can know who joined by which membership.
    pub(crate) fn nobody_is_told_by_memberships(&mut self) {
        self.joined.clear();
        self.untold.extend(self.organization.members.iter().map(|it| it.id.clone()));
    }

    /// Whether two members have one external id: who is meant by it nobody can say for certain.
    pub(crate) fn has_doubled_ids(&self) -> bool {
        let mut ids = BTreeSet::new();
        self.organization.members.iter().filter_map(|it| it.external_id.as_ref()).any(|it| !ids.insert(it))
    }

    /// Whoever got the id of a membership that has none or another one by now has its place: somebody wanted it so.
    pub(crate) fn note_moves(&mut self) {
        let members = &self.organization.members;
        if self.connector.shared_organization {
            // Who has an id of another connector is that one's.
            let is_foreign = |it: &&Member| {
                it.known_id().is_some_and(|id| {
                    self.given.get(&it.id).is_some_and(|given| given != id) && !self.is_given(id)
                })
            };
            let foreign: Vec<String> = members.iter().filter(is_foreign).map(|it| it.id.clone()).collect();
            foreign.iter().for_each(|it| drop(self.given.remove(it)));
        }
        let moved = members.iter().filter_map(|old| {
            let given = self.given.get(&old.id).filter(|it| old.known_id() != Some(it))?;
            let had_it = |it: &Member| self.held.get(&it.id) == Some(given);
            let is_new = |it: &&Member| {
                it.known_id() == Some(given) && !had_it(it) && !self.given.contains_key(&it.id)
            };
            Some((old.id.clone(), members.iter().find(is_new)?.id.clone(), given.clone()))
        });
        for (old, new, given) in moved.collect::<Vec<_>>() {
            self.given.remove(&old);
            self.given.insert(new.clone(), given);
            for id in [old, new] {
                self.joined.remove(&id);
                self.untold.insert(id);
            }
        }
    }

    /// Id and address of a membership have told the same for a day, against what runs gave: that is what counts from now on.
    fn note_learned(&mut self) {
        for member in &self.organization.members {
            let Some(id) =
                member.known_id().filter(|it| self.given.get(&member.id).is_some_and(|given| given != it))
            else {
                continue;
            };
            let is_it = |it: &bwdc_core::ledger::ManagedPerson| {
                it.external_id.as_str() == id
                    && it.member_id.as_ref().is_some_and(|it| it.as_str() == member.id)
                    && self
                        .ledger
                        .addresses
                        .of(&it.external_id)
                        .iter()
                        .any(|it| it.email.as_str() == member.email)
            };
            let begun = self.ledger.mended.iter().find(|it| {
                it.kind == bwdc_core::ledger::MendedKind::Membership && it.id == member.id && it.mark == id
            });
            let is_due = begun.is_some_and(|it| self.now - it.at.0 >= 24 * HOUR);
            if is_due && self.ledger.people.iter().any(is_it) {
                self.given.insert(member.id.clone(), id.to_owned());
                self.untold.insert(member.id.clone());
                self.joined.remove(&member.id);
            }
        }
    }

    /// Notes which memberships a run gave another id.
    pub(crate) fn note_given(&mut self, after: &Organization) {
        let before: BTreeMap<&str, Option<&str>> =
            self.organization.members.iter().map(|it| (it.id.as_str(), it.external_id.as_deref())).collect();
        for member in &after.members {
            let Some(id) = member.known_id() else { continue };
            if before.get(member.id.as_str()) != Some(&Some(id)) {
                self.given.insert(member.id.clone(), id.to_owned());
            }
            // Whom another client had brought over is ours from the first run on.
            let is_it = |it: &bwdc_core::ledger::ManagedPerson| {
                it.external_id.as_str() == id
                    && it.member_id.as_ref().is_none_or(|it| it.as_str() == member.id)
            };
            if self.ledger.people.iter().any(is_it) && !self.given.values().any(|it| it == id) {
                self.given.entry(member.id.clone()).or_insert_with(|| id.to_owned());
            }
        }
    }

    /// The id under which this member is ours, also where somebody changed or cleared it since.
    pub(crate) fn known_as<'a>(&'a self, member: &'a Member) -> Option<&'a str> {
        let given = self.given.get(&member.id).map(String::as_str);
        let is_foreign = self.connector.shared_organization
            && member.known_id().is_some_and(|it| Some(it) != given && !self.is_given(it));
        given.filter(|_| !is_foreign).or_else(|| member.known_id())
    }

    /// Whether runs of ours gave this id to anybody: then it is no other connector's.
    fn is_given(&self, id: &str) -> bool {
        self.given.values().any(|it| it == id)
    }

    pub(crate) fn overwrites_somebody_unfinished(&self) -> bool {
        self.sync.overwrite_existing
            && self.organization.members.iter().any(|it| it.status == MemberStatus::Revoked && !it.password)
    }

    pub(crate) fn recent(&self) -> ApprovalScope {
        let mut recent = ApprovalScope::default();
        for (_, scope) in self.taken.iter().filter(|(at, _)| *at > self.now - 24 * HOUR) {
            recent.add(scope);
        }
        recent
    }

    /// Sends what the plan sends, or what is left of it without what is held back, in its order, and lets the ledger take over the
    /// outcome. As a run does it, it goes on where a rule forbids a request about one person.
    pub(crate) fn carry_out(&mut self, held: Option<&Held>) -> Result<Carried, model::Refused> {
        let mut organization = self.organization.clone();
        let meanwhile = self.meanwhile.take();
        let (sent, ledger, counted) = self.plan(|plan, input| {
            let left = held.map(|held| Plan::build_without(input, held).expect("asked for before"));
            let plan = left.as_ref().unwrap_or(plan);
            let sent = send(plan, &mut organization, meanwhile);
            let forbidden: Vec<(Request, RefusedRecord)> =
                sent.refused.iter().filter_map(|it| told(plan, it)).collect();
            let remembered = plan.refusals_after(&forbidden, input, input.now);
            let done = plan.clone().without_forbidden(&forbidden, &remembered);
            let state = self.shown(&organization);
            let after = if self.can_read() { After::Observed(&state) } else { After::Accepted };
            let ledger = LedgerState { refused: remembered, ..done.ledger_after(input, after, input.now) };
            (Carried { plan: done, ..sent }, ledger, plan.counted(&self.connector.limits))
        });
        if let Some(failure) = sent.failure {
            return Err(failure);
        }
        if !sent.plan.requests().is_empty() {
            self.taken.push((self.now, counted));
        }
        self.ledger = ledger;
        self.note_given(&organization);
        let held =
            organization.members.iter().filter_map(|it| Some((it.id.clone(), it.known_id()?.to_owned())));
        self.held = held.collect();
        self.organization = organization;
        self.note_learned();
        (self.purged, self.accounts_changed) = (false, false);
        Ok(sent)
    }

    /// Lets it happen, unless two whom the settings want would have one address: such a directory is refused as a whole. A disabled
    /// entry beside an enabled one is no such two.
    pub(crate) fn happen(&mut self, event: Event) {
        let before = self.directory.clone();
        self.change(event);
        if self.directory.has_conflict() {
            self.directory = before;
        }
        let built = Desired::build(self.directory.snapshot(false), &self.sync);
        assert!(built.is_ok(), "{:?}: {:#?}", built.err(), self.directory.people);
    }

    fn change(&mut self, (kind, whom, how): Event) {
        let people = self.directory.people.len();
        let groups = self.directory.groups.len();
        let (one, group) = (usize::from(whom) % people.max(1), usize::from(whom) % groups.max(1));
        match kind % EVENTS {
            0..=2 => {
                let email = address(how);
                if !self.directory.has_address(&email) {
                    let id = format!("cn=p{}", self.directory.number());
                    self.directory.hire_somebody(id, email);
                }
            }
            3..=11 | 30..=32 | 37 if people > 0 => self.change_person(kind % EVENTS, one, how),
            12 if groups < 4 => {
                let id = self.name_for_a_group(how);
                self.directory.found(id, format!("Group {}", how % 5));
            }
            13 if groups > 0 && how.is_multiple_of(2) => {
                self.directory.groups.remove(group);
            }
            14 if groups > 0 => self.directory.groups[group].name = format!("Group {}", how % 5),
            15 if groups > 0 => {
                let number = self.directory.number();
                let moved = &mut self.directory.groups[group];
                // Moved; entered anew under another name, or under the same one.
                if how % 3 < 2 {
                    moved.id = format!("cn=g{number}");
                }
                if how % 3 > 0 {
                    moved.stable = Some(format!("entryUUID:new{number}"));
                }
            }
            16 | 17 if groups > 0 && people > 0 => {
                let stable = self.directory.people[usize::from(how) % people].stable.clone();
                let members = &mut self.directory.groups[group].members;
                match members.iter().position(|it| *it == stable) {
                    Some(place) if kind % EVENTS == 17 => {
                        members.remove(place);
                    }
                    None => members.push(stable),
                    Some(_) => {}
                }
            }
            18 => self.directory.silent = how.is_multiple_of(3),
            19 => self.now += i64::from(how) * HOUR / 4,
            20 => self.organization.confirm(),
            21 => {
                let email = address(how);
                if self.organization.members.iter().all(|it| it.email != email) {
                    let id = self.organization.fresh_id();
                    let mut member = Member::new(id, &email, MemberStatus::Confirmed);
                    member.collections = 1 + usize::from(whom) % 3;
                    self.organization.add(member);
                }
            }
            39 if people > 1 => self.swap_addresses(one, usize::from(how) % people),
            40 if how.is_multiple_of(2) => self.change_unit(whom, how),
            41 => self.purges = true,
            44 if self.can_read() => self.were_brought_over(),
            42 => self.cut = Some(how),
            43 if self.can_read() => self.meanwhile = Some((usize::from(how / 4) % 4, whom, how)),
            35 => self.change_account(whom, how),
            22 if self.mode == Mode::Official => self.sync.groups = how % 3 > 0,
            23..=29 | 33 | 34 | 38 if self.can_read() => self.by_hand(kind % EVENTS, whom, how),
            _ => {}
        }
    }

    /// Another client has brought over everybody whom the directory lists by now.
    fn were_brought_over(&mut self) {
        let entries: Vec<Entry> = self.directory.selected().cloned().collect();
        for entry in entries {
            let members = &self.organization.members;
            let is_known =
                members.iter().any(|it| it.email == entry.email || it.known_id() == Some(&entry.id));
            if !self.ledger.baseline_taken && !is_known {
                let id = self.organization.fresh_id();
                let member = Member::new(id, &entry.email, MemberStatus::Confirmed);
                self.organization.add(Member { external_id: Some(entry.id), ..member });
            }
        }
    }

    fn swap_addresses(&mut self, one: usize, other: usize) {
        let people = &mut self.directory.people;
        let (email, others) = (people[one].email.clone(), people[other].email.clone());
        (people[one].email, people[other].email) = (others, email);
    }

    /// A unit is renamed or comes back: nobody in it can be seen, or everybody is again.
    fn change_unit(&mut self, whom: u8, how: u8) {
        for entry in self.directory.people.iter_mut().filter(|it| it.human % 3 == usize::from(whom) % 3) {
            match entry.state {
                State::Enabled if how % 4 < 2 => entry.state = State::Hidden,
                State::Hidden if how % 4 >= 2 => entry.state = State::Enabled,
                _ => {}
            }
        }
    }

    /// Somebody deletes the ledger, if somebody wanted to and nothing is left to be told. Whether it is so.
    pub(crate) fn purge(&mut self) -> bool {
        if !std::mem::take(&mut self.purges)
            || !self.plan(|plan, _| plan.kept.is_empty() && plan.standing.is_empty())
        {
            return false;
        }
        self.ledger = LedgerState::default();
        self.purged = true;
        self.given.clear();
        self.places.clear();
        self.nobody_is_told_by_memberships();
        true
    }

    /// Sometimes one that a group had before.
    fn name_for_a_group(&mut self, how: u8) -> String {
        let free = |id: &str| self.directory.groups.iter().all(|it| it.id != id);
        let mut used = self.ledger.groups.iter().map(|it| it.external_id.as_str().to_owned());
        let used = used.rfind(|it| how.is_multiple_of(2) && it.starts_with("cn=") && free(it));
        used.unwrap_or_else(|| format!("cn=g{}", self.directory.number()))
    }

    fn change_person(&mut self, kind: u8, place: usize, how: u8) {
        let number = self.directory.number();
        let unused = Some(address(how)).filter(|it| !self.directory.has_address(it));
        let is_alone = self.directory.is_alone(place);
        let entry = &mut self.directory.people[place];
        match kind {
            3 => drop(self.directory.leave(place)),
            4 => entry.state = State::Disabled,
            5 if is_alone => entry.state = State::Enabled,
            5 => {}
            32 => entry.state = State::Hidden,
            37 if is_alone && entry.state != State::Enabled => {
                // Entered anew beside the old entry; or somebody else who gets the address.
                let Entry { email, human, number: employee, name, .. } = entry.clone();
                let id = format!("cn=p{number}");
                match how.is_multiple_of(2) {
                    true => self.directory.enter(id, email, &Marks { human, number: employee, name }),
                    false => self.directory.hire_somebody(id, email),
                }
            }
            37 => entry.state = State::Disabled,
            6 if how.is_multiple_of(2) => entry.state = State::OutOfScope,
            6 => entry.state = State::DisabledOutOfScope,
            7 => entry.state = State::Deleted,
            8 => entry.id = format!("cn=p{number}"),
            9 => {
                if let Some(email) = unused {
                    entry.email = email;
                }
            }
            10 => {
                // Entered anew: the same person to everybody but the directory.
                let Entry { id, email, human, number: employee, name, .. } = self.directory.leave(place);
                let id = if how % 3 == 1 { id } else { format!("cn=p{number}") };
                self.directory.enter(id, email, &Marks { human, number: employee, name });
            }
            30 | 31 => {
                // The address is handed on, sometimes with the name.
                let gone = self.directory.leave(place);
                let id = if how.is_multiple_of(2) { gone.id } else { format!("cn=p{number}") };
                self.directory.hire_somebody(id, gone.email);
            }
            _ => {
                // A newcomer at a name that was used before.
                if let Some(email) = unused {
                    let gone = self.directory.leave(place);
                    self.directory.hire_somebody(gone.id, email);
                }
            }
        }
    }

    /// A member changes the address of the account, sometimes to the one that the directory tells.
    fn change_account(&mut self, whom: u8, how: u8) {
        let place = usize::from(whom) % self.organization.members.len();
        let member = &self.organization.members[place];
        let known = self
            .ledger
            .people
            .iter()
            .find(|it| Some(it.external_id.as_str()) == member.external_id.as_deref());
        let entry = known.and_then(|it| self.directory.by_stable(it.stable_id.as_ref()?.as_str()));
        let told = known.map_or(&[][..], |it| self.ledger.addresses.of(&it.external_id));
        let email = match how.is_multiple_of(2) {
            // Where nobody can look, whoever takes an address that no run was told of is lost sight of.
            _ if !self.can_read() => {
                told.get(usize::from(how) % told.len().max(1)).map(|it| it.email.as_str().to_owned())
            }
            true => Some(address(how)),
            false => entry.map(|it| it.email.clone()),
        };
        let free = |it: &String| self.organization.members.iter().all(|member| member.email != *it);
        if let Some(email) = email.filter(free).filter(|_| member.role != Role::Owner) {
            self.accounts_changed |= known.is_some();
            self.organization.change_address(place, &email);
        }
    }

    /// Whether our runs gave both of them an id: who gets that of a member in exchange for none has the place of that member, because
    /// somebody wanted it so.
    fn are_ours(&self, id: &str, other: &Member) -> bool {
        self.given.contains_key(id) && self.given.contains_key(&other.id)
    }

    /// What an administrator does in the web vault.
    fn by_hand(&mut self, kind: u8, whom: u8, how: u8) {
        let place = usize::from(whom) % self.organization.members.len();
        let id = self.organization.members[place].id.clone();
        let groups = self.organization.groups.len();
        let other = usize::from(how) % self.organization.members.len();
        let others = self.organization.members[other].clone();
        let are_ours = self.are_ours(&id, &others);
        let member = &mut self.organization.members[place];
        if member.role == Role::Owner && kind != 26 {
            return;
        }
        match kind {
            23 if member.status != MemberStatus::Revoked => {
                member.former = member.status;
                member.status = MemberStatus::Revoked;
            }
            24 if member.status == MemberStatus::Revoked => member.status = member.former,
            25 if how.is_multiple_of(3) => self.organization.remove(&BTreeSet::from([id])),
            26 if groups > 0 => {
                self.organization.groups[usize::from(how) % groups].members.insert(id);
            }
            27 => member.role = [Role::Admin, Role::User, Role::Custom][usize::from(how) % 3],
            28 if groups > 0 && how.is_multiple_of(3) && self.mode == Mode::Official => {
                self.organization.groups[usize::from(how) % groups].external_id = None;
            }
            28 if groups > 0 => {
                self.organization.groups[usize::from(how) % groups].name = "By hand".to_owned();
            }
            // Ids are exchanged, or given to a second one.
            33 | 34 if place != other && others.role != Role::Owner && (kind == 34 || are_ours) => {
                let (one, two) = (member.id.clone(), others.id);
                let id = std::mem::replace(&mut member.external_id, others.external_id);
                for id in [&one, &two] {
                    self.joined.remove(id);
                    self.untold.insert(id.clone());
                }
                if kind == 33 {
                    self.organization.members[other].external_id = id;
                }
            }
            38 if self.mode == Mode::Official && !self.sync.overwrite_existing => {
                self.organization.toggle_rule(id);
            }
            29 => {
                // Whose it was cannot be told by anything that is left.
                self.joined.remove(&member.id);
                self.untold.insert(member.id.clone());
                member.external_id = (how.is_multiple_of(2)).then(|| format!("foreign-{}", member.id));
            }
            _ => {}
        }
    }
}
