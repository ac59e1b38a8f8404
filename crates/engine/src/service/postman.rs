//! Carries the notifications of one profile, and tries those again that were not taken.

use super::Host;
use crate::clock::Clock;
use crate::engine::Engine;
use crate::error::EngineError;
use crate::notify::{Channel, Desk, Message, Occasion, Tell, came};
use crate::paths::ProfileName;
use bwdc_core::names::Timestamp;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::time::Duration;
use tokio::sync::Notify;

/// Notifications that wait for a way; of more, the oldest are given up.
const MOST: usize = 100;
/// How long until the first further try; doubled with each, an hour at most.
const FIRST: Duration = Duration::from_secs(30);
const LONGEST: Duration = Duration::from_secs(3600);
/// Tries of about a day.
const TRIES: u32 = 30;

/// What is told of one profile, and what still has to be delivered.
pub(super) struct Postman {
    desk: RefCell<Option<Desk>>,
    queue: RefCell<VecDeque<Message>>,
    wake: Notify,
}

impl Postman {
    pub(super) fn new() -> Self {
        Self { desk: RefCell::new(None), queue: RefCell::new(VecDeque::new()), wake: Notify::new() }
    }

    /// Before the first run: how many failed before this service began.
    pub(super) fn begin(&self, failures: u32, now: Timestamp) {
        self.desk.borrow_mut().get_or_insert_with(|| Desk::after(failures, now));
    }

    /// Hears of a run, and puts into the queue what is to be told of it.
    pub(super) fn hear<T>(
        &self,
        profile: &ProfileName,
        result: Result<&T, &EngineError>,
        clock: Clock,
        host: &dyn Host,
    ) {
        let Some(came) = came(result) else { return };
        let told = self.desk.borrow_mut().get_or_insert_with(Desk::default).hear(came, clock.now());
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

    /// Puts a notification into the queue.
    pub(super) fn send(&self, message: Message) {
        let mut queue = self.queue.borrow_mut();
        if queue.len() == MOST {
            queue.pop_front();
        }
        queue.push_back(message);
        self.wake.notify_one();
    }

    /// Delivers what is in the queue, for as long as it is awaited. `engine` opens the installation, whose settings say where
    /// to.
    pub(super) async fn deliver(&self, engine: impl Fn() -> Result<Engine, EngineError>) {
        loop {
            let next = self.queue.borrow_mut().pop_front();
            match next {
                Some(message) => deliver(&engine, message).await,
                None => self.wake.notified().await,
            }
        }
    }
}

/// Delivers a notification, and tries again for about a day. Each way gets it once.
async fn deliver(engine: &impl Fn() -> Result<Engine, EngineError>, message: Message) {
    let mut took = Vec::new();
    for tries in 0..TRIES {
        if delivered(engine, &message, &mut took).await {
            return;
        }
        tokio::time::sleep(FIRST.saturating_mul(1 << tries.min(10)).min(LONGEST)).await;
    }
    tracing::error!(subject = message.subject, "a notification is given up");
}

/// Whether every way took it. One that did not is in the log.
async fn delivered(
    engine: &impl Fn() -> Result<Engine, EngineError>,
    message: &Message,
    took: &mut Vec<Channel>,
) -> bool {
    let results = match engine() {
        Ok(engine) => engine.notify(message.clone(), took).await,
        Err(error) => Err(error),
    };
    match results {
        Ok(results) => {
            let mut all = true;
            for (channel, result) in results {
                match result {
                    Ok(()) => took.push(channel),
                    Err(error) => {
                        tracing::warn!(?channel, %error, "a notification was not delivered");
                        all = false;
                    }
                }
            }
            all
        }
        Err(error) => {
            tracing::warn!(%error, "a notification was not delivered");
            false
        }
    }
}
