//! The organization client against a server in this process, and against raw ones where an answer must be odd.

mod apply;
mod flawed_certificates;
mod network;
mod observer;
mod read;
mod sign_in;

use bwdc_core::names::ExternalId;
use bwdc_core::settings::Endpoints;
use bwdc_core::wire::{ImportGroup, ImportMember, ImportRequest, Request};
use bwdc_engine::event::Event;
use bwdc_engine::http::{ProxyChoice, RetryPolicy};
use bwdc_engine::organization::{Connection, Organization, Timeouts};
use bwdc_sandbox::organization::{Options, RecordedRequest, Server};
use secrecy::SecretString;
use std::sync::Mutex;
use std::time::Duration;

const TOKEN: &str = "/identity/connect/token";
const MEMBERS: &str = "/api/public/members";
const IMPORT: &str = "/api/public/organization/import";

/// Fails a request after the usual number of attempts, and passes a pause of a minute in a few milliseconds.
fn hasty() -> RetryPolicy {
    RetryPolicy { speed: 20_000.0, ..RetryPolicy::default() }
}

async fn start(options: Options) -> Server {
    Server::start(options).await.expect("a sandbox server")
}

fn connection(base: &str, client_id: &str, secret: &str) -> Connection {
    Connection {
        endpoints: Endpoints {
            api: format!("{base}/api"),
            identity: format!("{base}/identity"),
            cloud: false,
        },
        client_id: client_id.to_owned(),
        client_secret: SecretString::from(secret),
        app_id: "3f1c1d46-0000-4000-8000-000000000001".to_owned(),
        ca_path: None,
    }
}

fn connect(server: &Server) -> Organization {
    connect_with(server, &server.client_secret())
}

fn connect_with(server: &Server, secret: &str) -> Organization {
    direct(connection(&server.url(), &server.client_id(), secret))
}

fn direct(connection: Connection) -> Organization {
    Organization::through(ProxyChoice::Direct, connection).expect("a client").with_retry(hasty())
}

fn silent(_: Event) {}

/// Collects the events of a run.
#[derive(Default)]
struct Told(Mutex<Vec<Event>>);

impl Told {
    fn listen(&self) -> impl Fn(Event) + Send + Sync + '_ {
        |event| self.0.lock().expect("no test panics while it listens").push(event)
    }

    fn waits(&self) -> Vec<u64> {
        let events = self.0.lock().expect("no test panics while it listens");
        events
            .iter()
            .filter_map(|event| match event {
                Event::Waiting { seconds, .. } => Some(*seconds),
                _ => None,
            })
            .collect()
    }
}

fn requests(server: &Server, path: &str) -> Vec<RecordedRequest> {
    server.requests().into_iter().filter(|request| request.path.starts_with(path)).collect()
}

fn import() -> ImportRequest {
    ImportRequest {
        groups: vec![ImportGroup {
            name: "Crew".to_owned(),
            external_id: ExternalId::new("g1"),
            member_external_ids: [ExternalId::new("e1")].into(),
        }],
        members: vec![ImportMember {
            email: Some("ann@example.test".to_owned()),
            external_id: ExternalId::new("e1"),
            deleted: false,
        }],
        overwrite_existing: false,
        large_import: false,
        invite_users_after_provisioning: true,
    }
}

fn import_request() -> Request {
    Request::Import(import())
}

fn brief(limit: Duration) -> Timeouts {
    Timeouts { answer: limit, import: limit, ..Timeouts::default() }
}
