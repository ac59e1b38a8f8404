//! LDAP servers and Active Directory: what to do next after a read that failed.

use super::knobs::{size_knob, time_knob};
use crate::error::certificate::{self, Peer};
use crate::error::page::ErrorPage;
use crate::error::sentence::say;
use crate::text;
use crate::{NextStep, Step};
use bwdc_engine::directory::ldap::{
    BindCause, KerberosCause, LdapReadError, Outcome, SearchCause, SearchPlace, Step as Stage, TlsFileError,
};
use bwdc_engine::tls_failure::{TlsFailure, tls_failure};
use std::io;

pub(in crate::error) fn steps(error: &LdapReadError) -> Vec<NextStep> {
    use LdapReadError as E;
    match error {
        E::KerberosMissing { .. } => vec![
            Step::Say(text!(
                "step.ldap.kerberos-missing",
                "Use a build with Kerberos (`cargo build --features kerberos`), or sign in with a name and a password:"
            ))
            .into(),
            Step::set("ldap.currentUser", "false").into(),
            Step::change("ldap.username").into(),
            Step::enter("ldap.password").into(),
        ],
        E::Kerberos { problem, service, .. } => ErrorPage::Ldap.after(kerberos(KerberosCause::of(problem), service)),
        E::Locate { .. } => say(text!(
            "step.ldap.locate",
            "Name a server in `ldap.hostname`, or correct `ldap.domain` or the name servers of this machine. `nslookup -type=SRV` with the record's name shows what they answer."
        )),
        E::NoPassword { .. } => vec![Step::enter("ldap.password").into()],
        E::NoRevisionDate { .. } => vec![
            Step::change("sync.revisionDateAttribute").to(text!(
                "step.ldap.revision-date",
                "To name the attribute that holds the time of the last change (`modifyTimestamp` on OpenLDAP)"
            )),
        ],
        E::StateHidden { attributes, .. } => vec![
            Step::Say(text!(
                "step.ldap.state-hidden",
                "Let the reading account read `{attributes}` and search by it, of every person.",
                attributes
            ))
            .into(),
            Step::change("ldap.disabled-by").to(text!(
                "step.ldap.state-elsewhere",
                "To name another attribute, if another one tells who is disabled here"
            )),
        ],
        E::NoId { attribute, .. } => say(text!(
            "step.ldap.no-id",
            "Let the reading account see `{attribute}`, leave such entries out with a filter, or choose another `ldap.id-attribute`.",
            attribute
        )),
        E::Filter { setting, .. } => vec![
            Step::change(*setting).to(text!("step.correct", "To correct it")),
            Step::Say(text!("step.ldap.filter", "A filter looks like `(&(department=Sales)(mail=*))`.")).into(),
        ],
        E::TlsFile { setting, source, .. } => tls_file(setting, source),
        E::TlsSetup { .. } => say(text!(
            "step.ldap.tls-setup",
            "Install the operating system's certificate authorities, or name a PEM file with the server's authority in `ldap.sslCaPath` (`ldap.tlsCaPath` with StartTLS)."
        )),
        E::Connect { server, .. } if server.starts_with("ldapi:") => say(text!(
            "step.ldap.socket",
            "Check the path in `ldap.hostname`, and that the account that runs the program may use the socket."
        )),
        E::Connect { .. } => say(text!(
            "step.ldap.connect",
            "Check `ldap.hostname` and `ldap.port`, that the server runs, and that no firewall blocks the way."
        )),
        E::Tls { server, source, .. } => tls(server, source),
        E::StartTlsRefused { .. } => vec![
            Step::Say(text!("step.ldap.start-tls", "Enable StartTLS on the server, or use LDAPS (`ldap.startTls` false, and the port for LDAPS):")).into(),
            Step::set("ldap.startTls", "false").into(),
            Step::set("ldap.port", "636").into(),
        ],
        E::Bind { outcome, username, fault, .. } => {
            ErrorPage::Ldap.after(bind(BindCause::of(outcome, *fault, username)))
        }
        E::TimeLimit { step, setting, .. } => time_limit(step, setting),
        E::Cut { step, source, .. } => cut(step, source.as_ref()),
        E::Refused { place, outcome, referrals } => {
            ErrorPage::Ldap.after(search(SearchCause::of(outcome), place, outcome, referrals))
        }
        E::References { place, .. } => say(text!(
            "step.ldap.references",
            "Choose a base that lies wholly on this server (`{setting}`), or ask a server that holds all of it: in Active Directory the global catalog (port 3268, or 3269 with TLS).",
            setting = place.setting
        )),
        E::Malformed { .. } => say(text!(
            "step.ldap.malformed",
            "Check that `ldap.port` is an LDAP port, and that `ldap.ssl` fits it (389 without TLS or with `ldap.startTls`, 636 with TLS from the beginning)."
        )),
        E::Range { .. } => {
            say(text!("step.ldap.range", "Run again: the entry may have changed while it was read."))
        }
    }
}

