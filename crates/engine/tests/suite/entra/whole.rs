//! What a snapshot holds of a tenant.

use super::{SCOPE, id, read, reader, reader_of, reader_with, server, tenant, told};
use bwdc_core::desired::Desired;
use bwdc_core::settings::{EntraFilters, EntraOptions, Guests, SyncSettings};
use bwdc_sandbox::cloud::graph::{Member, User};
use serde_json::{Map, json};

#[tokio::test]
async fn people_deleted_people_and_groups_come_with_their_states() {
    let server = server(tenant());
    let (people, groups) = told(&read(&server).await.unwrap());
    assert_eq!(
        people,
        [
            "1 Enabled u1@x.test",
            "2 Disabled u2@x.test",
            "3 Enabled three@x.test",
            "4 Enabled none",
            "5 Enabled u5@x.test",
            "6 Deleted none"
        ]
    );
    assert_eq!(groups, ["Outer: 1 12", "Inner: 2 13 3", "Circle: 12 5", "Empty: "]);
}

#[tokio::test]
async fn somebody_who_is_in_both_lists_counts_once_and_as_here() {
    let server = server(tenant());
    // Restored between the two requests.
    server.change(|tenant| tenant.deleted.push(tenant.users[0].clone()));
    let snapshot = read(&server).await.unwrap();
    let (people, _) = told(&snapshot);
    assert!(people.contains(&"1 Enabled u1@x.test".to_owned()), "{people:?}");
    assert_eq!(people.len(), 6, "{people:?}");
    let sync = SyncSettings::from_stored(&Map::new()).unwrap();
    assert!(Desired::build(snapshot, &sync).is_ok());
    let paths: Vec<String> = server.requests().into_iter().map(|it| it.path).collect();
    let of = |list: &str| paths.iter().position(|it| it.starts_with(list)).unwrap();
    assert!(of("/v1.0/directory/deletedItems") < of("/v1.0/users?"), "who is restored is in one of them");
}

#[tokio::test]
async fn nested_groups_are_flattened_and_hold_people_only() {
    let server = server(tenant());
    let sync = SyncSettings::from_stored(&Map::new()).unwrap();
    let desired = Desired::build(read(&server).await.unwrap(), &sync).unwrap();
    let members = |group| {
        let mut ids: Vec<String> = desired.member_external_ids(group).map(str::to_owned).collect();
        ids.sort();
        ids
    };
    assert_eq!(members(0), [1, 2, 3, 5].map(id));
    assert_eq!(members(2), [2, 3, 5].map(id));
    assert_eq!(members(3), [""; 0]);
    assert!(desired.unresolved().is_empty(), "computers and contacts are not among the members");
}

#[tokio::test]
async fn every_filter_lets_through_whom_it_says() {
    let server = server(tenant());
    for (filter, expected) in [
        ("", "1 2 3 4 5"),
        ("include: U1@x.test , three@x.test", "1 3"),
        ("exclude:u1@x.test,u3@t.onmicrosoft.com", "2 3 4 5"),
        (&format!("includeGroup:{}", id(11)), "1 2 3 5"),
        (&format!("INCLUDEGROUP:{}", id(13)), "2 3 5"),
        (&format!("includeGroup:{},{}", id(13), id(14)), "2 3 5"),
        (&format!("includeGroup:{}", id(14)), ""),
        (&format!("excludeGroup:{}", id(12)), "1 4"),
        (&format!("includeGroup:{}|excludeGroup:{}", id(11), id(13)), "1"),
        (&format!("includeGroup:{}|exclude:u1@x.test", id(11)), "2 3 5"),
        (&format!("includeAdministrativeUnit:{}", id(21)), "5"),
        (&format!("excludeadministrativeunit:{}|include:u1@x.test,u5@x.test", id(21)), "1"),
    ] {
        let snapshot = reader(&server, filter, "").read(SCOPE, &|_| ()).await.unwrap();
        let people: Vec<String> =
            told(&snapshot).0.iter().map(|it| it.split(' ').next().unwrap().to_owned()).collect();
        assert_eq!(people.join(" "), format!("{expected} 6").trim(), "{filter}");
    }
}

#[tokio::test]
async fn a_hidden_group_lends_its_people_to_those_that_are_shown() {
    let server = server(tenant());
    for (filter, expected) in [
        ("include:outer,circle", vec!["Outer: 1 2 13 3", "Circle: 5 2 3"]),
        ("include:Outer", vec!["Outer: 1 2 3 5"]),
        ("exclude:outer,inner,circle", vec!["Empty: "]),
        (&format!("includeAdministrativeUnit:{}", id(21)), vec!["Empty: "]),
        (&format!("excludeAdministrativeUnit:{}|include:empty,inner", id(21)), vec!["Inner: 2 3 5"]),
    ] {
        let snapshot = reader(&server, "", filter).read(SCOPE, &|_| ()).await.unwrap();
        assert_eq!(told(&snapshot).1, expected, "{filter}");
    }
}

