//! Okta's stand-in, read whole, disturbed at every page, and asked for single people.

mod faults;
mod following;
mod groups;
mod rate;
mod service_app;

use crate::hint::hint;
use bwdc_core::desired::Desired;
use bwdc_core::names::ExternalId;
use bwdc_core::observed::{LookupRequest, Presence};
use bwdc_core::settings::{OktaFilters, OktaSettings, SyncSettings};
use bwdc_core::snapshot::{AccountState, ReadScope, SetAsideBecause, Snapshot};
use bwdc_engine::directory::ReadError;
use bwdc_engine::directory::okta::OktaDirectory;
use bwdc_engine::directory::web::WebOptions;
use bwdc_sandbox::cloud::okta::{Options, Server, Tenant};
use bwdc_sandbox::faults::{Answer, Arrival, Fault, Moment, Rule};
use secrecy::SecretString;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::{Duration, Instant};

const WHOLE: ReadScope = ReadScope { people: true, groups: true, deleted: true, stable_ids: true };

pub(crate) fn server(tenant: Tenant) -> Server {
    Server::start(Options { limit: 100_000, ..Options::new(tenant) }).expect("a stand-in")
}

/// Settings as an administrator stores them.
fn settings(server: &Server, more: Value) -> OktaSettings {
    let mut stored = json!({ "orgUrl": server.url() });
    for (field, value) in more.as_object().expect("an object") {
        stored[field] = value.clone();
    }
    OktaSettings::from_stored(stored.as_object().expect("an object")).expect("settings")
}

fn directory(server: &Server, filters: OktaFilters, speed: f64) -> OktaDirectory {
    let options = OktaDirectory::options(0.5).retrying(|it| it.speed = speed);
    let settings = settings(server, json!({}));
    OktaDirectory::new(&settings, filters, SecretString::from(server.token()), options).expect("a directory")
}

pub(crate) async fn read(server: &Server, filters: OktaFilters) -> Result<Snapshot, ReadError> {
    directory(server, filters, 1_000.0).read(WHOLE, &|_| {}).await
}

fn shape(snapshot: &Snapshot) -> (usize, usize, usize) {
    let members = snapshot.groups().iter().map(|group| snapshot.members(group).len()).sum();
    (snapshot.people().len(), snapshot.groups().len(), members)
}

/// What a lasting fault at this page is about: smaller pages of groups meet it, too.
fn place_of(page: &str) -> &str {
    if page.starts_with("/api/v1/groups?") { "/api/v1/groups?" } else { page }
}

#[tokio::test]
async fn groups_come_in_smaller_pages_where_a_large_one_is_too_much() {
    let server = server(small());
    let whole = shape(&read(&server, OktaFilters::default()).await.expect("a whole read"));
    for fault in [Fault::Answer(Answer::empty(504)), Fault::Delay(Duration::from_secs(60))] {
        server.faults().clear();
        server.faults().add(Rule::new("GET", "/api/v1/groups?limit=10000", fault));
        server.forget_requests();
        let limit = Duration::from_secs(1);
        let options = WebOptions { request_limit: limit, ..OktaDirectory::options(0.5) }
            .retrying(|it| (it.speed, it.attempts) = (1_000.0, 2));
        let directory = OktaDirectory::new(
            &settings(&server, json!({})),
            OktaFilters::default(),
            SecretString::from(server.token()),
            options,
        )
        .expect("a directory");
        let snapshot = directory.read(WHOLE, &|_| {}).await.expect("a whole read");
        assert_eq!(shape(&snapshot), whole);
        // 2 attempts of the large page, 2 smaller pages.
        assert_eq!(server.requests().iter().filter(|it| it.starts_with("/api/v1/groups?")).count(), 4);
    }
}

/// Six people, one of them suspended, and two groups of three.
pub(crate) fn few_people() -> Tenant {
    let mut tenant = Tenant::generate(6, 2, 3);
    tenant.users[1].status = "SUSPENDED".to_owned();
    tenant
}

fn small() -> Tenant {
    let mut tenant = Tenant::generate(450, 210, 3);
    tenant.groups[0].members = tenant.users.iter().map(|user| user.id.clone()).collect();
    tenant.users[1].status = "SUSPENDED".to_owned();
    tenant.users[2].status = "DEPROVISIONED".to_owned();
    tenant.users[3].email = Some("  Mixed@Example.test ".to_owned());
    tenant
}

