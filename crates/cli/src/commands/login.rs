//! `bwdc login`

use super::open;
use crate::args::{GlobalArguments, LoginArguments};
use crate::error::CommandError;
use crate::output::{Answer, Done, Failed};
use crate::progress::Progress;
use crate::prompt::Prompt;
use crate::runtime::block_on;
use bwdc_engine::EngineError;
use bwdc_engine::paths::ProcessEnvironment;
use secrecy::SecretString;

/// 1. refuses when signed in; 2. finds id and secret: argument, environment, question; 3. signs in.
pub(super) fn run(arguments: LoginArguments, global: &GlobalArguments) -> Result<Done, Failed> {
    let mut engine = open()?;
    if let Some(client_id) = engine.client_id()? {
        return Err(CommandError::from(EngineError::AlreadySignedIn { client_id }).into());
    }
    let asking = (!global.nointeraction).then_some(Prompt { shown: !global.quiet });
    let (client_id, client_secret) = block_on(credentials(arguments, asking))?;
    let progress = Progress::start(!global.quiet);
    block_on(async {
        let events = |event| progress.tell(event);
        engine.log_in(&client_id, client_secret, &events).await.map_err(CommandError::from)
    })?;
    Ok(Done { answer: Answer::title("You are logged in!"), asides: progress.finish(), code: 0 })
}

async fn credentials(
    arguments: LoginArguments,
    asking: Option<Prompt>,
) -> Result<(String, SecretString), CommandError> {
    let environment = ProcessEnvironment::current();
    let variable = |name| environment.variable(name).map(|value| value.to_string_lossy().into_owned());
    let given = arguments.client_id.filter(|id| !id.trim().is_empty()).or_else(|| variable("BW_CLIENTID"));
    let client_id = match (given, asking) {
        (Some(id), _) => Some(id.trim().to_owned()),
        (None, Some(prompt)) => prompt.line("Client ID").await?,
        (None, None) => None,
    }
    .ok_or(CommandError::ClientIdRequired)?;
    let given = arguments
        .client_secret
        .filter(|secret| !secrecy::ExposeSecret::expose_secret(secret).is_empty())
        .or_else(|| variable("BW_CLIENTSECRET").map(SecretString::from));
    let client_secret = match (given, asking) {
        (Some(secret), _) => Some(secret),
        (None, Some(prompt)) => prompt.secret("Client Secret").await?,
        (None, None) => None,
    }
    .ok_or(CommandError::ClientSecretRequired)?;
    Ok((client_id, client_secret))
}
