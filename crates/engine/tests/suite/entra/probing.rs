//! Looking a tenant over names the permission that is missing.

use super::{id, reader, server, tenant};
use crate::hint::hint;
use bwdc_engine::directory::probe::{Check, Grade};
use bwdc_sandbox::faults::{Answer, Fault, Rule};

#[tokio::test]
async fn each_permission_that_is_missing_is_named() {
    let server = server(tenant());
    let unit = format!("includeAdministrativeUnit:{}", id(21));
    let good = reader(&server, &unit, "").probe(&|_| ()).await;
    let checks: Vec<Check> = good.iter().map(|it| it.check).collect();
    assert!(good.iter().all(|it| matches!(it.grade, Grade::Good)), "{good:?}");
    assert_eq!(
        checks,
        [Check::SignIn, Check::People, Check::Groups, Check::Right, Check::Right, Check::Right]
    );
    let members = format!("/v1.0/groups/{}", id(11));
    for (path, permission) in [
        ("/v1.0/users", "User.Read.All"),
        ("/v1.0/directory/deletedItems", "User.Read.All"),
        ("/v1.0/groups", "GroupMember.Read.All"),
        (&members, "GroupMember.Read.All"),
        ("/v1.0/directory/administrativeUnits", "AdministrativeUnit.Read.All"),
    ] {
        server.heal();
        let refusal =
            "{\"error\":{\"code\":\"Authorization_RequestDenied\",\"message\":\"Insufficient privileges\"}}";
        server.faults().add(Rule::new("GET", path, Fault::Answer(Answer::json(403, refusal))));
        let findings = reader(&server, &unit, "").probe(&|_| ()).await;
        let failed: Vec<String> = findings
            .iter()
            .filter_map(|it| if let Grade::Failed(error) = &it.grade { hint(&error) } else { None })
            .collect();
        assert!(
            !failed.is_empty() && failed.iter().all(|hint| hint.contains(permission)),
            "{path}: {failed:?}"
        );
    }
    // A read that is denied names it too.
    server.heal();
    let refusal = "{\"error\":{\"code\":\"Authorization_RequestDenied\"}}";
    server.faults().add(Rule::new("GET", "/v1.0/groups", Fault::Answer(Answer::json(403, refusal))));
    let error = reader(&server, "", "").read(super::SCOPE, &|_| ()).await.err().unwrap();
    assert!(hint(&error).unwrap().contains("GroupMember.Read.All"), "{error}");
}

#[tokio::test]
async fn without_a_sign_in_nothing_else_is_looked_at() {
    let server = server(tenant());
    let refusal = "{\"error\":\"invalid_client\",\"error_description\":\"AADSTS7000215\"}";
    server.faults().add(Rule::new("POST", "/example", Fault::Answer(Answer::json(401, refusal))));
    let findings = reader(&server, "", "").probe(&|_| ()).await;
    assert!(findings.len() == 1 && findings[0].is_failure(), "{findings:?}");
}
