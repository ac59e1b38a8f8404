use super::*;
use crate::ledger::{ManagedGroup, ManagedPerson, Marks, Out, OutCause};
use crate::names::{Email, GroupId, MemberId, SourceName, StableId, Timestamp};
use crate::observed::Presence;
use crate::sample::{Sample, settings};
use crate::settings::{LeaverAction, Limits};
use crate::snapshot::AccountState;

struct World {
    sync: SyncSettings,
    connector: ConnectorSettings,
    state: OrganizationState,
    ledger: LedgerState,
    presences: Presences,
    server: ServerKind,
    seats: Option<Seats>,
    stages: Option<bool>,
    revokes: bool,
    settled: bool,
    recent: ApprovalScope,
    unfound_of_directory: usize,
    resend: bool,
    now: Timestamp,
}

impl World {
    fn new() -> Self {
        Self {
            sync: settings(),
            connector: ConnectorSettings::default(),
            state: OrganizationState::default(),
            ledger: LedgerState { baseline_taken: true, ..LedgerState::default() },
            presences: Presences::new(),
            server: ServerKind::OfficialCloud,
            seats: None,
            stages: None,
            revokes: true,
            settled: true,
            recent: ApprovalScope::default(),
            unfound_of_directory: 0,
            resend: false,
            now: Timestamp(0),
        }
    }

    fn member(mut self, external_id: &str, email: &str, status: MemberStatus, role: Role) -> Self {
        self.state.members.push(ObservedMember {
            id: Some(MemberId::new(format!("m-{email}"))),
            email: Email::new(email),
            external_id: (!external_id.is_empty()).then(|| ExternalId::new(external_id)),
            changed_id: None,
            status,
            role,
        });
        self
    }

    /// A confirmed user whom the ledger knows.
    fn managed(mut self, external_id: &str, email: &str) -> Self {
        self.ledger.people.push(managed_person(external_id, email));
        self.member(external_id, email, MemberStatus::Confirmed, Role::User)
    }

    fn managed_crowd(mut self, number: usize) -> Self {
        for it in 0..number {
            self = self.managed(&format!("crowd{it}"), &format!("crowd{it}@x"));
        }
        self
    }

    fn group(mut self, id: &str, name: &str, members: &[usize]) -> Self {
        let ids = members.iter().filter_map(|&it| self.state.members[it].external_id.clone()).collect();
        self.ledger.groups.push(ManagedGroup {
            external_id: ExternalId::new(id),
            source: SourceName::primary(),
            stable_id: None,
            reference: None,
            group_id: Some(GroupId::new(id)),
            name: name.to_owned(),
            members: ids,
            observed_at: None,
        });
        self.state.groups.push(ObservedGroup {
            id: Some(GroupId::new(id)),
            name: name.to_owned(),
            external_id: Some(ExternalId::new(id)),
            members: Membership::Read(members.to_vec()),
            collections: None,
        });
        self
    }

    fn answer(mut self, external_id: &str, presence: Presence) -> Self {
        self.presences.insert(ExternalId::new(external_id), presence);
        self
    }

    fn leavers(mut self, gone: LeaverAction, out_of_scope: LeaverAction) -> Self {
        self.connector.leavers.gone = Some(gone);
        self.connector.leavers.out_of_scope = Some(out_of_scope);
        self
    }

    fn plan(&self, sample: Sample) -> Plan {
        let desired = sample.desired(&self.sync).expect("a valid directory");
        let observed = Observed::Live(self.state.clone());
        Plan::build(&self.input(&desired, &observed))
    }

    fn input<'a>(&'a self, desired: &'a Desired, observed: &'a Observed) -> PlanInput<'a> {
        let identity = Identity::new(desired, &self.ledger, observed.state());
        let identity = match self.connector.shared_organization {
            true => identity.beside_others(desired, &self.ledger, observed.state()),
            false => identity,
        };
        // Whatever group the directory does not show is not there.
        let lookups = identity.group_lookups(desired, &self.ledger).into_iter().flat_map(|(_, it)| it);
        let answers = lookups.map(|it| (it.external_id, Presence::NotFound)).collect();
        // Tests plan a few times only: nobody has to keep it.
        let identity = Box::leak(Box::new(identity.with_group_answers(desired, answers)));
        PlanInput {
            desired,
            identity,
            observed,
            ledger: &self.ledger,
            presences: &self.presences,
            sync: &self.sync,
            connector: &self.connector,
            server: self.server,
            seats: self.seats,
            stages: self.stages,
            revokes: self.revokes,
            settled: self.settled,
            recent: &self.recent,
            unfound_of_directory: self.unfound_of_directory,
            resend: self.resend,
            now: self.now,
        }
    }
}

