//! What a large tenant costs. Measured on demand:
//! `cargo test --release -p bwdc-engine --test entra size -- --ignored --nocapture`.

use super::{SCOPE, reader};
use bwdc_engine::directory::snapshot_cache::{IncrementalRead, Refresh};
use bwdc_sandbox::cloud::graph::{Options, Server, Spec, Tenant};
use std::time::{Duration, Instant};

fn tenant(users: usize, groups: usize) -> Tenant {
    Tenant::generate(Spec { users, groups, members_per_group: 30, nested_every: 10, seed: 1 })
}

#[tokio::test]
async fn a_large_tenant_takes_few_requests() {
    let server = Server::start(Options::new(tenant(4_000, 400))).unwrap();
    let directory = reader(&server, "", "");
    let snapshot = directory.read(SCOPE, &|_| ()).await.unwrap();
    assert_eq!((snapshot.people().len(), snapshot.groups().len()), (4_000, 400));
    // A token, five pages of people, one each of deleted people and of groups, twenty batches.
    assert_eq!(server.requests().len(), 1 + 5 + 1 + 1 + 20);
    assert_eq!(directory.requests_sent(), 28);
}

#[tokio::test]
async fn a_large_tenant_is_followed_in_few_requests() {
    let server = Server::start(Options::new(tenant(20_000, 2_000))).unwrap();
    let directory = reader(&server, "", "");
    let IncrementalRead { refresh, .. } = directory.read_incremental(SCOPE, None, &|_| ()).await.unwrap();
    let Refresh::Replace(snapshot_cache) = refresh else { panic!("tokens are minted beside the first read") };
    // The read itself: a token, 21 pages of people, one of deleted people, three of groups, a hundred batches.
    let (minting, read): (Vec<_>, Vec<_>) =
        server.requests().into_iter().partition(|it| it.path.contains("/delta"));
    assert_eq!((read.len(), minting.len()), (1 + 21 + 1 + 3 + 100, 100 + 10 + 2));
    server.forget_requests();
    let directory = reader(&server, "", "");
    let followed = directory.read_incremental(SCOPE, Some(snapshot_cache), &|_| ()).await.unwrap();
    assert!(
        matches!(followed.refresh, Refresh::Change { ref put, ref gone, .. } if put.is_empty() && gone.is_empty())
    );
    assert_eq!((followed.snapshot.people().len(), followed.snapshot.groups().len()), (20_000, 2_000));
    assert_eq!(server.requests().len(), 4);
}

#[tokio::test]
#[ignore = "a measurement, not a check"]
async fn figures_of_a_large_tenant() {
    let latency = Duration::from_millis(50);
    let server = Server::start(Options { latency, ..Options::new(tenant(20_000, 2_000)) }).unwrap();
    let before = resident("VmRSS");
    std::fs::write("/proc/self/clear_refs", "5").unwrap();
    let directory = reader(&server, "", "");
    let begun = Instant::now();
    let snapshot = directory.read(SCOPE, &|_| ()).await.unwrap();
    let took = begun.elapsed();
    assert_eq!((snapshot.people().len(), snapshot.groups().len()), (20_000, 2_000));
    eprintln!(
        "{} requests, {} ms, at most {} MB more than before (the fake's answers included)",
        directory.requests_sent(),
        took.as_millis(),
        (resident("VmHWM") - before) / 1024
    );
}

/// Kilobytes, as proc(5) tells them.
fn resident(field: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with(field)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}
