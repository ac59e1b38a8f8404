//! Values that Google's description lets be missing.

use super::{Setup, few_people, start};
use crate::odd::{ERROR, Row, check, told};

const WHOLE: &str = "5+1+0 people, 6 addresses, 2 groups, 4 members";
const ROWS: &[Row] = &[
    ("GET", "/admin/directory/v1/users?", "/users/0/id", ERROR, ERROR),
    (
        "GET",
        "/admin/directory/v1/users?",
        "/users/0/primaryEmail",
        "5+1+0 people, 5 addresses, 2 groups, 4 members",
        "5+1+0 people, 5 addresses, 2 groups, 4 members",
    ),
    (
        "GET",
        "/admin/directory/v1/users?",
        "/users/0/suspended",
        "4+1+0 people, 5 addresses, 2 groups, 3 members",
        "4+1+0 people, 5 addresses, 2 groups, 3 members",
    ),
    ("GET", "/admin/directory/v1/users?", "/users/0/archived", WHOLE, WHOLE),
    ("GET", "/admin/directory/v1/users?", "/users/0/orgUnitPath", WHOLE, WHOLE),
    (
        "GET",
        "/admin/directory/v1/users?",
        "/users/0/emails",
        "5+1+0 people, 5 addresses, 2 groups, 4 members",
        "5+1+0 people, 5 addresses, 2 groups, 4 members",
    ),
    ("GET", "/admin/directory/v1/users?", "/users/0/name", WHOLE, WHOLE),
    ("GET", "/admin/directory/v1/users?", "/users/0/externalIds", WHOLE, WHOLE),
    ("GET", "/admin/directory/v1/groups?", "/groups/0/id", ERROR, ERROR),
    ("GET", "/admin/directory/v1/groups?", "/groups/0/name", WHOLE, WHOLE),
    ("GET", "/admin/directory/v1/groups?", "/groups/0/email", WHOLE, WHOLE),
    ("GET", "/admin/directory/v1/groups/", "/members/0/id", ERROR, ERROR),
    ("GET", "/admin/directory/v1/groups/", "/members/0/type", ERROR, ERROR),
    (
        "GET",
        "/admin/directory/v1/groups/",
        "/members/0/status",
        "5+1+0 people, 6 addresses, 2 groups, 5 members",
        "5+1+0 people, 6 addresses, 2 groups, 5 members",
    ),
    ("GET", "/admin/directory/v1/groups/", "/members/0/email", WHOLE, WHOLE),
    ("GET", "/admin/directory/v1/users?", "/kind", ERROR, ERROR),
    ("GET", "/admin/directory/v1/groups/", "/kind", ERROR, ERROR),
];

#[tokio::test]
async fn each_has_its_meaning() {
    let server = start(few_people());
    let setup = Setup::new(&server);
    let read = async || setup.read().await;
    assert_eq!(told(read().await), WHOLE);
    check(ROWS, server.faults(), read).await;
}
