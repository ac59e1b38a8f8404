//! The ways by which a notification goes.

use super::{Message, secret};
use crate::http::{ClientOptions, client};
use crate::paths::{ProcessEnvironment, Profile};
use crate::secrets::{CommandProblem, check_owner};
use crate::store::Overrides;
use bwdc_core::settings::{MailSecurity, NotifySettings, Setting, WebhookFormat, host_and_port};
use lettre::message::header::ContentType;
use lettre::transport::smtp::authentication::Credentials;
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Message as Mail, Tokio1Executor};
use ring::hmac;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// How long one delivery may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// The names of secrets.
const MAIL_PASSWORD: &str = "notify.mail-password";
const WEBHOOK_URL: &str = "notify.webhook-url";
const WEBHOOK_KEY: &str = "notify.webhook-key";
/// How often a command is looked at.
const EACH_LOOK: Duration = Duration::from_millis(50);

/// A way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Channel {
    /// Mail.
    Mail,
    /// A request to an address.
    Webhook,
    /// A program of this machine.
    Command,
}

/// What became of a notification by one of its ways.
pub type Delivered = (Channel, Result<(), DeliveryError>);

/// Why a notification was not delivered; never with a secret, which the address of a webhook may be.
#[derive(Debug, thiserror::Error)]
pub enum DeliveryError {
    /// An address is none.
    #[error("`{address}` is no mail address")]
    Address {
        /// What is set.
        address: String,
    },
    /// A setting is missing.
    #[error("`{setting}` is not set")]
    Missing {
        /// Its name.
        setting: &'static str,
    },
    /// A secret that was given cannot be read.
    #[error("the secret `{name}` cannot be read: {reason}")]
    Secret {
        /// Its name.
        name: &'static str,
        /// Why.
        reason: String,
    },
    /// The mail server did not take it.
    #[error("the mail server did not take it: {reason}")]
    Mail {
        /// In the words of the library.
        reason: String,
    },
    /// The webhook did not take it.
    #[error("the webhook did not take it: {reason}")]
    Webhook {
        /// What it answered, or what stood in the way.
        reason: String,
    },
    /// The command failed.
    #[error("`{program}` failed: {reason}")]
    Command {
        /// The program.
        program: String,
        /// How it ended.
        reason: String,
    },
}

/// The ways that the settings ask for.
pub(crate) fn channels(settings: &NotifySettings, environment: &ProcessEnvironment) -> Vec<Channel> {
    let mut found = Vec::new();
    if settings.mail_server.is_some() {
        found.push(Channel::Mail);
    }
    if settings.webhook_url.is_some() || !matches!(secret::get(environment, WEBHOOK_URL), Ok(None)) {
        found.push(Channel::Webhook);
    }
    if !settings.command.is_empty() {
        found.push(Channel::Command);
    }
    found
}

/// Delivers a notification by one way. `time`: the seconds since 1970, which a signature covers.
///
/// # Errors
/// [`DeliveryError`] when it was not taken.
pub(crate) async fn send(
    channel: Channel,
    settings: &NotifySettings,
    place: Place<'_>,
    message: &Message,
    time: i64,
) -> Result<(), DeliveryError> {
    match channel {
        Channel::Mail => mail(settings, place.environment, message).await,
        Channel::Webhook => webhook(settings, place.environment, message, time).await,
        Channel::Command => command(settings, place, message).await,
    }
}

/// The installation that a notification is of.
#[derive(Clone, Copy)]
pub(crate) struct Place<'p> {
    /// What the program was started with: some secrets come from there.
    pub(crate) environment: &'p ProcessEnvironment,
    /// Whose settings name a command.
    pub(crate) profile: &'p Profile,
}

impl Place<'_> {
    /// Whether nobody but this account, or root, chose the command.
    fn may_run_command(self) -> Result<(), CommandProblem> {
        let setting = Setting::find("notify.command");
        let by_variable = Overrides::from_environment(self.environment).ok();
        match setting.zip(by_variable).and_then(|(setting, all)| all.get(setting).map(drop)) {
            Some(()) => Ok(()),
            None => check_owner(self.profile),
        }
    }
}

