//! The server as its user sees it: started with options, asked and changed while it runs, stopped when dropped.
//!
//! It always runs on a thread of its own. Callers with and without a runtime use it alike, a test that blocks on an
//! outside client does not block the server, and after `stop` its ports are free.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use super::channel::Channel;
use super::dn::Dn;
use super::fault::{Fault, Faults};
use super::ldif::{self, Record};
use super::log::{Counts, Log, LoggedOperation};
use super::options::Options;
use super::session::Session;
use super::shared::Shared;
use super::tls::{ClientIdentity, Tls, TlsError};
use super::tree::{Tree, TreeError};

/// Why a server does not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The entries cannot be loaded.
    #[error("the directory cannot be loaded")]
    Load(#[from] TreeError),
    /// The certificates cannot be made.
    #[error("the certificates cannot be made")]
    Tls(#[from] TlsError),
    /// A port cannot be opened, or the thread cannot start.
    #[error("the server cannot listen")]
    Listen(#[from] io::Error),
    /// The server's thread ended before it was ready.
    #[error("the server ended before it was ready")]
    Ended,
}

/// A running directory server on 127.0.0.1. Dropping it ends every connection and frees its ports.
pub struct Server {
    shared: Arc<Shared>,
    port: u16,
    ldaps_port: Option<u16>,
    shutdown: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

struct Ready {
    shared: Arc<Shared>,
    port: u16,
    ldaps_port: Option<u16>,
}

type Report = Box<dyn FnOnce(Result<Ready, StartError>) + Send>;

impl Server {
    /// Loads the entries and listens on ports chosen by the system.
    ///
    /// # Errors
    /// LDIF that cannot be loaded, certificates that cannot be made, ports that cannot be opened.
    pub async fn start(options: Options) -> Result<Self, StartError> {
        let (report, ready) = oneshot::channel();
        let launched = launch(options, Box::new(|outcome| drop(report.send(outcome))))?;
        let ready = ready.await.map_err(|_| StartError::Ended)??;
        Ok(Self::running(launched, ready))
    }

    /// The same as [`start`](Self::start) for callers without a runtime.
    ///
    /// # Errors
    /// As for [`start`](Self::start).
    pub fn start_blocking(options: Options) -> Result<Self, StartError> {
        let (report, ready) = std::sync::mpsc::channel();
        let launched = launch(options, Box::new(move |outcome| drop(report.send(outcome))))?;
        let ready = ready.recv().map_err(|_| StartError::Ended)??;
        Ok(Self::running(launched, ready))
    }

    fn running((shutdown, thread): (oneshot::Sender<()>, JoinHandle<()>), ready: Ready) -> Self {
        let Ready { shared, port, ldaps_port } = ready;
        Self { shared, port, ldaps_port, shutdown: Some(shutdown), thread: Some(thread) }
    }

    /// The address of the plain port, `ldap://127.0.0.1:…`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("ldap://127.0.0.1:{}", self.port)
    }

    /// The address of the encrypted port, `ldaps://127.0.0.1:…`, if there is one.
    #[must_use]
    pub fn ldaps_url(&self) -> Option<String> {
        self.ldaps_port.map(|port| format!("ldaps://127.0.0.1:{port}"))
    }

    /// The plain port, which StartTLS uses too.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The port of LDAPS, if there is one.
    #[must_use]
    pub fn ldaps_port(&self) -> Option<u16> {
        self.ldaps_port
    }

    /// The certificate of the authority that signed the server's, PEM, if the server offers encryption.
    #[must_use]
    pub fn ca_pem(&self) -> Option<&str> {
        self.shared.tls.as_ref().map(|tls| tls.ca_pem.as_str())
    }

    /// A client certificate that the server takes, if it offers encryption.
    #[must_use]
    pub fn client_identity(&self) -> Option<ClientIdentity> {
        self.shared.tls.as_ref().map(|tls| tls.client.clone())
    }

    /// Ends every connection and waits until the ports are free.
    pub fn stop(mut self) {
        self.end();
    }

    fn end(&mut self) {
        // The other end wakes up when this one is gone.
        drop(self.shutdown.take());
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the directory server's thread did not end well");
        }
    }

    /// Sets a fault beside those that are set.
    pub fn inject(&self, fault: Fault) {
        self.shared.faults.add(fault);
    }

    /// Takes all faults back.
    pub fn clear_faults(&self) {
        self.shared.faults.clear();
    }

    /// What clients did so far, in order.
    #[must_use]
    pub fn log(&self) -> Vec<LoggedOperation> {
        self.shared.log.all()
    }

    /// Forgets what clients did so far.
    pub fn clear_log(&self) {
        self.shared.log.clear();
    }

    /// How often clients did what is counted, since the log was cleared.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.shared.log.counts()
    }

    /// Waits until the log is as wanted; false when `limit` passes before. Blocks the calling thread.
    pub fn wait_for(&self, wanted: impl Fn(&[LoggedOperation]) -> bool, limit: Duration) -> bool {
        self.shared.log.wait_for(wanted, limit)
    }

    /// How many entries there are.
    #[must_use]
    pub fn entry_count(&self) -> usize {
        self.read().len()
    }

    /// An entry as it is now; `None` when there is none of this name.
    #[must_use]
    pub fn entry(&self, dn: &str) -> Option<Record> {
        let dn = Dn::parse(dn).ok()?;
        self.read().get(&dn).map(|entry| entry.record().clone())
    }

    /// Adds the entries of an LDIF text, all or none, and says how many they were.
    ///
    /// # Errors
    /// LDIF that cannot be read, names that exist.
    pub fn add(&self, ldif: &str) -> Result<usize, TreeError> {
        let records = ldif::parse(ldif)?;
        self.write().add(records)
    }

    /// Deletes an entry that has none below it. Values that name it stay.
    ///
    /// # Errors
    /// No such entry, or entries below it.
    pub fn delete(&self, dn: &str) -> Result<(), TreeError> {
        self.write().delete(dn)
    }

    /// Replaces all values of an attribute; no values removes it.
    ///
    /// # Errors
    /// No such entry.
    pub fn modify<V: AsRef<[u8]>>(
        &self,
        dn: &str,
        attribute: &str,
        values: impl IntoIterator<Item = V>,
    ) -> Result<(), TreeError> {
        let values = values.into_iter().map(|value| value.as_ref().to_vec()).collect();
        self.write().modify(dn, attribute, values)
    }

    /// Adds a value to an attribute, unless it is there.
    ///
    /// # Errors
    /// No such entry.
    pub fn add_value(&self, dn: &str, attribute: &str, value: impl AsRef<[u8]>) -> Result<(), TreeError> {
        self.write().add_value(dn, attribute, value.as_ref())
    }

    /// Removes a value from an attribute, if it is there; names compare as names.
    ///
    /// # Errors
    /// No such entry.
    pub fn remove_value(&self, dn: &str, attribute: &str, value: impl AsRef<[u8]>) -> Result<(), TreeError> {
        self.write().remove_value(dn, attribute, value.as_ref())
    }

    /// Renames or moves an entry with all below it, keeping its `entryUUID`. Values that name it are left as they are.
    ///
    /// # Errors
    /// No such entry, the new name taken, or a move below itself.
    pub fn rename(&self, dn: &str, new_dn: &str) -> Result<(), TreeError> {
        self.write().rename(dn, new_dn)
    }

    /// Renames as [`rename`](Self::rename) does and rewrites the values that name the entry, as referential integrity would.
    ///
    /// # Errors
    /// As for [`rename`](Self::rename).
    pub fn rename_with_references(&self, dn: &str, new_dn: &str) -> Result<(), TreeError> {
        self.write().rename_with_references(dn, new_dn)
    }

    fn read(&self) -> RwLockReadGuard<'_, Tree> {
        self.shared.tree.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Tree> {
        self.shared.tree.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.end();
    }
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server")
            .field("url", &self.url())
            .field("ldaps_port", &self.ldaps_port)
            .finish_non_exhaustive()
    }
}

