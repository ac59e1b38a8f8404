//! The façade: what a front end asks for. Each call stands for one command, and is carried out below.
//!
//! What takes time is boxed: an `async fn` is compiled once more, with everything that it waits for, in each crate that waits for it.

mod between;
mod desktop;
mod profiles;
mod setup;

use crate::accounts;
use crate::agreement;
use crate::clock::Clock;
use crate::directory::google::KeyFile;
use crate::directory::snapshot_cache::ReadMode;
use crate::doctor::{self, BundleError, Bundled, Findings};
use crate::error::EngineError;
use crate::event::{Control, Events};
use crate::explain::{self, Explained};
use crate::installation::{Installation, SetupError};
use crate::ledger::{FrontEnd, Trigger};
use crate::organization::{AccountSignIn, ApiKey};
use crate::paths::{ProcessEnvironment, Profile};
use crate::run::{self, Planned, Rebuilt, Repairs, SavedPlan, SyncReport, Work};
use crate::secret_stores;
use crate::secrets::{KeyKind, Moved, SecretName, SecretPlace, SecretStore};
use crate::settings::{self, Difference, Entry, Export, Problem, Unnamed};
use crate::update::{self, Newer, UpdateError};
use bwdc_core::desired::Desired;
use bwdc_core::names::SourceName;
use bwdc_core::plan::Picks;
use bwdc_core::settings::{Setting, SettingChange, SettingValue};
use futures_util::future::LocalBoxFuture;
use secrecy::SecretString;
use serde_json::Value;
use std::path::Path;

/// One installation, ready for commands.
///
/// Every method says with [`EngineError`] why it could not do what it stands for.
pub struct Engine {
    installation: Installation,
}

/// The installation itself.
impl Engine {
    /// Opens the installation that the environment names; nothing is written yet.
    ///
    /// # Errors
    /// [`EngineError::Setup`] when the folder cannot be told, or its settings cannot be read.
    pub fn open(environment: ProcessEnvironment) -> Result<Self, EngineError> {
        let profile = Profile::from_environment(&environment).map_err(SetupError::from)?;
        Self::open_profile(environment, profile)
    }

    /// Opens the installation in a given folder.
    ///
    /// # Errors
    /// As [`Engine::open`].
    pub fn open_profile(environment: ProcessEnvironment, profile: Profile) -> Result<Self, EngineError> {
        Self::open_at(environment, profile, Clock::System)
    }

    /// The same under another clock.
    ///
    /// # Errors
    /// As [`Engine::open`].
    pub fn open_at(
        environment: ProcessEnvironment,
        profile: Profile,
        clock: Clock,
    ) -> Result<Self, EngineError> {
        Ok(Self { installation: Installation::open(environment, profile, clock)? })
    }

    /// A further source's settings and secrets, to be looked at and changed like an installation's own.
    ///
    /// # Errors
    /// [`EngineError::Setup`] when the name cannot be one, or the source's settings cannot be read.
    pub fn open_source(&self, name: &str) -> Result<Self, EngineError> {
        Ok(Self { installation: self.installation.open_source(name)? })
    }

    /// The names of the further sources, in the order that the settings give them.
    ///
    /// # Errors
    /// [`EngineError::Setup`] for a name that cannot be a folder's, or stands there twice.
    pub fn further_sources(&self) -> Result<Vec<SourceName>, EngineError> {
        Ok(self.installation.source_names()?)
    }

    /// The version of `data.json` where it is a later one than this program knows; what it does not know there, it keeps.
    pub fn later_data_version(&self) -> Option<i64> {
        self.installation.data().later_version()
    }

    /// An error of a further source names it.
    fn of_this<T>(&self, result: Result<T, SetupError>) -> Result<T, EngineError> {
        Ok(result.map_err(|it| it.of_source(&self.installation.profile().source))?)
    }

    /// Where the settings are.
    pub fn data_file(&self) -> &Path {
        &self.installation.profile().data_json
    }
}

/// Who is signed in.
impl Engine {
    /// As whom the installation is signed in; None when it is not.
    ///
    /// # Errors
    /// [`EngineError::Setup`] when the secrets cannot be read.
    pub fn client_id(&self) -> Result<Option<String>, EngineError> {
        Ok(self.installation.client_id()?)
    }

