//! Is the person still there?

use super::{id, reader, server, tenant};
use bwdc_core::names::ExternalId;
use bwdc_core::observed::{LookupRequest, Presence};
use bwdc_sandbox::cloud::graph::ItemFault;

fn lookups(ids: &[String]) -> Vec<LookupRequest> {
    ids.iter()
        .map(|id| LookupRequest {
            external_id: ExternalId::new(id.as_str()),
            stable_id: None,
            reference: None,
        })
        .collect()
}

#[tokio::test]
async fn only_graphs_own_denial_of_an_object_id_means_gone() {
    let server = server(tenant());
    let mut ids: Vec<String> = [1, 6, 99].map(id).to_vec();
    ids.push("cn=somebody,dc=example".to_owned());
    ids.extend((100..140).map(id));
    let found = reader(&server, "include:nobody@x.test", "").lookup(&lookups(&ids)).await.unwrap();
    assert_eq!(found.len(), ids.len());
    let of = |id: &str| found[&ExternalId::new(id)].clone();
    assert_eq!(of(&id(1)), Presence::Found { at: None });
    assert_eq!(of(&id(6)), Presence::NotFound, "deleted, to be restored or not");
    assert_eq!(of(&id(99)), Presence::NotFound);
    assert!(matches!(of("cn=somebody,dc=example"), Presence::Unknown { .. }));
}

#[tokio::test]
async fn who_may_not_sign_in_is_there_and_disabled() {
    let server = server(tenant());
    let filtered = reader(&server, "include:nobody@x.test", "");
    server.forget_requests();
    let found = filtered.lookup(&lookups(&[1, 2, 99].map(id))).await.unwrap();
    let of = |number| found[&ExternalId::new(id(number))].clone();
    assert_eq!(
        [1, 2, 99].map(of),
        [Presence::Found { at: None }, Presence::Disabled { at: None }, Presence::NotFound]
    );
    // A token, and one batch for all of them.
    assert_eq!(server.requests().len(), 2);
    server.forget_requests();
    // Somebody disabled is somebody who is found by id.
    let found = filtered.lookup(&lookups(&[2, 99].map(id))).await.unwrap();
    assert_eq!(found[&ExternalId::new(id(99))], Presence::NotFound);
    assert_eq!(server.requests().iter().filter(|it| !it.path.ends_with("/token")).count(), 1);
}

#[tokio::test]
async fn an_answer_that_does_not_come_is_unknown() {
    for status in [403, 500, 429] {
        let server = server(tenant());
        server.fail_items(ItemFault {
            path_prefix: format!("/users/{}", id(99)),
            status,
            retry_after: None,
            first: u32::MAX,
        });
        let found = reader(&server, "", "").lookup(&lookups(&[id(99), id(98)])).await.unwrap();
        assert!(matches!(found[&ExternalId::new(id(99))], Presence::Unknown { .. }), "{status}");
        assert_eq!(found[&ExternalId::new(id(98))], Presence::NotFound, "{status}");
    }
}

#[tokio::test]
async fn nobody_is_gone_where_nobody_is_found() {
    let server = server(tenant());
    let all: Vec<String> = [97, 98].map(id).to_vec();
    let found = reader(&server, "", "").lookup(&lookups(&all)).await.unwrap();
    assert!(found.values().all(|it| *it == Presence::NotFound), "somebody else is found");
    server.fail_items(ItemFault {
        path_prefix: format!("/users/{}", id(1)),
        status: 404,
        retry_after: None,
        first: u32::MAX,
    });
    let found = reader(&server, "", "").lookup(&lookups(&all)).await.unwrap();
    assert!(found.values().all(|it| matches!(it, Presence::Unknown { .. })), "{found:?}");
    server.change(|tenant| tenant.users.clear());
    let found = reader(&server, "", "").lookup(&lookups(&all)).await.unwrap();
    assert!(found.values().all(|it| matches!(it, Presence::Unknown { .. })), "{found:?}");
}

/// Twenty to a request; a filter that hides a group, and a name that was lost, change nothing.
#[tokio::test]
async fn a_group_is_gone_only_where_graph_denies_its_object_id() {
    let mut tenant = tenant();
    tenant.groups[1].name = String::new();
    let server = server(tenant);
    let filtered = reader(&server, "", "include:none of them");
    let mut ids: Vec<String> = [11, 12, 99].map(id).to_vec();
    ids.push("cn=somebody,dc=example".to_owned());
    ids.extend((100..118).map(id));
    server.forget_requests();
    let found = filtered.lookup_groups(&lookups(&ids)).await.unwrap();
    // A token, and two batches for 21 ids.
    assert_eq!(server.requests().len(), 3);
    let of = |id: &str| found[&ExternalId::new(id)].clone();
    assert_eq!(of(&id(11)), Presence::Found { at: None });
    assert_eq!(of(&id(12)), Presence::Found { at: None });
    assert_eq!(of(&id(99)), Presence::NotFound);
    assert!(matches!(of("cn=somebody,dc=example"), Presence::Unknown { .. }));
}

#[tokio::test]
async fn an_answer_about_a_group_that_does_not_come_is_unknown() {
    for status in [403, 500, 429] {
        let server = server(tenant());
        server.fail_items(ItemFault {
            path_prefix: format!("/groups/{}", id(99)),
            status,
            retry_after: None,
            first: u32::MAX,
        });
        let found = reader(&server, "", "").lookup_groups(&lookups(&[id(99), id(98)])).await.unwrap();
        assert!(matches!(found[&ExternalId::new(id(99))], Presence::Unknown { .. }), "{status}");
        assert_eq!(found[&ExternalId::new(id(98))], Presence::NotFound, "{status}");
        server.change(|tenant| tenant.groups.clear());
        let found = reader(&server, "", "").lookup_groups(&lookups(&[id(98)])).await.unwrap();
        assert!(matches!(found[&ExternalId::new(id(98))], Presence::Unknown { .. }), "no group at all");
    }
}
