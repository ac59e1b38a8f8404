//! The organization: the ways to its server, the key, what the server is, and whether it can be read.

use super::network::{look as look_at_way, origin};
use super::{Area, Check, Concern, Finding, Findings, Outcome};
use crate::accounts;
use crate::directory::web::Route;
use crate::event::Events;
use crate::http::RetryPolicy;
use crate::installation::{Installation, OrganizationConfiguration, endpoints, sync_settings};
use crate::ledger::Ledger;
use crate::organization::{Organization, OrganizationError, Reading};
use crate::run::RunError;
use bwdc_core::ledger::LedgerState;
use bwdc_core::names::{ExternalId, MemberId};
use bwdc_core::observed::{ObservedMember, ServerKind};
use bwdc_core::plan::may_be_shared;
use std::collections::HashSet;
use std::time::Duration;
use url::Url;

/// The setting that names further authorities for the organization's server.
const CA_SETTING: &str = "organization-ca-path";

pub(super) async fn look(installation: &Installation, events: Events<'_>, findings: Findings<'_>) {
    let found = |check, subject: &str, outcome| Finding::new(Area::Organization, check, subject, outcome);
    let (endpoints, connector) = match (endpoints(installation), installation.connector_settings()) {
        (Ok(endpoints), Ok(connector)) => (endpoints, connector),
        (Err(error), _) => return findings(found(Check::Server, "", Outcome::failed(error))),
        // The installation's own check has said what is wrong with the file.
        (_, Err(_)) => {
            return findings(found(Check::SignIn, "", Outcome::WaitsFor(Check::ConnectorSettings)));
        }
    };
    for address in endpoints.in_clear_text() {
        findings(found(Check::Encryption, address, Outcome::Concern(Concern::ClearText)));
    }
    let configuration = match OrganizationConfiguration::of(installation, &connector) {
        Ok(configuration) => configuration,
        Err(error) => return findings(found(Check::Proxy, &endpoints.api, Outcome::failed(error))),
    };
    let (mut seen, mut reached, mut ended_by) = (HashSet::new(), true, None);
    let mut noted = |finding: Finding| {
        ended_by = ended_by.or(finding.ends_the_way());
        findings(finding);
    };
    for address in [&endpoints.identity, &endpoints.api] {
        let Ok(url) = Url::parse(address) else { continue };
        let (ca_path, proxy) = (configuration.ca_path.clone(), configuration.proxy.clone());
        let route = Route { url, ca_path, proxy };
        let of_client = |error| RunError::from(OrganizationError::from(error));
        if seen.insert(origin(&route.url)) {
            let clock = installation.clock();
            reached &=
                look_at_way(Area::Organization, &route, CA_SETTING, clock, of_client, &mut noted).await;
        }
    }
    let opened = accounts::access(&configuration, &installation.keys())
        .await
        .map_err(RunError::from)
        .and_then(|access| Ok(access.open()?));
    let organization = match opened {
        Ok(organization) => organization.with_retry(brief()),
        Err(error) => {
            findings(found(Check::SignIn, &endpoints.identity, Outcome::failed(error)));
            findings(found(Check::Server, &endpoints.api, Outcome::WaitsFor(Check::SignIn)));
            return;
        }
    };
    if !reached {
        findings(found(Check::SignIn, &endpoints.identity, Outcome::waits_for_way(ended_by)));
        return;
    }
    // The token stays in this process: a new one does not end the stored one.
    if let Err(error) = organization.sign_in(events).await {
        findings(found(Check::SignIn, &endpoints.identity, Outcome::failed(error)));
        findings(found(Check::Server, &endpoints.api, Outcome::WaitsFor(Check::SignIn)));
        return;
    }
    let account = installation.client_id().ok().flatten().unwrap_or_default();
    findings(found(Check::SignIn, &endpoints.identity, Outcome::Good).with("as", account));
    let wants_groups = sync_settings(installation).is_ok_and(|it| it.groups);
    // A ledger that cannot be read, or that no run has filled, says nothing of other connectors.
    let ledger = Ledger::peek(&installation.profile().connector_db).ok().flatten();
    let ledger = ledger.filter(|it| it.baseline_taken && !connector.shared_organization);
    let reading = Known { api: &endpoints.api, wants_groups, ledger };
    read(&organization, &reading, events, findings).await;
}