fn launch(options: Options, report: Report) -> io::Result<(oneshot::Sender<()>, JoinHandle<()>)> {
    let (shutdown, stopped) = oneshot::channel();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build()?;
    let thread = std::thread::Builder::new().name("sandbox-ldap".to_owned()).spawn(move || {
        // Leaving drops the runtime on this thread, and with it every connection.
        runtime.block_on(async move {
            match prepare(options).await {
                Ok((ready, listeners)) => {
                    let shared = Arc::clone(&ready.shared);
                    report(Ok(ready));
                    serve(shared, listeners, stopped).await;
                }
                Err(error) => report(Err(error)),
            }
        });
    })?;
    Ok((shutdown, thread))
}

struct Listeners {
    plain: TcpListener,
    ldaps: Option<TcpListener>,
}

async fn prepare(mut options: Options) -> Result<(Ready, Listeners), StartError> {
    let records = ldif::parse(&std::mem::take(&mut options.ldif)).map_err(TreeError::from)?;
    let tree = RwLock::new(Tree::load(records)?);
    let tls = if options.start_tls || options.ldaps { Some(Tls::make(&options)?) } else { None };
    let any_port = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let plain = TcpListener::bind(any_port).await?;
    let ldaps = if options.ldaps { Some(TcpListener::bind(any_port).await?) } else { None };
    let port = plain.local_addr()?.port();
    let ldaps_port = ldaps.as_ref().map(TcpListener::local_addr).transpose()?.map(|address| address.port());
    let shared = Arc::new(Shared { options, tree, log: Log::default(), faults: Faults::default(), tls });
    Ok((Ready { shared, port, ldaps_port }, Listeners { plain, ldaps }))
}

async fn serve(shared: Arc<Shared>, listeners: Listeners, mut stopped: oneshot::Receiver<()>) {
    let mut sessions = JoinSet::new();
    let mut number = 0;
    loop {
        let (accepted, ldaps) = tokio::select! {
            _ = &mut stopped => return,
            accepted = listeners.plain.accept() => (accepted, false),
            accepted = accept(listeners.ldaps.as_ref()) => (accepted, true),
            Some(_) = sessions.join_next() => continue,
        };
        match accepted {
            Ok((stream, _)) => {
                number += 1;
                if let Err(error) = stream.set_nodelay(true) {
                    tracing::debug!(%error, "small answers may wait");
                }
                let session = Session::new(Arc::clone(&shared), Channel::new(stream), number);
                sessions.spawn(session.run(ldaps));
            }
            Err(error) => tracing::debug!(%error, "a connection was gone before it was taken"),
        }
    }
}

async fn accept(listener: Option<&TcpListener>) -> io::Result<(TcpStream, SocketAddr)> {
    match listener {
        Some(listener) => listener.accept().await,
        None => std::future::pending().await,
    }
}