#[tokio::test]
async fn every_page_is_read_and_the_requests_are_counted() {
    let server = server(small());
    let snapshot = read(&server, OktaFilters::default()).await.expect("a whole read");
    let members: usize = small().groups.iter().map(|group| group.members.len()).sum();
    assert_eq!(shape(&snapshot), (450, 210, members));
    let states = |wanted| snapshot.people().iter().filter(|person| person.state == wanted).count();
    assert_eq!((states(AccountState::Disabled), states(AccountState::Deleted)), (1, 1));
    let mixed = snapshot
        .people()
        .iter()
        .filter_map(|it| it.mail)
        .any(|it| snapshot.texts().get(it) == "Mixed@Example.test");
    assert!(mixed, "an address is trimmed");
    // 3 pages of people, 1 of deprovisioned ones, 1 of groups, 1 for each group.
    assert_eq!(server.requests().len(), 3 + 1 + 1 + 210);
}

#[tokio::test]
async fn filters_choose_people_and_groups_by_name() {
    let mut tenant = Tenant::generate(10, 4, 2);
    tenant.users[3].status = "SUSPENDED".to_owned();
    let server = server(tenant);
    let filters = |users: &str, groups: &str| {
        let stored = json!({ "userFilter": users, "groupFilter": groups });
        OktaFilters::from_stored(stored.as_object().expect("an object"))
    };
    for (users, groups, people, chosen) in [
        ("", "", 10, 4),
        ("  ", "\t", 10, 4),
        ("include:PERSON1@example.test, person2@example.test", "include:group 3", 2, 1),
        (" Include : person1@example.test ,, ", "INCLUDE: Group 1 , gRoUp 3", 1, 2),
        ("exclude:person1@example.test", "exclude:Group 1,Group 2", 2, 2),
        ("include:nobody@example.test", "include:nothing", 0, 0),
        ("|status eq \"SUSPENDED\"", "", 1, 4),
        ("include:person3@example.test,person4@example.test|status eq \"SUSPENDED\"", "", 1, 4),
        ("exclude:person3@example.test | status eq \"SUSPENDED\"", "", 0, 4),
        ("|lastUpdated gt \"2040-01-01T00:00:00.000Z\"", "exclude:Group 0", 0, 3),
    ] {
        let filters = filters(users, groups).expect("filters");
        let scope = ReadScope { deleted: false, ..WHOLE };
        let snapshot = directory(&server, filters, 1_000.0).read(scope, &|_| {}).await.expect("a whole read");
        assert_eq!((snapshot.people().len(), snapshot.groups().len()), (people, chosen), "{users} {groups}");
    }
    for (filter, position) in [
        ("only:a", 1),
        ("  includes:a", 3),
        ("a@x.test", 1),
        ("include a", 8),
        ("exclude", 8),
        ("include:", 9),
        ("include: , ,", 13),
        ("include:a|exclude:b", 11),
        ("include:a|", 11),
        ("includeGroup:a", 1),
        ("|", 2),
        ("|include:a", 2),
    ] {
        for (users, groups, setting) in [(filter, "", "sync.userFilter"), ("", filter, "sync.groupFilter")] {
            let error = filters(users, groups).expect_err(filter).to_string();
            assert!(error.contains(setting) && error.contains(&format!("position {position}")), "{error}");
        }
    }
    // What only Okta can judge is Okta's to refuse, and the error says where to look.
    let filters = filters("|status pr", "").expect("a query");
    let error = directory(&server, filters, 1_000.0).read(WHOLE, &|_| {}).await.err().expect("a refusal");
    assert!(error.to_string().contains("Invalid search criteria"), "{error}");
    assert!(hint(&error).is_some_and(|hint| hint.contains("filter")), "{error}");
}

