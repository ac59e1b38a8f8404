//! The next step for each way in which a read can fail.

use super::connect::{NOBODY, TICKET_HOLDER};
use super::error::{LdapReadError, Outcome, SearchPlace, Step, TlsFileError};

const NO_TLS: &str = "Check that `ldap.port` speaks TLS from the first byte (usually 636), or set `ldap.startTls` to true for \
                      StartTLS (usually port 389).";

impl LdapReadError {
    /// What to do next, where there is something to be done.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::KerberosMissing { .. } => {
                "Use a build with Kerberos (`cargo build --features kerberos`), or set `ldap.currentUser` to false and give a bind \
                 name and password: `ldap.username`, then `bwdc config ldap.password`."
                    .to_owned()
            }
            Self::Kerberos { problem, service, .. } => kerberos(problem, service),
            Self::Locate { .. } => {
                "Name a server in `ldap.hostname`, or correct `ldap.domain` and the name servers of this machine; `nslookup \
                 -type=SRV` with the record's name shows what they answer."
                    .to_owned()
            }
            Self::NoPassword { .. } => {
                "Store the password with `bwdc config ldap.password --secretfile FILE`.".to_owned()
            }
            Self::NoRevisionDate { .. } => {
                "Name the attribute that holds the time of the last change with `bwdc config sync.revisionDateAttribute`; OpenLDAP's \
                 is `modifyTimestamp`."
                    .to_owned()
            }
            Self::NoId { attribute, .. } => format!(
                "Let the reading account see `{attribute}`, leave such entries out with a filter, or choose another \
                 `ldap.id-attribute`."
            ),
            Self::Filter { setting, .. } => {
                format!("Correct `{setting}`; a filter looks like `(&(department=Sales)(mail=*))`.")
            }
            Self::TlsFile { setting, source, .. } => tls_file(setting, source),
            Self::TlsSetup { .. } => {
                "Install the operating system's certificate authorities, or name a PEM file with the server's authority in \
                 `ldap.sslCaPath` (`ldap.tlsCaPath` with StartTLS)."
                    .to_owned()
            }
            Self::Connect { server, .. } if server.starts_with("ldapi:") => {
                "Check the path in `ldap.hostname`, and that the account that runs the program may use the socket.".to_owned()
            }
            Self::Connect { .. } => {
                "Check `ldap.hostname` and `ldap.port`, and that no firewall stands between.".to_owned()
            }
            Self::Tls { source, .. } => tls(source).unwrap_or_else(|| NO_TLS.to_owned()),
            Self::StartTlsRefused { .. } => {
                "Turn StartTLS on in the server, or use LDAPS: set `ldap.startTls` to false and `ldap.port` to the LDAPS port \
                 (636)."
                    .to_owned()
            }
            Self::Bind { outcome, username, .. } => bind(outcome, username)?,
            Self::TimeLimit { step, setting, .. } => time_limit(step, setting),
            Self::Cut { step, source, .. } => source.as_ref().and_then(tls).unwrap_or_else(|| cut(step).to_owned()),
            Self::Refused { place, outcome, referrals } => refused(place, outcome, referrals)?,
            Self::References { place, .. } => format!(
                "Choose a base that lies wholly on this server (`{}`), or ask a server that holds all of it: in Active \
                 Directory the global catalog (port 3268, or 3269 with TLS).",
                place.setting
            ),
            Self::Malformed { .. } => {
                "Check that `ldap.port` is an LDAP port, and that `ldap.ssl` fits it (389 without, 636 with TLS).".to_owned()
            }
            Self::Range { .. } => "Run again; the entry may have changed while it was read.".to_owned(),
        })
    }
}

