//! Faults on demand, the record of requests, and starting and stopping.

use std::sync::mpsc;
use std::time::{Duration, Instant};

use bwdc_sandbox::faults::{Answer, Fault, Moment, Rule};
use bwdc_sandbox::organization::{Database, Options, Server};
use serde_json::json;

use super::support::{Organization, members, pairs, self_hosted};

const IMPORT: &str = "/api/public/organization/import";

async fn broken(organization: &Organization) -> bool {
    let request = organization.request("POST", IMPORT).json(&members(&[("a@x.example", "1")]));
    match request.send().await {
        Err(_) => true,
        Ok(response) => response.text().await.is_err(),
    }
}

#[tokio::test]
async fn cut_before_handling_does_nothing() {
    let organization = self_hosted().await;
    organization.server.faults().add(Rule::new("POST", IMPORT, Fault::CutBeforeHandling));
    assert!(broken(&organization).await);
    assert!(organization.people().is_empty());
    assert_eq!(organization.server.requests()[0].status, None);
}

#[tokio::test]
async fn cut_after_handling_did_it_and_does_not_say_so() {
    let organization = self_hosted().await;
    organization.server.faults().add(Rule::new("POST", IMPORT, Fault::CutAfterHandling));
    assert!(broken(&organization).await);
    assert_eq!(organization.people(), pairs(&[("a@x.example", "1")]));
    assert_eq!(organization.server.requests()[0].status, None);
}

#[tokio::test]
async fn cut_sends_not_one_byte() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let organization = self_hosted().await;
    organization.server.faults().add(Rule::new("*", "/", Fault::CutAfterHandling));
    let mut stream = tokio::net::TcpStream::connect(("127.0.0.1", organization.server.port())).await.unwrap();
    stream.write_all(b"GET /api/config HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    assert_eq!(answer, b"");
}

#[tokio::test]
async fn nth_rule_hits_that_request_alone() {
    let organization = self_hosted().await;
    let fault = Fault::Answer(Answer::json(503, "{\"no\":1}").header("retry-after", "3"));
    organization.server.faults().add(Rule::new("POST", IMPORT, fault).nth(2));
    let mut statuses = Vec::new();
    for _ in 0..3 {
        let reply = organization.import(members(&[])).await;
        if reply.status == 503 {
            assert_eq!(reply.headers["retry-after"], "3");
            assert_eq!(reply.text, "{\"no\":1}");
        }
        statuses.push(reply.status);
    }
    assert_eq!(statuses, [200, 503, 200]);
    assert_eq!(organization.server.faults().fired(), [1]);
}

#[tokio::test]
async fn first_rule_hits_the_first_ones_and_cleared_rules_hit_nobody() {
    let organization = self_hosted().await;
    let faults = organization.server.faults();
    faults.add(Rule::new("GET", "/api/public", Fault::Answer(Answer::empty(500))).first(2));
    let status = async || organization.get("/groups").await.status;
    assert_eq!([status().await, status().await, status().await], [500, 500, 200]);
    faults.add(Rule::new("*", "/", Fault::Answer(Answer::empty(500))));
    assert_eq!(status().await, 500);
    faults.clear();
    assert_eq!(status().await, 200);
}

#[tokio::test]
async fn answer_before_handling_does_nothing_and_after_handling_did_it() {
    let organization = self_hosted().await;
    let faults = organization.server.faults();
    faults.add(Rule::new("POST", IMPORT, Fault::Answer(Answer::empty(502))));
    assert_eq!(organization.import(members(&[("a@x", "1")])).await.status, 502);
    assert!(organization.people().is_empty());
    faults.clear();
    faults.add(Rule::new("POST", IMPORT, Fault::AnswerAfterHandling(Answer::empty(504))));
    assert_eq!(organization.import(members(&[("a@x", "1")])).await.status, 504);
    assert_eq!(organization.people().len(), 1);
}

#[tokio::test]
async fn truncated_body_ends_before_its_announced_length() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let organization = self_hosted().await;
    organization.server.faults().add(Rule::new("GET", "/api/config", Fault::TruncateBody(10)));
    let mut stream = tokio::net::TcpStream::connect(("127.0.0.1", organization.server.port())).await.unwrap();
    stream.write_all(b"GET /api/config HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    let answer = String::from_utf8(answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
    assert!(length.parse::<usize>().unwrap() > 100, "{head}");
    assert_eq!(body, "{\"version\"");
}

