//! The sign-in of an owner, who is asked one thing after the other: two-step login, a new device, which organization.

use super::Teller;
use super::facts::{facts, failed};
use crate::job::{Happened, JobId};
use bwdc_engine::event::Event;
use bwdc_engine::organization::{
    Account, AccountError, AccountSignIn, ApiKey, OwnedOrganization, Proof, Step, TwoStepMethod,
};
use bwdc_engine::paths::ProcessEnvironment;
use bwdc_engine::{Engine, EngineError, SignInError};
use bwdc_messages::account::{Question, method, question};
use bwdc_messages::form::Choice;
use bwdc_messages::setup::SetupDone;
use bwdc_messages::{describe, text};
use secrecy::{ExposeSecret as _, SecretString};
use std::cell::{Cell, RefCell};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// Codes that may be typed wrong before the sign-in ends: servers lock out whoever tries many.
const TRIES: u32 = 3;

/// Where the answers of a sign-in that is under way go.
#[derive(Default)]
pub(super) struct Conversation {
    answers: RefCell<Option<UnboundedSender<SecretString>>>,
    /// The job that waits for the next question.
    job: Cell<Option<JobId>>,
}

/// Why a sign-in came to nothing.
enum Ended {
    Error(EngineError),
    /// A sentence of ours.
    Said(String),
    /// Nobody answers any more.
    Left,
}

impl From<EngineError> for Ended {
    fn from(error: EngineError) -> Self {
        Self::Error(error)
    }
}

impl From<AccountError> for Ended {
    fn from(error: AccountError) -> Self {
        Self::Error(SignInError::from(error).into())
    }
}

impl Conversation {
    /// Hands an answer to the sign-in that asked for it.
    pub(super) fn answer(&self, teller: &Teller, answer: SecretString) {
        self.job.set(Some(teller.id));
        let sent = self.answers.borrow().as_ref().is_some_and(|it| it.send(answer).is_ok());
        if !sent {
            let said = text!("setup.sign-in-ended", "The sign-in has ended. Please begin again.");
            teller.tell(Happened::Setup(Box::new(SetupDone::Failed(said))));
        }
    }

    /// Signs in and keeps the organization's key.
    pub(super) async fn sign_in(
        &self,
        teller: &Teller,
        environment: &ProcessEnvironment,
        email: &str,
        password: SecretString,
    ) {
        let (sender, answers) = unbounded_channel();
        // An earlier sign-in hears that nobody answers it.
        self.answers.replace(Some(sender));
        self.job.set(Some(teller.id));
        let mut asker = Asker { conversation: self, teller, answers };
        let done = match asker.run(environment, email, password).await {
            Ok(done) => done,
            Err(Ended::Error(error)) => failed(&describe(&error), environment),
            Err(Ended::Said(said)) => SetupDone::Failed(said),
            Err(Ended::Left) => return,
        };
        asker.tell(done);
    }
}

struct Asker<'a> {
    conversation: &'a Conversation,
    teller: &'a Teller,
    answers: UnboundedReceiver<SecretString>,
}

