//! What keeps an LDAP directory from being read, with the data that a person needs to mend it.
//!
//! Messages name the server, the search and the limit. No variant holds the password.

use std::fmt;

/// Why an LDAP directory could not be read to its end.
#[derive(Debug, thiserror::Error)]
pub enum LdapReadError {
    /// The settings ask for the account that runs the program.
    #[error("cannot bind to {server} as the account that runs the program: Kerberos is not in this build")]
    KerberosMissing {
        /// URL of the server.
        server: Box<str>,
    },
    /// Kerberos gives no ticket for the server, or the exchange behind it failed.
    #[error("no Kerberos sign-in to {server} (`{service}`): {problem}")]
    Kerberos {
        /// URL of the server.
        server: Box<str>,
        /// The server's name in Kerberos.
        service: Box<str>,
        /// What the Kerberos library said.
        problem: Box<str>,
    },
    /// DNS does not tell which servers a domain has.
    #[error("cannot find the domain's servers in DNS (SRV record `{record}`): {problem}")]
    Locate {
        /// The record that was asked for.
        record: Box<str>,
        /// What came of it.
        problem: Box<str>,
    },
    /// A bind without a password would be an anonymous one (RFC 4513, section 5.1.2).
    #[error("the password of `{username}` for {server} is empty")]
    NoPassword {
        /// URL of the server.
        server: Box<str>,
        /// The bind name.
        username: Box<str>,
    },
    /// A filter or object class of the settings is not understood.
    #[error("`{setting}` is not an LDAP filter: {problem} (character {position} of `{filter}`)")]
    Filter {
        /// Key of the setting.
        setting: &'static str,
        /// The text as typed.
        filter: String,
        /// Place in the text, in characters from 1.
        position: usize,
        /// What is wrong there.
        problem: &'static str,
    },
    /// No entry says when it was changed.
    #[error(
        "no entry of {server} has the attribute `{attribute}`: what changed since the last sync cannot be told"
    )]
    NoRevisionDate {
        /// URL of the server.
        server: Box<str>,
        /// The attribute that was asked for.
        attribute: Box<str>,
    },
    /// Nobody is shown to be enabled, and of somebody it is hidden whether they are.
    #[error("{server} shows of nobody by `{attributes}` that the account is enabled")]
    StateHidden {
        /// URL of the server.
        server: Box<str>,
        /// The attributes that tell it, between them `, `.
        attributes: Box<str>,
    },
    /// An entry lacks the id that the settings choose: another one in its place would make it somebody else.
    #[error("`{entry}` has no `{attribute}`, by which `ldap.id-attribute` wants everybody known")]
    NoId {
        /// The entry's distinguished name.
        entry: Box<str>,
        /// The attribute.
        attribute: &'static str,
    },
    /// A certificate or key file cannot be used.
    #[error("cannot use the {content} in `{path}` (`{setting}`)")]
    TlsFile {
        /// Key of the setting.
        setting: &'static str,
        /// What the file should hold.
        content: &'static str,
        /// The file.
        path: Box<str>,
        /// What is wrong with it.
        #[source]
        source: TlsFileError,
    },
    /// TLS cannot be set up on this side.
    #[error("cannot prepare TLS for {server}")]
    TlsSetup {
        /// URL of the server.
        server: Box<str>,
        /// What the TLS library said.
        #[source]
        source: rustls::Error,
    },
    /// No connection comes about.
    #[error("cannot connect to {server}")]
    Connect {
        /// URL of the server.
        server: Box<str>,
        /// What the operating system said.
        #[source]
        source: std::io::Error,
    },
    /// The connection stands and TLS fails on it.
    #[error("cannot agree on TLS with {server}")]
    Tls {
        /// URL of the server.
        server: Box<str>,
        /// What the TLS library said.
        #[source]
        source: std::io::Error,
    },
    /// The server does not do StartTLS.
    #[error("{server} refused StartTLS: {outcome}")]
    StartTlsRefused {
        /// URL of the server.
        server: Box<str>,
        /// The server's answer.
        outcome: Outcome,
    },
    /// The server did not accept name and password.
    #[error("{server} refused to bind `{username}`: {outcome}")]
    Bind {
        /// URL of the server.
        server: Box<str>,
        /// The bind name.
        username: Box<str>,
        /// The server's answer.
        outcome: Outcome,
        /// What the server said of the password beside it.
        fault: Option<PasswordFault>,
    },
    /// A time limit was reached.
    #[error("{server} did not {step} within {seconds} s (`{setting}` in connector.toml)")]
    TimeLimit {
        /// URL of the server.
        server: Box<str>,
        /// What was waited for.
        step: Step,
        /// The limit.
        seconds: u64,
        /// Key of the limit.
        setting: &'static str,
    },
    /// The connection ended before the answer did.
    #[error("{server} ended the connection and did not {step}")]
    Cut {
        /// URL of the server.
        server: Box<str>,
        /// What was waited for.
        step: Step,
        /// What the operating system or the TLS library said, where they said anything.
        #[source]
        source: Option<std::io::Error>,
    },
    /// A search ended with anything but success.
    #[error("{place} ended with {outcome}{}", after(place))]
    Refused {
        /// The search.
        place: Box<SearchPlace>,
        /// The server's answer.
        outcome: Outcome,
        /// Where the server says that the answer is to be had.
        referrals: Vec<String>,
    },
    /// Parts of the directory are on other servers, and are not in the answer.
    #[error("{place} is not answered in full: parts of it are elsewhere, at {}", urls.join(" "))]
    References {
        /// The search.
        place: Box<SearchPlace>,
        /// The servers and bases that were named.
        urls: Vec<String>,
    },
    /// An answer does not follow the protocol.
    #[error("{server} sent {what}, which is no LDAP answer")]
    Malformed {
        /// URL of the server.
        server: Box<str>,
        /// What was sent.
        what: &'static str,
    },
    /// The values of a long attribute could not be read to their end.
    #[error(
        "{server} did not return all values of `{attribute}` of `{entry}`: those from number {next} on are missing"
    )]
    Range {
        /// URL of the server.
        server: Box<str>,
        /// The entry's distinguished name.
        entry: Box<str>,
        /// The attribute.
        attribute: Box<str>,
        /// How many values were read.
        next: u64,
    },
}

