//! The rate limit is the whole organization's: a part of it is used, and the rest is left to others.

use super::{WHOLE, settings};
use bwdc_core::settings::OktaFilters;
use bwdc_engine::directory::okta::OktaDirectory;
use bwdc_sandbox::cloud::okta::{Options, Server, Tenant};
use secrecy::SecretString;
use serde_json::json;
use std::time::{Duration, Instant};

/// A minute of the service passes in three seconds: the share of the limit is then 100 requests a second, which a machine that
/// is busy with other tests can still ask for.
const SPEED: f64 = 20.0;
const LIMIT: u32 = 600;

/// Requests, refusals, and minutes of the service.
async fn minutes(tenant: Tenant, percent: u32) -> (usize, u32, f64) {
    // 50 ms by the service's clock.
    let latency = Duration::from_millis(50).div_f64(SPEED);
    let options = Options { limit: LIMIT, speed: SPEED, latency, ..Options::new(tenant) };
    let server = Server::start(options).expect("a stand-in");
    let settings = settings(&server, json!({ "rateShare": percent }));
    let options = OktaDirectory::options(settings.rate_share).retrying(|it| it.speed = SPEED);
    let token = SecretString::from(server.token());
    let directory =
        OktaDirectory::new(&settings, OktaFilters::default(), token, options).expect("a directory");
    let begun = Instant::now();
    directory.read(WHOLE, &|_| {}).await.expect("a whole read");
    // Not one request more than the share goes out in any window.
    assert!(server.busiest_window() <= LIMIT * percent / 100, "{}", server.busiest_window());
    let minutes = begun.elapsed().as_secs_f64() * SPEED / 60.0;
    (server.requests().len(), server.throttled(), minutes)
}

/// The time is the service's own, so that it is a number of windows: the requests of the members, all of one part of the
/// API, over what is used of each minute.
#[tokio::test]
async fn a_large_organization_never_draws_a_refusal_and_takes_little_more_than_the_limit_asks_for() {
    // 100 pages of people, 1 of deprovisioned ones, 1 of groups, 1 for each group.
    let expected = 100 + 1 + 1 + 2_000;
    let needed = expected as f64 / (0.5 * f64::from(LIMIT));
    let (requests, throttled, minutes) = minutes(Tenant::generate(20_000, 2_000, 20), 50).await;
    assert_eq!((requests, throttled), (expected, 0));
    assert!(minutes <= 1.2 * needed, "{minutes:.1} of {needed:.1} minutes of the service");
}

#[tokio::test]
async fn a_larger_share_takes_fewer_windows() {
    let (_, throttled, half) = minutes(Tenant::generate(200, 700, 2), 30).await;
    let (_, throttled_too, most) = minutes(Tenant::generate(200, 700, 2), 80).await;
    assert_eq!((throttled, throttled_too), (0, 0));
    assert!(most < half, "{most:.1} and {half:.1} minutes");
}
