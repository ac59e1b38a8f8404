//! Values that Okta's description lets be null, and that an answer may lack.

use super::{OktaFilters, read, server};
use crate::odd::{ERROR, Row, check, told};
use bwdc_sandbox::cloud::okta::Tenant;

const WHOLE: &str = "5+1+0 people, 6 addresses, 2 groups, 6 members";
const ROWS: &[Row] = &[
    ("GET", "/api/v1/users?", "/0/id", ERROR, ERROR),
    ("GET", "/api/v1/users?", "/0/status", ERROR, ERROR),
    ("GET", "/api/v1/users?", "/0/lastUpdated", WHOLE, WHOLE),
    ("GET", "/api/v1/users?", "/0/profile", ERROR, ERROR),
    (
        "GET",
        "/api/v1/users?",
        "/0/profile/email",
        "5+1+0 people, 5 addresses, 2 groups, 6 members",
        "5+1+0 people, 5 addresses, 2 groups, 6 members",
    ),
    ("GET", "/api/v1/users?", "/0/profile/login", ERROR, ERROR),
    ("GET", "/api/v1/groups?", "/0/id", ERROR, ERROR),
    ("GET", "/api/v1/groups?", "/0/lastUpdated", WHOLE, WHOLE),
    ("GET", "/api/v1/groups?", "/0/lastMembershipUpdated", WHOLE, WHOLE),
    ("GET", "/api/v1/groups?", "/0/profile", ERROR, ERROR),
    ("GET", "/api/v1/groups?", "/0/profile/name", ERROR, ERROR),
    ("GET", "/api/v1/groups/", "/0/id", ERROR, ERROR),
    ("GET", "/api/v1/groups/", "/0/status", WHOLE, WHOLE),
];

#[tokio::test]
async fn each_has_its_meaning() {
    let mut tenant = Tenant::generate(6, 2, 3);
    tenant.users[1].status = "SUSPENDED".to_owned();
    let server = server(tenant);
    let read = async || read(&server, OktaFilters::default()).await;
    assert_eq!(told(read().await), WHOLE);
    check(ROWS, server.faults(), read).await;
}
