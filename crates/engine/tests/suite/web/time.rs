//! Time: limits of a request and of a whole read, cancellation, tokens that end, requests at one time, patience.

use super::{WHOLE, behind, hasty, okta, okta_directory, onelogin};
use crate::hint::hint;
use bwdc_core::settings::{ConnectorSettings, TimeLimits};
use bwdc_engine::directory::ReadError;
use bwdc_engine::directory::okta::OktaDirectory;
use bwdc_engine::directory::onelogin::OneLoginDirectory;
use bwdc_engine::directory::web::{WebOptions, WebReadError};
use bwdc_engine::event::Event;
use bwdc_engine::http::TransportError;
use bwdc_sandbox::faults::{Answer, Fault, Rule};
#[cfg(target_os = "linux")]
use std::net::{TcpListener, TcpStream};
use std::sync::Mutex;
use std::time::{Duration, Instant};

fn web(error: ReadError) -> WebReadError {
    let ReadError::Web(error) = error else { unreachable!("{error}") };
    *error
}

#[test]
fn the_time_limits_of_the_settings_hold() {
    let limits = TimeLimits { connect: 3, bind: 4, page: 5, total: 6, ..TimeLimits::default() };
    let settings = ConnectorSettings { time_limits: limits, ..ConnectorSettings::default() };
    let options = OktaDirectory::options(0.5).configured(&settings);
    let seconds = [options.connect_limit, options.request_limit, options.total_limit].map(|it| it.as_secs());
    assert_eq!(seconds, [3, 5, 6]);
}

#[tokio::test]
async fn an_answer_that_does_not_come_is_an_error_that_names_the_page() {
    let server = onelogin(1, |_| {});
    server.faults().add(Rule::new("GET", "/api/2/roles?", Fault::Delay(Duration::from_secs(60))));
    let options =
        WebOptions { request_limit: Duration::from_millis(200), ..hasty(OneLoginDirectory::options()) };
    let error = web(behind(server.url(), &server, options).read(WHOLE, &|_| ()).await.err().unwrap());
    assert!(
        matches!(&error, WebReadError::Transport { page: 1, error: TransportError::Timeout { url, .. }, .. } if url.contains("/roles")),
        "{error}"
    );
}

/// Calls are neither taken nor refused where as many wait as may.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_service_that_takes_no_connection_is_given_up_at_the_limit_for_that() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = listener.local_addr().unwrap();
    let mut waiting = Vec::new();
    while let Ok(call) = TcpStream::connect_timeout(&address, Duration::from_millis(300)) {
        waiting.push(call);
        assert!(waiting.len() < 10_000, "this system takes any number of calls");
    }
    let server = onelogin(1, |_| {});
    let options = WebOptions {
        connect_limit: Duration::from_secs(1),
        request_limit: Duration::from_secs(60),
        ..hasty(OneLoginDirectory::options()).retrying(|it| it.attempts = 2)
    };
    let begun = Instant::now();
    let url = format!("http://{address}");
    let error = web(behind(&url, &server, options).read(WHOLE, &|_| ()).await.err().unwrap());
    assert!(matches!(&error, WebReadError::Transport { error: TransportError::NotConnected { url, .. }, .. }
            if url.contains(&address.to_string())));
    assert!(error.to_string().contains("within 1 s"), "{error}");
    assert!(hint(&error).unwrap().contains("`time-limits.connect`"));
    assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_read_that_takes_too_long_in_all_is_an_error_whatever_it_waits_for() {
    for fault in [
        // Slow answers, none of them too slow by itself.
        Fault::Delay(Duration::from_millis(150)),
        // A service that asks for patience again and again.
        Fault::Answer(Answer::json(429, "{}").header("retry-after", "200")),
        Fault::Answer(Answer::empty(503)),
    ] {
        let server = onelogin(100, |_| {});
        server.faults().add(Rule::new("GET", "/api/2/roles/", fault.clone()));
        let patient = hasty(OneLoginDirectory::options()).retrying(|it| {
            (it.attempts, it.throttled_attempts) = (1_000, 1_000);
            it.first_pause = Duration::from_secs(200);
        });
        let options = WebOptions { total_limit: Duration::from_millis(600), ..patient };
        let begun = Instant::now();
        let error = web(behind(server.url(), &server, options).read(WHOLE, &|_| ()).await.err().unwrap());
        assert!(matches!(&error, WebReadError::TotalTime { .. }), "{fault:?}: {error}");
        assert!(hint(&error).unwrap().contains("`time-limits.total`"));
        assert!(begun.elapsed() < Duration::from_secs(10));
    }
}