#[tokio::test]
async fn with_a_filter_of_groups_only_their_people_and_the_deleted_come() {
    let mut tenant = Tenant::generate(10, 4, 2);
    tenant.users[5].status = "SUSPENDED".to_owned();
    tenant.users[6].status = "DEPROVISIONED".to_owned();
    tenant.users[7].status = "SUSPENDED".to_owned();
    let server = server(tenant);
    for (filter, remove_disabled, chosen) in [
        ("", false, vec![0, 1, 2, 3, 4, 5, 6, 7, 8, 9]),
        ("|type eq \"OKTA_GROUP\"", false, vec![0, 1, 2, 3, 4, 5, 6, 7, 8, 9]),
        ("include:group 1", false, vec![6, 7, 8]),
        ("include:group 1", true, vec![5, 6, 7, 8]),
        ("exclude:group 0, group 2", false, vec![1, 2, 6, 7, 8]),
        ("include:nothing", false, vec![6]),
    ] {
        let stored = json!({ "groupFilter": filter, "removeDisabled": remove_disabled });
        let filters = OktaFilters::from_stored(stored.as_object().expect("an object")).expect("filters");
        let snapshot = read(&server, filters).await.expect("a whole read");
        let mut found: Vec<_> = snapshot
            .people()
            .iter()
            .map(|person| snapshot.texts().get(person.mail.expect("everybody has an address")).to_owned())
            .collect();
        found.sort();
        let chosen: Vec<_> = chosen.into_iter().map(|it| format!("person{it}@example.test")).collect();
        assert_eq!(found, chosen, "{filter}");
    }
}

#[tokio::test]
async fn a_person_is_gone_only_when_okta_says_so() {
    let server = server(small());
    let id = |number: usize| small().users[number].id.clone();
    let lookups: Vec<LookupRequest> = [id(0), id(2), "00u9".to_owned(), "cn=x,dc=y".to_owned(), id(4)]
        .into_iter()
        .map(|id| LookupRequest { external_id: ExternalId::new(id), stable_id: None, reference: None })
        .collect();
    server.faults().add(Rule::new(
        "GET",
        &format!("/api/v1/users/{}", id(4)),
        Fault::Answer(Answer::empty(404)),
    ));
    let found = directory(&server, OktaFilters::default(), 1_000.0).lookup(&lookups).await.expect("answers");
    let of = |number: usize| &found[&lookups[number].external_id];
    assert_eq!(of(0), &Presence::Found { at: None });
    assert_eq!(of(1), &Presence::NotFound);
    assert_eq!(of(2), &Presence::NotFound);
    assert!(matches!(of(3), Presence::Unknown { .. }));
    assert!(matches!(of(4), Presence::Unknown { .. }));
    server.faults().clear();
    server.faults().add(Rule::new("GET", "/", Fault::Answer(Answer::json(403, "{}"))));
    let found =
        directory(&server, OktaFilters::default(), 1_000.0).lookup(&lookups[..1]).await.expect("answers");
    assert!(matches!(found[&lookups[0].external_id], Presence::Unknown { .. }));
}

/// Number 1 is suspended.
#[tokio::test]
async fn the_settings_say_who_is_found_and_disabled() {
    let server = server(small());
    let id = |number: usize| ExternalId::new(small().users[number].id.clone());
    let lookups =
        [0, 1, 2].map(|number| LookupRequest { external_id: id(number), stable_id: None, reference: None });
    for (active, expected) in [
        (json!(null), [Presence::Found { at: None }, Presence::Disabled { at: None }, Presence::NotFound]),
        (
            json!(["SUSPENDED"]),
            [Presence::Disabled { at: None }, Presence::Found { at: None }, Presence::NotFound],
        ),
    ] {
        let settings = settings(&server, json!({ "activeStatuses": active }));
        let options = OktaDirectory::options(0.5).retrying(|it| it.speed = 1_000.0);
        let token = SecretString::from(server.token());
        let directory =
            OktaDirectory::new(&settings, OktaFilters::default(), token, options).expect("a directory");
        server.forget_requests();
        let found = directory.lookup(&lookups).await.expect("answers");
        assert_eq!([0, 1, 2].map(|number| found[&id(number)].clone()), expected);
        assert_eq!(server.requests().len(), 3);
    }
}

#[tokio::test]
async fn half_of_the_limit_is_used_and_none_of_it_exceeded() {
    let tenant = Tenant::generate(400, 150, 2);
    let options =
        Options { limit: 60, speed: 60.0, latency: Duration::from_millis(5), ..Options::new(tenant) };
    let server = Server::start(options).expect("a stand-in");
    let begun = Instant::now();
    let snapshot =
        directory(&server, OktaFilters::default(), 60.0).read(WHOLE, &|_| {}).await.expect("a whole read");
    assert_eq!(shape(&snapshot).1, 150);
    assert_eq!(server.throttled(), 0);
    // 150 requests at 30 in a second (a minute of the stand-in's): four windows have to pass.
    let seconds = begun.elapsed().as_secs_f64();
    assert!(seconds >= 3.5, "{seconds}");
}

