//! From settings to a stream of LDAP messages: TCP, StartTLS, TLS.
//!
//! The TCP connection and StartTLS are made here and handed to the LDAP library ready for use: it cannot reach a bare
//! IPv6 address, and it waits for ever when a server hangs up instead of answering StartTLS.

use super::codec::{read_message, response};
use super::error::{LdapReadError, Outcome, Step};
use super::tls::Tls;
use bwdc_base::certificate::CertificateLog;
use bwdc_core::settings::{LdapSettings, Security, TimeLimits};
use ldap3::{Ldap, LdapConnAsync, LdapConnSettings, LdapError, StdStream};
use std::io;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};

/// A time limit of the settings; none is shorter than a second.
pub(super) fn seconds(limit: u64) -> Duration {
    Duration::from_secs(limit.max(1))
}

/// Connects; the connection has yet to be driven. With a Kerberos ticket in clear text it is signed in already: what
/// protects it from then on lies below the LDAP library.
pub(super) async fn establish(
    settings: &LdapSettings,
    server: &str,
    limits: TimeLimits,
) -> Result<(LdapConnAsync, Ldap), LdapReadError> {
    establish_with(settings, server, limits, None).await
}

/// As [`establish`], with a log of the certificates that the server shows.
pub(super) async fn establish_with(
    settings: &LdapSettings,
    server: &str,
    limits: TimeLimits,
    log: Option<&CertificateLog>,
) -> Result<(LdapConnAsync, Ldap), LdapReadError> {
    let limit = limits.connect;
    let deadline = Instant::now() + seconds(limit);
    let late = |step| LdapReadError::TimeLimit {
        server: server.into(),
        step,
        seconds: limit,
        setting: "time-limits.connect",
    };
    let no_connection = |source: io::Error| LdapReadError::Connect { server: server.into(), source };
    if settings.local {
        let stream = local_socket(&settings.hostname).map_err(no_connection)?;
        let options = LdapConnSettings::new().set_std_stream(stream);
        return LdapConnAsync::with_settings(options, "ldapi://socket")
            .await
            .map_err(|error| no_connection(io::Error::other(error)));
    }
    let tls = match settings.security {
        Security::ClearText => None,
        Security::StartTls | Security::Ldaps => Some(Tls::prepare(settings, server, log)?),
    };
    let mut stream = match timeout_at(deadline, connect(&settings.hostname, settings.port, deadline)).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(source)) if Instant::now() < deadline => return Err(no_connection(source)),
        _ => return Err(late(Step::Connect)),
    };
    #[cfg(feature = "kerberos")]
    if settings.security == Security::ClearText && settings.bind == bwdc_core::settings::Bind::CurrentUser {
        let protect = super::kerberos::protect(stream, &settings.hostname);
        let stream = match timeout(seconds(limits.bind), protect).await {
            Ok(result) => result.map_err(|failure| failure.into_error(server, &settings.hostname))?,
            Err(_) => {
                return Err(LdapReadError::TimeLimit {
                    server: server.into(),
                    step: Step::Bind,
                    seconds: limits.bind,
                    setting: "time-limits.bind",
                });
            }
        };
        let url = if cfg!(unix) { "ldapi://kerberos" } else { "ldap://address.invalid" };
        return LdapConnAsync::with_settings(LdapConnSettings::new().set_std_stream(stream), url)
            .await
            .map_err(|error| no_connection(io::Error::other(error)));
    }
    if settings.security == Security::StartTls {
        let cut =
            |source| LdapReadError::Cut { server: server.into(), step: Step::StartTls, source: Some(source) };
        match timeout_at(deadline, start_tls(&mut stream)).await {
            Err(_) => return Err(late(Step::StartTls)),
            Ok(Err(source)) => return Err(cut(source)),
            Ok(Ok(None)) => {
                return Err(LdapReadError::Malformed {
                    server: server.into(),
                    what: "an answer to StartTLS",
                });
            }
            Ok(Ok(Some(outcome))) if outcome.code != 0 => {
                return Err(LdapReadError::StartTlsRefused { server: server.into(), outcome });
            }
            Ok(Ok(Some(_))) => {}
        }
    }
    let stream = stream.into_std().map_err(no_connection)?;
    let mut options = LdapConnSettings::new().set_std_stream(StdStream::Tcp(stream));
    let url = match tls {
        Some(tls) => {
            options = options.set_config(tls.config);
            format!("ldaps://{}", tls.url_host)
        }
        None => "ldap://address.invalid".to_owned(),
    };
    match timeout_at(deadline, LdapConnAsync::with_settings(options, &url)).await {
        Err(_) => Err(late(Step::Handshake)),
        Ok(Ok(pair)) => Ok(pair),
        Ok(Err(LdapError::Io { source })) => Err(LdapReadError::Tls { server: server.into(), source }),
        Ok(Err(other)) => Err(LdapReadError::Tls { server: server.into(), source: io::Error::other(other) }),
    }
}

/// A local socket answers at once or not at all.
#[cfg(unix)]
fn local_socket(path: &str) -> io::Result<StdStream> {
    std::os::unix::net::UnixStream::connect(path).map(StdStream::Unix)
}

#[cfg(not(unix))]
fn local_socket(_: &str) -> io::Result<StdStream> {
    Err(io::Error::new(io::ErrorKind::Unsupported, "this system has no local sockets of that kind"))
}

/// Tries every address of the host, each with its share of the time that is left.
async fn connect(host: &str, port: u16, deadline: Instant) -> io::Result<TcpStream> {
    let addresses: Vec<_> = tokio::net::lookup_host((host, port)).await?.collect();
    let mut last = io::Error::new(io::ErrorKind::NotFound, "the host has no address");
    for (position, address) in addresses.iter().enumerate() {
        let left = u32::try_from(addresses.len() - position).unwrap_or(u32::MAX);
        let share = deadline.saturating_duration_since(Instant::now()) / left;
        match timeout(share, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => {
                stream.set_nodelay(true)?;
                return Ok(stream);
            }
            Ok(Err(error)) => last = error,
            Err(_) => last = io::Error::new(io::ErrorKind::TimedOut, format!("{address} does not answer")),
        }
    }
    Err(last)
}

/// Sends the StartTLS request (RFC 4511, section 4.14) and reads its answer; None: the answer makes no sense.
async fn start_tls(stream: &mut TcpStream) -> io::Result<Option<Outcome>> {
    const EXTENDED_RESPONSE: u64 = 24;
    // LDAPMessage { messageID 1, ExtendedRequest { requestName 1.3.6.1.4.1.1466.20037 } }
    stream.write_all(b"\x30\x1d\x02\x01\x01\x77\x18\x80\x161.3.6.1.4.1.1466.20037").await?;
    let message = read_message(stream).await?;
    Ok(message.and_then(|message| response(&message, EXTENDED_RESPONSE).map(|(outcome, _)| outcome)))
}
