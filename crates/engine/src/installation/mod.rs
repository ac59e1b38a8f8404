//! One installation: its folder, its settings, its secrets, its locks and its clock. Everything above is given one of these
//! and asks for nothing else of the machine.

mod binding;
mod clear_text;
mod configuration;
mod error;
mod keys;
pub(crate) mod lease;
mod owners;
mod proxy;
mod source_name;

pub(crate) use binding::{bind, bind_before_a_move};
pub(crate) use clear_text::expect_encrypted_changes;
pub(crate) use configuration::{
    Configuration, DirectoryConfiguration, OrganizationConfiguration, SourceConfiguration, endpoints,
    of_directory_settings, own_reading, sync_settings,
};
pub use error::SetupError;
pub(crate) use keys::Keys;
pub(crate) use owners::{expect_own, strangers};
pub(crate) use proxy::proxy;
pub(crate) use source_name::source_name;
use source_name::source_names;

use crate::clock::Clock;
use crate::lock::{LockError, LockFolders, OrganizationLock, RunLock};
use crate::paths::{ProcessEnvironment, Profile};
use crate::secrets::{SecretName, Secrets};
use crate::store::{DataFile, Overrides, Store, TooOpen, read_connector_settings};
use bwdc_core::names::{SourceName, Timestamp};
use bwdc_core::settings::ConnectorSettings;
use secrecy::SecretString;

/// What the client id of an organization begins with.
pub(crate) const ORGANIZATION: &str = "organization.";

/// One profile's folder with everything in it, or that of a further source.
pub(crate) struct Installation {
    environment: ProcessEnvironment,
    profile: Profile,
    store: Store,
    clock: Clock,
}

impl Installation {
    /// Opens the installation in a folder; nothing is written yet.
    ///
    /// # Errors
    /// [`SetupError`] when its settings, or those of the environment, cannot be read.
    pub(crate) fn open(
        environment: ProcessEnvironment,
        profile: Profile,
        clock: Clock,
    ) -> Result<Self, SetupError> {
        let overrides = Overrides::from_environment(&environment)?;
        let store = Store::open_with(&profile, overrides)?.with_clock(clock);
        Ok(Self { environment, profile, store, clock })
    }

    /// The environment that the program was started in.
    pub(crate) fn environment(&self) -> &ProcessEnvironment {
        &self.environment
    }

    /// When the settings of the profile were last changed; None: there are none, or the file system does not say.
    pub(crate) fn settings_changed_at(&self) -> Option<Timestamp> {
        let changed = |path: &std::path::Path| {
            let since = std::fs::metadata(path).ok()?.modified().ok()?;
            let since = since.duration_since(std::time::UNIX_EPOCH).ok()?;
            i64::try_from(since.as_millis()).ok().map(Timestamp)
        };
        [&self.profile.data_json, &self.profile.connector_toml].into_iter().filter_map(|it| changed(it)).max()
    }

    /// Where the files are.
    pub(crate) fn profile(&self) -> &Profile {
        &self.profile
    }

    /// `data.json` as of the last read or change.
    pub(crate) fn store(&self) -> &Store {
        &self.store
    }

    /// What counts of `data.json`, with what the environment gives before it.
    pub(crate) fn data(&self) -> &DataFile {
        self.store.data()
    }

    /// The clock.
    pub(crate) fn clock(&self) -> Clock {
        self.clock
    }

    /// The time.
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Changes `data.json`, and gives back what the change returned.
    ///
    /// # Errors
    /// [`SetupError::Store`]; the file is then as it was.
    pub(crate) fn update<T>(&mut self, change: impl FnOnce(&mut DataFile) -> T) -> Result<T, SetupError> {
        Ok(self.store.update(change)?.value)
    }

    /// Reads `data.json` again, as whoever just took the run lock does.
    ///
    /// # Errors
    /// [`SetupError::Store`] when it cannot be read.
    pub(crate) fn reload(&mut self) -> Result<(), SetupError> {
        Ok(self.store.reload()?)
    }

    /// A warning when others than the owner can read the settings.
    pub(crate) fn too_open(&self) -> Option<TooOpen> {
        self.store.too_open()
    }

    /// Where secrets are kept.
    pub(crate) fn secrets(&self) -> Secrets {
        Secrets::open(&self.profile, &self.environment)
    }

    /// What opens secrets now.
    pub(crate) fn keys(&self) -> Keys {
        Keys::of(self, None)
    }

    /// The `connector.toml` of the organization: for a further source that of the profile to which it belongs.
    fn of_organization(&self) -> Result<ConnectorSettings, SetupError> {
        let overrides = Overrides::from_environment(&self.environment)?;
        Ok(read_connector_settings(&self.profile.of_organization(), &overrides)?)
    }

