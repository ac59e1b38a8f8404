//! Whatever fails for good fails the read; whatever passes is waited for.

use super::{SCOPE, id, read, reader, server, tenant, told, web};
use crate::hint::hint;
use bwdc_engine::directory::web::WebReadError;
use bwdc_engine::event::Event;
use bwdc_sandbox::cloud::graph::{ItemFault, Member, Server, Tenant, User};
use bwdc_sandbox::faults::{Answer, Fault, Rule};
use std::collections::BTreeSet;

/// A tenant whose lists of people, groups and members have several pages.
fn paged() -> Tenant {
    let mut tenant = tenant();
    for number in 1_000..2_100 {
        tenant.users.push(User::new(&id(number), &format!("u{number}@x.test")));
        tenant.groups[3].members.push(Member::user(&id(number)));
    }
    tenant
}

/// Method and address of every request of an undisturbed read, with how often it was seen before.
async fn undisturbed(server: &Server) -> Vec<(String, String, u32)> {
    server.forget_requests();
    read(server).await.unwrap();
    let mut seen: Vec<(String, String, u32)> = Vec::new();
    for request in server.requests() {
        let before = seen.iter().filter(|it| it.1 == request.path).count();
        seen.push((request.method, request.path, u32::try_from(before).unwrap() + 1));
    }
    seen
}

#[tokio::test]
async fn any_request_that_fails_for_good_fails_the_read() {
    let server = server(paged());
    let requests = undisturbed(&server).await;
    assert!(requests.len() >= 7, "{requests:?}");
    for (method, path, number) in &requests {
        for fault in [
            Fault::Answer(Answer::json(500, "{\"error\":{\"code\":\"generalException\"}}")),
            Fault::Answer(Answer::json(403, "{\"error\":{\"code\":\"Authorization_RequestDenied\"}}")),
            Fault::CutBeforeHandling,
            Fault::CutAfterHandling,
            Fault::TruncateBody(20),
            Fault::ReplaceBody("{\"value\": [".to_owned()),
            Fault::ReplaceBody("{}".to_owned()),
        ] {
            server.heal();
            // The requests before it are left alone; it and every repetition of it fails.
            let rule = Rule::new(method, path, fault.clone());
            for passed in 1..*number {
                server
                    .faults()
                    .add(Rule::new(method, path, Fault::Delay(std::time::Duration::ZERO)).nth(passed));
            }
            server.faults().add(rule);
            let outcome = read(&server).await;
            let error = outcome.err().unwrap_or_else(|| panic!("{path} {fault:?} must fail the read"));
            assert!(!error.to_string().contains("sandbox-entra-secret"), "{error}");
        }
    }
}

#[tokio::test]
async fn any_item_of_a_batch_that_fails_for_good_fails_the_read() {
    let server = server(paged());
    undisturbed(&server).await;
    let items: BTreeSet<String> = server.requests().into_iter().flat_map(|it| it.items).collect();
    assert_eq!(items.len(), 5, "four groups, one of them with a second page");
    for item in items {
        for status in [429, 500, 503, 403, 404] {
            server.heal();
            let fault =
                ItemFault { path_prefix: item.clone(), status, retry_after: Some(1), first: u32::MAX };
            server.fail_items(fault);
            let error = web(read(&server).await.err().unwrap_or_else(|| panic!("{item} {status}")));
            assert_eq!(error.status(), Some(status), "{error}");
        }
    }
}

/// A later page of a group's members is not there any more: the list is begun again a few times, and has everybody once.
#[tokio::test]
async fn a_list_of_members_whose_page_has_ended_is_begun_again_a_few_times() {
    let server = server(paged());
    let whole = told(&read(&server).await.unwrap());
    let items = || server.requests().into_iter().flat_map(|it| it.items);
    let later = items().find(|it| it.contains("skip")).expect("a second page");
    for status in [400, 410] {
        for (first, comes) in [(2, true), (u32::MAX, false)] {
            server.heal();
            server.forget_requests();
            server.fail_items(ItemFault { path_prefix: later.clone(), status, retry_after: None, first });
            match read(&server).await {
                Ok(snapshot) => assert!(comes && told(&snapshot) == whole, "{status}"),
                Err(error) => assert!(!comes && web(error).status() == Some(status), "{status}"),
            }
            assert_eq!(items().filter(|it| *it == later).count(), 3, "{status}");
        }
    }
}

