//! The quota: 40 requests in a second, for everybody in this process who uses the same project.

use super::{Setup, WHOLE, shape};
use bwdc_sandbox::cloud::google::{Options, Server, Tenant};
use std::time::{Duration, Instant};

/// So many seconds of the service pass in one.
const SPEED: f64 = 5.0;

fn server(tenant: Tenant) -> Server {
    // 50 ms by the service's clock.
    let latency = Duration::from_millis(50).div_f64(SPEED);
    Server::start(Options { speed: SPEED, latency, ..Options::new(tenant) }).expect("a stand-in")
}

/// The time is the service's own, so that it is a number of requests over 40 in a second. That it is not much more is the budget's own
/// test: here it depends on what else the machine does.
#[tokio::test]
async fn a_large_account_takes_no_less_than_the_time_that_the_quota_asks_for_and_draws_no_refusal() {
    let server = server(Tenant::generate(20_000, 2_000, 20));
    let setup = Setup { speed: SPEED, ..Setup::new(&server) };
    let begun = Instant::now();
    let snapshot = setup.read().await.expect("a whole read");
    let seconds = begun.elapsed().as_secs_f64() * SPEED;
    assert_eq!(shape(&snapshot), (20_000, 2_000, 40_000));
    // A token, 40 pages of people, 1 of deleted ones, 10 of groups, 1 for each group.
    let requests = server.requests().len();
    assert_eq!(requests, 1 + 40 + 1 + 10 + 2_000);
    assert_eq!(server.throttled(), 0);
    let needed = requests as f64 / 40.0;
    assert!(seconds >= 0.98 * needed, "{seconds:.1} s is faster than the quota allows: {needed:.1} s");
}

#[tokio::test]
async fn two_directories_of_one_project_share_the_quota() {
    let server = server(Tenant::generate(10, 100, 1));
    let setup = Setup { speed: SPEED, ..Setup::new(&server) };
    let (one, other) = (setup.directory(), setup.directory());
    let begun = Instant::now();
    let (first, second) = tokio::join!(one.read(WHOLE, &|_| {}), other.read(WHOLE, &|_| {}));
    let seconds = begun.elapsed().as_secs_f64() * SPEED;
    assert_eq!(
        (shape(&first.expect("whole")), shape(&second.expect("whole"))),
        ((10, 100, 100), (10, 100, 100))
    );
    // 103 requests of each that count.
    assert!(seconds >= 0.98 * 206.0 / 40.0, "{seconds:.1} s");
}
