//! What becomes of each odd value and each refusal that the services' stand-ins know from the vendors' descriptions.

use crate::{entra, google, okta, onelogin};
use bwdc_core::settings::OktaFilters;
use bwdc_core::snapshot::{AccountState, Snapshot};
use bwdc_engine::directory::ReadError;
use bwdc_sandbox::cloud::google::Tenant as GoogleTenant;
use bwdc_sandbox::cloud::odd::{OddValue, Service};
use bwdc_sandbox::cloud::okta::Tenant as OktaTenant;
use bwdc_sandbox::cloud::onelogin::Tenant as OneLoginTenant;
use bwdc_sandbox::faults::{Fault, Faults, Occurrence, Rule};

/// What is told of a read that fails.
const ERROR: &str = "error";

/// A place in an answer, and what is told with null there and with nothing there.
type Row = (&'static str, &'static str, &'static str, &'static str);

const GRAPH_WHOLE: &str = "4+1+1 people, 4 addresses, 4 groups, 7 members";
const GRAPH: &[Row] = &[
    ("/v1.0/users?", "/value/0/id", ERROR, ERROR),
    ("/v1.0/users?", "/value/0/mail", GRAPH_WHOLE, ERROR),
    ("/v1.0/users?", "/value/0/userPrincipalName", GRAPH_WHOLE, ERROR),
    ("/v1.0/users?", "/value/0/accountEnabled", "3+1+1 people, 3 addresses, 4 groups, 7 members", ERROR),
    ("/v1.0/users?", "/value/0/userType", GRAPH_WHOLE, ERROR),
    ("/v1.0/users?", "/value/0/employeeId", GRAPH_WHOLE, GRAPH_WHOLE),
    ("/v1.0/users?", "/value/0/displayName", GRAPH_WHOLE, GRAPH_WHOLE),
    ("/v1.0/users?", "/value", ERROR, ERROR),
    ("/v1.0/groups?", "/value/0/id", ERROR, ERROR),
    ("/v1.0/groups?", "/value/0/displayName", "4+1+1 people, 4 addresses, 3 groups, 5 members", ERROR),
    ("/v1.0/groups?", "/value/0/visibility", GRAPH_WHOLE, ERROR),
    ("/v1.0/groups?", "/value", ERROR, ERROR),
    ("/v1.0/directory/deletedItems", "/value/0/id", ERROR, ERROR),
    ("/v1.0/$batch", "/responses/0/body/value/0/id", ERROR, ERROR),
    ("/v1.0/$batch", "/responses/0/body/value/0/@odata.type", ERROR, ERROR),
    ("/v1.0/$batch", "/responses/0/body", ERROR, ERROR),
    ("/v1.0/$batch", "/responses/0/status", ERROR, ERROR),
];

const GOOGLE_WHOLE: &str = "5+1+0 people, 6 addresses, 2 groups, 4 members";
const GOOGLE_ADDRESS: &str = "5+1+0 people, 5 addresses, 2 groups, 4 members";
const GOOGLE_SUSPENDED: &str = "4+1+0 people, 5 addresses, 2 groups, 3 members";
const GOOGLE: &[Row] = &[
    ("/admin/directory/v1/users?", "/users/0/id", ERROR, ERROR),
    ("/admin/directory/v1/users?", "/users/0/primaryEmail", GOOGLE_ADDRESS, GOOGLE_ADDRESS),
    ("/admin/directory/v1/users?", "/users/0/suspended", GOOGLE_SUSPENDED, GOOGLE_SUSPENDED),
    ("/admin/directory/v1/users?", "/users/0/archived", GOOGLE_WHOLE, GOOGLE_WHOLE),
    ("/admin/directory/v1/users?", "/users/0/orgUnitPath", GOOGLE_WHOLE, GOOGLE_WHOLE),
    ("/admin/directory/v1/users?", "/users/0/emails", GOOGLE_ADDRESS, GOOGLE_ADDRESS),
    ("/admin/directory/v1/users?", "/users/0/name", GOOGLE_WHOLE, GOOGLE_WHOLE),
    ("/admin/directory/v1/users?", "/users/0/externalIds", GOOGLE_WHOLE, GOOGLE_WHOLE),
    ("/admin/directory/v1/users?", "/kind", ERROR, ERROR),
    ("/admin/directory/v1/groups?", "/groups/0/id", ERROR, ERROR),
    ("/admin/directory/v1/groups?", "/groups/0/name", GOOGLE_WHOLE, GOOGLE_WHOLE),
    ("/admin/directory/v1/groups?", "/groups/0/email", GOOGLE_WHOLE, GOOGLE_WHOLE),
    ("/admin/directory/v1/groups/", "/members/0/id", ERROR, ERROR),
    ("/admin/directory/v1/groups/", "/members/0/type", ERROR, ERROR),
    ("/admin/directory/v1/groups/", "/members/0/status", GOOGLE_WHOLE, GOOGLE_WHOLE),
    ("/admin/directory/v1/groups/", "/members/0/email", GOOGLE_WHOLE, GOOGLE_WHOLE),
    ("/admin/directory/v1/groups/", "/kind", ERROR, ERROR),
];

