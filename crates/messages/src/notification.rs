//! Notifications in words, and what became of them.

use crate::foreign::{fit, fit_in_a_line};
use crate::text;
use crate::time::moment;
use crate::{CommandLine, describe};
use bwdc_engine::clock::to_iso;
use bwdc_engine::paths::ProfileName;
use bwdc_engine::{Channel, DeliveryError, Digest, EngineError, Message, Occasion};
use serde_json::{Value, json};

/// A notification.
pub fn message(occasion: &Occasion<'_>) -> Message {
    let Message { subject, text, data } = worded(occasion);
    // What a name or a server says is neither obeyed nor turned around by whoever shows the mail.
    Message { subject: fit_in_a_line(&subject).into_owned(), text: fit(&text).into_owned(), data }
}

fn worded(occasion: &Occasion<'_>) -> Message {
    match occasion {
        Occasion::Failing { profile, error } => of_error(
            text!("notify.failing", "bwdc: sync of {profile} fails", profile = profile.to_string()),
            String::new(),
            "failing",
            profile,
            error,
        ),
        Occasion::StillFailing { profile, error, failures, since } => of_error(
            text!("notify.still", "bwdc: sync of {profile} still fails", profile = profile.to_string()),
            text!(
                "notify.since",
                "{runs:run/runs} failed since {since}.",
                runs = *failures,
                since = moment(*since)
            ),
            "stillFailing",
            profile,
            error,
        ),
        Occasion::Refused { profile, error } => of_error(
            text!("notify.refused", "bwdc: sync of {profile} was refused", profile = profile.to_string()),
            String::new(),
            "refused",
            profile,
            error,
        ),
        Occasion::PartlyRefused { profile, error } => of_error(
            text!(
                "notify.partly",
                "bwdc: sync of {profile} did not bring over everybody",
                profile = profile.to_string()
            ),
            String::new(),
            "partlyRefused",
            profile,
            error,
        ),
        Occasion::Recovered { profile, failures, since } => {
            let since_when = moment(*since);
            Message {
                subject: text!(
                    "notify.recovered",
                    "bwdc: sync of {profile} works again",
                    profile = profile.to_string()
                ),
                text: text!(
                    "notify.recovered-text",
                    "{runs:run/runs} failed since {since}. Runs work again.",
                    runs = *failures,
                    since = since_when
                ),
                data: json!({
                    "event": "recovered",
                    "profile": profile.to_string(),
                    "failures": failures,
                    "since": to_iso(*since),
                }),
            }
        }
        Occasion::Digest { profile, digest } => of_day(profile, digest),
        Occasion::Expires { profile, subject, days } => {
            let subject = (*subject).to_owned();
            let text = if *days > 0 {
                text!(
                    "notify.expires-text",
                    "The certificate of {subject} expires in {days:day/days}. After that, runs of {profile} fail: renew it before.",
                    subject = subject,
                    days = *days,
                    profile = profile.to_string()
                )
            } else {
                text!(
                    "notify.expired-text",
                    "The certificate of {subject} has expired. Runs of {profile} fail until it is renewed.",
                    subject = subject,
                    profile = profile.to_string()
                )
            };
            Message {
                subject: text!("notify.expires", "bwdc: a certificate expires soon"),
                text,
                data: json!({
                    "event": "expires",
                    "profile": profile.to_string(),
                    "subject": subject,
                    "days": days,
                }),
            }
        }
        Occasion::Test { profile } => Message {
            subject: text!("notify.test", "bwdc: test"),
            text: text!(
                "notify.test-text",
                "This is a test. Notifications of the profile {profile} arrive here.",
                profile = profile.to_string()
            ),
            data: json!({ "event": "test", "profile": profile.to_string() }),
        },
    }
}