#[tokio::test]
async fn an_item_that_is_put_off_is_asked_for_again_on_its_own() {
    let server = server(paged());
    let whole = told(&read(&server).await.unwrap());
    for status in [429, 503] {
        server.forget_requests();
        server.fail_items(ItemFault {
            path_prefix: format!("/groups/{}", id(12)),
            status,
            retry_after: Some(2),
            first: 2,
        });
        assert_eq!(told(&read(&server).await.unwrap()), whole);
        let asked = |number| {
            let prefix = format!("/groups/{}/", id(number));
            let items = server.requests().into_iter().flat_map(|it| it.items);
            items.filter(|item| item.starts_with(&prefix)).count()
        };
        assert_eq!((asked(12), asked(11)), (3, 1));
    }
}

/// As at any other request: one refusal of a token is overcome by another token, a second one is the end.
#[tokio::test]
async fn an_item_whose_token_is_refused_is_asked_for_once_more_with_another_one() {
    let server = server(paged());
    let whole = told(&read(&server).await.unwrap());
    for (first, comes) in [(1, true), (u32::MAX, false)] {
        server.heal();
        server.forget_requests();
        let path_prefix = format!("/groups/{}", id(12));
        server.fail_items(ItemFault { path_prefix, status: 401, retry_after: None, first });
        match read(&server).await {
            Ok(snapshot) => assert!(comes && told(&snapshot) == whole),
            Err(error) => assert!(!comes && web(error).status() == Some(401)),
        }
        let tokens = server.requests().iter().filter(|it| it.path.contains("/token")).count();
        assert_eq!(tokens, 2);
    }
}

#[tokio::test]
async fn a_storm_of_refusals_is_waited_out() {
    let server = server(paged());
    let whole = told(&read(&server).await.unwrap());
    let slower =
        || Answer::json(429, "{\"error\":{\"code\":\"TooManyRequests\"}}").header("retry-after", "3");
    for path in ["/v1.0/users", "/v1.0/groups", "/v1.0/$batch", "/v1.0/directory"] {
        server.faults().add(Rule::new("*", path, Fault::Answer(slower())).first(3));
    }
    let waits = std::sync::Mutex::new(0);
    let count = |event| {
        if let Event::Waiting { seconds, .. } = event {
            assert_eq!(seconds, 3);
            *waits.lock().unwrap() += 1;
        }
    };
    let snapshot = reader(&server, "", "").read(SCOPE, &count).await.unwrap();
    assert_eq!(told(&snapshot), whole);
    assert!(*waits.lock().unwrap() >= 12);
}

#[tokio::test]
async fn a_token_that_ends_during_the_read_is_replaced() {
    let server = std::sync::Arc::new(server(paged()));
    let whole = told(&read(&server).await.unwrap());
    server.forget_requests();
    for path in ["/v1.0/groups", "/v1.0/$batch"] {
        let refusal = Answer::json(401, "{\"error\":{\"code\":\"InvalidAuthenticationToken\"}}");
        server.faults().add(Rule::new("*", path, Fault::Answer(refusal)).nth(1));
    }
    assert_eq!(told(&read(&server).await.unwrap()), whole);
    let tokens = server.requests().iter().filter(|it| it.path.ends_with("/token")).count();
    assert_eq!(tokens, 3);
}

#[tokio::test]
async fn a_next_page_on_another_server_gets_no_token() {
    let server = server(tenant());
    for (path, body) in [
        (
            "/v1.0/users",
            "{\"value\":[],\"@odata.nextLink\":\"https://elsewhere.test/v1.0/users?x=1\"}".to_owned(),
        ),
        (
            "/v1.0/$batch",
            format!(
                "{{\"responses\":[{}]}}",
                [0, 1, 2, 3]
                    .map(|number| format!(
                        "{{\"id\":\"{number}\",\"status\":200,\"body\":{{\"value\":[],\
                         \"@odata.nextLink\":\"https://elsewhere.test/v1.0/x\"}}}}"
                    ))
                    .join(",")
            ),
        ),
    ] {
        server.heal();
        server.faults().add(Rule::new("*", path, Fault::ReplaceBody(body)));
        let error = web(read(&server).await.err().unwrap());
        assert!(matches!(error, WebReadError::Strayed { .. }), "{error}");
    }
}