/// Somebody is reactivated between the two lists of people.
#[tokio::test]
async fn who_is_reactivated_meanwhile_is_read_all_the_same() {
    let server = Arc::new(server(small()));
    let weak = Arc::downgrade(&server);
    server.faults().on_request(move |arrival: &Arrival| {
        if arrival.moment == Moment::Handled
            && arrival.number == 1
            && let Some(server) = weak.upgrade()
        {
            server.change(|tenant| tenant.users[2].status = "ACTIVE".to_owned());
        }
    });
    let snapshot = read(&server, OktaFilters::default()).await.expect("a whole read");
    server.faults().forget_hook();
    assert_eq!(snapshot.people().len(), 450);
    assert!(snapshot.people().iter().all(|person| person.state != AccountState::Deleted));
}

#[tokio::test]
async fn nobody_is_gone_where_nobody_is_found() {
    let server = server(small());
    let refusal = r#"{"errorCode":"E0000007","errorSummary":"Not found: Resource not found"}"#;
    server.faults().add(Rule::new("GET", "/api/v1/users/", Fault::Answer(Answer::json(404, refusal))));
    let lookups = [LookupRequest {
        external_id: ExternalId::new(small().users[0].id.clone()),
        stable_id: None,
        reference: None,
    }];
    let found = directory(&server, OktaFilters::default(), 1_000.0).lookup(&lookups).await.expect("answers");
    assert!(found.values().all(|it| matches!(it, Presence::Unknown { .. })), "{found:?}");
}

#[tokio::test]
async fn every_status_counts_as_the_settings_say() {
    let statuses = [
        "STAGED",
        "PROVISIONED",
        "ACTIVE",
        "RECOVERY",
        "PASSWORD_EXPIRED",
        "LOCKED_OUT",
        "SUSPENDED",
        "DEPROVISIONED",
        "NEW_ONE",
    ];
    let mut tenant = Tenant::generate(statuses.len(), 0, 0);
    for (user, status) in tenant.users.iter_mut().zip(statuses) {
        user.status = status.to_owned();
    }
    let server = server(tenant);
    for (chosen, disabled) in [
        (json!(null), vec!["SUSPENDED"]),
        (
            json!(["ACTIVE"]),
            vec!["STAGED", "PROVISIONED", "RECOVERY", "PASSWORD_EXPIRED", "LOCKED_OUT", "SUSPENDED"],
        ),
        (
            json!(["active", "suspended", "locked_out", "recovery"]),
            vec!["STAGED", "PROVISIONED", "PASSWORD_EXPIRED"],
        ),
    ] {
        let settings = settings(&server, json!({ "activeStatuses": chosen }));
        let options = OktaDirectory::options(0.5).retrying(|it| it.speed = 1_000.0);
        let token = SecretString::from(server.token());
        let directory =
            OktaDirectory::new(&settings, OktaFilters::default(), token, options).expect("a directory");
        let snapshot = directory.read(WHOLE, &|_| {}).await.expect("a whole read");
        let of = |state| -> Vec<&str> {
            let people = snapshot.people().iter().filter(|it| it.state == state);
            people
                .map(|it| snapshot.texts().get(it.external_id))
                .map(|id| statuses[id[3..].parse::<usize>().expect("a number")])
                .collect()
        };
        assert_eq!(of(AccountState::Disabled), disabled, "{chosen}");
        assert_eq!(of(AccountState::Deleted), ["DEPROVISIONED"]);
        assert!(!of(AccountState::Enabled).contains(&"NEW_ONE"), "it may mean anything");
        let sync = SyncSettings::from_stored(&serde_json::Map::new()).expect("settings");
        let desired = Desired::build(snapshot, &sync).expect("a directory");
        let aside: Vec<_> =
            desired.set_aside().iter().map(|it| (desired.text(it.reference), it.because)).collect();
        assert_eq!(aside, [("person8@example.test", SetAsideBecause::StateNotTold)]);
    }
}

/// Whoever the filter leaves out was found: groups name nobody for it.
#[tokio::test]
async fn members_who_are_left_out_by_a_filter_are_not_unresolved() {
    let server = server(few_people());
    let stored = json!({ "userFilter": "exclude:person0@example.test" });
    let filters = OktaFilters::from_stored(stored.as_object().expect("an object")).expect("filters");
    let snapshot = read(&server, filters).await.expect("a whole read");
    let sync = SyncSettings::from_stored(&serde_json::Map::new()).expect("settings");
    let desired = Desired::build(snapshot, &sync).expect("a directory");
    assert_eq!((desired.everybody().len(), desired.unresolved()), (5, &[][..]));
}