#[tokio::test]
async fn replaced_body_keeps_the_status() {
    let organization = self_hosted().await;
    let rule = Rule::new("POST", "/identity/connect/token", Fault::ReplaceBody("{}".to_owned()));
    organization.server.faults().add(rule);
    let (id, secret) = (organization.server.client_id(), organization.server.client_secret());
    let fields = [("grant_type", "client_credentials"), ("client_id", &id), ("client_secret", &secret)];
    let reply = organization.ask_token(&fields).await;
    assert_eq!((reply.status, reply.text.as_str()), (200, "{}"));
}

#[tokio::test]
async fn delay_comes_before_another_fault() {
    let organization = self_hosted().await;
    let faults = organization.server.faults();
    faults.add(Rule::new("GET", "/api", Fault::Delay(Duration::from_millis(60))));
    faults.add(Rule::new("GET", "/api", Fault::Answer(Answer::empty(500))));
    let started = Instant::now();
    assert_eq!(organization.get("/groups").await.status, 500);
    assert!(started.elapsed() >= Duration::from_millis(60));
}

#[tokio::test]
async fn import_goes_on_when_the_client_gives_up() {
    let organization = self_hosted().await;
    let faults = organization.server.faults();
    faults.add(Rule::new("POST", IMPORT, Fault::Delay(Duration::from_millis(300))));
    let (sender, mut handled) = tokio::sync::mpsc::unbounded_channel();
    faults.on_request(move |arrival| {
        if arrival.moment == Moment::Handled {
            sender.send(()).unwrap();
        }
    });
    let request = organization.request("POST", IMPORT).json(&members(&[("a@x.example", "1")]));
    assert!(request.timeout(Duration::from_millis(30)).send().await.unwrap_err().is_timeout());
    handled.recv().await.unwrap();
    assert_eq!(organization.people(), pairs(&[("a@x.example", "1")]));
    assert_eq!(organization.server.requests()[0].status, None);
}