/// By the words of the Kerberos libraries, MIT's and Heimdal's, and of Windows: their numbers do not come this far.
fn kerberos(problem: &str, service: &str) -> String {
    let problem = problem.to_ascii_lowercase();
    let any = |words: &[&str]| words.iter().any(|it| problem.contains(it));
    if any(&[
        "not found in kerberos database",
        "server not found",
        "s_principal_unknown",
        "target is unknown",
    ]) {
        format!(
            "Kerberos knows the server by another name than `{service}`: set `ldap.hostname` to its full DNS name, as \
             `setspn -L` lists it."
        )
    } else if any(&["skew"]) {
        "Correct this machine's clock: Kerberos takes five minutes of difference at most.".to_owned()
    } else if any(&[
        "cannot find kdc",
        "cannot contact",
        "unable to reach",
        "no logon servers",
        "cannot resolve",
    ]) {
        "Check the realm and its key distribution centers in `krb5.conf`, and that DNS and the firewall let this machine \
         reach them (port 88)."
            .to_owned()
    } else if any(&["no kerberos credentials", "no credentials", "credentials cache", "expired", "no ticket"])
    {
        "Get a ticket for the account that runs the program: `kinit`, or for a service a keytab named in `KRB5_CLIENT_KTNAME`; \
         `klist` shows what there is."
            .to_owned()
    } else if any(&["protect nothing"]) {
        "Set `ldap.ssl` to true, so that TLS protects the connection.".to_owned()
    } else {
        "`KRB5_TRACE=/dev/stderr` shows each step that the Kerberos library takes; a name and password work without it: \
         `ldap.currentUser` false."
            .to_owned()
    }
}

fn tls_file(setting: &str, source: &TlsFileError) -> String {
    match source {
        TlsFileError::Unreadable(_) => {
            format!(
                "Correct the path in `{setting}`, or let the account that runs the program read the file."
            )
        }
        TlsFileError::Empty | TlsFileError::NotPem(_) if setting == "ldap.sslKeyPath" => {
            format!("Name in `{setting}` a file with an unencrypted PEM key (`-----BEGIN PRIVATE KEY-----`).")
        }
        _ => format!("Name in `{setting}` a PEM file (`-----BEGIN CERTIFICATE-----`), or clear the setting."),
    }
}

fn tls(source: &std::io::Error) -> Option<String> {
    use rustls::{AlertDescription, CertificateError, Error};
    const AUTHORITY: &str = "Name a PEM file with the authority that signed the server's certificate in `ldap.sslCaPath` \
                             (`ldap.tlsCaPath` with StartTLS), or install the authority in the operating system.";
    let error = source.get_ref()?.downcast_ref::<Error>()?;
    let text = match error {
        Error::InvalidCertificate(CertificateError::UnknownIssuer | CertificateError::BadSignature) => {
            AUTHORITY
        }
        Error::InvalidCertificate(
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
        ) => "Set `ldap.hostname` to a name that the server's certificate bears.",
        Error::InvalidCertificate(CertificateError::Expired | CertificateError::ExpiredContext { .. }) => {
            "The server's certificate has ended: renew it there, or correct this machine's clock."
        }
        Error::InvalidCertificate(
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. },
        ) => "The server's certificate does not count yet: correct this machine's clock, or the certificate.",
        Error::InvalidCertificate(CertificateError::Revoked) => {
            "The authority has taken the server's certificate back: give the server a new one."
        }
        Error::InvalidCertificate(_) => AUTHORITY,
        Error::AlertReceived(
            AlertDescription::CertificateRequired
            | AlertDescription::BadCertificate
            | AlertDescription::UnknownCA
            | AlertDescription::CertificateUnknown
            | AlertDescription::AccessDenied,
        ) => {
            "The server asks for a client certificate that it trusts: name it in `ldap.sslCertPath` and its key in `ldap.sslKeyPath`."
        }
        Error::AlertReceived(AlertDescription::CertificateExpired | AlertDescription::CertificateRevoked) => {
            "The server says that the client certificate in `ldap.sslCertPath` has ended or was taken back: renew it."
        }
        Error::InvalidMessage(_) => NO_TLS,
        _ => "Check that the server offers TLS 1.2 or 1.3.",
    };
    Some(text.to_owned())
}

