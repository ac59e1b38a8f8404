//! The directory: the ways to it, then its own findings.

use super::network::{certificates, clocks, look as look_at_way, reach};
use super::{Area, Check, Concern, Failure, Finding, Findings, Outcome, of_directory};
use crate::certificate::Trust;
use crate::clock::Clock;
use crate::directory::ReadError;
use crate::directory::ldap::LdapServer;
use crate::directory::open::{SourceError, open};
use crate::directory::web::WebReadError;
use crate::event::{Event, Events};
use crate::installation::{DirectoryConfiguration, Installation, SetupError, own_reading};
use crate::run::RunError;
use bwdc_core::desired::{Desired, Source, SourceRead};
use bwdc_core::settings::{DirectoryKind, LdapSettings};
use std::collections::HashSet;

/// The setting that names further authorities for directories behind HTTP.
const CA_SETTING: &str = "directory-ca-path";

pub(super) async fn look(installation: &Installation, events: Events<'_>, findings: Findings<'_>) {
    let clock = installation.clock();
    let kind = installation.data().directory_kind().ok().flatten();
    let subject = kind.map(|it| it.name().to_owned()).unwrap_or_default();
    let directory = match DirectoryConfiguration::read(installation).map_err(SourceError::from).and_then(open)
    {
        Ok(directory) => {
            findings(Finding::new(Area::Directory, Check::DirectorySettings, subject, Outcome::Good));
            directory
        }
        Err(error) => {
            findings(Finding::new(
                Area::Directory,
                Check::DirectorySettings,
                subject,
                Outcome::failed(error),
            ));
            // A missing password keeps nobody from knocking.
            if let Ok(servers) = ldap_servers(installation).await {
                look_at_servers(&servers, clock, findings).await;
            }
            let waits = Outcome::WaitsFor(Check::DirectorySettings);
            let check = Check::Directory(crate::directory::probe::Check::SignIn);
            findings(Finding::new(Area::Directory, check, "", waits));
            return;
        }
    };
    let mut reached = true;
    let mut ended_by = None;
    let mut noted = |finding: Finding| {
        ended_by = ended_by.or(finding.ends_the_way());
        findings(finding);
    };
    if let crate::directory::Directory::Ldap(ldap) = &directory {
        reached = match ldap.servers().await {
            Ok(servers) => look_at_servers(&servers, clock, &mut noted).await,
            Err(error) => {
                noted(Finding::new(Area::Directory, Check::Name, ldap.place(), of_directory(error)));
                false
            }
        };
    }
    let mut seen = HashSet::new();
    for route in directory.routes() {
        let service = subject_of(&directory);
        let of_client = |source| RunError::from(ReadError::from(WebReadError::Client { service, source }));
        if seen.insert(super::network::origin(&route.url)) {
            reached &= look_at_way(Area::Directory, &route, CA_SETTING, clock, of_client, &mut noted).await;
        }
    }
    if !reached {
        let check = Check::Directory(crate::directory::probe::Check::SignIn);
        findings(Finding::new(Area::Directory, check, "", Outcome::waits_for_way(ended_by)));
        return;
    }
    let mut stopped_by = None;
    for found in directory.probe(events).await {
        stopped_by = stopped_by.or(found.is_failure().then_some(found.check));
        findings(found.into());
    }
    findings(match stopped_by {
        None => read(installation, &directory, events).await,
        Some(check) => of_read(Outcome::WaitsFor(Check::Directory(check))),
    });
    if let crate::directory::Directory::Ldap(ldap) = &directory
        && let Some((server, time)) = ldap.clock().await
    {
        findings(clocks(Area::Directory, &server, (clock.now().0 - time.0) / 1000));
    }
}

/// Reads everything, as a sync does: what ends a read there is met here, and tells the same.
async fn read(
    installation: &Installation,
    directory: &crate::directory::Directory,
    events: Events<'_>,
) -> Finding {
    match read_all(installation, directory, events).await {
        Ok((desired, groups)) => {
            let (people, nothing) = (desired.people().count(), !desired.people_wanted() && !groups);
            let outcome = if nothing { Outcome::Concern(Concern::NothingSynced) } else { Outcome::Good };
            let finding = of_read(outcome).with("people", people.to_string());
            finding.with("groups", desired.groups().len().to_string())
        }
        Err(error) => of_read(Outcome::failed(error)),
    }
}

