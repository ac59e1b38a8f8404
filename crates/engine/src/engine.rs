//! The façade: what a front end asks for. Each call stands for one command.

use crate::account::SignInError;
use crate::clock::Clock;
use crate::connections::proxy;
use crate::directory::Directory;
use crate::directory::google::KeyFile;
use crate::directory::ldap::LdapDirectory;
use crate::directory::open::SourceError;
use crate::error::EngineError;
use crate::event::{Event, Events};
use crate::installation::SetupError;
use crate::ledger::Ledger;
use crate::organization::{ApiKey, Connection, OrganizationAccess, Timeouts};
use crate::paths::{ProcessEnvironment, Profile};
use crate::review::HistoryError;
use crate::secrets::{KeyKind, Moved, SecretName, SecretPlace, SecretStore, Secrets};
use crate::store::{DataFile, Overrides, Store, SyncedKind, read_connector_settings};
use crate::sync::RunError;
use bwdc_core::desired::{Desired, Source, SourceRead};
use bwdc_core::names::SourceName;
use bwdc_core::settings::{
    Bind, ConnectorSettings, DirectoryKind, Endpoints, EnvironmentUrls, LdapLayout, LdapSettings, Setting,
    SettingValue, SettingsError, SyncSettings,
};
use bwdc_core::snapshot::ReadScope;
use secrecy::{ExposeSecret, SecretString};
use std::path::{Path, PathBuf};

/// What the client id of an organization begins with.
const ORGANIZATION: &str = "organization.";

/// One installation, ready for commands.
pub struct Engine {
    pub(crate) environment: ProcessEnvironment,
    pub(crate) profile: Profile,
    pub(crate) store: Store,
    pub(crate) clock: Clock,
}

impl Engine {
    /// Opens the installation that the environment names; nothing is written yet.
    ///
    /// # Errors
    /// [`SetupError`] when the folder cannot be told, or its settings cannot be read.
    pub fn open(environment: ProcessEnvironment) -> Result<Self, SetupError> {
        let profile = Profile::from_environment(&environment)?;
        Self::open_profile(environment, profile)
    }

    /// Opens the installation in a given folder.
    ///
    /// # Errors
    /// As [`Engine::open`].
    pub fn open_profile(environment: ProcessEnvironment, profile: Profile) -> Result<Self, SetupError> {
        let store = Store::open_with(&profile, Overrides::from_environment(&environment)?)?;
        Ok(Self { environment, profile, store, clock: Clock::System })
    }

    /// Where the settings are.
    pub fn data_file(&self) -> &Path {
        &self.profile.data_json
    }

    /// As whom the installation is signed in; None when it is not.
    ///
    /// # Errors
    /// [`SetupError::Secret`] when the secrets cannot be read.
    pub fn client_id(&self) -> Result<Option<String>, SetupError> {
        let secrets = self.secrets();
        if secrets.get(self.store.data(), SecretName::AccessToken)?.is_none() {
            return Ok(None);
        }
        let stored = secrets.get(self.store.data(), SecretName::ApiKeyClientId)?;
        let organization = || self.store.data().organization_id().map(|id| format!("{ORGANIZATION}{id}"));
        let shown = stored.map(|it| it.expose_secret().to_owned()).or_else(organization);
        Ok(Some(shown.unwrap_or_default()))
    }

