//! Values that OneLogin's models let be null, and that an answer may lack, in both versions of its API.

use super::{Setup, start};
use crate::odd::{ERROR, Row, check, told};
use bwdc_sandbox::cloud::onelogin::Tenant;

const WHOLE: &str = "5+1+0 people, 6 addresses, 2 groups, 6 members";
const SECOND: &[Row] = &[
    ("GET", "/api/2/users?", "/0/id", ERROR, ERROR),
    ("GET", "/api/2/users?", "/0/status", "4+1+0 people, 5 addresses, 2 groups, 6 members", ERROR),
    ("GET", "/api/2/users?", "/0/email", WHOLE, ERROR),
    ("GET", "/api/2/users?", "/0/username", WHOLE, ERROR),
    ("GET", "/api/2/users?", "/0/updated_at", WHOLE, ERROR),
    ("GET", "/api/2/roles?", "/0/id", ERROR, ERROR),
    ("GET", "/api/2/roles?", "/0/name", "5+1+0 people, 6 addresses, 1 groups, 3 members", ERROR),
    ("GET", "/api/2/roles/", "/0/id", ERROR, ERROR),
];
const FIRST: &[Row] = &[
    ("GET", "/api/1/users?", "/data/0/id", ERROR, ERROR),
    ("GET", "/api/1/users?", "/data/0/status", "4+1+0 people, 5 addresses, 2 groups, 6 members", ERROR),
    ("GET", "/api/1/users?", "/data/0/email", WHOLE, ERROR),
    ("GET", "/api/1/users?", "/data/0/username", WHOLE, ERROR),
    ("GET", "/api/1/users?", "/data/0/role_id", "5+1+0 people, 6 addresses, 2 groups, 5 members", ERROR),
    ("GET", "/api/1/users?", "/data", ERROR, ERROR),
    ("GET", "/api/1/users?", "/pagination", ERROR, ERROR),
    ("GET", "/api/1/roles", "/data/0/id", ERROR, ERROR),
    ("GET", "/api/1/roles", "/data/0/name", "5+1+0 people, 6 addresses, 1 groups, 3 members", ERROR),
];

#[tokio::test]
async fn each_has_its_meaning() {
    let mut tenant = Tenant::generate(6, 2, 3);
    tenant.users[1].status = 2;
    let server = start(tenant);
    for (version, rows) in [(2, SECOND), (1, FIRST)] {
        let setup = Setup::new(&server, version);
        let read = async || setup.read().await;
        assert_eq!(told(read().await), WHOLE);
        check(rows, server.faults(), read).await;
    }
}