const WHOLE: &str = "5+1+0 people, 6 addresses, 2 groups, 6 members";
const OKTA_ADDRESS: &str = "5+1+0 people, 5 addresses, 2 groups, 6 members";
const OKTA: &[Row] = &[
    ("/api/v1/users?", "/0/id", ERROR, ERROR),
    ("/api/v1/users?", "/0/status", ERROR, ERROR),
    ("/api/v1/users?", "/0/lastUpdated", WHOLE, WHOLE),
    ("/api/v1/users?", "/0/profile", ERROR, ERROR),
    ("/api/v1/users?", "/0/profile/email", OKTA_ADDRESS, OKTA_ADDRESS),
    ("/api/v1/users?", "/0/profile/login", ERROR, ERROR),
    ("/api/v1/groups?", "/0/id", ERROR, ERROR),
    ("/api/v1/groups?", "/0/lastUpdated", WHOLE, WHOLE),
    ("/api/v1/groups?", "/0/lastMembershipUpdated", WHOLE, WHOLE),
    ("/api/v1/groups?", "/0/profile", ERROR, ERROR),
    ("/api/v1/groups?", "/0/profile/name", ERROR, ERROR),
    ("/api/v1/groups/", "/0/id", ERROR, ERROR),
    ("/api/v1/groups/", "/0/status", WHOLE, WHOLE),
];

const ONELOGIN_STATUS: &str = "4+1+0 people, 5 addresses, 2 groups, 6 members";
const ONELOGIN_ROLE: &str = "5+1+0 people, 6 addresses, 1 groups, 3 members";
const ONELOGIN_MEMBER: &str = "5+1+0 people, 6 addresses, 2 groups, 5 members";
const ONELOGIN: &[Row] = &[
    ("/api/2/users?", "/0/id", ERROR, ERROR),
    ("/api/2/users?", "/0/status", ONELOGIN_STATUS, ERROR),
    ("/api/2/users?", "/0/email", WHOLE, ERROR),
    ("/api/2/users?", "/0/username", WHOLE, ERROR),
    ("/api/2/users?", "/0/updated_at", WHOLE, ERROR),
    ("/api/2/roles?", "/0/id", ERROR, ERROR),
    ("/api/2/roles?", "/0/name", ONELOGIN_ROLE, ERROR),
    ("/api/2/roles/", "/0/id", ERROR, ERROR),
];
const ONELOGIN_FIRST: &[Row] = &[
    ("/api/1/users?", "/data/0/id", ERROR, ERROR),
    ("/api/1/users?", "/data/0/status", ONELOGIN_STATUS, ERROR),
    ("/api/1/users?", "/data/0/email", WHOLE, ERROR),
    ("/api/1/users?", "/data/0/username", WHOLE, ERROR),
    ("/api/1/users?", "/data/0/role_id", ONELOGIN_MEMBER, ERROR),
    ("/api/1/users?", "/data", ERROR, ERROR),
    ("/api/1/users?", "/pagination", ERROR, ERROR),
    ("/api/1/roles", "/data/0/id", ERROR, ERROR),
    ("/api/1/roles", "/data/0/name", ONELOGIN_ROLE, ERROR),
];

/// How many people of which state with how many addresses, and how many groups with how many members.
fn told(read: Result<Snapshot, ReadError>) -> String {
    let snapshot = match read {
        Ok(snapshot) => snapshot,
        Err(ReadError::Web(error)) => {
            assert!(!error.to_string().is_empty());
            return ERROR.to_owned();
        }
        Err(error) => return format!("{error:?}"),
    };
    let people = snapshot.people();
    let count = |state| people.iter().filter(|it| it.state == state).count();
    let addresses = people.iter().filter(|it| it.mail.is_some()).count();
    let states = [AccountState::Enabled, AccountState::Disabled, AccountState::Deleted].map(count);
    let members: usize = snapshot.groups().iter().map(|it| snapshot.members(it).len()).sum();
    format!(
        "{}+{}+{} people, {addresses} addresses, {} groups, {members} members",
        states[0],
        states[1],
        states[2],
        snapshot.groups().len()
    )
}

