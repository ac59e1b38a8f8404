//! What Graph hides from an application: who is in a group, and who may sign in. Hidden is not "nobody" and not "yes".

use super::{SCOPE, id, reader, reader_with, server, tenant, told, web};
use bwdc_core::names::ExternalId;
use bwdc_core::observed::{LookupRequest, Presence};
use bwdc_core::settings::EntraOptions;
use bwdc_core::snapshot::SetAsideBecause;
use bwdc_engine::directory::entra::EntraDirectory;
use bwdc_engine::directory::probe::{Check, Concern, Grade};
use bwdc_engine::directory::snapshot_cache::Refresh;
use bwdc_engine::directory::web::WebReadError;
use bwdc_sandbox::cloud::graph::{DeltaHabits, Server, Tenant, User};
use bwdc_sandbox::faults::{Answer, Fault, Rule};

/// The tenant with hidden members in the group that holds one person and another group.
fn hiding(group: u32) -> Tenant {
    let mut tenant = tenant();
    tenant.members_hidden.insert(id(group));
    tenant
}

async fn error_of(directory: &EntraDirectory) -> WebReadError {
    web(directory.read(SCOPE, &|_| ()).await.err().unwrap())
}

/// The names of the groups of which the snapshot says that their members are not shown.
async fn hidden_groups(server: &Server) -> Vec<String> {
    let snapshot = reader(server, "", "").read(SCOPE, &|_| ()).await.unwrap();
    let sync = bwdc_core::settings::SyncSettings::from_stored(&serde_json::Map::new()).unwrap();
    let desired = bwdc_core::desired::Desired::build(snapshot, &sync).unwrap();
    let hidden = desired.groups().iter().filter(|group| !group.shows_members);
    hidden.map(|group| desired.text(group.name).to_owned()).collect()
}

#[tokio::test]
async fn a_group_whose_members_are_hidden_is_not_an_empty_group() {
    let server = server(hiding(11));
    assert_eq!(hidden_groups(&server).await, ["Outer"]);
    server.change(|tenant| tenant.shows_hidden_members = true);
    assert_eq!(hidden_groups(&server).await, Vec::<String>::new());
    let snapshot = reader(&server, "", "").read(SCOPE, &|_| ()).await.unwrap();
    assert_eq!(told(&snapshot).1[0], "Outer: 1 12");
    // One that is empty among others that are shown is empty.
    server.change(|tenant| {
        tenant.members_hidden.insert(id(14));
    });
    assert_eq!(hidden_groups(&server).await, Vec::<String>::new());
}

#[tokio::test]
async fn what_depends_on_hidden_members_stops_the_read_and_names_group_and_right() {
    let server = server(hiding(13));
    let named = |users: &str, groups: &str| reader(&server, users, groups);
    let ids = [13, 12, 11].map(id);
    for directory in [
        named(&format!("includeGroup:{}", ids[0]), ""),
        named(&format!("excludeGroup:{}", ids[0]), ""),
        // By a group within the group.
        named(&format!("excludeGroup:{}", ids[1]), ""),
        named("", "include:Circle"),
        named("", "include:Outer"),
        named("", ""),
    ] {
        let error = error_of(&directory).await;
        assert!(matches!(error, WebReadError::NotShown { .. }), "{error}");
        assert!(error.to_string().contains("`Circle`"), "{error}");
        assert!(error.to_string().contains("`Member.Read.Hidden`"), "{error}");
    }
    // Where neither shows it, nothing depends on it.
    let choices = EntraOptions { flatten_hidden_groups: false, ..EntraOptions::default() };
    reader_with(&server, "", "include:Empty", &choices).read(SCOPE, &|_| ()).await.unwrap();
}