    /// Signs in with an organization's API key and keeps the key.
    ///
    /// # Errors
    /// [`EngineError::SignIn`]; nothing was stored then.
    pub fn log_in<'a>(
        &'a mut self,
        key: ApiKey,
        events: Events<'a>,
    ) -> LocalBoxFuture<'a, Result<(), EngineError>> {
        Box::pin(async move { Ok(accounts::log_in(&mut self.installation, key, events).await?) })
    }

    /// Keeps the new secret of the key by which the installation is signed in, as after a rotation; refused, the old one stays.
    ///
    /// # Errors
    /// [`EngineError::SignIn`]; nothing was stored then.
    pub fn renew_key<'a>(
        &'a mut self,
        client_secret: SecretString,
        events: Events<'a>,
    ) -> LocalBoxFuture<'a, Result<(), EngineError>> {
        Box::pin(async move { Ok(accounts::renew_key(&mut self.installation, client_secret, events).await?) })
    }

    /// Forgets token and keys; the organization, the installation's id and all settings stay.
    ///
    /// # Errors
    /// [`EngineError::Setup`] when the secrets cannot be changed.
    pub fn log_out(&mut self) -> Result<(), EngineError> {
        Ok(accounts::log_out(&mut self.installation)?)
    }

    /// Begins to sign in as a person, whose organization's key [`Engine::log_in`] then takes.
    ///
    /// # Errors
    /// [`EngineError::SignIn`] when the server cannot be asked.
    pub fn begin_account<'a>(
        &'a mut self,
        email: &'a str,
        password: SecretString,
        events: Events<'a>,
    ) -> LocalBoxFuture<'a, Result<AccountSignIn, EngineError>> {
        Box::pin(async move { Ok(accounts::begin(&mut self.installation, email, password, events).await?) })
    }

    /// What an earlier sign-in of this person at this server was given to be remembered by.
    ///
    /// # Errors
    /// [`EngineError::Setup`] when the secrets cannot be read.
    pub fn remembered_two_step(&self, sign_in: &AccountSignIn) -> Result<Option<SecretString>, EngineError> {
        Ok(accounts::remembered_two_step(&self.installation, sign_in)?)
    }

    /// Keeps what a sign-in was given to be remembered by.
    ///
    /// # Errors
    /// [`EngineError::Setup`] when it cannot be stored.
    pub fn remember_two_step(
        &mut self,
        sign_in: &AccountSignIn,
        token: &SecretString,
    ) -> Result<(), EngineError> {
        Ok(accounts::remember_two_step(&mut self.installation, sign_in, token)?)
    }

    /// Keeps an administrator's own key, by which the organization is observed where its own key sees nothing.
    ///
    /// # Errors
    /// [`EngineError::SignIn`] when it is not needed or of no use; nothing was stored then.
    pub fn set_observer<'a>(
        &'a mut self,
        key: ApiKey,
        events: Events<'a>,
    ) -> LocalBoxFuture<'a, Result<(), EngineError>> {
        Box::pin(async move { Ok(accounts::set_observer(&mut self.installation, key, events).await?) })
    }

    /// As whom the organization is observed; None when nobody was named.
    ///
    /// # Errors
    /// [`EngineError::Setup`] when the secrets cannot be read.
    pub fn observer(&self) -> Result<Option<String>, EngineError> {
        Ok(accounts::observer(&self.installation)?)
    }

    /// Forgets that key.
    ///
    /// # Errors
    /// [`EngineError::Setup`] when the secrets cannot be changed.
    pub fn forget_observer(&mut self) -> Result<(), EngineError> {
        Ok(accounts::forget_observer(&mut self.installation)?)
    }
}

/// Settings and secrets.
impl Engine {
    /// Every setting as it counts now, in the order of the table.
    ///
    /// # Errors
    /// [`EngineError::Setup`] when a file of settings cannot be read.
    pub fn settings(&self) -> Result<Vec<Entry>, EngineError> {
        self.of_this(settings::list(&self.installation))
    }

    /// Stores one setting.
    ///
    /// # Errors
    /// [`EngineError::Setup`] when the settings cannot be written.
    pub fn set(&mut self, setting: &Setting, value: &SettingValue) -> Result<(), EngineError> {
        let done = settings::set(&mut self.installation, setting, value);
        self.of_this(done)
    }

    /// Stores several settings, each file with one write; None takes a setting back to its default.
    ///
    /// # Errors
    /// [`EngineError::Setup`] when the settings cannot be written; both files are then as they were.
    pub fn set_all(&mut self, changes: &[(&Setting, Option<SettingValue>)]) -> Result<(), EngineError> {
        let done = settings::set_all(&mut self.installation, changes);
        self.of_this(done)
    }

    /// Takes one setting, or secret, back to its default.
    ///
    /// # Errors
    /// [`EngineError::Setup`] when the settings or secrets cannot be written.
    pub fn unset(&mut self, setting: &Setting) -> Result<(), EngineError> {
        let done = settings::unset(&mut self.installation, setting);
        self.of_this(done)
    }

    /// What is set, without secrets and without what the environment gives.
    ///
    /// # Errors
    /// [`EngineError::Setup`] when a file of settings cannot be read.
    pub fn export(&self) -> Result<Export, EngineError> {
        self.of_this(settings::export(&self.installation))
    }

