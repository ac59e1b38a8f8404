//! The choice of a profile: another installation of this account, with settings and secrets of its own.

use super::chosen::{Chosen, back, hints};
use crate::desk::{Desk, Turn, View};
use crate::job::{Happened, Job, JobId};
use crate::key::Key;
use crate::screen::{Line, Row, Screen, Tone};
use bwdc_engine::profiles::ProfileEntry;
use bwdc_messages::text;

/// The profiles.
pub(crate) struct ProfilesView {
    job: Option<JobId>,
    profiles: Vec<ProfileEntry>,
    failure: Option<Line>,
    at: Chosen,
}

impl ProfilesView {
    pub(crate) fn begin(desk: &mut Desk) -> Self {
        let job = Some(desk.start(Job::Profiles));
        Self { job, profiles: Vec::new(), failure: None, at: Chosen::default() }
    }
}

impl View for ProfilesView {
    fn key(&mut self, key: &Key, desk: &mut Desk) -> Turn {
        match key {
            Key::Enter => {
                let Some(chosen) = self.profiles.get(self.at.0) else { return Turn::Stay };
                desk.environment = desk.environment.clone().for_profile(chosen.name.clone());
                desk.commands.profile = Some(chosen.name.clone()).filter(|it| !it.is_default());
                desk.state = None;
                Turn::Back
            }
            key if self.at.key(key, self.profiles.len()) => Turn::Stay,
            _ => Turn::Unknown,
        }
    }

    fn report(&mut self, job: JobId, what: Happened, desk: &mut Desk) -> Result<Turn, Happened> {
        if self.job != Some(job) {
            return Err(what);
        }
        self.job = None;
        match what {
            Happened::Profiles(profiles, _) => {
                self.at = Chosen(profiles.iter().position(|it| it.current).unwrap_or(0));
                self.profiles = profiles;
            }
            Happened::Failed(error) => self.failure = Some(Line::new(desk.error_text(&error), Tone::Bad)),
            other => return Err(other),
        }
        Ok(Turn::Stay)
    }

    fn is_waiting(&self) -> bool {
        self.job.is_some()
    }

    fn screen<'s>(&'s self, _desk: &'s Desk) -> Screen<'s> {
        let mut screen = Screen::new(text!("profiles-view.title", "Profiles"));
        let about = text!(
            "profiles-view.about",
            "Each profile has its own organization, directory, secrets and history."
        );
        screen.head = self.failure.clone().into_iter().chain([Line::new(about, Tone::Faint)]).collect();
        let rows = self.profiles.iter().map(|it| Row {
            left: it.name.as_str().into(),
            right: it.folder.display().to_string().into(),
            tone: if it.current { Tone::Strong } else { Tone::Plain },
            ..Row::default()
        });
        screen = screen.with_rows(rows.collect(), self.at.0, 24);
        screen.hints = hints();
        screen.hints.push(back());
        screen
    }
}
