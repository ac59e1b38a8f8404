//! The settings as they count, checked and read once: a run takes one of these under its lock and hands it down.
//!
//! Each part can be read by itself, for commands that need no more of it: whoever signs in need not have chosen a directory.

use super::source_name::source_names;
use super::{Installation, Keys, ORGANIZATION, SetupError, expect_own, proxy};
use crate::clock::Clock;
use crate::http::ProxyChoice;
use crate::ledger::Ledger;
use crate::secrets::SecretName;
use bwdc_core::import::fingerprint;
use bwdc_core::names::SourceName;
use bwdc_core::settings::{
    ConnectorSettings, DirectorySettings, Endpoints, EnvironmentUrls, LeaverPolicy, SettingsError,
    SyncSettings,
};
use bwdc_core::snapshot::ReadScope;
use std::path::PathBuf;

/// Both settings files of an installation and of its further sources.
pub(crate) struct Configuration {
    /// `connector.toml`.
    pub(crate) connector: ConnectorSettings,
    /// The organization that follows.
    pub(crate) organization: OrganizationConfiguration,
    /// What is brought over, of all sources.
    pub(crate) sync: SyncSettings,
    /// Every source, the directory of `data.json` first.
    pub(crate) sources: Vec<SourceConfiguration>,
    /// The organization's secrets.
    pub(crate) keys: Keys,
}

/// Where the organization is, and the way there.
#[derive(Clone, Debug)]
pub(crate) struct OrganizationConfiguration {
    /// Addresses of its server.
    pub(crate) endpoints: Endpoints,
    /// Its id there; None before the first sign-in.
    pub(crate) id: Option<String>,
    /// Which proxy stands between.
    pub(crate) proxy: ProxyChoice,
    /// A file with certificate authorities that are trusted besides the machine's.
    pub(crate) ca_path: Option<PathBuf>,
    /// How many seconds an answer may take.
    pub(crate) time_limit: Option<u64>,
    /// The time by which tokens are judged.
    pub(crate) clock: Clock,
    /// How many entries a list of its server may have.
    pub(crate) list_limit: Option<u32>,
    /// The addresses that `data.json` names, whatever the environment says.
    pub(super) stored: Endpoints,
    /// The ledger, which knows for which addresses a secret was entered.
    pub(super) ledger: PathBuf,
    /// Whether its key may travel in clear text.
    pub(super) allow_http: bool,
}

/// A directory that takes part in a run.
pub(crate) struct SourceConfiguration {
    /// Its name.
    pub(crate) name: SourceName,
    /// What of it is brought over, and how addresses are made.
    pub(crate) sync: SyncSettings,
    /// The directory itself.
    pub(crate) directory: DirectoryConfiguration,
    /// A fingerprint of everything that decides what a read brings: this program's version, too.
    pub(crate) basis: String,
}

/// How one directory is read.
pub(crate) struct DirectoryConfiguration {
    /// Its settings.
    pub(crate) settings: DirectorySettings,
    /// Kind and account: people of another directory would be asked for in this one, and be "gone".
    pub(crate) place: String,
    /// The `connector.toml` beside it: proxy, certificates, time limits.
    pub(crate) connector: ConnectorSettings,
    /// Its secrets.
    pub(crate) keys: Keys,
    /// The time by which it judges.
    pub(crate) clock: Clock,
}

impl Configuration {
    /// Reads everything: 1. `connector.toml`; 2. the organization; 3. what is brought over; 4. each source.
    ///
    /// # Errors
    /// The first [`SetupError`] in this order; that of a further source names it.
    pub(crate) fn read(installation: &Installation) -> Result<Self, SetupError> {
        let connector = installation.connector_settings()?;
        let organization = OrganizationConfiguration::of(installation, &connector)?;
        let sync = sync_settings(installation)?;
        let sources = SourceConfiguration::all(installation, &connector, &sync)?;
        let keys = Keys::of(installation, Some(&connector.secrets));
        Ok(Self { connector, organization, sync, sources, keys })
    }
}

