//! Why a server refused, by its result code and, where the code says little, by the texts of the servers that are known:
//! Active Directory's data codes, the password policies of OpenLDAP, 389 Directory Server, FreeIPA, eDirectory and Oracle.
//! What is in no table is `Other`: it is shown as it came, and nothing is blamed for it.

use super::credentials::{NOBODY, TICKET_HOLDER};
use super::error::{Outcome, PasswordFault};

/// Why a bind was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BindCause {
    /// Nobody may sign in without a name.
    NameNeeded,
    /// Kerberos with its own sealing is wanted, which there is outside of TLS only.
    SealingOnly,
    /// The sign-in has to be bound to the server's own certificate, and another one was shown on the way.
    ChannelBinding,
    /// There is no such account.
    NoAccount,
    /// The name or the password is wrong.
    NameOrPassword,
    /// The account may not sign in now or from here.
    NotNowOrHere,
    /// The account is not allowed this kind of sign-in.
    KindNotAllowed,
    /// The account is in too many groups.
    TooManyGroups,
    /// The password has expired.
    PasswordExpired,
    /// The account is disabled.
    Disabled,
    /// The account has expired.
    AccountExpired,
    /// The password has to be changed first.
    MustChangePassword,
    /// The account is locked.
    LockedOut,
    /// The ticket belongs to nobody whom the server knows.
    TicketUnknown,
    /// The server does not offer Kerberos.
    NoKerberos,
    /// The server does not offer this way of signing in.
    NotOffered,
    /// The server wants TLS, or a stronger one.
    TlsNeeded,
    /// The name has to be a distinguished name.
    NameForm,
    /// The server is busy or shutting down.
    Busy,
    /// The server sends elsewhere.
    Elsewhere,
    /// Anything else.
    Other,
}

impl BindCause {
    /// The cause of a refusal to bind `username`. What the server says of the password beside it goes before what a code could mean.
    pub fn of(outcome: &Outcome, fault: Option<PasswordFault>, username: &str) -> Self {
        match fault {
            Some(PasswordFault::Expired) => return Self::PasswordExpired,
            Some(PasswordFault::Locked) => return Self::LockedOut,
            Some(PasswordFault::MustChange) => return Self::MustChangePassword,
            None => {}
        }
        let ticket = username == TICKET_HOLDER;
        match outcome.code {
            48 | 50 | 53 if username == NOBODY && !asks_for_tls(&outcome.text) => Self::NameNeeded,
            8 if ticket => Self::SealingOnly,
            7 if ticket => Self::NoKerberos,
            7 => Self::NotOffered,
            8 | 13 => Self::TlsNeeded,
            10 => Self::Elsewhere,
            34 => Self::NameForm,
            51 | 52 => Self::Busy,
            19 | 49 | 50 | 53 => of_text(&outcome.text).unwrap_or(match outcome.code {
                49 if ticket => Self::TicketUnknown,
                49 => Self::NameOrPassword,
                _ => Self::Other,
            }),
            32 | 48 => Self::NameOrPassword,
            _ => Self::Other,
        }
    }
}

/// Why a search was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SearchCause {
    /// The server's limit of time.
    TimeLimit,
    /// The server's limit of entries.
    SizeLimit,
    /// Another limit of the server.
    AdminLimit,
    /// Another server holds the base.
    Elsewhere,
    /// There is no entry of this name, or the account may not see it.
    NoBase,
    /// The base is not a distinguished name.
    BaseForm,
    /// The account may not read there.
    MayNotRead,
    /// Nobody is signed in.
    NotSignedIn,
    /// The account has to change its password before it may do anything else.
    MustChangePassword,
    /// The server wants TLS.
    TlsNeeded,
    /// The server lacks an extension that the search needs.
    NoExtension,
    /// The server is busy or shutting down.
    Busy,
    /// Anything else.
    Other,
}

impl SearchCause {
    /// The cause of a search that ended so.
    pub fn of(outcome: &Outcome) -> Self {
        let text = outcome.text.to_ascii_lowercase();
        match outcome.code {
            // Servers let such an account bind and refuse whatever it asks for then.
            1 | 19 | 49 | 50 | 53 if of_text(&outcome.text) == Some(BindCause::MustChangePassword) => {
                Self::MustChangePassword
            }
            50 if text.contains("restricted to bind") => Self::MustChangePassword,
            1 if text.contains("000004dc") || text.contains("successful bind") => Self::NotSignedIn,
            50 | 53 if asks_for_tls(&outcome.text) => Self::TlsNeeded,
            3 => Self::TimeLimit,
            4 => Self::SizeLimit,
            8 | 13 => Self::TlsNeeded,
            10 => Self::Elsewhere,
            11 => Self::AdminLimit,
            12 => Self::NoExtension,
            32 => Self::NoBase,
            34 => Self::BaseForm,
            49 => Self::NotSignedIn,
            50 => Self::MayNotRead,
            51 | 52 => Self::Busy,
            _ => Self::Other,
        }
    }
}

