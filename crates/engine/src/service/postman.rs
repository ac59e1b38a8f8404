//! Carries the notifications of one profile, and tries those again that were not taken.

use super::Host;
use super::outbox::{Letter, Outbox};
use crate::clock::Clock;
use crate::engine::Engine;
use crate::error::EngineError;
use crate::notify::{Channel, Desk, Message, Occasion, Tell, came};
use crate::paths::ProfileName;
use bwdc_core::names::Timestamp;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;
use tokio::sync::Notify;

/// How long until the first further try; doubled with each, an hour at most.
const FIRST: Duration = Duration::from_secs(30);
const LONGEST: Duration = Duration::from_secs(3600);
/// How old a notification gets, in milliseconds: a day.
const OLDEST: i64 = 24 * 60 * 60 * 1000;

/// What is told of one profile, and what still has to be delivered.
pub(super) struct Postman {
    clock: Clock,
    desk: RefCell<Option<Desk>>,
    outbox: RefCell<Outbox>,
    wake: Notify,
}

impl Postman {
    /// `file` has what an earlier service could not deliver.
    pub(super) fn new(clock: Clock, file: Option<PathBuf>) -> Self {
        let outbox = RefCell::new(Outbox::open(file));
        Self { clock, desk: RefCell::new(None), outbox, wake: Notify::new() }
    }

    /// Before the first run: how many failed before this service began.
    pub(super) fn begin(&self, failures: u32, now: Timestamp) {
        self.desk.borrow_mut().get_or_insert_with(|| Desk::after(failures, now));
    }

    /// Hears of a run, and puts into the queue what is to be told of it.
    pub(super) fn hear<T>(&self, profile: &ProfileName, result: Result<&T, &EngineError>, host: &dyn Host) {
        let Some(came) = came(result) else { return };
        let told = self.desk.borrow_mut().get_or_insert_with(Desk::default).hear(came, self.clock.now());
        for tell in told {
            let occasion = match (tell, result) {
                (Tell::Recovered { failures, since }, _) => Occasion::Recovered { profile, failures, since },
                (Tell::Failing, Err(error)) => Occasion::Failing { profile, error },
                (Tell::StillFailing { failures, since }, Err(error)) => {
                    Occasion::StillFailing { profile, error, failures, since }
                }
                (Tell::Refused, Err(error)) => Occasion::Refused { profile, error },
                (Tell::PartlyRefused, Err(error)) => Occasion::PartlyRefused { profile, error },
                (_, Ok(_)) => continue,
            };
            self.send(host.message(&occasion));
        }
    }

    /// Takes a notification.
    pub(super) fn send(&self, message: Message) {
        self.outbox.borrow_mut().add(message.short(), self.clock.now());
        self.wake.notify_one();
    }

    /// Delivers what waits, for as long as it is awaited. `engine` opens the installation, whose settings say where to.
    pub(super) async fn deliver(&self, engine: impl Fn() -> Result<Engine, EngineError>) {
        let mut rounds = 0;
        loop {
            self.round(&engine).await;
            if self.outbox.borrow().is_empty() {
                rounds = 0;
                self.wake.notified().await;
                continue;
            }
            let pause = FIRST.saturating_mul(1 << rounds.min(10)).min(LONGEST);
            rounds += 1;
            tokio::select! {
                () = self.wake.notified() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// Tries each notification once, by the ways that did not take it. A way that fails gets no later one before an earlier one,
    /// and holds up no other way.
    async fn round(&self, engine: &impl Fn() -> Result<Engine, EngineError>) {
        let (mut number, mut down) = (0, BTreeSet::new());
        loop {
            let found = self.outbox.borrow().from(number);
            let Some((this, mut letter)) = found else { return };
            number = this + 1;
            let is_done = deliver(engine, &mut letter, &mut down).await;
            let is_old = letter.age(self.clock.now()) >= OLDEST;
            if !is_done && is_old {
                tracing::error!(subject = letter.message.subject, "a notification is given up");
            }
            let waits = (!is_done && !is_old).then_some(letter.took);
            self.outbox.borrow_mut().note(this, waits);
        }
    }
}

/// Whether every way took it. One that did not is in the log, and down for the rest of the round.
async fn deliver(
    engine: &impl Fn() -> Result<Engine, EngineError>,
    letter: &mut Letter,
    down: &mut BTreeSet<Channel>,
) -> bool {
    let skipped: Vec<Channel> = letter.took.iter().chain(down.iter()).copied().collect();
    let results = match engine() {
        Ok(engine) => engine.notify(letter.message.clone(), &skipped).await,
        Err(error) => Err(error),
    };
    match results {
        Ok(results) => {
            for (channel, result) in results {
                match result {
                    Ok(()) => letter.took.push(channel),
                    Err(error) => {
                        tracing::warn!(?channel, %error, "a notification was not delivered");
                        down.insert(channel);
                    }
                }
            }
            down.iter().all(|it| letter.took.contains(it))
        }
        Err(error) => {
            tracing::warn!(%error, "a notification was not delivered");
            false
        }
    }
}