#[tokio::test]
async fn a_read_that_is_given_up_sends_nothing_more_and_spoils_nothing() {
    let server = okta(200, |options| options.latency = Duration::from_millis(40));
    let directory = okta_directory(&server, hasty(OktaDirectory::options(1.0)));
    let reading = directory.read(WHOLE, &|_| ());
    assert!(tokio::time::timeout(Duration::from_millis(500), reading).await.is_err());
    tokio::time::sleep(Duration::from_millis(100)).await;
    let sent = server.requests().len();
    assert!(sent > 3 && sent < 200, "{sent}");
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(server.requests().len(), sent);
    // The places of the requests that were under way are free again.
    assert_eq!(directory.read(WHOLE, &|_| ()).await.unwrap().groups().len(), 200);
}

#[tokio::test]
async fn a_token_is_renewed_before_it_ends() {
    let server = onelogin(150, |options| {
        options.token_lifetime = Duration::from_secs(4);
        options.latency = Duration::from_millis(300);
    });
    let directory = behind(server.url(), &server, hasty(OneLoginDirectory::options()));
    assert_eq!(directory.read(WHOLE, &|_| ()).await.unwrap().groups().len(), 150);
    let requests = server.requests();
    let tokens = requests.iter().filter(|path| path.contains("/token")).count();
    assert!(tokens >= 2, "{tokens}");
    // No request was refused for an old token and repeated.
    assert_eq!(requests.len(), tokens + 1 + 1 + 150);
}

#[tokio::test]
async fn no_more_than_ten_requests_are_under_way_at_okta_and_eight_at_onelogin() {
    let server = okta(120, |options| options.latency = Duration::from_millis(20));
    okta_directory(&server, hasty(OktaDirectory::options(1.0))).read(WHOLE, &|_| ()).await.unwrap();
    assert_eq!(server.traffic().most_at_once, 10);
    let server = onelogin(100, |options| options.latency = Duration::from_millis(20));
    let directory = behind(server.url(), &server, hasty(OneLoginDirectory::options()));
    directory.read(WHOLE, &|_| ()).await.unwrap();
    assert_eq!(server.traffic().most_at_once, 8);
}

/// Okta refuses so when too many requests of all programs are under way: a limit of none, and no time.
#[tokio::test]
async fn a_refusal_for_too_many_requests_at_one_time_is_waited_out() {
    let server = okta(40, |_| {});
    let refusal = Answer::json(429, r#"{"errorCode":"E0000047","errorSummary":"too many"}"#)
        .header("x-rate-limit-limit", "0")
        .header("x-rate-limit-remaining", "0")
        .header("x-rate-limit-reset", "0");
    server.faults().add(Rule::new("GET", "/api/v1/groups/", Fault::Answer(refusal)).first(6));
    let waits = Mutex::new(Vec::new());
    let events = |event| {
        if let Event::Waiting { seconds, .. } = event {
            waits.lock().unwrap().push(seconds);
        }
    };
    let total_limit = Duration::from_secs(60);
    let options = WebOptions { total_limit, ..hasty(OktaDirectory::options(1.0)) };
    let options = options.retrying(|it| it.speed = 100.0);
    let snapshot = okta_directory(&server, options).read(WHOLE, &events).await.unwrap();
    assert_eq!(snapshot.groups().len(), 40);
    let waits = waits.into_inner().unwrap();
    assert_eq!(waits.len(), 6);
    assert!(waits.iter().sum::<u64>() <= 90, "{waits:?}");
}

/// The pauses of many requests that fail together spread, and grow.
#[tokio::test]
async fn pauses_grow_and_differ() {
    let server = okta(30, |_| {});
    server.faults().add(Rule::new("GET", "/api/v1/groups/", Fault::Answer(Answer::empty(500))).first(30));
    let waits = Mutex::new(Vec::new());
    let events = |event| {
        if let Event::Waiting { seconds, .. } = event {
            waits.lock().unwrap().push(seconds);
        }
    };
    let options = hasty(OktaDirectory::options(1.0)).retrying(|it| {
        (it.attempts, it.speed) = (8, 100_000.0);
        it.first_pause = Duration::from_secs(1_000);
        it.longest_pause = Duration::from_secs(1_000_000);
    });
    okta_directory(&server, options).read(WHOLE, &events).await.unwrap();
    let mut waits = waits.into_inner().unwrap();
    assert_eq!(waits.len(), 30);
    assert!(waits.iter().all(|it| *it >= 1_000), "{waits:?}");
    assert!(waits.iter().any(|it| *it >= 2_000), "{waits:?}");
    let first: Vec<u64> = waits.iter().copied().filter(|it| *it <= 1_250).collect();
    // Seconds are rounded up.
    waits.retain(|it| (1_251..2_000).contains(it));
    assert!(waits.is_empty(), "a quarter longer at most: {waits:?}");
    assert!(first.iter().any(|it| *it != first[0]), "{first:?}");
}
