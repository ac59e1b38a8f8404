//! What `doctor` found amiss: in words, with what to do about it.

use bwdc_engine::EngineError;
use bwdc_engine::certificate::Lack;
use bwdc_engine::directory::probe;
use bwdc_engine::doctor::{Concern, Failure};

type Words = (String, Option<String>);

/// Words an error: its message, and the next step.
pub type DescribeError<'a> = &'a dyn Fn(EngineError) -> Words;

/// A concern, and its cure.
pub(super) fn concern_words(concern: Concern, subject: &str, describe: DescribeError<'_>) -> Words {
    let (text, cure) = match concern {
        Concern::Directory(concern) => return directory_words(concern),
        Concern::OneOfSeveral(failure) => return failure_words(*failure, describe),
        Concern::ClocksDiffer { ahead } => return clock_words(ahead),
        Concern::OpenToOthers { mode, wanted } => {
            let how = if mode & 0o022 != 0 { "write to" } else { "read" };
            (format!("others can {how} it (mode {mode:04o})"), format!("Run `chmod {wanted:o} \"{subject}\"`."))
        }
        Concern::NoFolder => {
            ("is not there yet".to_owned(), "`bwdc login` and `bwdc config` make it.".to_owned())
        }
        Concern::PlainText => (
            "in plain text".to_owned(),
            "Unset BITWARDENCLI_CONNECTOR_PLAINTEXT_SECRETS and enter the secrets again: they are encrypted then."
                .to_owned(),
        ),
        Concern::EndsSoon { days } => (
            if days < 0 { "has ended".to_owned() } else { format!("ends in {days} days") },
            "Renew the certificate of the server.".to_owned(),
        ),
        Concern::ClearText => (
            "the organization's key travels in clear text".to_owned(),
            "Use an address with https: `bwdc config server https://<host>`.".to_owned(),
        ),
        Concern::NotVerified => (
            "is not verified: any other would be accepted as well".to_owned(),
            "Set `ldap.sslAllowUnauthorized` to false; a company authority is named by `ldap.sslCaPath` or `ldap.tlsCaPath`."
                .to_owned(),
        ),
        Concern::NotReadable => (
            "the server does not show the organization to its own key, so what is sent cannot be verified"
                .to_owned(),
            "Add the personal key of an owner: `bwdc login --observer`.".to_owned(),
        ),
    };
    (text, Some(cure))
}

fn directory_words(concern: probe::Concern) -> Words {
    use probe::Concern as It;
    let (text, cure) = match concern {
        It::ClearText => (
            "the password travels in clear text".to_owned(),
            "Set `ldap.ssl` to true, with the server's port for TLS.".to_owned(),
        ),
        It::CertificateNotVerified => {
            ("any certificate is accepted".to_owned(), "Set `ldap.sslAllowUnauthorized` to false.".to_owned())
        }
        It::CertificateEndsSoon { days } => (
            format!("the certificate ends in {days} days"),
            "Renew the certificate of the server.".to_owned(),
        ),
        It::NoPages => (
            "no pages: the server's size limit bounds what can be read".to_owned(),
            "Allow the account more entries on the server.".to_owned(),
        ),
        It::NothingFound => (
            "nothing was found".to_owned(),
            "Check filters, paths and object classes in the settings, and what the account may see."
                .to_owned(),
        ),
        It::AttributeMissing { attribute, setting } => (
            format!("nobody in the sample has `{attribute}` (`{setting}`)"),
            format!("Correct it with `bwdc config {setting} <value>`."),
        ),
        It::RightMissing { right } => {
            (format!("the right {right} is missing"), format!("Grant {right} to make use of it."))
        }
        It::RightNotNeeded { right } => {
            (format!("the right {right} is not needed"), format!("Take {right} away: less is safer."))
        }
        It::NoIncrementalReads => return ("everything is read each time".to_owned(), None),
        _ => return ("there is something to look at".to_owned(), None),
    };
    (text, Some(cure))
}

/// A failure, and its cure.
pub(super) fn failure_words(failure: Failure, describe: DescribeError<'_>) -> Words {
    let (text, cure) = match failure {
        Failure::Error(error) => {
            return describe((*error).into());
        }
        Failure::ClocksDiffer { ahead } => return clock_words(ahead),
        Failure::NotWritable(error) => (
            format!("cannot be written: {error}"),
            "Give the account that runs `bwdc` the right to write there.".to_owned(),
        ),
        Failure::NetworkFileSystem { kind } => (
            format!("is on a network file system ({kind}), where a database can be damaged"),
            "Keep the data folder on a local disk, for example with BITWARDENCLI_CONNECTOR_APPDATA_DIR."
                .to_owned(),
        ),
        Failure::NoAddress { reason } => (
            format!("has no address: {reason}"),
            "Check the spelling of the host, and the name servers of this machine.".to_owned(),
        ),
        Failure::NoConnection { reason } => (
            format!("cannot be connected to: {reason}"),
            "Check that the server runs, its port, and the firewalls between; HTTPS_PROXY names a proxy."
                .to_owned(),
        ),
        Failure::Refused { lack: Some(lack), setting, .. } => {
            let text = match lack {
                Lack::Root { name } => {
                    format!("is not trusted: its authority {name} is not trusted by this machine")
                }
                Lack::Authority { name } => format!(
                    "is not trusted: the authority {name} is missing, neither sent by the server nor known here"
                ),
            };
            (
                text,
                format!(
                    "Put the certificate of that authority (PEM) into a file, and name the file with `bwdc config {setting} <file>`."
                ),
            )
        }
        Failure::Refused { reason, lack: None, .. } => (
            format!("is not trusted: {reason}"),
            "Ask for the server by the name that its certificate is made for, or renew the certificate."
                .to_owned(),
        ),
        Failure::NoAnswer { reason } => (
            format!("no answer: {reason}"),
            "Check address and port, and what stands between, such as a proxy or a firewall.".to_owned(),
        ),
    };
    (text, Some(cure))
}

fn clock_words(ahead: i64) -> Words {
    let (seconds, side) = (ahead.unsigned_abs(), if ahead > 0 { "ahead of" } else { "behind" });
    (
        format!("this machine is {seconds} s {side} the server"),
        Some("Let this machine take the time from a time server (NTP): tokens depend on it.".to_owned()),
    )
}
