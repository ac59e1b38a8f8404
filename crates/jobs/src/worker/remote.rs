//! Jobs about a profile that the machine's service keeps: it is asked through its socket, and its files are never opened.
//!
//! A wait for it can be ended; what it has begun, it ends by itself.

use super::Teller;
use crate::job::{Happened, Job, RefusedRunState, State, Told};
use bwdc_core::settings::{Setting, SettingValue};
use bwdc_engine::Cancel;
use bwdc_engine::clock::Clock;
use bwdc_engine::ledger::RunId;
use bwdc_engine::paths::{ProcessEnvironment, ProfileName};
use bwdc_engine::profiles::ProfileEntry;
use bwdc_engine::service::{self, Command, PROTOCOL, Reply, Request};
use bwdc_messages::approval::approval;
use bwdc_messages::line::{Line, Tone};
use bwdc_messages::plan::Extent;
use bwdc_messages::setting::value;
use bwdc_messages::{ErrorKind, ErrorText, refused_run, remote, text};
use std::path::PathBuf;
use std::time::Duration;

/// How long a look at files may take, and a run, which may wait for another.
const SHORT: Duration = Duration::from_secs(15);
const LONG: Duration = Duration::from_secs(12 * 60 * 60);
/// Runs that are looked at.
const RUNS: u32 = 200;

type Answered = Result<Reply, Box<ErrorText>>;

/// The service, and the profile that is asked about.
struct Machine<'a> {
    socket: PathBuf,
    profile: ProfileName,
    cancel: &'a Cancel,
}

/// Has the service carry a job out; gives it back where it is none of the service's.
pub(super) async fn carry_out(
    job: Job,
    socket: PathBuf,
    environment: &ProcessEnvironment,
    cancel: &Cancel,
    teller: &Teller,
) -> Option<Job> {
    let profile = environment.profile_name().unwrap_or_default();
    let machine = Machine { socket, profile, cancel };
    let done = match job {
        Job::State => machine.state().await.map(|it| Happened::State(Box::new(it))),
        Job::Save { settings, .. } => machine.save(&settings).await,
        Job::Plan => machine.plan().await,
        Job::Sync { approved, .. } => {
            teller
                .tell(Happened::Progress(text!("remote.syncs", "The service syncs, or waits for its turn")));
            machine.sync(approved).await
        }
        Job::ScheduledSync => machine.sync(None).await,
        Job::History => machine.history().await,
        Job::Run(run) => machine.run(run).await,
        Job::Refused => machine.refused().await,
        Job::Withdraw(run) => {
            let reply = machine.ask(Command::Withdraw { run: Some(run.0) }, SHORT).await;
            reply.map(|it| Happened::Said(it.text))
        }
        Job::Profiles => machine.profiles().await,
        Job::CreateProfile(_) | Job::LookElsewhere(_) | Job::TakeOver { .. } => {
            Err(elsewhere(environment, "bwdc profile"))
        }
        Job::Renew(_) | Job::LogOut | Job::Observe(_) => Err(elsewhere(environment, "bwdc login")),
        Job::Setup(_) => Err(elsewhere(environment, "bwdc setup")),
        Job::Doctor => Err(elsewhere(environment, "bwdc doctor")),
        Job::Repairs(_) | Job::Repair { .. } => Err(elsewhere(environment, "bwdc repair")),
        Job::Files(_) | Job::ReadSettings(_) | Job::WritePlan { .. } | Job::Service(_) => return Some(job),
    };
    teller.tell(done.unwrap_or_else(Happened::Failed));
    None
}

fn elsewhere(environment: &ProcessEnvironment, command: &str) -> Box<ErrorText> {
    Box::new(remote::not_through_it(command, environment.platform()))
}