    /// Signs in with an organization's API key and keeps the key.
    ///
    /// 1. the server is asked for a token; 2. key and token are stored; 3. the organization becomes the installation's.
    ///
    /// # Errors
    /// [`SignInError`]; nothing was stored then.
    pub async fn log_in(
        &mut self,
        client_id: &str,
        client_secret: SecretString,
        events: Events<'_>,
    ) -> Result<(), SignInError> {
        if let Some(client_id) = self.client_id()? {
            return Err(SignInError::AlreadySignedIn { client_id });
        }
        let id = client_id.strip_prefix(ORGANIZATION).filter(|id| !id.is_empty());
        let Some(id) = id.map(str::to_owned) else {
            return Err(SignInError::NotAnOrganization { client_id: client_id.to_owned() });
        };
        let connector = self.connector_settings()?;
        let endpoints = self.endpoints_for_sign_in(&connector)?;
        let app_id = self.app_id()?;
        let proxy = self.proxy_to(&endpoints)?;
        let access = OrganizationAccess {
            proxy,
            connection: Connection {
                endpoints,
                client_id: client_id.to_owned(),
                client_secret: client_secret.clone(),
                app_id,
                ca_path: connector.organization_ca_path.map(PathBuf::from),
            },
            timeouts: Timeouts::within(connector.time_limits.organization),
            token: None,
            observer: None,
        };
        let organization = access.open()?;
        let token = organization.sign_in(events).await?;
        let secrets = self.secrets();
        secrets.set(
            &mut self.store,
            SecretName::ApiKeyClientId,
            &SecretString::from(client_id.to_owned()),
        )?;
        secrets.set(&mut self.store, SecretName::ApiKeyClientSecret, &client_secret)?;
        secrets.set(&mut self.store, SecretName::AccessToken, token.secret())?;
        self.store.update(|data| {
            data.set_organization_id(&id);
            data.set_entity_id(Some(&id));
        })?;
        Ok(())
    }

    /// Forgets token and keys; the organization, the installation's id and all settings stay.
    ///
    /// # Errors
    /// [`SetupError`] when the secrets cannot be changed.
    pub fn log_out(&mut self) -> Result<(), SetupError> {
        let secrets = self.secrets();
        for name in [
            SecretName::AccessToken,
            SecretName::RefreshToken,
            SecretName::ApiKeyClientId,
            SecretName::ApiKeyClientSecret,
            SecretName::ObserverClientId,
            SecretName::ObserverClientSecret,
        ] {
            secrets.remove(&mut self.store, name)?;
        }
        Ok(())
    }

    /// Forgets everything by which a run decides that nothing is new.
    ///
    /// # Errors
    /// [`HistoryError::Store`] or [`HistoryError::Ledger`] when it cannot be written.
    pub fn clear_cache(&mut self) -> Result<(), HistoryError> {
        Ledger::forget_mirrors(&self.profile.connector_db)?;
        self.store.update(DataFile::clear_cache)?;
        Ok(())
    }

    /// When people or groups were last brought over, as ISO 8601 text.
    ///
    /// # Errors
    /// None at present; the settings were read when the installation was opened.
    pub fn last_sync(&self, kind: SyncedKind) -> Result<Option<String>, SetupError> {
        Ok(self.store.data().last_sync(kind).map(crate::clock::to_iso))
    }

    /// Stores one secret.
    ///
    /// # Errors
    /// [`SetupError::Secret`] when it cannot be stored.
    pub fn set_secret(&mut self, name: SecretName, value: &SecretString) -> Result<(), SetupError> {
        self.secrets().set(&mut self.store, name, value)?;
        Ok(())
    }

    /// Stores what a service account's key file holds: its address, and the key where secrets are.
    ///
    /// # Errors
    /// [`EngineError::KeyFile`] when it is none; nothing was changed then.
    pub fn set_google_key_file(&mut self, text: &SecretString) -> Result<(), EngineError> {
        let KeyFile { client_email, private_key } = KeyFile::parse(text)?;
        let setting = Setting::find("gsuite.clientEmail").expect("the table of settings has it");
        self.set(setting, &SettingValue::Text(Some(client_email)))?;
        Ok(self.set_secret(SecretName::GsuiteKey, &private_key)?)
    }

    /// Where a secret that is entered for the first time goes, and the kind of key that the encrypted file has.
    ///
    /// # Errors
    /// [`SetupError::Secret`] when the settings cannot be read.
    pub fn secret_store(&self) -> Result<(SecretStore, KeyKind), SetupError> {
        let secrets = self.secrets();
        Ok((secrets.store()?, secrets.key_kind()))
    }