fn bind(outcome: &Outcome, username: &str) -> Option<String> {
    const PASSWORD: &str = "Check the bind name in `ldap.username`, and store the password again with `bwdc config \
                            ldap.password --secretfile FILE`.";
    let text = match (outcome.code, active_directory_code(&outcome.text)) {
        (48 | 50 | 53, _) if username == NOBODY => {
            "The server lets nobody in without a name: set `ldap.sign-in` to `password`, with `ldap.username` and `ldap.password`."
        }
        (8, _) if username == TICKET_HOLDER => {
            "The server takes Kerberos with its own sealing only, which there is outside of TLS: set `ldap.ssl` to false, with \
             `ldap.port` 389; everything is sealed by Kerberos then."
        }
        (49, Some("80090346")) => {
            "The controller wants the sign-in bound to its own certificate (channel binding, 80090346), and another one was \
             shown on the way: reach the controller itself and not through a proxy or load balancer."
        }
        (49, Some("525")) => "Active Directory knows no such account (data 525): correct `ldap.username`.",
        (49, Some("52e")) => {
            "Active Directory refuses name or password (data 52e): check `ldap.username`, and store the password again with \
             `bwdc config ldap.password --secretfile FILE`."
        }
        (49, Some("530" | "531")) => {
            "The account may not sign in now or from here (data 530, 531): lift its logon hours and workstations."
        }
        (49, Some("532")) => {
            "The account's password has expired (data 532): set a new one, and store it with `bwdc config ldap.password \
             --secretfile FILE`."
        }
        (49, Some("533")) => "The account is disabled (data 533): enable it in Active Directory.",
        (49, Some("701")) => "The account has expired (data 701): extend it in Active Directory.",
        (49, Some("773")) => {
            "The account has to change its password first (data 773): set one, and clear \"User must change password at next \
             logon\"."
        }
        (49, Some("775")) => {
            "The account is locked out (data 775): unlock it in Active Directory, and look for what uses an old password."
        }
        (49, _) if username == TICKET_HOLDER => {
            "The server knows nobody by this ticket: `klist` shows whose it is and for which server."
        }
        (7, _) if username == TICKET_HOLDER => {
            "The server does not offer Kerberos (SASL GSSAPI): set it up there, or set `ldap.currentUser` to false and give a \
             name and password."
        }
        (48 | 49 | 53, _) => PASSWORD,
        (7, _) => {
            "The server does not offer this way of signing in: set `ldap.sign-in` to `password`, or let the server map client \
             certificates (SASL EXTERNAL)."
        }
        (8 | 13, _) => {
            "The server accepts passwords only over TLS: set `ldap.ssl` to true, with `ldap.port` 636, or with `ldap.startTls` \
             true on port 389."
        }
        (34, _) => {
            "The server takes distinguished names only: give `ldap.username` as one, such as `cn=reader,dc=example,dc=com`."
        }
        _ => return None,
    };
    Some(text.to_owned())
}

/// The hexadecimal number behind `data` in Active Directory's texts.
fn active_directory_code(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("data ")?;
    rest.split(|character: char| !character.is_ascii_hexdigit()).next().filter(|code| !code.is_empty())
}

fn cut(step: &Step) -> &'static str {
    match step {
        Step::Bind => {
            "If the server asks for TLS, set `ldap.ssl` to true; if it asks for a client certificate, name it in \
             `ldap.sslCertPath` and its key in `ldap.sslKeyPath`. The server's log says which."
        }
        _ => "Run again; if it happens at the same place, look into the server's log for the reason.",
    }
}

fn time_limit(step: &Step, setting: &str) -> String {
    match step {
        Step::Connect => {
            format!(
                "Check `ldap.hostname` and `ldap.port`, and that no firewall stands between; or raise `{setting}`."
            )
        }
        Step::StartTls | Step::Handshake => format!(
            "Check that `ldap.port` speaks what `ldap.ssl` and `ldap.startTls` ask for (636 TLS at once, 389 StartTLS); or raise \
             `{setting}`."
        ),
        Step::Bind => format!(
            "Check that `ldap.port` is an LDAP port without TLS, or set `ldap.ssl`; or raise `{setting}`."
        ),
        Step::Page(_) => format!(
            "Raise `{setting}`, or make the search cheaper: a narrower base or filter, an index for the attributes in the filter."
        ),
    }
}