impl Asker<'_> {
    fn tell(&self, done: SetupDone) {
        self.teller().tell(Happened::Setup(Box::new(done)));
    }

    /// Says what is waited for.
    fn waits(&self) -> impl Fn(Event) + Sync + use<> {
        let teller = self.teller();
        move |event| teller.waits(&event)
    }

    /// The one of the job that is under way now.
    fn teller(&self) -> Teller {
        let id = self.conversation.job.get().unwrap_or(self.teller.id);
        Teller { id, ..self.teller.clone() }
    }

    async fn ask(
        &mut self,
        question: String,
        choices: Vec<Choice>,
        error: Option<String>,
    ) -> Result<SecretString, Ended> {
        self.tell(SetupDone::Asks { question, choices, error });
        self.answers.recv().await.ok_or(Ended::Left)
    }

    async fn run(
        &mut self,
        environment: &ProcessEnvironment,
        email: &str,
        password: SecretString,
    ) -> Result<SetupDone, Ended> {
        let mut engine = Engine::open(environment.clone())?;
        let sign_in = engine.begin_account(email, password, &self.waits()).await?;
        let account = self.prove(&engine, &sign_in).await?;
        let owned = account.owned(&self.waits()).await?;
        let chosen = self.choose(&owned, sign_in.email()).await?;
        let key: ApiKey = account.organization_key(chosen, &self.waits()).await?;
        engine.log_in(key, &self.waits()).await?;
        Ok(SetupDone::Facts(facts(&engine)?))
    }

    async fn prove<'s>(&mut self, engine: &Engine, sign_in: &'s AccountSignIn) -> Result<Account<'s>, Ended> {
        let mut proof = engine.remembered_two_step(sign_in)?.map_or(Proof::PasswordOnly, Proof::Remembered);
        let mut wrong = None;
        let mut tries = 0;
        loop {
            let error = match sign_in.attempt(&proof, &self.waits()).await {
                Ok(Step::SignedIn(account)) => return Ok(account),
                Ok(Step::TwoStep(offered)) => {
                    proof = self.second_step(sign_in, &offered).await?;
                    continue;
                }
                Ok(Step::NewDevice) => {
                    let asked = question(Question::DeviceCode(sign_in.email()));
                    proof = Proof::NewDevice(self.ask(asked, Vec::new(), wrong.take()).await?);
                    continue;
                }
                Err(error) => error,
            };
            tries += 1;
            let (AccountError::Refused(message), true) = (&error, tries < TRIES) else {
                return Err(error.into());
            };
            let said = message.to_string();
            proof = match &proof {
                Proof::TwoStep { method, .. } if message.status == 400 => {
                    let method = *method;
                    let code = self.ask(question(Question::Code(method)), Vec::new(), Some(said)).await?;
                    Proof::TwoStep { method, code, remember: false }
                }
                Proof::NewDevice(_) if message.code.as_deref() == Some("device_error") => {
                    let asked = question(Question::DeviceCode(sign_in.email()));
                    Proof::NewDevice(self.ask(asked, Vec::new(), Some(said)).await?)
                }
                _ => return Err(error.into()),
            };
        }
    }

    async fn second_step(
        &mut self,
        sign_in: &AccountSignIn,
        offered: &[TwoStepMethod],
    ) -> Result<Proof, Ended> {
        let usable: Vec<TwoStepMethod> =
            offered.iter().copied().filter(|it| !matches!(it, TwoStepMethod::Browser(_))).collect();
        let chosen = match &usable[..] {
            [] => {
                return Err(Ended::Said(text!(
                    "setup.only-browser",
                    "This account's two-step login works in a browser only. Sign in with the organization's API key instead."
                )));
            }
            [only] => *only,
            several => {
                let choice =
                    |it: &TwoStepMethod| Choice { value: it.number().to_string(), label: method(*it) };
                let choices = several.iter().map(choice).collect();
                let typed = self.ask(question(Question::TwoStepMethod), choices, None).await?;
                let number = typed.expose_secret().to_owned();
                let found = several.iter().copied().find(|it| it.number().to_string() == number);
                found.ok_or(Ended::Left)?
            }
        };
        if chosen == TwoStepMethod::Email && offered.len() > 1 {
            sign_in.mail_code(&self.waits()).await?;
        }
        let code = self.ask(question(Question::Code(chosen)), Vec::new(), None).await?;
        Ok(Proof::TwoStep { method: chosen, code, remember: false })
    }

    async fn choose<'o>(
        &mut self,
        owned: &'o [OwnedOrganization],
        email: &str,
    ) -> Result<&'o OwnedOrganization, Ended> {
        match owned {
            [] => Err(Ended::Said(text!(
                "setup.no-organization",
                "{email} owns no organization on this server.",
                email
            ))),
            [only] => Ok(only),
            several => {
                let choices = several
                    .iter()
                    .map(|it| Choice { value: it.id.clone(), label: it.name.clone() })
                    .collect();
                let typed = self.ask(question(Question::Organization), choices, None).await?;
                several.iter().find(|it| it.id == typed.expose_secret()).ok_or(Ended::Left)
            }
        }
    }
}