fn managed_person(external_id: &str, email: &str) -> ManagedPerson {
    ManagedPerson {
        external_id: ExternalId::new(external_id),
        source: SourceName::primary(),
        stable_id: None,
        reference: None,
        email: Email::new(email),
        revoked_by_us: false,
        out: None,
        member_id: None,
        marks: Marks::default(),
    }
}

/// Marks of somebody without an employee number.
fn named(name: &str) -> Marks {
    Marks { number: None, name: Some(name.to_owned()) }
}

fn crowd(number: usize) -> Sample {
    (0..number)
        .fold(Sample::new(), |sample, it| sample.person(&format!("crowd{it}"), &format!("crowd{it}@x")))
}

fn is_go(plan: &Plan) -> bool {
    plan.check(&Limits::default(), &[]) == Verdict::Go
}

#[test]
fn an_empty_organization_gets_the_official_request() {
    let world = World::new();
    let sample = || {
        Sample::new()
            .person("b", "b@x")
            .person("a", "a@x")
            .person_without_address("c")
            .group("g", &["c", "b"])
    };
    let plan = world.plan(sample());
    let official =
        crate::import::official_request(&sample().desired(&world.sync).expect("valid"), &world.sync);
    assert_eq!(plan.requests(), [Request::Import(official)]);
    assert!(matches!(plan.changes[2], Change::CreateGroup { members: 1, .. }), "{:?}", plan.changes);
}

#[test]
fn equal_states_ask_for_nothing() {
    let world = World::new().managed("a", "a@x").managed("b", "b@x").group("g", "g", &[1, 0]);
    let plan = world.plan(Sample::new().person("a", "A@x").person("b", "b@x").group("g", &["a", "b"]));
    assert!(plan.is_empty() && plan.requests().is_empty() && plan.standing.is_empty(), "{plan:?}");
}

#[test]
fn a_group_whose_members_are_not_shown_stays_as_it_is() {
    let mut world = World::new().managed("a", "a@x").managed("b", "b@x").group("g", "old name", &[1, 0]);
    world.connector.leavers.vanished_groups = crate::settings::VanishedGroups::Delete;
    let sample = Sample::new().person("a", "a@x").person("b", "b@x").group("g", &[]).group("new", &[]);
    let plan = world.plan(sample.hides_members(&["g", "new"]));
    assert!(plan.requests().is_empty() && plan.changes.is_empty(), "{plan:?}");
    let named: Vec<_> = plan.left_out.iter().map(|it| (it.reference.as_str(), &it.because)).collect();
    assert_eq!(named, [("g", &LeftOutBecause::MembersHidden), ("new", &LeftOutBecause::MembersHidden)]);
}

#[test]
fn a_group_around_one_whose_members_are_not_shown_stays_as_it_is_too() {
    let world = World::new().managed("a", "a@x").managed("b", "b@x");
    let world =
        world.group("outer", "outer", &[0, 1]).group("middle", "middle", &[0, 1]).group("g", "g", &[1]);
    let sample = Sample::new().person("a", "a@x").person("b", "b@x");
    let sample = sample.group("outer", &["a", "middle"]).group("middle", &["g"]).group("g", &[]);
    let plan = world.plan(sample.hides_members(&["g"]));
    assert!(plan.requests().is_empty() && plan.changes.is_empty(), "{plan:?}");
    assert!(
        plan.left_out.iter().all(|it| it.because == LeftOutBecause::MembersHidden),
        "{:?}",
        plan.left_out
    );
    assert_eq!(plan.left_out.len(), 3);
}

