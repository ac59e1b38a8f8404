//! The organization: the ways to its server, the key, what the server is, and whether it can be read.

use super::network::{look as look_at_way, origin};
use super::{Area, Check, Concern, Finding, Findings, Outcome};
use crate::accounts;
use crate::directory::web::Route;
use crate::event::Events;
use crate::http::RetryPolicy;
use crate::installation::{Installation, OrganizationConfiguration, endpoints, sync_settings};
use crate::organization::{Organization, OrganizationError, Reading};
use crate::run::RunError;
use bwdc_core::observed::ServerKind;
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
    let (mut seen, mut reached) = (HashSet::new(), true);
    for address in [&endpoints.identity, &endpoints.api] {
        let Ok(url) = Url::parse(address) else { continue };
        let (ca_path, proxy) = (configuration.ca_path.clone(), configuration.proxy.clone());
        let route = Route { url, ca_path, proxy };
        let of_client = |error| RunError::from(OrganizationError::from(error));
        if seen.insert(origin(&route.url)) {
            let clock = installation.clock();
            reached &= look_at_way(Area::Organization, &route, CA_SETTING, clock, of_client, findings).await;
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
        findings(found(Check::SignIn, &endpoints.identity, Outcome::WaitsFor(Check::Connection)));
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
    read(&organization, &endpoints.api, wants_groups, events, findings).await;
}

async fn read(
    organization: &Organization,
    api: &str,
    wants_groups: bool,
    events: Events<'_>,
    findings: Findings<'_>,
) {
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
            return findings(found(Check::Members, Outcome::Good).with("members", count));
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