impl OrganizationConfiguration {
    /// Reads what concerns the organization alone.
    ///
    /// # Errors
    /// [`SetupError`] when an address or the proxy cannot be used.
    pub(crate) fn read(installation: &Installation) -> Result<Self, SetupError> {
        Self::of(installation, &installation.connector_settings()?)
    }

    /// The same with a `connector.toml` that was read already.
    ///
    /// # Errors
    /// As [`OrganizationConfiguration::read`].
    pub(crate) fn of(installation: &Installation, connector: &ConnectorSettings) -> Result<Self, SetupError> {
        expect_own(installation.profile())?;
        let data = installation.data();
        let endpoints = endpoints(installation)?;
        Ok(Self {
            proxy: proxy(connector, &[&endpoints.api, &endpoints.identity])?,
            endpoints,
            id: data.organization_id().map(str::to_owned),
            ca_path: connector.organization_ca_path.as_deref().map(PathBuf::from),
            time_limit: connector.time_limits.organization,
            clock: installation.clock(),
            list_limit: connector.organization_list_limit,
            stored: EnvironmentUrls::from_stored(installation.store().stored().environment_urls()?)?
                .endpoints(),
            ledger: installation.profile().connector_db.clone(),
            allow_http: connector.allow_http,
        })
    }

    /// How many people or groups the ledger knows; 0 where none can be read, which says so elsewhere.
    pub(crate) fn known_entries(&self) -> usize {
        let ledger = Ledger::open_to_read(&self.ledger).ok().flatten();
        ledger.and_then(|it| it.known_entries().ok()).unwrap_or_default()
    }

    /// The organization's id.
    ///
    /// # Errors
    /// [`SetupError::OrganizationMissing`] before the first sign-in.
    pub(crate) fn known_id(&self) -> Result<&str, SetupError> {
        self.id.as_deref().ok_or(SetupError::OrganizationMissing)
    }

    /// Whether a key is the organization's own.
    ///
    /// # Errors
    /// [`SetupError::KeyOfAnother`] when the settings are those of another one.
    pub(crate) fn expect_key(&self, client_id: &str) -> Result<(), SetupError> {
        match &self.id {
            Some(id) if !client_id.eq_ignore_ascii_case(&format!("{ORGANIZATION}{id}")) => {
                Err(SetupError::KeyOfAnother { client_id: client_id.to_owned(), organization_id: id.clone() })
            }
            _ => Ok(()),
        }
    }
}

impl SourceConfiguration {
    /// Reads every source, the directory of `data.json` first. `connector` and `sync` hold what counts for all of them.
    ///
    /// # Errors
    /// [`SetupError`] of the first that cannot be used; that of a further source names it.
    pub(crate) fn all(
        installation: &Installation,
        connector: &ConnectorSettings,
        sync: &SyncSettings,
    ) -> Result<Vec<Self>, SetupError> {
        let mut sources = vec![Self::of(installation, connector.clone(), connector, sync)?];
        for name in &source_names(&connector.sources)? {
            let read = || {
                let source = installation.of_source(name)?;
                Self::of(&source, source.connector_settings()?, connector, sync)
            };
            sources.push(read().map_err(|error| error.of_source(name))?);
        }
        Ok(sources)
    }

    fn of(
        source: &Installation,
        connector: ConnectorSettings,
        organization: &ConnectorSettings,
        of_all: &SyncSettings,
    ) -> Result<Self, SetupError> {
        let own = sync_settings(source)?;
        let name = source.profile().source.clone();
        let groups = of_all.groups && (name.is_primary() || brings_groups(source)?);
        let sync = SyncSettings { users: of_all.users, groups, ..own };
        let basis = basis(source, &connector, &organization.leavers, scope(&sync))?;
        let directory = DirectoryConfiguration::of(source, connector, organization)?;
        Ok(Self { name, sync, directory, basis })
    }

    /// What is read of it.
    pub(crate) fn scope(&self) -> ReadScope {
        scope(&self.sync)
    }

    /// The name under which the snapshot of the last read is kept.
    pub(crate) fn snapshot_cache(&self) -> String {
        if self.name.is_primary() { "directory".to_owned() } else { format!("source {}", self.name) }
    }
}