    /// One secret; None when it is not set.
    ///
    /// # Errors
    /// [`SetupError::Secret`] when it cannot be read.
    pub(crate) fn secret(&self, name: SecretName) -> Result<Option<SecretString>, SetupError> {
        Ok(self.secrets().get(self.data(), name)?)
    }

    /// Stores one secret.
    ///
    /// # Errors
    /// [`SetupError::Secret`] when it cannot be stored.
    pub(crate) fn set_secret(&mut self, name: SecretName, value: &SecretString) -> Result<(), SetupError> {
        Ok(self.secrets().set(&mut self.store, name, value)?)
    }

    /// Forgets one secret.
    ///
    /// # Errors
    /// [`SetupError::Secret`] when it cannot be removed.
    pub(crate) fn remove_secret(&mut self, name: SecretName) -> Result<(), SetupError> {
        self.secrets().remove(&mut self.store, name)?;
        Ok(())
    }

    /// Secrets and the file that tells where they are, for what changes both.
    pub(crate) fn secrets_and_store(&mut self) -> (Secrets, &mut Store) {
        (self.secrets(), &mut self.store)
    }

    /// As whom the installation is signed in; None when it is not.
    ///
    /// # Errors
    /// [`SetupError::Secret`] when the secrets cannot be read.
    pub(crate) fn client_id(&self) -> Result<Option<String>, SetupError> {
        Ok(self.keys().signed_in()?.map(|(_, client_id)| client_id))
    }

    /// As whom the installation is signed in.
    ///
    /// # Errors
    /// [`SetupError::NotSignedIn`] when it is not.
    pub(crate) fn signed_in(&self) -> Result<String, SetupError> {
        self.client_id()?.ok_or(SetupError::NotSignedIn)
    }

    /// The id of this installation, made when there is none.
    ///
    /// # Errors
    /// [`SetupError::Store`] when a new one cannot be written.
    pub(crate) fn app_id(&mut self) -> Result<String, SetupError> {
        match self.data().app_id() {
            Some(id) => Ok(id.to_owned()),
            None => self.update(DataFile::ensure_app_id),
        }
    }

    /// `connector.toml` with what the environment gives before it.
    ///
    /// # Errors
    /// [`SetupError::Store`] names the line that cannot be used.
    pub(crate) fn connector_settings(&self) -> Result<ConnectorSettings, SetupError> {
        Ok(read_connector_settings(&self.profile, self.store.overrides())?)
    }

    /// The names of the further sources, in the order that the settings give them.
    ///
    /// # Errors
    /// [`SetupError::SourceName`] for a name that cannot be a folder's, or stands there twice.
    pub(crate) fn source_names(&self) -> Result<Vec<SourceName>, SetupError> {
        source_names(&self.connector_settings()?.sources)
    }

    /// Every further source, in the order that the settings give them.
    ///
    /// # Errors
    /// [`SetupError`] when the settings of one cannot be read.
    pub(crate) fn further_sources(&self) -> Result<Vec<Self>, SetupError> {
        self.source_names()?.iter().map(|name| self.of_source(name)).collect()
    }

    /// A further source's settings and secrets, to be looked at and changed like an installation's own. Nothing of the
    /// organization is in it.
    ///
    /// # Errors
    /// [`SetupError`] when the name cannot be one, or the source's settings cannot be read.
    pub(crate) fn open_source(&self, name: &str) -> Result<Self, SetupError> {
        let name = source_name(name)?;
        if !self.source_names()?.contains(&name) {
            return Err(SetupError::NoSuchSource { name: name.as_str().to_owned() });
        }
        self.of_source(&name)
    }

    /// What the environment gives counts for the first source only.
    fn of_source(&self, name: &SourceName) -> Result<Self, SetupError> {
        let profile = self.profile.of_source(name);
        let store = Store::open(&profile)?.with_clock(self.clock);
        Ok(Self { environment: self.environment.clone(), profile, store, clock: self.clock })
    }

    /// Takes the profile's run lock; `command` is told to whoever comes second.
    ///
    /// # Errors
    /// [`LockError::Held`] at once when somebody holds it.
    pub(crate) fn lock(&self, command: &str) -> Result<RunLock, LockError> {
        let held = RunLock::acquire(&self.profile, command, self.now())?;
        // Settings that cannot be read end whatever the lock is taken for, and change nothing here.
        if let Err(error) = lease::configure(self) {
            tracing::warn!(%error, "it is not known whether there is a lease");
        }
        Ok(held)
    }

    /// Takes the machine-wide lock of an organization.
    ///
    /// # Errors
    /// As [`Installation::lock`].
    pub(crate) fn lock_organization(
        &self,
        api: &str,
        organization_id: &str,
        command: &str,
    ) -> Result<OrganizationLock, LockError> {
        let folders = LockFolders::of(&self.environment, &self.profile);
        OrganizationLock::acquire(&folders, api, organization_id, command, self.now())
    }
}