/// Why there is no sign-in by Kerberos.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KerberosCause {
    /// Kerberos knows the server by another name.
    ServerUnknown,
    /// The clocks differ too much.
    Clock,
    /// No key distribution center answers.
    NoCenter,
    /// There is no ticket, or it has ended.
    NoTicket,
    /// The server offers to protect nothing.
    NoProtection,
    /// Anything else.
    Other,
}

impl KerberosCause {
    /// By the words of the libraries, MIT's and Heimdal's, and of Windows: their numbers do not come this far.
    pub fn of(problem: &str) -> Self {
        const TABLE: [(KerberosCause, &[&str]); 5] = [
            (
                KerberosCause::ServerUnknown,
                &[
                    "not found in kerberos database",
                    "server not found",
                    "s_principal_unknown",
                    "target is unknown",
                ],
            ),
            (KerberosCause::Clock, &["skew"]),
            (
                KerberosCause::NoCenter,
                &[
                    "cannot find kdc",
                    "cannot contact",
                    "unable to reach",
                    "no logon servers",
                    "cannot resolve",
                ],
            ),
            (
                KerberosCause::NoTicket,
                &["no kerberos credentials", "no credentials", "credentials cache", "expired", "no ticket"],
            ),
            (KerberosCause::NoProtection, &["protect nothing"]),
        ];
        let problem = problem.to_ascii_lowercase();
        let found = TABLE.iter().find(|(_, words)| words.iter().any(|it| problem.contains(it)));
        found.map_or(Self::Other, |(cause, _)| *cause)
    }
}

/// Numbers that servers put into their texts, and what they mean.
const NUMBERS: [(&str, BindCause); 20] = [
    ("data 80090346", BindCause::ChannelBinding),
    ("data 525", BindCause::NoAccount),
    ("data 52e", BindCause::NameOrPassword),
    ("data 52f", BindCause::KindNotAllowed),
    ("data 530", BindCause::NotNowOrHere),
    ("data 531", BindCause::NotNowOrHere),
    ("data 532", BindCause::PasswordExpired),
    ("data 533", BindCause::Disabled),
    ("data 568", BindCause::TooManyGroups),
    ("data 569", BindCause::KindNotAllowed),
    ("data 701", BindCause::AccountExpired),
    ("data 773", BindCause::MustChangePassword),
    ("data 775", BindCause::LockedOut),
    // eDirectory.
    ("(-197)", BindCause::LockedOut),
    ("(-218)", BindCause::NotNowOrHere),
    ("(-219)", BindCause::NotNowOrHere),
    ("(-220)", BindCause::Disabled),
    ("(-222)", BindCause::PasswordExpired),
    ("(-223)", BindCause::PasswordExpired),
    ("(-669)", BindCause::NameOrPassword),
];

/// Words of servers, and what they mean, in the order in which they are looked for.
const WORDS: [(&str, BindCause); 17] = [
    ("must change", BindCause::MustChangePassword),
    ("change your password", BindCause::MustChangePassword),
    ("change password", BindCause::MustChangePassword),
    ("needs to be changed", BindCause::MustChangePassword),
    ("password expired", BindCause::PasswordExpired),
    ("password has expired", BindCause::PasswordExpired),
    ("password is expired", BindCause::PasswordExpired),
    ("retry limit", BindCause::LockedOut),
    ("too many failed", BindCause::LockedOut),
    ("locked", BindCause::LockedOut),
    ("inactivated", BindCause::Disabled),
    ("deactivated", BindCause::Disabled),
    ("account is disabled", BindCause::Disabled),
    ("account has been disabled", BindCause::Disabled),
    ("is expired", BindCause::AccountExpired),
    ("account has expired", BindCause::AccountExpired),
    ("account expired", BindCause::AccountExpired),
];

fn of_text(text: &str) -> Option<BindCause> {
    if asks_for_tls(text) {
        return Some(BindCause::TlsNeeded);
    }
    let text = text.to_ascii_lowercase();
    let number = |(number, _): &&(&str, BindCause)| contains_number(&text, number);
    let words = |(words, _): &&(&str, BindCause)| text.contains(words);
    NUMBERS.iter().find(number).or_else(|| WORDS.iter().find(words)).map(|(_, cause)| *cause)
}

/// Whether a text has this number, and not only as the beginning of another.
fn contains_number(text: &str, number: &str) -> bool {
    let after = |(at, _): (usize, &str)| text[at + number.len()..].chars().next();
    text.match_indices(number).any(|it| !after(it).is_some_and(|it| it.is_ascii_hexdigit()))
}

