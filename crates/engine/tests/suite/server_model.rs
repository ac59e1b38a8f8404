//! The model of the two servers, by which core proves that organizations converge, against the sandbox: the same requests,
//! the same state, the same refusals.

#[path = "../../../core/tests/suite/convergence/model.rs"]
mod model;

use bwdc_core::names::{ExternalId, GroupId, MemberId};
use bwdc_core::observed::{MemberStatus, Role};
use bwdc_core::settings::Endpoints;
use bwdc_core::wire::{ImportGroup, ImportMember, ImportRequest, Request};
use bwdc_engine::http::{ProxyChoice, RetryPolicy};
use bwdc_engine::organization::{Connection, Organization};
use bwdc_sandbox::organization::{self as sandbox, KnownAddresses, NewMember, Official, Options, Server};
use model::{Kind, Known, Member};
use proptest::prelude::*;
use secrecy::SecretString;
use std::collections::{BTreeMap, BTreeSet};
use tokio::runtime::{Builder, Runtime};

/// What a request is about, in numbers; ids of the server are looked up when it is sent.
#[derive(Clone, Debug)]
enum Step {
    Import {
        members: Vec<(u8, u8, bool)>,
        groups: Vec<(u8, u8, Vec<u8>)>,
        overwrite: bool,
        invite: bool,
    },
    Member {
        kind: u8,
        whom: u8,
        external_id: u8,
    },
    Group {
        kind: u8,
        which: u8,
        name: u8,
    },
    /// By hand: a new member, with an external id or without one.
    Add {
        email: u8,
        external_id: Option<u8>,
        status: u8,
        role: u8,
    },
    Confirm,
}

fn step() -> impl Strategy<Value = Step> {
    let import = (
        prop::collection::vec((0u8..6, 0u8..6, prop::bool::weighted(0.2)), 0..5),
        prop::collection::vec((0u8..4, 0u8..4, prop::collection::vec(0u8..6, 0..4)), 0..3),
        prop::bool::weighted(0.2),
        any::<bool>(),
    );
    prop_oneof![
        4 => import.prop_map(|(members, groups, overwrite, invite)| Step::Import { members, groups, overwrite, invite }),
        3 => (0u8..4, any::<u8>(), 0u8..6).prop_map(|(kind, whom, external_id)| Step::Member { kind, whom, external_id }),
        1 => (0u8..2, any::<u8>(), 0u8..4).prop_map(|(kind, which, name)| Step::Group { kind, which, name }),
        2 => (0u8..6, prop::option::of(0u8..6), 0u8..3, 0u8..4)
            .prop_map(|(email, external_id, status, role)| Step::Add { email, external_id, status, role }),
        1 => Just(Step::Confirm),
    ]
}

/// Both sides. Each has ids of its own: things are told by address, name and external id.
struct Pair {
    model: model::Organization,
    server: Server,
}

/// Address, external id, status, role, and the number of collections.
type ShownMember = (String, Option<String>, MemberStatus, Role, usize);
/// Name, external id, and the addresses of the members.
type ShownGroup = (String, Option<String>, BTreeSet<String>);
type Shown = (Vec<ShownMember>, Vec<ShownGroup>);

fn status(status: sandbox::MemberStatus) -> MemberStatus {
    match status {
        sandbox::MemberStatus::Revoked => MemberStatus::Revoked,
        sandbox::MemberStatus::Invited => MemberStatus::Invited,
        sandbox::MemberStatus::Accepted => MemberStatus::Accepted,
        sandbox::MemberStatus::Confirmed => MemberStatus::Confirmed,
        sandbox::MemberStatus::Staged => MemberStatus::Staged,
    }
}

fn role(role: sandbox::Role) -> Role {
    match role {
        sandbox::Role::Owner => Role::Owner,
        sandbox::Role::Admin => Role::Admin,
        sandbox::Role::User => Role::User,
        sandbox::Role::Custom => Role::Custom,
    }
}

