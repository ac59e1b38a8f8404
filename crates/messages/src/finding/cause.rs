//! What `doctor` found: in words, with what to do about it.

use crate::error::refused_certificate;
use crate::notice::close_folder;
use crate::time::moment;
use crate::{ErrorText, NextStep, Step, describe, text};
use bwdc_engine::certificate::Lack;
use bwdc_engine::directory::probe;
use bwdc_engine::doctor::{Concern, Failure};

type Words = (String, Vec<NextStep>);

fn say(sentence: String) -> Vec<NextStep> {
    vec![Step::Say(sentence).into()]
}

/// A concern, and what to do about it.
pub(super) fn concern_words(concern: Concern, subject: &str) -> Words {
    match concern {
        Concern::Directory(concern) => directory_words(concern),
        Concern::OneOfSeveral(failure) => failure_words(*failure),
        Concern::UnfitValue(error) => {
            let ErrorText { message, next_steps, .. } = describe(&(*error).into());
            (message, next_steps)
        }
        Concern::ClocksDiffer { ahead } => clock_words(ahead),
        Concern::OpenToOthers { mode, wanted } => {
            let number = format!("{mode:04o}");
            let text = if mode & 0o022 != 0 {
                text!("concern.others-write", "others can write to it (mode {number})", number)
            } else {
                text!("concern.others-read", "others can read it (mode {number})", number)
            };
            let wanted = format!("{wanted:o}");
            (text, say(text!("concern.chmod", "Run `chmod {wanted} \"{subject}\"`.", wanted, subject)))
        }
        Concern::NoFolder => (
            text!("concern.no-folder", "does not exist yet"),
            vec![Step::run("login").to(text!("concern.make-folder", "To create it"))],
        ),
        Concern::OpenToEverybody { path } => (
            text!(
                "concern.everybody-writes",
                "everybody on this machine can write to `{path}`, and with it decide who has access",
                path = path.display().to_string()
            ),
            say(close_folder(&path)),
        ),
        Concern::LeftInPlainText => (
            text!("concern.left-in-plain-text", "is in plain text"),
            vec![
                Step::run("secrets migrate --to encrypted-file")
                    .to(text!("concern.migrate", "To encrypt it")),
            ],
        ),
        Concern::LimitsOff => (
            text!(
                "concern.limits-off",
                "`limits.off` is true: nothing stops a run that takes access from many"
            ),
            vec![Step::run("config unset limits.off").to(text!("concern.limits-on", "To have limits again"))],
        ),
        Concern::NothingSynced => (
            text!(
                "concern.nothing-synced",
                "neither people nor groups are synced (`sync.users` and `sync.groups` are false)"
            ),
            crate::refusal::sync_something(),
        ),
        Concern::PlainText => (
            text!("concern.plain-text", "in plain text"),
            say(text!(
                "concern.encrypt",
                "Unset BITWARDENCLI_CONNECTOR_PLAINTEXT_SECRETS and enter the secrets again: they are then encrypted."
            )),
        ),
        Concern::EndsSoon { days } => (
            if days < 0 {
                text!("concern.ended", "has expired")
            } else {
                text!("concern.ends-soon", "expires in {days:day/days}", days)
            },
            renew(),
        ),
        Concern::ClearText => (
            text!("concern.key-in-clear-text", "the organization's key travels in clear text"),
            vec![
                Step::set("server", "https://<host>")
                    .to(text!("concern.https", "To use an address with https")),
            ],
        ),
        Concern::NotVerified => (
            text!("concern.not-verified", "is not verified: any other certificate would be accepted as well"),
            vec![
                Step::set("ldap.sslAllowUnauthorized", "false").into(),
                Step::Say(text!(
                    "concern.company-authority",
                    "`ldap.sslCaPath` or `ldap.tlsCaPath` names the certificate of a company authority."
                ))
                .into(),
            ],
        ),
        Concern::CannotRevoke => (
            text!(
                "concern.cannot-revoke",
                "cannot revoke access, which Bitwarden servers do since version 2026.2.0: leavers whom `[leavers]` in connector.toml revokes keep their access"
            ),
            say(text!(
                "concern.update-or-remove",
                "Update the server. Or set these actions to \"remove\", which deletes the membership and the access that was given by hand."
            )),
        ),
        Concern::MayBeShared { people } => (
            text!(
                "concern.may-be-shared",
                "has {people:member/members} with external ids that this connector never gave",
                people
            ),
            say(text!(
                "concern.set-shared-organization",
                "If another connector brings them over, set `shared-organization` to true: members and groups whose ids are not ours are then never revoked, renamed or written. Else `bwdc plan` names them."
            )),
        ),
        Concern::GroupsOff => (
            text!("concern.groups-off", "has its groups switched off: no group is brought over"),
            say(text!(
                "concern.switch-groups-on",
                "Set `ORG_GROUPS_ENABLED=true` on the server, or `sync.groups` to false."
            )),
        ),
        Concern::NotReadable => (
            text!(
                "concern.not-readable",
                "the server does not show the organization to its own key, so what is sent cannot be verified"
            ),
            vec![
                Step::run("login --observer")
                    .to(text!("concern.observer", "To add the personal key of an owner")),
            ],
        ),
    }
}