fn refused(place: &SearchPlace, outcome: &Outcome, referrals: &[String]) -> Option<String> {
    let who = place.username.as_deref().unwrap_or("the bind name");
    Some(match outcome.code {
        3 => format!("Let the server search longer for `{who}`{}.", knob(place, Knob::Time)),
        4 if place.paged => {
            format!(
                "The server limits the entries in all, pages included: lift the size limit for `{who}`{}.",
                knob(place, Knob::Size)
            )
        }
        4 => format!(
            "Set `ldap.pagedSearch` to true if the server can page, or lift the size limit for `{who}`{}.",
            knob(place, Knob::Size)
        ),
        11 => format!(
            "The server's administrative limits stop the search: lift them for `{who}`{}.",
            knob(place, Knob::Size)
        ),
        10 if referrals.is_empty() => format!("Another server holds this base: correct `{}`.", place.setting),
        10 => format!(
            "This server does not hold the base. Set `ldap.hostname` to the server of {}, or correct `{}`.",
            referrals.join(" "),
            place.setting
        ),
        32 => format!(
            "Correct `{}`: the server knows no entry of that name, or `{who}` may not see it.",
            place.setting
        ),
        34 => format!("Correct `{}`: it is not a distinguished name.", place.setting),
        1 | 49 | 50 => format!("Let `{who}` read the entries under `{}`.", place.base),
        8 | 13 => "The server answers only over TLS: set `ldap.ssl` to true.".to_owned(),
        12 => "The server lacks something that the search needs; see its message.".to_owned(),
        51 | 52 => "The server is busy or shutting down: run again later.".to_owned(),
        _ => return None,
    })
}

#[derive(Clone, Copy)]
enum Knob {
    Size,
    Time,
}

