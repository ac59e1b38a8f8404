//! Notifications that were not delivered yet, in a file, so that a service that ends or is killed forgets none. One that was taken in
//! the moment of a kill may come twice.

use crate::file;
use crate::notify::{Channel, Message};
use crate::paths::owner_only::{self, Places};
use bwdc_core::names::Timestamp;
use serde::{Deserialize, Serialize};
use std::io;
use std::path::{Path, PathBuf};

/// Notifications that wait for a way; of more, the oldest are given up.
const MOST: usize = 100;

const PLACES: Places = Places {
    before: "notifications.write.before",
    on_disk: "notifications.fsync.after",
    before_rename: "notifications.rename.before",
    after_rename: "notifications.rename.after",
};

/// A notification on its way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Letter {
    /// What is told.
    pub(super) message: Message,
    /// The ways that took it.
    #[serde(default)]
    pub(super) took: Vec<Channel>,
    /// When it was written, in milliseconds since 1970.
    since: i64,
}

impl Letter {
    /// How old it is, in milliseconds; one of a clock that was set back is new.
    pub(super) fn age(&self, now: Timestamp) -> i64 {
        now.0.saturating_sub(self.since).max(0)
    }
}

/// What waits, oldest first, each with a number of its own.
pub(super) struct Outbox {
    file: Option<PathBuf>,
    letters: Vec<(u64, Letter)>,
    next: u64,
}

impl Outbox {
    /// What an earlier service left in this file; without a file, what waits is lost with the process.
    pub(super) fn open(file: Option<PathBuf>) -> Self {
        let found = match file.as_deref().map(read) {
            Some(Ok(found)) => found,
            Some(Err(error)) => {
                tracing::warn!(%error, "notifications of an earlier service cannot be read");
                Vec::new()
            }
            None => Vec::new(),
        };
        let letters: Vec<_> = (0..).zip(found).collect();
        Self { file, next: letters.len() as u64, letters }
    }

    /// Adds a notification.
    pub(super) fn add(&mut self, message: Message, now: Timestamp) {
        if self.letters.len() >= MOST {
            self.letters.remove(0);
        }
        self.letters.push((self.next, Letter { message, took: Vec::new(), since: now.0 }));
        self.next += 1;
        self.keep();
    }

    /// The first one whose number is at least this.
    pub(super) fn from(&self, number: u64) -> Option<(u64, Letter)> {
        self.letters.iter().find(|(it, _)| *it >= number).cloned()
    }

    /// Notes which ways took one; None: it waits no more.
    pub(super) fn note(&mut self, number: u64, took: Option<Vec<Channel>>) {
        let Some(place) = self.letters.iter().position(|(it, _)| *it == number) else { return };
        match (took, self.letters.get_mut(place)) {
            (Some(took), Some((_, letter))) if letter.took == took => return,
            (Some(took), Some((_, letter))) => letter.took = took,
            _ => drop(self.letters.remove(place)),
        }
        self.keep();
    }

    /// Whether nothing waits.
    pub(super) fn is_empty(&self) -> bool {
        self.letters.is_empty()
    }

    fn keep(&self) {
        let Some(path) = &self.file else { return };
        let letters: Vec<&Letter> = self.letters.iter().map(|(_, letter)| letter).collect();
        if let Err(error) = write(path, &letters) {
            tracing::warn!(%error, "what could not be delivered yet is not kept over a restart");
        }
    }
}

fn read(path: &Path) -> io::Result<Vec<Letter>> {
    match file::read(path, file::SETTINGS) {
        Ok(text) => Ok(serde_json::from_slice(&text)?),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

fn write(path: &Path, letters: &[&Letter]) -> io::Result<()> {
    if letters.is_empty() {
        return match std::fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        };
    }
    owner_only::replace(path, &serde_json::to_vec(letters)?, &PLACES, || Ok::<_, io::Error>(()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(subject: &str) -> Message {
        Message { subject: subject.to_owned(), text: String::new(), data: serde_json::json!({ "n": 1 }) }
    }

    #[test]
    fn what_waits_is_there_after_a_restart_with_the_ways_that_took_it_and_leaves_no_file_when_it_has_gone() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("undelivered.json");
        let mut outbox = Outbox::open(Some(path.clone()));
        outbox.add(message("a"), Timestamp(1));
        outbox.add(message("b"), Timestamp(2));
        outbox.note(0, Some(vec![Channel::Mail]));
        drop(outbox);
        let mut outbox = Outbox::open(Some(path.clone()));
        let (first, letter) = outbox.from(0).expect("waits");
        assert_eq!((letter.message, letter.took), (message("a"), vec![Channel::Mail]));
        outbox.note(first, None);
        let (second, letter) = outbox.from(0).expect("waits");
        assert_eq!((letter.message.subject.as_str(), letter.age(Timestamp(5))), ("b", 3));
        assert_eq!(letter.age(Timestamp(0)), 0);
        outbox.note(second, None);
        assert!(outbox.is_empty() && !path.exists());
    }

    #[test]
    fn a_damaged_file_is_no_reason_to_be_silent_and_of_too_many_the_oldest_go() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("undelivered.json");
        std::fs::write(&path, "{").expect("written");
        let mut outbox = Outbox::open(Some(path.clone()));
        for number in 0..=MOST {
            outbox.add(message(&number.to_string()), Timestamp(0));
        }
        let again = Outbox::open(Some(path));
        assert_eq!(again.letters.len(), MOST);
        assert_eq!(again.from(0).expect("waits").1.message.subject, "1");
    }
}
