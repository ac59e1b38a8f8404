//! The conversation of a sign-in as a person: password, second step, new device, choice of organization.

use super::arguments::LoginArguments;
use crate::commands::session::variable;
use crate::error::{CommandError, LoginError};
use crate::prompt::Prompt;
use bwdc_engine::event::Event;
use bwdc_engine::organization::{
    Account, AccountError, AccountSignIn, ApiKey, OwnedOrganization, Proof, Step, TwoStepMethod,
};
use bwdc_engine::{Engine, SignInError, file};
use bwdc_messages::account::{Question, methods, organizations, question};
use bwdc_messages::progress;
use secrecy::{ExposeSecret as _, SecretString, zeroize::Zeroize as _};
use std::io::IsTerminal as _;
use std::path::Path;

/// Codes that may be typed wrong before the sign-in ends: servers lock out whoever tries many.
const TRIES: u32 = 3;
/// No password is longer, in bytes.
const LONGEST_PASSWORD: u64 = 64 * 1024;

/// Which keys are fetched.
pub(super) struct Wanted {
    /// That of the organization that is chosen.
    pub(super) organization: bool,
    /// The person's own.
    pub(super) observer: bool,
}

/// The keys that were fetched.
pub(super) struct Keys {
    pub(super) organization: Option<ApiKey>,
    /// The organization's name.
    pub(super) name: Option<String>,
    pub(super) observer: Option<ApiKey>,
}

/// Signs in as the person, and fetches the keys that are wanted.
pub(super) async fn fetch_keys(
    engine: &mut Engine,
    email: &str,
    arguments: &LoginArguments,
    wanted: &Wanted,
    asking: Option<Prompt>,
) -> Result<Keys, CommandError> {
    let events = &|event| tell(&event, asking);
    let password = password(arguments.password_file.as_deref(), asking).await?;
    let sign_in = engine.begin_account(email, password, events).await?;
    let account = sign_in_with_steps(engine, &sign_in, arguments, asking).await?;
    if let Some(token) = account.remembered() {
        engine.remember_two_step(&sign_in, token)?;
    }
    let mut keys = Keys { organization: None, name: None, observer: None };
    if wanted.organization {
        let owned = account.owned(events).await.map_err(SignInError::from)?;
        let chosen = choose(&owned, sign_in.email(), arguments.organization.as_deref(), asking).await?;
        keys.organization = Some(account.organization_key(chosen, events).await.map_err(SignInError::from)?);
        keys.name = Some(chosen.name.clone());
    }
    if wanted.observer {
        keys.observer = Some(account.personal_key(events).await.map_err(SignInError::from)?);
    }
    Ok(keys)
}

/// Says what is waited for, where somebody looks at it: between two questions nothing else is drawn.
fn tell(event: &Event, asking: Option<Prompt>) {
    let Some(prompt) = asking.filter(|_| std::io::stderr().is_terminal()) else { return };
    if let (Event::Waiting { .. }, Some(text)) = (event, progress::event(event)) {
        // Where it cannot be said, it is waited for all the same.
        let _ = prompt.show(&text);
    }
}

async fn password(file: Option<&Path>, asking: Option<Prompt>) -> Result<SecretString, CommandError> {
    if let Some(path) = file {
        return Ok(first_line(path)?);
    }
    if let Some(password) = variable("BW_PASSWORD")? {
        return Ok(password.into());
    }
    let typed = match asking {
        Some(prompt) => prompt.secret(&question(Question::MasterPassword)).await?,
        None => None,
    };
    Ok(typed.ok_or(LoginError::PasswordRequired)?)
}

fn first_line(path: &Path) -> Result<SecretString, LoginError> {
    let mut text = file::first_line(path, LONGEST_PASSWORD, |_| false)
        .map_err(|source| LoginError::PasswordFile { path: path.to_owned(), source })?;
    let password = text.trim_end_matches(['\r', '\n']).to_owned();
    text.zeroize();
    if password.is_empty() {
        return Err(LoginError::PasswordFileEmpty { path: path.to_owned() });
    }
    Ok(password.into())
}

/// Answers what the server asks for, from the arguments first, then by questions.
async fn sign_in_with_steps<'a>(
    engine: &Engine,
    sign_in: &'a AccountSignIn,
    arguments: &LoginArguments,
    asking: Option<Prompt>,
) -> Result<Account<'a>, CommandError> {
    // A code can be used once: after that only a question helps.
    let mut given = arguments.code.clone();
    let mut proof = match (&given, arguments.method) {
        (Some(code), Some(method)) => two_step(method, code.clone(), arguments.remember),
        // It may be for the new device: a server that wants a second step says so, and takes it then.
        (Some(code), None) => Proof::NewDevice(code.clone()),
        (None, _) => engine.remembered_two_step(sign_in)?.map_or(Proof::PasswordOnly, Proof::Remembered),
    };
    let mut tries = 0;
    loop {
        let error = match sign_in.attempt(&proof, &|event| tell(&event, asking)).await {
            Ok(Step::SignedIn(account)) => return Ok(account),
            Ok(Step::TwoStep(offered)) => {
                if matches!(proof, Proof::TwoStep { .. }) {
                    given = None;
                }
                proof = answer_two_step(sign_in, &offered, given.take(), arguments, asking).await?;
                continue;
            }
            Ok(Step::NewDevice) => {
                proof = Proof::NewDevice(device_code(sign_in.email(), asking).await?);
                continue;
            }
            Err(error) => error,
        };
        tries += 1;
        let again = asking.filter(|_| tries < TRIES);
        proof = match (&error, &proof, again) {
            (AccountError::Refused(message), Proof::TwoStep { method, .. }, Some(prompt))
                if message.status == 400 =>
            {
                prompt.show(&message.to_string())?;
                let method = *method;
                let Some(code) = prompt.line(&question(Question::Code(method))).await? else {
                    return Err(SignInError::from(error).into());
                };
                two_step(method, code.into(), arguments.remember)
            }
            (AccountError::Refused(message), Proof::NewDevice(_), Some(prompt))
                if message.code.as_deref() == Some("device_error") =>
            {
                prompt.show(&message.to_string())?;
                Proof::NewDevice(device_code(sign_in.email(), asking).await?)
            }
            _ => return Err(SignInError::from(error).into()),
        };
    }
}

