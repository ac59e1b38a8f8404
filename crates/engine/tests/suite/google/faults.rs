//! Whatever happens at a request: the whole, or one error. Every request is taken from the stand-in's own log.

use super::{Setup, shape, small, start, user};
use crate::hint::hint;
use bwdc_core::snapshot::{AccountState, ReadScope};
use bwdc_engine::directory::ReadError;
use bwdc_engine::directory::probe::{Check, Concern, Finding, Grade};
use bwdc_engine::event::Event;
use bwdc_engine::notice::Notice;
use bwdc_sandbox::cloud::google::{Member, MemberKind, Options, OverQuota, Server, Tenant};
use bwdc_sandbox::faults::{Answer, Arrival, Fault, Moment, Rule};
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// Several pages of each list.
fn few_groups() -> Tenant {
    let mut tenant = small();
    tenant.groups.truncate(3);
    tenant.users.extend((1_050..1_600).map(|number| {
        let mut user = bwdc_sandbox::cloud::google::User::new(number);
        user.deleted = true;
        user
    }));
    tenant.groups[1].members = (0..2).map(|number| Member::new(user(number))).collect();
    tenant
}

fn refusal(status: u16, reason: &str) -> Fault {
    let body = json!({ "error": { "code": status, "message": reason, "errors": [{ "reason": reason }] } });
    Fault::Answer(Answer::json(status, &body.to_string()))
}

/// A group of another company within one of ours: nobody here may see who is in it, nor the group itself.
#[tokio::test]
async fn a_group_of_another_account_is_left_out_and_named() {
    let mut tenant = few_groups();
    let foreign = MemberKind::ForeignGroup("all@elsewhere.test".to_owned());
    tenant.groups[0].members.push(Member::new(foreign));
    let server = start(tenant);
    for setup in [
        Setup::new(&server).with("flattenHiddenGroups", json!(true)),
        Setup::new(&server).sync("userFilter", json!("includeGroup:group0@example.test")),
    ] {
        let snapshot = setup.read().await.expect("a whole read");
        let first = &snapshot.groups()[0];
        let members = snapshot.members(first).iter().map(|it| snapshot.texts().get(*it));
        assert_eq!(members.filter(|it| *it == "all@elsewhere.test").count(), 1);
    }
    // Where it would keep people out, whom it keeps out is not known.
    let setup = Setup::new(&server).sync("userFilter", json!("excludeGroup:group0@example.test"));
    let error = setup.read().await.err().expect("refused");
    assert_eq!(
        error.to_string(),
        "Google Workspace does not show who is in `all@elsewhere.test`, a group of another account within a group that the \
         filter leaves out"
    );
    assert!(hint(&error).is_some_and(|it| it.contains("`all@elsewhere.test`")));
    // One of ours, whose members may not be seen, is no such group.
    let ours = bwdc_sandbox::cloud::google::Group::new(1).id;
    server.change(|tenant| tenant.groups[0].members = vec![Member::new(MemberKind::Group(ours.clone()))]);
    let members = format!("/admin/directory/v1/groups/{ours}/members");
    server.faults().add(Rule::new("GET", &members, refusal(403, "forbidden")));
    let setup = Setup::new(&server).with("flattenHiddenGroups", json!(true));
    let setup = setup.sync("groupFilter", json!("exclude:Group 1"));
    let error = setup.read().await.err().expect("refused");
    assert!(error.to_string().contains(&ours), "the group is named: {error}");
    // Nor is it where the group itself is refused as well: the list has it.
    server.faults().clear();
    let group = format!("/admin/directory/v1/groups/{ours}");
    server.faults().add(Rule::new("GET", &group, refusal(403, "forbidden")));
    let error = setup.read().await.err().expect("refused");
    assert!(error.to_string().contains(&ours), "the group is named: {error}");
    // A quota that stays used up says nothing of a group, whether a list has it or not.
    let people = ReadScope { groups: false, ..super::WHOLE };
    for reason in
        ["quotaExceeded", "dailyLimitExceeded", "userRateLimitExceeded", "rateLimitExceeded", "backendError"]
    {
        server.faults().clear();
        server.faults().add(Rule::new("GET", &group, refusal(403, reason)));
        let named = Setup { speed: 10_000.0, ..Setup::new(&server) }
            .sync("userFilter", json!("includeGroup:group0@example.test"));
        let error = named.directory().read(people, &|_| {}).await.err().expect("refused");
        assert!(error.to_string().contains(reason), "{error}");
    }
    // Members of whom nothing is shown are missing, not nobody: the group and the right are named.
    server.faults().clear();
    let nameless =
        r#"{"kind":"admin#directory#members","members":[{"kind":"admin#directory#member","role":"MEMBER"}]}"#;
    server.faults().add(Rule::new("GET", &members, Fault::ReplaceBody(nameless.to_owned())));
    let error = Setup::new(&server).read().await.err().expect("members are not shown").to_string();
    assert!(error.contains(&format!("the group `{ours}`")) && error.contains("Users > Read"), "{error}");
}