    /// Every secret that is set, those of further sources too, with the place where it is kept.
    ///
    /// # Errors
    /// [`SetupError`] when the settings cannot be read.
    pub fn secret_places(&self) -> Result<Vec<(SourceName, SecretName, SecretPlace)>, SetupError> {
        let mut places = Vec::new();
        let mut add = |engine: &Self| {
            let secrets = engine.secrets();
            let source = &engine.profile.source;
            let place = |name| secrets.place(engine.store.data(), name).map(|it| (source.clone(), name, it));
            places.extend(SecretName::ALL.into_iter().filter_map(place));
        };
        add(self);
        for source in self.further_sources()? {
            add(&self.open_source(source.as_str())?);
        }
        Ok(places)
    }

    /// Moves all stored secrets into one store, in which those that are entered later go, too. `key` is the kind of key
    /// that the encrypted file shall have.
    ///
    /// # Errors
    /// [`SetupError`]; whatever was moved until then is still in its old place, too.
    pub fn migrate_secrets(&mut self, to: SecretStore, key: Option<KeyKind>) -> Result<Moved, SetupError> {
        let mut moved = self.migrate_own_secrets(to, key)?;
        for source in self.further_sources()? {
            let further = self.open_source(source.as_str())?.migrate_own_secrets(to, key)?;
            moved.moved.extend(further.moved);
            moved.stayed.extend(further.stayed);
        }
        let choice = match to {
            SecretStore::Keychain => "keychain",
            SecretStore::EncryptedFile => "encrypted-file",
            // The official variable decides that, for as long as it is set.
            SecretStore::Plaintext => return Ok(moved),
        };
        if let Some(setting) = Setting::find("secrets.store") {
            self.set(setting, &SettingValue::Text(Some(choice.to_owned())))?;
        }
        Ok(moved)
    }

    fn migrate_own_secrets(&mut self, to: SecretStore, key: Option<KeyKind>) -> Result<Moved, SetupError> {
        let secrets = self.secrets();
        let moved = secrets.migrate(&mut self.store, to)?;
        if let (SecretStore::EncryptedFile, Some(key)) = (to, key) {
            secrets.change_key(key)?;
        }
        Ok(moved)
    }

    /// Reads the directory and shows what would be asked of the organization; nothing is written anywhere.
    ///
    /// # Errors
    /// [`RunError`] when not signed in, not configured, or when the directory cannot be read to its end.
    pub async fn test(&mut self, since_last: bool, events: Events<'_>) -> Result<Desired, RunError> {
        self.signed_in()?;
        let sync = self.sync_settings()?;
        let data = self.store.data();
        let last = data.last_sync(SyncedKind::Users).or_else(|| data.last_sync(SyncedKind::Groups));
        let mut reads = Vec::new();
        for source in self.sources(&sync)? {
            let scope = ReadScope { stable_ids: false, ..source.scope() };
            let read = match last.filter(|_| since_last) {
                Some(since) => source.directory.read_since(scope, since, events).await,
                None => source.directory.read(scope, events).await,
            };
            let mut snapshot = read.map_err(|error| match source.name.is_primary() {
                true => RunError::from(error),
                false => {
                    RunError::Source { name: source.name.as_str().to_owned(), source: Box::new(error.into()) }
                }
            })?;
            snapshot.forget_overlooked();
            let read = Ok(SourceRead { snapshot, settings: source.sync });
            reads.push(Source { name: source.name, read });
        }
        Ok(Desired::merge(reads, sync.users, self.connector_settings()?.conflicts)?)
    }

    pub(crate) fn signed_in(&self) -> Result<String, SetupError> {
        self.client_id()?.ok_or(SetupError::NotSignedIn)
    }

    pub(crate) fn secrets(&self) -> Secrets {
        Secrets::open(&self.profile, &self.environment)
    }