/// Whoever is in such a unit would be invited in spite of it, and whoever is not would be kept out.
#[tokio::test]
async fn units_whose_members_are_hidden_stop_the_read_and_name_unit_and_right() {
    let server = server(hiding(21));
    let unit = id(21);
    for (users, groups) in [
        (format!("excludeAdministrativeUnit:{unit}"), String::new()),
        (format!("includeAdministrativeUnit:{unit}"), String::new()),
        (String::new(), format!("excludeAdministrativeUnit:{unit}")),
        (String::new(), format!("includeAdministrativeUnit:{unit}")),
    ] {
        let error = error_of(&reader(&server, &users, &groups)).await;
        assert_eq!(
            error.to_string(),
            "Microsoft Entra ID does not show who is in the administrative unit `Unit 21`: that takes the application \
             permission `Member.Read.Hidden`, with admin consent",
            "{users}{groups}"
        );
        // So does a read by what changed.
        server.change(|tenant| tenant.shows_hidden_members = true);
        let directory = reader(&server, &users, &groups);
        let Refresh::Replace(cache) = directory.read_incremental(SCOPE, None, &|_| ()).await.unwrap().refresh
        else {
            panic!("kept");
        };
        server.change(|tenant| tenant.shows_hidden_members = false);
        let error = directory.read_incremental(SCOPE, Some(cache), &|_| ()).await.err().unwrap();
        assert!(matches!(web(error), WebReadError::NotShown { .. }));
    }
    // One without members is none that hides them, where the right is there; nor is one of which no filter speaks.
    server.change(|tenant| {
        tenant.units[0].members.clear();
        tenant.members_hidden.clear();
    });
    let named = format!("excludeAdministrativeUnit:{unit}");
    reader(&server, &named, "").read(SCOPE, &|_| ()).await.unwrap();
    server.change(|tenant| tenant.members_hidden.extend([id(21), id(11)]));
    error_of(&reader(&server, &named, "")).await;
    server.change(|tenant| tenant.shows_hidden_members = true);
    reader(&server, &named, "").read(SCOPE, &|_| ()).await.unwrap();
}

/// The functions of change that do not tell what the lists do.
#[tokio::test]
async fn a_visibility_that_the_delta_does_not_tell_is_no_cache() {
    let server = server(hiding(11));
    let habits = DeltaHabits { visibility: false, ..DeltaHabits::default() };
    server.set_delta_habits(habits);
    let first = reader(&server, "", "").read_incremental(SCOPE, None, &|_| ()).await.unwrap();
    assert!(matches!(first.refresh, Refresh::Drop), "{:?}", first.refresh);
}

/// What is hidden from now on is not told as gone: the cache would keep everybody.
#[tokio::test]
async fn a_right_that_was_taken_back_is_a_full_read() {
    let mut tenant = hiding(11);
    tenant.shows_hidden_members = true;
    let server = server(tenant);
    let directory = reader(&server, "", "");
    let first = directory.read_incremental(SCOPE, None, &|_| ()).await.unwrap();
    let Refresh::Replace(cache) = first.refresh else { panic!("the first read is kept") };
    let next = directory.read_incremental(SCOPE, Some(cache.clone()), &|_| ()).await.unwrap();
    assert!(matches!(next.refresh, Refresh::Change { .. }));
    server.change(|tenant| tenant.shows_hidden_members = false);
    let next = directory.read_incremental(SCOPE, Some(cache), &|_| ()).await.unwrap();
    assert!(matches!(next.refresh, Refresh::Replace(_)), "{:?}", next.refresh);
}

/// A group that no filter wants is in the cache all the same, and its list was never read: that it showed somebody once says
/// nothing of the right now.
#[tokio::test]
async fn a_right_that_was_taken_back_is_seen_by_a_group_that_is_not_wanted() {
    let mut tenant = hiding(21);
    tenant.members_hidden.insert(id(11));
    tenant.shows_hidden_members = true;
    let server = server(tenant);
    for clause in ["excludeAdministrativeUnit", "includeAdministrativeUnit"] {
        server.change(|tenant| tenant.shows_hidden_members = true);
        let directory = reader(&server, &format!("{clause}:{}", id(21)), "exclude:Outer");
        let first = directory.read_incremental(SCOPE, None, &|_| ()).await.unwrap();
        let Refresh::Replace(cache) = first.refresh else { panic!("the first read is kept") };
        let next = directory.read_incremental(SCOPE, Some(cache.clone()), &|_| ()).await.unwrap();
        assert!(matches!(next.refresh, Refresh::Change { .. }), "{clause}: {:?}", next.refresh);
        server.change(|tenant| tenant.shows_hidden_members = false);
        let error = directory.read_incremental(SCOPE, Some(cache), &|_| ()).await.err();
        let error = web(error.unwrap_or_else(|| panic!("{clause}: people are let in")));
        assert!(matches!(error, WebReadError::NotShown { .. }), "{clause}: {error}");
    }
}