/// Google says of the account's own people whether they are active. Where an answer lacks it, the list of people says it.
#[tokio::test]
async fn a_member_without_a_status_is_whoever_the_list_of_people_says() {
    let server = start(super::few_people());
    let of = |number| bwdc_sandbox::cloud::google::User::new(number);
    let members: Vec<_> = [(0, json!(null)), (1, json!("")), (2, json!(" "))]
        .into_iter()
        .map(|(number, status)| json!({ "id": of(number).id, "email": of(number).primary_email, "type": "USER", "status": status }))
        .collect();
    let body = json!({ "kind": "admin#directory#members", "members": members }).to_string();
    let path =
        format!("/admin/directory/v1/groups/{}/members", bwdc_sandbox::cloud::google::Group::new(0).id);
    server.faults().add(Rule::new("GET", &path, Fault::ReplaceBody(body)));
    let snapshot = Setup::new(&server).read().await.expect("a whole read");
    assert_eq!(super::members(&snapshot, "Group 0"), [of(0).id, of(2).id]);
    for (clause, expected) in [("includeGroup", &[0, 2][..]), ("excludeGroup", &[3, 4, 5])] {
        let filter = json!(format!("{clause}:group0@example.test"));
        let snapshot = Setup::new(&server).sync("userFilter", filter).read().await.expect("a whole read");
        let expected: Vec<String> = expected.iter().map(|it| of(*it).primary_email).collect();
        assert_eq!(super::people(&snapshot, AccountState::Enabled), expected, "{clause}");
    }
}

/// Everybody of one domain is less than the customer.
#[tokio::test]
async fn a_domain_beside_the_customer_is_named() {
    let server = start(few_groups());
    for (customer, expected) in [(json!("my_customer"), 1), (json!(null), 0)] {
        let notices = AtomicU32::new(0);
        let note = |event| {
            if matches!(event, Event::Notice(Notice::DomainBesideCustomer { .. })) {
                notices.fetch_add(1, Ordering::Relaxed);
            }
        };
        let setup = Setup::new(&server).with("customer", customer);
        setup.directory().read(super::WHOLE, &note).await.expect("a whole read");
        assert_eq!(notices.load(Ordering::Relaxed), expected);
        let findings = setup.directory().probe(&|_| ()).await;
        let of_it = |it: &&Finding| matches!(it.grade, Grade::Concern(Concern::DomainBesideCustomer));
        let found: Vec<_> = findings.iter().filter(of_it).map(|it| (it.check, it.subject.as_str())).collect();
        assert_eq!(found, vec![(Check::SearchBase, "example.test"); expected as usize]);
    }
}