fn of_day(profile: &ProfileName, digest: &Digest) -> Message {
    let Digest { since, until, runs, failed, joined, left } = digest;
    let mut lines = vec![text!(
        "notify.digest-text",
        "Since {since}: {runs:run/runs}, {failed} of them failed.",
        since = moment(*since),
        runs = *runs,
        failed = *failed
    )];
    for (title, names) in [
        (text!("notify.joined", "Joined ({people}):", people = joined.len()), joined),
        (text!("notify.left", "Left ({people}):", people = left.len()), left),
    ] {
        lines.push(title);
        lines.extend(names.iter().take(NAMED).map(|it| format!("  {it}")));
        if names.len() > NAMED {
            lines.push(text!("notify.more-names", "  … and {more} more", more = names.len() - NAMED));
        }
    }
    Message {
        subject: text!(
            "notify.digest",
            "bwdc: {joined} joined and {left} left {profile}",
            joined = joined.len(),
            left = left.len(),
            profile = profile.to_string()
        ),
        text: lines.join("\n"),
        data: json!({
            "event": "digest",
            "profile": profile.to_string(),
            "since": to_iso(*since),
            "until": to_iso(*until),
            "runs": runs,
            "failed": failed,
            "joined": joined.iter().take(LISTED).collect::<Vec<_>>(),
            "left": left.iter().take(LISTED).collect::<Vec<_>>(),
            "joinedCount": joined.len(),
            "leftCount": left.len(),
        }),
    }
}

/// Names that a digest spells out.
const NAMED: usize = 20;
/// Names that are in its data.
const LISTED: usize = 1_000;

fn of_error(
    subject: String,
    first: String,
    event: &str,
    profile: &ProfileName,
    error: &EngineError,
) -> Message {
    let described = describe(error);
    let commands = CommandLine::of_profile(profile.clone());
    let steps = commands.in_text(&commands.sentences(&described.next_steps)).into_owned();
    let message = commands.in_text(&described.message).into_owned();
    let parts = [first, message.clone(), steps.clone()];
    let text: Vec<String> = parts.into_iter().filter(|it| !it.is_empty()).collect();
    let data: Value = json!({
        "event": event,
        "profile": profile.to_string(),
        "kind": described.kind.name(),
        "message": message,
        "hint": steps,
    });
    Message { subject, text: text.join("\n"), data }
}

/// What became of a notification by each way.
pub fn delivered(results: &[(Channel, Result<(), DeliveryError>)]) -> String {
    if results.is_empty() {
        return text!(
            "notify.nowhere",
            "No notifications are set up: set `notify.mail-server`, `notify.webhook-url` or `notify.command`."
        );
    }
    let line = |(channel, result): &(Channel, Result<(), DeliveryError>)| {
        let channel = name(*channel);
        match result {
            Ok(()) => text!("notify.delivered", "{channel}: delivered.", channel),
            Err(error) => {
                text!("notify.not-delivered", "{channel}: {reason}", channel, reason = reason(error))
            }
        }
    };
    results.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// The same for scripts.
pub fn data(results: &[(Channel, Result<(), DeliveryError>)]) -> Value {
    let one = |(channel, result): &(Channel, Result<(), DeliveryError>)| json!({ "channel": name(*channel), "delivered": result.is_ok(), "reason": result.as_ref().err().map(reason) });
    json!({ "object": "notifications", "channels": results.iter().map(one).collect::<Vec<_>>() })
}

fn name(channel: Channel) -> String {
    match channel {
        Channel::Mail => text!("notify.mail", "mail"),
        Channel::Webhook => text!("notify.webhook", "webhook"),
        Channel::Command => text!("notify.command", "command"),
    }
}

fn reason(error: &DeliveryError) -> String {
    match error {
        DeliveryError::Address { address } => {
            text!("notify.address", "`{address}` is not a mail address.", address)
        }
        DeliveryError::Missing { setting } => {
            text!("notify.missing", "`{setting}` is not set.", setting = *setting)
        }
        DeliveryError::Secret { name, reason } => {
            text!("notify.secret", "The secret `{name}` cannot be read: {reason}.", name = *name, reason)
        }
        DeliveryError::Mail { reason } => {
            text!("notify.mail-refused", "The mail server did not accept it: {reason}.", reason)
        }
        DeliveryError::Webhook { reason } => {
            text!("notify.webhook-refused", "The webhook did not accept it: {reason}.", reason)
        }
        DeliveryError::Command { program, reason } => {
            text!("notify.command-failed", "`{program}` failed: {reason}.", program, reason)
        }
    }
}