/// Who and what would be brought over, and whether groups are.
async fn read_all(
    installation: &Installation,
    directory: &crate::directory::Directory,
    events: Events<'_>,
) -> Result<(Desired, bool), RunError> {
    let (settings, scope) = own_reading(installation)?;
    let connector = installation.connector_settings()?;
    // What a read tells beside is said by the checks, or by the run.
    let events = |event: Event| {
        if !matches!(event, Event::Notice(_)) {
            events(event);
        }
    };
    let snapshot = directory.read(scope, &events).await?;
    let (users, groups) = (settings.users, settings.groups);
    let name = installation.profile().source.clone();
    let source = Source { name, read: Ok(SourceRead { snapshot, settings }) };
    let desired = Desired::merge(vec![source], users, connector.conflicts)?;
    Ok((desired, groups))
}

fn of_read(outcome: Outcome) -> Finding {
    Finding::new(Area::Directory, Check::Directory(crate::directory::probe::Check::Read), "", outcome)
}

fn subject_of(directory: &crate::directory::Directory) -> &'static str {
    use crate::directory::Directory;
    match directory {
        Directory::Ldap(_) => "LDAP",
        Directory::Okta(_) => "Okta",
        Directory::Entra(_) => "Microsoft Entra ID",
        Directory::OneLogin(_) => "OneLogin",
        Directory::Google(_) => "Google Workspace",
    }
}

/// The LDAP servers of the settings, whatever else is missing.
async fn ldap_servers(installation: &Installation) -> Result<Vec<LdapServer>, RunError> {
    let stored = || -> Result<_, SetupError> {
        let data = installation.data();
        if data.directory_kind()? != Some(DirectoryKind::Ldap) {
            return Ok(None);
        }
        let connector = installation.connector_settings()?;
        let settings = LdapSettings::from_stored(data.directory(DirectoryKind::Ldap)?, &connector.ldap)?;
        Ok(Some((settings, connector.time_limits)))
    };
    let Some((settings, limits)) = stored()? else { return Ok(Vec::new()) };
    let servers = LdapServer::of(&settings, limits, None).await;
    servers.map_err(|error| RunError::from(ReadError::from(error)))
}

/// Whether one of the servers can be spoken to. Where there are several, each that cannot be is a concern only, as long as
/// another can.
async fn look_at_servers(servers: &[LdapServer], clock: Clock, findings: Findings<'_>) -> bool {
    let mut found = Vec::new();
    let mut reached = false;
    for server in servers {
        reached |= look_at_server(server, clock, &mut |it| found.push(it)).await;
    }
    for mut finding in found {
        if reached && let Outcome::Failed(failure) = finding.outcome {
            finding.outcome = Outcome::Concern(Concern::OneOfSeveral(Box::new(failure)));
        }
        findings(finding);
    }
    reached
}

async fn look_at_server(server: &LdapServer, clock: Clock, findings: Findings<'_>) -> bool {
    let way = Finding::new(Area::Directory, Check::Proxy, &*server.url, Outcome::Good);
    if server.local {
        findings(way.with("direct", "socket"));
        return true;
    }
    findings(way.with("direct", "ldap"));
    if !reach(Area::Directory, (&server.host, server.port), false, findings).await {
        return false;
    }
    if !server.encrypted {
        return true;
    }
    let (chain, agreed) = server.certificates().await;
    let now = clock.now();
    let refused = chain.as_ref().is_some_and(|it| it.trust != Trust::Verified);
    // What an error is called below takes the place of this one.
    let setting = server.ca_setting;
    let no_answer =
        |error: &_| Failure::NoAnswer { reason: ToString::to_string(error), failure: None, setting };
    let result = agreed.as_ref().map(|_| ()).map_err(no_answer);
    let mut finding = certificates(Area::Directory, &server.url, chain, result, setting, now.0);
    let agreed = match agreed {
        Ok(()) => {
            if server.accepts_any {
                finding.outcome = Outcome::Concern(Concern::NotVerified);
            }
            true
        }
        // The words of a refused certificate are in the finding already.
        Err(error) if !refused => {
            finding.outcome = of_directory(error);
            false
        }
        Err(_) => false,
    };
    findings(finding);
    agreed
}
