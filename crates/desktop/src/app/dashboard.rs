//! How synchronization stands, and what is started from there.

use super::ask::AskKind;
use super::{Action, App, Ask, KeyKind, Lists, Notice, RunKind, Tab, Tone};
use crate::job::{Failure, Job};
use crate::results::{FoundList, Results};
use bwdc_engine::DesktopKey;
use bwdc_engine::ledger::{RunOutcome, RunRecord};
use bwdc_messages::desktop::{
    directory, due_now, interval, interval_too_short, label, never, not_scheduled, unfinished,
};
use bwdc_messages::history::number_of_changes;
use bwdc_messages::setup::SetupExtent;
use serde_json::Value;
use std::path::PathBuf;
use std::rc::Rc;

/// Runs in the chart.
const BARS: usize = 30;

impl App {
    /// How synchronization stands, in a word, and how that is meant.
    pub fn state(&self) -> (String, Tone) {
        let (key, tone) = match self.running.as_ref().map(|it| it.kind) {
            Some(RunKind::Sync) if self.running.as_ref().is_some_and(|it| it.waits) => {
                ("state.waiting", Tone::Plain)
            }
            Some(RunKind::Sync) => ("state.syncing", Tone::Good),
            Some(RunKind::Test | RunKind::Check) => ("state.testing", Tone::Plain),
            Some(RunKind::Plan) => ("state.comparing", Tone::Plain),
            None if self.overview.is_serviced() => ("state.service", Tone::Good),
            None if self.automatic && self.schedule.interval(&self.overview).is_some() => {
                ("state.running", Tone::Good)
            }
            None => ("state.stopped", Tone::Plain),
        };
        (label(key), tone)
    }

    /// What is known of synchronization: names and values.
    pub fn facts(&self) -> Vec<(String, String)> {
        let moment = |time: Option<_>| time.map_or_else(never, |it| self.moment(it));
        let next = match (self.automatic, self.schedule.interval(&self.overview)) {
            _ if self.overview.is_serviced() => {
                self.overview.state.next.map_or_else(not_scheduled, |it| self.moment(it))
            }
            (false, _) => not_scheduled(),
            (true, None) => interval_too_short(),
            (true, Some(_)) => {
                let due = self.schedule.due(&self.overview);
                due.filter(|it| *it > self.now).map_or_else(due_now, |it| self.moment(it))
            }
        };
        let mut facts = vec![(label("dashboard.directory"), directory(self.overview.directory()))];
        if self.overview.state.by_service {
            let last = self.overview.state.runs.first().map(|it| it.started_at);
            facts.push((label("dashboard.last-run"), moment(last)));
        } else {
            facts.push((label("dashboard.last-users"), moment(self.overview.last_users)));
            facts.push((label("dashboard.last-groups"), moment(self.overview.last_groups)));
        }
        facts.push((label("dashboard.next"), next));
        if let Some(minutes) = self.overview.interval() {
            facts.push((label("dashboard.interval"), interval(minutes)));
        }
        facts
    }

    /// The last runs for the chart, oldest first: height from 0 to 1, and how each is meant.
    pub fn bars(&self) -> Vec<(f32, Tone)> {
        let runs = &self.overview.state.runs[..self.overview.state.runs.len().min(BARS)];
        let most = runs.iter().map(number_of_changes).max().unwrap_or(0).max(1);
        let tone = |run: &RunRecord| match run.outcome {
            Some(RunOutcome::Complete) => Tone::Good,
            Some(RunOutcome::Unchanged) => Tone::Plain,
            Some(RunOutcome::Failed) => Tone::Bad,
            _ => Tone::Warn,
        };
        // A run that changed nothing is seen, too.
        runs.iter()
            .rev()
            .map(|it| (0.12 + 0.88 * number_of_changes(it) as f32 / most as f32, tone(it)))
            .collect()
    }

    /// What the chart says in words.
    pub fn bars_text(&self) -> String {
        bwdc_messages::desktop::runs(&self.overview.state.runs[..self.overview.state.runs.len().min(BARS)])
    }

    /// Starts a sync. Where it may delete people whom the directory does not list, they are named first.
    pub fn sync_now(&mut self) {
        if !self.can_run() {
            return;
        }
        self.notice = None;
        if self.overview.overwrites() {
            self.plan.is_for_overwriting = true;
            self.start(RunKind::Plan, Job::Plan);
        } else {
            self.start_sync(Job::Sync { scheduled: false });
        }
    }