fn two_step(method: TwoStepMethod, code: SecretString, remember: bool) -> Proof {
    Proof::TwoStep { method, code, remember }
}

async fn answer_two_step(
    sign_in: &AccountSignIn,
    offered: &[TwoStepMethod],
    given: Option<SecretString>,
    arguments: &LoginArguments,
    asking: Option<Prompt>,
) -> Result<Proof, CommandError> {
    let usable: Vec<TwoStepMethod> =
        offered.iter().copied().filter(|it| !matches!(it, TwoStepMethod::Browser(_))).collect();
    if usable.is_empty() {
        return Err(LoginError::OnlyBrowser { offered: offered.to_vec() }.into());
    }
    if let Some(code) = given {
        let method =
            arguments.method.or_else(|| TwoStepMethod::for_code(code.expose_secret().trim(), &usable));
        return match method.filter(|it| usable.contains(it)) {
            Some(method) => Ok(two_step(method, code, arguments.remember)),
            None => Err(LoginError::MethodNotOffered { offered: offered.to_vec() }.into()),
        };
    }
    let method = match (arguments.method, &usable[..], asking) {
        (Some(method), ..) if usable.contains(&method) => method,
        (Some(_), ..) => return Err(LoginError::MethodNotOffered { offered: offered.to_vec() }.into()),
        (None, &[only], _) => only,
        (None, _, Some(prompt)) => ask_method(prompt, &usable).await?,
        (None, ..) => return Err(LoginError::CodeRequired { offered: offered.to_vec() }.into()),
    };
    if method == TwoStepMethod::Email && offered.len() > 1 {
        sign_in.mail_code(&|event| tell(&event, asking)).await.map_err(SignInError::from)?;
    }
    let code = match asking {
        Some(prompt) => prompt.line(&question(Question::Code(method))).await?,
        None => None,
    };
    let code = code.ok_or_else(|| LoginError::CodeRequired { offered: vec![method] })?;
    Ok(two_step(method, code.into(), arguments.remember))
}

async fn ask_method(prompt: Prompt, usable: &[TwoStepMethod]) -> Result<TwoStepMethod, CommandError> {
    for line in methods(usable) {
        prompt.show(&line)?;
    }
    let typed = prompt.line(&question(Question::TwoStepMethod)).await?.unwrap_or_default();
    let chosen = usable.iter().copied().find(|it| it.number().to_string() == typed);
    Ok(chosen.ok_or_else(|| LoginError::MethodNotOffered { offered: usable.to_vec() })?)
}

async fn device_code(email: &str, asking: Option<Prompt>) -> Result<SecretString, CommandError> {
    let typed = match asking {
        Some(prompt) => prompt.line(&question(Question::DeviceCode(email))).await?,
        None => None,
    };
    let code = typed.ok_or_else(|| LoginError::DeviceCodeRequired { email: email.to_owned() })?;
    Ok(code.into())
}

/// The organization that was named, by id or by name; the only one; or the one that is chosen from the list.
async fn choose<'o>(
    owned: &'o [OwnedOrganization],
    email: &str,
    wanted: Option<&str>,
    asking: Option<Prompt>,
) -> Result<&'o OwnedOrganization, CommandError> {
    if let Some(wanted) = wanted {
        let mut fitting = owned.iter().filter(|it| it.id.eq_ignore_ascii_case(wanted) || it.name == wanted);
        return match (fitting.next(), fitting.next()) {
            (Some(only), None) => Ok(only),
            _ if owned.is_empty() => Err(LoginError::NoOrganization { email: email.to_owned() }.into()),
            _ => Err(LoginError::OtherOrganization {
                email: email.to_owned(),
                wanted: wanted.to_owned(),
                organizations: owned.to_vec(),
            }
            .into()),
        };
    }
    match (owned, asking) {
        ([], _) => Err(LoginError::NoOrganization { email: email.to_owned() }.into()),
        ([only], _) => Ok(only),
        (several, Some(prompt)) => {
            for line in organizations(several) {
                prompt.show(&line)?;
            }
            let typed = prompt.line(&question(Question::Organization)).await?.unwrap_or_default();
            let by_number = typed.parse::<usize>().ok().and_then(|it| several.get(it.checked_sub(1)?));
            let chosen = by_number
                .or_else(|| several.iter().find(|it| it.id.eq_ignore_ascii_case(&typed) || it.name == typed));
            Ok(chosen.ok_or_else(|| several_of(email, several))?)
        }
        (several, None) => Err(several_of(email, several).into()),
    }
}

fn several_of(email: &str, organizations: &[OwnedOrganization]) -> LoginError {
    LoginError::SeveralOrganizations { email: email.to_owned(), organizations: organizations.to_vec() }
}
