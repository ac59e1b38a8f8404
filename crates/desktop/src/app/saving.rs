//! Saving the settings, and checking what was typed before it is saved.

use super::ask::AskKind;
use super::{Action, App, Ask, Notice, RunKind, Tone};
use crate::job::{Asked, Failure, Job};
use bwdc_engine::Entry;
use bwdc_messages::desktop::{examined, narrower, saved};
use bwdc_messages::finding::{Described, Level};

/// Saving, in steps: what is stored is read again, then what the change makes of the read is counted, then it is written.
impl App {
    /// Somebody wants to save.
    pub fn save_settings(&mut self) {
        if self.settings.can_save() {
            self.settings.is_saving = true;
            self.settings.is_compared = false;
            self.settings.notice = None;
            self.job(Job::Settings);
        }
    }

    pub(super) fn settings_read(&mut self, result: Result<Vec<Entry>, Failure>) {
        let entries = match result {
            Ok(entries) => entries,
            Err(failure) => {
                self.settings.is_saving = false;
                self.settings.notice = Some(Notice::of(&failure));
                return;
            }
        };
        let clashes = self.settings.clashes(&entries);
        self.settings.entries = entries;
        if let Some((name, value)) = self.settings.went_to.take() {
            self.settings.go_to(Some(&name), value.as_deref());
        }
        if !self.settings.is_saving || self.settings.is_compared {
            return;
        }
        self.settings.is_compared = true;
        if clashes.is_empty() {
            self.count_or_save();
        } else {
            let message = clashes.join("\n");
            self.ask =
                Some(Ask::new(AskKind::Clash, "ask.clash.title", message, "ask.narrow.yes").dangerous());
        }
    }

    pub(super) fn count_or_save(&mut self) {
        let has_read = self.overview.last_users.is_some() || self.overview.last_groups.is_some();
        if self.settings.narrows() && has_read && self.can_run() {
            let typed = self.settings.typed.iter().map(|(name, value)| (*name, value.clone())).collect();
            self.start(RunKind::Check, Job::Count { typed });
        } else {
            self.save_now();
        }
    }

    pub(super) fn counted(&mut self, result: Result<[(usize, usize); 2], Failure>) {
        self.ended();
        let message = match result {
            Ok([before, after]) if after.0 >= before.0 && after.1 >= before.1 => return self.save_now(),
            Ok([before, after]) => narrower(before, after),
            Err(failure) if failure.is_cancelled() => {
                self.settings.is_saving = false;
                return;
            }
            Err(failure) => failure.message,
        };
        let ask = Ask::new(AskKind::Narrow, "ask.narrow.title", message, "ask.narrow.yes");
        self.ask = Some(ask.dangerous());
    }

    pub(super) fn save_now(&mut self) {
        let (changes, secrets) = self.settings.written();
        self.job(Job::Save { changes, secrets, of: Asked::Settings });
    }

    pub(super) fn saved(&mut self, of: Asked, result: Result<usize, Failure>) {
        if of == Asked::Server {
            return self.server_saved(result);
        }
        self.settings.is_saving = false;
        match result {
            Ok(number) => {
                self.settings.typed.clear();
                let notice = Notice::new(Tone::Good, saved(number)).and(Action::Plan);
                self.settings.notice = Some(notice);
                self.plan.is_stale();
                self.job(Job::Settings);
                self.job(Job::Overview);
            }
            Err(failure) => self.settings.notice = Some(Notice::of(&failure)),
        }
    }

    /// Checks everything with what was typed, before it is saved.
    pub fn check_settings(&mut self) {
        if self.running.is_none() {
            let (changes, secrets) = self.settings.written();
            let typed = changes.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
            self.settings.notice = None;
            self.start(RunKind::Check, Job::Examine { typed, secrets, of: Asked::Settings });
        }
    }

    pub(super) fn examined(&mut self, of: Asked, result: Result<Vec<Described>, Failure>) {
        match of {
            Asked::Server => self.server_examined(result),
            Asked::Settings => {
                self.ended();
                self.settings.notice = Some(result.map_or_else(|it| Notice::of(&it), |it| checked(&it)));
            }
            Asked::More => self.examined_all(result),
        }
    }
}

/// The first failure with its cure; else the first warning; else that everything is fine.
fn checked(findings: &[Described]) -> Notice {
    let count = |level| findings.iter().filter(|it| it.level() == level).count();
    let (ok, warnings, failed) = (count(Level::Ok), count(Level::Warn), count(Level::Fail));
    let summary = examined(ok, warnings, failed);
    let worst = [Level::Fail, Level::Warn];
    let found = worst.into_iter().find_map(|level| findings.iter().find(|it| it.level() == level));
    let Some(finding) = found else { return Notice::new(Tone::Good, summary) };
    let (title, said) = finding.headline();
    let tone = if failed > 0 { Tone::Bad } else { Tone::Warn };
    let text = if said.is_empty() { title } else { format!("{title}: {said}") };
    Notice::new(tone, text).with([summary]).steps(finding.steps()).and(Action::Examine)
}