impl Pair {
    fn sandbox(&self) -> Shown {
        let emails: BTreeMap<String, String> =
            self.server.members().into_iter().map(|it| (it.id, it.email)).collect();
        let members = self.server.members().into_iter();
        let members = members
            .map(|it| (it.email, it.external_id, status(it.status), role(it.role), it.collections.len()));
        let groups = self.server.groups().into_iter();
        let groups = groups
            .map(|it| (it.name, it.external_id, it.members.iter().map(|id| emails[id].clone()).collect()));
        sorted(members.collect(), groups.collect())
    }

    fn modelled(&self) -> Shown {
        let emails: BTreeMap<&str, &str> =
            self.model.members.iter().map(|it| (it.id.as_str(), it.email.as_str())).collect();
        let blank = |it: &Option<String>| it.clone().filter(|it| !it.is_empty());
        let members = self
            .model
            .members
            .iter()
            .map(|it| (it.email.clone(), blank(&it.external_id), it.status, it.role, it.collections));
        let groups = self.model.groups.iter().map(|it| {
            let members = it.members.iter().map(|id| emails[id.as_str()].to_owned()).collect();
            (it.name.clone(), blank(&it.external_id), members)
        });
        sorted(members.collect(), groups.collect())
    }

    fn member_of_server(&self, email: &str) -> MemberId {
        MemberId::new(self.server.member(email).expect("the same members on both sides").id)
    }

    /// Makes the step on both sides. None: it does not apply.
    fn make(&mut self, runtime: &Runtime, organization: &Organization, step: &Step) -> Option<(bool, bool)> {
        let (here, there) = match step {
            Step::Import { members, groups, overwrite, invite } => {
                let import = import(members, groups, *overwrite, *invite);
                let request = if *overwrite { Request::WholeImport(import) } else { Request::Import(import) };
                (request.clone(), request)
            }
            Step::Member { kind, whom, external_id } => {
                let count = self.model.members.len();
                let member = &self.model.members[usize::from(*whom) % count];
                let there = self.member_of_server(&member.email);
                // Two members with one address cannot be told apart here.
                if self.model.members.iter().filter(|it| it.email == member.email).count() > 1 {
                    return None;
                }
                let request = |id: MemberId| match kind {
                    0 => Request::Revoke(id),
                    1 => Request::Restore(id),
                    2 => Request::Remove(id),
                    _ => Request::PutMember { id, external_id: external(*external_id) },
                };
                (request(MemberId::new(member.id.as_str())), request(there))
            }
            Step::Group { kind, which, name } => {
                let count = self.model.groups.len();
                let group = self.model.groups.get(usize::from(*which) % count.max(1))?;
                let mut there =
                    self.server.groups().into_iter().filter(|it| it.external_id == group.external_id);
                let (Some(found), None) = (there.next(), there.next()) else { return None };
                let request = |id: GroupId| match kind {
                    0 => Request::DeleteGroup(id),
                    _ => Request::PutGroup {
                        id,
                        name: format!("Group {name}"),
                        external_id: ExternalId::new(format!("g{name}")),
                    },
                };
                (request(GroupId::new(group.id.as_str())), request(GroupId::new(found.id)))
            }
            Step::Add { email, external_id, status, role } => {
                self.add(*email, *external_id, *status, *role);
                return Some((true, true));
            }
            Step::Confirm => {
                for member in self.server.members() {
                    if member.status != sandbox::MemberStatus::Revoked {
                        self.server.confirm(&member.id);
                    }
                }
                self.model.confirm();
                return None;
            }
        };
        let there = runtime.block_on(organization.apply(&there, &|_| {})).is_ok();
        Some((self.model.apply(&here).is_ok(), there))
    }

