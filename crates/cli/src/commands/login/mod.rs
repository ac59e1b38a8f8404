//! `bwdc login`

mod account;
mod problem;

pub(crate) use problem::LoginError;

use super::{open, variable};
use crate::args::{GlobalArguments, LoginArguments};
use crate::error::CommandError;
use crate::output::{Answer, Done, Failed};
use crate::progress::Progress;
use crate::prompt::Prompt;
use crate::runtime::block_on;
use bwdc_engine::EngineError;
use bwdc_engine::organization::ApiKey;
use secrecy::{ExposeSecret as _, SecretString};

/// Who signs in.
enum Who {
    /// The organization, by its key.
    Organization(ApiKey),
    /// An owner, by this address.
    Person(String),
}

/// 1. refuses when signed in; 2. finds out who signs in: argument, environment, question; 3. as a person: fetches the
///    organization's key; 4. signs in with the key.
pub(super) fn run(arguments: LoginArguments, global: &GlobalArguments) -> Result<Done, Failed> {
    let mut engine = open()?;
    if let Some(client_id) = engine.client_id()? {
        return Err(CommandError::from(EngineError::AlreadySignedIn { client_id }).into());
    }
    let asking = (!global.nointeraction).then_some(Prompt { shown: !global.quiet });
    let who = block_on(who(&arguments, asking))?;
    let mut asides = Vec::new();
    let key = match who {
        Who::Organization(key) => key,
        Who::Person(email) => {
            let (key, name) = block_on(account::fetch_key(&mut engine, &email, &arguments, asking))?;
            asides.push(format!("The API key of `{name}` is stored; nothing of your account is."));
            key
        }
    };
    let progress = Progress::start(!global.quiet);
    block_on(async {
        let events = |event| progress.tell(event);
        engine.log_in(&key.client_id, key.client_secret, &events).await.map_err(CommandError::from)
    })?;
    Ok(Done { answer: Answer::title("You are logged in!"), notices: progress.finish(), asides, code: 0 })
}

async fn who(arguments: &LoginArguments, asking: Option<Prompt>) -> Result<Who, CommandError> {
    if let Some(email) = &arguments.email {
        let typed = Some(email.trim()).filter(|email| !email.is_empty()).map(str::to_owned);
        let email = match (typed, asking) {
            (None, Some(prompt)) => prompt.line("E-mail address").await?,
            (typed, _) => typed,
        };
        return Ok(Who::Person(email.ok_or(LoginError::EmailRequired)?));
    }
    let mut client_id = arguments.client_id.clone().filter(|id| !id.trim().is_empty());
    if client_id.is_none() {
        client_id = variable("BW_CLIENTID")?;
    }
    if let (None, Some(prompt)) = (&client_id, asking) {
        client_id = prompt.line("Client ID, or your e-mail address").await?;
    }
    let client_id = client_id.ok_or(CommandError::ClientIdRequired)?.trim().to_owned();
    if client_id.contains('@') && arguments.client_secret.is_none() {
        return Ok(Who::Person(client_id));
    }

    let mut client_secret =
        arguments.client_secret.clone().filter(|secret| !secret.expose_secret().is_empty());
    if client_secret.is_none() {
        client_secret = variable("BW_CLIENTSECRET")?.map(SecretString::from);
    }
    if let (None, Some(prompt)) = (&client_secret, asking) {
        client_secret = prompt.secret("Client Secret").await?;
    }
    let client_secret = client_secret.ok_or(CommandError::ClientSecretRequired)?;
    Ok(Who::Organization(ApiKey { client_id, client_secret }))
}