async fn mail(
    settings: &NotifySettings,
    environment: &ProcessEnvironment,
    message: &Message,
) -> Result<(), DeliveryError> {
    let failed = |error: &dyn std::fmt::Display| DeliveryError::Mail { reason: error.to_string() };
    let server =
        settings.mail_server.as_deref().ok_or(DeliveryError::Missing { setting: "notify.mail-server" })?;
    let from = settings.mail_from.as_deref().ok_or(DeliveryError::Missing { setting: "notify.mail-from" })?;
    let address = |text: &str| text.parse().map_err(|_| DeliveryError::Address { address: text.to_owned() });
    if settings.mail_to.is_empty() {
        return Err(DeliveryError::Missing { setting: "notify.mail-to" });
    }
    let mut mail = Mail::builder().from(address(from)?).subject(&message.subject);
    for to in &settings.mail_to {
        mail = mail.to(address(to)?);
    }
    let mail = mail.header(ContentType::TEXT_PLAIN).body(message.text.clone()).map_err(|it| failed(&it))?;
    let (host, port) = host_and_port(server);
    let builder = match settings.mail_security {
        MailSecurity::Starttls => AsyncSmtpTransport::<Tokio1Executor>::starttls_relay(host),
        MailSecurity::Tls => AsyncSmtpTransport::<Tokio1Executor>::relay(host),
        MailSecurity::None => Ok(AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(host)),
    };
    let mut builder = builder.map_err(|it| failed(&it))?.timeout(Some(PATIENCE));
    if let Some(port) = port {
        builder = builder.port(port);
    }
    // A password goes over no connection that anybody can read.
    if let Some(user) = settings.mail_user.as_deref().filter(|_| settings.mail_security != MailSecurity::None)
    {
        let password = secret::get(environment, MAIL_PASSWORD)?;
        let password = password.ok_or(DeliveryError::Missing { setting: MAIL_PASSWORD })?;
        builder = builder.credentials(Credentials::new(user.to_owned(), password.expose_secret().to_owned()));
    }
    builder.build().send(mail).await.map(drop).map_err(|it| failed(&it))
}

async fn webhook(
    settings: &NotifySettings,
    environment: &ProcessEnvironment,
    message: &Message,
    time: i64,
) -> Result<(), DeliveryError> {
    let failed = |reason: String| DeliveryError::Webhook { reason };
    let given = secret::get(environment, WEBHOOK_URL)?;
    let url = given.or_else(|| settings.webhook_url.as_deref().map(SecretString::from));
    let url = url.ok_or(DeliveryError::Missing { setting: "notify.webhook-url" })?;
    let body = body(settings.webhook_format, message).to_string();
    let client = client(&ClientOptions::default()).map_err(|it| failed(it.to_string()))?;
    let mut request =
        client.post(url.expose_secret()).timeout(PATIENCE).header("content-type", "application/json");
    if let Some(key) = secret::get(environment, WEBHOOK_KEY)? {
        request = request
            .header("x-bwdc-timestamp", time.to_string())
            .header("x-bwdc-signature", signature(&key, time, &body));
    }
    // Its address may hold a token.
    let response = request.body(body).send().await.map_err(|it| failed(it.without_url().to_string()))?;
    let status = response.status();
    if status.is_success() { Ok(()) } else { Err(failed(format!("status {}", status.as_u16()))) }
}

/// `sha256=` and the HMAC of the time, a point and the body, in hexadecimal.
fn signature(key: &SecretString, time: i64, body: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key.expose_secret().as_bytes());
    let tag = hmac::sign(&key, format!("{time}.{body}").as_bytes());
    let digits: String = tag.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256={digits}")
}