#[test]
fn only_what_changed_is_sent_and_a_group_goes_whole() {
    let world =
        World::new().managed("a", "a@x").managed("b", "b@x").group("g", "g", &[0]).group("h", "h", &[0]);
    let plan = world
        .plan(Sample::new().person("a", "a@x").person("b", "b@x").group("g", &["a", "b"]).group("h", &["a"]));
    let [Request::Import(import)] = &plan.requests()[..] else { panic!("{plan:?}") };
    assert_eq!((import.members.len(), import.groups.len()), (0, 1));
    assert_eq!(*import.groups[0].member_external_ids, [ExternalId::new("a"), ExternalId::new("b")]);
}

#[test]
fn absence_alone_removes_nobody() {
    let world = World::new()
        .managed_crowd(40)
        .managed("a", "a@x")
        .leavers(LeaverAction::Remove, LeaverAction::Revoke);
    let plan = world.plan(crowd(40));
    assert!(plan.is_empty(), "{:?}", plan.changes);
    assert!(matches!(plan.kept[0].because, KeptBecause::Unconfirmed { .. }));
    let doubtful = world.answer("a", Presence::Unknown { reason: "no right".into() });
    assert!(doubtful.plan(crowd(40)).is_empty());
}

#[test]
fn a_confirmed_leaver_is_treated_by_cause() {
    let world = || {
        World::new().managed_crowd(40).managed("a", "a@x").leavers(LeaverAction::Remove, LeaverAction::Revoke)
    };
    let gone = world().answer("a", Presence::NotFound).plan(crowd(40));
    assert_eq!(gone.requests(), [Request::Remove(MemberId::new("m-a@x"))]);
    let moved = world().answer("a", Presence::Found { at: None }).plan(crowd(40));
    assert_eq!(moved.requests(), [Request::Revoke(MemberId::new("m-a@x"))]);
    let mut untouched = world().answer("a", Presence::NotFound);
    untouched.connector.leavers.gone = None;
    let plan = untouched.plan(crowd(40));
    assert!(plan.is_empty());
    assert_eq!(plan.kept[0].because, KeptBecause::Parity);
}

#[test]
fn owners_admins_and_protected_people_are_never_taken() {
    for role in [Role::Owner, Role::Admin, Role::Custom] {
        let mut world = World::new().managed_crowd(40).answer("a", Presence::NotFound);
        world = world.leavers(LeaverAction::Remove, LeaverAction::Remove);
        world.ledger.people.push(managed_person("a", "a@x"));
        let plan = world.member("a", "a@x", MemberStatus::Confirmed, role).plan(crowd(40));
        assert!(plan.is_empty() && plan.kept[0].because == KeptBecause::Role, "{role:?}");
    }
    for protected in ["A@X", "a"] {
        let mut world = World::new().managed_crowd(40).managed("a", "a@x").answer("a", Presence::NotFound);
        world = world.leavers(LeaverAction::Remove, LeaverAction::Remove);
        world.connector.protected = vec![protected.to_owned()];
        assert!(world.plan(crowd(40)).is_empty(), "{protected}");
    }
}

#[test]
fn without_a_baseline_nobody_is_taken() {
    let mut world = World::new().managed_crowd(40).managed("a", "a@x");
    world.sync.remove_disabled = true;
    world.ledger = LedgerState::default();
    let plan = world.plan(crowd(40).in_state("a", "a@x", AccountState::Disabled));
    assert!(plan.is_empty() && plan.baseline);
    assert_eq!(plan.kept[0].because, KeptBecause::Baseline);
    world.sync.overwrite_existing = true;
    assert!(world.plan(crowd(3)).requests().is_empty());
}

#[test]
fn disabled_people_go_through_the_import_as_today() {
    let mut world = World::new().managed_crowd(40).managed("a", "a@x");
    let directory = || crowd(40).in_state("a", "a@x", AccountState::Disabled);
    assert!(world.plan(directory()).is_empty());
    world.sync.remove_disabled = true;
    let plan = world.plan(directory());
    let [Request::Import(import)] = &plan.requests()[..] else { panic!("{plan:?}") };
    assert!(import.members.len() == 1 && import.members[0].deleted);
    world.connector.leavers.disabled = Some(LeaverAction::Revoke);
    assert_eq!(world.plan(directory()).requests(), [Request::Revoke(MemberId::new("m-a@x"))]);
    world.state.members[40].status = MemberStatus::Revoked;
    assert!(world.plan(directory()).is_empty());
}

