//! Filters of every form, and what each lets through.

use super::{Setup, group, members, start, user};
use crate::hint::hint;
use bwdc_core::snapshot::Snapshot;
use bwdc_engine::event::Event;
use bwdc_engine::notice::Notice;
use bwdc_sandbox::cloud::google::{Member, MemberKind, Server, Tenant, User};
use serde_json::json;
use std::sync::Mutex;

/// Eight people and five groups; Beta stands inside Alpha, Everybody holds the whole account.
fn company() -> Server {
    let mut tenant = Tenant::generate(8, 5, 0);
    for (number, unit) in [(0, "/Engineering"), (1, "/Engineering/Platform"), (2, "/Sales"), (3, "/Sales")] {
        tenant.user(number).org_unit_path = unit.to_owned();
    }
    tenant.user(3).suspended = true;
    tenant.user(5).title = "Manager".to_owned();
    tenant.user(7).deleted = true;
    let contents: [(&str, Vec<MemberKind>); 5] = [
        ("Alpha", vec![user(0), user(1), group(1)]),
        ("Beta", vec![user(2), user(3)]),
        ("BITWARDEN-1", vec![user(5)]),
        ("Everybody", vec![MemberKind::Customer]),
        ("Empty", vec![]),
    ];
    for (group, (name, kinds)) in tenant.groups.iter_mut().zip(contents) {
        group.name = name.to_owned();
        group.members = kinds.into_iter().map(Member::new).collect();
    }
    start(tenant)
}

/// The numbers of the people, deleted ones last.
fn numbers(snapshot: &Snapshot) -> Vec<usize> {
    let ids = (0..8).map(|number| User::new(number).id).collect::<Vec<_>>();
    let of = |id: &str| ids.iter().position(|it| it == id).expect("somebody of the company");
    snapshot.people().iter().map(|it| of(snapshot.texts().get(it.external_id))).collect()
}

fn names(snapshot: &Snapshot) -> Vec<&str> {
    snapshot.groups().iter().map(|it| snapshot.texts().get(it.name)).collect()
}

const ALL: [&str; 5] = ["Alpha", "Beta", "BITWARDEN-1", "Everybody", "Empty"];

#[tokio::test]
async fn people_by_name_group_unit_and_query() {
    let server = company();
    for (filter, expected) in [
        ("", &[0, 1, 2, 3, 4, 5, 6, 7][..]),
        ("include:PERSON1@example.test, person2@example.test", &[1, 2]),
        ("exclude:person1@example.test,person7@example.test", &[0, 2, 3, 4, 5, 6]),
        ("|orgUnitPath=/Engineering", &[0, 1]),
        ("|orgTitle:Manager isSuspended=false", &[5]),
        ("exclude:person0@example.test|orgUnitPath=/Engineering", &[1]),
        ("includeOrgUnit:/Sales,engineering/platform", &[1, 2, 3, 7]),
        ("excludeOrgUnit:/Engineering|exclude:person7@example.test", &[2, 3, 4, 5, 6]),
        ("includeOrgUnit:/Engineering|excludeOrgUnit:/Engineering/Platform", &[0, 7]),
        // Nested groups count. Suspended people are in no group, but who is left out does not come in by being suspended.
        ("includeGroup:group0@example.test", &[0, 1, 2, 7]),
        ("excludeGroup:GROUP1@example.test", &[0, 1, 4, 5, 6, 7]),
        (
            "includeGroup:group0@example.test|excludeGroup:group1@example.test|exclude:person0@example.test",
            &[1, 7],
        ),
        ("includeGroup:group1@example.test,group2@example.test|isSuspended=false", &[2, 5, 7]),
        ("includeGroup:group3@example.test", &[0, 1, 2, 3, 4, 5, 6, 7]),
        ("excludeGroup:group3@example.test", &[7]),
        ("includeGroup:group4@example.test", &[7]),
    ] {
        let setup = Setup::new(&server).sync("userFilter", json!(filter));
        let snapshot = setup.read().await.unwrap_or_else(|error| panic!("{filter}: {error}"));
        assert_eq!(numbers(&snapshot), expected, "{filter}");
        assert_eq!(names(&snapshot), ALL, "{filter}");
    }
}

/// Else who is suspended would be out of scope instead of disabled, and keep access.
#[tokio::test]
async fn suspended_people_of_wanted_groups_are_read_where_something_is_done_about_them() {
    let server = company();
    for (user_filter, group_filter, wants_inactive, expected) in [
        ("includeGroup:group0@example.test", "", false, &[0, 1, 2, 7][..]),
        ("includeGroup:group0@example.test", "", true, &[0, 1, 2, 3, 7]),
        ("includeGroup:group0@example.test|excludeGroup:group1@example.test", "", true, &[0, 1, 7]),
        ("", "include:Beta", false, &[2, 7]),
        ("", "include:Beta", true, &[2, 3, 7]),
        ("", "include:Alpha", true, &[0, 1, 7]),
    ] {
        let mut setup = Setup::new(&server).sync("userFilter", json!(user_filter));
        setup = setup.sync("groupFilter", json!(group_filter));
        setup.wants_inactive = wants_inactive;
        let snapshot = setup.read().await.expect("a whole read");
        assert_eq!(numbers(&snapshot), expected, "{user_filter} {group_filter} {wants_inactive}");
        let suspended = User::new(3).id;
        let listed = names(&snapshot).into_iter().filter(|it| *it != "Everybody");
        assert!(listed.into_iter().all(|group| !members(&snapshot, group).contains(&suspended.as_str())));
    }
}

