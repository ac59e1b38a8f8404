//! OneLogin's stand-in, read whole by both versions, disturbed at every page, and asked for single people.

#![expect(clippy::unwrap_used, reason = "a failed expectation is how a test speaks, its helpers included")]

mod faults;
mod following;
mod groups;
mod lookup;

use bwdc_core::desired::Desired;
use bwdc_core::settings::{OneLoginFilters, OneLoginSettings, SettingsError, SyncSettings};
use bwdc_core::snapshot::{AccountState, ReadScope, Snapshot};
use bwdc_engine::directory::ReadError;
use bwdc_engine::directory::onelogin::OneLoginDirectory;
use bwdc_engine::directory::web::WebOptions;
use bwdc_sandbox::cloud::onelogin::{Options, Role, Server, Tenant};
use bwdc_sandbox::faults::{Answer, Fault, Rule};
use secrecy::SecretString;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::time::Duration;

const WHOLE: ReadScope = ReadScope { people: true, groups: true, deleted: true, stable_ids: true };
/// Both versions of the API.
const VERSIONS: [i64; 2] = [1, 2];

fn object(value: Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

/// Settings as an administrator stores them, to be changed by a test before use.
pub(crate) struct Setup {
    stored: Map<String, Value>,
    sync: Map<String, Value>,
    secret: String,
}

impl Setup {
    pub(crate) fn new(server: &Server, version: i64) -> Self {
        let stored = json!({ "clientId": server.client_id(), "url": server.url(), "apiVersion": version });
        let sync = json!({ "users": true, "groups": true });
        Self { stored: object(stored), sync: object(sync), secret: server.client_secret().to_owned() }
    }

    fn with(mut self, field: &str, value: Value) -> Self {
        self.stored.insert(field.to_owned(), value);
        self
    }

    fn filters(&self) -> Result<OneLoginFilters, SettingsError> {
        OneLoginFilters::from_stored(&self.sync)
    }

    fn directory(&self) -> OneLoginDirectory {
        let settings = OneLoginSettings::from_stored(&self.stored).unwrap();
        let options = OneLoginDirectory::options().retrying(|it| (it.attempts, it.speed) = (3, 1_000.0));
        let options = WebOptions { request_limit: Duration::from_secs(2), ..options };
        let secret = SecretString::from(self.secret.clone());
        OneLoginDirectory::new(settings, self.filters().unwrap(), secret, options).unwrap()
    }

    pub(crate) async fn read(&self) -> Result<Snapshot, ReadError> {
        self.directory().read(WHOLE, &|_| ()).await
    }

    async fn desired(&self) -> Desired {
        Desired::build(self.read().await.unwrap(), &SyncSettings::from_stored(&self.sync).unwrap()).unwrap()
    }
}

pub(crate) fn start(tenant: Tenant) -> Server {
    Server::start(Options::new(tenant)).unwrap()
}

/// Groups by name with the addresses of their people.
fn groups(desired: &Desired) -> Vec<(String, BTreeSet<String>)> {
    let people = desired.everybody();
    let members = |number| {
        desired
            .members(number)
            .iter()
            .map(|&it| desired.display_name(&people[it as usize]).to_owned())
            .collect()
    };
    desired
        .groups()
        .iter()
        .enumerate()
        .map(|(number, it)| (desired.text(it.name).to_owned(), members(number)))
        .collect()
}

/// Six people, one of them suspended, and two groups of three.
pub(crate) fn few_people() -> Tenant {
    let mut tenant = Tenant::generate(6, 2, 3);
    tenant.users[1].status = 2;
    tenant
}

fn small() -> Tenant {
    let mut tenant = Tenant::generate(130, 60, 3);
    tenant.roles[0].users = tenant.users.iter().map(|user| user.id).collect();
    tenant.users[1].status = 2;
    tenant
}

#[tokio::test]
async fn both_versions_show_the_same_people_and_roles() {
    let server = start(small());
    let [first, second] = VERSIONS.map(|version| Setup::new(&server, version));
    let (first, second) = (first.desired().await, second.desired().await);
    assert!(groups(&first) == groups(&second));
    assert_eq!(groups(&second).len(), 60);
    assert_eq!(groups(&second)[0].1.len(), 130);
    for desired in [&first, &second] {
        assert_eq!(desired.everybody().len(), 130);
        let disabled: Vec<_> =
            desired.everybody().iter().filter(|it| it.state == AccountState::Disabled).collect();
        assert_eq!(disabled.len(), 1);
        assert_eq!(desired.text(disabled[0].external_id), "100001");
    }
}

/// Whoever the filter leaves out was found: roles name nobody for it.
#[tokio::test]
async fn members_who_are_left_out_by_a_filter_are_not_unresolved() {
    let server = start(few_people());
    for version in VERSIONS {
        let mut setup = Setup::new(&server, version);
        setup.sync.insert("userFilter".to_owned(), "exclude:person0@example.test".into());
        let desired = setup.desired().await;
        assert_eq!((desired.everybody().len(), desired.unresolved()), (5, &[][..]), "version {version}");
    }
}

/// Who is in no role has an empty list: nothing at all says nothing.
#[tokio::test]
async fn whose_roles_are_not_told_may_be_in_any() {
    let server = start(few_people());
    let untold = Fault::OddValue { pointer: "/data/0/role_id".to_owned(), value: Some(Value::Null) };
    server.faults().add(Rule::new("GET", "/api/1/users?", untold));
    let mut setup = Setup::new(&server, 1);
    let desired = setup.desired().await;
    let doubtful = |group: usize| desired.doubtful(group).collect::<Vec<_>>();
    assert_eq!((doubtful(0), doubtful(1)), (vec![0], vec![0]));
    // A filter of roles chooses people by them.
    setup.sync.insert("groupFilter".to_owned(), format!("include:{}", groups(&desired)[1].0).into());
    let error = setup.read().await.err().unwrap().to_string();
    assert!(error.contains("in which roles `person0@example.test` is"), "{error}");
}

#[tokio::test]
async fn every_page_of_the_second_version_is_read_by_its_cursor_alone() {
    let server = start(Tenant::generate(2_300, 700, 1));
    let snapshot = Setup::new(&server, 2).read().await.unwrap();
    assert_eq!((snapshot.people().len(), snapshot.groups().len()), (2_300, 700));
    let pages: Vec<String> = server.requests().into_iter().filter(|it| it.contains("cursor")).collect();
    assert_eq!(pages.len(), 2 + 1, "{pages:?}");
    assert!(pages.iter().all(|it| it.contains("?cursor=") && !it.contains('&')), "{pages:?}");
}

#[tokio::test]
async fn what_onelogin_says_of_a_refusal_is_told() {
    let server = start(small());
    let body = r#"{"status":400,"error":"BadRequestError","description":"Invalid pagination cursor"}"#;
    server.faults().add(Rule::new("GET", "/api/2/users", Fault::Answer(Answer::json(400, body))));
    let error = Setup::new(&server, 2).read().await.err().unwrap().to_string();
    assert!(error.contains("Invalid pagination cursor (BadRequestError)"), "{error}");
}

#[tokio::test]
async fn a_query_of_onelogins_own_chooses_people_and_roles() {
    let mut tenant = small();
    tenant.roles[7].name = "Same one".to_owned();
    tenant.roles[8].name = "Same two".to_owned();
    let server = start(tenant);
    for version in VERSIONS {
        let of = |field: &str, filter: &str| {
            let mut setup = Setup::new(&server, version);
            setup.sync.insert(field.to_owned(), json!(filter));
            setup
        };
        let people = of("userFilter", "|username=person12*").read().await.unwrap();
        assert_eq!(people.people().len(), 11, "12 and 120 to 129, by version {version}");
        let both = of("userFilter", "exclude:person12@example.test|status=1&username=person12*");
        assert_eq!(both.read().await.unwrap().people().len(), 10, "version {version}");
        let roles = of("groupFilter", "|name=Same*").desired().await;
        let names: Vec<String> = groups(&roles).into_iter().map(|it| it.0).collect();
        assert_eq!(names, ["Same one", "Same two"], "version {version}");
        // What changed is not told of such a choice.
        let directory = of("userFilter", "|username=person12*").directory();
        let read = directory.read_incremental(WHOLE, None, &|_| ()).await.unwrap();
        assert_eq!(read.refresh, bwdc_engine::directory::snapshot_cache::Refresh::Drop);
    }
}

#[tokio::test]
async fn requests_are_those_that_are_needed() {
    let server = start(small());
    Setup::new(&server, 2).read().await.unwrap();
    // A token, 1 page of people, 1 of roles, 1 for each role.
    assert_eq!(server.requests().len(), 1 + 1 + 1 + 60);
    server.forget_requests();
    Setup::new(&server, 1).read().await.unwrap();
    // A token, 3 pages of people with their roles, 2 of roles.
    assert_eq!(server.requests().len(), 1 + 3 + 2);
}

#[tokio::test]
async fn groups_take_the_place_of_roles_when_asked_for() {
    let mut tenant = Tenant::generate(5, 2, 1);
    tenant.groups = vec![
        Role { id: 9, name: "Sales".to_owned(), users: Vec::new() },
        Role { id: 8, name: " ".to_owned(), users: Vec::new() },
    ];
    tenant.users[3].group_id = Some(9);
    tenant.users[1].group_id = Some(9);
    let server = start(tenant);
    for version in VERSIONS {
        let desired = Setup::new(&server, version).with("groups", json!("groups")).desired().await;
        let people = BTreeSet::from(["person1@example.test".to_owned(), "person3@example.test".to_owned()]);
        assert_eq!(groups(&desired), [("Sales".to_owned(), people)]);
        let id = desired.text(desired.groups()[0].external_id);
        assert_eq!(id, "group-9", "a role of the same number is another group");
    }
}

#[tokio::test]
async fn every_status_counts_as_the_settings_say() {
    let mut tenant = Tenant::generate(9, 0, 0);
    for (user, status) in tenant.users.iter_mut().zip([0, 1, 2, 3, 4, 5, 7, 8, 99]) {
        user.status = status;
    }
    let server = start(tenant);
    for (chosen, disabled) in [
        (json!(null), vec!["100002"]),
        (json!(["active"]), vec!["100000", "100002", "100003", "100004", "100005", "100006", "100007"]),
        (
            json!(["active", "suspended", "unactivated", "password-pending", "security-questions-required"]),
            vec!["100003", "100004", "100005"],
        ),
    ] {
        let desired = Setup::new(&server, 2).with("activeStatuses", chosen.clone()).desired().await;
        let people = desired.everybody().iter().filter(|it| it.state == AccountState::Disabled);
        assert_eq!(people.map(|it| desired.text(it.external_id)).collect::<Vec<_>>(), disabled, "{chosen}");
    }
}

#[tokio::test]
async fn an_address_is_the_e_mail_the_user_name_or_the_user_name_with_the_suffix() {
    let mut tenant = Tenant::generate(4, 0, 0);
    for (user, (email, username)) in tenant.users.iter_mut().zip([
        (Some("Mixed@Example.test "), Some("other")),
        (None, Some("name@example.test")),
        (Some("none"), Some("jo")),
        (None, None),
    ]) {
        user.email = email.map(str::to_owned);
        user.username = username.map(str::to_owned);
    }
    let server = start(tenant);
    for version in VERSIONS {
        let mut setup = Setup::new(&server, version);
        let plain = setup.desired().await;
        let addresses =
            |it: &Desired| it.people().map(|person| it.display_name(person).to_owned()).collect::<Vec<_>>();
        assert_eq!(addresses(&plain), ["mixed@example.test", "name@example.test"]);
        setup.sync.insert("useEmailPrefixSuffix".to_owned(), json!(true));
        setup.sync.insert("emailSuffix".to_owned(), json!("@suffix.test"));
        assert_eq!(
            addresses(&setup.desired().await),
            ["mixed@example.test", "name@example.test", "jo@suffix.test"]
        );
    }
}

#[tokio::test]
async fn filters_choose_people_and_roles_by_name() {
    let server = start(Tenant::generate(10, 4, 2));
    for (users, roles, people, chosen) in [
        ("", "", 10, 4),
        ("include:PERSON1@example.test, person2@example.test", "include:role 3", 2, 1),
        ("exclude:person1@example.test", "exclude:Role 1,Role 2", 2, 2),
        ("include:nobody@example.test", "include:nothing", 0, 0),
    ] {
        for version in VERSIONS {
            let mut setup = Setup::new(&server, version);
            setup.sync.insert("userFilter".to_owned(), users.into());
            setup.sync.insert("groupFilter".to_owned(), roles.into());
            let snapshot = setup.read().await.unwrap();
            assert_eq!(
                (snapshot.people().len(), snapshot.groups().len()),
                (people, chosen),
                "{users} {roles}"
            );
        }
    }
    for (filter, position) in [("only:a", 1), ("include a", 8), ("include:", 9), ("include:a|exclude:b", 11)]
    {
        let mut setup = Setup::new(&server, 2);
        setup.sync.insert("userFilter".to_owned(), filter.into());
        let error = setup.filters().expect_err(filter).to_string();
        assert!(
            error.contains("sync.userFilter") && error.contains(&format!("position {position}")),
            "{error}"
        );
    }
}

#[tokio::test]
async fn with_a_filter_of_roles_only_their_people_come() {
    let mut tenant = Tenant::generate(10, 4, 2);
    tenant.users[5].status = 2;
    tenant.users[7].status = 2;
    let server = start(tenant);
    for (filter, remove_disabled, chosen) in [
        ("", false, vec![0, 1, 2, 3, 4, 5, 6, 7, 8, 9]),
        ("include:role 1", false, vec![7, 8]),
        ("include:role 1", true, vec![5, 7, 8]),
        ("exclude:role 0, role 2", false, vec![1, 2, 7, 8]),
        ("include:nothing", false, vec![]),
    ] {
        let chosen: Vec<_> = chosen.into_iter().map(|it| format!("person{it}@example.test")).collect();
        for version in VERSIONS {
            let mut setup = Setup::new(&server, version);
            setup.sync.insert("groupFilter".to_owned(), filter.into());
            setup.sync.insert("removeDisabled".to_owned(), remove_disabled.into());
            let desired = setup.desired().await;
            let found: Vec<_> = desired.people().map(|it| desired.display_name(it).to_owned()).collect();
            assert_eq!(found, chosen, "{filter} by version {version}");
        }
    }
}

#[tokio::test]
async fn an_address_made_with_the_suffix_is_filtered_like_any_other() {
    let mut tenant = Tenant::generate(2, 0, 0);
    tenant.users[1].email = None;
    tenant.users[1].username = Some("jo".to_owned());
    let server = start(tenant);
    for (filter, chosen) in
        [("exclude:JO@suffix.test", ["person0@example.test"]), ("include:jo@suffix.test", ["jo@suffix.test"])]
    {
        for version in VERSIONS {
            let mut setup = Setup::new(&server, version);
            setup.sync.insert("userFilter".to_owned(), filter.into());
            setup.sync.insert("useEmailPrefixSuffix".to_owned(), json!(true));
            setup.sync.insert("emailSuffix".to_owned(), json!("@suffix.test"));
            let desired = setup.desired().await;
            let found: Vec<_> = desired.people().map(|it| desired.display_name(it)).collect();
            assert_eq!(found, chosen, "{filter} by version {version}");
        }
    }
}

#[tokio::test]
async fn a_large_account_stays_within_the_hourly_limit() {
    let server = start(Tenant::generate(20_000, 2_000, 20));
    let snapshot = Setup::new(&server, 2).read().await.unwrap();
    assert_eq!((snapshot.people().len(), snapshot.groups().len()), (20_000, 2_000));
    // A token, 20 pages of people, 4 of roles, 1 for each role: 2,025 of 5,000 in an hour.
    assert_eq!(server.requests().len(), 1 + 20 + 4 + 2_000);
    assert_eq!(server.throttled(), 0);
}

#[tokio::test]
async fn a_limit_that_no_header_tells_is_asked_for_and_kept() {
    let mut options = Options::new(Tenant::generate(40, 60, 2));
    options.limit_in_headers = false;
    let server = Server::start(options).unwrap();
    Setup::new(&server, 2).read().await.unwrap();
    assert_eq!(server.requests().iter().filter(|path| *path == "/auth/rate_limit").count(), 1);
    assert_eq!(server.requests().len(), 1 + 1 + 1 + 1 + 60);
    let mut options = Options::new(Tenant::generate(40, 30, 2));
    (options.limit, options.speed, options.limit_in_headers) = (25, 1_000.0, false);
    let server = Server::start(options).unwrap();
    assert_eq!(Setup::new(&server, 2).read().await.unwrap().groups().len(), 30);
    assert_eq!(server.throttled(), 0);
    // Where nothing tells it, the read goes on.
    let refusal = Answer::json(404, r#"{"status":{"error":true,"code":404,"type":"not found"}}"#);
    let mut options = Options::new(Tenant::generate(40, 60, 2));
    (options.limit_in_headers, options.latency) = (false, Duration::from_millis(10));
    let server = Server::start(options).unwrap();
    server.faults().add(Rule::new("GET", "/auth/rate_limit", Fault::Answer(refusal)));
    Setup::new(&server, 2).read().await.unwrap();
    assert_eq!(server.traffic().most_at_once, 8, "nobody waits to hear of a limit");
}

#[tokio::test]
async fn an_hour_that_is_used_up_is_waited_for_instead_of_asking_on() {
    let mut options = Options::new(Tenant::generate(40, 30, 2));
    // 25 requests in an hour that lasts 3.6 s.
    (options.limit, options.speed) = (25, 1_000.0);
    let server = Server::start(options).unwrap();
    let snapshot = Setup::new(&server, 2).read().await.unwrap();
    assert_eq!(snapshot.groups().len(), 30);
    assert_eq!(server.throttled(), 0);
}