/// What is wrong with a password that was refused, by the control of password policies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasswordFault {
    /// It has expired.
    Expired,
    /// The account is locked.
    Locked,
    /// It has to be changed first.
    MustChange,
}

/// What is wrong with a certificate or key file.
#[derive(Debug, thiserror::Error)]
pub enum TlsFileError {
    /// It cannot be read.
    #[error(transparent)]
    Unreadable(std::io::Error),
    /// It holds nothing of the kind.
    #[error("the file holds none in PEM form")]
    Empty,
    /// It is not PEM.
    #[error("the file is not PEM")]
    NotPem(#[source] rustls_pki_types::pem::Error),
    /// The TLS library refuses the content.
    #[error("the content is refused")]
    Refused(#[source] rustls::Error),
}

/// What the server was expected to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Accept a connection.
    Connect,
    /// Answer StartTLS.
    StartTls,
    /// Finish the TLS handshake.
    Handshake,
    /// Answer the bind.
    Bind,
    /// Answer one page of a search.
    Page(Box<SearchPlace>),
}

impl fmt::Display for Step {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connect => formatter.write_str("accept the connection"),
            Self::StartTls => formatter.write_str("answer StartTLS"),
            Self::Handshake => formatter.write_str("finish the TLS handshake"),
            Self::Bind => formatter.write_str("answer the bind"),
            Self::Page(place) => {
                write!(formatter, "answer page {} of {}{}", place.page, place.search(), after(place))
            }
        }
    }
}