    fn add(&mut self, email: u8, external_id: Option<u8>, status: u8, role: u8) {
        let email = address(email);
        if self.model.members.iter().any(|it| it.email == email) {
            return;
        }
        let (here, there) = match status {
            0 => (MemberStatus::Invited, sandbox::MemberStatus::Invited),
            _ => (MemberStatus::Confirmed, sandbox::MemberStatus::Confirmed),
        };
        let (role_here, role_there) = match role {
            0 if status > 0 => (Role::Owner, sandbox::Role::Owner),
            1 => (Role::Admin, sandbox::Role::Admin),
            _ => (Role::User, sandbox::Role::User),
        };
        let mut new = if here == MemberStatus::Invited {
            NewMember::invited(&email)
        } else {
            NewMember::confirmed(&email)
        };
        new = new.role(role_there).status(there);
        let collection = self.server.add_collection(None);
        new = new.collection(sandbox::CollectionAccess::to(&collection));
        if let Some(id) = external_id {
            new = new.external_id(external(id).as_str());
        }
        self.server.add_member(new);
        let id = self.model.fresh_id();
        let member = Member::new(id, &email, here);
        let external_id = external_id.map(|it| external(it).as_str().to_owned());
        self.model.add(Member { external_id, role: role_here, collections: 1, ..member });
    }
}

fn sorted(mut members: Vec<ShownMember>, mut groups: Vec<ShownGroup>) -> Shown {
    members.sort_by(|one, other| (&one.0, &one.1).cmp(&(&other.0, &other.1)));
    groups.sort();
    (members, groups)
}

fn address(number: u8) -> String {
    format!("person{number}@example.test")
}

fn external(number: u8) -> ExternalId {
    ExternalId::new(format!("e{number}"))
}

fn import(
    members: &[(u8, u8, bool)],
    groups: &[(u8, u8, Vec<u8>)],
    overwrite: bool,
    invite: bool,
) -> ImportRequest {
    ImportRequest {
        groups: groups
            .iter()
            .map(|(id, name, members)| ImportGroup {
                name: format!("Group {name}"),
                external_id: ExternalId::new(format!("g{id}")),
                member_external_ids: members.iter().map(|&it| external(it)).collect(),
            })
            .collect(),
        members: members
            .iter()
            .map(|&(email, id, deleted)| ImportMember {
                email: Some(address(email)),
                external_id: external(id),
                deleted,
            })
            .collect(),
        overwrite_existing: overwrite,
        large_import: false,
        invite_users_after_provisioning: invite,
    }
}

fn connect(server: &Server) -> Organization {
    let connection = Connection {
        endpoints: Endpoints {
            api: format!("{}/api", server.url()),
            identity: format!("{}/identity", server.url()),
            cloud: false,
        },
        client_id: server.client_id(),
        client_secret: SecretString::from(server.client_secret()),
        app_id: "3f1c1d46-0000-4000-8000-000000000001".to_owned(),
        ca_path: None,
    };
    let retry = RetryPolicy { speed: 20_000.0, ..RetryPolicy::default() };
    Organization::through(ProxyChoice::Direct, connection).expect("a client").with_retry(retry)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn the_model_and_the_sandbox_do_the_same(
        kind in prop::sample::select(vec![
            Kind::Official { staged: false, known: Known::Everybody },
            Kind::Official { staged: true, known: Known::Everybody },
            Kind::Official { staged: false, known: Known::WithAccount },
            Kind::Official { staged: true, known: Known::WithAccount },
            Kind::Vaultwarden,
        ]),
        steps in prop::collection::vec(step(), 1..10),
    ) {
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
        let options = match kind {
            Kind::Official { staged, known } => {
                let known_addresses = match known {
                    Known::Everybody => KnownAddresses::All,
                    Known::WithAccount => KnownAddresses::WithAccount,
                };
                Options::with_official(Official { staged_status: staged, known_addresses, ..Official::default() })
            }
            Kind::Vaultwarden => Options::vaultwarden(),
        };
        let server = Server::start_blocking(options).expect("a server");
        let mut model = model::Organization::new(kind);
        let id = model.fresh_id();
        let owner = Member::new(id, "owner@sandbox.example", MemberStatus::Confirmed);
        model.add(Member { role: Role::Owner, ..owner });
        let organization = connect(&server);
        let mut pair = Pair { model, server };
        prop_assert_eq!(pair.modelled(), pair.sandbox());
        for (number, step) in steps.iter().enumerate() {
            if let Some((here, there)) = pair.make(&runtime, &organization, step) {
                prop_assert_eq!(here, there, "step {} was refused by one of the two: {:?}", number, step);
            }
            prop_assert_eq!(pair.modelled(), pair.sandbox(), "after step {}: {:?}", number, step);
        }
    }
}