fn kerberos(cause: KerberosCause, service: &str) -> Vec<NextStep> {
    say(match cause {
        KerberosCause::ServerUnknown => text!(
            "step.kerberos.server",
            "Kerberos knows the server by another name than `{service}`: set `ldap.hostname` to its full DNS name, as `setspn -L` lists it.",
            service
        ),
        KerberosCause::Clock => text!(
            "step.kerberos.clock",
            "Correct this machine's clock: Kerberos accepts a difference of five minutes at most."
        ),
        KerberosCause::NoCenter => text!(
            "step.kerberos.center",
            "Check the realm and its key distribution centers in `krb5.conf`, and that DNS and the firewall let this machine reach them (port 88)."
        ),
        KerberosCause::NoTicket => text!(
            "step.kerberos.ticket",
            "Get a ticket for the account that runs the program: `kinit`, or for a service a keytab named in `KRB5_CLIENT_KTNAME`. `klist` shows what there is."
        ),
        KerberosCause::NoProtection => {
            text!("step.kerberos.protection", "Set `ldap.ssl` to true, so that TLS protects the connection.")
        }
        KerberosCause::Other => text!(
            "step.kerberos.other",
            "`KRB5_TRACE=/dev/stderr` shows each step that the Kerberos library takes. A name and a password work without it: `ldap.currentUser` false."
        ),
    })
}

fn tls_file(setting: &str, source: &TlsFileError) -> Vec<NextStep> {
    say(match source {
        TlsFileError::Unreadable(_) => text!(
            "step.ldap.file-unreadable",
            "Correct the path in `{setting}`, or let the account that runs the program read the file.",
            setting
        ),
        TlsFileError::Empty | TlsFileError::NotPem(_) | TlsFileError::Refused(_)
            if setting == "ldap.sslKeyPath" =>
        {
            text!(
                "step.ldap.file-key",
                "Name in `{setting}` a file with an unencrypted PEM key (`-----BEGIN PRIVATE KEY-----`) that belongs to the certificate.",
                setting
            )
        }
        TlsFileError::Empty | TlsFileError::NotPem(_) | TlsFileError::Refused(_) => text!(
            "step.ldap.file-certificate",
            "Name in `{setting}` a PEM file (`-----BEGIN CERTIFICATE-----`), or clear the setting.",
            setting
        ),
    })
}

fn tls(server: &str, source: &io::Error) -> Vec<NextStep> {
    let failure = tls_failure(source).unwrap_or(TlsFailure::Ended);
    // An address of its own for TLS says that it begins at once.
    let peer = if server.starts_with("ldap:") { Peer::StartTls } else { Peer::Ldap };
    certificate::steps(&failure, peer)
}

fn cut(step: &Stage, source: Option<&io::Error>) -> Vec<NextStep> {
    if let Some(failure) = source.and_then(|it| tls_failure(it)) {
        return certificate::steps(&failure, Peer::Ldap);
    }
    if *step == Stage::StartTls {
        return vec![
            Step::Say(text!(
                "step.ldap.cut-start-tls",
                "The server ended the connection where StartTLS was asked for: on a port where TLS begins at once (636), StartTLS has no place. Use the ordinary port, or LDAPS:"
            ))
            .into(),
            Step::set("ldap.port", "389").into(),
            Step::set("ldap.startTls", "false").into(),
        ];
    }
    say(match step {
        Stage::Bind => text!(
            "step.ldap.cut-bind",
            "If the server asks for TLS, set `ldap.ssl` to true; if it asks for a client certificate, name it in `ldap.sslCertPath` and its key in `ldap.sslKeyPath`. The server's log says which."
        ),
        Stage::Connect | Stage::StartTls | Stage::Handshake | Stage::Page(_) => text!(
            "step.ldap.cut",
            "Run again. If it happens at the same place, look for the reason in the server's log."
        ),
    })
}