#[tokio::test]
async fn an_incremental_read_keeps_what_is_hidden_apart() {
    let server = server(hiding(11));
    let directory = reader(&server, "", "");
    let first = directory.read_incremental(SCOPE, None, &|_| ()).await.unwrap();
    let Refresh::Replace(cache) = first.refresh else { panic!("the first read is kept") };
    let next = directory.read_incremental(SCOPE, Some(cache), &|_| ()).await.unwrap();
    assert!(matches!(next.refresh, Refresh::Change { .. }));
    let sync = bwdc_core::settings::SyncSettings::from_stored(&serde_json::Map::new()).unwrap();
    let desired = bwdc_core::desired::Desired::build(next.snapshot, &sync).unwrap();
    let shown: Vec<bool> = desired.groups().iter().map(|group| group.shows_members).collect();
    assert_eq!(shown, [false, true, true, true]);
}

#[tokio::test]
async fn doctor_names_the_right_for_hidden_members() {
    let server = server(hiding(11));
    let look = async || {
        let findings = reader(&server, "", "").probe(&|_| ()).await;
        let of_right = |it: &bwdc_engine::directory::probe::Finding| {
            it.check == Check::Right && it.subject == "Member.Read.Hidden"
        };
        findings.into_iter().find(of_right).map(|it| it.grade)
    };
    let missing = Concern::RightMissing { right: "Member.Read.Hidden".to_owned() };
    assert!(matches!(look().await, Some(Grade::Concern(concern)) if concern == missing));
    server.change(|tenant| tenant.shows_hidden_members = true);
    assert!(matches!(look().await, Some(Grade::Good)));
    server.change(|tenant| tenant.members_hidden.clear());
    assert!(look().await.is_none());
}

/// The first group may have nobody in it, and the unit of a filter may hide whom it has.
#[tokio::test]
async fn doctor_looks_for_a_group_that_shows_somebody_and_at_the_units_of_filters() {
    let mut tenant = hiding(14);
    tenant.members_hidden.insert(id(12));
    tenant.shows_hidden_members = true;
    tenant.groups.swap(0, 3);
    let server = server(tenant);
    let look = async |users: &str| {
        let findings = reader(&server, users, "").probe(&|_| ()).await;
        let rights = findings.into_iter().filter(|it| it.check == Check::Right);
        rights.map(|it| (it.subject, matches!(it.grade, Grade::Good))).collect::<Vec<_>>()
    };
    let others = |hidden: Option<bool>, unit: bool| {
        let mut rights: Vec<(String, bool)> =
            hidden.map(|good| ("Member.Read.Hidden".to_owned(), good)).into_iter().collect();
        rights.extend(["User.Read.All", "GroupMember.Read.All"].map(|it| (it.to_owned(), true)));
        rights.extend(unit.then(|| ("AdministrativeUnit.Read.All".to_owned(), true)));
        rights
    };
    assert_eq!(look("").await, others(Some(true), false));
    server.change(|tenant| tenant.members_hidden = [id(21)].into());
    for clause in ["includeAdministrativeUnit", "excludeAdministrativeUnit"] {
        let users = format!("{clause}:{}", id(21));
        server.change(|tenant| tenant.shows_hidden_members = true);
        assert_eq!(look(&users).await, others(Some(true), true));
        server.change(|tenant| tenant.shows_hidden_members = false);
        assert_eq!(look(&users).await, others(Some(false), true));
    }
}

