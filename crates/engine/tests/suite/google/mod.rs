//! Google Workspace's stand-in, read whole, filtered in every way, disturbed at every request, and asked for single people.

mod faults;
mod filters;
mod groups;
mod rate;
mod sign_in;

use crate::hint::hint;
use bwdc_core::names::ExternalId;
use bwdc_core::observed::{LookupRequest, Presence};
use bwdc_core::settings::{GoogleFilters, GoogleSettings};
use bwdc_core::snapshot::{AccountState, ReadScope, Snapshot};
use bwdc_engine::directory::ReadError;
use bwdc_engine::directory::google::GoogleDirectory;
use bwdc_engine::directory::web::WebReadError;
use bwdc_sandbox::cloud::google::{Group, Member, MemberKind, Options, Server, Tenant, User};
use bwdc_sandbox::faults::{Answer, Fault, Rule};
use secrecy::SecretString;
use serde_json::{Map, Value, json};

const WHOLE: ReadScope = ReadScope { people: true, groups: true, deleted: true, stable_ids: true };

pub(crate) fn start(tenant: Tenant) -> Server {
    Server::start(Options { quota: 1_000_000, ..Options::new(tenant) }).expect("a stand-in")
}

fn object(value: Value) -> Map<String, Value> {
    value.as_object().expect("an object").clone()
}

/// A directory with settings as an administrator stores them.
pub(crate) struct Setup {
    stored: Map<String, Value>,
    sync: Map<String, Value>,
    key: String,
    speed: f64,
    wants_inactive: bool,
}

impl Setup {
    pub(crate) fn new(server: &Server) -> Self {
        let stored = json!({
            "clientEmail": server.client_email(), "adminUser": "admin@example.test", "domain": "example.test",
            "tokenUrl": server.token_url(), "apiUrl": server.url(),
        });
        let key = server.private_key().to_owned();
        Self { stored: object(stored), sync: Map::new(), key, speed: 1_000.0, wants_inactive: false }
    }

    fn with(mut self, field: &str, value: Value) -> Self {
        self.stored.insert(field.to_owned(), value);
        self
    }

    fn sync(mut self, field: &str, value: Value) -> Self {
        self.sync.insert(field.to_owned(), value);
        self
    }

    fn directory(&self) -> GoogleDirectory {
        self.try_directory().expect("a directory")
    }

    fn try_directory(&self) -> Result<GoogleDirectory, WebReadError> {
        let settings = GoogleSettings::from_stored(&self.stored).expect("settings");
        let mut filters = GoogleFilters::from_stored(&self.sync).expect("filters");
        filters.wants_inactive |= self.wants_inactive;
        let options = GoogleDirectory::options(&settings).retrying(|it| it.speed = self.speed);
        let key = SecretString::from(self.key.clone());
        GoogleDirectory::new(settings, filters, &key, options)
    }

    pub(crate) async fn read(&self) -> Result<Snapshot, ReadError> {
        self.directory().read(WHOLE, &|_| {}).await
    }
}

fn shape(snapshot: &Snapshot) -> (usize, usize, usize) {
    let members = snapshot.groups().iter().map(|group| snapshot.members(group).len()).sum();
    (snapshot.people().len(), snapshot.groups().len(), members)
}

/// The addresses of the people in this state.
fn people(snapshot: &Snapshot, state: AccountState) -> Vec<&str> {
    let people = snapshot.people().iter().filter(|person| person.state == state);
    people.map(|person| snapshot.texts().get(person.reference)).collect()
}

/// What a group lists, by its name.
fn members<'s>(snapshot: &'s Snapshot, name: &str) -> Vec<&'s str> {
    let texts = snapshot.texts();
    let group = snapshot.groups().iter().find(|group| texts.get(group.name) == name).expect("the group");
    snapshot.members(group).iter().map(|member| texts.get(*member)).collect()
}

fn user(number: usize) -> MemberKind {
    MemberKind::User(User::new(number).id)
}

fn group(number: usize) -> MemberKind {
    MemberKind::Group(Group::new(number).id)
}