fn body(format: WebhookFormat, message: &Message) -> Value {
    let Message { subject, text, data } = message;
    match format {
        WebhookFormat::Json => json!({ "subject": subject, "text": text, "data": data }),
        WebhookFormat::Slack => json!({ "text": format!("*{}*\n{}", plain(subject), plain(text)) }),
        WebhookFormat::Mattermost => {
            json!({ "text": format!("#### {}\n{}", literal(subject), literal(text)) })
        }
        WebhookFormat::Teams => json!({
            "type": "message",
            "attachments": [{
                "contentType": "application/vnd.microsoft.card.adaptive",
                "content": {
                    "type": "AdaptiveCard",
                    "version": "1.4",
                    "body": [
                        { "type": "TextBlock", "text": literal(subject), "weight": "bolder", "wrap": true },
                        { "type": "TextBlock", "text": literal(text), "wrap": true },
                    ],
                },
            }],
        }),
    }
}

/// Text that no Markdown makes a link, a heading or a mention of: names come from a directory.
fn literal(text: &str) -> String {
    let mut literal = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\\' | '`' | '*' | '_' | '[' | ']' | '~' | '!' | '<' | '#' | '|' => {
                literal.extend(['\\', character]);
            }
            // A word joiner: nobody is called.
            '@' => literal.extend(['@', '\u{2060}']),
            _ => literal.push(character),
        }
    }
    literal
}

/// Slack's three special characters.
fn plain(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

async fn command(
    settings: &NotifySettings,
    place: Place<'_>,
    message: &Message,
) -> Result<(), DeliveryError> {
    let Some((program, arguments)) = settings.command.split_first() else {
        return Err(DeliveryError::Missing { setting: "notify.command" });
    };
    let failed = |reason: String| DeliveryError::Command { program: program.clone(), reason };
    place.may_run_command().map_err(|it| failed(it.to_string()))?;
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    place.environment.keep_secrets_from(&mut command);
    let mut child = command.spawn().map_err(|it| failed(it.to_string()))?;
    let text = body(WebhookFormat::Json, message).to_string();
    if let Some(mut input) = child.stdin.take() {
        // Whoever does not read it may not want it. It waits beside the service, until the program ends.
        std::thread::spawn(move || drop(input.write_all(text.as_bytes())));
    }
    let end = Instant::now() + PATIENCE;
    loop {
        match child.try_wait().map_err(|it| failed(it.to_string()))? {
            Some(status) if status.success() => return Ok(()),
            Some(status) => return Err(failed(status.to_string())),
            None if Instant::now() >= end => {
                // It may have ended in this moment.
                let _ = child.kill();
                let _ = child.wait();
                return Err(failed("timeout".to_owned()));
            }
            None => tokio::time::sleep(EACH_LOOK).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message() -> Message {
        Message { subject: "a <b> & c".to_owned(), text: "text".to_owned(), data: json!({ "n": 1 }) }
    }

    #[test]
    fn a_signature_covers_the_time_and_the_body() {
        let key = SecretString::from("key");
        let one = signature(&key, 7, "body");
        assert!(one.starts_with("sha256=") && one.len() == 7 + 64, "{one}");
        assert_ne!(one, signature(&key, 8, "body"));
        assert_ne!(one, signature(&key, 7, "body "));
    }

    #[test]
    fn each_service_gets_its_own_shape() {
        assert_eq!(body(WebhookFormat::Slack, &message())["text"], "*a &lt;b&gt; &amp; c*\ntext");
        assert_eq!(body(WebhookFormat::Mattermost, &message())["text"], "#### a \\<b> & c\ntext");
        let hostile = Message { text: "[approve](http://evil.test) @channel `x`".to_owned(), ..message() };
        let safe = "\\[approve\\](http://evil.test) @\u{2060}channel \\`x\\`";
        assert_eq!(body(WebhookFormat::Mattermost, &hostile)["text"], format!("#### a \\<b> & c\n{safe}"));
        let teams = body(WebhookFormat::Teams, &hostile);
        assert_eq!(teams["attachments"][0]["content"]["body"][1]["text"], safe);
        let teams = body(WebhookFormat::Teams, &message());
        assert_eq!(teams["attachments"][0]["content"]["body"][1]["text"], "text");
        assert_eq!(body(WebhookFormat::Json, &message())["data"]["n"], 1);
    }
}
