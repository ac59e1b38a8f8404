//! Who is signed in: the organization by its key, a person for as long as it takes to fetch that key, and the administrator
//! by whose key an organization is observed.

use crate::event::Events;
use crate::installation::{Installation, Keys, ORGANIZATION, OrganizationConfiguration, SetupError, bind};
use crate::organization::{
    AccountError, AccountPlace, AccountSignIn, ApiKey, Connection, OrganizationAccess, OrganizationError,
    Reading, Timeouts,
};
use crate::secrets::SecretName;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

/// Why nobody was signed in.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// The installation cannot be used as it is.
    #[error(transparent)]
    Setup(#[from] SetupError),
    /// An access token is stored.
    #[error("You are already logged in as {client_id}.")]
    AlreadySignedIn {
        /// As whom.
        client_id: String,
    },
    /// The client id is not that of an organization.
    #[error("`{client_id}` is not the client id of an organization: it has to look like `organization.<id>`")]
    NotAnOrganization {
        /// What was given.
        client_id: String,
    },
    /// The client id is not that of a person.
    #[error("`{client_id}` is not the client id of a personal API key: it has to look like `user.<id>`")]
    NotAPerson {
        /// What was given.
        client_id: String,
    },
    /// The organization's own key sees everything.
    #[error("{server} shows the organization to its own key: nobody else's is needed to observe it")]
    ObserverNotNeeded {
        /// The API's URL.
        server: String,
    },
    /// The organization could not be asked.
    #[error(transparent)]
    Organization(#[from] OrganizationError),
    /// Nobody could be signed in as a person.
    #[error(transparent)]
    Account(#[from] AccountError),
}

/// What the client id of a person's own key begins with.
const PERSON: &str = "user.";

/// For whom and where a second step is remembered: shown to nobody else.
#[derive(Serialize, Deserialize)]
struct Remembered {
    identity: String,
    email: String,
    token: String,
}

/// The organization with the stored key and token.
///
/// # Errors
/// [`SetupError::NotSignedIn`] without a key; [`SetupError::KeyOfAnother`] when it is not that of the settings.
pub(crate) async fn access(
    organization: &OrganizationConfiguration,
    keys: &Keys,
) -> Result<OrganizationAccess, SetupError> {
    let (token, client_id) = keys.organization()?;
    organization.expect_key(&client_id)?;
    let client_secret = keys.get(SecretName::ApiKeyClientSecret)?.ok_or(SetupError::NotSignedIn)?;
    organization.expect_encrypted_or_stored()?;
    organization.expect_bound(SecretName::ApiKeyClientSecret, &client_secret).await?;
    let observer = keys.get(SecretName::ObserverClientId)?.zip(keys.get(SecretName::ObserverClientSecret)?);
    if let Some((_, secret)) = &observer {
        organization.expect_bound(SecretName::ObserverClientSecret, secret).await?;
    }
    let key = ApiKey { client_id, client_secret };
    let access = with_key(organization, key, keys.app_id().to_owned());
    let observer_token = keys.get(SecretName::ObserverToken)?.filter(|_| observer.is_some());
    let observer = observer
        .map(|(id, client_secret)| ApiKey { client_id: id.expose_secret().to_owned(), client_secret });
    Ok(OrganizationAccess { token: Some(token), observer, observer_token, ..access })
}

fn with_key(organization: &OrganizationConfiguration, key: ApiKey, app_id: String) -> OrganizationAccess {
    OrganizationAccess {
        connection: Connection {
            endpoints: organization.endpoints.clone(),
            client_id: key.client_id,
            client_secret: key.client_secret,
            app_id,
            ca_path: organization.ca_path.clone(),
        },
        proxy: organization.proxy.clone(),
        timeouts: Timeouts::within(organization.time_limit),
        clock: organization.clock,
        list_limit: organization.list_limit,
        known: organization.known_entries(),
        token: None,
        observer: None,
        observer_token: None,
    }
}

/// Signs in with an organization's API key and keeps the key.
///
/// 1. the server is asked for a token; 2. key and token are stored; 3. the organization becomes the installation's.
///
/// # Errors
/// [`SignInError`]; nothing was stored then.
pub(crate) async fn log_in(
    installation: &mut Installation,
    key: ApiKey,
    events: Events<'_>,
) -> Result<(), SignInError> {
    if let Some(client_id) = installation.client_id()? {
        return Err(SignInError::AlreadySignedIn { client_id });
    }
    let id = key.client_id.strip_prefix(ORGANIZATION).filter(|id| !id.is_empty()).map(str::to_owned);
    let Some(id) = id else {
        return Err(SignInError::NotAnOrganization { client_id: key.client_id });
    };
    let organization = OrganizationConfiguration::read(installation)?;
    organization.expect_encrypted()?;
    let app_id = installation.app_id()?;
    let (client_id, client_secret) = (SecretString::from(key.client_id.clone()), key.client_secret.clone());
    let token = with_key(&organization, key, app_id).open()?.sign_in(events).await?;
    bind(installation, SecretName::ApiKeyClientSecret, &client_secret, &organization.endpoints);
    installation.set_secret(SecretName::ApiKeyClientId, &client_id)?;
    installation.set_secret(SecretName::ApiKeyClientSecret, &client_secret)?;
    installation.set_secret(SecretName::AccessToken, token.secret())?;
    installation.update(|data| {
        data.set_organization_id(&id);
        data.set_entity_id(Some(&id));
    })?;
    Ok(())
}

/// Keeps the new secret of the key by which the installation is signed in, as after a rotation.
///
/// 1. the server is asked for a token with it; 2. secret and token are stored. Refused, the old one stays.
///
/// # Errors
/// [`SetupError::NotSignedIn`] when nobody is; else why there was no token, and nothing was stored.
pub(crate) async fn renew_key(
    installation: &mut Installation,
    client_secret: SecretString,
    events: Events<'_>,
) -> Result<(), SignInError> {
    let client_id = installation.client_id()?.ok_or(SetupError::NotSignedIn)?;
    let organization = OrganizationConfiguration::read(installation)?;
    organization.expect_key(&client_id)?;
    organization.expect_encrypted()?;
    let app_id = installation.app_id()?;
    let key = ApiKey { client_id, client_secret: client_secret.clone() };
    let token = with_key(&organization, key, app_id).open()?.sign_in(events).await?;
    bind(installation, SecretName::ApiKeyClientSecret, &client_secret, &organization.endpoints);
    installation.set_secret(SecretName::ApiKeyClientSecret, &client_secret)?;
    installation.set_secret(SecretName::AccessToken, token.secret())?;
    Ok(())
}

/// Forgets token and keys; the organization, the installation's id and all settings stay.
///
/// # Errors
/// [`SetupError`] when the secrets cannot be changed.
pub(crate) fn log_out(installation: &mut Installation) -> Result<(), SetupError> {
    for name in [
        SecretName::AccessToken,
        SecretName::RefreshToken,
        SecretName::ApiKeyClientId,
        SecretName::ApiKeyClientSecret,
        SecretName::ObserverClientId,
        SecretName::ObserverClientSecret,
        SecretName::ObserverToken,
    ] {
        installation.remove_secret(name)?;
    }
    Ok(())
}

/// Begins to sign in as a person, whose organization's key [`log_in`] then takes.
///
/// # Errors
/// [`SignInError::Account`] when the server cannot be asked.
pub(crate) async fn begin(
    installation: &mut Installation,
    email: &str,
    password: SecretString,
    events: Events<'_>,
) -> Result<AccountSignIn, SignInError> {
    let organization = OrganizationConfiguration::read(installation)?;
    organization.expect_encrypted()?;
    let place = AccountPlace {
        proxy: organization.proxy,
        endpoints: organization.endpoints,
        app_id: installation.app_id()?,
        ca_path: organization.ca_path,
        clock: organization.clock,
    };
    Ok(AccountSignIn::begin(place, email, password, events).await?)
}

/// What an earlier sign-in of this person at this server was given to be remembered by.
///
/// # Errors
/// [`SetupError`] when the secrets cannot be read.
pub(crate) fn remembered_two_step(
    installation: &Installation,
    sign_in: &AccountSignIn,
) -> Result<Option<SecretString>, SetupError> {
    let Some(stored) = installation.secret(SecretName::TwoStepToken)? else { return Ok(None) };
    // Another program's token, without a person and a server, is none of ours.
    let Ok(stored) = serde_json::from_str::<Remembered>(stored.expose_secret()) else { return Ok(None) };
    let identity = OrganizationConfiguration::read(installation)?.endpoints.identity;
    let fits = stored.email == sign_in.email() && stored.identity == identity;
    Ok(fits.then(|| SecretString::from(stored.token)))
}

/// Keeps what a sign-in was given to be remembered by.
///
/// # Errors
/// [`SetupError`] when it cannot be stored.
pub(crate) fn remember_two_step(
    installation: &mut Installation,
    sign_in: &AccountSignIn,
    token: &SecretString,
) -> Result<(), SetupError> {
    let remembered = Remembered {
        identity: OrganizationConfiguration::read(installation)?.endpoints.identity,
        email: sign_in.email().to_owned(),
        token: token.expose_secret().to_owned(),
    };
    let text = serde_json::to_string(&remembered).expect("three texts are JSON");
    installation.set_secret(SecretName::TwoStepToken, &SecretString::from(text))
}

/// Keeps an administrator's own key, by which the organization is observed where its own key sees nothing.
///
/// # Errors
/// [`SetupError::NotSignedIn`]; [`SignInError::ObserverNotNeeded`] where the organization's key sees everything; why the
/// organization cannot be seen with this key. Nothing was stored then.
pub(crate) async fn set_observer(
    installation: &mut Installation,
    key: ApiKey,
    events: Events<'_>,
) -> Result<(), SignInError> {
    if !key.client_id.starts_with(PERSON) {
        return Err(SignInError::NotAPerson { client_id: key.client_id });
    }
    let configuration = OrganizationConfiguration::read(installation)?;
    let organization = access(&configuration, &installation.keys()).await?.open()?;
    if matches!(organization.members(events).await?, Reading::Read(_)) {
        return Err(SignInError::ObserverNotNeeded { server: configuration.endpoints.api });
    }
    let (client_id, client_secret) = (SecretString::from(key.client_id.clone()), key.client_secret.clone());
    organization.with_observer(key).observed(true, events).await?;
    bind(installation, SecretName::ObserverClientSecret, &client_secret, &configuration.endpoints);
    // It was given for another key.
    installation.remove_secret(SecretName::ObserverToken)?;
    installation.set_secret(SecretName::ObserverClientSecret, &client_secret)?;
    installation.set_secret(SecretName::ObserverClientId, &client_id)?;
    Ok(())
}

/// As whom the organization is observed; None when nobody was named.
///
/// # Errors
/// [`SetupError::Secret`] when the secrets cannot be read.
pub(crate) fn observer(installation: &Installation) -> Result<Option<String>, SetupError> {
    let stored = installation.secret(SecretName::ObserverClientId)?;
    Ok(stored.map(|it| it.expose_secret().to_owned()))
}

/// Forgets that key.
///
/// # Errors
/// [`SetupError::Secret`] when the secrets cannot be changed.
pub(crate) fn forget_observer(installation: &mut Installation) -> Result<(), SetupError> {
    installation.remove_secret(SecretName::ObserverToken)?;
    installation.remove_secret(SecretName::ObserverClientId)?;
    installation.remove_secret(SecretName::ObserverClientSecret)
}