/// A search and how far it got.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchPlace {
    /// URL of the server.
    pub server: Box<str>,
    /// The search base.
    pub base: String,
    /// The filter as sent.
    pub filter: String,
    /// Keys of the settings that the base comes from.
    pub setting: &'static str,
    /// The server's software, where it says.
    pub vendor: Option<Box<str>>,
    /// The bind name, where there is one.
    pub username: Option<Box<str>>,
    /// Whether pages were asked for.
    pub paged: bool,
    /// Whether the server refused pages to the account, which was answered without them.
    pub pages_refused: bool,
    /// The page, from 1.
    pub page: u32,
    /// Entries that had arrived.
    pub taken: u64,
}

impl SearchPlace {
    fn search(&self) -> String {
        if self.base.is_empty() {
            "the search for the server's own entry (root DSE)".to_owned()
        } else {
            format!("the search under `{}` for `{}`", self.base, self.filter)
        }
    }
}

impl fmt::Display for SearchPlace {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} on {}", self.search(), self.server)
    }
}

fn after(place: &SearchPlace) -> String {
    match place.taken {
        0 => String::new(),
        1 => " after 1 entry".to_owned(),
        taken => format!(" after {taken} entries"),
    }
}

/// A result code with the server's own words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Result code (RFC 4511, appendix A).
    pub code: u32,
    /// The server's diagnostic text, which may be empty.
    pub text: String,
}

impl fmt::Display for Outcome {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} ({})", code_name(self.code), self.code)?;
        match self.text.trim_matches(|character: char| character.is_whitespace() || character == '\0') {
            "" => Ok(()),
            text => write!(formatter, ", \"{text}\""),
        }
    }
}

fn code_name(code: u32) -> &'static str {
    match code {
        0 => "success",
        1 => "operationsError",
        2 => "protocolError",
        3 => "timeLimitExceeded",
        4 => "sizeLimitExceeded",
        7 => "authMethodNotSupported",
        8 => "strongerAuthRequired",
        10 => "referral",
        11 => "adminLimitExceeded",
        12 => "unavailableCriticalExtension",
        13 => "confidentialityRequired",
        16 => "noSuchAttribute",
        17 => "undefinedAttributeType",
        18 => "inappropriateMatching",
        32 => "noSuchObject",
        33 => "aliasProblem",
        34 => "invalidDNSyntax",
        48 => "inappropriateAuthentication",
        49 => "invalidCredentials",
        50 => "insufficientAccessRights",
        51 => "busy",
        52 => "unavailable",
        53 => "unwillingToPerform",
        80 => "other",
        _ => "a result code",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_names_search_server_and_code() {
        let place = SearchPlace {
            server: "ldap://dc1:389".into(),
            base: "ou=people,dc=x".to_owned(),
            filter: "(cn=a)".to_owned(),
            setting: "sync.userPath",
            vendor: None,
            username: None,
            paged: true,
            pages_refused: false,
            page: 7,
            taken: 6012,
        };
        let outcome = Outcome { code: 4, text: " \0".to_owned() };
        let refused =
            LdapReadError::Refused { place: Box::new(place.clone()), outcome, referrals: Vec::new() };
        assert_eq!(
            refused.to_string(),
            "the search under `ou=people,dc=x` for `(cn=a)` on ldap://dc1:389 ended with sizeLimitExceeded (4) after 6012 entries"
        );
        let limit = LdapReadError::TimeLimit {
            server: "ldap://dc1:389".into(),
            step: Step::Page(Box::new(place)),
            seconds: 120,
            setting: "time-limits.page",
        };
        assert_eq!(
            limit.to_string(),
            "ldap://dc1:389 did not answer page 7 of the search under `ou=people,dc=x` for `(cn=a)` after 6012 entries within 120 s \
             (`time-limits.page` in connector.toml)"
        );
    }
}
