//! The Entra source against a Graph that pages, throttles and fails.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failed expectation is how a test speaks, its helpers included"
)]

mod failures;
mod following;
mod hidden;
mod interruptions;
mod lookup;
mod probing;
mod sign_in;
mod size;
mod whole;

use bwdc_core::settings::{EntraFilters, EntraOptions, EntraSettings};
use bwdc_core::snapshot::{ReadScope, Snapshot};
use bwdc_core::text::Text;
use bwdc_engine::directory::ReadError;
use bwdc_engine::directory::entra::{EntraCredential, EntraDirectory};
use bwdc_engine::directory::web::{WebOptions, WebReadError};
use bwdc_engine::http::ProxyChoice;
use bwdc_sandbox::cloud::graph::{Group, Member, MemberKind, Options, Server, Spec, Tenant, Unit, User};
use serde_json::{Map, Value, json};

const SCOPE: ReadScope = ReadScope { people: true, groups: true, deleted: true, stable_ids: true };

fn id(number: u32) -> String {
    format!("00000000-0000-4000-8000-{number:012}")
}

/// Five people, nested groups in a circle, a computer and a contact among the members, a unit, and somebody deleted.
fn tenant() -> Tenant {
    let user = |number: u32| User::new(&id(number), &format!("u{number}@x.test"));
    let other = |kind, number| Member { kind, id: id(number) };
    let group = |number: u32, name: &str, members: Vec<Member>| Group {
        id: id(number),
        name: name.to_owned(),
        members,
    };
    Tenant {
        users: vec![
            user(1),
            User { enabled: false, ..user(2) },
            User {
                mail: Some("u3@t.onmicrosoft.com".to_owned()),
                user_principal_name: "three@x.test".to_owned(),
                ..user(3)
            },
            User {
                mail: None,
                user_principal_name: "g_home.test#EXT#@t.onmicrosoft.com".to_owned(),
                ..user(4)
            },
            user(5),
        ],
        groups: vec![
            group(
                11,
                "Outer",
                vec![
                    Member::user(&id(1)),
                    Member::group(&id(12)),
                    other(MemberKind::Device, 90),
                    other(MemberKind::Contact, 91),
                ],
            ),
            group(12, "Inner", vec![Member::user(&id(2)), Member::group(&id(13)), Member::user(&id(3))]),
            group(13, "Circle", vec![Member::group(&id(12)), Member::user(&id(5))]),
            group(14, "Empty", Vec::new()),
        ],
        units: vec![Unit { id: id(21), members: vec![Member::user(&id(5)), Member::group(&id(14))] }],
        deleted: vec![user(6)],
        ..Tenant::default()
    }
}

pub(crate) fn few_people() -> Server {
    server(tenant())
}

/// Two pages of people, and one of groups.
pub(crate) fn pages() -> Server {
    let spec = Spec { users: 1_010, groups: 4, members_per_group: 3, nested_every: 3, seed: 1 };
    server(Tenant::generate(spec))
}

fn server(tenant: Tenant) -> Server {
    Server::start(Options::new(tenant)).unwrap()
}

/// A reader whose pauses pass a thousand times as fast; hidden groups are flattened.
fn reader(server: &Server, users: &str, groups: &str) -> EntraDirectory {
    let choices = EntraOptions { flatten_hidden_groups: true, ..EntraOptions::default() };
    reader_with(server, users, groups, &choices)
}

fn reader_with(server: &Server, users: &str, groups: &str, choices: &EntraOptions) -> EntraDirectory {
    let filters =
        EntraFilters::from_stored(&object(json!({"userFilter": users, "groupFilter": groups}))).unwrap();
    reader_of(server, filters, choices)
}

fn reader_of(server: &Server, filters: EntraFilters, choices: &EntraOptions) -> EntraDirectory {
    let secret = server.options().secret.clone();
    directory(server, filters, choices, EntraCredential::Secret(secret.into()))
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

fn directory(
    server: &Server,
    filters: EntraFilters,
    choices: &EntraOptions,
    credential: EntraCredential,
) -> EntraDirectory {
    let options = server.options();
    let stored = object(json!({
        "tenant": options.tenant_id, "applicationId": options.application_id,
        "authorityUrl": server.url(), "graphUrl": server.url()}));
    let settings = EntraSettings::from_stored(&stored, choices.sign_in).unwrap();
    let web = WebOptions { proxy: ProxyChoice::Direct, ..EntraDirectory::options() }
        .retrying(|it| it.speed = 1_000.0);
    EntraDirectory::new(settings, filters, choices, credential, web).unwrap()
}

pub(crate) async fn read(server: &Server) -> Result<Snapshot, ReadError> {
    reader(server, "", "").read(SCOPE, &|_| ()).await
}

fn text(snapshot: &Snapshot, text: Text) -> String {
    snapshot.texts().get(text).to_owned()
}

/// People as `id state address`, groups as `name: members`, ids without their zeros.
fn told(snapshot: &Snapshot) -> (Vec<String>, Vec<String>) {
    let short = |id: Text| text(snapshot, id).rsplit('-').next().unwrap().trim_start_matches('0').to_owned();
    let people = snapshot.people().iter().map(|person| {
        let mail = person.mail.map_or("none".to_owned(), |mail| text(snapshot, mail));
        format!("{} {:?} {mail}", short(person.external_id), person.state)
    });
    let groups = snapshot.groups().iter().map(|group| {
        let members: Vec<String> = snapshot.members(group).iter().map(|it| short(*it)).collect();
        format!("{}: {}", text(snapshot, group.name), members.join(" "))
    });
    (people.collect(), groups.collect())
}

fn web(error: ReadError) -> WebReadError {
    match error {
        ReadError::Web(error) => *error,
        other => panic!("{other:?}"),
    }
}
