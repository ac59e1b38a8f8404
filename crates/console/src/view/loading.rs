//! Work that a view waits for, and what is shown and done where it failed.

use super::chosen::{Chosen, back};
use super::trouble::{Trouble, hints};
use crate::desk::{Desk, Turn};
use crate::job::{Happened, JobId};
use crate::key::Key;
use crate::screen::{Hint, Screen};
use bwdc_messages::text;

/// The work of a view.
#[derive(Default)]
pub(crate) struct Loading {
    job: Option<JobId>,
    failure: Option<(Trouble, Chosen)>,
}

impl Loading {
    /// Work that has begun.
    pub(crate) fn of(job: JobId) -> Self {
        Self { job: Some(job), failure: None }
    }

    /// Whether it goes on.
    pub(crate) fn is_waiting(&self) -> bool {
        self.job.is_some()
    }

    /// Whether it failed.
    pub(crate) fn has_failed(&self) -> bool {
        self.failure.is_some()
    }

    /// Whether a report is about it.
    pub(crate) fn is(&self, job: JobId) -> bool {
        self.job == Some(job)
    }

    /// What came of it, for the view. None: it failed, which is kept here.
    ///
    /// # Errors
    /// The report where it is about something else.
    pub(crate) fn report(
        &mut self,
        job: JobId,
        what: Happened,
        desk: &Desk,
    ) -> Result<Option<Happened>, Happened> {
        if !self.is(job) {
            return Err(what);
        }
        self.job = None;
        Ok(match what {
            Happened::Failed(error) => {
                self.failure = Some((Trouble::of(&error, &desk.commands), Chosen::default()));
                None
            }
            what => Some(what),
        })
    }

    /// What a key does where it failed; None: it did not fail.
    pub(crate) fn key(&mut self, key: &Key) -> Option<Turn> {
        let (trouble, at) = self.failure.as_mut()?;
        Some(match trouble.place(key, *at) {
            Some(place) => trouble.go(place),
            None if *key == Key::Enter => Turn::Back,
            None if at.key(key, trouble.total()) => Turn::Stay,
            None => Turn::Unknown,
        })
    }

    /// The screen where it failed; None: it did not fail.
    pub(crate) fn screen<'s>(&self, title: String) -> Option<Screen<'s>> {
        let (trouble, at) = self.failure.as_ref()?;
        let mut screen = Screen::new(title);
        trouble.show(&mut screen, *at);
        screen.hints = hints(trouble);
        screen.hints.push(back());
        Some(screen)
    }
}

/// The key that tries again, before the one that leads back.
pub(crate) fn with_again(mut screen: Screen<'_>) -> Screen<'_> {
    let again = Hint::new("r", text!("plan-view.again", "try again"), "again", Key::Char('r'));
    screen.hints.insert(screen.hints.len().saturating_sub(1), again);
    screen
}