fn time_limit(step: &Stage, setting: &str) -> Vec<NextStep> {
    let mut steps = say(match step {
        Stage::Connect => text!(
            "step.ldap.slow-connect",
            "Check `ldap.hostname` and `ldap.port`, and that no firewall blocks the way."
        ),
        Stage::StartTls | Stage::Handshake => text!(
            "step.ldap.slow-tls",
            "Check that `ldap.port` speaks what `ldap.ssl` and `ldap.startTls` ask for (636 TLS at once, 389 StartTLS)."
        ),
        Stage::Bind => {
            text!(
                "step.ldap.slow-bind",
                "Check that `ldap.port` is an LDAP port without TLS, or set `ldap.ssl`."
            )
        }
        Stage::Page(_) => text!(
            "step.ldap.slow-page",
            "Make the search cheaper: a narrower base or filter, or an index for the attributes in the filter."
        ),
    });
    steps.push(
        Step::change(setting).to(text!("step.ldap.slow", "If the server takes that long, to wait longer")),
    );
    steps
}

fn bind(cause: BindCause) -> Vec<NextStep> {
    let enter =
        || Step::enter("ldap.password").to(text!("step.ldap.password", "To enter the password again"));
    let text = match cause {
        BindCause::NameNeeded => {
            return vec![
                Step::Say(text!(
                    "step.bind.name-needed",
                    "The server lets nobody in without a name: `ldap.sign-in` has to be `password`."
                ))
                .into(),
                Step::set("ldap.sign-in", "password").into(),
                Step::change("ldap.username").into(),
                Step::enter("ldap.password").into(),
            ];
        }
        BindCause::SealingOnly => text!(
            "step.bind.sealing-only",
            "The server accepts Kerberos only with its own sealing, which works outside of TLS: set `ldap.ssl` to false and `ldap.port` to 389. Kerberos then seals everything."
        ),
        BindCause::ChannelBinding => text!(
            "step.bind.channel-binding",
            "The controller wants the sign-in bound to its own certificate (channel binding, 80090346), and another certificate was shown on the way. Reach the controller itself, and not through a proxy or load balancer."
        ),
        BindCause::NoAccount => text!(
            "step.bind.no-account",
            "The server has no such account (data 525). Correct `ldap.username`."
        ),
        BindCause::NameOrPassword => {
            return vec![
                Step::Say(text!(
                    "step.bind.name-or-password",
                    "The name or the password is wrong, or the account is locked: many servers answer the same then. Check `ldap.username` (a distinguished name, or in Active Directory also `user@domain`), and whether the account is locked on the server."
                ))
                .into(),
                enter(),
            ];
        }
        BindCause::NotNowOrHere => text!(
            "step.bind.not-now",
            "The account may not sign in at this time or from this machine (logon hours, workstations). Change that on the server; the password is right."
        ),
        BindCause::KindNotAllowed => text!(
            "step.bind.kind",
            "The account may not sign in with a password (a logon right, smart card, or protected group forbids it). Use another account, or change that on the server."
        ),
        BindCause::TooManyGroups => text!(
            "step.bind.groups",
            "The account is in too many groups for its token (data 568). Use an account in fewer groups."
        ),
        BindCause::PasswordExpired => {
            return vec![
                Step::Say(text!(
                    "step.bind.password-expired",
                    "The account's password has expired. Set a new one on the server."
                ))
                .into(),
                Step::enter("ldap.password").to(text!("step.bind.then-password", "Then, to store it")),
            ];
        }
        BindCause::Disabled => {
            text!("step.bind.disabled", "The account is disabled. Enable it on the server.")
        }
        BindCause::AccountExpired => {
            text!("step.bind.account-expired", "The account has expired. Extend it on the server.")
        }
        BindCause::MustChangePassword => must_change(),
        BindCause::LockedOut => text!(
            "step.bind.locked",
            "The account is locked. Unlock it on the server, and look for what uses an old password."
        ),
        BindCause::TicketUnknown => text!(
            "step.bind.ticket",
            "The server does not know the account of this ticket. `klist` shows whose it is and for which server."
        ),
        BindCause::NoKerberos => text!(
            "step.bind.no-kerberos",
            "The server does not offer Kerberos (SASL GSSAPI). Set it up there, or set `ldap.currentUser` to false and give a name and a password."
        ),
        BindCause::NotOffered => text!(
            "step.bind.not-offered",
            "The server does not offer this way of signing in. Set `ldap.sign-in` to `password`, or let the server map client certificates (SASL EXTERNAL)."
        ),
        BindCause::TlsNeeded => text!(
            "step.bind.tls",
            "The server accepts passwords only over TLS: set `ldap.ssl` to true, with `ldap.port` 636, or with `ldap.startTls` true on port 389."
        ),
        BindCause::NameForm => text!(
            "step.bind.form",
            "The server accepts only a distinguished name: give `ldap.username` as one, such as `cn=reader,dc=example,dc=com`."
        ),
        BindCause::Busy => busy(),
        BindCause::Elsewhere => text!(
            "step.bind.elsewhere",
            "Another server has this account. Set `ldap.hostname` to that server."
        ),
        BindCause::Other => return Vec::new(),
    };
    say(text)
}