fn renew() -> Vec<NextStep> {
    say(text!("concern.renew", "Renew the certificate of the server."))
}

fn new_password() -> Vec<NextStep> {
    let change =
        text!("concern.new-password", "Change the password in the directory, then store the new one");
    vec![Step::enter("ldap.password").to(change)]
}

fn directory_words(concern: probe::Concern) -> Words {
    use probe::Concern as It;
    match concern {
        It::ClearText => (
            text!("concern.clear-text", "the password is sent in clear text"),
            vec![
                Step::set("ldap.ssl", "true").into(),
                Step::change("ldap.port").to(text!("concern.tls-port", "With the server's port for TLS")),
            ],
        ),
        It::CertificateNotVerified => (
            text!("concern.any-certificate", "any certificate is accepted"),
            vec![Step::set("ldap.sslAllowUnauthorized", "false").into()],
        ),
        It::CertificateEndsSoon { days } => {
            (text!("concern.certificate-ends", "the certificate expires in {days:day/days}", days), renew())
        }
        It::PasswordEnds { at, days } => (
            text!(
                "concern.password-ends",
                "the password of the account ends at {at}, in {days:day/days}",
                at = moment(at),
                days
            ),
            new_password(),
        ),
        It::PasswordEnded { left } => (
            text!(
                "concern.password-ended",
                "the password of the account has ended, and is accepted for {left:more sign-in/more sign-ins}",
                left
            ),
            new_password(),
        ),
        It::DomainBesideCustomer => (
            text!(
                "concern.domain-beside-customer",
                "only these domains are read, not the whole customer that is set beside them"
            ),
            vec![Step::set("gsuite.domain", "").to(text!("concern.all-domains", "To read all domains"))],
        ),
        It::NoPages { whole: None } => (
            text!("concern.no-pages", "no paged results: the server's size limit bounds what can be read"),
            say(text!("concern.more-entries", "Allow the account more entries on the server.")),
        ),
        It::NoPages { whole: Some(people) } => (
            text!(
                "concern.one-answer",
                "no paged results, so that each list comes in one answer: {people:person came/people came} whole",
                people
            ),
            say(text!(
                "concern.one-answer-limit",
                "Nothing more is needed where the account has no size limit. A limit that it has is the most that can be read: raise it in time, \
                 or allow the account paged results (OpenLDAP: `size.prtotal`)."
            )),
        ),
        It::RootCut { left_out } => (
            text!(
                "concern.root-cut",
                "`{left_out}` in `ldap.rootPath` does not count: like the official connector, searches begin at the first `dc=`",
                left_out
            ),
            say(text!(
                "concern.root-cut-path",
                "If only what lies below it is meant, set it as `sync.userPath` and `sync.groupPath`."
            )),
        ),
        It::NothingFound => (
            text!("concern.nothing-found", "nothing was found"),
            say(text!(
                "concern.check-filters",
                "Check filters, paths and object classes in the settings, and what the account may read."
            )),
        ),
        It::AttributeMissing { attribute, setting } => (
            text!(
                "concern.attribute-missing",
                "nobody in the sample has `{attribute}` (`{setting}`)",
                attribute,
                setting
            ),
            vec![Step::change(setting).to(text!("concern.correct", "To correct it"))],
        ),
        It::RightMissing { right } => (
            text!("concern.right-missing", "the permission {right} is missing", right),
            say(text!("concern.grant", "Grant {right} to make use of it.", right)),
        ),
        It::RightNotNeeded { right } => (
            text!("concern.right-not-needed", "the permission {right} is not needed", right),
            say(text!("concern.take-away", "Remove {right}: fewer permissions are safer.", right)),
        ),
        _ => (text!("concern.other", "please check"), Vec::new()),
    }
}

