//! Serves a small tenant of one of the stand-ins for cloud services, or an empty organization, for programs that are not ours.
//!
//! `cargo run -p bwdc-sandbox --example cloud -- onelogin` prints one line of JSON with the address and the credentials,
//! and serves until its standard input ends. `… -- organization --help` names the options of the organization.

mod organization;

use bwdc_sandbox::cloud::odd::{Lets, Service};
use bwdc_sandbox::cloud::{google, graph, okta, onelogin};
use std::error::Error;
use std::io::{self, Read as _, Write as _};

fn main() -> Result<(), Box<dyn Error>> {
    let service = std::env::args().nth(1).unwrap_or_default();
    match service.as_str() {
        "okta" => {
            let server = okta::Server::start(okta::Options::new(okta::Tenant::generate(450, 12, 30)))?;
            serve(&serde_json::json!({
                "url": server.url(), "token": server.token(), "odd": odd(Service::Okta),
            }))
        }
        "onelogin" => {
            let mut tenant = onelogin::Tenant::generate(120, 60, 30);
            tenant.groups = vec![onelogin::Role { id: 9, name: "Sales".to_owned(), users: Vec::new() }];
            let server = onelogin::Server::start(onelogin::Options::new(tenant))?;
            serve(&serde_json::json!({
                "url": server.url(), "client_id": server.client_id(), "client_secret": server.client_secret(),
                "odd": odd(Service::OneLogin),
            }))
        }
        "google" => {
            let mut tenant = google::Tenant::generate(1_203, 212, 3);
            let member = |number: usize| google::MemberKind::User(google::User::new(number).id);
            tenant.groups[0].members = (0..450).map(|it| google::Member::new(member(it))).collect();
            let inner = google::Group::new(1).id;
            let elsewhere = "guest@elsewhere.test".to_owned();
            tenant.groups[2].members = [
                google::MemberKind::Group(inner),
                google::MemberKind::Customer,
                google::MemberKind::Outside(elsewhere.clone()),
                google::MemberKind::External(elsewhere),
            ]
            .map(google::Member::new)
            .to_vec();
            tenant.user(0).aliases = vec!["alias@example.test".to_owned()];
            tenant.user(0).employee_number = Some("1".to_owned());
            tenant.user(0).title = "Manager".to_owned();
            tenant.user(0).org_unit_path = "/Field Sales".to_owned();
            tenant.user(1).suspended = true;
            tenant.user(2).archived = true;
            tenant.user(3).deleted = true;
            let server = google::Server::start(google::Options::new(tenant))?;
            let key_file: serde_json::Value = serde_json::from_str(&server.key_file())?;
            serve(&serde_json::json!({
                "url": server.url(), "key_file": key_file, "admin": "admin@example.test",
                "odd": odd(Service::Google),
                "properties": google::PROPERTIES.map(|(schema, names)| (schema.to_owned(), names)).into_iter()
                    .collect::<std::collections::BTreeMap<_, _>>(),
            }))
        }
        "graph" => {
            let spec =
                graph::Spec { users: 2_101, groups: 12, members_per_group: 30, nested_every: 3, seed: 1 };
            let mut tenant = graph::Tenant::generate(spec);
            tenant.users[3].mail = None;
            tenant.users[4].guest = true;
            let deleted = tenant.users[5].id.clone();
            tenant.delete_user(&deleted);
            let server = graph::Server::start(graph::Options::new(tenant))?;
            let options = server.options();
            serve(&serde_json::json!({
                "url": server.url(), "tenant": options.tenant_id, "application_id": options.application_id,
                "secret": options.secret, "odd": odd(Service::Graph),
                "refusals": ([401, 403].map(|it| refusal(Service::Graph, it))),
            }))
        }
        "organization" => {
            let arguments: Vec<String> = std::env::args().skip(2).collect();
            if arguments.iter().any(|it| it == "--help") {
                write!(io::stdout(), "{}", organization::HELP)?;
                return Ok(());
            }
            let (_server, line) = organization::start(&arguments)?;
            serve(&line)
        }
        other => {
            Err(format!("unknown service `{other}`: graph, google, okta, onelogin or organization").into())
        }
    }
}

/// Places of its answers, with whether null and nothing fit the vendor's description there.
fn odd(service: Service) -> Vec<serde_json::Value> {
    let described = service.odd_values().iter().filter_map(|it| Some((it, it.lets?)));
    let row = described.map(|(it, lets)| {
        serde_json::json!([it.path, it.pointer, lets == Lets::NullAndMissing, lets != Lets::Nothing])
    });
    row.collect()
}

fn refusal(service: Service, status: u16) -> serde_json::Value {
    serde_json::from_str(&service.refusal(status).body).unwrap_or_default()
}

fn serve(how: &serde_json::Value) -> Result<(), Box<dyn Error>> {
    writeln!(io::stdout(), "{how}")?;
    io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}
