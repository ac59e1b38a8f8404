//! People's accounts: what signing in as a person meets, and what the server remembers of it.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use uuid::Uuid;

use super::tokens::{random_key, random_text};

/// How an account's password becomes a key, as the server tells a client before the sign-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyDerivation {
    /// 0: PBKDF2 with SHA-256.
    Pbkdf2 {
        /// How many rounds.
        iterations: u32,
    },
    /// 1: Argon2id.
    Argon2id {
        /// How many passes.
        iterations: u32,
        /// In MiB.
        memory: u32,
        /// How many lanes.
        parallelism: u32,
    },
}

/// A second step of the sign-in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TwoStep {
    /// 0: an authenticator that shows this code now.
    Authenticator(String),
    /// 1: a mailed code; [`super::Server::mailed_codes`] is the mailbox.
    Email,
    /// 2: Duo, which needs a browser.
    Duo,
    /// 3: a YubiKey whose next touch types this.
    YubiKey(String),
    /// 7: a passkey, which needs a browser.
    WebAuthn,
}

impl TwoStep {
    pub(crate) fn number(&self) -> &'static str {
        match self {
            TwoStep::Authenticator(_) => "0",
            TwoStep::Email => "1",
            TwoStep::Duo => "2",
            TwoStep::YubiKey(_) => "3",
            TwoStep::WebAuthn => "7",
        }
    }
}

/// An organization that only stands in an account's list: this server holds one organization.
#[derive(Clone, Debug)]
pub struct ListedOrganization {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// 0 owner, 1 admin, 2 user.
    pub role: i64,
    /// Whether it is in use.
    pub enabled: bool,
}

/// An account with which a person can sign in.
#[derive(Clone)]
pub struct Account {
    pub(crate) email: String,
    pub(crate) master_password_hash: String,
    pub(crate) derivation: KeyDerivation,
    pub(crate) two_step: Vec<TwoStep>,
    pub(crate) verifies_devices: bool,
    pub(crate) organizations: Vec<ListedOrganization>,
}

impl Account {
    /// An account without a second step. The hash is what a client sends for the right password.
    pub fn new(email: &str, master_password_hash: &str, derivation: KeyDerivation) -> Account {
        Account {
            email: email.to_owned(),
            master_password_hash: master_password_hash.to_owned(),
            derivation,
            two_step: Vec::new(),
            verifies_devices: false,
            organizations: Vec::new(),
        }
    }

    /// Adds a second step.
    #[must_use]
    pub fn two_step(mut self, step: TwoStep) -> Account {
        self.two_step.push(step);
        self
    }

    /// Asks for a mailed code on a device that was not seen before; the official server only.
    #[must_use]
    pub fn verify_devices(mut self) -> Account {
        self.verifies_devices = true;
        self
    }

    /// Puts another organization into the account's list.
    #[must_use]
    pub fn listed(mut self, id: &str, name: &str, role: i64, enabled: bool) -> Account {
        self.organizations.push(ListedOrganization {
            id: id.to_owned(),
            name: name.to_owned(),
            role,
            enabled,
        });
        self
    }
}

/// An account, with what the server remembers of it.
pub(crate) struct Person {
    pub(crate) id: String,
    pub(crate) account: Account,
    pub(crate) api_key: String,
    devices: HashSet<String>,
    used: HashSet<String>,
    mailed: Option<String>,
    remembered: HashSet<String>,
    refreshing: HashSet<String>,
}

/// What a second step came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Right,
    Wrong,
    /// The way is not set up, or a remembered sign-in is none: the question is asked again.
    AskAgain,
}

impl Person {
    pub(crate) fn verify(&mut self, provider: &str, token: &str) -> Verdict {
        if provider == "5" {
            return if self.remembered.contains(token) { Verdict::Right } else { Verdict::AskAgain };
        }
        let Some(step) = self.account.two_step.iter().find(|step| step.number() == provider) else {
            return Verdict::AskAgain;
        };
        let wanted = match step {
            TwoStep::Authenticator(code) | TwoStep::YubiKey(code) => Some(code.clone()),
            TwoStep::Email => self.mailed.clone(),
            TwoStep::Duo | TwoStep::WebAuthn => None,
        };
        if wanted.as_deref() == Some(token) && self.used.insert(token.to_owned()) {
            Verdict::Right
        } else {
            Verdict::Wrong
        }
    }

    pub(crate) fn remember(&mut self) -> String {
        let token = random_text::<32>();
        self.remembered.insert(token.clone());
        token
    }

    /// Gives a token by which the sign-in can be renewed.
    pub(crate) fn refreshing(&mut self) -> String {
        let token = random_text::<32>();
        self.refreshing.insert(token.clone());
        token
    }

    /// Whether this device still has to be confirmed with a mailed code.
    pub(crate) fn is_new_device(&self, device: &str) -> bool {
        self.account.verifies_devices && !self.devices.contains(device)
    }

    pub(crate) fn accept_device(&mut self, device: &str, code: &str) -> bool {
        let right = self.mailed.as_deref() == Some(code);
        if right {
            self.devices.insert(device.to_owned());
        }
        right
    }
}

/// All accounts, and everything that was mailed to them.
#[derive(Default)]
pub(crate) struct Accounts {
    state: Mutex<State>,
}

#[derive(Default)]
pub(crate) struct State {
    people: Vec<Person>,
    mails: Vec<String>,
}

impl State {
    pub(crate) fn find(&mut self, email: &str) -> Option<&mut Person> {
        self.people.iter_mut().find(|it| it.account.email.eq_ignore_ascii_case(email.trim()))
    }

    pub(crate) fn find_by_id(&mut self, id: &str) -> Option<&mut Person> {
        self.people.iter_mut().find(|it| it.id == id)
    }

    /// Finds who was given this token to renew the sign-in.
    pub(crate) fn find_by_refresh_token(&self, token: &str) -> Option<&Person> {
        self.people.iter().find(|it| it.refreshing.contains(token))
    }

    pub(crate) fn mail_code(&mut self, email: &str) {
        let number = getrandom::u32().expect("the operating system always has random bytes") % 1_000_000;
        let code = format!("{number:06}");
        if let Some(person) = self.find(email) {
            person.mailed = Some(code.clone());
            self.mails.push(code);
        }
    }

    pub(crate) fn mails(&self) -> Vec<String> {
        self.mails.clone()
    }
}

impl Accounts {
    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn add(&self, account: Account) {
        self.lock().people.push(Person {
            id: Uuid::new_v4().to_string(),
            account,
            api_key: random_key(),
            devices: HashSet::new(),
            used: HashSet::new(),
            mailed: None,
            remembered: HashSet::new(),
            refreshing: HashSet::new(),
        });
    }
}
