//! Who hears of failures and refusals, as `connector.toml` has it. Passwords and keys are no settings.

use serde::{Deserialize, Serialize};

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