/// Six people, one of them suspended, and two groups of three.
pub(crate) fn few_people() -> Tenant {
    let mut tenant = Tenant::generate(6, 2, 3);
    tenant.user(1).suspended = true;
    tenant
}

fn small() -> Tenant {
    let mut tenant = Tenant::generate(1_050, 210, 3);
    tenant.groups[0].members = (0..450).map(|number| Member::new(user(number))).collect();
    tenant.user(1).suspended = true;
    tenant.user(2).archived = true;
    tenant.user(3).deleted = true;
    tenant.user(4).has_emails = false;
    tenant
}

#[tokio::test]
async fn every_page_is_read_and_the_requests_are_counted() {
    let server = start(small());
    let snapshot = Setup::new(&server).read().await.expect("a whole read");
    assert_eq!((snapshot.people().len(), snapshot.groups().len()), (1_050, 210));
    let mut disabled = people(&snapshot, AccountState::Disabled);
    disabled.sort_unstable();
    assert_eq!(disabled, ["person1@example.test", "person2@example.test"]);
    assert_eq!(people(&snapshot, AccountState::Deleted), ["person3@example.test"]);
    let bare = snapshot.people().iter().filter(|it| it.mail.is_none()).count();
    assert_eq!(bare, 1, "an account without e-mail has no address, as with today's connector");
    // Suspended, archived and deleted people are in no group.
    let first = members(&snapshot, "Group 0");
    assert_eq!((first.len(), first[0]), (447, User::new(0).id.as_str()));
    // A token, 3 pages of people, 1 of deleted ones, 2 of groups, 1 for each group and 2 more for the largest.
    assert_eq!(server.requests().len(), 1 + 3 + 1 + 2 + 210 + 2);
    let known = server.requests();
    assert!(known.iter().filter(|it| it.contains("/users?")).all(|it| it.contains("maxResults=500")));
    assert!(known.iter().filter(|it| it.contains("/groups")).all(|it| it.contains("maxResults=200")));
    assert!(known.iter().filter(|it| it.contains("/admin/")).all(|it| it.contains("fields=")));
}

#[tokio::test]
async fn every_kind_of_member_counts_as_it_should() {
    let mut tenant = Tenant::generate(4, 4, 0);
    tenant.user(2).suspended = true;
    let role = |role, kind| Member { kind, role };
    tenant.groups[0].members = vec![
        role("OWNER", user(0)),
        role("MANAGER", user(1)),
        role("MEMBER", user(2)),
        Member::new(group(1)),
    ];
    tenant.groups[1].members = vec![Member::new(user(3)), Member::new(group(0))];
    tenant.groups[2].members = vec![Member::new(MemberKind::Customer)];
    tenant.groups[3].members = vec![
        Member::new(MemberKind::Outside("guest@elsewhere.test".to_owned())),
        Member::new(MemberKind::External("other@elsewhere.test".to_owned())),
        Member::new(user(0)),
    ];
    let server = start(tenant);
    let snapshot = Setup::new(&server).read().await.expect("a whole read");
    let id = |number: usize| User::new(number).id;
    assert_eq!(members(&snapshot, "Group 0"), [id(0), id(1), Group::new(1).id]);
    assert_eq!(members(&snapshot, "Group 1"), [id(3), Group::new(0).id]);
    assert_eq!(members(&snapshot, "Group 2"), [id(0), id(1), id(2), id(3)]);
    // Whoever is not of the account is named, so that the plan can say so.
    assert_eq!(members(&snapshot, "Group 3"), ["guest@elsewhere.test", "other@elsewhere.test", &id(0)]);
}