#[tokio::test]
async fn a_wrong_secret_is_said_to_be_wrong() {
    let server = server(tenant());
    let refusal =
        "{\"error\":\"invalid_client\",\"error_description\":\"AADSTS7000215: Invalid client secret\"}";
    server.faults().add(Rule::new("POST", "/example", Fault::Answer(Answer::json(401, refusal))));
    let error = web(read(&server).await.err().unwrap());
    assert_eq!((error.status(), error.code()), (Some(401), Some("invalid_client")));
    assert!(hint(&error).unwrap().contains("client secret is wrong"), "{error}");
}

#[tokio::test]
async fn a_sign_in_that_is_refused_names_the_setting() {
    let server = server(tenant());
    for (status, code, said, named) in [
        (400, "invalid_request", "AADSTS90002: Tenant 'x' not found.", "entra.tenant"),
        (400, "unauthorized_client", "AADSTS700016: Application not found.", "entra.applicationId"),
        (401, "invalid_client", "AADSTS7000222: The client secret keys are expired.", "entra.key"),
        (401, "invalid_client", "AADSTS700024: Client assertion is not valid yet.", "clock"),
        (400, "invalid_request", "Something new.", "login.microsoftonline.com/error"),
    ] {
        server.heal();
        let refusal = format!("{{\"error\":\"{code}\",\"error_description\":\"{said}\"}}");
        server.faults().add(Rule::new("POST", "/example", Fault::Answer(Answer::json(status, &refusal))));
        let error = web(read(&server).await.err().unwrap());
        assert!(error.to_string().contains(said), "{error}");
        assert!(hint(&error).unwrap().contains(named), "{said}: {:?}", hint(&error));
    }
}

#[tokio::test]
async fn a_property_that_is_missing_is_no_property_that_is_not_set() {
    let server = server(tenant());
    let page = |item: &str| Fault::ReplaceBody(format!("{{\"value\":[{{\"id\":\"{}\",{item}}}]}}", id(1)));
    for (path, item) in [
        ("/v1.0/users", "\"mail\":null,\"userPrincipalName\":\"a@x.test\",\"userType\":null"),
        ("/v1.0/users", "\"mail\":null,\"accountEnabled\":true,\"userType\":null"),
        ("/v1.0/groups", "\"mail\":null"),
    ] {
        server.heal();
        server.faults().add(Rule::new("GET", path, page(item)));
        let error = web(read(&server).await.err().unwrap());
        assert!(matches!(error, WebReadError::Malformed { .. }), "{error}");
    }
    server.heal();
    let null = "\"mail\":null,\"userPrincipalName\":null,\"accountEnabled\":false,\"userType\":null";
    server.faults().add(Rule::new("GET", "/v1.0/users", page(null)));
    assert_eq!(told(&read(&server).await.unwrap()).0[0], "1 Disabled none");
}

#[tokio::test]
async fn a_batch_that_is_answered_in_part_is_no_answer() {
    let server = server(tenant());
    let item = |number: usize| format!("{{\"id\":\"{number}\",\"status\":200,\"body\":{{\"value\":[]}}}}");
    for answered in [vec![0, 1, 2], vec![0, 1, 2, 2], vec![0, 1, 2, 3, 4], vec![]] {
        server.heal();
        let items: Vec<String> = answered.into_iter().map(item).collect();
        let body = format!("{{\"responses\":[{}]}}", items.join(","));
        server.faults().add(Rule::new("POST", "/v1.0/$batch", Fault::ReplaceBody(body)));
        let error = web(read(&server).await.err().unwrap());
        assert!(matches!(error, WebReadError::Malformed { .. }), "{error}");
    }
}