/// What the installation knows of the organization.
struct Known<'k> {
    api: &'k str,
    wants_groups: bool,
    /// Of an installation whose settings say that no other connector writes to the organization.
    ledger: Option<LedgerState>,
}

impl Known<'_> {
    /// How many members have external ids that this connector never gave, where that is no accident.
    fn strangers(&self, members: &[ObservedMember]) -> Option<usize> {
        let ledger = self.ledger.as_ref()?;
        let ids: HashSet<&ExternalId> = ledger.people.iter().map(|it| &it.external_id).collect();
        let memberships: HashSet<&MemberId> =
            ledger.people.iter().filter_map(|it| it.member_id.as_ref()).collect();
        let id = |it: &'_ ObservedMember| it.external_id.clone().filter(|it| !it.as_str().trim().is_empty());
        let with_id = members.iter().filter(|it| id(it).is_some());
        let is_ours = |it: &ObservedMember| {
            it.external_id.as_ref().is_some_and(|it| ids.contains(it))
                || it.id.as_ref().is_some_and(|it| memberships.contains(it))
        };
        let strange = with_id.clone().filter(|it| !is_ours(it)).count();
        may_be_shared(strange, with_id.count()).then_some(strange)
    }
}

async fn read(organization: &Organization, known: &Known<'_>, events: Events<'_>, findings: Findings<'_>) {
    let &Known { api, wants_groups, .. } = known;
    let found = |check, outcome| Finding::new(Area::Organization, check, api, outcome);
    let facts = match organization.server(events).await {
        Ok(facts) => Some(facts),
        // A server without this address is taken for Vaultwarden by a run, too.
        Err(OrganizationError::Refused(message)) if message.status == 404 => None,
        Err(error) => return findings(found(Check::Server, Outcome::failed(error))),
    };
    let kind = facts.as_ref().map(|it| it.kind);
    let named = match kind {
        Some(ServerKind::OfficialCloud) => "bitwarden-cloud",
        Some(ServerKind::OfficialSelfHosted) => "bitwarden-self-hosted",
        Some(ServerKind::Vaultwarden) => "vaultwarden",
        None => "unknown",
    };
    let mut server = found(Check::Server, Outcome::Good).with("kind", named);
    if let Some(facts) = &facts {
        server = server
            .with("version", facts.version.clone())
            .with("staged members", if facts.stages { "yes" } else { "no" });
    }
    findings(server);
    if facts.is_some_and(|it| !it.revokes) {
        findings(found(Check::Server, Outcome::Concern(Concern::CannotRevoke)));
    }
    let members = match organization.members(events).await {
        Err(error) => Outcome::failed(error),
        Ok(Reading::Read(members)) => {
            let count = members.len().to_string();
            findings(found(Check::Members, Outcome::Good).with("members", count));
            if let Some(people) = known.strangers(&members) {
                findings(found(Check::Members, Outcome::Concern(Concern::MayBeShared { people })));
            }
            return;
        }
        Ok(Reading::NotOffered) if !matches!(kind, None | Some(ServerKind::Vaultwarden)) => {
            Outcome::failed(RunError::MembersHidden { server: api.to_owned() })
        }
        Ok(Reading::NotOffered) => match organization.observed(false, events).await {
            Err(error) => Outcome::failed(error),
            Ok(None) => Outcome::Concern(Concern::NotReadable),
            Ok(Some(state)) => {
                let count = state.members.len().to_string();
                findings(
                    found(Check::Members, Outcome::Good)
                        .with("members", count)
                        .with("read by", "personal-key"),
                );
                if wants_groups && organization.groups_are_on(events).await == Some(false) {
                    findings(found(Check::Server, Outcome::Concern(Concern::GroupsOff)));
                }
                return;
            }
        },
    };
    findings(found(Check::Members, members));
}

/// Somebody waits for the answer.
fn brief() -> RetryPolicy {
    RetryPolicy {
        attempts: 2,
        throttled_attempts: 2,
        longest_pause: Duration::from_secs(10),
        all_pauses: Duration::from_secs(10),
        ..RetryPolicy::default()
    }
}