/// 389 Directory Server and FreeIPA ask for TLS by a code that means other things, too.
fn asks_for_tls(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    ["minimum ssf", "secure connection", "confidentiality required"].iter().any(|it| text.contains(it))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bind(code: u32, text: &str) -> BindCause {
        BindCause::of(&Outcome { code, text: text.to_owned() }, None, "cn=reader")
    }

    #[test]
    fn each_data_code_of_active_directory_has_its_cause() {
        for (code, expected) in [
            ("525", BindCause::NoAccount),
            ("52e", BindCause::NameOrPassword),
            ("52f", BindCause::KindNotAllowed),
            ("530", BindCause::NotNowOrHere),
            ("531", BindCause::NotNowOrHere),
            ("532", BindCause::PasswordExpired),
            ("533", BindCause::Disabled),
            ("568", BindCause::TooManyGroups),
            ("569", BindCause::KindNotAllowed),
            ("701", BindCause::AccountExpired),
            ("773", BindCause::MustChangePassword),
            ("775", BindCause::LockedOut),
            ("80090346", BindCause::ChannelBinding),
            ("5301", BindCause::NameOrPassword),
        ] {
            let text = format!(
                "80090308: LdapErr: DSID-0C09044E, comment: AcceptSecurityContext error, data {code}, v2580"
            );
            assert_eq!(bind(49, &text), expected, "{code}");
        }
    }

    #[test]
    fn each_code_of_a_refused_bind_and_each_vendors_text_has_its_cause() {
        for (code, text, expected) in [
            (7, "", BindCause::NotOffered),
            (8, "", BindCause::TlsNeeded),
            (10, "", BindCause::Elsewhere),
            (13, "TLS confidentiality required", BindCause::TlsNeeded),
            (19, "Exceed password retry limit. Please try later.", BindCause::LockedOut),
            (32, "", BindCause::NameOrPassword),
            (34, "", BindCause::NameForm),
            (48, "", BindCause::NameOrPassword),
            (49, "", BindCause::NameOrPassword),
            (49, "password expired!", BindCause::PasswordExpired),
            (49, "NDS error: failed authentication (-669)", BindCause::NameOrPassword),
            (51, "", BindCause::Busy),
            (53, "Account inactivated. Contact system administrator.", BindCause::Disabled),
            (53, "Account (Kerberos principal) is expired", BindCause::AccountExpired),
            (53, "Minimum SSF not met.", BindCause::TlsNeeded),
            (53, "NDS error: log account expired (-220)", BindCause::Disabled),
            (53, "NDS error: login lockout (-197)", BindCause::LockedOut),
            (53, "something of its own", BindCause::Other),
            (80, "", BindCause::Other),
        ] {
            assert_eq!(bind(code, text), expected, "{code} {text}");
        }
        let of = |username, code, text: &str| {
            BindCause::of(&Outcome { code, text: text.to_owned() }, None, username)
        };
        for code in [48, 50, 53] {
            assert_eq!(of(NOBODY, code, "anonymous bind disallowed"), BindCause::NameNeeded);
        }
        assert_eq!(of(NOBODY, 53, "Minimum SSF not met."), BindCause::TlsNeeded);
        for (code, expected) in
            [(7, BindCause::NoKerberos), (8, BindCause::SealingOnly), (49, BindCause::TicketUnknown)]
        {
            assert_eq!(of(TICKET_HOLDER, code, ""), expected);
        }
    }

    #[test]
    fn each_code_of_a_refused_search_has_its_cause() {
        const NO_BIND: &str = "000004DC: LdapErr: DSID-0C090A6F, comment: In order to perform this operation a successful \
                               bind must be completed on the connection., data 0, v4563";
        const RESTRICTED: &str = "Operations are restricted to bind/unbind/abandon/StartTLS/modify password";
        for (code, text, expected) in [
            (1, NO_BIND, SearchCause::NotSignedIn),
            (1, "", SearchCause::Other),
            (3, "", SearchCause::TimeLimit),
            (4, "", SearchCause::SizeLimit),
            (8, "", SearchCause::TlsNeeded),
            (10, "", SearchCause::Elsewhere),
            (11, "", SearchCause::AdminLimit),
            (12, "", SearchCause::NoExtension),
            (13, "", SearchCause::TlsNeeded),
            (32, "", SearchCause::NoBase),
            (34, "", SearchCause::BaseForm),
            (49, "", SearchCause::NotSignedIn),
            (50, "", SearchCause::MayNotRead),
            (50, RESTRICTED, SearchCause::MustChangePassword),
            (51, "", SearchCause::Busy),
            (53, "the user must change the password", SearchCause::MustChangePassword),
            (53, "Minimum SSF not met.", SearchCause::TlsNeeded),
            (53, "", SearchCause::Other),
        ] {
            assert_eq!(SearchCause::of(&Outcome { code, text: text.to_owned() }), expected, "{code} {text}");
        }
    }

    #[test]
    fn each_trouble_with_a_ticket_has_its_cause() {
        for (problem, expected) in [
            (
                "No Kerberos credentials available (default cache: FILE:/tmp/krb5cc_0)",
                KerberosCause::NoTicket,
            ),
            ("Ticket expired", KerberosCause::NoTicket),
            ("Server ldap/10.0.0.1@X not found in Kerberos database", KerberosCause::ServerUnknown),
            ("Cannot find KDC for realm \"X\"", KerberosCause::NoCenter),
            ("Cannot contact any KDC for realm 'X'", KerberosCause::NoCenter),
            ("Clock skew too great", KerberosCause::Clock),
            ("the server offers to protect nothing", KerberosCause::NoProtection),
            ("something else", KerberosCause::Other),
        ] {
            assert_eq!(KerberosCause::of(problem), expected, "{problem}");
        }
    }
}