#[test]
fn a_person_deleted_without_an_address_is_found_by_id() {
    let mut world = World::new().managed_crowd(40).managed("a", "a@x");
    let directory = || crowd(40).deleted_without_address("a");
    assert_eq!(world.plan(directory()).kept[0].because, KeptBecause::Parity);
    world.connector.leavers.deleted = Some(LeaverAction::Remove);
    assert_eq!(world.plan(directory()).requests(), [Request::Remove(MemberId::new("m-a@x"))]);
    world.connector.leavers.deleted = None;
    world.sync.overwrite_existing = true;
    let plan = world.plan(directory());
    let [Request::WholeImport(import)] = &plan.requests()[..] else { panic!("{plan:?}") };
    let entry = import.members.last().expect("entries");
    assert_eq!((entry.email.as_deref(), entry.deleted), (Some("a@x"), true));
}

#[test]
fn a_new_address_is_a_standing_difference_and_never_an_invitation() {
    let world = World::new().managed("a", "old@x");
    let plan = world.plan(Sample::new().person("a", "new@x"));
    assert!(plan.is_empty());
    assert!(matches!(&plan.standing[0], Standing::AddressDiffers { observed, .. } if observed == "old@x"));
}

#[test]
fn we_give_back_only_what_we_took() {
    let mut world = World::new().managed("a", "a@x");
    world.state.members[0].status = MemberStatus::Revoked;
    let directory = || Sample::new().person("a", "a@x");
    assert!(matches!(world.plan(directory()).standing[0], Standing::RevokedByHand { .. }));
    world.ledger.people[0].revoked_by_us = true;
    assert_eq!(world.plan(directory()).requests(), [Request::Restore(MemberId::new("m-a@x"))]);
}

#[test]
fn one_removal_is_always_allowed_and_more_only_within_the_share() {
    let plan = |managed: usize, leavers: usize| {
        let mut world =
            World::new().managed_crowd(managed).leavers(LeaverAction::Revoke, LeaverAction::Revoke);
        for number in 0..leavers {
            world = world.answer(&format!("crowd{}", managed - 1 - number), Presence::NotFound);
        }
        world.plan(crowd(managed - leavers))
    };
    assert!(is_go(&plan(5, 2)) && !is_go(&plan(5, 3)));
    assert!(is_go(&plan(100, 5)) && !is_go(&plan(100, 6)));
    assert!(is_go(&plan(1000, 10)) && !is_go(&plan(1000, 11)));
    let off = Limits { off: true, ..Limits::default() };
    assert_eq!(plan(1000, 400).check(&off, &[]), Verdict::Go);
}

#[test]
fn a_directory_that_turned_empty_is_refused() {
    let world = World::new().managed_crowd(3).group("g", "g", &[0]);
    let Verdict::Refused(reasons) = world.plan(Sample::new()).check(&Limits::default(), &[]) else {
        panic!("refused")
    };
    assert_eq!(
        reasons,
        [
            Refusal::EmptyDirectory {
                source: SourceName::primary(),
                managed: 3,
                listed: 0,
                settings: Vec::new()
            },
            Refusal::NoGroups { source: SourceName::primary(), managed: 1 }
        ]
    );
    assert!(!is_go(&world.plan(crowd(3))));
    assert!(is_go(&World::new().plan(Sample::new())));
}

#[test]
fn memberships_have_limits_of_their_own() {
    let everybody: Vec<usize> = (0..30).collect();
    let world = World::new().managed_crowd(30).group("g", "g", &everybody);
    let names: Vec<String> = (0..30).map(|it| format!("crowd{it}")).collect();
    let plan = |kept: usize| {
        let members: Vec<&str> = names.iter().take(kept).map(String::as_str).collect();
        world.plan(crowd(30).group("g", &members))
    };
    assert!(is_go(&plan(15)));
    let Verdict::Refused(reasons) = plan(9).check(&Limits::default(), &[]) else { panic!("refused") };
    assert_eq!(
        reasons,
        [
            Refusal::GroupEmptied { group: "g".into(), before: 30, lost: 21, earlier: 0 },
            Refusal::TooManyMemberships { planned: 21, allowed: 20, earlier: 0, hours: 24 }
        ]
    );
}

