//! Who is signed in: another key, a personal key that reads the organization, signing out.

use super::chosen::{Chosen, back, digit, hints};
use super::setup::SetupView;
use super::trouble::TroubleView;
use crate::desk::{Desk, Turn, View};
use crate::job::{Happened, Job, JobId};
use crate::key::Key;
use crate::screen::{Input, Line, Row, Screen, Tone};
use crate::typing::Typing;
use bwdc_engine::organization::ApiKey;
use bwdc_messages::account::{self as words, Question, question};
use bwdc_messages::setup::SetupExtent;
use bwdc_messages::text;
use secrecy::SecretString;

/// Opens what the first row of the menu stands for.
pub(crate) fn sign_in_view(desk: &mut Desk) -> Box<dyn View> {
    if desk.installation().is_some_and(|it| it.client_id.is_some()) {
        Box::new(AccountView::default())
    } else {
        Box::new(SetupView::begin(SetupExtent::SignInOnly, desk))
    }
}

/// What is asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Asked {
    #[default]
    Nothing,
    /// Whether to sign out.
    LogOut,
    /// The new secret of a key that was rotated.
    NewSecret,
    ClientId,
    ClientSecret,
}

/// The account.
#[derive(Default)]
pub(crate) struct AccountView {
    at: Chosen,
    asked: Asked,
    typing: Typing,
    client_id: String,
    job: Option<(JobId, Work)>,
}

/// What is under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Work {
    Renew,
    Observe,
    LogOut,
}

/// Rows of the list.
const ROWS: [Asked; 3] = [Asked::NewSecret, Asked::ClientId, Asked::LogOut];

impl AccountView {
    fn open(&mut self, place: usize) -> Turn {
        self.typing = Typing::default();
        self.asked = ROWS.get(place).copied().unwrap_or_default();
        Turn::Stay
    }

    fn typed(&mut self, desk: &mut Desk) {
        if self.typing.text().is_empty() {
            return;
        }
        let typed = std::mem::take(&mut self.typing);
        if self.asked == Asked::ClientId {
            typed.text().trim().clone_into(&mut self.client_id);
            self.asked = Asked::ClientSecret;
            return;
        }
        let client_secret = SecretString::from(typed.text());
        if self.asked == Asked::NewSecret {
            self.job = Some((desk.start(Job::Renew(client_secret)), Work::Renew));
            self.asked = Asked::Nothing;
            return;
        }
        let key = ApiKey { client_id: self.client_id.clone(), client_secret };
        self.job = Some((desk.start(Job::Observe(key)), Work::Observe));
        self.asked = Asked::Nothing;
    }
}

impl View for AccountView {
    fn key(&mut self, key: &Key, desk: &mut Desk) -> Turn {
        match (self.asked, key) {
            (Asked::Nothing, _) if self.job.is_some() => Turn::Unknown,
            (Asked::Nothing, Key::Enter) => self.open(self.at.0),
            (Asked::Nothing, key) => match digit(key, ROWS.len()) {
                Some(place) => self.open(place),
                None if self.at.key(key, ROWS.len()) => Turn::Stay,
                None => Turn::Unknown,
            },
            (Asked::LogOut, Key::Char('y')) => {
                self.asked = Asked::Nothing;
                self.job = Some((desk.start(Job::LogOut), Work::LogOut));
                Turn::Stay
            }
            (_, Key::Esc) | (Asked::LogOut, Key::Char('n')) => {
                self.asked = Asked::Nothing;
                Turn::Stay
            }
            (Asked::LogOut, _) => Turn::Unknown,
            (_, Key::Enter) => {
                self.typed(desk);
                Turn::Stay
            }
            (_, key) if self.typing.key(key) => Turn::Stay,
            _ => Turn::Unknown,
        }
    }

    fn report(&mut self, job: JobId, what: Happened, desk: &mut Desk) -> Result<Turn, Happened> {
        let Some((_, work)) = self.job.filter(|(id, _)| *id == job) else { return Err(what) };
        self.job = None;
        match what {
            Happened::State(state) => {
                desk.state = Some(Ok(*state));
                let said = match work {
                    Work::Renew => words::renewed(),
                    Work::Observe => words::observed(),
                    Work::LogOut => words::logged_out(),
                };
                desk.say(said, Tone::Good);
                Ok(if work == Work::LogOut { Turn::Back } else { Turn::Stay })
            }
            Happened::Failed(error) => {
                let title = text!("account.title", "Account");
                Ok(Turn::Open(Box::new(TroubleView::of(title, &error, desk))))
            }
            other => Err(other),
        }
    }

    fn is_waiting(&self) -> bool {
        self.job.is_some()
    }

    fn screen<'s>(&'s self, desk: &'s Desk) -> Screen<'s> {
        let mut screen = Screen::new(text!("account.title", "Account"));
        let state = desk.installation();
        if let Some(client_id) = state.and_then(|it| it.client_id.as_deref()) {
            screen.head.push(Line::plain(text!("account.as", "Signed in as {client_id}.", client_id)));
        }
        screen.head.push(match state.and_then(|it| it.observer.as_deref()) {
            Some(observer) => Line::plain(words::observed_as(observer)),
            None => Line::new(
                text!(
                    "account.no-observer",
                    "Vaultwarden shows an organization to people only: a personal API key lets runs verify what they sent."
                ),
                Tone::Faint,
            ),
        });
        let row = |key, left: String| Row { key: Some(key), left: left.into(), ..Row::default() };
        let rows = vec![
            row('1', text!("account.renew", "Enter a new secret, after the API key was rotated")),
            row('2', text!("account.set-observer", "Read the organization with a personal API key")),
            row('3', text!("account.log-out", "Log out")),
        ];
        screen = screen.with_rows(rows, self.at.0, 0);
        let input = |label: String, is_secret| Input {
            label,
            shown: if is_secret { self.typing.dots() } else { self.typing.text().to_owned() },
            cursor: self.typing.cursor(),
            default: String::new(),
            is_secret,
            error: None,
        };
        match self.asked {
            Asked::Nothing => {}
            Asked::LogOut => {
                screen.note = Some(Line::new(
                    text!(
                        "account.ask-log-out",
                        "Log out? Token and key are deleted; the settings stay. (y/n)"
                    ),
                    Tone::Warning,
                ));
            }
            Asked::ClientId => {
                screen.input = Some(input(
                    text!("account.personal-id", "Client id of the personal key (user.<id>)"),
                    false,
                ));
            }
            Asked::NewSecret => {
                screen.input = Some(input(
                    text!(
                        "account.new-secret",
                        "New client secret (the old one stays until the server accepts this one)"
                    ),
                    true,
                ));
            }
            Asked::ClientSecret => screen.input = Some(input(question(Question::ClientSecret), true)),
        }
        if self.job.is_some() {
            screen.busy = Some(text!("account.asking", "Asking the server …"));
        }
        screen.hints = hints();
        if self.asked == Asked::LogOut {
            screen.hints = super::yes_no();
        }
        screen.hints.push(back());
        screen
    }
}