/// `include:` and `exclude:` of groups choose people too; a query alone does not. That is today's connector's way.
#[tokio::test]
async fn groups_by_name_and_query_and_whom_they_bring_along() {
    let server = company();
    let everybody = [0, 1, 2, 3, 4, 5, 6, 7];
    for (filter, removes_disabled, expected, groups) in [
        ("", false, &everybody[..], &ALL[..]),
        ("include:alpha", false, &[0, 1, 7], &["Alpha"]),
        ("include:alpha", true, &[0, 1, 3, 7], &["Alpha"]),
        ("include:Alpha, Beta", false, &[0, 1, 2, 7], &["Alpha", "Beta"]),
        ("exclude:Everybody", false, &[0, 1, 2, 5, 7], &["Alpha", "Beta", "BITWARDEN-1", "Empty"]),
        ("exclude:Alpha,Beta", false, &everybody, &["BITWARDEN-1", "Everybody", "Empty"]),
        ("include:Empty", false, &[7], &["Empty"]),
        ("|name:BITWARDEN-*", false, &everybody, &["BITWARDEN-1"]),
        ("exclude:bitwarden-1|name:B*", false, &[2, 7], &["Beta"]),
    ] {
        let setup = Setup::new(&server)
            .sync("groupFilter", json!(filter))
            .sync("removeDisabled", json!(removes_disabled));
        let snapshot = setup.read().await.unwrap_or_else(|error| panic!("{filter}: {error}"));
        assert_eq!(numbers(&snapshot), expected, "{filter}");
        assert_eq!(names(&snapshot), groups, "{filter}");
    }
}

#[tokio::test]
async fn groups_that_are_not_read_choose_nobody() {
    let server = company();
    let setup = Setup::new(&server).sync("groupFilter", json!("include:Alpha"));
    let scope = bwdc_core::snapshot::ReadScope { groups: false, ..super::WHOLE };
    let snapshot = setup.directory().read(scope, &|_| {}).await.expect("a whole read");
    assert_eq!(numbers(&snapshot).len(), 8);
}

#[tokio::test]
async fn hidden_groups_lend_their_people_when_asked_to() {
    let server = company();
    let id = |number: usize| User::new(number).id;
    let setup = Setup::new(&server).sync("groupFilter", json!("include:Alpha"));
    let snapshot = setup.read().await.expect("a whole read");
    // The group that is not read is named by its address.
    assert_eq!(members(&snapshot, "Alpha"), [&id(0), &id(1), "group1@example.test"]);
    let snapshot = setup.with("flattenHiddenGroups", json!(true)).read().await.expect("a whole read");
    assert_eq!(members(&snapshot, "Alpha"), [id(0), id(1), id(2)]);
    assert_eq!(numbers(&snapshot), [0, 1, 2, 7]);
}

#[tokio::test]
async fn who_is_left_out_by_a_filter_is_not_taken_for_somebody_unknown() {
    let server = company();
    let setup = Setup::new(&server).sync("userFilter", json!("exclude:person0@example.test"));
    let snapshot = setup.read().await.expect("a whole read");
    assert_eq!(members(&snapshot, "Alpha"), [User::new(1).id, bwdc_sandbox::cloud::google::Group::new(1).id]);
    assert_eq!(members(&snapshot, "Everybody").len(), 6);
}

#[tokio::test]
async fn what_a_filter_names_and_google_does_not_know_is_said() {
    let server = company();
    let refused = |filter: &str| Setup::new(&server).sync("userFilter", json!(filter));
    let error = refused("includeGroup:nobody@example.test").read().await.err().expect("refused");
    assert!(error.to_string().contains("/groups/nobody@example.test"), "{error}");
    assert!(hint(&error).is_some_and(|hint| hint.contains("sync.userFilter")), "{:?}", hint(&error));
    let error = refused("|department=Sales").read().await.err().expect("refused");
    assert!(error.to_string().contains("Invalid Input"), "{error}");
    assert!(hint(&error).is_some_and(|hint| hint.contains("query after `|`")), "{:?}", hint(&error));

    let notices = Mutex::new(Vec::new());
    let events = |event| {
        if let Event::Notice(notice) = event {
            notices.lock().expect("notices").push(notice);
        }
    };
    let setup = refused("excludeOrgUnit:/Enginering,/Sales");
    setup.directory().read(super::WHOLE, &events).await.expect("a whole read");
    let notices = notices.into_inner().expect("notices");
    assert_eq!(notices, [Notice::UnitWithoutPeople { unit: "/Enginering".to_owned() }]);
}
