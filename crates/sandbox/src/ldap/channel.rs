//! One connection as a stream of requests and answers, plain or encrypted.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use futures_util::FutureExt as _;
use ldap3_proto::LdapMsg;
use ldap3_proto::proto::LdapOp;
use rustls::ServerConfig;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep_until};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::codec::{self, Operation, Request};

/// Answers are sent in pieces of about this size, so that a large one neither piles up nor blocks an abandon.
const PIECE: usize = 64 << 10;

/// Why a conversation ends.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum End {
    /// The client is gone, or was cut off.
    Closed,
    /// The client does not speak LDAP.
    NotLdap,
}

/// How a wait inside an operation ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Waited {
    Over,
    Abandoned,
}

enum Transport {
    Plain(TcpStream),
    Encrypted(Box<TlsStream<TcpStream>>),
}

pub(super) struct Channel {
    /// Absent only while a handshake owns the stream.
    transport: Option<Transport>,
    inbound: BytesMut,
    outbound: BytesMut,
    waiting: VecDeque<Request>,
}

impl Channel {
    pub(super) fn new(stream: TcpStream) -> Self {
        Self {
            transport: Some(Transport::Plain(stream)),
            inbound: BytesMut::new(),
            outbound: BytesMut::new(),
            waiting: VecDeque::new(),
        }
    }

    pub(super) fn is_encrypted(&self) -> bool {
        matches!(self.transport, Some(Transport::Encrypted(_)))
    }

    /// Whether the client sent something beyond the request at hand.
    pub(super) fn has_more(&self) -> bool {
        !self.waiting.is_empty() || !self.inbound.is_empty()
    }

    /// Makes the TLS handshake. What was sent in the clear has been read before.
    pub(super) async fn encrypt(&mut self, config: Arc<ServerConfig>) -> Result<(), End> {
        let Some(Transport::Plain(stream)) = self.transport.take() else { return Err(End::Closed) };
        let stream = TlsAcceptor::from(config).accept(stream).await.map_err(|error| {
            tracing::debug!(%error, "the TLS handshake failed");
            End::Closed
        })?;
        self.transport = Some(Transport::Encrypted(Box::new(stream)));
        Ok(())
    }

    pub(super) async fn receive(&mut self) -> Result<Request, End> {
        match self.waiting.pop_front() {
            Some(request) => Ok(request),
            None => self.read().await,
        }
    }

    /// Safe to drop between two polls: nothing read is lost.
    async fn read(&mut self) -> Result<Request, End> {
        loop {
            if let Some(request) = codec::decode(&mut self.inbound).map_err(|_| End::NotLdap)? {
                return Ok(request);
            }
            let read = match self.transport.as_mut().ok_or(End::Closed)? {
                Transport::Plain(stream) => stream.read_buf(&mut self.inbound).await,
                Transport::Encrypted(stream) => stream.read_buf(&mut self.inbound).await,
            };
            if read.map_err(|_| End::Closed)? == 0 {
                return Err(End::Closed);
            }
        }
    }

    /// Queues a message; it leaves with the next flush.
    pub(super) fn put(&mut self, message: LdapMsg) {
        codec::encode(message, &mut self.outbound);
    }

    pub(super) fn put_bytes(&mut self, bytes: &[u8]) {
        self.outbound.extend_from_slice(bytes);
    }

    /// Flushes if a piece is full, and looks whether the client gave the operation up in the meantime.
    pub(super) async fn flush_piece(&mut self, id: i32) -> Result<Waited, End> {
        if self.outbound.len() < PIECE {
            return Ok(Waited::Over);
        }
        self.flush().await?;
        while let Some(request) = self.read().now_or_never() {
            if self.keep_unless_abandon(request?, id) {
                return Ok(Waited::Abandoned);
            }
        }
        Ok(Waited::Over)
    }

    pub(super) async fn flush(&mut self) -> Result<(), End> {
        let written = match self.transport.as_mut().ok_or(End::Closed)? {
            Transport::Plain(stream) => stream.write_all(&self.outbound).await,
            Transport::Encrypted(stream) => match stream.write_all(&self.outbound).await {
                Ok(()) => stream.flush().await,
                failed => failed,
            },
        };
        self.outbound.clear();
        written.map_err(|_| End::Closed)
    }

    /// Lets time pass inside operation `id`, while the client may give it up or go.
    pub(super) async fn wait(&mut self, id: i32, time: Duration) -> Result<Waited, End> {
        let end = Instant::now() + time;
        let already = self.waiting.iter().position(|request| abandons(request, id));
        if let Some(position) = already {
            self.waiting.remove(position);
            return Ok(Waited::Abandoned);
        }
        loop {
            tokio::select! {
                () = sleep_until(end) => return Ok(Waited::Over),
                request = self.read() => {
                    if self.keep_unless_abandon(request?, id) {
                        return Ok(Waited::Abandoned);
                    }
                }
            }
        }
    }

    /// Takes in whatever comes without an answer, until the client goes.
    pub(super) async fn ignore(&mut self) -> End {
        let mut unread = [0; 4096];
        loop {
            let read = match self.transport.as_mut() {
                Some(Transport::Plain(stream)) => stream.read(&mut unread).await,
                Some(Transport::Encrypted(stream)) => stream.read(&mut unread).await,
                None => return End::Closed,
            };
            if !matches!(read, Ok(1..)) {
                return End::Closed;
            }
        }
    }

    fn keep_unless_abandon(&mut self, request: Request, id: i32) -> bool {
        if abandons(&request, id) {
            return true;
        }
        self.waiting.push_back(request);
        false
    }

    /// Ends the stream; for TLS with a proper goodbye.
    pub(super) async fn close(&mut self) {
        let ended = match self.transport.as_mut() {
            Some(Transport::Plain(stream)) => stream.shutdown().await,
            Some(Transport::Encrypted(stream)) => stream.shutdown().await,
            None => Ok(()),
        };
        if let Err(error) = ended {
            tracing::trace!(%error, "the client was gone already");
        }
    }
}

fn abandons(request: &Request, id: i32) -> bool {
    matches!(&request.operation, Operation::Other(LdapOp::AbandonRequest(given_up)) if *given_up == id)
}
