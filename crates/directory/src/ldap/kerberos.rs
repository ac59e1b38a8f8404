//! Signing in with the Kerberos ticket of the account that runs the program (SASL GSSAPI, RFC 4752).
//!
//! Over TLS the LDAP library does it, bound to the server's certificate (`tls-server-end-point`, RFC 5929), without a
//! layer of its own. In clear text the exchange and the layer behind it are done here, below the LDAP library: its own
//! layer drops what is left of a buffer that holds several messages, so that entries would be missing from an answer.
//! The library gets one end of a pair of sockets, and whatever goes through is sealed, or signed where the server offers
//! no more.

use super::codec::{encode, read_message, response};
use super::credentials::TICKET_HOLDER;
use super::error::{LdapReadError, Outcome, Step};
use cross_krb5::{ClientCtx, InitiateFlags, K5Ctx, PendingClientCtx, Step as Progress};
use ldap3::asn1::{PL, StructureTag, TagClass, Types};
use ldap3::{Ldap, LdapError, LdapResult, StdStream};
use std::io;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::oneshot;

const BIND_IN_PROGRESS: u32 = 14;
/// Kinds of protection, as servers offer and clients choose them (RFC 4752, section 3.1).
const SIGNED: u8 = 2;
const SEALED: u8 = 4;
/// The largest buffer that we take, as told to the server: three bytes.
const LARGEST: u32 = 0xff_ffff;
/// What is put into one buffer at most, and what sealing adds to it at most.
const CHUNK: usize = 32 * 1024;
const OVERHEAD: usize = 1024;

/// Why nobody is signed in.
#[derive(Debug)]
pub(super) enum Failure {
    /// The server's last word.
    Refused(Outcome),
    /// What Kerberos said.
    Kerberos(String),
    /// The connection broke.
    Io(io::Error),
    /// An answer does not follow the protocol.
    Malformed,
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl Failure {
    pub(super) fn into_error(self, server: &str, hostname: &str) -> LdapReadError {
        let server = server.into();
        match self {
            Self::Refused(outcome) => {
                LdapReadError::Bind { server, username: TICKET_HOLDER.into(), outcome, fault: None }
            }
            Self::Kerberos(problem) => {
                LdapReadError::Kerberos { server, service: service(hostname).into(), problem: problem.into() }
            }
            Self::Io(source) => LdapReadError::Cut { server, step: Step::Bind, source: Some(source) },
            Self::Malformed => LdapReadError::Malformed { server, what: "an answer to the bind" },
        }
    }
}

fn said(error: impl std::fmt::Display) -> Failure {
    Failure::Kerberos(format!("{error:#}"))
}

/// Kerberos's name for the server.
pub(super) fn service(hostname: &str) -> String {
    format!("ldap/{hostname}")
}

/// Signs in on an encrypted connection.
pub(super) async fn bind(ldap: &mut Ldap, hostname: &str) -> Result<Result<LdapResult, LdapError>, Failure> {
    // The library asks for the ticket while everything else waits: it shall find it at hand.
    begin(service(hostname)).await?;
    match ldap.sasl_gssapi_bind(hostname).await {
        Err(LdapError::GssapiOperationError(problem)) => Err(Failure::Kerberos(problem)),
        Err(LdapError::NoGssapiToken) => Err(Failure::Malformed),
        other => Ok(other),
    }
}

/// Signs in on a connection in clear text and protects it from then on.
pub(super) async fn protect(mut stream: TcpStream, hostname: &str) -> Result<StdStream, Failure> {
    let (pending, token) = begin(service(hostname)).await?;
    let Some(token) = exchange(&mut stream, 1, Some(&token)).await?.in_progress()? else {
        return Err(Failure::Malformed);
    };
    let mut context = match pending.step(&token).map_err(said)? {
        Progress::Finished((context, None)) => context,
        _ => return Err(Failure::Malformed),
    };
    let Some(offer) = exchange(&mut stream, 2, None).await?.in_progress()? else {
        return Err(Failure::Malformed);
    };
    let offer = context.unwrap(&offer).map_err(said)?;
    let &[offered, high, middle, low] = &*offer else { return Err(Failure::Malformed) };
    let layer = match offered {
        mask if mask & SEALED != 0 => SEALED,
        mask if mask & SIGNED != 0 => SIGNED,
        _ => return Err(Failure::Kerberos("the server offers to protect nothing".to_owned())),
    };
    let [_, size @ ..] = LARGEST.to_be_bytes();
    let choice = context.wrap(false, &[layer, size[0], size[1], size[2]]).map_err(said)?;
    exchange(&mut stream, 3, Some(&choice)).await?.success()?;
    let takes = u32::from_be_bytes([0, high, middle, low]) as usize;
    let chunk = takes.saturating_sub(OVERHEAD).clamp(OVERHEAD, CHUNK);
    let (ours, theirs) = pair()?;
    tokio::spawn(async move {
        if let Err(error) = relay(stream, ours, context, layer == SEALED, chunk).await {
            tracing::warn!(%error, "a connection protected by Kerberos broke");
        }
    });
    Ok(theirs)
}

/// Gets a ticket for the service. Kerberos may wait for its servers, and cannot be interrupted: a thread of its own may
/// be left behind.
async fn begin(service: String) -> Result<(PendingClientCtx, Vec<u8>), Failure> {
    let (sender, receiver) = oneshot::channel();
    std::thread::spawn(move || {
        let begun = ClientCtx::new(InitiateFlags::empty(), None, &service, None)
            .map(|(pending, token)| (pending, token.to_vec()))
            .map_err(said);
        // Nobody waits any more when the time limit was reached.
        let _ = sender.send(begun);
    });
    receiver.await.map_err(|_| said("it ended without an answer"))?
}

/// The answer to one step of the bind.
struct Answer {
    outcome: Outcome,
    token: Option<Vec<u8>>,
}

impl Answer {
    fn in_progress(self) -> Result<Option<Vec<u8>>, Failure> {
        if self.outcome.code == BIND_IN_PROGRESS {
            Ok(self.token)
        } else {
            Err(Failure::Refused(self.outcome))
        }
    }