#[test]
fn the_cloud_gets_batches_and_a_company_server_one_request_unless_told() {
    let mut world = World::new();
    assert_eq!(world.plan(crowd(2001)).requests().len(), 2);
    world.server = ServerKind::OfficialSelfHosted;
    assert_eq!(world.plan(crowd(2001)).requests().len(), 1);
    world.sync.large_import = true;
    assert_eq!(world.plan(crowd(2001)).requests().len(), 2);
}

#[test]
fn the_ledger_takes_over_only_what_the_organization_holds() {
    let world = World::new().managed("a", "a@x");
    let desired = Sample::new().person("a", "a@x").person("b", "b@x").desired(&world.sync).expect("valid");
    let observed = Observed::Live(world.state.clone());
    let input = world.input(&desired, &observed);
    let plan = Plan::build(&input);
    let ledger = plan.ledger_after(&input, After::Observed(&world.state), Timestamp(1));
    assert_eq!(ledger.people.iter().map(|it| it.external_id.as_str()).collect::<Vec<_>>(), ["a"]);
}

#[test]
fn a_group_is_read_when_its_membership_is_not_the_accepted_one() {
    let world =
        World::new().managed("a", "a@x").managed("b", "b@x").group("g", "g", &[0]).group("h", "h", &[0]);
    let directory =
        Sample::new().person("a", "a@x").person("b", "b@x").group("g", &["a", "b"]).group("h", &["a"]);
    let desired = directory.desired(&world.sync).expect("valid");
    let identity = Identity::new(&desired, &world.ledger, Some(&world.state));
    assert_eq!(to_read(&desired, &world.ledger, &identity, &world.state, false), (vec![0], vec![(None, 1)]));
}

#[test]
fn groups_alone_leave_people_alone() {
    let mut world = World::new().managed("a", "a@x").group("g", "g", &[]);
    world.sync.users = false;
    let plan = world.plan(Sample::new().person("a", "a@x").person("new", "n@x").group("g", &["a", "new"]));
    assert!(
        matches!(&plan.changes[..], [Change::ChangeMembers { added, .. }] if added == &["a"]),
        "{:?}",
        plan.changes
    );
}

#[test]
fn an_approval_covers_exactly_what_was_refused() {
    let leavers = |gone: &[&str]| {
        let mut world = World::new().managed_crowd(100).leavers(LeaverAction::Revoke, LeaverAction::Keep);
        for name in gone {
            world = world.answer(name, Presence::NotFound);
        }
        let left = (0..100).map(|it| format!("crowd{it}")).filter(|it| !gone.contains(&it.as_str()));
        world.plan(left.fold(Sample::new(), |sample, it| sample.person(&it, &format!("{it}@x"))))
    };
    let seven = ["crowd1", "crowd2", "crowd3", "crowd4", "crowd5", "crowd6", "crowd7"];
    let refused = leavers(&seven);
    assert!(!is_go(&refused));
    let approvals = [refused.scope()];
    assert_eq!(refused.check(&Limits::default(), &approvals), Verdict::Go);
    assert_eq!(leavers(&seven[..6]).check(&Limits::default(), &approvals), Verdict::Go);
    let mut beyond = seven.to_vec();
    beyond[0] = "crowd9";
    assert_ne!(leavers(&beyond).check(&Limits::default(), &approvals), Verdict::Go);
}

#[test]
fn an_address_that_became_unusable_is_no_cause_to_leave() {
    let mut world = World::new().managed_crowd(40).managed("a", "a@x").group("g", "g", &[40]);
    for overwrite in [false, true] {
        world.sync.overwrite_existing = overwrite;
        let plan = world.plan(crowd(40).person_without_address("a").group("g", &["a"]));
        assert!(plan.is_empty(), "{:?}", plan.changes);
        assert_eq!(plan.kept[0].because, KeptBecause::NoUsableAddress);
    }
}

mod addresses;
mod adopted;
mod changed_ids;
mod corrected;
mod decided;
mod doubtful;
mod former;
mod handed_on;
mod held;
mod hidden;
mod identity;
mod import_waits;
mod leavers;
mod limits;
mod marks;
mod mended_once;
mod mends;
mod migration;
mod others;
mod overwrite;
mod renames;
mod repair;
mod seats;
mod seen;
mod sources;
mod unseen;
mod witnesses;