fn must_change() -> String {
    text!(
        "step.ldap.must-change",
        "The account has to change its password before it may do anything else. Set a new password on the server, and clear \"User must change password at next logon\" (`pwdReset` on OpenLDAP)."
    )
}

fn busy() -> String {
    text!("step.ldap.busy", "The server is busy or shutting down. Run again later.")
}

/// A path and the root make a base together: either can be wrong, or the path repeats the root.
fn no_base(place: &SearchPlace, who: &str) -> Vec<NextStep> {
    let (setting, base) = (place.setting, place.base.as_str());
    if let Some(path) = without_repeated_root(base) {
        let repeated = text!(
            "step.search.base-repeated",
            "`{setting}` is relative to `ldap.rootPath` and repeats it.",
            setting
        );
        return vec![Step::Say(repeated).into(), Step::set(setting, path).into()];
    }
    let alone = setting == "ldap.rootPath" || !base.to_lowercase().contains("dc=");
    say(if alone {
        text!(
            "step.search.no-base",
            "Correct `{setting}`: the server has no entry with that name, or `{who}` may not see it.",
            setting,
            who
        )
    } else {
        text!(
            "step.search.no-base-of-two",
            "Correct `{setting}` or `ldap.rootPath`, which make this name together: the server has no such entry, or `{who}` may not see it.",
            setting,
            who
        )
    })
}

/// The path in a base that ends with the same root twice.
fn without_repeated_root(base: &str) -> Option<&str> {
    let root = base.to_ascii_lowercase().find("dc=")?;
    let parts: Vec<String> = base[root..].split(',').map(|it| it.trim().to_lowercase()).collect();
    let (first, second) = parts.split_at(parts.len() / 2);
    (first == second).then(|| base[..root].trim_end_matches([',', ' ']))
}