/// A failure, and what to do about it.
pub(super) fn failure_words(failure: Failure) -> Words {
    match failure {
        Failure::Error(error) => {
            let ErrorText { message, next_steps, .. } = describe(&(*error).into());
            (message, next_steps)
        }
        Failure::ClocksDiffer { ahead } => clock_words(ahead),
        Failure::NotWritable(error) => (
            text!("failure.not-writable", "cannot be written: {reason}", reason = error.to_string()),
            say(text!(
                "failure.make-writable",
                "Give the account that runs `bwdc` the right to write there."
            )),
        ),
        Failure::SecretOpenToOthers { path, mode } => {
            let path = path.display().to_string();
            let mode = format!("{mode:04o}");
            (
                text!(
                    "failure.secret-open",
                    "is in plain text in `{path}`, which others can read (mode {mode})",
                    path,
                    mode
                ),
                vec![
                    Step::Say(text!(
                        "failure.secret-close",
                        "Run `chmod 600 \"{path}\"`, and change the secret if others use this machine.",
                        path
                    ))
                    .into(),
                    Step::run("secrets migrate --to encrypted-file")
                        .to(text!("failure.secret-migrate", "Then, to encrypt it")),
                ],
            )
        }
        Failure::NetworkFileSystem { kind } => (
            text!(
                "failure.network-file-system",
                "is on a network file system ({kind}), where a database can be damaged",
                kind
            ),
            say(text!(
                "failure.local-disk",
                "Keep the data folder on a local disk, for example with BITWARDENCLI_CONNECTOR_APPDATA_DIR."
            )),
        ),
        Failure::NoAddress { reason } => (
            text!("failure.no-address", "has no address: {reason}", reason),
            say(text!(
                "failure.check-name",
                "Check the spelling of the host, and the name servers of this machine."
            )),
        ),
        Failure::NoConnection { reason, may_be_proxied: false } => (
            text!("failure.no-ldap-connection", "does not accept a connection: {reason}", reason),
            say(text!(
                "failure.check-ldap-port",
                "Check that the server runs, `ldap.hostname` and `ldap.port`, and the firewalls in between. LDAP goes through no proxy."
            )),
        ),
        Failure::NoConnection { reason, .. } => (
            text!("failure.no-connection", "cannot be connected to: {reason}", reason),
            say(text!(
                "failure.check-port",
                "Check that the server runs, its port, and the firewalls in between; HTTPS_PROXY names a proxy."
            )),
        ),
        Failure::Refused { lack: Some(lack), setting, .. } => (untrusted(lack), trust(setting)),
        Failure::Refused { reason, lack: None, failure, setting } => (
            text!("failure.not-trusted", "is not trusted: {reason}", reason),
            refused_certificate(&failure, setting),
        ),
        Failure::NoAnswer { reason, failure: Some(failure), setting } => (
            text!("failure.no-encryption", "no encrypted connection: {reason}", reason),
            refused_certificate(&failure, setting),
        ),
        Failure::NoAnswer { reason, .. } => (
            text!("failure.no-answer", "no answer: {reason}", reason),
            say(text!(
                "failure.check-way",
                "Check address and port, and what stands in between, such as a proxy or a firewall."
            )),
        ),
    }
}

fn untrusted(lack: Lack) -> String {
    match lack {
        Lack::Root { name } => text!(
            "failure.untrusted-root",
            "is not trusted: this machine does not trust its authority {name}",
            name
        ),
        Lack::Authority { name } => text!(
            "failure.unknown-authority",
            "is not trusted: the authority {name} is missing, neither sent by the server nor known here",
            name
        ),
    }
}

fn trust(setting: &'static str) -> Vec<NextStep> {
    let file = text!("failure.trust-file", "Save the certificate of that authority (PEM) in a file.");
    vec![Step::Say(file).into(), Step::set(setting, "<file>").to(text!("failure.trust", "To trust it"))]
}

fn clock_words(ahead: i64) -> Words {
    let seconds = ahead.unsigned_abs();
    let text = if ahead > 0 {
        text!("clock.ahead", "this machine is {seconds} s ahead of the server", seconds)
    } else {
        text!("clock.behind", "this machine is {seconds} s behind the server", seconds)
    };
    let set = text!("clock.set", "Set this machine's clock by a time server (NTP): tokens depend on it.");
    (text, say(set))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::CommandLine;

    #[test]
    fn a_proxy_is_named_only_where_one_may_be_on_the_way() {
        let said = |may_be_proxied: bool| {
            let reason = "Connection refused".to_owned();
            let (_, steps) = failure_words(Failure::NoConnection { may_be_proxied, reason });
            CommandLine::default().sentences(&steps)
        };
        assert!(said(true).contains("HTTPS_PROXY"), "{}", said(true));
        assert!(
            !said(false).contains("HTTPS_PROXY") && said(false).contains("`ldap.port`"),
            "{}",
            said(false)
        );
    }
}
