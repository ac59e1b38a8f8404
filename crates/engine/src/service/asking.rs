//! Why a service did not answer whoever asked it.

use std::io;
use std::path::PathBuf;

/// Why a service did not answer.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// No service is there.
    #[error("no service answers at `{}`", path.display())]
    NotRunning {
        /// Where one would.
        path: PathBuf,
    },
    /// This account may not ask it.
    #[error("this account may not ask the service at `{}`", path.display())]
    NotAllowed {
        /// Its socket.
        path: PathBuf,
    },
    /// The connection broke, or took too long.
    #[error("the service at `{}` did not answer", path.display())]
    Broken {
        /// Its socket.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// The socket, or its folder, is another account's: whoever answers there could be anybody.
    #[error("`{}` belongs to another account, or others may write there", path.display())]
    OfAnother {
        /// The socket.
        path: PathBuf,
    },
    /// What came is no answer of the protocol.
    #[error("the service at `{}` speaks another protocol: update the service or this program", path.display())]
    OtherProtocol {
        /// Its socket.
        path: PathBuf,
    },
}