#[tokio::test]
async fn request_that_breaks_off_does_nothing() {
    use tokio::io::AsyncWriteExt as _;
    let organization = self_hosted().await;
    let mut stream = tokio::net::TcpStream::connect(("127.0.0.1", organization.server.port())).await.unwrap();
    let body = members(&[("a@x.example", "1")]).to_string();
    let head = format!(
        "POST {IMPORT} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n{body}",
        organization.token,
        body.len() + 1
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    drop(stream);
    organization.get("/groups").await.ok();
    assert!(organization.people().is_empty());
    let paths: Vec<String> = organization.server.requests().into_iter().map(|request| request.path).collect();
    assert_eq!(paths, ["/api/public/groups"]);
}

#[tokio::test]
async fn hook_is_told_at_arrival_and_after_handling() {
    let organization = self_hosted().await;
    let (sender, told) = mpsc::channel();
    organization.server.faults().on_request(move |arrival| {
        sender.send((arrival.method.clone(), arrival.path.clone(), arrival.number, arrival.moment)).unwrap();
    });
    organization.import(members(&[])).await.ok();
    let told: Vec<_> = told.try_iter().collect();
    let entry = |moment| ("POST".to_owned(), IMPORT.to_owned(), 1, moment);
    assert_eq!(told, [entry(Moment::Arrived), entry(Moment::Handled)]);
}

#[tokio::test]
async fn hook_and_record_give_a_request_the_same_number_and_the_page_gets_none() {
    let organization = self_hosted().await;
    let (sender, told) = mpsc::channel();
    organization.server.faults().on_request(move |arrival| {
        if arrival.moment == Moment::Arrived {
            sender.send((arrival.number, arrival.path.clone())).unwrap();
        }
    });
    for path in ["/", "/alive", "/sandbox/state", "/api/config", "/nothing", "/api/nothing"] {
        let url = format!("{}{path}", organization.server.url());
        super::support::send(organization.http.get(url)).await;
    }
    let recorded = organization.server.requests().into_iter().map(|request| (request.number, request.path));
    let told: Vec<(u64, String)> = told.try_iter().collect();
    assert_eq!(told, recorded.collect::<Vec<_>>());
    assert_eq!(told.len(), 4);
}

#[tokio::test]
async fn hook_may_act_at_that_moment() {
    let organization = self_hosted().await;
    let faults = organization.server.faults().clone();
    organization.server.faults().on_request(move |arrival| {
        if arrival.moment == Moment::Arrived && arrival.number == 1 {
            faults.add(Rule::new("POST", IMPORT, Fault::Answer(Answer::empty(503))).first(1));
        }
    });
    organization.import(members(&[])).await.ok();
    assert_eq!(organization.import(members(&[])).await.status, 503);
}

#[tokio::test]
async fn requests_are_recorded_without_secrets() {
    let organization = self_hosted().await;
    let secret = organization.server.client_secret();
    organization.ask_token(&[("grant_type", "client_credentials"), ("client_secret", &secret)]).await;
    organization.import(members(&[("a@x.example", "1")])).await.ok();
    let requests = organization.server.requests();
    let summary: Vec<_> =
        requests.iter().map(|r| (r.number, r.method.as_str(), r.path.as_str(), r.status)).collect();
    assert_eq!(summary, [(1, "POST", "/identity/connect/token", Some(400)), (2, "POST", IMPORT, Some(200))]);
    assert_eq!(requests[0].body, "grant_type=client_credentials&client_secret=(hidden)");
    assert_eq!(requests[1].header("authorization"), Some("Bearer (hidden)"));
    assert!(requests[1].body.contains("a@x.example"));
    let all = format!("{requests:?}");
    assert!(!all.contains(&secret) && !all.contains(&organization.token));
    organization.server.clear_requests();
    assert!(organization.server.requests().is_empty());
    organization.get("/groups").await.ok();
    assert_eq!(organization.server.requests()[0].number, 3);
}

#[tokio::test]
async fn debug_output_has_no_secret() {
    let mut options = Options::official();
    options.client_secret = Some("very-secret".to_owned());
    assert!(!format!("{options:?}").contains("very-secret"));
    let server = Server::start(options).await.unwrap();
    assert_eq!(server.client_secret(), "very-secret");
    assert!(!format!("{server:?}").contains("very-secret"));
}

#[test]
fn server_runs_without_an_asynchronous_caller() {
    use std::io::{Read as _, Write as _};
    let server = Server::start_blocking(Options::official()).unwrap();
    let mut stream = std::net::TcpStream::connect(("127.0.0.1", server.port())).unwrap();
    stream.write_all(b"GET /alive HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

#[tokio::test]
async fn stop_and_drop_free_the_port() {
    let organization = self_hosted().await;
    organization.import(members(&[])).await.ok();
    let port = organization.server.port();
    organization.server.stop().await;
    let again = |port| Options { port, ..Options::official() };
    let second = Server::start(again(port)).await.unwrap();
    drop(second);
    Server::start(again(port)).await.unwrap();
}

#[tokio::test]
async fn stop_does_not_wait_for_a_delayed_request() {
    let organization = self_hosted().await;
    let (sender, arrived) = tokio::sync::oneshot::channel();
    let sender = std::sync::Mutex::new(Some(sender));
    organization.server.faults().on_request(move |_| {
        if let Some(sender) = sender.lock().unwrap().take() {
            sender.send(()).unwrap();
        }
    });
    organization.server.faults().add(Rule::new("*", "/", Fault::Delay(Duration::from_secs(600))));
    let request = organization.request("GET", "/api/public/groups");
    let pending = tokio::spawn(request.send());
    arrived.await.unwrap();
    let started = Instant::now();
    organization.server.stop().await;
    assert!(started.elapsed() < Duration::from_secs(10));
    assert!(pending.await.unwrap().is_err());
}

#[tokio::test]
async fn taken_port_is_an_error_that_names_it() {
    let first = Server::start(Options::official()).await.unwrap();
    let port = first.port();
    let error = Server::start(Options { port, ..Options::official() }).await.unwrap_err();
    assert!(error.to_string().contains(&port.to_string()), "{error}");
}

#[tokio::test]
async fn database_file_keeps_the_organization() {
    let folder = std::env::temp_dir().join(format!("sandbox-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("organization.db");
    let options = Options { database: Database::File(file), ..Options::official() };
    let first = Organization::start(options.clone()).await;
    first.import(members(&[("a@x.example", "1")])).await.ok();
    let known = (first.server.client_id(), first.server.client_secret(), first.server.members());
    first.server.stop().await;
    let second = Organization::start(options).await;
    assert_eq!((second.server.client_id(), second.server.client_secret(), second.server.members()), known);
    drop(second);
    std::fs::remove_dir_all(folder).unwrap();
}

#[tokio::test]
async fn state_is_told_as_json() {
    let organization = self_hosted().await;
    organization.import(members(&[("a@x.example", "1")]).clone()).await.ok();
    let url = format!("{}/sandbox/state", organization.server.url());
    let state = super::support::send(organization.http.get(url)).await.ok().json();
    assert_eq!(state["members"][1]["externalId"], "1");
    assert_eq!(state["members"][1]["status"], "invited");
    assert_eq!(state["groups"], json!([]));
}