fn knob(place: &SearchPlace, knob: Knob) -> &'static str {
    let vendor = place.vendor.as_deref().unwrap_or_default();
    let any = |names: &[&str]| names.iter().any(|name| vendor.contains(name));
    match knob {
        Knob::Size if any(&["OpenLDAP"]) => " (`olcLimits: dn.exact=\"…\" size=unlimited`)",
        Knob::Time if any(&["OpenLDAP"]) => " (`olcLimits: dn.exact=\"…\" time=unlimited`)",
        Knob::Size if any(&["389", "Fedora", "Red Hat"]) => {
            " (`nsSizeLimit`, `nsLookThroughLimit` and `nsPagedSizeLimit` in its entry)"
        }
        Knob::Time if any(&["389", "Fedora", "Red Hat"]) => " (`nsTimeLimit` in its entry)",
        Knob::Size if any(&["Active Directory", "Samba"]) => {
            " (LDAP policy `MaxResultSetSize` and `MaxPageSize`)"
        }
        Knob::Time if any(&["Active Directory", "Samba"]) => " (LDAP policy `MaxQueryDuration`)",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bind_hint(code: u32, text: &str) -> String {
        bind(&Outcome { code, text: text.to_owned() }, "cn=reader").unwrap_or_default()
    }

    #[test]
    fn each_refusal_of_active_directory_has_its_own_words() {
        let text = |code: &str| {
            format!(
                "80090308: LdapErr: DSID-0C09044E, comment: AcceptSecurityContext error, data {code}, v2580"
            )
        };
        let expected = [
            ("525", "no such account"),
            ("52e", "bwdc config ldap.password"),
            ("530", "logon hours"),
            ("531", "workstations"),
            ("532", "password has expired"),
            ("533", "disabled"),
            ("701", "account has expired"),
            ("773", "change its password first"),
            ("775", "locked out"),
            ("80090346", "load balancer"),
        ];
        for (code, words) in expected {
            assert!(bind_hint(49, &text(code)).contains(words), "{code}: {}", bind_hint(49, &text(code)));
        }
    }

    #[test]
    fn each_code_of_a_refused_bind_has_its_own_words() {
        for (code, words) in [
            (7, "`ldap.sign-in`"),
            (8, "`ldap.ssl`"),
            (13, "`ldap.ssl`"),
            (34, "distinguished names only"),
            (48, "bwdc config ldap.password"),
            (49, "bwdc config ldap.password"),
            (53, "bwdc config ldap.password"),
        ] {
            assert!(bind_hint(code, "").contains(words), "{code}: {}", bind_hint(code, ""));
        }
        let of = |username, code| bind(&Outcome { code, text: String::new() }, username).unwrap_or_default();
        assert!(of(NOBODY, 48).contains("without a name") && of(NOBODY, 53).contains("without a name"));
        for (code, words) in [(7, "does not offer Kerberos"), (8, "`ldap.ssl` to false"), (49, "`klist`")] {
            assert!(of(TICKET_HOLDER, code).contains(words), "{code}");
        }
    }

    #[test]
    fn each_fault_of_a_certificate_has_its_own_words() {
        use rustls::{AlertDescription, CertificateError, Error};
        let hint = |error: Error| tls(&std::io::Error::other(error)).unwrap_or_default();
        let of = |error| hint(Error::InvalidCertificate(error));
        for (error, words) in [
            (CertificateError::UnknownIssuer, "`ldap.sslCaPath`"),
            (CertificateError::NotValidForName, "`ldap.hostname`"),
            (CertificateError::Expired, "has ended"),
            (CertificateError::NotValidYet, "does not count yet"),
            (CertificateError::Revoked, "taken the server's certificate back"),
        ] {
            assert!(of(error.clone()).contains(words), "{error:?}");
        }
        assert!(
            hint(Error::AlertReceived(AlertDescription::CertificateRequired)).contains("`ldap.sslCertPath`")
        );
        assert!(hint(Error::AlertReceived(AlertDescription::CertificateExpired)).contains("renew it"));
    }

    #[test]
    fn each_limit_and_refusal_of_a_search_has_its_own_words() {
        let place = |vendor: &str| SearchPlace {
            server: "ldap://dc1:389".into(),
            base: "ou=people,dc=x".to_owned(),
            filter: "(cn=a)".to_owned(),
            setting: "sync.userPath",
            vendor: Some(vendor.into()),
            username: Some("cn=reader".into()),
            paged: true,
            page: 1,
            taken: 0,
        };
        let hint = |code, vendor| {
            let outcome = Outcome { code, text: String::new() };
            refused(&place(vendor), &outcome, &[]).unwrap_or_default()
        };
        for (code, vendor, words) in [
            (3, "OpenLDAP", "time=unlimited"),
            (3, "389 Project", "nsTimeLimit"),
            (3, "Active Directory", "MaxQueryDuration"),
            (4, "OpenLDAP", "size=unlimited"),
            (4, "389 Project", "nsPagedSizeLimit"),
            (4, "Active Directory", "MaxResultSetSize"),
            (11, "OpenLDAP", "administrative limits"),
            (10, "", "Another server holds this base"),
            (32, "", "`sync.userPath`"),
            (34, "", "not a distinguished name"),
            (50, "", "Let `cn=reader` read"),
            (8, "", "only over TLS"),
            (12, "", "lacks something"),
            (51, "", "run again later"),
        ] {
            assert!(hint(code, vendor).contains(words), "{code} {vendor}: {}", hint(code, vendor));
        }
    }

    #[test]
    fn each_trouble_with_a_ticket_has_its_own_words() {
        let service = "ldap/dc1.example.test";
        for (problem, words) in [
            ("No Kerberos credentials available (default cache: FILE:/tmp/krb5cc_0)", "`kinit`"),
            ("Ticket expired", "`kinit`"),
            ("Server ldap/10.0.0.1@X not found in Kerberos database", "`ldap.hostname`"),
            ("Cannot find KDC for realm \"X\"", "key distribution centers"),
            ("Cannot contact any KDC for realm 'X'", "port 88"),
            ("Clock skew too great", "clock"),
            ("the server offers to protect nothing", "`ldap.ssl` to true"),
            ("something else", "KRB5_TRACE"),
        ] {
            assert!(kerberos(problem, service).contains(words), "{problem}");
        }
    }
}