/// Reads with each odd value, on every answer of its kind, and compares what comes of it.
async fn odd_values(
    (service, rows): (Service, &[Row]),
    faults: &Faults,
    read: impl AsyncFn() -> Result<Snapshot, ReadError>,
) {
    let known: Vec<_> = service.odd_values().iter().map(|it| (it.path, it.pointer)).collect();
    let expected: Vec<_> = rows.iter().map(|&(path, pointer, ..)| (path, pointer)).collect();
    assert_eq!(known, expected, "each odd value has its meaning");
    let mut wrong = Vec::new();
    for (odd, &(path, pointer, with_null, without)) in service.odd_values().iter().zip(rows) {
        let OddValue { method, .. } = odd;
        for (null, expected) in [(true, with_null), (false, without)] {
            faults.clear();
            faults.add(Rule::new(method, path, odd.fault(null)));
            let found = told(read().await);
            if faults.fired()[0] == 0 || found != expected {
                wrong.push(format!("{path} {pointer} null: {null}, {:?} times: {found}", faults.fired()));
            }
        }
    }
    faults.clear();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Reads with a refusal at the second request for each list, which is its second page where it has one: a token that is refused
/// once is fetched again, everything else fails the read.
async fn refusals(
    service: Service,
    faults: &Faults,
    requests: impl Fn() -> Vec<String>,
    read: impl AsyncFn() -> Result<Snapshot, ReadError>,
) {
    let whole = told(read().await);
    let requests = requests();
    let mut wrong = Vec::new();
    for list in service.lists() {
        let asked = requests.iter().filter(|it| it.starts_with(list)).count();
        assert!(asked > 0, "{list} of {requests:?}");
        let second = u32::try_from(asked.min(2)).expect("one or two");
        for (status, occurrence, expected) in [
            (401, Occurrence::Nth(second), whole.as_str()),
            (401, Occurrence::After(second - 1), ERROR),
            (403, Occurrence::Nth(second), ERROR),
        ] {
            // What a read that failed had asked for may still arrive: it must not be counted as the next one's.
            faults.clear();
            assert_eq!(told(read().await), whole);
            let refusal = Fault::Answer(service.refusal(status));
            faults.add(Rule { occurrence, ..Rule::new("*", list, refusal) });
            let found = told(read().await);
            if faults.fired()[0] == 0 || found != expected {
                wrong.push(format!("{list} {status} {occurrence:?}, {:?} times: {found}", faults.fired()));
            }
        }
    }
    faults.clear();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn of_graph() {
    let server = entra::few_people();
    let read = async || entra::read(&server).await;
    assert_eq!(told(read().await), GRAPH_WHOLE);
    odd_values((Service::Graph, GRAPH), server.faults(), read).await;
    let server = entra::pages();
    let requests = || server.requests().into_iter().map(|it| it.path).collect();
    refusals(Service::Graph, server.faults(), requests, async || entra::read(&server).await).await;
}

#[tokio::test]
async fn of_google() {
    let server = google::start(google::few_people());
    let setup = google::Setup::new(&server);
    let read = async || setup.read().await;
    assert_eq!(told(read().await), GOOGLE_WHOLE);
    odd_values((Service::Google, GOOGLE), server.faults(), read).await;
    let server = google::start(GoogleTenant::generate(510, 2, 3));
    let setup = google::Setup::new(&server);
    refusals(Service::Google, server.faults(), || server.requests(), async || setup.read().await).await;
}

#[tokio::test]
async fn of_okta() {
    let server = okta::server(okta::few_people());
    let read = async || okta::read(&server, OktaFilters::default()).await;
    assert_eq!(told(read().await), WHOLE);
    odd_values((Service::Okta, OKTA), server.faults(), read).await;
    let server = okta::server(OktaTenant::generate(210, 2, 3));
    let read = async || okta::read(&server, OktaFilters::default()).await;
    refusals(Service::Okta, server.faults(), || server.requests(), read).await;
}

#[tokio::test]
async fn of_onelogin() {
    for (version, rows, service) in
        [(2, ONELOGIN, Service::OneLogin), (1, ONELOGIN_FIRST, Service::OneLoginFirst)]
    {
        let server = onelogin::start(onelogin::few_people());
        let setup = onelogin::Setup::new(&server, version);
        let read = async || setup.read().await;
        assert_eq!(told(read().await), WHOLE);
        odd_values((service, rows), server.faults(), read).await;
        let server = onelogin::start(OneLoginTenant::generate(1_010, 2, 3));
        let setup = onelogin::Setup::new(&server, version);
        refusals(service, server.faults(), || server.requests(), async || setup.read().await).await;
    }
}