fn search(cause: SearchCause, place: &SearchPlace, outcome: &Outcome, referrals: &[String]) -> Vec<NextStep> {
    let who = place.username.as_deref().unwrap_or("the bind name");
    let setting = place.setting;
    let text = match cause {
        SearchCause::TimeLimit => text!(
            "step.search.time",
            "Let the server search longer for `{who}`{knob}.",
            who,
            knob = time_knob(place)
        ),
        SearchCause::SizeLimit if place.paged => text!(
            "step.search.size",
            "The server limits the entries in all, pages included. Lift the size limit for `{who}`{knob}.",
            who,
            knob = size_knob(place)
        ),
        SearchCause::SizeLimit if place.pages_refused => text!(
            "step.search.size-pages-refused",
            "The server refuses paged results to `{who}` and limits what comes in one answer. Lift the size limit for `{who}`, or allow \
             it paged results{knob}.",
            who,
            knob = size_knob(place)
        ),
        SearchCause::SizeLimit => text!(
            "step.search.size-unpaged",
            "Set `ldap.pagedSearch` to true if the server can page, or lift the size limit for `{who}`{knob}.",
            who,
            knob = size_knob(place)
        ),
        SearchCause::AdminLimit => text!(
            "step.search.admin",
            "The server's administrative limits stop the search. Lift them for `{who}`{knob}.",
            who,
            knob = size_knob(place)
        ),
        SearchCause::Elsewhere if referrals.is_empty() => {
            text!("step.search.elsewhere", "Another server holds this base. Correct `{setting}`.", setting)
        }
        SearchCause::Elsewhere => text!(
            "step.search.referral",
            "This server does not hold the base. Set `ldap.hostname` to the server of {servers}, or correct `{setting}`.",
            servers = referrals.join(" "),
            setting
        ),
        SearchCause::NoBase => return no_base(place, who),
        SearchCause::BaseForm => {
            text!("step.search.form", "Correct `{setting}`: it is not a distinguished name.", setting)
        }
        SearchCause::MayNotRead => {
            text!("step.search.read", "Let `{who}` read the entries under `{base}`.", who, base = place.base)
        }
        SearchCause::NotSignedIn => text!(
            "step.search.signed-in",
            "The server answers only after a sign-in, or has ended it: set `ldap.sign-in` to `password`, with `ldap.username` and `ldap.password`."
        ),
        SearchCause::MustChangePassword => must_change(),
        SearchCause::TlsNeeded => {
            text!("step.search.tls", "The server answers only over TLS: set `ldap.ssl` to true.")
        }
        SearchCause::NoExtension => text!(
            "step.search.extension",
            "The server lacks an extension that the search needs; its message says which."
        ),
        SearchCause::Busy => busy(),
        SearchCause::Other => return unknown(outcome),
    };
    say(text)
}

/// What is in no table is shown as it came.
fn unknown(outcome: &Outcome) -> Vec<NextStep> {
    say(text!(
        "step.search.unknown",
        "The server's log may say more about result code {code}.",
        code = outcome.code
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::CommandLine;

    #[test]
    fn start_tls_at_a_port_of_tls_is_told() {
        for source in [None, Some(io::Error::from(io::ErrorKind::ConnectionReset))] {
            let told = CommandLine::default().sentences(&cut(&Stage::StartTls, source.as_ref()));
            assert_eq!(
                told,
                "The server ended the connection where StartTLS was asked for: on a port where TLS begins at once (636), StartTLS \
                 has no place. Use the ordinary port, or LDAPS: Run `bwdc config set ldap.port 389`. Run `bwdc config set \
                 ldap.startTls false`."
            );
        }
    }

    #[test]
    fn a_base_that_is_not_there_blames_what_it_is_made_of() {
        let told = |base: &str, setting: &'static str| {
            let place = SearchPlace {
                server: "ldap://dc1".into(),
                base: base.to_owned(),
                filter: "(objectClass=*)".to_owned(),
                setting,
                vendor: None,
                username: None,
                paged: true,
                pages_refused: false,
                page: 1,
                taken: 0,
            };
            CommandLine::default().sentences(&no_base(&place, "reader"))
        };
        for (base, setting, begins) in [
            ("dc=corp,dc=tset", "ldap.rootPath", "Correct `ldap.rootPath`: "),
            ("ou=x,dc=corp,dc=tset", "sync.userPath", "Correct `sync.userPath` or `ldap.rootPath`, "),
            ("ou=x,o=corp", "sync.userPath", "Correct `sync.userPath`: "),
            (
                "ou=x,DC=corp,DC=test,dc=corp,dc=test",
                "sync.userPath",
                "`sync.userPath` is relative to `ldap.rootPath` and repeats it. Run `bwdc config set sync.userPath ou=x`.",
            ),
        ] {
            assert!(told(base, setting).starts_with(begins), "{base}: {}", told(base, setting));
        }
    }
}