#[tokio::test]
async fn a_fault_at_any_request_is_overcome_or_fails_the_read() {
    let server = start(few_groups());
    let setup = Setup { speed: 10_000.0, ..Setup::new(&server) };
    let whole = shape(&setup.read().await.expect("a whole read"));
    let requests = server.requests();
    let lists: Vec<&String> = requests.iter().filter(|path| path.contains("/admin/")).collect();
    assert_eq!((requests.len(), lists.len()), (12, 11), "{requests:?}");
    for path in &requests {
        let method = if path == "/token" { "POST" } else { "GET" };
        let passing = || {
            vec![
                Fault::Answer(Answer::empty(500)),
                Fault::Answer(Answer::json(503, "{}").header("retry-after", "1")),
                Fault::CutBeforeHandling,
                Fault::CutAfterHandling,
                Fault::TruncateBody(9),
                Fault::ReplaceBody("{\"kind\":\"admin#directory#users\",\"users\":[{\"id\":\"1".to_owned()),
                Fault::Answer(Answer::json(429, "{}").header("retry-after", "1")),
                refusal(429, "rateLimitExceeded"),
            ]
        };
        let quota =
            ["userRateLimitExceeded", "rateLimitExceeded", "quotaExceeded"].map(|it| refusal(403, it));
        let mut once = passing();
        if method == "GET" {
            once.extend(quota.clone());
            once.push(refusal(401, "authError"));
        }
        for fault in once {
            server.faults().clear();
            server.faults().add(Rule::new(method, path, fault.clone()).first(1));
            let snapshot = setup.read().await.unwrap_or_else(|error| panic!("{fault:?} at {path}: {error}"));
            assert_eq!(shape(&snapshot), whole, "{fault:?} at {path}");
            assert_eq!(server.faults().fired(), [1], "{fault:?} at {path}");
        }
        let mut lasting = passing();
        lasting.extend(quota);
        lasting.extend([
            refusal(401, "authError"),
            refusal(403, "forbidden"),
            refusal(404, "notFound"),
            Fault::Answer(Answer::json(200, "{}")),
            Fault::Answer(Answer::json(200, "[]")),
            Fault::Answer(Answer::json(200, "<html></html>")),
            Fault::Answer(Answer::json(200, r#"{"kind":"admin#directory#somethings"}"#)),
        ]);
        for fault in lasting {
            server.faults().clear();
            server.faults().add(Rule::new(method, path, fault.clone()));
            let error = setup.read().await.err();
            let error = error.unwrap_or_else(|| panic!("a partial read: {fault:?} at {path}"));
            assert!(matches!(error, ReadError::Web(_)), "{error}");
            let text = error.to_string();
            let place = if method == "GET" { "page" } else { "/token" };
            assert!(text.contains("Google Workspace") && text.contains(place), "{text}");
            assert!(!text.contains('?') && !text.contains("PRIVATE KEY") && !text.contains("ya29"), "{text}");
            assert!(hint(&error).is_some(), "{text}");
        }
    }
}

#[tokio::test]
async fn a_list_of_another_kind_is_no_list() {
    let server = start(few_groups());
    for (path, kind) in [
        ("/admin/directory/v1/users?", "groups"),
        ("/admin/directory/v1/groups?", "members"),
        ("/admin/directory/v1/groups/", "users"),
    ] {
        server.faults().clear();
        let body = json!({ "kind": format!("admin#directory#{kind}") }).to_string();
        server.faults().add(Rule::new("GET", path, Fault::Answer(Answer::json(200, &body))));
        let error = Setup::new(&server).read().await.err().expect("no list");
        assert!(error.to_string().contains("does not call itself"), "{error}");
    }
}

#[tokio::test]
async fn a_token_that_ends_in_the_middle_is_renewed() {
    let server = Arc::new(start(few_groups()));
    for (place, path) in ["users?", "pageToken", "showDeleted", "groups?", "/members"].into_iter().enumerate()
    {
        let (weak, left) = (Arc::downgrade(&server), AtomicU32::new(1));
        server.faults().on_request(move |arrival: &Arrival| {
            if arrival.moment == Moment::Arrived
                && arrival.path.contains(path)
                && left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |it| it.checked_sub(1)).is_ok()
                && let Some(server) = weak.upgrade()
            {
                server.end_tokens();
            }
        });
        server.forget_requests();
        let snapshot = Setup::new(&server).read().await.expect("a whole read");
        assert_eq!(snapshot.groups().len(), 3);
        let tokens = server.requests().iter().filter(|path| *path == "/token").count();
        assert_eq!(tokens, 2, "place {place}");
    }
}

#[tokio::test]
async fn a_quota_that_is_used_up_is_waited_out() {
    for over_quota in [
        OverQuota::Forbidden("userRateLimitExceeded"),
        OverQuota::Forbidden("rateLimitExceeded"),
        OverQuota::Forbidden("quotaExceeded"),
        OverQuota::TooManyRequests,
    ] {
        let tenant = Tenant::generate(10, 150, 2);
        // A minute of the service passes in a second; others leave 60 requests of each.
        let options = Options { quota: 60, speed: 60.0, over_quota, ..Options::new(tenant) };
        let server = Server::start(options).expect("a stand-in");
        let setup = Setup { speed: 60.0, ..Setup::new(&server) };
        let snapshot = setup.read().await.unwrap_or_else(|error| panic!("{over_quota:?}: {error}"));
        assert_eq!(shape(&snapshot), (10, 150, 300), "{over_quota:?}");
        assert!(server.throttled() > 0, "{over_quota:?}");
    }
}

#[tokio::test]
async fn a_quota_that_stays_used_up_is_one_clear_error() {
    for over_quota in [OverQuota::Forbidden("quotaExceeded"), OverQuota::TooManyRequests] {
        let options = Options { quota: 0, over_quota, ..Options::new(Tenant::generate(3, 1, 1)) };
        let server = Server::start(options).expect("a stand-in");
        let error = Setup::new(&server).read().await.err().expect("refused");
        assert!(error.to_string().contains("Quota exceeded"), "{error}");
        assert!(
            hint(&error).is_some_and(|hint| hint.contains("quota") && hint.contains("nothing was changed"))
        );
    }
}