    /// What a file would change.
    ///
    /// # Errors
    /// [`EngineError::Setup`] when a file of settings cannot be read.
    pub fn differences(
        &self,
        changes: &[SettingChange],
        unnamed: Unnamed,
    ) -> Result<Vec<Difference>, EngineError> {
        self.of_this(settings::differences(&self.installation, changes, unnamed))
    }

    /// Brings a file in, whole or not at all, and tells what it changed.
    ///
    /// # Errors
    /// [`EngineError::Setup`] when the settings cannot be read or written; they are then as they were.
    pub fn bring_in(
        &mut self,
        changes: &[SettingChange],
        unnamed: Unnamed,
    ) -> Result<Vec<Difference>, EngineError> {
        let done = settings::bring_in(&mut self.installation, changes, unnamed);
        self.of_this(done)
    }

    /// Everything that is wrong with the configuration, as far as this machine can tell; empty: nothing is.
    ///
    /// # Errors
    /// [`EngineError::Setup`] when the settings cannot be read at all.
    pub fn validate(&self) -> Result<Vec<Problem>, EngineError> {
        Ok(settings::validate(&self.installation)?)
    }

    /// Stores one secret.
    ///
    /// # Errors
    /// [`EngineError::Setup`] when it cannot be stored.
    pub fn set_secret(&mut self, name: SecretName, value: &SecretString) -> Result<(), EngineError> {
        let done = self.installation.set_secret(name, value);
        self.of_this(done)
    }

    /// Stores what a service account's key file holds: its address, and the key where secrets are.
    ///
    /// # Errors
    /// [`EngineError::KeyFile`] when it is none; nothing was changed then.
    pub fn set_google_key_file(&mut self, text: &SecretString) -> Result<(), EngineError> {
        let KeyFile { client_email, private_key } = KeyFile::parse(text)?;
        let setting = Setting::find("gsuite.clientEmail").expect("the table of settings has it");
        self.set(setting, &SettingValue::Text(Some(client_email)))?;
        self.set_secret(SecretName::GsuiteKey, &private_key)
    }

    /// Where a secret that is entered for the first time goes, and the kind of key that the encrypted file has.
    ///
    /// # Errors
    /// [`EngineError::Setup`] when the settings cannot be read.
    pub fn secret_store(&self) -> Result<(SecretStore, KeyKind), EngineError> {
        Ok(secret_stores::chosen(&self.installation)?)
    }

    /// Every secret that is set, those of further sources too, with the place where it is kept.
    ///
    /// # Errors
    /// [`EngineError::Setup`] when the settings cannot be read.
    pub fn secret_places(&self) -> Result<Vec<(SourceName, SecretName, SecretPlace)>, EngineError> {
        Ok(secret_stores::places(&self.installation)?)
    }

    /// Moves all stored secrets into one store, in which those that are entered later go, too. `key` is the kind of key
    /// that the encrypted file shall have.
    ///
    /// # Errors
    /// [`EngineError::Setup`]; whatever was moved until then is still in its old place, too.
    pub fn migrate_secrets(&mut self, to: SecretStore, key: Option<KeyKind>) -> Result<Moved, EngineError> {
        Ok(secret_stores::migrate(&mut self.installation, to, key)?)
    }
}

