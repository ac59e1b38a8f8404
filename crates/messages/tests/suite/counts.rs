//! The same number everywhere: `test`, `explain` and `plan` count the members of a group alike, and a plan counts the memberships
//! that end.

use crate::judged::{Known, judged};
use bwdc_core::desired::Desired;
use bwdc_core::ledger::{LedgerState, ManagedGroup, ManagedPerson, Marks};
use bwdc_core::names::{Email, ExternalId, GroupId, MemberId, SourceName};
use bwdc_core::observed::{
    MemberStatus, Membership, ObservedGroup, ObservedMember, OrganizationState, Presences, Role,
};
use bwdc_core::plan::{self, Change, Kept, KeptBecause, LeftOut, LeftOutBecause};
use bwdc_core::settings::{ConnectorSettings, SyncSettings};
use bwdc_core::snapshot::{AccountState, PersonEntry, PersonMarks, ReadScope, Section, SnapshotBuilder};
use bwdc_engine::explain::{Explained, Subject};
use bwdc_engine::{Planned, Unread, UnreadCause};
use bwdc_messages::desktop::{PlanPart, plan_rows};
use bwdc_messages::plan::{Extent, text};
use bwdc_messages::{CommandLine, explanation, summary};
use serde_json::{Value, json};

fn settings() -> SyncSettings {
    let sync = json!({ "users": true, "groups": true, "removeDisabled": true, "inviteUsersAfterProvisioning": true });
    SyncSettings::from_stored(sync.as_object().expect("an object")).expect("settings")
}

/// People with an address and a state each, and groups with the numbers of their people.
fn directory(people: &[(Option<&str>, AccountState)], groups: &[(&str, Vec<usize>)]) -> Desired {
    let scope = ReadScope { people: true, groups: true, deleted: true, stable_ids: true };
    let mut builder = SnapshotBuilder::new(scope);
    let mut names = Vec::new();
    for (number, (mail, state)) in people.iter().enumerate() {
        // The last one's id is longer than the server takes.
        let long = if number + 1 == people.len() { "x".repeat(300) } else { String::new() };
        let name = builder.text(&format!("uid=u{number}{long}"));
        let mail = mail.map(|it| builder.text(&it.replace('#', &number.to_string())));
        names.push(name);
        builder.person(PersonEntry {
            reference: name,
            key: name,
            login: None,
            external_id: name,
            stable_id: None,
            mail,
            prefix: None,
            state: *state,
            marks: PersonMarks::default(),
        });
    }
    for (name, members) in groups {
        let name = builder.text(name);
        let members: Vec<_> = members.iter().map(|it| names[*it]).collect();
        builder.group(name, name, name, name, &members);
    }
    for section in [Section::People, Section::DeletedPeople, Section::Groups] {
        builder.end(section);
    }
    let desired = Desired::build(builder.finish().expect("every section has ended"), &settings());
    desired.expect("a directory").with_disabled_leaving(true)
}

/// An organization that holds these people and groups, all of them from the directory.
fn organization(people: usize, groups: &[(&str, Vec<usize>)]) -> Known {
    let mut state = OrganizationState::default();
    let mut ledger = LedgerState { baseline_taken: true, ..LedgerState::default() };
    for number in 0..people {
        let external_id = ExternalId::new(format!("uid=u{number}"));
        let email = Email::new(format!("p{number}@example.com"));
        state.members.push(ObservedMember {
            id: Some(MemberId::new(format!("m{number}"))),
            email: email.clone(),
            external_id: Some(external_id.clone()),
            status: MemberStatus::Confirmed,
            role: Role::User,
            changed_id: None,
        });
        ledger.people.push(ManagedPerson {
            external_id,
            source: SourceName::primary(),
            stable_id: None,
            member_id: None,
            reference: None,
            email,
            revoked_by_us: false,
            out: None,
            marks: Marks::default(),
        });
    }
    for (name, members) in groups {
        let external_id = ExternalId::new(*name);
        let ids: Vec<ExternalId> = members.iter().map(|it| ExternalId::new(format!("uid=u{it}"))).collect();
        state.groups.push(ObservedGroup {
            id: Some(GroupId::new(*name)),
            name: (*name).to_owned(),
            external_id: Some(external_id.clone()),
            members: Membership::Read(members.clone()),
            collections: None,
        });
        ledger.groups.push(ManagedGroup {
            external_id,
            source: SourceName::primary(),
            stable_id: None,
            group_id: Some(GroupId::new(*name)),
            reference: None,
            name: (*name).to_owned(),
            members: ids.into(),
            observed_at: None,
        });
    }
    Known { state, ledger, presences: Presences::new() }
}

