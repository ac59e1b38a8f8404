//! Every request of a full read that mints tokens and of a read by what changed, taken from the fake's own log, meets every
//! fault: the read fails with one error, or shows the whole truth.

use super::following::{Follower, flattening, full};
use super::{id, reader, server, tenant};
use crate::hint::hint;
use bwdc_engine::directory::ReadError;
use bwdc_sandbox::cloud::graph::{DeltaHabits, Group, ItemFault, Member, Server, User};
use bwdc_sandbox::faults::{Answer, Fault, Occurrence, Rule};
use std::collections::BTreeSet;

/// A tenant whose delta answers have several pages.
fn paged() -> Server {
    let server = server(tenant());
    server.set_delta_habits(DeltaHabits { page: 2, members: 2, ..DeltaHabits::default() });
    server
}

/// What changes between the two reads: people, groups, a new group whose list is asked for, several pages of each.
fn change(server: &Server) {
    server.change(|tenant| {
        for number in 40..45 {
            tenant.users.push(User::new(&id(number), &format!("u{number}@x.test")));
            tenant.groups[3].members.push(Member::user(&id(number)));
        }
        tenant.users[0].mail = Some("new@x.test".to_owned());
        tenant.delete_user(&id(2));
        tenant.groups.push(Group { id: id(15), name: "New".to_owned(), members: vec![Member::user(&id(5))] });
        tenant.groups.push(Group {
            id: id(16),
            name: "Newer".to_owned(),
            members: vec![Member::group(&id(15))],
        });
    });
}

/// Method, beginning of the path (tokens differ from run to run), and how many had the same before.
fn log(server: &Server) -> Vec<(String, String, u32)> {
    let mut seen: Vec<(String, String, u32)> = Vec::new();
    for request in server.requests() {
        let path = request.path.split("token=").next().unwrap().to_owned();
        let before = seen.iter().filter(|it| it.1 == path).count();
        seen.push((request.method, path, u32::try_from(before).unwrap()));
    }
    seen
}

fn lasting() -> Vec<Fault> {
    vec![
        Fault::Answer(Answer::json(500, "{\"error\":{\"code\":\"generalException\"}}")),
        Fault::Answer(Answer::json(403, "{\"error\":{\"code\":\"Authorization_RequestDenied\"}}")),
        Fault::Answer(Answer::json(429, "{}")),
        Fault::CutBeforeHandling,
        Fault::CutAfterHandling,
        Fault::TruncateBody(20),
        Fault::ReplaceBody("{\"value\": [".to_owned()),
        Fault::ReplaceBody("{}".to_owned()),
    ]
}

/// The request meets the fault whenever it is repeated; those before it are left alone.
fn disturb(server: &Server, (method, path, before): &(String, String, u32), fault: &Fault) {
    let rule = Rule::new(method, path, fault.clone());
    server.faults().add(Rule { occurrence: Occurrence::After(*before), ..rule });
}

fn is_one_clear_error(error: &ReadError) {
    let text = error.to_string();
    assert!(text.contains("Microsoft Entra ID") && !text.contains('\n'), "{text}");
    assert!(!text.contains("secret") && !text.contains("token="), "{text}");
    assert!(hint(&error).is_some(), "{text}");
}

#[tokio::test]
async fn a_read_by_changes_that_is_disturbed_for_good_fails_and_keeps_its_place() {
    let server = paged();
    let directory = reader(&server, &format!("excludeAdministrativeUnit:{}", id(21)), "");
    let mut follower = Follower::new();
    follower.follow(&directory).await;
    let snapshot_cache = follower.snapshot_cache();
    change(&server);
    server.forget_requests();
    let (whole, by_changes) = follower.follow(&directory).await;
    assert!(by_changes);
    let requests = log(&server);
    let kinds: BTreeSet<&str> = requests.iter().map(|it| it.1.as_str()).collect();
    assert!(requests.len() >= 10 && kinds.len() >= 6, "{requests:?}");
    for request in &requests {
        for fault in lasting() {
            follower.put_back(&snapshot_cache);
            server.heal();
            disturb(&server, request, &fault);
            // Each read signs in by itself, so that the log's first request is there again.
            let directory = reader(&server, &format!("excludeAdministrativeUnit:{}", id(21)), "");
            let error = follower.try_follow(&directory).await.err();
            let error = error.unwrap_or_else(|| panic!("{request:?} {fault:?}"));
            is_one_clear_error(&error);
            assert_eq!(follower.snapshot_cache(), snapshot_cache, "the snapshot cache stays as it was");
        }
    }
    server.heal();
    follower.put_back(&snapshot_cache);
    let (now, by_changes) = follower.follow(&directory).await;
    assert!(by_changes && now == whole, "afterwards nothing is lost");
}

#[tokio::test]
async fn a_full_read_fails_by_its_lists_only_and_then_keeps_nothing() {
    let server = paged();
    server.forget_requests();
    let mut follower = Follower::new();
    let (whole, _) = follower.follow(&reader(&server, "", "")).await;
    let requests = log(&server);
    for request in &requests {
        for fault in lasting() {
            follower.forget();
            server.heal();
            disturb(&server, request, &fault);
            match follower.try_follow(&reader(&server, "", "")).await {
                Err(error) => {
                    assert!(!request.1.contains("/delta"), "{request:?} {fault:?}: {error}");
                    is_one_clear_error(&error);
                }
                Ok((now, by_changes)) => {
                    assert!(request.1.contains("/delta"), "{request:?} {fault:?}");
                    assert!(!by_changes && now == whole);
                    assert!(!follower.has_snapshot_cache(), "{request:?} {fault:?}");
                }
            }
        }
    }
}

#[tokio::test]
async fn what_passes_is_waited_out_by_both_kinds_of_reads() {
    let server = paged();
    let users = format!("excludeAdministrativeUnit:{}", id(21));
    let mut follower = Follower::new();
    follower.follow(&reader(&server, &users, "")).await;
    let snapshot_cache = follower.snapshot_cache();
    change(&server);
    let whole = full(&server, &users, "", &flattening()).await;
    server.forget_requests();
    follower.follow(&reader(&server, &users, "")).await;
    let slower = Answer::json(429, "{\"error\":{\"code\":\"TooManyRequests\"}}").header("retry-after", "3");
    let expired = Answer::json(401, "{\"error\":{\"code\":\"InvalidAuthenticationToken\"}}");
    let prefixes: BTreeSet<String> =
        log(&server).into_iter().map(|it| it.1).filter(|it| it.contains("v1.0")).collect();
    for (fault, times) in [
        (Fault::Answer(slower), 3),
        (Fault::Answer(expired), 1),
        (Fault::Answer(Answer::empty(503)), 2),
        (Fault::CutAfterHandling, 2),
        (Fault::TruncateBody(30), 2),
    ] {
        for snapshot_cache in [Some(&snapshot_cache), None] {
            server.heal();
            for prefix in &prefixes {
                server.faults().add(Rule::new("*", prefix, fault.clone()).first(times));
            }
            server.fail_items(ItemFault {
                path_prefix: format!("/groups/{}", id(15)),
                status: 429,
                retry_after: Some(2),
                first: 2,
            });
            match snapshot_cache {
                Some(snapshot_cache) => follower.put_back(snapshot_cache),
                None => follower.forget(),
            }
            let (now, by_changes) = follower.follow(&reader(&server, &users, "")).await;
            assert_eq!((now, by_changes), (whole.clone(), snapshot_cache.is_some()), "{fault:?}");
        }
    }
}
