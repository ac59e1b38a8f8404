//! The journal of systemd, where the error stream of a service goes there: each line with its priority and with fields, by the
//! protocol that journald documents (<https://systemd.io/JOURNAL_NATIVE_PROTOCOL/>). Written here because it is a datagram of lines;
//! the libraries for it bind to systemd's own, or hear everything that is traced.

use std::fmt::Write as _;
use std::io::{self, Write as _};

/// How grave a line is, in the numbers of syslog.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Priority {
    Error = 3,
    Warning = 4,
    Info = 6,
}

/// A line for the log of a service.
pub(crate) struct Line<'l> {
    pub(crate) priority: Priority,
    pub(crate) text: &'l str,
    /// What programs tell lines apart by.
    pub(crate) fields: &'l [(&'static str, String)],
}

/// Where the lines of a service go.
pub(crate) enum Log {
    /// The error stream.
    Stream,
    /// The journal, to which the error stream is connected.
    #[cfg(target_os = "linux")]
    Journal(Option<std::os::unix::net::UnixDatagram>),
}

impl Log {
    /// The journal where the service manager connected the error stream to it. `stream`: what it says of that, in `JOURNAL_STREAM`.
    pub(crate) fn of(stream: Option<&std::ffi::OsStr>) -> Self {
        platform::of(stream)
    }

    /// Writes a line. One that cannot be written must not stop a run.
    pub(crate) fn write(&self, line: &Line<'_>) {
        let prefix = match self {
            Self::Stream => String::new(),
            #[cfg(target_os = "linux")]
            Self::Journal(socket) => {
                if socket.as_ref().is_some_and(|it| it.send(&entry(line)).is_ok()) {
                    return;
                }
                format!("<{}>", line.priority as u8)
            }
        };
        // The stream may be closed.
        let _ = writeln!(io::stderr().lock(), "{prefix}{}", line.text);
    }
}

/// An entry of the journal.
#[cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "there is no journal"))]
fn entry(line: &Line<'_>) -> Vec<u8> {
    let mut entry = String::new();
    // A string takes what is written to it.
    let _ = write!(entry, "PRIORITY={}\nSYSLOG_IDENTIFIER=bwdc\n", line.priority as u8);
    let mut entry = entry.into_bytes();
    field(&mut entry, "MESSAGE", line.text);
    for (name, value) in line.fields {
        field(&mut entry, name, value);
    }
    entry
}

/// A value of several lines has its length before it, so that none of its lines is taken for a field.
fn field(entry: &mut Vec<u8>, name: &str, value: &str) {
    entry.extend_from_slice(name.as_bytes());
    if value.contains('\n') {
        entry.push(b'\n');
        entry.extend_from_slice(&(value.len() as u64).to_le_bytes());
    } else {
        entry.push(b'=');
    }
    entry.extend_from_slice(value.as_bytes());
    entry.push(b'\n');
}

#[cfg(target_os = "linux")]
mod platform {
    use super::Log;
    use std::ffi::OsStr;
    use std::os::fd::AsFd as _;
    use std::os::unix::fs::MetadataExt as _;
    use std::os::unix::net::UnixDatagram;
    use std::time::Duration;

    const SOCKET: &str = "/run/systemd/journal/socket";
    /// A journal that takes nothing is no reason to wait.
    const PATIENCE: Duration = Duration::from_secs(1);

    pub(super) fn of(stream: Option<&OsStr>) -> Log {
        let Some(named) = stream.and_then(OsStr::to_str) else { return Log::Stream };
        let stderr = std::io::stderr().as_fd().try_clone_to_owned().map(std::fs::File::from);
        // It may have been redirected since: then it is what somebody looks at.
        let same =
            stderr.and_then(|it| it.metadata()).is_ok_and(|it| named == format!("{}:{}", it.dev(), it.ino()));
        if !same {
            return Log::Stream;
        }
        let socket = UnixDatagram::unbound().and_then(|socket| {
            socket.connect(SOCKET)?;
            socket.set_write_timeout(Some(PATIENCE))?;
            Ok(socket)
        });
        Log::Journal(socket.ok())
    }
}

#[cfg(not(target_os = "linux"))]
mod platform {
    use super::Log;

    pub(super) fn of(_stream: Option<&std::ffi::OsStr>) -> Log {
        Log::Stream
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_has_its_priority_its_fields_and_no_field_that_stands_in_a_value() {
        let line = Line {
            priority: Priority::Warning,
            text: "one\nPRIORITY=0",
            fields: &[("BWDC_PROFILE", "berlin".to_owned())],
        };
        let entry = entry(&line);
        let mut expected = b"PRIORITY=4\nSYSLOG_IDENTIFIER=bwdc\nMESSAGE\n".to_vec();
        expected.extend_from_slice(&14_u64.to_le_bytes());
        expected.extend_from_slice(b"one\nPRIORITY=0\nBWDC_PROFILE=berlin\n");
        assert_eq!(entry, expected);
    }

    #[test]
    fn an_error_stream_that_goes_elsewhere_is_no_journal() {
        assert!(matches!(Log::of(None), Log::Stream));
        assert!(matches!(Log::of(Some("1:2".as_ref())), Log::Stream));
    }
}