fn planned(desired: &Desired, known: Known) -> Planned {
    judged(desired, &settings(), known, &ConnectorSettings::default(), false)
}

/// Fifty people who can be members, and one of each kind that cannot.
#[test]
fn members_of_a_group_are_counted_alike_by_test_explain_and_plan() {
    let mut people = vec![(Some("p#@example.com"), AccountState::Enabled); 50];
    let long = format!("{}@example.com", "x".repeat(250));
    people.extend([
        (None, AccountState::Enabled),
        (Some("p#@example.com"), AccountState::Disabled),
        (Some("p#@example.com"), AccountState::Deleted),
        (Some("not an address"), AccountState::Enabled),
        (Some(""), AccountState::Enabled),
        (Some(&long), AccountState::Enabled),
        (Some("p#@example.com"), AccountState::Enabled),
    ]);
    let desired = directory(&people, &[("Everybody", (0..people.len()).collect())]);
    let plan = planned(&desired, organization(0, &[])).plan;
    let created = plan.changes.iter().find_map(|it| match it {
        Change::CreateGroup { members, .. } => Some(*members),
        _ => None,
    });
    assert_eq!(created, Some(50));

    let without = directory(&people[..people.len() - 1], &[("Everybody", (0..people.len() - 1).collect())]);
    let summary = summary::text(&without, false, &CommandLine::default());
    assert!(summary.lines().any(|it| it.trim_end().ends_with("  50 members")), "{summary}");

    let explained =
        Explained { desired, subjects: vec![Subject::Group(0)], plan: Some(plan), is_refused: false };
    let told = explanation::text(&explained, "Everybody");
    assert!(told.starts_with("The group `Everybody` is brought over with 50 members."), "{told}");
    let data = explanation::data(&explained, "Everybody");
    let length = |part: &str| data["subjects"][0][part].as_array().map_or(0, Vec::len);
    // Deleted entries are nobody's members.
    assert_eq!((length("members"), length("leftOut"), length("unresolved")), (50, 6, 1), "{data}");
    assert_eq!(
        data["subjects"][0]["nextSync"],
        json!(["+ create Everybody with 50 members new in the directory"])
    );
    let reasons = data["subjects"][0]["leftOut"].as_array().expect("a list");
    let told = |it: &Value| it["leftOut"].as_str().is_some_and(|it| !it.is_empty());
    assert!(reasons.iter().all(told), "{data}");
}

/// Nothing "was different during the read" of what no setting has read.
#[test]
fn what_the_settings_do_not_sync_is_told_by_test_and_explain() {
    let read = |users: bool, groups: bool| {
        let mut builder =
            SnapshotBuilder::new(ReadScope { people: true, groups, deleted: true, stable_ids: true });
        let sections = [Section::People, Section::DeletedPeople, Section::Groups];
        sections.into_iter().filter(|it| groups || *it != Section::Groups).for_each(|it| builder.end(it));
        let sync = json!({ "users": users, "groups": groups, "inviteUsersAfterProvisioning": true });
        let sync = SyncSettings::from_stored(sync.as_object().expect("an object")).expect("settings");
        Desired::build(builder.finish().expect("every section has ended"), &sync).expect("a directory")
    };
    let meanwhile = |desired, as_person| {
        let unread = Unread { name: "cn=x".to_owned(), cause: UnreadCause::Meanwhile { as_person } };
        let explained =
            Explained { desired, subjects: vec![Subject::Unread(unread)], plan: None, is_refused: false };
        explanation::text(&explained, "x")
    };
    let nothing = |desired| {
        let explained = Explained { desired, subjects: Vec::new(), plan: None, is_refused: false };
        explanation::text(&explained, "x")
    };
    let unclear = "`cn=x` is not read: it did not exist yet, or was different, during the read; ask again.";
    let no_groups = "`cn=x` is not read: groups are not synced (`sync.groups` is false).";
    let neither = "`cn=x` is not read: neither people nor groups are synced (`sync.users` and `sync.groups` are false).";
    let of_groups = "Groups are not synced: `sync.groups` is false.";
    let of_both = "Neither people nor groups are synced: `sync.users` and `sync.groups` are false.";
    for (users, groups, of_person, of_group, sentence) in [
        (true, true, unclear, unclear, None),
        (false, true, unclear, unclear, None),
        (true, false, unclear, no_groups, Some(of_groups)),
        (false, false, neither, no_groups, Some(of_both)),
    ] {
        assert_eq!(meanwhile(read(users, groups), true), of_person, "{users} {groups}");
        assert_eq!(meanwhile(read(users, groups), false), of_group, "{users} {groups}");
        let known = "Nothing in the directory is called `x`, or the reading account may not see it. Ask by address or external id \
                     for someone who has left.";
        let told = sentence.map_or(known.to_owned(), |it| format!("{known} {it}"));
        assert_eq!(nothing(read(users, groups)), told);
        let summary = summary::text(&read(users, groups), false, &CommandLine::default());
        let second = summary.lines().nth(1).filter(|it| !it.is_empty());
        assert_eq!(second, sentence, "{summary}");
    }
}

