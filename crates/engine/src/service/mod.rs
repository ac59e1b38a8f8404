//! The service: it stays, and syncs every profile when its schedule says so.
//!
//! Everything happens on one thread: a task for each profile, one for the socket, one for signals. A profile's task looks at
//! the clock, the settings and the ledger, and decides from them alone, so that nothing has to be carried over a restart.

mod asking;
#[cfg(windows)]
mod control_manager;
mod conversation;
mod daily;
mod desk;
mod duty;
mod endpoint;
mod identity;
mod metrics;
mod newest;
mod outbox;
#[cfg(windows)]
mod pipe;
mod postman;
mod protocol;
mod signals;
mod socket;
mod supervisor;
mod unrecorded;

pub use asking::AskError;
#[cfg(windows)]
pub use control_manager::run_as_service;
pub use desk::{Answer, Answered, Told, is_settable};
pub use endpoint::EndpointError;
pub use identity::{Caller, name_of};
pub use metrics::Metric;
pub use protocol::{Command, MOST_BYTES, PROTOCOL, Reply, Request};
pub use socket::{ask, is_there, keeper, places};

use crate::clock::Clock;
use crate::error::EngineError;
use crate::event::Cancel;
use crate::lease;
use crate::ledger::Trigger;
use crate::notify::{Message, Occasion};
use crate::paths::{ProcessEnvironment, ProfileName};
use crate::profiles::{self, ProfileError};
use crate::run::SyncReport;
use bwdc_core::names::Timestamp;
use duty::Duty;
use endpoint::Endpoint;
use futures_util::future::{LocalBoxFuture, join_all};
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;
use tokio::time::Instant;

/// How long a stop waits for an import that is under way.
const FOR_AN_IMPORT: Duration = Duration::from_secs(60);
/// How long it waits for everything else.
const FOR_THE_REST: Duration = Duration::from_secs(5);

/// How often a stop looks whether everything has ended.
const EACH_LOOK: Duration = Duration::from_millis(50);

/// What the service works with.
pub struct ServiceOptions {
    /// What the program was started with.
    pub environment: ProcessEnvironment,
    /// The one profile that is synced; None: all of them.
    pub profile: Option<ProfileName>,
    /// The clock.
    pub clock: Clock,
    /// Where callers reach it; None: nowhere.
    pub socket: Option<ServiceSocket>,
}

/// Where callers reach a service, and who may.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceSocket {
    /// The socket.
    pub path: PathBuf,
    /// Whether everybody in the group of its folder may, and not the account of the service only.
    pub for_group: bool,
}

/// What happens in a service, for its log.
pub enum News<'n> {
    /// It has begun with these profiles.
    Began {
        /// How many there are.
        profiles: usize,
    },
    /// Settings were read, and these count from now on: when the next run is due, if one starts by itself.
    Scheduled {
        /// The profile.
        profile: &'n ProfileName,
        /// When.
        next: Option<Timestamp>,
        /// Whether runs start by themselves.
        readiness: crate::status::Readiness,
    },
    /// Settings cannot be used: what counted before goes on to.
    Unusable {
        /// The profile.
        profile: &'n ProfileName,
        /// Why.
        error: &'n EngineError,
    },
    /// A run waits for a lock.
    Waits {
        /// The profile.
        profile: &'n ProfileName,
        /// Why: it names the holder.
        error: &'n EngineError,
    },
    /// A run ended.
    Ended {
        /// The profile.
        profile: &'n ProfileName,
        /// Who asked for it.
        trigger: Trigger,
        /// What it came to.
        result: Result<&'n SyncReport, &'n EngineError>,
    },
    /// The socket cannot be offered; everything else goes on.
    NoSocket {
        /// Where it would have been.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// Health and metrics are given here.
    Listens {
        /// The address.
        address: SocketAddr,
    },
    /// They cannot be; everything else goes on.
    NoEndpoint {
        /// Why.
        error: EndpointError,
    },
    /// It was asked to stop.
    Stopping,
}

