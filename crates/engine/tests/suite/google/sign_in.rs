//! The service account: what is refused, what is said about it, and what `doctor` finds.

use super::Setup;
use crate::hint::hint;
use bwdc_engine::directory::ReadError;
use bwdc_engine::directory::probe::{Check, Finding, Grade};
use bwdc_sandbox::cloud::google::{Options, Privileges, Server, Tenant};
use serde_json::json;

const EC: &str = include_str!("../okta/keys/ec.pem");
const ANOTHER: &str = include_str!("../okta/keys/rsa.pem");

fn start(change: impl FnOnce(&mut Options)) -> Server {
    let mut options = Options::new(Tenant::generate(3, 1, 2));
    change(&mut options);
    Server::start(options).expect("a stand-in")
}

/// The error and the next step.
async fn refused(setup: Setup) -> (String, String) {
    let error = setup.read().await.err().expect("refused");
    let hint = hint(&error).expect("a next step");
    assert!(!error.to_string().contains("PRIVATE KEY") && !hint.contains("PRIVATE KEY"), "{error}");
    (error.to_string(), hint)
}

#[tokio::test]
async fn a_refusal_says_what_to_do_and_where() {
    let server = start(|_| {});
    let missing = start(|options| options.delegated.truncate(2));
    let disabled = start(|options| options.api_enabled = false);
    let weak = start(|options| options.privileges = Privileges { users: true, groups: false });
    let elsewhere = Setup::new(&server).with("adminUser", json!("nobody@example.test"));
    let unknown = Setup::new(&server).with("clientEmail", json!("x@y.iam.gserviceaccount.com"));
    let another = Setup { key: ANOTHER.to_owned(), ..Setup::new(&server) };
    let customer = Setup::new(&server).with("domain", json!(null)).with("customer", json!("C1"));
    for (setup, said, next) in [
        (
            Setup::new(&missing),
            "unauthorized_client",
            vec!["Domain-wide delegation", "admin.directory.group.member.readonly"],
        ),
        (
            Setup::new(&disabled),
            "has not been used in project",
            vec!["Enable the Admin SDK API", "console.cloud.google.com"],
        ),
        (Setup::new(&weak), "Not Authorized", vec!["`gsuite.adminUser`", "Groups > Read"]),
        (elsewhere, "Invalid email", vec!["`gsuite.adminUser`", "the service account is right"]),
        (unknown, "account not found", vec!["gsuite.clientEmail", "gsuite.key-file"]),
        (another, "Invalid JWT Signature", vec!["new key", "gsuite.key-file"]),
        (customer, "Bad Request", vec!["gsuite.customer"]),
    ] {
        let (error, hint) = refused(setup).await;
        assert!(error.contains(said), "{error}");
        assert!(next.iter().all(|words| hint.contains(words)), "{error}: {hint}");
    }
}

#[test]
fn a_key_that_cannot_be_used_is_told_before_anything_is_sent() {
    let server = start(|_| {});
    for key in ["", "hunter2", EC, "{}"] {
        let setup = Setup { key: key.to_owned(), ..Setup::new(&server) };
        let error = setup.try_directory().err().expect("no key").to_string();
        assert!(
            error.contains("`gsuite.key` must be the private key of") && !error.contains("hunter2"),
            "{error}"
        );
    }
    assert!(server.requests().is_empty());
}

async fn probe(server: &Server) -> Vec<Finding> {
    Setup::new(server).directory().probe(&|_| {}).await
}

fn failures(findings: &[Finding]) -> Vec<(Check, &str)> {
    findings.iter().filter(|it| it.is_failure()).map(|it| (it.check, it.subject.as_str())).collect()
}

#[tokio::test]
async fn a_probe_names_what_is_missing() {
    let findings = probe(&start(|_| {})).await;
    assert!(failures(&findings).is_empty(), "{findings:?}");
    let checks: Vec<Check> = findings.iter().map(|it| it.check).collect();
    assert_eq!(checks, [Check::SignIn, Check::People, Check::Groups, Check::Service]);
    assert!(matches!(findings[3].grade, Grade::Good));

    let findings = probe(&start(|options| drop(options.delegated.remove(1)))).await;
    let scope = "https://www.googleapis.com/auth/admin.directory.group.readonly";
    assert_eq!(failures(&findings)[1..], [(Check::Right, scope)], "the missing scope is named");

    let findings = probe(&start(|options| options.api_enabled = false)).await;
    assert_eq!(failures(&findings).len(), 2);
    let Grade::Failed(error) = &findings[1].grade else { panic!("{findings:?}") };
    assert!(matches!(**error, ReadError::Web(_)));
    assert!(hint(&error).is_some_and(|hint| hint.contains("Enable the Admin SDK API")));

    let weak = start(|options| options.privileges = Privileges { users: false, groups: true });
    let findings = probe(&weak).await;
    assert_eq!(failures(&findings).iter().map(|it| it.0).collect::<Vec<_>>(), [Check::People]);
}