    pub(crate) fn connector_settings(&self) -> Result<ConnectorSettings, SetupError> {
        Ok(read_connector_settings(&self.profile, self.store.overrides())?)
    }

    pub(crate) fn sync_settings(&self) -> Result<SyncSettings, SetupError> {
        Ok(SyncSettings::from_stored(self.store.data().sync()?)?)
    }

    pub(crate) fn endpoints(&self) -> Result<Endpoints, SetupError> {
        Ok(EnvironmentUrls::from_stored(self.store.data().environment_urls()?)?.endpoints())
    }

    pub(crate) fn directory(&self) -> Result<Directory, SourceError> {
        let data = self.store.data();
        let kind = data.directory_kind()?.ok_or(SetupError::NoDirectory)?;
        proxy(&self.connector_settings()?, &[])?;
        if kind == DirectoryKind::Okta {
            return self.okta_directory();
        }
        if kind == DirectoryKind::OneLogin {
            return self.onelogin_directory();
        }
        if kind == DirectoryKind::Entra {
            return self.entra_directory();
        }
        if kind == DirectoryKind::Google {
            return self.google_directory();
        }
        let stored = data.directory(kind)?;
        if stored.is_empty() {
            return Err(SetupError::NoDirectory.into());
        }
        let connector = self.connector_settings()?;
        let settings = LdapSettings::from_stored(stored, &connector.ldap).map_err(|error| match error {
            SettingsError::Missing { key: "ldap.username" } => SetupError::CredentialsMissing,
            error @ SettingsError::Missing { .. } => SetupError::DirectoryIncomplete(error),
            error => SetupError::Settings(error),
        })?;
        let layout = LdapLayout::from_stored(data.sync()?, &settings, &connector.ldap)?;
        let password = match settings.bind {
            Bind::CurrentUser | Bind::External | Bind::Anonymous => None,
            Bind::Simple { .. } => Some(
                self.secrets()
                    .get(self.store.data(), SecretName::LdapPassword)?
                    .ok_or(SetupError::CredentialsMissing)?,
            ),
        };
        Ok(Directory::Ldap(LdapDirectory::new(settings, layout, password, connector.time_limits)))
    }

    /// The organization with the stored key and token.
    pub(crate) fn organization(
        &self,
        connector: &ConnectorSettings,
    ) -> Result<OrganizationAccess, SetupError> {
        let secrets = self.secrets();
        let stored = |name| secrets.get(self.store.data(), name);
        let client_id = self.signed_in()?;
        if let Some(id) = self.store.data().organization_id()
            && !client_id.eq_ignore_ascii_case(&format!("{ORGANIZATION}{id}"))
        {
            return Err(SetupError::KeyOfAnother { client_id, organization_id: id.to_owned() });
        }
        let client_secret = stored(SecretName::ApiKeyClientSecret)?.ok_or(SetupError::NotSignedIn)?;
        let token = stored(SecretName::AccessToken)?.ok_or(SetupError::NotSignedIn)?;
        let observer = stored(SecretName::ObserverClientId)?.zip(stored(SecretName::ObserverClientSecret)?);
        let endpoints = self.endpoints_for_stored_key(connector)?;
        Ok(OrganizationAccess {
            proxy: self.proxy_to(&endpoints)?,
            connection: Connection {
                endpoints,
                client_id,
                client_secret,
                app_id: self.store.data().app_id().unwrap_or_default().to_owned(),
                ca_path: connector.organization_ca_path.as_deref().map(PathBuf::from),
            },
            timeouts: Timeouts::within(connector.time_limits.organization),
            token: Some(token),
            observer: observer.map(|(id, client_secret)| ApiKey {
                client_id: id.expose_secret().to_owned(),
                client_secret,
            }),
        })
    }

    /// Warns where others than the owner can read the settings.
    pub(crate) fn warn(&self, events: Events<'_>) {
        if let Some(warning) = self.store.too_open() {
            events(Event::Notice(warning.to_string()));
        }
    }
}