/// The words, and the place for them, which whoever starts a service has.
pub trait Host {
    /// Tells something to the log.
    fn tell(&self, news: News<'_>);

    /// Puts into a line what a metric is.
    fn metric(&self, metric: Metric) -> String;

    /// Puts into words what somebody is to hear of.
    fn message(&self, occasion: &Occasion<'_>) -> Message;

    /// Puts into words, and into data for scripts, what a caller asked for.
    fn answer(&self, profile: &ProfileName, answered: Answered<'_>) -> Answer;
}

/// Why the service cannot work at all.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// The profiles cannot be listed.
    #[error(transparent)]
    Profiles(#[from] ProfileError),
    /// Signals of the operating system cannot be heard.
    #[error("cannot listen to signals")]
    Signals(#[source] io::Error),
}

/// Works until it is asked to stop.
///
/// 1. lists the profiles; 2. opens the socket; 3. tells the operating system that it is ready; 4. works; 5. asked to stop,
///    it ends what is going on: an import that is under way is waited for, for a minute at most, everything else for five
///    seconds.
///
/// # Errors
/// [`ServiceError`]; whatever fails later fails a run, or a caller, and not the service.
pub fn run<'a>(options: ServiceOptions, host: &'a dyn Host) -> LocalBoxFuture<'a, Result<(), ServiceError>> {
    Box::pin(async move {
        let worked = work(options, host).await;
        lease::release_all();
        worked
    })
}

async fn work(options: ServiceOptions, host: &dyn Host) -> Result<(), ServiceError> {
    let stop = Cancel::default();
    let mut signals = signals::Signals::listen().map_err(ServiceError::Signals)?;
    let duties: Vec<Duty<'_>> =
        names(&options)?.into_iter().map(|name| Duty::new(&options, name, host, stop.clone())).collect();
    let listening = options.socket.as_ref().map(|socket| (socket, socket::listen(socket)));
    let supervisor = supervisor::Supervisor::new();
    host.tell(News::Began { profiles: duties.len() });
    let listener = listening.and_then(|(socket, listening)| {
        listening.map_err(|error| host.tell(News::NoSocket { path: socket.path.clone(), error })).ok()
    });
    supervisor.ready();
    let mut endpoint = offer(&options, duties.first(), host).await;
    let working = join_all(duties.iter().map(Duty::serve));
    let callers = async {
        match &listener {
            Some(listener) => socket::serve(listener, &duties, host).await,
            None => std::future::pending().await,
        }
    };
    let callers = async {
        let watchers = async {
            match &mut endpoint {
                Some(endpoint) => endpoint.serve(&duties, options.clock, host).await,
                None => std::future::pending().await,
            }
        };
        tokio::join!(callers, watchers);
    };
    let hearing = async {
        loop {
            match signals.next().await {
                signals::Signal::Reload => {
                    supervisor.reloading();
                    duties.iter().for_each(Duty::reload);
                    supervisor.ready();
                }
                #[cfg(windows)]
                signals::Signal::Pause => {
                    duties.iter().for_each(|it| it.pause(true));
                    supervisor.paused();
                }
                #[cfg(windows)]
                signals::Signal::Continue => {
                    duties.iter().for_each(|it| it.pause(false));
                    supervisor.ready();
                }
                signals::Signal::Stop => return,
            }
        }
    };
    let alive = supervisor.keep_alive(|| duty::summary(&duties));
    let letters = join_all(duties.iter().map(|it| it.postman.deliver(|| it.engine())));
    let alive = async {
        tokio::join!(alive, letters);
    };
    let (mut working, mut callers, mut alive) =
        (std::pin::pin!(working), std::pin::pin!(callers), std::pin::pin!(alive));
    tokio::select! {
        biased;
        () = hearing => {}
        _ = &mut working => return Ok(()),
        () = &mut callers => {}
        () = &mut alive => {}
    }
    host.tell(News::Stopping);
    stop.cancel();
    supervisor.stopping(FOR_AN_IMPORT);
    let asked = Instant::now();
    let mut worked = false;
    loop {
        let patience = if duties.iter().any(Duty::is_sending) { FOR_AN_IMPORT } else { FOR_THE_REST };
        let left = (asked + patience).saturating_duration_since(Instant::now());
        if left.is_zero() || (worked && duties.iter().all(Duty::is_idle)) {
            return Ok(());
        }
        tokio::select! {
            biased;
            _ = &mut working, if !worked => worked = true,
            // A run that a caller asked for ends here.
            () = &mut callers => {}
            () = &mut alive => {}
            () = tokio::time::sleep(left.min(EACH_LOOK)) => {}
        }
    }
}

/// Offers health and metrics where the settings of the first profile name an address.
async fn offer(options: &ServiceOptions, first: Option<&Duty<'_>>, host: &dyn Host) -> Option<Endpoint> {
    let settings = first?.engine().ok()?.service_settings().ok()?;
    match endpoint::open(&options.environment, settings.listen.as_deref()?).await {
        Ok(endpoint) => {
            host.tell(News::Listens { address: endpoint.address() });
            Some(endpoint)
        }
        Err(error) => {
            host.tell(News::NoEndpoint { error });
            None
        }
    }
}

fn names(options: &ServiceOptions) -> Result<Vec<ProfileName>, ServiceError> {
    match &options.profile {
        Some(name) => Ok(vec![name.clone()]),
        None => Ok(profiles::list(&options.environment)?.into_iter().map(|it| it.name).collect()),
    }
}
