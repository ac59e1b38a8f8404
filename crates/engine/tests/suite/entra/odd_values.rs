//! Values that Graph's description lets be null, and that an answer may lack.

use super::{SCOPE, reader, server, tenant};
use crate::odd::{ERROR, Row, check, told};

const WHOLE: &str = "4+1+1 people, 4 addresses, 4 groups, 7 members";
const ROWS: &[Row] = &[
    ("GET", "/v1.0/users?", "/value/0/id", ERROR, ERROR),
    ("GET", "/v1.0/users?", "/value/0/mail", WHOLE, ERROR),
    ("GET", "/v1.0/users?", "/value/0/userPrincipalName", WHOLE, ERROR),
    (
        "GET",
        "/v1.0/users?",
        "/value/0/accountEnabled",
        "3+1+1 people, 3 addresses, 4 groups, 7 members",
        ERROR,
    ),
    ("GET", "/v1.0/users?", "/value/0/userType", WHOLE, ERROR),
    ("GET", "/v1.0/users?", "/value/0/employeeId", WHOLE, WHOLE),
    ("GET", "/v1.0/users?", "/value/0/displayName", WHOLE, WHOLE),
    ("GET", "/v1.0/groups?", "/value/0/id", ERROR, ERROR),
    ("GET", "/v1.0/groups?", "/value/0/displayName", "4+1+1 people, 4 addresses, 3 groups, 5 members", ERROR),
    ("GET", "/v1.0/groups?", "/value/0/visibility", WHOLE, ERROR),
    ("POST", "/v1.0/$batch", "/responses/0/body/value/0/id", ERROR, ERROR),
    ("POST", "/v1.0/$batch", "/responses/0/body/value/0/@odata.type", ERROR, ERROR),
    ("POST", "/v1.0/$batch", "/responses/0/body", ERROR, ERROR),
    ("POST", "/v1.0/$batch", "/responses/0/status", ERROR, ERROR),
    ("GET", "/v1.0/users?", "/value", ERROR, ERROR),
    ("GET", "/v1.0/directory/deletedItems", "/value/0/id", ERROR, ERROR),
];

#[tokio::test]
async fn each_has_its_meaning() {
    let server = server(tenant());
    let directory = reader(&server, "", "");
    let read = async || directory.read(SCOPE, &|_| ()).await;
    assert_eq!(told(read().await), WHOLE);
    check(ROWS, server.faults(), read).await;
}
