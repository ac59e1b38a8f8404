//! How far a run is, in a line.

use crate::text;
use bwdc_engine::event::Event;

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
        Event::Followed { entries } => {
            text!("progress.followed", "Read the directory by what changed: {entries} entries", entries)
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
            text!("progress.waiting", "Waiting {seconds} s: {reason}", seconds, reason)
        }
        Event::Settling { seconds } => text!(
            "progress.settling",
            "Waiting for an import of an earlier run to end: up to {seconds} s",
            seconds
        ),
    })
}

/// That another run is going on, and who does it.
pub fn held(holder: Option<(&str, u32, &str)>) -> String {
    match holder {
        Some((command, process, since)) => text!(
            "progress.held-by",
            "Waiting for `bwdc {command}` (process {process}, since {since}) to end",
            command,
            process,
            since
        ),
        None => text!("progress.held", "Waiting for another run to end"),
    }
}
