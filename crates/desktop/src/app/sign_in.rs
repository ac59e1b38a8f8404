//! Signing in with the key of an organization.

use super::{App, Notice, Screen, Tab};
use crate::job::{Failure, Job};
use bwdc_messages::desktop::{SignInProblem, sign_in_problem};
use secrecy::SecretString;
use secrecy::zeroize::Zeroize as _;

const ORGANIZATION: &str = "organization";

/// What was typed.
#[derive(Default)]
pub struct SignIn {
    /// The client id.
    pub client_id: String,
    /// What is wrong with it.
    pub id_problem: Option<SignInProblem>,
    /// The client secret.
    pub secret: String,
    /// What is wrong with it.
    pub secret_problem: Option<SignInProblem>,
    /// Whether the server is being asked.
    pub busy: bool,
    /// Why nobody is signed in.
    pub notice: Option<Notice>,
}

impl Drop for SignIn {
    fn drop(&mut self) {
        self.secret.zeroize();
    }
}

impl SignIn {
    /// What is wrong with what was typed: today's checks in today's order, but each said at its field.
    fn check(&mut self) -> bool {
        use SignInProblem::{IdMalformed, IdMissing, IdNotOfAnOrganization, SecretMissing};
        let id = self.client_id.trim();
        let uuid = id.strip_prefix(ORGANIZATION).and_then(|rest| rest.strip_prefix('.'));
        self.id_problem = match uuid {
            _ if id.is_empty() => Some(IdMissing),
            _ if !id.starts_with(ORGANIZATION) => Some(IdNotOfAnOrganization),
            Some(uuid) if is_uuid(uuid) => None,
            _ => Some(IdMalformed),
        };
        self.secret_problem = self.secret.trim().is_empty().then_some(SecretMissing);
        self.id_problem.is_none() && self.secret_problem.is_none()
    }

    /// The sentence at the client id.
    pub fn id_error(&self) -> String {
        self.id_problem.map(sign_in_problem).unwrap_or_default()
    }

    /// The sentence at the client secret.
    pub fn secret_error(&self) -> String {
        self.secret_problem.map(sign_in_problem).unwrap_or_default()
    }
}

fn is_uuid(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let lengths: Vec<usize> = parts.iter().map(|it| it.len()).collect();
    lengths == [8, 4, 4, 4, 12] && parts.iter().all(|it| it.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

impl App {
    /// The client id is typed.
    pub fn type_client_id(&mut self, text: &str) {
        text.clone_into(&mut self.sign_in.client_id);
        self.sign_in.id_problem = None;
    }

    /// The client secret is typed.
    pub fn type_client_secret(&mut self, text: &str) {
        self.sign_in.secret.zeroize();
        text.clone_into(&mut self.sign_in.secret);
        self.sign_in.secret_problem = None;
    }

    /// Somebody wants to sign in.
    pub fn log_in(&mut self) {
        if self.sign_in.busy || !self.sign_in.check() {
            return;
        }
        self.sign_in.busy = true;
        self.sign_in.notice = None;
        let client_id = self.sign_in.client_id.trim().to_owned();
        let secret = SecretString::from(self.sign_in.secret.trim());
        self.job(Job::SignIn { client_id, secret });
    }

    /// Somebody does not want to wait for the server.
    pub fn cancel_log_in(&mut self) {
        if self.sign_in.busy {
            self.effects.push(super::Effect::CancelRun);
        }
    }

    /// The sentence about a failed sign-in was read.
    pub fn close_sign_in_notice(&mut self) {
        self.sign_in.notice = None;
    }

    pub(super) fn signed_in(&mut self, result: Result<(), Failure>) {
        self.sign_in.busy = false;
        match result {
            Ok(()) => {
                self.sign_in = SignIn::default();
                self.tab = Tab::Dashboard;
                self.notice = None;
                self.lists = None;
                self.plan = super::Plan::default();
                self.job(Job::Overview);
            }
            Err(failure) => {
                self.sign_in.notice = Some(Notice::of(&failure).without_tabs());
            }
        }
    }

    /// Nobody is signed in, or not any more: the client id stays, so that only the secret is typed again.
    pub(super) fn lost_session(&mut self) {
        if self.screen == Screen::Main {
            self.sign_in.notice = self.notice.take().map(Notice::without_tabs);
        }
        self.automatic = false;
        self.screen = Screen::SignIn;
    }
}