#[tokio::test]
async fn one_domain_several_or_all() {
    let mut tenant = Tenant::generate(6, 3, 2);
    for (number, domain) in [(0, "a.test"), (1, "a.test"), (2, "b.test"), (3, "c.test")] {
        tenant.user(number).primary_email = format!("person{number}@{domain}");
    }
    tenant.groups[0].email = "group0@a.test".to_owned();
    let server = start(tenant);
    for (domain, customer, expected) in [
        (json!("a.test"), json!(null), (2, 1)),
        (json!("a.test, b.test,A.test"), json!(null), (3, 1)),
        (json!("example.test"), json!("my_customer"), (2, 2)),
        (json!(null), json!("my_customer"), (6, 3)),
    ] {
        let setup = Setup::new(&server).with("domain", domain.clone()).with("customer", customer);
        let snapshot = setup.read().await.expect("a whole read");
        assert_eq!((snapshot.people().len(), snapshot.groups().len()), expected, "{domain}");
    }
    let error =
        Setup::new(&server).with("domain", json!("nowhere.test")).read().await.err().expect("refused");
    assert!(error.to_string().contains("Domain not found"), "{error}");
    assert!(hint(&error).is_some_and(|hint| hint.contains("gsuite.domain")));
}

#[tokio::test]
async fn a_person_is_gone_only_when_google_says_so() {
    let server = start(small());
    let id = |number: usize| User::new(number).id;
    let lookups: Vec<LookupRequest> =
        [id(0), id(3), "199".to_owned(), "person0@example.test".to_owned(), id(5)]
            .into_iter()
            .map(|id| LookupRequest { external_id: ExternalId::new(id), stable_id: None, reference: None })
            .collect();
    let path = format!("/admin/directory/v1/users/{}", id(5));
    server.faults().add(Rule::new("GET", &path, Fault::Answer(Answer::empty(404))));
    let found = Setup::new(&server).directory().lookup(&lookups).await.expect("answers");
    let of = |number: usize| &found[&lookups[number].external_id];
    assert_eq!(of(0), &Presence::Found { at: None });
    assert_eq!(of(1), &Presence::NotFound, "deleted people are not found by id");
    assert_eq!(of(2), &Presence::NotFound);
    assert!(matches!(of(3), Presence::Unknown { .. }), "an address is no id");
    assert!(matches!(of(4), Presence::Unknown { .. }), "a 404 that is not Google's");
    server.faults().clear();
    for status in [403, 500] {
        server.faults().add(Rule::new("GET", "/", Fault::Answer(Answer::json(status, "{}"))));
        let found = Setup::new(&server).directory().lookup(&lookups[..1]).await.expect("answers");
        assert!(matches!(found[&lookups[0].external_id], Presence::Unknown { .. }));
        server.faults().clear();
    }
}

/// Number 1 is suspended, number 2 archived, number 3 deleted.
#[tokio::test]
async fn who_is_suspended_or_archived_is_found_and_disabled() {
    let server = start(small());
    let id = |number: usize| ExternalId::new(User::new(number).id);
    let lookups = [0, 1, 2, 3].map(|number| LookupRequest {
        external_id: id(number),
        stable_id: None,
        reference: None,
    });
    let setup = Setup::new(&server).with("userFilter", json!("|isSuspended=false"));
    let found = setup.directory().lookup(&lookups).await.expect("answers");
    let expected = [
        Presence::Found { at: None },
        Presence::Disabled { at: None },
        Presence::Disabled { at: None },
        Presence::NotFound,
    ];
    assert_eq!([0, 1, 2, 3].map(|number| found[&id(number)].clone()), expected);
    // A token, and one for each person.
    assert_eq!(server.requests().len(), 1 + 4);
}

#[tokio::test]
async fn nobody_is_gone_where_nobody_is_found() {
    let server = start(small());
    let refusal =
        r#"{"error":{"code":404,"message":"Resource Not Found: userKey","errors":[{"reason":"notFound"}]}}"#;
    let path = "/admin/directory/v1/users/";
    server.faults().add(Rule::new("GET", path, Fault::Answer(Answer::json(404, refusal))));
    let lookups =
        [LookupRequest { external_id: ExternalId::new(User::new(0).id), stable_id: None, reference: None }];
    let found = Setup::new(&server).directory().lookup(&lookups).await.expect("answers");
    assert!(found.values().all(|it| matches!(it, Presence::Unknown { .. })), "{found:?}");
    server.faults().clear();
    let gone =
        [LookupRequest { external_id: ExternalId::new("19".to_owned()), stable_id: None, reference: None }];
    let found = Setup::new(&server).directory().lookup(&gone).await.expect("answers");
    assert!(found.values().all(|it| *it == Presence::NotFound), "{found:?}");
}