#[tokio::test]
async fn whose_state_is_not_told_is_neither_enabled_nor_gone() {
    let mut tenant = tenant();
    tenant.states_hidden.extend([id(1), id(2)]);
    // Nothing but the name is known of the second.
    tenant.users[1] = User { mail: None, user_principal_name: " ".to_owned(), ..tenant.users[1].clone() };
    tenant.users[1].display_name = Some("Ben Bell".to_owned());
    let server = server(tenant);
    let snapshot = reader(&server, "", "").read(SCOPE, &|_| ()).await.unwrap();
    let people: Vec<String> = told(&snapshot).0.into_iter().map(|it| it[..1].to_owned()).collect();
    assert_eq!(people, ["3", "4", "5", "6"]);
    let sync = bwdc_core::settings::SyncSettings::from_stored(&serde_json::Map::new()).unwrap();
    let desired = bwdc_core::desired::Desired::build(snapshot, &sync).unwrap();
    let aside: Vec<_> =
        desired.set_aside().iter().map(|it| (desired.text(it.external_id), it.because)).collect();
    assert_eq!(aside.len(), 2);
    assert_eq!(aside[0], (id(1).as_str(), SetAsideBecause::StateNotTold));
    // They are named by what people know, and no group names them by an id again.
    let names: Vec<&str> = desired.set_aside().iter().map(|it| desired.text(it.reference)).collect();
    assert_eq!((names, desired.unresolved()), (vec!["u1@x.test", "Ben Bell"], &[][..]));

    let lookups: Vec<LookupRequest> = [1, 2, 5]
        .map(|number| LookupRequest {
            external_id: ExternalId::new(id(number)),
            stable_id: None,
            reference: None,
        })
        .into();
    let found = reader(&server, "", "").lookup(&lookups).await.unwrap();
    let of = |number| &found[&ExternalId::new(id(number))];
    assert!(matches!(of(1), Presence::Unknown { .. }) && matches!(of(2), Presence::Unknown { .. }));
    assert_eq!(of(5), &Presence::Found { at: None });
}

#[tokio::test]
async fn where_nobodys_state_is_told_the_read_names_the_right() {
    let mut tenant = tenant();
    tenant.states_hidden.extend((1..6).map(id));
    let server = server(tenant);
    let error = error_of(&reader(&server, "", "")).await;
    assert!(matches!(error, WebReadError::NotShown { .. }), "{error}");
    assert!(error.to_string().contains("`User.Read.All`"), "{error}");
}

/// A list of people, or of members, of which a later page is not there any more.
#[tokio::test]
async fn a_list_whose_page_has_ended_is_begun_again_a_few_times() {
    let mut tenant = tenant();
    for number in 1_000..2_100 {
        tenant.users.push(bwdc_sandbox::cloud::graph::User::new(&id(number), &format!("u{number}@x.test")));
    }
    let server = server(tenant);
    let whole = told(&reader(&server, "", "").read(SCOPE, &|_| ()).await.unwrap());
    let pages = server.requests();
    let second = pages.iter().find(|it| it.path.starts_with("/v1.0/users?") && it.path.contains("skip"));
    let second = second.unwrap().path.clone();
    let expired = || {
        let body = r#"{"error":{"code":"Directory_ExpiredPageToken","message":"The specified page token value has expired."}}"#;
        Rule::new("GET", &second, Fault::Answer(Answer::json(400, body)))
    };
    server.faults().add(expired().first(2));
    let again = reader(&server, "", "").read(SCOPE, &|_| ()).await.unwrap();
    assert_eq!(told(&again), whole);
    assert_eq!(server.faults().fired(), [2]);
    server.faults().clear();
    server.faults().add(expired());
    let error = error_of(&reader(&server, "", "")).await;
    assert!(error.to_string().contains("Directory_ExpiredPageToken"), "{error}");
    assert_eq!(server.faults().fired(), [3]);
}
