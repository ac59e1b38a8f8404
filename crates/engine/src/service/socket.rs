//! The socket by which administrators reach a service.
//!
//! Who may open it is a matter of its mode; the operating system says who is at the other end. Callers cost little: one
//! question each, short, soon, and so many at a time.

use crate::paths::{ProcessEnvironment, Profile, moved_to};
use std::io;
use std::path::{Path, PathBuf};

/// The folder that the machine's service makes for its socket.
#[cfg(unix)]
const MACHINE: &str = "/run/bwdc";
/// The name of the socket in its folder.
const NAME: &str = "bwdc.sock";
/// The variables by which a folder of settings is chosen.
const CHOSEN: [&str; 2] = ["BITWARDENCLI_CONNECTOR_APPDATA_DIR", "BITWARDEN_CONNECTOR_APPDATA_DIR"];

/// Where services are reached: that of this account, then that of the machine. A folder that a variable names counts where it is
/// this account's alone.
#[cfg(unix)]
pub fn places(environment: &ProcessEnvironment) -> [PathBuf; 2] {
    let named = environment.variable("XDG_RUNTIME_DIR").map(PathBuf::from);
    let own = match named.filter(|folder| !platform::is_of_others(folder)) {
        Some(folder) => folder.join("bwdc"),
        None => environment.data_folder().unwrap_or_default(),
    };
    [own.join(NAME), PathBuf::from(MACHINE).join(NAME)]
}

/// Where services are reached: that of this folder, then that of the machine. Each file names a pipe.
#[cfg(windows)]
pub fn places(environment: &ProcessEnvironment) -> [PathBuf; 2] {
    let own = environment.data_folder().unwrap_or_default();
    [own.join(NAME), crate::system_service::machine_folder(environment).join(NAME)]
}

/// Whether something is at this path, also where this account may not see what.
pub fn is_there(path: &Path) -> bool {
    match std::fs::symlink_metadata(path) {
        Ok(_) => true,
        Err(error) => error.kind() == io::ErrorKind::PermissionDenied,
    }
}

/// The socket of the machine's service, where the profile that is in use is its own: the service is there, whether or not this
/// account may ask it, no variable names another folder, and this account has no settings of its own.
pub fn keeper(environment: &ProcessEnvironment) -> Option<PathBuf> {
    let chosen = CHOSEN.iter().any(|it| environment.variable(it).is_some());
    let [_, machine] = places(environment);
    (!chosen && is_there(&machine) && !has_settings(environment)).then_some(machine)
}

fn has_settings(environment: &ProcessEnvironment) -> bool {
    environment.data_folder().is_ok_and(|it| moved_to(&it).is_none() && Profile::new(it).data_json.exists())
}

#[cfg(windows)]
pub use super::pipe::ask;
#[cfg(windows)]
pub(super) use super::pipe::{listen, serve};
#[cfg(unix)]
pub use platform::ask;
#[cfg(unix)]
pub(super) use platform::{listen, serve};

#[cfg(unix)]
mod platform {
    use super::super::asking::AskError;
    use super::super::conversation::{MOST, MOST_ANSWER, PATIENCE, converse, read_reply};
    use super::super::duty::Duty;
    use super::super::protocol::{Reply, Request};
    use super::super::{Caller, Host, ServiceSocket};
    use super::{MACHINE, io};
    use futures_util::StreamExt as _;
    use futures_util::stream::FuturesUnordered;
    use std::collections::HashMap;
    use std::io::{BufRead as _, BufReader, Read as _, Write as _};
    use std::os::unix::fs::{DirBuilderExt as _, FileTypeExt as _, MetadataExt as _, PermissionsExt as _};
    use std::path::Path;
    use std::time::Duration;
    use tokio::net::UnixListener;

    /// How often it is tried to be taken.
    const EACH_TRY: Duration = Duration::from_millis(20);
    /// Callers of one account at a time.
    const MOST_OF_ONE: usize = 16;

    /// A socket that callers can reach.
    pub(in crate::service) struct Listener {
        listener: UnixListener,
        for_group: bool,
        path: std::path::PathBuf,
    }

    impl Drop for Listener {
        fn drop(&mut self) {
            // One that is left behind is known by nobody listening.
            let _ = std::fs::remove_file(&self.path);
        }
    }

    /// Whether a folder is there, and another account owns it, or a link to it, or may write to it: what it holds could be
    /// anybody's.
    pub(super) fn is_of_others(folder: &Path) -> bool {
        let own = rustix::process::geteuid().as_raw();
        let Ok(here) = std::fs::symlink_metadata(folder) else { return false };
        let there = std::fs::metadata(folder);
        here.uid() != own || there.is_ok_and(|it| !it.is_dir() || it.uid() != own || it.mode() & 0o022 != 0)
    }

    /// The machine's folder is made by its service manager, and nobody else can make one there.
    fn may_be_trusted(socket: &Path) -> bool {
        let Some(folder) = socket.parent() else { return false };
        folder == Path::new(MACHINE) || !is_of_others(folder)
    }

