//! One caller of a service: a question, an answer.

use super::desk;
use super::duty::Duty;
use super::protocol::{MOST_BYTES, PROTOCOL, Reply, Request};
use super::{Caller, Host};
use std::io;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::time::timeout;

/// How long a caller may take for a question, or to take an answer.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);
/// Callers at a time.
pub(super) const MOST: usize = 64;
/// More than any answer has.
pub(super) const MOST_ANSWER: u64 = 256 * 1024 * 1024;

/// Answers one question.
pub(super) async fn converse(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    caller: Caller,
    duties: &[Duty<'_>],
    host: &dyn Host,
) -> io::Result<()> {
    let line = timeout(PATIENCE, read_line(&mut stream)).await??;
    let reply = match serde_json::from_slice::<Request>(&line) {
        Ok(request) => {
            let answering = desk::answer(request, caller, duties, host);
            // Whoever hangs up is not waited for; what was begun for a sync goes on by its own journal.
            answering.await
        }
        Err(error) => Reply::refused("protocol", error.to_string()),
    };
    let mut text = serde_json::to_vec(&reply)?;
    text.push(b'\n');
    timeout(PATIENCE, stream.write_all(&text)).await??;
    timeout(PATIENCE, stream.shutdown()).await?
}

async fn read_line(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Vec<u8>> {
    let mut line = Vec::new();
    let mut part = [0; 4096];
    loop {
        let read = stream.read(&mut part).await?;
        let found = part.iter().take(read).position(|byte| *byte == b'\n');
        line.extend_from_slice(part.get(..found.unwrap_or(read)).unwrap_or_default());
        if found.is_some() || (read == 0 && !line.is_empty()) {
            return Ok(line);
        }
        if read == 0 || line.len() > MOST_BYTES {
            return Err(io::ErrorKind::InvalidData.into());
        }
    }
}

/// What a line of a service says; None: it speaks another protocol.
pub(super) fn read_reply(line: &str) -> Option<Reply> {
    serde_json::from_str(line).ok().filter(|reply: &Reply| reply.protocol == PROTOCOL)
}
