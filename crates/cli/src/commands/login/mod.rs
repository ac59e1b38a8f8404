//! `bwdc login`

mod account;
mod arguments;

pub(crate) use arguments::LoginArguments;

use super::session::{open, variable};
use crate::error::{CommandError, LoginError};
use crate::global::GlobalArguments;
use crate::output::{Answer, Done, Failed};
use crate::progress::Progress;
use crate::prompt::Prompt;
use crate::runtime::block_on;
use account::Wanted;
use bwdc_engine::organization::ApiKey;
use bwdc_engine::{Engine, EngineError, RunError, SetupError, SignInError};
use bwdc_messages::account::{self as words, Question, question};
use secrecy::{ExposeSecret as _, SecretString};

/// Who signs in.
enum Who {
    /// Somebody with an API key.
    Key(ApiKey),
    /// A person, by this address.
    Person(String),
}

/// The variables that hold an API key.
const ORGANIZATION: [&str; 2] = ["BW_CLIENTID", "BW_CLIENTSECRET"];
const OBSERVER: [&str; 2] = ["BW_OBSERVER_CLIENTID", "BW_OBSERVER_CLIENTSECRET"];

/// 1. refuses when signed in; 2. finds out who signs in: argument, environment, question; 3. as a person: fetches the
///    keys; 4. signs in with the organization's key; 5. takes the observer's key, where one is asked for.
pub(super) fn run(arguments: LoginArguments, global: &GlobalArguments) -> Result<Done, Failed> {
    let mut engine = open(global)?;
    let signed_in = engine.client_id()?;
    if arguments.renew {
        return renew(&mut engine, signed_in, &arguments, global);
    }
    if let Some(client_id) = signed_in.clone().filter(|_| !arguments.observer) {
        return Err(CommandError::from(SignInError::AlreadySignedIn { client_id }).into());
    }
    let asking = (!global.nointeraction).then_some(Prompt { visible: !global.quiet });
    let mut asides = Vec::new();
    let (organization, observer) = match block_on(who(&arguments, asking))? {
        Who::Key(key) if arguments.observer => (None, Some(key)),
        Who::Key(key) => (Some(key), None),
        Who::Person(email) => {
            let wanted = Wanted { organization: signed_in.is_none(), observer: arguments.observer };
            let keys = account::fetch_keys(&mut engine, &email, &arguments, &wanted, asking);
            let keys = block_on(keys)?;
            asides.extend(keys.name.as_deref().map(words::key_stored));
            (keys.organization, keys.observer)
        }
    };
    if observer.is_some() && organization.is_none() && signed_in.is_none() {
        return Err(CommandError::from(SetupError::NotSignedIn).into());
    }
    let progress = Progress::start(global);
    block_on(store(&mut engine, organization, observer, &progress))?;
    let title = if arguments.observer { words::observed() } else { words::logged_in() };
    Ok(Done { answer: Answer::title(title), notices: progress.finish(), asides, code: 0 })
}

/// Takes the new client secret of the key by which the installation is signed in.
fn renew(
    engine: &mut Engine,
    signed_in: Option<String>,
    arguments: &LoginArguments,
    global: &GlobalArguments,
) -> Result<Done, Failed> {
    let client_id = signed_in.ok_or_else(|| CommandError::from(SetupError::NotSignedIn))?;
    if arguments.client_id.as_deref().is_some_and(|it| it.trim() != client_id) {
        return Err(CommandError::from(SignInError::AlreadySignedIn { client_id }).into());
    }
    let asking = (!global.nointeraction).then_some(Prompt { visible: !global.quiet });
    let secret = block_on(secret(arguments, ORGANIZATION[1], asking))?;
    let progress = Progress::start(global);
    block_on(async {
        let renewed = engine.renew_key(secret, &|event| progress.event(event)).await;
        // The key is stored, and what to do about a refusal is the same as in a run.
        renewed.map_err(|error| match error {
            EngineError::SignIn(SignInError::Organization(refused)) => RunError::from(refused).into(),
            other => CommandError::from(other),
        })
    })?;
    Ok(Done {
        answer: Answer::title(words::renewed()),
        notices: progress.finish(),
        asides: Vec::new(),
        code: 0,
    })
}

async fn store(
    engine: &mut Engine,
    organization: Option<ApiKey>,
    observer: Option<ApiKey>,
    progress: &Progress,
) -> Result<(), CommandError> {
    let events = |event| progress.event(event);
    if let Some(key) = organization {
        engine.log_in(key, &events).await?;
    }
    if let Some(key) = observer {
        engine.set_observer(key, &events).await?;
    }
    Ok(())
}

async fn who(arguments: &LoginArguments, asking: Option<Prompt>) -> Result<Who, CommandError> {
    if let Some(email) = &arguments.email {
        let typed = Some(email.trim()).filter(|email| !email.is_empty()).map(str::to_owned);
        let email = match (typed, asking) {
            (None, Some(prompt)) => prompt.line(&question(Question::EmailAddress)).await?,
            (typed, _) => typed,
        };
        return Ok(Who::Person(email.ok_or(LoginError::EmailRequired)?));
    }
    let [id_variable, secret_variable] = if arguments.observer { OBSERVER } else { ORGANIZATION };
    let mut client_id = arguments.client_id.clone().filter(|id| !id.trim().is_empty());
    if client_id.is_none() {
        client_id = variable(id_variable)?;
    }
    if let (None, Some(prompt)) = (&client_id, asking) {
        client_id = prompt.line(&question(Question::ClientId)).await?;
    }
    let client_id = client_id.ok_or(CommandError::ClientIdRequired)?.trim().to_owned();
    if client_id.contains('@') && arguments.client_secret.is_none() {
        return Ok(Who::Person(client_id));
    }

    let client_secret = secret(arguments, secret_variable, asking).await?;
    Ok(Who::Key(ApiKey { client_id, client_secret }))
}

/// The client secret: the argument, else the variable, else what is typed.
async fn secret(
    arguments: &LoginArguments,
    variable_name: &str,
    asking: Option<Prompt>,
) -> Result<SecretString, CommandError> {
    let mut found = arguments.client_secret.clone().filter(|secret| !secret.expose_secret().is_empty());
    if found.is_none() {
        found = variable(variable_name)?.map(SecretString::from);
    }
    if let (None, Some(prompt)) = (&found, asking) {
        found = prompt.secret(&question(Question::ClientSecret)).await?;
    }
    found.ok_or(CommandError::ClientSecretRequired)
}