/// Runs.
impl Engine {
    /// Reads the directory and shows what would be asked of the organization; nothing is written anywhere.
    ///
    /// # Errors
    /// [`EngineError::Run`] when not signed in, not configured, or when the directory cannot be read to its end.
    pub fn test<'a>(
        &'a mut self,
        since_last: bool,
        control: Control<'a>,
    ) -> LocalBoxFuture<'a, Result<Desired, EngineError>> {
        Box::pin(async move { Ok(run::test(&mut self.installation, since_last, control).await?) })
    }

    /// Reads the directory and looks for a person or group by address, name, external id or distinguished name.
    ///
    /// # Errors
    /// As [`Engine::test`].
    pub fn explain<'a>(
        &'a mut self,
        who: &'a str,
        control: Control<'a>,
    ) -> LocalBoxFuture<'a, Result<Explained, EngineError>> {
        Box::pin(async move { Ok(explain::explain(&mut self.installation, who, control).await?) })
    }

    /// Compares directory and organization; nothing is written anywhere. The directory is read in full whatever `mode` says;
    /// [`ReadMode::Full`] shows what [`Engine::sync`] does with it: everything is sent again where nobody can look.
    ///
    /// # Errors
    /// [`EngineError::Run`] when either side cannot be read.
    pub fn plan<'a>(
        &'a mut self,
        mode: ReadMode,
        control: Control<'a>,
    ) -> LocalBoxFuture<'a, Result<Planned, EngineError>> {
        Box::pin(async move { Ok(run::plan(&mut self.installation, mode, control).await?) })
    }

    /// Makes the organization follow the directory. With [`ReadMode::Full`] one that nobody can look at is sent everything again.
    ///
    /// # Errors
    /// [`EngineError::Run`] with what kept it from doing everything; what was done is remembered.
    pub fn sync<'a>(
        &'a mut self,
        trigger: Trigger,
        mode: ReadMode,
        control: Control<'a>,
    ) -> LocalBoxFuture<'a, Result<SyncReport, EngineError>> {
        Box::pin(async move { self.carry_out(Work { trigger, mode, expected: None }, control).await })
    }

    /// As [`Engine::sync`] with a full read, and only when the plan is still the saved one.
    ///
    /// # Errors
    /// [`EngineError::Run`]; nothing is sent when the plan has changed.
    pub fn apply<'a>(
        &'a mut self,
        trigger: Trigger,
        saved: &'a SavedPlan,
        control: Control<'a>,
    ) -> LocalBoxFuture<'a, Result<SyncReport, EngineError>> {
        Box::pin(async move {
            self.carry_out(Work { trigger, mode: ReadMode::Full, expected: Some(saved) }, control).await
        })
    }

    /// 1. the run; 2. a scheduled one that failed before it could be on record is recorded; 3. one that a person asked for
    ///    and that did everything is the agreement to those that follow.
    async fn carry_out(&mut self, work: Work<'_>, control: Control<'_>) -> Result<SyncReport, EngineError> {
        let (began, trigger) = (self.installation.now(), work.trigger);
        let result = run::sync(&mut self.installation, work, control).await;
        match &result {
            Err(error) if trigger.by == FrontEnd::Service => {
                run::record_failure(&self.installation, began, trigger, error);
            }
            Err(_) => {}
            Ok(_) => agreement::note(&mut self.installation, trigger),
        }
        Ok(result?)
    }

    /// Forgets whom we manage and records it anew from what directory and organization hold now. Nothing is sent.
    ///
    /// # Errors
    /// [`EngineError::Run`] where either side cannot be read: the ledger is as it was then.
    pub fn rebuild_ledger<'a>(
        &'a mut self,
        trigger: Trigger,
        control: Control<'a>,
    ) -> LocalBoxFuture<'a, Result<Rebuilt, EngineError>> {
        Box::pin(async move { Ok(run::rebuild(&mut self.installation, trigger, control).await?) })
    }

    /// Lists what no sync decides by itself. Nothing is sent.
    ///
    /// # Errors
    /// [`EngineError::Run`] where the organization cannot be read.
    pub fn repairs<'a>(
        &'a mut self,
        picks: &'a Picks,
        control: Control<'a>,
    ) -> LocalBoxFuture<'a, Result<Repairs, EngineError>> {
        Box::pin(async move { Ok(run::find_repairs(&mut self.installation, picks, control).await?) })
    }

    /// Carries out what was agreed to; how many requests that took.
    ///
    /// # Errors
    /// [`EngineError::Run`] where something else needs a decision by now, or the server refused something.
    pub fn repair<'a>(
        &'a mut self,
        picks: &'a Picks,
        agreed: &'a Repairs,
        trigger: Trigger,
        control: Control<'a>,
    ) -> LocalBoxFuture<'a, Result<usize, EngineError>> {
        Box::pin(async move {
            Ok(run::carry_out_repairs(&mut self.installation, picks, agreed, trigger, control).await?)
        })
    }
}

/// What works without an installation that can be opened.
impl Engine {
    /// Looks over the installation that the environment names, from the folder to the organization, and changes nothing.
    ///
    /// # Errors
    /// [`EngineError::Setup`] when the environment does not tell where the installation is.
    pub fn examine<'a>(
        environment: &'a ProcessEnvironment,
        events: Events<'a>,
        findings: Findings<'a>,
    ) -> LocalBoxFuture<'a, Result<(), EngineError>> {
        Box::pin(async move { Ok(doctor::examine(environment, Clock::System, events, findings).await?) })
    }

    /// Writes a support archive, for its owner only. `report` are the findings as a text and as JSON, in the front end's
    /// words.
    ///
    /// # Errors
    /// [`BundleError`]; a file that was there before is then as it was.
    pub fn write_bundle(
        path: &Path,
        environment: &ProcessEnvironment,
        report: (&str, &Value),
    ) -> Result<Bundled, BundleError> {
        doctor::write_bundle(path, environment, Clock::System, report)
    }

    /// Asks the list of releases of the settings whether there is a newer version; None: there is not.
    ///
    /// # Errors
    /// [`UpdateError`] when that is not known.
    pub fn newer_version<'a>(
        environment: &'a ProcessEnvironment,
    ) -> LocalBoxFuture<'a, Result<Option<Newer>, UpdateError>> {
        Box::pin(async move { update::newer(environment, Clock::System).await })
    }
}