    /// Starts the timer, with a sync first, or stops it; a sync that is under way goes on.
    pub fn toggle_automatic(&mut self) {
        if self.automatic {
            self.keep_automatic(false);
        } else if self.can_start_timer() {
            self.schedule.starts = true;
            self.sync_now();
        }
    }

    /// Whether the timer can be started: never beside a service, which has a schedule of its own.
    pub fn can_start_timer(&self) -> bool {
        self.can_run() && !self.overview.is_serviced()
    }

    pub(super) fn keep_automatic(&mut self, on: bool) {
        self.automatic = on;
        self.waits_for_plan = false;
        self.schedule.starts = false;
        self.job(Job::Remember(vec![(DesktopKey::Syncing, Value::Bool(on))]));
    }

    /// Whether a test looks only at what changed.
    pub fn set_since_last(&mut self, on: bool) {
        self.since_last = on;
    }

    /// Starts a test.
    pub fn test_now(&mut self) {
        if self.can_run() {
            self.notice = None;
            self.start(RunKind::Test, Job::Test { since_last: self.since_last });
        }
    }

    pub(super) fn tested(&mut self, result: Result<Box<Results>, Failure>) {
        let said = self.ended();
        match result {
            Ok(results) => {
                let results = Rc::from(results);
                let found = Rc::new(FoundList::new(&results, 0, ""));
                self.lists = Some(Lists { results, chosen: 0, search: String::new(), found });
                self.notice = (!said.is_empty())
                    .then(|| Notice::new(Tone::Warn, said[0].clone()).with(said[1..].iter().cloned()));
            }
            Err(failure) => {
                self.lists = None;
                self.notice = Some(Notice::of(&failure));
            }
        }
    }

    /// Another list is shown, or another search.
    pub fn look(&mut self, chosen: Option<usize>, search: Option<&str>) {
        let Some(lists) = &mut self.lists else { return };
        lists.chosen = chosen.unwrap_or(lists.chosen).min(crate::results::LISTS.len() - 1);
        if let Some(search) = search {
            search.clone_into(&mut lists.search);
        }
        lists.found = Rc::new(FoundList::new(&lists.results, lists.chosen, &lists.search));
    }

    /// The results are put away.
    pub fn close_results(&mut self) {
        self.lists = None;
    }

    /// The sentence about the last run was read.
    pub fn close_notice(&mut self) {
        self.notice = None;
    }

    /// A button of a sentence is pressed.
    pub fn act(&mut self, action: &Action) {
        match action {
            Action::Settings { setting, value } => {
                self.select_tab(Tab::Settings);
                self.settings.go_to(setting.as_deref(), value.as_deref());
            }
            Action::Sync => {
                self.select_tab(Tab::Dashboard);
                self.sync_now();
            }
            Action::Plan => {
                self.select_tab(Tab::Plan);
                self.make_plan();
            }
            Action::Examine => {
                self.select_tab(Tab::More);
                self.examine();
            }
            Action::Open(page) => self.effects.push(super::Effect::Open(PathBuf::from(page))),
            Action::LogIn => self.lost_session(),
            Action::RenewKey => self.open_key(KeyKind::Organization),
            Action::Observe => self.open_key(KeyKind::Observer),
            Action::Approval => self.open_approval(),
            Action::Repairs => self.open_repairs(),
            Action::History => self.select_tab(Tab::History),
            Action::Service => self.open_service(),
            Action::SetUp => self.open_setup(SetupExtent::Whole),
        }
    }

    /// What an earlier run left open.
    pub(super) fn tell_of_unfinished(&mut self) {
        let open = self.overview.state.runs.first().filter(|it| it.outcome.is_none());
        if let Some(run) = open {
            let text = unfinished(&self.moment(run.started_at));
            self.notice = Some(Notice::new(Tone::Warn, text).and(Action::Plan));
        }
    }

    pub(super) fn ask_to_overwrite(&mut self, planned: &bwdc_engine::Planned) -> bool {
        let overwritten = bwdc_messages::sync::overwritten(&planned.plan);
        if overwritten.is_empty() {
            return false;
        }
        let message = bwdc_messages::desktop::may_overwrite(&overwritten);
        let kind = AskKind::Overwrite(Box::new(planned.saved.clone()));
        self.ask = Some(Ask::new(kind, "ask.overwrite.title", message, "plan.apply").dangerous());
        true
    }
}