impl DirectoryConfiguration {
    /// Reads what concerns one directory alone.
    ///
    /// # Errors
    /// [`SetupError::NoDirectory`] when none is chosen; else which of its settings is missing or of no use.
    pub(crate) fn read(source: &Installation) -> Result<Self, SetupError> {
        let connector = source.connector_settings()?;
        Self::of(source, connector, &source.of_organization()?)
    }

    fn of(
        source: &Installation,
        connector: ConnectorSettings,
        organization: &ConnectorSettings,
    ) -> Result<Self, SetupError> {
        let data = source.data();
        let kind = data.directory_kind()?.ok_or(SetupError::NoDirectory)?;
        proxy(&connector, &[])?;
        let stored = data.directory(kind)?;
        let leavers = &organization.leavers;
        let keys = Keys::of(source, Some(&organization.secrets));
        let settings = DirectorySettings::from_stored(kind, stored, data.sync()?, &connector, leavers)
            .map_err(|error| of_directory_settings(error, &keys))?;
        let place = format!("{} {}", kind.number(), DirectorySettings::account(kind, stored));
        Ok(Self { settings, place, connector, keys, clock: source.clock() })
    }
}

/// What the settings of a directory lack, or what of them is of no use.
pub(crate) fn of_directory_settings(error: SettingsError, keys: &Keys) -> SetupError {
    match error {
        SettingsError::Missing { key: "ldap.username" } => SetupError::CredentialsMissing {
            name: true,
            // Where the secrets cannot be read, the sign-in tells why.
            password: matches!(keys.get(SecretName::LdapPassword), Ok(None)),
        },
        error @ SettingsError::Missing { .. } => SetupError::DirectoryIncomplete(error),
        error => SetupError::Settings(error),
    }
}

/// What is brought over, as the settings of one source have it.
///
/// # Errors
/// [`SetupError::Settings`] names the setting that is of the wrong kind.
pub(crate) fn sync_settings(source: &Installation) -> Result<SyncSettings, SetupError> {
    Ok(SyncSettings::from_stored(source.data().sync()?)?)
}

/// What a source is read for, and by which settings it is brought over, as far as its own settings tell.
///
/// # Errors
/// As [`sync_settings`].
pub(crate) fn own_reading(source: &Installation) -> Result<(SyncSettings, ReadScope), SetupError> {
    let own = sync_settings(source)?;
    let sync = match source.profile().source.is_primary() {
        true => own,
        false => SyncSettings { users: true, groups: brings_groups(source)?, ..own },
    };
    let scope = scope(&sync);
    Ok((sync, scope))
}

/// Whether a further source brings groups: unless that is set otherwise.
fn brings_groups(source: &Installation) -> Result<bool, SetupError> {
    Ok(source.data().sync()?.get("groups") != Some(&serde_json::Value::Bool(false)))
}

/// The addresses of the organization's server.
///
/// # Errors
/// [`SetupError::Settings`] names the address that is none.
pub(crate) fn endpoints(installation: &Installation) -> Result<Endpoints, SetupError> {
    Ok(EnvironmentUrls::from_stored(installation.data().environment_urls()?)?.endpoints())
}

fn scope(sync: &SyncSettings) -> ReadScope {
    ReadScope {
        people: sync.users || sync.groups,
        groups: sync.groups,
        deleted: sync.users,
        stable_ids: true,
    }
}

fn basis(
    source: &Installation,
    connector: &ConnectorSettings,
    leavers: &LeaverPolicy,
    scope: ReadScope,
) -> Result<String, SetupError> {
    let data = source.data();
    let kind = data.directory_kind()?.ok_or(SetupError::NoDirectory)?;
    let decides = serde_json::json!([
        env!("CARGO_PKG_VERSION"),
        kind.number(),
        data.directory(kind)?,
        data.sync()?,
        connector.of_runs(),
        leavers,
        format!("{scope:?}"),
    ]);
    Ok(fingerprint("", "", decides.to_string().as_bytes()))
}
