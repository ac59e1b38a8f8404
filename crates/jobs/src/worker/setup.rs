//! Carries out what the guided set-up asks for.

use super::account::Conversation;
use super::facts::{facts, failed};
use super::{Run, Teller};
use crate::job::Happened;
use bwdc_core::desired::DesiredError;
use bwdc_core::settings::{Setting, SettingKind, SettingsError};
use bwdc_engine::directory::google::KeyFile;
use bwdc_engine::doctor::Area;
use bwdc_engine::organization::ApiKey;
use bwdc_engine::paths::ProcessEnvironment;
use bwdc_engine::secrets::SecretName;
use bwdc_engine::{Cancel, Control, Engine, EngineError, ReadMode, RunError, SetupError};
use bwdc_messages::finding::Described;
use bwdc_messages::setup::{
    Counted, SetupDone, SetupFacts, SetupPlan, SetupWork, Typed, run_lines, shared_addresses,
};
use bwdc_messages::{describe, text};
use secrecy::SecretString;
use std::rc::Rc;

/// No key file is longer, in bytes.
const LONGEST_KEY_FILE: u64 = 64 * 1024;

pub(super) async fn carry_out(
    work: SetupWork,
    environment: &ProcessEnvironment,
    cancel: &Cancel,
    teller: &Teller,
    conversation: &Rc<Conversation>,
) {
    let done = match work {
        SetupWork::Answer(answer) => return conversation.answer(teller, answer),
        SetupWork::SignIn { email, password } => {
            conversation.sign_in(teller, environment, &email, password).await;
            return;
        }
        SetupWork::Sync => run(environment, cancel, teller, None).await,
        SetupWork::SyncApproved(number) => run(environment, cancel, teller, Some(number)).await,
        work => {
            let done = one(work, environment, cancel, teller).await;
            done.unwrap_or_else(|error| came_to_nothing(&error, environment))
        }
    };
    teller.tell(Happened::Setup(Box::new(done)));
}

fn came_to_nothing(error: &EngineError, environment: &ProcessEnvironment) -> SetupDone {
    match error {
        EngineError::Run(RunError::Desired(DesiredError::DuplicateAddresses(found))) => {
            SetupDone::SharedAddress(shared_addresses(found))
        }
        error => failed(&describe(error), environment),
    }
}

async fn run(
    environment: &ProcessEnvironment,
    cancel: &Cancel,
    teller: &Teller,
    number: Option<usize>,
) -> SetupDone {
    let run = Run { environment, cancel, teller };
    match run.sync(None, number).await {
        Ok(report) => SetupDone::Synced(run_lines(&report)),
        Err(error) => failed(&error, environment),
    }
}

async fn one(
    work: SetupWork,
    environment: &ProcessEnvironment,
    cancel: &Cancel,
    teller: &Teller,
) -> Result<SetupDone, EngineError> {
    let events = |event| teller.event(event);
    let control = Control { events: &events, cancel };
    Ok(match work {
        SetupWork::Read => SetupDone::Facts(facts(&Engine::open(environment.clone())?)?),
        SetupWork::Save(typed) => SetupDone::Facts(save(environment, typed)?),
        SetupWork::LogIn { client_id, client_secret } => {
            let mut engine = Engine::open(environment.clone())?;
            engine.log_in(ApiKey { client_id, client_secret }, &|event| teller.waits(&event)).await?;
            SetupDone::Facts(facts(&engine)?)
        }
        SetupWork::KeyFile(path) => key_file(&path)?,
        SetupWork::Discover(typed) => {
            let engine = Engine::open(with_typed(environment, typed))?;
            SetupDone::Discovered(engine.discover(control).await?)
        }
        SetupWork::Try(typed) => {
            let mut found = Vec::new();
            let environment = with_typed(environment, typed);
            Engine::examine(&environment, &|event| teller.waits(&event), &mut |finding| {
                if finding.area == Area::Directory {
                    found.push(Described::new(finding));
                }
            })
            .await?;
            SetupDone::Tried(found)
        }
        SetupWork::Count(typed) => {
            let mut engine = Engine::open(with_typed(environment, typed))?;
            SetupDone::Counted(Counted::of(&engine.test(false, control).await?))
        }
        SetupWork::Plan => {
            let mut engine = Engine::open(environment.clone())?;
            SetupDone::Planned(SetupPlan::of(&engine.plan(ReadMode::Incremental, control).await?))
        }
        // These were carried out before.
        SetupWork::Answer(_) | SetupWork::SignIn { .. } | SetupWork::Sync | SetupWork::SyncApproved(_) => {
            SetupDone::Progress(String::new())
        }
    })
}

fn save(environment: &ProcessEnvironment, typed: Typed) -> Result<SetupFacts, EngineError> {
    let mut engine = Engine::open(environment.clone())?;
    let value = |(setting, typed): &(&'static Setting, String)| {
        let value = if typed.is_empty() { None } else { Some(setting.parse(typed)?) };
        Ok::<_, SettingsError>((*setting, value))
    };
    // What cannot be used was not taken when it was typed: nothing is stored rather than a part.
    let changes =
        typed.settings.iter().map(value).collect::<Result<Vec<_>, _>>().map_err(SetupError::from)?;
    engine.set_all(&changes)?;
    if let Some((setting, secret)) = typed.secret
        && let SettingKind::Secret(kind) = setting.kind
    {
        engine.set_secret(SecretName::of_directory(kind), &secret)?;
    }
    facts(&engine)
}

fn with_typed(environment: &ProcessEnvironment, typed: Typed) -> ProcessEnvironment {
    environment.clone().with_typed(&typed.settings, typed.secret.into_iter().collect())
}

fn key_file(path: &str) -> Result<SetupDone, EngineError> {
    use std::io::Read as _;
    let mut content = String::new();
    let path = path.trim_matches(['"', '\'']);
    let read =
        std::fs::File::open(path).and_then(|it| it.take(LONGEST_KEY_FILE).read_to_string(&mut content));
    if let Err(error) = read {
        return Ok(SetupDone::Failed(text!(
            "setup.key-file-unreadable",
            "Cannot read `{path}`: {reason}.",
            path,
            reason = error.to_string()
        )));
    }
    let KeyFile { client_email, private_key } = KeyFile::parse(&SecretString::from(content))?;
    Ok(SetupDone::KeyFile { client_email, key: private_key })
}
