//! `bwdc login`

use super::{open, variable};
use crate::args::{GlobalArguments, LoginArguments};
use crate::error::CommandError;
use crate::output::{Answer, Done, Failed};
use crate::progress::Progress;
use crate::prompt::Prompt;
use crate::runtime::block_on;
use bwdc_engine::EngineError;
use secrecy::{ExposeSecret as _, SecretString};

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
    Ok(Done {
        answer: Answer::title("You are logged in!"),
        notices: progress.finish(),
        asides: Vec::new(),
        code: 0,
    })
}

/// Each of both by itself: argument, environment, question.
async fn credentials(
    arguments: LoginArguments,
    asking: Option<Prompt>,
) -> Result<(String, SecretString), CommandError> {
    let mut client_id = arguments.client_id.filter(|id| !id.trim().is_empty());
    if client_id.is_none() {
        client_id = variable("BW_CLIENTID")?;
    }
    if let (None, Some(prompt)) = (&client_id, asking) {
        client_id = prompt.line("Client ID").await?;
    }
    let client_id = client_id.ok_or(CommandError::ClientIdRequired)?.trim().to_owned();

    let mut client_secret = arguments.client_secret.filter(|secret| !secret.expose_secret().is_empty());
    if client_secret.is_none() {
        client_secret = variable("BW_CLIENTSECRET")?.map(SecretString::from);
    }
    if let (None, Some(prompt)) = (&client_secret, asking) {
        client_secret = prompt.secret("Client Secret").await?;
    }
    Ok((client_id, client_secret.ok_or(CommandError::ClientSecretRequired)?))
}