    fn success(self) -> Result<(), Failure> {
        if self.outcome.code == 0 { Ok(()) } else { Err(Failure::Refused(self.outcome)) }
    }
}

async fn exchange(stream: &mut TcpStream, id: u8, token: Option<&[u8]>) -> Result<Answer, Failure> {
    stream.write_all(&encode(bind_request(id, token))).await?;
    let message = read_message(stream).await?.ok_or(Failure::Malformed)?;
    answer(&message).ok_or(Failure::Malformed)
}

/// LDAPMessage { messageID, BindRequest { version 3, name "", sasl { "GSSAPI", credentials } } } (RFC 4511, section 4.2)
fn bind_request(id: u8, token: Option<&[u8]>) -> StructureTag {
    let tag = |class, id, payload| StructureTag { class, id, payload };
    let universal = |kind: Types, payload| tag(TagClass::Universal, kind as u64, payload);
    let octets = |bytes: &[u8]| universal(Types::OctetString, PL::P(bytes.to_vec()));
    let integer = |number: u8| universal(Types::Integer, PL::P(vec![number]));
    let mechanism = std::iter::once(octets(b"GSSAPI")).chain(token.map(octets)).collect();
    let sasl = tag(TagClass::Context, 3, PL::C(mechanism));
    let request = tag(TagClass::Application, 0, PL::C(vec![integer(3), octets(b""), sasl]));
    universal(Types::Sequence, PL::C(vec![integer(id), request]))
}

/// BindResponse ::= [APPLICATION 1] SEQUENCE { COMPONENTS OF LDAPResult, serverSaslCreds [7] OCTET STRING OPTIONAL }
fn answer(message: &StructureTag) -> Option<Answer> {
    const BIND_RESPONSE: u64 = 1;
    const CREDENTIALS: u64 = 7;
    let (outcome, fields) = response(message, BIND_RESPONSE)?;
    let token = fields.iter().find_map(|field| match &field.payload {
        PL::P(bytes) if field.class == TagClass::Context && field.id == CREDENTIALS => Some(bytes.clone()),
        _ => None,
    });
    Some(Answer { outcome, token })
}

/// Carries everything between the LDAP library and the server until either side ends.
async fn relay(
    server: TcpStream,
    library: impl AsyncRead + AsyncWrite,
    context: ClientCtx,
    sealed: bool,
    chunk: usize,
) -> io::Result<()> {
    let context = Arc::new(Mutex::new(context));
    let (from_server, to_server) = server.into_split();
    let (from_library, to_library) = tokio::io::split(library);
    let open = Arc::clone(&context);
    tokio::select! {
        result = inward(from_server, to_library, move |buffer| {
            let mut context = open.lock().map_err(|_| "another step failed".to_owned())?;
            context.unwrap(buffer).map(|it| it.to_vec()).map_err(|error| format!("{error:#}"))
        }) => result,
        result = outward(from_library, to_server, chunk, move |bytes| {
            let mut context = context.lock().map_err(|_| "another step failed".to_owned())?;
            context.wrap(sealed, bytes).map(|it| it.to_vec()).map_err(|error| format!("{error:#}"))
        }) => result,
    }
}

/// Buffers with four bytes of length before each (RFC 4422, section 3.7), opened.
async fn inward(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut open: impl FnMut(&[u8]) -> Result<Vec<u8>, String>,
) -> io::Result<()> {
    let mut buffer = Vec::new();
    loop {
        let length = match from.read_u32().await {
            Ok(length) if length <= LARGEST => length,
            Ok(length) => return Err(io::Error::other(format!("a buffer of {length} bytes"))),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(()),
            Err(error) => return Err(error),
        };
        buffer.resize(length as usize, 0);
        from.read_exact(&mut buffer).await?;
        to.write_all(&open(&buffer).map_err(io::Error::other)?).await?;
    }
}

async fn outward(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    chunk: usize,
    mut close: impl FnMut(&[u8]) -> Result<Vec<u8>, String>,
) -> io::Result<()> {
    let mut bytes = vec![0; chunk];
    loop {
        let count = from.read(&mut bytes).await?;
        if count == 0 {
            return to.shutdown().await;
        }
        let buffer = close(&bytes[..count]).map_err(io::Error::other)?;
        let length = u32::try_from(buffer.len()).map_err(io::Error::other)?;
        to.write_all(&[&length.to_be_bytes()[..], &buffer].concat()).await?;
    }
}

/// Two ends of one connection inside this process.
#[cfg(unix)]
fn pair() -> io::Result<(tokio::net::UnixStream, StdStream)> {
    let (ours, theirs) = std::os::unix::net::UnixStream::pair()?;
    ours.set_nonblocking(true)?;
    Ok((tokio::net::UnixStream::from_std(ours)?, StdStream::Unix(theirs)))
}

/// As above; the one who connects has to be us.
#[cfg(not(unix))]
fn pair() -> io::Result<(TcpStream, StdStream)> {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0))?;
    let theirs = std::net::TcpStream::connect(listener.local_addr()?)?;
    let (ours, from) = listener.accept()?;
    if from != theirs.local_addr()? {
        return Err(io::Error::other("somebody else connected to a port of this process"));
    }
    ours.set_nonblocking(true)?;
    Ok((TcpStream::from_std(ours)?, StdStream::Tcp(theirs)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ldap3::asn1::parse_tag;

    #[test]
    fn a_step_of_the_bind_is_spelled_as_the_standard_says() {
        let bytes = encode(bind_request(1, Some(b"tok")));
        assert_eq!(
            bytes,
            b"\x30\x19\x02\x01\x01\x60\x14\x02\x01\x03\x04\x00\xa3\x0d\x04\x06GSSAPI\x04\x03tok"
        );
        let bytes = encode(bind_request(2, None));
        assert_eq!(bytes, b"\x30\x14\x02\x01\x02\x60\x0f\x02\x01\x03\x04\x00\xa3\x08\x04\x06GSSAPI");
    }

    #[test]
    fn an_answer_carries_its_token() {
        let read = |bytes: &[u8]| answer(&parse_tag(bytes).expect("a tag").1);
        let going_on =
            read(b"\x30\x11\x02\x01\x01\x61\x0c\x0a\x01\x0e\x04\x00\x04\x00\x87\x03tok").expect("an answer");
        assert_eq!(going_on.in_progress().ok().flatten().as_deref(), Some(&b"tok"[..]));
        let refused = read(b"\x30\x0e\x02\x01\x01\x61\x09\x0a\x01\x31\x04\x00\x04\x02no").expect("an answer");
        assert!(
            matches!(refused.in_progress(), Err(Failure::Refused(Outcome { code: 49, text })) if text == "no")
        );
        assert!(read(b"\x30\x0c\x02\x01\x01\x65\x07\x0a\x01\x00\x04\x00\x04\x00").is_none());
    }

    #[tokio::test]
    async fn buffers_come_out_whole_however_they_arrive() {
        let (mut server, from) = tokio::io::duplex(3);
        let (to, mut library) = tokio::io::duplex(64);
        let reading = tokio::spawn(inward(from, to, |buffer| Ok(buffer.to_ascii_uppercase())));
        server.write_all(b"\0\0\0\x04ab").await.expect("written");
        server.write_all(b"cd\0\0\0\x01e\0\0").await.expect("written");
        server.write_all(b"\0\x02fg").await.expect("written");
        drop(server);
        reading.await.expect("no panic").expect("the end comes between two buffers");
        let mut opened = Vec::new();
        library.read_to_end(&mut opened).await.expect("read");
        assert_eq!(opened, b"ABCDEFG");
    }

    #[tokio::test]
    async fn an_end_within_a_buffer_and_a_buffer_that_cannot_be_opened_are_errors() {
        let cut: &[u8] = b"\0\0\0\x04ab";
        assert!(inward(cut, tokio::io::sink(), |_| Ok(Vec::new())).await.is_err());
        let forged: &[u8] = b"\0\0\0\x01a";
        assert!(inward(forged, tokio::io::sink(), |_| Err("forged".to_owned())).await.is_err());
        let endless: &[u8] = b"\xff\xff\xff\xffa";
        assert!(inward(endless, tokio::io::sink(), |_| Ok(Vec::new())).await.is_err());
    }

    #[tokio::test]
    async fn what_is_sent_is_cut_into_buffers() {
        let mut sent = Vec::new();
        outward(&b"abcde"[..], &mut sent, 2, |bytes| Ok([b"<", bytes, b">"].concat())).await.expect("sent");
        assert_eq!(sent, b"\0\0\0\x04<ab>\0\0\0\x04<cd>\0\0\0\x03<e>");
    }
}