/// What several groups list is one entry, in the plan's numbers as in what a run tells.
#[test]
fn who_is_left_out_is_counted_once() {
    let mut planned = planned(&directory(&[], &[]), organization(0, &[]));
    let because = |group: &str| LeftOutBecause::UnresolvedMember { group: group.to_owned() };
    for (reference, group) in [("cn=ghost", "A"), ("cn=ghost", "B"), ("cn=other", "A")] {
        planned.plan.left_out.push(LeftOut { reference: reference.to_owned(), because: because(group) });
    }
    let printed = text(&planned, Extent::Short, &CommandLine::default());
    assert!(printed.contains("0 members kept, 2 left out."), "{printed}");
    assert!(printed.contains("\nLeft out (2): "), "{printed}");
    let rows = plan_rows(&planned).into_iter().filter(|(part, ..)| *part == PlanPart::LeftOut);
    assert_eq!(rows.count(), 2);
}

/// Whose access is seen to be over is not kept: not in the numbers, the list and the rows of a window.
#[test]
fn who_is_kept_is_counted_alike_in_the_numbers_and_in_the_list() {
    let mut planned = planned(&directory(&[], &[]), organization(0, &[]));
    let because = [KeptBecause::Role, KeptBecause::AlreadyRevoked, KeptBecause::SentAsDeleted];
    for (number, because) in because.into_iter().enumerate() {
        let person = plan::Subject {
            external_id: ExternalId::new(format!("u{number}")),
            name: format!("p{number}@example.com"),
        };
        planned.plan.kept.push(Kept { person, cause: None, because });
    }
    let printed = text(&planned, Extent::Whole, &CommandLine::default());
    assert!(printed.contains("2 members kept, 0 left out."), "{printed}");
    assert!(printed.contains("\nKept although not brought over (2)\n"), "{printed}");
    assert!(printed.contains("p0@") && !printed.contains("p1@") && printed.contains("p2@"), "{printed}");
    let rows = plan_rows(&planned).into_iter().filter(|(part, ..)| *part == PlanPart::Kept);
    assert_eq!((rows.count(), planned.plan.staying().count()), (2, 1));
}

/// A wrong `sync.memberAttribute`: every group is read as empty, and nobody is removed or revoked.
#[test]
fn memberships_that_end_are_counted_in_the_line_of_numbers() {
    let people = vec![(Some("p#@example.com"), AccountState::Enabled); 20];
    let groups: Vec<(String, Vec<usize>)> = (0..9).map(|it| (format!("g{it}"), (0..18).collect())).collect();
    let named = |members: &dyn Fn(&Vec<usize>) -> Vec<usize>| -> Vec<(&str, Vec<usize>)> {
        groups.iter().map(|(name, it)| (name.as_str(), members(it))).collect()
    };
    let full = named(&Vec::clone);
    // The last person of the directory has the long id, and is nobody's member.
    let everybody = 19;
    for (left, expected) in [
        (0, "9 changes, 0 of which take access away; 162 memberships in groups end; "),
        (17, "9 changes, 0 of which take access away; 9 memberships in groups end; "),
    ] {
        let read = named(&|it| it[..left].to_vec());
        let planned = planned(&directory(&people, &read), organization(everybody, &full));
        let printed = text(&planned, Extent::Short, &CommandLine::default());
        let printed = printed.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(printed.contains(expected), "{printed}");
    }
    let unchanged = planned(&directory(&people, &full), organization(everybody, &full));
    assert!(!text(&unchanged, Extent::Short, &CommandLine::default()).contains("memberships in groups"));
}
