//! How far a run is, in a line.

use crate::text;
use bwdc_engine::event::{Awaited, Event};

/// What happens; None: nothing that a line says.
pub fn event(event: &Event) -> Option<String> {
    Some(match event {
        Event::Began | Event::Notice(_) => return None,
        Event::Reading { people, groups } => {
            text!(
                "progress.reading",
                "Reading the directory: {people:person/people}, {groups:group/groups}",
                people,
                groups
            )
        }
        Event::IncrementalRead { entries } => {
            text!("progress.followed", "Read the directory by what changed: {entries:entry/entries}", entries)
        }
        Event::Observing { done, of } => {
            text!("progress.observing", "Reading the organization: {done} of {of}", done, of)
        }
        Event::Sending { number, of } => {
            text!("progress.sending", "Sending request {number} of {of}", number, of)
        }
        Event::Splitting { records } => text!(
            "progress.splitting",
            "The server did not take a request: trying a part of {records}",
            records
        ),
        Event::Waiting { seconds, reason } => {
            text!("progress.waiting", "Waiting {seconds} s: {reason}", seconds, reason = awaited(reason))
        }
        Event::Settling { seconds } => text!(
            "progress.settling",
            "Waiting for an import of an earlier run to end: up to {seconds} s",
            seconds
        ),
    })
}

/// What is waited for before the next attempt.
pub fn awaited(reason: &Awaited) -> String {
    match reason {
        Awaited::Patience { of } => text!("progress.patience", "{of} asks for slower requests", of),
        Awaited::RateLimit { service } => {
            text!("progress.rate-limit", "the rate limit of {service} is used up", service)
        }
        Awaited::Answered { url, status } => {
            text!("progress.answered", "{url} answered {status}", url, status)
        }
        // A technical text, as it is in the log.
        Awaited::Failed { error } => error.clone(),
    }
}

/// That another run is going on, and who does it.
pub fn held(holder: Option<(&str, u32, &str)>) -> String {
    match holder {
        Some((command, process, since)) => text!(
            "progress.held-by",
            "Waiting for `bwdc {command}` (process {process}, since {since}) to end",
            command,
            process,
            since = crate::error::since(since)
        ),
        None => text!("progress.held", "Waiting for another run to end"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_waited_for_is_said_in_words() {
        let url = "https://vault.example.com/api".to_owned();
        for (reason, said) in [
            (Awaited::Patience { of: "Okta".to_owned() }, "Waiting 7 s: Okta asks for slower requests"),
            (
                Awaited::RateLimit { service: "Okta".to_owned() },
                "Waiting 7 s: the rate limit of Okta is used up",
            ),
            (
                Awaited::Answered { url, status: "502 Bad Gateway".to_owned() },
                "Waiting 7 s: https://vault.example.com/api answered 502 Bad Gateway",
            ),
            (Awaited::Failed { error: "cannot reach x".to_owned() }, "Waiting 7 s: cannot reach x"),
        ] {
            assert_eq!(event(&Event::Waiting { seconds: 7, reason }).as_deref(), Some(said));
        }
    }
}
