//! Who hears of failures and refusals, as `connector.toml` has it. Passwords and keys are no settings.

use super::{Expected, SettingsError, port};
use serde::{Deserialize, Serialize};

/// Checks an e-mail address, which may stand in angle brackets behind a name.
///
/// # Errors
/// [`SettingsError::Invalid`] when it is none.
pub(super) fn check_mailbox(typed: &str, key: &'static str) -> Result<(), SettingsError> {
    let text = typed.trim();
    let address = match text.strip_suffix('>').and_then(|it| it.split_once('<')) {
        Some((_, address)) => address,
        None => text,
    };
    let parts = address.rsplit_once('@').filter(|(name, domain)| !name.is_empty() && !domain.is_empty());
    if parts.is_some() && !address.contains([' ', '\t', '<', '>', ',']) {
        return Ok(());
    }
    Err(SettingsError::Invalid { key, value: typed.to_owned(), expected: Expected::EmailAddress })
}

/// The host of a mail server, and its port where one is named.
pub fn host_and_port(server: &str) -> (&str, Option<u16>) {
    match server.trim().rsplit_once(':') {
        Some((host, digits)) if !host.contains(':') || host.ends_with(']') => (host, port::typed(digits)),
        _ => (server.trim(), None),
    }
}

/// Who hears of failures and refusals.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct NotifySettings {
    /// The mail server, with or without a port. None: no mail.
    pub mail_server: Option<String>,
    /// How the connection to it is protected.
    pub mail_security: MailSecurity,
    /// As whom to sign in to it. None: nobody signs in.
    pub mail_user: Option<String>,
    /// The address that mails come from.
    pub mail_from: Option<String>,
    /// The addresses that they go to.
    pub mail_to: Vec<String>,
    /// The address that gets a request for each notification. None: none does.
    pub webhook_url: Option<String>,
    /// What is in such a request.
    pub webhook_format: WebhookFormat,
    /// Program and arguments that get each notification as JSON. Empty: none does.
    pub command: Vec<String>,
    /// Whether a digest of who joined and left goes out each day.
    pub digest: bool,
    /// Whether addresses of people are in notifications; else numbers stand for them.
    pub addresses: bool,
}

/// How the connection to a mail server is protected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MailSecurity {
    /// It starts in clear text and has to switch to TLS.
    #[default]
    Starttls,
    /// TLS from the start.
    Tls,
    /// None: for a relay on this machine.
    None,
}

/// What is in a webhook's request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WebhookFormat {
    /// Our own object, signed where a key is given.
    #[default]
    Json,
    /// What Slack takes.
    Slack,
    /// What Microsoft Teams takes.
    Teams,
    /// What Mattermost takes.
    Mattermost,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_two_sides_and_may_have_a_name() {
        for good in ["a@x.test", "Directory <a@x.test>", " a@x "] {
            assert!(check_mailbox(good, "notify.mail-from").is_ok(), "{good}");
        }
        for bad in ["", "a", "@x.test", "a@", "a b@x.test", "Directory a@x.test", "<a@x.test"] {
            assert!(check_mailbox(bad, "notify.mail-from").is_err(), "{bad}");
        }
    }

    #[test]
    fn a_mail_server_may_name_its_port() {
        for (server, parts) in [
            ("mail.test", ("mail.test", None)),
            ("mail.test:465", ("mail.test", Some(465))),
            ("[::1]:25", ("[::1]", Some(25))),
            ("::1", ("::1", None)),
        ] {
            assert_eq!(host_and_port(server), parts, "{server}");
        }
    }
}