    pub(in crate::service) fn listen(socket: &ServiceSocket) -> io::Result<Listener> {
        let path = &socket.path;
        if let Some(folder) = path.parent().filter(|it| !it.exists()) {
            std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        }
        if path.parent().is_none_or(is_of_others) {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        match connect(path, Duration::ZERO) {
            Ok(_) => return Err(io::ErrorKind::AddrInUse.into()),
            // One that has stopped to answer is there all the same.
            Err(error) if error.kind() == io::ErrorKind::TimedOut => {
                return Err(io::ErrorKind::AddrInUse.into());
            }
            Err(_) => {}
        }
        if std::fs::symlink_metadata(path).is_ok_and(|it| it.file_type().is_socket()) {
            std::fs::remove_file(path)?;
        }
        let mode = if socket.for_group { 0o660 } else { 0o600 };
        let listener = bind(path, mode)?;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode))?;
        Ok(Listener { listener, for_group: socket.for_group, path: path.clone() })
    }

    /// A socket that is born with its mode: whoever opens it may ask, so that there is no moment at which others could. Whatever
    /// else the process writes meanwhile is as closed, too.
    fn bind(path: &Path, mode: u32) -> io::Result<UnixListener> {
        let before = rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o777 & !mode));
        let listener = UnixListener::bind(path);
        rustix::process::umask(before);
        listener
    }

    /// Answers callers for as long as it is awaited.
    pub(in crate::service) async fn serve(listener: &Listener, duties: &[Duty<'_>], host: &dyn Host) {
        let service = rustix::process::geteuid().as_raw();
        let mut open = FuturesUnordered::new();
        let mut of_account: HashMap<u32, usize> = HashMap::new();
        loop {
            tokio::select! {
                Some(user) = open.next(), if !open.is_empty() => leave(&mut of_account, user),
                accepted = listener.listener.accept() => {
                    let Ok((stream, _)) = accepted else {
                        // Out of file descriptors, for example: those in use come free.
                        tokio::time::sleep(Duration::from_millis(200)).await;
                        continue;
                    };
                    let Ok(peer) = stream.peer_cred() else { continue };
                    let caller = Caller { user: peer.uid() };
                    let others = of_account.entry(caller.user).or_default();
                    if !caller.may_ask(listener.for_group, service) || open.len() >= MOST || *others >= MOST_OF_ONE {
                        // Closed without an answer: whoever asks too much gets none.
                        continue;
                    }
                    *others += 1;
                    open.push(async move {
                        // Why a caller went is no matter of ours.
                        let _ = converse(stream, caller, duties, host).await;
                        caller.user
                    });
                }
            }
        }
    }

    fn leave(of_account: &mut HashMap<u32, usize>, user: u32) {
        if let Some(left) = of_account.get_mut(&user) {
            *left = left.saturating_sub(1);
            if *left == 0 {
                of_account.remove(&user);
            }
        }
    }

    /// Asks a service, and waits for its answer for at most so long.
    ///
    /// # Errors
    /// [`AskError`] when there is none.
    pub fn ask(path: &Path, request: &Request, patience: Duration) -> Result<Reply, AskError> {
        let place = || path.to_owned();
        let broken = |source| AskError::Broken { path: place(), source };
        if !may_be_trusted(path) {
            return Err(AskError::OfAnother { path: place() });
        }
        let mut stream = connect(path, patience.min(PATIENCE)).map_err(|error| match error.kind() {
            io::ErrorKind::PermissionDenied => AskError::NotAllowed { path: place() },
            io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => {
                AskError::NotRunning { path: place() }
            }
            _ => broken(error),
        })?;
        stream.set_read_timeout(Some(patience)).map_err(broken)?;
        stream.set_write_timeout(Some(patience)).map_err(broken)?;
        let mut text = serde_json::to_vec(request).map_err(|error| broken(error.into()))?;
        text.push(b'\n');
        stream.write_all(&text).map_err(broken)?;
        let mut line = String::new();
        BufReader::new(stream.take(MOST_ANSWER)).read_line(&mut line).map_err(broken)?;
        if line.is_empty() {
            return Err(AskError::NotAllowed { path: place() });
        }
        read_reply(&line).ok_or_else(|| AskError::OtherProtocol { path: place() })
    }

    /// A connection, within this time: a service that is frozen takes none, and the system would wait for as long as it is.
    fn connect(path: &Path, patience: Duration) -> io::Result<std::os::unix::net::UnixStream> {
        use socket2::{Domain, SockAddr, Socket, Type};
        let (socket, address) = (Socket::new(Domain::UNIX, Type::STREAM, None)?, SockAddr::unix(path)?);
        socket.set_nonblocking(true)?;
        let end = std::time::Instant::now() + patience;
        while let Err(error) = socket.connect(&address) {
            if error.kind() != io::ErrorKind::WouldBlock {
                return Err(error);
            }
            if std::time::Instant::now() >= end {
                return Err(io::ErrorKind::TimedOut.into());
            }
            std::thread::sleep(EACH_TRY);
        }
        socket.set_nonblocking(false)?;
        Ok(socket.into())
    }

    #[cfg(all(test, target_os = "linux"))]
    mod tests {
        use super::super::super::protocol::{Command, PROTOCOL};
        use super::*;

        #[test]
        fn a_service_that_takes_no_callers_is_not_waited_for() {
            use socket2::{Domain, SockAddr, Socket, Type};
            let folder = tempfile::tempdir().expect("a folder");
            let path = folder.path().join("bwdc.sock");
            let frozen = Socket::new(Domain::UNIX, Type::STREAM, None).expect("a socket");
            frozen.bind(&SockAddr::unix(&path).expect("an address")).expect("bound");
            frozen.listen(0).expect("listens");
            let mut waiting = Vec::new();
            while let Ok(stream) = connect(&path, Duration::ZERO) {
                waiting.push(stream);
                assert!(waiting.len() < 10_000, "it takes everybody");
            }
            let request = Request { protocol: PROTOCOL, profile: None, command: Command::Status };
            let error = ask(&path, &request, Duration::from_millis(200)).expect_err("nobody answers");
            let AskError::Broken { source, .. } = error else { panic!("{error:?}") };
            assert_eq!(source.kind(), io::ErrorKind::TimedOut);
            let other = listen(&ServiceSocket { path, for_group: false });
            assert_eq!(other.err().map(|it| it.kind()), Some(io::ErrorKind::AddrInUse));
        }
    }
}