#[tokio::test]
async fn lists_longer_than_a_page_are_read_to_their_end() {
    let server = server(tenant());
    server.change(|tenant| {
        for number in 1_000..4_500 {
            tenant.users.push(User::new(&id(number), &format!("u{number}@x.test")));
            tenant.groups[3].members.push(Member::user(&id(number)));
        }
    });
    let snapshot = read(&server).await.unwrap();
    assert_eq!(snapshot.people().len(), 3_506);
    assert_eq!(snapshot.members(&snapshot.groups()[3]).len(), 3_500);
    assert!(server.requests().iter().any(|request| request.items.iter().any(|it| it.contains("skiptoken"))));
}

#[tokio::test]
async fn hidden_groups_lend_nobody_unless_it_is_set() {
    let server = server(tenant());
    for (flatten, expected) in [(false, vec!["Outer: 1 12"]), (true, vec!["Outer: 1 2 3 5"])] {
        let choices = EntraOptions { flatten_hidden_groups: flatten, ..EntraOptions::default() };
        server.forget_requests();
        let snapshot =
            reader_with(&server, "", "include:Outer", &choices).read(SCOPE, &|_| ()).await.unwrap();
        assert_eq!(told(&snapshot).1, expected);
        let lists: usize = server.requests().iter().map(|it| it.items.len()).sum();
        assert_eq!(lists, if flatten { 3 } else { 1 }, "a hidden group is read only where it counts");
    }
}

#[tokio::test]
async fn a_filter_of_groups_narrows_the_people_to_those_in_them() {
    let server = server(tenant());
    // Outer lists 1, Inner 2 (disabled) and 3, Circle 5; 6 is deleted.
    for (filter, removes_disabled, expected) in [
        ("", false, "1 2 3 4 5 6"),
        ("include:Outer", false, "1 6"),
        ("include:Outer", true, "1 2 6"),
        ("include:Outer,Circle", false, "1 5 6"),
        ("exclude:Outer,Circle", false, "2 3 6"),
        ("include:Nowhere", false, "6"),
        (&format!("includeAdministrativeUnit:{}", id(21)), false, "6"),
    ] {
        let mut sync = json!({"groupFilter": filter, "removeDisabled": removes_disabled});
        let filters = EntraFilters::from_stored(sync.as_object_mut().unwrap()).unwrap();
        let snapshot =
            reader_of(&server, filters, &EntraOptions::default()).read(SCOPE, &|_| ()).await.unwrap();
        let people: Vec<String> =
            told(&snapshot).0.iter().map(|it| it.split(' ').next().unwrap().to_owned()).collect();
        assert_eq!(people.join(" "), expected, "{filter} {removes_disabled}");
    }
}

#[tokio::test]
async fn guests_are_what_the_setting_says() {
    let server = server(tenant());
    server.change(|tenant| {
        for number in [3, 4, 5] {
            tenant.users[number - 1].guest = true;
        }
    });
    let name = "g_home.test#EXT#@t.onmicrosoft.com";
    for (guests, expected, set_aside) in [
        (Guests::Mail, vec!["3 Enabled three@x.test", "4 Enabled none", "5 Enabled u5@x.test"], vec![]),
        (
            Guests::Upn,
            vec!["3 Enabled three@x.test", &format!("4 Enabled {name}"), "5 Enabled u5@x.test"],
            vec![],
        ),
        (Guests::Skip, vec![], vec!["three@x.test", name, "u5@x.test"]),
    ] {
        let choices = EntraOptions { guests, ..EntraOptions::default() };
        let snapshot = reader_with(&server, "", "", &choices).read(SCOPE, &|_| ()).await.unwrap();
        let people: Vec<String> =
            told(&snapshot).0.into_iter().filter(|it| ["3 ", "4 ", "5 "].contains(&&it[..2])).collect();
        assert_eq!(people, expected);
        let sync = SyncSettings::from_stored(&Map::new()).unwrap();
        let desired = Desired::build(snapshot, &sync).unwrap();
        let names: Vec<&str> = desired.set_aside().iter().map(|it| desired.text(it.reference)).collect();
        assert_eq!(names, set_aside);
        assert_eq!(desired.unresolved(), [], "who is told of as a guest is not told of again for each group");
    }
    // Whom another clause leaves out anyway is not told of.
    let choices = EntraOptions { guests: Guests::Skip, ..EntraOptions::default() };
    let snapshot =
        reader_with(&server, "include:u1@x.test", "", &choices).read(SCOPE, &|_| ()).await.unwrap();
    let sync = SyncSettings::from_stored(&Map::new()).unwrap();
    let desired = Desired::build(snapshot, &sync).unwrap();
    assert!(desired.set_aside().is_empty());
    assert_eq!(desired.unresolved(), [], "who is left out by a filter was found");
}