impl Machine<'_> {
    /// Asks on a thread of its own. Whoever ends the wait does not end what the service does.
    async fn ask(&self, command: Command, patience: Duration) -> Answered {
        let profile = Some(&self.profile).filter(|it| !it.is_default()).map(ToString::to_string);
        let request = Request { protocol: PROTOCOL, profile, command };
        let socket = self.socket.clone();
        let asked = tokio::task::spawn_blocking(move || service::ask(&socket, &request, patience));
        let answered = match self.cancel.unless_cancelled(asked).await {
            Some(Ok(answered)) => answered,
            Some(Err(_)) | None => return Err(Box::new(remote::left_alone())),
        };
        let reply = answered.map_err(|error| Box::new(remote::silent(&error)))?;
        match remote::refused(&reply) {
            Some(error) => Err(Box::new(error)),
            None => Ok(reply),
        }
    }

    async fn state(&self) -> Result<State, Box<ErrorText>> {
        let settings = self.ask(Command::Settings, SHORT).await?;
        let status = self.ask(Command::Status, SHORT).await?;
        let history = self.ask(Command::History { most: 1 }, SHORT).await;
        let found = remote::profiles(&status.data).into_iter().find(|it| it.name == self.profile.to_string());
        let mut state = State {
            client_id: found.as_ref().and_then(|it| it.client_id.clone()),
            next: found.and_then(|it| it.next),
            entries: remote::entries(&settings.data),
            by_service: true,
            ..State::default()
        };
        match history {
            Ok(history) => state.runs = remote::runs(&history.data),
            Err(error) => state.ledger_error = Some(error.message),
        }
        let refused =
            state.runs.first().filter(|it| it.is_refused() || it.is_partly_refused()).map(|it| it.id);
        if let Some(run) = refused {
            let reply = self.ask(Command::Run { run: run.0, verbose: false }, SHORT).await?;
            if let Some((_, entries)) = remote::run(&reply.data) {
                state.refused = remote::refusals(&entries);
                state.approval = remote::approval(&entries, Clock::System.now());
            }
        }
        Ok(state)
    }

    /// Setting by setting, as the protocol has it: what was taken before one is refused stays taken, and is said.
    async fn save(
        &self,
        settings: &[(&'static Setting, Option<SettingValue>)],
    ) -> Result<Happened, Box<ErrorText>> {
        for (done, (setting, new)) in settings.iter().enumerate() {
            let new = new.as_ref().map(|it| value(setting, &it.to_json()));
            let command = Command::Set { setting: setting.name.to_owned(), value: new };
            if let Err(mut error) = self.ask(command, SHORT).await {
                if done > 0 {
                    error.message = text!(
                        "remote.saved-in-part",
                        "{done:setting was/settings were} saved, then one was refused: {message}",
                        done,
                        message = error.message
                    );
                }
                return Err(error);
            }
        }
        Ok(Happened::State(Box::new(self.state().await?)))
    }

    async fn plan(&self) -> Result<Happened, Box<ErrorText>> {
        let reply = self.ask(Command::Plan { full: false, verbose: true }, LONG).await?;
        Ok(Happened::Told(Box::new(Told {
            lines: reply.text.lines().map(Line::plain).collect(),
            notices: reply.notices,
            is_refused: reply.code != 0,
        })))
    }

    /// Syncs. What the limits refuse is approved when its number is the one that was typed, and synced then.
    async fn sync(&self, approved: Option<usize>) -> Result<Happened, Box<ErrorText>> {
        let sync = || self.ask(Command::Sync { full: false }, LONG);
        let refused = match (sync().await, approved) {
            (Ok(reply), _) => return Ok(told(reply)),
            (Err(error), Some(_)) if error.kind == ErrorKind::Refused => error,
            (Err(error), _) => return Err(error),
        };
        let state = self.state().await?;
        let run = state.runs.first().map(|it| it.id.0);
        if approval(&state.refused).map(|it| it.number) != approved {
            return Err(Box::new(ErrorText {
                message: super::run::other_numbers(&refused.message),
                ..*refused
            }));
        }
        self.ask(Command::Approve { run }, SHORT).await?;
        sync().await.map(told)
    }

    async fn history(&self) -> Result<Happened, Box<ErrorText>> {
        let reply = self.ask(Command::History { most: RUNS }, SHORT).await?;
        Ok(Happened::History(remote::runs(&reply.data)))
    }

    async fn run(&self, run: RunId) -> Result<Happened, Box<ErrorText>> {
        let reply = self.ask(Command::Run { run: run.0, verbose: true }, SHORT).await?;
        let (record, entries) = remote::run(&reply.data).ok_or_else(unreadable)?;
        Ok(Happened::Run(Box::new(record), entries))
    }

    async fn refused(&self) -> Result<Happened, Box<ErrorText>> {
        let state = self.state().await?;
        let Some(run) = state.runs.first().map(|it| it.id).filter(|_| !state.refused.is_empty()) else {
            let none = bwdc_engine::HistoryError::NothingToApprove { run: None };
            return Err(Box::new(bwdc_messages::describe(&none.into())));
        };
        let reply = self.ask(Command::Run { run: run.0, verbose: true }, SHORT).await?;
        let status = self.ask(Command::Status, SHORT).await?;
        let known = remote::run(&reply.data);
        let known = known.and_then(|(record, entries)| remote::refused_run(&record, &entries, &status.data));
        let lines = match known {
            Some(refused) => refused_run::lines(&refused, Extent::Whole),
            None => reply.text.lines().map(Line::plain).collect(),
        };
        Ok(Happened::Refused(Box::new(RefusedRunState {
            run,
            lines,
            approval: approval(&state.refused),
            state: state.approval,
        })))
    }

    async fn profiles(&self) -> Result<Happened, Box<ErrorText>> {
        let reply = self.ask(Command::Status, SHORT).await?;
        let profile = |name: ProfileName| ProfileEntry {
            current: name == self.profile,
            folder: PathBuf::new(),
            name,
            has_settings: true,
        };
        let names = remote::profiles(&reply.data).into_iter();
        let names = names.filter_map(|it| ProfileName::parse(&it.name).ok());
        Ok(Happened::Profiles(names.map(profile).collect(), Vec::new()))
    }
}

fn unreadable() -> Box<ErrorText> {
    let path = PathBuf::new();
    Box::new(remote::silent(&service::AskError::OtherProtocol { path }))
}

fn told(reply: Reply) -> Happened {
    let mut lines = reply.text.lines();
    let verdict = lines.next().map(|it| Line::new(it, Tone::Strong));
    let lines = verdict.into_iter().chain(lines.map(|it| Line::new(it, Tone::Good))).collect();
    Happened::Told(Box::new(Told { lines, notices: reply.notices, is_refused: false }))
}
